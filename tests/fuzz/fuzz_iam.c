/*
 * Any bytes as the replies of IAM and STS, through the real calls (iam.c over
 * aws.c), the first byte saying which call; see fake_http.h for the rest.
 *
 * What is believed stands in the reply, is of its form, and is read the same
 * from a reply written anew; a reply that is cut off anywhere is not believed;
 * a key that may have been made is never said not to be, nor asked for twice;
 * and no message shows our secrets or that of the reply.
 */
#include <ctype.h>

#include "fake_http.h"
#include "fake_session.h"
#include "rotator/iam.h"
#include "rotator/iam_reply.h"

#define MAX  32768
#define USER "ses-smtp-newsletter"
#define KEY  "AKIAIOSFODNN7EXAMPLE"

/* Whatever a call may bring. */
struct outcome {
	enum ec ec;
	struct err e;
	struct iam_caller caller;
	struct iam_user user;
	struct iam_keys keys;
	struct iam_new_key made;
	struct iam_use use;
};

static void
auto_outcome(struct outcome *o)
{
	auto_iam_new_key(&o->made);
}

static enum ec
caller(const struct iam *i, struct outcome *o)
{
	return i->caller(i->ctx, &o->caller, &o->e);
}

static enum ec
user(const struct iam *i, struct outcome *o)
{
	return i->user(i->ctx, USER, &o->user, &o->e);
}

static enum ec
list(const struct iam *i, struct outcome *o)
{
	return i->list(i->ctx, USER, &o->keys, &o->e);
}

static enum ec
create(const struct iam *i, struct outcome *o)
{
	return i->create(i->ctx, USER, 0, &o->made, &o->e);
}

static enum ec
deactivate(const struct iam *i, struct outcome *o)
{
	return i->set_status(i->ctx, USER, KEY, false, 0, &o->e);
}

static enum ec delete (const struct iam *i, struct outcome *o) {
	return i->remove(i->ctx, USER, KEY, 0, &o->e);
}

static enum ec
last_used(const struct iam *i, struct outcome *o)
{
	return i->last_used(i->ctx, KEY, &o->use, &o->e);
}

/* --- is what was believed of its form, and does it stand there? ----------- */

static void
stands(const struct feed *in, bool plain, const char *text)
{
	demand(text[0] != '\0');
	demand(!plain || fuzz_holds(in->p, in->n, text));
}

static void
caller_good(const struct outcome *o, const struct feed *in, bool plain)
{
	demand(strspn(o->caller.account, "0123456789") == 12);
	demand(strncmp(o->caller.arn, "arn:", 4) == 0);
	stands(in, plain, o->caller.account);
	stands(in, plain, o->caller.arn);
}

static void
user_good(const struct outcome *o, const struct feed *in, bool plain)
{
	demand(strcasecmp(o->user.name, USER) == 0);
	demand(strspn(o->user.account, "0123456789") == 12);
	stands(in, plain, o->user.account);
	stands(in, plain, o->user.user_id);
}

static void
list_good(const struct outcome *o, const struct feed *in, bool plain)
{
	demand(o->keys.n <= IAM_KEYS_MAX);
	for (size_t i = 0; i < o->keys.n; i++) {
		const struct iam_key *k = &o->keys.key[i];

		demand(key_id_valid(k->id) && k->created >= 0);
		demand(iam_keys_find(&o->keys, k->id) == k);
		stands(in, plain, k->id);
	}
}

static void
create_good(const struct outcome *o, const struct feed *in, bool plain)
{
	demand(key_id_valid(o->made.key.id));
	demand(o->made.secret != NULL && secret_len(o->made.secret) == 40);
	stands(in, plain, o->made.key.id);
	stands(in, plain, secret_reveal(o->made.secret));
	demand(fake.calls > 0 && fake.call[fake.calls - 1].ec == EC_OK);
}

