/*
 * discover_say: what was found, as a drop-in for clients.d: what is not part
 * of it stands in comments, so that the whole output can be kept as it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "rotator/discover.h"
#include "rotator/out_p.h"

#define HOSTS_SHOWN 20
#define TEXT_MAX    ((size_t)8 * 1024 * 1024)

/* A path in a comment: no line end may get out of it. */
static void
say_path(const char *path, unsigned line)
{
	char *text = out_text_escape(path);

	out(PLAIN, "%s:%u", text != NULL ? text : "?", line);
	free(text);
}

static void
say_counts(const struct discover *d, size_t registered)
{
	const struct discover_count *c = &d->count;

	out(PLAIN,
	    "# %zu places hold an access key id; %zu of them are registered.\n"
	    "# %zu files; passed over: %zu binary, %zu over 1 MiB, %zu "
	    "links.\n",
	    d->n_places, registered, c->files, c->binary, c->large, c->links);
	if (c->denied > 0)
		out(PLAIN,
		    "# %zu could not be read: run it as root to see them.\n",
		    c->denied);
	if (c->stopped)
		out(PLAIN,
		    "# There was more: name fewer paths and run it again.\n");
}

static size_t
say_registered(const struct discover *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_places; i++) {
		const struct discover_place *p = &d->places[i];

		if (p->client == NULL)
			continue;
		n++;
		out(PLAIN, "# ");
		say_path(p->path, p->line);
		out(PLAIN, ": %s, registered as %s\n", p->id,
		    p->client->client.name);
	}
	return n;
}

static void
say_hosts(const struct discover *d)
{
	if (d->n_hosts > 0)
		out(PLAIN,
		    "# SES is named here, but no key id; the credential is "
		    "elsewhere:\n");
	for (size_t i = 0; i < d->n_hosts && i < HOSTS_SHOWN; i++) {
		out(PLAIN, "#   ");
		say_path(d->hosts[i].path, d->hosts[i].line);
		out(PLAIN, ": %s\n", d->hosts[i].host);
	}
	if (d->n_hosts > HOSTS_SHOWN)
		out(PLAIN, "#   and %zu more\n", d->n_hosts - HOSTS_SHOWN);
}

enum ec
discover_say(const struct discover *d, struct err *e)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	bool any = false;

	for (size_t i = 0; i < d->n_places; i++) {
		const struct discover_place *p = &d->places[i];

		if (p->client != NULL)
			continue;
		any = any || p->driver != NULL;
		TRY(discover_client_text(d, p, &text, e));
	}
	say_counts(d, say_registered(d));
	say_hosts(d);
	out(PLAIN, "%s%s", any ? "clients:\n" : "clients: []\n",
	    buf_str(&text));
	return EC_OK;
}

/* ---- JSON --------------------------------------------------------------- */

static void
json_place(cJSON *list, const struct discover_place *p)
{
	cJSON *o = cJSON_CreateObject();
	const bool known = p->known != NULL;

	(void)cJSON_AddStringToObject(o, "path", p->path);
	(void)cJSON_AddNumberToObject(o, "line", p->line);
	(void)cJSON_AddStringToObject(o, "key", p->id);
	if (p->host[0] != '\0')
		(void)cJSON_AddStringToObject(o, "host", p->host);
	if (known)
		(void)cJSON_AddStringToObject(o, "role", p->known->role);
	if (known && p->known->identity != NULL)
		(void)cJSON_AddStringToObject(
		    o, "identity", p->known->identity->name);
	if (p->client != NULL)
		(void)cJSON_AddStringToObject(
		    o, "client", p->client->client.name);
	(void)cJSON_AddBoolToObject(o, "registered", p->client != NULL);
	if (p->driver != NULL) {
		cJSON *copy = cJSON_Duplicate(p->driver, 1);

		(void)cJSON_AddItemToObject(o, "suggestion", copy);
	}
	(void)cJSON_AddItemToArray(list, o);
}

enum ec
discover_say_json(const struct discover *d, struct err *e)
{
	const struct discover_count *c = &d->count;
	cJSON *o = cJSON_CreateObject(), *list, *count;

	list = cJSON_AddArrayToObject(o, "places");
	for (size_t i = 0; i < d->n_places; i++)
		json_place(list, &d->places[i]);
	list = cJSON_AddArrayToObject(o, "hosts");
	for (size_t i = 0; i < d->n_hosts; i++) {
		cJSON *row = cJSON_CreateObject();

		(void)cJSON_AddStringToObject(row, "path", d->hosts[i].path);
		(void)cJSON_AddNumberToObject(row, "line", d->hosts[i].line);
		(void)cJSON_AddStringToObject(row, "host", d->hosts[i].host);
		(void)cJSON_AddItemToArray(list, row);
	}
	count = cJSON_AddObjectToObject(o, "files");
	(void)cJSON_AddNumberToObject(count, "seen", (double)c->files);
	(void)cJSON_AddNumberToObject(count, "binary", (double)c->binary);
	(void)cJSON_AddNumberToObject(count, "large", (double)c->large);
	(void)cJSON_AddNumberToObject(count, "links", (double)c->links);
	(void)cJSON_AddNumberToObject(count, "denied", (double)c->denied);
	(void)cJSON_AddBoolToObject(count, "complete", !c->stopped);
	return out_json(o, e);
}
