/*
 * opensmtpd: the entry of one label in a table of credentials.
 *
 * smtpd(8) keeps a file: table in memory until smtpctl tells it to read it
 * again, and looks at the time of a db: table before each use, to the second
 * (table_db.c): both are told of a change.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/run.h"
#include "clients/client.h"
#include "clients/program.h"
#include "clients/smtpd_ctl.h"
#include "clients/smtpd_table.h"

struct conf {
	struct smtpd_table table;
	struct smtpd_ctl ctl;
	const char *smtpd, *config;
	bool flush;
};

#define AT(field) offsetof(struct conf, field)

static const char *const types[] = { "file", "db", NULL };

static const struct client_opt opts[] = {
	{ "path", OPT_PATH, AT(table.entry.path), true, NULL, NULL,
	    "text of the table, such as /etc/smtpd/secrets" },
	{ "label", OPT_STR, AT(table.entry.key), true, NULL, NULL,
	    "the label in it: that of smtp+tls://LABEL@host" },
	{ "table", OPT_STR, AT(ctl.table), false, "secrets", NULL,
	    "name of the table in smtpd.conf" },
	{ "table_type", OPT_CHOICE, AT(table.type), false, "file", types,
	    "as in smtpd.conf; db: the database is made with makemap" },
	{ "db", OPT_PATH, AT(table.db), false, NULL, NULL,
	    "the database, when it is not path and .db" },
	{ "create", OPT_BOOL, AT(table.entry.create), false, "false", NULL,
	    "add the entry when it is missing" },
	{ "flush", OPT_BOOL, AT(flush), false, "true", NULL,
	    "run smtpctl schedule all when mail waits for the relay" },
	{ "smtpctl", OPT_PATH, AT(ctl.program), false, NULL, NULL,
	    "smtpctl, when it is not the one in PATH" },
	{ "makemap", OPT_PATH, AT(table.makemap), false, NULL, NULL,
	    "makemap of OpenSMTPD, when it is not the one in PATH" },
	{ "smtpd", OPT_PATH, AT(smtpd), false, NULL, NULL,
	    "smtpd, when it is not the one in PATH" },
	{ "config", OPT_PATH, AT(config), false, NULL, NULL,
	    "smtpd.conf, when it is not the usual one" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const struct conf *conf = c->conf;
	const char *const names[] = { conf->table.entry.key, conf->ctl.table };

	for (size_t i = 0; i < COUNT(names); i++)
		if (*names[i] == '\0' || *names[i] == '-' ||
		    names[i][strspn(names[i], ok)] != '\0')
			return fail(e, EC_CONFIG,
			    "%s: letters, digits, '_', '.' and '-' are "
			    "supported",
			    i == 0 ? "label" : "table");
	if (conf->table.db != NULL && conf->table.type != SMTPD_DB)
		return fail(e, EC_CONFIG, "db goes with table_type: db only");
	return EC_OK;
}

static struct smtpd_table
table_of(const struct client *c)
{
	struct smtpd_table t = ((const struct conf *)c->conf)->table;

	t.entry.syntax = "opensmtpd-secrets";
	return t;
}

/* smtpd -n only reads; what it says goes to a person who runs it himself. */
static void
warn_conf(const struct conf *conf, char *ret, size_t n)
{
	const char *smtpd = conf->smtpd != NULL ? conf->smtpd : "smtpd";
	const char *const own[] = { smtpd, "-n", "-f", conf->config, NULL };
	const char *const usual[] = { smtpd, "-n", NULL };
	struct err e;

	if (run_argv(conf->config != NULL ? own : usual, 20000, &e) ==
	    EC_CLIENT)
		(void)snprintf(ret, n,
		    "OpenSMTPD does not accept its configuration: smtpd -n");
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct smtpd_table t = table_of(c);
	const char *const ctl[] = {
		conf->ctl.program != NULL ? conf->ctl.program : "smtpctl", NULL
	};
	struct client_plan p = { .change = "" };

	TRY(smtpd_table_plan(&t, p.warning, sizeof(p.warning), e));
	TRY(program_check(ctl, e));
	(void)snprintf(p.change, sizeof(p.change), "set %s in %s%s",
	    t.entry.key, t.entry.path,
	    t.type == SMTPD_DB ? " and make its database" : "");
	(void)snprintf(p.after, sizeof(p.after), "smtpctl update table %.60s%s",
	    conf->ctl.table,
	    conf->flush ? "; smtpctl schedule all, if mail waits for a relay"
			: "");
	if (p.warning[0] == '\0')
		warn_conf(conf, p.warning, sizeof(p.warning));
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct smtpd_table t = table_of(c);

	return smtpd_table_get(&t, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct smtpd_table t = table_of(c);

	TRY(client_cred_check(c, cred, e));
	return smtpd_table_set(&t, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(smtpd_ctl_update(&conf->ctl, e));
	if (conf->flush && smtpd_ctl_waits(&conf->ctl))
		return smtpd_ctl_flush(&conf->ctl, e);
	return EC_OK;
}

const struct client_driver drv_opensmtpd = {
	.name = "opensmtpd",
	.summary = "a label in OpenSMTPD's table of credentials",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "path", NULL },
	.opts = opts,
	.pickup = INT64_C(15) * 60 * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
