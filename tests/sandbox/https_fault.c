/*
 * https_fault: every way an IAM or STS call can go wrong. A kind may act
 * before the action (delay it, bend its reply) and after it (replace or cut
 * the answer); the table also says whether the action takes effect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "https.h"
#include "util.h"

#define MIB (1024.0 * 1024)

struct kind {
	const char *name;
	bool effect;
	void (*before)(struct exchange *, const struct fault *);
	void (*after)(struct exchange *, const struct fault *);
};

static void
fail_with(struct exchange *x, int status, const char *code, const char *message)
{
	char *text = iam_error(
	    x->call.action->service, status, code, message, x->call.id);

	exchange_answer(x, status, "text/xml", text, strlen(text));
}

static void
answer_text(struct exchange *x, int status, const char *type, const char *text)
{
	exchange_answer(x, status, type, fmt("%s", text), strlen(text));
}

static void
cut(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->delivery = SEND_RESET;
}

static void
perform(struct exchange *x)
{
	char *text = iam_perform(x->s, &x->call);

	exchange_answer(x, x->call.status, "text/xml", text, strlen(text));
}

struct later {
	struct exchange *x;
	uint64_t ms;
};

static void
run_later(void *arg)
{
	struct later *l = arg;

	if (!sandbox_nap(l->x->s, l->ms)) {
		perform(l->x);
		https_note(l->x, "late", l->x->call.action->name);
	}
	exchange_free(l->x);
	free(l);
}

/* The copy parses its own body, since x goes away with the connection. */
static void
late(struct exchange *x, const struct fault *f)
{
	struct later *l = must_alloc(sizeof(*l));

	l->ms = (uint64_t)fault_num(f, "ms", 1000);
	l->x = must_alloc(sizeof(*l->x));
	l->x->s = x->s;
	l->x->body = fmt("%s", x->body_len > 0 ? x->body : x->query);
	form_parse(&l->x->form, l->x->body, 1);
	l->x->call =
	    (struct iam_call){ .action = x->call.action, .form = &l->x->form };
	memcpy(l->x->call.caller, x->call.caller, sizeof(x->call.caller));
	memcpy(l->x->call.id, x->call.id, sizeof(x->call.id));
	memcpy(l->x->peer, x->peer, sizeof(x->peer));
	if (!sandbox_spawn(x->s, run_later, l))
		run_later(l);
	cut(x, f);
}

static void
delay(struct exchange *x, const struct fault *f)
{
	uint64_t any = sandbox_random(x->s) % 300;

	(void)sandbox_nap(x->s, (uint64_t)fault_num(f, "ms", (double)any));
}

static void
hang(struct exchange *x, const struct fault *f)
{
	(void)sandbox_nap(x->s, (uint64_t)fault_num(f, "ms", (double)FOR_EVER));
}

static void
error(struct exchange *x, const struct fault *f)
{
	const cJSON *status = cJSON_GetObjectItem(f->arg, "status");

	fail_with(x, cJSON_IsNumber(status) ? status->valueint : 400,
	    fault_text(f, "code", "InternalFailure"),
	    fault_text(f, "message", "An error was asked for."));
}

static void
throttle(struct exchange *x, const struct fault *f)
{
	(void)f;
	fail_with(x, 400, "Throttling", "Rate exceeded");
}

static void
status500(struct exchange *x, const struct fault *f)
{
	(void)f;
	fail_with(x, 500, "ServiceFailure",
	    "The request processing has failed because of an unknown error, "
	    "exception or failure.");
}

/* What a load balancer says has no XML in it. */
static void
status503(struct exchange *x, const struct fault *f)
{
	if (fault_num(f, "plain", 0) > 0)
		answer_text(x, 503, "text/html",
		    "<html><body><b>Http/1.1 Service Unavailable</b></body> "
		    "</html>");
	else
		fail_with(x, 503, "ServiceUnavailable", "Service Unavailable");
}

static void
truncate_answer(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->delivery = SEND_HALF;
}

static void
drip(struct exchange *x, const struct fault *f)
{
	x->delivery = SEND_DRIP;
	x->drip_ms = (unsigned)fault_num(f, "ms", 100);
	x->drip_ms += x->drip_ms == 0;
}

static void
garbage(struct exchange *x, const struct fault *f)
{
	size_t len = (size_t)fault_num(f, "bytes", 512), i;
	char *text = must_alloc(len + 1);

	for (i = 0; i < len; i++)
		text[i] = (char)sandbox_random(x->s);
	exchange_answer(x, 200, "text/xml", text, len);
}

static void
html(struct exchange *x, const struct fault *f)
{
	(void)f;
	answer_text(x, 200, "text/html",
	    "<!DOCTYPE html>\n<html><head><title>Welcome to Hotel Wi-Fi"
	    "</title><meta http-equiv=refresh content=\"0;url=http://portal."
	    "invalid/login\"></head><body><p>Please log in<br>and accept the "
	    "terms &nbsp; of use.</body></html>\n");
}

static void
huge(struct exchange *x, const struct fault *f)
{
	static const char head[] = "<ListAccessKeysResponse><Junk>";
	size_t len = (size_t)(fault_num(f, "mib", 64) * MIB) + sizeof(head);
	char *text = must_alloc(len);

	memset(text, 'a', len);
	memcpy(text, head, sizeof(head) - 1);
	exchange_answer(x, 200, "text/xml", text, len);
}

