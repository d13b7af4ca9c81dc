/* keyring_open: the connection, from its beginning to its end; see keyring.h.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/auto.h"
#include "clients/keyring_p.h"

#define QUEUED_MAX 10000 /* so that it ends, whatever a daemon sends */

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
	if (keyring_fail(k, g, what, EC_TEMP, e) != EC_CLIENT)
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
		return keyring_fail(k, g, "cannot open it", EC_TEMP, e);
	if (k->collection == NULL) {
		(void)fail(e, EC_CONFIG, "keyring %s: there is none", k->alias);
		return fix(e,
		    "set collection to an existing one, or log in to the "
		    "desktop once so that the default keyring is made");
	}
	return k->f.collection_locked(k->collection)
	    ? keyring_fail_locked(e, k->alias)
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

void
keyring_close(struct keyring *k)
{
	if (k == NULL)
		return;
	keyring_forget(k);
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
