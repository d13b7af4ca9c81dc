/*
 * config_identity: the identities of all files. An identity is read from its
 * own keys laid over those of `defaults:`.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

/* Identities that were made together shall not all be due together. Made of
 * the name, so that it is the same in each run (FNV-1a); of a short max_age
 * no more than a tenth. */
static int64_t
how_early(const struct identity_conf *id)
{
	const int64_t most =
	    id->spread < id->max_age / 10 ? id->spread : id->max_age / 10;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *s = id->name; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return most > 0 ? (int64_t)(h % (uint64_t)most) : 0;
}

static enum ec
identity_read(
    struct config_full *c, const struct node *map, size_t at, struct err *e)
{
	struct identity_conf *id = &c->pub.identities[at];
	struct slots *s = &c->identity_slots[at];

	s->self = map;
	TRY(table_take(identity_keys, map, s, e));
	account_inherit(s, &c->top);
	TRY(table_read(c, identity_keys, s, id, e));
	id->early = how_early(id);
	id->file = map->file;
	id->line = map->line;
	if (id->iam_user == NULL)
		id->iam_user = id->name;
	TRY(account_complete(c, s, id, e));
	TRY(smtp_complete(c, s, id->regions, &id->smtp, e));
	return identity_check(c, s, id, e);
}

static enum ec
identities_read(struct config_full *c, struct err *e)
{
	size_t at = 0;

	for (const struct part *p = c->parts; p != NULL; p = p->next) {
		const struct node *n =
		    p->identities != NULL ? p->identities->child : NULL;

		for (; n != NULL; n = n->next)
			TRY(identity_read(c, n, at++, e));
	}
	return EC_OK;
}

static enum ec
identities_index(struct config_full *c, struct err *e)
{
	const struct identity_conf *ids = c->pub.identities;
	struct entry *index = c->identity_index;
	const size_t n = c->pub.n_identities;

	for (size_t i = 0; i < n; i++)
		index[i] = (struct entry){ .name = ids[i].name, .at = i };
	index_sort(index, n);
	for (size_t i = 1; i < n; i++)
		if (strcmp(index[i].name, index[i - 1].name) == 0)
			return config_fail(e,
			    c->identity_slots[index[i].at].at[SLOT_NAME],
			    "identity '%s' is there already, in %s:%u",
			    index[i].name, ids[index[i - 1].at].file,
			    ids[index[i - 1].at].line);
	return EC_OK;
}

enum ec
identities_build(struct config_full *c, struct err *e)
{
	size_t n = 0;

	for (const struct part *p = c->parts; p != NULL; p = p->next)
		n += p->identities != NULL ? p->identities->n : 0;
	if (n == 0) {
		(void)config_fail(
		    e, c->top.self, "no identity: there is nothing to rotate");
		return fix(e,
		    "add  identities: [{ name: newsletter, regions: "
		    "[us-east-1] }]");
	}
	c->pub.identities = arena_get(&c->mem, n * sizeof(*c->pub.identities));
	c->identity_slots = arena_get(&c->mem, n * sizeof(*c->identity_slots));
	c->identity_index = arena_get(&c->mem, n * sizeof(*c->identity_index));
	if (c->pub.identities == NULL || c->identity_slots == NULL ||
	    c->identity_index == NULL)
		return config_nomem(e);
	c->pub.n_identities = n;
	TRY(identities_read(c, e));
	TRY(identities_index(c, e));
	return identities_check(c, e);
}
