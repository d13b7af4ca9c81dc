/*
 * app: what a command may ask for, opened when it is asked for and closed at
 * the end. A command that needs no store opens none; a run with nothing due
 * loads no AWS credential and makes no connection.
 */
#ifndef ROTATOR_APP_H
#define ROTATOR_APP_H

#include <stdbool.h>

#include "base/confine.h"
#include "base/log.h"
#include "base/net.h"
#include "rotator/cli.h"
#include "rotator/config.h"
#include "rotator/rotation.h"
#include "rotator/store.h"
#include "rotator/world.h"
#include "sigv4/identity.h"

struct accounts;
struct aws;
struct session;

struct app {
	const struct args *args;
	const struct command *command;
	struct log log;
	struct config *config;
	struct store store; /* ctx NULL: not open */
	struct seal *seal;
	struct net *net;
	struct net *store_net;     /* of a store that is a service; or NULL */
	struct accounts *accounts; /* see app_accounts.h; a lane's owner's */
	struct session *sessions;  /* see app_reach.c */
	struct aws *aws;           /* the one of world.iam; or NULL */
	struct client_reach reach;
	struct world world; /* valid after app_world() */
	char endpoint[256];
	bool leased;
	bool lane; /* made by app_lane(): what is to be told once was told */
};

/* Each may be called again; the second call finds it open. */
MUST enum ec app_config(struct app *a, struct err *e);
/* STORE_RO gives EC_GONE when nothing was ever stored: treat as empty. */
MUST enum ec app_store(struct app *a, enum store_mode mode, struct err *e);
MUST enum ec app_lease(struct app *a, struct err *e); /* opens RW first */
MUST enum ec app_net(struct app *a, struct err *e);
/* Says at level debug what the kernel could not do, if anything. */
void app_confined(const struct app *a, const struct confined *how);
MUST enum ec app_seal(struct app *a, bool may_create, struct err *e);
/* a->world.iam is IAM as whoever we are for that identity (NULL: ourselves),
 * and a->endpoint where that is; there is a prober, and a credential. Needs no
 * store: for reading commands. */
MUST enum ec app_iam(
    struct app *a, const struct identity_conf *id, struct err *e);
/* What changing a record needs: lease, seal, clock, notices; no AWS. */
MUST enum ec app_engine(struct app *a, struct err *e);
/* Everything an engine needs: app_engine() and app_iam(). */
MUST enum ec app_world(
    struct app *a, const struct identity_conf *id, struct err *e);
void app_close(struct app *a);

/*
 * An app for another thread, of which a is the owner: with its own way to the
 * network, sessions and world, and with store for a state. a has had
 * app_world(). To be made by a's thread, before its own runs.
 */
MUST enum ec app_lane(
    struct app *a, const struct store *store, struct app *ret, struct err *e);
void app_lane_close(struct app *lane);
/* The clients of that identity reach out through this app from now on. */
void app_lend(struct app *a, const struct identity_conf *id);

/* The identity called name, or the only one when name is NULL. EC_USAGE names
 * those that exist. */
MUST enum ec app_identity(struct app *a, const char *name,
    const struct identity_conf **ret, struct err *e);

/* Asks on the terminal; true for "yes" or with --yes. Without a terminal and
 * without --yes: EC_USAGE. */
MUST enum ec app_confirm(struct app *a, const char *question, struct err *e);

/* Who types: "root" or "alice (sudo)"; for the record, not for proof. */
void app_who(char *ret, size_t size);

/* True once SIGTERM or SIGINT came. */
bool app_stopped(void);
/* Ends soon after that; on any thread. */
void app_sleep(int64_t ms);

#endif
