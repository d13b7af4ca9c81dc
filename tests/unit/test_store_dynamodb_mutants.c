/* The small decisions of the DynamoDB store that whole sessions do not show
 * (tests/mutants): how often it asks, how long it waits, what it says. */
#undef _FORTIFY_SOURCE /* its inline open() would get in the way of ours */

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
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
	int64_t ms[64];
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
	assert_true(naps.n > 2); /* and it was patient */
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
	auto_store(&a);
	open_as(*state, &rotators[1], &a); /* and sees whose it is */
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
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

/* Who has none gives none back: nothing is asked for it. */
static void
test_none_to_give(void **state)
{
	AUTO(store) struct store s = { 0 };
	const struct event ev = { .at = T0, .what = "x" };
	struct err e = { 0 };
	int before;

	open_as(*state, &rotators[1], &s);
	fault(WRITE THROTTLE);
	WANT(EC_TEMP, s.note(s.ctx, &ev, &e)); /* what it knew is old now */
	clear();
	before = asked("GetItem");
	s.unlease(s.ctx);
	assert_int_equal(asked("GetItem"), before);
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

/* ---- records ----------------------------------------------------------- */

/* Puts a text where a hand in the table would. */
static void
forge(const struct conform *c, const char *kind, const char *name,
    const char *attribute, const char *text)
{
	AUTO(buf) struct buf b = BUF(1 << 16);
	AUTO(json) cJSON *j = NULL;
	struct err e = { 0 };

	WANT(EC_OK,
	    buf_addf(&b, &e,
		"{\"action\":\"UpdateItem\",\"body\":{\"TableName\":\"%s\","
		"\"Key\":{\"k\":{\"S\":\"%s\"},\"s\":{\"S\":\"%s\"}},"
		"\"UpdateExpression\":\"SET #a = :v\","
		"\"ExpressionAttributeNames\":{\"#a\":\"%s\"},"
		"\"ExpressionAttributeValues\":{\":v\":{\"S\":",
		strrchr(c->place, '/') + 1, kind, name, attribute));
	WANT(EC_OK, dyn_quote(&b, text, &e));
	WANT(EC_OK, buf_adds(&b, "}}}}", &e));
	j = standin_ctl(&door, "POST", "/strict/do", buf_str(&b));
	assert_int_equal((int)cJSON_GetNumberValue(
			     cJSON_GetObjectItemCaseSensitive(j, "status")),
	    200);
}

/* With a right checksum, but not of what its key says. */
static void
test_forged(void **state)
{
	static const struct {
		const char *identity, *state, *body; /* body NULL: a record */
		uint64_t version;
		enum ec ec;
		const char *says;
	} rows[] = {
		{ "shop", "IDLE", NULL, 1, EC_OK, "" },
		{ "mail", "IDLE", NULL, 1, EC_DAMAGED, "of shop was altered" },
		{ "shop", "IDLE", NULL, 7, EC_DAMAGED, "of shop was altered" },
		{ "shop", "?", NULL, 1, EC_DAMAGED, "of shop was altered" },
		{ "shop", "IDLE", "{", 1, EC_DAMAGED, "shop: record" },
	};
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec first = { 0 };
	struct err e = { 0 };

	open_as(c, &rotators[1], &s);
	WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
	rec_init(&first, "shop");
	WANT(EC_OK, s.commit(s.ctx, T0, &first, NULL, &e));
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf body = BUF(1 << 16);
		AUTO(rec) struct rec r = { 0 };
		AUTO(rec) struct rec got = { 0 };
		unsigned char sum[DYN_SUM];
		char hex[DYN_HEX];

		rec_init(&r, rows[i].identity);
		r.version = rows[i].version;
		WANT(EC_OK, rec_encode(&r, &body, &e));
		if (rows[i].body != NULL) {
			buf_cut(&body, 0);
			WANT(EC_OK, buf_adds(&body, rows[i].body, &e));
		}
		WANT(EC_OK,
		    dyn_sum(sum, &e, "siisis", "shop", (int64_t)1, (int64_t)1,
			rows[i].state, first.next_at, buf_str(&body)));
		for (size_t k = 0; k < DYN_SUM; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", sum[k]);
		forge(c, "record", "shop", "state", rows[i].state);
		forge(c, "record", "shop", "body", buf_str(&body));
		forge(c, "record", "shop", "sum", hex);
		assert_int_equal(s.load(s.ctx, "shop", &got, &e), rows[i].ec);
		if (rows[i].ec == EC_OK)
			continue;
		assert_same(e.what, rows[i].says);
		assert_same(e.what, strrchr(c->place, '/') + 1);
		assert_null(got.clients);
	}
}

/* While the look at the root is held somebody else writes. */
static void *
write_behind(void *arg)
{
	const struct event ev = { .at = T0, .what = "operator" };
	struct haste *x = arg;
	struct err e = { 0 };
	enum ec ec;

	while (!x->over && held() == 0)
		(void)sched_yield();
	ec = x->other->note(x->other->ctx, &ev, &e);
	standin_post(&door, "/strict/release", "{}");
	return ec == EC_OK ? arg : NULL;
}

/* The reply is lost, and somebody else writes before we look: a commit without
 * an event is known by its record, a word by itself. Nothing is sent again. */
static void
test_written_behind(void **state)
{
	for (int i = 0; i < 2; i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(store) struct store other = { 0 };
		AUTO(rec) struct rec r = { 0 };
		const struct hold h = { true, T0, "ann", "x" };
		struct haste x = { .other = &other };
		struct err e = { 0 };
		void *done = NULL;
		enum ec ec;
		int before;

		open_as(*state, &rotators[2], &other);
		open_as(*state, &rotators[1], &s);
		WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
		rec_init(&r, "shop");
		fault(WRITE MINE "\"how\":\"lost\",\"times\":1}");
		/* a hold is looked up first */
		fault(i == 0 ? "{\"at\":\"GetItem\"," MINE
			       "\"how\":\"hold\",\"times\":1}"
			     : "{\"at\":\"GetItem\"," MINE
			       "\"how\":\"hold\",\"times\":1,\"after\":1}");
		before = asked("TransactWriteItems");
		assert_int_equal(
		    pthread_create(&x.t, NULL, write_behind, &x), 0);
		ec = i == 0 ? s.commit(s.ctx, T0, &r, NULL, &e)
			    : s.hold_set(s.ctx, "shop", &h, &e);
		x.over = true;
		assert_int_equal(pthread_join(x.t, &done), 0);
		assert_non_null(done);
		assert_ec(ec, EC_OK, &e);
		/* ours; and that of the other one, whose root was old */
		assert_int_equal(asked("TransactWriteItems") - before, 3);
		if (i == 0)
			assert_loads(&s, "shop", 1, "");
		clear();
		s.unlease(s.ctx);
	}
}

/* ---- many -------------------------------------------------------------- */

static void
five(struct store *s)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct err e = { 0 };

	WANT(EC_OK, s->lease(s->ctx, T0, TTL, &e));
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		r.next_at = T0 + (int64_t)i;
		WANT(EC_OK, s->commit(s->ctx, T0, &r, NULL, &e));
	}
}

