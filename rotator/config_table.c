/*
 * config_table: maps of a file sorted into slots by tables of keys, and
 * slots read into structs. This is the only code that knows how keys are
 * found, doubled, missed and inherited; a new key is a row in config_keys.c.
 *
 * The functions that call themselves for a group go as deep as the tables do,
 * three levels, whatever a file says.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

const struct key *
key_find(const struct key *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

void
table_near(const struct key *table, struct near *n)
{
	for (; table->name != NULL; table++)
		near_try(n, table->name);
}

static enum ec
unknown(const struct key *table, const struct node *key, struct err *e)
{
	struct near near = { .want = key->text };

	table_near(table, &near);
	return config_fail(e, key, "unknown key '%s'%s",
	    config_show(key->text).s, near_hint(&near).s);
}

/* NOLINTBEGIN(misc-no-recursion) see above */
enum ec
key_take(
    const struct key *k, const struct node *key, struct slots *s, struct err *e)
{
	const struct node *had = s->at[k->slot];

	if (had != NULL)
		return config_fail(e, key,
		    "'%s' is given twice, first in line %u", k->name,
		    had->line);
	s->at[k->slot] = key->next;
	if (k->group == NULL || key->next->kind == NODE_NONE)
		return EC_OK;
	return table_take(k->group, key->next, s, e);
}

enum ec
table_take(const struct key *table, const struct node *map, struct slots *s,
    struct err *e)
{
	if (map->kind != NODE_MAP)
		return config_fail(
		    e, map, "lines of the form 'key: value' are expected here");
	for (const struct node *key = map->child; key != NULL;
	     key = key->next->next) {
		const struct key *k = key_find(table, key->text);

		if (k == NULL)
			return unknown(table, key, e);
		TRY(key_take(k, key, s, e));
	}
	return EC_OK;
}

void
table_inherit(
    const struct key *table, struct slots *to, const struct slots *from)
{
	for (; table->name != NULL; table++) {
		if (table->group != NULL)
			table_inherit(table->group, to, from);
		else if (to->at[table->slot] == NULL)
			to->at[table->slot] = from->at[table->slot];
	}
}

static enum ec
missing(const struct key *k, const struct slots *s, struct err *e)
{
	(void)config_fail(e, s->self, "'%s' is missing", k->name);
	return fix(e, "add  %s: %s", k->name, k->example);
}

static enum ec
read_one(struct config_full *c, const struct key *k, const struct slots *s,
    void *to, struct err *e)
{
	struct node made = *s->self;
	struct reading r = { .c = c, .key = k, .node = s->at[k->slot] };

	if (r.node == NULL && k->example != NULL)
		return missing(k, s, e);
	if (r.node == NULL && k->fallback == NULL)
		return EC_OK;
	if (r.node == NULL) {
		made.kind = NODE_TEXT;
		made.text = k->fallback;
		r.node = &made;
	}
	if (r.node->kind == NODE_NONE) {
		(void)config_fail(e, r.node, "'%s' has no value", k->name);
		return fix(e, "give it one, or take the line out");
	}
	return k->read(&r, to, e);
}

enum ec
table_read(struct config_full *c, const struct key *table,
    const struct slots *s, void *to, struct err *e)
{
	for (; table->name != NULL; table++) {
		void *field = (char *)to + table->offset;

		if (table->group != NULL)
			TRY(table_read(c, table->group, s, field, e));
		else if (table->read != NULL)
			TRY(read_one(c, table, s, field, e));
	}
	return EC_OK;
}
/* NOLINTEND(misc-no-recursion) */
