/* The small decisions of the DynamoDB store that whole sessions do not show
 * (tests/mutants): how often it asks, how long it waits, what it says. */
#undef _FORTIFY_SOURCE /* its inline open() would get in the way of ours */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "dynamo_world.h"
#include "rotator/store_dynamodb_p.h"

/* As if this were another boot, or one that cannot be told. */
static const char *other_boot;

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (other_boot == NULL || strstr(path, "boot_id") == NULL)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	fd = memfd_create("boot_id", MFD_CLOEXEC);
	(void)!write(fd, other_boot, strlen(other_boot));
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
fault(const char *json)
{
	standin_post(&door, "/strict/fault", json);
}

static void
clear(void)
{
	standin_post(&door, "/strict/clear", "{}");
}

#define WRITE    "{\"at\":\"TransactWriteItems\","
#define MINE     "\"user\":\"AKIAROTATORROTATOR01\","
#define THROTTLE "\"how\":\"error\",\"code\":\"ThrottlingException\"}"
#define CANCEL   "\"how\":\"error\",\"code\":\"TransactionCanceledException\"}"

/* How many requests of that action came until now. */
static int
asked(const char *action)
{
	AUTO(json) cJSON *j = standin_ctl(&door, "POST", "/strict/seen", "{}");
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(j, action);

	return n != NULL ? (int)cJSON_GetNumberValue(n) : 0;
}

/* A store whose naps are noted, and may be disturbed. */
static struct {
	int64_t ms[16];
	size_t n;
	void (*meanwhile)(size_t nap);
	struct store *other; /* of another rotator */
} naps;

static void
nap(void *ctx, int64_t ms)
{
	(void)ctx;
	assert_true(naps.n < COUNT(naps.ms));
	naps.ms[naps.n] = ms;
	if (naps.meanwhile != NULL)
		naps.meanwhile(naps.n);
	naps.n++;
}

static void
open_as(const struct conform *c, const struct rotator *r, struct store *ret)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = dynamo_options(c, r, seen);
	struct err e = { 0 };

	o.sleep = nap;
	memset(&naps, 0, sizeof(naps));
	WANT(EC_OK, store_dynamodb_open(&o, STORE_RW, ret, &e));
}

static void
assert_same(const char *what, const char *part)
{
	if (strstr(what, part) == NULL)
		print_error("\"%s\" has no \"%s\"\n", what, part);
	assert_non_null(strstr(what, part));
}