/* What is not given at once is asked for again, eight times in all; what is
 * not given at all is not taken for absent. */
static void
test_unprocessed(void **state)
{
	static const int64_t want[] = { 50, 200, 450, 800, 1250, 1800, 2450 };
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	struct err e = { 0 };
	int before;

	open_as(*state, &rotators[1], &s);
	five(&s);
	before = asked("BatchGetItem");
	fault("{\"at\":\"BatchGetItem\",\"how\":\"some\",\"times\":2}");
	assert_due(&s, T0 + 4, "a b c d e ");
	assert_int_equal(asked("BatchGetItem") - before, 3);
	assert_int_equal(naps.n, 2);
	naps.n = 0;
	before = asked("BatchGetItem");
	fault("{\"at\":\"BatchGetItem\",\"how\":\"some\"}");
	WANT(EC_TEMP, s.each(s.ctx, T0 + 4, add_row, &b, &e));
	assert_same(e.what, "gives only some of the records");
	assert_same(e.what, "DynamoDB table");
	assert_int_equal(b.len, 0);
	assert_int_equal(asked("BatchGetItem") - before, 8);
	assert_int_equal(naps.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(naps.ms[i], want[i]);
	clear();
	fault("{\"at\":\"BatchGetItem\",\"how\":\"lose\"}");
	WANT(EC_DAMAGED, s.each(s.ctx, T0, add_row, &b, &e));
	assert_same(e.what, "the record of a is gone");
	clear();
	assert_due(&s, T0, "a ");
}

/* ---- what is no answer ------------------------------------------------- */

/* To a read: so it says. To a write: it may have been done, and is looked
 * for. */
static void
test_garbage(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	const struct event ev = { .at = T0, .what = "x" };
	struct err e = { 0 };
	int before;

	open_as(*state, &rotators[1], &s);
	fault("{\"at\":\"GetItem\",\"how\":\"garbage\"}");
	WANT(EC_PROTO, s.load(s.ctx, "shop", &r, &e));
	assert_same(e.what, "GetItem: the reply is not JSON");
	clear();
	before = asked("TransactWriteItems");
	fault(WRITE "\"how\":\"garbage\",\"times\":1}");
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	assert_int_equal(asked("TransactWriteItems") - before, 1);
	assert_events(&s, NULL, "1  x \n");
}

/* A table that is somebody else's: DynamoDB refuses our keys. */
static void
test_foreign_table(void **state)
{
	AUTO(json) cJSON *j = NULL;
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	char seen[PATH_MAX], text[700], table[64];
	struct dynamodb_options o = dynamo_options(c, &rotators[1], seen);
	struct err e = { 0 };

	(void)snprintf(table, sizeof(table), "%.40s-foreign", o.table);
	(void)snprintf(text, sizeof(text),
	    "{\"action\":\"CreateTable\",\"body\":{\"TableName\":\"%s\","
	    "\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{"
	    "\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],"
	    "\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}]"
	    "}}",
	    table);
	j = standin_ctl(&door, "POST", "/strict/do", text);
	fault("{\"at\":\"GetItem\",\"how\":\"error\",\"code\":"
	      "\"ValidationException\",\"message\":\"The provided key element "
	      "does not match the schema\"}");
	o.table = table;
	WANT(EC_CONFIG, store_dynamodb_open(&o, STORE_RW, &s, &e));
	assert_same(e.what, "is no table of ours: its key differs");
	assert_same(e.fix, "name another one");
}

/* ---- events ------------------------------------------------------------ */

#define E1 "00000000000000000001"

static void
one_event(const struct conform *c, struct store *ret)
{
	const struct event ev = { .at = T0, .what = "x" };
	struct err e = { 0 };

	open_as(c, &rotators[1], ret);
	WANT(EC_OK, ret->note(ret->ctx, &ev, &e));
}

/* The last one in another's place, with a right hash of its own: the root has
 * the one of what was written. */
static void
test_forged_last(void **state)
{
	const unsigned char zero[DYN_SUM] = { 0 };
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	unsigned char sum[DYN_SUM];
	char hex[DYN_HEX];
	struct err e = { 0 };

	one_event(*state, &s);
	WANT(EC_OK,
	    dyn_sum(sum, &e, "iisssb", (int64_t)1, T0, "", "y", "", zero));
	for (size_t k = 0; k < DYN_SUM; k++)
		(void)snprintf(hex + 2 * k, 3, "%02x", sum[k]);
	forge(*state, "event", E1, "what", "y");
	forge(*state, "event", E1, "hash", hex);
	WANT(EC_DAMAGED, s.history(s.ctx, NULL, add_event, &b, &e));
	assert_int_equal(b.len, 0);
}

/* The same event under a name that is not its number. */
static void
test_renamed(void **state)
{
	const char *table = strrchr(((struct conform *)*state)->place, '/') + 1;
	AUTO(store) struct store s = { 0 };
	AUTO(json) cJSON *j = NULL;
	AUTO(json) cJSON *k = NULL;
	AUTO(json) cJSON *ask = cJSON_CreateObject();
	AUTO(buf) struct buf b = BUF(65536);
	cJSON *body = cJSON_AddObjectToObject(ask, "body"), *item;
	char text[400];
	struct err e = { 0 };

	one_event(*state, &s);
	(void)snprintf(text, sizeof(text),
	    "{\"action\":\"GetItem\",\"body\":{\"TableName\":\"%s\","
	    "\"Key\":{\"k\":{\"S\":\"event\"},\"s\":{\"S\":\"" E1 "\"}}}}",
	    table);
	j = standin_ctl(&door, "POST", "/strict/do", text);
	item = cJSON_DetachItemFromObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(j, "body"), "Item");
	assert_non_null(item);
	assert_true(cJSON_ReplaceItemInObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(item, "s"), "S",
	    cJSON_CreateString(E1 "x")));
	assert_non_null(cJSON_AddStringToObject(ask, "action", "PutItem"));
	assert_non_null(cJSON_AddStringToObject(body, "TableName", table));
	assert_true(cJSON_AddItemToObject(body, "Item", item));
	WANT(EC_OK, json_print(ask, &b, &e));
	k = standin_ctl(&door, "POST", "/strict/do", buf_str(&b));
	cJSON_Delete(k);
	(void)snprintf(text, sizeof(text),
	    "{\"action\":\"DeleteItem\",\"body\":{\"TableName\":\"%s\","
	    "\"Key\":{\"k\":{\"S\":\"event\"},\"s\":{\"S\":\"" E1 "\"}}}}",
	    table);
	k = standin_ctl(&door, "POST", "/strict/do", text);
	buf_cut(&b, 0);
	WANT(EC_DAMAGED, s.history(s.ctx, NULL, add_event, &b, &e));
	assert_int_equal(b.len, 0);
}

