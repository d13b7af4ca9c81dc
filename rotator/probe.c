/*
 * probe: see probe.h. One probe is: set up a handle, let net run it, classify.
 *
 * AUTH only: with CURLOPT_CONNECT_ONLY libcurl does EHLO, STARTTLS, EHLO,
 * AUTH and stops, so that nothing is mailed. Every probe has a connection of
 * its own: a kept one would not authenticate again, and several connections
 * meet several hosts of the fleet behind the name.
 */
#include "rotator/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/probe_p.h"

#define TIMEOUT_DEFAULT 10000

struct probe {
	CURL *h;
	struct dialog dialog;
	struct message message;
};

/* Before TLS there is no login and no way around TLS. The initial response
 * (RFC 4954) saves a round trip. */
static const struct {
	CURLoption option;
	long value;
} rules[] = {
	{ CURLOPT_USE_SSL, CURLUSESSL_ALL },
	{ CURLOPT_SASL_IR, 1 },
	{ CURLOPT_FRESH_CONNECT, 1 },
	{ CURLOPT_DNS_CACHE_TIMEOUT, 0 },
};

static const struct {
	CURLoption option;
	const char *value;
} words[] = {
	{ CURLOPT_PROTOCOLS_STR, "smtp,smtps" },
	/* PLAIN, or LOGIN where PLAIN is not offered. After a refusal
	 * libcurl does not try the other one. */
	{ CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN" },
};

/* RFC 5321 4.1.4 wants a domain or an address literal after EHLO; libcurl
 * itself would send the host name up to its first dot. */
static void
own_name(char *ret, size_t size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789.-";

	if (gethostname(ret, size) != 0)
		ret[0] = '\0';
	ret[size - 1] = '\0';
	if (strchr(ret, '.') == NULL || ret[strspn(ret, letters)] != '\0')
		(void)snprintf(ret, size, "[127.0.0.1]");
}

/* The path of an SMTP address is the name for EHLO. */
static CURLUcode
put_parts(CURLU *u, const struct smtp_peer *peer)
{
	char name[256], path[258], port[16];
	CURLUcode rc;

	own_name(name, sizeof(name));
	(void)snprintf(path, sizeof(path), "/%s", name);
	(void)snprintf(port, sizeof(port), "%u", peer->port);
	rc = curl_url_set(u, CURLUPART_SCHEME,
	    peer->tls == SMTP_IMPLICIT ? "smtps" : "smtp", 0);
	if (rc == CURLUE_OK)
		rc = curl_url_set(u, CURLUPART_HOST, peer->host, 0);
	if (rc == CURLUE_OK)
		rc = curl_url_set(u, CURLUPART_PORT, port, 0);
	if (rc == CURLUE_OK)
		rc = curl_url_set(u, CURLUPART_PATH, path, CURLU_URLENCODE);
	return rc;
}

static enum ec
set_address(CURL *h, const struct smtp_peer *peer, struct err *e)
{
	CURLU *u = curl_url();
	char *url = NULL;
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	CURLUcode urc = u != NULL ? put_parts(u, peer) : CURLUE_OUT_OF_MEMORY;

	if (urc == CURLUE_OK)
		urc = curl_url_get(u, CURLUPART_URL, &url, 0);
	if (urc == CURLUE_OK)
		rc = curl_easy_setopt(h, CURLOPT_URL, url);
	curl_free(url);
	curl_url_cleanup(u);
	if (urc != CURLUE_OK && urc != CURLUE_OUT_OF_MEMORY)
		return fail(e, EC_CONFIG, "%s:%u: not a host and port",
		    peer->host, peer->port);
	return rc == CURLE_OK ? EC_OK
			      : fail(e, EC_NOMEM, "no memory for a probe");
}

static CURLcode
set_rules(struct probe *p)
{
	CURLcode rc = dialog_listen(&p->dialog, p->h);

	for (size_t i = 0; i < COUNT(rules) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(p->h, rules[i].option, rules[i].value);
	for (size_t i = 0; i < COUNT(words) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(p->h, words[i].option, words[i].value);
	return rc;
}

/* libcurl copies both into memory that secret_init() made wiping. */
static CURLcode
set_cred(CURL *h, const struct smtp_cred *cred)
{
	CURLcode rc = curl_easy_setopt(h, CURLOPT_USERNAME, cred->user);

	if (rc == CURLE_OK)
		rc = curl_easy_setopt(
		    h, CURLOPT_PASSWORD, secret_reveal(cred->pass));
	return rc;
}

/* On failure the caller ends p all the same. */
static enum ec
open_probe(struct net *n, struct probe *p, const struct probe_job *job,
    int64_t timeout_ms, struct err *e)
{
	CURLcode rc;

	if (job->cred != NULL && job->cred->pass == NULL)
		return fail(e, EC_BUG, "probe without a password");
	p->h = net_handle(n, job->peer->ca_file);
	if (p->h == NULL)
		return fail(e, EC_NOMEM, "no memory for a probe");
	TRY(set_address(p->h, job->peer, e));
	if (job->ca != NULL &&
	    net_trust_only(n, p->h, job->ca, job->ca_len) != CURLE_OK)
		return fail(e, EC_NOMEM, "no memory for a probe");
	rc = set_rules(p);
	if (rc == CURLE_OK && job->cred != NULL)
		rc = set_cred(p->h, job->cred);
	/* Of a CONNECT_ONLY connection libcurl knows that nobody else may
	 * have it; FORBID_REUSE would close it before our QUIT. */
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(p->h,
		    job->send == NULL ? CURLOPT_CONNECT_ONLY
				      : CURLOPT_FORBID_REUSE,
		    1L);
	/* At the end of a mail libcurl waits for the answer to QUIT, and only
	 * this bounds that wait (1 s is the smallest). */
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(p->h, CURLOPT_SERVER_RESPONSE_TIMEOUT,
		    (long)(timeout_ms / 1000 + 1));
	if (rc != CURLE_OK)
		return fail(e, EC_NOMEM, "no memory for a probe");
	if (job->send == NULL)
		return EC_OK;
	return message_prepare(&p->message, p->h, job->send, e);
}

/* Politeness: the server's log would show a lost connection. The answer is
 * not waited for. */
static void
say_quit(const struct probe *p)
{
	size_t sent;

	if (curl_easy_send(p->h, "QUIT\r\n", 6, &sent) != CURLE_OK)
		return;
}

static enum ec
conclude(const struct probe *p, CURLcode rc, int64_t at, struct probe_job *job,
    struct err *e)
{
	long code = 0;
	curl_off_t us = 0;

	if (rc == CURLE_SSL_CACERT_BADFILE)
		return fail(e, EC_CONFIG, "%s: CA file cannot be used",
		    job->peer->ca_file != NULL ? job->peer->ca_file
					       : job->peer->host);
	if (rc == CURLE_OUT_OF_MEMORY || rc == CURLE_FAILED_INIT)
		return fail(e, rc == CURLE_OUT_OF_MEMORY ? EC_NOMEM : EC_BUG,
		    "%s:%u: %s", job->peer->host, job->peer->port,
		    curl_easy_strerror(rc));
	(void)curl_easy_getinfo(p->h, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(p->h, CURLINFO_TOTAL_TIME_T, &us);
	job->result.at = at;
	job->result.took = (int64_t)us / 1000;
	verdict_reach(&p->dialog, rc, code, &job->result);
	if (job->cred == NULL && rc == CURLE_OK && p->dialog.offered)
		job->result.verdict = PROBE_ACCEPTED;
	if (rc == CURLE_OK && job->send == NULL)
		say_quit(p);
	return EC_OK;
}

static void
end_all(struct net *n, struct probe *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		net_done(n, p[i].h);
		message_free(&p[i].message);
	}
	free(p);
}

static enum ec
run_all(struct net *n, struct probe *p, struct probe_job *jobs, size_t count,
    int64_t timeout_ms, struct err *e)
{
	AUTO(free) CURL **h = calloc(count, sizeof(CURL *));
	AUTO(free) CURLcode *rc = calloc(count, sizeof(CURLcode));
	int64_t at = clock_wall();

	if (h == NULL || rc == NULL)
		return fail(e, EC_NOMEM, "no memory for a probe");
	for (size_t i = 0; i < count; i++) {
		TRY(open_probe(n, &p[i], &jobs[i], timeout_ms, e));
		h[i] = p[i].h;
	}
	net_perform_all(n, h, rc, count, timeout_ms);
	for (size_t i = 0; i < count; i++)
		TRY(conclude(&p[i], rc[i], at, &jobs[i], e));
	return EC_OK;
}

enum ec
probe_smtp_many(struct net *n, struct probe_job *jobs, size_t count,
    int64_t timeout_ms, struct err *e)
{
	struct probe *p;
	enum ec ec;

	if (count == 0)
		return EC_OK;
	if (timeout_ms <= 0)
		timeout_ms = TIMEOUT_DEFAULT;
	if (net_far(n) != NULL)
		return probe_far(n, jobs, count, timeout_ms, e);
	p = calloc(count, sizeof(*p));
	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for a probe");
	ec = run_all(n, p, jobs, count, timeout_ms, e);
	end_all(n, p, count);
	return ec;
}

enum ec
probe_smtp(struct net *n, const struct smtp_peer *peer,
    const struct smtp_cred *cred, const struct prove_send *send,
    int64_t timeout_ms, struct probe_result *ret, struct err *e)
{
	struct probe_job job = { peer, cred,
		send != NULL && send->from != NULL ? send : NULL,
		{ .reply = "" }, NULL, 0 };

	TRY(probe_smtp_many(n, &job, 1, timeout_ms, e));
	*ret = job.result;
	return EC_OK;
}

enum ec
probe_reach(struct net *n, const struct smtp_peer *peer, int64_t timeout_ms,
    struct probe_result *ret, struct err *e)
{
	struct probe_job job = { peer, NULL, NULL, { .reply = "" }, NULL, 0 };

	TRY(probe_smtp_many(n, &job, 1, timeout_ms, e));
	*ret = job.result;
	return EC_OK;
}
