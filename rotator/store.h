/*
 * store: where records live. One interface; SQLite on this host, or DynamoDB
 * for several, and one conformance suite for both.
 *
 * One writer: a lease with a fence number that only grows. A commit carries
 * the fence and the version that was loaded; a frozen rotator that wakes up
 * after its lease was taken over cannot commit, and each effect is preceded
 * by a commit or by fence().
 *
 * Holds and confirmations are the operator's words, not the engine's state:
 * they are written without the lease, so that a brake can always be pulled.
 */
#ifndef ROTATOR_STORE_H
#define ROTATOR_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rotator/record.h"

struct event {
	uint64_t seq; /* given by the store */
	int64_t at;   /* ms */
	const char *identity;
	const char *what; /* "state", "push", "hold", "alarm", ... */
	const char *text; /* one line; no secret */
};

struct store_row { /* for status, without decoding a record */
	const char *identity;
	uint64_t version; /* of the record; all() only */
	enum rot_state state;
	int64_t next_at;
	const char *body; /* rec_decode() it when more is wanted */
};

struct hold {
	bool held;
	int64_t since;
	char by[64];
	char reason[200];
};

struct confirmation {
	bool confirmed;
	int64_t at;
	char by[64];
};

/* What is kept beside records and events. */
enum word_kind { WORD_HOLD, WORD_CONFIRM, WORD_META };

struct word {
	enum word_kind kind;
	const char *name; /* identity, client, or key of meta */
	const char *key;  /* confirmation: access key id; else "" */
	int64_t at;
	const char *by;
	const char *text; /* reason of a hold, value of meta */
};

struct store {
	void *ctx;

	/* Takes the lease for ttl ms. EC_BUSY: another rotator has it (named
	 * with host, pid and since when). A dead owner's lease is taken over
	 * at once, a silent one's after its ttl: by now, where there is one
	 * clock; else after we have seen it silent for so long. */
	MUST enum ec (*lease)(
	    void *ctx, int64_t now, int64_t ttl_ms, struct err *e);
	/* Still ours? Renews it. EC_BUSY: lost; nothing may be done any more.
	 */
	MUST enum ec (*fence)(void *ctx, int64_t now, struct err *e);
	void (*unlease)(void *ctx);

	/* EC_GONE: no record of that identity yet. */
	MUST enum ec (*load)(
	    void *ctx, const char *identity, struct rec *ret, struct err *e);
	/* Durable on return: the record (r->version counts up) and the event,
	 * or neither. EC_BUSY lease lost, EC_CONFLICT version moved, EC_IO
	 * disk (full: try relief() once). ev may be NULL. */
	MUST enum ec (*commit)(void *ctx, int64_t now, struct rec *r,
	    const struct event *ev, struct err *e);
	/* Gives back the space kept in reserve; false when there is none. */
	bool (*relief)(void *ctx);

	/* Rows with next_at <= now (all: now = INT64_MAX), by next_at. */
	MUST enum ec (*each)(void *ctx, int64_t now,
	    enum ec (*fn)(void *arg, const struct store_row *, struct err *),
	    void *arg, struct err *e);
	/*
	 * For who shows everything: each record, in no order, then each hold,
	 * in one reading. EC_OK: these are all there are, and each is as it
	 * was written; what was told before another result is worth nothing.
	 * Of one moment with SQLite; with DynamoDB each is as it was when it
	 * was read. Neither function may use this store.
	 */
	MUST enum ec (*all)(void *ctx,
	    enum ec (*row)(void *arg, const struct store_row *, struct err *),
	    enum ec (*hold)(void *arg, const struct word *, struct err *),
	    void *arg, struct err *e);
	/* Events in order; identity NULL: all. Verifies the hash chain over
	 * everything first: EC_DAMAGED names the first bad event. */
	MUST enum ec (*history)(void *ctx, const char *identity,
	    enum ec (*fn)(void *arg, const struct event *, struct err *),
	    void *arg, struct err *e);
	MUST enum ec (*note)(void *ctx, const struct event *ev, struct err *e);

	MUST enum ec (*hold_set)(void *ctx, const char *identity,
	    const struct hold *h, struct err *e); /* held false: lifted */
	MUST enum ec (*hold_get)(
	    void *ctx, const char *identity, struct hold *ret, struct err *e);
	MUST enum ec (*confirm_set)(void *ctx, const char *client,
	    const char *key_id, int64_t at, const char *by, struct err *e);
	MUST enum ec (*confirm_get)(void *ctx, const char *client,
	    const char *key_id, struct confirmation *ret, struct err *e);

	/* Small values of the program itself ("config-hash"). EC_GONE. */
	MUST enum ec (*meta_get)(
	    void *ctx, const char *key, struct buf *ret, struct err *e);
	MUST enum ec (*meta_set)(
	    void *ctx, const char *key, const char *value, struct err *e);

	/* Adds a text that is another one after any change of a record, a hold
	 * or an event, whoever made it. NULL: this store cannot tell. */
	MUST enum ec (*mark)(void *ctx, struct buf *ret, struct err *e);
	/* All of the above in an order that is always the same, verified; for
	 * store_move.h. fn may not use this store. */
	MUST enum ec (*words)(void *ctx,
	    enum ec (*fn)(void *arg, const struct word *, struct err *),
	    void *arg, struct err *e);

	void (*close)(void *ctx);
};

enum store_mode {
	STORE_RW, /* makes directory and database when absent */
	STORE_RO  /* changes nothing on disk; EC_GONE when absent */
};
/* Directory 0700, database 0600, both checked on open; integrity and format
 * checked: EC_DAMAGED for a torn or foreign database or a newer format. */
MUST enum ec store_sqlite_open(
    const char *dir, enum store_mode mode, struct store *ret, struct err *e);
void auto_store(struct store *s); /* closes when open */

/*
 * One look at a database at rest, which costs the same for one identity and
 * for many: adds its mark() and the small value `key` to the two. Changes
 * nothing on disk and takes no lock. Page by page as they are read: only the
 * few rows that were read are known to be whole.
 * EC_GONE: no database, or no such value; EC_BUSY: a writer is there, or has
 * left something to be done; else as store_sqlite_open().
 */
MUST enum ec store_sqlite_glance(const char *dir, const char *key,
    struct buf *ret_mark, struct buf *ret_value, struct err *e);

#endif
