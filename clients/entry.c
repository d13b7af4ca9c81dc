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

/* The value of a key, where one that is not there has none. */
static enum ec
value(const struct entry *en, const struct buf *text, const char *key,
    struct buf *ret, struct err *e)
{
	const struct edit_syntax *s = NULL;
	enum ec ec;

	TRY(syntax(en, &s, e));
	ec = edit_get(s, text, en->path, key, ret, e);
	return ec == EC_GONE ? EC_OK : ec;
}

enum ec
entry_in_text(const struct entry *en, const struct buf *text,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf pass = BUF(FILE_MAX_BYTES);

	if (en->key != NULL) {
		TRY(value(en, text, en->key, &user, e));
		return joint_split(&user, en->path, en->key, ret, e);
	}
	TRY(value(en, text, en->username, &user, e));
	TRY(value(en, text, en->password, &pass, e));
	return joint_pair(&user, &pass, en->path, ret, e);
}

enum ec
entry_get(const struct entry *en, struct smtp_cred *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(en->path, 0, &f, e));
	return entry_in_text(en, file_content(f), ret, e);
}

/* The text with a place for the value of key. */
static enum ec
make_room(const struct entry *en, const struct edit_syntax *s, struct buf *text,
    const char *key, struct err *e)
{
	AUTO(buf) struct buf longer = BUF(text->max);
	struct edit_span span;
	enum ec ec = s->find(text, en->path, key, &span, e);

	if (ec == EC_GONE && en->create && s->append != NULL) {
		TRY(s->append(text, key, &longer, e));
		hand_over(&longer, text);
		return EC_OK;
	}
	if (ec == EC_GONE && e->fix[0] == '\0')
		return fix(e, "add it, or set create: true for this client");
	return ec;
}

enum ec
entry_put_text(const struct entry *en, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	const struct edit_syntax *s = NULL;
	AUTO(buf) struct buf room = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf joint = BUF(KEY_ID_MAX + SECRET_MAX);
	struct edit_pair pairs[] = {
		{ .key = en->key != NULL ? en->key : en->username,
		    .value = cred->user },
		{ .key = en->password, .value = secret_reveal(cred->pass) },
	};
	const size_t n = en->key != NULL ? 1 : 2;

	TRY(syntax(en, &s, e));
	TRY(joint_join(cred, &joint, e));
	if (n == 1)
		pairs[0].value = buf_str(&joint);
	TRY(buf_add(&room, buf_str(text), text->len, e));
	for (size_t i = 0; i < n; i++)
		TRY(make_room(en, s, &room, pairs[i].key, e));
	return edit_set(s, &room, en->path, pairs, n, ret, e);
}

enum ec
entry_prepare(const struct entry *en, const struct smtp_cred *cred,
    struct file **ret_file, struct buf *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(en->path, 0, &f, e));
	TRY(entry_put_text(en, file_content(f), cred, ret, e));
	*ret_file = TAKE(f);
	return EC_OK;
}

enum ec
entry_plan(const struct entry *en, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(smtp_cred_any(&any, e));
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
