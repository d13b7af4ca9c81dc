/*
 * net: see net.h. All rules of a transfer are in the two tables below, so
 * that an auditor reads them in one place. CURLOPT_VERBOSE is never set: the
 * trace of an SMTP login holds the password.
 */
#include "base/net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>

#include "base/auto.h"
#include "base/far.h"
#include "base/net_p.h"

#define TIMEOUT_DEFAULT 10000
#define POLL_MS         1000

struct net {
	CURLM *multi;
	struct trust *trust;
	char *ca_file;   /* or NULL */
	struct far *far; /* or NULL; then there is no multi */
};

static const struct {
	CURLoption option;
	long value;
} rules[] = {
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_NOSIGNAL, 1 },
	{ CURLOPT_NOPROGRESS, 1 },
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_PATH_AS_IS, 1 }, /* what was signed is what is sent */
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	/* An HTTP/2 stream may be refused and resent by libcurl itself. */
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	/* A fleet behind one name changes within minutes. */
	{ CURLOPT_DNS_CACHE_TIMEOUT, 60 },
};

static enum ec
fill(struct net *n, struct trust *trust, const char *ca_file, struct err *e)
{
	n->trust = trust != NULL ? trust_more(trust) : trust_new();
	if (n->trust == NULL)
		return fail(e, EC_NOMEM, "no memory for trust anchors");
	if (ca_file != NULL && (n->ca_file = strdup(ca_file)) == NULL)
		return fail(e, EC_NOMEM, "no memory for a file name");
	if (n->far == NULL)
		n->multi = curl_multi_init();
	if (n->far == NULL && n->multi == NULL)
		return fail(e, EC_NOMEM, "no memory for the network");
	return EC_OK;
}

static enum ec
check_ca(const char *ca_file, struct err *e)
{
	if (ca_file == NULL || access(ca_file, R_OK) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s: %s", ca_file, strerrordesc_np(errno));
	return fix(e, "name a readable file of PEM certificates");
}

static enum ec
make(struct far *far, struct trust *trust, const char *ca_file,
    struct net **ret, struct err *e)
{
	AUTO(net) struct net *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		far_stop(far);
		return fail(e, EC_NOMEM, "no memory for the network");
	}
	n->far = far;
	TRY(check_ca(ca_file, e));
	TRY(fill(n, trust, ca_file, e));
	*ret = TAKE(n);
	return EC_OK;
}

enum ec
net_new_far(
    struct far *far, const char *ca_file, struct net **ret, struct err *e)
{
	return make(far, NULL, ca_file, ret, e);
}

enum ec
net_share(struct net *n, struct net **ret, struct err *e)
{
	struct far *far = NULL;

	if (n->far != NULL)
		TRY(far_share(n->far, &far, e));
	return make(far, n->trust, n->ca_file, ret, e);
}

enum ec
net_new(const char *ca_file, struct net **ret, struct err *e)
{
	return net_new_far(NULL, ca_file, ret, e);
}

const char *
net_ca_file(const struct net *n)
{
	return n->ca_file;
}

struct far *
net_far(const struct net *n)
{
	return n->far;
}

void
net_free(struct net *n)
{
	if (n == NULL)
		return;
	far_stop(n->far);
	if (n->multi != NULL)
		(void)curl_multi_cleanup(n->multi);
	trust_free(n->trust);
	free(n->ca_file);
	free(n);
}

void
auto_net(struct net **n)
{
	net_free(*n);
}

static CURLcode
apply(CURL *h, struct trust *t, const char *ca_file)
{
	CURLcode rc = trust_set(t, h, ca_file);

	for (size_t i = 0; i < COUNT(rules) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(h, rules[i].option, rules[i].value);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https,http");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_USERAGENT, "ses-smtp-rotator");
	return rc;
}

CURL *
net_handle(struct net *n, const char *ca_file)
{
	CURL *h = curl_easy_init();

	if (h == NULL)
		return NULL;
	/* A rule that cannot be set must not be dropped silently. */
	if (apply(h, n->trust, ca_file != NULL ? ca_file : n->ca_file) ==
	    CURLE_OK)
		return h;
	curl_easy_cleanup(h);
	return NULL;
}

CURLcode
net_trust_only(struct net *n, CURL *h, const char *pem, size_t len)
{
	return trust_only(n->trust, h, pem, len);
}

void
net_done(struct net *n, CURL *h)
{
	if (h == NULL)
		return;
	(void)curl_multi_remove_handle(n->multi, h);
	curl_easy_cleanup(h);
}

/* Writes the results that are ready; returns how many there were. */
static size_t
collect(CURLM *multi, CURL **h, CURLcode *rets, size_t count)
{
	size_t got = 0;
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		for (size_t i = 0; i < count; i++)
			if (h[i] == m->easy_handle) {
				rets[i] = m->data.result;
				got++;
			}
	}
	return got;
}

/* Handles of an earlier net_perform() are still attached; removing one that
 * is not attached is harmless. Returns how many were taken on. */
