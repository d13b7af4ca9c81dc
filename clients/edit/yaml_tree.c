/* yaml_tree: see yaml_tree.h. */
#include "clients/edit/yaml_tree.h"

#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"
#include "clients/edit/yaml_open.h"
#include "clients/edit/yaml_scalar.h"

#define STR_TAG "tag:yaml.org,2002:str"

struct load {
	struct tree *t;
	yaml_parser_t parser;
	const char *start, *end; /* of the text, behind a byte order mark */
	const char *p;           /* where character number `index` is */
	size_t index;
	bool name[TREE_DEPTH + 1]; /* by depth: a key comes next */
	unsigned flow;             /* how many [ and { are open */
	struct err *e;
};

static bool
follows(const char *p)
{
	return ((unsigned char)*p & 0xc0) == 0x80;
}

/* Byte of the text at a mark; short ways, because marks come in order. */
static const char *
place(struct load *l, const yaml_mark_t *m)
{
	for (; l->index < m->index && l->p < l->end; l->index++)
		l->p += utf8_next(l->p, l->end, NULL);
	for (; l->index > m->index && l->p > l->start; l->index--)
		do
			l->p--;
		while (l->p > l->start && follows(l->p));
	return l->p;
}

static size_t
offset(const struct load *l, const char *p)
{
	return (size_t)(p - buf_str(l->t->text));
}

static enum ec
refuse(struct load *l, const yaml_mark_t *m, const char *why)
{
	return tree_refuse(l->t, offset(l, place(l, m)), l->e, why);
}

/* libyaml's words for what is wrong are constants and show no values. */
static enum ec
broken(struct load *l)
{
	const char *what = l->parser.problem;
	char why[160];

	if (yaml_no_memory(&l->parser))
		return fail(l->e, EC_NOMEM, "no memory for YAML");
	(void)snprintf(why, sizeof(why), "no YAML: %s",
	    what != NULL ? what : "not readable");
	if (l->parser.error == YAML_READER_ERROR)
		return tree_refuse(l->t,
		    offset(l, l->start) + l->parser.problem_offset, l->e, why);
	return refuse(l, &l->parser.problem_mark, why);
}

/* Behind the anchor and the tag, which libyaml counts in. */
static const char *
skip_props(const char *p, const char *end)
{
	while (p < end && (*p == '!' || *p == '&')) {
		while (p < end && strchr(" \t\r\n", *p) == NULL)
			p++;
		while (p < end && strchr(" \t\r\n", *p) != NULL)
			p++;
	}
	return p;
}

static bool
str_tag(const yaml_char_t *tag)
{
	return strcmp((const char *)tag, STR_TAG) == 0 ||
	    strcmp((const char *)tag, "!") == 0;
}

/* n->why is set unless the bytes mean what libyaml read there. */
static enum ec
agree(struct load *l, struct tree_node *n)
{
	const char *raw = buf_str(l->t->text) + n->at;
	const size_t q = n->quote != '\0' ? 1 : 0;
	AUTO(buf) struct buf mine = BUF(l->t->text->len);
	enum ec ec;

	n->why = "is written in a way not known here";
	if (n->len < 2 * q || (q > 0 && *raw != n->quote))
		return EC_OK;
	ec = yaml_unquote(n->quote, raw + q, n->len - 2 * q, &mine, l->e);
	TRY_MEMORY(ec);
	if (ec == EC_OK && mine.len == n->valuelen &&
	    memcmp(buf_str(&mine), buf_str(&l->t->pool) + n->value, mine.len) ==
		0)
		n->why = NULL;
	return EC_OK;
}

