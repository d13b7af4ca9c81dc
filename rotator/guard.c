#include "rotator/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/push.h"
#include "rotator/settle.h"

/* AWS refuses signatures 5 to 15 minutes off; ages measured with a clock
 * further off than this are guesses. */
#define SKEW_MAX_MS ((int64_t)2 * 60 * 1000)
/* A last use this near to one of our own probes is that probe: AWS keeps the
 * first use of each 15-minute span, so ours is shown with its own time. */
#define PROBE_NEAR_MS ((int64_t)60 * 1000)
/* A proof of the new key is good for so long (I4). */
#define PROOF_MAX_MS ((int64_t)24 * 3600 * 1000)

enum ec
guard_clock(const struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const int64_t skew = iam->skew(iam->ctx);
	const int64_t off = skew < 0 ? -skew : skew;
	char span[CLOCK_TEXT_MAX];

	if (off <= SKEW_MAX_MS)
		return EC_OK;
	clock_span_text(off, span);
	(void)fail(e, EC_TEMP, "this machine's clock is %s %s AWS's", span,
	    skew > 0 ? "behind" : "ahead of");
	return fix(e, "set the clock (timedatectl set-ntp true) and run again");
}

static enum ec
fix_account(const struct rotation *r, struct err *e)
{
	if (r->conf->role_arn != NULL)
		return fix(e, "correct role_arn: of identity %s in %s",
		    r->conf->name, r->w->config->path);
	return fix(e, "choose the right profile, or correct account: in %s",
	    r->w->config->path);
}

/* A wrong account or endpoint is a wrong run, not a changed world: nothing is
 * noted in the record, the next run may be right. */
static enum ec
account_matches(const struct rotation *r, struct err *e)
{
	const struct rec *rec = &r->rec;
	const struct iam *iam = &r->w->iam;
	struct iam_caller who;

	if (rec->endpoint[0] != '\0' &&
	    strcmp(rec->endpoint, r->w->endpoint) != 0) {
		(void)fail(e, EC_CONFIG,
		    "%s belongs to %s, but this run talks "
		    "to %s",
		    rec->identity, rec->endpoint, r->w->endpoint);
		return fix(e,
		    "unset AWS_ENDPOINT_URL* or use another state "
		    "directory for that endpoint");
	}
	TRY(iam->caller(iam->ctx, &who, e));
	if (strcmp(who.account, r->conf->account) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "these AWS credentials belong to account %s, "
	    "the configuration says %s",
	    who.account, r->conf->account);
	return fix_account(r, e);
}

static enum ec
user_matches(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;
	const char *pin =
	    rec->user_id[0] != '\0' ? rec->user_id : r->conf->user_id;
	const struct iam *iam = &r->w->iam;
	struct iam_user u;

	TRY(iam->user(iam->ctx, r->conf->iam_user, &u, e));
	if (strcmp(u.account, r->conf->account) != 0) {
		(void)fail(e, EC_CONFIG, "IAM user %s is in account %s, not %s",
		    r->conf->iam_user, u.account, r->conf->account);
		return fix_account(r, e);
	}
	if (pin != NULL && strcmp(pin, u.user_id) != 0) {
		(void)fail(e, EC_CONFLICT,
		    "IAM user %s is %s now, was %s: it "
		    "was deleted and made again",
		    r->conf->iam_user, u.user_id, pin);
		return fix(e,
		    "if that is right: rotate adopt %s; if not, find out who "
		    "answered, then: rotate release %s",
		    rec->identity, rec->identity);
	}
	(void)snprintf(rec->account, sizeof(rec->account), "%s", u.account);
	(void)snprintf(rec->user, sizeof(rec->user), "%s", r->conf->iam_user);
	(void)snprintf(rec->user_id, sizeof(rec->user_id), "%s", u.user_id);
	(void)snprintf(
	    rec->endpoint, sizeof(rec->endpoint), "%s", r->w->endpoint);
	return EC_OK;
}

enum ec
guard_mutation(struct rotation *r, struct err *e)
{
	const struct world *w = r->w;

	if (!r->pinned) {
		TRY(account_matches(r, e));
		TRY(user_matches(r, e));
		r->pinned = true;
	}
	TRY(guard_clock(r, e));
	r->fenced = rotation_now(r);
	return w->store->fence(w->store->ctx, w->time.wall(w->time.ctx), e);
}

