/*
 * config: see config.h. Puts the parts together: files are added as trees,
 * then everything is read from them in one go, because an identity may stand
 * in a later file than its client.
 */
#include "rotator/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/aws_json.h"
#include "rotator/config_p.h"

#define FOR(kind) (1U << (kind))

static const char *const seal_names[] = {
	[SEAL_FILE] = "file",
	[SEAL_CREDENTIAL] = "credential",
	[SEAL_KMS] = "kms",
};
/* seal: which of its keys goes with which kinds. */
static const struct seal_rule {
	const char *key;
	enum slot slot;
	unsigned fits, needed;
	const char *remedy;
} seal_rules[] = {
	{ "path", SLOT_SEAL_PATH, FOR(SEAL_FILE) | FOR(SEAL_KMS), 0, NULL },
	{ "name", SLOT_SEAL_NAME, FOR(SEAL_CREDENTIAL), FOR(SEAL_CREDENTIAL),
	    "add  name: seal.key  as in LoadCredential= of the unit" },
	{ "key", SLOT_SEAL_KEY, FOR(SEAL_KMS), FOR(SEAL_KMS),
	    "add  key: alias/NAME  or the ARN of a symmetric KMS key" },
	{ "region", SLOT_SEAL_REGION, FOR(SEAL_KMS), 0, NULL },
};

static enum ec
seal_rule_check(
    const struct config_full *c, const struct seal_rule *r, struct err *e)
{
	const struct node *at = c->top.at[r->slot];
	const unsigned kind = FOR(c->pub.seal_kind);

	if (at != NULL && (r->fits & kind) == 0)
		return config_fail(e, at, "'%s' does not go with seal kind %s",
		    r->key, seal_names[c->pub.seal_kind]);
	if (at != NULL || (r->needed & kind) == 0)
		return EC_OK;
	(void)config_fail(e, c->top.at[SLOT_SEAL], "'%s' is missing", r->key);
	return fix(e, "%s", r->remedy);
}

/* An alias or an id is one in a region; an ARN says which. */
static enum ec
seal_kms_check(const struct config_full *c, struct err *e)
{
	const struct node *at = c->top.at[SLOT_SEAL_KEY];

	if (c->pub.seal_region == NULL &&
	    strncmp(c->seal_key, "arn:", 4) != 0) {
		(void)config_fail(e, at, "'region' is missing");
		return fix(
		    e, "say in which region the KMS key is, or write its ARN");
	}
	return aws_object_check(
		   &aws_kms, "key", c->seal_key, c->pub.seal_region, e) == EC_OK
	    ? EC_OK
	    : config_place(e, at);
}

static enum ec
seal_build(struct config_full *c, struct err *e)
{
	struct config *pub = &c->pub;

	for (size_t i = 0; i < COUNT(seal_rules); i++)
		TRY(seal_rule_check(c, &seal_rules[i], e));
	pub->seal_former = c->seal_path != NULL
	    ? c->seal_path
	    : arena_printf(&c->mem, "%s/seal.key", pub->state);
	if (pub->seal_former == NULL)
		return config_nomem(e);
	pub->seal_where = pub->seal_former;
	if (pub->seal_kind == SEAL_CREDENTIAL)
		pub->seal_where = c->seal_name;
	if (pub->seal_kind != SEAL_KMS)
		return EC_OK;
	pub->seal_where = c->seal_key;
	return seal_kms_check(c, e);
}

/* A table may be named before it is in use: for `rotate store move`. */
static enum ec
store_build(const struct config_full *c, struct err *e)
{
	if (c->pub.store_kind == STORE_SQLITE || c->pub.store_table != NULL)
		return EC_OK;
	(void)config_fail(e, c->top.at[SLOT_STORE], "'table' is missing");
	return fix(e, "add  table: ses-smtp-rotator");
}

struct config_full *
config_begin(void)
{
	struct config_full *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->parts_end = &c->parts;
	return c;
}

static enum ec
main_only_check(const struct node *map, struct err *e)
{
	for (const struct node *key = map->child; key != NULL;
	     key = key->next->next) {
		const struct key *k = key_find(top_keys, key->text);

		if (k != NULL && k->main_only)
			return config_fail(e, key,
			    "'%s' belongs in the main file, not in a drop-in",
			    k->name);
	}
	return EC_OK;
}

/* A list of maps, or nothing. */
static enum ec
part_list(const struct slots *s, enum slot slot, const char *name,
    const struct node **ret, struct err *e)
{
	const struct node *n = s->at[slot];

	if (n != NULL && n->kind != NODE_NONE && n->kind != NODE_LIST)
		return config_fail(e, n,
		    "'%s' must be a list: lines that "
		    "begin with '- '",
		    name);
	*ret = n;
	return EC_OK;
}

enum ec
config_add(struct config_full *c, const char *file, const void *text,
    size_t len, struct err *e)
{
	char *name = arena_dup(&c->mem, file, strlen(file));
	struct part *p = arena_get(&c->mem, sizeof(*p));
	const struct node *map = NULL;
	struct slots s = { .self = NULL };

	if (name == NULL || p == NULL)
		return config_nomem(e);
	TRY(config_yaml(&c->mem, name, text, len, &map, e));
	s.self = map;
	if (c->have_main && map->kind == NODE_MAP)
		TRY(main_only_check(map, e));
	if (map->kind != NODE_NONE)
		TRY(table_take(top_keys, map, &s, e));
	TRY(part_list(&s, SLOT_IDENTITIES, "identities", &p->identities, e));
	TRY(part_list(&s, SLOT_CLIENTS, "clients", &p->clients, e));
	*c->parts_end = p;
	c->parts_end = &p->next;
	if (!c->have_main) {
		c->pub.path = name;
		c->top = s;
		c->have_main = true;
	}
	return EC_OK;
}

enum ec
config_finish(struct config_full *c, struct err *e)
{
	TRY(table_read(c, top_keys, &c->top, c, e));
	TRY(store_build(c, e));
	TRY(seal_build(c, e));
	TRY(identities_build(c, e));
	TRY(clients_build(c, e));
	return members_build(c, e);
}

static void
auto_full(struct config_full **c)
{
	if (*c != NULL)
		config_free(&(*c)->pub);
}

enum ec
config_load_bytes(const char *file, const void *text, size_t len,
    struct config **ret, struct err *e)
{
	AUTO(full) struct config_full *c = config_begin();

	if (c == NULL)
		return config_nomem(e);
	TRY(config_add(c, file, text, len, e));
	TRY(config_finish(c, e));
	*ret = &TAKE(c)->pub;
	return EC_OK;
}

enum ec
config_load(const char *path, struct config **ret, struct err *e)
{
	AUTO(full) struct config_full *c = config_begin();

	if (c == NULL)
		return config_nomem(e);
	TRY(config_read(c, path, e));
	TRY(config_finish(c, e));
	*ret = &TAKE(c)->pub;
	return EC_OK;
}

void
config_free(struct config *c)
{
	struct config_full *f = (struct config_full *)(void *)c;

	if (f == NULL)
		return;
	for (size_t i = 0; i < c->n_clients; i++) {
		struct client *cl = &c->clients[i].client;

		if (cl->conf != NULL)
			client_conf_free(cl->drv, cl->conf);
	}
	arena_free(&f->mem);
	free(f);
}

void
auto_config(struct config **c)
{
	config_free(*c);
}
