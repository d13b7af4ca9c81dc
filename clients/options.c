/*
 * options: configuration text to the fields of a driver's conf struct, by
 * the driver's table. One row a type says how a value is stored and freed.
 *
 * Control characters are refused in every text, so that no driver can be made
 * to write a line of its own choice into somebody's file.
 */
#include "clients/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"

#define PATH_MAX_BYTES 4095
#define MODE_MAX       0777

typedef enum ec (*setter)(void *slot, const struct client_opt *opt,
    const char *const *values, size_t n, struct err *e);

/* The pointers below are freed here only; the drivers see them as const. A
 * list is one piece of memory, strings included. */
static void
drop(void *slot)
{
	void *p = NULL;

	memcpy(&p, slot, sizeof(p));
	free(p);
	memset(slot, 0, sizeof(p));
}

static enum ec
text_check(const struct client_opt *opt, const char *s, struct err *e)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return fail(e, EC_CONFIG,
			    "%s: line ends and control characters are not "
			    "allowed",
			    opt->key);
	return EC_OK;
}

static enum ec
set_text(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	const char **to = slot;
	char *copy;

	(void)n;
	TRY(text_check(opt, values[0], e));
	if (*values[0] == '\0')
		return fail(e, EC_CONFIG, "%s: is empty", opt->key);
	copy = strdup(values[0]);
	if (copy == NULL)
		return fail(e, EC_NOMEM, "no memory for %s", opt->key);
	drop(slot);
	*to = copy;
	return EC_OK;
}

/* Is one of the segments of path ".."? */
static bool
climbs(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "/..")) != NULL) {
		p += 3;
		if (*p == '\0' || *p == '/')
			return true;
	}
	return false;
}

static enum ec
set_path(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	if (values[0][0] != '/' || climbs(values[0]))
		return fail(e, EC_CONFIG,
		    "%s: must be an absolute path without \"..\"", opt->key);
	if (strlen(values[0]) > PATH_MAX_BYTES)
		return fail(e, EC_CONFIG, "%s: is too long", opt->key);
	return set_text(slot, opt, values, n, e);
}

static enum ec
set_int(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	long *to = slot;
	char *end = NULL;
	long v;

	(void)n;
	errno = 0;
	v = strtol(values[0], &end, 10);
	if (errno != 0 || end == values[0] || *end != '\0')
		return fail(
		    e, EC_CONFIG, "%s: must be a whole number", opt->key);
	*to = v;
	return EC_OK;
}

static enum ec
set_bool(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	bool *to = slot;
	static const char *const words[] = { "false", "true", "no", "yes" };

	(void)n;
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(values[0], words[i]) == 0) {
			*to = i % 2 == 1;
			return EC_OK;
		}
	return fail(e, EC_CONFIG, "%s: must be true or false", opt->key);
}

static enum ec
set_span(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	int64_t *to = slot;
	const int64_t v = clock_parse_span(values[0]);

	(void)n;
	if (v < 0)
		return fail(e, EC_CONFIG,
		    "%s: must be a time with its unit, such as 30s, 5m, 7d",
		    opt->key);
	*to = v;
	return EC_OK;
}

/* Octal with a leading 0, so that 640 is not taken for what it is not. */
static enum ec
set_mode(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	const char *s = values[0];
	char *end = NULL;
	const unsigned long v = strtoul(s, &end, 8);
	unsigned *to = slot;

	(void)n;
	if (s[0] != '0' || *end != '\0' || v > MODE_MAX)
		return fail(e, EC_CONFIG,
		    "%s: must be an octal mode such as 0640", opt->key);
	*to = (unsigned)v;
	return EC_OK;
}

static enum ec
set_choice(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	unsigned *to = slot;
	char list[160] = "";
	size_t len = 0;

	(void)n;
	for (unsigned i = 0; opt->choices[i] != NULL; i++) {
		if (strcmp(values[0], opt->choices[i]) == 0) {
			*to = i;
			return EC_OK;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    " %s", opt->choices[i]);
	}
	return fail(e, EC_CONFIG, "%s: must be one of:%s", opt->key, list);
}

