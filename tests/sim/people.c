#include "people.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

typedef bool person(struct sim *w, struct dice *d);

static struct sim_client *
some_client(struct sim *w, struct dice *d)
{
	return w->config.n_clients == 0
	    ? NULL
	    : w->confs[upto(d, (unsigned)w->config.n_clients)].client.conf;
}

/* Of the rotation that is under way. */
static struct sim_key *
old_key(struct sim *w)
{
	return sim_key(w, w->disk.old.id);
}

static struct sim_key *
new_key(struct sim *w)
{
	return sim_key(w, w->disk.new.id);
}

void
people_shape(struct sim *w, struct dice *d, size_t i)
{
	struct sim_client *c = &w->clients[i];
	struct client_conf *conf = &w->confs[w->config.n_clients - 1];

	switch (upto(d, 6)) {
	case 0:
		sim_client_human(c);
		c->answers = true;
		c->answer_after = upto(d, 10) * SIM_HOUR;
		break;
	case 1:
		c->drv.read = NULL;
		break;
	case 2:
		c->drv.activate = NULL;
		conf->pickup = 1 + upto(d, 3) * SIM_HOUR;
		c->delay = upto(d, (unsigned)conf->pickup);
		reach_mode(w, MODE_D6);
		break;
	default:
		break;
	}
	conf->required = !percent(d, 10);
	if (w->regions[1] != NULL && percent(d, 50))
		sim_client_region(conf, w->regions[1]);
}

/* ---- clients ------------------------------------------------------------ */

static bool
edit_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c = some_client(w, d);

	if (c == NULL)
		return false;
	c->exempt = true;
	if (percent(d, 50))
		sim_client_hold(c, "AKIAFOREIGNFOREIGNXX", "nonsense");
	else
		sim_client_give(c, &w->keys[0]);
	reach_mode(w, MODE_C12);
	return true;
}

/* Configuration management puts the old file back and starts it anew. */
static bool
revert_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c = some_client(w, d);
	struct sim_key *k = old_key(w);

	if (c == NULL || k == NULL || strcmp(c->user, w->disk.new.id) != 0)
		return false;
	c->exempt = true;
	sim_client_give(c, k);
	reach_mode(w, MODE_C12);
	return true;
}

static bool
restart_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c = some_client(w, d);

	if (c == NULL || strcmp(c->user, c->live) == 0)
		return false;
	memcpy(c->live, c->user, sizeof(c->live));
	return true;
}

static bool
register_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c;

	if (w->n_clients >= 6 || sim_conf(w, "c4") != NULL)
		return false;
	c = sim_client_add(w, "c4");
	people_shape(w, d, w->n_clients - 1);
	c->exempt = true;
	sim_client_give(c, &w->keys[0]);
	return true;
}

static bool
forget_a_client(struct sim *w, struct dice *d)
{
	if (w->config.n_clients == 0)
		return false;
	sim_client_forget(
	    w, w->confs[upto(d, (unsigned)w->config.n_clients)].client.name);
	return true;
}

/* ---- operators ---------------------------------------------------------- */

static bool
hold(struct sim *w, struct dice *d)
{
	(void)d;
	w->hold.held = !w->hold.held;
	return true;
}

static bool
roll_back(struct sim *w, struct dice *d)
{
	const struct rec *r = &w->disk;
	const enum rot_state s = r->state == ROT_BLOCKED ? r->resume : r->state;

	(void)d;
	if (s < ROT_CREATED || s > ROT_QUIET || r->rollback ||
	    r->old.id[0] == '\0' || r->new.id[0] == '\0')
		return false;
	sim_rollback(w);
	return true;
}

static bool
revoke_it(struct sim *w, struct dice *d)
{
	(void)d;
	if (w->disk.state >= ROT_DEACT || w->revoke)
		return false;
	w->revoke = w->force = true;
	return true;
}

static bool is_held(struct sim *w, const struct sim_key *k);

/* Before anything is begun: which of two keys is in use. He has looked. */
bool
people_adopt(struct sim *w, struct dice *d)
{
	struct sim_key *k = &w->keys[0], *other = NULL;

	(void)d;
	for (size_t i = 1; i < w->n_keys && other == NULL; i++)
		other = w->keys[i].exists ? &w->keys[i] : NULL;
	if (w->disk.state != ROT_IDLE || !k->exists || other == NULL ||
	    is_held(w, other))
		return false;
	sim_adopt(w, k->id, other->id);
	return true;
}

