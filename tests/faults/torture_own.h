/*
 * torture_own: what torture.c does to the parts that carry the pair: seals,
 * signing, our AWS identity, IAM's replies, probes, the store.
 */
#ifndef TESTS_TORTURE_OWN_H
#define TESTS_TORTURE_OWN_H

#include <fcntl.h>
#include <ftw.h>

#include "base/net.h"
#include "rotator/iam.h"
#include "rotator/probe.h"
#include "rotator/push.h"
#include "rotator/seal.h"
#include "rotator/store.h"
#include "sigv4/aws.h"
#include "sigv4/canonical.h"
#include "sigv4/endpoint.h"
#include "sigv4/identity.h"
#include "sigv4/providers.h"
#include "sigv4/smtp_password.h"

#define OWN_ID   "AKIAIOSFODNN7EXAMPLE"
#define OWN_PASS "BM4qrDmCFxdbe8yfxsdtmdbGmi9YsEXAMPLEabcdefgh"
#define OWN_T0   INT64_C(1763700000000)

static struct {
	char dir[64]; /* gone at the end */
	struct seal *seal;
	struct net *net;
	char sealed[SEALED_MAX];
} own;

static const char *
own_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", own.dir, name);
	return path;
}

static bool
own_file(const char *name, const void *p, size_t n)
{
	AUTO(fd)
	int fd = open(
	    own_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, p, n) == (ssize_t)n;
}

/* ---- our AWS identity ---- */

static const char own_config[] =
    "[profile p]\nregion = eu-west-1\nservices = s\nca_bundle = %s\n"
    "[services s]\niam =\n  endpoint_url = http://127.0.0.1:9/a/\n"
    "sts =\n  endpoint_url = http://127.0.0.1:9/a/\n"; /* no look at DNS */
static const char own_keys[] =
    "[p]\naws_access_key_id = AKIDEXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI\naws_session_token = token\n";

static const char *
own_env(void *ctx, const char *name)
{
	static char config[128], keys[128];

	(void)ctx;
	(void)snprintf(config, sizeof(config), "%s/config", own.dir);
	(void)snprintf(keys, sizeof(keys), "%s/keys", own.dir);
	return strcmp(name, "AWS_PROFILE") == 0                ? "p"
	    : strcmp(name, "AWS_CONFIG_FILE") == 0             ? config
	    : strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0 ? keys
							       : NULL;
}

static const struct aws_env own_aws_env = { .env = own_env };

static enum ec
own_identity(const struct input *in, struct err *e)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };

	(void)in;
	return identity_load(&own_aws_env, &c, e);
}

static enum ec
own_json(const struct input *in, struct err *e)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
	AUTO(buf) struct buf text = BUF(MAX);

	TRY(buf_add(&text, in->data, in->size, e));
	return provider_json(
	    &text, &provider_form_endpoint, "its answer", "container", &c, e);
}

static const char own_json_text[] =
    "{\"AccessKeyId\":\"AKIDEXAMPLE\",\"SecretAccessKey\":\"wJalrXUtnFEMI\","
    "\"Token\":\"t\",\"Expiration\":\"2126-11-21T03:40:00Z\"}";

/* What is asked of such a text beside the credential. */
static enum ec
own_json_words(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf text = BUF(MAX);
	char code[16];
	int version = 0;

	TRY(buf_add(&text, in->data, in->size, e));
	TRY(provider_json_int(&text, "Version", &version, e));
	TRY(provider_json_text(&text, "Code", code, sizeof(code), e));
	return version == 1 && strcmp(code, "Success") == 0
	    ? EC_OK
	    : fail(e, EC_BUG, "not what stands there");
}

static const char own_json_said[] = "{\"Version\":1,\"Code\":\"Success\"}";

static enum ec
own_endpoint(const struct input *in, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	struct endpoint to;

	(void)in;
	TRY(profile_load(&own_aws_env, &p, e));
	TRY(endpoint_find(&own_aws_env, p, "eu-west-1", "iam", &to, e));
	return endpoint_find(&own_aws_env, p, "eu-west-1", "sts", &to, e);
}

