/* form: see form.h; form_p.h says which part lies where. */
#include "clients/form.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/form_p.h"
#include "clients/hand_over.h"

#define WHERE_MAX 320

static enum ec
to_cred(const struct form *f, const struct buf *user, const struct buf *pass,
    struct smtp_cred *ret, struct err *e)
{
	if (smtp_cred_from(buf_str(user), user->len, buf_str(pass), pass->len,
		ret, e) != EC_OK)
		return err_prefix(e, "%s", f->path);
	return EC_OK;
}

/* The value of a slot, and "FILE:LINE:COLUMN: KEY" for messages about it. */
static enum ec
find(const struct form *f, const struct slot *slot, const struct buf *text,
    struct buf *ret, char where[WHERE_MAX], struct err *e)
{
	const struct edit_syntax *s = form_syntax(f);
	const char *path = form_path(f, slot->file);
	struct edit_span span = { 0 };

	TRY(s->find(text, path, slot->key, &span, e));
	(void)snprintf(where, WHERE_MAX, "%.200s:%u:%u: %.80s", path, span.line,
	    span.column, slot->key);
	return s->decode(text, &span, ret, e);
}

/* A key that is not there has an empty value. */
static enum ec
get_slot(const struct form *f, const struct slot *slot, const struct buf *text,
    struct buf *user, struct buf *pass, struct err *e)
{
	AUTO(buf) struct buf value = BUF(FILE_MAX_BYTES);
	char where[WHERE_MAX];
	enum ec ec = find(f, slot, text, &value, where, e);

	if (ec != EC_OK)
		return ec == EC_GONE ? EC_OK : ec;
	return form_value_get(f, slot, &value, where, user, pass, e);
}

enum ec
form_get(const struct form *f, const struct buf *const texts[FORM__FILES],
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf pass = BUF(FILE_MAX_BYTES);
	struct slot slots[SLOTS_MAX];
	const size_t n = form_slots(f, slots);

	if (form_whole(f)) {
		TRY(form_whole_get(f, texts[FORM_MAIN], &user, &pass, e));
		return to_cred(f, &user, &pass, ret, e);
	}
	for (size_t i = 0; i < n; i++)
		TRY(get_slot(
		    f, &slots[i], texts[slots[i].file], &user, &pass, e));
	return to_cred(f, &user, &pass, ret, e);
}

static enum ec
missing(const struct form *f, const struct slot *slot, struct err *e)
{
	if (slot->part == PART_URL)
		return fix(e, "write %s and its URL into it", slot->key);
	/* A syntax may have a better idea: an entry that was probably meant. */
	if (e->fix[0] != '\0')
		return e->ec;
	/* Where it belongs in a tree is for a person to say. */
	if (form_syntax(f)->append == NULL)
		return fix(
		    e, "add %s to it by hand, with an empty value", slot->key);
	return fix(e,
	    "add %s to it, with an empty value, or set create: true for this "
	    "client",
	    slot->key);
}

/* One step of adding what is missing: text becomes one with key in it. */
static enum ec
ensure_key(const struct form *f, struct buf *text, const struct slot *slot,
    struct err *e)
{
	const struct edit_syntax *s = form_syntax(f);
	AUTO(buf) struct buf longer = BUF(text->max);
	struct edit_span span;
	enum ec ec =
	    s->find(text, form_path(f, slot->file), slot->key, &span, e);

	if (ec == EC_GONE && (!f->create || s->append == NULL))
		return missing(f, slot, e);
	if (ec != EC_GONE)
		return ec;
	TRY(s->append(text, slot->key, &longer, e));
	hand_over(&longer, text);
	return EC_OK;
}

/* What belongs in this slot, where its old value stands. A new entry of a
 * lookup table may be one without a value, which find() would not touch. */
static enum ec
new_value(const struct form *f, const struct slot *slot, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf old = BUF(FILE_MAX_BYTES);
	char where[WHERE_MAX];

	TRY(find(f, slot, text, &old, where, e));
	return form_value_put(f, slot, &old, where, cred, ret, e);
}

/* Those of its slots that are in this file. */
static size_t
slots_in(const struct form *f, enum form_file which, struct slot ret[SLOTS_MAX])
{
	struct slot all[SLOTS_MAX];
	const size_t n = form_slots(f, all);
	size_t used = 0;

	for (size_t i = 0; i < n && i < SLOTS_MAX; i++)
		if (all[i].file == which)
			ret[used++] = all[i];
	return used;
}

static enum ec
put_keys(const struct form *f, enum form_file which, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf base = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf first = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf second = BUF(FILE_MAX_BYTES);
	struct buf *const values[SLOTS_MAX] = { &first, &second };
	struct edit_pair pairs[SLOTS_MAX];
	struct slot slots[SLOTS_MAX];
	const size_t n = slots_in(f, which, slots);

	TRY(buf_add(&base, buf_str(text), text->len, e));
	for (size_t i = 0; i < n && i < SLOTS_MAX; i++)
		TRY(ensure_key(f, &base, &slots[i], e));
	for (size_t i = 0; i < n && i < SLOTS_MAX; i++) {
		TRY(new_value(f, &slots[i], &base, cred, values[i], e));
		pairs[i].key = slots[i].key;
		pairs[i].value = buf_str(values[i]);
	}
	return edit_set(
	    form_syntax(f), &base, form_path(f, which), pairs, n, ret, e);
}

enum ec
form_put(const struct form *f, enum form_file which, const struct client *c,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e)
{
	if (form_whole(f))
		return form_whole_put(f, c, text, cred, ret, e);
	return put_keys(f, which, text, cred, ret, e);
}
