#include "rotator/app.h"
#include "rotator/out.h"

static enum ec
exec_verify(struct app *a, struct err *e)
{
	(void)a;
	return fail(e, EC_USAGE, "not yet");
}

const struct command cmd_verify = {
	.name = "verify",
	.operands = "",
	.summary = "verify",
	.help = "",
	.min_words = 0,
	.max_words = 1,
	.options = O_COMMON,
	.run = exec_verify,
};
