/*
 * store_dynamodb_p: what store_dynamodb*.c share. Nobody else includes it.
 *
 *   store_dynamodb.c        open, close, records     (the contract: store.h)
 *   store_dynamodb_call.c   one request, and what a refusal means
 *   store_dynamodb_item.c   values as DynamoDB writes them, checksums
 *   store_dynamodb_read.c   one item, many items
 *   store_dynamodb_root.c   the root item
 *   store_dynamodb_change.c every write
 *   store_dynamodb_lease.c  one writer
 *   store_dynamodb_seen.c   since when another's lease has been silent
 *   store_dynamodb_log.c    the event log
 *   store_dynamodb_words.c  holds, confirmations, small values
 *   store_dynamodb_due.c    records by next_at
 *   store_dynamodb_all.c    all records and holds in one reading
 *   store_dynamodb_shape.c  what table there is
 *   store_dynamodb_init.c   making it
 *
 * Items. Partition key `k` is the kind, sort key `s` which one:
 *
 *   root     root            end of the event log, counts, lease
 *   record   IDENTITY        version, fence, state, next_at, body
 *   event    SEQ, 20 digits  at, identity, what, text, prev, hash
 *   hold     IDENTITY        since, by, reason
 *   confirm  CLIENT KEY      at, by
 *   meta     KEY             value
 *
 * The local index `due` orders records by next_at; an index of that sort can
 * be read consistently, a global one cannot. All reads are.
 *
 * Every write is one transaction that replaces the root as well, on condition
 * that its revision is the one that was read. So all writes stand in one
 * order, the fence is checked in each, and a request that was lost on the way
 * can never have an effect once another write was made. There is one writer
 * at a time, and an operator now and then: nobody waits in that queue.
 *
 * A lost reply is never guessed at. The root names the last write by a random
 * id, and so does what was written with it; both are read back. When even
 * that fails, nothing more is believed of this handle (`broken`).
 *
 * Damage is not taken for absence: every item has a checksum, the root counts
 * records and holds, and "no such record" is said only when as many are there
 * as were written.
 *
 * Sources: Amazon DynamoDB API Reference and Developer Guide; the idea of the
 * lease: "Building Distributed Locks with the DynamoDB Lock Client", AWS
 * Database Blog.
 */
#ifndef ROTATOR_STORE_DYNAMODB_P_H
#define ROTATOR_STORE_DYNAMODB_P_H

#include <limits.h>

#include "clients/json.h"
#include "rotator/store_dynamodb.h"
#include "rotator/store_owner.h"
#include "sigv4/aws.h"

#define DYN_FORMAT  1
#define DYN_SUM     32
#define DYN_HEX     65 /* a sum as text, with NUL */
#define DYN_ID      33 /* of a write or a session: 16 random bytes in hex */
#define DYN_TABLE   256
#define DYN_KEY_MAX 256 /* of `s`, with NUL */
/* An item may have 400 KB with the names of its attributes; of these bytes a
 * few hundred are ours. */
#define DYN_BODY_MAX  ((size_t)390 * 1024)
#define DYN_TEXT_MAX  ((size_t)64 * 1024)
#define DYN_REPLY_MAX ((size_t)40 * 1024 * 1024) /* 16 MB and escapes */

struct root {
	int64_t rev;
	char write[DYN_ID]; /* who made this revision */
	int64_t seq;        /* of the last event */
	unsigned char hash[DYN_SUM];
	int64_t records, holds;
	/* The lease. beat changes whenever its owner renews it. */
	int64_t fence, beat, since, ttl;
	char session[DYN_ID];
	struct owner owner; /* pid 0: free */
};

struct dyn {
	struct aws *aws;
	bool own; /* aws is closed with it */
	char table[DYN_TABLE];
	char seen[PATH_MAX];
	int64_t (*mono)(void *ctx);
	void (*sleep)(void *ctx, int64_t ms);
	void *ctx;
	bool readonly;
	bool broken; /* a write was lost: nothing is believed any more */
	bool whole;  /* counted by this process */
	bool fresh;  /* root is as we left it */
	bool later;  /* the last request was answered, with "not now" */
	int64_t fence, ttl;
	char session[DYN_ID];
	struct root root;
};

/* --- store_dynamodb.c --- */

/* Nothing is asked yet; free() ends it. NULL: *e says why; EC_CONFIG: the name
 * of the table. */
