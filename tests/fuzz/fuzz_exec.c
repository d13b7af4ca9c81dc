/*
 * Any bytes from an outside program: as its reply (first byte 0 to 3, the
 * action), as the last words of ssh (4), as words to be shown (5).
 *
 * What is understood is written and read again without a change; what is not
 * says so by a class of the protocol. What is shown is one line of printing
 * characters without a password of SES in it, whatever came.
 */
#include "base/escape.h"
#include "clients/exec_serve.h"
#include "clients/heard.h"
#include "clients/remote_said.h"
#include "fuzz.h"

#define MAX EXEC_REPLY_MAX

/* Nothing that ends a line, moves a cursor, or turns the reading direction:
 * what is escaped once is not escaped again. */
static void
shown_fit(const char *s, size_t max)
{
	char unit[ESCAPE_UNIT];
	size_t n;

	fuzz_text_fit(s, max);
	for (const char *at = s; (n = escape_next(&s, ESCAPE_BARE, unit)) > 0;
	     at = s)
		demand((size_t)(s - at) == n && memcmp(at, unit, n) == 0);
}

static void
plan_fit(const struct client_plan *p)
{
	demand(p->change[0] != '\0');
	shown_fit(p->change, sizeof(p->change));
	shown_fit(p->after, sizeof(p->after));
	shown_fit(p->warning, sizeof(p->warning));
}

static void
again(enum exec_action action, const struct exec_reply *r)
{
	AUTO(exec_reply) struct exec_reply got = { .cred = { .user = "" } };
	const struct err fine = { .ec = EC_OK };
	AUTO(buf) struct buf text = BUF(MAX * 8);
	bool heard = false;
	struct err e;

	demand(exec_answer(action, &fine, r, &text, &e) == EC_OK);
	demand(exec_reply_parse(&text, "p", action, &got, &heard, &e) == EC_OK);
	demand(heard && smtp_cred_eq(&got.cred, &r->cred));
	demand(action != EXEC_PLAN ||
	    (strcmp(got.plan.change, r->plan.change) == 0 &&
		strcmp(got.plan.after, r->plan.after) == 0 &&
		strcmp(got.plan.warning, r->plan.warning) == 0));
}

static void
refused(const struct exec_reply *r, bool heard, const struct err *e)
{
	demand(r->cred.pass == NULL && r->cred.user[0] == '\0');
	demand(r->plan.change[0] == '\0');
	/* A pair that is none is told apart from nonsense. */
	demand(heard || e->ec == EC_PROTO || e->ec == EC_CONFLICT);
	demand(e->ec == EC_CLIENT || exec_class(e->ec)[0] != '\0');
	fuzz_err_fit(e);
	shown_fit(e->what, sizeof(e->what));
	shown_fit(e->fix, sizeof(e->fix));
}

static void
reply(enum exec_action action, const struct buf *text)
{
	AUTO(exec_reply) struct exec_reply r = { .cred = { .user = "" } };
	bool heard = true;
	struct err e;

	if (exec_reply_parse(text, "/opt/prog", action, &r, &heard, &e) !=
	    EC_OK) {
		refused(&r, heard, &e);
		return;
	}
	demand(heard);
	if (action == EXEC_PLAN)
		plan_fit(&r.plan);
	again(action, &r);
}

static void
ssh(unsigned status, const char *said)
{
	const struct remote r = { .host = "web1", .ssh = "ssh" };
	static const enum ec classes[] = { EC_CONFIG, EC_DENIED, EC_TEMP,
		EC_CLIENT };
	bool sure = true, known = false;
	struct err e;
	enum ec ec = remote_said(&r, (int)status, said, &sure, &e);

	for (size_t i = 0; i < COUNT(classes); i++)
		known |= classes[i] == ec;
	demand(known && e.ec == ec);
	/* What ended by itself over there had started, but for an older
	 * rotate that knows no agent. */
	demand(status == 255 || status == 126 || status == 127 ||
	    status == 64 || !sure);
	fuzz_err_fit(&e);
	shown_fit(e.what, sizeof(e.what));
	shown_fit(e.fix, sizeof(e.fix));
}

static void
show(const char *said)
{
	char text[320], again_[sizeof(text)], little[41];

	heard_show(said, text, sizeof(text));
	shown_fit(text, sizeof(text));
	heard_show(text, again_, sizeof(again_));
	demand(strcmp(text, again_) == 0);
	heard_show(said, little, sizeof(little));
	shown_fit(little, sizeof(little));
	demand(strncmp(text, little, strlen(little)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { (const char *)data, size };
	AUTO(buf) struct buf text = BUF(MAX);
	unsigned which;
	struct err e;

	if (size < 2 || size > MAX)
		return 0;
	which = (feed_byte(&f) - '0') % 6;
	if (which == 4)
		size = feed_byte(&f);
	demand(buf_add(&text, f.p, f.n, &e) == EC_OK);
	if (which < EXEC_ACTIONS)
		reply((enum exec_action)which, &text);
	else if (which == 4)
		ssh((unsigned)size, buf_str(&text));
	else
		show(buf_str(&text));
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
