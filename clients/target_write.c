/*
 * target_write: the change itself.
 *
 * With two files there is no going back to before the first one. Whatever
 * fails, the files themselves are asked which content they hold, and the pair
 * is made whole in the direction that needs fewer steps: forward when the
 * second one can still follow, back when it cannot.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/target_p.h"

static enum ec
stage_all(const struct target *t, struct target_files *f, struct err *e)
{
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f->at[i].file != NULL)
			TRY(file_stage(
			    f->at[i].file, &f->at[i].text, (mode_t)t->mode, e));
	return EC_OK;
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

/* A new look: does it hold what it was to hold? */
static bool
is_done(
    const struct target *t, enum form_file which, const struct target_file *f)
{
	AUTO(pinned) struct file *now = NULL;
	struct err ignored;

	return target_open(t, form_path(&t->form, which), target_flags(t), &now,
		   &ignored) == EC_OK &&
	    file_exists(now) && same(file_content(now), &f->text);
}

/* done: it holds the new content. A failure that the file itself belies came
 * behind the change: EC_UNKNOWN. */
static enum ec
replace(const struct target *t, enum form_file which, struct target_files *f,
    bool *done, struct err *e)
{
	struct target_file *at = &f->at[which];
	const enum ec ec =
	    file_replace(at->file, &at->text, (mode_t)t->mode, e);

	*done = ec == EC_OK || is_done(t, which, at);
	if (ec != EC_OK && *done)
		e->ec = EC_UNKNOWN;
	return ec == EC_OK ? EC_OK : e->ec;
}

/* Old bytes into a file that was changed a moment ago, if nobody else has
 * been there since. */
static enum ec
put_back(const struct target *t, const char *path,
    const struct target_file *done, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	const struct buf *was = file_content(done->file);

	if (!file_exists(done->file))
		return fail(e, EC_UNKNOWN, "%s: was made", path);
	TRY(target_open(t, path, target_flags(t), &f, e));
	if (!same(file_content(f), &done->text))
		return fail(e, EC_CONFLICT, "%s: was edited", path);
	return file_replace(f, was, (mode_t)t->mode, e);
}

/* The second file could not be changed: neither is the first, then. */
static enum ec
step_back(const struct target *t, const struct target_files *f, struct err *e)
{
	const char *first = form_path(&t->form, FORM_MAIN);
	const char *second = form_path(&t->form, FORM_USERNAME);
	struct err ignored;

	if (put_back(t, first, &f->at[FORM_MAIN], &ignored) == EC_OK)
		return e->ec;
	e->ec = EC_UNKNOWN;
	return err_prefix(e,
	    "%s may have the new password already, %s the old user name", first,
	    second);
}

/* Behind the first file, which holds the new content. */
static enum ec
follow(const struct target *t, struct target_files *f, struct err *e)
{
	bool done = false;
	const enum ec ec = replace(t, FORM_USERNAME, f, &done, e);

	return done ? ec : step_back(t, f, e);
}

enum ec
target_write(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, struct err *e)
{
	AUTO(target_files) struct target_files f = TARGET_FILES;
	struct err first = { .ec = EC_OK };
	bool done = false;

	TRY(target_prepare(t, c, cred, true, &f, e));
	TRY(stage_all(t, &f, e));
	first.ec = replace(t, FORM_MAIN, &f, &done, &first);
	if (done && f.at[FORM_USERNAME].file != NULL)
		TRY(follow(t, &f, e));
	if (first.ec != EC_OK)
		*e = first;
	return first.ec;
}
