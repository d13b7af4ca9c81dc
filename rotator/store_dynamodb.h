/*
 * store_dynamodb: records in one DynamoDB table, so that several hosts can
 * run a rotator of which one works at a time. What a store promises is said
 * in store.h; how it is kept, in store_dynamodb_p.h.
 */
#ifndef ROTATOR_STORE_DYNAMODB_H
#define ROTATOR_STORE_DYNAMODB_H

#include "rotator/store.h"

struct aws;

struct dynamodb_options {
	struct aws *aws;   /* its region is the table's */
	bool own;          /* open() takes aws, also when it fails */
	const char *table; /* as store_dynamodb_table() takes it */
	const char *seen;  /* file in which another's lease is remembered */
	/* Milliseconds that go on while the machine sleeps; NULL:
	 * clock_mono(). Waits between tries; NULL: clock_sleep(). */
	int64_t (*mono)(void *ctx);
	void (*sleep)(void *ctx, int64_t ms);
	void *ctx;
};

/* A name such as DynamoDB takes? Pure.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
bool store_dynamodb_table(const char *name);

/*
 * One request. EC_CONFIG: no such table, or it is not one of ours, with the
 * remedy. EC_DENIED names the action that is missing. STORE_RO: whatever
 * would write is EC_DENIED. Makes nothing.
 */
MUST enum ec store_dynamodb_open(const struct dynamodb_options *o,
    enum store_mode mode, struct store *ret, struct err *e);

/*
 * Makes the table, waits until it is there, switches on deletion protection
 * and point-in-time recovery, and writes the item that every other write
 * depends on. May be repeated: what is there already stays as it is.
 * EC_CONFIG: there is a table of that name which is not ours. *ret_made: it
 * was not there before; *ret_bare: this service knows no recovery.
 */
MUST enum ec store_dynamodb_init(const struct dynamodb_options *o,
    bool *ret_made, bool *ret_bare, struct err *e);

/* The policy that rotators need for that table, as JSON. account may be
 * NULL. */
MUST enum ec store_dynamodb_policy(const char *table, const char *region,
    const char *account, struct buf *ret, struct err *e);

#endif
