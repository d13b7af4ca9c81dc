/*
 * conform: what every driver must keep to, whatever it writes to. A row says
 * how to make a target for one driver; the checks are the same for all.
 *
 *   conform                      all rows, tables side by side
 *   conform NAME ...             these rows
 *   conform once NAME DIR ...    one step in a place that lasts: once.c
 *   conform exec PROGRAM [NAME=VALUE ...]
 *                                an outside program, with these options; it
 *                                writes made-up credentials to its target
 *
 * Runs in the top directory of the source. Speaks TAP. A row that cannot be set
 * up has failed: a check that is left out proves nothing.
 */
#ifndef TESTS_CONFORM_H
#define TESTS_CONFORM_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "clients/client.h"

struct pair {
	const char *user, *pass;
};
/* The one that a new target holds, and two that are written. Made up, of the
 * right form. */
extern const struct pair pair_old, pair_new, pair_next;

struct place;
struct trouble;

struct row {
	const char *name;
	const char *driver;
	const struct client_driver *drv; /* one that is not registered */
	/* Sets the options; makes what the target needs besides its text.
	 * false: it cannot be had, p->why says the reason. */
	bool (*setup)(struct place *p);
	void (*teardown)(struct place *p); /* or NULL */
	/* Name of the file in p->dir that holds the credential, and its first
	 * content, with @U and @P for the pair, @E for the password
	 * percent-encoded. NULL: not a file. */
	const char *target;
	const char *text;
	const char *derived; /* a further file that holds it, such as a .db */
	bool creates;        /* a missing target is made, not an error */
	/* In two files: a crash may leave the new password with the old user
	 * name, until the next write. */
	bool halves;
	/* A crash may leave a mixture, until the next write. */
	bool torn;
	/* What can go wrong here, see trouble.h; or NULL. */
	const struct trouble *troubles;
	/* And what only root can bring about: mounts, another user. */
	const struct trouble *root_troubles;
};
extern const struct row *const row_tables[]; /* of tables that end with a
					      * row without name; NULL ends */
#define SPY "tests/conform/spy.sh"
/* An absolute path, as drivers demand; ret has PATH_MAX bytes. */
const char *place_here(const char *path, char *ret);

/* A row come to life; new for each check. */
struct place {
	const struct row *row;
	char dir[128];
	char target[PATH_MAX];   /* "" when the row has none */
	char spy[PATH_MAX];      /* what spy.sh saw of the children */
	char why[256];           /* of a failure */
	const char *const *args; /* behind `conform exec` */
	struct client c;
	struct err e;
	bool leaked;                   /* an error showed a password */
	const struct trouble *trouble; /* that this place is for; or NULL */
	void *own;                     /* of setup() and teardown() */
	char mounted[PATH_MAX];        /* by trouble_mount(); or "" */
};

/* Would it be one that a check applies to? */
bool place_suits(const struct row *row, bool (*applies)(const struct place *p));
/* Makes dir, client and target. mount: options of a tmpfs for dir; or NULL.
 * false: p->why says the reason. Ends with place_close() in any case. */
bool place_open(struct place *p, const struct row *row, const char *const *args,
    const char *mount);
void place_close(struct place *p);
/* The same in a directory of the caller's, which stays. make false: it is
 * there, and nothing in it is touched. Ends with place_leave(). */
bool place_enter(
    struct place *p, const struct row *row, const char *dir, bool make);
void place_leave(struct place *p);
/* An option; values end with NULL. Dies when it is refused. */
void place_set(struct place *p, const char *key, ...);
void place_set_list(
    struct place *p, const char *key, const char *const *values, size_t n);
const char *place_path(const struct place *p, const char *name, char *ret);
void place_put(const char *path, const char *text);
/* The row's text with this pair in it. */
void place_text(
    const struct row *row, const struct pair *pair, struct buf *ret);
/* All names, metadata and contents below dir. */
void place_snapshot(const struct place *p, struct buf *ret);
/* Is this pair's password in a file where it should not be? */
bool place_litter(struct place *p, const struct pair *pair);

/* The driver's functions, their errors searched for passwords. */
enum ec place_plan(struct place *p, struct client_plan *ret);
enum ec place_write(struct place *p, const struct pair *pair);
/* true: read() gives exactly this pair. */
bool place_reads(struct place *p, const struct pair *pair);
bool place_say(struct place *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* fills why; returns false */
enum ec place_saw(struct place *p, enum ec ec);

struct check {
	const char *name;
	/* Of row and driver only: the place is not made yet. NULL: always. */
	bool (*applies)(const struct place *p);
	bool (*run)(struct place *p);
	const char *mount; /* of place_open(); root only */
};
extern const struct check
    *const check_tables[]; /* of tables that end with a
			    * check without name; NULL ends */

/*
 * Runs each(table) for all tables in processes of their own, some at a time
 * since most of them wait for others, and prints what they print, the checks
 * numbered anew. Returns the number of checks; *ret_failed: of those that
 * failed, or tables that did not come to their end.
 */
unsigned side_by_side(
    void (*each)(const struct row *table), unsigned *ret_failed);

/* A row of any table; NULL: there is none of that name. */
const struct row *row_find(const char *name);
/* What the rows leave out of this registered kind, in a few words: a row, what
 * goes wrong with it, what hangs. NULL: nothing. */
const char *rows_lack(const struct client_driver *drv);
/* argv: NAME DIR STEP ...; the exit code of the program. */
int once(int argc, char **argv);

#endif
