/*
 * edit_search: see edit_search.h. Here the words of the line and of the
 * section that it is in.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit_search_p.h"

#define BLANKS " \t\r"

struct piece
piece_of(const char *p, const char *end)
{
	while (p < end && strchr(BLANKS, *p) != NULL)
		p++;
	while (end > p && strchr(BLANKS, end[-1]) != NULL)
		end--;
	return (struct piece){ p, (size_t)(end - p) };
}

struct piece
piece_unquote(struct piece w)
{
	if (w.len >= 2 && (*w.p == '"' || *w.p == '\'') &&
	    w.p[w.len - 1] == *w.p)
		return (struct piece){ w.p + 1, w.len - 2 };
	return w;
}

static void
take(struct edit_keys *ret, const char *key, size_t len)
{
	if (len == 0 || len >= EDIT_KEY_MAX || ret->n == EDIT_KEYS_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
			return;
	for (size_t i = 0; i < ret->n; i++)
		if (strlen(ret->key[i]) == len &&
		    memcmp(ret->key[i], key, len) == 0)
			return;
	memcpy(ret->key[ret->n], key, len);
	ret->key[ret->n++][len] = '\0';
}

void
keys_add(struct edit_keys *ret, const char *prefix, struct piece name)
{
	char key[2 * EDIT_KEY_MAX];
	const int n = snprintf(key, sizeof(key), "%s%.*s", prefix,
	    name.len < EDIT_KEY_MAX ? (int)name.len : 0, name.p);

	if (name.len > 0 && n > 0 && n < EDIT_KEY_MAX)
		take(ret, key, (size_t)n);
}

void
keys_add_step(struct edit_keys *ret, const char *prefix, struct piece name)
{
	char key[2 * EDIT_KEY_MAX];
	size_t n = 0;

	if (name.len >= EDIT_KEY_MAX)
		return;
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '.' || name.p[i] == '\\')
			key[n++] = '\\';
		key[n++] = name.p[i];
	}
	keys_add(ret, prefix, (struct piece){ key, n });
}

void
trail_push(struct trail *t, struct piece name)
{
	if (t->n < STEPS_MAX)
		(void)snprintf(t->step[t->n].name, NAME_MAX_, "%.*s",
		    name.len < NAME_MAX_ ? (int)name.len : 0, name.p);
	t->n++;
}

void
trail_add(const struct trail *t, struct edit_keys *ret)
{
	char key[STEPS_MAX * 2 * NAME_MAX_];
	size_t n = 0;

	if (t->n == 0 || t->n > STEPS_MAX)
		return;
	for (size_t i = 0; i < t->n; i++) {
		const char *s = t->step[i].name;

		if (*s == '\0')
			return;
		if (i > 0)
			key[n++] = '.';
		for (; *s != '\0'; s++) {
			if (*s == '.' || *s == '\\')
				key[n++] = '\\';
			key[n++] = *s;
		}
	}
	take(ret, key, n);
}

/* ---- lines -------------------------------------------------------------- */

static struct piece
line_at(const struct buf *text, size_t at)
{
	const char *all = buf_str(text), *p = all + at, *end = p;

	while (p > all && p[-1] != '\n')
		p--;
	while (end < all + text->len && *end != '\n')
		end++;
	if (p == all && text->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	return piece_of(p, end);
}

/* What stands before the first of these characters; len 0: none of them is
 * there before the value. */
static struct piece
before(struct piece line, const char *value, const char *marks)
{
	for (const char *p = line.p; p < value; p++)
		if (strchr(marks, *p) != NULL)
			return piece_of(line.p, p);
	return (struct piece){ line.p, 0 };
}

static struct piece
skip_word(struct piece line, const char *word)
{
	const size_t n = strlen(word);

	if (line.len > n && memcmp(line.p, word, n) == 0 &&
	    strchr(BLANKS, line.p[n]) != NULL)
		return piece_of(line.p + n, line.p + line.len);
	return line;
}

/* The name in the last [section] before the place. */
static struct piece
section(const struct buf *text, size_t at)
{
	struct piece line = line_at(text, at);
	struct piece none = { line.p, 0 };

	while (line.p > buf_str(text)) {
		const char *end;

		line = line_at(text, (size_t)(line.p - buf_str(text)) - 1);
		if (line.len > 0 && *line.p == '[' &&
		    (end = memchr(line.p, ']', line.len)) != NULL)
			return piece_of(line.p + 1, end);
		while (line.p > buf_str(text) && line.p[-1] != '\n')
			line.p--;
	}
	return none;
}

static void
with_section(
    const struct buf *text, size_t at, struct piece name, struct edit_keys *ret)
{
	const struct piece s = section(text, at);
	struct edit_keys prefix = { .n = 0 };
	char start[EDIT_KEY_MAX + 2];

	keys_add(&prefix, "", piece_unquote(s));
	keys_add_step(&prefix, "", piece_unquote(s));
	for (size_t i = 0; i < prefix.n; i++) {
		(void)snprintf(start, sizeof(start), "%s.", prefix.key[i]);
		keys_add(ret, start, name);
		keys_add_step(ret, start, name);
	}
}

/* msmtp: "account NAME" stands in a line of its own before it. */
static void
with_account(
    const struct buf *text, size_t at, struct piece name, struct edit_keys *ret)
{
	struct edit_keys account = { .n = 0 };
	char start[EDIT_KEY_MAX + 2];
	const char *all = buf_str(text);
	size_t p = at;

	while (account.n == 0 && p > 0) {
		struct piece line, rest;

		while (p > 0 && all[p - 1] != '\n')
			p--;
		if (p == 0)
			break;
		line = line_at(text, --p);
		rest = skip_word(line, "account");
		if (rest.p != line.p)
			keys_add_step(&account, "",
			    (struct piece){
				rest.p, strcspn(rest.p, BLANKS ":\n") });
	}
	(void)snprintf(start, sizeof(start), "%s.",
	    account.n > 0 ? account.key[0] : "default");
	keys_add(ret, start, name);
}

static void
search_line(const struct buf *text, size_t at, struct edit_keys *ret)
{
	const char *value = buf_str(text) + at;
	const struct piece line = skip_word(line_at(text, at), "export");
	const struct piece name = piece_unquote(before(line, value, "=:"));
	const struct piece word = piece_unquote(before(line, value, BLANKS));

	keys_add(ret, "", name);
	with_section(text, at, name, ret);
	keys_add_step(ret, "", name);
	keys_add(ret, "", piece_unquote(before(line, value, ":")));
	keys_add(ret, "", word);
	if (word.len > 0)
		with_account(text, at, word, ret);
}

void
edit_search_keys(const struct buf *text, size_t at, struct edit_keys *ret)
{
	ret->n = 0;
	search_line(text, at, ret);
	search_brackets(text, at, ret);
	search_yaml(text, at, ret);
	search_xml(text, at, ret);
	keys_add(ret, "", (struct piece){ "value", 5 });
}

bool
edit_search_holds(const struct edit_syntax *s, const struct buf *text,
    const char *key, size_t at, size_t len, struct buf *ret)
{
	struct edit_span span = { .at = 0 };
	struct err e;

	return s->find(text, "text", key, &span, &e) == EC_OK &&
	    span.at <= at && at + len <= span.at + span.len &&
	    edit_get(s, text, "text", key, ret, &e) == EC_OK;
}
