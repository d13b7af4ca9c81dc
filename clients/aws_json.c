/* aws_json: see aws_json.h. */
#include "clients/aws_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/heard.h"
#include "clients/reach.h"
#include "sigv4/aws.h"

/* A secret of 64 KB whose every byte becomes an escape of six. */
#define BODY_MAX ((size_t)512 * 1024)
#define JSON_1_1 "application/x-amz-json-1.1"
#define MANUAL   "rotate-clients(5)"

const struct aws_service aws_secrets_manager = { "secrets_manager",
	"Secrets Manager", "secretsmanager", "secretsmanager.", JSON_1_1,
	MANUAL };
const struct aws_service aws_ssm = { "ssm", "Parameter Store", "ssm",
	"AmazonSSM.", JSON_1_1, MANUAL };
const struct aws_service aws_lambda = { "lambda", "Lambda", "lambda", NULL,
	"application/json", MANUAL };
const struct aws_service aws_kms = { "kms", "KMS", "kms", "TrentService.",
	JSON_1_1, "rotate.yaml(5)" };

const char *
aws_arn_field(const char *name, unsigned n, size_t *len)
{
	if (strncmp(name, "arn:", 4) != 0)
		return NULL;
	for (; n > 0; n--) {
		name = strchr(name, ':');
		if (name == NULL)
			return NULL;
		name++;
	}
	*len = strcspn(name, ":");
	return name;
}

static bool
field_is(const char *name, unsigned n, const char *want)
{
	size_t len = 0;
	const char *field = aws_arn_field(name, n, &len);

	return field != NULL && len == strlen(want) &&
	    strncmp(field, want, len) == 0;
}

