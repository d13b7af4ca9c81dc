/*
 * exec: any program, in any language, as a client. One JSON object goes to
 * its standard input and one comes from its standard output, one process an
 * action; clients/README.md describes the protocol.
 *
 * Secrets go through these two pipes only. A program that says it wrote and
 * did not is caught by the engine, which reads back and probes. A program
 * that cannot read back is type exec-write-only.
 */
#include "base/auto.h"
#include "base/run.h"
#include "clients/client.h"
#include "clients/exec_protocol.h"
#include "clients/program.h"

struct conf {
	const char *const *command;
	const char *const *options;
	int64_t timeout;
	const char *user;
};

static const struct client_opt opts[] = {
	{ "command", OPT_ARGV, offsetof(struct conf, command), true, NULL, NULL,
	    "the program and its arguments" },
	{ "options", OPT_MAP, offsetof(struct conf, options), false, NULL, NULL,
	    "names and values handed to the program; no secrets" },
	{ "timeout", OPT_SPAN, offsetof(struct conf, timeout), false, "30s",
	    NULL, "how long one action may take" },
	{ "user", OPT_STR, offsetof(struct conf, user), false, NULL, NULL,
	    "whom the program runs as, name or number" },
	{ .key = NULL },
};

/* One action. *ret_sure: what happened is known, because the program gave a
 * reply, or because it was never started. */
static enum ec
ask(const struct client *c, enum exec_action action,
    const struct smtp_cred *cred, struct exec_reply *ret, bool *ret_sure,
    struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(buf) struct buf in = BUF(EXEC_REPLY_MAX);
	AUTO(buf) struct buf out = BUF(EXEC_REPLY_MAX);
	struct run r = {
		.argv = conf->command,
		.in = &in,
		.out = &out,
		.timeout_ms = conf->timeout,
		.user = conf->user,
	};
	enum ec ec;

	*ret_sure = true;
	TRY(exec_request(c, action, conf->options, cred, &in, e));
	ec = run(&r, e);
	if (ec != EC_OK) {
		*ret_sure = ec == EC_CONFIG;
		return ec;
	}
	return exec_reply_parse(
	    &out, conf->command[0], action, ret, ret_sure, e);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	bool sure;

	TRY(program_check(conf->command, e));
	TRY(program_check_user(conf->user, e));
	TRY(ask(c, EXEC_PLAN, NULL, &reply, &sure, e));
	*ret = reply.plan;
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

/* A program that was killed, crashed or spoke nonsense may have written. */
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

#define COMMON                                                                 \
	.conf_size = sizeof(struct conf), .opts = opts,                        \
	.pickup = INT64_C(3600) * 1000, .plan = plan, .write = write_pair,     \
	.activate = activate

const struct client_driver drv_exec = {
	.name = "exec",
	.summary = "an outside program that speaks JSON",
	.read = read_pair,
	COMMON,
};

const struct client_driver drv_exec_write_only = {
	.name = "exec-write-only",
	.summary = "as exec, for a program that cannot read back",
	COMMON,
};
