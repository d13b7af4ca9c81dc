/*
 * sign: AWS Signature Version 4 for header authentication. Pure: no clock,
 * no I/O; stages are exposed so that a failing vector names its stage.
 *
 * Source: "AWS Signature Version 4 for API requests",
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
#ifndef SIGV4_SIGN_H
#define SIGV4_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

struct sig_header {
	const char *name; /* any case; NULL ends a list */
	const char *value;
};

struct sig_request {
	const char *method;
	const char *path;                 /* as sent, "/" at least */
	const char *query;                /* as sent without '?', or "" */
	const struct sig_header *headers; /* host included; no x-amz-date */
	const void *body;
	size_t body_len;
	bool keep_path;  /* do not normalise "." and ".." (S3) */
	bool sign_body;  /* add x-amz-content-sha256 */
	bool omit_token; /* send the session token unsigned */
};

struct sig_context {
	const char *key_id;
	const struct secret *secret;
	const struct secret *token; /* or NULL */
	const char *region, *service;
	int64_t at; /* ms; the X-Amz-Date to use (skew already corrected) */
};

/* What must be added to the request. Free with sig_result_free(). */
struct sig_result {
	struct buf canonical;      /* canonical request */
	struct buf string_to_sign; /* neither stage holds a secret but the
				    * session token, so they are wiped too */
	char signature[65];
	char amz_date[17];        /* X-Amz-Date */
	char body_hash[65];       /* X-Amz-Content-Sha256 when sign_body */
	struct buf authorization; /* value of Authorization */
};

MUST enum ec sig_sign(const struct sig_request *q, const struct sig_context *c,
    struct sig_result *ret, struct err *e);
void sig_result_free(struct sig_result *r);
void auto_sig_result(struct sig_result *r);

#endif
