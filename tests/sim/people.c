#include "people_p.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

static struct sim_client *
some_client(struct sim *w, struct dice *d)
{
	return w->config.n_clients == 0
	    ? NULL
	    : w->confs[upto(d, (unsigned)w->config.n_clients)].client.conf;
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
	struct sim_key *k = people_old_key(w);

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

/* Before anything is begun: which of two keys is in use. He has looked. */
bool
people_adopt(struct sim *w, struct dice *d)
{
	struct sim_key *k = &w->keys[0], *other = NULL;

	(void)d;
	for (size_t i = 1; i < w->n_keys && other == NULL; i++)
		other = w->keys[i].exists ? &w->keys[i] : NULL;
	if (w->disk.state != ROT_IDLE || !k->exists || other == NULL ||
	    people_is_held(w, other))
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
		edit_a_client, revert_a_client, people_old_off, people_new_off,
		people_delete_old };
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
	X(people_delete_old, "admin deletes the old key")                      \
	X(people_delete_new, "admin deletes the new key")                      \
	X(people_old_off, "admin switches the old key off")                    \
	X(people_new_off, "admin switches the new key off")                    \
	X(people_old_on, "admin switches the old key on")                      \
	X(people_make_a_key, "admin makes a key and uses it")                  \
	X(people_make_a_quiet_key, "admin makes a key")                        \
	X(people_stray, "somebody uses the old key")                           \
	X(people_use_orphan, "somebody uses a leftover")                       \
	X(people_start_controller, "a controller begins to undo")              \
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