static size_t
attach(struct net *n, CURL **h, CURLcode *rets, size_t count, long timeout_ms)
{
	size_t added = 0;

	for (size_t i = 0; i < count; i++) {
		/* Nothing else keeps libcurl from taking a handle on, or
		 * makes its poll() fail. */
		rets[i] = CURLE_OUT_OF_MEMORY;
		(void)curl_multi_remove_handle(n->multi, h[i]);
		if (curl_easy_setopt(h[i], CURLOPT_TIMEOUT_MS, timeout_ms) ==
			CURLE_OK &&
		    curl_multi_add_handle(n->multi, h[i]) == CURLM_OK)
			added++;
	}
	return added;
}

void
net_perform_all(
    struct net *n, CURL **h, CURLcode *rets, size_t count, int64_t timeout_ms)
{
	long limit = timeout_ms > 0 ? (long)timeout_ms : TIMEOUT_DEFAULT;
	size_t open = attach(n, h, rets, count, limit);
	int running = 0;

	while (open > 0) {
		if (curl_multi_perform(n->multi, &running) != CURLM_OK)
			return;
		open -= collect(n->multi, h, rets, count);
		if (open > 0 &&
		    curl_multi_poll(n->multi, NULL, 0, POLL_MS, NULL) !=
			CURLM_OK)
			return;
	}
}

CURLcode
net_perform(struct net *n, CURL *h, int64_t timeout_ms)
{
	CURLcode rc;

	net_perform_all(n, &h, &rc, 1, timeout_ms);
	return rc;
}

static const struct failure {
	CURLcode rc;
	enum ec ec;
	const char *what, *fix; /* NULL: libcurl's own words, no remedy */
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, EC_TEMP, "name not found",
	    "check the name and this host's DNS (getent hosts)" },
	{ CURLE_COULDNT_RESOLVE_PROXY, EC_TEMP, "proxy name not found",
	    "check HTTPS_PROXY" },
	{ CURLE_COULDNT_CONNECT, EC_TEMP, "cannot connect",
	    "check that a firewall lets this host out" },
	{ CURLE_OPERATION_TIMEDOUT, EC_TEMP, "no answer in time",
	    "check that a firewall lets this host out" },
	{ CURLE_SSL_CONNECT_ERROR, EC_TEMP, "TLS handshake failed",
	    "check that port and TLS mode belong together" },
	{ CURLE_USE_SSL_FAILED, EC_PROTO, "server offers no STARTTLS",
	    "check that port and TLS mode belong together" },
	{ CURLE_SSL_CACERT_BADFILE, EC_CONFIG, "CA file cannot be used",
	    "name a readable file of PEM certificates" },
	{ CURLE_SSL_CERTPROBLEM, EC_CONFIG,
	    "our own certificate or its key cannot be used",
	    "give PEM, the key unencrypted and that of the certificate" },
	{ CURLE_OUT_OF_MEMORY, EC_NOMEM, NULL, NULL },
	{ CURLE_URL_MALFORMAT, EC_CONFIG, NULL, "correct the address" },
	{ CURLE_UNSUPPORTED_PROTOCOL, EC_CONFIG, NULL, "use https://" },
	{ CURLE_FAILED_INIT, EC_BUG, NULL, NULL },
};

static const struct failure *
find_failure(CURLcode rc)
{
	static const struct failure other = { CURLE_OK, EC_TEMP, NULL,
		"nothing: it is tried again; if it stays, check the network "
		"and any proxy on the way" };

	for (size_t i = 0; i < COUNT(failures); i++)
		if (failures[i].rc == rc)
			return &failures[i];
	return &other;
}

/* libcurl leaves UNSPECIFIED there when the chain is good and the name is not
 * (curl 7.88.1 lib/vtls/openssl.c, servercert). */
#define WRONG_NAME X509_V_ERR_UNSPECIFIED

static const struct {
	long verdict;
	const char *fix;
} refusals[] = {
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	    "check this host's clock (timedatectl)" },
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	    "check this host's clock (timedatectl); else the peer's "
	    "certificate must be renewed" },
	{ WRONG_NAME,
	    "the certificate is for another host name: check the address" },
};

/* A certificate that does not prove the peer: never worked around. */
static enum ec
fail_certificate(struct err *e, CURL *h, const char *peer)
{
	long verdict = WRONG_NAME;

	(void)curl_easy_getinfo(h, CURLINFO_SSL_VERIFYRESULT, &verdict);
	if (verdict == X509_V_ERR_HOSTNAME_MISMATCH)
		verdict = WRONG_NAME;
	(void)fail(e, EC_PROTO, "%s: certificate refused: %s", peer,
	    verdict == WRONG_NAME ? "it does not name this host"
				  : X509_verify_cert_error_string(verdict));
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (refusals[i].verdict == verdict)
			return fix(e, "%s", refusals[i].fix);
	return fix(e,
	    "if the peer uses an own authority, name its "
	    "certificate as ca_file; otherwise somebody is in the "
	    "middle");
}

enum ec
net_fail(struct err *e, CURL *h, CURLcode rc, const char *peer)
{
	const struct failure *f = find_failure(rc);
	long sys = 0;

	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		return fail_certificate(e, h, peer);
	(void)curl_easy_getinfo(h, CURLINFO_OS_ERRNO, &sys);
	(void)fail(e, f->ec, "%s: %s%s%s", peer,
	    f->what != NULL ? f->what : curl_easy_strerror(rc),
	    sys != 0 ? ": " : "", sys != 0 ? strerrordesc_np((int)sys) : "");
	return f->fix != NULL ? fix(e, "%s", f->fix) : f->ec;
}
