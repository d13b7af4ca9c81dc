/*
 * ini: see ini.h. Works on the text in place by pointer and length; only what
 * was asked for is copied.
 */
#include "sigv4/ini.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/secret.h"

#define BLANK " \t\r"

struct span {
	const char *p;
	size_t n;
};

struct reader {
	const char *path;
	const char *want; /* section */
	struct ini_list *ret;
	size_t line;
	bool in_section; /* any */
	bool wanted;     /* the one asked for */
	bool found;
	struct span block; /* the key whose indented block may follow */
};

static struct span
trim(struct span s)
{
	while (s.n > 0 && strchr(BLANK, s.p[0]) != NULL)
		s.p++, s.n--;
	while (s.n > 0 && strchr(BLANK, s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

/* Cuts " # comment": a mark begins one only behind a blank. */
static struct span
without_comment(struct span s)
{
	for (size_t i = 1; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') &&
		    (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			s.n = i;
	return trim(s);
}

static struct span
unquote(struct span s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.n - 1] == s.p[0])
		return (struct span){ s.p + 1, s.n - 2 };
	return s;
}

static bool
equal(struct span s, const char *text)
{
	return strlen(text) == s.n && memcmp(s.p, text, s.n) == 0;
}

/* "profile  \"a b\"" is "profile a b": word by word, the last unquoted. */
static bool
same_section(struct span s, const char *want)
{
	const char *space = strchr(want, ' ');
	size_t word = space != NULL ? (size_t)(space - want) : strlen(want);

	if (space == NULL)
		return equal(unquote(s), want);
	if (s.n <= word || memcmp(s.p, want, word) != 0 ||
	    strchr(BLANK, s.p[word]) == NULL)
		return false;
	s = trim((struct span){ s.p + word, s.n - word });
	return equal(unquote(s), space + 1);
}

static enum ec
fail_line(const struct reader *r, const char *what, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%s:%zu: %s", r->path, r->line, what);
	return fix(e, "write [section], key = value, or # comment");
}

/* "block\0key\0value\0" in one piece of memory. */
static enum ec
store(struct ini_list *l, struct span block, struct span key, struct span value,
    struct err *e)
{
	size_t size = block.n + key.n + value.n + 3;
	struct ini_setting *s;

	if (l->n == INI_SETTINGS_MAX)
		return fail(
		    e, EC_CONFIG, "more than %d settings", INI_SETTINGS_MAX);
	if (l->v == NULL)
		l->v = calloc(INI_SETTINGS_MAX, sizeof(*l->v));
	if (l->v == NULL)
		return fail(e, EC_NOMEM, "no memory for settings");
	s = &l->v[l->n];
	s->text = calloc(1, size);
	if (s->text == NULL)
		return fail(e, EC_NOMEM, "no memory for a setting");
	memcpy(s->text, block.p, block.n);
	memcpy(s->text + block.n + 1, key.p, key.n);
	memcpy(s->text + block.n + 1 + key.n + 1, value.p, value.n);
	s->key = s->text + block.n + 1;
	s->value = s->key + key.n + 1;
	s->size = size;
	l->n++;
	return EC_OK;
}

static enum ec
section_line(struct reader *r, struct span s, struct err *e)
{
	const char *end = memchr(s.p, ']', s.n);

	if (end == NULL)
		return fail_line(r, "section without ]", e);
	s = trim((struct span){ s.p + 1, (size_t)(end - s.p) - 1 });
	r->in_section = true;
	r->wanted = same_section(s, r->want);
	r->found |= r->wanted;
	r->block = (struct span){ "", 0 };
	return EC_OK;
}

static enum ec
setting_line(struct reader *r, struct span s, bool indented, struct err *e)
{
	const struct span none = { "", 0 };
	const char *eq = memchr(s.p, '=', s.n);
	struct span key, value;

	/* The second line of a long value, of a key that is not ours. */
	if (indented && r->block.n == 0)
		return EC_OK;
	if (eq == NULL)
		return fail_line(r, "neither section nor setting", e);
	if (!r->in_section)
		return fail_line(r, "setting before any section", e);
	key = trim((struct span){ s.p, (size_t)(eq - s.p) });
	value = trim((struct span){ eq + 1, s.n - (size_t)(eq - s.p) - 1 });
	if (key.n == 0)
		return fail_line(r, "a setting without a name", e);
	if (value.n > 0 && (value.p[0] == '#' || value.p[0] == ';'))
		value.n = 0;
	value = without_comment(value);
	if (!indented)
		r->block = value.n == 0 ? key : none;
	if (!r->wanted)
		return EC_OK;
	if (store(r->ret, indented ? r->block : none, key, value, e) != EC_OK)
		return err_prefix(e, "%s:%zu", r->path, r->line);
	return EC_OK;
}

static enum ec
read_line(struct reader *r, struct span line, struct err *e)
{
	struct span s = trim(line);
	bool indented = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');

	r->line++;
	if (memchr(line.p, '\0', line.n) != NULL)
		return fail_line(r, "a NUL byte: no text file", e);
	if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';')
		return EC_OK;
	if (s.p[0] == '[' && !indented)
		return section_line(r, s, e);
	return setting_line(r, s, indented, e);
}

enum ec
ini_read(const char *path, const struct buf *text, const char *section,
    struct ini_list *ret, bool *found, struct err *e)
{
	struct reader r = {
		.path = path, .want = section, .ret = ret, .block = { "", 0 }
	};
	const char *s = buf_str(text), *end = s + text->len;
	size_t n;

	/* Some editors put a byte order mark in front. */
	if (text->len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	for (; s < end; s += n + (s + n < end)) {
		n = (size_t)(end - s);
		if (memchr(s, '\n', n) != NULL)
			n = (size_t)((const char *)memchr(s, '\n', n) - s);
		TRY(read_line(&r, (struct span){ s, n }, e));
	}
	*found = r.found;
	return EC_OK;
}

const char *
ini_get(const struct ini_list *l, const char *block, const char *key)
{
	for (size_t i = l->n; i-- > 0;)
		if (strcmp(l->v[i].text, block) == 0 &&
		    strcmp(l->v[i].key, key) == 0)
			return *l->v[i].value != '\0' ? l->v[i].value : NULL;
	return NULL;
}

void
ini_free(struct ini_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		wipe(l->v[i].text, l->v[i].size);
		free(l->v[i].text);
	}
	free(l->v);
	*l = (struct ini_list){ NULL, 0 };
}
