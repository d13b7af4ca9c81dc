/* iam_reply: permission, envelope and errors around an action. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "iam.h"
#include "util.h"

const char *
iam_namespace(const char *service)
{
	return strcmp(service, "sts") == 0
	    ? "https://sts.amazonaws.com/doc/2011-06-15/"
	    : "https://iam.amazonaws.com/doc/2010-05-08/";
}

void
iam_request_id(struct sandbox *s, char out[37])
{
	uint64_t a = sandbox_random(s), b = sandbox_random(s);

	(void)snprintf(out, 37,
	    "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-a%03" PRIx64
	    "-%012" PRIx64,
	    a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52,
	    b & 0xffffffffffff);
}

char *
iam_error(const char *service, int status, const char *code,
    const char *message, const char *id)
{
	struct xml *x = xml_new("ErrorResponse"), *e;
	char *out;

	xml_attr_ns(x, iam_namespace(service));
	e = xml_elem(x, "Error");
	xml_text(e, "Type", status < 500 ? "Sender" : "Receiver");
	xml_text(e, "Code", code);
	xml_text(e, "Message", message);
	xml_text(x, "RequestId", id);
	out = xml_render(x, NULL, false);
	xml_free(x);
	return out;
}

static char *
success(struct sandbox *s, struct iam_call *c)
{
	AUTO(free) char *name = fmt("%sResponse", c->action->name);
	struct xml *x = xml_new(name), *meta;
	char *out;

	xml_attr_ns(x, iam_namespace(c->action->service));
	if (c->result != NULL)
		xml_adopt(x, c->result);
	c->result = NULL;
	meta = xml_elem(x, "ResponseMetadata");
	xml_text(meta, "RequestId", c->id);
	out = xml_render(x, s, c->shuffle);
	xml_free(x);
	return out;
}

static void
deny(struct sandbox *s, struct iam_call *c, const char *action)
{
	const char *target = form_get(c->form, "UserName");

	c->status = 403;
	c->code = "AccessDenied";
	c->message = fmt("User: arn:aws:iam::%s:user/%s is not authorized to "
			 "perform: %s on resource: user %s because no "
			 "identity-based policy allows the %s action",
	    s->account, c->caller, action, target ? target : c->caller, action);
}

char *
iam_perform(struct sandbox *s, struct iam_call *c)
{
	AUTO(free)
	char *action = fmt("%s:%s", c->action->service, c->action->name);
	bool own = strcmp(c->caller, OPERATOR) == 0;
	LOCKED(s);

	c->status = 200;
	if (knob_denies_locked(s, action) || (!own && !c->action->open))
		deny(s, c, action);
	else
		c->action->run(s, c);
	if (c->effect)
		count_locked(s, 1, "iam", c->action->name, "effects");
	if (c->code == NULL)
		return success(s, c);
	xml_free(c->result);
	c->result = NULL;
	return iam_error(
	    c->action->service, c->status, c->code, c->message, c->id);
}
