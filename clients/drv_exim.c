/*
 * exim: the line of one host in passwd.client, where Exim finds the pair for a
 * smarthost.
 *
 * What counts is what Exim finds for the host name, so read() asks it, see
 * exim.h. Each delivery reads the file anew: nothing needs to be restarted.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/entry.h"
#include "clients/exim.h"
#include "clients/exim_queue.h"
#include "clients/joint.h"

struct conf {
	struct entry entry;
	const char *lookup, *program, *config;
	bool flush;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "host", OPT_STR, AT(entry.key), true, NULL, NULL,
	    "host or pattern of the line, as it stands there: *.amazonaws.com" },
	{ "path", OPT_PATH, AT(entry.path), false, "/etc/exim4/passwd.client",
	    NULL, "the file" },
	{ "lookup", OPT_STR, AT(lookup), false, NULL, NULL,
	    "host name that Exim looks up, when it is not that of smtp" },
	{ "create", OPT_BOOL, AT(entry.create), false, "false", NULL,
	    "add the line when it is missing" },
	{ "flush", OPT_BOOL, AT(flush), false, "true", NULL,
	    "run exim -qf when mail waits because of a refused log-in" },
	{ "exim", OPT_PATH, AT(program), false, NULL, NULL,
	    "Exim, when it is not the one in PATH" },
	{ "config", OPT_PATH, AT(config), false, NULL, NULL,
	    "configuration of Exim, when it is not the usual one" },
	{ .key = NULL },
};

static struct entry
entry_of(const struct client *c)
{
	struct entry en = ((const struct conf *)c->conf)->entry;

	en.syntax = "exim-passwd";
	return en;
}

static struct exim
exim_of(const struct client *c)
{
	const struct conf *conf = c->conf;

	return (struct exim){ .table = conf->entry.path,
		.host = conf->lookup != NULL ? conf->lookup : c->smtp.host,
		.program = conf->program,
		.config = conf->config };
}

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct exim x = exim_of(c);

	if (conf->entry.key[strcspn(conf->entry.key, ":# \t\"")] != '\0')
		return fail(e, EC_CONFIG,
		    "host: colons, blanks, quotes and '#' are not supported");
	return exim_check(&x, e);
}

/* What Exim finds, and that a missing file is told as such. */
static enum ec
effective(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct exim x = exim_of(c);
	AUTO(buf) struct buf value = BUF(SECRET_MAX);
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(x.table, 0, &f, e));
	TRY(exim_lookup(&x, &value, e));
	return joint_split(&value, x.table, x.host, ret, e);
}

/* Would Exim use our line? A change of another one would change nothing. */
static enum ec
chosen(const struct client *c, struct err *e)
{
	const struct entry en = entry_of(c);
	const struct exim x = exim_of(c);
	AUTO(smtp_cred) struct smtp_cred ours = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred used = { .pass = NULL };

	TRY(entry_get(&en, &ours, e));
	TRY(effective(c, &used, e));
	if (strcmp(ours.user, used.user) == 0 &&
	    (ours.pass == NULL) == (used.pass == NULL) &&
	    (ours.pass == NULL || secret_eq(ours.pass, used.pass)))
		return EC_OK;
	if (used.user[0] == '\0') {
		(void)fail(e, EC_CONFLICT,
		    "%s: Exim finds no line for %s: %s does not fit it",
		    en.path, x.host, en.key);
		return fix(e, "set lookup to the name in Exim's log (H=NAME)");
	}
	(void)fail(e, EC_CONFLICT, "%s: for %s Exim uses another line than %s",
	    en.path, x.host, en.key);
	return fix(e, "name that one, or move ours in front of it");
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct entry en = entry_of(c);
	const struct exim x = exim_of(c);
	struct client_plan p = { .change = "" };

	TRY(entry_plan(&en, e));
	TRY(chosen(c, e));
	(void)snprintf(
	    p.change, sizeof(p.change), "set %s in %s", en.key, en.path);
	if (conf->flush)
		(void)snprintf(p.after, sizeof(p.after),
		    "exim -qf, if mail waits because of a refused log-in");
	exim_warn(&x, p.warning, sizeof(p.warning));
	*ret = p;
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct entry en = entry_of(c);

	TRY(client_cred_check(c, cred, e));
	return entry_set(&en, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct exim x = exim_of(c);

	if (conf->flush && exim_queue_waits(&x))
		return exim_queue_flush(&x, e);
	return EC_OK;
}

const struct client_driver drv_exim = {
	.name = "exim",
	.summary = "the line of a smarthost in Exim's passwd.client",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "path", NULL },
	.opts = opts,
	.pickup = INT64_C(15) * 60 * 1000,
	.check = check,
	.plan = plan,
	.read = effective,
	.write = write_pair,
	.activate = activate,
};
