/* fleet_turns: see fleet_turns.h. READ startable() FIRST. */
#include "rotator/fleet_turns.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "rotator/rotation.h"

struct turns {
	pthread_mutex_t lock; /* of all below, and of the items' turns */
	pthread_cond_t changed;
	struct fleet_rules rules;
	struct fleet_item *items; /* in configuration order */
	struct fleet_item **order;
	bool *busy;      /* by kin */
	size_t n, first; /* nobody waits before first */
	size_t now;      /* turns */
	long troubles;   /* but those of now */
	bool stopped;
	bool over; /* nobody gets a turn any more */
};

bool
fleet_failed(enum ec ec)
{
	return ec != EC_OK && ec != EC_LATER && ec != EC_HUMAN;
}

static int
by_turn(const void *a, const void *b)
{
	const struct fleet_item *const *pa = a, *const *pb = b;
	const struct fleet_item *x = *pa, *y = *pb;

	if (x->begins != y->begins)
		return x->begins ? 1 : -1;
	if (x->begins && x->conf->ring != y->conf->ring)
		return x->conf->ring < y->conf->ring ? -1 : 1;
	if (x->next_at != y->next_at)
		return x->next_at < y->next_at ? -1 : 1;
	return x < y ? -1 : 1;
}

enum ec
turns_new(struct fleet_item *items, size_t n, const struct fleet_rules *rules,
    struct turns **ret, struct err *e)
{
	AUTO(turns) struct turns *l = calloc(1, sizeof(*l));
	pthread_condattr_t how;

	if (l == NULL || pthread_condattr_init(&how) != 0)
		return fail(e, EC_NOMEM, "no memory for the identities");
	(void)pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->changed, &how);
	(void)pthread_condattr_destroy(&how);
	l->order = calloc(n + 1, sizeof(struct fleet_item *));
	l->busy = calloc(n + 1, sizeof(*l->busy));
	if (l->order == NULL || l->busy == NULL)
		return fail(e, EC_NOMEM, "no memory for the identities");
	l->rules = *rules;
	l->items = items;
	l->n = n;
	for (size_t i = 0; i < n; i++) {
		l->order[i] = &items[i];
		l->troubles += items[i].trouble;
	}
	qsort(l->order, n, sizeof(struct fleet_item *), by_turn);
	*ret = TAKE(l);
	return EC_OK;
}

void
turns_free(struct turns *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	(void)pthread_cond_destroy(&l->changed);
	free(l->order);
	free(l->busy);
	free(l);
}

void
auto_turns(struct turns **l)
{
	turns_free(*l);
}

/* ---- rings, and how many are in trouble -------------------------------- */

/* Its clients have a pair that works, and nothing is to be begun. */
static bool
is_well(const struct fleet_item *it)
{
	/* Whose turn it is writes the rest without our lock. */
	if (it->turn == TURN_NOW || it->turn == TURN_WAITS || it->trouble)
		return false;
	if (it->state == ROT_IDLE) /* TURN_NONE: it is not due */
		return it->turn == TURN_NONE ||
		    (it->turn == TURN_OVER && it->res.ec == EC_OK);
	return it->state >= ROT_GRACE && it->state <= ROT_DONE;
}

/* The first of a lower ring that is not well; or NULL. */
static const struct fleet_item *
in_the_way(const struct turns *l, const struct fleet_item *it)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].conf->ring < it->conf->ring &&
		    !is_well(&l->items[i]))
			return &l->items[i];
	return NULL;
}

enum answer { GO, WAIT, WAIT_ALL, NEVER };

static enum answer
leave_out(struct fleet_item *it, const struct err *why)
{
	it->turn = TURN_LEFT_OUT;
	it->res = (struct fleet_result){ .identity = it->conf->name,
		.ec = EC_LATER,
		.state = it->state,
		.left_out = true,
		.next_at = it->next_at,
		.e = *why };
	return NEVER;
}

/* A turn of theirs may still make them well. */
static bool
may_change(const struct fleet_item *it)
{
	return it->turn == TURN_WAITS || it->turn == TURN_NOW;
}

