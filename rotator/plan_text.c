/* plan_text: the plan, for a person. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/out_p.h"
#include "rotator/plan_p.h"

#define LABEL 10

static const enum colour kind_colours[PLAN__MAX] = {
	[PLAN_ROTATE] = YELLOW,
	[PLAN_WAIT] = GREEN,
	[PLAN_BLOCKED] = RED,
};

static void line(enum colour c, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
line(enum colour c, const char *label, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out(DIM, "  %-*s", LABEL, label);
	out_para(c, LABEL + 2, text);
}

static void
say_problem(const struct problem *p)
{
	if (p->ec == EC_OK)
		return;
	line(RED, "problem", "%s", p->e.what);
	if (p->e.fix[0] != '\0')
		line(PLAIN, "fix", "%s", p->e.fix);
}

static void
say_aws(struct app *a, const struct plan *p)
{
	out(BOLD, "AWS\n");
	if (p->who[0] != '\0')
		line(PLAIN, "identity", "%s", p->who);
	if (p->caller.arn[0] != '\0')
		line(PLAIN, "caller", "%s", p->caller.arn);
	if (a->endpoint[0] != '\0')
		line(PLAIN, "IAM", "%s", a->endpoint);
	say_problem(&p->aws);
	if (p->seal.ec == EC_OK)
		return;
	out(BOLD, "\nSeal key\n");
	say_problem(&p->seal);
}

static const char *
key_label(const struct rec *r, const char *id)
{
	if (r->new.id[0] != '\0' && strcmp(id, r->new.id) == 0)
		return "new key";
	if (r->old.id[0] == '\0' || strcmp(id, r->old.id) == 0)
		return "key";
	return "other key";
}

static void
say_key(const struct plan_key *k, const struct rec *r, int64_t now)
{
	char age[CLOCK_TEXT_MAX], when[64], use[200] = "last use not known";

	look_age(k->key.created, now, age);
	out_when(k->use.at, now, when, sizeof(when));
	if (k->use_known && k->use.never)
		(void)snprintf(use, sizeof(use), "never used");
	else if (k->use_known)
		(void)snprintf(use, sizeof(use), "last used %s (%s, %s)", when,
		    k->use.service, k->use.region);
	line(PLAIN, key_label(r, k->key.id), "%s, %s, %s old, %s", k->key.id,
	    plan_key_status(k->key.status), age, use);
}

static void
say_client(const struct plan_client *c)
{
	const struct client *cl = &c->conf->client;

	out(DIM, "  %-*s", LABEL, "client");
	out(CYAN, "%s", cl->name);
	out(PLAIN, " (%s, %s)%s\n", cl->drv->name, cl->region,
	    c->conf->required ? "" : ", not required");
	if (c->problem.ec == EC_OK) {
		line(PLAIN, "", "%s", c->plan.change);
		if (c->plan.after[0] != '\0')
			line(PLAIN, "", "%s", c->plan.after);
		if (c->plan.warning[0] != '\0')
			line(YELLOW, "", "warning: %s", c->plan.warning);
	}
	say_problem(&c->problem);
	if (c->problem.ec != EC_OK && c->holds[0] == '\0')
		return; /* the same cause once more */
	line(c->way_back ? PLAIN : YELLOW, "", "%s%s%s%s",
	    c->holds[0] != '\0' ? "holds " : "", c->holds,
	    c->holds[0] != '\0' ? "; " : "", c->back);
}

static void
say_identity(const struct plan_identity *id, int64_t now)
{
	const struct rec *r = &id->look.rec;

	out(BOLD, "\n%s", id->conf->name);
	out(PLAIN, "  %s\n",
	    id->look.known ? rot_state_name(r->state) : "never run");
	line(PLAIN, "IAM user", "%s%s%s", id->conf->iam_user,
	    id->user.user_id[0] != '\0' ? ", " : "", id->user.user_id);
	for (size_t i = 0; i < id->n_keys; i++)
		say_key(&id->keys[i], r, now);
	if (id->keys_known && id->n_keys == 0)
		line(PLAIN, "key", "none");
	line(kind_colours[id->kind], "next", "%s", id->next);
	if (id->fix[0] != '\0')
		line(PLAIN, "fix", "%s", id->fix);
	for (size_t i = 0; i < id->n_clients; i++)
		say_client(&id->clients[i]);
	if (id->n_clients == 0)
		line(YELLOW, "client", "none: nobody would be told a new key");
}

static void
say_peers(const struct plan *p)
{
	static const char *const heads[] = { "SES ENDPOINT", "TLS", "ANSWER",
		NULL };
	struct out_table *t;

	if (p->n_peers == 0)
		return;
	t = out_table_new(heads);
	out(PLAIN, "\n");
	for (size_t i = 0; i < p->n_peers; i++) {
		const struct plan_peer *one = &p->peers[i];
		const struct err *e = &one->problem.e;

		out_table_cell(
		    t, CYAN, "%s:%u", one->peer.host, one->peer.port);
		out_table_cell(t, PLAIN, "%s", look_tls(one->peer.tls));
		if (one->problem.ec == EC_OK)
			out_table_cell(
			    t, GREEN, "ready, %" PRId64 "ms", one->result.took);
		else
			out_table_cell(t, RED, "%s%s%s", e->what,
			    e->fix[0] != '\0' ? "; " : "", e->fix);
	}
	out_table_end(t);
}

void
plan_text(struct app *a, const struct plan *p)
{
	say_aws(a, p);
	for (size_t i = 0; i < p->n; i++)
		say_identity(&p->identities[i], p->now);
	say_peers(p);
	out(BOLD, "\nPlan: %zu to rotate, %zu waiting, %zu blocked.\n",
	    plan_count(p, PLAN_ROTATE), plan_count(p, PLAN_WAIT),
	    plan_count(p, PLAN_BLOCKED));
}
