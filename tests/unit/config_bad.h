/* config_bad: a text that must be refused, where, and with which words. */
#ifndef TESTS_CONFIG_BAD_H
#define TESTS_CONFIG_BAD_H

#include "tests/unit/config_world.h"

struct bad {
	const char *yaml;
	const char *what; /* all of it after "t.yaml:" */
	const char *fix;  /* part of it; NULL: any */
};

static inline void
expect_bad(const struct bad *b)
{
	struct config *c = NULL;
	struct err e = { .ec = EC_OK };
	enum ec ec = load(b->yaml, &c, &e);

	if (ec == EC_OK) {
		config_free(c);
		die("accepted:\n%s", b->yaml);
	}
	if (ec != EC_CONFIG || strncmp(e.what, "t.yaml:", 7) != 0 ||
	    strcmp(e.what + 7, b->what) != 0)
		die("wanted: %s\n   got: %s: %s", b->what, ec_name(ec), e.what);
	if (b->fix != NULL && strstr(e.fix, b->fix) == NULL)
		die("%s\nwanted: %s\n   got: %s", e.what, b->fix, e.fix);
	assert_null(c);
}

static inline void
expect_all(const struct bad *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_bad(&b[i]);
}

#endif
