/* reach: see reach.h. */
#include "clients/reach.h"

static enum ec
nothing(const struct client *c, struct err *e)
{
	return fail(e, EC_BUG, "client %s: nobody lent it a network", c->name);
}

enum ec
reach_net(const struct client *c, struct net **ret, struct err *e)
{
	if (c->reach == NULL)
		return nothing(c, e);
	return c->reach->net(c->reach->ctx, ret, e);
}

enum ec
reach_aws(const struct client *c, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	if (c->reach == NULL)
		return nothing(c, e);
	return c->reach->aws(c->reach->ctx, as, region, ret, e);
}

const char *
reach_env(const struct client *c, const char *name)
{
	return c->reach != NULL ? c->reach->env(c->reach->ctx, name) : NULL;
}

int64_t
reach_wall(const struct client *c)
{
	return c->reach != NULL ? c->reach->wall(c->reach->ctx) : 0;
}

void
reach_sleep(const struct client *c, int64_t ms)
{
	if (c->reach != NULL)
		c->reach->sleep(c->reach->ctx, ms);
}
