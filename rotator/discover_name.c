/* discover_name: names for clients, from the directories that they are in. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/discover.h"

#define NAME_ROOM 40 /* leaves room for a number */

/* Directories that say nothing about whose file it is. */
static const char *const common[] = { "etc", "conf", "config", "current",
	"shared", "html", "www", "srv", "opt", "home", "var", "usr", "local",
	"lib", "secrets", "env", "tmp", "root" };

static bool
is_common(const char *p, size_t len)
{
	for (size_t i = 0; i < COUNT(common); i++)
		if (strlen(common[i]) == len && memcmp(common[i], p, len) == 0)
			return true;
	return len == 0;
}

/* The lowest directory that says something, else the file's own name. */
static const char *
telling(const char *path, size_t *ret_len)
{
	const char *end = strrchr(path, '/');
	const char *file = end != NULL ? end + 1 : path;

	while (end != NULL && end > path) {
		const char *p = end;

		while (p > path && p[-1] != '/')
			p--;
		if (!is_common(p, (size_t)(end - p))) {
			*ret_len = (size_t)(end - p);
			return p;
		}
		end = p > path ? p - 1 : NULL;
	}
	*ret_len = strlen(file);
	return file;
}

static void
base_name(const char *path, char ret[NAME_ROOM])
{
	size_t len, n = 0;
	const char *from = telling(path, &len);

	for (size_t i = 0; i < len && n + 1 < NAME_ROOM; i++) {
		const char c = (char)tolower((unsigned char)from[i]);
		const bool plain =
		    (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (plain || (n > 0 && (c == '.' || c == '_' || c == '-')))
			ret[n++] = c;
	}
	ret[n] = '\0';
	if (n == 0)
		(void)snprintf(ret, NAME_ROOM, "client");
}

static bool
taken(
    const struct discover *d, const struct discover_place *p, const char *name)
{
	if (d->config != NULL && config_client(d->config, name) != NULL)
		return true;
	for (size_t i = 0; i < d->n_places; i++)
		if (&d->places[i] != p && strcmp(d->places[i].name, name) == 0)
			return true;
	return false;
}

void
discover_name(struct discover *d)
{
	for (size_t i = 0; i < d->n_places; i++) {
		struct discover_place *p = &d->places[i];
		char base[NAME_ROOM], name[NAME_MAX_];

		if (p->name[0] != '\0' || p->client != NULL)
			continue;
		base_name(p->path, base);
		(void)snprintf(name, sizeof(name), "%s", base);
		for (int n = 2; taken(d, p, name); n++)
			(void)snprintf(name, sizeof(name), "%s-%d", base, n);
		(void)snprintf(p->name, sizeof(p->name), "%s", name);
	}
}