/* What the record does not name any more is nobody's. */
static void
disown(struct sim *w)
{
	const struct rec *r = &w->disk;

	for (size_t i = 0; i < w->n_keys; i++) {
		struct sim_key *k = &w->keys[i];

		if (k->exists && strcmp(k->id, r->old.id) != 0 &&
		    strcmp(k->id, r->new.id) != 0 &&
		    strcmp(k->id, r->orphan) != 0)
			k->foreign = true;
	}
	w->create_mark[0] = '\0';
	w->proc.life.stale = true;
}

static bool
restore_a_backup(struct sim *w, struct dice *d)
{
	(void)d;
	if (!w->has_backup || w->sql != NULL ||
	    w->backup.version == w->disk.version)
		return false;
	w->backup.version += w->disk.version; /* the lease sees to that */
	rec_free(&w->disk);
	w->disk = w->backup;
	w->backup.clients = NULL;
	w->has_backup = false;
	w->restored = true;
	disown(w);
	sim_say(w, "--- the record of a backup");
	reach_mode(w, MODE_B6);
	return true;
}

static bool
back_up(struct sim *w, struct dice *d)
{
	(void)d;
	if (!w->on_disk)
		return false;
	rec_free(&w->backup);
	w->backup = w->disk;
	w->backup.clients =
	    calloc(w->disk.n_clients + 1, sizeof(*w->disk.clients));
	for (size_t i = 0; i < w->disk.n_clients; i++)
		w->backup.clients[i] = w->disk.clients[i];
	w->has_backup = true;
	return true;
}

static bool
wipe_it(struct sim *w, struct dice *d)
{
	(void)d;
	if (!w->on_disk || w->sql != NULL)
		return false;
	rec_free(&w->disk);
	memset(&w->disk, 0, sizeof(w->disk));
	w->on_disk = false;
	w->wiped = true;
	disown(w);
	sim_say(w, "--- the record is deleted");
	reach_mode(w, MODE_B7);
	return true;
}

/* ---- administrators and controllers ------------------------------------- */

static bool
delete_key(struct sim *w, struct sim_key *k)
{
	if (k == NULL)
		return false;
	k->others = true;
	sim_key_drop(w, k);
	return true;
}

static bool
switch_key(struct sim *w, struct sim_key *k, bool on)
{
	if (k == NULL || k->active == on)
		return false;
	k->others = true;
	sim_key_status(w, k, on);
	return true;
}

static bool
delete_old(struct sim *w, struct dice *d)
{
	(void)d;
	return delete_key(w, old_key(w));
}

static bool
delete_new(struct sim *w, struct dice *d)
{
	(void)d;
	return delete_key(w, new_key(w));
}

static bool
old_off(struct sim *w, struct dice *d)
{
	(void)d;
	return switch_key(w, old_key(w), false);
}

static bool
new_off(struct sim *w, struct dice *d)
{
	(void)d;
	return switch_key(w, new_key(w), false);
}

/* Somebody who slept misses it, or was only asked to try. */
static bool
old_on(struct sim *w, struct dice *d)
{
	struct sim_key *k = old_key(w);

	(void)d;
	if (k == NULL || k->active)
		return false;
	sim_key_status(w, k, true);
	if (w->disk.state == ROT_QUIET)
		reach_mode(w, MODE_A23);
	return true;
}

static bool
make_a_key(struct sim *w, struct dice *d)
{
	struct sim_key *k;

	(void)d;
	if (sim_keys_count(w) >= 2)
		return false;
	k = sim_key_make(w, true);
	sim_key_use(w, k, true);
	return true;
}

/* Not used at once: nothing but the baseline and the dates tell. */
static bool
make_a_quiet_key(struct sim *w, struct dice *d)
{
	(void)d;
	if (sim_keys_count(w) >= 2)
		return false;
	(void)sim_key_make(w, true);
	return true;
}

static bool
stray(struct sim *w, struct dice *d)
{
	(void)d;
	memcpy(w->straggler, w->disk.old.id, sizeof(w->straggler));
	return w->straggler[0] != '\0';
}

/* A leftover of ours is found useful by somebody. */
bool
people_use_orphan(struct sim *w, struct dice *d)
{
	struct sim_key *k = sim_key(w, w->disk.orphan);

	(void)d;
	if (k == NULL)
		return false;
	sim_key_use(w, k, true);
	return true;
}

static bool
start_controller(struct sim *w, struct dice *d)
{
	(void)d;
	w->controller = true;
	return true;
}

