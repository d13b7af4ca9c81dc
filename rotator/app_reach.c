/* app_reach: see app_reach.h. */
#include "rotator/app_reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sigv4/aws.h"

struct session {
	struct session *next;
	struct aws *aws;
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

static enum ec
open_session(struct app *a, const char *region, struct aws **ret, struct err *e)
{
	const struct aws_options o = { .region =
					   *region != '\0' ? region : NULL };
	const size_t n = strlen(region) + 1;
	struct session *s;
	enum ec ec;

	TRY(app_net(a, e));
	s = calloc(1, sizeof(*s) + n);
	if (s == NULL)
		return fail(e, EC_NOMEM, "no memory for an AWS session");
	memcpy(s->region, region, n);
	app_aws_env(a);
	ec = aws_open(a->net, &a->env, &o, &s->aws, e);
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
lend_aws(void *ctx, const char *region, struct aws **ret, struct err *e)
{
	struct app *a = ctx;

	if (region == NULL)
		region = "";
	for (const struct session *s = a->sessions; s != NULL; s = s->next)
		if (strcmp(s->region, region) == 0) {
			*ret = s->aws;
			return EC_OK;
		}
	return open_session(a, region, ret, e);
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

static void
lend_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	app_sleep(ms);
}

void
app_reach(struct app *a)
{
	a->reach = (struct client_reach){ .ctx = a,
		.net = lend_net,
		.aws = lend_aws,
		.env = lend_env,
		.wall = lend_wall,
		.sleep = lend_sleep };
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
