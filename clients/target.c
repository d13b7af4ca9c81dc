/* target: see target.h. This file opens and reads, target_write.c writes. */
#include "clients/target.h"

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

unsigned
target_flags(const struct target *t)
{
	const bool new = form_whole(&t->form) || t->form.create;

	return (new ? FILE_MAY_BE_ABSENT : 0U) |
	    (t->in_place ? FILE_IN_PLACE : 0U) |
	    (t->immutable ? FILE_IMMUTABLE : 0U);
}

enum ec
target_open(const struct target *t, const char *path, unsigned flags,
    struct file **ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	TRY(file_open(path, flags, &f, e));
	/* No question for nothing: who answers it may be down. */
	if (!file_exists(f))
		TRY(target_owner(t, &uid, &gid, e));
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
			TRY(target_open(t, path, flags, &ret->at[i].file, e));
	}
	return EC_OK;
}

/* Options cannot tell: a link may lead from the one to the other. */
static enum ec
two_or_one(const struct target *t, const struct target_files *f, struct err *e)
{
	const struct file *a = f->at[FORM_MAIN].file;
	const struct file *b = f->at[FORM_USERNAME].file;

	if (a == NULL || b == NULL || !file_same(a, b))
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s and %s are the same file: %s",
	    t->form.path, t->form.username_path, file_path(a));
	return fix(e, "leave username_path out, or name another file");
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
	TRY(open_all(t, target_flags(t), ret, e));
	TRY(two_or_one(t, ret, e));
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

static bool
unfinished(const struct target_files *f)
{
	bool any = false;

	for (size_t i = 0; i < FORM__FILES; i++)
		any = any ||
		    (f->at[i].file != NULL && file_unfinished(f->at[i].file));
	return any;
}

enum ec
target_read(const struct target *t, struct smtp_cred *ret, struct err *e)
{
	AUTO(target_files) struct target_files f = TARGET_FILES;
	const struct buf *texts[FORM__FILES] = { NULL };

	TRY(open_all(
	    t, target_flags(t) & ~(unsigned)FILE_MAY_BE_ABSENT, &f, e));
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f.at[i].file != NULL)
			texts[i] = file_content(f.at[i].file);
	TRY(form_get(&t->form, texts, ret, e));
	if (unfinished(&f)) {
		secret_free(ret->pass);
		ret->pass = NULL;
	}
	return EC_OK;
}
