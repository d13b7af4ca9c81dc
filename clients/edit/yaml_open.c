/* yaml_open: see yaml_open.h. */
#include "clients/edit/yaml_open.h"

#include <string.h>

#include "base/wiping.h"

void *
yaml_malloc(size_t n)
{
	return wiping_realloc(NULL, n);
}

void *
yaml_realloc(void *p, size_t n)
{
	return wiping_realloc(p, n);
}

void
yaml_free(void *p)
{
	wiping_free(p);
}

yaml_char_t *
yaml_strdup(const yaml_char_t *s)
{
	const size_t n = s != NULL ? strlen((const char *)s) + 1 : 0;
	yaml_char_t *copy = s != NULL ? wiping_realloc(NULL, n) : NULL;

	if (copy != NULL)
		memcpy(copy, s, n);
	return copy;
}

enum ec
yaml_open(yaml_parser_t *p, const char *text, size_t len, struct err *e)
{
	if (yaml_parser_initialize(p) == 0)
		return fail(e, EC_NOMEM, "no memory for YAML");
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)text, len);
	return EC_OK;
}

bool
yaml_no_memory(const yaml_parser_t *p)
{
	return p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR;
}

void
auto_yaml_parser(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

void
auto_yaml_event(yaml_event_t *v)
{
	yaml_event_delete(v);
}
