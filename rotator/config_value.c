/*
 * config_value: readers, from the text of a node to a field of a struct.
 * Each refuses what it does not understand and shows how it should look.
 * Strings stay in the arena.
 */
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/config_p.h"
#include "rotator/record.h"

#define PATH_MAX_BYTES 4095
#define ARGV_MAX       64

/* One line of text, not empty. */
static enum ec
line(const struct reading *r, const char **ret, struct err *e)
{
	const struct node *n = r->node;

	if (n->kind != NODE_TEXT)
		return config_fail(e, n, "'%s' takes one value", r->key->name);
	if (*n->text == '\0' || strpbrk(n->text, "\n\t") != NULL)
		return config_fail(e, n,
		    "'%s' must be one line of text, and not empty",
		    r->key->name);
	*ret = n->text;
	return EC_OK;
}

enum ec
read_text(const struct reading *r, void *to, struct err *e)
{
	return line(r, to, e);
}

static bool
has_form(const struct form *f, const char *s)
{
	const size_t len = strlen(s), head = strlen(f->prefix);

	return len >= f->min && len <= f->max &&
	    strncmp(s, f->prefix, head) == 0 && s[head] != '\0' &&
	    strchr(f->first, s[head]) != NULL &&
	    strspn(s + head, f->rest) == len - head;
}

enum ec
read_form(const struct reading *r, void *to, struct err *e)
{
	const struct form *f = r->key->arg;
	const char *s = "";

	TRY(line(r, &s, e));
	if (!has_form(f, s)) {
		(void)config_fail(e, r->node, "'%s' cannot be '%s'",
		    r->key->name, config_show(s).s);
		return fix(e, "%s", f->says);
	}
	*(const char **)to = s;
	return EC_OK;
}

static bool
climbs(const char *s)
{
	while ((s = strstr(s, "/..")) != NULL) {
		s += 3;
		if (*s == '\0' || *s == '/')
			return true;
	}
	return false;
}

enum ec
read_path(const struct reading *r, void *to, struct err *e)
{
	const char *s = "";

	TRY(line(r, &s, e));
	if (*s != '/' || climbs(s) || strlen(s) > PATH_MAX_BYTES)
		return config_fail(e, r->node,
		    "'%s' must be an absolute path without '..'", r->key->name);
	*(const char **)to = s;
	return EC_OK;
}

/* No more than keeps it one address in MAIL FROM:<...>. */
enum ec
read_mail(const struct reading *r, void *to, struct err *e)
{
	const char *s = "", *at;

	TRY(line(r, &s, e));
	at = strchr(s, '@');
	if (at == NULL || at == s || at[1] == '\0' ||
	    strpbrk(s, " <>,;\"\\") != NULL || strchr(at + 1, '@') != NULL)
		return config_fail(e, r->node,
		    "'%s' must be one mail address, like ops@example.com",
		    r->key->name);
	*(const char **)to = s;
	return EC_OK;
}

enum ec
read_span(const struct reading *r, void *to, struct err *e)
{
	const struct range *range = r->key->arg;
	const char *s = "";
	int64_t ms;

	TRY(line(r, &s, e));
	ms = clock_parse_span(s);
	if (ms < 0) {
		(void)config_fail(e, r->node, "'%s' cannot be '%s'",
		    r->key->name, config_show(s).s);
		return fix(e, "write a number and its unit: 30s, 20m, 4h, 7d");
	}
	if (ms < range->min || ms > range->max) {
		char min[CLOCK_TEXT_MAX], max[CLOCK_TEXT_MAX];

		clock_span_text(range->min, min);
		clock_span_text(range->max, max);
		return config_fail(e, r->node, "'%s' must be from %s to %s",
		    r->key->name, min, max);
	}
	*(int64_t *)to = ms;
	return EC_OK;
}

enum ec
read_count(const struct reading *r, void *to, struct err *e)
{
	const struct range *range = r->key->arg;
	const char *s = "";
	int n = 0;

	TRY(line(r, &s, e));
	/* No number of ours has more digits than this; none overflows. */
	if (strspn(s, "0123456789") == strlen(s) && strlen(s) <= 6)
		for (const char *d = s; *d != '\0'; d++)
			n = n * 10 + (*d - '0');
	else
		n = -1;
	if (n < range->min || n > range->max)
		return config_fail(e, r->node,
		    "'%s' must be a number from %d to %d, not '%s'",
		    r->key->name, (int)range->min, (int)range->max,
		    config_show(s).s);
	*(int *)to = n;
	return EC_OK;
}

enum ec
read_choice(const struct reading *r, void *to, struct err *e)
{
	const char *const *texts = r->key->arg;
	const char *s = "";
	char all[160] = "";
	size_t len = 0;

	TRY(line(r, &s, e));
	for (unsigned i = 0; texts[i] != NULL; i++) {
		if (strcmp(texts[i], s) == 0) {
			*(unsigned *)to = i;
			return EC_OK;
		}
		if (len < sizeof(all))
			len += (size_t)snprintf(all + len, sizeof(all) - len,
			    "%s%s", i > 0 ? " or " : "", texts[i]);
	}
	return config_fail(e, r->node, "'%s' must be %s, not '%s'",
	    r->key->name, all, config_show(s).s);
}

