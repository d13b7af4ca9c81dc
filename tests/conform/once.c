/*
 * once: single steps in a place that outlives the process, for whoever stops
 * the process in the midst of one (tests/crash/clients.t).
 *
 *   conform once ROW DIR make [PAIR|theirs]   that pair; or another file, for
 *                                       meddle, beside the old one
 *   conform once ROW DIR write PAIR     and nothing else that changes a file
 *   conform once ROW DIR meddle PAIR    on SIGUSR1 somebody puts another file
 *                                       in the place of the target
 *   conform once ROW DIR check OLD NEW  is it one of these, and will NEW be
 *                                       written now?
 *   conform once ROW DIR theirs         is it what somebody put there?
 *
 * PAIR is old, new or next. Prints one word: what was found, or the class of
 * a failure; more to stderr. Exit code 1: it is not as it should be.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "conform.h"

#define MARK "# edited by somebody\n"

static const struct {
	const char *name;
	const struct pair *pair;
} names[] = {
	{ "old", &pair_old },
	{ "new", &pair_new },
	{ "next", &pair_next },
};

static const struct pair *
pair_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < COUNT(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].pair;
	(void)fprintf(stderr, "which pair?\n");
	exit(2);
}

static int
say(const struct place *p, bool good, const char *word)
{
	printf("%s\n", word);
	if (!good)
		(void)fprintf(stderr, "%s\n", p->why);
	return good ? 0 : 1;
}

static int
put(struct place *p, char **args)
{
	const enum ec ec = place_write(p, pair_of(args[0]));

	if (ec != EC_OK)
		(void)place_say(p, "write: %.200s", p->e.what);
	return say(p, ec == EC_OK, ec_name(ec));
}

static int
make(struct place *p, char **args)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	char path[PATH_MAX];
	struct err e;

	if (args[0] == NULL)
		return say(p, true, "made");
	if (strcmp(args[0], "theirs") != 0)
		return put(p, args);
	place_text(p->row, &pair_old, &text);
	if (buf_adds(&text, MARK, &e) != EC_OK)
		return 1;
	place_put(place_path(p, "theirs", path), buf_str(&text));
	return say(p, true, "made");
}

static const struct place *place;
static char theirs_path[PATH_MAX];

/* Nothing but a system call: this is a signal handler. */
static void
swap(int sig)
{
	(void)sig;
	(void)rename(theirs_path, place->target);
}

static int
meddle(struct place *p, char **args)
{
	const struct sigaction act = { .sa_handler = swap,
		.sa_flags = SA_RESTART };

	place = p;
	(void)place_path(p, "theirs", theirs_path);
	(void)sigaction(SIGUSR1, &act, NULL);
	return put(p, args);
}

static bool
has_text(const struct place *p, const struct pair *pair)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);
	struct err e;

	place_text(p->row, pair, &want);
	return file_read(p->target, &got, &e) == EC_OK && got.len == want.len &&
	    memcmp(got.p, want.p, want.len) == 0;
}

/* A write that was cut off: read() gives no password and changes nothing. */
static bool
unfinished(struct place *p, const struct pair *a, const struct pair *b)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(buf) struct buf before = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf after = BUF(FILE_MAX_BYTES);

	place_snapshot(p, &before);
	if (place_saw(p, p->c.drv->read(&p->c, &cred, &p->e)) != EC_OK)
		return false;
	place_snapshot(p, &after);
	return cred.pass == NULL &&
	    (strcmp(cred.user, a->user) == 0 ||
		strcmp(cred.user, b->user) == 0) &&
	    before.len == after.len &&
	    memcmp(buf_str(&before), buf_str(&after), before.len) == 0;
}

/* What read() says it is: the name of a pair, "half", "torn", or NULL. */
static const char *
found(struct place *p, const char *old, const char *new)
{
	const struct pair *a = pair_of(old), *b = pair_of(new);
	const struct pair half = { a->user, b->pass };

	if (p->row->torn && unfinished(p, a, b))
		return "torn";
	if (place_reads(p, a))
		return has_text(p, a) ? old : NULL;
	if (place_reads(p, b))
		return has_text(p, b) ? new : NULL;
	return p->row->halves && place_reads(p, &half) ? "half" : NULL;
}

static int
check(struct place *p, char **args)
{
	const struct pair *a = pair_of(args[0]), *b = pair_of(args[1]);
	const char *word = "torn";

	/* Before anybody had a chance to mend it. */
	if (!p->row->torn && !has_text(p, a) && !has_text(p, b))
		return say(p, place_say(p, "neither old nor new"), word);
	word = found(p, args[0], args[1]);
	if (word == NULL)
		return say(p, false, "neither");
	if (place_write(p, b) != EC_OK)
		return say(p, place_say(p, "again: %.200s", p->e.what), word);
	return say(p,
	    place_reads(p, b) && has_text(p, b) && !place_litter(p, a) &&
		!place_litter(p, b),
	    word);
}

static int
theirs(struct place *p, char **args)
{
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);
	struct err e;

	(void)args;
	if (file_read(p->target, &got, &e) != EC_OK ||
	    strstr(buf_str(&got), MARK) == NULL)
		return say(p, place_say(p, "an edit was lost"), "lost");
	return say(p, true, "theirs");
}

static const struct {
	const char *name;
	int (*run)(struct place *p, char **args);
} steps[] = {
	{ "make", make },
	{ "write", put },
	{ "meddle", meddle },
	{ "check", check },
	{ "theirs", theirs },
};

int
once(int argc, char **argv)
{
	const struct row *row = argc > 2 ? row_find(argv[0]) : NULL;
	struct place p;
	int code = 2;

	if (row == NULL) {
		(void)fprintf(stderr, "conform once ROW DIR STEP ...\n");
		return 2;
	}
	if (!place_enter(&p, row, argv[1], strcmp(argv[2], "make") == 0))
		return say(&p, false, "unfit");
	for (size_t i = 0; i < COUNT(steps); i++)
		if (strcmp(steps[i].name, argv[2]) == 0)
			code = steps[i].run(&p, argv + 3);
	place_leave(&p);
	return code;
}
