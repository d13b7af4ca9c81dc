/* creds_pair: see creds_pair.h. */
#include "clients/creds_pair.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"
#include "clients/joint.h"

#define ENCRYPTED_MAX 8192 /* larger than what any pair becomes */

static struct entry
entry_of(const struct creds_pair *p, const struct creds *cr)
{
	struct entry en = p->entry;

	en.path = p->name;
	en.create = cr->create;
	return en;
}

static bool
two(const struct creds_pair *p)
{
	return p->user_name != NULL && p->pass_name != NULL;
}

enum ec
creds_pair_check(const struct creds_pair *p, struct err *e)
{
	const char *const names[] = { p->name, p->user_name, p->pass_name };
	const struct edit_syntax *s = edit_syntax_find(p->entry.syntax);

	if ((p->name != NULL) == two(p) ||
	    (p->name != NULL && (p->user_name || p->pass_name)))
		return fail(e, EC_CONFIG,
		    "set credential, or both username_credential and "
		    "password_credential");
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i] != NULL && !creds_name_valid(names[i]))
			return fail(e, EC_CONFIG,
			    "a credential is named by at most 100 letters, "
			    "digits, '.', '_' and '-'");
	if (two(p) && strcmp(p->user_name, p->pass_name) == 0)
		return fail(e, EC_CONFIG,
		    "username_credential and password_credential are the same");
	if (!two(p) && (s == NULL || s->joint != NULL || s->append == NULL))
		return fail(e, EC_CONFIG,
		    "format: %s cannot be used for a credential",
		    p->entry.syntax);
	if (!two(p) && strcmp(p->entry.username, p->entry.password) == 0)
		return fail(
		    e, EC_CONFIG, "username and password are the same key");
	return EC_OK;
}

/* One credential made ready: nothing is stored yet. */
struct ready {
	struct file *f;
	struct buf bytes;
};

static void
auto_ready(struct ready *r)
{
	file_close(r->f);
	buf_free(&r->bytes);
}

#define READY                                                                  \
	{                                                                      \
		.f = NULL, .bytes = BUF(FILE_MAX_BYTES)                        \
	}

static enum ec
open_pair(const struct creds_pair *p, const struct creds *cr,
    const struct smtp_cred *cred, struct ready *ret, struct err *e)
{
	AUTO(buf) struct buf old = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	const struct entry en = entry_of(p, cr);

	TRY(creds_open(cr, p->name, &ret->f, &old, e));
	TRY(entry_put_text(&en, &old, cred, &text, e));
	return creds_make(cr, p->name, &old, &text, &ret->bytes, e);
}

/* One of two: a newline that was behind the value stays. */
static enum ec
open_value(const struct creds *cr, const char *name, const char *value,
    struct ready *ret, struct err *e)
{
	AUTO(buf) struct buf old = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);

	TRY(creds_open(cr, name, &ret->f, &old, e));
	TRY(buf_adds(&text, value, e));
	if (old.len > 0 && old.p[old.len - 1] == '\n')
		TRY(buf_adds(&text, "\n", e));
	return creds_make(cr, name, &old, &text, &ret->bytes, e);
}

static enum ec
set_two(const struct creds_pair *p, const struct creds *cr,
    const struct smtp_cred *cred, struct err *e)
{
	AUTO(ready) struct ready user = READY;
	AUTO(ready) struct ready pass = READY;

	TRY(open_value(cr, p->user_name, cred->user, &user, e));
	TRY(open_value(cr, p->pass_name, secret_reveal(cred->pass), &pass, e));
	TRY(creds_store(pass.f, &pass.bytes, e));
	if (creds_store(user.f, &user.bytes, e) == EC_OK)
		return EC_OK;
	if (pass.bytes.len == 0)
		return e->ec;
	(void)err_prefix(
	    e, "%s is changed, %s is not", p->pass_name, p->user_name);
	e->ec = EC_UNKNOWN;
	return fix(e, "run again");
}

enum ec
creds_pair_set(const struct creds_pair *p, const struct creds *cr,
    const struct smtp_cred *cred, struct err *e)
{
	AUTO(ready) struct ready r = READY;

	if (two(p))
		return set_two(p, cr, cred, e);
	TRY(open_pair(p, cr, cred, &r, e));
	return creds_store(r.f, &r.bytes, e);
}

static enum ec
get_value(
    const struct creds *cr, const char *name, struct buf *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	struct creds there = *cr;

	there.create = false;
	TRY(creds_open(&there, name, &f, ret, e));
	if (ret->len > 0 && ret->p[ret->len - 1] == '\n')
		buf_cut(ret, ret->len - 1);
	return EC_OK;
}

static enum ec
get_two(const struct creds_pair *p, const struct creds *cr,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf pass = BUF(FILE_MAX_BYTES);

	TRY(get_value(cr, p->user_name, &user, e));
	TRY(get_value(cr, p->pass_name, &pass, e));
	return joint_pair(&user, &pass, p->user_name, ret, e);
}

enum ec
creds_pair_get(const struct creds_pair *p, const struct creds *cr,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	const struct entry en = entry_of(p, cr);
	struct creds there = *cr;

	if (two(p))
		return get_two(p, cr, ret, e);
	there.create = false;
	TRY(creds_open(&there, p->name, &f, &text, e));
	return entry_in_text(&en, &text, ret, e);
}

/* The form is tried too, with a pair of nobody's. */
static enum ec
try_one(const struct creds_pair *p, const struct creds *cr, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	AUTO(buf) struct buf old = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *file = NULL;
	const struct entry en = entry_of(p, cr);

	TRY(smtp_cred_any(&any, e));
	TRY(creds_open(cr, p->name, &file, &old, e));
	TRY(entry_put_text(&en, &old, &any, &text, e));
	return file_can_replace(file, 2 * text.len + ENCRYPTED_MAX, e);
}

static enum ec
try_value(const struct creds *cr, const char *name, struct err *e)
{
	AUTO(buf) struct buf old = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(creds_open(cr, name, &f, &old, e));
	return file_can_replace(f, ENCRYPTED_MAX, e);
}

enum ec
creds_pair_plan(const struct creds_pair *p, const struct creds *cr,
    struct client_plan *ret, struct err *e)
{
	if (!two(p)) {
		TRY(try_one(p, cr, e));
		(void)snprintf(ret->change, sizeof(ret->change),
		    "encrypt the pair into %s/%s", cr->store, p->name);
		return EC_OK;
	}
	TRY(try_value(cr, p->pass_name, e));
	TRY(try_value(cr, p->user_name, e));
	(void)snprintf(ret->change, sizeof(ret->change),
	    "encrypt into %.80s the password as %s, then the user name as %s",
	    cr->store, p->pass_name, p->user_name);
	return EC_OK;
}
