/* keyring: see keyring.h. */
#include "clients/keyring.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/auto.h"
#include "clients/libsecret_dl.h"

#define QUEUED_MAX 10000 /* so that it ends, whatever a daemon sends */

struct keyring {
	struct libsecret f;
	SecretService *service;
	SecretCollection *collection;
	GList *items;
	size_t count;
	const char *alias; /* of the caller */
	GDBusConnection *bus;
	/* Where GLib puts what nobody waits for; see begin(). */
	GMainContext *context;
	/* The watch: a thread that ends whatever hangs in libsecret. */
	GCancellable *cancel;
	pthread_t watch;
	bool watched;
	int over, limit; /* eventfd; ms */
};

static void *
watch(void *arg)
{
	struct keyring *k = arg;
	struct pollfd p = { .fd = k->over, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, k->limit);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		k->f.cancellable_cancel(k->cancel);
	return NULL;
}

static enum ec
start_watch(struct keyring *k, int64_t timeout_ms, struct err *e)
{
	k->limit = timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX;
	k->over = eventfd(0, EFD_CLOEXEC);
	if (k->over < 0)
		return fail_sys(e, "eventfd");
	k->cancel = k->f.cancellable_new();
	if (pthread_create(&k->watch, NULL, watch, k) != 0)
		return fail(e, EC_NOMEM, "cannot start a thread");
	k->watched = true;
	return EC_OK;
}

static void
stop_watch(struct keyring *k)
{
	if (k->watched && eventfd_write(k->over, 1) == 0)
		(void)pthread_join(k->watch, NULL);
	if (k->over >= 0)
		(void)close(k->over);
	if (k->cancel != NULL)
		k->f.unref(k->cancel);
}

static enum ec
fail_locked(struct err *e, const char *alias)
{
	(void)fail(e, EC_HUMAN, "keyring %s: it is locked", alias);
	return fix(e,
	    "unlock the keyring: log in to the desktop session, or run "
	    "gnome-keyring-daemon --unlock there with the keyring's password "
	    "on stdin");
}

/* By a rule of the bus, or because we may not even open its socket. */
static bool
denied(const struct keyring *k, const GError *g)
{
	return (g->domain == k->f.io_error_quark() &&
		   g->code == G_IO_ERROR_PERMISSION_DENIED) ||
	    (g->domain == k->f.dbus_error_quark() &&
		(g->code == G_DBUS_ERROR_ACCESS_DENIED ||
		    g->code == G_DBUS_ERROR_AUTH_FAILED));
}

static enum ec
fail_denied(const struct keyring *k, const char *doing, const char *words,
    struct err *e)
{
	errno = 0;
	(void)fail(e, EC_DENIED, "keyring %s: %s: %s", k->alias, doing, words);
	return fix(e,
	    "run rotate as the owner of the keyring; inside a sandbox allow it "
	    "to talk to org.freedesktop.secrets");
}

/* A GError as ours. ec is the class when nothing better is known; frees g.
 * timeout is the class of a call that was cut off. */
static enum ec
fail_glib(const struct keyring *k, GError *g, const char *doing,
    enum ec timeout, struct err *e)
{
	AUTO(free) char *words = NULL;
	bool locked = false, late = false, refused = false;

	if (g != NULL) {
		(void)k->f.dbus_strip(g);
		locked = g->domain == k->f.error_quark() &&
		    g->code == SECRET_ERROR_IS_LOCKED;
		late = g->domain == k->f.io_error_quark() &&
		    (g->code == G_IO_ERROR_CANCELLED ||
			g->code == G_IO_ERROR_TIMED_OUT);
		refused = denied(k, g);
		words = strdup(g->message);
		k->f.error_free(g);
	}
	if (locked)
		return fail_locked(e, k->alias);
	if (refused && words != NULL)
		return fail_denied(k, doing, words, e);
	(void)fail(e, late ? timeout : EC_CLIENT, "keyring %s: %s: %s",
	    k->alias, doing,
	    late                ? "no answer in time"
		: words != NULL ? words
				: "refused");
	return fix(e, "see what the keyring daemon logged: journalctl --user");
}

/*
 * secret_service_get() and g_bus_get() hand out one connection as long as
 * anybody holds it, also when it is closed or another daemon is behind it by
 * now; and a rotator outlives the sessions of its user. So we open a service
 * of our own, and let go of all of it: what GLib queues for a main loop, each
 * with a reference to the connection, goes into a context of our own, where
 * finish() looks after it.
 */
