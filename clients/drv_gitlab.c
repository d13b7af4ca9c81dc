/*
 * gitlab: CI/CD variables of a project or a group.
 *
 * A job gets its variables when a runner takes it, and keeps them to its end:
 * an hour by default, three on GitLab's own runners
 * (https://docs.gitlab.com/ci/pipelines/settings/), hence the pickup.
 *
 * Two variables do not change in one step: the password goes first, and if
 * the user name then fails, read() shows the mixed pair and the next run
 * writes again. A hidden variable (masked_and_hidden) is set like any other
 * and never shown: gitlab-write-only is for these.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/gitlab_pair.h"

struct conf {
	struct gitlab gl;
	struct pair_names names;
	bool create;
};

#define AT(field) offsetof(struct conf, field)
static const struct client_opt opts[] = {
	{ "project", OPT_STR, AT(gl.project), false, NULL, NULL,
	    "path (group/project) or number" },
	{ "group", OPT_STR, AT(gl.group), false, NULL, NULL,
	    "path or number, when it is a group's variable" },
	{ "scope", OPT_STR, AT(gl.scope), false, "*", NULL,
	    "environment scope of the variables" },
	{ "username_variable", OPT_STR, AT(names.username), false, NULL, NULL,
	    "name of the variable with the user name" },
	{ "password_variable", OPT_STR, AT(names.password), false, NULL, NULL,
	    "name of the variable with the password" },
	{ "pair_variable", OPT_STR, AT(names.pair), false, NULL, NULL,
	    "name of one variable with both, instead of the two" },
	{ "pair_format", OPT_CHOICE, AT(names.format), false, "json",
	    pair_formats, "what it holds" },
	{ "create", OPT_BOOL, AT(create), false, "false", NULL,
	    "make variables that are missing" },
	{ "token_file", OPT_PATH, AT(gl.token_file), true, NULL, NULL,
	    "file with an access token" },
	{ "api", OPT_STR, AT(gl.api), false, "https://gitlab.com", NULL,
	    "address of the server" },
	{ "ca_file", OPT_PATH, AT(gl.ca_file), false, NULL, NULL,
	    "trust anchor for that address, instead of the system's" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(gitlab_check(&conf->gl, e));
	return pair_check(&conf->names, "variable", e);
}

/* Hidden ones are for the other driver, whose read() is missing. */
static enum ec
check_one(const struct gitlab_pair *p, size_t i, struct err *e)
{
	const struct conf *conf = p->c->conf;
	const char *name = p->at[i].name;

	if (!p->was[i].there && !conf->create) {
		(void)fail(e, EC_GONE,
		    "GitLab: no variable %s with scope %.60s", name,
		    conf->gl.scope);
		return fix(e, "make it there, or set create: true");
	}
	if (!p->was[i].hidden || p->c->drv->read == NULL)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "GitLab: variable %s is hidden and cannot be read back", name);
	return fix(e, "type: gitlab-write-only");
}

static enum ec
look(const struct client *c, struct gitlab_pair *ret, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(gitlab_pair_look(c, &conf->gl, &conf->names, ret, e));
	for (size_t i = 0; i < ret->n; i++)
		TRY(check_one(ret, i, e));
	return EC_OK;
}

/* Could the new text be made? Told by one that is thrown away. */
static enum ec
try_all(const struct gitlab_pair *p, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	enum ec ec = smtp_cred_any(&any, e);

	for (size_t i = 0; i < p->n && ec == EC_OK; i++) {
		struct buf text = BUF(PAIR_MAX);

		ec = gitlab_pair_render(p, i, &any, &text, e);
		buf_free(&text);
	}
	return ec;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(gitlab_pair) struct gitlab_pair p = { .token = NULL };
	char where[GITLAB_WHERE_MAX];
	bool absent[2];

	TRY(look(c, &p, e));
	TRY(try_all(&p, e));
	for (size_t i = 0; i < 2; i++)
		absent[i] = !p.was[i].there;
	pair_describe(p.at, p.n, absent, ret);
	gitlab_where(&conf->gl, where, sizeof(where));
	pair_change_more(
	    ret, ", scope %.60s, of GitLab %s", conf->gl.scope, where);
	if (p.was[0].there && !p.was[0].masked)
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "%.60s is not masked, job logs may show the password: the "
		    "change masks it; look through old logs",
		    p.at[0].name);
	return EC_OK;
}

/* A variable that is not there yet holds nothing, create or not. */
static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(gitlab_pair) struct gitlab_pair p = { .token = NULL };

	TRY(gitlab_pair_look(c, &conf->gl, &conf->names, &p, e));
	for (size_t i = 0; i < p.n; i++)
		if (p.was[i].there)
			TRY(check_one(&p, i, e));
	return gitlab_pair_read(&p, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	AUTO(gitlab_pair) struct gitlab_pair p = { .token = NULL };

	TRY(client_cred_check(c, cred, e));
	TRY(look(c, &p, e));
	return gitlab_pair_write(&p, cred, c->drv->read == NULL, e);
}

#define COMMON                                                                 \
	.conf_size = sizeof(struct conf), .opts = opts,                        \
	.pickup = INT64_C(3) * 3600 * 1000, .check = check, .plan = plan,      \
	.write = write_pair

const struct client_driver drv_gitlab = {
	.name = "gitlab",
	.summary = "CI/CD variables of a GitLab project or group",
	.read = read_pair,
	COMMON,
};

const struct client_driver drv_gitlab_write_only = {
	.name = "gitlab-write-only",
	.summary = "as gitlab, for hidden variables, which nobody can read",
	COMMON,
};