static enum ec
own_session(struct aws **ret, struct err *e)
{
	static const struct aws_options o = { .attempts = 1,
		.timeout_ms = 2000 };

	return aws_open(own.net, &own_aws_env, &o, ret, e);
}

/* Nobody listens there, so EC_TEMP is what comes of it with enough memory. */
static enum ec
own_calls(const struct input *in, struct err *e)
{
	AUTO(aws) struct aws *a = NULL;
	AUTO(iam_new_key) struct iam_new_key made = { 0 };
	struct iam_caller who;
	struct iam_user u;
	struct iam_use use;
	struct iam_keys keys;
	struct iam iam;
	enum ec ec;

	(void)in;
	TRY(own_session(&a, e));
	iam_aws(a, &iam);
	ec = iam.caller(iam.ctx, &who, e);
	if (ec != EC_TEMP)
		return ec;
	ec = iam.user(iam.ctx, "ses-smtp-a", &u, e);
	if (ec != EC_TEMP)
		return ec;
	ec = iam.list(iam.ctx, "ses-smtp-a", &keys, e);
	if (ec != EC_TEMP)
		return ec;
	ec = iam.set_status(iam.ctx, "ses-smtp-a", OWN_ID, true, 0, e);
	if (ec != EC_TEMP)
		return ec;
	ec = iam.last_used(iam.ctx, OWN_ID, &use, e);
	if (ec != EC_TEMP)
		return ec;
	return iam.create(iam.ctx, "ses-smtp-a", 0, &made, e);
}

/* ---- IAM's replies ---- */

#define OWN_REPLY(action, inside)                                              \
	"<" action "Response><" action "Result>" inside "</" action            \
	"Result></" action "Response>"

static const char caller_reply[] = OWN_REPLY("GetCallerIdentity",
    "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/a"
    "</Arn>");
static const char user_reply[] = OWN_REPLY("GetUser",
    "<User><UserName>ses-smtp-a</UserName><UserId>AIDACKCEVSQ6C2EXAMPLE"
    "</UserId><Arn>arn:aws:iam::123456789012:user/ses-smtp-a</Arn></User>");
static const char key_reply[] = OWN_REPLY("CreateAccessKey",
    "<AccessKey><UserName>ses-smtp-a</UserName><AccessKeyId>" OWN_ID
    "</AccessKeyId><Status>Active</Status><SecretAccessKey>"
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey><CreateDate>"
    "2026-11-21T03:40:00Z</CreateDate></AccessKey>");
static const char use_reply[] = OWN_REPLY("GetAccessKeyLastUsed",
    "<AccessKeyLastUsed><ServiceName>ses</ServiceName><LastUsedDate>"
    "2026-11-21T03:40:00Z</LastUsedDate><Region>us-east-1</Region>"
    "</AccessKeyLastUsed>");
static const char done_reply[] =
    "<DeleteAccessKeyResponse><ResponseMetadata><RequestId>r</RequestId>"
    "</ResponseMetadata></DeleteAccessKeyResponse>";

static enum ec
own_replies(const struct input *in, struct err *e)
{
	AUTO(iam_new_key) struct iam_new_key made = { 0 };
	AUTO(buf) struct buf caller = BUF(MAX);
	AUTO(buf) struct buf user = BUF(MAX);
	AUTO(buf) struct buf key = BUF(MAX);
	AUTO(buf) struct buf use = BUF(MAX);
	AUTO(buf) struct buf done = BUF(MAX);
	struct iam_caller who;
	struct iam_user u;
	struct iam_use last;

	(void)in;
	TRY(buf_adds(&caller, caller_reply, e));
	TRY(buf_adds(&user, user_reply, e));
	TRY(buf_adds(&key, key_reply, e));
	TRY(buf_adds(&use, use_reply, e));
	TRY(buf_adds(&done, done_reply, e));
	TRY(iam_read_caller(&caller, &who, e));
	TRY(iam_read_user(&user, "ses-smtp-a", &u, e));
	TRY(iam_read_new_key(&key, "ses-smtp-a", &made, e));
	TRY(iam_read_use(&use, &last, e));
	return iam_read_done(&done, "DeleteAccessKey", e);
}

