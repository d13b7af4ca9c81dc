/* target: see target.h. */
#include "clients/target.h"

#include <string.h>

#include "base/auto.h"
#include "clients/target_p.h"

void
auto_target_files(struct target_files *f)
{
	for (size_t i = 0; i < FORM__FILES; i++) {
		file_close(f->at[i].file);
		buf_free(&f->at[i].text);
	}
}

static unsigned
open_flags(const struct target *t)
{
	const bool new = form_whole(&t->form) || t->form.create;

	return (new ? FILE_MAY_BE_ABSENT : 0U) |
	    (t->in_place ? FILE_IN_PLACE : 0U) |
	    (t->immutable ? FILE_IMMUTABLE : 0U);
}

static enum ec
open_one(const struct target *t, const char *path, unsigned flags,
    struct file **ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	TRY(target_owner(t, &uid, &gid, e));
	TRY(file_open(path, flags, &f, e));
	file_new_owner(f, uid, gid);
	if (t->in_place)
		TRY(file_in_place(f, t->undo_dir, e));
	*ret = TAKE(f);
	return EC_OK;
}

static enum ec
open_all(const struct target *t, unsigned flags, struct target_files *ret,
    struct err *e)
{
	for (size_t i = 0; i < FORM__FILES; i++) {
		const char *path = form_path(&t->form, (enum form_file)i);

		if (path != NULL)
			TRY(open_one(t, path, flags, &ret->at[i].file, e));
	}
	return EC_OK;
}

static enum ec
mend_all(struct target_files *f, struct err *e)
{
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f->at[i].file != NULL)
			TRY(file_mend(f->at[i].file, e));
	return EC_OK;
}

enum ec
target_prepare(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, bool mend, struct target_files *ret,
    struct err *e)
{
	TRY(open_all(t, open_flags(t), ret, e));
	if (mend)
		TRY(mend_all(ret, e));
	for (size_t i = 0; i < FORM__FILES; i++) {
		struct target_file *f = &ret->at[i];

		if (f->file != NULL)
			TRY(form_put(&t->form, (enum form_file)i, c,
			    file_content(f->file), cred, &f->text, e));
	}
	return EC_OK;
}

enum ec
target_read(const struct target *t, struct smtp_cred *ret, struct err *e)
{
	AUTO(target_files) struct target_files f = TARGET_FILES;
	const struct buf *texts[FORM__FILES] = { NULL };

	TRY(open_all(t, open_flags(t) & ~(unsigned)FILE_MAY_BE_ABSENT, &f, e));
	TRY(mend_all(&f, e));
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f.at[i].file != NULL)
			texts[i] = file_content(f.at[i].file);
	return form_get(&t->form, texts, ret, e);
}

static enum ec
stage_all(const struct target *t, struct target_files *f, struct err *e)
{
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f->at[i].file != NULL)
			TRY(file_stage(
			    f->at[i].file, &f->at[i].text, (mode_t)t->mode, e));
	return EC_OK;
}

/* Old bytes into a file that was changed a moment ago, if nobody else has
 * been there since. */
static enum ec
put_back(const struct target *t, const char *path,
    const struct target_file *done, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	const struct buf *now, *was = file_content(done->file);

	if (!file_exists(done->file))
		return fail(e, EC_UNKNOWN, "%s: was made", path);
	TRY(open_one(t, path, open_flags(t), &f, e));
	now = file_content(f);
	if (now->len != done->text.len ||
	    memcmp(buf_str(now), buf_str(&done->text), now->len) != 0)
		return fail(e, EC_CONFLICT, "%s: was edited", path);
	return file_replace(f, was, (mode_t)t->mode, e);
}

/* The second file could not be changed: neither is the first, then. */
static enum ec
step_back(const struct target *t, const struct target_files *f, enum ec ec,
    struct err *e)
{
	const char *first = form_path(&t->form, FORM_MAIN);
	const char *second = form_path(&t->form, FORM_USERNAME);
	struct err ignored;

	if (second == NULL || f->at[FORM_MAIN].file == NULL ||
	    put_back(t, first, &f->at[FORM_MAIN], &ignored) == EC_OK)
		return ec;
	(void)err_prefix(e,
	    "%s has the new password already, %s the old user name", first,
	    second);
	e->ec = EC_UNKNOWN;
	return EC_UNKNOWN;
}

enum ec
target_write(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, struct err *e)
{
	AUTO(target_files) struct target_files f = TARGET_FILES;
	struct target_file *main = &f.at[FORM_MAIN];
	struct target_file *second = &f.at[FORM_USERNAME];
	enum ec ec;

	TRY(target_prepare(t, c, cred, true, &f, e));
	TRY(stage_all(t, &f, e));
	TRY(file_replace(main->file, &main->text, (mode_t)t->mode, e));
	if (second->file == NULL)
		return EC_OK;
	ec = file_replace(second->file, &second->text, (mode_t)t->mode, e);
	return ec == EC_OK ? EC_OK : step_back(t, &f, ec, e);
}
