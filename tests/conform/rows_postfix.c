/*
 * rows_postfix: a Postfix that does not run; its tables are made and asked all
 * the same, by its own programs. What a running one does is met in
 * tests/e2e/postfix.t.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "conform.h"
#include "trouble.h"

#define NOWHERE "/nonexistent/postmap"
#define RUNNING "/hang: still running"
#define TEXT                                                                   \
	"# relays\n[mx.other.org]:587\tother:pass word\n"                      \
	"[mail.example.com]:587 @U:@P\n# end"

/* An hour old, since postmap naps while its main.cf or a texthash is younger
 * than 2 s. */
static bool
settle(struct place *p, const char *path)
{
	const struct timespec old[2] = { { .tv_sec = time(NULL) - 3600 },
		{ .tv_sec = time(NULL) - 3600 } };

	return utimensat(AT_FDCWD, path, old, 0) == 0
	    ? true
	    : place_say(p, "%s: its time cannot be set", path);
}

static bool
holds_old(struct place *p)
{
	return place_write(p, &pair_old) == EC_OK
	    ? true
	    : place_say(p, "%s", p->e.what);
}

static bool
setup_type(struct place *p, const char *type)
{
	char path[PATH_MAX], text[3 * PATH_MAX];

	(void)snprintf(text, sizeof(text),
	    "compatibility_level = 3.6\nqueue_directory = %s/spool\n"
	    "data_directory = %s/data\nmaillog_file_prefixes = %s\n"
	    "maillog_file = %s/log\n",
	    p->dir, p->dir, p->dir, p->dir);
	place_put(place_path(p, "main.cf", path), text);
	(void)chmod(path, 0644); /* for a nobody, too */
	if (!settle(p, path))
		return false;
	place_set(p, "map", p->target, NULL);
	place_set(p, "map_type", type, NULL);
	place_set(p, "relay", "[mail.example.com]:587", NULL);
	place_set(p, "config_dir", p->dir, NULL);
	place_set(p, "flush", "false", NULL);
	if (p->row->derived == NULL)
		return settle(p, p->target);
	place_put(place_path(p, p->row->derived, path), "");
	return holds_old(p);
}

static bool
setup_hash(struct place *p)
{
	return setup_type(p, "hash");
}

static bool
setup_lmdb(struct place *p)
{
	return setup_type(p, "lmdb");
}

static bool
setup_btree(struct place *p)
{
	return setup_type(p, "btree");
}

/* A reload needs a Postfix that runs. */
static bool
setup_texthash(struct place *p)
{
	place_set(p, "reload", "never", NULL);
	return setup_type(p, "texthash");
}

static void
teardown(struct place *p)
{
	if (p->own != NULL)
		(void)fclose(p->own);
}

/* One of Postfix's programs, in a directory of their own. */
static void
program(const struct place *p, const char *name, const char *script)
{
	char dir[PATH_MAX], path[PATH_MAX + 16], text[1024];

	(void)mkdir(place_path(p, "sbin", dir), 0755);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\nreal=/usr/sbin/%s\n%s\n",
	    name, script);
	place_put(path, text);
	(void)chmod(path, 0755);
}

/* The real ones, but for this one, which is a shell script; "$real" is what it
 * stands for. */
static bool
programs(struct place *p, const char *name, const char *script)
{
	static const char *const names[] = { "postmap", "postconf", "postqueue",
		"postfix" };
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(names); i++)
		program(p, names[i], "exec \"$real\" \"$@\"");
	program(p, name, script);
	place_set(p, "postmap", place_path(p, "sbin/postmap", path), NULL);
	return true;
}

#define SLEEPS "exec sleep 60"

static bool
sleeps(struct place *p, const char *name)
{
	return programs(p, name, SLEEPS);
}

/* It still answers what is asked. */
static bool
build_sleeps(struct place *p, const char *arg)
{
	(void)arg;
	return programs(p, "postmap",
	    "case \"$*\" in *' -q '*) exec \"$real\" \"$@\" ;; esac\n" SLEEPS);
}

static bool
queue_sleeps(struct place *p, const char *arg)
{
	(void)arg;
	place_set(p, "flush", "true", NULL);
	return sleeps(p, "postqueue");
}

static bool
reload_sleeps(struct place *p, const char *arg)
{
	(void)arg;
	place_set(p, "reload", "auto", NULL);
	return sleeps(p, "postfix");
}

