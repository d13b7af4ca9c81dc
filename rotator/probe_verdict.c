/*
 * verdict: what the end of an SMTP dialogue says, by table.
 *
 * libcurl reports every refused login as CURLE_LOGIN_DENIED, be it for good
 * (535) or for the moment (454), so the reply code decides; what broke before
 * a reply is told by libcurl's code. A row is only as strong as what was
 * seen inside TLS (see probe_dialog.c).
 *
 * Reply codes: RFC 4954 section 6 and
 * https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/probe_p.h"

#define ANY (-1)

static const char *const names[PROBE__MAX] = {
	[PROBE_ACCEPTED] = "accepted",
	[PROBE_REFUSED] = "refused",
	[PROBE_BUSY] = "busy",
	[PROBE_DNS] = "dns",
	[PROBE_CONNECT] = "connect",
	[PROBE_TIMEOUT] = "timeout",
	[PROBE_TLS] = "tls",
	[PROBE_NO_AUTH] = "no-auth",
	[PROBE_ODD] = "odd",
	[PROBE_UNSENDABLE] = "unsendable",
};

enum seen {
	PASSED = 1,  /* 235 inside TLS */
	OFFERED = 2, /* AUTH PLAIN or LOGIN inside TLS */
};

/* The first row that fits decides; what fits none is PROBE_ODD. */
static const struct rule {
	int rc;                 /* CURLcode or ANY */
	int low, high;          /* reply code */
	unsigned with, without; /* enum seen */
	enum probe_verdict verdict;
	const char *words; /* the reply must hold them; or NULL */
	const char *say;   /* instead of libcurl's words; or NULL */
} rules[] = {
	{ CURLE_OK, 235, 235, PASSED, 0, PROBE_ACCEPTED, NULL, NULL },
	/* The message was taken. */
	{ CURLE_OK, 250, 250, PASSED, 0, PROBE_ACCEPTED, NULL, NULL },
	{ ANY, 400, 499, 0, 0, PROBE_BUSY, NULL, NULL },
	{ ANY, 500, 599, PASSED, 0, PROBE_UNSENDABLE, NULL, NULL },
	/* "Account not subscribed to SES": true for every key in a region. */
	{ CURLE_LOGIN_DENIED, 535, 535, 0, 0, PROBE_ODD, "not subscribed",
	    NULL },
	{ CURLE_LOGIN_DENIED, 535, 535, 0, 0, PROBE_REFUSED, NULL, NULL },
	/* Without a mechanism in common libcurl says LOGIN_DENIED, without
	 * any AUTH at all it says OK; the last reply is that to EHLO. */
	{ CURLE_LOGIN_DENIED, 250, 250, 0, OFFERED, PROBE_NO_AUTH, NULL, NULL },
	{ CURLE_OK, 250, 250, 0, OFFERED, PROBE_NO_AUTH, NULL, NULL },
	/* Bytes behind the 220 to STARTTLS, sent before TLS began. */
	{ CURLE_WEIRD_SERVER_REPLY, 220, 220, 0, 0, PROBE_TLS, NULL,
	    "text was injected before TLS" },
	{ CURLE_COULDNT_RESOLVE_HOST, 0, 399, 0, 0, PROBE_DNS, NULL, NULL },
	{ CURLE_COULDNT_RESOLVE_PROXY, 0, 399, 0, 0, PROBE_DNS, NULL, NULL },
	{ CURLE_COULDNT_CONNECT, 0, 399, 0, 0, PROBE_CONNECT, NULL, NULL },
	{ CURLE_RECV_ERROR, 0, 399, 0, 0, PROBE_CONNECT, NULL,
	    "the connection broke" },
	{ CURLE_SEND_ERROR, 0, 399, 0, 0, PROBE_CONNECT, NULL,
	    "the connection broke" },
	{ CURLE_GOT_NOTHING, 0, 399, 0, 0, PROBE_CONNECT, NULL,
	    "the connection broke" },
	{ CURLE_OPERATION_TIMEDOUT, 0, 399, 0, 0, PROBE_TIMEOUT, NULL, NULL },
	{ CURLE_USE_SSL_FAILED, 0, 599, 0, 0, PROBE_TLS, NULL, NULL },
	{ CURLE_SSL_CONNECT_ERROR, 0, 399, 0, 0, PROBE_TLS, NULL, NULL },
	{ CURLE_PEER_FAILED_VERIFICATION, 0, 399, 0, 0, PROBE_TLS, NULL, NULL },
	{ CURLE_SSL_ISSUER_ERROR, 0, 399, 0, 0, PROBE_TLS, NULL, NULL },
	{ CURLE_SSL_CIPHER, 0, 399, 0, 0, PROBE_TLS, NULL, NULL },
	{ CURLE_SSL_INVALIDCERTSTATUS, 0, 399, 0, 0, PROBE_TLS, NULL, NULL },
};

