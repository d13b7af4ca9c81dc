/* postfix_entry: see postfix_entry.h. */
#include "clients/postfix_entry.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/edit/edit.h"
#include "clients/postfix_conf.h"

#define MODE_NEW 0600
#define GROWTH   4096 /* bytes, more than an entry can add to either file */

extern const struct edit_syntax edit_sasl_passwd;

static bool
compiled(const struct postfix *p)
{
	return *postfix_suffix(p) != '\0';
}

/* The text with a place for the value: as it is, or with an empty entry. */
static enum ec
make_room(const struct postfix *p, const struct buf *text, struct buf *ret,
    struct err *e)
{
	struct edit_span span;
	enum ec ec = edit_sasl_passwd.find(text, p->map, p->relay, &span, e);

	if (ec == EC_GONE && p->create)
		return edit_sasl_passwd.append(text, p->relay, ret, e);
	if (ec != EC_OK)
		return ec;
	return buf_add(ret, buf_str(text), text->len, e);
}

/* postmap gives a table the mode of its text, so we do too. */
static mode_t
mode_of(const struct file *text)
{
	struct stat st;

	return stat(file_path(text), &st) == 0 ? st.st_mode & 0666 : MODE_NEW;
}

static enum ec
publish(const struct postfix *p, const struct file *text,
    const struct buf *table, struct err *e)
{
	if (postfix_publish(p, table, mode_of(text), e) == EC_OK)
		return EC_OK;
	(void)err_prefix(e,
	    "%s is changed, and its table may still hold the old pair", p->map);
	e->ec = EC_UNKNOWN;
	return fix(
	    e, "run again, or: postmap %s:%s", postfix_types[p->type], p->map);
}

/* Could the table be replaced by one that is larger by an entry? */
static enum ec
table_can(const struct postfix *p, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	char path[PATH_MAX + 8];

	if (!compiled(p))
		return EC_OK;
	(void)snprintf(path, sizeof(path), "%s%s", p->map, postfix_suffix(p));
	TRY(file_open(path, FILE_MAY_BE_ABSENT, &f, e));
	return file_can_replace(f, file_content(f)->len + GROWTH, e);
}

/* Both of them. postmap would say no more than an exit code. */
static enum ec
can_replace(const struct postfix *p, const struct file *text, struct err *e)
{
	TRY(file_can_replace(text, file_content(text)->len + GROWTH, e));
	return table_can(p, e);
}

enum ec
postfix_entry_set(const struct postfix *p, const char *value, struct err *e)
{
	const struct edit_pair pair = { p->relay, value };
	AUTO(buf) struct buf room = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf table = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(p->map, 0, &f, e));
	TRY(make_room(p, file_content(f), &room, e));
	TRY(edit_set(&edit_sasl_passwd, &room, p->map, &pair, 1, &text, e));
	TRY(can_replace(p, f, e));
	if (compiled(p))
		TRY(postfix_build(p, &text, value, &table, e));
	TRY(file_replace(f, &text, MODE_NEW, e));
	return compiled(p) ? publish(p, f, &table, e) : EC_OK;
}

/* What stands in the text and what the table answers; "" for none. */
static enum ec
both(const struct postfix *p, const struct file *f, struct buf *in_text,
    struct buf *in_table, struct err *e)
{
	enum ec ec = edit_get(
	    &edit_sasl_passwd, file_content(f), p->map, p->relay, in_text, e);

	if (ec != EC_OK && !(ec == EC_GONE && p->create))
		return ec;
	ec = postfix_query(p, p->relay, in_table, e);
	return ec == EC_GONE && p->create ? EC_OK : ec;
}

/* An entry that somebody took out of the text is left in the table: to take it
 * away from smtp(8) is not for us. */
enum ec
postfix_entry_sync(const struct postfix *p, struct err *e)
{
	AUTO(buf) struct buf in_text = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf in_table = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf table = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	if (!compiled(p))
		return EC_OK;
	TRY(file_open(p->map, 0, &f, e));
	TRY(both(p, f, &in_text, &in_table, e));
	if (in_text.len == 0 ||
	    strcmp(buf_str(&in_text), buf_str(&in_table)) == 0)
		return EC_OK;
	TRY(postfix_build(p, file_content(f), buf_str(&in_text), &table, e));
	return publish(p, f, &table, e);
}

/* What an operator changed in the text and has not built yet comes along. */
static bool
newer(const char *path, const char *than)
{
	struct stat a, b;

	return stat(path, &a) == 0 && stat(than, &b) == 0 &&
	    (a.st_mtim.tv_sec > b.st_mtim.tv_sec ||
		(a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
		    a.st_mtim.tv_nsec > b.st_mtim.tv_nsec));
}

static void
warn(const struct postfix *p, const char *table, bool same, char *ret, size_t n)
{
	if (!same)
		(void)snprintf(ret, n,
		    "%.100s and its table have different values for this "
		    "entry; a change makes the table anew from the text",
		    p->map);
	else if (newer(p->map, table))
		(void)snprintf(ret, n,
		    "%.100s is newer than its table: what else was changed "
		    "in it takes effect too",
		    p->map);
	else
		postfix_conf_warn(p, ret, n);
}

enum ec
postfix_entry_plan(
    const struct postfix *p, char *warning, size_t n, struct err *e)
{
	AUTO(buf) struct buf in_text = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf in_table = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	char table[PATH_MAX + 8];

	(void)snprintf(table, sizeof(table), "%s%s", p->map, postfix_suffix(p));
	TRY(file_open(p->map, 0, &f, e));
	TRY(postfix_type_check(p, e));
	TRY(both(p, f, &in_text, &in_table, e));
	TRY(can_replace(p, f, e));
	warn(p, table, strcmp(buf_str(&in_text), buf_str(&in_table)) == 0,
	    warning, n);
	return EC_OK;
}
