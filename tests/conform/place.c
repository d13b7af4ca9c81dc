/* place: targets for the conformance checks, made and looked at. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "conform.h"
#include "sigv4/canonical.h"

const struct pair pair_old = { "AKIAIOSFODNN7EXAMPLE",
	"BOld/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL" };
const struct pair pair_new = { "AKIAI44QH8DHBEXAMPLE",
	"BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc" };
const struct pair pair_next = { "AKIAJJJJJJJJJJEXAMPL",
	"BNxt+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/" };

static void
die(const char *what, const char *why)
{
	printf("Bail out! %s: %s\n", what, why);
	exit(1);
}

bool
place_say(struct place *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	return false;
}

const char *
place_here(const char *path, char *ret)
{
	return realpath(path, ret) != NULL ? ret : path;
}

const char *
place_path(const struct place *p, const char *name, char *ret)
{
	(void)snprintf(ret, PATH_MAX, "%s/%s", p->dir, name);
	return ret;
}

static void
put(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) != 0)
		die(path, strerror(errno));
}

/* Is the place there already? Then nothing is put into it. */
static bool entered;

void
place_put(const char *path, const char *text)
{
	if (!entered)
		put(path, text);
}

void
place_set_list(
    struct place *p, const char *key, const char *const *values, size_t n)
{
	const struct client_opt *o = p->c.drv->opts;

	while (o->key != NULL && strcmp(o->key, key) != 0)
		o++;
	if (o->key == NULL)
		die(key, "no such option");
	if (client_opt_set(p->c.drv, p->c.conf, o, values, n, &p->e) != EC_OK)
		die(key, p->e.what);
}