/* Refused each time: eight tries, further and further apart. */
static void
test_tries(void **state)
{
	static const int64_t want[] = { 200, 450, 800, 1250, 1800, 2450 };
	AUTO(store) struct store s = { 0 };
	const struct event ev = { .at = T0, .what = "x" };
	struct err e = { 0 };
	int before;

	open_as(*state, &rotators[1], &s);
	fault(WRITE CANCEL);
	before = asked("TransactWriteItems");
	WANT(EC_TEMP, s.note(s.ctx, &ev, &e));
	assert_int_equal(asked("TransactWriteItems") - before, 8);
	assert_same(e.what, "TransactionCanceled");
	assert_same(e.fix, "run again; if it stays");
	assert_int_equal(naps.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(naps.ms[i], want[i]);
	clear();
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	assert_events(&s, NULL, "1  x \n");
}

/* What was written is found by the root alone, also of a change that has
 * nothing else to be known by; it is not sent again. */
static void
test_found_at_once(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	open_as(*state, &rotators[1], &s);
	WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
	fault(WRITE "\"how\":\"lost\",\"times\":1}");
	fault(WRITE THROTTLE);
	WANT(EC_OK, s.fence(s.ctx, T0, &e));
	assert_string_equal(e.what, ""); /* of what was lost on the way */
	WANT(EC_TEMP, s.fence(s.ctx, T0, &e));
	clear();
	WANT(EC_OK, s.fence(s.ctx, T0, &e));
}

static void
write_then_throttle(size_t at)
{
	const struct event ev = { .at = T0, .what = "operator" };
	struct err e = { 0 };

	if (at == 0)
		WANT(EC_OK, naps.other->note(naps.other->ctx, &ev, &e));
	else
		fault(WRITE MINE THROTTLE);
}

/* A request was lost, and then somebody else wrote: it can have no effect any
 * more, so what fails later is what it is, and nothing is in doubt. */
static void
test_chance_is_over(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(store) struct store other = { 0 };
	const struct event ev = { .at = T0, .what = "mine" };
	struct err e = { 0 };

	open_as(*state, &rotators[2], &other);
	open_as(*state, &rotators[1], &s);
	naps.other = &other;
	naps.meanwhile = write_then_throttle;
	fault(WRITE MINE "\"how\":\"cut\",\"times\":2}");
	WANT(EC_TEMP, s.note(s.ctx, &ev, &e));
	assert_same(e.what, "Throttling");
	assert_int_equal(naps.n, 2);
	clear();
	naps.meanwhile = NULL;
	WANT(EC_OK, s.note(s.ctx, &ev, &e)); /* it is believed */
	assert_events(&s, NULL, "1  operator \n2  mine \n");
}

static bool look_fails;

/* The first request lands at last, and somebody else writes behind it. */
static void
land_and_write(size_t at)
{
	const struct event ev = { .at = T0, .what = "operator" };
	struct err e = { 0 };

	if (at > 0)
		return;
	standin_post(&door, "/strict/land", "{}");
	WANT(EC_OK, naps.other->note(naps.other->ctx, &ev, &e));
	if (look_fails) /* the root is seen, but not what is behind it */
		fault("{\"at\":\"GetItem\"," MINE "\"after\":1," THROTTLE);
}

/* It landed before what others wrote: that is found, and when it cannot be
 * looked for nothing is sent again. */
static void
test_landed_before(void **state)
{
	const struct event ev = { .at = T0, .what = "mine" };
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(store) struct store other = { 0 };

		open_as(*state, &rotators[2], &other);
		open_as(*state, &rotators[1], &s);
		naps.other = &other;
		naps.meanwhile = land_and_write;
		look_fails = i == 1;
		fault(WRITE MINE "\"how\":\"late\",\"times\":1}");
		fault(WRITE MINE "\"how\":\"cut\",\"times\":1}");
		WANT(look_fails ? EC_UNKNOWN : EC_OK, s.note(s.ctx, &ev, &e));
		clear();
		assert_events(&other, NULL, "1  mine \n2  operator \n");
		auto_store(&s);
		auto_store(&other);
		assert_int_equal(dynamo_end(state), 0);
		assert_int_equal(dynamo_make(state), 0);
	}
}

static void
other_holds(size_t at)
{
	const struct hold h = { true, T0, "bob", "his" };
	struct err e = { 0 };

	if (at == 0)
		WANT(EC_OK,
		    naps.other->hold_set(naps.other->ctx, "shop", &h, &e));
}

static void
other_lifts(size_t at)
{
	const struct hold none = { .held = false };
	struct err e = { 0 };

	if (at == 0)
		WANT(EC_OK,
		    naps.other->hold_set(naps.other->ctx, "shop", &none, &e));
}

/* What somebody else wrote there meanwhile is not taken for ours. */
static void
test_not_ours(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(store) struct store other = { 0 };
	struct hold h = { true, T0, "ann", "hers" };
	struct err e = { 0 };

	open_as(*state, &rotators[2], &other);
	open_as(*state, &rotators[1], &s);
	naps.other = &other;
	naps.meanwhile = other_holds;
	fault(WRITE MINE "\"how\":\"cut\",\"times\":2}");
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	assert_int_equal(naps.n, 2);
	WANT(EC_OK, other.hold_get(other.ctx, "shop", &h, &e));
	assert_string_equal(h.by, "ann");
}

/* Nor is anything in doubt when somebody else has done it. */
static void
test_done_by_another(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(store) struct store other = { 0 };
	struct hold h = { true, T0, "ann", "hers" };
	struct err e = { 0 };

	open_as(*state, &rotators[2], &other);
	open_as(*state, &rotators[1], &s);
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	naps.other = &other;
	naps.meanwhile = other_lifts;
	h.held = false;
	fault(WRITE MINE "\"how\":\"cut\",\"times\":2}");
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	assert_int_equal(naps.n, 1);
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e)); /* it is believed */
	assert_false(h.held);
}

/* ---- the lease --------------------------------------------------------- */

