/* discover_known: what configuration and store say of ids and places. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/json.h"
#include "rotator/discover.h"
#include "rotator/look.h"

static void
add(struct discover *d, const char *id, const struct identity_conf *identity,
    const char *role)
{
	struct discover_known *k;

	for (size_t i = 0; i < d->n_known; i++)
		if (strcmp(d->known[i].id, id) == 0)
			return;
	if (id[0] == '\0' || d->n_known == DISCOVER_KNOWN_MAX)
		return;
	k = &d->known[d->n_known++];
	k->identity = identity;
	k->role = role;
	(void)snprintf(k->id, sizeof(k->id), "%s", id);
}

static enum ec
from_identity(struct app *a, const struct identity_conf *id, struct discover *d,
    struct err *e)
{
	AUTO(look) struct look l = { .known = false };

	TRY(look_at(a, id, &l, e));
	add(d, look_current(&l.rec)->id, id, "in use");
	add(d, l.rec.old.id, id,
	    look_old_is_leaving(&l.rec) ? "to be retired" : "in use until now");
	add(d, l.rec.new.id, id, "not in use yet");
	add(d, l.rec.orphan, id, "an orphan");
	return EC_OK;
}

static enum ec
from_store(struct app *a, struct discover *d, struct err *e)
{
	TRY(look_open(a, e));
	for (size_t i = 0; i < a->config->n_identities; i++)
		TRY(from_identity(a, &a->config->identities[i], d, e));
	return EC_OK;
}

static enum ec
from_args(const struct args *args, struct discover *d, struct err *e)
{
	for (size_t i = 0; args->keys[i] != NULL; i++) {
		if (!key_id_valid(args->keys[i])) {
			(void)fail(
			    e, EC_USAGE, "--key: that is no access key id");
			return fix(e,
			    "it looks like AKIAIOSFODNN7EXAMPLE; never put a "
			    "secret on a command line");
		}
		add(d, args->keys[i], NULL, "given");
	}
	return EC_OK;
}

/* No configuration is the normal case before the first one is written. */
static enum ec
load_config(struct app *a, struct err *e)
{
	enum ec ec = app_config(a, e);

	if (ec == EC_GONE && !a->args->config_given)
		return EC_OK;
	return ec;
}

enum ec
discover_load(struct app *a, struct discover *d, struct err *e)
{
	TRY(from_args(a->args, d, e));
	TRY(load_config(a, e));
	d->config = a->config;
	/* A store that may not be read is no reason to find nothing. */
	d->store.ec = EC_OK;
	if (a->config != NULL)
		d->store.ec = from_store(a, d, &d->store);
	return EC_OK;
}

/* ---- registered --------------------------------------------------------- */

static const char *
text_of(const struct client *c, const struct client_opt *o)
{
	const char *text = NULL;

	if (o->type == OPT_STR || o->type == OPT_PATH)
		memcpy(&text, (const char *)c->conf + o->offset, sizeof(text));
	return text;
}

static bool
same_file(const char *path, const char *found)
{
	AUTO(free) char *real = realpath(path, NULL);

	return strcmp(path, found) == 0 ||
	    (real != NULL && strcmp(real, found) == 0);
}

/* Two entries of one file are two places: the names of their keys differ. */
static bool
same_entry(const struct client *c, const struct discover_place *p)
{
	static const char *const names[] = { "username", "key", "relay", "host",
		"label", "account" };
	const cJSON *options =
	    cJSON_GetObjectItemCaseSensitive(p->driver, "options");

	for (const struct client_opt *o = c->drv->opts; o->key != NULL; o++) {
		const char *mine = text_of(c, o);
		const char *theirs = json_text(options, o->key);

		for (size_t i = 0; i < COUNT(names); i++)
			if (mine != NULL && theirs != NULL &&
			    strcmp(names[i], o->key) == 0 &&
			    strcmp(mine, theirs) != 0)
				return false;
	}
	return true;
}

static bool
keeps(const struct client *c, const struct discover_place *p)
{
	for (const struct client_opt *o = c->drv->opts; o->key != NULL; o++) {
		const char *path = text_of(c, o);

		if (o->type == OPT_PATH && path != NULL &&
		    same_file(path, p->path) && same_entry(c, p))
			return true;
	}
	return false;
}

const struct client_conf *
discover_registered(const struct config *c, const struct discover_place *p)
{
	for (size_t i = 0; c != NULL && i < c->n_clients; i++)
		if (keeps(&c->clients[i].client, p))
			return &c->clients[i];
	return NULL;
}