static void
last_used_good(const struct outcome *o, const struct feed *in, bool plain)
{
	demand(o->use.at >= 0);
	demand(!o->use.never || !plain || fuzz_holds(in->p, in->n, "N/A"));
	stands(in, plain, o->use.service);
}

static void
nothing_good(const struct outcome *o, const struct feed *in, bool plain)
{
	(void)o;
	stands(in, plain, "Response");
}

static const struct action {
	enum ec (*call)(const struct iam *i, struct outcome *o);
	void (*good)(
	    const struct outcome *o, const struct feed *in, bool plain);
} actions[] = {
	{ caller, caller_good },
	{ user, user_good },
	{ list, list_good },
	{ create, create_good },
	{ deactivate, nothing_good },
	{ delete, nothing_good },
	{ last_used, last_used_good },
};

/* --- the same reply, written anew ----------------------------------------- */

#define RESULT(action, inside)                                                 \
	"<" action "Response><" action "Result>" inside "</" action            \
	"Result></" action "Response>"
#define WHEN "2026-11-21T03:40:00Z"

static void
caller_again(const struct outcome *o, struct buf *xml, struct err *e)
{
	struct iam_caller c;

	demand(buf_addf(xml, e,
		   RESULT("GetCallerIdentity",
		       "<Account>%s</Account><Arn><![CDATA[%s]]></Arn>"),
		   o->caller.account, o->caller.arn) == EC_OK);
	if (strstr(o->caller.arn, "]]>") == NULL) {
		demand(iam_read_caller(xml, &c, e) == EC_OK);
		demand(strcmp(c.arn, o->caller.arn) == 0);
	}
}

static void
list_again(const struct outcome *o, struct buf *xml, struct err *e)
{
	struct iam_keys keys = { .n = 0 };
	char marker[IAM_MARKER_MAX];

	demand(buf_adds(xml,
		   "<ListAccessKeysResponse><ListAccessKeysResult>"
		   "<AccessKeyMetadata>",
		   e) == EC_OK);
	for (size_t i = 0; i < o->keys.n; i++)
		demand(buf_addf(xml, e,
			   "<member><UserName>" USER
			   "</UserName><AccessKeyId>%s</AccessKeyId>"
			   "<Status>Active</Status><CreateDate>" WHEN
			   "</CreateDate></member>",
			   o->keys.key[i].id) == EC_OK);
	demand(buf_adds(xml,
		   "</AccessKeyMetadata><IsTruncated>false</IsTruncated>"
		   "</ListAccessKeysResult></ListAccessKeysResponse>",
		   e) == EC_OK);
	demand(iam_read_list(xml, USER, &keys, marker, e) == EC_OK);
	demand(keys.n == o->keys.n && marker[0] == '\0');
}

static void
made_again(const struct outcome *o, struct buf *xml, struct err *e)
{
	AUTO(iam_new_key) struct iam_new_key k = { .secret = NULL };

	demand(buf_addf(xml, e,
		   RESULT("CreateAccessKey",
		       "<AccessKey><UserName>" USER
		       "</UserName><AccessKeyId>%s</AccessKeyId><Status>Active"
		       "</Status><SecretAccessKey>%s</SecretAccessKey>"
		       "<CreateDate>" WHEN "</CreateDate></AccessKey>"),
		   o->made.key.id, secret_reveal(o->made.secret)) == EC_OK);
	demand(iam_read_new_key(xml, USER, &k, e) == EC_OK);
	demand(secret_eq(k.secret, o->made.secret));
}

static void
again(const struct action *a, const struct outcome *o)
{
	AUTO(buf) struct buf xml = BUF(65536);
	struct err e;

	if (a->call == caller)
		caller_again(o, &xml, &e);
	if (a->call == list)
		list_again(o, &xml, &e);
	if (a->call == create)
		made_again(o, &xml, &e);
}

/* -------------------------------------------------------------------------- */

