/*
 * aws_document: see aws_document.h. cJSON says whether the text is JSON at
 * all; after that a few functions suffice to find their way in it.
 */
#include "clients/aws_document.h"

#include <string.h>

#include "base/auto.h"
#include "clients/edit/path.h"
#include "clients/hand_over.h"
#include "clients/json.h"

#define FIX_KEY   "name the right key, or remove what is there"
#define DRAFT_MAX ((size_t)128 * 1024) /* more than any store takes */

/* cJSON takes these, all that is not printing, for white space. */
static const char *
skip_blank(const char *p)
{
	while (*p != '\0' && (unsigned char)*p <= ' ')
		p++;
	return p;
}

static const char *
skip_text(const char *p)
{
	for (p++; *p != '"' && *p != '\0'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

/* p is at the first byte of a value; the result is behind its last one. */
static const char *
skip_value(const char *p)
{
	size_t depth = 0;

	do {
		if (*p == '"') {
			p = skip_text(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		else if (depth == 0)
			return p + strcspn(p, ",]} \t\r\n");
		p++;
	} while (depth > 0 && *p != '\0');
	return p;
}

/* A text in quotation marks, without them; NULL: none, or no memory. */
static cJSON *
decode(const char *from, const char *to)
{
	return *from == '"' ? cJSON_ParseWithLength(from, (size_t)(to - from))
			    : NULL;
}

static bool
named(const char *from, const char *to, const char *name)
{
	AUTO(json) cJSON *j = decode(from, to);
	const char *s = cJSON_GetStringValue(j);

	return s != NULL && strcmp(s, name) == 0;
}

/* Where a key leads. */
struct found {
	const char *from, *to; /* the value; NULL when there is none */
	const char *room;      /* where a member of its parent could be added */
	bool first;            /* it would be the only one there */
	size_t depth;          /* steps of the key that exist */
};

/* The members of the object at p called so; returns how many. */
static unsigned
look(const char *p, const char *name, struct found *f)
{
	unsigned n = 0;

	f->from = NULL;
	f->room = p + 1;
	f->first = true;
	for (p = skip_blank(p + 1); *p == '"' || *p == ',';
	     p = skip_blank(f->room)) {
		const char *key = *p == ',' ? skip_blank(p + 1) : p;
		const char *end = skip_text(key);
		const char *value = skip_blank(skip_blank(end) + 1);

		f->room = skip_value(value);
		f->first = false;
		if (!named(key, end, name))
			continue;
		f->from = value;
		f->to = f->room;
		n++;
	}
	return n;
}

static enum ec
no_object(const char *key, struct err *e)
{
	(void)fail(
	    e, EC_CONFLICT, "the value is no JSON object with a key %s", key);
	return fix(e,
	    "make it one, such as {\"username\": \"\", \"password\": \"\"}, or "
	    "name the right keys");
}

static enum ec
find(const char *text, const struct edit_path *path, const char *key,
    struct found *f, struct err *e)
{
	const char *p = skip_blank(text);
	unsigned n;

	*f = (struct found){ .depth = 0 };
	for (size_t i = 0; i < path->n; i++) {
		if (*p != '{')
			return no_object(key, e);
		n = look(p, path->step[i], f);
		if (n > 1)
			return fail(e, EC_CONFLICT,
			    "the key %s is there more than once", key);
		if (n == 0)
			return EC_OK;
		f->depth = i + 1;
		p = f->from;
	}
	return EC_OK;
}

static enum ec
parse(const struct buf *text, const char *key, struct edit_path *path,
    struct found *f, struct err *e)
{
	AUTO(json) cJSON *j = json_parse(text);

	if (!cJSON_IsObject(j))
		return no_object(key, e);
	TRY(edit_path_parse(key, path, e));
	return find(buf_str(text), path, key, f, e);
}

/* The text behind key; *ret NULL when absent or null. */
static enum ec
get_text(const struct buf *text, const char *key, cJSON **ret, struct err *e)
{
	struct edit_path path = { .n = 0 };
	struct found f = { .depth = 0 };
	cJSON *j;

	TRY(parse(text, key, &path, &f, e));
	if (f.from == NULL || strncmp(f.from, "null", 4) == 0)
		return EC_OK;
	j = decode(f.from, f.to);
	if (j == NULL) {
		(void)fail(
		    e, EC_CONFLICT, "the value of key %s is no text", key);
		return fix(e, FIX_KEY);
	}
	*ret = j;
	return EC_OK;
}

enum ec
aws_document_get(const struct aws_document *d, const struct buf *text,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(json) cJSON *user = NULL;
	AUTO(json) cJSON *pass = NULL;
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };
	const char *u, *p;

	TRY(get_text(text, d->username, &user, e));
	TRY(get_text(text, d->password, &pass, e));
	u = user != NULL ? cJSON_GetStringValue(user) : "";
	p = pass != NULL ? cJSON_GetStringValue(pass) : "";
	if (strlen(u) >= sizeof(got.user) || strlen(p) > SECRET_MAX) {
		(void)fail(e, EC_CONFLICT,
		    "what is there under %s and %s is no SMTP credential",
		    d->username, d->password);
		return fix(e, FIX_KEY);
	}
	memcpy(got.user, u, strlen(u) + 1);
	if (*p != '\0')
		TRY(secret_new(p, strlen(p), &got.pass, e));
	*ret = got;
	got.pass = NULL;
	return EC_OK;
}

static enum ec
add_member(
    const struct found *f, const char *name, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *key = cJSON_CreateString(name);

	TRY(buf_adds(ret, f->first ? "" : ",", e));
	TRY(json_print(key, ret, e));
	return buf_adds(ret, ":", e);
}

/* value needs no escapes: client_cred_check() saw it. */
static enum ec
set_text(const struct aws_document *d, const struct buf *text, const char *key,
    const char *value, struct buf *ret, struct err *e)
{
	const char *const all = buf_str(text);
	AUTO(buf) struct buf out = BUF(ret->max);
	struct edit_path path = { .n = 0 };
	struct found f = { .depth = 0 };

	TRY(parse(text, key, &path, &f, e));
	if (f.from == NULL && (!d->create || f.depth + 1 < path.n)) {
		(void)fail(e, EC_GONE, "there is no key %s in the value", key);
		return fix(e, "add it, or name the right key%s",
		    d->create ? "" : "; create: true adds it");
	}
	if (f.from == NULL)
		f.to = f.room;
	TRY(buf_add(
	    &out, all, (size_t)((f.from != NULL ? f.from : f.room) - all), e));
	if (f.from == NULL)
		TRY(add_member(&f, path.step[path.n - 1], &out, e));
	TRY(buf_adds(&out, "\"", e));
	TRY(buf_adds(&out, value, e));
	TRY(buf_adds(&out, "\"", e));
	TRY(buf_adds(&out, f.to, e));
	hand_over(&out, ret);
	return EC_OK;
}

enum ec
aws_document_put(const struct aws_document *d, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf half = BUF(DRAFT_MAX);
	AUTO(buf) struct buf whole = BUF(DRAFT_MAX);
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };

	TRY(aws_document_get(d, text, &held, e));
	TRY(set_text(d, text, d->username, cred->user, &half, e));
	TRY(set_text(
	    d, &half, d->password, secret_reveal(cred->pass), &whole, e));
	TRY(aws_document_get(d, &whole, &got, e));
	if (!smtp_cred_eq(&got, cred))
		return fail(e, EC_BUG, "the document would not hold the pair");
	if (whole.len > ret->max)
		return fail(e, EC_CONFIG,
		    "the value would have %zu bytes with the pair in it, and "
		    "%zu are allowed",
		    whole.len, ret->max);
	buf_cut(ret, 0);
	return buf_add(ret, whole.p, whole.len, e);
}

enum ec
aws_document_check(const struct aws_document *d, struct err *e)
{
	struct edit_path u, p;
	size_t same = 0;

	TRY(edit_path_parse(d->username, &u, e));
	TRY(edit_path_parse(d->password, &p, e));
	while (
	    same < u.n && same < p.n && strcmp(u.step[same], p.step[same]) == 0)
		same++;
	if (same == u.n || same == p.n)
		return fail(e, EC_CONFIG,
		    "username_key and password_key are in each other's way");
	return EC_OK;
}
