/*
 * record_p: what record*.c share. Nobody else includes it.
 *
 *   record.c         the struct itself            (the contract: record.h)
 *   record_fields.c  which fields are stored, as tables
 *   record_json.c    one writer and one reader that walk the tables
 *   record_read.c    a quick reader of what that one wrote
 */
#ifndef ROTATOR_RECORD_P_H
#define ROTATOR_RECORD_P_H

#include <stddef.h>

#include "rotator/record.h"

#define REC_FORMAT      1
#define REC_CLIENTS_MAX 10000

enum kind {
	TEXT,    /* char[size] */
	NUMBER,  /* int64_t below 2^53 either way: JSON's numbers hold it */
	COUNTER, /* uint64_t below 2^53 */
	FLAG,    /* bool */
	WORD,    /* an enum, stored by name */
	OBJECT,  /* a struct */
	LIST,    /* an array of structs, with a count beside it */
};

/* The name of an enum's value; NULL: it has no such value. */
typedef const char *word_name(unsigned value);

struct shape;
struct field {
	const char *name;
	enum kind kind;
	size_t at, size;           /* in its struct; LIST: of one element */
	size_t max, count_at;      /* LIST: capacity, where its size_t is */
	const struct shape *shape; /* OBJECT, LIST */
	word_name *word;           /* WORD */
};

struct shape {
	const struct field *fields;
	size_t n;
};

extern const struct shape rec_shape; /* all but the clients */
extern const struct shape rec_client_shape;

#endif
