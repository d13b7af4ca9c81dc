/* xml_scan: see xml_scan.h. */
#include "clients/edit/xml_scan.h"

#include <string.h>

#include "clients/edit/utf8.h"

#define BLANKS " \t\r\n"

struct scan {
	struct tree *t;
	const char *start, *p, *end;
	bool filled[TREE_DEPTH + 1]; /* by depth: there is content */
	struct err *e;
};

static size_t
offset(const struct scan *s, const char *p)
{
	return (size_t)(p - s->start);
}

static enum ec
unknown(const struct scan *s)
{
	return tree_refuse(
	    s->t, offset(s, s->p), s->e, "XML in a way not known here");
}

static bool
at(const struct scan *s, const char *text)
{
	const size_t n = strlen(text);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

static void
blanks(struct scan *s)
{
	while (s->p < s->end && strchr(BLANKS, *s->p) != NULL)
		s->p++;
}

/* A node without a name, of what stands between two tags. */
static enum ec
content(struct scan *s, enum tree_kind kind, unsigned style, const char *p,
    const char *end, const char *why)
{
	const struct tree_node n = { .kind = kind,
		.style = style,
		.at = offset(s, p),
		.len = (size_t)(end - p),
		.value = TREE_NONE,
		.why = why };

	if (s->t->depth == 0)
		return EC_OK;
	s->filled[s->t->depth] = true;
	return tree_leaf(s->t, &n, s->e);
}

/* Behind the text that ends what began here with `open`. */
static enum ec
through(struct scan *s, const char *open, const char *close, const char **ret)
{
	const char *stop = tree_seek(s->p + strlen(open), s->end, close);

	*ret = stop;
	if (stop == NULL)
		return unknown(s);
	s->p = stop + strlen(close);
	return EC_OK;
}

static enum ec
cdata(struct scan *s)
{
	const char *from = s->p + 9, *stop = NULL;

	TRY(through(s, "<![CDATA[", "]]>", &stop));
	return content(s, TREE_TEXT, XML_CDATA, from, stop, NULL);
}

static enum ec
aside(struct scan *s, const char *open, const char *close)
{
	const char *from = s->p, *stop = NULL;

	TRY(through(s, open, close, &stop));
	return content(s, TREE_ODD, 0, from, s->p,
	    "holds a comment or an instruction: move it elsewhere");
}

/* Declarations in it were refused before. */
static enum ec
doctype(struct scan *s)
{
	for (; s->p < s->end && *s->p != '>'; s->p++)
		if (*s->p == '"' || *s->p == '\'') {
			s->p = memchr(
			    s->p + 1, *s->p, (size_t)(s->end - s->p - 1));
			if (s->p == NULL)
				return fail(s->e, EC_CONFLICT,
				    "%s: a DOCTYPE not known here",
				    s->t->where);
		}
	if (s->p == s->end)
		return unknown(s);
	s->p++;
	return EC_OK;
}

static size_t
name(const struct scan *s)
{
	return strcspn(s->p, BLANKS "/>=<");
}

static enum ec
attribute(struct scan *s)
{
	struct tree_node n = {
		.kind = TREE_TEXT, .style = XML_ATTRIBUTE, .value = TREE_NONE
	};
	const size_t len = name(s);
	const char *stop;

	TRY(tree_name(s->t, "@", 1, s->e));
	TRY(buf_add(&s->t->pool, s->p, len, s->e));
	s->t->namelen += len;
	s->p += len;
	blanks(s);
	if (len == 0 || !at(s, "="))
		return unknown(s);
	s->p++;
	blanks(s);
	if (!at(s, "\"") && !at(s, "'"))
		return unknown(s);
	stop = memchr(s->p + 1, *s->p, (size_t)(s->end - s->p - 1));
	if (stop == NULL)
		return unknown(s);
	n.quote = *s->p;
	n.at = offset(s, s->p);
	n.len = (size_t)(stop + 1 - s->p);
	s->p = stop + 1;
	return tree_leaf(s->t, &n, s->e);
}

static enum ec
start_tag(struct scan *s)
{
	const char *from = s->p++;
	const size_t len = name(s);

	s->filled[s->t->depth] = true;
	TRY(tree_name(s->t, s->p, len, s->e));
	TRY(tree_open(s->t, TREE_MAP, offset(s, from), s->e));
	s->filled[s->t->depth] = false;
	s->p += len;
	for (blanks(s); !at(s, ">") && !at(s, "/>"); blanks(s))
		TRY(attribute(s));
	s->p++;
	if (s->p[-1] == '>')
		return EC_OK;
	s->p++;
	TRY(content(s, TREE_ODD, 0, from, s->p,
	    "is an empty tag: write it as <name></name>"));
	tree_close(s->t);
	return EC_OK;
}

static enum ec
end_tag(struct scan *s)
{
	const char *from = s->p, *stop = NULL;

	if (s->t->depth == 0)
		return unknown(s);
	TRY(through(s, "</", ">", &stop));
	if (!s->filled[s->t->depth])
		TRY(content(s, TREE_TEXT, 0, from, from, NULL));
	tree_close(s->t);
	return EC_OK;
}

static enum ec
text(struct scan *s)
{
	const char *from = s->p;
	const char *stop = memchr(from, '<', (size_t)(s->end - from));

	s->p = stop != NULL ? stop : s->end;
	return content(s, TREE_TEXT, 0, from, s->p, NULL);
}

static enum ec
markup(struct scan *s)
{
	if (at(s, "<!--"))
		return aside(s, "<!--", "-->");
	if (at(s, "<?"))
		return aside(s, "<?", "?>");
	if (at(s, "<![CDATA["))
		return cdata(s);
	if (at(s, "<!"))
		return doctype(s);
	return at(s, "</") ? end_tag(s) : start_tag(s);
}

enum ec
xml_scan(struct tree *t, struct err *e)
{
	struct scan s = { .t = t, .start = buf_str(t->text), .e = e };

	s.p = s.start;
	s.end = s.start + t->text->len;
	if (at(&s, UTF8_BOM))
		s.p += 3;
	while (s.p < s.end)
		TRY(*s.p == '<' ? markup(&s) : text(&s));
	return t->depth == 0 ? EC_OK : unknown(&s);
}
