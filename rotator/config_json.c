/*
 * config_json: a list or a map inside an option whose meaning only its driver
 * knows (OPT_TREE), as JSON text: drivers take texts.
 */
#include "base/auto.h"
#include "clients/json.h"
#include "rotator/config_p.h"

static bool
put(cJSON *to, const struct node *key, const struct node *value)
{
	cJSON *text = cJSON_CreateString(value->text);

	if (text != NULL &&
	    (key != NULL ? cJSON_AddItemToObject(to, key->text, text)
			 : cJSON_AddItemToArray(to, text)))
		return true;
	cJSON_Delete(text);
	return false;
}

static enum ec
fill(cJSON *to, const struct node *n, struct err *e)
{
	const bool map = n->kind == NODE_MAP;

	for (const struct node *i = n->child; i != NULL; i = i->next) {
		const struct node *key = map ? i : NULL;

		if (map)
			i = i->next;
		if (i->kind != NODE_TEXT)
			return config_fail(
			    e, i, "a text is expected at this place");
		if (!put(to, key, i))
			return config_nomem(e);
	}
	return EC_OK;
}

enum ec
config_json(struct config_full *c, const struct node *n, const char **ret,
    struct err *e)
{
	AUTO(json)
	cJSON *j =
	    n->kind == NODE_MAP ? cJSON_CreateObject() : cJSON_CreateArray();
	AUTO(buf) struct buf text = BUF(CONFIG_MAX_BYTES);

	if (j == NULL)
		return config_nomem(e);
	TRY(fill(j, n, e));
	TRY(json_print(j, &text, e));
	*ret = arena_dup(&c->mem, text.p, text.len);
	return *ret != NULL ? EC_OK : config_nomem(e);
}
