/* json: see json.h. */
#include "clients/json.h"

#include <errno.h>
#include <string.h>

void
auto_json(cJSON **j)
{
	cJSON_Delete(*j);
}

cJSON *
json_parse(const struct buf *text)
{
	errno = 0;
	if (strlen(buf_str(text)) != text->len)
		return NULL;
	return cJSON_ParseWithOpts(buf_str(text), NULL, 1);
}

enum ec
json_print(const cJSON *j, struct buf *ret, struct err *e)
{
	char *text = j != NULL ? cJSON_PrintUnformatted(j) : NULL;
	enum ec ec;

	if (text == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	ec = buf_adds(ret, text, e);
	wipe(text, strlen(text));
	cJSON_free(text);
	return ec;
}

const char *
json_text(const cJSON *j, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(j, key));
}

bool
json_add_secret(cJSON *j, const char *key, const struct secret *s)
{
	cJSON *text = cJSON_CreateStringReference(secret_reveal(s));

	if (text != NULL && cJSON_AddItemToObject(j, key, text))
		return true;
	cJSON_Delete(text);
	return false;
}
