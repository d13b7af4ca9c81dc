/*
 * aws_error: what a service's refusal means for a caller who may want to send
 * again. One table of codes; a new code is a new row.
 *
 * Sources: "Common errors" of the IAM and STS API references, the errors of
 * each action there, and "Retry behavior", AWS SDKs and Tools Reference Guide.
 * For the JSON services the errors of each action in the API references of
 * Secrets Manager, Systems Manager and Lambda; the form of their errors from
 * "AWS JSON 1.1 protocol" and "AWS restJson1 protocol", smithy.io.
 */
#ifndef SIGV4_AWS_ERROR_H
#define SIGV4_AWS_ERROR_H

#include "base/err.h"
#include "base/http.h"
#include "sigv4/aws.h"

enum aws_effect {
	AWS_REFUSED,    /* surely had no effect; the same again is useless */
	AWS_THROTTLED,  /* surely had no effect; may be sent again later */
	AWS_SKEWED,     /* as refused, but our clock may be the reason */
	AWS_BROKEN,     /* the server failed: may have had an effect */
	AWS_UNREADABLE, /* no word of AWS in it: may have had an effect */
};

struct aws_verdict {
	enum ec ec;
	enum aws_effect effect;
	const char *fix; /* or NULL */
};

/* What http_request.keep must name for aws_error_read(): the REST services
 * have the code in a header, and all JSON services the request id. */
#define AWS_ERROR_KEEP                                                         \
	{                                                                      \
		"x-amzn-ErrorType", "x-amzn-RequestId"                         \
	}

/* The service's words in a reply whose status is not 2xx. Empty strings when
 * the body is not of a known form, or (EC_NOMEM) could not be read. Text behind
 * the first line break is dropped: SignatureDoesNotMatch quotes the session
 * token there. */
MUST enum ec aws_error_read(
    const struct http_reply *r, struct aws_error *ret, struct err *e);
/* Empties it but for the status, and says so, when part of the token stands in
 * it: whoever echoes a request must not get that into a log. */
void aws_error_hush(struct aws_error *why, const struct secret *token);
struct aws_verdict aws_error_judge(const struct aws_error *why);

#endif