const char *
probe_verdict_name(enum probe_verdict v)
{
	return v < PROBE__MAX ? names[v] : "?";
}

bool
probe_is_network(enum probe_verdict v)
{
	return v != PROBE_ACCEPTED && v != PROBE_REFUSED &&
	    v != PROBE_UNSENDABLE;
}

static const struct rule *
find_rule(const struct dialog *d, CURLcode rc, long code)
{
	static const struct rule odd = { ANY, 0, 999, 0, 0, PROBE_ODD, NULL,
		NULL };
	unsigned seen = (d->passed ? PASSED : 0U) | (d->offered ? OFFERED : 0U);

	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct rule *r = &rules[i];

		if ((r->rc == ANY || r->rc == (int)rc) && code >= r->low &&
		    code <= r->high && (r->with & ~seen) == 0 &&
		    (r->without & seen) == 0 &&
		    (r->words == NULL ||
			strcasestr(d->reply, r->words) != NULL))
			return r;
	}
	return &odd;
}

static const char *
own_words(const struct dialog *d, const struct rule *r, CURLcode rc)
{
	if (d->flooded)
		return "more text than a mail server sends";
	if (r->say != NULL)
		return r->say;
	return d->cause[0] != '\0' ? d->cause : curl_easy_strerror(rc);
}

void
verdict_reach(
    const struct dialog *d, CURLcode rc, long code, struct probe_result *ret)
{
	const struct rule *r = find_rule(d, rc, code);
	/* Else the dialogue broke off behind that reply: not its fault. */
	bool last_word =
	    rc == CURLE_OK || rc == CURLE_LOGIN_DENIED || code >= 400;
	const char *s = last_word ? d->reply : own_words(d, r, rc);

	ret->verdict = r->verdict;
	ret->code = last_word ? (int)code : 0;
	ret->reply[0] = '\0';
	dialog_quote(ret->reply, s, strlen(s));
}

static const struct {
	enum ec ec;
	const char *what, *fix;
} meanings[PROBE__MAX] = {
	[PROBE_ACCEPTED] = { EC_BUG, "accepted", "report this" },
	[PROBE_REFUSED] = { EC_AUTH, "the user name or password is refused",
	    "check that the access key is active and that the password was "
	    "derived for this region; a new key may need minutes" },
	[PROBE_BUSY] = { EC_TEMP, "the server refuses for now",
	    "nothing: it is tried again" },
	[PROBE_DNS] = { EC_TEMP, "name not found",
	    "check the name and this host's DNS (getent hosts NAME)" },
	[PROBE_CONNECT] = { EC_TEMP, "no connection",
	    "check that a firewall lets this host out; ports 25, 587 and "
	    "2587 are for STARTTLS, 465 and 2465 for implicit TLS" },
	[PROBE_TIMEOUT] = { EC_TEMP, "no answer in time",
	    "check that a firewall lets this host out and that port and TLS "
	    "mode belong together: 587 starttls, 465 implicit" },
	[PROBE_TLS] = { EC_PROTO, "no trusted connection",
	    "check host, port and TLS mode (587 starttls, 465 implicit), "
	    "this host's clock and ca_file; else somebody is in the middle" },
	[PROBE_NO_AUTH] = { EC_PROTO, "the server offers no PLAIN or LOGIN",
	    "check host and port: this is no SES SMTP endpoint" },
	[PROBE_ODD] = { EC_PROTO, "not the answer of SES",
	    "check host and port, and that SES is in use in this region" },
	[PROBE_UNSENDABLE] = { EC_DENIED,
	    "login works, but the message was not taken",
	    "allow ses:SendRawEmail for the IAM user and verify the sender "
	    "address in this region" },
};

enum ec
probe_fail(struct err *e, const struct smtp_peer *peer, const char *user,
    const struct probe_result *r)
{
	enum probe_verdict v = r->verdict < PROBE__MAX ? r->verdict : PROBE_ODD;
	char code[16] = "";

	if (r->code != 0)
		(void)snprintf(code, sizeof(code), "%d ", r->code);
	errno = 0; /* EC_DENIED would append that of an old failure */
	(void)fail(e, meanings[v].ec, "%s:%u: %s: %s%s%s%s", peer->host,
	    peer->port, meanings[v].what, code, r->reply,
	    user != NULL ? ", user " : "", user != NULL ? user : "");
	return fix(e, "%s", meanings[v].fix);
}
