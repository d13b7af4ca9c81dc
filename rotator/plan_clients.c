/*
 * plan_clients: what each client would have done to it, and whether its
 * former pair could be given back.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/plan_p.h"

static void
say(struct plan_client *c, bool way_back, const char *text)
{
	c->way_back = way_back;
	(void)snprintf(c->back, sizeof(c->back), "%s", text);
}

/* The pair it holds is the one that a way back would restore. */
static void
judge_held(struct plan_client *c, const struct smtp_cred *held)
{
	struct err e;

	if (held->user[0] == '\0' || held->pass == NULL)
		say(c, false, "it holds no pair yet: no way back to one");
	else if (client_cred_check(&c->conf->client, held, &e) != EC_OK)
		say(c, false,
		    "what it holds is no SES pair: roll-forward only");
	else
		say(c, true, "its pair can be given back");
	if (key_id_valid(held->user))
		(void)snprintf(c->holds, sizeof(c->holds), "%s", held->user);
}

static void
look_back(struct plan_client *c)
{
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	const struct client *cl = &c->conf->client;
	struct err e;

	if (cl->drv->human) {
		say(c, true, "a person would change it back");
		return;
	}
	if (cl->drv->read == NULL) {
		say(c, false, "it cannot be read back: roll-forward only");
		return;
	}
	if (cl->drv->read(cl, &held, &e) != EC_OK) {
		say(c, false, e.what);
		return;
	}
	judge_held(c, &held);
}

/* In a rotation that is under way the former pair is what was kept before the
 * first write, not what the client holds now. */
static void
look_kept(struct plan_client *c, const struct rec_client *rc)
{
	if (rc->pre_sealed[0] == '\0') {
		say(c, false, "no former pair was kept: roll-forward only");
		return;
	}
	c->way_back = true;
	(void)snprintf(c->back, sizeof(c->back), "its former pair %s is kept",
	    rc->pre_user);
}

void
plan_client(struct plan_client *c, const struct rec *r)
{
	const struct client *cl = &c->conf->client;

	c->problem.ec = cl->drv->plan(cl, &c->plan, &c->problem.e);
	look_back(c);
	for (size_t i = 0; i < r->n_clients; i++)
		if (look_has_new(r) && r->clients[i].touched &&
		    !cl->drv->human &&
		    strcmp(r->clients[i].name, cl->name) == 0)
			look_kept(c, &r->clients[i]);
}
