/* unread_scene: a configuration with a drop-in and a store, for tests of what
 * is kept of them and holds until one of them changes; and the ways in which
 * the files of a configuration change. */
#ifndef TESTS_UNREAD_SCENE_H
#define TESTS_UNREAD_SCENE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/quiet.h"

#define HOUR ((int64_t)3600 * 1000)
#define DAY  (24 * HOUR)

struct scene {
	char dir[64];
	int64_t now; /* files are an hour old by then */
	struct args args;
	struct app app;
	char config[128];
};

static inline void
put(const struct scene *w, const char *name, const char *text)
{
	char path[256];
	AUTO(fd) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static inline const char *
at(const struct scene *w, const char *name, char ret[256])
{
	(void)snprintf(ret, 256, "%s/%s", w->dir, name);
	return ret;
}

#define EXTRA "identities:\n- name: second\n  regions: [us-east-1]\n"

static inline void
put_main(const struct scene *w, const char *state)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "account: \"123456789012\"\nstate: %s\nidentities:\n- name: first\n"
	    "  regions: [us-east-1]\n",
	    state);
	put(w, "rotate.yaml", text);
}

static inline void
put_row(struct store *s, const char *name, enum rot_state state, int64_t next)
{
	AUTO(rec) struct rec r;
	struct err e;
	enum ec ec;

	rec_init(&r, name);
	ec = s->load(s->ctx, name, &r, &e);
	assert_true(ec == EC_OK || ec == EC_GONE);
	r.state = state;
	r.next_at = next;
	assert_int_equal(s->commit(s->ctx, clock_wall(), &r, NULL, &e), EC_OK);
}

static inline void
open_store(const struct scene *w, struct store *s)
{
	char dir[256];
	struct err e;

	assert_int_equal(
	    store_sqlite_open(at(w, "state", dir), STORE_RW, s, &e), EC_OK);
	assert_int_equal(s->lease(s->ctx, clock_wall(), HOUR, &e), EC_OK);
}

static inline void
rows(const struct scene *w, enum rot_state state, int64_t first, int64_t second)
{
	AUTO(store) struct store s = { 0 };

	open_store(w, &s);
	put_row(&s, "first", ROT_IDLE, first);
	put_row(&s, "second", state, second);
	s.unlease(s.ctx);
}

static inline int
begin(void **state)
{
	struct scene *w = calloc(1, sizeof(*w));
	char path[256];

	if (w == NULL)
		return -1;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/quiet.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	(void)umask(022);
	assert_int_equal(mkdir(at(w, "clients.d", path), 0755), 0);
	put(w, "clients.d/more.yaml", EXTRA);
	put_main(w, at(w, "state", path));
	(void)snprintf(w->config, sizeof(w->config), "%s/rotate.yaml", w->dir);
	w->now = clock_wall() + HOUR;
	w->args.config = w->config;
	w->app.args = &w->args;
	log_init(&w->app.log, stderr, LOG_PLAIN, LOG_ERR_);
	rows(w, ROT_IDLE, w->now + 30 * DAY, w->now + 20 * DAY);
	*state = w;
	return 0;
}

static inline int
remove_one(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static inline int
end(void **state)
{
	struct scene *w = *state;
	int rc = nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(w);
	return rc;
}

static inline void
close_app(struct scene *w)
{
	app_close(&w->app);
	w->app.config = NULL;
	w->app.store.ctx = NULL;
}

/* ---- files ------------------------------------------------------------- */

static inline void
change_touch(struct scene *w)
{
	char path[256];

	assert_int_equal(
	    utimensat(AT_FDCWD, at(w, "rotate.yaml", path), NULL, 0), 0);
}

/* Same size, same name, same time: only ctime tells. */
static inline void
change_hidden(struct scene *w)
{
	struct timespec times[2];
	struct stat st;
	char path[256];

	assert_int_equal(stat(at(w, "clients.d/more.yaml", path), &st), 0);
	put(w, "clients.d/more.yaml", EXTRA);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline void
change_replace(struct scene *w)
{
	char from[256], to[256];

	put(w, "new", EXTRA);
	assert_int_equal(
	    rename(at(w, "new", from), at(w, "clients.d/more.yaml", to)), 0);
}

static inline void
change_mode(struct scene *w)
{
	char path[256];

	assert_int_equal(chmod(at(w, "rotate.yaml", path), 0606), 0);
}

static inline void
change_dir_mode(struct scene *w)
{
	assert_int_equal(chmod(w->dir, 0777), 0);
}

static inline void
change_drop_ins_mode(struct scene *w)
{
	char path[256];

	assert_int_equal(chmod(at(w, "clients.d", path), 0777), 0);
}

static inline void
change_add(struct scene *w)
{
	put(w, "clients.d/added.yaml", "clients: []\n");
}

static inline void
change_remove(struct scene *w)
{
	char path[256];

	assert_int_equal(unlink(at(w, "clients.d/more.yaml", path)), 0);
}

static inline void
change_rename(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(rename(at(w, "clients.d/more.yaml", from),
			     at(w, "clients.d/more.yml", to)),
	    0);
}

static inline void
change_no_drop_ins(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(
	    rename(at(w, "clients.d", from), at(w, "clients.e", to)), 0);
}

static inline void
change_no_main(struct scene *w)
{
	char path[256];

	assert_int_equal(unlink(at(w, "rotate.yaml", path)), 0);
}

static const struct change {
	const char *name;
	void (*change)(struct scene *w);
} file_changes[] = {
	{ "touch", change_touch },
	{ "hidden", change_hidden },
	{ "replace", change_replace },
	{ "mode", change_mode },
	{ "mode of the directory", change_dir_mode },
	{ "mode of the drop-ins", change_drop_ins_mode },
	{ "add", change_add },
	{ "remove", change_remove },
	{ "rename", change_rename },
	{ "no drop-ins", change_no_drop_ins },
	{ "no main file", change_no_main },
};

#endif
