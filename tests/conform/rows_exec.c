/* rows_exec: outside programs. */
#include "trouble.h"

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

/* The limit is the option. */
static bool
own_limit(struct place *p, const char *option)
{
	return trouble_option(p, "timeout=" HANG_OPTION) &&
	    trouble_program_hangs(p, option);
}

static bool
no_program(struct place *p, const char *path)
{
	place_set(p, "command", path, NULL);
	return true;
}

static const struct trouble troubles[] = {
	{ "hangs: the program", trouble_program_hangs, "command",
	    { EC_TEMP, EC_TEMP, EC_UNKNOWN, EC_TEMP }, "/hang: still running",
	    HANGS },
	{ "hangs: option timeout", own_limit, "command",
	    { EC_TEMP, EC_TEMP, EC_UNKNOWN, EC_TEMP }, "/hang: still running",
	    HANGS_OPTION },
	{ "missing: the program", no_program, "/nonexistent/program",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG, EC_CONFIG },
	    "/nonexistent/program", HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_exec[];
const struct row rows_exec[] = {
	{ .name = "exec-example",
	    .driver = "exec",
	    .setup = setup_exec_example,
	    .target = "account",
	    .text = "# relay\n\nhost mail.example.com\nuser @U\n"
		    "  password-hint none\npassword @P\nuserx y\n",
	    .troubles = troubles },
	/* The same program, which nobody asks what is there. */
	{ .name = "exec-write-only",
	    .driver = "exec-write-only",
	    .setup = setup_exec_example,
	    .target = "account",
	    .text = "host mail.example.com\nuser @U\npassword @P\n",
	    .troubles = troubles },
	{ .name = NULL },
};
