/*
 * The small decisions of a fleet that whole runs do not show (tests/mutants):
 * who is looked at, who takes turns with whom, and who waits until when. The
 * waiting of threads is ours here: no test waits for another thread.
 */
#include "config_world.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "rotator/fleet_items.h"
#include "rotator/fleet_kin.h"
#include "rotator/fleet_turns.h"
#include "rotator/window.h"

/* ---- waiting ----------------------------------------------------------- */

static struct {
	int count;
	void (*event)(void); /* what ends it; NULL: it must not be waited */
	struct timespec now, until;
	bool fixed; /* now is the time */
} waits;

static int
waited(pthread_mutex_t *m)
{
	waits.count++;
	if (waits.event == NULL || waits.count > 10)
		die("waits for nobody");
	(void)pthread_mutex_unlock(m);
	waits.event();
	return pthread_mutex_lock(m);
}

int
pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	(void)c;
	return waited(m);
}

int
pthread_cond_timedwait(
    pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	(void)c;
	waits.until = *until;
	if (until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return EINVAL;
	if (waits.event == NULL)
		return ETIMEDOUT;
	return waited(m);
}

int
clock_gettime(clockid_t c, struct timespec *ret)
{
	if (waits.fixed && c == CLOCK_MONOTONIC)
		*ret = waits.now;
	else if (c == CLOCK_REALTIME) {
		struct timespec t;

		(void)timespec_get(&t, TIME_UTC);
		*ret = t;
	} else
		*ret = (struct timespec){ .tv_sec = 1 };
	return 0;
}

/* ---- memory ------------------------------------------------------------ */

static bool no_how; /* pthread_condattr_init() fails the next time */

int
pthread_condattr_init(pthread_condattr_t *a)
{
	if (no_how) {
		no_how = false;
		return ENOMEM;
	}
	memset(a, 0, sizeof(*a));
	return 0;
}

#ifndef __SANITIZE_ADDRESS__   /* it has an allocator of its own */
static long no_memory_at = -1; /* this one of that size fails */
static size_t no_memory_of;    /* 0: any */
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	if (no_memory_at < 0 ||
	    (no_memory_of != 0 && n * size != no_memory_of) ||
	    no_memory_at-- > 0)
		return __libc_calloc(n, size);
	return NULL;
}
#endif

/* ---- turns ------------------------------------------------------------- */

#define MANY 8

struct line {
	struct identity_conf conf[MANY];
	struct fleet_item at[MANY];
	size_t n;
	struct fleet_rules rules;
	struct turns *turns;
};
static struct line l;

static struct fleet_item *
add(const char *name, enum rot_state state, int ring)
{
	const size_t i = l.n++;

	assert_true(i < MANY);
	l.conf[i] = (struct identity_conf){ .name = (char *)(uintptr_t)name,
		.ring = ring };
	l.at[i] = (struct fleet_item){ .conf = &l.conf[i],
		.turn = TURN_WAITS,
		.state = state,
		.next_at = 100,
		.begins = state == ROT_IDLE,
		.kin = i };
	return &l.at[i];
}

static int
line_make(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	memset(&waits, 0, sizeof(waits));
	return 0;
}

static int
line_end(void **state)
{
	(void)state;
	turns_free(l.turns);
	return 0;
}

static void
begin(void)
{
	struct err e;

	assert_int_equal(turns_new(l.at, l.n, &l.rules, &l.turns, &e), EC_OK);
}

static struct fleet_item *
next(const char *name)
{
	struct fleet_item *it = turns_next(l.turns);

	assert_non_null(it);
	assert_string_equal(it->conf->name, name);
	assert_int_equal(it->turn, TURN_NOW);
	return it;
}

static void
done(struct fleet_item *it, enum ec ec, enum rot_state left)
{
	it->res.ec = ec;
	it->state = left;
	it->trouble = fleet_failed(ec);
	turns_done(l.turns, it);
}