static bool
nothing_runs(struct place *p, const char *arg)
{
	(void)arg;
	place_set(p, "reload", "auto", NULL);
	return true;
}

/* As a Postfix whose package for them is not installed. */
static bool
no_such_tables(struct place *p, const char *type)
{
	char path[PATH_MAX];

	place_set(p, "map_type", type, NULL);
	program(p, "postconf", "echo hash; echo btree");
	program(p, "postmap",
	    "echo 'postmap: fatal: unsupported dictionary type' >&2\nexit 1");
	place_set(p, "postmap", place_path(p, "sbin/postmap", path), NULL);
	return true;
}

static bool
no_text(struct place *p, const char *arg)
{
	(void)arg;
	return unlink(p->target) == 0;
}

static bool
no_table(struct place *p, const char *arg)
{
	char path[PATH_MAX];

	(void)arg;
	return unlink(place_path(p, p->row->derived, path)) == 0;
}

static bool
table_is(struct place *p, const char *bytes)
{
	char path[PATH_MAX];

	place_put(place_path(p, p->row->derived, path), bytes);
	return true;
}

/* As postmap does while it builds in place; postmap -q waits for the lock. */
static bool
table_locked(struct place *p, const char *arg)
{
	char path[PATH_MAX];
	FILE *f = fopen(place_path(p, p->row->derived, path), "re");

	(void)arg;
	p->own = f;
	return f != NULL && flock(fileno(f), LOCK_EX | LOCK_NB) == 0
	    ? true
	    : place_say(p, "%s: %s", path, strerror(errno));
}

static bool
entry_twice(struct place *p, const char *more)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);

	if (file_read(p->target, &text, &p->e) != EC_OK ||
	    buf_adds(&text, more, &p->e) != EC_OK)
		return place_say(p, "%s", p->e.what);
	place_put(p->target, buf_str(&text));
	return true;
}

/* Who may read all and write nothing. */
static bool
may_read(struct place *p, const char *arg)
{
	char path[PATH_MAX];

	if (chmod(p->target, 0644) != 0 ||
	    chmod(place_path(p, p->row->derived, path), 0644) != 0)
		return place_say(p, "%s: %s", path, strerror(errno));
	return trouble_nobody(p, arg);
}

/* Text and table on a disk of their own, which has no room left. */
static bool
disk_full(struct place *p, const char *name)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	char path[PATH_MAX], map[PATH_MAX];

	if (mkdir(place_path(p, "small", path), 0755) != 0 ||
	    !trouble_mount(p, path))
		return false;
	place_text(p->row, &pair_old, &text);
	place_put(place_path(p, "small/sasl_passwd", map), buf_str(&text));
	place_put(place_path(p, name, path), "");
	place_set(p, "map", map, NULL);
	if (place_write(p, &pair_new) != EC_OK)
		return place_say(p, "%s", p->e.what);
	trouble_fill(place_path(p, "small/filler", path));
	return true;
}

