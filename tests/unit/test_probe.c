/* probe: every end that a dialogue with an SMTP server can have, against a
 * scripted server; and what the server was told in clear, which must never
 * be a credential. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "fake_smtp.h"
#include "fork_secrets.h"
#include "rotator/probe.h"

#define USER "AKIAIOSFODNN7EXAMPLE"
#define PASS "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
/* base64 of NUL USER NUL PASS, without its last group: what PLAIN sends. */
#define PLAIN_SENT "AEFLSUFJT1NGT0ROTjdFWEFNUExFAEJBQUFB"

struct world {
	char dir[64], ca[96];
	struct fake_certs certs;
	struct net *net;
	struct smtp_cred cred;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e;

	assert_non_null(w);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/test_probe.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->ca, sizeof(w->ca), "%s/ca.pem", w->dir);
	assert_int_equal(secret_init(&e), EC_OK);
	fork_secrets();
	fake_certs_make(&w->certs, w->ca);
	assert_int_equal(net_new(w->ca, &w->net, &e), EC_OK);
	(void)snprintf(w->cred.user, sizeof(w->cred.user), USER);
	assert_int_equal(
	    secret_new(PASS, sizeof(PASS) - 1, &w->cred.pass, &e), EC_OK);
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
peer_of(const struct fake_smtp *s)
{
	struct smtp_peer p = { .port = s->port,
		.tls = s->script.implicit ? SMTP_IMPLICIT : SMTP_STARTTLS };

	(void)snprintf(p.host, sizeof(p.host), "localhost");
	return p;
}

/* One probe against one script; s keeps what the server heard. */
static struct probe_result
try(struct world *w, const struct script *script, int64_t timeout,
    const struct prove_send *send, struct fake_smtp *s)
{
	struct probe_result r = { .code = -1 };
	struct smtp_peer peer;
	struct err e = { .what = "" };

	fake_smtp_start(s, &w->certs, script);
	peer = peer_of(s);
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, send, timeout, &r, &e), EC_OK);
	fake_smtp_end(s);
	assert_null(strcasestr(s->clear, "AUTH"));
	assert_null(strstr(s->clear, USER));
	assert_null(strstr(s->clear, PLAIN_SENT));
	assert_null(strstr(r.reply, PASS));
	return r;
}

#define T     5000 /* ms: only reached by a fault of ours */
#define SHORT 300

