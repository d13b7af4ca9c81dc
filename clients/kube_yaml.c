/* kube_yaml: see kube_yaml.h. */
#include "clients/kube_yaml.h"

#include <string.h>

#include "base/auto.h"
#include "base/secret.h"

/* libyaml frees without wiping; its two buffers are what is left of the text
 * when it is done (yaml.h, struct yaml_parser_s). */
static void
auto_parser(yaml_parser_t *p)
{
	if (p->raw_buffer.start != NULL)
		wipe(p->raw_buffer.start,
		    (size_t)(p->raw_buffer.end - p->raw_buffer.start));
	if (p->buffer.start != NULL)
		wipe(
		    p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
	yaml_parser_delete(p);
}

void
auto_kube_yaml(struct kube_yaml *y)
{
	if (!y->open)
		return;
	for (yaml_node_t *n = y->doc.nodes.start; n < y->doc.nodes.top; n++)
		if (n->type == YAML_SCALAR_NODE)
			wipe(n->data.scalar.value, n->data.scalar.length);
	yaml_document_delete(&y->doc);
	y->open = false;
}

/* Without libyaml's words about the place: they may quote it. */
static enum ec
broken(const char *file, const yaml_parser_t *p, struct err *e)
{
	return fail(e, EC_CONFIG, "%s:%zu:%zu: %s", file,
	    p->problem_mark.line + 1, p->problem_mark.column + 1,
	    p->problem != NULL ? p->problem : "not YAML");
}

enum ec
kube_yaml_parse(struct kube_yaml *y, const char *file, const struct buf *text,
    struct err *e)
{
	AUTO(parser) yaml_parser_t p;

	if (yaml_parser_initialize(&p) == 0)
		return fail(e, EC_NOMEM, "no memory for %s", file);
	yaml_parser_set_input_string(
	    &p, (const unsigned char *)buf_str(text), text->len);
	if (yaml_parser_load(&p, &y->doc) == 0)
		return broken(file, &p, e);
	y->open = true;
	if (kube_yaml_root(y) == NULL ||
	    kube_yaml_root(y)->type != YAML_MAPPING_NODE)
		return fail(e, EC_CONFIG, "%s: no kubeconfig in it", file);
	return EC_OK;
}

yaml_node_t *
kube_yaml_root(struct kube_yaml *y)
{
	return yaml_document_get_root_node(&y->doc);
}

static const char *
scalar(const yaml_node_t *n)
{
	if (n == NULL || n->type != YAML_SCALAR_NODE ||
	    strlen((const char *)n->data.scalar.value) != n->data.scalar.length)
		return NULL;
	return (const char *)n->data.scalar.value;
}

yaml_node_t *
kube_yaml_get(struct kube_yaml *y, const yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const char *k = scalar(yaml_document_get_node(&y->doc, p->key));

		if (k != NULL && strcmp(k, key) == 0)
			return yaml_document_get_node(&y->doc, p->value);
	}
	return NULL;
}

const char *
kube_yaml_text(struct kube_yaml *y, const yaml_node_t *map, const char *key)
{
	const char *s = scalar(kube_yaml_get(y, map, key));

	return s != NULL && *s != '\0' ? s : NULL;
}

yaml_node_t *
kube_yaml_item(struct kube_yaml *y, const yaml_node_t *list, size_t i)
{
	const yaml_node_item_t *at;

	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return NULL;
	at = list->data.sequence.items.start;
	if (i >= (size_t)(list->data.sequence.items.top - at))
		return NULL;
	return yaml_document_get_node(&y->doc, at[i]);
}