/* Under way first, then by ring, by time, and as configured. */
static void
test_order(void **state)
{
	static const char *const want[] = { "under way", "also under way",
		"early", "first", "second", "of the next ring", "late there" };

	(void)state;
	add("late there", ROT_IDLE, 1)->next_at = 90;
	add("first", ROT_IDLE, 0);
	add("of the next ring", ROT_IDLE, 1)->next_at = 1;
	add("early", ROT_IDLE, 0)->next_at = 99;
	/* rings are nothing to what is under way */
	add("under way", ROT_PUSHING, 2)->next_at = 500;
	add("second", ROT_IDLE, 0);
	add("also under way", ROT_PUSHING, 1)->next_at = 600;
	begin();
	for (size_t i = 0; i < COUNT(want); i++)
		done(next(want[i]), EC_OK, i < 2 ? ROT_GRACE : ROT_IDLE);
	assert_null(turns_next(l.turns));
	assert_int_equal(waits.count, 0);
}

/* Each state in which clients have a pair that works, and those beside it. */
static void
test_well(void **state)
{
	(void)state;
	for (int s = 0; s < ROT__MAX; s++) {
		const bool well = s == ROT_IDLE || s == ROT_GRACE ||
		    s == ROT_DEACT || s == ROT_QUIET || s == ROT_DEL ||
		    s == ROT_DONE;
		struct fleet_item *it;

		assert_int_equal(line_make(NULL), 0);
		add("canary", (enum rot_state)s, 0)->turn = TURN_NONE;
		it = add("later", ROT_IDLE, 1);
		begin();
		if (well)
			done(next("later"), EC_OK, ROT_IDLE);
		assert_null(turns_next(l.turns));
		assert_int_equal(it->turn, well ? TURN_OVER : TURN_LEFT_OUT);
		assert_int_equal(it->res.left_out, !well);
		turns_free(TAKE(l.turns));
	}
}

static void
canary_ends_well(void)
{
	done(&l.at[0], EC_LATER, ROT_GRACE);
}

static void
canary_fails(void)
{
	done(&l.at[0], EC_CLIENT, ROT_PUSHING);
}

/* Whose turn it is may not be well after it, whatever he was before. */
static void
test_now_is_not_well(void **state)
{
	(void)state;
	add("canary", ROT_GRACE, 0);
	add("later", ROT_IDLE, 1);
	begin();
	(void)next("canary");
	waits.event = canary_ends_well;
	done(next("later"), EC_OK, ROT_IDLE);
	assert_int_equal(waits.count, 1);
	assert_null(turns_next(l.turns));
}

static void
test_waits_and_is_left_out(void **state)
{
	struct fleet_item *it;

	(void)state;
	add("canary", ROT_GRACE, 0);
	it = add("later", ROT_IDLE, 1);
	begin();
	(void)next("canary");
	waits.event = canary_fails;
	assert_null(turns_next(l.turns));
	assert_int_equal(waits.count, 1);
	assert_int_equal(it->turn, TURN_LEFT_OUT);
	assert_string_equal(it->res.identity, "later");
	assert_int_equal(it->res.next_at, 100);
	assert_non_null(strstr(it->res.e.what, "canary of ring 0"));
	assert_string_equal(it->res.e.fix, "rotate status canary");
}

/* Who waits for a place keeps nobody behind him from his turn; and has it when
 * the place is free, without another look at those who had theirs. */
static void
test_place(void **state)
{
	struct fleet_item *c;

	(void)state;
	add("a", ROT_IDLE, 0);
	add("b", ROT_IDLE, 0)->kin = 0;
	add("c", ROT_IDLE, 0);
	begin();
	(void)next("a");
	c = next("c");
	assert_int_equal(waits.count, 0);
	waits.event = canary_ends_well;
	done(next("b"), EC_OK, ROT_IDLE);
	assert_int_equal(waits.count, 1);
	done(c, EC_OK, ROT_IDLE);
	assert_null(turns_next(l.turns));
}

/* While another one's turn may decide, there may be one later; when all have
 * had theirs, there is none. */
static void
test_nobody_left(void **state)
{
	struct fleet_item *a;

	(void)state;
	a = add("a", ROT_IDLE, 0);
	begin();
	(void)next("a");
	assert_null(turns_next(l.turns)); /* does not wait for a's end */
	done(a, EC_OK, ROT_IDLE);
	assert_null(turns_next(l.turns));
}

