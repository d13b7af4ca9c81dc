/*
 * yaml_open: libyaml's parser for a text that may hold secrets.
 *
 * libyaml has no hook for its memory, but calls yaml_malloc() and the like
 * through its own dynamic symbols. This file defines them, and a program's
 * definition comes first: what libyaml frees is overwritten. A unit test
 * looks through the memory of the process to see that it is.
 */
#ifndef CLIENTS_EDIT_YAML_OPEN_H
#define CLIENTS_EDIT_YAML_OPEN_H

#include <stdbool.h>

#include <yaml.h>

#include "base/buf.h"

/* The text is read as UTF-8 and must outlive the parser. EC_NOMEM. */
MUST enum ec yaml_open(
    yaml_parser_t *p, const char *text, size_t len, struct err *e);

/* After yaml_parser_parse() failed: was it for want of memory? libyaml does not
 * always say so (0.2.5, src/scanner.c, yaml_parser_scan_tag(): a handle that
 * cannot be made leaves no error at all); whatever else it says. */
bool yaml_no_memory(const yaml_parser_t *p);

/* For AUTO(yaml_parser) and AUTO(yaml_event), of things zeroed at first. */
void auto_yaml_parser(yaml_parser_t *p);
void auto_yaml_event(yaml_event_t *v);

/* libyaml's src/yaml_private.h; for libyaml to call, nobody else. */
void *yaml_malloc(size_t n);
void *yaml_realloc(void *p, size_t n);
void yaml_free(void *p);
yaml_char_t *yaml_strdup(const yaml_char_t *s);

#endif
