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

/* The attributes of a tag: the one that tells it from its like, and the one
 * that the value is in. */
static void
attributes(struct xml *x, struct element *el, const char *p, const char *end,
    const char *value)
{
	while (p < end) {
		const char *name, *from, *to;
		size_t len;

		p += strspn(p, BLANKS);
		name = p;
		len = name_len(p, end);
		p += len;
		p += strspn(p, BLANKS);
		if (len == 0 || p >= end || *p != '=')
			return;
		p++;
		p += strspn(p, BLANKS);
		if (p >= end || (*p != '"' && *p != '\''))
			return;
		from = p + 1;
		to = memchr(from, *p, (size_t)(end - from));
		if (to == NULL)
			return;
		p = to + 1;
		if (len >= NAME_MAX_ || (size_t)(to - from) >= NAME_MAX_)
			continue;
		if (value >= from && value < to)
			(void)snprintf(x->attribute, sizeof(x->attribute),
			    "%.*s", (int)len, name);
		else if (el->which[0] == '\0')
			(void)snprintf(el->which, sizeof(el->which),
			    "[%.*s=%.*s]", (int)len, name, (int)(to - from),
			    from);
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
