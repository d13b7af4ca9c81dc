/* pair: see pair.h. */
#include "clients/pair.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/pair_dsn.h"
#include "clients/rest.h"

const char *const pair_formats[] = { "json", "dsn", NULL };

const struct json_document pair_document = { .username = "username",
	.password = "password",
	.create = true,
	.flat = true };

size_t
pair_places(const struct pair_names *n, struct pair_place ret[2])
{
	if (n->pair != NULL) {
		ret[0].name = n->pair;
		ret[0].part = n->format == 0 ? PAIR_JSON : PAIR_DSN;
		return 1;
	}
	ret[0].name = n->password;
	ret[0].part = PAIR_PASSWORD;
	ret[1].name = n->username;
	ret[1].part = PAIR_USERNAME;
	return 2;
}

static enum ec
name_check(const char *name, struct err *e)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_";
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz_0123456789";

	if (strspn(name, letters) > 0 && strspn(name, all) == strlen(name) &&
	    strlen(name) <= 255)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "\"%s\": a name has up to 255 letters, digits and _, and no digit "
	    "first",
	    name);
}

enum ec
pair_check(const struct pair_names *n, const char *suffix, struct err *e)
{
	struct pair_place places[2];
	const bool two = n->username != NULL && n->password != NULL;
	const bool any = n->username != NULL || n->password != NULL;
	size_t count;

	if (n->pair != NULL ? any : !two) {
		(void)fail(e, EC_CONFIG, "where does the credential go?");
		return fix(e,
		    "give username_%s and password_%s, or pair_%s alone",
		    suffix, suffix, suffix);
	}
	if (two && strcasecmp(n->username, n->password) == 0)
		return fail(e, EC_CONFIG,
		    "username_%s and password_%s are the same", suffix, suffix);
	count = pair_places(n, places);
	for (size_t i = 0; i < count; i++)
		TRY(name_check(places[i].name, e));
	return EC_OK;
}

void
pair_change_more(struct client_plan *ret, const char *fmt, ...)
{
	const size_t len = strlen(ret->change);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(ret->change + len, sizeof(ret->change) - len, fmt, ap);
	va_end(ap);
}

void
pair_describe(const struct pair_place *places, size_t n, const bool *missing,
    struct client_plan *ret)
{
	(void)snprintf(ret->change, sizeof(ret->change), "set");
	for (size_t i = 0; i < n; i++)
		pair_change_more(ret, "%s %.60s%s", i > 0 ? " and" : "",
		    places[i].name, missing[i] ? " (new)" : "");
	if (n > 1)
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "two places cannot change in one step: a job that starts "
		    "between %.40s and %.40s gets a mixed pair; one place "
		    "with both avoids that",
		    places[0].name, places[1].name);
}

static enum ec
put_json(const char *former, const struct smtp_cred *cred, struct buf *ret,
    struct err *e)
{
	AUTO(buf) struct buf was = BUF(PAIR_MAX);
	AUTO(buf) struct buf now = BUF(PAIR_MAX);

	TRY(buf_adds(&was, former[0] != '\0' ? former : "{}", e));
	TRY(json_document_put(&pair_document, &was, cred, &now, e));
	return buf_add(ret, now.p, now.len, e);
}

static enum ec
dsn_server(const struct client *c, struct buf *ret, struct err *e)
{
	return buf_addf(ret, e, "%s://%s:%u",
	    c->smtp.tls == SMTP_IMPLICIT ? "smtps" : "smtp", c->smtp.host,
	    c->smtp.port);
}

static enum ec
put_dsn(const struct client *c, const char *former,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf server = BUF(PAIR_MAX);
	struct pair_dsn d;

	if (former[0] == '\0') {
		TRY(dsn_server(c, &server, e));
		former = buf_str(&server);
	}
	if (!pair_dsn_split(former, &d))
		return fail(e, EC_CONFLICT, "what is there is no URL");
	TRY(buf_add(ret, former, (size_t)(d.user - former), e));
	TRY(rest_escape(cred->user, "", ret, e));
	TRY(buf_adds(ret, ":", e));
	TRY(rest_escape(secret_reveal(cred->pass), "", ret, e));
	TRY(buf_adds(ret, "@", e));
	return buf_adds(ret, d.rest, e);
}

enum ec
pair_put(enum pair_part part, const struct client *c, const char *former,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	if (former == NULL)
		former = "";
	switch (part) {
	case PAIR_USERNAME:
		return buf_adds(ret, cred->user, e);
	case PAIR_PASSWORD:
		return buf_adds(ret, secret_reveal(cred->pass), e);
	case PAIR_JSON:
		return put_json(former, cred, ret, e);
	case PAIR_DSN:
		return put_dsn(c, former, cred, ret, e);
	}
	return fail(e, EC_BUG, "part %d of a pair", (int)part);
}

enum ec
pair_failed(const struct pair_place *places, size_t i, struct err *e)
{
	if (i == 0)
		return e->ec;
	e->ec = EC_UNKNOWN;
	return err_prefix(
	    e, "%s is set, %s is not", places[0].name, places[i].name);
}
