/*
 * users: IAM users, their keys, and what the rest of AWS knows about a key
 * at this moment (propagation, revocation, last use).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox.h"
#include "util.h"

/* Longer than any lag or stale list that a test sets. */
#define TOMBSTONE_MS UINT64_C(600000)

static void
draw(struct sandbox *s, const char *alphabet, char *out, size_t n)
{
	size_t len = strlen(alphabet), i;

	for (i = 0; i < n; i++)
		out[i] = alphabet[sandbox_random_locked(s) % len];
	out[n] = '\0';
}

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			     "uvwxyz0123456789+/";

struct user *
user_find_locked(struct sandbox *s, const char *name)
{
	struct user *u;

	/* IAM names are unique without regard to case, yet exact on look-up. */
	for (u = s->users; u != NULL; u = u->next)
		if (!u->gone && strcasecmp(u->name, name) == 0)
			return u;
	return NULL;
}

struct user *
user_add_locked(struct sandbox *s, const char *name, const char *path)
{
	struct user *u = must_alloc(sizeof(*u)), **end = &s->users;

	copy_text(u->name, sizeof(u->name), name);
	copy_text(u->id, sizeof(u->id), "AIDA");
	draw(s, base32, u->id + 4, 17);
	u->path = fmt("%s", path);
	u->created = sandbox_now_locked(s);
	while (*end != NULL)
		end = &(*end)->next;
	*end = u;
	return u;
}

void
users_free(struct user *first)
{
	while (first != NULL) {
		struct user *u = first;

		first = u->next;
		while (u->keys != NULL) {
			struct key *k = u->keys;

			u->keys = k->next;
			free(k);
		}
		free(u->path);
		free(u);
	}
}

struct key *
key_find_locked(struct sandbox *s, const char *id)
{
	struct user *u;
	struct key *k;

	for (u = s->users; u != NULL; u = u->next)
		for (k = u->keys; k != NULL; k = k->next)
			if (strcmp(k->id, id) == 0)
				return k;
	return NULL;
}

static bool
forgotten(const struct key *k, uint64_t now)
{
	return key_status_now(k) == KEY_GONE &&
	    now - k->history[k->nhistory - 1].at_ms > TOMBSTONE_MS;
}

/* A long soak must not search an ever longer list of tombstones. */
static void
bury(struct user *u)
{
	struct key **at = &u->keys;
	uint64_t now = now_ms();

	while (*at != NULL) {
		struct key *k = *at;

		if (forgotten(k, now)) {
			*at = k->next;
			free(k);
		} else {
			at = &k->next;
		}
	}
}

struct key *
key_add_locked(
    struct sandbox *s, struct user *u, const char *id, const char *secret)
{
	struct key *k = must_alloc(sizeof(*k)), **end = &u->keys;

	bury(u);
	copy_text(k->id, sizeof(k->id), "AKIA");
	draw(s, base32, k->id + 4, 16);
	draw(s, base64, k->secret, SECRET_SIZE - 1);
	if (id != NULL)
		copy_text(k->id, sizeof(k->id), id);
	if (secret != NULL)
		copy_text(k->secret, sizeof(k->secret), secret);
	k->user = u;
	k->created = sandbox_now_locked(s);
	key_set(k, KEY_ACTIVE);
	while (*end != NULL)
		end = &(*end)->next;
	*end = k;
	return k;
}

size_t
user_key_count(const struct user *u)
{
	const struct key *k;
	size_t n = 0;

	for (k = u->keys; k != NULL; k = k->next)
		n += key_status_now(k) != KEY_GONE;
	return n;
}

void
key_set(struct key *k, enum key_status status)
{
	if (k->nhistory > 0 && key_status_now(k) == status)
		return;
	if (k->nhistory == KEY_HISTORY) {
		k->nhistory--;
		memmove(k->history, k->history + 1,
		    k->nhistory * sizeof(k->history[0]));
	}
	k->history[k->nhistory++] = (struct key_event){ now_ms(), status };
}

enum key_status
key_status_now(const struct key *k)
{
	return k->history[k->nhistory - 1].status;
}

enum key_status
key_status_at(const struct key *k, uint64_t ms)
{
	size_t i = k->nhistory;

	while (i-- > 0)
		if (k->history[i].at_ms <= ms)
			return k->history[i].status;
	return KEY_GONE; /* not yet made */
}

const char *
key_status_text(enum key_status st)
{
	static const char *const text[] = { "Active", "Inactive", "Deleted" };

	return text[st];
}

/* The newest event that has reached the servers decides. */
const char *
key_refusal_locked(struct sandbox *s, const struct key *k)
{
	uint64_t now = now_ms(), reached;
	uint64_t grant = (uint64_t)knob_num_locked(s, "propagation_ms");
	uint64_t flap = (uint64_t)knob_num_locked(s, "propagation_flap");
	uint64_t revoke = (uint64_t)knob_num_locked(s, "revoke_lag_ms");
	size_t i = k->nhistory;

	while (i-- > 0) {
		const struct key_event *e = &k->history[i];
		bool active = e->status == KEY_ACTIVE;

		reached = e->at_ms + (active ? grant : revoke);
		if (reached > now)
			continue;
		if (!active)
			return e->status == KEY_GONE ? "deleted" : "inactive";
		if (now < reached + flap && sandbox_random_locked(s) % 2 == 0)
			return "propagating";
		return NULL;
	}
	return "propagating";
}

/* Only the first use in each span is kept, as the IAM guide tells of the
 * credential report ("Getting credential reports", access_key_last_used). */
bool
key_touch_locked(
    struct sandbox *s, struct key *k, const char *service, const char *region)
{
	time_t now = sandbox_now_locked(s);
	time_t span = (time_t)knob_num_locked(s, "last_used_granularity_s");
	struct key_use *last = k->nuses ? &k->uses[k->nuses - 1] : NULL;

	if (last != NULL && now >= last->at && now - last->at < span)
		return false;
	if (k->nuses == KEY_USES) {
		k->nuses--;
		memmove(k->uses, k->uses + 1, k->nuses * sizeof(k->uses[0]));
	}
	last = &k->uses[k->nuses++];
	last->at = now;
	copy_text(last->service, sizeof(last->service), service);
	copy_text(last->region, sizeof(last->region), region);
	return true;
}

const struct key_use *
key_last_use_locked(struct sandbox *s, const struct key *k)
{
	time_t lag = (time_t)knob_num_locked(s, "last_used_lag_s");
	time_t now = sandbox_now_locked(s);
	size_t i = k->nuses;

	while (i-- > 0)
		if (lag == 0 || k->uses[i].at + lag <= now)
			return &k->uses[i];
	return NULL;
}