static void
nested(struct exchange *x, const struct fault *f)
{
	size_t depth = (size_t)fault_num(f, "depth", 10000), len, i;
	char *text = NULL;
	FILE *m = must(open_memstream(&text, &len));

	for (i = 0; i < depth; i++)
		(void)fputs("<a>", m);
	for (i = 0; i < depth; i++)
		(void)fputs("</a>", m);
	(void)fclose(m);
	exchange_answer(x, 200, "text/xml", text, len);
}

static void
bomb(struct exchange *x, const struct fault *f)
{
	(void)f;
	answer_text(x, 200, "text/xml",
	    "<?xml version=\"1.0\"?>\n<!DOCTYPE z [\n"
	    "<!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">\n"
	    "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
	    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n"
	    "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">\n"
	    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\n"
	    "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">\n"
	    "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">\n"
	    "]>\n<z>&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;</z>\n");
}

static void
no_date(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->no_date = true;
}

static void
wrong_date(struct exchange *x, const struct fault *f)
{
	x->date_skew = (long)fault_num(f, "skew", 86400);
}

static void
empty(struct exchange *x, const struct fault *f)
{
	(void)f;
	answer_text(x, 200, "text/xml", "");
}

static void
redirect(struct exchange *x, const struct fault *f)
{
	answer_text(x, 307, "text/html", "");
	x->location =
	    fmt("%s", fault_text(f, "location", "https://elsewhere.invalid/"));
}

static void
short_secret(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->call.short_secret = true;
}

static void
wrong_user(struct exchange *x, const struct fault *f)
{
	x->call.wrong_user = fault_text(f, "name", "somebody-else");
}

static void
wrong_account(struct exchange *x, const struct fault *f)
{
	x->call.wrong_account = fault_text(f, "account", "999999999999");
}

static void
wrong_id(struct exchange *x, const struct fault *f)
{
	x->call.wrong_id = fault_text(f, "id", "AIDAOTHEROTHEROTHER42");
}

static void
shuffle(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->call.shuffle = true;
}

static void
short_page(struct exchange *x, const struct fault *f)
{
	(void)f;
	x->call.short_page = true;
}

/* From now on, for a while, lists show this moment. */
static void
stale(struct exchange *x, const struct fault *f)
{
	uint64_t ms = (uint64_t)fault_num(f, "ms", 1500), now = now_ms();
	LOCKED(x->s);

	if (now < x->s->stale_until_ms)
		return;
	x->s->stale_from_ms = now;
	x->s->stale_until_ms = now + ms;
}

static const struct kind kinds[] = {
	{ "reset_before", false, NULL, cut },
	{ "reset_after", true, NULL, cut },
	{ "late", false, NULL, late },
	{ "hang", true, hang, NULL },
	{ "delay", true, delay, NULL },
	{ "error", false, NULL, error },
	{ "throttle", false, NULL, throttle },
	{ "status500", false, NULL, status500 },
	{ "status503", false, NULL, status503 },
	{ "truncate", true, NULL, truncate_answer },
	{ "garbage", false, NULL, garbage },
	{ "html", false, NULL, html },
	{ "slow", true, NULL, drip },
	{ "huge", false, NULL, huge },
	{ "nested", false, NULL, nested },
	{ "bomb", false, NULL, bomb },
	{ "no_date", true, NULL, no_date },
	{ "wrong_date", true, NULL, wrong_date },
	{ "empty", true, NULL, empty },
	{ "short_secret", true, short_secret, NULL },
	{ "wrong_user", true, wrong_user, NULL },
	{ "wrong_account", true, wrong_account, NULL },
	{ "wrong_id", true, wrong_id, NULL },
	{ "redirect", false, NULL, redirect },
	{ "shuffle", true, shuffle, NULL },
	{ "short_page", true, short_page, NULL },
	{ "stale", true, stale, NULL },
};

static const struct kind *
kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const char *
https_fault_state(const char *name)
{
	return kind_of(name) != NULL ? "" : NULL;
}

/*
 * Adversity is nasty but fair: an action that must not be sent twice draws
 * only from the front part, where the client can tell that nothing happened,
 * unless the knob adversity_ambiguous asks for more. reset_after stays for
 * resendable actions always.
 */
static const char *const adverse[] = { "throttle", "delay", "shuffle", "stale",
	"short_page", "reset_before", "status503", "reset_after" };
#define CLEAR_ONLY    5
#define NO_LOST_REPLY 7

static void
adversity(struct exchange *x, struct fault *f)
{
	size_t n = COUNT(adverse);

	if (!adversity_strikes(x->s))
		return;
	LOCKED(x->s);
	if (!x->call.action->resendable)
		n = knob_on_locked(x->s, "adversity_ambiguous") ? NO_LOST_REPLY
								: CLEAR_ONLY;
	copy_text(
	    f->kind, sizeof(f->kind), adverse[sandbox_random_locked(x->s) % n]);
	count_locked(x->s, 1, "adversity", f->kind, NULL);
}

void
https_treat(struct exchange *x)
{
	struct fault_place at = { x->call.action->service, x->call.action->name,
		"us-east-1" };
	const struct kind *k;
	struct fault f;

	fault_take(x->s, &at, &f);
	if (f.kind[0] == '\0')
		adversity(x, &f);
	copy_text(x->fault, sizeof(x->fault), f.kind);
	k = kind_of(f.kind);
	if (k != NULL && k->before != NULL)
		k->before(x, &f);
	/* A hang that ends because the program stops must not act. */
	if ((k == NULL || (f.effect >= 0 ? f.effect : k->effect)) &&
	    !sandbox_nap(x->s, 0))
		perform(x);
	if (k != NULL && k->after != NULL)
		k->after(x, &f);
	x->call.wrong_user = x->call.wrong_account = x->call.wrong_id = NULL;
	fault_free(&f);
}
