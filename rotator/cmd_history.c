/*
 * history: what happened, from the chained event log. The store verifies the
 * whole chain before it hands out the first event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/look.h"
#include "rotator/out_p.h"

struct tell {
	const char *identity; /* or NULL: all */
	bool json;
	struct out_table *table;
	size_t seen, told;
};

static enum ec
as_json(const struct event *ev, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	(void)cJSON_AddNumberToObject(o, "seq", (double)ev->seq);
	out_json_time(o, "at", ev->at);
	(void)cJSON_AddStringToObject(o, "identity", ev->identity);
	(void)cJSON_AddStringToObject(o, "what", ev->what);
	(void)cJSON_AddStringToObject(o, "text", ev->text);
	return out_json_line(o, e);
}

static enum ec
tell_event(void *arg, const struct event *ev, struct err *e)
{
	struct tell *t = arg;
	char when[CLOCK_TEXT_MAX];

	t->seen++;
	if (t->identity != NULL && strcmp(t->identity, ev->identity) != 0)
		return EC_OK;
	t->told++;
	if (t->json)
		return as_json(ev, e);
	clock_text(ev->at, when);
	out_table_cell(t->table, DIM, "%s", when);
	if (t->identity == NULL)
		out_table_cell(t->table, CYAN, "%s", ev->identity);
	out_table_cell(t->table, strcmp(ev->what, "alarm") == 0 ? RED : PLAIN,
	    "%s", ev->what);
	out_table_cell(t->table, PLAIN, "%s", ev->text);
	return EC_OK;
}

static enum ec
tell_all(struct app *a, struct tell *t, struct err *e)
{
	static const char *const heads[] = { "TIME", "IDENTITY", "WHAT",
		"EVENT", NULL };
	static const char *const heads_one[] = { "TIME", "WHAT", "EVENT",
		NULL };
	enum ec ec;

	if (!t->json)
		t->table =
		    out_table_new(t->identity == NULL ? heads : heads_one);
	ec = a->store.history(a->store.ctx, NULL, tell_event, t, e);
	if (t->told == 0) /* no heads above nothing */
		out_table_free(t->table);
	else
		out_table_end(t->table);
	return ec;
}

static enum ec
exec_history(struct app *a, struct err *e)
{
	struct tell t = {
		.identity = a->args->words[0],
		.json = a->args->json,
	};

	TRY(look_open(a, e));
	if (a->store.ctx == NULL) {
		if (!t.json)
			out(PLAIN,
			    "Nothing has ever happened: no state in "
			    "%s.\n",
			    a->config->state);
		return EC_OK;
	}
	TRY(tell_all(a, &t, e));
	if (t.json)
		return EC_OK;
	if (t.told == 0 && t.identity != NULL)
		out(PLAIN, "No event of an identity %s.\n", t.identity);
	out(GREEN, "chain of %zu events is whole\n", t.seen);
	return EC_OK;
}

const struct command cmd_history = {
	.name = "history",
	.operands = "[NAME]",
	.summary = "what happened; verifies that nothing was altered",
	.help = "Every event is chained to the one before by a hash. The chain "
		"is verified\nfrom its first event, whatever is shown.\n"
		"\n"
		"  rotate history\n"
		"  rotate history mail\n"
		"  rotate history --json     one JSON object a line\n",
	.min_words = 0,
	.max_words = 1,
	.options = O_CONFIG | O_JSON | O_LOG,
	.run = exec_history,
};