static const struct {
	const char *name;
	struct script script;
	enum probe_verdict verdict;
	int code;
	const char *words;
	int64_t timeout;
} cases[] = {
	{ "good", { 0 }, PROBE_ACCEPTED, 235, "successful", T },
	{ "implicit tls", { .implicit = true }, PROBE_ACCEPTED, 235,
	    "successful", T },
	{ "refused", { .auth = "535 Authentication Credentials Invalid\r\n" },
	    PROBE_REFUSED, 535, "Credentials Invalid", T },
	{ "refused on implicit tls",
	    { .implicit = true, .auth = "535 Invalid\r\n" }, PROBE_REFUSED, 535,
	    "Invalid", T },
	{ "long refusal",
	    { .auth = "535-5.7.8 Not accepted.\r\n535 5.7.8 Read on\r\n" },
	    PROBE_REFUSED, 535, "5.7.8 Not accepted. 5.7.8 Read on", T },
	{ "no SES", { .auth = "535 Account not subscribed to SES\r\n" },
	    PROBE_ODD, 535, "not subscribed", T },
	{ "busy at auth",
	    { .auth = "454 Temporary authentication failure\r\n" }, PROBE_BUSY,
	    454, "Temporary", T },
	{ "421 at auth", { .auth = "421 Too many\r\n" }, PROBE_BUSY, 421,
	    "Too many", T },
	{ "432 at auth", { .auth = "432 change\r\n" }, PROBE_BUSY, 432,
	    "change", T },
	{ "421 banner",
	    { .banner = "421 Too many concurrent SMTP connections\r\n" },
	    PROBE_BUSY, 421, "Too many", T },
	{ "554 banner", { .banner = "554 No service\r\n" }, PROBE_ODD, 554,
	    "No service", T },
	{ "530 at auth", { .auth = "530 Must issue a STARTTLS\r\n" }, PROBE_ODD,
	    530, "Must issue", T },
	{ "550 at auth", { .auth = "550 no\r\n" }, PROBE_ODD, 550, "no", T },
	{ "250 at auth", { .auth = "250 Ok\r\n" }, PROBE_ODD, 250, "Ok", T },
	{ "2350 at auth", { .auth = "2350 Ok\r\n" }, PROBE_TIMEOUT, 0, NULL,
	    SHORT },
	{ "ehlo refused", { .ehlo = "500 no\r\n" }, PROBE_ODD, 500, NULL, T },
	{ "auth not offered", { .ehlo_tls = "250-fake\r\n250 SIZE 1\r\n" },
	    PROBE_NO_AUTH, 250, "SIZE", T },
	{ "no mechanism", { .ehlo_tls = "250 AUTH GSSAPI XOAUTH2\r\n" },
	    PROBE_NO_AUTH, 250, "GSSAPI", T },
	{ "starttls stripped",
	    { .ehlo = "250-fake\r\n250 AUTH PLAIN LOGIN\r\n" }, PROBE_TLS, 0,
	    NULL, T },
	{ "starttls busy", { .starttls = "454 not now\r\n" }, PROBE_BUSY, 454,
	    NULL, T },
	{ "starttls refused", { .starttls = "502 no\r\n" }, PROBE_TLS, 502,
	    NULL, T },
	{ "injection", { .starttls = "220 go\r\n250 AUTH PLAIN\r\n235 in\r\n" },
	    PROBE_TLS, 0, "injected", T },
	{ "235 for ehlo", { .ehlo = "235 in\r\n" }, PROBE_TLS, 0, NULL, T },
	{ "235 in clear, auth not offered inside",
	    { .banner = "235 in\r\n", .ehlo_tls = "250 x\r\n" }, PROBE_NO_AUTH,
	    250, "x", T },
	{ "235 for ehlo inside tls", { .ehlo_tls = "235 in\r\n" }, PROBE_ODD,
	    235, "in", T },
	{ "235 behind the offer",
	    { .ehlo_tls = "250-AUTH PLAIN\r\n235 in\r\n",
		.auth = "535 no\r\n" },
	    PROBE_REFUSED, 535, "no", T },
	{ "235 for a greeting inside tls",
	    { .implicit = true,
		.banner = "235 in\r\n",
		.ehlo_tls = "250 x\r\n" },
	    PROBE_NO_AUTH, 250, "x", T },
	{ "235 for ehlo behind an offer in the greeting",
	    { .implicit = true,
		.banner = "250 AUTH PLAIN\r\n",
		.ehlo_tls = "235 in\r\n" },
	    PROBE_ODD, 235, "in", T },
	{ "auth offered in clear only", { .ehlo_tls = "250 x\r\n" },
	    PROBE_NO_AUTH, 250, "x", T },
	{ "login only", { .ehlo_tls = "250 AUTH LOGIN\r\n", .auth = NULL },
	    PROBE_ACCEPTED, 235, "successful", T },
	{ "wrong name", { .cert = CERT_WRONG_NAME }, PROBE_TLS, 0,
	    "no alternative certificate", T },
	{ "name as common name only", { .cert = CERT_NO_SAN }, PROBE_TLS, 0,
	    "hostname mismatch", T },
	{ "expired", { .cert = CERT_EXPIRED }, PROBE_TLS, 0, "expired", T },
	{ "not yet valid", { .cert = CERT_NOT_YET }, PROBE_TLS, 0,
	    "not yet valid", T },
	{ "unknown authority", { .cert = CERT_UNKNOWN_CA }, PROBE_TLS, 0,
	    "issuer", T },
	{ "unknown authority, implicit",
	    { .implicit = true, .cert = CERT_UNKNOWN_CA }, PROBE_TLS, 0,
	    "issuer", T },
	{ "old TLS", { .max_tls = TLS1_1_VERSION }, PROBE_TLS, 0, NULL, T },
	{ "drop instead of TLS", { .handshake = DROP }, PROBE_TLS, 0, NULL, T },
	{ "garbage instead of TLS", { .handshake = "no, thanks\r\n" },
	    PROBE_TLS, 0, NULL, T },
	{ "hang instead of TLS", { .handshake = HANG }, PROBE_TIMEOUT, 0, NULL,
	    SHORT },
	{ "drop on implicit tls", { .implicit = true, .handshake = DROP },
	    PROBE_TLS, 0, NULL, T },
	{ "drop at banner", { .banner = DROP }, PROBE_CONNECT, 0, "broke", T },
	{ "drop at ehlo", { .ehlo = DROP }, PROBE_CONNECT, 0, "broke", T },
	{ "drop at starttls", { .starttls = DROP }, PROBE_CONNECT, 0, "broke",
	    T },
	{ "drop at auth", { .auth = DROP }, PROBE_CONNECT, 0, "broke", T },
	{ "hang at banner", { .banner = HANG }, PROBE_TIMEOUT, 0, NULL, SHORT },
	{ "hang at starttls", { .starttls = HANG }, PROBE_TIMEOUT, 0, NULL,
	    SHORT },
	{ "hang at auth", { .auth = HANG }, PROBE_TIMEOUT, 0, NULL, SHORT },
	{ "not SMTP", { .banner = "HTTP/1.1 400 Bad Request\r\n\r\n" },
	    PROBE_TIMEOUT, 0, NULL, SHORT },
	{ "endless ehlo", { .ehlo_tls = ENDLESS }, PROBE_ODD, 0, "more text",
	    T },
	{ "endless banner", { .banner = ENDLESS }, PROBE_ODD, 0, "more text",
	    T },
	/* libcurl gives up at 300 KiB and calls it a broken connection. */
	{ "long line", { .ehlo_tls = LONG }, PROBE_CONNECT, 0, NULL, T },
	{ "drip", { .banner = DRIP }, PROBE_TIMEOUT, 0, NULL, SHORT },
	{ "echo", { .auth = "535 AUTH PLAIN " PLAIN_SENT "QUFB bad\r\n" },
	    PROBE_REFUSED, 535, "AUTH PLAIN [...] bad", T },
	{ "password in the reply", { .auth = "535 x" PASS "\r\n" },
	    PROBE_REFUSED, 535, "[...]", T },
	{ "control characters", { .auth = "535 a\33[31mb\7\377c\r\n" },
	    PROBE_REFUSED, 535, "a?[31mb??c", T },
};