/* Whose it is, and what to do about it. */
static void
test_lease_words(void **state)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };
	char pid[64];

	(void)snprintf(pid, sizeof(pid), "kill %d on ", (int)getpid());
	open_as(*state, &rotators[1], &a);
	open_as(*state, &rotators[2], &b);
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
	assert_same(e.what, "we do not hold its lease");
	WANT(EC_OK, b.lease(b.ctx, T0, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e)); /* it never was ours */
	assert_same(e.what, "we do not hold its lease");
	WANT(EC_BUSY, a.lease(a.ctx, T0, TTL, &e));
	assert_same(e.what, "has it since 2025-11-21T04:40:00Z");
	assert_same(e.fix, pid);
	assert_same(e.fix, "if silent for 1");
	b.unlease(b.ctx);
	WANT(EC_OK, a.lease(a.ctx, T0, TTL, &e));
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	dynamo_now += TTL;
	WANT(EC_OK, b.lease(b.ctx, T0, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
	assert_same(e.what, "our lease was taken over: ");
	assert_same(e.what, "has it since");
	assert_string_equal(e.fix, "run again");
	b.unlease(b.ctx);
	WANT(EC_OK, a.lease(a.ctx, T0, TTL, &e));
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	dynamo_now += TTL;
	WANT(EC_OK, b.lease(b.ctx, T0, TTL, &e));
	b.unlease(b.ctx);
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
	assert_same(e.what, "our lease was taken over, and is free again");
	assert_string_equal(e.fix, "run again");
}

/* The longer span of both is waited for. */
static void
test_longer_span(void **state)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };

	open_as(*state, &rotators[1], &a);
	open_as(*state, &rotators[2], &b);
	WANT(EC_OK, a.lease(a.ctx, T0, 1000, &e));
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	dynamo_now += TTL - 1;
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	dynamo_now += 1;
	WANT(EC_OK, b.lease(b.ctx, T0, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
}

/* A host of the same name under another boot is another host: machines that
 * are made from one image share their names. */
static void
test_clone(void **state)
{
	static const char *const boots[] = {
		"6f1c1d5e-0d0a-4c56-9d5f-3b1c2a4e5f60\n", ""
	};
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(boots); i++) {
		AUTO(store) struct store a = { 0 };
		AUTO(store) struct store b = { 0 };

		open_as(*state, &rotators[1], &a);
		open_as(*state, &rotators[2], &b);
		other_boot = boots[i];
		WANT(EC_OK, a.lease(a.ctx, T0, TTL, &e));
		other_boot = i == 0 ? NULL : boots[i];
		WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
		WANT(EC_OK, a.fence(a.ctx, T0, &e));
		a.unlease(a.ctx);
		other_boot = NULL;
	}
}

/* ---- counting ---------------------------------------------------------- */

struct haste {
	struct store *other;
	pthread_t t;
	int looks;        /* of which each is disturbed */
	int queries;      /* asked before */
	atomic_bool over; /* nobody counts any more */
};

static int
held(void)
{
	AUTO(json) cJSON *j = standin_ctl(&door, "POST", "/strict/held", "{}");

	return (int)cJSON_GetNumberValue(
	    cJSON_GetObjectItemCaseSensitive(j, "held"));
}

/* While the records are being counted a hold is set or lifted; the holds are
 * let through. */
static void *
hurry(void *arg)
{
	struct haste *x = arg;
	struct hold h = { false, T0, "bob", "" };
	struct err e = { 0 };

	for (int i = 0; i < 2 * x->looks; i++) {
		while (!x->over &&
		    (asked("Query") <= x->queries + i || held() == 0))
			(void)sched_yield();
		h.held = i % 4 == 0;
		if (i % 2 == 0 && !x->over &&
		    x->other->hold_set(x->other->ctx, "shop", &h, &e) != EC_OK)
			return NULL;
		standin_post(&door, "/strict/release", "{}");
	}
	return arg;
}

/* Somebody writes between two looks: then it is looked at again, five times,
 * and nothing is called damaged for it. */
