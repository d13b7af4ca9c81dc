/*
 * postfix: the entry of one relay in smtp_sasl_password_maps.
 *
 * What counts is what postmap -q answers, because that is what smtp(8) will
 * use: read() asks it. How text and table change together is said in
 * postfix_entry.h, how a table is made in postfix_map.h.
 *
 * smtp(8) notices a new hash, btree or lmdb table by itself before the next
 * delivery; a texthash is read once by every process, and so it needs a
 * reload (https://www.postfix.org/DATABASE_README.html).
 */
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/client.h"
#include "clients/joint.h"
#include "clients/postfix_entry.h"
#include "clients/postfix_queue.h"

enum reload { RELOAD_AUTO, RELOAD_NEVER };

struct conf {
	struct postfix pf;
	unsigned reload;
	bool flush;
};

#define AT(field) offsetof(struct conf, field)
#define FLUSH     "postqueue -f, if mail waits because of a refused log-in"

static const char *const reloads[] = { "auto", "never", NULL };

static const struct client_opt opts[] = {
	{ "map", OPT_PATH, AT(pf.map), true, NULL, NULL,
	    "text of the table, such as /etc/postfix/sasl_passwd" },
	{ "relay", OPT_STR, AT(pf.relay), true, NULL, NULL,
	    "key of the entry, as it stands there: [host]:587" },
	{ "map_type", OPT_CHOICE, AT(pf.type), false, "hash", postfix_types,
	    "type of the table, as in smtp_sasl_password_maps" },
	{ "create", OPT_BOOL, AT(pf.create), false, "false", NULL,
	    "add the entry to the text when it is missing" },
	{ "reload", OPT_CHOICE, AT(reload), false, "auto", reloads,
	    "auto: run postfix reload where the type needs it" },
	{ "flush", OPT_BOOL, AT(flush), false, "true", NULL,
	    "run postqueue -f when mail waits because of a refused log-in" },
	{ "postmap", OPT_PATH, AT(pf.postmap), false, NULL, NULL,
	    "postmap of this Postfix, when it is not the one in PATH" },
	{ "config_dir", OPT_PATH, AT(pf.config_dir), false, NULL, NULL,
	    "directory of main.cf, when it is not the usual one" },
	{ .key = NULL },
};

/* Only keys that mean the same in the text and to postmap -q: "-" would be
 * its stdin, quotes, blanks and folding of non-ASCII have rules of their own,
 * a '#' makes a comment. */
static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const char *relay = conf->pf.relay;

	for (const char *p = relay; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return fail(e, EC_CONFIG,
			    "relay: blanks, quotes, backslashes and letters "
			    "beyond ASCII are not supported");
	if (*relay == '#' || *relay == '-')
		return fail(e, EC_CONFIG, "relay: begins with '%c'", *relay);
	return EC_OK;
}

static bool
reloads_it(const struct conf *conf)
{
	return *postfix_suffix(&conf->pf) == '\0' &&
	    conf->reload == RELOAD_AUTO;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct postfix *pf = &conf->pf;
	const char *suffix = postfix_suffix(pf);
	struct client_plan p = { .change = "" };

	TRY(postfix_entry_plan(pf, p.warning, sizeof(p.warning), e));
	(void)snprintf(p.change, sizeof(p.change), "set %s in %s%s%s",
	    pf->relay, pf->map, *suffix != '\0' ? " and make its " : "",
	    suffix);
	(void)snprintf(p.after, sizeof(p.after), "%s%s%s",
	    reloads_it(conf) ? "postfix reload" : "",
	    reloads_it(conf) && conf->flush ? "; " : "",
	    conf->flush ? FLUSH : "");
	*ret = p;
	return EC_OK;
}

/* smtp(8) ends the user name at the first colon, and takes a value without
 * one for a user name with an empty password (smtp/smtp_sasl_glue.c). */
static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct postfix *pf = &((const struct conf *)c->conf)->pf;
	AUTO(buf) struct buf value = BUF(FILE_MAX_BYTES);
	const enum ec ec = postfix_query(pf, pf->relay, &value, e);

	if (ec == EC_GONE && e->fix[0] == '\0')
		return fix(e, "create it, or set map to the one that is used");
	if (ec != EC_OK)
		return ec;
	return joint_split(&value, pf->map, pf->relay, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct postfix *pf = &((const struct conf *)c->conf)->pf;
	AUTO(buf) struct buf value = BUF(KEY_ID_MAX + SECRET_MAX);

	TRY(client_cred_check(c, cred, e));
	TRY(joint_join(cred, &value, e));
	return postfix_entry_set(pf, buf_str(&value), e);
}

static enum ec
reload(const struct postfix *pf, struct err *e)
{
	static const char *const args[] = { "reload", NULL };
	struct run r = { .in = NULL };
	enum ec ec = postfix_tool(pf, "postfix", args, &r, e);

	return ec == EC_CLIENT ? fix(e, "is it running? postfix status") : ec;
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(postfix_entry_sync(&conf->pf, e));
	if (reloads_it(conf))
		TRY(reload(&conf->pf, e));
	if (conf->flush && postfix_queue_waits(&conf->pf, c->smtp.host))
		return postfix_queue_flush(&conf->pf, e);
	return EC_OK;
}

const struct client_driver drv_postfix = {
	.name = "postfix",
	.summary = "an entry of Postfix's smtp_sasl_password_maps",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "map", NULL },
	.opts = opts,
	.pickup = INT64_C(15) * 60 * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
