/*
 * What no other test of probe comes by: host names of ours, no randomness,
 * questions to the network process that are none, answers that are none.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/far.h"
#include "base/wire.h"
#include "fake_smtp.h"
#include "fork_secrets.h"
#include "rotator/probe_p.h"

#define USER "AKIAIOSFODNN7EXAMPLE"
#define PASS "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define T    5000 /* ms: only reached by a fault of ours */

/* ---- a host that is another one ---- */

static const char *host_name; /* NULL: there is none */
static bool no_random;

/* For the whole process, instead of the C library's. */
int
gethostname(char *name, size_t len)
{
	if (host_name == NULL)
		return -1;
	(void)snprintf(name, len, "%s", host_name);
	return 0;
}

ssize_t
getrandom(void *p, size_t n, unsigned flags)
{
	FILE *f;
	size_t got;

	(void)flags;
	if (no_random)
		return -1;
	f = fopen("/dev/urandom", "re");
	got = f != NULL ? fread(p, 1, n, f) : 0;
	if (f != NULL)
		(void)fclose(f);
	return got == n ? (ssize_t)n : -1;
}

/* ---- a world ---- */

struct world {
	char dir[64], ca[96];
	struct fake_certs certs;
	struct net *net;
	struct smtp_cred cred;
	struct err e;
};

static enum ec lie_twice(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);
static enum ec lie_short(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);
static enum ec tell(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);
static enum ec die(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);

static far_fn *const liars[][2] = {
	{ [PROBE_FAR_OP] = lie_twice },
	{ [PROBE_FAR_OP] = lie_short },
	{ [PROBE_FAR_OP] = tell },
	{ [PROBE_FAR_OP] = die },
};
static struct far *fars[COUNT(liars)]; /* begun before there are secrets */

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/test_probe.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->ca, sizeof(w->ca), "%s/ca.pem", w->dir);
	fake_certs_make(&w->certs, w->ca);
	assert_int_equal(net_new(w->ca, &w->net, &w->e), EC_OK);
	(void)snprintf(w->cred.user, sizeof(w->cred.user), USER);
	assert_int_equal(
	    secret_new(PASS, sizeof(PASS) - 1, &w->cred.pass, &w->e), EC_OK);
	host_name = "host.example";
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	smtp_cred_free(&w->cred);
	net_free(w->net);
	fake_certs_free(&w->certs);
	(void)unlink(w->ca);
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

static struct smtp_peer
peer_at(unsigned port, enum smtp_tls tls)
{
	struct smtp_peer p = { .port = port, .tls = tls };

	(void)snprintf(p.host, sizeof(p.host), "localhost");
	return p;
}

/* ---- names ---- */

static void
test_names(void **state)
{
	static const struct {
		const char *name, *said;
	} rows[] = {
		{ "mail.example", "EHLO mail.example\r\n" },
		{ "mail", "EHLO [127.0.0.1]\r\n" },
		{ "a_b.example", "EHLO [127.0.0.1]\r\n" },
		{ NULL, "EHLO [127.0.0.1]\r\n" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct script script = { .auth = NULL };
		struct probe_result r = { .code = -1 };
		struct smtp_peer peer;
		struct fake_smtp s;

		host_name = rows[i].name;
		fake_smtp_start(&s, &w->certs, &script);
		peer = peer_at(s.port, SMTP_STARTTLS);
		assert_int_equal(
		    probe_smtp(w->net, &peer, &w->cred, NULL, T, &r, &w->e),
		    EC_OK);
		fake_smtp_end(&s);
		assert_int_equal(r.verdict, PROBE_ACCEPTED);
		assert_non_null(strstr(s.clear, rows[i].said));
		assert_non_null(strstr(s.inside, rows[i].said));
	}
}

/* A line for AUTH that is longer than any is not taken for one: libcurl may
 * see another. */
static void
test_long_offer(void **state)
{
	const struct script script = { .ehlo_tls =
					   "250-host\r\n250 AUTH PLAIN "
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxx\r\n" };
	struct world *w = *state;
	struct probe_result r = { .code = -1 };
	struct smtp_peer peer;
	struct fake_smtp s;

	fake_smtp_start(&s, &w->certs, &script);
	peer = peer_at(s.port, SMTP_STARTTLS);
	assert_int_equal(probe_reach(w->net, &peer, T, &r, &w->e), EC_OK);
	fake_smtp_end(&s);
	assert_int_not_equal(r.verdict, PROBE_ACCEPTED);
}

/* ---- what is wrong here, not there ---- */

static void
test_limits(void **state)
{
	static const struct prove_send nothing = { NULL, NULL };
	const struct smtp_peer peer = peer_at(9, SMTP_STARTTLS);
	struct world *w = *state;
	struct probe_result r = { .code = -1 };

	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, &nothing, 0, &r, &w->e), EC_OK);
	assert_int_equal(r.verdict, PROBE_CONNECT);
	assert_int_equal(probe_smtp_many(w->net, NULL, 0, T, &w->e), EC_OK);
}

