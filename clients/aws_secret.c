/* aws_secret: see aws_secret.h. */
#include "clients/aws_secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/aws_role.h"
#include "sigv4/hash.h"

#define LABEL  "ROTATE_NEXT" /* ours; moves to each new version */
#define TOKENS 4             /* tries to find one that is not taken */
#define TAKEN  EC_LATER      /* between the functions of this file */

#define FIX_ABSENT                                                              \
	"check the name, aws_region and role_arn, or create it with its other " \
	"keys"
#define FIX_DELETED                                                            \
	"take it back with aws secretsmanager restore-secret, or name another"

void
auto_aws_secret(struct aws_secret *s)
{
	buf_free(&s->text);
}

enum ec
aws_secret_get(
    const struct aws_object *o, struct aws_secret *ret, struct err *e)
{
	/* "marked for deletion", or a secret that another service manages and
	 * that has no value yet. */
	static const struct aws_json_error errors[] = {
		{ "InvalidRequestException", EC_GONE, FIX_DELETED },
		{ "ResourceNotFoundException", EC_GONE, FIX_ABSENT },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	AUTO(aws_secret)
	struct aws_secret s = { .text = BUF(AWS_SECRET_MAX) };
	const struct aws_json_call q = { .action = "GetSecretValue",
		.body = body,
		.reads = true,
		.errors = errors };
	const char *text, *version;

	if (!cJSON_AddStringToObject(body, "SecretId", o->name) ||
	    !cJSON_AddStringToObject(body, "VersionStage", "AWSCURRENT"))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(aws_json_do(o, &q, &j, e));
	TRY(aws_role_confirm(o, json_text(j, "ARN"), e));
	text = json_text(j, "SecretString");
	version = json_text(j, "VersionId");
	if (text == NULL || version == NULL ||
	    strlen(version) >= sizeof(s.version)) {
		(void)fail(e, EC_CONFLICT, "its value is binary, not text");
		(void)fix(e, "store JSON in it, as SecretString");
		return aws_object_prefix(o, e);
	}
	TRY(buf_adds(&s.text, text, e));
	memcpy(s.version, version, strlen(version) + 1);
	*ret = s;
	s.text = BUF(0);
	return EC_OK;
}

/* The same for the same pair on the same version, so that a request sent twice
 * makes one version. No part of it is secret: key ids are not. */
static enum ec
token(const struct aws_object *o, const struct aws_secret *was,
    const char *key_id, unsigned n, char ret[HASH_HEX], struct err *e)
{
	AUTO(buf) struct buf b = BUF(8192);

	TRY(buf_addf(
	    &b, e, "%s\n%s\n%s\n%u", o->name, was->version, key_id, n));
	return hash_hex(buf_str(&b), b.len, ret, e);
}

/* Stores text under our label as version id. TAKEN: that id has another value
 * already. */
static enum ec
store(const struct aws_object *o, const char *id, const struct buf *text,
    struct err *e)
{
	static const struct aws_json_error errors[] = {
		{ "LimitExceededException", EC_CLIENT,
		    "it has too many versions; those without a label go within "
		    "a day" },
		{ "ResourceExistsException", TAKEN, NULL },
		{ .code = NULL },
	};
	const char *const label = LABEL;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	const struct aws_json_call q = {
		.action = "PutSecretValue", .body = body, .errors = errors
	};

	if (!aws_json_add(
		body, "VersionStages", cJSON_CreateStringArray(&label, 1)) ||
	    !aws_json_add(body, "SecretString",
		cJSON_CreateStringReference(buf_str(text))) ||
	    !cJSON_AddStringToObject(body, "SecretId", o->name) ||
	    !cJSON_AddStringToObject(body, "ClientRequestToken", id))
		return fail(e, EC_NOMEM, "no memory for a request");
	return aws_json_do(o, &q, &j, e);
}

static enum ec
describe(const struct aws_object *o, cJSON **ret, struct err *e)
{
	static const struct aws_json_error errors[] = {
		{ "ResourceNotFoundException", EC_GONE, FIX_ABSENT },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	const struct aws_json_call q = { .action = "DescribeSecret",
		.body = body,
		.reads = true,
		.errors = errors };

	if (!cJSON_AddStringToObject(body, "SecretId", o->name))
		return fail(e, EC_NOMEM, "no memory for a request");
	return aws_json_do(o, &q, ret, e);
}

/* Does this version carry the label AWSCURRENT? */
static bool
is_current(const cJSON *described, const char *id)
{
	const cJSON *stages = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(described, "VersionIdsToStages"),
	    id);
	const cJSON *label;

	cJSON_ArrayForEach(label, stages)
	{
		const char *s = cJSON_GetStringValue(label);

		if (s != NULL && strcmp(s, "AWSCURRENT") == 0)
			return true;
	}
	return false;
}

/*
 * The move was refused (that is in *e): because it was made before, because
 * AWSCURRENT is on a third version, or for a reason of its own? On a third
 * version nothing is lost: nobody looks at ours, and whose the third one is, a
 * fresh read will show.
 */
static enum ec
judge(
    const struct aws_object *o, const char *id, const char *from, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	struct err why = { .ec = EC_OK };

	if (describe(o, &j, &why) != EC_OK) {
		*e = why;
		return e->ec = EC_UNKNOWN;
	}
	if (is_current(j, id))
		return EC_OK;
	if (is_current(j, from))
		return e->ec = EC_CLIENT;
	(void)fail(e, EC_TEMP,
	    "somebody wrote a new version between our read and our write; it "
	    "is kept, ours (%s) is not in use",
	    id);
	(void)fix(e, "it is tried again; see who else writes this secret");
	return aws_object_prefix(o, e);
}

static enum ec
make_current(
    const struct aws_object *o, const char *id, const char *from, struct err *e)
{
	static const struct aws_json_error errors[] = {
		{ "InvalidParameterException", EC_CONFLICT, NULL },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	const struct aws_json_call q = { .action = "UpdateSecretVersionStage",
		.body = body,
		.errors = errors };
	enum ec ec;

	if (!cJSON_AddStringToObject(body, "SecretId", o->name) ||
	    !cJSON_AddStringToObject(body, "VersionStage", "AWSCURRENT") ||
	    !cJSON_AddStringToObject(body, "MoveToVersionId", id) ||
	    !cJSON_AddStringToObject(body, "RemoveFromVersionId", from))
		return fail(e, EC_NOMEM, "no memory for a request");
	ec = aws_json_do(o, &q, &j, e);
	return ec == EC_CONFLICT ? judge(o, id, from, e) : ec;
}

/* An answer to the put that was lost is no harm: no consumer looks there, and
 * the old pair is still in place. */
static enum ec
still_old(enum ec ec, struct err *e)
{
	if (ec == EC_UNKNOWN)
		e->ec = EC_TEMP;
	if (ec == TAKEN)
		e->ec = EC_CONFLICT;
	return e->ec;
}

enum ec
aws_secret_put(const struct aws_object *o, const struct aws_secret *was,
    const struct buf *text, const char *key_id, struct err *e)
{
	char id[HASH_HEX];
	enum ec ec = TAKEN;

	if (text->len == was->text.len &&
	    memcmp(buf_str(text), buf_str(&was->text), text->len) == 0)
		return EC_OK;
	for (unsigned n = 0; ec == TAKEN && n < TOKENS; n++) {
		TRY(token(o, was, key_id, n, id, e));
		ec = store(o, id, text, e);
	}
	if (ec != EC_OK)
		return still_old(ec, e);
	return make_current(o, id, was->version, e);
}

static bool
is_true(const cJSON *j, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(j, key)) != 0;
}

static enum ec
obstacle(const struct aws_object *o, const cJSON *j, struct err *e)
{
	const char *owner = json_text(j, "OwningService");
	const char *primary = json_text(j, "PrimaryRegion");
	const cJSON *deleted =
	    cJSON_GetObjectItemCaseSensitive(j, "DeletedDate");

	if (deleted != NULL && !cJSON_IsNull(deleted)) {
		(void)fail(e, EC_GONE, "it is going to be deleted");
		return fix(e, "%s", FIX_DELETED);
	}
	if (is_true(j, "RotationEnabled")) {
		(void)fail(e, EC_CONFLICT,
		    "its own rotation is switched on, and two rotations would "
		    "undo each other");
		return fix(e,
		    "aws secretsmanager cancel-rotate-secret --secret-id %s",
		    o->name);
	}
	if (owner != NULL && *owner != '\0')
		return fail(e, EC_CONFLICT,
		    "the service %.40s manages it, nobody else may", owner);
	if (primary != NULL && strcmp(primary, o->region) != 0) {
		(void)fail(e, EC_CONFIG,
		    "this is a replica; it is written in %s", primary);
		return fix(e, "set aws_region: %s", primary);
	}
	return EC_OK;
}

enum ec
aws_secret_look(const struct aws_object *o, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(describe(o, &j, e));
	TRY(aws_role_confirm(o, json_text(j, "ARN"), e));
	return obstacle(o, j, e) == EC_OK ? EC_OK : aws_object_prefix(o, e);
}
