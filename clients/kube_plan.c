/* kube_plan: see kube_plan.h. */
#include "clients/kube_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

/* What was asked for so far. */
struct asked {
	struct buf missing; /* "get secrets/mail, patch deployments/web" */
	bool silent;        /* somebody does not answer such questions */
};

static void
auto_asked(struct asked *a)
{
	buf_free(&a->missing);
}

static enum ec
ask(const struct kube *k, struct asked *a, const struct kube_right *r,
    struct err *e)
{
	enum kube_may may = KUBE_SILENT;

	TRY(kube_may(k, r, &may, e));
	if (may == KUBE_SILENT)
		a->silent = true;
	if (may != KUBE_NO)
		return EC_OK;
	return buf_addf(&a->missing, e, "%s%s %s%s%s/%s",
	    a->missing.len > 0 ? ", " : "", r->verb, r->resource,
	    *r->group != '\0' ? "." : "", r->group, r->name);
}

static enum ec
ask_both(
    const struct kube *k, struct asked *a, struct kube_right r, struct err *e)
{
	r.verb = "get";
	TRY(ask(k, a, &r, e));
	r.verb = "patch";
	return ask(k, a, &r, e);
}

static enum ec
ask_targets(const struct kube *k, const struct kube_wish *w, struct asked *a,
    struct err *e)
{
	const char *const *text = w->rollout;

	for (; text != NULL && *text != NULL; text++) {
		struct kube_target t;

		TRY(kube_target_parse(*text, &t, e));
		TRY(ask_both(k, a,
		    (struct kube_right){ .group = "apps",
			.resource = t.resource,
			.name = t.name },
		    e));
	}
	return EC_OK;
}

static enum ec
judge(const struct kube *k, const struct asked *a, struct err *e)
{
	if (a->missing.len == 0)
		return EC_OK;
	errno = 0;
	(void)fail(e, EC_DENIED,
	    "Kubernetes: namespace %s: not allowed: %.300s", buf_str(&k->space),
	    buf_str(&a->missing));
	return fix(e,
	    "add these to a Role and bind it to this user "
	    "(rotate-clients(5), kubernetes)");
}

/* Making one by apply is judged as a create of that name. */
static enum ec
look_secret(const struct kube *k, const struct kube_wish *w, struct asked *a,
    struct err *e)
{
	AUTO(kube_secret) struct kube_secret s = { .json = NULL };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	const struct kube_right create = { "create", "", "secrets",
		w->keys.secret };

	TRY(kube_secret_get(k, &w->keys, &s, e));
	if (s.json != NULL) {
		TRY(kube_secret_pair(&s, &w->keys, &held, e));
		return kube_secret_fit(&s, &w->keys, w->force, e);
	}
	if (!w->create) {
		(void)fail(e, EC_GONE, "Kubernetes: no secret %s/%s",
		    buf_str(&k->space), w->keys.secret);
		return fix(e, "check its name, or set create: true");
	}
	TRY(ask(k, a, &create, e));
	return judge(k, a, e);
}

static enum ec
look_targets(const struct kube *k, const struct kube_wish *w,
    struct client_plan *p, struct err *e)
{
	size_t n = (size_t)snprintf(p->after, sizeof(p->after), "then restart");
	const char *const *text = w->rollout;

	for (; *text != NULL; text++) {
		struct kube_target t;

		TRY(kube_target_parse(*text, &t, e));
		TRY(kube_target_look(k, &t, p->warning, sizeof(p->warning), e));
		if (n < sizeof(p->after))
			n += (size_t)snprintf(
			    p->after + n, sizeof(p->after) - n, " %s", *text);
	}
	if (n < sizeof(p->after))
		(void)snprintf(p->after + n, sizeof(p->after) - n,
		    " by an annotation; pickup is the time for it");
	return EC_OK;
}

enum ec
kube_plan(const struct kube *k, const struct kube_wish *w,
    struct client_plan *ret, struct err *e)
{
	AUTO(asked) struct asked a = { .missing = BUF(65536) };
	struct client_plan p = { .change = "" };

	TRY(ask_both(k, &a,
	    (struct kube_right){
		.group = "", .resource = "secrets", .name = w->keys.secret },
	    e));
	TRY(ask_targets(k, w, &a, e));
	TRY(judge(k, &a, e));
	TRY(look_secret(k, w, &a, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "apply %s and %s to Kubernetes secret %s/%s as " KUBE_MANAGER "%s",
	    w->keys.user, w->keys.pass, buf_str(&k->space), w->keys.secret,
	    w->force ? ", taking them over" : "");
	if (a.silent)
		(void)snprintf(p.warning, sizeof(p.warning),
		    "this user may not ask what it may do "
		    "(selfsubjectaccessreviews), so nobody knows yet");
	if (w->rollout != NULL)
		TRY(look_targets(k, w, &p, e));
	else if (p.warning[0] == '\0')
		(void)snprintf(p.warning, sizeof(p.warning),
		    "without rollout, pods must read the mounted file anew by "
		    "themselves; those with it in their environment never do");
	*ret = p;
	return EC_OK;
}
