/* IAM and STS: two slots, answers that get lost, effects that come late, lists
 * that lag behind. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

#define SIGNED_MS (15 * SIM_MINUTE)

static void
land(struct sim *w, const struct sim_late *l)
{
	struct sim_key *k = &w->keys[l->key];

	if (l->call == CALL_CREATE && sim_keys_count(w) < 2) {
		/* Nobody can know it when the record that did was replaced. */
		(void)sim_key_make(w, w->restored || w->wiped);
		reach_mode(w, MODE_A3);
	} else if (l->call == CALL_REMOVE && k->exists) {
		sim_key_drop(w, k);
	} else if (l->call != CALL_CREATE && k->exists) {
		if (l->call == CALL_OFF && k->active)
			reach_mode(w, MODE_A20);
		sim_key_status(w, k, l->call == CALL_ON);
	}
}

void
sim_late_land(struct sim *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n_late; i++) {
		if (w->late[i].at <= w->now) {
			sim_say(w, "  ~ a late effect lands");
			land(w, &w->late[i]);
		} else {
			w->late[kept++] = w->late[i];
		}
	}
	w->n_late = kept;
}

/* The fault's part in a call that changes something; true: it has been dealt
 * with, *ret is the answer. lost: the class of a lost answer. */
static bool
disturbed(struct sim *w, enum sim_call call, size_t key, enum ec lost,
    enum ec *ret, struct err *e)
{
	const struct sim_fault *f = sim_fault_now(w, call, NULL);

	if (f->kind == FAULT_NONE || f->kind == FAULT_AFTER ||
	    f->kind == FAULT_DATE)
		return false;
	if (f->kind == FAULT_FAIL && f->arg == EC_DENIED &&
	    (call == CALL_OFF || call == CALL_REMOVE || call == CALL_ON))
		reach_mode(w, MODE_A13);
	if (f->kind == FAULT_FAIL && f->arg == EC_TEMP)
		reach_mode(w, MODE_A14);
	if (f->kind == FAULT_FAIL && f->arg == EC_AUTH)
		reach_mode(w, MODE_A15);
	if (f->kind == FAULT_FAIL && f->arg == EC_PROTO)
		reach_mode(w, MODE_A27);
	if (f->kind == FAULT_LATE && w->n_late < SIM_LATE)
		w->late[w->n_late++] =
		    (struct sim_late){ call, w->now + f->arg, key };
	*ret = f->kind == FAULT_LIE
	    ? EC_OK
	    : fail(e, f->kind == FAULT_FAIL ? (enum ec)f->arg : lost,
		  "iam: fault %d", (int)f->kind);
	return true;
}

static enum ec
answer(struct sim *w, enum sim_call call, enum ec lost, struct err *e)
{
	const struct sim_fault *f = sim_fault_now(w, call, NULL);

	w->proc.skew_known = true;
	w->proc.date_off = f->kind == FAULT_DATE ? f->arg : 0;
	if (f->kind == FAULT_AFTER)
		return sim_leave(w, fail(e, lost, "iam: answer lost"), e);
	return sim_leave(w, EC_OK, e);
}

static bool
reading(struct sim *w, enum sim_call call, const char *what, enum ec *ret,
    struct err *e)
{
	const struct sim_fault *f;

	if (sim_enter(w, call, what, e)) {
		*ret = e->ec;
		return false;
	}
	f = sim_fault_now(w, call, NULL);
	if (f->kind != FAULT_STALE && disturbed(w, call, 0, EC_TEMP, ret, e)) {
		*ret = sim_leave(w, *ret, e);
		return false;
	}
	w->proc.skew_known = true;
	w->proc.date_off = f->kind == FAULT_DATE ? f->arg : 0;
	return true;
}

static enum ec
caller(void *ctx, struct iam_caller *ret, struct err *e)
{
	struct sim *w = ctx;
	enum ec ec;

	if (!reading(w, CALL_CALLER, "", &ec, e))
		return ec;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->account, w->account, sizeof(ret->account));
	if (strcmp(w->account, SIM_ACCOUNT) != 0)
		reach_mode(w, MODE_A11);
	if (w->skew > 2 * SIM_MINUTE || w->skew < -2 * SIM_MINUTE)
		reach_mode(w, MODE_A17);
	return sim_leave(w, EC_OK, e);
}

