/*
 * kube_yaml: looking things up in a YAML document. A kubeconfig holds tokens
 * and keys, so its texts are wiped as far as libyaml lets us get at them.
 */
#ifndef CLIENTS_KUBE_YAML_H
#define CLIENTS_KUBE_YAML_H

#include <stdbool.h>

#include <yaml.h>

#include "base/buf.h"

struct kube_yaml {
	yaml_document_t doc;
	bool open;
};

/* EC_CONFIG with file:line:column: not one YAML document with a mapping. */
MUST enum ec kube_yaml_parse(struct kube_yaml *y, const char *file,
    const struct buf *text, struct err *e);
void auto_kube_yaml(struct kube_yaml *y);

/* All take and give NULL for what is not there; y owns what they give. */
yaml_node_t *kube_yaml_root(struct kube_yaml *y);
yaml_node_t *kube_yaml_get(
    struct kube_yaml *y, const yaml_node_t *map, const char *key);
/* NULL also for an empty text. */
const char *kube_yaml_text(
    struct kube_yaml *y, const yaml_node_t *map, const char *key);
yaml_node_t *kube_yaml_item(
    struct kube_yaml *y, const yaml_node_t *list, size_t i);

#endif
