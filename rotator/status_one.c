/*
 * status_one: everything that is stored about one identity, for a person who
 * must decide something.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/status.h"

#define LABEL 12

static void line(enum colour c, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
line(enum colour c, const char *label, const char *fmt, ...)
{
	char text[2 * REC_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out(DIM, "  %-*s", LABEL, label);
	out_para(c, LABEL + 2, text);
}

static void
say_key(const char *label, const struct rec_key *k, int64_t now)
{
	char age[CLOCK_TEXT_MAX], proved[64];

	if (k->id[0] == '\0')
		return;
	look_age(k->created, now, age);
	out_when(k->proved, now, proved, sizeof(proved));
	if (k->proved == 0)
		line(PLAIN, label, "%s, %s old", k->id, age);
	else
		line(PLAIN, label, "%s, %s old, SES accepted it %s", k->id, age,
		    proved);
}

static void
say_use(const struct rec *r, int64_t now)
{
	char when[64], looked[64];

	if (r->use_sampled == 0)
		return;
	out_when(r->use.at, now, when, sizeof(when));
	out_when(r->use_sampled, now, looked, sizeof(looked));
	if (r->use.never)
		line(PLAIN, "last use", "of the old key: never (looked %s)",
		    looked);
	else
		line(PLAIN, "last use",
		    "of the old key: %s, %s in %s (looked %s)", when,
		    r->use.service, r->use.region, looked);
}

static void
say_keys(const struct rec *r, int64_t now)
{
	const bool turning = look_has_new(r);
	char when[64];

	say_key(turning ? "old key" : "key", &r->old, now);
	say_key(r->rollback ? "back to" : "new key", &r->new, now);
	say_use(r, now);
	if (r->verified_at != 0) {
		out_when(r->verified_at, now, when, sizeof(when));
		line(PLAIN, "moved", "every required client, %s", when);
	}
	if (r->inactive_at != 0) {
		out_when(r->inactive_at, now, when, sizeof(when));
		line(PLAIN, "switched off", "%s", when);
	}
	if (r->orphan[0] != '\0')
		line(YELLOW, "orphan", "%s, ours, its secret was never seen",
		    r->orphan);
}

static void
say_waits(const struct look *l, int64_t now)
{
	const struct rec *r = &l->rec;
	char waits[REC_TEXT_MAX + 64], when[64], at[CLOCK_TEXT_MAX];

	status_waits(l, waits, sizeof(waits));
	line(PLAIN, "waits for", "%s", waits);
	if (r->next_at != 0 && r->state != ROT_BLOCKED) {
		out_when(r->next_at, now, when, sizeof(when));
		clock_text(r->next_at, at);
		line(PLAIN, "next", "%s (%s)", r->next_at <= now ? "now" : when,
		    at);
	}
	if (l->hold.held) {
		out_when(l->hold.since, now, when, sizeof(when));
		line(YELLOW, "held", "by %s, %s: %s", l->hold.by, when,
		    l->hold.reason);
	}
}

static void
say_top(const struct look *l, const struct identity_conf *id, int64_t now)
{
	const struct rec *r = &l->rec;
	char when[64];

	out(BOLD, "%s  ", id->name);
	out(status_colour(l), "%s", status_name(l));
	if (r->state == ROT_BLOCKED)
		out(PLAIN, " in %s", rot_state_name(r->resume));
	out(PLAIN, "%s%s%s\n", l->known ? "" : "never run",
	    r->emergency ? ", emergency" : "",
	    r->rollback ? ", rolling back" : "");
	if (r->state != ROT_IDLE && r->started != 0) {
		out_when(r->started, now, when, sizeof(when));
		line(PLAIN, "begun", "%s", when);
	}
	say_waits(l, now);
	line(PLAIN, "IAM user", "%s%s%s%s%s", id->iam_user,
	    r->user_id[0] != '\0' ? ", " : "", r->user_id,
	    r->account[0] != '\0' ? ", account " : "", r->account);
	if (r->failures > 0)
		line(YELLOW, "failures",
		    "%" PRId64 " rotation(s) in a row did not succeed",
		    r->failures);
	say_keys(r, now);
}

static enum colour
client_colour(const struct rec_client *rc)
{
	if (rc->error[0] != '\0' || rc->state == CL_LEFT)
		return RED;
	return rc->state == CL_VERIFIED ? GREEN
	    : rc->state == CL_PENDING   ? PLAIN
					: YELLOW;
}

static void
say_client(struct app *a, struct out_table *t, const struct client_conf *c,
    struct look *l, int64_t now)
{
	const struct rec_client *rc = rec_client(&l->rec, c->client.name);
	const struct rec_client none = { .state = CL_PENDING };
	struct confirmation said = { .confirmed = false };
	char since[64] = "-";

	rc = rc != NULL ? rc : &none;
	if (rc->since != 0)
		out_when(rc->since, now, since, sizeof(since));
	out_table_cell(t, CYAN, "  %s", c->client.name);
	out_table_cell(t, PLAIN, "%s", c->client.drv->name);
	out_table_cell(t, client_colour(rc), "%s",
	    l->known ? look_client_state(rc->state) : "-");
	out_table_cell(t, PLAIN, "%s", since);
	if (rc->error[0] != '\0')
		out_table_cell(t, RED, "%s", rc->error);
	else if (rc->state == CL_ASKED &&
	    look_confirmed(a, &l->rec, c->client.name, &said))
		out_table_cell(t, GREEN, "confirmed by %s", said.by);
	else
		out_table_cell(t, PLAIN, "%s%s", rc->evidence,
		    c->required ? "" : " (not required)");
}

static void
say_clients(
    struct app *a, const struct identity_conf *id, struct look *l, int64_t now)
{
	static const char *const heads[] = { "  CLIENT", "KIND", "STATE",
		"SINCE", "EVIDENCE", NULL };
	struct out_table *t = out_table_new(heads);
	const struct client_conf *c;

	out(PLAIN, "\n");
	for (size_t i = 0; (c = config_client_of(a->config, id, i)) != NULL;
	     i++)
		say_client(a, t, c, l, now);
	out_table_end(t);
}

/* For each person who was asked and has not answered. */
static enum ec
say_steps(struct app *a, const struct rec *r, struct err *e)
{
	for (size_t i = 0; i < r->n_clients; i++) {
		const struct client_conf *c =
		    config_client(a->config, r->clients[i].name);
		AUTO(buf) struct buf text = BUF((size_t)64 * 1024);
		struct confirmation said;

		if (c == NULL || r->clients[i].state != CL_ASKED ||
		    c->client.drv->steps == NULL ||
		    look_confirmed(a, r, c->client.name, &said))
			continue;
		TRY(c->client.drv->steps(&c->client, r->new.id, &text, e));
		out(PLAIN, "\n%s", buf_str(&text));
	}
	return EC_OK;
}

enum ec
status_one(struct app *a, const struct identity_conf *id, struct err *e)
{
	AUTO(look) struct look l = { .known = false };
	const int64_t now = clock_wall();

	TRY(look_at(a, id, &l, e));
	say_top(&l, id, now);
	say_clients(a, id, &l, now);
	status_say_alarm(&l.rec);
	return say_steps(a, &l.rec, e);
}
