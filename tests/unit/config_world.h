/*
 * config_world: what the tests of the configuration share. Texts are
 * "t.yaml"; a test says how a text is wrong, or reads from one that is good.
 */
#ifndef TESTS_CONFIG_WORLD_H
#define TESTS_CONFIG_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/buf.h"
#include "rotator/config_p.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define ACCOUNT "account: \"123456789012\"\n"
#define IDENT   "identities:\n- name: news\n  regions: [us-east-1]\n"
#define BASE    ACCOUNT IDENT /* the next line is 5 */
#define CLIENT  BASE "clients:\n- name: web\n  type: manual\n  what: a thing\n"

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

static inline enum ec
load(const char *yaml, struct config **ret, struct err *e)
{
	return config_load_bytes("t.yaml", yaml, strlen(yaml), ret, e);
}

static inline struct config *
good(const char *yaml)
{
	struct config *c = NULL;
	struct err e;

	if (load(yaml, &c, &e) != EC_OK)
		die("%s (%s)\n%s", e.what, e.fix, yaml);
	return c;
}

#endif
