/*
 * github: the secrets of GitHub Actions over the REST API, of a repository,
 * of one of its environments or of an organisation. A secret can be set and
 * seen to exist, never read.
 *
 * https://docs.github.com/en/rest/actions/secrets, version 2022-11-28.
 */
#ifndef CLIENTS_GITHUB_H
#define CLIENTS_GITHUB_H

#include <stdbool.h>

#include "clients/client.h"
#include "clients/json.h"
#include "clients/rest.h"

/* Options. Either token_file or the three of an app. */
struct github {
	const char *api; /* https://api.github.com */
	const char *ca_file;
	const char *repository; /* OWNER/NAME, or organisation */
	const char *environment;
	const char *organisation;
	const char *token_file;
	const char *app_id, *installation_id, *private_key_file;
};

/* Rules between them. EC_CONFIG; pure. */
MUST enum ec github_check(const struct github *g, struct err *e);

/* "repository octo/mail", for people. */
void github_where(const struct github *g, char *ret, size_t n);

/* A token that may set these secrets and, for an app, nothing else. EC_DENIED
 * when GitHub does not give it; asking for it changes nothing. */
MUST enum ec github_login(const struct client *c, const struct github *g,
    struct secret **ret, struct err *e);

struct github_call {
	const char *method;
	const char *path; /* behind api, percent-encoded */
	const struct buf *body;
	bool reads;
	const struct rest_status
	    *statuses; /* before the common ones; or NULL */
};

/* rest_do() against this api. As there, but: EC_TEMP when GitHub wants us to
 * come slower, which it says by 403 as well as by 429. */
MUST enum ec github_do(const struct client *c, const struct github *g,
    const struct secret *token, const struct github_call *q,
    struct rest_reply *ret, struct err *e);

#define GITHUB_KEY_LEN 32 /* bytes: X25519 */

struct github_key {
	char id[64];
	unsigned char bytes[GITHUB_KEY_LEN];
};

/* The key to which secrets of this place are encrypted. EC_GONE: the place is
 * missing, or the token may not see it; GitHub does not tell these apart. */
MUST enum ec github_key_get(const struct client *c, const struct github *g,
    const struct secret *token, struct github_key *ret, struct err *e);

/* value sealed to key, in base64, added to ret: libsodium's crypto_box_seal.
 * The value is not copied. EC_PROTO: no key of X25519. */
MUST enum ec github_seal(const struct github_key *key, const struct buf *value,
    struct buf *ret, struct err *e);

struct github_secret {
	char updated[32]; /* when it was last set; or empty */
	/* Who may use it, in the form in which a change wants it told again:
	 * without it, the secret of an organisation would lose it. */
	cJSON *access;
};
void auto_github_secret(struct github_secret *s);

/* EC_GONE: no such secret. ret starts out empty. */
MUST enum ec github_look(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, struct github_secret *ret,
    struct err *e);

/* Sets one secret to a sealed value. May be repeated. Nothing changed on
 * failure but for EC_UNKNOWN. */
MUST enum ec github_put(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, const struct github_key *key,
    const char *sealed, const struct github_secret *was, struct err *e);

#endif
