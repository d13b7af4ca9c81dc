/*
 * config_check: rules between values that are each right by themselves. What
 * cannot work is an error; what will hurt one day is a warning.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/config_p.h"

#define MINUTE    INT64_C(60000)
#define DAY       (INT64_C(24) * 60 * MINUTE)
#define AT(field) offsetof(struct identity_conf, field)

/* value should not be below one + other + floor. */
static const struct low {
	enum slot slot;
	const char *name;
	size_t value, one, other; /* offset 0: none */
	int64_t floor;
	const char *bound, *why;
} lows[] = {
	{ SLOT_GRACE, "grace", AT(grace), AT(slack), 0, 0, "slack",
	    "IAM tells of the last use of a key with a delay, so a forgotten "
	    "client may be overlooked before its key is switched off" },
	{ SLOT_QUIET, "quiet", AT(quiet), 0, 0, DAY, "a day",
	    "a client that mails once a day may fail only after the old key "
	    "is deleted and cannot be switched on again" },
	/* Signed requests are good for 5 to 15 minutes; IAM's last use comes
	 * in steps of 15 minutes. */
	{ SLOT_LATE_WINDOW, "late_window", AT(late_window), 0, 0, 15 * MINUTE,
	    "15m", "a lost request to IAM may still be carried out later" },
	{ SLOT_SLACK, "slack", AT(slack), 0, 0, 15 * MINUTE, "15m",
	    "IAM records the last use of a key in steps of 15 minutes" },
	{ SLOT_MAX_AGE, "max_age", AT(max_age), AT(grace), AT(quiet), 0,
	    "grace plus quiet",
	    "the next rotation is due before the last one is done" },
};

static int64_t
span_at(const struct identity_conf *id, size_t offset)
{
	int64_t ms = 0;

	if (offset != 0)
		memcpy(&ms, (const char *)id + offset, sizeof(ms));
	return ms;
}

static void
low_check(struct config_full *c, const struct low *l, const struct slots *s,
    const struct identity_conf *id)
{
	const int64_t value = span_at(id, l->value);
	const int64_t bound =
	    span_at(id, l->one) + span_at(id, l->other) + l->floor;
	char is[CLOCK_TEXT_MAX], should[CLOCK_TEXT_MAX];

	if (value >= bound)
		return;
	clock_span_text(value, is);
	clock_span_text(bound, should);
	config_warn(c, s->at[l->slot] != NULL ? s->at[l->slot] : s->self,
	    "%s %s is shorter than %s (%s): %s", l->name, is, l->bound, should,
	    l->why);
}

enum ec
identity_check(struct config_full *c, const struct slots *s,
    const struct identity_conf *id, struct err *e)
{
	const struct settle_conf *t = &id->settle;

	if (id->prove_send && id->prove_from == NULL) {
		(void)config_fail(
		    e, s->at[SLOT_PROVE], "'prove: send' needs a sender");
		return fix(e,
		    "add  prove_from: ops@example.com  (an address "
		    "verified in SES)");
	}
	if ((t->successes - 1) * t->interval >= t->timeout) {
		(void)config_fail(e,
		    s->at[SLOT_TIMEOUT] != NULL ? s->at[SLOT_TIMEOUT] : s->self,
		    "settle: %d successes do not fit into the timeout",
		    t->successes);
		return fix(e, "make timeout longer, or interval shorter");
	}
	if (s->at[SLOT_HOST] == NULL)
		regions_check(c, s->at[SLOT_REGIONS], id->regions);
	for (size_t i = 0; i < COUNT(lows); i++)
		low_check(c, &lows[i], s, id);
	return EC_OK;
}

/* IAM does not tell user names apart by case:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
static const char *
user_of(struct arena *a, const struct identity_conf *id)
{
	char *s = arena_printf(a, "%s %s", id->account, id->iam_user);

	for (char *p = s; p != NULL && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

/* Two identities of one IAM user (of one account) would take each other's keys
 * for foreign ones, and block, or worse. */
enum ec
identities_check(struct config_full *c, struct err *e)
{
	const struct identity_conf *ids = c->pub.identities;
	const size_t n = c->pub.n_identities;
	AUTO(free) struct entry *users = calloc(n, sizeof(*users));

	if (users == NULL)
		return config_nomem(e);
	for (size_t i = 0; i < n; i++) {
		users[i].name = user_of(&c->mem, &ids[i]);
		users[i].at = i;
		if (users[i].name == NULL)
			return config_nomem(e);
	}
	index_sort(users, n);
	for (size_t i = 1; i < n; i++) {
		const struct identity_conf *a = &ids[users[i - 1].at];
		const size_t at = users[i].at;

		if (strcmp(users[i - 1].name, users[i].name) != 0)
			continue;
		(void)config_fail(e, c->identity_slots[at].self,
		    "identity '%s' has the IAM user of '%s', %s", ids[at].name,
		    a->name, a->iam_user);
		return fix(e,
		    "give each identity an IAM user of its own; one "
		    "identity may have several regions and clients");
	}
	return EC_OK;
}

void
client_check(
    struct config_full *c, const struct slots *s, const struct client_conf *cl)
{
	char pickup[CLOCK_TEXT_MAX], grace[CLOCK_TEXT_MAX];

	if (s->at[SLOT_DEADLINE] != NULL && !cl->client.drv->human)
		config_warn(c, s->at[SLOT_DEADLINE],
		    "deadline has no effect: a %s client needs no person",
		    cl->client.drv->name);
	if (cl->pickup <= cl->identity->grace)
		return;
	clock_span_text(cl->pickup, pickup);
	clock_span_text(cl->identity->grace, grace);
	config_warn(c,
	    s->at[SLOT_PICKUP] != NULL ? s->at[SLOT_PICKUP] : s->self,
	    "pickup %s is longer than the grace of %s in identity '%s': the "
	    "old key stays for the longer of the two",
	    pickup, grace, cl->identity->name);
}

void
targets_check(struct config_full *c, struct entry *targets, size_t n)
{
	index_sort(targets, n);
	for (size_t i = 1; i < n; i++) {
		const struct client *a, *b;

		if (strcmp(targets[i - 1].name, targets[i].name) != 0)
			continue;
		a = &c->pub.clients[targets[i - 1].at].client;
		b = &c->pub.clients[targets[i].at].client;
		config_warn(c, c->client_nodes[targets[i].at],
		    "clients '%s' and '%s' write the same place", a->name,
		    b->name);
	}
}
