/*
 * Any bytes as what a mail server says to a login probe, through libcurl; see
 * wire.h. A part of the input ends with a form feed and is said after one
 * command. The first byte chooses the play:
 *
 * 0: the connection is plain and TLS is wanted, so whoever speaks is on the
 *    path: nothing may be concluded about the key, and nothing of the login
 *    may be sent.
 * 1, 2, 3: as if inside TLS; AUTH, AUTH and a message, no AUTH.
 *
 * A login counts as accepted only when the reply to the very command that
 * brought the password is 235, and as refused only when a reply to AUTH is
 * 535. The password is in no text.
 */
#include <stdarg.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sanitizer/lsan_interface.h>
#include <sys/mman.h>

#include "base/net.h"
#include "rotator/probe.h"
#include "wire.h"

#define USER "AKIAIOSFODNN7EXAMPLE"
#define PASS "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
/* printf '\0USER\0PASS' | base64; printf PASS | base64 */
#define PLAIN_B64                                                              \
	"AEFLSUFJT1NGT0ROTjdFWEFNUExFAEJLLythYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5" \
	"ekFCQ0RFRkdISUpLTE1O"
#define PASS_B64 "QksvK2FiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGR0hJSktMTU4="

enum play { PLAIN_TEXT, AUTH, MESSAGE, REACH, PLAYS };

static enum play play;
static struct net *net;
static char ca_file[64];
static struct secret *pass;

/* As if the bytes came through TLS. */
#undef curl_easy_getinfo
CURLcode
curl_easy_getinfo(CURL *h, CURLINFO info, ...)
{
	static CURLcode (*real)(CURL *, CURLINFO, ...);
	CURLcode rc;
	va_list ap;
	void *to;

	if (real == NULL) {
		void *found = dlsym(RTLD_NEXT, "curl_easy_getinfo");

		demand(found != NULL);
		memcpy(&real, &found, sizeof(real));
	}
	va_start(ap, info);
	to = va_arg(ap, void *);
	va_end(ap);
	rc = real(h, info, to);
	if (info == CURLINFO_APPCONNECT_TIME_T && play != PLAIN_TEXT)
		*(curl_off_t *)to = 1;
	return rc;
}

static void
tune(CURL *h)
{
	if (play != PLAIN_TEXT)
		demand(curl_easy_setopt(h, CURLOPT_USE_SSL,
			   (long)CURLUSESSL_NONE) == CURLE_OK);
}

/* --- what was said, by a look that owes nothing to libcurl ---------------- */

/* The line that ends reply number `want`, counted from the greeting, as long
 * as it is within the first `max` bytes; or NULL. */
static const char *
reply(size_t want, size_t max)
{
	const char *p = buf_str(&wire.said), *end = p + max;

	for (size_t n = 0; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const size_t len =
		    nl != NULL ? (size_t)(nl - p) : (size_t)(end - p);

		if (nl == NULL)
			return NULL;
		if (len >= 3 && strspn(p, "0123456789") >= 3 &&
		    (p[3] == ' ' || len == 4) && n++ == want)
			return p;
		p = nl + 1;
	}
	return NULL;
}

static bool
sent(const char *text)
{
	return fuzz_holds(buf_str(&wire.heard), wire.heard.len, text);
}

/* Which command brought the password; lines when none did. */
static size_t
login(void)
{
	for (size_t i = 0; i < wire.lines; i++) {
		const size_t at = wire.line[i].heard;
		const size_t end = i + 1 < wire.lines ? wire.line[i + 1].heard
						      : wire.heard.len;

		if (fuzz_holds(wire.heard.p + at, end - at, PLAIN_B64) ||
		    fuzz_holds(wire.heard.p + at, end - at, PASS_B64))
			return i;
	}
	return wire.lines;
}

static bool
answered(size_t command, const char *code)
{
	const char *r = reply(command + 1, wire.said.len);

	return r != NULL && strncmp(r, code, strlen(code)) == 0;
}

/* -------------------------------------------------------------------------- */

static bool
any_answered(const char *code)
{
	for (size_t i = 0; i < wire.lines; i++)
		if (strncmp(wire.heard.p + wire.line[i].heard, "EHLO", 4) !=
			0 &&
		    answered(i, code))
			return true;
	return false;
}