void
people_control(struct sim *w, struct dice *d)
{
	struct sim_key *mine = &w->keys[0];
	bool did = false;

	if (!w->controller || percent(d, 50))
		return;
	if (percent(d, 20))
		w->controller = false;
	if (!mine->exists && sim_keys_count(w) < 2 && percent(d, 50)) {
		(void)sim_key_make(w, true);
		did = true;
	} else if (mine->exists && !mine->active) {
		did = switch_key(w, mine, true);
	} else {
		for (size_t i = 1; i < w->n_keys && !did; i++)
			if (w->keys[i].exists)
				did = delete_key(w, &w->keys[i]);
	}
	if (did)
		reach_mode(w, MODE_A7);
}

/* ---- machines ----------------------------------------------------------- */

static bool
other_account(struct sim *w, struct dice *d)
{
	(void)d;
	(void)snprintf(w->account, sizeof(w->account), "999999999999");
	return true;
}

static bool
other_user(struct sim *w, struct dice *d)
{
	(void)d;
	(void)snprintf(w->user_id, sizeof(w->user_id), "AIDASIM0000000002");
	return true;
}

static bool
wrong_clock(struct sim *w, struct dice *d)
{
	static const int64_t spans[] = { 3 * SIM_MINUTE, SIM_HOUR, SIM_DAY,
		365 * SIM_DAY };
	const int64_t ms = spans[upto(d, COUNT(spans))];

	w->skew = percent(d, 50) ? ms : -ms;
	return true;
}

static bool
right_clock(struct sim *w, struct dice *d)
{
	(void)d;
	w->skew = 0;
	return true;
}

static bool
dead_timer(struct sim *w, struct dice *d)
{
	w->sleepless = (1 + upto(d, 200)) * SIM_DAY;
	if (w->sleepless > 60 * SIM_DAY)
		reach_mode(w, MODE_G1);
	return true;
}

/* The next run stands still somewhere; another rotator takes over, or not. */
static bool
suspend(struct sim *w, struct dice *d)
{
	w->freeze_at = w->calls + 1 + upto(d, 40);
	w->freeze_runs = 1 + upto(d, 3);
	w->freeze_ms = (1 + upto(d, 90)) * SIM_MINUTE;
	w->freeze_gap = percent(d, 50);
	return true;
}

/* Whoever was stopped is let go on, by somebody who has not looked. */
static bool
let_go(struct sim *w, struct dice *d)
{
	(void)d;
	sim_release(w);
	return true;
}

/* Nothing here takes a client away that the frozen process is at; and nobody
 * switches the old key on, for the late call may switch it off again unseen.
 */
void
people_meanwhile(struct sim *w)
{
	static person *const acts[] = { roll_back, roll_back, let_go, hold,
		edit_a_client, revert_a_client, old_off, new_off, delete_old };
	struct dice *d = w->meanwhile_ctx;

	if (percent(d, 50))
		(void)acts[upto(d, COUNT(acts))](w, d);
}

#define PEOPLE(X)                                                              \
	X(edit_a_client, "somebody edits a client")                            \
	X(revert_a_client, "a client is put back and restarted")               \
	X(restart_a_client, "a client is restarted")                           \
	X(register_a_client, "a client is registered")                         \
	X(forget_a_client, "a client is taken out")                            \
	X(hold, "hold, or its end")                                            \
	X(roll_back, "rollback")                                               \
	X(revoke_it, "revoke")                                                 \
	X(people_adopt, "adopt")                                               \
	X(back_up, "a backup is made")                                         \
	X(restore_a_backup, "a backup is put back")                            \
	X(wipe_it, "the record is deleted")                                    \
	X(delete_old, "admin deletes the old key")                             \
	X(delete_new, "admin deletes the new key")                             \
	X(old_off, "admin switches the old key off")                           \
	X(new_off, "admin switches the new key off")                           \
	X(old_on, "admin switches the old key on")                             \
	X(make_a_key, "admin makes a key and uses it")                         \
	X(make_a_quiet_key, "admin makes a key")                               \
	X(stray, "somebody uses the old key")                                  \
	X(people_use_orphan, "somebody uses a leftover")                       \
	X(start_controller, "a controller begins to undo")                     \
	X(other_account, "wrong profile")                                      \
	X(other_user, "the user is made again")                                \
	X(wrong_clock, "the clock jumps")                                      \
	X(right_clock, "the clock is set")                                     \
	X(dead_timer, "the timer is dead")                                     \
	X(suspend, "the machine is suspended")

static person *const people[] = {
#define X(act, name) act,
	PEOPLE(X)
#undef X
};

const char *const people_names[COUNT(people) + 1] = {
#define X(act, name) name,
	PEOPLE(X)
#undef X
};

void
people_meddle(struct sim *w, struct dice *d)
{
	const unsigned i = upto(d, COUNT(people));

	if (people[i](w, d) && w->reach != NULL)
		w->reach->person[i]++;
}

