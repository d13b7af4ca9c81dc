/* fleet_kin: see fleet_kin.h. Places are sorted; equal ones join their
 * identities (union-find). */
#include "rotator/fleet_kin.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

#define PLACES_MAX ((size_t)64 * 1024 * 1024)

struct place {
	size_t text; /* where it begins */
	size_t item;
};

static size_t
root(const struct fleet_item *items, size_t i)
{
	while (items[i].kin != i)
		i = items[i].kin;
	return i;
}

static void
join(struct fleet_item *items, size_t a, size_t b)
{
	const size_t ra = root(items, a), rb = root(items, b);

	items[ra > rb ? ra : rb].kin = ra > rb ? rb : ra;
}

static int
by_text(const void *a, const void *b, void *texts)
{
	const struct place *x = a, *y = b;
	const char *t = texts;

	return strcmp(t + x->text, t + y->text);
}

static enum ec
add_places(const struct config *c, const struct fleet_item *it, size_t at,
    struct buf *texts, struct place *places, size_t *n, struct err *e)
{
	const struct client_conf *cc;

	for (size_t i = 0; (cc = config_client_of(c, it->conf, i)) != NULL;
	     i++) {
		const size_t before = texts->len;

		TRY(client_place(&cc->client, texts, e));
		if (texts->len == before)
			continue;
		TRY(buf_add(texts, "", 1, e));
		places[(*n)++] = (struct place){ .text = before, .item = at };
	}
	return EC_OK;
}

enum ec
fleet_kin(const struct config *c, struct fleet_item *items, size_t n_items,
    struct err *e)
{
	AUTO(buf) struct buf texts = BUF(PLACES_MAX);
	AUTO(free) struct place *p = calloc(c->n_clients + 1, sizeof(*p));
	size_t n = 0;

	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for the clients");
	for (size_t i = 0; i < n_items; i++)
		items[i].kin = i;
	for (size_t i = 0; i < n_items; i++)
		TRY(add_places(c, &items[i], i, &texts, p, &n, e));
	if (n > 1)
		qsort_r(p, n, sizeof(*p), by_text, texts.p);
	for (size_t i = 1; i < n; i++)
		if (strcmp(texts.p + p[i - 1].text, texts.p + p[i].text) == 0)
			join(items, p[i - 1].item, p[i].item);
	/* A child comes after its root: one pass makes all point there. */
	for (size_t i = 0; i < n_items; i++)
		items[i].kin = root(items, i);
	return EC_OK;
}