static enum answer
may_begin(struct turns *l, struct fleet_item *it)
{
	const struct fleet_item *other;
	struct err why;

	if (!it->begins || l->rules.free)
		return GO;
	if (l->rules.stop_after > 0 && l->troubles >= l->rules.stop_after) {
		(void)fail(&why, EC_LATER,
		    "it does not begin: %ld identities are in trouble",
		    l->troubles);
		(void)fix(&why, "rotate status; see stop_after in rotate.yaml");
		return leave_out(it, &why);
	}
	other = in_the_way(l, it);
	if (other == NULL)
		return GO;
	if (may_change(other))
		return WAIT_ALL;
	(void)fail(&why, EC_LATER, "it waits for %s of ring %d, which is %s",
	    other->conf->name, other->conf->ring, rot_state_name(other->state));
	(void)fix(&why, "rotate status %s", other->conf->name);
	return leave_out(it, &why);
}

/* GO: it may have its turn now. WAIT: another one's end may change that.
 * WAIT_ALL: and that holds for all who come after it. */
static enum answer
startable(struct turns *l, struct fleet_item *it)
{
	if (l->busy[it->kin])
		return WAIT;
	return may_begin(l, it);
}

/* NULL: none now; *ret_later says whether there may be one later. */
static struct fleet_item *
choose(struct turns *l, bool *ret_later)
{
	*ret_later = false;
	while (l->first < l->n && l->order[l->first]->turn != TURN_WAITS)
		l->first++;
	for (size_t i = l->first; i < l->n && !l->stopped; i++) {
		struct fleet_item *it = l->order[i];
		enum answer a = NEVER;

		if (it->turn == TURN_WAITS)
			a = startable(l, it);
		if (a == GO)
			return it;
		*ret_later |= a != NEVER;
		if (a == WAIT_ALL)
			break;
	}
	return NULL;
}

struct fleet_item *
turns_next(struct turns *l)
{
	struct fleet_item *it;
	bool later;

	(void)pthread_mutex_lock(&l->lock);
	while ((it = choose(l, &later)) == NULL && later && l->now > 0)
		(void)pthread_cond_wait(&l->changed, &l->lock);
	l->over |= it == NULL;
	if (it != NULL) {
		it->turn = TURN_NOW;
		l->troubles -= it->trouble;
		l->busy[it->kin] = true;
		l->now++;
	}
	(void)pthread_cond_broadcast(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
	return it;
}

void
turns_done(struct turns *l, struct fleet_item *item)
{
	(void)pthread_mutex_lock(&l->lock);
	item->turn = TURN_OVER;
	l->troubles += item->trouble;
	l->busy[item->kin] = false;
	l->now--;
	(void)pthread_cond_broadcast(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
}

void
turns_stop(struct turns *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->stopped = l->over = true;
	(void)pthread_cond_broadcast(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
}

static void
count(const struct turns *l, struct fleet_counts *ret, const char **names,
    size_t max)
{
	*ret = (struct fleet_counts){ .all = 0 };
	for (size_t i = 0; i < l->n; i++) {
		const struct fleet_item *it = &l->items[i];

		ret->all += it->turn != TURN_NONE;
		ret->waiting += it->turn == TURN_WAITS;
		if (it->turn == TURN_NOW && ret->now < max)
			names[ret->now] = it->conf->name;
		ret->now += it->turn == TURN_NOW;
		ret->over += it->turn == TURN_OVER;
		ret->left_out += it->turn == TURN_LEFT_OUT;
		ret->failed +=
		    it->turn == TURN_OVER && fleet_failed(it->res.ec);
	}
}

static void
in_ms(int64_t ms, struct timespec *ret)
{
	(void)clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_sec += (time_t)(ms / 1000);
	ret->tv_nsec += (long)(ms % 1000) * 1000000;
	if (ret->tv_nsec >= 1000000000) {
		ret->tv_nsec -= 1000000000;
		ret->tv_sec++;
	}
}

bool
turns_watch(struct turns *l, int64_t ms, struct fleet_counts *ret,
    const char **names, size_t max)
{
	struct timespec until;
	bool going;
	int rc = 0;

	in_ms(ms, &until);
	(void)pthread_mutex_lock(&l->lock);
	while (rc == 0 && !(l->over && l->now == 0))
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &until);
	count(l, ret, names, max);
	going = !l->over || l->now > 0;
	(void)pthread_mutex_unlock(&l->lock);
	return going;
}
