/* app_reach: see app_reach.h. */
#include "rotator/app_reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rotator/app_accounts.h"
#include "sigv4/aws.h"

struct session {
	struct session *next;
	struct aws *aws;
	const struct aws_account *account;
	char region[]; /* as asked for; "" for the default */
};

static enum ec
lend_net(void *ctx, struct net **ret, struct err *e)
{
	struct app *a = ctx;

	TRY(app_net(a, e));
	*ret = a->net;
	return EC_OK;
}

static void
sleep_lent(void *ctx, int64_t ms)
{
	(void)ctx;
	app_sleep(ms);
}

static enum ec
open_session(struct app *a, struct aws_account *account, const char *region,
    struct aws **ret, struct err *e)
{
	const struct aws_options o = {
		.region = *region != '\0' ? region : NULL,
		.account = account,
		.sleep = sleep_lent,
	};
	const size_t n = strlen(region) + 1;
	struct session *s = calloc(1, sizeof(*s) + n);
	enum ec ec;

	if (s == NULL)
		return fail(e, EC_NOMEM, "no memory for an AWS session");
	memcpy(s->region, region, n);
	s->account = account;
	ec = aws_open(a->net, accounts_env(a->accounts), &o, &s->aws, e);
	if (ec != EC_OK) {
		free(s);
		return ec;
	}
	s->next = a->sessions;
	a->sessions = s;
	*ret = s->aws;
	return EC_OK;
}

static enum ec
need_accounts(struct app *a, struct err *e)
{
	TRY(app_net(a, e));
	if (a->accounts != NULL)
		return EC_OK;
	return accounts_open(
	    a->config != NULL ? a->config->profile : NULL, &a->accounts, e);
}

enum ec
app_store_session(
    struct app *a, const char *region, struct aws **ret, struct err *e)
{
	struct aws_options o = { .region = region, .sleep = sleep_lent };

	TRY(need_accounts(a, e));
	TRY(accounts_get(a->accounts, NULL, NULL, &o.account, e));
	if (a->store_net == NULL)
		TRY(net_share(a->net, &a->store_net, e));
	return aws_open(a->store_net, accounts_env(a->accounts), &o, ret, e);
}

static enum ec
session_of(struct app *a, struct aws_account *account, const char *region,
    struct aws **ret, struct err *e)
{
	if (region == NULL)
		region = "";
	/* What was found goes to the front, as in app_accounts.c. */
	for (struct session **p = &a->sessions; *p != NULL; p = &(*p)->next) {
		struct session *s = *p;

		if (s->account != account || strcmp(s->region, region) != 0)
			continue;
		*p = s->next;
		s->next = a->sessions;
		a->sessions = s;
		*ret = s->aws;
		return EC_OK;
	}
	return open_session(a, account, region, ret, e);
}

enum ec
app_session(struct app *a, const struct identity_conf *id, const char *region,
    struct aws **ret, struct err *e)
{
	struct aws_account *account = NULL;

	TRY(need_accounts(a, e));
	TRY(accounts_of(a->accounts, id, &account, e));
	return session_of(a, account, region, ret, e);
}

/* As whom the client says; what its identity is looked after as is another
 * question. */
static enum ec
lend_aws(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	struct aws_account *account = NULL;
	struct app *a = ctx;

	TRY(need_accounts(a, e));
	TRY(accounts_get(a->accounts, as, region, &account, e));
	return session_of(a, account, region, ret, e);
}

static const char *
lend_env(void *ctx, const char *name)
{
	(void)ctx;
	return aws_env_process.env(aws_env_process.ctx, name);
}

static int64_t
lend_wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

void
app_reach(struct app *a)
{
	a->reach = (struct client_reach){ .ctx = a,
		.net = lend_net,
		.aws = lend_aws,
		.env = lend_env,
		.wall = lend_wall,
		.sleep = sleep_lent };
}

void
app_reach_all(struct app *a)
{
	app_reach(a);
	for (size_t i = 0; i < a->config->n_clients; i++)
		a->config->clients[i].client.reach = &a->reach;
}

void
app_lend(struct app *a, const struct identity_conf *id)
{
	struct config *c = a->config;
	const struct client_conf *cc;

	for (size_t i = 0; (cc = config_client_of(c, id, i)) != NULL; i++)
		c->clients[cc - c->clients].client.reach = &a->reach;
}

void
app_reach_close(struct app *a)
{
	struct session *s;

	while ((s = a->sessions) != NULL) {
		a->sessions = s->next;
		aws_close(s->aws);
		free(s);
	}
}
