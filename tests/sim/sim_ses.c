/* SMTP AUTH: accepts a pair when the password is that region's and the news
 * of the key has come through. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

#define HOST_HEAD "email-smtp."
#define PROBE_MS  200

/* Derivation costs a few microseconds, and a world asks for the same pair
 * again and again: the last few are kept. */
static struct cached {
	char secret[41], region[REGION_MAX], pass[64];
} cache[256];

void
sim_password(const struct sim_key *k, const char *region, char ret[64])
{
	AUTO(secret) struct secret *key = NULL;
	AUTO(secret) struct secret *pass = NULL;
	size_t h = (size_t)k->secret[38] * 31 + (size_t)k->secret[39] * 7 +
	    (size_t)k->secret[37] + (size_t)region[0] * 13;
	struct cached *c = &cache[h % COUNT(cache)];
	struct err e;

	if (strcmp(c->secret, k->secret) != 0 ||
	    strcmp(c->region, region) != 0) {
		memset(c, 0, sizeof(*c));
		if (secret_new(k->secret, strlen(k->secret), &key, &e) !=
			EC_OK ||
		    smtp_password_derive(key, region, &pass, &e) != EC_OK)
			abort();
		memcpy(c->secret, k->secret, sizeof(c->secret));
		(void)snprintf(c->region, sizeof(c->region), "%s", region);
		(void)snprintf(
		    c->pass, sizeof(c->pass), "%s", secret_reveal(pass));
	}
	memcpy(ret, c->pass, sizeof(c->pass));
}

size_t
sim_region(const struct sim *w, const char *region)
{
	size_t i = 0;

	while (i < COUNT(w->regions) && w->regions[i] != NULL &&
	    strcmp(w->regions[i], region) != 0)
		i++;
	return i;
}

bool
sim_ses_accepts(const struct sim *w, const struct sim_key *k)
{
	if (w->refuse_new && !k->foreign)
		return false;
	return k->since[0] <= w->now &&
	    (k->since[1] == 0 || w->now < k->since[1]) && k->exists;
}

static bool
right_password(const struct sim_key *k, const char *host,
    const struct smtp_cred *cred, char region[REGION_MAX])
{
	char want[64];
	size_t n;

	if (strncmp(host, HOST_HEAD, strlen(HOST_HEAD)) != 0)
		return false;
	host += strlen(HOST_HEAD);
	n = strcspn(host, ".");
	if (n >= REGION_MAX)
		return false;
	memcpy(region, host, n);
	region[n] = '\0';
	sim_password(k, region, want);
	return cred->pass != NULL &&
	    strcmp(secret_reveal(cred->pass), want) == 0;
}

static enum probe_verdict
judge(struct sim *w, const struct smtp_peer *peer, const struct smtp_cred *cred)
{
	const struct sim_fault *f = sim_fault_now(w, CALL_PROBE, NULL);
	struct sim_key *k = sim_key(w, cred->user);
	char region[REGION_MAX];
	size_t at;

	if (f->kind == FAULT_ODD) {
		reach_mode(w,
		    f->arg == PROBE_BUSY             ? MODE_E8
			: f->arg == PROBE_UNSENDABLE ? MODE_A25
						     : MODE_E6);
		return (enum probe_verdict)f->arg;
	}
	if (k != NULL && k->active && w->now < k->since[0])
		reach_mode(w, MODE_A8);
	if (k == NULL || !sim_ses_accepts(w, k) ||
	    !right_password(k, peer->host, cred, region))
		return PROBE_REFUSED;
	sim_key_use(w, k, false);
	k->accepted = w->now;
	at = sim_region(w, region);
	if (at < COUNT(k->accepted_in))
		k->accepted_in[at] = w->now;
	return PROBE_ACCEPTED;
}

static enum ec
probe(void *ctx, const struct smtp_peer *peer, const struct smtp_cred *cred,
    const struct prove_send *send, struct probe_result *ret, struct err *e)
{
	struct sim *w = ctx;

	(void)send;
	if (sim_enter(w, CALL_PROBE, cred->user, e))
		return e->ec;
	w->now += PROBE_MS;
	memset(ret, 0, sizeof(*ret));
	ret->verdict = judge(w, peer, cred);
	ret->code = ret->verdict == PROBE_ACCEPTED ? 235
	    : ret->verdict == PROBE_REFUSED        ? 535
						   : 0;
	ret->at = w->now;
	sim_say(w, "  = %s", probe_verdict_name(ret->verdict));
	return sim_leave(w, EC_OK, e);
}

const struct prober sim_prober = { .probe = probe };
