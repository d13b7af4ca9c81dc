/*
 * picture: see picture.h. Records come in the store's order and are wanted in
 * the configuration's, so their text is kept until it is asked for; a record
 * that was read takes twenty times the room.
 */
#include "rotator/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

struct shot { /* of one identity */
	const char *name;
	char *body; /* NULL: no record */
	uint64_t version;
	struct hold *hold; /* NULL: none */
};

struct picture {
	const struct store *store;
	size_t n;
	struct shot *shots;   /* in the order of the names */
	struct shot **sorted; /* the same by name */
};

void
picture_free(struct picture *p)
{
	for (size_t i = 0; p != NULL && i < p->n; i++) {
		free(p->shots[i].body);
		free(p->shots[i].hold);
	}
	if (p != NULL) {
		free(p->shots);
		free(p->sorted);
	}
	free(p);
}

void
auto_picture(struct picture **p)
{
	picture_free(*p);
}

static int
by_name(const void *a, const void *b)
{
	const struct shot *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
is_name(const void *name, const void *b)
{
	const struct shot *const *s = b;

	return strcmp(name, (*s)->name);
}

/* NULL: of somebody who is not asked for. */
static struct shot *
shot_of(const struct picture *p, const char *name)
{
	struct shot **found =
	    bsearch(name, p->sorted, p->n, sizeof(void *), is_name);

	return found != NULL ? *found : NULL;
}

static enum ec
no_memory(struct err *e)
{
	return fail(e, EC_NOMEM, "no memory for the identities");
}

static enum ec
keep_record(void *arg, const struct store_row *row, struct err *e)
{
	struct shot *s = shot_of(arg, row->identity);

	if (s == NULL || s->body != NULL)
		return EC_OK;
	s->version = row->version;
	s->body = strdup(row->body);
	return s->body != NULL ? EC_OK : no_memory(e);
}

static enum ec
keep_hold(void *arg, const struct word *w, struct err *e)
{
	struct shot *s = shot_of(arg, w->name);

	if (s == NULL || s->hold != NULL)
		return EC_OK;
	s->hold = calloc(1, sizeof(*s->hold));
	if (s->hold == NULL)
		return no_memory(e);
	s->hold->held = true;
	s->hold->since = w->at;
	(void)snprintf(s->hold->by, sizeof(s->hold->by), "%s", w->by);
	(void)snprintf(s->hold->reason, sizeof(s->hold->reason), "%s", w->text);
	return EC_OK;
}

static struct picture *
picture_new(const struct store *store, const char *const *names, size_t n)
{
	AUTO(picture) struct picture *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->store = store;
	p->shots = calloc(n + 1, sizeof(*p->shots));
	p->sorted = calloc(n + 1, sizeof(void *));
	if (p->shots == NULL || p->sorted == NULL)
		return NULL;
	for (p->n = 0; p->n < n; p->n++) {
		p->shots[p->n].name = names[p->n];
		p->sorted[p->n] = &p->shots[p->n];
	}
	qsort(p->sorted, n, sizeof(void *), by_name);
	return TAKE(p);
}

enum ec
picture_take(struct app *a, const char *const *names, size_t n,
    struct picture **ret, struct err *e)
{
	AUTO(picture) struct picture *p = picture_new(&a->store, names, n);

	if (p == NULL)
		return no_memory(e);
	if (a->store.ctx != NULL)
		TRY(a->store.all(a->store.ctx, keep_record, keep_hold, p, e));
	*ret = TAKE(p);
	return EC_OK;
}

/* What rec_read() does not take, the store itself reads or refuses. */
static enum ec
read_record(const struct picture *p, const struct shot *s, struct rec *ret,
    struct err *e)
{
	if (rec_read(s->body, ret) && ret->version == s->version &&
	    strcmp(ret->identity, s->name) == 0)
		return EC_OK;
	rec_free(ret);
	return p->store->load(p->store->ctx, s->name, ret, e);
}

enum ec
picture_look(const struct picture *p, size_t i, struct look *ret, struct err *e)
{
	const struct shot *s = &p->shots[i];

	ret->known = false;
	ret->hold.held = false;
	if (s->body != NULL)
		TRY(read_record(p, s, &ret->rec, e));
	else
		rec_init(&ret->rec, s->name);
	ret->known = s->body != NULL;
	if (s->hold != NULL)
		ret->hold = *s->hold;
	return EC_OK;
}
