#include "rotator/fleet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/clock.h"

/* The order in which outcomes outweigh each other in one exit code: what a
 * person must look at first comes last. */
static const int gravity[EC__MAX] = {
	[EC_OK] = 0,
	[EC_LATER] = 1,
	[EC_HUMAN] = 2,
	[EC_TEMP] = 3,
	[EC_UNKNOWN] = 3,
	[EC_LIMIT] = 3,
	[EC_PROTO] = 4,
	[EC_CLIENT] = 5,
	[EC_GONE] = 6,
	[EC_AUTH] = 6,
	[EC_DENIED] = 6,
	[EC_CONFIG] = 7,
	[EC_USAGE] = 7,
	[EC_CONFLICT] = 8,
	[EC_BUSY] = 9,
	[EC_IO] = 9,
	[EC_NOMEM] = 9,
	[EC_DAMAGED] = 10,
	[EC_BUG] = 10,
};

enum ec
fleet_graver(enum ec a, enum ec b)
{
	return gravity[b] > gravity[a] ? b : a;
}

/* ---- which identities ------------------------------------------------- */

static int64_t *
due_slot(const struct config *c, int64_t *when, const char *name)
{
	const struct identity_conf *id = config_identity(c, name);

	return id == NULL ? NULL : &when[id - c->identities];
}

struct due_arg {
	const struct config *config;
	int64_t *when; /* by identity: next_at of its row */
	int64_t now;
	bool under_way; /* some rotation waits for its time */
};

static enum ec
see_row(void *arg, const struct store_row *row, struct err *e)
{
	struct due_arg *d = arg;
	int64_t *when = due_slot(d->config, d->when, row->identity);
	const struct identity_conf *id =
	    config_identity(d->config, row->identity);

	(void)e;
	if (when != NULL && id != NULL) {
		*when = rotation_is_due(id, row->state, row->next_at, d->now)
		    ? 0
		    : row->next_at;
		d->under_way |= row->state != ROT_IDLE;
	}
	return EC_OK;
}

/* What a stored due date was computed from. When it changed, every identity
 * is looked at again; that costs no call for those that are still not due. */
static enum ec
ages_hash(const struct config *c, char ret[65], struct err *e)
{
	AUTO(buf) struct buf b = BUF((size_t)16 * 1024 * 1024);
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	for (size_t i = 0; i < c->n_identities; i++) {
		TRY(buf_adds(&b, c->identities[i].name, e));
		TRY(buf_addf(
		    &b, e, " %" PRId64 "\n", c->identities[i].max_age));
	}
	errno = 0;
	if (EVP_Digest(b.p, b.len, md, &n, EVP_sha256(), NULL) != 1)
		return fail_lib(e, EC_BUG, "SHA-256 does not work");
	for (unsigned int i = 0; i < 32; i++)
		(void)snprintf(ret + (size_t)2 * i, 3, "%02x", md[i]);
	return EC_OK;
}

static enum ec
ages_changed(struct app *a, const char *hash, bool *ret, struct err *e)
{
	AUTO(buf) struct buf was = BUF(128);
	enum ec ec = a->store.meta_get(a->store.ctx, "max-ages", &was, e);

	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	*ret = strcmp(buf_str(&was), hash) != 0;
	return EC_OK;
}

static bool
is_named(const struct args *args, const char *name)
{
	for (size_t i = 0; args->identities[i] != NULL; i++)
		if (strcmp(args->identities[i], name) == 0)
			return true;
	return args->identities[0] == NULL;
}

static enum ec
names_exist(struct app *a, struct err *e)
{
	const struct identity_conf *id;

	for (size_t i = 0; a->args->identities[i] != NULL; i++)
		TRY(app_identity(a, a->args->identities[i], &id, e));
	return EC_OK;
}

/* --force and --wait are about one rotation, which may need to be waited for
 * although its record says "later". An identity that was named is looked at
 * for the same reason: somebody has just confirmed, released or mended it. */
static bool
wanted(const struct args *args, bool changed, int64_t when, int64_t now)
{
	return changed || when <= now || args->force || args->wait ||
	    args->identities[0] != NULL;
}

/* ---- driving one ------------------------------------------------------ */

static enum ec
drive_once(struct rotation *r, struct err *e)
{
	r->listed = r->pinned = false;
	return rotation_drive(r, e);
}

/* Everything but a person, a conflict or a fault of ours may pass by itself
 * while somebody waits. */
static bool
worth_waiting(enum ec ec)
{
	return ec == EC_LATER || ec == EC_TEMP || ec == EC_CLIENT ||
	    ec == EC_PROTO || ec == EC_UNKNOWN;
}

/* Renewed while asleep: a lease that ran out would be taken over. */
#define NAP_MS ((int64_t)60 * 1000)

/* Sleeps until the record has something to do; false when that is after the
 * deadline, a signal came or the lease is lost. */
static bool
sleep_until_next(struct app *a, const struct rotation *r, int64_t deadline)
{
	const struct store *s = &a->store;
	const int64_t soon = clock_wall() + 1000;
	const int64_t at = r->rec.next_at > soon ? r->rec.next_at : soon;
	int64_t left;
	struct err e;

	if (at > deadline)
		return false;
	while ((left = at - clock_wall()) > 0 && !app_stopped()) {
		clock_sleep(left < NAP_MS ? left : NAP_MS);
		if (s->fence(s->ctx, clock_wall(), &e) != EC_OK)
			return false;
	}
	return !app_stopped();
}