enum ec
aws_object_check(const struct aws_service *service, const char *key,
    const char *name, const char *region, struct err *e)
{
	char own[REGION_MAX] = "";
	size_t len = 0;
	const char *field = aws_arn_field(name, 3, &len);

	for (const char *p = name; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return fail(e, EC_CONFIG,
			    "%s: blanks and letters beyond ASCII cannot be in "
			    "it",
			    key);
	if (region != NULL && !region_valid(region)) {
		(void)fail(
		    e, EC_CONFIG, "aws_region: \"%.40s\" is no region", region);
		return fix(e, "write a region such as eu-west-1");
	}
	if (strncmp(name, "arn:", 4) != 0)
		return EC_OK;
	if (field != NULL && len < sizeof(own))
		(void)snprintf(own, sizeof(own), "%.*s", (int)len, field);
	if (!field_is(name, 2, service->prefix) || !region_valid(own))
		return fail(
		    e, EC_CONFIG, "%s: not an ARN of %s", key, service->title);
	if (region != NULL && strcmp(own, region) != 0)
		return fail(e, EC_CONFIG, "%s is in %s, aws_region says %s",
		    key, own, region);
	return EC_OK;
}

void
aws_object_at(const struct client *c, const struct aws_service *service,
    const char *name, const char *region, struct aws_object *ret)
{
	size_t len = 0;
	const char *field = aws_arn_field(name, 3, &len);

	*ret = (struct aws_object){ .c = c, .service = service, .name = name };
	if (region == NULL && field == NULL)
		region = c->region;
	if (region != NULL)
		(void)snprintf(ret->region, sizeof(ret->region), "%s", region);
	else
		(void)snprintf(
		    ret->region, sizeof(ret->region), "%.*s", (int)len, field);
}

enum ec
aws_object_prefix(const struct aws_object *o, struct err *e)
{
	return err_prefix(e, "%s: %s (%s%s%s)", o->service->title, o->name,
	    o->region, o->account[0] != '\0' ? ", account " : "", o->account);
}

/* "... is not authorized to perform: kms:Decrypt on resource ..." */
static void
missing_action(const struct aws_object *o, const struct aws_json_call *q,
    const char *message, char *ret, size_t n)
{
	static const char perform[] = "authorized to perform: ";
	const char *said = strstr(message, perform);
	size_t len;

	(void)snprintf(ret, n, "%s:%s", o->service->prefix, q->action);
	if (said != NULL) {
		said += sizeof(perform) - 1;
		len = strspn(said,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-:");
		if (len > 0 && len < n)
			(void)snprintf(ret, n, "%.*s", (int)len, said);
	} else if (o->service != &aws_kms &&
	    (strstr(message, "KMS") != NULL ||
		strstr(message, "ciphertext") != NULL)) {
		(void)snprintf(ret, n, "%s",
		    q->reads ? "kms:Decrypt"
			     : "kms:GenerateDataKey and kms:Encrypt");
	}
}

static const struct aws_json_error *
row_of(const struct aws_json_error *table, const char *code)
{
	for (; table != NULL && table->code != NULL; table++)
		if (strcmp(table->code, code) == 0)
			return table;
	return NULL;
}

/* What aws_do() calls a failure, in the classes of drivers. */
static enum ec
class_of(enum ec ec)
{
	return ec == EC_AUTH ? EC_DENIED : ec == EC_LIMIT ? EC_CLIENT : ec;
}

static void
show_words(const struct aws_json_call *q, enum ec ec,
    const struct aws_error *why, char *ret, size_t n)
{
	/* Lambda quotes the whole environment when it is too large. */
	if (!q->reads && (ec == EC_CONFIG || ec == EC_PROTO))
		(void)snprintf(
		    ret, n, "(words withheld: they may quote the value)");
	else
		heard_show(why->message, ret, n);
}

static enum ec
add_remedy(const struct aws_object *o, const struct aws_json_call *q,
    struct aws *a, const struct aws_error *why, enum ec said,
    const char *remedy, struct err *e)
{
	char action[128];

	if (said == EC_AUTH)
		return fix(e, "our AWS identity is %s%s%s", aws_identity(a),
		    *remedy != '\0' ? ": " : "", remedy);
	if (said == EC_DENIED) {
		missing_action(o, q, why->message, action, sizeof(action));
		if (o->role_arn != NULL)
			return fix(e,
			    "allow %s for the role %s; the whole policy is in "
			    "%s",
			    action, o->role_arn, o->service->manual);
		return fix(e,
		    "allow %s for our AWS identity (%s); the whole policy is "
		    "in %s",
		    action, aws_identity(a), o->service->manual);
	}
	return *remedy != '\0' ? fix(e, "%s", remedy) : e->ec;
}

/* A reply without a code, of a proxy or with its header lost: what aws_do()
 * made of it has the words as they came. */
static enum ec
no_code(const struct aws_object *o, const struct aws_json_call *q,
    const struct aws_error *why, enum ec ec, struct err *e)
{
	char remedy[ERR_FIX_MAX], words[200] = "(words withheld)";

	e->ec = class_of(ec);
	if (why->status == 0 || ec == EC_NOMEM)
		return aws_object_prefix(o, e); /* none that could be read */
	(void)snprintf(remedy, sizeof(remedy), "%s", e->fix);
	if (q->reads || why->message[0] == '\0')
		heard_show(why->message, words, sizeof(words));
	errno = 0; /* it is not ours that went wrong */
	(void)fail(e, class_of(ec),
	    "%s: not an answer of AWS%s%s (HTTP %d%s%s)", q->action,
	    *words != '\0' ? ": " : "", words, why->status,
	    why->request_id[0] != '\0' ? ", request " : "", why->request_id);
	if (*remedy != '\0')
		(void)fix(e, "%s", remedy);
	return aws_object_prefix(o, e);
}

/* ec and *e are what aws_do() said. */
static enum ec
explain(const struct aws_object *o, const struct aws_json_call *q,
    struct aws *a, const struct aws_error *why, enum ec ec, struct err *e)
{
	const struct aws_json_error *row = row_of(q->errors, why->code);
	const bool unknown = ec == EC_UNKNOWN;
	char remedy[ERR_FIX_MAX], words[200];

	if (why->code[0] == '\0')
		return no_code(o, q, why, ec, e);
	(void)snprintf(remedy, sizeof(remedy), "%s", e->fix);
	if (row != NULL) {
		(void)snprintf(remedy, sizeof(remedy), "%s",
		    row->fix != NULL ? row->fix : "");
		ec = row->ec;
	}
	show_words(q, ec, why, words, sizeof(words));
	errno = 0; /* it is not ours that went wrong */
	(void)fail(e, unknown ? EC_UNKNOWN : class_of(ec), "%s: %s%s%s%s%s%s",
	    q->action, why->code, *words != '\0' ? ": " : "", words,
	    why->request_id[0] != '\0' ? " (request " : "", why->request_id,
	    why->request_id[0] != '\0' ? ")" : "");
	(void)add_remedy(o, q, a, why, ec, remedy, e);
	return aws_object_prefix(o, e);
}

/* Of a service these are words without blanks; of others they may be all. */
static void
names_to_show(struct aws_error *why)
{
	const struct aws_error was = *why;

	heard_show(was.code, why->code, sizeof(why->code));
	heard_show(was.request_id, why->request_id, sizeof(why->request_id));
}

static enum ec
call(const struct aws_object *o, const struct aws_json_call *q, struct aws *a,
    const struct buf *body, struct http_reply *ret, struct err *e)
{
	AUTO(buf) struct buf target = BUF(256);
	const struct aws_service *s = o->service;
	struct aws_error why = { .status = 0 };
	struct aws_call c = {
		.service = s->name,
		.action = q->action,
		.method = q->method,
		.path = q->path,
		.content_type = q->body != NULL ? s->content_type : NULL,
		.body = q->body != NULL ? body : NULL,
		.resend = q->reads ? AWS_RESEND : AWS_RESEND_UNSENT,
	};
	enum ec ec;

	if (s->target != NULL) {
		TRY(buf_addf(&target, e, "%s%s", s->target, q->action));
		c.target = buf_str(&target);
	}
	ec = aws_do(a, &c, ret, &why, e);
	names_to_show(&why);
	return ec == EC_OK ? EC_OK : explain(o, q, a, &why, ec, e);
}

bool
aws_json_add(cJSON *to, const char *key, cJSON *item)
{
	if (item != NULL && cJSON_AddItemToObject(to, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

/* A role is shared by all who name it, so no single client is named. */
static enum ec
session(const struct aws_object *o, struct aws **ret, struct err *e)
{
	const struct sts_role as = { .arn = o->role_arn,
		.external_id = o->external_id,
		.where = "role_arn of a client" };

	return reach_aws(
	    o->c, o->role_arn != NULL ? &as : NULL, o->region, ret, e);
}

enum ec
aws_json_do(const struct aws_object *o, const struct aws_json_call *q,
    cJSON **ret, struct err *e)
{
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(http_reply) struct http_reply r = { .body = BUF(0) };
	AUTO(json) cJSON *j = NULL;
	struct aws *a = NULL;

	if (q->body != NULL)
		TRY(json_print(q->body, &body, e));
	if (session(o, &a, e) != EC_OK) {
		e->ec = class_of(e->ec);
		return aws_object_prefix(o, e);
	}
	TRY(call(o, q, a, &body, &r, e));
	j = json_parse(&r.body);
	if (!cJSON_IsObject(j)) {
		(void)fail_lib(
		    e, EC_PROTO, "%s: the reply is not JSON", q->action);
		if (!q->reads)
			e->ec = EC_UNKNOWN;
		return aws_object_prefix(o, e);
	}
	*ret = TAKE(j);
	return EC_OK;
}