static void
test_cases(void **state)
{
	struct fake_smtp s;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct probe_result r =
		    try(*state, &cases[i].script, cases[i].timeout, NULL, &s);

		print_message("  %s: %s %d %s, %d ms\n", cases[i].name,
		    probe_verdict_name(r.verdict), r.code, r.reply,
		    (int)r.took);
		assert_int_equal(r.verdict, cases[i].verdict);
		assert_int_equal(r.code, cases[i].code);
		if (cases[i].words != NULL)
			assert_non_null(strstr(r.reply, cases[i].words));
		assert_true(r.took <= cases[i].timeout + 200);
		assert_true(r.at > 0);
	}
}

/* What a good server hears: nothing before TLS but EHLO and STARTTLS, then
 * four commands, the last one QUIT. */
static void
test_dialogue(void **state)
{
	static const struct script good = { .banner = NULL };
	struct fake_smtp s;
	const char *p;

	assert_int_equal(
	    try(*state, &good, T, NULL, &s).verdict, PROBE_ACCEPTED);
	assert_memory_equal(s.clear, "EHLO ", 5);
	p = strstr(s.clear, "\r\n");
	assert_string_equal(p, "\r\nSTARTTLS\r\n");
	assert_true(strcspn(s.clear, ".") < (size_t)(p - s.clear));
	assert_memory_equal(s.inside, "EHLO ", 5);
	p = strstr(s.inside, "\r\n");
	assert_memory_equal(p, "\r\nAUTH PLAIN " PLAIN_SENT,
	    sizeof("\r\nAUTH PLAIN " PLAIN_SENT) - 1);
	p = strstr(p + 2, "\r\n");
	assert_string_equal(p, "\r\nQUIT\r\n");
}