/* What others have written since is part of it. */
static void
test_history_is_fresh(void **state)
{
	const struct event ev = { .at = T0, .what = "y" };
	AUTO(store) struct store s = { 0 };
	AUTO(store) struct store other = { 0 };
	struct err e = { 0 };

	open_as(*state, &rotators[2], &other);
	one_event(*state, &s);
	WANT(EC_OK, other.note(other.ctx, &ev, &e));
	assert_events(&s, NULL, "1  x \n2  y \n");
}

static void
test_long(void **state)
{
	static char text[DYN_TEXT_MAX + 2], name[DYN_KEY_MAX + 1];
	const struct event ev = { .at = T0, .what = "x", .text = text };
	const struct hold h = { true, T0, "ann", "x" };
	AUTO(buf) struct buf b = BUF(4096);
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	memset(text, 'x', DYN_TEXT_MAX + 1);
	memset(name, 'n', DYN_KEY_MAX);
	open_as(*state, &rotators[1], &s);
	WANT(EC_LIMIT, s.note(s.ctx, &ev, &e));
	assert_same(e.what, "DynamoDB table");
	text[DYN_TEXT_MAX] = '\0';
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	WANT(EC_LIMIT, s.hold_set(s.ctx, name, &h, &e));
	assert_same(e.what, "DynamoDB table");
	name[DYN_KEY_MAX - 1] = '\0';
	WANT(EC_OK, s.hold_set(s.ctx, name, &h, &e));
	WANT(EC_LIMIT, s.hold_set(s.ctx, "", &h, &e));
	/* a confirmation of no key has a name of one word */
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "", T0, "ann", &e));
	WANT(EC_OK, s.words(s.ctx, add_word, &b, &e));
	assert_same(buf_str(&b), "1 web  0 ann");
}

