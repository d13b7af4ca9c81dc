/* gitlab_pair: see gitlab_pair.h. */
#include "clients/gitlab_pair.h"

#include "base/auto.h"

void
auto_gitlab_pair(struct gitlab_pair *p)
{
	secret_free(p->token);
	auto_gitlab_variable(&p->was[0]);
	auto_gitlab_variable(&p->was[1]);
}

enum ec
gitlab_pair_look(const struct client *c, const struct gitlab *gl,
    const struct pair_names *names, struct gitlab_pair *ret, struct err *e)
{
	ret->c = c;
	ret->gl = gl;
	ret->n = pair_places(names, ret->at);
	TRY(gitlab_login(gl, &ret->token, e));
	for (size_t i = 0; i < ret->n; i++)
		TRY(gitlab_look(
		    c, gl, ret->token, ret->at[i].name, &ret->was[i], e));
	return EC_OK;
}

enum ec
gitlab_pair_read(
    const struct gitlab_pair *p, struct smtp_cred *ret, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred got = { .user = "" };

	for (size_t i = 0; i < p->n; i++)
		if (p->was[i].value != NULL)
			TRY(pair_get(p->at[i].part, p->was[i].value,
			    p->at[i].name, &got, e));
	*ret = got;
	got.pass = NULL;
	return EC_OK;
}

enum ec
gitlab_pair_render(const struct gitlab_pair *p, size_t i,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	const struct pair_place *at = &p->at[i];

	if (pair_put(at->part, p->c, p->was[i].value, cred, ret, e) != EC_OK)
		return err_prefix(e, "%s", at->name);
	return EC_OK;
}

static enum ec
put(const struct gitlab_pair *p, size_t i, const struct smtp_cred *cred,
    bool hidden, struct err *e)
{
	AUTO(buf) struct buf value = BUF(PAIR_MAX);

	TRY(gitlab_pair_render(p, i, cred, &value, e));
	return gitlab_put(p->c, p->gl, p->token, &p->at[i], &p->was[i], &value,
	    hidden && p->at[i].part != PAIR_USERNAME, e);
}

enum ec
gitlab_pair_write(const struct gitlab_pair *p, const struct smtp_cred *cred,
    bool hidden, struct err *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (put(p, i, cred, hidden, e) != EC_OK)
			return pair_failed(p->at, i, e);
	return EC_OK;
}