void
place_set(struct place *p, const char *key, ...)
{
	const char *values[16] = { NULL };
	size_t n = 0;
	va_list ap;

	va_start(ap, key);
	while (n < 15 && (values[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	place_set_list(p, key, values, n);
}

/* What a mark stands for; NULL: this is none. */
static const char *
marked(const char *p, const struct pair *pair, struct buf *encoded)
{
	struct err e;

	if (p[0] != '@')
		return NULL;
	if (p[1] == 'U')
		return pair->user;
	if (p[1] == 'P')
		return pair->pass;
	if (p[1] != 'E' ||
	    canonical_escape(
		encoded, pair->pass, strlen(pair->pass), false, &e) != EC_OK)
		return NULL;
	return encoded->p;
}

void
place_text(const struct row *row, const struct pair *pair, struct buf *ret)
{
	struct err e;

	for (const char *p = row->text; *p != '\0'; p++) {
		AUTO(buf) struct buf encoded = BUF(FILE_MAX_BYTES);
		const char *v = marked(p, pair, &encoded);

		if (v != NULL ? buf_adds(ret, v, &e) : buf_add(ret, p, 1, &e))
			die(row->name, e.what);
		p += v != NULL ? 1 : 0;
	}
}

static const struct client_driver *
driver(const struct row *row)
{
	const struct client_driver *d =
	    row->drv != NULL ? row->drv : client_driver_find(row->driver);

	if (d == NULL)
		die(row->driver, "no such driver");
	return d;
}

bool
place_suits(const struct row *row, bool (*applies)(const struct place *p))
{
	const struct place p = { .row = row, .c = { .drv = driver(row) } };

	return applies == NULL || applies(&p);
}

static void
begin(struct place *p, const struct row *row, const char *const *args)
{
	*p = (struct place){ .row = row,
		.args = args,
		.c = { .name = "web",
		    .identity = "news",
		    .region = "eu-west-1",
		    .smtp = { .host = "mail.example.com", .port = 587 },
		    .drv = driver(row) } };
	p->c.conf = calloc(1, p->c.drv->conf_size);
	if (p->c.conf == NULL)
		die(row->driver, strerror(errno));
	if (client_conf_defaults(p->c.drv, p->c.conf, &p->e) != EC_OK)
		die(row->driver, p->e.what);
}

/* With p->dir there: target and options. */
static bool
furnish(struct place *p)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	const struct row *row = p->row;

	(void)place_path(p, "spied", p->spy);
	place_put(p->spy, "");
	if (row->target != NULL)
		(void)place_path(p, row->target, p->target);
	if (row->target != NULL && row->text != NULL) {
		place_text(row, &pair_old, &text);
		place_put(p->target, buf_str(&text));
	}
	if (!row->setup(p))
		return false;
	if (p->c.drv->check == NULL)
		return true;
	if (p->c.drv->check(&p->c, &p->e) == EC_OK)
		return true;
	return place_say(p, "check: %s", p->e.what);
}

bool
place_open(struct place *p, const struct row *row, const char *const *args,
    const char *options)
{
	begin(p, row, args);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/conform-XXXXXX");
	if (mkdtemp(p->dir) == NULL || chmod(p->dir, 0755) != 0)
		die(p->dir, strerror(errno));
	if (options != NULL &&
	    mount("none", p->dir, "tmpfs", MS_NOSUID, options) != 0)
		return place_say(p, "mount: %s", strerror(errno));
	return furnish(p);
}

bool
place_enter(struct place *p, const struct row *row, const char *dir, bool make)
{
	begin(p, row, NULL);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", dir);
	entered = !make;
	return furnish(p);
}

void
place_leave(struct place *p)
{
	if (p->row->teardown != NULL)
		p->row->teardown(p);
	client_conf_free(p->c.drv, p->c.conf);
	free(p->c.conf);
}

/* Calls each for all below dir, children before their directory. */
static void
walk(const char *dir, void (*each)(const FTSENT *f, void *arg), void *arg)
{
	char path[128];
	char *const roots[] = { path, NULL };
	FTS *t;
	FTSENT *f;

	(void)snprintf(path, sizeof(path), "%s", dir);
	t = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (t == NULL)
		die(dir, strerror(errno));
	while ((f = fts_read(t)) != NULL)
		if (f->fts_info != FTS_D)
			each(f, arg);
	(void)fts_close(t);
}

static void
remove_one(const FTSENT *f, void *arg)
{
	(void)arg;
	if (remove(f->fts_accpath) != 0)
		die(f->fts_path, strerror(errno));
}

void
place_close(struct place *p)
{
	place_leave(p);
	if (p->mounted[0] != '\0')
		(void)umount2(p->mounted, MNT_DETACH);
	(void)umount2(p->dir, MNT_DETACH);
	walk(p->dir, remove_one, NULL);
}

static void
note(const FTSENT *f, void *arg)
{
	const struct stat *st = f->fts_statp;
	struct buf *ret = arg;
	struct err e;

	/* What spy.sh notes is our own doing. */
	if (strcmp(f->fts_name, "spied") == 0)
		return;
	if (buf_addf(ret, &e, "%s %o %u %u %llu %lld %lld.%09ld\n", f->fts_path,
		st->st_mode, st->st_uid, st->st_gid,
		(unsigned long long)st->st_ino, (long long)st->st_size,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec) != EC_OK)
		die(f->fts_path, e.what);
	if (S_ISREG(st->st_mode) && file_read(f->fts_path, ret, &e) != EC_OK)
		die(f->fts_path, e.what);
}

void
place_snapshot(const struct place *p, struct buf *ret)
{
	walk(p->dir, note, ret);
}

struct search {
	struct place *p;
	const struct pair *pair;
	bool found;
};

static void
search_one(const FTSENT *f, void *arg)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	struct search *s = arg;
	const struct row *row = s->p->row;
	struct err e;

	if (!S_ISREG(f->fts_statp->st_mode) ||
	    strcmp(f->fts_path, s->p->target) == 0 ||
	    (row->derived != NULL && strcmp(f->fts_name, row->derived) == 0))
		return;
	if (file_read(f->fts_path, &text, &e) != EC_OK)
		die(f->fts_path, e.what);
	if (memmem(buf_str(&text), text.len, s->pair->pass,
		strlen(s->pair->pass)) == NULL)
		return;
	s->found = true;
	(void)place_say(s->p, "a password is left in %s", f->fts_path);
}

bool
place_litter(struct place *p, const struct pair *pair)
{
	struct search s = { .p = p, .pair = pair };

	walk(p->dir, search_one, &s);
	return s.found;
}
