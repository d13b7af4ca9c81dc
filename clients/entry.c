/* entry: see entry.h. */
#include "clients/entry.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"
#include "clients/hand_over.h"
#include "clients/joint.h"

#define MODE_NEW 0600

static enum ec
syntax(const struct entry *en, const struct edit_syntax **ret, struct err *e)
{
	*ret = edit_syntax_find(en->syntax);
	if (*ret != NULL)
		return EC_OK;
	return fail(e, EC_BUG, "no syntax %s", en->syntax);
}

enum ec
entry_get(const struct entry *en, struct smtp_cred *ret, struct err *e)
{
	const struct edit_syntax *s = NULL;
	AUTO(buf) struct buf value = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	enum ec ec;

	TRY(syntax(en, &s, e));
	TRY(file_open(en->path, 0, &f, e));
	ec = edit_get(s, file_content(f), en->path, en->key, &value, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	return joint_split(&value, en->path, en->key, ret, e);
}

/* The text with a place for the value. */
static enum ec
make_room(const struct entry *en, const struct edit_syntax *s,
    const struct buf *text, struct buf *ret, struct err *e)
{
	struct edit_span span;
	enum ec ec = s->find(text, en->path, en->key, &span, e);

	if (ec == EC_GONE && en->create)
		return s->append(text, en->key, ret, e);
	if (ec == EC_GONE && e->fix[0] == '\0')
		return fix(e, "add it, or set create: true for this client");
	if (ec != EC_OK)
		return ec;
	return buf_add(ret, buf_str(text), text->len, e);
}

enum ec
entry_prepare(const struct entry *en, const struct smtp_cred *cred,
    struct file **ret_file, struct buf *ret, struct err *e)
{
	const struct edit_syntax *s = NULL;
	AUTO(buf) struct buf room = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf value = BUF(KEY_ID_MAX + SECRET_MAX);
	AUTO(pinned) struct file *f = NULL;
	struct edit_pair pair = { .key = en->key };

	TRY(syntax(en, &s, e));
	TRY(file_open(en->path, 0, &f, e));
	TRY(make_room(en, s, file_content(f), &room, e));
	TRY(joint_join(cred, &value, e));
	pair.value = buf_str(&value);
	TRY(edit_set(s, &room, en->path, &pair, 1, ret, e));
	*ret_file = TAKE(f);
	return EC_OK;
}

enum ec
entry_dummy(struct smtp_cred *ret, struct err *e)
{
	static const char any[SMTP_PASSWORD_LEN + 1] =
	    "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)snprintf(ret->user, sizeof(ret->user), "AKIAIOSFODNN7EX");
	return secret_new(any, SMTP_PASSWORD_LEN, &ret->pass, e);
}

enum ec
entry_plan(const struct entry *en, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(entry_dummy(&any, e));
	TRY(entry_prepare(en, &any, &f, &text, e));
	return file_can_replace(f, text.len, e);
}

enum ec
entry_set(const struct entry *en, const struct smtp_cred *cred, struct err *e)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(entry_prepare(en, cred, &f, &text, e));
	return file_replace(f, &text, MODE_NEW, e);
}
