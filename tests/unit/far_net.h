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
#include "base/secret.h"
#include "far_counts.h"
#include "rotator/probe.h"

/* Made before main(): later there are secrets in memory, be it only those of
 * OpenSSL's random generator, and then none may be made (far.h). */
static struct far_ready {
	struct far *far;
	struct confined how;
} far_ready[4];

__attribute__((constructor)) static void
far_net_begin(void)
{
	static far_fn *const table[] = {
		[HTTP_FAR_OP] = http_serve,
		[PROBE_FAR_OP] = probe_serve,
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return;
	for (size_t i = 0; i < COUNT(far_ready); i++)
		if (far_start(table, COUNT(table), &far_ready[i].far,
			&far_ready[i].how, &e) != EC_OK)
			far_ready[i].far = NULL;
}

__attribute__((destructor)) static void
far_net_end(void)
{
	for (size_t i = 0; i < COUNT(far_ready); i++)
		far_stop(far_ready[i].far);
}

static inline enum ec
far_net_new(const char *ca_file, struct net **ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(far_ready); i++) {
		struct far *f = far_ready[i].far;

		/* Else what is tested is not what is meant. */
		if (f == NULL || !far_ready[i].how.files ||
		    !far_ready[i].how.calls)
			continue;
		far_ready[i].far = NULL;
		return net_new_far(f, ca_file, ret, e);
	}
	return fail(e, EC_BUG, "no network process, or it is not confined");
}

#define net_new far_net_new

#endif
