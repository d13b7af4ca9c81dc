/*
 * discover: where on this machine do access key ids stand, and which of these
 * places does nobody keep up to date?
 *
 * Reads only. No password gets out of here: what is kept of a file is its
 * path, the key id and the names of keys; whether a password is beside it is
 * decided on the bytes, and these are wiped.
 *
 *   discover_walk    files below a path, within limits
 *   discover_scan    ids, hosts and passwords in a text
 *   discover_guess   from a place to a client that would read it
 *   discover_mail    the same for mail programs, by their own configuration
 *   discover_known   which ids and which places the configuration knows
 *   discover_text    a place as an entry of clients.d
 *   discover_say     all of them, as clients.d and as JSON
 */
#ifndef ROTATOR_DISCOVER_H
#define ROTATOR_DISCOVER_H

#include <limits.h>
#include <stdbool.h>

#include <cjson/cJSON.h>

#include "rotator/app.h"

#define DISCOVER_PLACES_MAX 1000
#define DISCOVER_KNOWN_MAX  256
#define DISCOVER_NOTE_MAX   440

/* ---- what is looked for ------------------------------------------------ */

struct discover_known {
	char id[KEY_ID_MAX];
	const struct identity_conf *identity; /* NULL: given by --key */
	const char *role; /* "in use", "to be retired", "given" */
};

/* ---- what was found ---------------------------------------------------- */

struct discover_place {
	char path[PATH_MAX];
	unsigned line;
	char id[KEY_ID_MAX];
	char host[256];                     /* of SES, in the same file; "" */
	const struct discover_known *known; /* NULL: nobody knows this id */
	const struct client_conf *client;   /* registered; or NULL */
	cJSON *driver;  /* {"type":..,"options":..} that reads it; NULL */
	bool no_pass;   /* the password stands elsewhere */
	char also[120]; /* other formats that fit; "" */
	char note[DISCOVER_NOTE_MAX];
	char name[NAME_MAX_]; /* for a client */
};

/* An SES host in a file without a key id. */
struct discover_host {
	char path[PATH_MAX];
	unsigned line;
	char host[256];
};

struct discover_count {
	size_t files, binary, large, denied, links, special;
	bool stopped; /* there was more than the limits allow */
};

struct discover {
	const struct config *config; /* NULL: there is none */
	struct err store;            /* why our own ids are not known, or OK */
	char *postfix_maps;          /* smtp_sasl_password_maps, or NULL */
	struct discover_known known[DISCOVER_KNOWN_MAX];
	size_t n_known;
	struct discover_place *places;
	size_t n_places;
	struct discover_host *hosts;
	size_t n_hosts;
	struct discover_count count;
};
void discover_free(struct discover *d);
void auto_discover(struct discover *d);

/* ---- how --------------------------------------------------------------- */

/* Fills d->config and d->known from configuration and store, when they are
 * there, and the ids of --key. EC_USAGE: an id of --key that is none. */
MUST enum ec discover_load(struct app *a, struct discover *d, struct err *e);

/* Everything below these paths (NULL ended). EC_GONE, EC_DENIED: one of these
 * themselves; what cannot be read below them is counted. */
MUST enum ec discover_run(
    struct discover *d, const char *const *paths, struct err *e);

/* The registered client that keeps this place; or NULL. */
const struct client_conf *discover_registered(
    const struct config *c, const struct discover_place *p);

typedef enum ec (*discover_each)(
    void *ctx, const char *path, const struct buf *text, struct err *e);
/* Calls each for every text file below root: no links, nothing of /proc and
 * its like, nothing large or binary; see the limits in discover_walk.c. */
MUST enum ec discover_walk(const char *root, discover_each each, void *ctx,
    struct discover_count *count, struct err *e);

/* From *at on: the next access key id as AWS makes them. *at is its first
 * byte then. */
bool discover_next_id(const struct buf *text, size_t *at, char ret[KEY_ID_MAX]);
/* From *at on: the next 44 bytes that are an SES SMTP password, percent
 * encoding aside. */
bool discover_next_pass(const struct buf *text, size_t *at);
/* The first SES SMTP host; false: none. */
bool discover_ses_host(const struct buf *text, char ret[256], size_t *ret_at);
/* email-smtp.eu-west-1.amazonaws.com: "eu-west-1"; "" when there is none. */
void discover_region(const char *host, char ret[REGION_MAX]);
unsigned discover_line(const struct buf *text, size_t at);

/* Fills in driver, no_pass, also and note of p, whose id is at `at`. */
void discover_guess(const struct discover *d, struct discover_place *p,
    const struct buf *text, size_t at);
/* A client of a mail program for an entry of a syntax; NULL: none is known.
 * key: of the entry. */
cJSON *discover_mail(const struct discover *d, const char *syntax,
    const char *path, const char *key);
/* Asks Postfix, if there is one, for its password maps. */
void discover_postfix(struct discover *d);
/* Is path one of these? Its type into ret. */
bool discover_postfix_map(
    const struct discover *d, const char *path, char ret[16]);

/* clients.d on stdout, with comments. EC_NOMEM. */
MUST enum ec discover_say(const struct discover *d, struct err *e);
/* One place as an entry of clients:, with comments, added to ret; only a
 * comment when it was not recognised. */
MUST enum ec discover_client_text(const struct discover *d,
    const struct discover_place *p, struct buf *ret, struct err *e);
/* Of a place without a driver: why, and what a person may do. */
const char *discover_why(const struct discover_place *p);
MUST enum ec discover_say_json(const struct discover *d, struct err *e);
/* Names for all places that have none, unlike each other and unlike the
 * registered ones. */
void discover_name(struct discover *d);

#endif
