/*
 * json: the few things that every user of cJSON here needs. cJSON's memory is
 * wiped when it is freed (secret_init()), so values may be secret.
 */
#ifndef CLIENTS_JSON_H
#define CLIENTS_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/secret.h"

void auto_json(cJSON **j); /* AUTO(json) cJSON *j = NULL */

/* NULL when text is not one JSON value and nothing else, or when memory is
 * out: fail_lib() tells which. */
cJSON *json_parse(const struct buf *text);

/* Adds j, printed without blanks, to ret. EC_NOMEM also for j NULL, so that
 * building needs no check in between when its last step is checked. */
MUST enum ec json_print(const cJSON *j, struct buf *ret, struct err *e);

/* The text of a member; NULL: not there, or no text. j may be NULL. */
const char *json_text(const cJSON *j, const char *key);

/* Adds the secret as a text that is not copied: s must live as long as j.
 * False: no memory. */
bool json_add_secret(cJSON *j, const char *key, const struct secret *s);

#endif