static const struct trouble hash_troubles[] = {
	{ "hangs: postmap", trouble_program_hangs, "postmap",
	    { EC_TEMP, EC_TEMP, EC_TEMP, EC_TEMP }, RUNNING, HANGS },
	{ "hangs: postmap while it builds", build_sleeps, NULL,
	    { EC_OK, EC_OK, EC_TEMP, EC_OK }, "postmap: still running", HANGS },
	{ "hangs: postconf", sleeps, "postconf",
	    { EC_TEMP, EC_OK, EC_OK, EC_OK }, "postconf: still running",
	    HANGS },
	{ "locked: the table", table_locked, NULL, { EC_TEMP, EC_TEMP, EC_OK },
	    "postmap: still running", HANGS },
	{ "missing: postmap", trouble_option, "postmap=" NOWHERE,
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG, EC_CONFIG }, NOWHERE,
	    HANGS_NOT },
	{ "missing: the text", no_text, NULL,
	    { EC_GONE, EC_OK, EC_GONE, EC_GONE }, "/sasl_passwd", HANGS_NOT },
	{ "missing: the table", no_table, NULL, { EC_GONE, EC_GONE, EC_OK },
	    "/sasl_passwd.", HANGS_NOT },
	{ "missing: the entry", trouble_option, "relay=[mail.example.net]:25",
	    { EC_GONE, EC_OK, EC_GONE, EC_GONE }, "[mail.example.net]:25",
	    READS_OTHER },
	{ "conflict: two entries", entry_twice,
	    "\n[mail.example.com]:587 a:b\n",
	    { EC_CONFLICT, EC_OK, EC_CONFLICT, EC_CONFLICT },
	    "[mail.example.com]:587", READS_OTHER },
	{ "wrong type: a table that is none", table_is, "no table\n",
	    { EC_CLIENT, EC_CLIENT, EC_OK }, "postmap", HANGS_NOT },
	{ "wrong type: tables this Postfix has not", no_such_tables, "lmdb",
	    { EC_CONFIG, EC_GONE, EC_CLIENT, EC_GONE }, NULL, HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble hash_root_troubles[] = {
	{ "denied: may read nothing", trouble_nobody, NULL,
	    { EC_DENIED, EC_CLIENT, EC_DENIED, EC_DENIED }, NULL, HANGS_NOT },
	{ "denied: may only read", may_read, NULL,
	    { EC_DENIED, EC_OK, EC_DENIED, EC_OK }, "/sasl_passwd", HANGS_NOT },
	{ "full: the disk", disk_full, "small/sasl_passwd.db",
	    { EC_IO, EC_OK, EC_IO, EC_OK }, "/small|No space left", HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble lmdb_troubles[] = {
	{ "hangs: postmap while it builds", build_sleeps, NULL,
	    { EC_OK, EC_OK, EC_TEMP, EC_OK }, "postmap: still running", HANGS },
	{ "missing: the table", no_table, NULL, { EC_GONE, EC_GONE, EC_OK },
	    "/sasl_passwd.", HANGS_NOT },
	{ "wrong type: a table that is none", table_is, "no table\n",
	    { EC_CLIENT, EC_CLIENT, EC_OK }, "postmap", HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble texthash_troubles[] = {
	{ "hangs: postmap", trouble_program_hangs, "postmap",
	    { EC_TEMP, EC_TEMP, EC_OK, EC_OK }, RUNNING, HANGS },
	{ "hangs: postfix reload", reload_sleeps, NULL,
	    { EC_OK, EC_OK, EC_OK, EC_TEMP }, "postfix: still running", HANGS },
	{ "hangs: the queue, which may wait", queue_sleeps, NULL,
	    { EC_OK, EC_OK, EC_OK, EC_OK }, NULL, HANGS_WELL },
	{ "missing: no Postfix runs", nothing_runs, NULL,
	    { EC_OK, EC_OK, EC_OK, EC_CLIENT }, "postfix", HANGS_NOT },
	{ "missing: the text", no_text, NULL,
	    { EC_GONE, EC_GONE, EC_GONE, EC_OK }, "/sasl_passwd", HANGS_NOT },
	{ "conflict: two entries", entry_twice,
	    "\n[mail.example.com]:587 a:b\n",
	    { EC_CONFLICT, EC_OK, EC_CONFLICT }, "[mail.example.com]:587",
	    READS_OTHER },
	{ .name = NULL },
};

extern const struct row rows_postfix[];
const struct row rows_postfix[] = {
	{ .name = "postfix-hash",
	    .driver = "postfix",
	    .setup = setup_hash,
	    .teardown = teardown,
	    .target = "sasl_passwd",
	    .text = TEXT,
	    .derived = "sasl_passwd.db",
	    .troubles = hash_troubles,
	    .root_troubles = hash_root_troubles },
	{ .name = "postfix-btree",
	    .driver = "postfix",
	    .setup = setup_btree,
	    .teardown = teardown,
	    .target = "sasl_passwd",
	    .text = TEXT,
	    .derived = "sasl_passwd.db" },
	{ .name = "postfix-lmdb",
	    .driver = "postfix",
	    .setup = setup_lmdb,
	    .teardown = teardown,
	    .target = "sasl_passwd",
	    .text = TEXT,
	    .derived = "sasl_passwd.lmdb",
	    .troubles = lmdb_troubles },
	{ .name = "postfix-texthash",
	    .driver = "postfix",
	    .setup = setup_texthash,
	    .teardown = teardown,
	    .target = "sasl_passwd",
	    .text = TEXT,
	    .troubles = texthash_troubles },
	{ .name = NULL },
};