enum ec
guard_list(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;

	r->listed = false;
	TRY(iam->list(iam->ctx, r->conf->iam_user, &r->keys, e));
	TRY(guard_clock(r, e)); /* waiting times end by what comes next */
	r->listed = true;
	return EC_OK;
}

enum ec
guard_hold(const struct rotation *r, struct err *e)
{
	char since[CLOCK_TEXT_MAX];
	struct hold h;

	TRY(r->w->store->hold_get(r->w->store->ctx, r->rec.identity, &h, e));
	if (!h.held)
		return EC_OK;
	clock_text(h.since, since);
	(void)fail(e, EC_HUMAN, "%s is held by %s since %s: %s",
	    r->rec.identity, h.by, since, h.reason);
	return fix(e, "rotate release %s", r->rec.identity);
}

int64_t
guard_window(const struct rotation *r)
{
	const int64_t now = rotation_now(r);
	int64_t at = now;

	if (!r->force && !r->rec.emergency)
		at = windows_next(&r->conf->windows, now);
	return at > now ? at : 0;
}

static bool
is_our_probe(const struct rec *rec, int64_t at)
{
	const int64_t d = at - rec->old.probed;

	return rec->old.probed != 0 && d <= PROBE_NEAR_MS &&
	    d >= -PROBE_NEAR_MS;
}

bool
guard_only_people(const struct rotation *r)
{
	const struct client_conf *c;
	size_t n = 0;

	for (; (c = config_client_of(r->w->config, r->conf, n)) != NULL; n++)
		if (!c->client.drv->human)
			return false;
	return n > 0;
}

int64_t
guard_expected_until(const struct rotation *r)
{
	int64_t ms = r->conf->slack;

	for (size_t i = 0;; i++) {
		const struct client_conf *c =
		    config_client_of(r->w->config, r->conf, i);

		if (c == NULL)
			return r->rec.verified_at + ms;
		ms = c->pickup > ms ? c->pickup : ms;
	}
}

/* What only people hold must be out of use since the last of them gave the
 * word: a later use says that the word was not true. */
static enum ec
expected_until(const struct rotation *r, int64_t *ret, struct err *e)
{
	const struct store *s = r->w->store;
	int64_t last = 0;

	*ret = guard_expected_until(r);
	if (!guard_only_people(r))
		return EC_OK;
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		const struct rec_client *rc = &r->rec.clients[i];
		struct confirmation yes = { .confirmed = false };

		if (rc->state != CL_VERIFIED)
			continue;
		TRY(s->confirm_get(s->ctx, rc->name, r->rec.new.id, &yes, e));
		if (yes.confirmed && yes.at > last)
			last = yes.at;
	}
	if (last != 0 && last + CLOCKS_MS < *ret)
		*ret = last + CLOCKS_MS;
	return EC_OK;
}

enum ec
guard_straggler(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	struct rec *rec = &r->rec;
	char at[CLOCK_TEXT_MAX];
	int64_t until = 0;

	if (rec->old.id[0] == '\0' || rec->emergency)
		return EC_OK;
	TRY(expected_until(r, &until, e));
	TRY(iam->last_used(iam->ctx, rec->old.id, &rec->use, e));
	TRY(guard_clock(r, e));
	rec->use_sampled = rotation_now(r);
	if (rec->use.never || is_our_probe(rec, rec->use.at) ||
	    rec->use.at <= until)
		return EC_OK;
	clock_text(rec->use.at, at);
	(void)fail(e, EC_CONFLICT,
	    "old key %s is still used by a client nobody registered: service "
	    "%s, region %s, at %s",
	    rec->old.id, rec->use.service, rec->use.region, at);
	return fix(e,
	    "find it (CloudTrail, SES sending logs), register it, "
	    "then: rotate release %s",
	    rec->identity);
}

/* Held now, though it should be on the new key. A client that a way back
 * leaves alone may hold what it likes, but not the key that goes. */
static bool
drifted(struct rotation *r, const char *client, const char *held)
{
	const struct rec_client *rc = rec_client(&r->rec, client);

	if (rc == NULL || rc->state == CL_LEFT)
		return false;
	if (push_leaves_alone(r, rc))
		return strcmp(held, r->rec.old.id) == 0;
	return strcmp(held, r->rec.new.id) != 0;
}

/* A client that a way back leaves alone is given nothing by us, so that only
 * a person can move it off the key that goes. */
