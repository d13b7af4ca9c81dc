/* remote_conf: see remote_conf.h. */
#include "clients/remote_conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

#define VALUES_MAX  128 /* texts of one list, names and texts of one map */
#define MEMBERS_MAX 64
#define SELF        "remote" /* a host behind a host is ssh's business: jump */

static const struct client_opt *
opt_find(const struct client_driver *drv, const char *key)
{
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		if (strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

static bool
is_list(const struct client_opt *o)
{
	return o->type == OPT_ARGV;
}

static bool
is_map(const struct client_opt *o)
{
	return o->type == OPT_MAP || o->type == OPT_TREE;
}

/* A kind that can work for someone else; or NULL, and why not. */
static const struct client_driver *
driver_find(const char *type, struct err *e)
{
	const struct client_driver *d = client_driver_find(type);

	if (d == NULL) {
		(void)fail(
		    e, EC_CONFIG, "driver: no kind of client %.40s", type);
		(void)fix(e, "rotate clients lists them");
	} else if (d->human || strcmp(type, SELF) == 0) {
		(void)fail(e, EC_CONFIG,
		    "driver: a client of type %s cannot be served by another "
		    "host",
		    type);
		(void)fix(e, "register it as a client of its own");
		return NULL;
	}
	return d;
}

static enum ec
no_option(const struct client_driver *d, const char *key, struct err *e)
{
	(void)fail(e, EC_CONFIG, "driver %s has no option %.60s", d->name, key);
	return fix(e, "rotate clients %s lists them", d->name);
}

bool
remote_conf_once(const cJSON *object)
{
	int n = 0;

	for (const cJSON *i = object->child; i != NULL; i = i->next) {
		if (++n > MEMBERS_MAX)
			return false;
		for (const cJSON *j = object->child; j != i; j = j->next)
			if (strcmp(i->string, j->string) == 0)
				return false;
	}
	return true;
}

/* ---- from configuration to JSON ---------------------------------------- */

static cJSON *
parse_text(const char *text)
{
	return cJSON_ParseWithOpts(text, NULL, 1);
}

/* The value of an option in the form that its type has in JSON. */
static enum ec
value_of(
    const struct client_opt *o, const char *text, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	j = is_list(o) || is_map(o) ? parse_text(text)
				    : cJSON_CreateString(text);
	if (is_list(o) && !cJSON_IsArray(j)) {
		(void)fail(e, EC_CONFIG, "options: %s must be a list", o->key);
		return fix(e, "%s: [program, argument]", o->key);
	}
	if (is_map(o) && !cJSON_IsObject(j))
		return fail(e, EC_CONFIG, "options: %s must be a map", o->key);
	if (j == NULL)
		return fail(e, EC_NOMEM, "no memory for %s", o->key);
	*ret = TAKE(j);
	return EC_OK;
}

static enum ec
add_options(const struct client_driver *d, const char *const *options,
    cJSON *to, struct err *e)
{
	for (; options != NULL && *options != NULL; options += 2) {
		AUTO(json) cJSON *value = NULL;
		const struct client_opt *o = opt_find(d, options[0]);

		if (o == NULL)
			return no_option(d, options[0], e);
		TRY(value_of(o, options[1], &value, e));
		if (!cJSON_AddItemToObject(to, o->key, value))
			return fail(e, EC_NOMEM, "no memory for %s", o->key);
		value = NULL;
	}
	return EC_OK;
}

enum ec
remote_conf_json(
    const char *type, const char *const *options, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();
	const struct client_driver *d = driver_find(type, e);
	cJSON *map;

	if (d == NULL)
		return e->ec;
	if (cJSON_AddStringToObject(j, "type", type) == NULL ||
	    (map = cJSON_AddObjectToObject(j, "options")) == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(add_options(d, options, map, e));
	*ret = TAKE(j);
	return EC_OK;
}

/* ---- from JSON to a client --------------------------------------------- */

static enum ec
wrong(const struct client_opt *o, struct err *e)
{
	return fail(e, EC_CONFIG, "options: %s: a %s of texts is expected",
	    o->key,
	    is_list(o)      ? "list"
		: is_map(o) ? "map"
			    : "text instead");
}

/* The texts of a value, in the order that client_opt_set() wants. */
static enum ec
texts_of(const struct client_opt *o, const cJSON *v,
    const char *ret[VALUES_MAX], size_t *ret_n, struct err *e)
{
	size_t n = 0;

	if (!is_list(o) && !is_map(o)) {
		if (!cJSON_IsString(v))
			return fail(e, EC_CONFIG,
			    "options: %s: one text is expected", o->key);
		ret[0] = v->valuestring;
		*ret_n = 1;
		return EC_OK;
	}
	if (is_list(o) ? !cJSON_IsArray(v) : !cJSON_IsObject(v))
		return wrong(o, e);
	for (const cJSON *i = v->child; i != NULL; i = i->next) {
		if (!cJSON_IsString(i) || n + 2 > VALUES_MAX)
			return wrong(o, e);
		if (is_map(o))
			ret[n++] = i->string;
		ret[n++] = i->valuestring;
	}
	*ret_n = n;
	return EC_OK;
}

static enum ec
set_option(
    const struct client_driver *d, const cJSON *v, void *conf, struct err *e)
{
	const struct client_opt *o = opt_find(d, v->string);
	const char *texts[VALUES_MAX];
	size_t n = 0;

	if (o == NULL)
		return no_option(d, v->string, e);
	TRY(texts_of(o, v, texts, &n, e));
	if (client_opt_set(d, conf, o, texts, n, e) != EC_OK)
		return err_prefix(e, "options");
	return EC_OK;
}

static enum ec
fill(const struct client_driver *d, const cJSON *options, void *conf,
    struct err *e)
{
	TRY(client_conf_defaults(d, conf, e));
	for (const cJSON *v = options->child; v != NULL; v = v->next)
		TRY(set_option(d, v, conf, e));
	for (const struct client_opt *o = d->opts; o->key != NULL; o++)
		if (o->required && o->fallback == NULL &&
		    cJSON_GetObjectItemCaseSensitive(options, o->key) == NULL) {
			(void)fail(e, EC_CONFIG, "options: driver %s wants %s",
			    d->name, o->key);
			return fix(e, "add  %s:  (%s)", o->key, o->help);
		}
	return EC_OK;
}

void
remote_conf_free(struct client *c)
{
	if (c->conf != NULL)
		client_conf_free(c->drv, c->conf);
	free(c->conf);
	c->conf = NULL;
	c->drv = NULL;
}

static enum ec
make(const cJSON *options, struct client *c, struct err *e)
{
	c->conf = calloc(1, c->drv->conf_size);
	if (c->conf == NULL)
		return fail(e, EC_NOMEM, "no memory for a client");
	TRY(fill(c->drv, options, c->conf, e));
	return c->drv->check != NULL ? c->drv->check(c, e) : EC_OK;
}

enum ec
remote_conf_make(const cJSON *driver, struct client *c, struct err *e)
{
	const cJSON *options =
	    cJSON_GetObjectItemCaseSensitive(driver, "options");
	const char *type = json_text(driver, "type");
	enum ec ec;

	c->drv = NULL;
	c->conf = NULL;
	if (!cJSON_IsObject(driver) || !remote_conf_once(driver) ||
	    type == NULL || !cJSON_IsObject(options) ||
	    !remote_conf_once(options))
		return fail(e, EC_CONFIG,
		    "driver: {\"type\":TEXT,\"options\":{...}} is expected");
	c->drv = driver_find(type, e);
	if (c->drv == NULL)
		return e->ec;
	ec = make(options, c, e);
	if (ec != EC_OK)
		remote_conf_free(c);
	return ec;
}
