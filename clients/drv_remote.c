/*
 * remote: a client on another host. `rotate agent` over there, reached through
 * OpenSSH, speaks the protocol of `exec` and uses any local driver; which one,
 * and its options, go with every request, so that the other host needs no
 * configuration. It may have one all the same: see `rotate help agent`.
 *
 * Secrets go through the two pipes of ssh only.
 */
#include "base/auto.h"
#include "clients/client.h"
#include "clients/exec_protocol.h"
#include "clients/remote_conf.h"
#include "clients/remote_ssh.h"

struct conf {
	struct remote ssh;
	const char *driver;
	const char *const *options;
};

#define AT(field) offsetof(struct conf, field)
static const struct client_opt opts[] = {
	{ "host", OPT_STR, AT(ssh.host), true, NULL, NULL,
	    "the other host: a name, or a Host of ssh_config" },
	{ "driver", OPT_STR, AT(driver), true, NULL, NULL,
	    "kind of the client there, such as file" },
	{ "options", OPT_TREE, AT(options), false, NULL, NULL,
	    "its options, as they would be written for a client here" },
	{ "user", OPT_STR, AT(ssh.user), false, NULL, NULL,
	    "who to log in as" },
	{ "port", OPT_INT, AT(ssh.port), false, NULL, NULL, "of sshd there" },
	{ "identity_file", OPT_PATH, AT(ssh.identity_file), false, NULL, NULL,
	    "private key without passphrase; else those in ~/.ssh" },
	{ "known_hosts", OPT_PATH, AT(ssh.known_hosts), false, NULL, NULL,
	    "host keys; else those in ~/.ssh and /etc/ssh" },
	{ "jump", OPT_STR, AT(ssh.jump), false, NULL, NULL,
	    "a host on the way, as user@host:port" },
	{ "remote_command", OPT_STR, AT(ssh.remote_command), false,
	    "rotate agent", NULL, "what to run there" },
	{ "connect_timeout", OPT_SPAN, AT(ssh.connect_timeout), false, "10s",
	    NULL, "how long to wait for the connection" },
	{ "timeout", OPT_SPAN, AT(ssh.timeout), false, "2m", NULL,
	    "how long one action may take in all" },
	{ "ssh", OPT_STR, AT(ssh.ssh), false, "ssh", NULL,
	    "the OpenSSH client" },
	{ .key = NULL },
};

/* The same tables decide here and there, so a wrong option is told before
 * anybody is connected. */
static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(json) cJSON *driver = NULL;
	struct client there = *c;
	bool readable;

	TRY(remote_ssh_check(&conf->ssh, e));
	TRY(remote_conf_json(conf->driver, conf->options, &driver, e));
	TRY(remote_conf_make(driver, &there, e));
	readable = there.drv->read != NULL;
	remote_conf_free(&there);
	if (readable)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "driver: a client of type %s cannot be read back, which a remote "
	    "one must",
	    conf->driver);
}

/* One action. *ret_sure: what happened is known, because the agent gave a
 * reply, or because it was never started. */
static enum ec
ask(const struct client *c, enum exec_action action,
    const struct smtp_cred *cred, struct exec_reply *ret, bool *ret_sure,
    struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(buf) struct buf in = BUF(REMOTE_REPLY_MAX);
	AUTO(buf) struct buf out = BUF(REMOTE_REPLY_MAX);
	AUTO(json) cJSON *driver = NULL;
	enum ec ec;

	*ret_sure = true;
	TRY(remote_conf_json(conf->driver, conf->options, &driver, e));
	TRY(exec_request_driver(c, action, driver, cred, &in, e));
	TRY(remote_ssh_talk(&conf->ssh, &in, &out, ret_sure, e));
	ec = exec_reply_parse(&out, conf->ssh.host, action, ret, ret_sure, e);
	if (ec == EC_PROTO && !*ret_sure)
		return fix(e,
		    "only the agent may print: see what  ssh %s true  prints, "
		    "and remote_command",
		    conf->ssh.host);
	return ec;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	bool sure;

	TRY(remote_ssh_ready(&conf->ssh, e));
	TRY(ask(c, EXEC_PLAN, NULL, &reply, &sure, e));
	*ret = reply.plan;
	(void)snprintf(ret->change, sizeof(ret->change), "on %.60s: %.250s",
	    conf->ssh.host, reply.plan.change);
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	bool sure;

	TRY(ask(c, EXEC_READ, NULL, &reply, &sure, e));
	*ret = reply.cred;
	reply.cred.pass = NULL;
	return EC_OK;
}

/* A connection that broke after the agent was started may have done its
 * work. */
static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	bool sure = true;

	TRY(client_cred_check(c, cred, e));
	if (ask(c, EXEC_WRITE, cred, &reply, &sure, e) == EC_OK)
		return EC_OK;
	if (!sure)
		e->ec = EC_UNKNOWN;
	return e->ec;
}

static enum ec
activate(const struct client *c, struct err *e)
{
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	bool sure;

	return ask(c, EXEC_ACTIVATE, NULL, &reply, &sure, e);
}

const struct client_driver drv_remote = {
	.name = "remote",
	.summary = "a client on another host, through ssh and rotate agent",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "host", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
