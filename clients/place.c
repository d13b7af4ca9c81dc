/* place: what a client writes as a whole, as a text; see client.h. */
#include <string.h>

#include "clients/client.h"

static const struct client_opt *
find_opt(const struct client_driver *drv, const char *key)
{
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		if (strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

bool
client_has(const struct client *c, const char *key)
{
	return find_opt(c->drv, key) != NULL;
}

const char *
client_text(const struct client *c, const char *key)
{
	const struct client_opt *o = find_opt(c->drv, key);
	const char *s = NULL;

	if (o != NULL && (o->type == OPT_STR || o->type == OPT_PATH))
		memcpy(&s, (const char *)c->conf + o->offset, sizeof(s));
	return s;
}

/* Of texts only: a place is named by nothing else. */
static const char *
text_of(const struct client *c, const char *key)
{
	const char *s = client_text(c, key);

	return s != NULL ? s : "";
}

enum ec
client_place(const struct client *c, struct buf *ret, struct err *e)
{
	for (const char *const *k = c->drv->place; k != NULL && *k != NULL; k++)
		TRY(buf_addf(ret, e, "%s\n", text_of(c, *k)));
	return c->drv->place_more != NULL ? c->drv->place_more(c, ret, e)
					  : EC_OK;
}
