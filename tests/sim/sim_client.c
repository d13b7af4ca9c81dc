/* Clients: a file, a running process that may lag behind it, and the faults
 * of the table: they fail, they lie, they cannot be read. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

struct sim_client *
sim_client(struct sim *w, const char *name)
{
	struct client_conf *c = sim_conf(w, name);

	return c == NULL ? NULL : c->client.conf;
}

struct client_conf *
sim_conf(struct sim *w, const char *name)
{
	for (size_t i = 0; i < w->config.n_clients; i++)
		if (strcmp(w->confs[i].client.name, name) == 0)
			return &w->confs[i];
	return NULL;
}

static void
note_fault(struct sim *w, enum sim_call call, const struct sim_fault *f)
{
	if (f->kind == FAULT_LIE)
		reach_mode(w, call == CALL_WRITE ? MODE_C19 : MODE_D2);
	else if (f->kind == FAULT_FAIL && call == CALL_ACTIVATE)
		reach_mode(w, MODE_D1);
	else if (f->kind == FAULT_FAIL && f->arg == EC_DENIED)
		reach_mode(w, MODE_B5);
	else if (f->kind == FAULT_FAIL)
		reach_mode(w, MODE_C22);
}

/* EC_OK: go on. *lie: say ok and do nothing. */
static enum ec
begin(const struct client *c, enum sim_call call, bool *lie, struct err *e)
{
	struct sim_client *s = c->conf;
	const struct sim_fault *f;

	*lie = false;
	if (sim_enter(s->w, call, c->name, e))
		return e->ec;
	f = sim_fault_now(s->w, call, c->name);
	*lie = f->kind == FAULT_LIE;
	/* Only the grace, which `revoke` skips, could show it. */
	s->lied = s->lied || *lie;
	note_fault(s->w, call, f);
	if (f->kind == FAULT_FAIL)
		return sim_leave(
		    s->w, fail(e, (enum ec)f->arg, "%s: fault", c->name), e);
	return EC_OK;
}

/* FAULT_AFTER: it is done, but what comes back is an error. */
static enum ec
end(const struct client *c, enum sim_call call, struct err *e)
{
	const struct sim_client *s = c->conf;

	if (sim_fault_now(s->w, call, c->name)->kind == FAULT_AFTER)
		return sim_leave(s->w,
		    fail(e, EC_UNKNOWN, "%s: outcome unknown", c->name), e);
	return sim_leave(s->w, EC_OK, e);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	bool lie;

	TRY(begin(c, CALL_PLAN, &lie, e));
	(void)snprintf(ret->change, sizeof(ret->change), "set it");
	return end(c, CALL_PLAN, e);
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	struct sim_client *s = c->conf;
	bool lie;

	TRY(begin(c, CALL_READ, &lie, e));
	s->read = s->w->calls;
	s->life_read = s->w->proc.id;
	(void)snprintf(ret->user, sizeof(ret->user), "%s", s->user);
	if (s->pass[0] != '\0')
		TRY(secret_new(s->pass, strlen(s->pass), &ret->pass, e));
	sim_say(s->w, "  = %s holds %s", c->name, s->user);
	return end(c, CALL_READ, e);
}

void
sim_client_hold(struct sim_client *c, const char *user, const char *pass)
{
	(void)snprintf(c->user, sizeof(c->user), "%s", user);
	(void)snprintf(c->pass, sizeof(c->pass), "%s", pass);
	(void)snprintf(c->live, sizeof(c->live), "%s", user);
	c->live_at = 0;
	c->ours = false;
	c->edited = c->w->calls;
}

void
sim_client_give(struct sim_client *c, const struct sim_key *k)
{
	char pass[64];

	sim_password(k, c->region, pass);
	sim_client_hold(c, k->id, pass);
}

void
sim_client_region(struct client_conf *c, const char *region)
{
	struct sim_client *s = c->client.conf;

	s->region = c->client.region = region;
	config_peer(c->identity, region, &c->client.smtp);
}

/* Nothing can stop it: it is like somebody else's edit, but it must be said
 * (sim_check_run). */
static void
written_late(struct sim_client *s)
{
	s->exempt = true;
	s->ours = false;
	s->edited = s->w->calls;
	s->w->unsaid = true;
	reach_mode(s->w, MODE_B11C);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	struct sim_client *s = c->conf;
	bool lie, late;

	TRY(begin(c, CALL_WRITE, &lie, e));
	sim_check_write(s->w, c, cred);
	late = sim_gap(s->w);
	if (!lie) {
		s->ours = true;
		s->written = s->w->now;
		(void)snprintf(s->user, sizeof(s->user), "%s", cred->user);
		(void)snprintf(
		    s->pass, sizeof(s->pass), "%s", secret_reveal(cred->pass));
		if (late)
			written_late(s);
		if (s->drv.activate == NULL)
			s->live_at = s->w->now + s->delay;
		sim_say(s->w, "  + %s holds %s", c->name, s->user);
	}
	return end(c, CALL_WRITE, e);
}

