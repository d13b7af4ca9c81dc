/*
 * http_tls: whom one request trusts and who we are to its peer, out of memory
 * and never out of temporary files.
 *
 * libcurl compares the authority and the certificate, whole, before it reuses
 * a connection or a TLS session (curl 7.88.1 lib/vtls/vtls.c,
 * Curl_ssl_config_matches), so that one identity never speaks for another.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/http_p.h"

void
auto_url(CURLU **u)
{
	curl_url_cleanup(*u);
}

void
auto_curl_text(char **s)
{
	curl_free(*s);
}

bool
slist_append(struct curl_slist **l, const char *line)
{
	struct curl_slist *more = curl_slist_append(*l, line);

	if (more == NULL)
		return false;
	*l = more;
	return true;
}

void
auto_http_alias(struct http_alias *a)
{
	curl_free(a->url);
	curl_slist_free_all(a->connect_to);
}

/* CURLOPT_CONNECT_TO(3): NAME:PORT:ADDRESS:PORT, a literal IPv6 address in
 * brackets, as it stands in the URL. */
enum ec
http_alias(const struct http_request *q, struct http_alias *ret, struct err *e)
{
	AUTO(url) CURLU *u = curl_url();
	AUTO(curl_text) char *host = NULL;
	AUTO(curl_text) char *port = NULL;
	char way[2 * HTTP_PEER_MAX];

	if (q->tls_name == NULL)
		return EC_OK;
	if (u == NULL)
		return fail(e, EC_NOMEM, "no memory for an address");
	if (curl_url_set(u, CURLUPART_URL, q->url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		CURLUE_OK ||
	    curl_url_set(u, CURLUPART_HOST, q->tls_name, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_URL, &ret->url, 0) != CURLUE_OK)
		return fail(e, EC_CONFIG, "%.200s: no name for a certificate",
		    q->tls_name);
	(void)snprintf(way, sizeof(way), "%.250s:%s:%.250s:%s", q->tls_name,
	    port, host, port);
	(void)snprintf(
	    ret->host, sizeof(ret->host), "Host: %.250s:%s", host, port);
	return slist_append(&ret->connect_to, way)
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for an address");
}

/* libcurl reads it during the transfer only; the caller's bytes live longer. */
static CURLcode
set_blob(CURL *h, CURLoption option, const char *p, size_t n)
{
	char *bytes;
	struct curl_blob blob = { .len = n, .flags = CURL_BLOB_NOCOPY };

	memcpy(&bytes, &p, sizeof(bytes)); /* it only reads */
	blob.data = bytes;
	return curl_easy_setopt(h, option, &blob);
}

/* Without a pass phrase OpenSSL would ask for one on the terminal, and wait
 * there (PEM_read_bio_PrivateKey(3)). */
static CURLcode
set_identity(CURL *h, const struct buf *cert, const struct secret *key)
{
	CURLcode rc =
	    set_blob(h, CURLOPT_SSLCERT_BLOB, buf_str(cert), cert->len);

	if (rc == CURLE_OK)
		rc = set_blob(h, CURLOPT_SSLKEY_BLOB, secret_reveal(key),
		    secret_len(key));
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_SSLCERTTYPE, "PEM");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_SSLKEYTYPE, "PEM");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_KEYPASSWD, "");
	return rc;
}

CURLcode
http_tls_set(struct net *n, CURL *h, const struct http_request *q,
    const struct http_alias *a)
{
	CURLcode rc = CURLE_OK;

	if (q->ca != NULL)
		rc = net_trust_only(n, h, buf_str(q->ca), q->ca->len);
	if (rc == CURLE_OK && q->cert != NULL)
		rc = set_identity(h, q->cert, q->cert_key);
	if (rc == CURLE_OK && a->url != NULL)
		rc = curl_easy_setopt(h, CURLOPT_CONNECT_TO, a->connect_to);
	return rc;
}
