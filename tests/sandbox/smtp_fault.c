/*
 * smtp_fault: every way an SMTP session can go wrong. A kind bound to one
 * state can happen nowhere else, whatever the test asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "smtp_session.h"
#include "util.h"

#define MIB (1024.0 * 1024)

static enum after
play_reply(struct session *c, const struct fault *f)
{
	int code = (int)fault_num(f, "code", 454);

	if (reply(c, code, "%s",
		fault_text(f, "text", "Temporary service failure")) == CLOSE)
		return CLOSE;
	return code == 421 ? CLOSE : HANDLED;
}

static enum after
play_drop(struct session *c, const struct fault *f)
{
	(void)f;
	wire_close(&c->wire, true);
	return CLOSE;
}

/* With a time it is only slow; without, it never answers. */
static enum after
play_hang(struct session *c, const struct fault *f)
{
	uint64_t ms = (uint64_t)fault_num(f, "ms", (double)FOR_EVER);

	return sandbox_nap(c->s, ms) || ms >= FOR_EVER ? CLOSE : GO_ON;
}

static enum after
play_drip(struct session *c, const struct fault *f)
{
	c->wire.drip_ms = (unsigned)fault_num(f, "ms", 50);
	return GO_ON;
}

static enum after
play_no_auth(struct session *c, const struct fault *f)
{
	(void)f;
	c->hide_auth = true;
	return GO_ON;
}

static enum after
play_no_starttls(struct session *c, const struct fault *f)
{
	(void)f;
	c->hide_starttls = true;
	return GO_ON;
}

static enum after
play_inject(struct session *c, const struct fault *f)
{
	(void)f;
	c->inject = true;
	return GO_ON;
}

static enum after
play_garbage(struct session *c, const struct fault *f)
{
	size_t len = (size_t)fault_num(f, "bytes", 256), i;
	AUTO(free) char *text = must_alloc(len + 2);

	for (i = 0; i < len; i++)
		text[i] = (char)sandbox_random(c->s);
	text[len] = '\r';
	text[len + 1] = '\n';
	return wire_send(&c->wire, text, len + 2) ? HANDLED : CLOSE;
}

static enum after
play_long_line(struct session *c, const struct fault *f)
{
	size_t len = (size_t)(fault_num(f, "mib", 1) * MIB);
	AUTO(free) char *text = must_alloc(len + 1);

	memset(text, 'a', len);
	return reply(c, 250, "%s", text);
}

static enum after
play_endless(struct session *c, const struct fault *f)
{
	double left = fault_num(f, "lines", 1e12);
	static const char line[] = "250-and there is more to come\r\n";

	while (left-- >= 1 && !sandbox_nap(c->s, 0))
		if (!wire_send(&c->wire, line, sizeof(line) - 1))
			break;
	return CLOSE;
}

static enum after
play_tls_garbage(struct session *c, const struct fault *f)
{
	char line[LINE_SIZE];
	enum got g;

	(void)play_garbage(c, f);
	/* Closing with unread bytes would reset, and the garbage be lost. */
	(void)shutdown(c->wire.fd, SHUT_WR);
	do
		g = wire_line(&c->wire, line);
	while (g == GOT_LINE || g == GOT_TOO_LONG);
	return CLOSE;
}

static enum after
use_bad(struct session *c, const char *kind)
{
	c->bad_tls = certs_bad_context(c->certs, kind);
	return GO_ON;
}

static enum after
play_bad_cert(struct session *c, const struct fault *f)
{
	return use_bad(c, fault_text(f, "kind", "self_signed"));
}

static enum after
play_tls11(struct session *c, const struct fault *f)
{
	(void)f;
	return use_bad(c, "tls11");
}

static const struct kind {
	const char *name;
	const char *state; /* "" any */
	enum after (*play)(struct session *, const struct fault *);
} kinds[] = {
	{ "reply", "", play_reply },
	{ "drop", "", play_drop },
	{ "hang", "", play_hang },
	{ "drip", "", play_drip },
	{ "garbage", "", play_garbage },
	{ "long_line", "", play_long_line },
	{ "endless", "", play_endless },
	{ "no_auth", "ehlo_tls", play_no_auth },
	{ "no_starttls", "ehlo_plain", play_no_starttls },
	{ "inject", "starttls", play_inject },
	{ "tls_garbage", "tls", play_tls_garbage },
	{ "bad_cert", "tls", play_bad_cert },
	{ "tls11", "tls", play_tls11 },
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
smtp_fault_state(const char *name)
{
	const struct kind *k = kind_of(name);

	return k != NULL ? k->state : NULL;
}

/* What SES itself says on a bad day, by state. A message is never refused
 * after it was accepted, so all of this is fair. */
static const struct {
	const char *state;
	int code;
	const char *text;
} adverse[] = {
	{ "banner", 421, "Too many concurrent SMTP connections" },
	{ "auth", 454, "Temporary authentication failure" },
	{ "mail", 451, "Temporary service failure" },
	{ "data", 454, "Throttling failure: Maximum sending rate exceeded." },
};

static enum after
adversity(struct session *c, const char *state)
{
	size_t i;

	for (i = 0; i < COUNT(adverse); i++)
		if (strcmp(state, adverse[i].state) == 0)
			break;
	if (i == COUNT(adverse) || !adversity_strikes(c->s))
		return GO_ON;
	if (sandbox_random(c->s) % 3 == 0) {
		(void)sandbox_nap(c->s, sandbox_random(c->s) % 300);
		return GO_ON;
	}
	smtp_note(c, "adversity", c->key, state);
	if (reply(c, adverse[i].code, "%s", adverse[i].text) == CLOSE)
		return CLOSE;
	return adverse[i].code == 421 ? CLOSE : HANDLED;
}

enum after
smtp_fault(struct session *c, const char *state)
{
	struct fault_place at = { "smtp", state, c->region };
	enum after a = GO_ON;
	const struct kind *k;
	struct fault f;

	fault_take(c->s, &at, &f);
	if (f.kind[0] == '\0')
		return adversity(c, state);
	smtp_note(c, "fault", c->key, f.kind);
	k = kind_of(f.kind);
	if (k != NULL)
		a = k->play(c, &f);
	fault_free(&f);
	return a;
}
