/*
 * providers: the rows of identity.c's table, and what several of them need.
 */
#ifndef SIGV4_PROVIDERS_H
#define SIGV4_PROVIDERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/http.h"
#include "sigv4/aws.h"
#include "sigv4/identity.h"

extern const struct provider provider_env;
extern const struct provider provider_role;
extern const struct provider provider_web;
extern const struct provider provider_sso;
extern const struct provider provider_credentials;
extern const struct provider provider_login;
extern const struct provider provider_process;
extern const struct provider provider_config;
extern const struct provider provider_container;
extern const struct provider provider_imds;

/* A variable that is set to nothing counts as unset, as in the SDKs. */
const char *provider_getenv(const struct aws_env *env, const char *name);
int64_t provider_now(const struct aws_env *env);
void provider_sleep(const struct aws_env *env, int64_t ms);
/* Visible ASCII only, so that it can stand in a header; not empty. */
bool provider_clean(const char *s);

/* As identity_load(), but only of the profile that env->profile names.
 * EC_GONE: it has none. */
MUST enum ec identity_of_profile(
    const struct aws_env *env, struct aws_cred *ret, struct err *e);

/*
 * Fills *ret from texts; token may be NULL. where names the source in errors
 * ("environment", a file). EC_CONFIG when one half is missing (NULL) or a
 * text holds what cannot stand in a header. On failure *ret is untouched.
 * Sets source to where; expires to 0.
 */
MUST enum ec provider_static(const char *key_id, const char *secret,
    const char *token, const char *where, struct aws_cred *ret, struct err *e);

/* What a credential is called in a JSON text. */
struct provider_form {
	const char *within; /* the object that holds them; NULL: the text */
	const char *id, *secret, *token, *expires;
	bool temporary; /* token and expires must be there */
};
extern const struct provider_form provider_form_process;
extern const struct provider_form provider_form_endpoint;
extern const struct provider_form provider_form_portal;

/* EC_PROTO: no such text; where is for that message, which holds nothing of
 * the text. *ret gets the source. */
MUST enum ec provider_json(const struct buf *text,
    const struct provider_form *f, const char *where, const char *source,
    struct aws_cred *ret, struct err *e);
/* A word of it for people, what is no ASCII left out, cut to fit. EC_GONE:
 * there is none (ret is "" then); EC_NOMEM: that is not known. */
MUST enum ec provider_json_text(const struct buf *text, const char *key,
    char *ret, size_t size, struct err *e);
MUST enum ec provider_json_int(
    const struct buf *text, const char *key, int *ret, struct err *e);

struct provider_ask {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers;
	int64_t timeout_ms; /* of one attempt */
	int attempts;
	int64_t pause_ms; /* between them */
};

/* http_do() as often as that while it may help (no reply, 5xx, 429), replies
 * capped. EC_OK: a reply, whatever its status. EC_UNKNOWN becomes EC_TEMP. */
MUST enum ec provider_fetch(const struct aws_env *env,
    const struct provider_ask *q, struct http_reply *ret, struct err *e);

/* One aws_do() in a session of its own, with the settings of env; as: see
 * struct aws_options. */
MUST enum ec provider_call(const struct aws_env *env, const char *region,
    const struct aws_cred *as, const struct aws_call *c, struct http_reply *ret,
    struct aws_error *why, struct err *e);

#endif