static void
begin(struct keyring *k)
{
	k->context = k->f.context_new();
	k->f.context_push(k->context);
}

static void
finish(struct keyring *k)
{
	if (k->context == NULL)
		return;
	for (int i = 0; i < QUEUED_MAX; i++)
		if (!k->f.context_iteration(k->context, FALSE))
			break;
	if (k->bus != NULL)
		k->f.unref(k->bus);
	k->f.context_pop(k->context);
	k->f.context_unref(k->context);
}

static enum ec
fail_connect(
    const struct keyring *k, GError *g, const char *what, struct err *e)
{
	if (fail_glib(k, g, what, EC_TEMP, e) != EC_CLIENT)
		return e->ec;
	e->ec = EC_CONFIG; /* nothing was there to answer */
	return fix(e,
	    "run rotate as the owner of the keyring, inside the session (for "
	    "instance by systemctl --user), so that DBUS_SESSION_BUS_ADDRESS "
	    "is right and a keyring daemon runs");
}

/* GLib would end this process by SIGTERM when the session ends. */
static enum ec
connect_bus(struct keyring *k, struct err *e)
{
	GError *g = NULL;

	k->bus = k->f.bus_get(G_BUS_TYPE_SESSION, k->cancel, &g);
	if (k->bus == NULL)
		return fail_connect(k, g, "no session bus", e);
	k->f.bus_exit_on_close(k->bus, FALSE);
	return EC_OK;
}

static enum ec
connect_service(struct keyring *k, struct err *e)
{
	GError *g = NULL;

	k->service = k->f.service_open(k->f.service_type(), NULL,
	    SECRET_SERVICE_OPEN_SESSION, k->cancel, &g);
	return k->service != NULL ? EC_OK
				  : fail_connect(k, g, "no Secret Service", e);
}

static enum ec
open_collection(struct keyring *k, struct err *e)
{
	GError *g = NULL;

	k->collection = k->f.collection_for_alias(
	    k->service, k->alias, SECRET_COLLECTION_NONE, k->cancel, &g);
	if (g != NULL)
		return fail_glib(k, g, "cannot open it", EC_TEMP, e);
	if (k->collection == NULL) {
		(void)fail(e, EC_CONFIG, "keyring %s: there is none", k->alias);
		return fix(e,
		    "set collection to an existing one, or log in to the "
		    "desktop once so that the default keyring is made");
	}
	return k->f.collection_locked(k->collection) ? fail_locked(e, k->alias)
						     : EC_OK;
}

enum ec
keyring_open(
    const char *alias, int64_t timeout_ms, struct keyring **ret, struct err *e)
{
	AUTO(keyring) struct keyring *k = NULL;
	struct libsecret f;

	TRY(libsecret_load(&f, e));
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return fail(e, EC_NOMEM, "no memory for a keyring");
	k->f = f;
	k->over = -1;
	k->alias = alias;
	begin(k);
	TRY(start_watch(k, timeout_ms, e));
	TRY(connect_bus(k, e));
	TRY(connect_service(k, e));
	TRY(open_collection(k, e));
	*ret = TAKE(k);
	return EC_OK;
}

static void
forget(struct keyring *k)
{
	if (k->items != NULL)
		k->f.list_free_full(k->items, k->f.unref);
	k->items = NULL;
	k->count = 0;
}

void
keyring_close(struct keyring *k)
{
	if (k == NULL)
		return;
	forget(k);
	stop_watch(k);
	if (k->collection != NULL)
		k->f.unref(k->collection);
	if (k->service != NULL)
		k->f.unref(k->service);
	finish(k);
	free(k);
}

void
auto_keyring(struct keyring **k)
{
	keyring_close(*k);
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

	forget(k);
	k->items = k->f.service_search(k->service, NULL, t,
	    SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, k->cancel, &g);
	k->f.hash_unref(t);
	if (g != NULL)
		return fail_glib(k, g, "cannot search", EC_TEMP, e);
	while (item(k, k->count) != NULL)
		k->count++;
	for (size_t i = 0; i < k->count; i++)
		if (k->f.item_locked(item(k, i)))
			return fail_locked(e, "of an item found");
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
	return done ? EC_OK : fail_glib(k, g, "cannot store", EC_UNKNOWN, e);
}

enum ec
keyring_delete(struct keyring *k, size_t i, struct err *e)
{
	GError *g = NULL;

	if (k->f.item_delete(item(k, i), k->cancel, &g))
		return EC_OK;
	return fail_glib(k, g, "cannot delete", EC_UNKNOWN, e);
}