/* A page without what was asked for is no empty one. */
static void
test_no_page(void **state)
{
	static const char *const bodies[] = { "{}", "{\"Count\":1}",
		"{\"Items\":[]}" };
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	struct err e = { 0 };

	open_as(*state, &rotators[1], &s);
	for (size_t i = 0; i < COUNT(bodies); i++) {
		char text[200];

		(void)snprintf(text, sizeof(text),
		    "{\"at\":\"Query\",\"how\":\"reply\",\"body\":%s}",
		    bodies[i]);
		fault(text);
		WANT(EC_PROTO, s.each(s.ctx, T0, add_row, &b, &e));
		assert_same(e.what, "Query: no items in the reply");
		assert_same(e.what, "DynamoDB table");
		clear();
	}
}

/* A hundred at a time, and no more. */
static void
test_hundred(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	open_as(*state, &rotators[1], &s);
	WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
	for (int i = 0; i < 101; i++) {
		AUTO(rec) struct rec r = { 0 };
		AUTO(buf) struct buf b = BUF(65536);
		char name[16];
		int before = asked("BatchGetItem");

		(void)snprintf(name, sizeof(name), "n%03d", i);
		rec_init(&r, name);
		r.next_at = T0;
		WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
		if (i < 98)
			continue;
		WANT(EC_OK, s.each(s.ctx, T0, add_row, &b, &e));
		assert_int_equal(
		    asked("BatchGetItem") - before, i < 100 ? 1 : 2);
	}
}

/* ---- opening ----------------------------------------------------------- */