static enum ec
moved_back(
    struct rotation *r, const char *client, const char *held, struct err *e)
{
	if (push_leaves_alone(r, rec_client(&r->rec, client))) {
		(void)fail(e, EC_CONFLICT,
		    "client %s holds %s, which is to be retired", client, held);
		return fix(e, "give it %s, then: rotate release %s",
		    r->rec.new.id, r->rec.identity);
	}
	(void)fail(e, EC_CONFLICT, "client %s was moved to %s but holds %s now",
	    client, r->rec.new.id, held[0] != '\0' ? held : "no credential");
	return fix(e,
	    "find what changed it back (configuration "
	    "management?), then: rotate release %s",
	    r->rec.identity);
}

enum ec
guard_drift(struct rotation *r, struct err *e)
{
	for (size_t i = 0;; i++) {
		const struct client_conf *c =
		    config_client_of(r->w->config, r->conf, i);
		const struct client_driver *drv;
		AUTO(smtp_cred) struct smtp_cred held = { 0 };
		struct err unreadable;

		if (c == NULL)
			return EC_OK;
		drv = c->client.drv;
		if (!c->required || drv->read == NULL ||
		    drv->read(&c->client, &held, &unreadable) != EC_OK ||
		    !drifted(r, c->client.name, held.user))
			continue;
		return moved_back(r, c->client.name, held.user, e);
	}
}

/* A list may lag behind for a key that was just made (A9). */
#define LIST_LAG_MS ((int64_t)3600 * 1000)

static enum ec
new_key_is_active(struct rotation *r, struct err *e)
{
	const struct rec_key *new = &r->rec.new;
	const struct iam_key *k;

	TRY(guard_list(r, e));
	k = iam_keys_find(&r->keys, new->id);
	if (k != NULL && k->status == KEY_ACTIVE)
		return EC_OK;
	if (k == NULL && rotation_now(r) - new->created < LIST_LAG_MS) {
		(void)fail(e, EC_TEMP, "IAM does not list %s yet", new->id);
		return fix(e, "nothing: it is asked again");
	}
	(void)fail(e, EC_CONFLICT, "the new key %s is %s in IAM", new->id,
	    k == NULL ? "missing" : "not Active");
	if (k == NULL && r->rec.rollback)
		return fix(e,
		    "rotate adopt %s --current KEY names the one in use",
		    r->rec.identity);
	return fix(e,
	    "rotate rollback %s, or make it Active again and: "
	    "rotate release %s",
	    r->rec.identity, r->rec.identity);
}

enum ec
guard_new_key(struct rotation *r, struct err *e)
{
	return new_key_is_active(r, e);
}

/* Back on a key whose password we never knew, held only by clients that we
 * cannot try: that it worked before, and people's word, is all there is. */
static bool
cannot_be_proved(const struct rotation *r)
{
	return r->rec.rollback && r->rec.new.n == 0;
}

/* Clients that were just tried have shown it; with none that we can try, our
 * own passwords do. */
static enum ec
new_key_is_proved(struct rotation *r, struct err *e)
{
	const struct rec_key *new = &r->rec.new;
	enum ec ec;

	if (rotation_now(r) - new->proved <= PROOF_MAX_MS)
		return EC_OK;
	ec = settle_regions(r, e);
	if (ec != EC_AUTH && ec != EC_GONE)
		return ec;
	if (rotation_now(r) - new->proved <= PROOF_MAX_MS ||
	    cannot_be_proved(r))
		return EC_OK;
	(void)fail(e, EC_CONFLICT, "it could not be shown that SES accepts %s",
	    new->id);
	return fix(e,
	    "rotate verify %s; or see that nobody uses %s and delete it in IAM; "
	    "then: rotate release %s",
	    r->rec.identity, r->rec.old.id, r->rec.identity);
}

enum ec
guard_retire(struct rotation *r, struct err *e)
{
	TRY(guard_hold(r, e));
	TRY(new_key_is_active(r, e));
	TRY(push_verify_all(r, e));
	TRY(new_key_is_proved(r, e));
	TRY(guard_straggler(r, e));
	/* Again, and last: what was true while clients were being verified
	 * must still be true, and a brake pulled meanwhile must hold. */
	TRY(new_key_is_active(r, e));
	TRY(guard_mutation(r, e));
	return guard_hold(r, e);
}
