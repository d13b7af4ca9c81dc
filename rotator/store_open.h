/*
 * store_open: which store, by configuration, and whether it is the one to go
 * by: a state that was moved elsewhere, or only half of it here, is not.
 */
#ifndef ROTATOR_STORE_OPEN_H
#define ROTATOR_STORE_OPEN_H

#include "rotator/app.h"
#include "rotator/store_dynamodb.h"

#define STORE_WHERE 512

/* The store of the configuration; as app_store(). EC_CONFIG: the state is not
 * here, with the remedy. */
MUST enum ec store_open(
    struct app *a, enum store_mode mode, struct store *ret, struct err *e);
/* Once more, under the lease: it may have been moved while we waited. */
MUST enum ec store_in_use(const struct store *s, struct err *e);

/* One of both, whatever was moved: for `rotate store`. */
MUST enum ec store_open_kind(struct app *a, enum store_kind kind,
    enum store_mode mode, struct store *ret, struct err *e);
/* Its name among all hosts: "sqlite HOST:DIRECTORY", "dynamodb REGION/TABLE".
 */
MUST enum ec store_where(
    struct app *a, enum store_kind kind, char ret[STORE_WHERE], struct err *e);
/* With an AWS session of its own, which the caller closes. EC_CONFIG: no table
 * is named. seen has PATH_MAX bytes and lives as long as ret. */
MUST enum ec store_options(
    struct app *a, struct dynamodb_options *ret, char *seen, struct err *e);

/*
 * Opens the sealing key into a->seal. Of a store that several hosts share it
 * must be the one that the store was begun with: EC_GONE, EC_CONFIG. Only who
 * begins it may make one.
 */
MUST enum ec store_seal(
    struct app *a, enum store_kind kind, struct store *s, struct err *e);

/* Was anything ever sealed for this store? ctx NULL: not open, no. A table is
 * there before that. */
bool store_begun(enum store_kind kind, const struct store *s);

#endif
