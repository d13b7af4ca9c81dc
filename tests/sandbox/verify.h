/*
 * verify: is this request signed as AWS wants it, and which password does SES
 * expect? Written from AWS's public description alone and sharing no code with
 * the rotator, so that one mistake cannot hide in both. Sources: "Create a
 * signed AWS API request" (IAM User Guide) and "Obtaining Amazon SES SMTP
 * credentials" (SES Developer Guide).
 */
#ifndef SANDBOX_VERIFY_H
#define SANDBOX_VERIFY_H

#include <stddef.h>
#include <time.h>

#define SMTP_PASSWORD_SIZE 45
#define SIGNED_MAX         32

struct header {
	const char *name, *value; /* as received, in order */
};

struct signed_request {
	const char *method, *path, *query; /* raw, query without '?' */
	const char *body;
	size_t body_len;
	const struct header *headers;
	size_t nheaders;
};

/* The parts of an Authorization header. All text is owned by buf. */
struct authorization {
	char *buf;
	char *key, *date, *region, *service, *terminator;
	char *signed_names[SIGNED_MAX]; /* lower case */
	size_t nsigned;
	char *signature;
};

/* What AWS would answer; message is a new string. code NULL: all is well. */
struct refusal {
	int status;
	const char *code;
	char *message;
};

/* Value of the first header of that name (any case), or NULL. */
const char *request_header(const struct signed_request *r, const char *name);

/* Split the Authorization header. When this refuses, *a is empty but may
 * still be freed. */
struct refusal authorization_parse(
    const struct signed_request *r, struct authorization *a);
void authorization_free(struct authorization *a);

/* Check everything but the key itself: dates, scope, signed headers, body and
 * signature. service and region are what the endpoint expects; region NULL
 * accepts any. */
struct refusal signature_check(const struct signed_request *r,
    const struct authorization *a, const char *secret, const char *service,
    const char *region, time_t now);

/* The SMTP password of a secret: version 4 for a region, or version 2 when
 * region is NULL. */
void smtp_password(
    const char *secret, const char *region, char out[SMTP_PASSWORD_SIZE]);

#endif
