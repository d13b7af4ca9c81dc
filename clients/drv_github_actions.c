/*
 * github-actions: secrets of GitHub Actions. They can be set, not read, so
 * read() is missing and the engine goes by the key's last use.
 *
 * Two secrets cannot change in one step. The password goes first; when the
 * user name fails then, nobody can say what a run will get, and write() says
 * just that: EC_UNKNOWN. One secret with both (pair_secret) has no such gap.
 *
 * "Organization and repository secrets are read when a workflow run is
 * queued, and environment secrets when a job referencing the environment
 * starts" (https://docs.github.com/en/actions/reference/security/secrets). A
 * job may wait 24 hours for a runner and run for 6 on GitHub's own
 * (https://docs.github.com/en/actions/reference/limits), hence 30 hours of
 * pickup. Own runners (5 days a job) and approvals take longer: `pickup` is
 * the operator's then.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/github.h"
#include "clients/pair.h"

struct conf {
	struct github gh;
	struct pair_names names;
	bool create;
};

#define AT(field) offsetof(struct conf, field)
static const struct client_opt opts[] = {
	{ "repository", OPT_STR, AT(gh.repository), false, NULL, NULL,
	    "OWNER/NAME whose secrets these are" },
	{ "environment", OPT_STR, AT(gh.environment), false, NULL, NULL,
	    "of that repository, when they are an environment's" },
	{ "organisation", OPT_STR, AT(gh.organisation), false, NULL, NULL,
	    "whose secrets these are, when not a repository's" },
	{ "username_secret", OPT_STR, AT(names.username), false, NULL, NULL,
	    "name of the secret with the user name" },
	{ "password_secret", OPT_STR, AT(names.password), false, NULL, NULL,
	    "name of the secret with the password" },
	{ "pair_secret", OPT_STR, AT(names.pair), false, NULL, NULL,
	    "name of one secret with both, instead of the two" },
	{ "pair_format", OPT_CHOICE, AT(names.format), false, "json",
	    pair_formats, "what it holds" },
	{ "create", OPT_BOOL, AT(create), false, "false", NULL,
	    "make secrets that are missing" },
	{ "token_file", OPT_PATH, AT(gh.token_file), false, NULL, NULL,
	    "file with an access token" },
	{ "app_id", OPT_STR, AT(gh.app_id), false, NULL, NULL,
	    "id of a GitHub App, instead of token_file" },
	{ "installation_id", OPT_STR, AT(gh.installation_id), false, NULL, NULL,
	    "where that app is installed" },
	{ "private_key_file", OPT_PATH, AT(gh.private_key_file), false, NULL,
	    NULL, "PEM file with a private key of that app" },
	{ "api", OPT_STR, AT(gh.api), false, "https://api.github.com", NULL,
	    "address of the API; https://HOST/api/v3 for an own server" },
	{ "ca_file", OPT_PATH, AT(gh.ca_file), false, NULL, NULL,
	    "trust anchor for that address, instead of the system's" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	struct pair_place at[2];
	size_t n;

	TRY(github_check(&conf->gh, e));
	TRY(pair_check(&conf->names, "secret", e));
	n = pair_places(&conf->names, at);
	for (size_t i = 0; i < n; i++)
		if (strncasecmp(at[i].name, "GITHUB_", 7) == 0)
			return fail(e, EC_CONFIG,
			    "%s: names that begin with GITHUB_ are GitHub's",
			    at[i].name);
	if (conf->create && conf->gh.organisation != NULL)
		return fail(e, EC_CONFIG,
		    "create: who may use a secret of an organisation is for a "
		    "person to say; make it there once");
	return EC_OK;
}

/* One change that is under way. */
struct change {
	const struct client *c;
	const struct conf *conf;
	struct secret *token;
	struct github_key key;
	struct pair_place at[2];
	struct github_secret was[2];
	size_t n;
};

static void
auto_change(struct change *ch)
{
	secret_free(ch->token);
	auto_github_secret(&ch->was[0]);
	auto_github_secret(&ch->was[1]);
}

/* Our way in, the key, and the secrets as they are. The key comes first: when
 * it is seen, a secret that is not seen does not exist. */
static enum ec
look(struct change *ch, const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	ch->c = c;
	ch->conf = conf;
	ch->n = pair_places(&conf->names, ch->at);
	TRY(github_login(c, &conf->gh, &ch->token, e));
	TRY(github_key_get(c, &conf->gh, ch->token, &ch->key, e));
	for (size_t i = 0; i < ch->n; i++) {
		const enum ec ec = github_look(
		    c, &conf->gh, ch->token, ch->at[i].name, &ch->was[i], e);

		if (ec == EC_GONE && !conf->create)
			return fix(e,
			    "make the secret %s there, with any value, or set "
			    "create: true for this client",
			    ch->at[i].name);
		if (ec != EC_OK && ec != EC_GONE)
			return ec;
	}
	return EC_OK;
}

static void
describe(const struct change *ch, struct client_plan *ret)
{
	char where[160];
	bool missing[2] = { ch->was[0].access == NULL,
		ch->was[1].access == NULL };

	github_where(&ch->conf->gh, where, sizeof(where));
	pair_describe(ch->at, ch->n, missing, ret);
	pair_change_more(ret, " in the secrets of %s", where);
	if (!missing[0])
		pair_change_more(ret, ", last set at %s", ch->was[0].updated);
	if (ch->at[0].part == PAIR_JSON)
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "GitHub hides %.60s in logs only as a whole: a workflow "
		    "must mask the password itself (::add-mask::)",
		    ch->at[0].name);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	AUTO(change) struct change ch = { .token = NULL };

	TRY(look(&ch, c, e));
	describe(&ch, ret);
	return EC_OK;
}

static enum ec
put(const struct change *ch, size_t i, const struct smtp_cred *cred,
    struct err *e)
{
	AUTO(buf) struct buf value = BUF(PAIR_MAX);
	AUTO(buf) struct buf sealed = BUF(2 * PAIR_MAX);

	TRY(pair_put(ch->at[i].part, ch->c, NULL, cred, &value, e));
	TRY(github_seal(&ch->key, &value, &sealed, e));
	return github_put(ch->c, &ch->conf->gh, ch->token, ch->at[i].name,
	    &ch->key, buf_str(&sealed), &ch->was[i], e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	AUTO(change) struct change ch = { .token = NULL };

	TRY(client_cred_check(c, cred, e));
	TRY(look(&ch, c, e));
	for (size_t i = 0; i < ch.n; i++)
		if (put(&ch, i, cred, e) != EC_OK)
			return pair_failed(ch.at, i, e);
	return EC_OK;
}

const struct client_driver drv_github_actions = {
	.name = "github-actions",
	.summary = "secrets of GitHub Actions; cannot be read back",
	.conf_size = sizeof(struct conf),
	.opts = opts,
	.pickup = INT64_C(30) * 3600 * 1000,
	.check = check,
	.plan = plan,
	.write = write_pair,
};
