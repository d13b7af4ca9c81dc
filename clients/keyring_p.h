/*
 * keyring_p: what the files keyring*.c share. GLib shows here and nowhere else.
 */
#ifndef CLIENTS_KEYRING_P_H
#define CLIENTS_KEYRING_P_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "clients/keyring.h"
#include "clients/libsecret_dl.h"

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

/* EC_HUMAN, with the remedy. */
enum ec keyring_fail_locked(struct err *e, const char *alias);

/*
 * A GError as ours: EC_HUMAN what is locked, EC_DENIED what the bus refuses,
 * `timeout` a call that was cut off, EC_CLIENT all else. doing: "cannot
 * search". Frees g, which may be NULL.
 */
enum ec keyring_fail(const struct keyring *k, GError *g, const char *doing,
    enum ec timeout, struct err *e);

/* Lets go of the items found. */
void keyring_forget(struct keyring *k);

#endif
