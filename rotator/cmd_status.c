/*
 * status: where everything stands, from the store alone: no connection, no
 * lease, no trace. status_one.c tells one identity in full, status_json.c the
 * same for programs.
 *
 * Of the configuration the table needs the names alone, in their order: the
 * roster may know them, and then it is not read.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/picture.h"
#include "rotator/roster.h"
#include "rotator/status.h"

enum colour
status_colour(const struct look *l)
{
	if (l->rec.state == ROT_BLOCKED)
		return RED;
	if (!l->known)
		return DIM;
	return l->rec.state == ROT_IDLE ? GREEN : YELLOW;
}

const char *
status_name(const struct look *l)
{
	return l->known ? rot_state_name(l->rec.state) : "-";
}

/* "97d", not "97d 4h": a column must be narrow. */
void
status_short(int64_t ms, char ret[CLOCK_TEXT_MAX])
{
	char *blank;

	look_age(0, ms, ret);
	blank = strchr(ret, ' ');
	if (blank != NULL)
		*blank = '\0';
}

void
status_waits(const struct look *l, char *ret, size_t size)
{
	const struct rec *r = &l->rec;

	if (r->state == ROT_BLOCKED)
		(void)snprintf(ret, size, "a person, see below");
	else if (l->hold.held)
		(void)snprintf(ret, size, "rotate release (held by %s: %s)",
		    l->hold.by, l->hold.reason);
	else if (!l->known)
		(void)snprintf(ret, size, "its first run");
	else if (r->waiting[0] != '\0')
		(void)snprintf(ret, size, "%s", r->waiting);
	else
		(void)snprintf(ret, size, "%s",
		    r->state == ROT_IDLE ? "its next rotation"
					 : "the next run");
}

static void
say_next(struct out_table *t, const struct look *l, int64_t now)
{
	char span[CLOCK_TEXT_MAX];

	status_short(l->rec.next_at - now, span);
	if (!l->known || l->rec.next_at == 0 || l->rec.state == ROT_BLOCKED)
		out_table_cell(t, PLAIN, "-");
	else if (l->rec.next_at <= now)
		out_table_cell(t, YELLOW, "now");
	else
		out_table_cell(t, PLAIN, "in %s", span);
}

static void
say_row(
    struct out_table *t, const char *name, const struct look *l, int64_t now)
{
	const struct rec_key *k = look_current(&l->rec);
	char age[CLOCK_TEXT_MAX] = "-", waits[REC_TEXT_MAX + 64];

	if (k->created != 0)
		status_short(now - k->created, age);
	status_waits(l, waits, sizeof(waits));
	out_table_text(t, CYAN, name);
	out_table_text(t, status_colour(l), status_name(l));
	out_table_text(t, PLAIN, k->id[0] != '\0' ? k->id : "-");
	out_table_text(t, PLAIN, age);
	say_next(t, l, now);
	out_table_text(t, PLAIN, waits);
}

void
status_say_alarm(const struct rec *r)
{
	if (r->state != ROT_BLOCKED)
		return;
	out(RED, "\n%s is blocked\n", r->identity);
	out(BOLD, "  why: ");
	out_para(PLAIN, 7, r->alarm);
	if (r->alarm_fix[0] != '\0') {
		out(BOLD, "  fix: ");
		out_para(PLAIN, 7, r->alarm_fix);
	}
}

/* What a person was asked to do, as the two commands that do it. */
static void
say_asked(struct app *a, const struct rec *r)
{
	struct confirmation c;

	for (size_t i = 0; i < r->n_clients; i++) {
		const char *name = r->clients[i].name;

		if (r->clients[i].state != CL_ASKED)
			continue;
		if (look_confirmed(a, r, name, &c))
			out(GREEN, "\n%s is confirmed; the next run goes on.\n",
			    name);
		else
			out(YELLOW,
			    "\n%s waits for a person: rotate show-once "
			    "%s, then rotate confirm %s\n",
			    name, name, name);
	}
}

/* Is there more to say of it than its row? */
static bool
is_notable(const struct rec *r)
{
	bool asked = false;

	for (size_t i = 0; i < r->n_clients; i++)
		asked |= r->clients[i].state == CL_ASKED;
	return asked || r->state == ROT_BLOCKED;
}

static enum ec
tell_row(const struct picture *p, size_t i, const char *name, int64_t now,
    struct out_table *t, bool *ret_notable, struct err *e)
{
	AUTO(look) struct look l; /* large: not cleared twice */

	l.rec.clients = NULL;
	l.rec.n_clients = 0;
	TRY(picture_look(p, i, &l, e));
	say_row(t, name, &l, now);
	*ret_notable = is_notable(&l.rec);
	return EC_OK;
}

static enum ec
tell_rows(const struct picture *p, const struct roster *r, struct out_table *t,
    bool *notable, struct err *e)
{
	const int64_t now = clock_wall();

	for (size_t i = 0; i < r->n; i++)
		TRY(tell_row(p, i, r->names[i], now, t, &notable[i], e));
	return EC_OK;
}

static enum ec
tell_below(struct app *a, const struct picture *p, size_t i, struct err *e)
{
	AUTO(look) struct look l = { .known = false };

	TRY(picture_look(p, i, &l, e));
	status_say_alarm(&l.rec);
	say_asked(a, &l.rec);
	return EC_OK;
}

static enum ec
say_all(struct app *a, const struct roster *r, struct err *e)
{
	static const char *const heads[] = { "IDENTITY", "STATE", "KEY", "AGE",
		"NEXT", "WAITS FOR", NULL };
	AUTO(free) bool *notable = calloc(r->n + 1, sizeof(*notable));
	AUTO(picture) struct picture *p = NULL;
	struct out_table *t;
	enum ec ec;

	if (notable == NULL)
		return fail(e, EC_NOMEM, "no memory for the identities");
	TRY(picture_take(a, r->names, r->n, &p, e));
	t = out_table_new(heads);
	ec = tell_rows(p, r, t, notable, e);
	if (ec != EC_OK) {
		out_table_free(t);
		return ec;
	}
	out_table_end(t);
	for (size_t i = 0; i < r->n; i++)
		if (notable[i])
			TRY(tell_below(a, p, i, e));
	return EC_OK;
}

static enum ec
exec_status(struct app *a, struct err *e)
{
	AUTO(roster) struct roster r = ROSTER;
	const struct identity_conf *id = NULL;

	if (a->args->n_words == 0 && !a->args->json && roster_open(a, &r))
		return say_all(a, &r, e);
	if (a->args->n_words == 1)
		TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(look_names(a, e));
	TRY(look_open(a, e));
	if (id != NULL)
		return a->args->json ? status_json_one(a, id, e)
				     : status_one(a, id, e);
	TRY(roster_of(a->config, a->args, &r, e));
	return a->args->json ? status_json(a, &r, e) : say_all(a, &r, e);
}

const struct command cmd_status = {
	.name = "status",
	.operands = "[NAME]",
	.summary = "where everything stands and what it waits for",
	.help =
	    "From the stored state alone: nothing is asked of AWS, SES or a "
	    "client. With\nNAME everything that is known of one identity, "
	    "each client included.\n"
	    "\n"
	    "  rotate status\n"
	    "  rotate status mail\n"
	    "  rotate status --json\n",
	.min_words = 0,
	.max_words = 1,
	.options = O_COMMON | O_IDENTITY,
	.run = exec_status,
};
