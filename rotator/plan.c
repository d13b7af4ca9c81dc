#include "rotator/plan.h"

enum ec
plan_run(struct app *a, struct err *e)
{
	(void)a;
	return fail(e, EC_USAGE, "not yet");
}
