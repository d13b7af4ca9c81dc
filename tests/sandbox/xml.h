/*
 * xml: a small tree to be written as a reply. Writing can be made unpleasant:
 * children in another order, odd white space, comments. All of it is valid XML
 * of the same meaning, since AWS promises no order.
 */
#ifndef SANDBOX_XML_H
#define SANDBOX_XML_H

#include <stdbool.h>

#include "sandbox.h"

struct xml;

struct xml *xml_new(const char *name);
void xml_free(struct xml *x);

/* Add a child, new or one made by xml_new; it belongs to the parent. */
struct xml *xml_elem(struct xml *parent, const char *name);
void xml_adopt(struct xml *parent, struct xml *x);
void xml_text(struct xml *parent, const char *name, const char *text);
void xml_attr_ns(struct xml *x, const char *uri);

/* A new string. With shuffle set, s gives the chance (lock held). */
char *xml_render(const struct xml *x, struct sandbox *s, bool shuffle);

#endif
