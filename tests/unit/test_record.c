/* record: whatever is stored comes back as it was; whatever is not exactly
 * what we store is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "rotator/record.h"
#include "rotator/record_p.h"

#define BODY ((size_t)4 * 1024 * 1024)

/* xorshift64: the same records on every machine. */
static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int64_t
number(uint64_t *s)
{
	const uint64_t shift = 11 + rnd(s) % 50;
	const int64_t v = (int64_t)(rnd(s) >> shift);

	return rnd(s) % 4 == 0 ? -v : v;
}

static bool no_escapes; /* only texts that JSON needs none for */

/* Any bytes but NUL, any length that fits. */
static void
text(uint64_t *s, char *p, size_t size)
{
	const size_t n = rnd(s) % 3 == 0 ? 0 : rnd(s) % size;

	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)rnd(s);

		p[i] = (char)(c == 0 ? '"' : c);
		if (no_escapes && (c < ' ' || c == '"' || c == '\\'))
			p[i] = '.';
	}
	p[n] = '\0';
}
#define TEXT(s, a) text(s, a, sizeof(a))

static void
random_key(uint64_t *s, struct rec_key *k)
{
	TEXT(s, k->id);
	k->created = number(s);
	k->proved = number(s);
	k->probed = number(s);
	k->n = rnd(s) % (REC_REGIONS_MAX + 1);
	for (size_t i = 0; i < k->n; i++) {
		TEXT(s, k->pw[i].region);
		TEXT(s, k->pw[i].sealed);
	}
}

static void
random_client(uint64_t *s, struct rec *r)
{
	struct rec_client *c;
	struct err e;

	assert_int_equal(rec_client_add(r, "", &c, &e), EC_OK);
	TEXT(s, c->name);
	c->state = (enum client_state)(rnd(s) % CL__MAX);
	c->since = number(s);
	c->asked = number(s);
	TEXT(s, c->pre_user);
	TEXT(s, c->pre_sealed);
	c->touched = rnd(s) % 2;
	TEXT(s, c->evidence);
	TEXT(s, c->error);
}

static void
random_times(uint64_t *s, struct rec *r)
{
	int64_t *const all[] = { &r->started, &r->sent, &r->answered,
		&r->sent_at, &r->orphan_at, &r->verified_at, &r->inactive_at,
		&r->use.at, &r->use_sampled, &r->failures, &r->tries,
		&r->next_at, &r->alarm_at };

	for (size_t i = 0; i < COUNT(all); i++)
		*all[i] = number(s);
}

static void
random_rec(uint64_t *s, struct rec *r)
{
	rec_init(r, "");
	TEXT(s, r->identity);
	r->version = rnd(s) >> 12;
	r->state = (enum rot_state)(rnd(s) % ROT__MAX);
	r->resume = (enum rot_state)(rnd(s) % ROT__MAX);
	TEXT(s, r->rotation);
	TEXT(s, r->account);
	TEXT(s, r->user);
	TEXT(s, r->user_id);
	TEXT(s, r->endpoint);
	random_times(s, r);
	r->base.n = rnd(s) % (IAM_KEYS_MAX + 1);
	for (size_t i = 0; i < r->base.n; i++) {
		TEXT(s, r->base.key[i].id);
		r->base.key[i].status = (enum key_status)(rnd(s) % 3);
		r->base.key[i].created = number(s);
	}
	random_key(s, &r->old);
	random_key(s, &r->new);
	TEXT(s, r->orphan);
	r->emergency = rnd(s) % 2;
	r->rollback = rnd(s) % 2;
	r->use.never = rnd(s) % 2;
	TEXT(s, r->use.service);
	TEXT(s, r->use.region);
	TEXT(s, r->waiting);
	TEXT(s, r->alarm);
	TEXT(s, r->alarm_fix);
	for (size_t n = rnd(s) % 5; n > 0; n--)
		random_client(s, r);
}

