/*
 * Sealing without a key file: the text says for whom it was made, and opens
 * for nobody else. Only what the engine relies on is kept.
 */
#include <stdio.h>
#include <string.h>

#include "sim_seal.h"

/* FNV-1a of the associated data. */
static unsigned long long
mark(const char *aad)
{
	unsigned long long h = 14695981039346656037ULL;

	for (; *aad != '\0'; aad++)
		h = (h ^ (unsigned char)*aad) * 1099511628211ULL;
	return h;
}

enum ec
seal_ready(const struct seal *s, struct err *e)
{
	return s == NULL || !s->away
	    ? EC_OK
	    : fail(e, EC_TEMP, "the sealing key is not reachable");
}

enum ec
seal_wrap(const struct seal *s, const char *aad, const struct secret *plain,
    char ret[SEALED_MAX], struct err *e)
{
	(void)s;
	(void)e;
	(void)snprintf(
	    ret, SEALED_MAX, "%016llx.%.100s", mark(aad), secret_reveal(plain));
	return EC_OK;
}

enum ec
seal_unwrap(const struct seal *s, const char *aad, const char *sealed,
    struct secret **ret, struct err *e)
{
	char head[32];

	(void)s;
	(void)snprintf(head, sizeof(head), "%016llx.", mark(aad));
	if (strncmp(sealed, head, strlen(head)) != 0)
		return fail(e, EC_DAMAGED, "sealed for another place");
	return secret_new(
	    sealed + strlen(head), strlen(sealed) - strlen(head), ret, e);
}
