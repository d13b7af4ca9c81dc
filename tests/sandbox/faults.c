/* faults: see faults.h. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "iam.h"
#include "util.h"

static const char *
text(const cJSON *o, const char *name, const char *other)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsString(v) ? v->valuestring : other;
}

static double
number(const cJSON *o, const char *name, double other)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsNumber(v) ? v->valuedouble : other;
}

static bool
is_smtp(const cJSON *f)
{
	return strcmp(text(f, "service", ""), "smtp") == 0;
}

static bool
known_action(const cJSON *f)
{
	const char *action = text(f, "action", "*");

	if (strcmp(action, "*") == 0)
		return true;
	return is_smtp(f) ? smtp_has_state(action) : iam_action(action) != NULL;
}

/* A test with a misspelt fault would pass for the wrong reason. */
static char *
check_names(const cJSON *f)
{
	static const char *const names[] = { "service", "action", "kind",
		"times", "skip", "arg", "region", "effect" };
	const cJSON *c;
	size_t i;

	cJSON_ArrayForEach(c, f)
	{
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(c->string, names[i]) == 0)
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			return fmt("fault: unknown member %s", c->string);
	}
	return NULL;
}

static char *
check(const cJSON *f)
{
	const char *service = text(f, "service", ""), *kind, *state;

	if (!cJSON_IsObject(f))
		return fmt("fault: a JSON object is wanted");
	if (strcmp(service, "iam") != 0 && strcmp(service, "sts") != 0 &&
	    !is_smtp(f))
		return fmt("fault: service must be iam, sts or smtp");
	kind = text(f, "kind", "");
	state = is_smtp(f) ? smtp_fault_state(kind) : https_fault_state(kind);
	if (state == NULL)
		return fmt("fault: %s has no kind '%s'", service, kind);
	if (!known_action(f))
		return fmt("fault: %s has no action '%s'", service,
		    text(f, "action", "*"));
	return check_names(f);
}

static void
set(cJSON *o, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(o, name);
	(void)cJSON_AddItemToObject(o, name, must(value));
}

/* Write out the defaults, and bind a kind to the one state it can happen in. */
static void
add(struct sandbox *s, const cJSON *given)
{
	cJSON *f = must(cJSON_Duplicate(given, 1));
	const char *kind = text(f, "kind", "");
	const char *state = is_smtp(f) ? smtp_fault_state(kind) : "";

	set(f, "times", cJSON_CreateNumber(number(f, "times", 1)));
	set(f, "skip", cJSON_CreateNumber(number(f, "skip", 0)));
	if (state[0] != '\0')
		set(f, "action", cJSON_CreateString(state));
	(void)cJSON_AddItemToArray(s->faults, f);
}

char *
faults_add_locked(struct sandbox *s, const cJSON *list)
{
	const cJSON *f;
	char *wrong = NULL;

	if (!cJSON_IsArray(list)) {
		wrong = check(list);
		if (wrong == NULL)
			add(s, list);
		return wrong;
	}
	cJSON_ArrayForEach(f, list)
	{
		wrong = check(f);
		if (wrong != NULL)
			return wrong;
	}
	cJSON_ArrayForEach(f, list) add(s, f);
	return NULL;
}

void
faults_clear_locked(struct sandbox *s)
{
	cJSON_Delete(s->faults);
	s->faults = must(cJSON_CreateArray());
}

static bool
same_action(const char *wanted, const char *here)
{
	size_t n = strlen(wanted);

	return strcmp(wanted, "*") == 0 ||
	    (strncmp(wanted, here, n) == 0 &&
		(here[n] == '\0' || here[n] == '_'));
}

/* The service "iam" means the whole HTTPS port, so STS too. */
static bool
applies(const cJSON *f, const struct fault_place *at)
{
	const char *service = text(f, "service", "");
	const char *region = text(f, "region", at->region);

	if (strcmp(service, "iam") == 0 && strcmp(at->service, "sts") == 0)
		service = "sts";
	return strcmp(service, at->service) == 0 &&
	    strcmp(region, at->region) == 0 &&
	    same_action(text(f, "action", "*"), at->action);
}

static void
fill(const cJSON *f, struct fault *ret)
{
	const cJSON *arg = cJSON_GetObjectItemCaseSensitive(f, "arg");
	const cJSON *effect = cJSON_GetObjectItemCaseSensitive(f, "effect");

	copy_text(ret->kind, sizeof(ret->kind), text(f, "kind", ""));
	ret->arg = arg != NULL ? must(cJSON_Duplicate(arg, 1)) : NULL;
	ret->effect = effect != NULL ? cJSON_IsTrue(effect) : -1;
}

/* True when the counter was above zero; it is then one less. */
static bool
count_down(cJSON *f, const char *name)
{
	cJSON *n = cJSON_GetObjectItemCaseSensitive(f, name);

	if (n->valuedouble <= 0)
		return false;
	(void)cJSON_SetNumberHelper(n, n->valuedouble - 1);
	return true;
}

static void
find(struct sandbox *s, const struct fault_place *at, struct fault *ret)
{
	cJSON *f;

	cJSON_ArrayForEach(f, s->faults)
	{
		if (!applies(f, at) || count_down(f, "skip"))
			continue;
		fill(f, ret);
		if (number(f, "times", 1) > 0 && count_down(f, "times") &&
		    number(f, "times", 1) == 0)
			cJSON_Delete(cJSON_DetachItemViaPointer(s->faults, f));
		return;
	}
}

void
fault_take(struct sandbox *s, const struct fault_place *at, struct fault *ret)
{
	*ret = (struct fault){ .kind = "", .arg = NULL, .effect = -1 };
	LOCKED(s);
	find(s, at, ret);
	if (ret->kind[0] != '\0')
		count_locked(s, 1, "faults", ret->kind, NULL);
}

void
fault_free(struct fault *f)
{
	cJSON_Delete(f->arg);
	f->arg = NULL;
}

double
fault_num(const struct fault *f, const char *member, double other)
{
	if (cJSON_IsNumber(f->arg))
		return f->arg->valuedouble;
	return cJSON_IsObject(f->arg) ? number(f->arg, member, other) : other;
}

const char *
fault_text(const struct fault *f, const char *member, const char *other)
{
	if (cJSON_IsString(f->arg))
		return f->arg->valuestring;
	return cJSON_IsObject(f->arg) ? text(f->arg, member, other) : other;
}

bool
adversity_strikes(struct sandbox *s)
{
	LOCKED(s);
	return sandbox_random_locked(s) % 100 <
	    (uint64_t)knob_num_locked(s, "adversity");
}