enum ec
read_flag(const struct reading *r, void *to, struct err *e)
{
	unsigned at = 0;
	bool flag;

	TRY(read_choice(r, &at, e));
	flag = at % 2 == 1;
	*(bool *)to = flag;
	return EC_OK;
}

/* A list of texts as a NULL ended array in the arena. */
static enum ec
list(const struct reading *r, unsigned max, const char ***ret, struct err *e)
{
	const struct node *n = r->node;
	const char **a;
	size_t at = 0;

	if (n->kind != NODE_LIST || n->n == 0 || n->n > max)
		return config_fail(e, n,
		    "'%s' must be a list of 1 to %u values: [a, b]",
		    r->key->name, max);
	a = arena_get(&r->c->mem, (n->n + 1) * sizeof(*a));
	if (a == NULL)
		return config_nomem(e);
	for (const struct node *i = n->child; i != NULL; i = i->next) {
		if (i->kind != NODE_TEXT)
			return config_fail(e, i,
			    "'%s': a value is missing, or is no text",
			    r->key->name);
		a[at++] = i->text;
	}
	*ret = a;
	return EC_OK;
}

enum ec
read_argv(const struct reading *r, void *to, struct err *e)
{
	const struct node *program;
	const char **argv = NULL;

	if (r->node->kind == NODE_TEXT) {
		(void)config_fail(e, r->node,
		    "'%s' must be a list, because no shell will split it",
		    r->key->name);
		return fix(e, "write [program, argument, argument]");
	}
	TRY(list(r, ARGV_MAX, &argv, e));
	program = r->node->child;
	if (*program->text == '\0' ||
	    (strchr(program->text, '/') != NULL && *program->text != '/'))
		return config_fail(e, program,
		    "'%s': the program must be an absolute path, or a name "
		    "without '/'",
		    r->key->name);
	*(const char *const **)to = argv;
	return EC_OK;
}

static enum ec
region_check(const struct node *at, const char *region, struct err *e)
{
	if (region_valid(region) && strlen(region) < REGION_MAX)
		return EC_OK;
	(void)config_fail(
	    e, at, "'%s' is no AWS region", config_show(region).s);
	return fix(e, "write it as us-east-1");
}

enum ec
read_region(const struct reading *r, void *to, struct err *e)
{
	const char *s = "";

	TRY(line(r, &s, e));
	TRY(region_check(r->node, s, e));
	*(const char **)to = s;
	return EC_OK;
}

enum ec
read_regions(const struct reading *r, void *to, struct err *e)
{
	const struct node *first = r->node->child;
	const char **a = NULL;

	TRY(list(r, REC_REGIONS_MAX, &a, e));
	for (const struct node *n = first; n != NULL; n = n->next) {
		TRY(region_check(n, n->text, e));
		for (const struct node *m = first; m != n; m = m->next)
			if (strcmp(m->text, n->text) == 0)
				return config_fail(
				    e, n, "region %s is given twice", n->text);
	}
	*(const char *const **)to = a;
	return EC_OK;
}

#define WINDOWS_MAX 20

enum ec
read_windows(const struct reading *r, void *to, struct err *e)
{
	struct windows *ret = to;
	const char **texts = NULL;
	struct window *w;
	size_t i = 0;

	TRY(list(r, WINDOWS_MAX, &texts, e));
	w = arena_get(&r->c->mem, r->node->n * sizeof(*w));
	if (w == NULL)
		return config_nomem(e);
	for (const struct node *n = r->node->child; n != NULL; n = n->next, i++)
		if (!window_parse(n->text, &w[i])) {
			(void)config_fail(
			    e, n, "'%s' is no window", config_show(n->text).s);
			return fix(e,
			    "write [mon-fri 22:00-04:00] or [daily "
			    "02:00-05:00], in this host's time");
		}
	*ret = (struct windows){ .at = w, .n = i };
	return EC_OK;
}

static enum ec
no_driver(const struct node *at, const char *kind, struct err *e)
{
	char all[ERR_FIX_MAX] = "";
	struct near near = { .want = kind };
	size_t len = 0;

	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		near_try(&near, client_drivers[i]->name);
		if (len < sizeof(all))
			len += (size_t)snprintf(all + len, sizeof(all) - len,
			    "%s%s", i > 0 ? ", " : "", client_drivers[i]->name);
	}
	(void)config_fail(e, at, "no kind of client is called '%s'%s",
	    config_show(kind).s, near_hint(&near).s);
	return fix(e, "the kinds are: %s", all);
}

enum ec
read_driver(const struct reading *r, void *to, struct err *e)
{
	const struct client_driver *drv;
	const char *s = "";

	TRY(line(r, &s, e));
	drv = client_driver_find(s);
	if (drv == NULL)
		return no_driver(r->node, s, e);
	*(const struct client_driver **)to = drv;
	return EC_OK;
}
