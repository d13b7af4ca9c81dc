/*
 * config_yaml: libyaml's events to a small tree with places.
 *
 * Anchors, aliases and tags are refused: with them the line that is read is
 * not the line that is meant, and an alias in an alias can grow without end.
 * Scalars stay text whatever YAML 1.1 would make of them, so an account number
 * keeps its leading zero and "no" is no boolean unless a key asks for one.
 */
#include <string.h>

#include <yaml.h>

#include "base/auto.h"
#include "rotator/config_p.h"

/* The deepest legal place is a value in a map or list of a client: 4. */
#define DEPTH_MAX 12

struct tree {
	struct arena *mem;
	const char *file;
	struct node *root;
	struct node *open; /* innermost list or map that has not ended */
	size_t depth;
};

static void
auto_parser(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

static void
auto_event(yaml_event_t *v)
{
	yaml_event_delete(v);
}

static struct node
place(const struct tree *t, const yaml_mark_t *m)
{
	return (struct node){ .file = t->file,
		.line = (unsigned)m->line + 1,
		.column = (unsigned)m->column + 1,
		.text = "" };
}

static enum ec
broken(const struct tree *t, const yaml_parser_t *p, struct err *e)
{
	const struct node at = place(t, &p->problem_mark);
	const char *problem = p->problem != NULL ? p->problem : "unknown";

	/* Of a tag it does not say so: see clients/edit/yaml_open.h. */
	if (p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR)
		return config_nomem(e);
	if (p->error == YAML_READER_ERROR)
		return fail(e, EC_CONFIG, "%s: byte %zu: no YAML: %s", t->file,
		    p->problem_offset, problem);
	(void)config_fail(e, &at, "no YAML: %s%s%s", problem,
	    p->context != NULL ? " " : "",
	    p->context != NULL ? p->context : "");
	return fix(e,
	    "check the indentation (spaces, never tabs) and the quotes around "
	    "this place");
}

static void
hook(struct node *up, struct node *n)
{
	if (up->last == NULL)
		up->child = n;
	else
		up->last->next = n;
	up->last = n;
	up->n++;
}

/* A new node in the innermost open list or map. */
static enum ec
add(struct tree *t, const struct node *n, struct node **ret, struct err *e)
{
	struct node *up = t->open, *copy = arena_get(t->mem, sizeof(*copy));

	if (copy == NULL)
		return config_nomem(e);
	*copy = *n;
	copy->up = up;
	*ret = copy;
	if (up == NULL) {
		t->root = copy;
		return EC_OK;
	}
	if (up->kind == NODE_MAP && up->n % 2 == 0 && n->kind != NODE_TEXT)
		return config_fail(e, n, "a key must be a word");
	hook(up, copy);
	return EC_OK;
}

static enum ec
open_node(
    struct tree *t, enum node_kind kind, const yaml_mark_t *m, struct err *e)
{
	struct node n = place(t, m), *made = NULL;

	n.kind = kind;
	if (t->depth == DEPTH_MAX)
		return config_fail(e, &n, "too many levels in one another");
	TRY(add(t, &n, &made, e));
	t->open = made;
	t->depth++;
	return EC_OK;
}

static void
close_node(struct tree *t)
{
	if (t->open != NULL)
		t->open = t->open->up;
	t->depth--;
}

/* YAML lets NUL in by "\0" and control characters by "\x01"; line ends and
 * tabs may be wanted in a text for people. */
static enum ec
clean(const struct node *n, size_t len, struct err *e)
{
	for (size_t i = 0; i < len; i++) {
		const unsigned char ch = (unsigned char)n->text[i];

		if ((ch < 0x20 && ch != '\n' && ch != '\t') || ch == 0x7f)
			return config_fail(
			    e, n, "a control character in a value");
	}
	return EC_OK;
}

static enum ec
scalar(struct tree *t, const yaml_event_t *v, struct err *e)
{
	struct node n = place(t, &v->start_mark), *made = NULL;
	const char *value = (const char *)v->data.scalar.value;
	const size_t len = v->data.scalar.length;
	const bool plain = v->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	n.text = arena_dup(t->mem, value, len);
	if (n.text == NULL)
		return config_nomem(e);
	n.kind = plain && (len == 0 || strcmp(n.text, "~") == 0) ? NODE_NONE
								 : NODE_TEXT;
	TRY(clean(&n, len, e));
	return add(t, &n, &made, e);
}

static enum ec
refuse(const struct tree *t, const yaml_event_t *v, const char *what,
    struct err *e)
{
	const struct node at = place(t, &v->start_mark);

	(void)config_fail(e, &at, "%s", what);
	return fix(e, "write the value out");
}

/* What the three kinds of event that begin a node have in common. */
static enum ec
bare(const struct tree *t, const yaml_event_t *v, const yaml_char_t *anchor,
    const yaml_char_t *tag, struct err *e)
{
	if (anchor != NULL)
		return refuse(t, v, "anchors (&name) are not used here", e);
	if (tag != NULL)
		return refuse(t, v, "tags (!name) are not used here", e);
	return EC_OK;
}

/* *ret_end: the document is over. */
static enum ec
take(struct tree *t, const yaml_event_t *v, bool *ret_end, struct err *e)
{
	const yaml_mark_t *m = &v->start_mark;

	switch (v->type) {
	case YAML_ALIAS_EVENT:
		return refuse(t, v, "aliases (*name) are not used here", e);
	case YAML_SCALAR_EVENT:
		TRY(bare(t, v, v->data.scalar.anchor, v->data.scalar.tag, e));
		return scalar(t, v, e);
	case YAML_MAPPING_START_EVENT:
		TRY(bare(t, v, v->data.mapping_start.anchor,
		    v->data.mapping_start.tag, e));
		return open_node(t, NODE_MAP, m, e);
	case YAML_SEQUENCE_START_EVENT:
		TRY(bare(t, v, v->data.sequence_start.anchor,
		    v->data.sequence_start.tag, e));
		return open_node(t, NODE_LIST, m, e);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_node(t);
		return EC_OK;
	case YAML_DOCUMENT_START_EVENT:
		if (t->root != NULL)
			return refuse(t, v, "a second document begins", e);
		return EC_OK;
	case YAML_STREAM_END_EVENT:
		*ret_end = true;
		return EC_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	default:
		return EC_OK;
	}
}

static enum ec
grow(struct tree *t, yaml_parser_t *p, struct err *e)
{
	bool end = false;

	while (!end) {
		AUTO(event) yaml_event_t v;

		memset(&v, 0, sizeof(v));
		if (yaml_parser_parse(p, &v) == 0)
			return broken(t, p, e);
		TRY(take(t, &v, &end, e));
	}
	return EC_OK;
}

enum ec
config_yaml(struct arena *a, const char *file, const void *text, size_t len,
    const struct node **ret, struct err *e)
{
	AUTO(parser) yaml_parser_t p;
	struct tree t = { .mem = a, .file = file };

	memset(&p, 0, sizeof(p));
	if (yaml_parser_initialize(&p) == 0)
		return config_nomem(e);
	yaml_parser_set_input_string(&p, text, len);
	TRY(grow(&t, &p, e));
	if (t.root == NULL) { /* nothing but comments: an empty map */
		const yaml_mark_t start = { 0, 0, 0 };

		TRY(open_node(&t, NODE_MAP, &start, e));
	}
	*ret = t.root;
	return EC_OK;
}