static void
assert_same(const struct rec *a, const struct rec *b)
{
	struct rec x = *a, y = *b;

	assert_int_equal(a->n_clients, b->n_clients);
	for (size_t i = 0; i < a->n_clients; i++) {
		assert_string_equal(a->clients[i].name, b->clients[i].name);
		assert_int_equal(a->clients[i].state, b->clients[i].state);
		assert_int_equal(a->clients[i].since, b->clients[i].since);
		assert_int_equal(a->clients[i].asked, b->clients[i].asked);
		assert_string_equal(
		    a->clients[i].pre_user, b->clients[i].pre_user);
		assert_string_equal(
		    a->clients[i].pre_sealed, b->clients[i].pre_sealed);
		assert_int_equal(a->clients[i].touched, b->clients[i].touched);
		assert_string_equal(
		    a->clients[i].evidence, b->clients[i].evidence);
		assert_string_equal(a->clients[i].error, b->clients[i].error);
	}
	/* All else byte for byte: both began as zeros. */
	x.clients = y.clients = NULL;
	assert_memory_equal(&x, &y, sizeof(x));
}

/* What the quick reader takes, the other one takes for the same. */
static bool
quick_agrees(const char *json)
{
	AUTO(rec) struct rec quick;
	AUTO(rec) struct rec slow = { 0 };
	struct err e = { .ec = EC_OK };

	memset(&quick, 0x5a, sizeof(quick));
	if (!rec_read(json, &quick)) {
		assert_null(quick.clients); /* nothing is left to be freed */
		assert_int_equal(quick.n_clients, 0);
		return false;
	}
	if (rec_decode(json, &slow, &e) != EC_OK)
		print_error("%s\n%s\n", e.what, json);
	assert_int_equal(e.ec, EC_OK);
	assert_same(&slow, &quick);
	return true;
}

static void
test_round_trip(void **state)
{
	uint64_t s = 0x9e3779b97f4a7c15;

	(void)state;
	for (int i = 0; i < 200; i++) {
		AUTO(buf) struct buf one = BUF(BODY);
		AUTO(buf) struct buf two = BUF(BODY);
		AUTO(rec) struct rec r = { 0 };
		AUTO(rec) struct rec back = { 0 };
		struct err e;

		random_rec(&s, &r);
		assert_int_equal(rec_encode(&r, &one, &e), EC_OK);
		if (rec_decode(one.p, &back, &e) != EC_OK)
			print_error("%s\n", e.what);
		assert_same(&r, &back);
		assert_int_equal(rec_encode(&back, &two, &e), EC_OK);
		assert_string_equal(one.p, two.p);
		(void)quick_agrees(one.p);
	}
}

/* Quick is what nearly all of life's records are. */
static void
test_quick(void **state)
{
	uint64_t s = 0x2545f4914f6cdd1d;

	(void)state;
	no_escapes = true;
	for (int i = 0; i < 200; i++) {
		AUTO(buf) struct buf b = BUF(BODY);
		AUTO(rec) struct rec r = { 0 };
		struct err e;

		random_rec(&s, &r);
		assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
		if (!quick_agrees(b.p))
			print_error("%s\n", b.p);
		assert_true(quick_agrees(b.p));
	}
	no_escapes = false;
}

static void
sample(struct buf *ret)
{
	AUTO(rec) struct rec r = { 0 };
	struct rec_client *c;
	struct err e;

	rec_init(&r, "shop");
	r.state = ROT_PUSHING;
	r.base.n = 1;
	(void)snprintf(r.base.key[0].id, KEY_ID_MAX, "AKIAOLD");
	r.old.n = 1;
	(void)snprintf(r.old.pw[0].region, REGION_MAX, "eu-west-1");
	assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
	assert_int_equal(rec_encode(&r, ret, &e), EC_OK);
}

/* Never a crash, and never something else in *ret than all or nothing. */
static void
test_broken_bytes(void **state)
{
	static const char flips[] = "\x01\x20\x80\xff\"";
	AUTO(buf) struct buf b = BUF(BODY);
	struct err e;

	(void)state;
	sample(&b);
	for (size_t i = 0; i < b.len; i++) {
		const char had = b.p[i];
		struct rec r;

		memset(&r, 0x5a, sizeof(r));
		b.p[i] = '\0';
		assert_int_equal(rec_decode(b.p, &r, &e), EC_DAMAGED);
		assert_null(r.clients); /* nothing is left to be freed */
		assert_int_equal(r.n_clients, 0);
		for (size_t f = 0; f + 1 < sizeof(flips); f++) {
			AUTO(rec) struct rec got = { 0 };

			b.p[i] = (char)(had ^ flips[f]);
			if (rec_decode(b.p, &got, &e) != EC_OK)
				assert_int_equal(e.ec, EC_DAMAGED);
		}
		b.p[i] = had;
	}
}