/* Why a scalar is not touched, or NULL. */
static const char *
odd(const struct load *l, const yaml_event_t *v, const struct tree_node *n)
{
	const char *raw = buf_str(l->t->text) + n->at;
	const char *value = (const char *)v->data.scalar.value;
	const bool plain = v->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (v->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
	    v->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
		return "is a block of text (| or >): write it on one line";
	if (v->data.scalar.tag != NULL && !str_tag(v->data.scalar.tag))
		return "has a tag other than !!str";
	if (memchr(raw, '\n', n->len) != NULL ||
	    memchr(raw, '\r', n->len) != NULL)
		return "goes over several lines: write it on one line";
	if (n->len == 0)
		return "is empty: write \"\" there";
	if (plain && v->data.scalar.tag == NULL &&
	    !yaml_text(value, v->data.scalar.length))
		return "is a number, a date, true, false or null to some "
		       "readers: put it in quotes";
	return NULL;
}

/* The meaning, and the anchor behind it. */
static enum ec
keep(struct load *l, const void *value, size_t len, const yaml_char_t *anchor,
    struct tree_node *n)
{
	const char *a = anchor != NULL ? (const char *)anchor : "";

	n->value = l->t->pool.len;
	n->valuelen = len;
	TRY(buf_add(&l->t->pool, value, len, l->e));
	TRY(buf_add(&l->t->pool, "", 1, l->e));
	return buf_add(&l->t->pool, a, strlen(a) + 1, l->e);
}

static enum ec
scalar(struct load *l, const yaml_event_t *v)
{
	const char *from = place(l, &v->start_mark);
	const char *end = place(l, &v->end_mark);
	struct tree_node n = { .kind = TREE_TEXT, .quote = '\0' };

	from = skip_props(from, end);
	n.at = offset(l, from);
	n.len = (size_t)(end - from);
	n.style = l->flow > 0 ? YAML_FLOW : 0;
	if (v->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
		n.quote = '\'';
	else if (v->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		n.quote = '"';
	TRY(keep(l, v->data.scalar.value, v->data.scalar.length,
	    v->data.scalar.anchor, &n));
	n.why = odd(l, v, &n);
	if (n.why == NULL)
		TRY(agree(l, &n));
	if (n.why != NULL)
		n.kind = TREE_ODD;
	return tree_leaf(l->t, &n, l->e);
}

static enum ec
alias(struct load *l, const yaml_event_t *v)
{
	const char *name = (const char *)v->data.alias.anchor;
	struct tree_node n = { .kind = TREE_ODD,
		.style = YAML_ALIAS,
		.why = "is an alias: name the place where its anchor (&) "
		       "stands" };

	n.at = offset(l, place(l, &v->start_mark));
	TRY(keep(l, name, strlen(name), NULL, &n));
	return tree_leaf(l->t, &n, l->e);
}

static enum ec
begin(struct load *l, const yaml_event_t *v)
{
	const bool map = v->type == YAML_MAPPING_START_EVENT;
	const bool flow = map
	    ? v->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
	    : v->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;

	TRY(tree_open(l->t, map ? TREE_MAP : TREE_LIST,
	    offset(l, place(l, &v->start_mark)), l->e));
	l->name[l->t->depth] = map;
	if (flow || l->flow > 0)
		l->flow++;
	return EC_OK;
}

static void
end(struct load *l)
{
	tree_close(l->t);
	if (l->flow > 0)
		l->flow--;
}

static enum ec
value(struct load *l, const yaml_event_t *v)
{
	bool *name = &l->name[l->t->depth];
	const bool map =
	    tree_top(l->t) != NULL && tree_top(l->t)->kind == TREE_MAP;

	if (map && *name && v->type != YAML_SCALAR_EVENT)
		return refuse(l, &v->start_mark, "a key that is no text");
	if (map)
		*name = !*name;
	if (map && !*name)
		return tree_name(l->t, (const char *)v->data.scalar.value,
		    v->data.scalar.length, l->e);
	if (v->type == YAML_SCALAR_EVENT)
		return scalar(l, v);
	return v->type == YAML_ALIAS_EVENT ? alias(l, v) : begin(l, v);
}

static enum ec
take(struct load *l, bool *ret_end)
{
	AUTO(yaml_event) yaml_event_t v = { .type = YAML_NO_EVENT };

	if (yaml_parser_parse(&l->parser, &v) == 0)
		return broken(l);
	*ret_end = v.type == YAML_STREAM_END_EVENT;
	switch (v.type) {
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return value(l, &v);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		end(l);
		break;
	default:
		break;
	}
	return EC_OK;
}

static enum ec
load(struct load *l)
{
	bool done = false;
	enum ec ec =
	    yaml_open(&l->parser, l->start, (size_t)(l->end - l->start), l->e);

	while (ec == EC_OK && !done)
		ec = take(l, &done);
	yaml_parser_delete(&l->parser);
	return ec;
}

enum ec
yaml_tree(struct tree *t, struct err *e)
{
	const char *p = buf_str(t->text);
	struct load l = { .t = t, .end = p + t->text->len, .e = e };

	TRY(tree_bytes(t, true, e));
	l.start = t->text->len >= 3 && memcmp(p, UTF8_BOM, 3) == 0 ? p + 3 : p;
	l.p = l.start;
	return load(&l);
}
