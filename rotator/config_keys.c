/*
 * config_keys: every key of rotate.yaml but the drivers' own, with its place
 * in memory, its default and its limits. deploy/rotate.example.yaml shows
 * them all, and a test holds the two together.
 */
#include "base/auto.h"
#include "rotator/config_p.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static const struct form name_form = {
	.prefix = "",
	.first = LOWER DIGIT,
	.rest = LOWER DIGIT "._-",
	.min = 1,
	.max = NAME_MAX_ - 1,
	.says = "a name has up to 63 of a-z 0-9 . _ - and begins with a "
		"letter or digit",
};
static const struct form account_form = {
	.prefix = "",
	.first = DIGIT,
	.rest = DIGIT,
	.min = 12,
	.max = 12,
	.says = "an account number has twelve digits; write it in quotes, so "
		"that no tool takes a leading zero away",
};
/* ExternalId of AssumeRole, AWS STS API Reference. */
static const struct form external_id_form = {
	.prefix = "",
	.first = LOWER UPPER DIGIT "_+=,.@:/-",
	.rest = LOWER UPPER DIGIT "_+=,.@:/-",
	.min = 2,
	.max = 1224,
	.says = "an external id has 2 to 1224 of a-z A-Z 0-9 _ + = , . @ : / -",
};
/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
static const struct form iam_user_form = {
	.prefix = "",
	.first = LOWER UPPER DIGIT "_+=,.@-",
	.rest = LOWER UPPER DIGIT "_+=,.@-",
	.min = 1,
	.max = 64,
	.says = "an IAM user name has up to 64 of a-z A-Z 0-9 _ + = , . @ -",
};
/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
static const struct form user_id_form = {
	.prefix = "AIDA",
	.first = UPPER DIGIT,
	.rest = UPPER DIGIT,
	.min = 16,
	.max = USER_ID_MAX - 1,
	.says = "see UserId in the output of  aws iam get-user",
};
/* systemd.exec(5), LoadCredential=: a file name. */
static const struct form credential_form = {
	.prefix = "",
	.first = LOWER UPPER DIGIT "_",
	.rest = LOWER UPPER DIGIT "._-",
	.min = 1,
	.max = 255,
	.says = "use the name from LoadCredential= in the unit",
};

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 */
static const struct form kms_key_form = {
	.prefix = "",
	.first = LOWER UPPER DIGIT,
	.rest = LOWER UPPER DIGIT ":/_-",
	.min = 1,
	.max = 2048,
	.says = "write the ARN or id of a KMS key, or alias/NAME",
};

/* "Naming rules" in the Amazon DynamoDB Developer Guide. */
static const struct form table_form = {
	.prefix = "",
	.first = LOWER UPPER DIGIT "_.-",
	.rest = LOWER UPPER DIGIT "_.-",
	.min = 3,
	.max = 255,
	.says = "a DynamoDB table has 3 to 255 of a-z A-Z 0-9 _ . -",
};

static const char *const store_kinds[] = {
	[STORE_SQLITE] = "sqlite",
	[STORE_DYNAMODB] = "dynamodb",
	NULL,
};
static const char *const seal_kinds[] = {
	[SEAL_FILE] = "file",
	[SEAL_CREDENTIAL] = "credential",
	[SEAL_KMS] = "kms",
	NULL,
};
static const char *const tls_texts[] = {
	[SMTP_STARTTLS] = "starttls",
	[SMTP_IMPLICIT] = "implicit",
	NULL,
};
static const char *const prove_texts[] = { "auth", "send", NULL };
static const char *const flag_texts[] = { "false", "true", "no", "yes", NULL };

static const struct range port_range = { 1, 65535 };
static const struct range successes_range = { 1, 100 };
static const struct range interval_range = { 0, HOUR };
static const struct range timeout_range = { 1, DAY };
static const struct range age_range = { 1, 3650 * DAY };
static const struct range span_range = { 0, 3650 * DAY };
static const struct range slack_range = { 0, 30 * DAY };
static const struct range window_range = { 0, DAY };
static const struct range ring_range = { 0, 99 };
static const struct range jobs_range = { 1, 250 };
static const struct range trouble_range = { 0, 999999 };

#define AT(type, field) offsetof(struct type, field)

static const struct key seal_keys[] = {
	{ .name = "kind",
	    .slot = SLOT_SEAL_KIND,
	    .offset = AT(config_full, pub.seal_kind),
	    .read = read_choice,
	    .arg = seal_kinds,
	    .fallback = "file" },
	{ .name = "path",
	    .slot = SLOT_SEAL_PATH,
	    .offset = AT(config_full, seal_path),
	    .read = read_path },
	{ .name = "name",
	    .slot = SLOT_SEAL_NAME,
	    .offset = AT(config_full, seal_name),
	    .read = read_form,
	    .arg = &credential_form },
	{ .name = "key",
	    .slot = SLOT_SEAL_KEY,
	    .offset = AT(config_full, seal_key),
	    .read = read_form,
	    .arg = &kms_key_form },
	{ .name = "region",
	    .slot = SLOT_SEAL_REGION,
	    .offset = AT(config_full, pub.seal_region),
	    .read = read_region },
	{ .name = NULL },
};

