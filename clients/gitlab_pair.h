/*
 * gitlab_pair: the one or two variables of a client, looked at together.
 */
#ifndef CLIENTS_GITLAB_PAIR_H
#define CLIENTS_GITLAB_PAIR_H

#include "clients/gitlab.h"

struct gitlab_pair {
	const struct client *c;
	const struct gitlab *gl;
	struct secret *token;
	struct pair_place at[2];
	struct gitlab_variable was[2];
	size_t n;
};
void auto_gitlab_pair(struct gitlab_pair *p);

/* Fills ret, which starts out empty, from GitLab. A variable that is missing
 * is no failure. As gitlab_look(). */
MUST enum ec gitlab_pair_look(const struct client *c, const struct gitlab *gl,
    const struct pair_names *names, struct gitlab_pair *ret, struct err *e);

/* What they say of the credential. As pair_get(). */
MUST enum ec gitlab_pair_read(
    const struct gitlab_pair *p, struct smtp_cred *ret, struct err *e);

/* Adds the new text of variable i to ret. As pair_put(). */
MUST enum ec gitlab_pair_render(const struct gitlab_pair *p, size_t i,
    const struct smtp_cred *cred, struct buf *ret, struct err *e);

/* Changes them one after the other. EC_UNKNOWN also when the first one was
 * changed and the second was not. */
MUST enum ec gitlab_pair_write(const struct gitlab_pair *p,
    const struct smtp_cred *cred, bool hidden, struct err *e);

#endif
