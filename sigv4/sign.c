/*
 * sign: see sign.h. Three stages, each kept in the result: canonical request
 * (canonical.c), string to sign, signature.
 */
#include "sigv4/sign.h"

#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/hash.h"

#define STAGE_MAX ((size_t)64 * 1024)
#define DATE_LEN  8 /* of an amz_date */
#define EXTRA     3 /* headers added by us */

/* "2026-11-21T03:40:00Z" to "20261121T034000Z". */
static enum ec
amz_date(int64_t at, char ret[17], struct err *e)
{
	char text[CLOCK_TEXT_MAX];
	size_t n = 0;

	clock_text(at, text);
	for (const char *s = text; *s != '\0' && n < 16; s++)
		if (*s != '-' && *s != ':')
			ret[n++] = *s;
	ret[n] = '\0';
	if (n != 16 || ret[15] != 'Z')
		return fail(e, EC_BUG, "cannot write a signing time");
	return EC_OK;
}

/* The caller's headers and those of the signature itself. */
static enum ec
all_headers(const struct sig_request *q, const struct sig_context *c,
    const struct sig_result *r, struct sig_header *ret, size_t *count,
    struct err *e)
{
	size_t n = 0;

	for (; q->headers[n].name != NULL; n++) {
		if (n == CANONICAL_HEADERS_MAX - EXTRA)
			return fail(e, EC_PROTO, "too many headers to sign");
		ret[n] = q->headers[n];
	}
	ret[n++] = (struct sig_header){ "x-amz-date", r->amz_date };
	if (q->sign_body)
		ret[n++] =
		    (struct sig_header){ "x-amz-content-sha256", r->body_hash };
	if (c->token != NULL && !q->omit_token)
		ret[n++] = (struct sig_header){ "x-amz-security-token",
			secret_reveal(c->token) };
	*count = n;
	return EC_OK;
}

static enum ec
canonical_request(const struct sig_request *q, const struct sig_context *c,
    struct sig_result *r, struct buf *names, struct err *e)
{
	struct sig_header headers[CANONICAL_HEADERS_MAX];
	struct buf *b = &r->canonical;
	size_t count = 0;

	TRY(all_headers(q, c, r, headers, &count, e));
	TRY(buf_adds(b, q->method, e));
	TRY(buf_adds(b, "\n", e));
	TRY(canonical_path(b, q->path, q->keep_path, e));
	TRY(buf_adds(b, "\n", e));
	TRY(canonical_query(b, q->query, e));
	TRY(buf_adds(b, "\n", e));
	TRY(canonical_headers(b, names, headers, count, e));
	TRY(buf_adds(b, "\n", e));
	TRY(buf_adds(b, buf_str(names), e));
	TRY(buf_adds(b, "\n", e));
	return buf_adds(b, r->body_hash, e);
}

static enum ec
string_to_sign(struct sig_result *r, const char *scope, struct err *e)
{
	char hex[HASH_HEX];

	TRY(hash_hex(buf_str(&r->canonical), r->canonical.len, hex, e));
	return buf_addf(&r->string_to_sign, e, "AWS4-HMAC-SHA256\n%s\n%s\n%s",
	    r->amz_date, scope, hex);
}

static enum ec
signature(const struct sig_context *c, const char *date, struct sig_result *r,
    struct err *e)
{
	unsigned char key[HASH_LEN];
	enum ec ec;

	TRY(hash_signing_key(c->secret, date, c->region, c->service, key, e));
	ec = hash_hmac(key, HASH_LEN, buf_str(&r->string_to_sign), key, e);
	if (ec == EC_OK)
		hash_to_hex(key, r->signature);
	wipe(key, sizeof(key));
	return ec;
}

static enum ec
sign(const struct sig_request *q, const struct sig_context *c,
    struct sig_result *r, struct err *e)
{
	AUTO(buf) struct buf names = BUF(STAGE_MAX);
	AUTO(buf) struct buf scope = BUF(STAGE_MAX);
	char date[DATE_LEN + 1];

	TRY(amz_date(c->at, r->amz_date, e));
	memcpy(date, r->amz_date, DATE_LEN);
	date[DATE_LEN] = '\0';
	TRY(hash_hex(q->body, q->body_len, r->body_hash, e));
	TRY(buf_addf(
	    &scope, e, "%s/%s/%s/aws4_request", date, c->region, c->service));
	TRY(canonical_request(q, c, r, &names, e));
	TRY(string_to_sign(r, buf_str(&scope), e));
	TRY(signature(c, date, r, e));
	return buf_addf(&r->authorization, e,
	    "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
	    "Signature=%s",
	    c->key_id, buf_str(&scope), buf_str(&names), r->signature);
}

enum ec
sig_sign(const struct sig_request *q, const struct sig_context *c,
    struct sig_result *ret, struct err *e)
{
	AUTO(sig_result)
	struct sig_result r = {
		.canonical = BUF(STAGE_MAX),
		.string_to_sign = BUF(STAGE_MAX),
		.authorization = BUF(STAGE_MAX),
	};

	TRY(sign(q, c, &r, e));
	*ret = r;
	/* The buffers belong to *ret now. */
	memset(&r, 0, sizeof(r));
	return EC_OK;
}

void
sig_result_free(struct sig_result *r)
{
	buf_free(&r->canonical);
	buf_free(&r->string_to_sign);
	buf_free(&r->authorization);
}

void
auto_sig_result(struct sig_result *r)
{
	sig_result_free(r);
}