static void
test_refusal_is_not_tried_twice(void **state)
{
	static const struct script bad = { .auth = "535 no\r\n" };
	struct fake_smtp s;
	const char *p;

	assert_int_equal(try(*state, &bad, T, NULL, &s).verdict, PROBE_REFUSED);
	p = strstr(s.inside, "AUTH");
	assert_non_null(p);
	assert_null(strstr(p + 1, "AUTH"));
}

static const struct prove_send mail = { "from@example.com",
	"success+label@simulator.amazonses.com" };

static const struct {
	const char *name;
	struct script script;
	enum probe_verdict verdict;
	int code;
	int64_t timeout;
} mails[] = {
	{ "taken", { 0 }, PROBE_ACCEPTED, 250, T },
	{ "may not send",
	    { .end = "554 Access denied: User `x' is not authorized to "
		     "perform `ses:SendRawEmail'\r\n" },
	    PROBE_UNSENDABLE, 554, T },
	{ "sender refused", { .mail = "553 no\r\n" }, PROBE_UNSENDABLE, 553,
	    T },
	{ "recipient refused", { .rcpt = "554 no\r\n" }, PROBE_UNSENDABLE, 554,
	    T },
	{ "data refused", { .data = "554 no\r\n" }, PROBE_UNSENDABLE, 554, T },
	{ "throttled",
	    { .end = "454 Throttling failure: Maximum sending rate "
		     "exceeded\r\n" },
	    PROBE_BUSY, 454, T },
	{ "login refused", { .auth = "535 no\r\n" }, PROBE_REFUSED, 535, T },
	{ "drop at the end", { .end = DROP }, PROBE_CONNECT, 0, T },
	{ "hang at the end", { .end = HANG }, PROBE_TIMEOUT, 0, SHORT },
	/* An open relay, and someone in the middle who says 235: no proof. */
	{ "no login inside",
	    { .banner = "235 in\r\n", .ehlo_tls = "250 x\r\n" }, PROBE_NO_AUTH,
	    250, T },
	/* libcurl does not understand this offer, and mails without AUTH. */
	{ "235 for the sender",
	    { .ehlo_tls = "250-auth PLAIN\r\n250 x\r\n", .mail = "235 in\r\n" },
	    PROBE_NO_AUTH, 250, T },
	{ "235 for the sender, behind a line that is no reply",
	    { .ehlo_tls = "2500AUTH PLAIN\r\n250 x\r\n", .mail = "235 in\r\n" },
	    PROBE_NO_AUTH, 250, T },
	{ "mail without STARTTLS", { .ehlo = "250 AUTH PLAIN\r\n" }, PROBE_TLS,
	    0, T },
};

