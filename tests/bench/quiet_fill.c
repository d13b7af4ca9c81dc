/*
 * quiet_fill DIR N: a store with N identities whose next rotation is in two
 * months, as a fleet's is on an ordinary day.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "rotator/store.h"

#define DAY ((int64_t)24 * 3600 * 1000)
#define SEALED                                                                 \
	"v1.MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"  \
	"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"

static enum ec
fill(struct rec *r, int i, int64_t now, struct err *e)
{
	struct rec_client *c = NULL;
	char name[NAME_MAX_];

	(void)snprintf(name, sizeof(name), "id%d", i);
	rec_init(r, name);
	(void)snprintf(r->account, sizeof(r->account), "123456789012");
	(void)snprintf(r->user, sizeof(r->user), "u%d", i);
	(void)snprintf(r->user_id, sizeof(r->user_id), "AIDA%016d", i);
	(void)snprintf(
	    r->endpoint, sizeof(r->endpoint), "https://iam.amazonaws.com");
	(void)snprintf(r->old.id, sizeof(r->old.id), "AKIA%016d", i);
	(void)snprintf(
	    r->old.pw[0].region, sizeof(r->old.pw[0].region), "us-east-1");
	(void)snprintf(
	    r->old.pw[0].sealed, sizeof(r->old.pw[0].sealed), "%s", SEALED);
	r->old.n = 1;
	r->old.created = now - 30 * DAY;
	r->next_at = now + 60 * DAY;
	(void)snprintf(name, sizeof(name), "c%d", i);
	TRY(rec_client_add(r, name, &c, e));
	c->state = CL_VERIFIED;
	c->since = now;
	(void)snprintf(c->evidence, sizeof(c->evidence),
	    "235 from email-smtp.us-east-1.amazonaws.com:587 as %s", r->old.id);
	return EC_OK;
}

static enum ec
fill_all(struct store *s, int n, struct err *e)
{
	const int64_t now = clock_wall();

	TRY(s->lease(s->ctx, now, DAY, e));
	for (int i = 0; i < n; i++) {
		struct rec r = { .n_clients = 0 };
		const struct event ev = { .at = now,
			.identity = r.identity,
			.what = "state",
			.text = "first sight of its key, 30 days old" };
		enum ec ec = fill(&r, i, now, e);

		if (ec == EC_OK)
			ec = s->commit(s->ctx, now, &r, &ev, e);
		rec_free(&r);
		TRY(ec);
	}
	s->unlease(s->ctx);
	return EC_OK;
}

int
main(int argc, char **argv)
{
	struct store s = { .ctx = NULL };
	struct err e = { .ec = EC_OK };
	enum ec ec;

	if (argc != 3)
		return 64;
	ec = store_sqlite_open(argv[1], STORE_RW, &s, &e);
	if (ec == EC_OK)
		ec = fill_all(&s, (int)strtol(argv[2], NULL, 10), &e);
	auto_store(&s);
	if (ec != EC_OK)
		(void)fprintf(stderr, "%s: %s\n", e.what, e.fix);
	return ec == EC_OK ? 0 : 1;
}
