/*
 * config_driver: the options of a client's driver. Which there are and what
 * they mean is the driver's table (client.h); here they are only found in the
 * file, and given the shape that client_opt_set() wants.
 */
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "rotator/config_p.h"

#define VALUES_MAX 512 /* texts of one list or map */
#define TARGET_MAX ((size_t)64 * 1024)

/* How an option of each type is written, and whether its text tells where
 * the driver writes. */
static const struct shape {
	const char *says;
	enum node_kind kind;
	bool target;
} shapes[] = {
	[OPT_STR] = { "one text", NODE_TEXT, true },
	[OPT_PATH] = { "one path", NODE_TEXT, true },
	[OPT_INT] = { "one number", NODE_TEXT, false },
	[OPT_BOOL] = { "true or false", NODE_TEXT, false },
	[OPT_SPAN] = { "one time, such as 30s", NODE_TEXT, false },
	[OPT_MODE] = { "one mode, such as 0640", NODE_TEXT, false },
	[OPT_CHOICE] = { "one word", NODE_TEXT, false },
	[OPT_ARGV] = { "a list: [program, argument]", NODE_LIST, false },
	[OPT_MAP] = { "a map: { name: value }", NODE_MAP, true },
	[OPT_TREE] = { "a map: { name: value }", NODE_MAP, true },
};

static const struct client_opt *
opt_find(const struct client_driver *drv, const char *key)
{
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		if (strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

static enum ec
unknown(const struct client_driver *drv, const struct node *key, struct err *e)
{
	struct near near = { .want = key->text };

	table_near(client_keys, &near);
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		near_try(&near, o->key);
	(void)config_fail(e, key, "unknown key '%s' in a client of type %s%s",
	    config_show(key->text).s, drv->name, near_hint(&near).s);
	return fix(e, "`rotate clients %s` lists its options", drv->name);
}

/* given[i]: the value of drv->opts[i], or NULL. */
static enum ec
given_take(const struct client_driver *drv, const struct node *map,
    const struct node **given, struct err *e)
{
	for (const struct node *key = map->child; key != NULL;
	     key = key->next->next) {
		const struct client_opt *o;

		if (key_find(client_keys, key->text) != NULL)
			continue;
		o = opt_find(drv, key->text);
		if (o == NULL)
			return unknown(drv, key, e);
		if (given[o - drv->opts] != NULL)
			return config_fail(e, key,
			    "'%s' is given twice, first in line %u", o->key,
			    given[o - drv->opts]->line);
		given[o - drv->opts] = key->next;
	}
	return EC_OK;
}

/* The texts of a value in order. */
static enum ec
values_of(struct config_full *c, const struct client_opt *o,
    const struct node *n, const char *ret[VALUES_MAX], size_t *ret_n,
    struct err *e)
{
	size_t at = 0;

	if (n->kind != shapes[o->type].kind)
		return config_fail(
		    e, n, "'%s' must be %s", o->key, shapes[o->type].says);
	if (n->n > VALUES_MAX)
		return config_fail(e, n, "'%s' is too long", o->key);
	ret[at++] = n->text;
	for (const struct node *i = n->child; i != NULL; i = i->next) {
		const char *text = i->text;

		if (o->type == OPT_TREE && i->n > 0)
			TRY(config_json(c, i, &text, e));
		else if (i->kind != NODE_TEXT)
			return config_fail(e, i,
			    "'%s': a value is missing, or is no text", o->key);
		ret[i == n->child ? 0 : at++] = text;
	}
	*ret_n = n->kind == NODE_TEXT ? 1 : n->n;
	return EC_OK;
}

static enum ec
opt_read(struct config_full *c, const struct client_opt *o,
    const struct node *n, const struct client *cl, struct err *e)
{
	const char *values[VALUES_MAX];
	size_t count = 0;

	TRY(values_of(c, o, n, values, &count, e));
	if (client_opt_set(cl->drv, cl->conf, o, values, count, e) != EC_OK)
		return config_place(e, n);
	return EC_OK;
}

static enum ec
opts_read(struct config_full *c, const struct node *map,
    const struct node *const *given, const struct client *cl, struct err *e)
{
	const struct client_opt *o = cl->drv->opts;

	for (; o->key != NULL; o++, given++) {
		if (*given != NULL) {
			TRY(opt_read(c, o, *given, cl, e));
		} else if (o->required && o->fallback == NULL) {
			(void)config_fail(e, map,
			    "'%s' is missing in client '%s' of type %s", o->key,
			    cl->name, cl->drv->name);
			return fix(e, "add  %s:  (%s)", o->key, o->help);
		}
	}
	return EC_OK;
}

/* Zero bytes between the texts: none of them holds one. */
static enum ec
target_add(struct buf *b, const char *key, const char *text, struct err *e)
{
	TRY(buf_add(b, key, strlen(key) + 1, e));
	return buf_add(b, text, strlen(text) + 1, e);
}

static enum ec
target_opt(struct buf *b, const struct client_opt *o, const struct node *n,
    struct err *e)
{
	if (!shapes[o->type].target || (n == NULL && o->fallback == NULL))
		return EC_OK;
	if (n == NULL || n->kind == NODE_TEXT)
		return target_add(
		    b, o->key, n != NULL ? n->text : o->fallback, e);
	for (n = n->child; n != NULL; n = n->next)
		TRY(target_add(b, o->key, n->text, e));
	return EC_OK;
}

static enum ec
target_of(struct config_full *c, const struct client_driver *drv,
    const struct node *const *given, const char **ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(TARGET_MAX);
	bool path = false;

	TRY(target_add(&b, drv->name, "", e));
	for (size_t i = 0; drv->opts[i].key != NULL; i++) {
		path = path || drv->opts[i].type == OPT_PATH;
		TRY(target_opt(&b, &drv->opts[i], given[i], e));
	}
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] == '\0')
			b.p[i] = '\x01'; /* nor one of these */
	if (path)
		*ret = arena_dup(&c->mem, b.p, b.len);
	return path && *ret == NULL ? config_nomem(e) : EC_OK;
}

enum ec
driver_read(struct config_full *c, const struct node *map,
    struct client_conf *cl, const char **ret_target, struct err *e)
{
	const struct client_driver *drv = cl->client.drv;
	const struct node **given;
	size_t n = 0;
	void *conf;

	while (drv->opts[n].key != NULL)
		n++;
	given = arena_get(&c->mem, (n + 1) * sizeof(void *));
	conf = arena_get(&c->mem, drv->conf_size + 1);
	if (given == NULL || conf == NULL)
		return config_nomem(e);
	cl->client.conf = conf; /* from here on config_free() empties it */
	TRY(given_take(drv, map, given, e));
	TRY(client_conf_defaults(drv, conf, e));
	TRY(opts_read(c, map, given, &cl->client, e));
	if (drv->check != NULL && drv->check(&cl->client, e) != EC_OK)
		return config_place(e, map);
	return target_of(c, drv, given, ret_target, e);
}
