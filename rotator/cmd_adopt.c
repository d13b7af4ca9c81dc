/*
 * adopt: tells us which key is in use when we cannot know. What that means is
 * in adopt.h.
 */
#include "base/auto.h"
#include "rotator/adopt.h"
#include "rotator/app.h"
#include "rotator/out.h"

static enum ec
exec_adopt(struct app *a, struct err *e)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct identity_conf *id;

	TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(app_world(a, id, e));
	TRY(rotation_open(&r, &a->world, id, e));
	TRY(adopt_keys(&r, a->args->current, a->args->retire, e));
	out(PLAIN, "%s: %s is in use.\n", id->name,
	    r.rec.state == ROT_GRACE ? r.rec.new.id : r.rec.old.id);
	return EC_OK;
}

const struct command cmd_adopt = {
	.name = "adopt",
	.operands = "NAME",
	.summary = "say which key is in use when we cannot know",
	.help =
	    "Needed when a user has two keys at the first meeting, when our\n"
	    "state was lost, or when the user was made again. Changes\n"
	    "nothing in AWS. With --retire the other key is retired like an\n"
	    "old one: only when every client is on the current key, nobody\n"
	    "uses the other, and grace and quiet are over.\n"
	    "\n"
	    "  rotate adopt mail\n"
	    "  rotate adopt mail --current AKIA...NEW --retire AKIA...OLD\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG | O_CURRENT | O_RETIRE,
	.run = exec_adopt,
};