/* In place of one text in the sample, another. */
static const struct edit {
	const char *from, *to;
} edits[] = {
	{ "\"format\":1", "\"format\":2" },
	{ "\"format\":1", "\"format\":\"1\"" },
	{ "\"format\":1,", "" },
	{ "\"format\":1", "\"format\":1,\"later\":1" },
	{ "\"sent\":0", "\"sent\":0,\"sent\":1" },
	{ "\"sent\":0", "\"sent\":\"0\"" },
	{ "\"sent\":0", "\"sent\":0.5" },
	{ "\"sent\":0", "\"sent\":1e400" },
	{ "\"sent\":0", "\"sent\":9007199254740994" },
	{ "\"sent\":0", "\"sent\":null" },
	{ "\"sent\":0,", "" },
	{ "\"version\":0", "\"version\":-1" },
	{ "\"emergency\":false", "\"emergency\":0" },
	{ "\"state\":\"PUSHING\"", "\"state\":\"PUSHED\"" },
	{ "\"state\":\"PUSHING\"", "\"state\":6" },
	{ "\"state\":\"pending\"", "\"state\":\"PENDING\"" },
	{ "\"status\":\"Active\"", "\"status\":\"\"" },
	{ "\"name\":\"web\"", "\"name\":\"web\",\"extra\":1" },
	{ "\"account\":\"\"", "\"account\":\"1234567890123\"" },
	{ "\"account\":\"\"", "\"account\":{}" },
	{ "\"key\":[{", "\"key\":[0,{" },
	{ "\"key\":[{", "\"key\":[{},{" },
	{ "\"base\":{", "\"base\":{\"more\":[]," },
	{ "\"clients\":[{", "\"clients\":[[],{" },
	{ "\"clients\":[", "\"client\":[" },
	{ "{\"format\"", "[{\"format\"" },
	{ "{\"format\"", "x{\"format\"" },
};

static void
assert_not_quick(const char *json)
{
	if (quick_agrees(json))
		print_error("taken: %s\n", json);
	assert_false(quick_agrees(json));
}

static void
test_strict(void **state)
{
	AUTO(buf) struct buf b = BUF(BODY);
	struct err e;

	(void)state;
	sample(&b);
	for (size_t i = 0; i < COUNT(edits); i++) {
		const char *at = strstr(b.p, edits[i].from);
		AUTO(buf) struct buf t = BUF(BODY);
		AUTO(rec) struct rec r = { 0 };

		e.ec = EC_OK;
		assert_non_null(at);
		assert_int_equal(
		    buf_add(&t, b.p, (size_t)(at - b.p), &e), EC_OK);
		assert_int_equal(buf_adds(&t, edits[i].to, &e), EC_OK);
		assert_int_equal(
		    buf_adds(&t, at + strlen(edits[i].from), &e), EC_OK);
		if (rec_decode(t.p, &r, &e) == EC_OK)
			print_error("accepted: %s\n", edits[i].to);
		assert_int_equal(e.ec, EC_DAMAGED);
		assert_not_quick(t.p);
	}
}

/* One byte less, more or another anywhere: the quick reader never takes what
 * the other refuses, nor for something else. */
static void
test_quick_broken(void **state)
{
	static const char bytes[] = "0-1 e.,:\"\\[]{}xt";
	AUTO(buf) struct buf b = BUF(BODY);
	size_t taken = 0;

	(void)state;
	sample(&b);
	assert_true(quick_agrees(b.p));
	for (size_t i = 0; i < b.len; i++) {
		AUTO(buf) struct buf t = BUF(BODY);
		struct err e;

		assert_int_equal(buf_add(&t, b.p, i, &e), EC_OK);
		assert_false(quick_agrees(buf_str(&t)));
		assert_int_equal(buf_adds(&t, b.p + i + 1, &e), EC_OK);
		taken += quick_agrees(t.p);
		buf_cut(&t, i);
		assert_int_equal(buf_add(&t, "?", 1, &e), EC_OK);
		assert_int_equal(buf_adds(&t, b.p + i, &e), EC_OK);
		for (size_t k = 0; bytes[k] != '\0'; k++) {
			const char had = b.p[i];

			t.p[i] = bytes[k];
			taken += quick_agrees(t.p);
			b.p[i] = bytes[k];
			taken += quick_agrees(b.p);
			b.p[i] = had;
		}
	}
	assert_true(taken > 1000); /* other names, other numbers */
}

