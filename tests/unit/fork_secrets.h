/*
 * fork_secrets: locked memory is zeros in a forked child (base/secret.c). A
 * test whose child is a server under TLS, with a key that was made before the
 * fork, takes that back for itself.
 */
#ifndef TESTS_FORK_SECRETS_H
#define TESTS_FORK_SECRETS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

static inline void
fork_secrets(void)
{
	void *in = OPENSSL_secure_malloc(1);
	FILE *f = fopen("/proc/self/maps", "re");
	uintptr_t low, high, at = 0;
	char line[512];
	void *start;

	if (in != NULL)
		memcpy(&at, &in, sizeof(at));
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &low, &high) != 2 ||
		    at < low || at >= high)
			continue;
		memcpy(&start, &low, sizeof(start));
		(void)madvise(start, high - low, MADV_KEEPONFORK);
	}
	if (f != NULL)
		(void)fclose(f);
	OPENSSL_secure_free(in);
}

#endif