static const struct key store_keys[] = {
	{ .name = "kind",
	    .slot = SLOT_STORE_KIND,
	    .offset = AT(config_full, pub.store_kind),
	    .read = read_choice,
	    .arg = store_kinds,
	    .fallback = "sqlite" },
	{ .name = "table",
	    .slot = SLOT_STORE_TABLE,
	    .offset = AT(config_full, pub.store_table),
	    .read = read_form,
	    .arg = &table_form },
	{ .name = "region",
	    .slot = SLOT_STORE_REGION,
	    .offset = AT(config_full, pub.store_region),
	    .read = read_region },
	{ .name = NULL },
};

static const struct key smtp_keys[] = {
	{ .name = "host",
	    .slot = SLOT_HOST,
	    .offset = AT(smtp_peer, host),
	    .read = read_host },
	{ .name = "port",
	    .slot = SLOT_PORT,
	    .offset = AT(smtp_peer, port),
	    .read = read_count,
	    .arg = &port_range },
	{ .name = "tls",
	    .slot = SLOT_TLS,
	    .offset = AT(smtp_peer, tls),
	    .read = read_choice,
	    .arg = tls_texts,
	    .fallback = "starttls" },
	{ .name = "ca_file",
	    .slot = SLOT_CA_FILE,
	    .offset = AT(smtp_peer, ca_file),
	    .read = read_path },
	{ .name = NULL },
};

static const struct key settle_keys[] = {
	{ .name = "successes",
	    .slot = SLOT_SUCCESSES,
	    .offset = AT(settle_conf, successes),
	    .read = read_count,
	    .arg = &successes_range,
	    .fallback = "3" },
	{ .name = "interval",
	    .slot = SLOT_INTERVAL,
	    .offset = AT(settle_conf, interval),
	    .read = read_span,
	    .arg = &interval_range,
	    .fallback = "10s" },
	{ .name = "timeout",
	    .slot = SLOT_TIMEOUT,
	    .offset = AT(settle_conf, timeout),
	    .read = read_span,
	    .arg = &timeout_range,
	    .fallback = "5m" },
	{ .name = NULL },
};

/* What may stand in defaults: and in an identity. */
/* clang-format off */
#define SPAN(key, row_slot, field, limits, text)                               \
	{ .name = (key), .slot = (row_slot),                                   \
	    .offset = AT(identity_conf, field), .read = read_span,             \
	    .arg = &(limits), .fallback = (text) }
#define POLICY                                                                 \
	{ .name = "account", .slot = SLOT_OWN_ACCOUNT,                         \
	    .offset = AT(identity_conf, account), .read = read_form,           \
	    .arg = &account_form },                                            \
	{ .name = "role_arn", .slot = SLOT_ROLE_ARN,                           \
	    .offset = AT(identity_conf, role_arn), .read = read_role },        \
	{ .name = "external_id", .slot = SLOT_EXTERNAL_ID,                     \
	    .offset = AT(identity_conf, external_id), .read = read_form,       \
	    .arg = &external_id_form },                                        \
	{ .name = "smtp", .slot = SLOT_SMTP,                                   \
	    .offset = AT(identity_conf, smtp), .group = smtp_keys },           \
	{ .name = "settle", .slot = SLOT_SETTLE,                               \
	    .offset = AT(identity_conf, settle), .group = settle_keys },       \
	SPAN("max_age", SLOT_MAX_AGE, max_age, age_range, "90d"),              \
	SPAN("grace", SLOT_GRACE, grace, span_range, "7d"),                    \
	SPAN("quiet", SLOT_QUIET, quiet, span_range, "7d"),                    \
	SPAN("slack", SLOT_SLACK, slack, slack_range, "4h"),                   \
	SPAN("late_window", SLOT_LATE_WINDOW, late_window, window_range,       \
	    "20m"),                                                            \
	SPAN("spread", SLOT_SPREAD, spread, slack_range, "1d"),                \
	{ .name = "ring", .slot = SLOT_RING,                                   \
	    .offset = AT(identity_conf, ring), .read = read_count,             \
	    .arg = &ring_range, .fallback = "0" },                             \
	{ .name = "windows", .slot = SLOT_WINDOWS,                             \
	    .offset = AT(identity_conf, windows), .read = read_windows },      \
	{ .name = "prove", .slot = SLOT_PROVE,                                 \
	    .offset = AT(identity_conf, prove_send), .read = read_flag,        \
	    .arg = prove_texts, .fallback = "auth" },                          \
	{ .name = "prove_from", .slot = SLOT_PROVE_FROM,                       \
	    .offset = AT(identity_conf, prove_from), .read = read_mail }
/* clang-format on */