/* stop_after 0 is never; at the number nothing begins, below it all does. */
static void
test_stop_after(void **state)
{
	(void)state;
	for (long stop = 0; stop < 4; stop++) {
		const bool goes = stop == 0 || stop > 2;
		struct fleet_item *it;

		assert_int_equal(line_make(NULL), 0);
		l.rules.stop_after = stop;
		for (int i = 0; i < 2; i++) {
			it = add("bad", ROT_BLOCKED, 0);
			it->turn = TURN_NONE;
			it->trouble = true;
		}
		it = add("next", ROT_IDLE, 0);
		begin();
		if (goes)
			done(next("next"), EC_OK, ROT_IDLE);
		assert_null(turns_next(l.turns));
		assert_int_equal(it->turn, goes ? TURN_OVER : TURN_LEFT_OUT);
		turns_free(TAKE(l.turns));
	}
}

/* What is under way and waits for a place is not well either. */
static void
pushed(void)
{
	done(&l.at[0], EC_LATER, ROT_GRACE);
}

static void
test_waiting_is_not_well(void **state)
{
	(void)state;
	add("x", ROT_PUSHING, 5)->next_at = 1;
	add("canary", ROT_GRACE, 0)->kin = 0;
	add("later", ROT_IDLE, 1);
	begin();
	(void)next("x");
	waits.event = pushed;
	done(next("canary"), EC_LATER, ROT_GRACE);
	assert_int_equal(waits.count, 1);
	done(next("later"), EC_OK, ROT_IDLE);
	assert_null(turns_next(l.turns));
}

/* What lies behind the items is nobody's. */
static void
test_behind(void **state)
{
	struct fleet_counts c;

	(void)state;
	l.rules.stop_after = 1;
	add("a", ROT_IDLE, 0);
	l.at[1] = l.at[0];
	l.at[1].trouble = true;
	begin();
	assert_true(turns_watch(l.turns, 0, &c, NULL, 0));
	assert_int_equal(c.all, 1);
	done(next("a"), EC_OK, ROT_IDLE);
	assert_null(turns_next(l.turns));
}

static void
test_no_memory(void **state)
{
	struct err e;

	(void)state;
	add("a", ROT_IDLE, 0);
	no_how = true;
	assert_int_equal(
	    turns_new(l.at, l.n, &l.rules, &l.turns, &e), EC_NOMEM);
	assert_null(l.turns);
#ifndef __SANITIZE_ADDRESS__
	no_memory_of = 0;
	for (long i = 0; i < 3; i++) {
		no_memory_at = i;
		assert_int_equal(
		    turns_new(l.at, l.n, &l.rules, &l.turns, &e), EC_NOMEM);
		assert_null(l.turns);
	}
	no_memory_at = -1;
#endif
}

static void
test_failed(void **state)
{
	(void)state;
	for (int ec = 0; ec < EC__MAX; ec++)
		assert_int_equal(fleet_failed((enum ec)ec),
		    ec != EC_OK && ec != EC_LATER && ec != EC_HUMAN);
}

