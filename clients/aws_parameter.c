/* aws_parameter: see aws_parameter.h. */
#include "clients/aws_parameter.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/aws_role.h"

#define STANDARD_MAX 4096 /* bytes, "Managing parameter tiers" */
#define PAGES        20

void
auto_aws_parameter(struct aws_parameter *p)
{
	cJSON_Delete(p->got);
	buf_free(&p->value);
}

/* A parameter is asked for by name or ARN. */
static bool
is_called(const cJSON *p, const char *name)
{
	const char *own = json_text(p, "Name"), *arn = json_text(p, "ARN");

	return (own != NULL && strcmp(own, name) == 0) ||
	    (arn != NULL && strcmp(arn, name) == 0);
}

static enum ec
take(const cJSON *list, const char *name, struct aws_parameter *ret,
    struct err *e)
{
	const cJSON *p, *found = NULL, *version;
	const char *value;

	cJSON_ArrayForEach(p, list)
	{
		if (is_called(p, name))
			found = p;
	}
	if (found == NULL) {
		(void)fail(e, EC_GONE, "there is no parameter %s", name);
		return fix(e,
		    "check the name, aws_region and role_arn, or create it "
		    "with aws ssm put-parameter");
	}
	ret->got = cJSON_Duplicate(found, true);
	ret->name = json_text(ret->got, "Name");
	ret->type = json_text(ret->got, "Type");
	value = json_text(ret->got, "Value");
	version = cJSON_GetObjectItemCaseSensitive(ret->got, "Version");
	if (ret->name == NULL || ret->type == NULL || value == NULL ||
	    !cJSON_IsNumber(version))
		return fail(e, EC_PROTO,
		    "parameter %s: a part is missing in "
		    "the reply",
		    name);
	ret->version = (long)version->valuedouble;
	ret->value = BUF(AWS_PARAMETER_MAX);
	return buf_adds(&ret->value, value, e);
}

static enum ec
take_all(const cJSON *reply, const char *const names[2],
    struct aws_parameter ret[2], struct err *e)
{
	const cJSON *list =
	    cJSON_GetObjectItemCaseSensitive(reply, "Parameters");

	TRY(take(list, names[0], &ret[0], e));
	return names[1] != NULL ? take(list, names[1], &ret[1], e) : EC_OK;
}

enum ec
aws_parameter_get(const struct aws_object *o, const char *const names[2],
    struct aws_parameter ret[2], struct err *e)
{
	/* The key of a SecureString is gone, or not ours to use. */
	static const struct aws_json_error errors[] = {
		{ "InvalidKeyId", EC_DENIED, NULL },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	const struct aws_json_call q = { .action = "GetParameters",
		.body = body,
		.reads = true,
		.errors = errors };

	if (!aws_json_add(body, "Names",
		cJSON_CreateStringArray(names, names[1] != NULL ? 2 : 1)) ||
	    !cJSON_AddTrueToObject(body, "WithDecryption"))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(aws_json_do(o, &q, &j, e));
	if (take_all(j, names, ret, e) != EC_OK)
		return aws_object_prefix(o, e);
	TRY(aws_role_confirm(o, json_text(ret[0].got, "ARN"), e));
	return names[1] == NULL
	    ? EC_OK
	    : aws_role_confirm(o, json_text(ret[1].got, "ARN"), e);
}

/* One page; *ret NULL when the parameter is not on it. */
static enum ec
describe_page(const struct aws_object *o, const char *name, cJSON **next,
    cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	cJSON *filters = cJSON_AddArrayToObject(body, "ParameterFilters");
	cJSON *filter = cJSON_CreateObject();
	const struct aws_json_call q = {
		.action = "DescribeParameters", .body = body, .reads = true
	};
	cJSON *p;

	if (!cJSON_AddItemToArray(filters, filter)) {
		cJSON_Delete(filter);
		return fail(e, EC_NOMEM, "no memory for a request");
	}
	if (!cJSON_AddStringToObject(filter, "Key", "Name") ||
	    !aws_json_add(
		filter, "Values", cJSON_CreateStringArray(&name, 1)) ||
	    (*next != NULL && !aws_json_add(body, "NextToken", TAKE(*next))))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(aws_json_do(o, &q, &j, e));
	cJSON_ArrayForEach(p, cJSON_GetObjectItemCaseSensitive(j, "Parameters"))
	{
		if (is_called(p, name)) {
			*ret = cJSON_Duplicate(p, true);
			return EC_OK;
		}
	}
	*next = cJSON_DetachItemFromObjectCaseSensitive(j, "NextToken");
	return EC_OK;
}

static enum ec
check_size(const cJSON *described, size_t bytes, struct err *e)
{
	const char *tier = json_text(described, "Tier");
	const bool advanced = tier != NULL && strcmp(tier, "Advanced") == 0;
	const size_t max = advanced ? AWS_PARAMETER_MAX : STANDARD_MAX;

	if (bytes <= max)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "the value would have %zu bytes with the pair in it, and a "
	    "parameter of this tier holds %zu",
	    bytes, max);
	return fix(e, "remove something%s",
	    advanced ? "" : ", or make it an advanced parameter");
}

