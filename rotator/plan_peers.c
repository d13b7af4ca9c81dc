/*
 * plan_peers: every SES endpoint that a rotation would need, once each, asked
 * side by side and without any credential.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/plan_p.h"

#define LIMIT_MS ((int64_t)15 * 1000)

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same(const struct smtp_peer *a, const struct smtp_peer *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port &&
	    a->tls == b->tls && same_text(a->ca_file, b->ca_file);
}

static void
add(struct plan *p, const struct smtp_peer *peer)
{
	for (size_t i = 0; i < p->n_peers; i++)
		if (same(&p->peers[i].peer, peer))
			return;
	p->peers[p->n_peers++].peer = *peer;
}

static void
add_of_identity(struct plan *p, const struct plan_identity *id)
{
	struct smtp_peer peer;

	for (size_t i = 0; id->conf->regions[i] != NULL; i++) {
		config_peer(id->conf, id->conf->regions[i], &peer);
		add(p, &peer);
	}
	for (size_t i = 0; i < id->n_clients; i++)
		add(p, &id->clients[i].conf->client.smtp);
}

static size_t
room(const struct plan *p)
{
	size_t n = 1;

	for (size_t i = 0; i < p->n; i++) {
		n += p->identities[i].n_clients;
		for (size_t j = 0; p->identities[i].conf->regions[j] != NULL;
		     j++)
			n++;
	}
	return n;
}

static void
judge(struct plan_peer *p, const struct probe_result *r)
{
	p->result = *r;
	if (r->verdict != PROBE_ACCEPTED)
		p->problem.ec = probe_fail(&p->problem.e, &p->peer, NULL, r);
}

static enum ec
ask(struct app *a, struct plan *p, struct err *e)
{
	AUTO(free)
	struct probe_job *jobs = calloc(p->n_peers + 1, sizeof(*jobs));

	if (jobs == NULL)
		return fail(e, EC_NOMEM, "no memory for the plan");
	for (size_t i = 0; i < p->n_peers; i++)
		jobs[i].peer = &p->peers[i].peer;
	TRY(app_net(a, e));
	TRY(probe_smtp_many(a->net, jobs, p->n_peers, LIMIT_MS, e));
	for (size_t i = 0; i < p->n_peers; i++)
		judge(&p->peers[i], &jobs[i].result);
	return EC_OK;
}

enum ec
plan_peers(struct app *a, struct plan *p, struct err *e)
{
	struct problem all;

	p->peers = calloc(room(p), sizeof(*p->peers));
	if (p->peers == NULL)
		return fail(e, EC_NOMEM, "no memory for the plan");
	for (size_t i = 0; i < p->n; i++)
		add_of_identity(p, &p->identities[i]);
	if (p->n_peers == 0)
		return EC_OK;
	all.ec = ask(a, p, &all.e);
	/* A CA file that cannot be used, say: true of what was asked. */
	for (size_t i = 0; all.ec != EC_OK && i < p->n_peers; i++)
		p->peers[i].problem = all;
	return EC_OK;
}