static void
test_send(void **state)
{
	struct fake_smtp s;

	for (size_t i = 0; i < COUNT(mails); i++) {
		struct probe_result r =
		    try(*state, &mails[i].script, mails[i].timeout, &mail, &s);

		print_message("  %s: %s %d %s\n", mails[i].name,
		    probe_verdict_name(r.verdict), r.code, r.reply);
		assert_int_equal(r.verdict, mails[i].verdict);
		assert_int_equal(r.code, mails[i].code);
		assert_null(strstr(s.clear, "MAIL"));
		if (r.verdict != PROBE_ACCEPTED)
			continue;
		assert_non_null(
		    strstr(s.inside, "MAIL FROM:<from@example.com>"));
		assert_non_null(strstr(s.inside, "RCPT TO:<success+label@"));
		assert_non_null(strstr(s.inside, "\r\nMessage-ID: <"));
		assert_non_null(strstr(s.inside, "@example.com>\r\n"));
		assert_non_null(strstr(s.inside, " +0000\r\n"));
		assert_non_null(strstr(s.inside, "\r\n.\r\nQUIT\r\n"));
	}
}

static void
test_send_bad_address(void **state)
{
	static const char *const bad[] = { "", "x", "@x", "x@", "a@b@c",
		"a b@c", "a@b\r\nRCPT TO:<z@z>", "<a@b>", "a@b>", "\"a\"@b" };
	struct world *w = *state;
	struct smtp_peer peer = { "localhost", 9, SMTP_STARTTLS, NULL };
	struct probe_result r;
	struct err e;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct prove_send from = { bad[i], "a@b" };
		struct prove_send to = { "a@b", bad[i] };

		assert_int_equal(
		    probe_smtp(w->net, &peer, &w->cred, &from, T, &r, &e),
		    EC_CONFIG);
		assert_int_equal(
		    probe_smtp(w->net, &peer, &w->cred, &to, T, &r, &e),
		    EC_CONFIG);
	}
}

static const struct {
	const char *name, *ehlo_tls;
	enum fake_cert cert;
	enum probe_verdict verdict;
} reaches[] = {
	{ "offered", NULL, CERT_GOOD, PROBE_ACCEPTED },
	{ "plain only", "250 AUTH PLAIN\r\n", CERT_GOOD, PROBE_ACCEPTED },
	{ "login only", "250 AUTH LOGIN\r\n", CERT_GOOD, PROBE_ACCEPTED },
	{ "others only", "250 AUTH XOAUTH2\r\n", CERT_GOOD, PROBE_NO_AUTH },
	{ "in clear only", "250 x\r\n", CERT_GOOD, PROBE_NO_AUTH },
	{ "wrong name", NULL, CERT_WRONG_NAME, PROBE_TLS },
};

static void
test_reach(void **state)
{
	struct world *w = *state;
	struct fake_smtp s;
	struct probe_result r;
	struct err e;

	for (size_t i = 0; i < COUNT(reaches); i++) {
		struct script script = { .ehlo_tls = reaches[i].ehlo_tls,
			.cert = reaches[i].cert };
		struct smtp_peer peer;

		print_message("  %s\n", reaches[i].name);
		fake_smtp_start(&s, &w->certs, &script);
		peer = peer_of(&s);
		assert_int_equal(probe_reach(w->net, &peer, T, &r, &e), EC_OK);
		fake_smtp_end(&s);
		assert_int_equal(r.verdict, reaches[i].verdict);
		assert_null(strstr(s.inside, "AUTH"));
	}
}

/* Side by side: the slow one does not spoil the others, nor do their
 * verdicts get mixed up. */
static void
test_many(void **state)
{
	static const struct script scripts[] = { { .auth = HANG },
		{ .auth = NULL }, { .auth = "535 no\r\n" } };
	static const enum probe_verdict verdicts[] = { PROBE_TIMEOUT,
		PROBE_ACCEPTED, PROBE_REFUSED };
	struct world *w = *state;
	struct fake_smtp s[3];
	struct smtp_peer peers[3];
	struct probe_job jobs[3];
	struct err e;

	for (size_t i = 0; i < 3; i++) {
		fake_smtp_start(&s[i], &w->certs, &scripts[i]);
		peers[i] = peer_of(&s[i]);
		jobs[i] = (struct probe_job){ &peers[i], &w->cred, NULL,
			{ .reply = "" }, NULL, 0 };
	}
	assert_int_equal(probe_smtp_many(w->net, jobs, 3, 1000, &e), EC_OK);
	for (size_t i = 0; i < 3; i++) {
		fake_smtp_end(&s[i]);
		assert_int_equal(jobs[i].result.verdict, verdicts[i]);
	}
	assert_int_equal(probe_smtp_many(w->net, NULL, 0, T, &e), EC_OK);
}