/* ---- passwords ---- */

static enum ec
own_known_answers(const struct input *in, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };

	(void)in;
	TRY(smtp_cred_any(&any, e));
	return sigv4_selftest(e);
}

static enum ec
own_seals(const struct input *in, struct err *e)
{
	AUTO(seal) struct seal *s = NULL;
	AUTO(secret) struct secret *pass = NULL;
	AUTO(secret) struct secret *back = NULL;
	char sealed[SEALED_MAX];

	(void)in;
	TRY(seal_open(SEAL_FILE, own_path("seal.key"), true, &s, e));
	TRY(secret_new(OWN_PASS, strlen(OWN_PASS), &pass, e));
	TRY(seal_wrap(s, "a|b|c", pass, sealed, e));
	TRY(seal_unwrap(s, "a|b|c", sealed, &back, e));
	return secret_eq(pass, back) ? EC_OK : fail(e, EC_BUG, "not the same");
}

/* A key that is not there yet, each time. */
static enum ec
own_new_key(const struct input *in, struct err *e)
{
	AUTO(seal) struct seal *s = NULL;

	(void)in;
	(void)unlink(own_path("new.key"));
	return seal_open(SEAL_FILE, own_path("new.key"), true, &s, e);
}

/* ---- a client that is about to be written ---- */

static enum ec
own_read(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	(void)c;
	(void)snprintf(ret->user, sizeof(ret->user), OWN_ID);
	return secret_new(OWN_PASS, strlen(OWN_PASS), &ret->pass, e);
}

static int64_t
own_wall(void *ctx)
{
	(void)ctx;
	return OWN_T0;
}

static int64_t
own_skew(void *ctx)
{
	(void)ctx;
	return 0;
}

/* What could not be kept stays pending: it is not written without. */
static enum ec
own_prepare(const struct input *in, struct err *e)
{
	static const struct client_driver drv = { .name = "own",
		.read = own_read };
	static struct client_conf conf = { .client = {
					       .name = "c", .drv = &drv } };
	static struct entry index[] = { { "c", 0 } };
	static const struct config_full full = { .pub = { .clients = &conf,
						     .n_clients = 1 },
		.client_index = index };
	static struct rec_client rc;
	const struct world w = { .iam.skew = own_skew,
		.time.wall = own_wall,
		.config = &full.pub,
		.seal = own.seal };
	static const struct identity_conf id = { .name = "mail" };
	struct rotation r = { .w = &w, .conf = &id };

	(void)in;
	rc = (struct rec_client){ .name = "c" };
	r.rec.clients = &rc;
	r.rec.n_clients = 1;
	push_prepare(&r);
	if (rc.state == CL_WRITING)
		return strcmp(rc.pre_user, OWN_ID) == 0
		    ? EC_OK
		    : fail(e, EC_BUG, "nothing was kept");
	return fail(e, EC_NOMEM, "it stays pending");
}

/* ---- probes ---- */

static const struct smtp_peer nobody = { .host = "127.0.0.1", .port = 9 };
static const struct prove_send own_mail = { "a@example.org",
	"success@simulator.amazonses.com" };

/* Nobody listens. getaddrinfo() without memory is to libcurl a name that is
 * not found: no verdict about the pair either. */
static enum ec
own_verdict(const struct probe_result *r, struct err *e)
{
	return r->verdict == PROBE_CONNECT || r->verdict == PROBE_DNS
	    ? EC_OK
	    : fail(e, EC_BUG, "%s", probe_verdict_name(r->verdict));
}

static enum ec
own_probe(const struct input *in, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct probe_result r;

	(void)in;
	TRY(smtp_cred_any(&cred, e));
	TRY(probe_smtp(own.net, &nobody, &cred, &own_mail, 2000, &r, e));
	return own_verdict(&r, e);
}