static void
test_capacity(void **state)
{
	static struct rec r;
	AUTO(buf) struct buf b = BUF(BODY);
	struct err e;

	(void)state;
	rec_init(&r, "shop");
	r.new.n = REC_REGIONS_MAX + 1;
	assert_int_equal(rec_encode(&r, &b, &e), EC_BUG);
	r.new.n = 0;
	r.sent = ((int64_t)1 << 53) + 1;
	assert_int_equal(rec_encode(&r, &b, &e), EC_BUG);
	r.sent = 0;
	r.state = ROT__MAX;
	assert_int_equal(rec_encode(&r, &b, &e), EC_BUG);
	r.state = ROT_IDLE;
	memset(r.user, 'x', sizeof(r.user));
	assert_int_equal(rec_encode(&r, &b, &e), EC_BUG);
	assert_int_equal(b.len, 0);
}

static bool no_memory; /* the next time */

/* The linker takes ours. */
void *
reallocarray(void *p, size_t n, size_t size)
{
	if (!no_memory)
		return realloc(p, n * size);
	no_memory = false;
	return NULL;
}

static enum ec
there_and_back(const struct rec *r, struct rec *ret)
{
	AUTO(buf) struct buf b = BUF(BODY);
	struct err e;

	TRY(rec_encode(r, &b, &e));
	assert_true(quick_agrees(buf_str(&b)));
	return rec_decode(buf_str(&b), ret, &e);
}

/* The largest and the smallest numbers; one more is refused. */
static void
test_numbers(void **state)
{
	static const struct {
		int64_t sent, created;
		uint64_t version;
		bool ok;
	} rows[] = {
		{ 0, 0, 0, true },
		{ 0, (int64_t)1 << 53, (uint64_t)1 << 53, true },
		{ 0, -((int64_t)1 << 53), 1, true },
		{ 0, ((int64_t)1 << 53) + 1, 1, false },
		{ 0, -((int64_t)1 << 53) - 1, 1, false },
		{ 0, 0, ((uint64_t)1 << 53) + 1, false },
		{ 0, 0, UINT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct rec r;
		AUTO(rec) struct rec got = { 0 };

		rec_init(&r, "shop");
		r.sent = rows[i].sent;
		r.new.created = rows[i].created;
		r.version = rows[i].version;
		assert_int_equal(
		    there_and_back(&r, &got), rows[i].ok ? EC_OK : EC_BUG);
		if (rows[i].ok) {
			assert_int_equal(got.new.created, rows[i].created);
			assert_int_equal(got.version, rows[i].version);
		}
	}
}

/* What has no word, and what there are too many of. */
static void
test_bounds(void **state)
{
	AUTO(buf) struct buf b = BUF(BODY);
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec got = { 0 };
	struct rec_client *c;
	struct err e;

	(void)state;
	rec_init(&r, "shop");
	assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
	c->state = CL__MAX;
	assert_int_equal(there_and_back(&r, &got), EC_BUG);
	c->state = CL_VERIFIED;
	r.base.n = IAM_KEYS_MAX;
	r.base.key[0].status = KEY_OTHER;
	assert_int_equal(there_and_back(&r, &got), EC_OK);
	assert_int_equal(got.base.n, IAM_KEYS_MAX);
	r.base.key[0].status = (enum key_status)(KEY_OTHER + 1);
	assert_int_equal(there_and_back(&r, &got), EC_BUG);
	r.base.n = 0;
	r.n_clients = REC_CLIENTS_MAX; /* only counted */
	assert_int_equal(rec_client_add(&r, "one more", &c, &e), EC_LIMIT);
	r.n_clients = 1;
	no_memory = true;
	assert_int_equal(rec_client_add(&r, "one more", &c, &e), EC_NOMEM);
	assert_int_equal(r.n_clients, 1);
	buf_cut(&b, 0);
	assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
	no_memory = true;
	assert_false(quick_agrees(b.p));
	assert_true(quick_agrees(b.p));
}

/* Lists of a text: `what` is put in the place of `was`. */
static enum ec
decode_with(const char *was, const char *what, struct err *e)
{
	static struct rec r;
	AUTO(rec) struct rec got = { 0 };
	AUTO(buf) struct buf b = BUF(BODY);
	AUTO(buf) struct buf with = BUF(BODY);
	const char *at;

	rec_init(&r, "shop");
	assert_int_equal(rec_encode(&r, &b, e), EC_OK);
	at = strstr(buf_str(&b), was);
	assert_non_null(at);
	assert_int_equal(buf_addf(&with, e, "%.*s%s%s", (int)(at - b.p), b.p,
			     what, at + strlen(was)),
	    EC_OK);
	(void)quick_agrees(buf_str(&with));
	return rec_decode(buf_str(&with), &got, e);
}

#define A_KEY "{\"id\":\"A\",\"status\":\"Active\",\"created\":0}"

static void
test_lists(void **state)
{
	AUTO(rec) struct rec got = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    decode_with("\"key\":[]", "\"key\":7", &e), EC_DAMAGED);
	assert_non_null(strstr(e.what, "\"key\""));
	assert_int_equal(
	    decode_with("\"clients\":[]", "\"clients\":7", &e), EC_DAMAGED);
	assert_int_equal(decode_with("\"key\":[]",
			     "\"key\":[" A_KEY "," A_KEY "," A_KEY "," A_KEY
			     "," A_KEY "," A_KEY "," A_KEY "," A_KEY "]",
			     &e),
	    EC_OK);
	assert_int_equal(
	    decode_with("\"key\":[]",
		"\"key\":[" A_KEY "," A_KEY "," A_KEY "," A_KEY "," A_KEY
		"," A_KEY "," A_KEY "," A_KEY "," A_KEY "]",
		&e),
	    EC_DAMAGED);
	assert_non_null(strstr(e.what, "\"key\""));
	assert_int_equal(rec_decode("7", &got, &e), EC_DAMAGED);
	assert_non_null(strstr(e.what, "it is not JSON"));
}