/* No server at all. A label of 64 letters is no DNS name: not found without
 * asking anybody. */
static void
test_nobody(void **state)
{
	struct world *w = *state;
	struct smtp_peer peer = { .port = 587 };
	struct fake_smtp s;
	struct probe_result r;
	struct err e;

	memset(peer.host, 'a', 64);
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, NULL, T, &r, &e), EC_OK);
	assert_int_equal(r.verdict, PROBE_DNS);
	fake_smtp_start(&s, &w->certs, &(struct script){ .banner = NULL });
	fake_smtp_end(&s);
	peer = peer_of(&s);
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, NULL, T, &r, &e), EC_OK);
	assert_int_equal(r.verdict, PROBE_CONNECT);
}

static void
test_unusable(void **state)
{
	struct world *w = *state;
	struct smtp_peer peer = { "localhost", 9, SMTP_STARTTLS, NULL };
	struct smtp_cred none = { .user = USER };
	struct probe_result r = { .code = 77 };
	struct fake_smtp s;
	struct err e;

	assert_int_equal(
	    probe_smtp(w->net, &peer, &none, NULL, T, &r, &e), EC_BUG);
	(void)snprintf(peer.host, sizeof(peer.host), "bad host/@x");
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, NULL, T, &r, &e), EC_CONFIG);
	fake_smtp_start(&s, &w->certs, &(struct script){ .banner = NULL });
	peer = peer_of(&s);
	peer.ca_file = "/nonexistent/ca.pem";
	assert_int_equal(
	    probe_smtp(w->net, &peer, &w->cred, NULL, T, &r, &e), EC_CONFIG);
	fake_smtp_end(&s);
	assert_int_equal(r.code, 77); /* untouched on failure */
}

static void
test_fail(void **state)
{
	static const struct {
		enum probe_verdict v;
		enum ec ec;
		bool network;
	} rows[] = {
		{ PROBE_ACCEPTED, EC_BUG, false },
		{ PROBE_REFUSED, EC_AUTH, false },
		{ PROBE_BUSY, EC_TEMP, true },
		{ PROBE_DNS, EC_TEMP, true },
		{ PROBE_CONNECT, EC_TEMP, true },
		{ PROBE_TIMEOUT, EC_TEMP, true },
		{ PROBE_TLS, EC_PROTO, true },
		{ PROBE_NO_AUTH, EC_PROTO, true },
		{ PROBE_ODD, EC_PROTO, true },
		{ PROBE_UNSENDABLE, EC_DENIED, false },
	};
	struct smtp_peer peer = { "localhost", 587, SMTP_STARTTLS, NULL };
	struct err e;

	(void)state;
	assert_int_equal(COUNT(rows), PROBE__MAX);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe_result r = {
			.verdict = rows[i].v, .code = 599, .reply = "words"
		};

		errno = ENOENT;
		assert_int_equal(probe_fail(&e, &peer, USER, &r), rows[i].ec);
		assert_non_null(strstr(e.what, "localhost:587: "));
		assert_non_null(strstr(e.what, "599 words, user " USER));
		assert_string_not_equal(e.fix, "");
		assert_int_equal(e.sys, 0);
		assert_int_equal(probe_is_network(rows[i].v), rows[i].network);
		assert_string_not_equal(probe_verdict_name(rows[i].v), "?");
	}
	assert_string_equal(probe_verdict_name(PROBE__MAX), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_refusal_is_not_tried_twice),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_bad_address),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