/* "Some pages may be empty while there are more" (DescribeParameters). */
enum ec
aws_parameter_describe(const struct aws_object *o,
    const struct aws_parameter *p, size_t bytes, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *next = NULL;
	AUTO(json) cJSON *found = NULL;
	int pages = 0;

	do
		TRY(describe_page(o, p->name, &next, &found, e));
	while (found == NULL && cJSON_IsString(next) && ++pages < PAGES);
	if (found == NULL)
		(void)fail(
		    e, EC_GONE, "DescribeParameters does not know %s", p->name);
	if (found == NULL || check_size(found, bytes, e) != EC_OK)
		return aws_object_prefix(o, e);
	*ret = TAKE(found);
	return EC_OK;
}

static bool
add_same(cJSON *to, const char *key, const cJSON *from)
{
	const char *text = json_text(from, key);

	return text == NULL || *text == '\0' ||
	    cJSON_AddStringToObject(to, key, text) != NULL;
}

/* Without KeyId the service would take its own key, without the others their
 * defaults. */
static bool
add_all(cJSON *body, const struct aws_parameter *was, const cJSON *described,
    const struct buf *value)
{
	static const char *const kept[] = { "KeyId", "Tier", "DataType",
		"AllowedPattern", "Description" };
	bool ok = cJSON_AddStringToObject(body, "Name", was->name) &&
	    cJSON_AddStringToObject(body, "Type", was->type) &&
	    cJSON_AddTrueToObject(body, "Overwrite") &&
	    aws_json_add(
		body, "Value", cJSON_CreateStringReference(buf_str(value)));

	for (size_t i = 0; i < COUNT(kept); i++)
		ok = ok && add_same(body, kept[i], described);
	return ok;
}

static enum ec
raced(const struct aws_object *o, const struct aws_parameter *was,
    const cJSON *version, struct err *e)
{
	if (!cJSON_IsNumber(version))
		(void)fail(e, EC_UNKNOWN, "PutParameter tells no version");
	else
		(void)fail(e, EC_CONFLICT,
		    "somebody wrote %s between our read (version %ld) and our "
		    "write (version %.0f); ours is in place, theirs is in the "
		    "history",
		    was->name, was->version, version->valuedouble);
	(void)fix(e, "see aws ssm get-parameter-history --name %s", was->name);
	return aws_object_prefix(o, e);
}

enum ec
aws_parameter_put(const struct aws_object *o, const struct aws_parameter *was,
    const cJSON *described, const struct buf *value, struct err *e)
{
	static const struct aws_json_error errors[] = {
		{ "ParameterMaxVersionLimitExceeded", EC_CLIENT,
		    "its oldest of 100 versions has a label and cannot go: "
		    "move the label to a newer one with aws ssm "
		    "label-parameter-version" },
		{ "InvalidKeyId", EC_DENIED, NULL },
		{ "ParameterPatternMismatchException", EC_CONFIG,
		    "its AllowedPattern does not let the new value in" },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	const struct aws_json_call q = {
		.action = "PutParameter", .body = body, .errors = errors
	};
	const cJSON *version;

	if (value->len == was->value.len &&
	    memcmp(buf_str(value), buf_str(&was->value), value->len) == 0)
		return EC_OK;
	if (!add_all(body, was, described, value))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(aws_json_do(o, &q, &j, e));
	version = cJSON_GetObjectItemCaseSensitive(j, "Version");
	if (!cJSON_IsNumber(version) ||
	    (long)version->valuedouble != was->version + 1)
		return raced(o, was, version, e);
	return EC_OK;
}
