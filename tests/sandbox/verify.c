/* verify: Signature Version 4, the checking side. See verify.h. */
#include "verify.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/auto.h"
#include "url.h"
#include "util.h"

#define WINDOW_S    900L
#define HEX_SIZE    65
#define ALL_IS_WELL ((struct refusal){ 0, NULL, NULL })

static const char mismatch[] =
    "The request signature we calculated does not match the signature you "
    "provided. Check your AWS Secret Access Key and signing method. Consult "
    "the service documentation for details.";

static struct refusal
refuse(char *message)
{
	return (struct refusal){ 403, "SignatureDoesNotMatch", message };
}

static void
hex(const unsigned char *in, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", in[i]);
}

static void
sha256_hex(const void *data, size_t len, char out[HEX_SIZE])
{
	unsigned char md[32];

	(void)SHA256(data, len, md);
	hex(md, sizeof(md), out);
}

static void
hmac(const void *key, size_t klen, const char *text, unsigned char out[32])
{
	unsigned char md[32];

	(void)HMAC(EVP_sha256(), key, (int)klen, (const unsigned char *)text,
	    strlen(text), md, NULL);
	memcpy(out, md, sizeof(md));
}

/* Trim, and one space for any run of them, appended to f. */
static void
put_value(FILE *f, const char *v)
{
	bool space = false, any = false;

	for (; *v != '\0'; v++) {
		if (*v == ' ' || *v == '\t') {
			space = true;
			continue;
		}
		if (space && any)
			(void)fputc(' ', f);
		space = false;
		any = true;
		(void)fputc(*v, f);
	}
}

static void
put_header(FILE *f, const struct signed_request *r, const char *name)
{
	bool first = true;
	size_t i;

	(void)fprintf(f, "%s:", name);
	for (i = 0; i < r->nheaders; i++) {
		if (strcasecmp(r->headers[i].name, name) != 0)
			continue;
		if (!first)
			(void)fputc(',', f);
		first = false;
		put_value(f, r->headers[i].value);
	}
	(void)fputc('\n', f);
}

static int
by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d != 0 ? d : strcmp(x->value, y->value);
}

/* Every name and value encoded afresh, then sorted. */
static void
put_query(FILE *f, const char *query)
{
	struct form q = { .n = 0 };
	size_t i;

	form_parse(&q, query, 0);
	for (i = 0; i < q.n; i++) {
		struct pair old = q.pair[i];

		q.pair[i].name = url_encode(old.name, 0);
		q.pair[i].value = url_encode(old.value, 0);
		free(old.name);
		free(old.value);
	}
	qsort(q.pair, q.n, sizeof(q.pair[0]), by_pair);
	for (i = 0; i < q.n; i++)
		(void)fprintf(f, "%s%s=%s", i > 0 ? "&" : "", q.pair[i].name,
		    q.pair[i].value);
	form_free(&q);
}

static void
put_names(FILE *f, const struct authorization *a)
{
	size_t i;

	for (i = 0; i < a->nsigned; i++)
		(void)fprintf(f, "%s%s", i > 0 ? ";" : "", a->signed_names[i]);
	(void)fputc('\n', f);
}

static char *
canonical(const struct signed_request *r, const struct authorization *a)
{
	AUTO(free) char *path = url_encode(r->path, 1);
	char body[HEX_SIZE], *out = NULL;
	size_t len, i;
	FILE *f = must(open_memstream(&out, &len));

	sha256_hex(r->body, r->body_len, body);
	(void)fprintf(f, "%s\n%s\n", r->method, path[0] ? path : "/");
	put_query(f, r->query);
	(void)fputc('\n', f);
	for (i = 0; i < a->nsigned; i++)
		put_header(f, r, a->signed_names[i]);
	(void)fputc('\n', f);
	put_names(f, a);
	(void)fputs(body, f);
	(void)fclose(f);
	return out;
}

static void
sign(const struct signed_request *r, const struct authorization *a,
    const char *secret, const char *stamp, char out[HEX_SIZE])
{
	AUTO(free) char *text = canonical(r, a);
	AUTO(free) char *first = fmt("AWS4%s", secret);
	AUTO(free) char *to_sign = NULL;
	unsigned char k[32];
	char hash[HEX_SIZE];

	sha256_hex(text, strlen(text), hash);
	to_sign = fmt("AWS4-HMAC-SHA256\n%s\n%s/%s/%s/%s\n%s", stamp, a->date,
	    a->region, a->service, a->terminator, hash);
	hmac(first, strlen(first), a->date, k);
	hmac(k, sizeof(k), a->region, k);
	hmac(k, sizeof(k), a->service, k);
	hmac(k, sizeof(k), a->terminator, k);
	hmac(k, sizeof(k), to_sign, k);
	hex(k, sizeof(k), out);
}

