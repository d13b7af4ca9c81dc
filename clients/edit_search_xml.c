/* edit_search_xml: the tags that lead to a place, see edit_search_tree.c. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit_search_p.h"

#define DEPTH_MAX 32
#define BLANKS    " \t\r\n"

struct element {
	char name[NAME_MAX_];
	char which[2 * NAME_MAX_ + 8]; /* "[key=SmtpUser]", or "" */
};

struct xml {
	struct element in[DEPTH_MAX];
	size_t n;
	char attribute[NAME_MAX_]; /* the place is in it */
};

static size_t
name_len(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && strchr(BLANKS "=/>", p[n]) == NULL)
		n++;
	return n;
}

struct attribute {
	struct piece name, value;
};

/* The next attribute of a tag, from *p on; false: there is none. */
static bool
next_attribute(const char **p, const char *end, struct attribute *ret)
{
	const char *name = *p + strspn(*p, BLANKS);
	const size_t len = name_len(name, end);
	const char *from = name + len + strspn(name + len, BLANKS), *to;

	if (len == 0 || from >= end || *from != '=')
		return false;
	from += 1 + strspn(from + 1, BLANKS);
	if (from >= end || (*from != '"' && *from != '\''))
		return false;
	to = memchr(from + 1, *from, (size_t)(end - from - 1));
	if (to == NULL)
		return false;
	ret->name = (struct piece){ name, len };
	ret->value = (struct piece){ from + 1, (size_t)(to - from - 1) };
	*p = to + 1;
	return true;
}

/* The attribute that tells an element from its like, and the one that the
 * value is in. */
static void
attributes(struct xml *x, struct element *el, const char *p, const char *end,
    const char *value)
{
	struct attribute a;

	while (p < end && next_attribute(&p, end, &a)) {
		if (a.name.len >= NAME_MAX_ || a.value.len >= NAME_MAX_)
			continue;
		if (value >= a.value.p && value < a.value.p + a.value.len)
			(void)snprintf(x->attribute, sizeof(x->attribute),
			    "%.*s", (int)a.name.len, a.name.p);
		else if (el->which[0] == '\0')
			(void)snprintf(el->which, sizeof(el->which),
			    "[%.*s=%.*s]", (int)a.name.len, a.name.p,
			    (int)a.value.len, a.value.p);
	}
}

static void
tag(struct xml *x, const char *p, const char *end, const char *value)
{
	size_t len;
	struct element *el;

	if (*p == '/') {
		x->n -= x->n > 0;
		return;
	}
	len = name_len(p, end);
	if (len == 0 || len >= NAME_MAX_ || x->n == DEPTH_MAX)
		return;
	el = &x->in[x->n++];
	*el = (struct element){ .name = "" };
	(void)snprintf(el->name, sizeof(el->name), "%.*s", (int)len, p);
	attributes(x, el, p + len, end, value);
	if (end[-1] == '/' && !(value >= p && value < end))
		x->n--;
}

/* Over comments, declarations and the like; NULL: it is a tag. */
static const char *
skip(const char *p, const char *eof)
{
	static const char *const pairs[][2] = {
		{ "!--", "-->" },
		{ "![CDATA[", "]]>" },
		{ "?", "?>" },
		{ "!", ">" },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		const size_t n = strlen(pairs[i][0]);
		const char *end;

		if ((size_t)(eof - p) < n || memcmp(p, pairs[i][0], n) != 0)
			continue;
		end = memmem(
		    p, (size_t)(eof - p), pairs[i][1], strlen(pairs[i][1]));
		return end != NULL ? end + strlen(pairs[i][1]) : eof;
	}
	return NULL;
}

/* which: bits, from the innermost, of the elements that are told apart. */
static void
trail(const struct xml *x, unsigned which, struct edit_keys *ret)
{
	char key[DEPTH_MAX * 16] = "";
	size_t n = 0;

	for (size_t i = 0; i < x->n && n < sizeof(key); i++) {
		const bool tell = (which >> (x->n - 1 - i) & 1U) != 0;

		n += (size_t)snprintf(key + n, sizeof(key) - n, "%s%s%s",
		    i > 0 ? "." : "", x->in[i].name,
		    tell ? x->in[i].which : "");
	}
	if (x->attribute[0] != '\0' && n < sizeof(key))
		n += (size_t)snprintf(
		    key + n, sizeof(key) - n, ".@%s", x->attribute);
	if (n < sizeof(key))
		keys_add(ret, "", (struct piece){ key, n });
}

void
search_xml(const struct buf *text, size_t at, struct edit_keys *ret)
{
	const char *p = buf_str(text), *eof = p + text->len, *value = p + at;
	struct xml x = { .n = 0 };

	while (p < value) {
		const char *open = memchr(p, '<', (size_t)(value - p)), *end;

		if (open == NULL)
			break;
		p = skip(open + 1, eof);
		if (p != NULL)
			continue;
		end = memchr(open, '>', (size_t)(eof - open));
		if (end == NULL)
			return;
		tag(&x, open + 1, end, value);
		p = end + 1;
	}
	trail(&x, 0, ret);
	trail(&x, 1, ret);
	trail(&x, 3, ret);
	trail(&x, ~0U, ret);
}
