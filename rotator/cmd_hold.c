/*
 * hold: the brake. Written without the lease, so that it can be pulled while
 * another run is at work; the engine reads it right before it begins a
 * rotation and right before it switches off or deletes a key.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rotator/app.h"
#include "rotator/out.h"

static enum ec
exec_hold(struct app *a, struct err *e)
{
	const struct identity_conf *id;
	struct hold h = { .held = true, .since = clock_wall() };
	char text[300];
	struct event ev = { .at = h.since, .what = "hold", .text = text };

	TRY(app_identity(a, a->args->words[0], &id, e));
	app_who(h.by, sizeof(h.by));
	(void)snprintf(h.reason, sizeof(h.reason), "%.190s",
	    a->args->reason != NULL ? a->args->reason : "no reason given");
	(void)snprintf(text, sizeof(text), "held by %s: %s", h.by, h.reason);
	ev.identity = id->name;
	TRY(app_store(a, STORE_RW, e));
	TRY(a->store.hold_set(a->store.ctx, id->name, &h, e));
	TRY(a->store.note(a->store.ctx, &ev, e));
	out(PLAIN,
	    "%s is held: no rotation begins, no key is retired.\n"
	    "Undo: rotate release %s\n",
	    id->name, id->name);
	return EC_OK;
}

const struct command cmd_hold = {
	.name = "hold",
	.operands = "NAME",
	.summary = "begin no rotation and retire no key until release",
	.help = "Both keys stay valid for as long as the hold lasts. Clients\n"
		"that are being moved are still moved.\n"
		"\n"
		"  rotate hold mail --reason \"moving the relay on Friday\"\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG | O_REASON,
	.run = exec_hold,
};
