/* trouble: see trouble.h. */
#include "trouble.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "checks.h"

static enum ec
do_plan(struct place *p)
{
	struct client_plan plan = { .change = "" };

	return place_plan(p, &plan);
}

static enum ec
do_read(struct place *p)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	return place_saw(p, p->c.drv->read(&p->c, &cred, &p->e));
}

static enum ec
do_write(struct place *p)
{
	return place_write(p, &pair_next);
}

static enum ec
do_activate(struct place *p)
{
	return place_saw(p, p->c.drv->activate(&p->c, &p->e));
}

static const struct {
	const char *name;
	enum ec (*run)(struct place *p);
} ops[OPS] = {
	[OP_PLAN] = { "plan", do_plan },
	[OP_READ] = { "read", do_read },
	[OP_WRITE] = { "write", do_write },
	[OP_ACTIVATE] = { "activate", do_activate },
};

static bool
has(const struct place *p, enum op op)
{
	const struct client_driver *d = p->c.drv;

	return (op != OP_READ || d->read != NULL) &&
	    (op != OP_WRITE || d->write != NULL) &&
	    (op != OP_ACTIVATE || d->activate != NULL);
}

/* Does the error have all words of says, and a remedy? */
static bool
clear(struct place *p, const char *name)
{
	const bool by_itself = p->e.ec == EC_TEMP || p->e.ec == EC_UNKNOWN;
	char word[128];

	for (const char *s = p->trouble->says; s != NULL && *s != '\0';) {
		const size_t n = strcspn(s, "|");

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, s);
		if (strstr(p->e.what, word) == NULL)
			return place_say(p, "%s: does not name %s: %.150s",
			    name, word, p->e.what);
		s += n + (s[n] == '|' ? 1 : 0);
	}
	if (p->e.fix[0] == '\0' && !by_itself)
		return place_say(p, "%s: no remedy: %.200s", name, p->e.what);
	return true;
}

static bool
in_time(struct place *p, const char *name, int64_t took)
{
	if (took < HANG_MS * 9 / 10) /* clocks of others are coarser */
		return place_say(
		    p, "%s: did not hang: %.200s", name, p->e.what);
	if (took > HANG_MAX_MS)
		return place_say(p, "%s: took %lld ms", name, (long long)took);
	if ((p->trouble->hangs != HANGS_OPTION && hurry_longest() <= 0) ||
	    hurry_longest() > LIMIT_MAX_MS)
		return place_say(p, "%s: would wait %lld ms for one thing",
		    name, (long long)hurry_longest());
	return true;
}

/* The limit of what is to work is not cut: a busy machine needs its time. */
static bool
hangs(const struct trouble *t, enum op op)
{
	if (t->hangs == HANGS_WELL)
		return op == OP_ACTIVATE;
	return (t->hangs == HANGS || t->hangs == HANGS_OPTION) &&
	    t->gives[op] != EC_OK;
}

static bool
meets(struct place *p, enum op op)
{
	const struct trouble *t = p->trouble;
	const enum ec want = t->gives[op];
	const int64_t began = clock_mono();
	enum ec ec;

	hurry(hangs(t, op) && t->hangs != HANGS_OPTION ? HANG_MS : 0);
	ec = ops[op].run(p);
	if (ec != want)
		return place_say(p, "%s: %s, not %s: %.200s", ops[op].name,
		    ec_name(ec), ec_name(want), ec != EC_OK ? p->e.what : "");
	return (ec == EC_OK || clear(p, ops[op].name)) &&
	    (!hangs(t, op) || in_time(p, ops[op].name, clock_mono() - began));
}

static bool
all_meet(struct place *p)
{
	for (enum op op = OP_PLAN; op < OPS; op++)
		if (has(p, op) && !meets(p, op))
			return false;
	return true;
}

/* The file, if that is what it still is, where read() cannot tell. */
static bool
keeps(struct place *p, const struct pair *pair)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	if (p->row->text == NULL)
		return true;
	place_text(p->row, pair, &want);
	check_content(p, &got);
	return got.len == 0 || check_same(p, &want, &got);
}

/* What is there now, as far as it can be known and read. */
static bool
holds(struct place *p)
{
	const enum ec *gives = p->trouble->gives;
	const struct pair *pair =
	    gives[OP_WRITE] == EC_OK ? &pair_next : &pair_new;

	if (gives[OP_WRITE] == EC_UNKNOWN || p->trouble->hangs == READS_OTHER)
		return true;
	return keeps(p, pair) &&
	    (gives[OP_READ] != EC_OK || place_reads(p, pair));
}

bool
trouble_is_told(struct place *p)
{
	bool good;

	if (place_write(p, &pair_new) != EC_OK)
		return place_say(p, "write: %.200s", p->e.what);
	if (!p->trouble->make(p, p->trouble->arg))
		return false;
	good = all_meet(p);
	hurry(0);
	trouble_root();
	return good && holds(p);
}

bool
trouble_program_hangs(struct place *p, const char *option)
{
	char path[PATH_MAX];

	place_put(place_path(p, "hang", path), "#!/bin/sh\nexec sleep 60\n");
	(void)chmod(path, 0755);
	place_set(p, option, path, NULL);
	return true;
}

bool
trouble_option(struct place *p, const char *setting)
{
	const char *eq = strchr(setting, '=');
	char key[64];

	(void)snprintf(key, sizeof(key), "%.*s", (int)(eq - setting), setting);
	place_set(p, key, eq + 1, NULL);
	return true;
}
