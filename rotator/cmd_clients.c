/*
 * clients: which kinds of places can be told a new credential, and what may
 * be configured for each; made from the drivers' own tables.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "clients/client.h"
#include "rotator/app.h"
#include "rotator/near.h"
#include "rotator/out_p.h"

static const char *const type_names[] = {
	[OPT_STR] = "text",
	[OPT_PATH] = "path",
	[OPT_INT] = "number",
	[OPT_BOOL] = "true/false",
	[OPT_SPAN] = "time",
	[OPT_MODE] = "mode",
	[OPT_CHOICE] = "choice",
	[OPT_ARGV] = "list",
	[OPT_MAP] = "map",
	[OPT_TREE] = "map",
};

struct common {
	const char *key, *type, *fallback, *help;
};

/* What config_keys.c takes for every kind of client. */
static const struct common commons[] = {
	{ "name", "text", "required", "what this client is called here" },
	{ "type", "text", "required", "its kind: this page's" },
	{ "identity", "text", "the only one", "whose credential it holds" },
	{ "region", "text", "the only one",
	    "region it sends through; each has its own password" },
	{ "required", "true/false", "true",
	    "false: its failure does not keep the old key alive" },
	{ "pickup", "time", NULL,
	    "how long it may go on with the old pair after it was told" },
	{ "deadline", "time", "7d",
	    "a person's change: alarm when not confirmed by then" },
	{ "smtp", "map", "identity's",
	    "host, port, tls, ca_file: how this client reaches SES" },
	{ "settle", "map", "identity's",
	    "successes, interval, timeout: when a pair counts as accepted" },
};

static void
help_text(const struct client_opt *o, char *ret, size_t size)
{
	size_t n = (size_t)snprintf(ret, size, "%s", o->help);

	for (size_t i = 0; o->choices != NULL && o->choices[i] != NULL; i++)
		if (n < size)
			n += (size_t)snprintf(ret + n, size - n, "%s%s",
			    i == 0 ? "; one of " : ", ", o->choices[i]);
}

static const char *
default_text(const struct client_opt *o)
{
	if (o->required)
		return "required";
	return o->fallback == NULL ? "-" : o->fallback;
}

static void
say_option(struct out_table *t, const char *key, const char *type,
    const char *fallback, const char *help)
{
	const bool must = strcmp(fallback, "required") == 0;

	out_table_cell(t, CYAN, "  %s", key);
	out_table_cell(t, PLAIN, "%s", type);
	out_table_cell(t, must ? YELLOW : PLAIN, "%s", fallback);
	out_table_cell(t, PLAIN, "%s", help);
}

static void
say_kind(const struct client_driver *d)
{
	static const char *const heads[] = { "  OPTION", "TYPE", "DEFAULT",
		"MEANING", NULL };
	struct out_table *t = out_table_new(heads);
	char text[400], pickup[CLOCK_TEXT_MAX];

	clock_span_text(d->pickup, pickup);
	out(BOLD, "%s", d->name);
	out(PLAIN, "  ");
	out_para(PLAIN, strlen(d->name) + 2, d->summary);
	if (d->human)
		out(PLAIN, "A person does the change and says so.\n");
	out(PLAIN, "\n");
	for (const struct client_opt *o = d->opts; o->key != NULL; o++) {
		help_text(o, text, sizeof(text));
		say_option(
		    t, o->key, type_names[o->type], default_text(o), text);
	}
	for (size_t i = 0; i < COUNT(commons); i++)
		say_option(t, commons[i].key, commons[i].type,
		    commons[i].fallback != NULL ? commons[i].fallback : pickup,
		    commons[i].help);
	out_table_end(t);
}

static void
say_kinds(void)
{
	static const char *const heads[] = { "KIND", "PICKUP", "SUMMARY",
		NULL };
	struct out_table *t = out_table_new(heads);
	char pickup[CLOCK_TEXT_MAX];

	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		clock_span_text(client_drivers[i]->pickup, pickup);
		out_table_cell(t, CYAN, "%s", client_drivers[i]->name);
		out_table_cell(t, PLAIN, "%s",
		    client_drivers[i]->human ? "a person" : pickup);
		out_table_cell(t, PLAIN, "%s", client_drivers[i]->summary);
	}
	out_table_end(t);
	out(PLAIN, "\nOptions of one: rotate clients KIND\n");
}

static void
json_option(cJSON *list, const struct client_opt *o)
{
	cJSON *row = cJSON_CreateObject(), *choices;

	(void)cJSON_AddStringToObject(row, "key", o->key);
	(void)cJSON_AddStringToObject(row, "type", type_names[o->type]);
	(void)cJSON_AddBoolToObject(row, "required", o->required);
	if (o->fallback != NULL)
		(void)cJSON_AddStringToObject(row, "default", o->fallback);
	if (o->choices != NULL) {
		choices = cJSON_AddArrayToObject(row, "choices");
		for (size_t i = 0; o->choices[i] != NULL; i++)
			(void)cJSON_AddItemToArray(
			    choices, cJSON_CreateString(o->choices[i]));
	}
	(void)cJSON_AddStringToObject(row, "help", o->help);
	(void)cJSON_AddItemToArray(list, row);
}

static cJSON *
json_kind(const struct client_driver *d)
{
	cJSON *o = cJSON_CreateObject(), *list;

	(void)cJSON_AddStringToObject(o, "kind", d->name);
	(void)cJSON_AddStringToObject(o, "summary", d->summary);
	(void)cJSON_AddNumberToObject(
	    o, "pickup_seconds", (double)d->pickup / 1000);
	(void)cJSON_AddBoolToObject(o, "human", d->human);
	(void)cJSON_AddBoolToObject(o, "readable", d->read != NULL);
	list = cJSON_AddArrayToObject(o, "options");
	for (const struct client_opt *p = d->opts; p->key != NULL; p++)
		json_option(list, p);
	return o;
}

static enum ec
find(const char *kind, const struct client_driver **ret, struct err *e)
{
	struct near n = { .want = kind };

	*ret = client_driver_find(kind);
	if (*ret != NULL)
		return EC_OK;
	for (size_t i = 0; client_drivers[i] != NULL; i++)
		near_try(&n, client_drivers[i]->name);
	(void)fail(
	    e, EC_USAGE, "no kind of client %.60s%s", kind, near_hint(&n).s);
	return fix(e, "rotate clients lists them");
}

static enum ec
exec_clients(struct app *a, struct err *e)
{
	const struct client_driver *d = NULL;
	cJSON *list;

	if (a->args->n_words == 1)
		TRY(find(a->args->words[0], &d, e));
	if (a->args->json && d != NULL)
		return out_json(json_kind(d), e);
	if (a->args->json) {
		list = cJSON_CreateArray();
		for (size_t i = 0; client_drivers[i] != NULL; i++)
			(void)cJSON_AddItemToArray(
			    list, json_kind(client_drivers[i]));
		return out_json(list, e);
	}
	if (d != NULL)
		say_kind(d);
	else
		say_kinds();
	return EC_OK;
}

const struct command cmd_clients = {
	.name = "clients",
	.operands = "[KIND]",
	.summary = "kinds of clients, and what may be configured for one",
	.help = "A client is a place that holds the credential. More kinds "
		"are made with\nexec: any program that speaks its protocol.\n"
		"\n"
		"  rotate clients\n"
		"  rotate clients postfix\n",
	.min_words = 0,
	.max_words = 1,
	.options = O_COMMON,
	.run = exec_clients,
};
