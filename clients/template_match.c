/*
 * template_match: from a file back to the pair that was put into it.
 *
 * A value ends where the template's next text begins for the first time;
 * template_parse() has made sure that no valid value can hold that.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/hand_over.h"
#include "clients/template_p.h"

/* Matching: what was read so far. */
struct reading {
	const struct buf *text;
	const char *where;
	size_t at;
	struct buf got[TEMPLATE_PASSWORD + 1];
	bool have[TEMPLATE_PASSWORD + 1];
};

static void
auto_reading(struct reading *r)
{
	for (size_t i = 0; i < COUNT(r->got); i++)
		buf_free(&r->got[i]);
}

static enum ec
differs(const struct reading *r, const char *why, struct err *e)
{
	(void)template_complain(e, EC_CONFLICT, r->where, r->text, r->at, why);
	return fix(e,
	    "rotate did not write this; put the change into the "
	    "template too, or undo it");
}

/* Where the value that begins at r->at ends: before the next text. */
static enum ec
value_end(const struct reading *r, const struct template *t,
    const struct template_piece *next, size_t *ret, struct err *e)
{
	const char *p = buf_str(r->text) + r->at;
	const size_t left = r->text->len - r->at;
	const char *end = p + left;

	if (next->len > 0)
		end = memmem(p, left, t->text->p + next->at, next->len);
	if (end == NULL || memchr(p, '\n', (size_t)(end - p)) != NULL)
		return differs(r, "differs from the template behind here", e);
	*ret = (size_t)(end - p);
	return EC_OK;
}

static enum ec
keep(struct reading *r, const struct template_piece *p, size_t n, struct err *e)
{
	AUTO(buf) struct buf v = BUF(r->got[p->field].max);
	const char *raw = buf_str(r->text) + r->at;
	struct buf *got = &r->got[p->field];
	const enum ec ec = p->filter == NULL ? buf_add(&v, raw, n, e)
					     : p->filter->decode(raw, n, &v, e);

	TRY_MEMORY(ec);
	if (ec != EC_OK)
		return differs(r, "is not encoded as in the template", e);
	if (!r->have[p->field])
		TRY(buf_add(got, buf_str(&v), v.len, e));
	else if (v.len != got->len ||
	    memcmp(buf_str(&v), buf_str(got), v.len) != 0)
		return differs(r, "holds another value than further up", e);
	r->have[p->field] = true;
	return EC_OK;
}

static enum ec
match_piece(
    struct reading *r, const struct template *t, size_t i, struct err *e)
{
	const struct template_piece *p = &t->pieces[i];
	size_t n = 0;

	if (r->text->len - r->at < p->len ||
	    memcmp(buf_str(r->text) + r->at, t->text->p + p->at, p->len) != 0)
		return differs(r, "differs from the template", e);
	r->at += p->len;
	if (i == t->n)
		return EC_OK;
	TRY(value_end(r, t, p + 1, &n, e));
	if (p->field <= TEMPLATE_PASSWORD)
		TRY(keep(r, p, n, e));
	r->at += n;
	return EC_OK;
}

enum ec
template_match(const struct template *t, const struct buf *text,
    const char *where, struct buf *user, struct buf *pass, struct err *e)
{
	AUTO(reading)
	struct reading r = {
		.text = text,
		.where = where,
		.got = { BUF(user->max), BUF(pass->max) },
	};

	for (size_t i = 0; i <= t->n; i++)
		TRY(match_piece(&r, t, i, e));
	if (r.at != text->len)
		return differs(&r, "goes on behind the end of the template", e);
	hand_over(&r.got[TEMPLATE_USERNAME], user);
	hand_over(&r.got[TEMPLATE_PASSWORD], pass);
	return EC_OK;
}