const struct key defaults_keys[] = { POLICY, { .name = NULL } };

const struct key identity_keys[] = {
	{ .name = "name",
	    .slot = SLOT_NAME,
	    .offset = AT(identity_conf, name),
	    .read = read_form,
	    .arg = &name_form,
	    .example = "newsletter" },
	{ .name = "iam_user",
	    .slot = SLOT_IAM_USER,
	    .offset = AT(identity_conf, iam_user),
	    .read = read_form,
	    .arg = &iam_user_form },
	{ .name = "user_id",
	    .slot = SLOT_USER_ID,
	    .offset = AT(identity_conf, user_id),
	    .read = read_form,
	    .arg = &user_id_form },
	{ .name = "regions",
	    .slot = SLOT_REGIONS,
	    .offset = AT(identity_conf, regions),
	    .read = read_regions,
	    .example = "[us-east-1]" },
	POLICY,
	{ .name = NULL },
};

const struct key inherited_keys[] = {
	{ .name = "smtp",
	    .slot = SLOT_SMTP,
	    .offset = AT(client_conf, client.smtp),
	    .group = smtp_keys },
	{ .name = "settle",
	    .slot = SLOT_SETTLE,
	    .offset = AT(client_conf, settle),
	    .group = settle_keys },
	{ .name = NULL },
};

const struct key client_keys[] = {
	{ .name = "name",
	    .slot = SLOT_NAME,
	    .offset = AT(client_conf, client.name),
	    .read = read_form,
	    .arg = &name_form,
	    .example = "web" },
	{ .name = "type",
	    .slot = SLOT_TYPE,
	    .offset = AT(client_conf, client.drv),
	    .read = read_driver,
	    .example = "file  (`rotate clients` lists all kinds)" },
	{ .name = "identity",
	    .slot = SLOT_IDENTITY,
	    .offset = AT(client_conf, client.identity),
	    .read = read_text },
	{ .name = "region",
	    .slot = SLOT_REGION,
	    .offset = AT(client_conf, client.region),
	    .read = read_region },
	{ .name = "required",
	    .slot = SLOT_REQUIRED,
	    .offset = AT(client_conf, required),
	    .read = read_flag,
	    .arg = flag_texts,
	    .fallback = "true" },
	{ .name = "pickup",
	    .slot = SLOT_PICKUP,
	    .offset = AT(client_conf, pickup),
	    .read = read_span,
	    .arg = &span_range },
	{ .name = "deadline",
	    .slot = SLOT_DEADLINE,
	    .offset = AT(client_conf, deadline),
	    .read = read_span,
	    .arg = &age_range,
	    .fallback = "7d" },
	{ .name = "smtp",
	    .slot = SLOT_SMTP,
	    .offset = AT(client_conf, client.smtp),
	    .group = smtp_keys },
	{ .name = "settle",
	    .slot = SLOT_SETTLE,
	    .offset = AT(client_conf, settle),
	    .group = settle_keys },
	{ .name = NULL },
};

const struct key top_keys[] = {
	{ .name = "account",
	    .slot = SLOT_ACCOUNT,
	    .offset = AT(config_full, pub.account),
	    .read = read_form,
	    .arg = &account_form,
	    .example = "\"123456789012\"",
	    .main_only = true },
	{ .name = "state",
	    .slot = SLOT_STATE,
	    .offset = AT(config_full, pub.state),
	    .read = read_path,
	    .fallback = "/var/lib/ses-smtp-rotator",
	    .main_only = true },
	{ .name = "store",
	    .slot = SLOT_STORE,
	    .group = store_keys,
	    .main_only = true },
	{ .name = "profile",
	    .slot = SLOT_PROFILE,
	    .offset = AT(config_full, pub.profile),
	    .read = read_text,
	    .main_only = true },
	{ .name = "seal",
	    .slot = SLOT_SEAL,
	    .group = seal_keys,
	    .main_only = true },
	{ .name = "alarm",
	    .slot = SLOT_ALARM,
	    .offset = AT(config_full, pub.alarm),
	    .read = read_argv,
	    .main_only = true },
	{ .name = "jobs",
	    .slot = SLOT_JOBS,
	    .offset = AT(config_full, pub.jobs),
	    .read = read_count,
	    .arg = &jobs_range,
	    .fallback = "8",
	    .main_only = true },
	{ .name = "stop_after",
	    .slot = SLOT_STOP_AFTER,
	    .offset = AT(config_full, pub.stop_after),
	    .read = read_count,
	    .arg = &trouble_range,
	    .fallback = "5",
	    .main_only = true },
	{ .name = "defaults",
	    .slot = SLOT_DEFAULTS,
	    .offset = AT(config_full, defaults),
	    .group = defaults_keys,
	    .main_only = true },
	{ .name = "identities", .slot = SLOT_IDENTITIES },
	{ .name = "clients", .slot = SLOT_CLIENTS },
	{ .name = NULL },
};
