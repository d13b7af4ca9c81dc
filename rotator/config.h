/*
 * config: rotate.yaml and its drop-ins, read strictly.
 *
 * An unknown key, a wrong type, a client of an unknown kind or without an
 * identity is EC_CONFIG with FILE:LINE:COLUMN and the nearest known name. The
 * whole configuration is valid or nothing runs.
 */
#ifndef ROTATOR_CONFIG_H
#define ROTATOR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "clients/client.h"
#include "rotator/iam.h"
#include "rotator/seal.h"
#include "rotator/window.h"

#define CONFIG_DEFAULT "/etc/ses-smtp-rotator/rotate.yaml"
#define NAME_MAX_      64 /* identity and client names, with NUL */

struct settle_conf {
	int successes;    /* fresh connections that must see 235 in a row */
	int64_t interval; /* ms between two of them */
	int64_t timeout;  /* ms in all; a 535 until then is propagation */
};

struct identity_conf {
	const char *name;        /* ^[a-z0-9][a-z0-9._-]{0,62}$ */
	const char *account;     /* its own, or that of role_arn, or that of
				  * the configuration; never NULL */
	const char *role_arn;    /* whom we are for it; NULL: ourselves */
	const char *external_id; /* goes with role_arn; or NULL */
	const char *iam_user;
	const char *user_id;        /* optional pin AIDA...; NULL: pinned on
				     * first sight */
	const char *const *regions; /* NULL ended, at least one */
	struct smtp_peer smtp;      /* host "": email-smtp.REGION.amazonaws.
				     * com */
	struct settle_conf settle;
	int64_t max_age;            /* rotate when the key is older, ms */
	int64_t grace;              /* all verified -> deactivate */
	int64_t quiet;              /* deactivated -> delete */
	int64_t slack;              /* last-used granularity and lag (L) */
	int64_t late_window;        /* a lost request may still land (W) */
	bool prove_send;            /* prove: send */
	const char *prove_from;     /* sender for it; required then */
	struct windows windows;     /* when it may begin, and switch off */
	int ring;                   /* begins after every lower ring is well */
	int64_t spread;             /* the due date lies up to this earlier */
	int64_t early;              /* by how much it does; made of the name */
	const char *const *clients; /* names, NULL ended, file order */
	const char *file;           /* where it stands, for messages */
	unsigned line;
};

struct client_conf {
	struct client client; /* name, identity, region, smtp, drv, conf */
	const struct identity_conf *identity;
	struct settle_conf settle; /* the identity's unless overridden */
	bool required;    /* false: its failure does not hold retirement */
	int64_t pickup;   /* drv->pickup unless overridden */
	int64_t deadline; /* human clients: ms from push to alarm */
	const char *file;
	unsigned line;
};

enum store_kind { STORE_SQLITE, STORE_DYNAMODB };

struct config {
	const char *path;
	const char *account; /* twelve digits; required. Of identities that
			      * name no other */
	const char *state;   /* state directory */
	const char *profile; /* AWS profile, or NULL */
	enum store_kind store_kind;
	const char *store_table;  /* DynamoDB; NULL: none named */
	const char *store_region; /* of that; NULL: as AWS settings say */
	enum seal_kind seal_kind;
	const char *seal_where;   /* key file path, credential name, KMS key */
	const char *seal_region;  /* KMS; NULL: that of the ARN */
	const char *seal_former;  /* KMS: key file whose values still open */
	const char *const *alarm; /* argv run when an identity blocks, JSON on
				   * stdin; or NULL */
	int jobs;                 /* identities side by side */
	int stop_after; /* in trouble: nothing more begins; 0: never */
	struct identity_conf *identities;
	size_t n_identities;
	struct client_conf *clients;
	size_t n_clients;
};

/*
 * Reads path and clients.d/ *.yaml beside it (sorted by name; files ending
 * otherwise are ignored). The drop-ins may hold `clients:` and `identities:`.
 * Reports the first error. Touches nothing but files; may be repeated.
 */
MUST enum ec config_load(const char *path, struct config **ret, struct err *e);
void config_free(struct config *c);
void auto_config(struct config **c);

/*
 * What the files of a configuration look like, unread: a line for the main
 * file, the directory of drop-ins and each name in it, with all that a change
 * of the file changes. Two equal texts: the same files, unless one was written
 * twice within the grain of its file system's clock; see `changed`. Any class:
 * cannot be told, as when a file is missing.
 */
struct config_stamp {
	struct buf text; /* CONFIG_STAMP_INIT; buf_free() it */
	int64_t changed; /* the latest change of any of them, ms */
};
#define CONFIG_STAMP_INIT                                                      \
	{                                                                      \
		.text = BUF((size_t)32 * 1024 * 1024), .changed = 0            \
	}
MUST enum ec config_stamp(
    const char *path, struct config_stamp *ret, struct err *e);
/* Where the state directory would be, by a look for `state:` at the beginning
 * of a line of the main file. Only a guess: YAML may mean something else. */
MUST enum ec config_state_guess(
    const char *path, struct buf *ret, struct err *e);

const struct identity_conf *config_identity(
    const struct config *c, const char *name);
const struct client_conf *config_client(
    const struct config *c, const char *name);
/* Clients of one identity, in file order: call with i = 0, 1, ... until NULL.
 */
const struct client_conf *config_client_of(
    const struct config *c, const struct identity_conf *id, size_t i);
/* Where SES SMTP of an identity in one region is. */
void config_peer(
    const struct identity_conf *id, const char *region, struct smtp_peer *ret);
/* A note that is no error ("grace 10s is shorter than slack 4h: ..."), for
 * `rotate check`; call with i = 0, 1, ... until NULL. Valid until free. */
const char *config_warning(const struct config *c, size_t i);

#endif