static void
test_faster_than_counted(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(store) struct store other = { 0 };

	open_as(*state, &rotators[2], &other);
	open_as(*state, &rotators[1], &s);
	for (int looks = 4; looks < 6; looks++) {
		struct haste x = { .other = &other,
			.looks = looks,
			.queries = asked("Query") };
		struct hold h = { .held = false };
		struct err e = { 0 };
		char text[100];
		void *done = NULL;
		enum ec ec;
		int all;

		(void)snprintf(text, sizeof(text),
		    "{\"at\":\"Query\"," MINE "\"how\":\"hold\",\"times\":%d}",
		    2 * looks);
		fault(text);
		assert_int_equal(pthread_create(&x.t, NULL, hurry, &x), 0);
		ec = s.hold_get(s.ctx, "mail", &h, &e);
		x.over = true;
		assert_int_equal(pthread_join(x.t, &done), 0);
		assert_non_null(done);
		assert_ec(ec, looks < 5 ? EC_OK : EC_TEMP, &e);
		all = asked("Query") - x.queries;
		assert_int_equal(all, 10);
		clear();
		if (ec == EC_OK) { /* counted: once a process */
			auto_store(&s);
			open_as(*state, &rotators[1], &s);
			continue;
		}
		assert_same(e.what, "faster than it can be counted");
	}
}

/* What each costs in requests, when nobody is in the way. */
static void
test_costs(void **state)
{
	static const char *const actions[] = { "GetItem", "Query",
		"BatchGetItem", "TransactWriteItems" };
	static const int want[][4] = {
		{ 1, 0, 0, 0 }, /* open */
		{ 1, 0, 0, 1 }, /* lease */
		{ 0, 0, 0, 1 }, /* commit, a new record */
		{ 0, 0, 0, 1 }, /* commit, an old one, with an event */
		{ 0, 0, 0, 1 }, /* fence */
		{ 1, 0, 0, 0 }, /* load */
		{ 0, 1, 1, 0 }, /* who is due */
		{ 0, 1, 0, 0 }, /* nobody is due */
		{ 2, 2, 0, 0 }, /* no hold: all are counted */
		{ 1, 0, 0, 0 }, /* again: they were */
		{ 0, 0, 0, 1 }, /* unlease */
		{ 0, 0, 0, 0 }, /* again */
	};
	struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec got = { 0 };
	struct hold h = { .held = false };
	struct err e = { 0 };
	int before[4];

	rec_init(&r, "shop");
	r.next_at = T0;
	for (size_t i = 0; i < COUNT(want); i++) {
		for (size_t a = 0; a < 4; a++)
			before[a] = asked(actions[a]);
		switch (i) {
		case 0:
			open_as(c, &rotators[1], &s);
			break;
		case 1:
			WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
			break;
		case 2:
			WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
			break;
		case 3:
			keep(&s, &r, "x");
			break;
		case 4:
			WANT(EC_OK, s.fence(s.ctx, T0, &e));
			break;
		case 5:
			WANT(EC_OK, s.load(s.ctx, "shop", &got, &e));
			break;
		case 6:
			assert_due(&s, T0, "shop ");
			break;
		case 7:
			assert_due(&s, T0 - 1, "");
			break;
		case 8:
		case 9:
			WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e));
			break;
		default:
			s.unlease(s.ctx);
		}
		for (size_t a = 0; a < 4; a++)
			if (asked(actions[a]) - before[a] != want[i][a]) {
				print_error("%zu: %s %d\n", i, actions[a],
				    asked(actions[a]) - before[a]);
				assert_int_equal(0, 1);
			}
	}
}

/* A word said again, or taken back that was never said, writes what differs
 * and no more. */
static void
test_holds(void **state)
{
	struct hold h = { true, T0, "ann", "x" };
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	int before;

	open_as(*state, &rotators[1], &s);
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	h.held = false;
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	before = asked("TransactWriteItems");
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	assert_int_equal(asked("TransactWriteItems"), before);
	/* all were counted */
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e));
	assert_false(h.held);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, dynamo_make, dynamo_end)
		T(test_tries),
		T(test_found_at_once),
		T(test_chance_is_over),
		T(test_landed_before),
		T(test_not_ours),
		T(test_done_by_another),
		T(test_lease_words),
		T(test_longer_span),
		T(test_clone),
		T(test_faster_than_counted),
		T(test_costs),
		T(test_holds),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	door_open("moto");
	return cmocka_run_group_tests_name("store dynamodb, small decisions",
	    tests, dynamo_begin, dynamo_finish);
}