/* File and process are what we made them: from here on it is our doing. */
static void
pick_up(struct sim_client *s)
{
	memcpy(s->live, s->user, sizeof(s->live));
	s->exempt = s->exempt && !s->ours;
}

static enum ec
activate(const struct client *c, struct err *e)
{
	struct sim_client *s = c->conf;
	bool lie;

	TRY(begin(c, CALL_ACTIVATE, &lie, e));
	if (!lie)
		pick_up(s);
	return end(c, CALL_ACTIVATE, e);
}

static enum ec
steps(const struct client *c, const char *new_user, struct buf *ret,
    struct err *e)
{
	struct sim_client *s = c->conf;
	bool lie;

	TRY(begin(c, CALL_STEPS, &lie, e));
	(void)snprintf(s->asked, sizeof(s->asked), "%s", new_user);
	s->asked_at = s->w->now;
	TRY(buf_adds(ret, "do it", e));
	return end(c, CALL_STEPS, e);
}

struct sim_client *
sim_client_add(struct sim *w, const char *name)
{
	struct sim_client *s = &w->clients[w->n_clients++];
	struct client_conf *c = &w->confs[w->config.n_clients++];

	memset(s, 0, sizeof(*s));
	memset(c, 0, sizeof(*c));
	s->w = w;
	s->region = w->regions[0];
	s->drv = (struct client_driver){ .name = "sim",
		.plan = plan,
		.read = read_pair,
		.write = write_pair,
		.activate = activate };
	c->client = (struct client){ .name = name,
		.identity = w->identity.name,
		.region = w->regions[0],
		.drv = &s->drv,
		.conf = s };
	config_peer(&w->identity, w->regions[0], &c->client.smtp);
	c->identity = &w->identity;
	c->settle = w->identity.settle;
	c->required = true;
	c->deadline = SIM_DAY;
	w->config.clients = w->confs;
	return s;
}

void
sim_client_human(struct sim_client *c)
{
	c->drv.human = true;
	c->drv.read = NULL;
	c->drv.write = NULL;
	c->drv.activate = NULL;
	c->drv.steps = steps;
}

void
sim_client_forget(struct sim *w, const char *name)
{
	struct client_conf *c = sim_conf(w, name);
	size_t at = (size_t)(c - w->confs);

	w->config.n_clients--;
	memmove(c, c + 1, (w->config.n_clients - at) * sizeof(*c));
}

/* The place of this key's word: said again, the last time counts. */
static size_t
word_of(const struct sim_client *s, const char *id)
{
	size_t i = 0;

	while (i < s->n_confirmed && strcmp(s->confirmed[i].id, id) != 0)
		i++;
	return i;
}

/* The person reads the new pair, types it in, and says so. */
static void
do_as_asked(struct sim_client *s)
{
	const struct sim_key *k = sim_key(s->w, s->asked);
	size_t at;

	/* Nobody could try it for him: he sees that it does not work yet. */
	if (k != NULL && !sim_ses_accepts(s->w, k) &&
	    rec_key_sealed(&s->w->disk.new, s->region) == NULL)
		return;
	s->asked_at = 0;
	if (k == NULL || (at = word_of(s, k->id)) == COUNT(s->confirmed))
		return;
	sim_client_give(s, k);
	s->exempt = false;
	reach_mode(s->w, MODE_C21);
	memcpy(s->confirmed[at].id, k->id, sizeof(k->id));
	s->confirmed[at].at = s->w->now - s->w->skew;
	s->n_confirmed += at == s->n_confirmed ? 1 : 0;
	sim_say(s->w, "  + a person confirms %s", k->id);
}

static void
live(struct sim_client *s)
{
	struct sim_key *k;

	if (s->live_at != 0 && s->w->now >= s->live_at) {
		s->live_at = 0;
		pick_up(s);
	}
	if (s->answers && s->asked_at != 0 &&
	    s->w->now >= s->asked_at + s->answer_after)
		do_as_asked(s);
	k = sim_key(s->w, s->live);
	if (s->silent || k == NULL || !sim_ses_accepts(s->w, k))
		return;
	if (!k->active)
		reach_mode(s->w, MODE_A10);
	if (s->live_at != 0)
		reach_mode(s->w, MODE_D5);
	sim_key_use(s->w, k, false);
}

void
sim_clients_live(struct sim *w)
{
	struct sim_key *k;

	for (size_t i = 0; i < w->config.n_clients; i++)
		live(w->confs[i].client.conf);
	if (w->straggler[0] == '\0')
		return;
	k = sim_key(w, w->straggler);
	if (k != NULL && sim_ses_accepts(w, k)) {
		if (!k->active)
			reach_mode(w, MODE_A10);
		sim_key_use(w, k, true);
	}
}
