/*
 * far_net: a test of something that goes over the network, once more with the
 * network process in between. Include it, then the test itself: net_new() is
 * another function there.
 */
#ifndef TESTS_UNIT_FAR_NET_H
#define TESTS_UNIT_FAR_NET_H

#include "base/auto.h"
#include "base/far.h"
#include "base/http.h"
#include "rotator/probe.h"

static inline enum ec
far_net_new(const char *ca_file, struct net **ret, struct err *e)
{
	static far_fn *const table[] = {
		[HTTP_FAR_OP] = http_serve,
		[PROBE_FAR_OP] = probe_serve,
	};
	struct confined how = { .files = false };
	struct far *f = NULL;

	TRY(far_start(table, COUNT(table), &f, &how, e));
	/* Else what is tested is not what is meant. */
	if (!how.files || !how.calls) {
		far_stop(f);
		return fail(e, EC_BUG, "this kernel does not confine");
	}
	return net_new_far(f, ca_file, ret, e);
}

#define net_new far_net_new

#endif
