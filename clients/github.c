/* github: see github.h. */
#include "clients/github.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define SERVICE  "GitHub"
#define URL_MAX_ ((size_t)4096)

/* A name as GitHub has them; "." and ".." would be other places in a URL. */
static bool
name_ok(const char *s, size_t n)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	return n > 0 && strspn(s, all) >= n && strncmp(s, "..", n) != 0;
}

static enum ec
place_check(const struct github *g, struct err *e)
{
	const char *repo = g->repository, *slash;

	if ((repo == NULL) == (g->organisation == NULL))
		return fail(e, EC_CONFIG,
		    "either repository or organisation is needed");
	if (g->environment != NULL && repo == NULL)
		return fail(e, EC_CONFIG,
		    "environment: belongs to a repository, name that too");
	if (repo == NULL)
		return name_ok(g->organisation, strlen(g->organisation))
		    ? EC_OK
		    : fail(e, EC_CONFIG, "organisation: not a name");
	slash = strchr(repo, '/');
	if (slash == NULL || !name_ok(repo, (size_t)(slash - repo)) ||
	    !name_ok(slash + 1, strlen(slash + 1)))
		return fail(e, EC_CONFIG, "repository: must be OWNER/NAME");
	return EC_OK;
}

enum ec
github_check(const struct github *g, struct err *e)
{
	const int app = (g->app_id != NULL) + (g->installation_id != NULL) +
	    (g->private_key_file != NULL);

	TRY(place_check(g, e));
	if (g->token_file != NULL ? app != 0 : app != 3)
		return fail(e, EC_CONFIG,
		    "either token_file is needed, or app_id, installation_id "
		    "and private_key_file");
	if (app != 0 &&
	    (g->installation_id[0] == '\0' ||
		strspn(g->installation_id, "0123456789") !=
		    strlen(g->installation_id)))
		return fail(e, EC_CONFIG, "installation_id: must be a number");
	return EC_OK;
}

void
github_where(const struct github *g, char *ret, size_t n)
{
	if (g->organisation != NULL)
		(void)snprintf(ret, n, "organisation %s", g->organisation);
	else if (g->environment != NULL)
		(void)snprintf(ret, n, "environment %s of repository %s",
		    g->environment, g->repository);
	else
		(void)snprintf(ret, n, "repository %s", g->repository);
}

/* https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
static bool
too_fast(int status, const cJSON *j)
{
	const char *said = json_text(j, "message");

	said = said != NULL ? said : "";
	return status == 429 || strcasestr(said, "rate limit") != NULL ||
	    strcasestr(said, "abuse detection") != NULL;
}

static enum ec
refused(const struct github_call *q, const struct rest_reply *r, struct err *e)
{
	const char *shown = r->said[0] != '\0' ? r->said : "no reason given";

	errno = 0; /* it is not ours that went wrong */
	if (too_fast(r->status, r->json)) {
		(void)fail(e, EC_TEMP, SERVICE ": %s: status %d: %s", q->path,
		    r->status, shown);
		return fix(e,
		    "the next run tries again; spread the clients "
		    "over several tokens if it stays");
	}
	(void)fail(e, EC_DENIED, SERVICE ": %s: status %d: %s", q->path,
	    r->status, shown);
	return fix(e,
	    "the token or app needs write access to secrets there "
	    "(environments: to Environments); see rotate-clients(5)");
}

static const struct rest_status statuses[] = {
	{ 401, EC_DENIED,
	    "the token is wrong, expired or revoked: make a new one" },
	{ 403, EC_OK, NULL },
	{ 404, EC_GONE,
	    "check the name; GitHub says the same when the token may not see "
	    "it" },
	{ 422, EC_CLIENT,
	    "it takes 100 secrets of 48 KB at most; see its words" },
	{ 429, EC_OK, NULL },
	{ 0, EC_OK, NULL },
};

enum ec
github_do(const struct client *c, const struct github *g,
    const struct secret *token, const struct github_call *q,
    struct rest_reply *ret, struct err *e)
{
	static const char *const headers[] = {
		"Accept: application/vnd.github+json",
		"X-GitHub-Api-Version: 2022-11-28",
		NULL,
	};
	AUTO(buf) struct buf url = BUF(URL_MAX_);
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	struct rest_call call = {
		.service = SERVICE,
		.object = q->path,
		.method = q->method,
		.headers = headers,
		.auth = "Authorization: Bearer ",
		.token = token,
		.body = q->body,
		.statuses = q->statuses,
		.service_statuses = statuses,
		.ca_file = g->ca_file,
		.reads = q->reads,
	};

	TRY(rest_base(g->api, &url, e));
	TRY(buf_adds(&url, q->path, e));
	call.url = buf_str(&url);
	TRY(rest_do(c, &call, &r, e));
	if (r.status == 403 || r.status == 429)
		return refused(q, &r, e);
	*ret = r;
	r = (struct rest_reply){ .json = NULL };
	return EC_OK;
}
