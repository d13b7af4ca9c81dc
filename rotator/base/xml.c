/*
 * xml: see xml.h. Expat does the parsing; this keeps the path, the text of
 * the innermost element and the caps.
 */
#include "base/xml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/auto.h"
#include "base/wiping.h"

struct walk {
	XML_Parser parser;
	xml_visit *visit;
	void *ctx;
	struct buf path, text;
	unsigned depth;
	bool leaf; /* no child has ended since the last start */
	enum ec ec;
	struct err *err;
};

static void
stop(struct walk *w, enum ec ec)
{
	if (w->ec != EC_OK)
		return;
	w->ec = ec;
	(void)XML_StopParser(w->parser, XML_FALSE);
}

/* A call of a handler may still come after XML_StopParser(). */
static void
note(struct walk *w, enum ec ec)
{
	if (ec != EC_OK)
		stop(w, ec);
}

static enum ec
push(struct walk *w, const char *name)
{
	if (w->depth++ >= XML_DEPTH_MAX)
		return fail(w->err, EC_PROTO, "XML deeper than %d levels",
		    XML_DEPTH_MAX);
	if (w->path.len > 0)
		TRY(buf_adds(&w->path, "/", w->err));
	return buf_adds(&w->path, name, w->err);
}

static void XMLCALL
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = ctx;

	(void)attributes;
	if (w->ec != EC_OK)
		return;
	note(w, push(w, name));
	buf_cut(&w->text, 0);
	w->leaf = true;
}

static void XMLCALL
on_text(void *ctx, const XML_Char *s, int len)
{
	struct walk *w = ctx;

	if (w->ec == EC_OK)
		note(w, buf_add(&w->text, s, (size_t)len, w->err));
}

static enum ec
visit(struct walk *w)
{
	static const char space[] = " \t\r\n";
	const char *s = buf_str(&w->text);
	size_t lead = strspn(s, space);

	/* The text is the innermost element's only. */
	if (!w->leaf)
		buf_cut(&w->text, 0);
	while (w->text.len > 0 &&
	    strchr(space, w->text.p[w->text.len - 1]) != NULL)
		buf_cut(&w->text, w->text.len - 1);
	if (lead > w->text.len)
		lead = w->text.len;
	return w->visit(w->ctx, buf_str(&w->path), buf_str(&w->text) + lead,
	    w->text.len - lead, w->err);
}

static void XMLCALL
on_end(void *ctx, const XML_Char *name)
{
	struct walk *w = ctx;
	size_t cut = strlen(name);

	if (w->ec != EC_OK)
		return;
	note(w, visit(w));
	w->leaf = false;
	w->depth--;
	buf_cut(&w->path, w->path.len - cut - (w->depth > 0 ? 1 : 0));
	buf_cut(&w->text, 0);
}

static void XMLCALL
on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
    const XML_Char *pubid, int internal)
{
	struct walk *w = ctx;

	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	note(w, fail(w->err, EC_PROTO, "XML with a DTD"));
}

static void
auto_parser(XML_Parser *p)
{
	XML_ParserFree(*p); /* NULL is fine */
}

static enum ec
parse(struct walk *w, const struct buf *doc)
{
	enum XML_Status s;
	enum XML_Error why;

	XML_SetUserData(w->parser, w);
	XML_SetElementHandler(w->parser, on_start, on_end);
	XML_SetCharacterDataHandler(w->parser, on_text);
	XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
	s = XML_Parse(w->parser, buf_str(doc), (int)doc->len, XML_TRUE);
	if (w->ec != EC_OK || s == XML_STATUS_OK)
		return w->ec;
	why = XML_GetErrorCode(w->parser);
	return fail(w->err, why == XML_ERROR_NO_MEMORY ? EC_NOMEM : EC_PROTO,
	    "not XML: line %lu: %s",
	    (unsigned long)XML_GetCurrentLineNumber(w->parser),
	    XML_ErrorString(why));
}

enum ec
xml_walk(const struct buf *doc, xml_visit *visitor, void *ctx, struct err *e)
{
	/* Expat copies the document and its texts, which may be a key. */
	static const XML_Memory_Handling_Suite memory = { malloc,
		wiping_realloc, wiping_free };
	AUTO(parser) XML_Parser parser = NULL;
	struct walk w = {
		.visit = visitor,
		.ctx = ctx,
		.path = BUF(XML_PATH_MAX),
		.text = BUF(XML_TEXT_MAX),
		.err = e,
	};
	enum ec ec;

	if (doc->len > XML_SIZE_MAX)
		return fail(e, EC_PROTO, "XML of %zu bytes", doc->len);
	parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (parser == NULL)
		return fail(e, EC_NOMEM, "no memory for XML");
	w.parser = parser;
	ec = parse(&w, doc);
	buf_free(&w.path);
	buf_free(&w.text);
	return ec;
}