static void
believable(const struct probe_result *r)
{
	const size_t at = login();

	switch (r->verdict) {
	case PROBE_ACCEPTED:
		demand(play != PLAIN_TEXT);
		if (play == REACH) {
			demand(fuzz_holds(
			    buf_str(&wire.said), wire.said.len, "AUTH "));
			break;
		}
		demand(at < wire.lines && answered(at, "235"));
		demand(sent("AUTH PLAIN") || sent("AUTH LOGIN"));
		demand(play != MESSAGE || sent("\r\n.\r\n"));
		break;
	case PROBE_REFUSED:
		demand(play == AUTH || play == MESSAGE);
		demand(sent("AUTH ") && any_answered("535"));
		break;
	case PROBE_UNSENDABLE:
		demand(play == MESSAGE);
		demand(at < wire.lines && answered(at, "235"));
		break;
	default:
		break;
	}
}

static void
quiet(const struct probe_result *r)
{
	fuzz_text_fit(r->reply, sizeof(r->reply));
	for (const char *p = r->reply; *p != '\0'; p++)
		demand(*p >= ' ' && *p <= '~');
	demand(strspn(r->reply, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < 64);
	demand(strstr(r->reply, PASS) == NULL);
	demand(strstr(r->reply, PASS_B64) == NULL);
	demand(strstr(r->reply, PLAIN_B64) == NULL);
}

/* Nothing of a login on a connection that anybody can read. */
static void
careful(void)
{
	if (play == REACH || play == PLAIN_TEXT) {
		demand(login() == wire.lines && !sent("AUTH ") && !sent(USER));
		demand(!sent(PASS));
	}
	demand(wire.opened <= 1);
}

static void
run(const struct smtp_peer *peer, struct probe_result *r)
{
	const struct prove_send message = { "a@example.com",
		"success@simulator.amazonses.com" };
	const struct smtp_cred cred = { USER, pass };
	struct err e;

	*r = (struct probe_result){ .verdict = PROBE__MAX };
	if (play == REACH)
		demand(probe_reach(net, peer, 2000, r, &e) == EC_OK);
	else
		demand(probe_smtp(net, peer, &cred,
			   play == MESSAGE ? &message : NULL, 2000, r,
			   &e) == EC_OK);
}

/* An anchor of trust for nobody: those of the system take long to load. */
static void
trust_nobody(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const int fd = memfd_create("ca", MFD_CLOEXEC);
	X509 *x = X509_new();
	FILE *f = fdopen(fd, "w");

	demand(key != NULL && x != NULL && f != NULL);
	demand(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL &&
	    X509_set_pubkey(x, key) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0);
	demand(PEM_write_X509(f, x) == 1 && fflush(f) == 0);
	X509_free(x);
	EVP_PKEY_free(key);
	/* f stays open: its name is by its number. */
	(void)snprintf(ca_file, sizeof(ca_file), "/proc/self/fd/%d", fd);
}

/* What OpenSSL makes for its first handshake and keeps where the leak checker
 * does not look. */
static void
warm_up(void)
{
	static const char tls[] = "220 a\r\n\f250 STARTTLS\r\n\f220 b\r\n\fc";
	const struct smtp_peer peer = {
		.host = "127.0.0.1", .port = 587, .ca_file = ca_file
	};
	struct probe_result r;

	play = PLAIN_TEXT;
	wire_begin((struct feed){ tls, sizeof(tls) - 1 }, true);
	run(&peer, &r);
	wire_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct smtp_peer peer = {
		.host = "127.0.0.1", .port = 587, .tls = SMTP_STARTTLS
	};
	struct feed f = { (const char *)data, size };
	struct probe_result r;
	struct err e;

	if (size < 1 || size > 65536)
		return 0;
	play = (feed_byte(&f) - '0') % PLAYS;
	wire_begin(f, true);
	run(&peer, &r);
	demand(r.verdict < PROBE__MAX);
	/* libcurl takes "2350\n" for a code as well. */
	demand(r.code >= 0 && r.code <= 9999);
	believable(&r);
	quiet(&r);
	careful();
	if (r.verdict != PROBE_ACCEPTED) {
		(void)probe_fail(&e, &peer, USER, &r);
		fuzz_err_fit(&e);
		demand(e.ec != EC_BUG);
		demand((e.ec == EC_AUTH) == (r.verdict == PROBE_REFUSED));
	}
	wire_end();
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK && net_new(NULL, &net, &e) == EC_OK);
	demand(secret_new(PASS, strlen(PASS), &pass, &e) == EC_OK);
	wire.tune = tune;
	__lsan_disable();
	trust_nobody();
	warm_up();
	__lsan_enable();
	return 0;
}
