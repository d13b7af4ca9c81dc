/*
 * store_open: see store_open.h. The value "moved" of a store says where the
 * state has gone ("to ...") or from where it is just being brought ("from
 * ..."); store_move.c writes it.
 */
#include "rotator/store_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/app_reach.h"
#include "rotator/store_move.h"
#include "sigv4/aws.h"

#define SEEN_NAME "/lease-seen"
#define SEAL_AAD  "store|seal|check"
#define SEAL_WORD "this is the key"

/* Not for longer than until we are told to end. */
static void
sleep_until_told(void *ctx, int64_t ms)
{
	(void)ctx;
	app_sleep(ms);
}

enum ec
store_options(
    struct app *a, struct dynamodb_options *ret, char *seen, struct err *e)
{
	const struct config *c = a->config;

	if (c->store_table == NULL) {
		(void)fail(
		    e, EC_CONFIG, "%s: names no DynamoDB table", c->path);
		return fix(e, "add  store: { kind: dynamodb, table: NAME }");
	}
	*ret = (struct dynamodb_options){
		.table = c->store_table, .seen = seen, .sleep = sleep_until_told
	};
	(void)snprintf(seen, PATH_MAX, "%.3900s" SEEN_NAME, c->state);
	return app_store_session(a, c->store_region, &ret->aws, e);
}

static enum ec
open_dynamodb(
    struct app *a, enum store_mode mode, struct store *ret, struct err *e)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = { .own = true };

	TRY(store_options(a, &o, seen, e));
	o.own = true;
	return store_dynamodb_open(&o, mode, ret, e);
}

enum ec
store_open_kind(struct app *a, enum store_kind kind, enum store_mode mode,
    struct store *ret, struct err *e)
{
	return kind == STORE_DYNAMODB
	    ? open_dynamodb(a, mode, ret, e)
	    : store_sqlite_open(a->config->state, mode, ret, e);
}

enum ec
store_where(
    struct app *a, enum store_kind kind, char ret[STORE_WHERE], struct err *e)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = { .own = false };
	struct utsname u;

	if (kind == STORE_DYNAMODB) {
		TRY(store_options(a, &o, seen, e));
		(void)snprintf(ret, STORE_WHERE, "dynamodb %s/%.255s",
		    aws_region(o.aws), o.table);
		aws_close(o.aws);
		return EC_OK;
	}
	if (uname(&u) != 0)
		u.nodename[0] = '\0';
	(void)snprintf(ret, STORE_WHERE, "sqlite %.64s:%.400s", u.nodename,
	    a->config->state);
	return EC_OK;
}

/* ---- is it the one to go by? ------------------------------------------- */

enum ec
store_in_use(const struct store *s, struct err *e)
{
	AUTO(buf) struct buf moved = BUF(STORE_WHERE + 16);
	const enum ec ec = s->meta_get(s->ctx, STORE_MOVED, &moved, e);

	if (ec == EC_GONE || (ec == EC_OK && moved.len == 0)) {
		e->what[0] = '\0';
		return EC_OK;
	}
	TRY(ec);
	if (strncmp(moved.p, "from ", 5) == 0) {
		(void)fail(e, EC_CONFIG,
		    "the state was not brought here whole, %.300s", moved.p);
		return fix(e, "where it came from: rotate store move");
	}
	(void)fail(e, EC_CONFIG, "the state was moved %.300s", moved.p);
	return fix(e, "set  store:  in the configuration to that");
}

/* A table that is new, beside a database that is in use: somebody has changed
 * the configuration and not yet moved the state. */
static enum ec
nothing_left_behind(struct app *a, struct err *e)
{
	AUTO(store) struct store s = { .ctx = NULL };
	AUTO(buf) struct buf moved = BUF(STORE_WHERE + 16);
	enum ec ec = store_sqlite_open(a->config->state, STORE_RO, &s, e);

	if (ec == EC_GONE)
		return EC_OK;
	TRY(ec);
	ec = s.meta_get(s.ctx, STORE_MOVED, &moved, e);
	if (ec == EC_OK && strncmp(buf_str(&moved), "to ", 3) == 0)
		return EC_OK;
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	(void)fail(e, EC_CONFIG, "the state is still in the database in %.300s",
	    a->config->state);
	return fix(e, "rotate store move sqlite dynamodb");
}

enum ec
store_open(
    struct app *a, enum store_mode mode, struct store *ret, struct err *e)
{
	AUTO(store) struct store s = { .ctx = NULL };

	TRY(store_open_kind(a, a->config->store_kind, mode, &s, e));
	TRY(store_in_use(&s, e));
	if (a->config->store_kind == STORE_DYNAMODB)
		TRY(nothing_left_behind(a, e));
	e->what[0] = '\0'; /* of what was looked for and is not there */
	*ret = s;
	s.ctx = NULL;
	return EC_OK;
}

/* ---- the key that all hosts share -------------------------------------- */

static enum ec
other_key(const struct app *a, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "the sealing key %.200s is not the one of the store in table %s",
	    a->config->seal_where, a->config->store_table);
	return fix(e,
	    "copy it from a host that rotates; every host needs the "
	    "same");
}

static enum ec
see_row(void *arg, const struct store_row *row, struct err *e)
{
	bool *any = arg;

	(void)row;
	(void)e;
	*any = true;
	return EC_OK;
}

/* A new key beside records that were sealed with another opens none. */
static enum ec
begin_with(struct app *a, struct store *s, struct err *e)
{
	AUTO(secret) struct secret *word = NULL;
	char sealed[SEALED_MAX];
	bool any = false;

	TRY(s->each(s->ctx, INT64_MAX, see_row, &any, e));
	TRY(app_seal(a, !any, e));
	TRY(secret_new(SEAL_WORD, strlen(SEAL_WORD), &word, e));
	TRY(seal_wrap(a->seal, SEAL_AAD, word, sealed, e));
	return s->meta_set(s->ctx, STORE_SEAL, sealed, e);
}

static enum ec
same_key(struct app *a, const char *sealed, struct err *e)
{
	AUTO(secret) struct secret *word = NULL;
	enum ec ec = app_seal(a, false, e);

	if (ec == EC_GONE)
		return fix(e,
		    "copy it from a host that rotates; every host needs the "
		    "same");
	TRY(ec);
	ec = seal_unwrap(a->seal, SEAL_AAD, sealed, &word, e);
	return ec == EC_DAMAGED ? other_key(a, e) : ec;
}

enum ec
store_seal(struct app *a, enum store_kind kind, struct store *s, struct err *e)
{
	AUTO(buf) struct buf sealed = BUF(SEALED_MAX);
	enum ec ec;

	if (kind != STORE_DYNAMODB)
		return app_seal(a, true, e);
	ec = s->meta_get(s->ctx, STORE_SEAL, &sealed, e);
	if (ec == EC_GONE) {
		e->what[0] = '\0';
		return begin_with(a, s, e);
	}
	TRY(ec);
	return same_key(a, buf_str(&sealed), e);
}

bool
store_begun(enum store_kind kind, const struct store *s)
{
	AUTO(buf) struct buf sealed = BUF(SEALED_MAX);
	struct err e;

	return s->ctx != NULL &&
	    (kind != STORE_DYNAMODB ||
		s->meta_get(s->ctx, STORE_SEAL, &sealed, &e) != EC_GONE);
}