static enum ec
user(void *ctx, const char *name, struct iam_user *ret, struct err *e)
{
	struct sim *w = ctx;
	enum ec ec;

	if (!reading(w, CALL_USER, name, &ec, e))
		return ec;
	memset(ret, 0, sizeof(*ret));
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	(void)snprintf(ret->user_id, sizeof(ret->user_id), "%s", w->user_id);
	if (w->disk.user_id[0] != '\0' &&
	    strcmp(w->user_id, w->disk.user_id) != 0)
		reach_mode(w, MODE_A12);
	memcpy(ret->account, SIM_ACCOUNT, sizeof(ret->account));
	if (w->user_elsewhere)
		ret->account[0] = '9';
	return sim_leave(w, EC_OK, e);
}

/* As it was at that time: who existed, and the status before the change. */
static void
list_at(const struct sim *w, int64_t at, struct iam_keys *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < w->n_keys; i++) {
		const struct sim_key *k = &w->keys[i];
		struct iam_key *o = &ret->key[ret->n];
		bool there = k->created / 1000 * 1000 <= at &&
		    (k->exists ? true : k->gone > at);

		if (!there || ret->n == IAM_KEYS_MAX)
			continue;
		memcpy(o->id, k->id, sizeof(o->id));
		o->created = k->created;
		o->status =
		    (k->changed > at) != k->active ? KEY_ACTIVE : KEY_INACTIVE;
		ret->n++;
	}
}

static void
note_stale(struct sim *w, const struct iam_keys *told)
{
	struct iam_keys now;

	list_at(w, w->now, &now);
	if (now.n != told->n ||
	    memcmp(now.key, told->key, sizeof(now.key)) != 0)
		reach_mode(w, MODE_A9);
}

static enum ec
list(void *ctx, const char *name, struct iam_keys *ret, struct err *e)
{
	struct sim *w = ctx;
	const struct sim_fault *f;
	enum ec ec;

	if (!reading(w, CALL_LIST, name, &ec, e))
		return ec;
	f = sim_fault_now(w, CALL_LIST, NULL);
	list_at(w, f->kind == FAULT_STALE ? w->now - f->arg : w->now, ret);
	if (f->kind == FAULT_STALE && w->reach != NULL)
		note_stale(w, ret);
	w->proc.last_list = (int)ret->n;
	w->proc.fresh_list = true;
	for (size_t i = 0; i < ret->n; i++)
		sim_say(w, "  = %s %s", ret->key[i].id,
		    ret->key[i].status == KEY_ACTIVE ? "Active" : "Inactive");
	return sim_leave(w, EC_OK, e);
}

/*
 * Where the process may stand still, and what AWS does about it: it refuses
 * what is dated too long ago. "AWS requires that a request arrives within 5
 * minutes of its time stamp"; IAM takes it for 15, and the later is worse.
 */
static bool
expired(struct sim *w, int64_t dated, struct err *e)
{
	const bool taken_over = sim_gap(w);

	if (w->now - dated <= SIGNED_MS) {
		if (taken_over)
			reach_mode(w, MODE_B11A);
		return false;
	}
	if (taken_over)
		reach_mode(w, MODE_B11B);
	(void)fail(e, EC_AUTH, "iam: SignatureDoesNotMatch: expired");
	return true;
}

static enum ec
create(void *ctx, const char *name, int64_t at, struct iam_new_key *ret,
    struct err *e)
{
	struct sim *w = ctx;
	struct sim_key *k;
	enum ec ec;