static void
test_addresses(void **state)
{
	static const char *const bad[] = { " a@b", "a\x7f@b", "a@b\xc3\xa9",
		"@b", "a@", "a@b@c", "a" };
	const struct smtp_peer peer = peer_at(9, SMTP_STARTTLS);
	struct world *w = *state;
	struct probe_result r;

	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct prove_send from = { bad[i], "a@b" };
		const struct prove_send to = { "a@b", bad[i] };

		assert_int_equal(
		    probe_smtp(w->net, &peer, &w->cred, &from, T, &r, &w->e),
		    EC_CONFIG);
		assert_int_equal(
		    probe_smtp(w->net, &peer, &w->cred, &to, T, &r, &w->e),
		    EC_CONFIG);
	}
}

static void
test_no_random(void **state)
{
	static const struct prove_send mail = { "a@b", "c@d" };
	const struct smtp_peer peer = peer_at(9, SMTP_STARTTLS);
	struct world *w = *state;
	struct probe_result r;

	no_random = true;
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, &mail, T, &r, &w->e), EC_BUG);
	no_random = false;
}

/* Anchors that are none, given as bytes: the host is named, there is no file.
 */
static void
test_bad_anchors(void **state)
{
	const struct script script = { .implicit = true };
	struct world *w = *state;
	struct probe_job job = { .cred = &w->cred, .ca = "none", .ca_len = 4 };
	struct smtp_peer peer;
	struct fake_smtp s;

	fake_smtp_start(&s, &w->certs, &script);
	peer = peer_at(s.port, SMTP_IMPLICIT);
	job.peer = &peer;
	assert_int_equal(probe_smtp_many(w->net, &job, 1, T, &w->e), EC_CONFIG);
	fake_smtp_end(&s);
	assert_non_null(strstr(w->e.what, "localhost: CA file cannot be used"));
}

/* ---- questions ---- */

struct question {
	int64_t count, limit, port;
	const char *host, *user, *pass, *from;
};

static enum ec
ask(struct world *w, const struct question *q, struct buf *answer)
{
	AUTO(buf) struct buf b = BUF(65536);
	struct err *e = &w->e;

	assert_int_equal(wire_put(&b, q->count, e), EC_OK);
	assert_int_equal(wire_put(&b, q->limit, e), EC_OK);
	assert_int_equal(wire_put_text(&b, q->host, e), EC_OK);
	assert_int_equal(wire_put(&b, q->port, e), EC_OK);
	assert_int_equal(wire_put(&b, SMTP_STARTTLS, e), EC_OK);
	assert_int_equal(wire_put_text(&b, NULL, e), EC_OK);
	assert_int_equal(wire_put_bytes(&b, NULL, 0, e), EC_OK);
	assert_int_equal(wire_put_text(&b, q->user, e), EC_OK);
	assert_int_equal(wire_put_text(&b, q->pass, e), EC_OK);
	assert_int_equal(wire_put_text(&b, q->from, e), EC_OK);
	assert_int_equal(wire_put_text(&b, "to@b", e), EC_OK);
	return probe_serve(w->net, &b, answer, e);
}

