/*
 * roster: see roster.h. The value is a line with unread_sum() over the names,
 * then the names, one a line. unread.h says why it cannot be about another
 * configuration than the one that would be read. Neither can it hide that a
 * configuration is broken: it was kept of one that was not, and by the digest
 * not a bit of that has changed.
 *
 * A state that was moved is not used either way: store_in_use() looks. Beside
 * a store that is a service nothing is kept, because it would have to be asked
 * first; "store:" stands in the same files as the names.
 */
#include "rotator/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/look.h"
#include "rotator/store_open.h"

static void
empty(struct roster *r)
{
	free(r->names);
	r->names = NULL;
	r->n = 0;
	buf_free(&r->text);
}

void
auto_roster(struct roster *r)
{
	empty(r);
}

static enum ec
room(struct roster *r, size_t n, struct err *e)
{
	r->names = calloc(n + 1, sizeof(*r->names));
	return r->names != NULL
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for the identities");
}

enum ec
roster_of(const struct config *c, const struct args *args, struct roster *ret,
    struct err *e)
{
	TRY(room(ret, c->n_identities, e));
	for (size_t i = 0; i < c->n_identities; i++)
		if (look_wanted(args, c->identities[i].name))
			ret->names[ret->n++] = c->identities[i].name;
	return EC_OK;
}

/* ---- the value --------------------------------------------------------- */

static enum ec
value_of(const struct unread *seen, const struct config *c, struct buf *ret,
    struct err *e)
{
	AUTO(buf) struct buf names = BUF(ROSTER_MAX);
	char sum[UNREAD_SUM];

	for (size_t i = 0; i < c->n_identities; i++) {
		TRY(buf_adds(&names, c->identities[i].name, e));
		TRY(buf_adds(&names, "\n", e));
	}
	TRY(unread_sum(seen, c->state, buf_str(&names), sum, e));
	TRY(buf_addf(ret, e, "%s\n", sum));
	return buf_add(ret, names.p, names.len, e);
}

enum ec
roster_keep(struct app *a, const struct unread *seen, struct err *e)
{
	AUTO(buf) struct buf value = BUF(ROSTER_MAX);
	AUTO(buf) struct buf kept = BUF(ROSTER_MAX);
	const struct store *st = &a->store;
	enum ec ec;

	if (a->config == NULL || a->config->store_kind != STORE_SQLITE ||
	    st->ctx == NULL || !unread_lasts(seen))
		return EC_OK;
	TRY(value_of(seen, a->config, &value, e));
	ec = st->meta_get(st->ctx, ROSTER_KEY, &kept, e);
	if (ec != EC_GONE)
		TRY(ec);
	return strcmp(buf_str(&kept), buf_str(&value)) == 0
	    ? EC_OK
	    : st->meta_set(st->ctx, ROSTER_KEY, buf_str(&value), e);
}

/* ---- taking it --------------------------------------------------------- */

static bool
fits(const struct unread *seen, const char *value)
{
	char sum[UNREAD_SUM];
	struct err e;

	return strlen(value) >= UNREAD_SUM && value[UNREAD_SUM - 1] == '\n' &&
	    unread_sum(seen, seen->state, value + UNREAD_SUM, sum, &e) ==
	    EC_OK &&
	    strncmp(value, sum, UNREAD_SUM - 1) == 0;
}

/* All of them; ends each with a NUL. */
static enum ec
split(struct roster *r, struct err *e)
{
	char *p = r->text.p + UNREAD_SUM, *end;
	size_t n = 0;

	for (const char *s = p; (s = strchr(s, '\n')) != NULL; s++)
		n++;
	TRY(room(r, n, e));
	for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		*end = '\0';
		r->names[r->n++] = p;
	}
	return EC_OK;
}

static bool
has(const struct roster *r, const char *name)
{
	/* The analyzer believes that fewer were put there than counted. */
	for (size_t i = 0; i < r->n; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		if (strcmp(r->names[i], name) == 0)
			return true;
	return false;
}

/* False: one that is asked for is not there, which is to be said in full. */
static bool
choose(struct roster *r, const struct args *args)
{
	const size_t all = r->n;

	for (size_t i = 0; args->identities[i] != NULL; i++)
		if (!has(r, args->identities[i]))
			return false;
	r->n = 0;
	for (size_t i = 0; i < all; i++)
		if (look_wanted(args, r->names[i]))
			r->names[r->n++] = r->names[i];
	return true;
}

static bool
known(struct app *a, struct roster *ret)
{
	struct unread seen;
	struct err e;

	unread_look(a->args->config, clock_wall(), &seen);
	return seen.seen &&
	    store_sqlite_open(seen.state, STORE_RO, &a->store, &e) == EC_OK &&
	    store_in_use(&a->store, &e) == EC_OK &&
	    a->store.meta_get(a->store.ctx, ROSTER_KEY, &ret->text, &e) ==
	    EC_OK &&
	    fits(&seen, buf_str(&ret->text)) && split(ret, &e) == EC_OK &&
	    choose(ret, a->args);
}

bool
roster_open(struct app *a, struct roster *ret)
{
	if (known(a, ret))
		return true;
	auto_store(&a->store);
	empty(ret);
	return false;
}
