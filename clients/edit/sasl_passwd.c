/*
 * sasl_passwd: a Postfix lookup table text, KEY whitespace user:password.
 *
 * The value of a key is the whole user:password. Keys that differ in case
 * only are the same key to Postfix. Of two equal keys it takes the first, and
 * a person may have changed the other one: so they are refused.
 */
#include <string.h>
#include <strings.h>

#include "clients/edit/lines.h"
#include "clients/edit/nearest.h"
#include "clients/edit/sasl_passwd_scan.h"

extern const struct edit_syntax edit_sasl_passwd;

/* Postfix folds the keys of these tables to lower case. */
static bool
is_key(const struct sasl_entry *t, const char *key)
{
	return t->key_len == strlen(key) &&
	    strncasecmp(t->key, key, t->key_len) == 0;
}

/* Names the entry that was probably meant. */
static enum ec
gone(const struct buf *text, const char *where, const char *key, struct err *e)
{
	struct sasl_scan s = SASL_SCAN(text);
	struct nearest near = NEAREST(key);
	struct sasl_entry t;

	while (sasl_scan_next(&s, &t))
		if (t.parts > 0)
			nearest_see(&near, t.key, t.key_len, t.key_line);
	(void)fail(e, EC_GONE, "%s: no entry for %s", where, key);
	if (near.name == NULL)
		return fix(e, "add the line: %s USER:PASSWORD", key);
	return fix(e, "line %u has an entry for %.*s: is that the one?",
	    near.line, near.len, near.name);
}

/* The reason why the value of this entry is not touched, or NULL. */
static const char *
odd(const struct sasl_entry *t)
{
	if (t->parts > 1)
		return "the value goes over several lines: join them";
	if (t->value.len == 0 && !t->room)
		return "there is no value: write a blank behind the key";
	return NULL;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct sasl_scan s = SASL_SCAN(text);
	struct sasl_entry t, hit = { .key = NULL };
	const char *nul = memchr(buf_str(text), '\0', text->len);

	if (nul != NULL)
		return fail(
		    e, EC_CONFLICT, "%s: there is a NUL byte in it", where);
	while (sasl_scan_next(&s, &t)) {
		if (!is_key(&t, key))
			continue;
		if (hit.key != NULL) {
			(void)fail(e, EC_CONFLICT,
			    "%s:%u:1: a second entry for %s, the first is in "
			    "line %u",
			    where, t.key_line, key, hit.key_line);
			return fix(e, "remove one of the two entries");
		}
		hit = t;
	}
	if (hit.key == NULL)
		return gone(text, where, key, e);
	if (odd(&hit) != NULL)
		return fail(e, EC_CONFLICT, "%s:%u:%u: %s: %s", where,
		    hit.value.line, hit.value.column, key, odd(&hit));
	*ret = hit.value;
	return EC_OK;
}

/* A '#' in front would make a comment of a continuation line. */
static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const size_t n = strlen(value);
	bool bad =
	    n == 0 || *value == '#' || *value == ' ' || value[n - 1] == ' ';

	(void)s;
	for (const char *p = value; *p != '\0'; p++)
		bad = bad || (unsigned char)*p < 0x20 || *p == 0x7f;
	if (bad)
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand in a lookup table");
	return buf_adds(ret, value, e);
}

/* A last line without its end gets one; CRLF stays CRLF, by what the first
 * line has. */
static enum ec
append(const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	const char *p = buf_str(text);
	const char *nl = memchr(p, '\n', text->len);
	const char *eol =
	    nl != NULL && nl > p && nl[-1] == '\r' ? "\r\n" : "\n";

	TRY(buf_add(ret, p, text->len, e));
	if (text->len > 0 && p[text->len - 1] != '\n')
		TRY(buf_adds(ret, eol, e));
	return buf_addf(ret, e, "%s %s", key, eol);
}

const struct edit_syntax edit_sasl_passwd = {
	.name = "sasl_passwd",
	.summary = "Postfix lookup table, user:password behind the key",
	.key = "[host]:587",
	.joint = ":",
	.find = find,
	.decode = line_decode,
	.encode = encode,
	.append = append,
};