static bool
is_signed(const struct authorization *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->nsigned; i++)
		if (strcasecmp(a->signed_names[i], name) == 0)
			return true;
	return false;
}

/* host and every x-amz- header that is present must be covered, in order. */
static struct refusal
check_names(const struct signed_request *r, const struct authorization *a)
{
	size_t i;

	for (i = 1; i < a->nsigned; i++)
		if (strcmp(a->signed_names[i - 1], a->signed_names[i]) >= 0)
			return refuse(fmt("%s", mismatch));
	if (!is_signed(a, "host"))
		return refuse(fmt("'Host' or ':authority' must be a "
				  "'SignedHeader' in the AWS Authorization."));
	for (i = 0; i < r->nheaders; i++) {
		const char *name = r->headers[i].name;

		if (strncasecmp(name, "x-amz-", 6) == 0 && !is_signed(a, name))
			return refuse(fmt("There were headers present in the "
					  "request which were not signed: %s",
			    name));
	}
	return ALL_IS_WELL;
}

static struct refusal
check_scope(const struct authorization *a, const char *service,
    const char *region, const char *stamp)
{
	if (strcmp(a->terminator, "aws4_request") != 0)
		return refuse(fmt("Credential should be scoped with a valid "
				  "terminator: 'aws4_request', not '%s'.",
		    a->terminator));
	if (strcmp(a->service, service) != 0)
		return refuse(fmt(
		    "Credential should be scoped to correct service: '%s'. ",
		    service));
	if (region != NULL && strcmp(a->region, region) != 0)
		return refuse(fmt("Credential should be scoped to a valid "
				  "region, not '%s'. ",
		    a->region));
	if (strlen(a->date) != 8 || strncmp(a->date, stamp, 8) != 0)
		return refuse(fmt("Date in Credential scope does not match "
				  "YYYYMMDD from ISO-8601 version of date from "
				  "HTTP: '%s' != '%.8s', from '%s'.",
		    a->date, stamp, stamp));
	return ALL_IS_WELL;
}

static struct refusal
check_clock(const char *stamp, time_t now)
{
	char server[32], edge[32];
	struct tm tm = { .tm_sec = 0 };
	const char *end = strptime(stamp, DATE_BASIC, &tm);
	time_t at = timegm(&tm);

	if (end == NULL || *end != '\0')
		return (struct refusal){ 400, "IncompleteSignature",
			fmt("Date must be in ISO-8601 'basic format'. Got "
			    "'%s'. See http://en.wikipedia.org/wiki/ISO_8601",
			    stamp) };
	date_text(now, DATE_BASIC, server, sizeof(server));
	date_text(at < now ? now - WINDOW_S : now + WINDOW_S, DATE_BASIC, edge,
	    sizeof(edge));
	if (at < now - WINDOW_S)
		return refuse(fmt("Signature expired: %s is now earlier than "
				  "%s (%s - 15 min.)",
		    stamp, edge, server));
	if (at > now + WINDOW_S)
		return refuse(fmt("Signature not yet current: %s is still "
				  "later than %s (%s + 15 min.)",
		    stamp, edge, server));
	return ALL_IS_WELL;
}

/* A declared body hash must be that of the body; the signature covers it. */
static bool
body_agrees(const struct signed_request *r)
{
	const char *said = request_header(r, "x-amz-content-sha256");
	char real[HEX_SIZE];

	sha256_hex(r->body, r->body_len, real);
	return said == NULL || strcmp(said, real) == 0;
}

struct refusal
signature_check(const struct signed_request *r, const struct authorization *a,
    const char *secret, const char *service, const char *region, time_t now)
{
	const char *stamp = request_header(r, "x-amz-date");
	struct refusal no = check_names(r, a);
	char want[HEX_SIZE];

	if (no.code == NULL)
		no = check_clock(stamp, now);
	if (no.code == NULL)
		no = check_scope(a, service, region, stamp);
	if (no.code != NULL)
		return no;
	sign(r, a, secret, stamp, want);
	if (!body_agrees(r) || strlen(a->signature) != HEX_SIZE - 1 ||
	    CRYPTO_memcmp(want, a->signature, HEX_SIZE - 1) != 0)
		return refuse(fmt("%s", mismatch));
	return ALL_IS_WELL;
}
