/*
 * client: one registered place that must learn a new SMTP credential.
 *
 * A driver is one file, drv_NAME.c, whose only exported symbol is its const
 * struct client_driver. Options come by table, file replacement, child
 * processes and HTTP from base. A driver does not log, retry, sleep, read the
 * clock or the environment, or know of rotations: the engine does all of that
 * for every driver alike.
 */
#ifndef CLIENTS_CLIENT_H
#define CLIENTS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "sigv4/smtp_password.h"

struct aws;
struct net;
struct sts_role;

/* How this client (or the identity) reaches SES SMTP. STARTTLS ports: 25,
 * 587, 2587; implicit TLS: 465, 2465.
 * https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html */
enum smtp_tls { SMTP_STARTTLS, SMTP_IMPLICIT };
struct smtp_peer {
	char host[256];
	unsigned port;
	enum smtp_tls tls;
	const char *ca_file; /* NULL: the system's trust anchors */
};

/* What a configuration value may be. Offsets point into the driver's conf
 * struct, which is zeroed and then filled with defaults. */
enum opt_type {
	OPT_STR,    /* const char * */
	OPT_PATH,   /* const char *, absolute, no ".." segment */
	OPT_INT,    /* long */
	OPT_BOOL,   /* bool */
	OPT_SPAN,   /* int64_t ms, written as 30s, 5m, 7d */
	OPT_MODE,   /* unsigned, octal text such as 0640 */
	OPT_CHOICE, /* unsigned: index into choices */
	OPT_ARGV,   /* const char *const *, NULL ended; no shell */
	OPT_MAP,    /* const char *const *: name, value, name, value, NULL */
	OPT_TREE,   /* as OPT_MAP; a value that is a list or a map of texts
		     * comes as its JSON text */
};

struct client_opt {
	const char *key; /* NULL ends the table */
	enum opt_type type;
	size_t offset;
	bool required;
	const char *fallback;       /* default in configuration text; or NULL */
	const char *const *choices; /* OPT_CHOICE: NULL ended */
	const char *help;           /* one line for `rotate clients NAME` */
};

/*
 * What lies beyond this host's files, for drivers of network services. Each
 * thing is opened when it is first asked for and stays the lender's. A driver
 * does not call these itself: reach.h does, for it and for the helpers.
 */
struct client_reach {
	void *ctx;
	MUST enum ec (*net)(void *ctx, struct net **ret, struct err *e);
	/* A session as that role (sigv4/sts.h), whose session at STS is shared
	 * by all who name it with the same external id; its texts must last as
	 * long as the lender, but for `where`. NULL: with our own AWS identity.
	 * region NULL: its default. */
	MUST enum ec (*aws)(void *ctx, const struct sts_role *as,
	    const char *region, struct aws **ret, struct err *e);
	const char *(*env)(void *ctx, const char *name); /* NULL: not set */
	int64_t (*wall)(void *ctx);                      /* ms */
	/* Returns early when we are asked to stop. */
	void (*sleep)(void *ctx, int64_t ms);
};

struct client {
	const char
	    *name; /* from the configuration: ^[a-z0-9][a-z0-9._-]{0,62}$ */
	const char *identity;
	const char *region;
	/* As whom our AWS identity looks after its identity, and the account
	 * that this AWS identity is in. NULL: as itself; not known. */
	const char *role_arn, *external_id;
	const char *own_account;
	struct smtp_peer smtp; /* where this client sends its mail */
	const struct client_driver *drv;
	void *conf; /* drv->conf_size bytes, owned by the configuration */
	const struct client_reach *reach; /* NULL: there is only this host */
};

struct client_plan {
	char change[320];  /* "set SMTP_USER and SMTP_PASS in /srv/web/.env" */
	char after[160];   /* "then run systemctl reload web"; or empty */
	char warning[240]; /* what the operator should know; or empty */
};

struct client_driver {
	const char *name;    /* "postfix" */
	const char *summary; /* one line for `rotate clients` */
	size_t conf_size;
	const struct client_opt *opts;

