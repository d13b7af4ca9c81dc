/*
 * keyring: the desktop's Secret Service (GNOME Keyring, KWallet, KeePassXC)
 * through libsecret, without GLib showing.
 * https://specifications.freedesktop.org/secret-service-spec/latest/
 *
 * Nobody sits in front of a rotator: what is locked is an error and never a
 * prompt, and every call ends by itself. Attributes are no secrets; only the
 * value of an item is, and it travels encrypted and rests in locked memory.
 *
 * Attributes are given as name, value, name, value, NULL.
 */
#ifndef CLIENTS_KEYRING_H
#define CLIENTS_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct keyring; /* a connection, and the items found last */

/*
 * Connects, and looks whether the collection of this alias ("default",
 * "login", "session") is there and open. All later calls together must be over
 * timeout_ms after this one; else they fail with EC_TEMP. EC_CONFIG: no bus,
 * no Secret Service, no such collection. EC_DENIED: we may not ask them.
 * EC_HUMAN: locked. Nothing of a former connection is used. All calls up to
 * keyring_close() must come from one thread.
 */
MUST enum ec keyring_open(
    const char *alias, int64_t timeout_ms, struct keyring **ret, struct err *e);
void keyring_close(struct keyring *k); /* NULL is fine */
void auto_keyring(struct keyring **k);

/* Finds all items, in all collections, that have at least these attributes.
 * EC_HUMAN when one of them is locked. Replaces what was found before. */
MUST enum ec keyring_find(
    struct keyring *k, const char *const *attributes, struct err *e);
size_t keyring_count(const struct keyring *k);
/* Copies the attribute of item i, cut when ret is too small. False and "":
 * it has none. */
bool keyring_attribute(const struct keyring *k, size_t i, const char *name,
    char *ret, size_t size);
/* Is item i in the opened collection, not in another one? */
bool keyring_inside(const struct keyring *k, size_t i);
/* Appends the value of item i to ret. EC_CONFLICT: it has a NUL, or ret has no
 * room for it. */
MUST enum ec keyring_value(
    const struct keyring *k, size_t i, struct buf *ret, struct err *e);

/*
 * Stores an item in the opened collection, in one step. An item there with
 * these attributes, and maybe more of them, is replaced. EC_UNKNOWN: no answer
 * in time, it may have been stored. May be repeated.
 */
MUST enum ec keyring_store(struct keyring *k, const char *const *attributes,
    const char *label, const struct buf *value, struct err *e);
MUST enum ec keyring_delete(struct keyring *k, size_t i, struct err *e);

#endif
