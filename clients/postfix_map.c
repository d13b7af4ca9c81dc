/* postfix_map: see postfix_map.h. */
#include "clients/postfix_map.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/workdir.h"

#define ARGS_MAX   5
#define ERROUT_MAX 4096
#define BUILD_MS   120000 /* lmdb syncs every entry: 1.4 s for 3000 */

const char *const postfix_types[] = { "hash", "lmdb", "btree", "texthash",
	NULL };
static const char *const suffixes[] = { ".db", ".lmdb", ".db", "" };

struct path {
	char s[PATH_MAX];
};

/* Where a table is built: map is what postmap is told, table what it makes. */
struct work {
	struct workdir dir;
	struct path map, table;
};

const char *
postfix_suffix(const struct postfix *p)
{
	return suffixes[p->type];
}

static enum ec
path_long(struct path *ret, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%.200s...: the path is too long", ret->s);
	ret->s[0] = '\0'; /* half a path must not be used */
	return e->ec;
}

__attribute__((format(printf, 3, 4))) static enum ec
path_set(struct path *ret, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(ret->s, sizeof(ret->s), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(ret->s))
		return path_long(ret, e);
	return EC_OK;
}

/* Beside postmap, when we were told where that is. */
static enum ec
tool_path(
    const struct postfix *p, const char *name, struct path *ret, struct err *e)
{
	const char *slash =
	    p->postmap != NULL ? strrchr(p->postmap, '/') : NULL;

	if (slash == NULL)
		return path_set(ret, e, "%s", name);
	if (strcmp(name, "postmap") == 0)
		return path_set(ret, e, "%s", p->postmap);
	return path_set(
	    ret, e, "%.*s/%s", (int)(slash - p->postmap), p->postmap, name);
}

enum ec
postfix_tool(const struct postfix *p, const char *name, const char *const *args,
    struct run *r, struct err *e)
{
	const char *argv[ARGS_MAX + 4] = { NULL };
	struct path path = { "" };
	size_t n = 0;
	enum ec ec;

	TRY(tool_path(p, name, &path, e));
	argv[n++] = path.s;
	if (p->config_dir != NULL) {
		argv[n++] = "-c";
		argv[n++] = p->config_dir;
	}
	for (size_t i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[n++] = args[i];
	r->argv = argv;
	ec = run(r, e);
	r->argv = NULL;
	return ec;
}

/*
 * postmap -q exits with 1 for "no such key" and for any trouble alike; only
 * trouble is announced ("postmap: fatal: open database ...").
 */
static bool
not_found(const struct run *r)
{
	static const char *const trouble[] = { "fatal:", "panic:", "error:" };

	for (size_t i = 0; i < COUNT(trouble); i++)
		if (strstr(buf_str(r->errout), trouble[i]) != NULL)
			return false;
	return r->status == 1;
}

/* As postfix_query(), of the table that belongs to the text at path. */
static enum ec
ask(const struct postfix *p, const char *path, const char *key, struct buf *ret,
    struct err *e)
{
	AUTO(buf) struct buf out = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf errout = BUF(ERROUT_MAX);
	struct run r = { .out = &out, .errout = &errout };
	struct path table = { "" };
	enum ec ec;

	TRY(path_set(&table, e, "%s:%s", postfix_types[p->type], path));
	ec = postfix_tool(p, "postmap",
	    (const char *const[]){ "-q", key, table.s, NULL }, &r, e);
	if (ec == EC_CLIENT && not_found(&r))
		return EC_OK;
	if (ec == EC_CLIENT)
		return fix(e, "see why: postmap -q '%s' %s", key, table.s);
	if (ec != EC_OK)
		return ec;
	if (out.len > 0 && out.p[out.len - 1] == '\n')
		buf_cut(&out, out.len - 1);
	return buf_add(ret, buf_str(&out), out.len, e);
}

enum ec
postfix_query(
    const struct postfix *p, const char *key, struct buf *ret, struct err *e)
{
	struct path table = { "" };

	TRY(path_set(&table, e, "%s%s", p->map, postfix_suffix(p)));
	if (access(table.s, F_OK) == 0)
		return ask(p, p->map, key, ret, e);
	(void)fail_sys(e, "%s", table.s);
	if (e->ec != EC_GONE || *postfix_suffix(p) == '\0')
		return e->ec;
	return fix(
	    e, "build it: postmap %s:%s", postfix_types[p->type], p->map);
}

/* In a directory of ours, for postmap has files of its own too (Berkeley DB:
 * "__db.") that remain when it is killed. */
static enum ec
work_open(const struct postfix *p, struct work *ret, struct err *e)
{
	struct path table = { "" };

	TRY(path_set(&table, e, "%s%s", p->map, postfix_suffix(p)));
	TRY(workdir_open(table.s, &ret->dir, e));
	TRY(path_set(&ret->map, e, "%s/map", ret->dir.path));
	return path_set(&ret->table, e, "%s%s", ret->map.s, postfix_suffix(p));
}

static void
auto_work(struct work *w)
{
	workdir_close(&w->dir);
}

static enum ec
prove(const struct postfix *p, const struct work *w, const char *value,
    struct err *e)
{
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	TRY(ask(p, w->map.s, p->relay, &got, e));
	if (strcmp(buf_str(&got), value) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "%s: postmap makes another value for %s of it than the one that "
	    "stands there",
	    p->map, p->relay);
	return fix(e, "see its warnings: postmap %s:%s", postfix_types[p->type],
	    p->map);
}

/* The text comes by stdin: so it lies nowhere a second time. */
enum ec
postfix_build(const struct postfix *p, const struct buf *text,
    const char *value, struct buf *ret, struct err *e)
{
	AUTO(work) struct work w = { .dir = { "" } };
	struct run r = { .in = text, .timeout_ms = BUILD_MS };
	struct path table = { "" };
	enum ec ec;

	TRY(work_open(p, &w, e));
	TRY(path_set(&table, e, "%s:%s", postfix_types[p->type], w.map.s));
	ec = postfix_tool(
	    p, "postmap", (const char *const[]){ "-i", table.s, NULL }, &r, e);
	if (ec == EC_CLIENT)
		return fix(e, "nothing was changed; see why: postmap %s:%s",
		    postfix_types[p->type], p->map);
	if (ec != EC_OK)
		return ec;
	TRY(prove(p, &w, value, e));
	return file_read(w.table.s, ret, e);
}

enum ec
postfix_publish(const struct postfix *p, const struct buf *bytes, mode_t mode,
    struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	struct path table = { "" };

	TRY(path_set(&table, e, "%s%s", p->map, postfix_suffix(p)));
	TRY(file_open(table.s, FILE_MAY_BE_ABSENT, &f, e));
	return file_replace(f, bytes, mode, e);
}