static void
run(const struct action *a, struct feed in, struct outcome *o)
{
	AUTO(aws) struct aws *aws = NULL;
	struct iam iam;

	fake_session("eu-west-1", &aws);
	iam_aws(aws, &iam);
	fake_begin(in, NULL);
	o->ec = a->call(&iam, o);
}

/* The secret of a reply that said yes, where it is easily found. */
static void
reply_secret_hidden(const struct outcome *o, const struct feed *in)
{
	static const char tag[] = "<SecretAccessKey>";
	const char *at = memmem(in->p, in->n, tag, sizeof(tag) - 1);
	char secret[41];

	if (at == NULL || fake.calls != 1 || fake.call[0].status / 100 != 2)
		return;
	at += sizeof(tag) - 1;
	if ((size_t)(in->p + in->n - at) < 40)
		return;
	memcpy(secret, at, 40);
	secret[40] = '\0';
	if (strlen(secret) == 40 && fuzz_count(in->p, in->n, secret) == 1)
		demand(!fuzz_err_shows(&o->e, secret));
}

/* Once a key may have been made, nothing is sent any more, and nobody says
 * that there is none. */
static void
create_careful(const struct outcome *o)
{
	const struct fake_call *last = &fake.call[fake.calls - 1];

	demand(fake.calls > 0);
	for (const struct fake_call *c = fake.call; c < last; c++)
		demand(c->ec == EC_TEMP || c->status >= 300);
	if (last->ec == EC_UNKNOWN || last->status / 100 == 2)
		demand(o->ec == EC_OK || o->ec == EC_UNKNOWN);
	if (o->ec != EC_OK)
		demand(o->made.secret == NULL);
}

static void
failed(const struct outcome *o, const struct feed *in)
{
	static const enum ec never[] = { EC_BUG, EC_USAGE, EC_CLIENT, EC_IO,
		EC_DAMAGED, EC_HUMAN, EC_LATER, EC_BUSY };

	demand(o->e.ec == o->ec);
	for (size_t i = 0; i < COUNT(never); i++)
		demand(o->ec != never[i]);
	demand(o->e.what[0] != '\0');
	fake_session_hidden(&o->e, in);
	reply_secret_hidden(o, in);
}

/* No other encoding, reference, comment or section: texts are as they stand.
 */
static bool
is_plain(const struct feed *in)
{
	for (size_t i = 0; i < in->n; i++)
		if ((unsigned char)in->p[i] >= 0x80 || in->p[i] == '&' ||
		    in->p[i] == '\0')
			return false;
	return !fuzz_holds(in->p, in->n, "<!") &&
	    !fuzz_holds(in->p, in->n, "<?");
}

/* A plain document ends with its last '>'. */
static void
cut_off(const struct action *a, struct feed in, unsigned where)
{
	AUTO(outcome) struct outcome o = { .ec = EC_OK };
	const char *end, *body;
	size_t len;

	len = in.n;
	end = memrchr(in.p, '>', len);
	body = memchr(in.p, '\n', len);
	if (end == NULL || body == NULL || end <= body)
		return;
	len = (size_t)(end - body) - 1;
	in.n = (size_t)(body + 1 - in.p) + len * where / 256;
	run(a, in, &o);
	demand(o.ec != EC_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(outcome) struct outcome o = { .ec = EC_OK };
	struct feed in = { (const char *)data, size };
	const struct action *a;
	unsigned where;
	bool plain;

	if (size < 3 || size > MAX)
		return 0;
	a = &actions[(feed_byte(&in) - '0') % COUNT(actions)];
	where = feed_byte(&in);
	plain = is_plain(&in);
	run(a, in, &o);
	if (a->call == create)
		create_careful(&o);
	if (o.ec != EC_OK) {
		failed(&o, &in);
		return 0;
	}
	demand(fake.call[fake.calls - 1].status / 100 == 2);
	a->good(&o, &in, plain);
	again(a, &o);
	if (plain && fake.calls == 1 && memchr(in.p, '\f', in.n) == NULL)
		cut_off(a, in, where);
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK);
	return 0;
}
