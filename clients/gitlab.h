/*
 * gitlab: one CI/CD variable of a project or a group over the REST API.
 *
 * A name may exist once per environment scope, so every request names the
 * scope too: without it GitLab answers 409, and before 13.2 it took any.
 * https://docs.gitlab.com/api/project_level_variables/
 * https://docs.gitlab.com/api/group_level_variables/
 */
#ifndef CLIENTS_GITLAB_H
#define CLIENTS_GITLAB_H

#include <stdbool.h>

#include "clients/client.h"
#include "clients/json.h"
#include "clients/pair.h"

/* Options. */
struct gitlab {
	const char *api; /* https://gitlab.com */
	const char *ca_file;
	const char *project, *group; /* id or path; one of them */
	const char *scope;
	const char *token_file;
};

/* A change tells GitLab the value alone where it can, and so the rest stays
 * (lib/api/ci/variables.rb takes over only what is sent). */
struct gitlab_variable {
	bool there, masked, hidden, raw;
	cJSON *json;       /* owned */
	const char *value; /* in json; NULL: hidden, or not there */
};
void auto_gitlab_variable(struct gitlab_variable *v);

#define GITLAB_WHERE_MAX 176
/* "project group/mail", for people. */
void gitlab_where(const struct gitlab *g, char *ret, size_t n);

/* EC_CONFIG; pure. */
MUST enum ec gitlab_check(const struct gitlab *g, struct err *e);

/* The token as it stands in its file now. */
MUST enum ec gitlab_login(
    const struct gitlab *g, struct secret **ret, struct err *e);

/* EC_OK with there false when project and token are right and the variable is
 * not there. EC_GONE: no such project or group, or not for this token. ret
 * starts out empty. */
MUST enum ec gitlab_look(const struct client *c, const struct gitlab *g,
    const struct secret *token, const char *name, struct gitlab_variable *ret,
    struct err *e);

/*
 * The value of one variable. What else it is stays, but: a password is masked
 * from now on, and what has more than a password in it is not expanded, for
 * it could not be masked else. Made when it was not there, hidden when said
 * so. May be repeated.
 */
MUST enum ec gitlab_put(const struct client *c, const struct gitlab *g,
    const struct secret *token, const struct pair_place *at,
    const struct gitlab_variable *was, const struct buf *value, bool hidden,
    struct err *e);

#endif
