/*
 * standin_client: a client of one driver that talks to a stand-in over TLS,
 * for the tests of drivers of network services.
 */
#ifndef TESTS_UNIT_STANDIN_CLIENT_H
#define TESTS_UNIT_STANDIN_CLIENT_H

#include "client_fixture.h"
#undef fail /* ours is in base/err.h */

#include "base/net.h"
#include "tests/standin/standin.h"

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

static struct standin standin;
static struct net *standin_net;
/* What a driver finds in the environment: name, value, ..., NULL. */
static const char *standin_env[9];

static inline enum ec
standin_lend_net(void *ctx, struct net **ret, struct err *e)
{
	(void)ctx;
	(void)e;
	*ret = standin_net;
	return EC_OK;
}

static inline const char *
standin_lend_env(void *ctx, const char *name)
{
	(void)ctx;
	for (size_t i = 0; standin_env[i] != NULL; i += 2)
		if (strcmp(standin_env[i], name) == 0)
			return standin_env[i + 1];
	return NULL;
}

static const struct client_reach standin_reach = { .net = standin_lend_net,
	.env = standin_lend_env };

/* main() of such a test: one stand-in for all its cases. */
static inline int
standin_main(const char *name, const char *program,
    const struct CMUnitTest *tests, size_t n)
{
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK ||
	    net_new(NULL, &standin_net, &e) != EC_OK)
		return 1;
	standin_start(&standin, program, standin_net);
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	standin_stop(&standin);
	net_free(standin_net);
	return failed;
}

/* The authority of the stand-in as DIR/ca.pem. */
static inline void
standin_ca(const struct fixture *fx)
{
	char *pem = standin_text(&standin, "/env", "ca");

	fixture_put(fx, "ca.pem", pem);
	free(pem);
}

/* What a control reply holds, printed; to be searched. */
static inline bool
standin_state_has(const char *part)
{
	AUTO(json) cJSON *j = standin_ctl(&standin, "GET", "/state", NULL);
	AUTO(buf) struct buf text = BUF(1 << 20);
	struct err e;

	assert_int_equal(json_print(j, &text, &e), EC_OK);
	return strstr(buf_str(&text), part) != NULL;
}

static inline double
standin_state_number(const char *field)
{
	AUTO(json) cJSON *j = standin_ctl(&standin, "GET", "/state", NULL);

	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(j, field));
}

#endif
