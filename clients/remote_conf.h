/*
 * remote_conf: a driver and its options outside of a configuration file, as
 * JSON:
 *
 *   {"type":"file","options":{"path":"/a","activate":["reload","web"]}}
 *
 * A text for each option; a list of texts for OPT_ARGV, a map of texts for
 * OPT_MAP. The driver's own table decides, and checks, as it does for the
 * configuration.
 */
#ifndef CLIENTS_REMOTE_CONF_H
#define CLIENTS_REMOTE_CONF_H

#include "clients/client.h"
#include "clients/json.h"

/*
 * From an OPT_TREE: name, value, ..., NULL; or NULL. A value of a list or map
 * option is JSON text. EC_CONFIG: no such driver or option, or no such JSON.
 * *ret is the caller's to delete.
 */
MUST enum ec remote_conf_json(
    const char *type, const char *const *options, cJSON **ret, struct err *e);

/*
 * Sets c->drv and c->conf and asks the driver's check(). EC_CONFIG: not of
 * that form, an unknown, missing or wrong option; a driver that cannot work
 * for someone else: a person's, or one that leads to a further host. On
 * failure both are NULL; else end with remote_conf_free(). Pure.
 */
MUST enum ec remote_conf_make(
    const cJSON *driver, struct client *c, struct err *e);
void remote_conf_free(struct client *c); /* c->conf NULL is fine */

/* Has an object any name twice, or absurdly many? Programs differ in which
 * one they take then. */
bool remote_conf_once(const cJSON *object);

#endif