	if (sim_enter(w, CALL_CREATE, name, e))
		return e->ec;
	sim_check_create(w);
	if (expired(w, at, e))
		return sim_leave(w, e->ec, e);
	if (disturbed(w, CALL_CREATE, 0, EC_UNKNOWN, &ec, e))
		return sim_leave(w, ec, e);
	if (sim_keys_count(w) >= 2)
		return sim_leave(w, fail(e, EC_LIMIT, "iam: LimitExceeded"), e);
	k = sim_key_make(w, false);
	if (sim_fault_now(w, CALL_CREATE, NULL)->kind == FAULT_AFTER)
		reach_mode(w, MODE_A2);
	else
		w->proc.unkept = true;
	ec = answer(w, CALL_CREATE, EC_UNKNOWN, e);
	if (ec != EC_OK)
		return ec;
	memcpy(ret->key.id, k->id, sizeof(ret->key.id));
	ret->key.created = k->created;
	return secret_new(k->secret, strlen(k->secret), &ret->secret, e);
}

static enum ec
set_status(void *ctx, const char *name, const char *id, bool active, int64_t at,
    struct err *e)
{
	const enum sim_call call = active ? CALL_ON : CALL_OFF;
	struct sim *w = ctx;
	struct sim_key *k;
	enum ec ec;

	(void)name;
	if (sim_enter(w, call, id, e))
		return e->ec;
	k = sim_key(w, id);
	if (k == NULL)
		return sim_leave(w, fail(e, EC_GONE, "iam: no key %s", id), e);
	if (active)
		sim_check_on(w, k);
	else
		sim_check_off(w, k);
	if (expired(w, at, e))
		return sim_leave(w, e->ec, e);
	if (!k->exists)
		return sim_leave(w, fail(e, EC_GONE, "iam: no key %s", id), e);
	if (disturbed(w, call, (size_t)(k - w->keys), EC_TEMP, &ec, e))
		return sim_leave(w, ec, e);
	k->others = k->others && (active || !k->active); /* ours from now on */
	sim_key_status(w, k, active);
	return answer(w, call, EC_TEMP, e);
}

static enum ec
remove_key(
    void *ctx, const char *name, const char *id, int64_t at, struct err *e)
{
	struct sim *w = ctx;
	struct sim_key *k;
	enum ec ec;

	(void)name;
	if (sim_enter(w, CALL_REMOVE, id, e))
		return e->ec;
	k = sim_key(w, id);
	if (k == NULL)
		return sim_leave(w, fail(e, EC_GONE, "iam: no key %s", id), e);
	sim_check_remove(w, k);
	if (expired(w, at, e))
		return sim_leave(w, e->ec, e);
	if (!k->exists)
		return sim_leave(w, fail(e, EC_GONE, "iam: no key %s", id), e);
	if (disturbed(w, CALL_REMOVE, (size_t)(k - w->keys), EC_TEMP, &ec, e))
		return sim_leave(w, ec, e);
	sim_key_drop(w, k);
	reach_mode(w, MODE_A19);
	return answer(w, CALL_REMOVE, EC_TEMP, e);
}

static enum ec
last_used(void *ctx, const char *id, struct iam_use *ret, struct err *e)
{
	struct sim *w = ctx;
	const struct sim_key *k;
	int64_t at;
	enum ec ec;

	if (!reading(w, CALL_USED, id, &ec, e))
		return ec;
	k = sim_key(w, id);
	if (k == NULL)
		return sim_leave(w, fail(e, EC_GONE, "iam: no key %s", id), e);
	at = k->used[0] + w->use_lag <= w->now ? k->used[0] : k->used[1];
	if (at != k->used[0])
		reach_mode(w, MODE_A21);
	memset(ret, 0, sizeof(*ret));
	ret->never = at == 0;
	ret->at = at;
	(void)snprintf(
	    ret->service, sizeof(ret->service), "%s", at != 0 ? "ses" : "N/A");
	(void)snprintf(ret->region, sizeof(ret->region), "us-east-1");
	return sim_leave(w, EC_OK, e);
}

/* Known only from an answer, as with the real thing. */
static int64_t
skew(void *ctx)
{
	const struct sim *w = ctx;

	return w->proc.skew_known ? w->skew + w->proc.date_off : 0;
}

const struct iam sim_iam = {
	.caller = caller,
	.user = user,
	.list = list,
	.create = create,
	.set_status = set_status,
	.remove = remove_key,
	.last_used = last_used,
	.skew = skew,
};
