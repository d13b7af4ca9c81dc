/* xml_expat: a second opinion on an XML text. See xml_scan.h. */
#include <string.h>

#include <expat.h>

#include "base/auto.h"
#include "base/wiping.h"
#include "clients/edit/utf8.h"
#include "clients/edit/xml_scan.h"

/* What a document says, as pieces "Xtext" with a NUL behind each: E an
 * element, / its end, A and V an attribute and its value, C and P a comment
 * and an instruction, T all text in between, even when there is none. XML
 * has no NUL. out NULL: only look. */
struct witness {
	XML_Parser parser;
	struct buf *out, text;
	bool declares; /* in the DOCTYPE */
	enum ec ec;
	struct err *e;
};

static void
note(struct witness *w, enum ec ec)
{
	if (ec == EC_OK || w->ec != EC_OK)
		return;
	w->ec = ec;
	(void)XML_StopParser(w->parser, XML_FALSE);
}

static enum ec
add(struct witness *w, const char *kind, const char *text)
{
	if (w->out == NULL)
		return EC_OK;
	TRY(buf_adds(w->out, kind, w->e));
	return buf_add(w->out, text, strlen(text) + 1, w->e);
}

/* A piece, and the text before it. */
static enum ec
piece(struct witness *w, const char *kind, const char *text)
{
	TRY(add(w, "T", buf_str(&w->text)));
	buf_cut(&w->text, 0);
	return add(w, kind, text);
}

static void XMLCALL
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct witness *w = ctx;

	note(w, piece(w, "E", name));
	for (size_t i = 0; attributes[i] != NULL; i++)
		note(w, add(w, i % 2 == 0 ? "A" : "V", attributes[i]));
}

static void XMLCALL
on_end(void *ctx, const XML_Char *name)
{
	struct witness *w = ctx;

	note(w, piece(w, "/", name));
}

static void XMLCALL
on_text(void *ctx, const XML_Char *s, int len)
{
	struct witness *w = ctx;

	if (w->out != NULL && w->ec == EC_OK)
		note(w, buf_add(&w->text, s, (size_t)len, w->e));
}

static void XMLCALL
on_comment(void *ctx, const XML_Char *s)
{
	struct witness *w = ctx;

	note(w, piece(w, "C", s));
}

static void XMLCALL
on_instruction(void *ctx, const XML_Char *target, const XML_Char *data)
{
	struct witness *w = ctx;

	note(w, piece(w, "P", target));
	note(w, add(w, "P", data));
}

static void XMLCALL
on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
    const XML_Char *pubid, int internal)
{
	struct witness *w = ctx;

	(void)name;
	(void)sysid;
	(void)pubid;
	w->declares = w->declares || internal != 0;
	if (w->declares)
		(void)XML_StopParser(w->parser, XML_FALSE);
}

/* Where expat stands; it has no place in an empty text. */
static enum ec
refuse(
    const struct witness *w, const struct tree *t, size_t bom, const char *why)
{
	const XML_Index at = XML_GetErrorByteIndex(w->parser);

	return tree_refuse(t, bom + (at > 0 ? (size_t)at : 0), w->e, why);
}

static enum ec
parse(struct witness *w, const struct tree *t)
{
	const char *p = buf_str(t->text);
	const size_t bom =
	    t->text->len >= 3 && memcmp(p, UTF8_BOM, 3) == 0 ? 3 : 0;
	enum XML_Status s;

	XML_SetUserData(w->parser, w);
	XML_SetElementHandler(w->parser, on_start, on_end);
	XML_SetCharacterDataHandler(w->parser, on_text);
	XML_SetCommentHandler(w->parser, on_comment);
	XML_SetProcessingInstructionHandler(w->parser, on_instruction);
	XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
	s = XML_Parse(w->parser, p + bom, (int)(t->text->len - bom), XML_TRUE);
	if (w->ec != EC_OK)
		return w->ec;
	if (w->declares)
		return refuse(w, t, bom,
		    "a DOCTYPE with declarations: they may change what values "
		    "mean");
	if (s == XML_STATUS_OK)
		return EC_OK;
	if (XML_GetErrorCode(w->parser) == XML_ERROR_NO_MEMORY)
		return fail(w->e, EC_NOMEM, "no memory for XML");
	return refuse(w, t, bom, XML_ErrorString(XML_GetErrorCode(w->parser)));
}

static void *
allocate(size_t n)
{
	return wiping_realloc(NULL, n);
}

static enum ec
testify(const struct tree *t, struct buf *out, struct err *e)
{
	static const XML_Memory_Handling_Suite memory = { allocate,
		wiping_realloc, wiping_free };
	struct witness w = { .out = out, .text = BUF(t->text->len), .e = e };
	enum ec ec;

	w.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (w.parser == NULL)
		return fail(e, EC_NOMEM, "no memory for XML");
	ec = parse(&w, t);
	XML_ParserFree(w.parser);
	buf_free(&w.text);
	return ec;
}

enum ec
xml_check(const struct tree *t, struct err *e)
{
	TRY(tree_bytes(t, true, e));
	return testify(t, NULL, e);
}

static bool
wanted(const char *piece_, const struct edit_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((*piece_ == 'T' || *piece_ == 'V') &&
		    strcmp(piece_ + 1, pairs[i].value) == 0)
			return true;
	return false;
}

static bool
agree(const struct buf *was, const struct buf *now,
    const struct edit_pair *pairs, size_t n)
{
	const char *a = buf_str(was), *a_end = a + was->len;
	const char *b = buf_str(now), *b_end = b + now->len;

	for (size_t left = n; a < a_end && b < b_end;
	     a += strlen(a) + 1, b += strlen(b) + 1)
		if (strcmp(a, b) != 0 &&
		    (*a != *b || left-- == 0 || !wanted(b, pairs, n)))
			return false;
	return a == a_end && b == b_end;
}

enum ec
xml_same(const struct buf *was, const struct buf *now, const char *where,
    const struct edit_pair *pairs, size_t n, struct err *e)
{
	const struct tree a = TREE(was, where), b = TREE(now, where);
	AUTO(buf) struct buf said = BUF(SIZE_MAX / 2);
	AUTO(buf) struct buf says = BUF(SIZE_MAX / 2);

	TRY(testify(&a, &said, e));
	TRY(testify(&b, &says, e));
	if (agree(&said, &says, pairs, n))
		return EC_OK;
	return fail(
	    e, EC_BUG, "%s: the change would touch something else", where);
}
