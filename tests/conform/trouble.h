/*
 * trouble: what can go wrong with the target of one row, as a table beside it:
 * what is done to the target, which class each operation gives then, and what
 * the error must name. conform makes a check of each.
 *
 * A service or a program that never answers is such a trouble. A driver's
 * limit is then cut to HANG_MS by hurry.c, unless the limit is an option and
 * it is that option which is to be seen.
 */
#ifndef TESTS_CONFORM_TROUBLE_H
#define TESTS_CONFORM_TROUBLE_H

#include "conform.h"

#define HANG_MS      300
#define HANG_OPTION  "300ms"  /* as the value of an option */
#define HANG_MAX_MS  3000     /* what an operation may take then */
#define LIMIT_MAX_MS (120000) /* no driver may wait longer for one thing */

enum op { OP_PLAN, OP_READ, OP_WRITE, OP_ACTIVATE, OPS };

enum hangs {
	HANGS_NOT,
	HANGS,        /* the limit is the driver's own */
	HANGS_OPTION, /* make() sets the option of the limit to HANG_OPTION */
	HANGS_WELL,   /* in activate(), which goes on without it */
	READS_OTHER,  /* no, and read() finds what was never written */
};

struct trouble {
	const char *name; /* NULL ends a table */
	/* In a place where pair_new has been written. false: p->why. */
	bool (*make)(struct place *p, const char *arg);
	const char *arg;
	/* EC_OK: works. One that the driver has not is not tried. */
	enum ec gives[OPS];
	const char *says; /* words of each error, with '|' between; or NULL */
	enum hangs hangs;
};

/*
 * All operations one after the other, each held to its class. An error names
 * what says asks for, and a remedy unless time may mend it. A write that fails
 * leaves pair_new, unless it is EC_UNKNOWN; read() must see that if it works.
 */
bool trouble_is_told(struct place *p);

/* For make(). option becomes a program that sleeps; "KEY=VALUE" is set. */
bool trouble_program_hangs(struct place *p, const char *option);
bool trouble_option(struct place *p, const char *setting);
/* A small file system of its own at dir, until the place is closed. Root only.
 */
bool trouble_mount(struct place *p, const char *dir);
/* Makes this file and writes to it until not a byte more goes in. */
void trouble_fill(const char *path);

/* For make(): this process becomes a nobody until all is tried. */
bool trouble_nobody(struct place *p, const char *arg);
void trouble_root(void);

/* Limits of child processes and HTTP requests are cut to ms from now on; 0:
 * they are not. hurry_longest() is the longest limit that was asked for since
 * then, ms. */
void hurry(int64_t ms);
int64_t hurry_longest(void);

#endif
