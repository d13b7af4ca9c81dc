/*
 * xml: values in XML files: .NET's web.config, Spring beans, Java properties,
 * Maven, Tomcat.
 *
 * A value is an attribute, or all that stands between two tags. Blanks beside
 * a tag are part of the value to some programs and none to others, so such a
 * value is refused.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/xml_scan.h"

extern const struct edit_syntax edit_xml;

static void
bounds(const struct buf *text, const struct edit_span *s, const char **p,
    size_t *len)
{
	const size_t q = s->quote != '\0' ? 1 : 0;

	*p = buf_str(text) + s->at + q;
	*len = s->len - 2 * q;
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const char *p;
	size_t len;

	bounds(text, s, &p, &len);
	if ((s->style & XML_CDATA) != 0)
		return buf_add(ret, p, len, e);
	return xml_unescape(p, len, ret, e);
}

/* Why these bytes are not touched; NULL: they may be. */
static const char *
odd(const struct buf *text, const struct edit_span *s)
{
	const char *p;
	size_t len;

	bounds(text, s, &p, &len);
	for (size_t i = 0; i < len; i++)
		if (p[i] == '\n' || p[i] == '\r' || p[i] == '\t')
			return "goes over several lines or holds a tab: write "
			       "it on one line, directly between the tags";
	if (s->style == 0 && len > 0 && (*p == ' ' || p[len - 1] == ' '))
		return "has blanks around it: write it directly between the "
		       "tags";
	return NULL;
}

static enum ec
readable(const struct tree *t, const char *key, const struct edit_span *s,
    struct err *e)
{
	AUTO(buf) struct buf meaning = BUF(t->text->len);
	enum ec ec;

	if (odd(t->text, s) != NULL)
		return tree_refuse_key(t, s->at, key, e, odd(t->text, s));
	ec = decode(t->text, s, &meaning, e);
	TRY_MEMORY(ec);
	if (ec != EC_OK)
		return tree_refuse_key(t, s->at, key, e,
		    "an entity that is not one of XML itself");
	if (tree_reference(buf_str(&meaning), meaning.len))
		return tree_refuse_key(t, s->at, key, e, TREE_REFERENCE);
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, where);
	size_t i;

	TRY(xml_check(&t, e));
	TRY(xml_scan(&t, e));
	TRY(xml_look(&t, key, &i, e));
	if (i == TREE_NONE)
		return fail(e, EC_GONE, "%s: no %.120s in it", where, key);
	TRY(tree_span(&t, i, key, ret, e));
	return readable(&t, key, ret, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char quote[2] = { s->quote, '\0' };

	TRY(tree_writable(value, e));
	TRY(buf_adds(ret, quote, e));
	TRY(xml_escape(s->quote, s->style, value, ret, e));
	return buf_adds(ret, quote, e);
}

const struct edit_syntax edit_xml = {
	.name = "xml",
	.summary = "elements and attributes of XML files",
	.key = "configuration.appSettings.add[key=SmtpUser].@value",
	.find = find,
	.decode = decode,
	.encode = encode,
	.same = xml_same,
};