static void
test_questions(void **state)
{
	static char long_user[300];
	static const struct question rows[] = {
		{ 0, T, 9, "127.0.0.1", USER, PASS, NULL },
		{ 10001, T, 9, "127.0.0.1", USER, PASS, NULL },
		{ 1, 0, 9, "127.0.0.1", USER, PASS, NULL },
		{ 1, T, 65536, "127.0.0.1", USER, PASS, NULL },
		{ 1, T, 9, NULL, USER, PASS, NULL },
		{ 1, T, 9, "127.0.0.1", USER, NULL, NULL },
		{ 2, T, 9, "127.0.0.1", USER, PASS, NULL },
	};
	const struct question good = { 1, T, 9, "127.0.0.1", NULL, NULL, NULL };
	const struct question who = { 1, T, 9, "127.0.0.1", long_user, PASS,
		NULL };
	const struct question odd_mail = { 1, T, 9, "127.0.0.1", USER, PASS,
		"no address" };
	struct world *w = *state;

	memset(long_user, 'A', sizeof(long_user) - 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf answer = BUF(65536);

		assert_int_equal(ask(w, &rows[i], &answer), EC_BUG);
	}
	for (int i = 0; i < 3; i++) {
		AUTO(buf) struct buf answer = BUF(65536);
		struct err told;
		struct wire in;

		assert_int_equal(ask(w,
				     i == 0       ? &good
					 : i == 1 ? &who
						  : &odd_mail,
				     &answer),
		    EC_OK);
		wire_open(&in, &answer);
		wire_get_err(&in, &told);
		assert_int_equal(told.ec, i == 2 ? EC_CONFIG : EC_OK);
		if (i < 2)
			assert_int_equal(
			    wire_get(&in, 0, PROBE__MAX - 1), PROBE_CONNECT);
	}
}

/* ---- answers ---- */

static enum ec
lie_twice(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	const struct err told = { .ec = EC_CONFIG, .what = "told" };

	(void)n;
	(void)ask;
	TRY(wire_put_err(answer, &told, e));
	return wire_put(answer, 7, e);
}

static enum ec
lie_short(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	const struct err told = { .ec = EC_OK };

	(void)n;
	(void)ask;
	return wire_put_err(answer, &told, e);
}

static enum ec
tell(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	const struct err told = { .ec = EC_CONFIG, .what = "told" };

	(void)n;
	(void)ask;
	return wire_put_err(answer, &told, e);
}

static enum ec
die(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	return fail(e, EC_BUG, "dies");
}

/* No answer that is none becomes a verdict about a key. */
static void
test_answers(void **state)
{
	const struct smtp_peer peer = peer_at(9, SMTP_STARTTLS);
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(liars); i++) {
		struct probe_result r = { .code = -1 };
		struct net *n = NULL;
		const enum ec want = i == 2 ? EC_CONFIG : EC_OK;

		assert_int_equal(net_new_far(fars[i], NULL, &n, &w->e), EC_OK);
		assert_int_equal(
		    probe_smtp(n, &peer, &w->cred, NULL, T, &r, &w->e), want);
		if (want == EC_OK)
			assert_int_equal(r.verdict, PROBE_CONNECT);
		else
			assert_string_equal(w->e.what, "told");
		net_free(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_long_offer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_random, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_bad_anchors, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_questions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	};
	struct confined how;
	struct err e;

	(void)signal(SIGPIPE, SIG_IGN);
	if (secret_init(&e) != EC_OK)
		return 1;
	for (size_t i = 0; i < COUNT(liars); i++)
		if (far_start(liars[i], 2, &fars[i], &how, &e) != EC_OK)
			return 1;
	fork_secrets();
	return cmocka_run_group_tests_name(
	    "what no other test of probe comes by", tests, NULL, NULL);
}
