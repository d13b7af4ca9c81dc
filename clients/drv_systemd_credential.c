/*
 * systemd-credential: a pair in the encrypted credential store of systemd,
 * as one credential or as two.
 *
 * A unit gets copies of its credentials when it starts and never sees a later
 * change (systemd.exec(5), CREDENTIALS): it is restarted. Two credentials
 * cannot change in one step. A unit that starts just between the two gets a
 * pair that does not fit, until the restart that follows; a crash there leaves
 * the user name old, by which the next run sees what is still to be done.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/run.h"
#include "clients/client.h"
#include "clients/creds_pair.h"
#include "clients/program.h"

enum restart { RESTART_IF_RUNNING, RESTART_ALWAYS };

struct conf {
	struct creds creds;
	struct creds_pair pair;
	const char *unit, *systemctl;
	unsigned restart;
	int64_t timeout;
};

#define AT(field) offsetof(struct conf, field)

static const char *const restarts[] = { "if-running", "always", NULL };
static const char *const verbs[] = { "try-restart", "restart" };

static const struct client_opt opts[] = {
	{ "credential", OPT_STR, AT(pair.name), false, NULL, NULL,
	    "name of the one credential that holds both" },
	{ "username_credential", OPT_STR, AT(pair.user_name), false, NULL, NULL,
	    "or: name of the credential with the user name" },
	{ "password_credential", OPT_STR, AT(pair.pass_name), false, NULL, NULL,
	    "and of the one with the password" },
	{ "store", OPT_PATH, AT(creds.store), false, "/etc/credstore.encrypted",
	    NULL, "directory of the credentials" },
	{ "format", OPT_STR, AT(pair.entry.syntax), false, "dotenv", NULL,
	    "of the one credential: as of type file" },
	{ "username", OPT_STR, AT(pair.entry.username), false, "username", NULL,
	    "key of the user name in it" },
	{ "password", OPT_STR, AT(pair.entry.password), false, "password", NULL,
	    "key of the password in it" },
	{ "key", OPT_CHOICE, AT(creds.key), false, "auto", creds_keys,
	    "what to encrypt with, see systemd-creds(1), --with-key" },
	{ "create", OPT_BOOL, AT(creds.create), false, "false", NULL,
	    "make credentials, and keys in one, that are missing" },
	{ "unit", OPT_STR, AT(unit), false, NULL, NULL,
	    "the unit that loads them; it is restarted" },
	{ "restart", OPT_CHOICE, AT(restart), false, "if-running", restarts,
	    "when that is done" },
	{ "restart_timeout", OPT_SPAN, AT(timeout), false, "2m", NULL,
	    "how long a restart may take" },
	{ "systemd_creds", OPT_PATH, AT(creds.program), false, NULL, NULL,
	    "systemd-creds, when it is not the one in PATH" },
	{ "systemctl", OPT_PATH, AT(systemctl), false, NULL, NULL,
	    "systemctl, when it is not the one in PATH" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz\\:_.@-"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const struct conf *conf = c->conf;
	const char *unit = conf->unit;

	if (unit != NULL &&
	    (*unit == '\0' || *unit == '-' || unit[strspn(unit, ok)] != '\0'))
		return fail(e, EC_CONFIG, "unit: no name of a unit");
	return creds_pair_check(&conf->pair, e);
}

static void
restart_argv(const struct conf *conf, const char *ret[4])
{
	ret[0] = conf->systemctl != NULL ? conf->systemctl : "systemctl";
	ret[1] = verbs[conf->restart];
	ret[2] = conf->unit;
	ret[3] = NULL;
}

static enum ec
plan_restart(const struct conf *conf, struct client_plan *ret, struct err *e)
{
	const char *argv[4] = { NULL };

	restart_argv(conf, argv);
	if (conf->unit != NULL)
		TRY(program_check(argv, e));
	if (conf->unit != NULL)
		(void)snprintf(ret->after, sizeof(ret->after),
		    "systemctl %s %.60s: then it has the new pair at once, "
		    "so pickup may be 0s",
		    argv[1], conf->unit);
	else
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "a unit gets its credentials when it starts: without the "
		    "option unit, set pickup to the time until it is restarted");
	return EC_OK;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	const char *const tool[] = { conf->creds.program != NULL
		    ? conf->creds.program
		    : "systemd-creds",
		NULL };
	struct client_plan p = { .change = "" };

	TRY(creds_pair_plan(&conf->pair, &conf->creds, &p, e));
	TRY(program_check(tool, e));
	TRY(plan_restart(conf, &p, e));
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;

	return creds_pair_get(&conf->pair, &conf->creds, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(client_cred_check(c, cred, e));
	return creds_pair_set(&conf->pair, &conf->creds, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const char *argv[4] = { NULL };
	enum ec ec;

	if (conf->unit == NULL)
		return EC_OK;
	restart_argv(conf, argv);
	ec = run_argv(argv, conf->timeout, e);
	if (ec != EC_CLIENT)
		return ec;
	return fix(e, "the credential is in place; see: systemctl status %s",
	    conf->unit);
}

const struct client_driver drv_systemd_credential = {
	.name = "systemd-credential",
	.summary = "encrypted credentials that a systemd unit loads",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "store", "credential", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