	/* The options, NULL ended, that say what is written as a whole. Two
	 * clients that agree in them are never written side by side; see
	 * client_place(). NULL: side by side does no harm. */
	const char *const *place;
	/* Adds what these options do not say by themselves, such as the region
	 * of a service. Pure. Or NULL. */
	MUST enum ec (*place_more)(
	    const struct client *c, struct buf *ret, struct err *e);

	/* How long a consumer may go on with the old pair after activate, ms.
	 * The engine's grace is never shorter. An operator may override it
	 * with the common option `pickup`. */
	int64_t pickup;
	bool human; /* a person does the change; write() is NULL then */

	/* Rules between options, pure, at configuration time. Or NULL. */
	MUST enum ec (*check)(const struct client *c, struct err *e);

	/*
	 * Would write() and activate() work, and what would change? Reads
	 * only, needs no write permission, leaves no trace. Run for every
	 * client before a key is created. Failure classes: EC_GONE target
	 * missing, EC_DENIED, EC_CONFLICT ambiguous target, EC_CONFIG wrong
	 * options, EC_TEMP not reachable now.
	 */
	MUST enum ec (*plan)(
	    const struct client *c, struct client_plan *ret, struct err *e);

	/*
	 * The pair that the consumer will use now, so that the engine can
	 * probe exactly that. Changes nothing. An absent or empty value gives
	 * user "" or pass NULL and EC_OK; EC_GONE when the target itself is
	 * missing. Values are whatever stands there, valid or not. NULL: cannot
	 * be read back (the engine then needs other evidence).
	 */
	MUST enum ec (*read)(
	    const struct client *c, struct smtp_cred *ret, struct err *e);

	/*
	 * Stores the pair, user name and password as one unit: whoever looks
	 * at any instant finds the old pair or the new pair. Writing the same
	 * pair again is harmless. On failure the old pair is in place unless
	 * the error is EC_UNKNOWN. EC_TEMP: someone else changed the target
	 * meanwhile; theirs is in place and nothing of ours, and a fresh read
	 * will judge it. EC_CONFLICT: who looks next must be a person. Either
	 * the target is ambiguous or someone else's; or, where a service knows
	 * no compare-and-swap (aws-ssm), ours went over what someone else
	 * wrote meanwhile: the new pair is in place, theirs in its history.
	 */
	MUST enum ec (*write)(const struct client *c,
	    const struct smtp_cred *cred, struct err *e);

	/* Make a running consumer notice. May be repeated. NULL: nothing
	 * needs to be done. */
	MUST enum ec (*activate)(const struct client *c, struct err *e);

	/* For human drivers: the exact steps, for this new user name (no
	 * password in it). NULL for the others. */
	MUST enum ec (*steps)(const struct client *c, const char *new_user,
	    struct buf *ret, struct err *e);
};

extern const struct client_driver *const client_drivers[]; /* NULL ends */
const struct client_driver *client_driver_find(const char *name);

/*
 * The last gate before any write, called by every driver's write() through
 * client_cred_check(): key id of the right form, password exactly an SES
 * password of form 0x04 (0x02 is let through for a rollback to a legacy
 * pair). A redacted, short or empty value cannot be written anywhere.
 */
MUST enum ec client_cred_check(
    const struct client *c, const struct smtp_cred *cred, struct err *e);

/*
 * Fills one option from configuration text; list options get several values.
 * Strings are copied and owned by conf until client_conf_free(). EC_CONFIG
 * with the reason (without file and line: the caller adds these).
 */
MUST enum ec client_opt_set(const struct client_driver *drv, void *conf,
    const struct client_opt *opt, const char *const *values, size_t n,
    struct err *e);
/* Is there an option of that name, and its text as configured? NULL: not set,
 * or no text. */
bool client_has(const struct client *c, const char *key);
const char *client_text(const struct client *c, const char *key);
/* Adds what its place options say; nothing when the driver names none. Equal
 * texts: the same place, whatever the drivers. */
MUST enum ec client_place(
    const struct client *c, struct buf *ret, struct err *e);
/* Fallbacks of all options; call before the settings. */
MUST enum ec client_conf_defaults(
    const struct client_driver *drv, void *conf, struct err *e);
void client_conf_free(const struct client_driver *drv, void *conf);

#endif
