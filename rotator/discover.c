/* discover: see discover.h. Here the collecting. */
#include "rotator/discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

void
discover_free(struct discover *d)
{
	for (size_t i = 0; i < d->n_places; i++)
		cJSON_Delete(d->places[i].driver);
	free(d->postfix_maps);
	free(d->places);
	free(d->hosts);
	memset(d, 0, sizeof(*d));
}

void
auto_discover(struct discover *d)
{
	discover_free(d);
}

static const struct discover_known *
known(const struct discover *d, const char *id)
{
	for (size_t i = 0; i < d->n_known; i++)
		if (strcmp(d->known[i].id, id) == 0)
			return &d->known[i];
	return NULL;
}

/* Room for one more, zeroed; NULL: no memory, or too many. */
static void *
grow(void *list, size_t *n, size_t size)
{
	char *more;

	if (*n >= DISCOVER_PLACES_MAX)
		return NULL;
	more = realloc(list, (*n + 1) * size);
	if (more == NULL)
		return NULL;
	memset(more + *n * size, 0, size);
	++*n;
	return more;
}

static void
add_host(struct discover *d, const char *path, const struct buf *text,
    const char *host, size_t at)
{
	struct discover_host *h;
	void *list = grow(d->hosts, &d->n_hosts, sizeof(*h));

	if (list == NULL) {
		d->count.stopped = true;
		return;
	}
	d->hosts = list;
	h = &d->hosts[d->n_hosts - 1];
	h->line = discover_line(text, at);
	(void)snprintf(h->host, sizeof(h->host), "%s", host);
	(void)snprintf(h->path, sizeof(h->path), "%s", path);
}

static void
add_place(struct discover *d, const char *path, const struct buf *text,
    size_t at, const char *id, const char *host)
{
	struct discover_place *p;
	void *list = grow(d->places, &d->n_places, sizeof(*p));

	if (list == NULL) {
		d->count.stopped = true;
		return;
	}
	d->places = list;
	p = &d->places[d->n_places - 1];
	(void)snprintf(p->path, sizeof(p->path), "%s", path);
	p->line = discover_line(text, at);
	p->known = known(d, id);
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	(void)snprintf(p->host, sizeof(p->host), "%s", host);
	discover_guess(d, p, text, at);
	p->client = discover_registered(d->config, p);
}

/* An id of nobody counts beside an SES host: elsewhere it is some other
 * service's. */
static enum ec
look(void *ctx, const char *path, const struct buf *text, struct err *e)
{
	struct discover *d = ctx;
	char id[KEY_ID_MAX], host[256] = "";
	size_t at = 0, host_at = 0;
	const bool ses = discover_ses_host(text, host, &host_at);
	bool any = false;

	(void)e;
	for (; discover_next_id(text, &at, id); at += strlen(id)) {
		if (!ses && known(d, id) == NULL)
			continue;
		any = true;
		add_place(d, path, text, at, id, host);
	}
	if (ses && !any)
		add_host(d, path, text, host, host_at);
	return EC_OK;
}

enum ec
discover_run(struct discover *d, const char *const *paths, struct err *e)
{
	discover_postfix(d);
	for (; *paths != NULL; paths++)
		TRY(discover_walk(*paths, look, d, &d->count, e));
	discover_name(d);
	return EC_OK;
}
