#include "rotator/look.h"

#include <string.h>

#include "base/auto.h"
#include "rotator/store_open.h"

enum ec
look_open(struct app *a, struct err *e)
{
	enum ec ec;

	TRY(app_config(a, e));
	ec = app_store(a, STORE_RO, e);
	if (ec != EC_GONE)
		return ec;
	a->store.ctx = NULL;
	return EC_OK;
}

static enum ec
read_hold(struct app *a, const char *identity, struct hold *ret, struct err *e)
{
	enum ec ec = a->store.hold_get(a->store.ctx, identity, ret, e);

	if (ec == EC_GONE)
		ret->held = false;
	return ec == EC_GONE ? EC_OK : ec;
}

static enum ec
look_record(struct app *a, const struct identity_conf *id, struct look *ret,
    struct err *e)
{
	enum ec ec = EC_GONE;

	if (a->store.ctx != NULL)
		ec = a->store.load(a->store.ctx, id->name, &ret->rec, e);
	ret->known = ec == EC_OK;
	if (ec != EC_GONE)
		return ec;
	rec_init(&ret->rec, id->name);
	return EC_OK;
}

enum ec
look_at(struct app *a, const struct identity_conf *id, struct look *ret,
    struct err *e)
{
	enum ec ec;

	ret->hold.held = false;
	TRY(look_record(a, id, ret, e));
	if (a->store.ctx == NULL)
		return EC_OK;
	ec = read_hold(a, id->name, &ret->hold, e);
	if (ec != EC_OK) {
		look_free(ret);
		ret->known = false;
	}
	return ec;
}

void
look_free(struct look *l)
{
	rec_free(&l->rec);
}

void
auto_look(struct look *l)
{
	look_free(l);
}

enum rot_state
look_state(const struct rec *r)
{
	return r->state == ROT_BLOCKED ? r->resume : r->state;
}

bool
look_has_new(const struct rec *r)
{
	const enum rot_state s = look_state(r);

	return r->new.id[0] != '\0' &&
	    ((s >= ROT_CREATED && s <= ROT_DEL) || s == ROT_RB);
}

const struct rec_key *
look_current(const struct rec *r)
{
	return look_has_new(r) ? &r->new : &r->old;
}

bool
look_old_is_leaving(const struct rec *r)
{
	const enum rot_state s = look_state(r);

	return s >= ROT_GRACE && s <= ROT_DEL && r->old.id[0] != '\0';
}

bool
look_confirmed(struct app *a, const struct rec *r, const char *client,
    struct confirmation *ret)
{
	struct err e;

	return a->store.ctx != NULL && r->new.id[0] != '\0' &&
	    a->store.confirm_get(a->store.ctx, client, r->new.id, ret, &e) ==
	    EC_OK &&
	    ret->confirmed;
}

void
look_age(int64_t created, int64_t now, char ret[CLOCK_TEXT_MAX])
{
	const int64_t ms = now > created ? now - created : 0;

	clock_span_text(ms - ms % 1000, ret);
}

const char *
look_tls(enum smtp_tls tls)
{
	return tls == SMTP_STARTTLS ? "STARTTLS" : "TLS";
}

const char *
look_client_state(enum client_state s)
{
	static const char *const names[CL__MAX] = {
		[CL_PENDING] = "pending",
		[CL_WRITING] = "writing",
		[CL_ASKED] = "asked",
		[CL_LEFT] = "left behind",
		[CL_VERIFIED] = "verified",
	};

	return s < CL__MAX ? names[s] : "?";
}

/* A key that is missing beside a used state opens nothing. */
enum ec
look_seal(struct app *a, struct err *e)
{
	const bool first = a->config->seal_kind == SEAL_FILE &&
	    !store_begun(a->config->store_kind, &a->store);
	const enum ec ec = app_seal(a, false, e);

	return ec == EC_GONE && first ? EC_OK : ec;
}

enum ec
look_names(struct app *a, struct err *e)
{
	const struct identity_conf *id;

	for (size_t i = 0; a->args->identities[i] != NULL; i++)
		TRY(app_identity(a, a->args->identities[i], &id, e));
	return EC_OK;
}

bool
look_wanted(const struct args *args, const char *identity)
{
	for (size_t i = 0; args->identities[i] != NULL; i++)
		if (strcmp(args->identities[i], identity) == 0)
			return true;
	return args->identities[0] == NULL;
}
