/*
 * agent_serve: see agent_serve.h. A driver here may use this machine's files
 * and programs. What lies beyond, the network and AWS, is the business of the
 * rotator's own host: it is not lent.
 */
#include "rotator/agent_serve.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"

static enum ec
no_net(void *ctx, struct net **ret, struct err *e)
{
	(void)ctx;
	(void)ret;
	(void)fail(e, EC_CONFIG,
	    "driver: a client of a network service needs no agent");
	return fix(e, "register it directly, as its own type");
}

static enum ec
no_aws(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	(void)as;
	(void)region;
	(void)ret;
	return no_net(ctx, NULL, e);
}

static const char *
no_env(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static int64_t
wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

static void
nap(void *ctx, int64_t ms)
{
	(void)ctx;
	clock_sleep(ms);
}

static const struct client_reach reach = {
	.net = no_net, .aws = no_aws, .env = no_env, .wall = wall, .sleep = nap
};

static enum ec
not_here(const char *name, struct err *e)
{
	(void)fail(e, EC_DENIED,
	    "this key may not change client %s on this host", name);
	return fix(e,
	    "register it in the configuration there, and see --only in "
	    "authorized_keys");
}

/* A pair of another region, or of another sender, would be refused by SES or
 * send as somebody else. */
static enum ec
fits(const struct client *here, const struct client *asked, struct err *e)
{
	const bool region = strcmp(here->region, asked->region) == 0;

	if (region && strcmp(here->identity, asked->identity) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "client %s is registered here for identity %s in %s, the request "
	    "is about %s in %s",
	    here->name, here->identity, here->region, asked->identity,
	    asked->region);
	return fix(e, "make both configurations say the same");
}

static enum ec
registered(const struct agent_rule *rule, const struct exec_ask *a,
    struct client *ret, struct err *e)
{
	const char *name = a->client.name;
	const struct client_conf *cc = config_client(rule->config, name);
	bool wanted = rule->only == NULL || rule->only[0] == NULL;

	for (size_t i = 0; !wanted && rule->only[i] != NULL; i++)
		wanted = strcmp(rule->only[i], name) == 0;
	errno = 0;
	if (cc == NULL || !wanted)
		return not_here(name, e);
	*ret = cc->client;
	if (ret->drv->human || ret->drv->write == NULL)
		return fail(e, EC_CONFIG,
		    "client %s is of type %s on this host", name,
		    ret->drv->name);
	return fits(ret, &a->client, e);
}

static enum ec
choose(const struct agent_rule *rule, struct exec_ask *a, struct client *ret,
    struct err *e)
{
	if (rule->config != NULL) {
		TRY(registered(rule, a, ret, e));
	} else {
		TRY(exec_ask_driver(a, e));
		*ret = a->client;
	}
	ret->reach = &reach;
	return EC_OK;
}

static enum ec
perform(const struct agent_rule *rule, struct exec_ask *a,
    struct exec_reply *ret, struct err *e)
{
	struct client c = { .name = NULL };

	TRY(choose(rule, a, &c, e));
	if (c.drv == NULL)
		return fail(e, EC_BUG, "a client without a driver");
	switch (a->action) {
	case EXEC_PLAN:
		return c.drv->plan(&c, &ret->plan, e);
	case EXEC_READ:
		if (c.drv->read == NULL)
			return fail(e, EC_CONFIG,
			    "a client of type %s cannot be read back",
			    c.drv->name);
		return c.drv->read(&c, &ret->cred, e);
	case EXEC_WRITE:
		return c.drv->write(&c, &a->cred, e);
	case EXEC_ACTIVATE:
	default:
		return c.drv->activate != NULL ? c.drv->activate(&c, e) : EC_OK;
	}
}

enum ec
agent_serve(const struct agent_rule *rule, const struct buf *text,
    struct buf *ret, struct err *e)
{
	AUTO(exec_ask) struct exec_ask a = { .json = NULL };
	AUTO(exec_reply) struct exec_reply reply = { .cred = { .user = "" } };
	struct err why = { .ec = EC_OK };
	enum ec ec;

	ec = exec_ask_parse(text, &a, &why);
	if (ec == EC_OK)
		ec = perform(rule, &a, &reply, &why);
	why.ec = ec;
	return exec_answer(a.action, &why, &reply, ret, e);
}