/* It is in order again, but not what was asked for: no client has got a new
 * pair. */
static enum ec
given_up(const struct rotation *r, struct err *e)
{
	char at[CLOCK_TEXT_MAX];

	clock_text(r->rec.next_at, at);
	(void)fail(e, EC_AUTH,
	    "%s: SES refused the new key all the time; it is taken back, the "
	    "former one stays in use",
	    r->rec.identity);
	return fix(e, "rotate history %s tells more; %s at %s", r->rec.identity,
	    r->rec.state == ROT_IDLE ? "tried again" : "goes on", at);
}

static enum ec
drive(struct app *a, struct rotation *r, struct err *e)
{
	const int64_t deadline = clock_wall() + a->args->wait_ms;
	const int64_t failures = r->rec.failures;
	/* Then going back was decided before, and often by a person. */
	const bool turning = r->rec.state == ROT_RB;
	enum ec ec = drive_once(r, e);

	while (a->args->wait && ec != EC_OK && !rotation_pushed(&r->rec) &&
	    worth_waiting(ec) && sleep_until_next(a, r, deadline))
		ec = drive_once(r, e);
	if ((ec == EC_OK || ec == EC_LATER) && !turning &&
	    r->rec.failures > failures)
		return given_up(r, e);
	/* What --wait was asked for has come true; the rest is for later. */
	if (a->args->wait && ec == EC_LATER && rotation_pushed(&r->rec))
		return EC_OK;
	return ec;
}

static enum ec
run_identity(
    struct app *a, const struct identity_conf *id, struct fleet_result *res)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err *e = &res->e;

	res->identity = id->name;
	res->was_due = true;
	res->ec = rotation_open(&r, &a->world, id, e);
	if (res->ec == EC_OK) {
		r.force = a->args->force && r.rec.state == ROT_IDLE;
		res->ec = drive(a, &r, e);
	}
	res->state = r.rec.state;
	res->next_at = r.rec.next_at;
	return res->ec;
}

/* After these the next identity would fare no better. */
static bool
ends_all(enum ec ec)
{
	return ec == EC_BUSY || ec == EC_NOMEM || ec == EC_BUG || ec == EC_IO ||
	    ec == EC_DAMAGED;
}

static void
say_failure(const struct app *a, const struct fleet_result *res)
{
	const struct log_field f[] = {
		LOG_S("identity", res->identity),
		{ .key = NULL },
	};
	enum log_level level = res->ec == EC_LATER ? LOG_INFO_
	    : res->ec == EC_HUMAN                  ? LOG_NOTICE_
						   : LOG_ERR_;

	if (res->ec != EC_OK && res->ec != EC_CONFLICT)
		log_err(&a->log, level, rot_state_name(res->state), &res->e, f);
}

static enum ec
run_all(struct app *a, const int64_t *when, bool changed, struct fleet *f,
    struct err *e)
{
	const struct config *c = a->config;
	const int64_t now = clock_wall();
	enum ec worst = EC_OK;

	for (size_t i = 0; i < c->n_identities && !app_stopped(); i++) {
		struct fleet_result *res = &f->results[f->n];

		if (!is_named(a->args, c->identities[i].name) ||
		    !wanted(a->args, changed, when[i], now))
			continue;
		TRY(app_world(a, e));
		e->what[0] = '\0'; /* credentials looked for on the way */
		f->n++;
		worst = fleet_graver(
		    worst, run_identity(a, &c->identities[i], res));
		say_failure(a, res);
		if (ends_all(res->ec))
			break;
	}
	return worst;
}

enum ec
fleet_run(struct app *a, struct fleet *ret, struct err *e)
{
	AUTO(free) int64_t *when = NULL;
	struct due_arg d = { .config = NULL, .now = clock_wall() };
	bool changed = false;
	char hash[65];
	enum ec worst;

	TRY(app_config(a, e));
	TRY(names_exist(a, e));
	TRY(app_store(a, STORE_RW, e));
	when = calloc(a->config->n_identities, sizeof(*when));
	ret->results = calloc(a->config->n_identities, sizeof(*ret->results));
	if (when == NULL || ret->results == NULL)
		return fail(e, EC_NOMEM, "no memory for the identities");
	d.config = a->config;
	d.when = when;
	TRY(a->store.each(a->store.ctx, INT64_MAX, see_row, &d, e));
	TRY(ages_hash(a->config, hash, e));
	TRY(ages_changed(a, hash, &changed, e));
	e->what[0] = '\0';
	worst = run_all(a, when, changed, ret, e);
	if (changed && a->leased && a->args->identities[0] == NULL)
		TRY(a->store.meta_set(a->store.ctx, "max-ages", hash, e));
	/* Nothing was to be done now, but a rotation is not over. */
	return worst == EC_OK && ret->n == 0 && d.under_way ? EC_LATER : worst;
}

void
fleet_free(struct fleet *f)
{
	free(f->results);
	f->results = NULL;
	f->n = 0;
}

void
auto_fleet(struct fleet *f)
{
	fleet_free(f);
}
