/* rows_exec: outside programs. */
#include "conform.h"

#define EXAMPLE "tests/conform/exec-example.sh"

static bool
setup_exec_example(struct place *p)
{
	char spy[PATH_MAX], example[PATH_MAX];

	place_set(p, "command", place_here(SPY, spy), p->spy,
	    place_here(EXAMPLE, example), NULL);
	place_set(p, "options", "file", p->target, NULL);
	return true;
}

extern const struct row rows_exec[];
const struct row rows_exec[] = {
	{ .name = "exec-example",
	    .driver = "exec",
	    .setup = setup_exec_example,
	    .target = "account",
	    .text = "# relay\n\nhost mail.example.com\nuser @U\n"
		    "  password-hint none\npassword @P\nuserx y\n" },
	{ .name = NULL },
};
