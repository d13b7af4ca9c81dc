/* Keys in the words of an alarm; guard.h. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/guard.h"

static const char *
status_name(enum key_status s)
{
	return s == KEY_ACTIVE  ? "Active"
	    : s == KEY_INACTIVE ? "Inactive"
				: "neither Active nor Inactive";
}

static void
name_key(
    const struct rotation *r, const struct iam_key *k, char *ret, size_t size)
{
	const struct iam *iam = &r->w->iam;
	char age[CLOCK_TEXT_MAX], when[CLOCK_TEXT_MAX] = "unknown";
	struct iam_use u = { .service = "" };
	struct err e;

	clock_span_text(rotation_now(r) - k->created, age);
	if (iam->last_used(iam->ctx, k->id, &u, &e) == EC_OK) {
		if (u.never)
			(void)snprintf(when, sizeof(when), "never");
		else
			clock_text(u.at, when);
	}
	(void)snprintf(ret, size, "%s (%s, %s old, last used %s%s%s)", k->id,
	    status_name(k->status), age, when,
	    !u.never && u.service[0] ? " by " : "", u.never ? "" : u.service);
}

void
guard_name_keys(
    const struct rotation *r, const struct iam_keys *k, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < k->n && n + 2 < size; i++) {
		if (i > 0)
			n += (size_t)snprintf(ret + n, size - n, ", ");
		name_key(r, &k->key[i], ret + n, size - n);
		n = strlen(ret);
	}
}