struct dyn *dyn_new(const struct dynamodb_options *o, struct err *e);

/* --- store_dynamodb_call.c --- */

/*
 * One request. EC_CONFIG: no table, or of another shape; EC_CONFLICT: a
 * condition did not hold; EC_UNKNOWN: it may have been carried out (writes).
 * ret may be NULL. Every error names the table.
 */
MUST enum ec dyn_call(struct dyn *d, const char *action, const struct buf *ask,
    cJSON **ret, struct err *e);
/* The same without a meaning for this store: why says what DynamoDB said. */
MUST enum ec dyn_ask(struct dyn *d, const char *action, const struct buf *ask,
    cJSON **ret, struct aws_error *why, struct err *e);
/* Puts "DynamoDB table NAME (REGION): " in front. */
enum ec dyn_prefix(const struct dyn *d, struct err *e);
/* EC_DAMAGED with table and remedy. */
enum ec dyn_damaged(const struct dyn *d, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --- store_dynamodb_item.c --- */

void dyn_id(char ret[DYN_ID]); /* random */
MUST enum ec dyn_quote(struct buf *b, const char *s, struct err *e);
/* "{" and the key; then attributes; the caller adds "}". */
MUST enum ec dyn_begin(
    struct buf *b, const char *kind, const char *name, struct err *e);
MUST enum ec dyn_number(
    struct buf *b, const char *attribute, int64_t v, struct err *e);
/* Text that is no UTF-8 goes as binary, which DynamoDB takes. */
MUST enum ec dyn_text(
    struct buf *b, const char *attribute, const char *s, struct err *e);

/* Of an item that came. EC_DAMAGED unless there and of that type; ret is
 * added to. Numbers are whole. */
MUST enum ec dyn_get_number(const struct dyn *d, const cJSON *item,
    const char *attribute, int64_t *ret, struct err *e);
MUST enum ec dyn_get_text(const struct dyn *d, const cJSON *item,
    const char *attribute, struct buf *ret, struct err *e);
/* Into n bytes; EC_DAMAGED when it does not fit. */
MUST enum ec dyn_get_str(const struct dyn *d, const cJSON *item,
    const char *attribute, char *ret, size_t n, struct err *e);
MUST enum ec dyn_get_sum(const struct dyn *d, const cJSON *item,
    const char *attribute, unsigned char ret[DYN_SUM], struct err *e);
MUST enum ec dyn_add_sum(struct buf *b, const char *attribute,
    const unsigned char sum[DYN_SUM], struct err *e);

/*
 * Checksum over values, the same as SQLite's rowsum() in store_sum.c: so the
 * event chains of both stores end in the same hash. One letter of types each:
 * "s" const char *, "i" int64_t, "b" DYN_SUM bytes.
 */
MUST enum ec dyn_sum(
    unsigned char ret[DYN_SUM], struct err *e, const char *types, ...);

/* --- store_dynamodb_read.c --- */

/* *ret NULL: there is no such item. */
MUST enum ec dyn_get(struct dyn *d, const char *kind, const char *name,
    cJSON **ret, struct err *e);
typedef enum ec dyn_row(
    struct dyn *d, void *arg, const cJSON *item, struct err *e);
/* Every item of a kind, by its name. */
MUST enum ec dyn_each(
    struct dyn *d, const char *kind, dyn_row *fn, void *arg, struct err *e);
/* Keys and next_at of records with next_at <= until, by next_at. */
MUST enum ec dyn_each_due(
    struct dyn *d, int64_t until, dyn_row *fn, void *arg, struct err *e);
/* How many items of a kind there are. */
MUST enum ec dyn_count(
    struct dyn *d, const char *kind, int64_t *ret, struct err *e);

/* --- store_dynamodb_root.c --- */

/* Read anew into d->root; EC_CONFIG when there is none. */
MUST enum ec root_read(struct dyn *d, struct err *e);
/* The item, with its braces. */
MUST enum ec root_item(const struct root *r, struct buf *ret, struct err *e);
/* Is what is counted all there? Once a process. EC_DAMAGED. */
MUST enum ec root_verify(struct dyn *d, struct err *e);

/* --- store_dynamodb_change.c --- */

struct change {
	struct root next; /* as it is; the body makes of it what it will be */
	int64_t base;     /* revision that it builds on */
	char write[DYN_ID];
	struct buf items; /* of the transaction, each with a comma before it */
	/* One of them that bears the id, to look for; kind NULL: none. */
	const char *proof_kind;
	char proof_name[DYN_KEY_MAX];
	bool again;   /* it was refused before: look what is in the way */
	bool nothing; /* there is nothing to write */
};
typedef enum ec dyn_body(
    struct dyn *d, struct change *c, void *arg, struct err *e);
/*
 * What the body makes, all or nothing, durable on return. The body may be
 * called again, with a newer root. EC_UNKNOWN: it cannot be told whether it
 * was written; d is broken then.
 *
 * While DynamoDB throttles it waits and tries again, for longer than the rules
 * of the SDKs tell: a record that is not written may cost an access key, which
 * exists already. It begins no try more than DYN_PATIENCE_MS after the first,
 * a fifth of the lease, so that no lease is passed over for it.
 */
#define DYN_PATIENCE_MS    INT64_C(60000)
#define DYN_PATIENCE_TRIES 12
MUST enum ec dyn_change(struct dyn *d, dyn_body *fn, void *arg, struct err *e);

/* For bodies. item: with its braces. condition: of the table below. */
enum condition { IF_ANY, IF_ABSENT, IF_PRESENT, IF_VERSION };
MUST enum ec change_put(const struct dyn *d, struct change *c,
    const struct buf *item, enum condition cond, int64_t version,
    struct err *e);
MUST enum ec change_drop(const struct dyn *d, struct change *c,
    const char *kind, const char *name, struct err *e);
void change_proof(struct change *c, const char *kind, const char *name);

/* --- store_dynamodb_seen.c --- */

/* *ret_left: for how many ms the lease must stay silent from now on until it
 * may be taken over; 0: now. Remembers what it saw. EC_IO, EC_DENIED. */
MUST enum ec seen_silent(
    struct dyn *d, int64_t ttl, int64_t *ret_left, struct err *e);

/* --- the functions behind struct store; see store.h --- */

enum ec dyn_lease(void *ctx, int64_t now, int64_t ttl_ms, struct err *e);
enum ec dyn_fence(void *ctx, int64_t now, struct err *e);
void dyn_unlease(void *ctx);
/* In a change: still ours? Renews it. EC_BUSY. */
MUST enum ec dyn_hold(struct dyn *d, struct change *c, struct err *e);

enum ec dyn_history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e);
enum ec dyn_note(void *ctx, const struct event *ev, struct err *e);
/* In a change. */
MUST enum ec dyn_log(
    struct dyn *d, struct change *c, const struct event *ev, struct err *e);

