/*
 * smtp_data: the message itself. SES checks the permission to send only here:
 * AUTH, MAIL and RCPT succeed for a user without it.
 */
#include <string.h>

#include "smtp_session.h"
#include "util.h"

/* False when the client went away in the middle. */
static bool
read_message(struct session *c)
{
	char line[LINE_SIZE];

	for (;;) {
		enum got g = wire_line(&c->wire, line);

		if (g == GOT_EOF || g == GOT_TIMEOUT)
			return false;
		if (strcmp(line, ".") == 0)
			return true;
		c->bytes += strlen(line) + 2;
	}
}

static enum after
deny(struct session *c)
{
	const char *at = strrchr(c->from, '@');
	char account[sizeof(c->s->account)];

	copy_text(account, sizeof(account), c->s->account);
	smtp_note(c, "denied", c->key, NULL);
	return reply(c, 554,
	    "Access denied: User `arn:aws:iam::%s:user/%s' is not authorized "
	    "to perform `ses:SendRawEmail' on resource "
	    "`arn:aws:ses:%s:%s:identity/%s'",
	    account, c->user, c->region, account,
	    at != NULL ? at + 1 : c->from);
}

static bool
may_send(struct session *c)
{
	LOCKED(c->s);
	return !knob_on_locked(c->s, "send_denied");
}

static void
use_key(struct session *c)
{
	struct key *k;
	LOCKED(c->s);

	k = key_find_locked(c->s, c->key);
	if (k != NULL)
		(void)key_touch_locked(c->s, k,
		    knob_text_locked(c->s, "last_used_service"), c->region);
}

enum after
smtp_data(struct session *c)
{
	enum after a;

	c->bytes = 0;
	if (reply(c, 354, "End data with <CR><LF>.<CR><LF>") == CLOSE ||
	    !read_message(c))
		return CLOSE;
	c->bytes += c->bytes == 0;
	a = smtp_fault(c, "data");
	if (a != GO_ON)
		return a;
	if (!may_send(c))
		return deny(c);
	use_key(c);
	smtp_note(c, "mail", c->key, NULL);
	return reply(c, 250, "Ok 0100%012llx-%08llx-000000",
	    (unsigned long long)(now_ms() & 0xffffffffffff),
	    (unsigned long long)(sandbox_random(c->s) & 0xffffffff));
}