static enum ec
own_reach(const struct input *in, struct err *e)
{
	struct probe_result r;

	(void)in;
	TRY(probe_reach(own.net, &nobody, 2000, &r, e));
	return own_verdict(&r, e);
}

/* ---- the store ---- */

static enum ec
own_record(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { .n_clients = 0 };

	(void)arg;
	return rec_decode(row->body, &r, e);
}

static enum ec
own_event(void *arg, const struct event *ev, struct err *e)
{
	unsigned *n = arg;

	(void)e;
	*n += ev->text[0] != '\0';
	return EC_OK;
}

static enum ec
own_word(void *arg, const struct word *w, struct err *e)
{
	unsigned *n = arg;

	(void)e;
	*n += w->name[0] != '\0';
	return EC_OK;
}

/* The first run makes the database; the others go on with it. */
static enum ec
own_store_write(const struct input *in, struct err *e)
{
	static const struct hold h = { true, OWN_T0, "ann", "why" };
	static const struct event ev = { .at = OWN_T0,
		.identity = "mail",
		.what = "state",
		.text = "text" };
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(buf) struct buf b = BUF(MAX);
	static int64_t now = OWN_T0;
	struct confirmation yes;
	struct hold got;
	enum ec ec;

	(void)in;
	now += 2000; /* a lease that could not be given back is over */
	TRY(store_sqlite_open(own_path("state"), STORE_RW, &s, e));
	TRY(s.lease(s.ctx, now, 1000, e));
	TRY(s.fence(s.ctx, now, e));
	ec = s.load(s.ctx, "mail", &r, e);
	if (ec == EC_GONE)
		rec_init(&r, "mail");
	else if (ec != EC_OK)
		return ec;
	TRY(s.commit(s.ctx, now, &r, &ev, e));
	TRY(s.hold_set(s.ctx, "mail", &h, e));
	TRY(s.hold_get(s.ctx, "mail", &got, e));
	TRY(s.confirm_set(s.ctx, "c", OWN_ID, OWN_T0, "ann", e));
	TRY(s.confirm_get(s.ctx, "c", OWN_ID, &yes, e));
	TRY(s.meta_set(s.ctx, "k", "v", e));
	TRY(s.meta_get(s.ctx, "k", &b, e));
	s.unlease(s.ctx);
	return got.held && yes.confirmed && strcmp(buf_str(&b), "v") == 0
	    ? EC_OK
	    : fail(e, EC_BUG, "not what was written");
}

static enum ec
own_store_read(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	unsigned n = 0;

	(void)in;
	TRY(store_sqlite_open(own_path("state"), STORE_RO, &s, e));
	TRY(s.each(s.ctx, INT64_MAX, own_record, NULL, e));
	TRY(s.load(s.ctx, "mail", &r, e));
	TRY(s.history(s.ctx, "mail", own_event, &n, e));
	TRY(s.words(s.ctx, own_word, &n, e));
	return n > 0 ? EC_OK : fail(e, EC_BUG, "no events");
}

/* ---- before and after all of them ---- */

static bool
own_begin(struct err *e)
{
	AUTO(secret) struct secret *pass = NULL;
	char text[512];

	(void)snprintf(own.dir, sizeof(own.dir), "/tmp/torture.XXXXXX");
	if (mkdtemp(own.dir) == NULL)
		return false;
	(void)snprintf(text, sizeof(text), own_config,
	    "/etc/ssl/certs/ca-certificates.crt");
	return own_file("config", text, strlen(text)) &&
	    own_file("keys", own_keys, strlen(own_keys)) &&
	    net_new(NULL, &own.net, e) == EC_OK &&
	    seal_open(SEAL_FILE, own_path("seal.key"), true, &own.seal, e) ==
	    EC_OK;
}

static int
own_remove(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static void
own_end(void)
{
	net_free(own.net);
	seal_close(own.seal);
	(void)nftw(own.dir, own_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
