/* rows_manual: people. */
#include "conform.h"

static bool
setup_manual(struct place *p)
{
	place_set(p, "what", "a web page", NULL);
	return true;
}

extern const struct row rows_manual[];
const struct row rows_manual[] = {
	{ .name = "manual", .driver = "manual", .setup = setup_manual },
	{ .name = NULL },
};
