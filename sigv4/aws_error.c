/*
 * aws_error: see aws_error.h.
 */
#include "sigv4/aws_error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/xml.h"

#define FIX_CLOCK  "check this host's clock (timedatectl)"
#define FIX_SECRET "check the secret access key, then " FIX_CLOCK
#define FIX_KEY    "check that this access key id exists and is active"
#define FIX_TOKEN  "get a new session token"
#define FIX_POLICY "allow this action in the policy of the caller"
#define FIX_NAME   "check the names in the configuration"

/*
 * Trap: IAM's LimitExceeded is a used-up quota, LimitExceededException a
 * throttle of other services.
 */
static const struct {
	const char *code;
	struct aws_verdict verdict;
} codes[] = {
	/* IAM */
	{ "NoSuchEntity", { EC_GONE, AWS_REFUSED, NULL } },
	{ "LimitExceeded", { EC_LIMIT, AWS_REFUSED, NULL } },
	{ "EntityAlreadyExists", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "DeleteConflict", { EC_CONFLICT, AWS_REFUSED, NULL } },
	/* The next run is soon enough: IAM says to wait minutes. */
	{ "EntityTemporarilyUnmodifiable", { EC_TEMP, AWS_REFUSED, NULL } },
	{ "ConcurrentModification", { EC_TEMP, AWS_REFUSED, NULL } },
	{ "InvalidInput", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "InvalidUserType", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "MalformedPolicyDocument", { EC_CONFIG, AWS_REFUSED, NULL } },
	{ "UnmodifiableEntity", { EC_DENIED, AWS_REFUSED, NULL } },
	{ "ServiceFailure", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "PolicyEvaluation", { EC_TEMP, AWS_BROKEN, NULL } },
	/* STS */
	{ "RegionDisabledException",
	    { EC_CONFIG, AWS_REFUSED,
		"activate STS in this region, or set AWS_REGION" } },
	{ "IDPCommunicationError", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "InvalidIdentityToken", { EC_AUTH, AWS_REFUSED, FIX_TOKEN } },
	{ "IDPRejectedClaim", { EC_AUTH, AWS_REFUSED, FIX_TOKEN } },
	{ "PackedPolicyTooLarge", { EC_CONFIG, AWS_REFUSED, NULL } },
	/* Secrets Manager, Systems Manager, Lambda */
	{ "ResourceNotFoundException", { EC_GONE, AWS_REFUSED, NULL } },
	{ "ParameterNotFound", { EC_GONE, AWS_REFUSED, NULL } },
	{ "ParameterVersionNotFound", { EC_GONE, AWS_REFUSED, NULL } },
	{ "ResourceExistsException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "ParameterAlreadyExists", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "PreconditionFailedException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "PreconditionNotMetException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "InvalidRequestException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "ParameterMaxVersionLimitExceeded", { EC_LIMIT, AWS_REFUSED, NULL } },
	{ "InvalidParameterException", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "InvalidParameterValueException",
	    { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "InvalidKeyId", { EC_CONFIG, AWS_REFUSED, NULL } },
	{ "UnsupportedParameterType", { EC_CONFIG, AWS_REFUSED, NULL } },
	{ "HierarchyTypeMismatchException", { EC_CONFIG, AWS_REFUSED, NULL } },
	{ "ParameterPatternMismatchException",
	    { EC_CONFIG, AWS_REFUSED, NULL } },
	{ "EncryptionFailure", { EC_DENIED, AWS_REFUSED, NULL } },
	{ "DecryptionFailure", { EC_DENIED, AWS_REFUSED, NULL } },
	{ "KMSAccessDeniedException", { EC_DENIED, AWS_REFUSED, FIX_POLICY } },
	/* The next run is soon enough: another update is going on. */
	{ "ResourceConflictException", { EC_TEMP, AWS_REFUSED, NULL } },
	{ "TooManyUpdates", { EC_TEMP, AWS_THROTTLED, NULL } },
	/* DynamoDB: "Error handling with DynamoDB", Developer Guide. A
	 * cancelled transaction was carried out in no part. */
	{ "ConditionalCheckFailedException",
	    { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "TransactionCanceledException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "IdempotentParameterMismatchException",
	    { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "ResourceInUseException", { EC_CONFLICT, AWS_REFUSED, NULL } },
	{ "TransactionConflictException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "ReplicatedWriteConflictException",
	    { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "TableNotFoundException", { EC_GONE, AWS_REFUSED, NULL } },
	{ "ContinuousBackupsUnavailableException",
	    { EC_TEMP, AWS_REFUSED, NULL } },
	{ "ItemCollectionSizeLimitExceededException",
	    { EC_LIMIT, AWS_REFUSED, NULL } },
	{ "InternalServiceError", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "InternalServerError", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "ServiceException", { EC_TEMP, AWS_BROKEN, NULL } },
	/* every service: who we are */
	{ "InvalidClientTokenId", { EC_AUTH, AWS_REFUSED, FIX_KEY } },
	{ "UnrecognizedClientException", { EC_AUTH, AWS_REFUSED, FIX_KEY } },
	{ "InvalidAccessKeyId", { EC_AUTH, AWS_REFUSED, FIX_KEY } },
	{ "SignatureDoesNotMatch", { EC_AUTH, AWS_SKEWED, FIX_SECRET } },
	{ "InvalidSignatureException", { EC_AUTH, AWS_SKEWED, FIX_SECRET } },
	{ "AuthFailure", { EC_AUTH, AWS_SKEWED, FIX_SECRET } },
	{ "RequestExpired", { EC_AUTH, AWS_SKEWED, FIX_CLOCK } },
	{ "RequestTimeTooSkewed", { EC_AUTH, AWS_SKEWED, FIX_CLOCK } },
	{ "RequestInTheFuture", { EC_AUTH, AWS_SKEWED, FIX_CLOCK } },
	{ "IncompleteSignature", { EC_AUTH, AWS_REFUSED, NULL } },
	{ "MissingAuthenticationToken", { EC_AUTH, AWS_REFUSED, NULL } },
	{ "MissingAuthenticationTokenException",
	    { EC_AUTH, AWS_REFUSED, NULL } },
	{ "ExpiredToken", { EC_AUTH, AWS_REFUSED, FIX_TOKEN } },
	{ "ExpiredTokenException", { EC_AUTH, AWS_REFUSED, FIX_TOKEN } },
	/* every service: what we may */
	{ "AccessDenied", { EC_DENIED, AWS_REFUSED, FIX_POLICY } },
	{ "AccessDeniedException", { EC_DENIED, AWS_SKEWED, FIX_POLICY } },
	{ "NotAuthorized", { EC_DENIED, AWS_REFUSED, FIX_POLICY } },
	{ "UnauthorizedOperation", { EC_DENIED, AWS_REFUSED, FIX_POLICY } },
	{ "OptInRequired", { EC_DENIED, AWS_REFUSED, NULL } },
	/* every service: what we asked for */
	{ "ValidationError", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "ValidationException", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "InvalidParameterValue", { EC_CONFIG, AWS_REFUSED, FIX_NAME } },
	{ "InvalidParameterCombination", { EC_PROTO, AWS_REFUSED, NULL } },
	{ "InvalidQueryParameter", { EC_PROTO, AWS_REFUSED, NULL } },
	{ "InvalidAction",
	    { EC_PROTO, AWS_REFUSED,
		"check the endpoint: another service answers there" } },
	{ "MalformedQueryString", { EC_PROTO, AWS_REFUSED, NULL } },
	{ "MissingAction", { EC_PROTO, AWS_REFUSED, NULL } },
	{ "MissingParameter", { EC_PROTO, AWS_REFUSED, NULL } },
	/* every service: later */
	{ "Throttling", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "ThrottlingException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "ThrottledException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "RequestThrottledException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "RequestThrottled", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "TooManyRequestsException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "ProvisionedThroughputExceededException",
	    { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "TransactionInProgressException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "RequestLimitExceeded", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "BandwidthLimitExceeded", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "LimitExceededException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "SlowDown", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "PriorRequestNotComplete", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "EC2ThrottledException", { EC_TEMP, AWS_THROTTLED, NULL } },
	{ "RequestTimeout", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "RequestTimeoutException", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "InternalFailure", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "InternalError", { EC_TEMP, AWS_BROKEN, NULL } },
	{ "ServiceUnavailable", { EC_TEMP, AWS_BROKEN, NULL } },
};

/* For a code that is not in the table, and for none. First fit. */
static const struct {
	int from, to; /* HTTP status */
	bool any;     /* also without a code */
	struct aws_verdict verdict;
} statuses[] = {
	{ 429, 429, true, { EC_TEMP, AWS_THROTTLED, NULL } },
	{ 500, 599, true, { EC_TEMP, AWS_BROKEN, NULL } },
	{ 401, 401, false, { EC_AUTH, AWS_REFUSED, NULL } },
	{ 403, 403, false, { EC_DENIED, AWS_REFUSED, NULL } },
	{ 400, 499, false, { EC_PROTO, AWS_REFUSED, NULL } },
};

/* Where the row of a code has none of its own: nobody is left without. */
static const char *const remedies[EC__MAX] = {
	[EC_TEMP] = "nothing: it is tried again",
	[EC_GONE] = FIX_NAME,
	[EC_LIMIT] = "delete one of these in IAM, or ask AWS for more",
	[EC_CONFLICT] = "see in IAM what is in the way",
	[EC_CONFIG] = FIX_NAME,
	[EC_AUTH] = "check the access key of the caller and its secret",
	[EC_DENIED] = FIX_POLICY,
	[EC_PROTO] = "check that the endpoint is AWS's; if so, report this",
};

static struct aws_verdict
judge(const struct aws_error *why)
{
	static const struct aws_verdict unreadable = { EC_PROTO, AWS_UNREADABLE,
		"check that the endpoint is AWS, and no proxy answers for it" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(codes[i].code, why->code) == 0)
			return codes[i].verdict;
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (why->status >= statuses[i].from &&
		    why->status <= statuses[i].to &&
		    (statuses[i].any || why->code[0] != '\0'))
			return statuses[i].verdict;
	return unreadable;
}

struct aws_verdict
aws_error_judge(const struct aws_error *why)
{
	struct aws_verdict v = judge(why);

	if (v.fix == NULL)
		v.fix = remedies[v.ec];
	return v;
}

/* First line only, printable or UTF-8, cut to fit. */
static void
take_text(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && *from != '\n' && n + 1 < size; from++)
		if ((unsigned char)*from >= ' ' && *from != 0x7f)
			to[n++] = *from;
	to[n] = '\0';
}

static const struct {
	const char *path;
	size_t offset, size;
} xml_texts[] = {
#define ROW(path, member)                                                      \
	{                                                                      \
		path, offsetof(struct aws_error, member),                      \
		    sizeof(((struct aws_error *)NULL)->member)                 \
	}
	ROW("ErrorResponse/Error/Code", code),
	ROW("ErrorResponse/Error/Message", message),
	ROW("ErrorResponse/RequestId", request_id),
	ROW("ErrorResponse/RequestID", request_id),
#undef ROW
};

static enum ec
xml_text(
    void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	(void)len;
	(void)e;
	for (size_t i = 0; i < COUNT(xml_texts); i++)
		if (strcmp(path, xml_texts[i].path) == 0)
			take_text((char *)ctx + xml_texts[i].offset,
			    xml_texts[i].size, text);
	return EC_OK;
}

static enum ec
read_xml(const struct buf *body, struct aws_error *ret, struct err *e)
{
	return xml_walk(body, xml_text, ret, e);
}

static void
auto_cjson(cJSON **j)
{
	cJSON_Delete(*j);
}

/* "namespace#Code:http://..." is Code. */
static void
take_code(char *to, size_t size, const char *from)
{
	const char *hash = strchr(from, '#');

	take_text(to, size, hash != NULL ? hash + 1 : from);
	to[strcspn(to, ":")] = '\0';
}

/* JSON 1.1 has the code in __type, REST services in a header (see
 * aws_error_read()), some of them in code as well. */
static const struct {
	const char *key;
	void (*take)(char *to, size_t size, const char *from);
	size_t offset, size;
} json_texts[] = {
#define ROW(key, take, member)                                                 \
	{                                                                      \
		key, take, offsetof(struct aws_error, member),                 \
		    sizeof(((struct aws_error *)NULL)->member)                 \
	}
	ROW("code", take_code, code),
	ROW("__type", take_code, code),
	ROW("Message", take_text, message),
	ROW("message", take_text, message),
#undef ROW
};

static enum ec
read_json(const struct buf *body, struct aws_error *ret, struct err *e)
{
	AUTO(cjson) cJSON *j = NULL;
	const char *text;

	errno = 0; /* cJSON does not say that it was short of memory */
	j = cJSON_ParseWithOpts(buf_str(body), NULL, true);
	if (!cJSON_IsObject(j))
		return fail_lib(e, EC_PROTO, "no JSON object");
	for (size_t i = 0; i < COUNT(json_texts); i++) {
		text = cJSON_GetStringValue(
		    cJSON_GetObjectItemCaseSensitive(j, json_texts[i].key));
		if (text != NULL)
			json_texts[i].take((char *)ret + json_texts[i].offset,
			    json_texts[i].size, text);
	}
	return EC_OK;
}

/* By first character of the body. */
static const struct {
	char first;
	enum ec (*read)(
	    const struct buf *body, struct aws_error *ret, struct err *e);
} forms[] = {
	{ '<', read_xml },
	{ '{', read_json },
};

/* A proxy does not send these headers. */
static void
take_headers(const struct http_reply *r, struct aws_error *ret)
{
	if (r->kept[0][0] != '\0')
		take_code(ret->code, sizeof(ret->code), r->kept[0]);
	if (ret->request_id[0] == '\0')
		take_text(ret->request_id, sizeof(ret->request_id), r->kept[1]);
}

enum ec
aws_error_read(const struct http_reply *r, struct aws_error *ret, struct err *e)
{
	const char *s = buf_str(&r->body);
	struct aws_error out = { .status = r->status };
	enum ec ec;

	s += strspn(s, " \t\r\n");
	*ret = out;
	/* A body cut off in the middle proves nothing: all or nothing. */
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (*s != forms[i].first)
			continue;
		ec = forms[i].read(&r->body, &out, e);
		TRY_MEMORY(ec);
		if (ec == EC_OK) {
			*ret = out;
			take_headers(r, ret);
		}
	}
	return EC_OK;
}

#define QUOTE_MIN 16 /* bytes that are the token's by no accident */

static bool
quotes(const char *text, const struct secret *token)
{
	for (; strlen(text) >= QUOTE_MIN; text++)
		if (memmem(secret_reveal(token), secret_len(token), text,
			QUOTE_MIN) != NULL)
			return true;
	return false;
}

void
aws_error_hush(struct aws_error *why, const struct secret *token)
{
	if (token == NULL ||
	    (!quotes(why->code, token) && !quotes(why->message, token) &&
		!quotes(why->request_id, token)))
		return;
	*why = (struct aws_error){ .status = why->status };
	(void)snprintf(why->message, sizeof(why->message),
	    "(text withheld: it quotes our session token)");
}