static void
test_table_names(void **state)
{
	static const char *const bad[] = { "", "a", "ab", "a b", "abc/",
		"ab\"c", "\xc3\xa4\xc3\xb6" };
	static const char *const good[] = { "abc", "A-z_0.9" };
	char name[300];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(store_dynamodb_table(bad[i]));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(store_dynamodb_table(good[i]));
	memset(name, 'x', sizeof(name));
	name[255] = '\0';
	assert_true(store_dynamodb_table(name));
	name[255] = 'x';
	name[256] = '\0';
	assert_false(store_dynamodb_table(name));
}

/* The session belongs to the store from the beginning, also when it cannot be
 * opened: nothing of it is left in the heap for secrets. */
static void
test_owns_session(void **state)
{
	const struct aws_options ao = {
		.attempts = 2, .region = "us-east-1", .sleep = dynamo_sleep
	};
	const struct conform *c = *state;
	struct rotator *r = &rotators[1];
	static const char *const tables[] = { NULL, "a b", "no-such-table" };

	for (size_t i = 0; i < COUNT(tables); i++) {
		char seen[PATH_MAX];
		struct dynamodb_options o = dynamo_options(c, r, seen);
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };
		size_t used;
		int before;

		used = CRYPTO_secure_used();
		WANT(EC_OK, aws_open(r->net, &r->f.env, &ao, &o.aws, &e));
		o.own = true;
		if (tables[i] != NULL)
			o.table = tables[i];
		before = asked("GetItem");
		WANT(i == 0 ? EC_OK : EC_CONFIG,
		    store_dynamodb_open(&o, STORE_RW, &s, &e));
		if (i == 1) {
			assert_same(e.what, "cannot be the name");
			assert_int_equal(asked("GetItem"), before);
		}
		auto_store(&s);
		assert_int_equal(CRYPTO_secure_used(), used);
	}
}

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
static bool no_memory;       /* the next time */
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	if (!no_memory || n * size < sizeof(struct dyn))
		return __libc_calloc(n, size);
	no_memory = false;
	return NULL;
}

static long no_memory_at = -1;
static bool memory_met;
void *__libc_malloc(size_t n);

void *
malloc(size_t n)
{
	if (no_memory_at < 0 || no_memory_at-- > 0)
		return __libc_malloc(n);
	memory_met = true;
	errno = ENOMEM;
	return NULL;
}

/* Whichever allocation fails: who was told that it is not stored, or that it
 * is, was told the truth. */
static void
test_no_memory_anywhere(void **state)
{
	AUTO(store) struct store reader = { 0 };
	int there = 0;

	open_as(*state, &rotators[2], &reader);
	memory_met = true;
	for (long at = 0; memory_met; at++) {
		AUTO(store) struct store s = { 0 };
		AUTO(buf) struct buf b = BUF(1 << 20);
		const struct event ev = { .at = T0, .what = "x" };
		struct err e = { 0 };
		int lines = 0;
		enum ec ec;

		open_as(*state, &rotators[1], &s);
		memory_met = false;
		no_memory_at = at;
		ec = s.note(s.ctx, &ev, &e);
		no_memory_at = -1;
		WANT(
		    EC_OK, reader.history(reader.ctx, NULL, add_event, &b, &e));
		for (size_t i = 0; i < b.len; i++)
			lines += b.p[i] == '\n';
		if (ec == EC_OK)
			assert_int_equal(lines, there + 1);
		else if (ec != EC_UNKNOWN)
			assert_int_equal(lines, there);
		there = lines;
	}
}

static void
test_no_memory(void **state)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = dynamo_options(*state, &rotators[1], seen);
	struct store s = { 0 };
	struct err e = { 0 };

	no_memory = true;
	assert_int_equal(store_dynamodb_open(&o, STORE_RW, &s, &e), EC_NOMEM);
	assert_null(s.ctx);
}
#endif

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
		T(test_none_to_give),
		T(test_longer_span),
		T(test_clone),
		T(test_faster_than_counted),
		T(test_forged),
		T(test_written_behind),
		T(test_unprocessed),
		T(test_garbage),
		T(test_foreign_table),
		T(test_forged_last),
		T(test_renamed),
		T(test_history_is_fresh),
		T(test_long),
		T(test_no_page),
		T(test_hundred),
		T(test_table_names),
		T(test_owns_session),
#ifndef __SANITIZE_ADDRESS__
		T(test_no_memory),
		T(test_no_memory_anywhere),
#endif
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
