/*
 * edit_targets: the syntaxes of clients/edit, each with a key that is written
 * and one that is added. The first byte of an input of fuzz_edit_line.c and
 * fuzz_edit_tree.c is a place in these lists, and so it is where the corpora
 * are used again (tests/faults/torture.c): new rows stand at the end.
 */
#ifndef TESTS_FUZZ_EDIT_TARGETS_H
#define TESTS_FUZZ_EDIT_TARGETS_H

#include <stddef.h>

struct edit_target {
	const char *syntax, *key;
	const char *other; /* NULL: none can be added */
};

static const struct edit_target edit_lines[] = {
	{ "ini", "s.P", "s.Q" },
	{ "php-ini", "s.P", "s.Q" },
	{ "gitea", "s.P", "s.Q" },
	{ "grafana", "s.P", "s.Q" },
	{ "ini", "P", "Q" },
	{ "gitea", "P", "Q" },
	{ "properties", "P", "Q" },
	{ "toml", "s.P", NULL },
	{ "toml", "s.0.P", NULL },
	{ "msmtprc", "s.P", NULL },
	{ "exim-passwd", "P", "Q" },
	{ "opensmtpd-secrets", "P", "Q" },
	{ "sasl_passwd", "P", "Q" },
	{ "plain", "P", NULL },
};

static const struct edit_target edit_trees[] = {
	{ "json", "P", NULL },
	{ "yaml", "P", NULL },
	{ "xml", "P", NULL },
	{ "php", "P", NULL },
	{ "json", "m.0.P", NULL },
	{ "yaml", "m.P", NULL },
	{ "xml", "m.i[k=1].@P", NULL },
	{ "php", "$P", NULL },
	{ "json", "m.P", NULL },
	{ "yaml", "m.e.P", NULL },
	{ "xml", "m.i[k=1].P", NULL },
	{ "php", "m.P", NULL },
};

#endif
