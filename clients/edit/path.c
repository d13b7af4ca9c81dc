/* path: see path.h. */
#include "clients/edit/path.h"

#include <string.h>

struct style {
	char split, escape;
	const char *escaped; /* what may stand behind the escape character, */
	const char *meaning; /* and what it means */
};

static const struct style dotted = { '.', '\\', ".\\", ".\\" };
static const struct style pointer = { '/', '~', "01", "~/" };

static enum ec
bad(const char *key, const char *why, struct err *e)
{
	return fail(e, EC_CONFIG, "key %.80s: %s", key, why);
}

/* Takes one character off *p; false: an escape that means nothing. */
static bool
next(const struct style *s, const char **p, char *ret)
{
	const char *hit;

	*ret = *(*p)++;
	if (*ret != s->escape)
		return true;
	hit = **p != '\0' ? strchr(s->escaped, **p) : NULL;
	if (hit == NULL)
		return false;
	*ret = s->meaning[hit - s->escaped];
	(*p)++;
	return true;
}

/* Copies one step to *out, up to the next split; the reason why not, or NULL.
 */
static const char *
take_step(const struct style *s, const char **p, char **out, const char *end)
{
	const char *from = *out;

	while (**p != '\0' && **p != s->split) {
		if (*out + 1 >= end)
			return "too long";
		if (!next(s, p, (*out)++))
			return "a bad escape";
	}
	if (*out == from)
		return "an empty step";
	*(*out)++ = '\0';
	return NULL;
}

enum ec
edit_path_parse(const char *key, struct edit_path *ret, struct err *e)
{
	const struct style *s = *key == '/' ? &pointer : &dotted;
	const char *p = *key == '/' ? key + 1 : key;
	char *out = ret->text, *const end = ret->text + sizeof(ret->text);
	const char *why;

	ret->n = 0;
	do {
		if (ret->n == PATH_STEPS)
			return bad(key, "too many steps", e);
		ret->step[ret->n++] = out;
		why = take_step(s, &p, &out, end);
		if (why != NULL)
			return bad(key, why, e);
	} while (*p++ == s->split);
	return EC_OK;
}

bool
edit_path_is(const struct edit_path *p, size_t i, const char *name, size_t len)
{
	return i < p->n && strlen(p->step[i]) == len &&
	    memcmp(p->step[i], name, len) == 0;
}