/* ---- putting in order --------------------------------------------------- */

void
people_calm(struct sim *w)
{
	w->hold.held = w->controller = false;
	w->skew = w->skew > SIM_MINUTE || w->skew < -SIM_MINUTE ? 0 : w->skew;
	w->freeze_at = 0;
	(void)snprintf(w->account, sizeof(w->account), SIM_ACCOUNT);
	if (w->disk.user_id[0] != '\0') /* the one that was met first */
		(void)snprintf(
		    w->user_id, sizeof(w->user_id), "%.30s", w->disk.user_id);
}

static void
give_to(struct sim *w, const struct sim_key *k, bool all)
{
	if (k->since[0] > w->now)
		sim_advance(w, k->since[0] - w->now);
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (all || c->drv.human || !w->confs[i].required)
			sim_client_give(c, k);
	}
}

/* Also those that a way back leaves alone, where they hold the wrong one. */
static void
give_left_alone(struct sim *w, const struct sim_key *k, const char *old)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (strcmp(c->user, old) == 0 || strcmp(c->live, old) == 0)
			sim_client_give(c, k);
	}
}

static bool
is_held(struct sim *w, const struct sim_key *k)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		const struct sim_client *c = w->confs[i].client.conf;

		if (strcmp(c->user, k->id) == 0 || strcmp(c->live, k->id) == 0)
			return true;
	}
	return false;
}

/* The one that clients hold, or any, or one that is made for it. */
static struct sim_key *
best_key(struct sim *w)
{
	struct sim_key *any = NULL;

	for (size_t i = 0; i < w->n_keys; i++) {
		struct sim_key *k = &w->keys[i];

		if (!k->exists)
			continue;
		if (is_held(w, k))
			return k;
		any = k;
	}
	return any != NULL ? any : sim_key_make(w, true);
}

static struct sim_key *
other_key(struct sim *w, const struct sim_key * not )
{
	for (size_t i = 0; i < w->n_keys; i++)
		if (w->keys[i].exists && &w->keys[i] != not )
			return &w->keys[i];
	return NULL;
}

/* Nothing is known any more: one key for all, and we are told which. */
static void
begin_anew(struct sim *w, struct dice *d)
{
	struct sim_key *k = best_key(w), *other;

	sim_key_status(w, k, true);
	k->foreign = k->others = true;
	give_to(w, k, true);
	sim_advance(w, SIM_HOUR);
	other = other_key(w, k);
	if (other != NULL && percent(d, 50)) {
		(void)delete_key(w, other);
		other = NULL;
	}
	if (other != NULL)
		other->others = true; /* it is as people left it */
	sim_adopt(w, k->id, other == NULL ? NULL : other->id);
	if (other != NULL && w->disk.state == ROT_BLOCKED &&
	    delete_key(w, other))
		sim_adopt(w, k->id, NULL);
}

void
people_mend(struct sim *w, struct dice *d)
{
	const struct rec *r = &w->disk;
	struct sim_key *old = old_key(w), *new = new_key(w);
	const bool lost = r->new.id[0] != '\0' && new == NULL;

	w->straggler[0] = '\0';
	w->refuse_new = false;
	people_calm(w);
	if (r->resume == ROT_IDLE ||
	    ((r->resume == ROT_ORPH || r->resume == ROT_ORPHQ) &&
		percent(d, 50)) ||
	    (r->resume == ROT_INTENT && percent(d, 50)) ||
	    (lost &&
		(r->rollback || old == NULL ||
		    strstr(r->alarm, "back") != NULL))) {
		begin_anew(w, d);
		return;
	}
	if (old != NULL && lost) {
		(void)switch_key(w, old, true);
		give_to(w, old, false);
		sim_rollback(w);
		return;
	}
	if (strstr(r->alarm, "could not be shown") != NULL &&
	    delete_key(w, old))
		old = NULL;
	if (r->resume == ROT_ORPH || r->resume == ROT_ORPHQ)
		(void)delete_key(w, sim_key(w, r->orphan));
	if (new != NULL) {
		(void)switch_key(w, new, true);
		/* Where it is going: back, or forward. */
		if (r->resume != ROT_RB || r->rollback)
			give_to(w, new, false);
		else if (old != NULL && old->active)
			give_to(w, old, false);
		if (r->rollback)
			give_left_alone(w, new, r->old.id);
	}
	for (size_t i = 1; i < w->n_keys; i++)
		if (w->keys[i].exists && w->keys[i].foreign &&
		    &w->keys[i] != old && &w->keys[i] != new &&
		    !is_held(w, &w->keys[i]))
			sim_key_drop(w, &w->keys[i]);
	sim_release(w);
}