/* --- memory: the nth allocation of cJSON fails ------------------------- */

static long left;

static void *
allocate(size_t n)
{
	return left-- == 0 ? NULL : malloc(n);
}

static void
test_memory(void **state)
{
	cJSON_Hooks hooks = { allocate, free };
	static struct rec r;
	struct rec_client *c;
	struct err e;
	enum ec ec = EC_NOMEM;

	(void)state;
	rec_init(&r, "shop");
	for (size_t n = 0; n < 2; n++) {
		for (long turn = 0; ec != EC_OK; turn++) {
			AUTO(buf) struct buf b = BUF(BODY);

			cJSON_InitHooks(&hooks);
			left = turn;
			ec = rec_encode(&r, &b, &e);
			cJSON_InitHooks(NULL);
			assert_true(ec == EC_OK || ec == EC_NOMEM);
			if (ec == EC_OK)
				assert_true(left >= 0); /* none was refused */
		}
		ec = EC_NOMEM;
		r.base.n = 2;
		assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
	}
	rec_free(&r);
}

static void
test_look_up(void **state)
{
	AUTO(rec) struct rec r = { 0 };
	struct rec_client *c;
	struct err e;

	(void)state;
	rec_init(&r, "shop");
	assert_null(rec_client(&r, "web"));
	assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
	assert_int_equal(c->state, CL_PENDING);
	assert_int_equal(rec_client_add(&r, "mail", &c, &e), EC_OK);
	assert_ptr_equal(rec_client(&r, "mail"), c);
	assert_null(rec_client(&r, "we"));
	r.new.n = 1;
	(void)snprintf(r.new.pw[0].region, REGION_MAX, "eu-west-1");
	(void)snprintf(r.new.pw[0].sealed, SEALED_MAX, "v1.x");
	assert_string_equal(rec_key_sealed(&r.new, "eu-west-1"), "v1.x");
	assert_null(rec_key_sealed(&r.new, "eu-west-2"));
	assert_null(rec_key_sealed(&r.old, "eu-west-1"));
	/* What lies behind the last one is of old. */
	(void)snprintf(r.new.pw[1].region, REGION_MAX, "eu-west-2");
	assert_null(rec_key_sealed(&r.new, "eu-west-2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_quick),
		cmocka_unit_test(test_quick_broken),
		cmocka_unit_test(test_broken_bytes),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_look_up),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
