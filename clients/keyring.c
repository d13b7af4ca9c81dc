/* keyring: see keyring.h. Here: items. */
#include "clients/keyring.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/keyring_p.h"

void
keyring_forget(struct keyring *k)
{
	if (k->items != NULL)
		k->f.list_free_full(k->items, k->f.unref);
	k->items = NULL;
	k->count = 0;
}

/* The table borrows the strings; the casts undo what GLib's types lack. */
static GHashTable *
table_of(const struct keyring *k, const char *const *attributes)
{
	GHashTable *t = k->f.hash_new(k->f.str_hash, k->f.str_equal);

	for (; attributes[0] != NULL; attributes += 2) {
		void *name, *value;

		memcpy(&name, &attributes[0], sizeof(name));
		memcpy(&value, &attributes[1], sizeof(value));
		(void)k->f.hash_insert(t, name, value);
	}
	return t;
}

static SecretItem *
item(const struct keyring *k, size_t i)
{
	return k->f.list_nth_data(k->items, (guint)i);
}

enum ec
keyring_find(struct keyring *k, const char *const *attributes, struct err *e)
{
	GError *g = NULL;
	GHashTable *t = table_of(k, attributes);

	keyring_forget(k);
	k->items = k->f.service_search(k->service, NULL, t,
	    SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, k->cancel, &g);
	k->f.hash_unref(t);
	if (g != NULL)
		return keyring_fail(k, g, "cannot search", EC_TEMP, e);
	while (item(k, k->count) != NULL)
		k->count++;
	for (size_t i = 0; i < k->count; i++)
		if (k->f.item_locked(item(k, i)))
			return keyring_fail_locked(e, "of an item found");
	return EC_OK;
}

size_t
keyring_count(const struct keyring *k)
{
	return k->count;
}

bool
keyring_attribute(
    const struct keyring *k, size_t i, const char *name, char *ret, size_t size)
{
	GHashTable *t = k->f.item_attributes(item(k, i));
	const char *value = k->f.hash_lookup(t, name);

	(void)snprintf(ret, size, "%s", value != NULL ? value : "");
	k->f.hash_unref(t);
	return value != NULL;
}

bool
keyring_inside(const struct keyring *k, size_t i)
{
	const char *outer = k->f.path((GDBusProxy *)k->collection);
	const char *inner = k->f.path((GDBusProxy *)item(k, i));
	size_t n = strlen(outer);

	return strncmp(inner, outer, n) == 0 && inner[n] == '/';
}

/* Anybody may have stored anything. */
static enum ec
take_value(const struct keyring *k, const char *p, size_t len, struct buf *ret,
    struct err *e)
{
	if (len < ret->max - ret->len && memchr(p, '\0', len) == NULL)
		return buf_add(ret, p, len, e);
	(void)fail(e, EC_CONFLICT,
	    "keyring %s: the value of an item is no SMTP credential", k->alias);
	return fix(e,
	    "see who else stores under these attributes, and delete the item");
}

enum ec
keyring_value(const struct keyring *k, size_t i, struct buf *ret, struct err *e)
{
	SecretValue *v = k->f.item_secret(item(k, i));
	const char *p;
	gsize len = 0;
	enum ec ec;

	if (v == NULL)
		return fail(
		    e, EC_CLIENT, "keyring %s: an item has no value", k->alias);
	p = k->f.value_get(v, &len);
	ec = len > 0 ? take_value(k, p, len, ret, e) : EC_OK;
	k->f.value_unref(v);
	return ec;
}

enum ec
keyring_store(struct keyring *k, const char *const *attributes,
    const char *label, const struct buf *value, struct err *e)
{
	GError *g = NULL;
	GHashTable *t = table_of(k, attributes);
	/* Copied into locked memory, wiped when freed. */
	SecretValue *v =
	    k->f.value_new(buf_str(value), (gssize)value->len, "text/plain");
	bool done = k->f.service_store(k->service, NULL, t, k->alias, label, v,
			k->cancel, &g) != FALSE;

	k->f.value_unref(v);
	k->f.hash_unref(t);
	return done ? EC_OK : keyring_fail(k, g, "cannot store", EC_UNKNOWN, e);
}

enum ec
keyring_delete(struct keyring *k, size_t i, struct err *e)
{
	GError *g = NULL;

	if (k->f.item_delete(item(k, i), k->cancel, &g))
		return EC_OK;
	return keyring_fail(k, g, "cannot delete", EC_UNKNOWN, e);
}
