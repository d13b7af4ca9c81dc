/* net_p: between net.c and net_trust.c. */
#ifndef BASE_NET_P_H
#define BASE_NET_P_H

#include "base/net.h"

struct trust; /* the system's trust anchors, for several nets and threads */

struct trust *trust_new(void); /* NULL: no memory */
struct trust *trust_more(struct trust *t);
void trust_free(struct trust *t); /* the last one ends it; NULL is fine */

/* The one place where TLS is set up: ca_file only, or the system's anchors. */
CURLcode trust_set(struct trust *t, CURL *h, const char *ca_file);

#endif