/* Who is at it, and how many of each kind. */
static void
test_watch(void **state)
{
	const char *names[3] = { NULL, NULL, NULL };
	struct fleet_counts c;
	struct fleet_item *a, *b, *d;

	(void)state;
	l.rules.stop_after = 1;
	a = add("a", ROT_PUSHING, 0);
	b = add("b", ROT_PUSHING, 0);
	d = add("d", ROT_PUSHING, 0);
	add("none", ROT_IDLE, 0)->turn = TURN_NONE;
	add("out", ROT_IDLE, 0);
	begin();
	assert_true(turns_watch(l.turns, 0, &c, names, 2));
	assert_int_equal(c.all, 4);
	assert_int_equal(c.waiting, 4);
	assert_int_equal(c.now, 0);
	assert_null(names[0]);
	(void)next("a");
	(void)next("b");
	(void)next("d");
	assert_true(turns_watch(l.turns, 0, &c, names, 2));
	assert_int_equal(c.now, 3); /* only two fit */
	assert_int_equal(c.waiting, 1);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "b");
	assert_null(names[2]);
	done(a, EC_CLIENT, ROT_PUSHING);
	done(b, EC_LATER, ROT_GRACE);
	assert_null(turns_next(l.turns)); /* one is in trouble */
	/* nobody gets a turn any more, but one is at it: it is waited for */
	memset(&waits, 0, sizeof(waits));
	assert_true(turns_watch(l.turns, 0, &c, names, 2));
	assert_int_equal(c.over, 2);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.left_out, 1);
	assert_int_equal(c.now, 1);
	assert_string_equal(names[0], "d");
	assert_int_equal(waits.until.tv_sec, 1);
	done(d, EC_OK, ROT_GRACE);
	memset(&waits, 0, sizeof(waits));
	assert_false(turns_watch(l.turns, 0, &c, names, 2));
	assert_int_equal(waits.until.tv_sec, 0); /* there is no need to wait */
	assert_int_equal(c.over, 3);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.now, 0);
}

static void
stops(void)
{
	turns_stop(l.turns);
}

/* It wakes for each change, and looks again whether all is over. */
static void
test_watch_wakes(void **state)
{
	struct fleet_counts c;

	(void)state;
	add("a", ROT_IDLE, 0);
	begin();
	waits.event = stops;
	assert_false(turns_watch(l.turns, 1000, &c, NULL, 0));
	assert_int_equal(waits.count, 1);
	assert_int_equal(c.waiting, 1);
	assert_null(turns_next(l.turns));
}

/* Until when, to the nanosecond. */
static void
test_watch_until(void **state)
{
	static const struct {
		int64_t ms;
		struct timespec now, until;
	} rows[] = {
		{ 0, { 5, 0 }, { 5, 0 } },
		{ 1, { 5, 998999999 }, { 5, 999999999 } },
		{ 1, { 5, 999000000 }, { 6, 0 } },
		{ 2500, { 5, 600000000 }, { 8, 100000000 } },
	};
	struct fleet_counts c;

	(void)state;
	add("a", ROT_IDLE, 0);
	begin();
	for (size_t i = 0; i < COUNT(rows); i++) {
		waits.fixed = true;
		waits.now = rows[i].now;
		assert_true(turns_watch(l.turns, rows[i].ms, &c, NULL, 0));
		assert_int_equal(waits.until.tv_sec, rows[i].until.tv_sec);
		assert_int_equal(waits.until.tv_nsec, rows[i].until.tv_nsec);
	}
}

static void
test_nothing(void **state)
{
	struct fleet_counts c;

	(void)state;
	begin();
	assert_null(turns_next(l.turns));
	assert_false(turns_watch(l.turns, 0, &c, NULL, 0));
	turns_free(NULL);
}

/* ---- kin --------------------------------------------------------------- */

#define HEAD                                                                   \
	"account: \"123456789012\"\nidentities:\n"                             \
	"- name: a\n  regions: [us-east-1]\n"                                  \
	"- name: b\n  regions: [us-east-1]\n"                                  \
	"- name: c\n  regions: [us-east-1]\n"                                  \
	"- name: d\n  regions: [us-east-1]\n"                                  \
	"clients:\n"
#define WRITES(name, id, path)                                                 \
	"\n- name: " name "\n  identity: " id "\n  type: file\n  path: " path  \
	"\n  format: dotenv\n  username: U\n  password: P\n"
#define ASKS(name, id)                                                         \
	"\n- name: " name "\n  identity: " id "\n  type: manual\n  what: x\n"