enum ec dyn_due(void *ctx, int64_t now,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e);
enum ec dyn_all(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);
/* A record as it is stored; body is added to. */
struct dyn_record {
	int64_t version, next_at;
	enum rot_state state;
};
MUST enum ec dyn_record(struct dyn *d, const cJSON *item, const char *identity,
    struct dyn_record *ret, struct buf *body, struct err *e);

enum ec dyn_hold_set(
    void *ctx, const char *identity, const struct hold *h, struct err *e);
enum ec dyn_hold_get(
    void *ctx, const char *identity, struct hold *ret, struct err *e);
enum ec dyn_confirm_set(void *ctx, const char *client, const char *key_id,
    int64_t at, const char *by, struct err *e);
enum ec dyn_confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e);
enum ec dyn_meta_get(
    void *ctx, const char *key, struct buf *ret, struct err *e);
enum ec dyn_meta_set(
    void *ctx, const char *key, const char *value, struct err *e);
/* Of one kind, not counted. */
MUST enum ec dyn_words_of(struct dyn *d, enum word_kind kind,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);
enum ec dyn_words(void *ctx,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);

/* --- store_dynamodb_shape.c --- */

/* dyn_ask() with {"TableName": ours, more}. */
MUST enum ec dyn_ask_table(struct dyn *d, const char *action, const char *more,
    cJSON **ret, struct aws_error *why, struct err *e);
/* Of a table as it is described. EC_CONFIG: not ours; not ready. */
MUST enum ec dyn_check_shape(
    const struct dyn *d, const cJSON *table, struct err *e);
MUST enum ec dyn_check_status(
    const struct dyn *d, const cJSON *table, struct err *e);
enum ec dyn_no_table(const struct dyn *d, struct err *e); /* EC_CONFIG */
/* Why a table that was asked for is not usable, in full. */
enum ec dyn_why_not(struct dyn *d, struct err *e);

#endif
