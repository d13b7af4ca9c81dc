/* smtpd_table: see smtpd_table.h. */
#include "clients/smtpd_table.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/run.h"
#include "clients/joint.h"
#include "clients/workdir.h"

#define MODE_NEW 0600
#define GROWTH   65536 /* bytes, more than an entry can add to a database */

struct path {
	char s[PATH_MAX];
};

static enum ec
db_path(const struct smtpd_table *t, struct path *ret, struct err *e)
{
	const char *path = t->db != NULL ? t->db : t->entry.path;

	if (snprintf(ret->s, sizeof(ret->s), "%s%s", path,
		t->db != NULL ? "" : ".db") < (int)sizeof(ret->s))
		return EC_OK;
	return fail(e, EC_CONFIG, "path: too long");
}

static enum ec
makemap(const struct smtpd_table *t, const char *const args[3],
    const struct buf *in, struct buf *out, struct err *e)
{
	const char *const argv[] = { t->makemap != NULL ? t->makemap
							: "makemap",
		args[0], args[1], args[2], NULL };
	struct run r = { .argv = argv, .in = in, .out = out };
	enum ec ec = run(&r, e);

	r.argv = NULL;
	return ec;
}

/* makemap -U prints "KEY<tab>VALUE" of each entry. Labels are folded to lower
 * case by smtpd(8) (table.c, table_lookup()). */
static enum ec
pick(const struct smtpd_table *t, const char *dump, const char *where,
    struct smtp_cred *ret, struct err *e)
{
	const size_t n = strlen(t->entry.key);
	AUTO(buf) struct buf value = BUF(SECRET_MAX + KEY_ID_MAX);

	for (const char *p = dump; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n' ? 1 : 0;
		if (strncasecmp(p, t->entry.key, n) != 0 || p[n] != '\t')
			continue;
		TRY(buf_add(&value, p + n + 1, strcspn(p + n + 1, "\n"), e));
		break;
	}
	return joint_split(&value, where, t->entry.key, ret, e);
}

/* The pair in the database at path. */
static enum ec
ask(const struct smtpd_table *t, const char *path, struct smtp_cred *ret,
    struct err *e)
{
	AUTO(buf) struct buf out = BUF(FILE_MAX_BYTES);
	enum ec ec = makemap(
	    t, (const char *const[]){ "-U", path, NULL }, NULL, &out, e);

	if (ec == EC_CLIENT)
		return fix(e, "see why: makemap -U %s", path);
	if (ec != EC_OK)
		return ec;
	return pick(t, buf_str(&out), path, ret, e);
}

static enum ec
get_db(const struct smtpd_table *t, struct smtp_cred *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	struct path db = { "" };
	enum ec ec;

	TRY(db_path(t, &db, e));
	ec = file_open(db.s, 0, &f, e);
	if (ec == EC_GONE)
		return fix(
		    e, "build it: makemap -o %s %s", db.s, t->entry.path);
	if (ec != EC_OK)
		return ec;
	return ask(t, db.s, ret, e);
}

enum ec
smtpd_table_get(
    const struct smtpd_table *t, struct smtp_cred *ret, struct err *e)
{
	if (t->type == SMTPD_DB)
		return get_db(t, ret, e);
	return entry_get(&t->entry, ret, e);
}

enum ec
smtpd_table_plan(
    const struct smtpd_table *t, char *ret, size_t n, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred text = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred used = { .pass = NULL };
	AUTO(pinned) struct file *f = NULL;
	struct path db = { "" };

	ret[0] = '\0';
	TRY(entry_plan(&t->entry, e));
	if (t->type != SMTPD_DB)
		return EC_OK;
	TRY(entry_get(&t->entry, &text, e));
	TRY(get_db(t, &used, e));
	TRY(db_path(t, &db, e));
	TRY(file_open(db.s, 0, &f, e));
	TRY(file_can_replace(f, file_content(f)->len + GROWTH, e));
	if (!smtp_cred_eq(&text, &used))
		(void)snprintf(ret, n,
		    "%.100s and its database have different pairs for this "
		    "label; a change makes the database anew from the text",
		    t->entry.path);
	return EC_OK;
}

/* The text comes by stdin, so it lies nowhere a second time. */
static enum ec
build(const struct smtpd_table *t, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(workdir) struct workdir w = { "" };
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };
	struct path db = { "" }, made = { "" };
	const char *const args[] = { "-o", made.s, "-" };
	enum ec ec;

	TRY(db_path(t, &db, e));
	TRY(workdir_open(db.s, &w, e));
	if (snprintf(made.s, sizeof(made.s), "%s/db", w.path) >=
	    (int)sizeof(made.s))
		return fail(e, EC_CONFIG, "path: too long");
	ec = makemap(t, args, text, NULL, e);
	if (ec == EC_CLIENT)
		return fix(e, "nothing was changed; see why: makemap -o %s %s",
		    db.s, t->entry.path);
	if (ec != EC_OK)
		return ec;
	TRY(ask(t, made.s, &got, e));
	if (!smtp_cred_eq(&got, cred))
		return fail(e, EC_CONFLICT,
		    "%s: makemap makes another value for %s of it than the "
		    "one that stands there",
		    t->entry.path, t->entry.key);
	return file_read(made.s, ret, e);
}

/* makemap gives a database the mode of its text, so we do too. */
static enum ec
publish(const struct smtpd_table *t, const struct buf *bytes, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	struct path db = { "" };
	struct stat st;
	const mode_t mode =
	    stat(t->entry.path, &st) == 0 ? st.st_mode & 0666 : MODE_NEW;

	TRY(db_path(t, &db, e));
	TRY(file_open(db.s, FILE_MAY_BE_ABSENT, &f, e));
	return file_replace(f, bytes, mode, e);
}

enum ec
smtpd_table_set(
    const struct smtpd_table *t, const struct smtp_cred *cred, struct err *e)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf table = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(entry_prepare(&t->entry, cred, &f, &text, e));
	if (t->type == SMTPD_DB)
		TRY(build(t, &text, cred, &table, e));
	TRY(file_replace(f, &text, MODE_NEW, e));
	if (t->type != SMTPD_DB || publish(t, &table, e) == EC_OK)
		return EC_OK;
	(void)err_prefix(e,
	    "%s is changed, and its database may still hold the old pair",
	    t->entry.path);
	e->ec = EC_UNKNOWN;
	return fix(e, "run again, or: makemap %s", t->entry.path);
}
