/* yaml_same: see yaml_tree.h. Two parsers in step. */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"
#include "clients/edit/yaml_open.h"
#include "clients/edit/yaml_scalar.h"
#include "clients/edit/yaml_tree.h"

struct pace {
	yaml_parser_t was, now;
	const struct edit_pair *pairs;
	size_t n;    /* pairs */
	size_t left; /* scalars that may still differ */
	bool end;
	bool starved; /* of memory */
};

static bool
str_same(const yaml_char_t *a, const yaml_char_t *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp((const char *)a, (const char *)b) == 0;
}

static bool
scalar_same(const yaml_event_t *a, const yaml_event_t *b)
{
	const size_t len = a->data.scalar.length;

	return len == b->data.scalar.length &&
	    memcmp(a->data.scalar.value, b->data.scalar.value, len) == 0 &&
	    a->data.scalar.style == b->data.scalar.style;
}

/* "NEW", or "NAME=NEW" where "NAME=..." stood. */
static bool
wanted(const struct pace *p, const yaml_event_t *a, const yaml_event_t *b)
{
	const char *was = (const char *)a->data.scalar.value;
	const char *now = (const char *)b->data.scalar.value;

	for (size_t i = 0; i < p->n; i++) {
		const char *v = p->pairs[i].value;
		const size_t len = strlen(v), all = b->data.scalar.length;
		const size_t head = all >= len ? all - len : 0;

		if (all < len || memcmp(now + head, v, len) != 0)
			continue;
		if (head == 0 ||
		    (a->data.scalar.length >= head && now[head - 1] == '=' &&
			memcmp(was, now, head) == 0))
			return true;
	}
	return false;
}

static bool
text(const yaml_event_t *v)
{
	return v->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    v->data.scalar.tag != NULL ||
	    yaml_text(
		(const char *)v->data.scalar.value, v->data.scalar.length);
}

static bool
scalar(struct pace *p, const yaml_event_t *a, const yaml_event_t *b)
{
	if (!str_same(a->data.scalar.anchor, b->data.scalar.anchor) ||
	    !str_same(a->data.scalar.tag, b->data.scalar.tag))
		return false;
	if (scalar_same(a, b))
		return true;
	return p->left-- > 0 && wanted(p, a, b) && text(b);
}

static bool
map(const yaml_event_t *a, const yaml_event_t *b)
{
	return str_same(a->data.mapping_start.anchor,
		   b->data.mapping_start.anchor) &&
	    str_same(a->data.mapping_start.tag, b->data.mapping_start.tag) &&
	    a->data.mapping_start.style == b->data.mapping_start.style;
}

static bool
list(const yaml_event_t *a, const yaml_event_t *b)
{
	return str_same(a->data.sequence_start.anchor,
		   b->data.sequence_start.anchor) &&
	    str_same(a->data.sequence_start.tag, b->data.sequence_start.tag) &&
	    a->data.sequence_start.style == b->data.sequence_start.style;
}

static bool
event(struct pace *p, const yaml_event_t *a, const yaml_event_t *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case YAML_SCALAR_EVENT:
		return scalar(p, a, b);
	case YAML_ALIAS_EVENT:
		return str_same(a->data.alias.anchor, b->data.alias.anchor);
	case YAML_MAPPING_START_EVENT:
		return map(a, b);
	case YAML_SEQUENCE_START_EVENT:
		return list(a, b);
	case YAML_DOCUMENT_START_EVENT:
		return a->data.document_start.implicit ==
		    b->data.document_start.implicit;
	default:
		return true;
	}
}

static bool
next(struct pace *p, yaml_parser_t *of, yaml_event_t *ret)
{
	if (yaml_parser_parse(of, ret) != 0)
		return true;
	p->starved = yaml_no_memory(of);
	return false;
}

static bool
step(struct pace *p)
{
	AUTO(yaml_event) yaml_event_t a = { .type = YAML_NO_EVENT };
	AUTO(yaml_event) yaml_event_t b = { .type = YAML_NO_EVENT };

	if (!next(p, &p->was, &a) || !next(p, &p->now, &b))
		return false;
	p->end = a.type == YAML_STREAM_END_EVENT;
	return event(p, &a, &b);
}

static enum ec
open_at(yaml_parser_t *p, const struct buf *text, struct err *e)
{
	const char *s = buf_str(text);
	const size_t bom =
	    text->len >= 3 && memcmp(s, UTF8_BOM, 3) == 0 ? 3 : 0;

	return yaml_open(p, s + bom, text->len - bom, e);
}

static enum ec
compare(struct pace *p, const char *where, struct err *e)
{
	bool good = true;

	while (good && !p->end)
		good = step(p);
	if (good)
		return EC_OK;
	if (p->starved)
		return fail(e, EC_NOMEM, "no memory for YAML");
	return fail(
	    e, EC_BUG, "%s: the change would touch something else", where);
}

enum ec
yaml_same(const struct buf *was, const struct buf *now, const char *where,
    const struct edit_pair *pairs, size_t n, struct err *e)
{
	struct pace p = { .pairs = pairs, .n = n, .left = n };
	enum ec ec = open_at(&p.was, was, e);

	if (ec == EC_OK)
		ec = open_at(&p.now, now, e);
	if (ec == EC_OK)
		ec = compare(&p, where, e);
	yaml_parser_delete(&p.was);
	yaml_parser_delete(&p.now);
	return ec;
}