/* Pointers, the last one NULL, and behind them the strings. NULL: no memory. */
static const char **
copy_list(const char *const *values, size_t n)
{
	size_t size = (n + 1) * sizeof(*values);
	const char **list;
	char *p;

	for (size_t i = 0; i < n; i++)
		size += strlen(values[i]) + 1;
	list = calloc(1, size);
	if (list == NULL)
		return NULL;
	p = (char *)(list + n + 1);
	for (size_t i = 0; i < n; i++) {
		const size_t len = strlen(values[i]) + 1;

		list[i] = memcpy(p, values[i], len);
		p += len;
	}
	return list;
}

static enum ec
set_list(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	const char *const **to = slot;
	const char **list;

	for (size_t i = 0; i < n; i++)
		TRY(text_check(opt, values[i], e));
	list = copy_list(values, n);
	if (list == NULL)
		return fail(e, EC_NOMEM, "no memory for %s", opt->key);
	drop(slot);
	*to = list;
	return EC_OK;
}

static enum ec
set_argv(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	if (n == 0)
		return fail(e, EC_CONFIG, "%s: is empty", opt->key);
	return set_list(slot, opt, values, n, e);
}

/* name, value, name, value: each name once. */
static enum ec
set_map(void *slot, const struct client_opt *opt, const char *const *values,
    size_t n, struct err *e)
{
	if (n % 2 != 0)
		return fail(
		    e, EC_CONFIG, "%s: a name without a value", opt->key);
	for (size_t i = 0; i < n; i += 2)
		for (size_t j = 0; j < i; j += 2)
			if (strcmp(values[i], values[j]) == 0)
				return fail(e, EC_CONFIG, "%s: \"%s\" is twice",
				    opt->key, values[i]);
	return set_list(slot, opt, values, n, e);
}

static const struct type {
	setter set;
	void (*drop)(void *slot); /* NULL: nothing to free */
	bool list;                /* takes any number of values */
} types[] = {
	[OPT_STR] = { .set = set_text, .drop = drop },
	[OPT_PATH] = { .set = set_path, .drop = drop },
	[OPT_INT] = { .set = set_int },
	[OPT_BOOL] = { .set = set_bool },
	[OPT_SPAN] = { .set = set_span },
	[OPT_MODE] = { .set = set_mode },
	[OPT_CHOICE] = { .set = set_choice },
	[OPT_ARGV] = { .set = set_argv, .drop = drop, .list = true },
	[OPT_MAP] = { .set = set_map, .drop = drop, .list = true },
	[OPT_TREE] = { .set = set_map, .drop = drop, .list = true },
};

enum ec
client_opt_set(const struct client_driver *drv, void *conf,
    const struct client_opt *opt, const char *const *values, size_t n,
    struct err *e)
{
	const struct type *t = &types[opt->type];

	if (!t->list && n != 1)
		return fail(e, EC_CONFIG, "%s: a %s client takes one value",
		    opt->key, drv->name);
	return t->set((char *)conf + opt->offset, opt, values, n, e);
}

enum ec
client_conf_defaults(const struct client_driver *drv, void *conf, struct err *e)
{
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		if (o->fallback != NULL)
			TRY(client_opt_set(drv, conf, o, &o->fallback, 1, e));
	return EC_OK;
}

void
client_conf_free(const struct client_driver *drv, void *conf)
{
	for (const struct client_opt *o = drv->opts; o->key != NULL; o++)
		if (types[o->type].drop != NULL)
			types[o->type].drop((char *)conf + o->offset);
}

enum ec
client_cred_check(
    const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const size_t n = cred->pass != NULL ? secret_len(cred->pass) : 0;

	if (!key_id_valid(cred->user))
		return fail(e, EC_BUG,
		    "%s: nothing written: the user name is no access key id",
		    c->name);
	if (n == 0 ||
	    smtp_password_form(secret_reveal(cred->pass), n) ==
		SMTP_PASSWORD_NONE)
		return fail(e, EC_BUG,
		    "%s: nothing written: %zu bytes that are no SES SMTP "
		    "password",
		    c->name, n);
	return EC_OK;
}
