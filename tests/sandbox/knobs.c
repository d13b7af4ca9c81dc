/*
 * knobs: everything a test can turn, with its default. The table is the only
 * list; its value also fixes the type that a change must have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "sandbox.h"
#include "util.h"

static const struct {
	const char *name;
	const char *json; /* the default */
} table[] = {
	{ "propagation_ms", "0" },
	{ "propagation_flap", "0" },
	{ "revoke_lag_ms", "0" },
	{ "stale_list_ms", "0" },
	{ "page_size", "0" },
	{ "latency_ms", "0" },
	{ "smtp_latency_ms", "0" },
	{ "smtp_idle_ms", "10000" },
	{ "clock_offset_s", "0" },
	{ "deny", "[]" },
	{ "wrong_account", "\"\"" },
	{ "user_id_override", "\"\"" },
	{ "session_token", "\"\"" },
	{ "accept_v2", "false" },
	{ "send_denied", "false" },
	{ "auth_counts_as_use", "true" },
	{ "last_used_granularity_s", "900" },
	{ "last_used_lag_s", "0" },
	{ "last_used_service", "\"ses\"" },
	{ "adversity", "0" },
	{ "adversity_ambiguous", "false" },
};

cJSON *
knobs_defaults(int adversity)
{
	cJSON *o = must(cJSON_CreateObject());
	size_t i;

	for (i = 0; i < COUNT(table); i++)
		(void)cJSON_AddItemToObject(
		    o, table[i].name, must(cJSON_Parse(table[i].json)));
	(void)cJSON_SetNumberHelper(
	    cJSON_GetObjectItemCaseSensitive(o, "adversity"), adversity);
	return o;
}

static const cJSON *
get(struct sandbox *s, const char *name)
{
	return must(cJSON_GetObjectItemCaseSensitive(s->knobs, name));
}

double
knob_num_locked(struct sandbox *s, const char *name)
{
	return get(s, name)->valuedouble;
}

bool
knob_on_locked(struct sandbox *s, const char *name)
{
	return cJSON_IsTrue(get(s, name)) != 0;
}

const char *
knob_text_locked(struct sandbox *s, const char *name)
{
	return get(s, name)->valuestring;
}

uint64_t
knob_ms(struct sandbox *s, const char *name)
{
	LOCKED(s);
	return (uint64_t)knob_num_locked(s, name);
}

/* "iam:DeleteAccessKey", "iam:*" or "*". */
static bool
denies(const char *rule, const char *action)
{
	size_t n = strcspn(rule, "*");

	return rule[n] == '*' ? strncmp(rule, action, n) == 0
			      : strcmp(rule, action) == 0;
}

bool
knob_denies_locked(struct sandbox *s, const char *action)
{
	const cJSON *rule;

	cJSON_ArrayForEach(rule, get(s, "deny")) if (cJSON_IsString(rule) &&
	    denies(rule->valuestring, action)) return true;
	return false;
}

static bool
same_type(const cJSON *a, const cJSON *b)
{
	return (cJSON_IsBool(a) && cJSON_IsBool(b)) ||
	    ((a->type ^ b->type) & 0xff) == 0;
}

/* Times and sizes count upwards; only the clock may be moved back. */
static bool
in_range(const cJSON *c)
{
	return !cJSON_IsNumber(c) || c->valuedouble >= 0 ||
	    strcmp(c->string, "clock_offset_s") == 0;
}

static char *
check(struct sandbox *s, const cJSON *change)
{
	const cJSON *c;

	if (!cJSON_IsObject(change))
		return fmt("knobs: a JSON object is wanted");
	cJSON_ArrayForEach(c, change)
	{
		const cJSON *old =
		    cJSON_GetObjectItemCaseSensitive(s->knobs, c->string);

		if (old == NULL)
			return fmt("no such knob: %s (GET /state lists them)",
			    c->string);
		if (!same_type(old, c) || !in_range(c))
			return fmt("knob %s: wrong type or range", c->string);
	}
	return NULL;
}

char *
knobs_merge_locked(struct sandbox *s, const cJSON *change)
{
	char *wrong = check(s, change);
	const cJSON *c;

	if (wrong != NULL)
		return wrong;
	cJSON_ArrayForEach(c, change)(void)
	    cJSON_ReplaceItemInObjectCaseSensitive(
		s->knobs, c->string, must(cJSON_Duplicate(c, 1)));
	return NULL;
}
