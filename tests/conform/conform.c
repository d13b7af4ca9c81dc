/* conform: runs the checks over the rows and reports in TAP; see conform.h. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "conform.h"
#include "trouble.h"

struct tally {
	unsigned run, failed;
};

static void
report(struct tally *t, const struct row *row, const struct check *c, bool good,
    const char *why)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++t->run, row->name,
	    c->name);
	if (!good)
		printf("# %s\n", why);
	t->failed += good ? 0 : 1;
}

/* No child of ours may have seen a password in its arguments or environment.
 */
static bool
spied_nothing(struct place *p)
{
	AUTO(buf) struct buf seen = BUF(FILE_MAX_BYTES);
	const struct pair *const pairs[] = { &pair_old, &pair_new, &pair_next };
	struct err e;

	if (file_read(p->spy, &seen, &e) != EC_OK)
		return true;
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (memmem(buf_str(&seen), seen.len, pairs[i]->pass,
			strlen(pairs[i]->pass)) != NULL)
			return place_say(
			    p, "a password in arguments or environment");
	return true;
}

static void
run_check(struct tally *t, const struct row *row, const struct check *c,
    const struct trouble *trouble, const char *const *args)
{
	struct place p;
	bool good;

	/* Without root no other file system can be had for a place. */
	if ((c->mount != NULL && (geteuid() != 0 || args != NULL)) ||
	    !place_suits(row, c->applies))
		return;
	/* What cannot be set up has proved nothing. */
	good = place_open(&p, row, args, c->mount);
	p.trouble = trouble;
	good = good && c->run(&p) && spied_nothing(&p);
	if (p.leaked)
		good = place_say(&p, "an error shows a password");
	report(t, row, c, good, p.why);
	place_close(&p);
}

static void
run_troubles(struct tally *t, const struct row *row,
    const struct trouble *troubles, const char *const *args)
{
	for (const struct trouble *b = troubles; b != NULL && b->name != NULL;
	     b++) {
		const struct check c = { .name = b->name,
			.run = trouble_is_told };

		run_check(t, row, &c, b, args);
	}
}

static void
run_row(struct tally *t, const struct row *row, const char *const *args)
{
	for (const struct check *const *table = check_tables; *table != NULL;
	     table++)
		for (const struct check *c = *table; c->name != NULL; c++)
			run_check(t, row, c, NULL, args);
	run_troubles(t, row, row->troubles, args);
	if (geteuid() == 0)
		run_troubles(t, row, row->root_troubles, args);
}

/* args: PROGRAM [NAME=VALUE ...] */
static bool
setup_outside(struct place *p)
{
	char spy[PATH_MAX], program[PATH_MAX], pairs[8][2][256];
	const char *list[16];
	size_t n = 0;

	for (const char *const *a = p->args + 1; *a != NULL && n < 8; a++) {
		const char *eq = strchr(*a, '=');

		if (eq == NULL)
			return place_say(p, "%s: not NAME=VALUE", *a);
		(void)snprintf(pairs[n][0], 256, "%.*s", (int)(eq - *a), *a);
		(void)snprintf(pairs[n][1], 256, "%s", eq + 1);
		list[2 * n] = pairs[n][0];
		list[2 * n + 1] = pairs[n][1];
		n++;
	}
	if (realpath("tests/conform/spy.sh", spy) == NULL ||
	    realpath(p->args[0], program) == NULL)
		return place_say(p, "%s: not found", p->args[0]);
	place_set(p, "command", spy, p->spy, program, NULL);
	place_set_list(p, "options", list, 2 * n);
	return true;
}

static void
run_outside(struct tally *t, const char *const *args)
{
	const struct row row = {
		.name = args[0], .driver = "exec", .setup = setup_outside
	};

	run_row(t, &row, args);
}

static bool
wanted(const struct row *row, char **names)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, row->name) == 0)
			return true;
	return false;
}

static void
run_tables(struct tally *t, char **names)
{
	for (const struct row *const *table = row_tables; *table != NULL;
	     table++)
		for (const struct row *r = *table; r->name != NULL; r++)
			if (wanted(r, names))
				run_row(t, r, NULL);
}

static void
run_table(const struct row *table)
{
	struct tally t = { 0 };

	for (; table->name != NULL; table++)
		run_row(&t, table, NULL);
}

/* A kind that nobody wrote a row for would pass by not being looked at. */
static void
run_registry(struct tally *t)
{
	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		const struct client_driver *d = client_drivers[i];
		const struct row row = { .name = d->name };
		const struct check c = { .name = "the suite is complete" };
		const char *lack = rows_lack(d);
		char why[160];

		(void)snprintf(why, sizeof(why), "type %s needs %s in rows_*.c",
		    d->name, lack != NULL ? lack : "nothing");
		report(t, &row, &c, lack == NULL, why);
	}
}

/* Mounts of ours are seen by nobody else and end with us. */
static void
private_mounts(void)
{
	if (geteuid() != 0)
		return;
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		printf("# no mounts of our own: %s\n", strerror(errno));
}

static void
run_all(struct tally *t)
{
	t->run = side_by_side(run_table, &t->failed);
	run_registry(t);
}

int
main(int argc, char **argv)
{
	struct tally t = { 0 };

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && strcmp(argv[1], "once") == 0)
		return once(argc - 2, argv + 2);
	private_mounts();
	if (argc > 2 && strcmp(argv[1], "exec") == 0)
		run_outside(&t, (const char *const *)argv + 2);
	else if (argc > 1)
		run_tables(&t, argv + 1);
	else
		run_all(&t);
	printf("1..%u\n", t.run);
	return t.failed == 0 && t.run > 0 ? 0 : 1;
}