static void
test_kin(void **state)
{
	static const struct {
		const char *clients;
		size_t kin[4];
	} rows[] = {
		{ " []\n", { 0, 1, 2, 3 } },
		{ ASKS("1", "a") ASKS("2", "b"), { 0, 1, 2, 3 } },
		{ WRITES("1", "a", "/x"), { 0, 1, 2, 3 } },
		{ WRITES("1", "a", "/x") WRITES("2", "b", "/y"),
		    { 0, 1, 2, 3 } },
		{ WRITES("1", "b", "/x") WRITES("2", "d", "/x"),
		    { 0, 1, 2, 1 } },
		{ WRITES("1", "d", "/x") WRITES("2", "b", "/x"),
		    { 0, 1, 2, 1 } },
		/* one after the other: a-d by /x, d-b by /y */
		{ WRITES("1", "d", "/x") WRITES("2", "a", "/x")
			WRITES("3", "d", "/y") WRITES("4", "b", "/y"),
		    { 0, 0, 2, 0 } },
		/* two pairs, and then they are one */
		{ WRITES("1", "c", "/x") WRITES("2", "d", "/x")
			WRITES("3", "a", "/y") WRITES("4", "b", "/y"),
		    { 0, 0, 2, 2 } },
		{ WRITES("1", "c", "/x") WRITES("2", "d", "/x")
			WRITES("3", "a", "/y") WRITES("4", "b", "/y")
			    WRITES("5", "d", "/z") WRITES("6", "b", "/z"),
		    { 0, 0, 0, 0 } },
		{ WRITES("1", "d", "/a") WRITES("2", "c", "/a")
			WRITES("3", "c", "/b") WRITES("4", "b", "/b")
			    WRITES("5", "b", "/c") WRITES("6", "a", "/c"),
		    { 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fleet_item items[4] = { { .kin = 9 } };
		char text[4096];
		struct config *c;
		struct err e;

		(void)snprintf(
		    text, sizeof(text), "%s%s", HEAD, rows[i].clients);
		c = good(text);
		assert_int_equal(c->n_identities, 4);
		for (size_t k = 0; k < 4; k++)
			items[k].conf = &c->identities[k];
		assert_int_equal(fleet_kin(c, items, 4, &e), EC_OK);
		for (size_t k = 0; k < 4; k++)
			if (items[k].kin != rows[i].kin[k])
				die("row %zu, %zu: %zu", i, k, items[k].kin);
		config_free(c);
	}
}

/* ---- items ------------------------------------------------------------- */

/* A store that is a few rows, and one value. */
struct row {
	const char *identity;
	enum rot_state state;
	int64_t next_at;
	const char *body;  /* NULL: as a record of this state */
	const char *error; /* of its client */
};

static struct shelf {
	struct row rows[6];
	size_t n;
	char ages[128];
	enum ec each, get, set; /* fail with that */
	int sets;
} shelf;

static enum ec
refuse(enum ec ec, struct err *e)
{
	return ec == EC_OK ? EC_OK : fail(e, ec, "refused");
}

static enum ec
shelf_each(void *ctx, int64_t until,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	(void)ctx;
	assert_true(until == INT64_MAX);
	for (size_t i = 0; i < shelf.n; i++) {
		const struct row *r = &shelf.rows[i];
		AUTO(buf) struct buf body = BUF(1 << 16);
		AUTO(rec) struct rec rec = { 0 };
		struct rec_client *c = NULL;
		struct store_row row = { .identity = r->identity,
			.state = r->state,
			.next_at = r->next_at,
			.body = r->body };

		rec_init(&rec, r->identity);
		rec.state = r->state;
		rec.next_at = r->next_at;
		TRY(rec_client_add(&rec, "web", &c, e));
		if (r->error != NULL)
			(void)snprintf(
			    c->error, sizeof(c->error), "%s", r->error);
		TRY(rec_encode(&rec, &body, e));
		if (row.body == NULL)
			row.body = buf_str(&body);
		TRY(fn(arg, &row, e));
	}
	return refuse(shelf.each, e);
}

static enum ec
shelf_get(void *ctx, const char *key, struct buf *ret, struct err *e)
{
	(void)ctx;
	assert_string_equal(key, "max-ages");
	TRY(refuse(shelf.get, e));
	if (shelf.ages[0] == '\0')
		return fail(e, EC_GONE, "no such value");
	return buf_adds(ret, shelf.ages, e);
}

static enum ec
shelf_set(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	assert_string_equal(key, "max-ages");
	shelf.sets++;
	TRY(refuse(shelf.set, e));
	(void)snprintf(shelf.ages, sizeof(shelf.ages), "%s", value);
	return EC_OK;
}

static void
shelf_close(void *ctx)
{
	(void)ctx;
}

static struct args args;
static struct app app;

#define FOUR HEAD " []\n"

static void
app_of(const char *text)
{
	app = (struct app){ .args = &args,
		.config = good(text),
		.store = { .ctx = &shelf,
		    .each = shelf_each,
		    .meta_get = shelf_get,
		    .meta_set = shelf_set,
		    .close = shelf_close } };
}

static int
items_make(void **state)
{
	(void)state;
	memset(&shelf, 0, sizeof(shelf));
	memset(&args, 0, sizeof(args));
	memset(&waits, 0, sizeof(waits));
	app_of(FOUR);
	return 0;
}

static int
items_end(void **state)
{
	(void)state;
	app_close(&app);
	return 0;
}

static void
row(const char *identity, enum rot_state state, int64_t in)
{
	struct row *r = &shelf.rows[shelf.n++];

	*r = (struct row){ .identity = identity,
		.state = state,
		.next_at = clock_wall() + in };
}

/* As after a run that looked at everybody. */
static void
seen_all(void)
{
	struct fleet_items f = { .at = NULL };
	struct err e;

	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_int_equal(fleet_items_seen(&app, &f, &e), EC_OK);
	auto_fleet_items(&f);
}

/* Letters of those who get a turn. */
static void
assert_turns(const char *want)
{
	struct fleet_items f = { .at = NULL };
	char got[8] = "";
	struct err e = { .what = "of before" };

	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_string_equal(e.what, "");
	assert_int_equal(f.n, 4);
	for (size_t i = 0; i < f.n; i++) {
		assert_ptr_equal(f.at[i].conf, &app.config->identities[i]);
		if (f.at[i].turn == TURN_WAITS)
			(void)strncat(got, f.at[i].conf->name, 1);
		else
			assert_int_equal(f.at[i].turn, TURN_NONE);
	}
	assert_string_equal(got, want);
	assert_int_equal(f.wanted, strlen(want));
	auto_fleet_items(&f);
}

/* Who has no row was never looked at; who has one comes when it says so. */
static void
test_due(void **state)
{
	(void)state;
	row("a", ROT_IDLE, 20 * DAY);
	row("b", ROT_GRACE, HOUR);
	row("gone", ROT_PUSHING, -HOUR); /* left the configuration */
	row("c", ROT_IDLE, -HOUR);
	assert_turns("abcd"); /* nobody knows what the dates were made from */
	seen_all();
	assert_int_equal(strlen(shelf.ages), 64);
	assert_turns("cd");
	row("d", ROT_IDLE, HOUR);
	assert_turns("c");
	shelf.rows[3].next_at += 2 * HOUR;
	assert_turns("");
}

/* A person, or somebody who waits, wants a look all the same. */
static void
test_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		row(i == 0       ? "a"
			: i == 1 ? "b"
			: i == 2 ? "c"
				 : "d",
		    ROT_IDLE, HOUR);
	seen_all();
	assert_turns("");
	args.force = true;
	assert_turns("abcd");
	args.force = false;
	args.wait = true;
	assert_turns("abcd");
	args.wait = false;
	args.identities[0] = "b";
	assert_turns("b");
	args.identities[1] = "d";
	assert_turns("bd");
	args.identities[0] = NULL;
	assert_turns("");
}

/* Another age of one identity, or another name: all are looked at again. */
static void
test_ages(void **state)
{
	static const char *const other[] = {
		"account: \"123456789012\"\nidentities:\n"
		"- name: a\n  regions: [us-east-1]\n"
		"- name: b\n  regions: [us-east-1]\n"
		"- name: c\n  regions: [us-east-1]\n  max_age: 33d\n"
		"- name: d\n  regions: [us-east-1]\n",
		"account: \"123456789012\"\nidentities:\n"
		"- name: a\n  regions: [us-east-1]\n"
		"- name: b\n  regions: [us-east-1]\n"
		"- name: d\n  regions: [us-east-1]\n"
		"- name: c\n  regions: [us-east-1]\n",
	};

	(void)state;
	row("a", ROT_IDLE, HOUR);
	row("b", ROT_IDLE, HOUR);
	row("c", ROT_IDLE, HOUR);
	row("d", ROT_IDLE, HOUR);
	seen_all();
	assert_turns("");
	for (size_t i = 0; i < COUNT(other); i++) {
		struct fleet_items f = { .at = NULL };
		struct err e;

		config_free(app.config);
		app_of(other[i]);
		assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
		assert_true(f.changed);
		assert_int_equal(f.wanted, 4);
		assert_int_equal(strlen(f.ages), 64);
		auto_fleet_items(&f);
	}
}

/* What is known of each. */
static void
test_facts(void **state)
{
	struct fleet_items f = { .at = NULL };
	struct err e;

	(void)state;
	row("a", ROT_IDLE, HOUR);
	row("b", ROT_BLOCKED, 2 * HOUR);
	shelf.rows[0].error = "of a rotation that is over";
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_true(f.changed && f.under_way);
	assert_true(f.at[0].begins && !f.at[0].trouble);
	assert_int_equal(f.at[0].state, ROT_IDLE);
	assert_true(f.at[0].next_at == shelf.rows[0].next_at);
	assert_true(!f.at[1].begins && f.at[1].trouble);
	assert_int_equal(f.at[1].state, ROT_BLOCKED);
	assert_true(f.at[1].next_at == shelf.rows[1].next_at);
	assert_true(f.at[2].begins && !f.at[2].trouble);
	assert_int_equal(f.at[2].next_at, 0);
	auto_fleet_items(&f);
	shelf.n = 1;
	f = (struct fleet_items){ .at = NULL };
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_false(f.under_way);
	auto_fleet_items(&f);
}

static void
test_trouble(void **state)
{
	static const struct {
		enum rot_state state;
		const char *body, *error;
		bool trouble;
	} rows[] = {
		{ ROT_PUSHING, NULL, NULL, false },
		{ ROT_PUSHING, NULL, "no answer", true },
		{ ROT_GRACE, NULL, "it is lost", true },
		{ ROT_RB, NULL, NULL, true },
		{ ROT_BLOCKED, NULL, NULL, true },
		/* told of by the one who opens it */
		{ ROT_BLOCKED, "{", NULL, false },
		{ ROT_IDLE, NULL, "old", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fleet_items f = { .at = NULL };
		struct err e;

		shelf.n = 0;
		row("b", rows[i].state, HOUR);
		shelf.rows[0].body = rows[i].body;
		shelf.rows[0].error = rows[i].error;
		assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
		if (f.at[1].trouble != rows[i].trouble)
			die("row %zu", i);
		auto_fleet_items(&f);
	}
}

#ifndef __SANITIZE_ADDRESS__
static void
test_no_memory_for_items(void **state)
{
	static const size_t sizes[] = { 4 * sizeof(struct fleet_item),
		/* one client and one place more, of two numbers each */
		2 * sizeof(size_t) };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct fleet_items f = { .at = NULL };
		struct err e;

		no_memory_of = sizes[i];
		no_memory_at = 0;
		assert_int_equal(fleet_items(&app, &f, &e), EC_NOMEM);
		no_memory_at = -1;
		auto_fleet_items(&f);
	}
}
#endif

/* Nobody goes on from half of what there is. */
static void
test_failures(void **state)
{
	struct fleet_items f = { .at = NULL };
	struct err e;

	(void)state;
	shelf.each = EC_DAMAGED;
	assert_int_equal(fleet_items(&app, &f, &e), EC_DAMAGED);
	auto_fleet_items(&f);
	f.at = NULL;
	shelf.each = EC_OK;
	shelf.get = EC_IO;
	assert_int_equal(fleet_items(&app, &f, &e), EC_IO);
	auto_fleet_items(&f);
	f.at = NULL;
	shelf.get = EC_OK;
	args.identities[0] = "nobody";
	assert_int_equal(fleet_items(&app, &f, &e), EC_USAGE);
	auto_fleet_items(&f);
	f.at = NULL;
	args.identities[0] = NULL;
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	shelf.set = EC_IO;
	assert_int_equal(fleet_items_seen(&app, &f, &e), EC_IO);
	assert_int_equal(shelf.sets, 1);
	auto_fleet_items(&f);
}

/* No configuration, no store: that is the answer. */
static void
test_not_there(void **state)
{
	struct fleet_items f = { .at = NULL };
	struct app bare = { .args = &args };
	char dir[] = "/tmp/fleet.XXXXXX";
	char path[64];
	struct err e = { 0 };
	FILE *o;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/rotate.yaml", dir);
	args.config = path;
	assert_true(fleet_items(&bare, &f, &e) != EC_OK);
	assert_null(f.at);
	assert_null(bare.config);
	(void)umask(077);
	o = fopen(path, "we");
	assert_non_null(o);
	(void)fprintf(o, "state: %s/no/such\n" FOUR, dir);
	(void)fclose(o);
	assert_true(fleet_items(&bare, &f, &e) != EC_OK);
	assert_non_null(bare.config);
	assert_null(bare.store.ctx);
	assert_null(f.at);
	app_close(&bare);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Who shares a place is found when there is more than one turn to give. */
static void
test_kin_of_turns(void **state)
{
	struct fleet_items f = { .at = NULL };
	struct err e;

	(void)state;
	config_free(app.config);
	app_of(HEAD WRITES("1", "b", "/x") WRITES("2", "d", "/x"));
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(f.at[i].kin, i == 3 ? 1 : i);
	auto_fleet_items(&f);
	f = (struct fleet_items){ .at = NULL };
	args.identities[0] = "b";
	args.identities[1] = "d";
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_int_equal(f.at[3].kin, 1);
	auto_fleet_items(&f);
	/* one turn: each is his own */
	f = (struct fleet_items){ .at = NULL };
	args.identities[1] = NULL;
	assert_int_equal(fleet_items(&app, &f, &e), EC_OK);
	assert_int_equal(f.at[3].kin, 3);
	auto_fleet_items(&f);
}

/* ---- windows ----------------------------------------------------------- */

/* Each character of a time has its kind, also next to the digits. */
static void
test_window(void **state)
{
	static const char good[] = "mon 11:11-12:22";
	static const char *const bad[] = { "mon 11:60-13:00",
		"-fri 02:00-03:00", "mon--fri 02:00-03:00", "mon 02:00-13:60" };
	struct window w;

	(void)state;
	assert_true(window_parse(good, &w));
	for (size_t i = 4; good[i] != '\0'; i++)
		for (const char *c = "/:.; a"; *c != '\0'; c++) {
			char text[sizeof(good)];

			memcpy(text, good, sizeof(good));
			text[i] = *c;
			if (*c != good[i] && window_parse(text, &w))
				die("%s", text);
		}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (window_parse(bad[i], &w))
			die("%s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define L(t) cmocka_unit_test_setup_teardown(t, line_make, line_end)
#define I(t) cmocka_unit_test_setup_teardown(t, items_make, items_end)
		L(test_order),
		L(test_well),
		L(test_now_is_not_well),
		L(test_waits_and_is_left_out),
		L(test_place),
		L(test_nobody_left),
		L(test_stop_after),
		L(test_waiting_is_not_well),
		L(test_behind),
		L(test_no_memory),
		L(test_failed),
		L(test_watch),
		L(test_watch_wakes),
		L(test_watch_until),
		L(test_nothing),
		cmocka_unit_test(test_kin),
		I(test_due),
		I(test_wanted),
		I(test_ages),
		I(test_facts),
		I(test_trouble),
#ifndef __SANITIZE_ADDRESS__
		I(test_no_memory_for_items),
#endif
		I(test_failures),
		I(test_not_there),
		I(test_kin_of_turns),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests_name(
	    "fleet, small decisions", tests, NULL, NULL);
}
