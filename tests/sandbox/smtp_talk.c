/* smtp_talk: the dialogue, command by command. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "smtp_session.h"
#include "util.h"

void
smtp_note(
    struct session *c, const char *event, const char *key, const char *why)
{
	cJSON *o = must(cJSON_CreateObject());
	LOCKED(c->s);

	(void)cJSON_AddStringToObject(o, "region", c->region);
	(void)cJSON_AddStringToObject(
	    o, "port", c->implicit ? "tls" : "starttls");
	(void)cJSON_AddStringToObject(o, "key", key);
	if (why != NULL)
		(void)cJSON_AddStringToObject(o, "why", why);
	if (c->bytes > 0) {
		(void)cJSON_AddStringToObject(o, "from", c->from);
		(void)cJSON_AddItemToObject(
		    o, "to", must(cJSON_Duplicate(c->to, 1)));
		(void)cJSON_AddNumberToObject(o, "bytes", (double)c->bytes);
	}
	count_locked(c->s, 1, "smtp", event, NULL);
	log_locked(c->s, "smtp", event, o);
}

static void
forget_mail(struct session *c)
{
	c->from[0] = '\0';
	c->bytes = 0;
	cJSON_Delete(c->to);
	c->to = must(cJSON_CreateArray());
}

static enum after
ehlo(struct session *c, char *line)
{
	AUTO(free) char *text = NULL;

	if (line[0] == '\0')
		return reply(c, 501, "Empty HELO/EHLO argument not allowed");
	c->greeted = true;
	forget_mail(c);
	/* AUTH is offered in clear too, but then refused with 530. */
	text = fmt("email-smtp.amazonaws.com\r\n250-8BITMIME\r\n"
		   "250-SIZE 10485760\r\n%s%s250 Ok\r\n",
	    c->wire.ssl != NULL || c->hide_starttls ? "" : "250-STARTTLS\r\n",
	    c->hide_auth ? "" : "250-AUTH PLAIN LOGIN\r\n");
	(void)sandbox_nap(c->s, knob_ms(c->s, "smtp_latency_ms"));
	return wire_send(&c->wire, "250-", 4) &&
		wire_send(&c->wire, text, strlen(text))
	    ? HANDLED
	    : CLOSE;
}

static enum after
helo(struct session *c, char *line)
{
	if (line[0] == '\0')
		return reply(c, 501, "Empty HELO/EHLO argument not allowed");
	c->greeted = true;
	forget_mail(c);
	return reply(c, 250, "email-smtp.amazonaws.com");
}

static enum after
start_tls(struct session *c)
{
	bool good;

	if (smtp_fault(c, "tls") == CLOSE)
		return CLOSE;
	good =
	    wire_handshake(&c->wire, c->bad_tls != NULL ? c->bad_tls : c->tls);
	smtp_note(c, good ? "tls" : "tls_failed", "", NULL);
	return good ? HANDLED : CLOSE;
}

static enum after
starttls(struct session *c, char *line)
{
	static const char go[] = "220 Ready to start TLS\r\n";
	static const char injected[] = "220 Ready to start TLS\r\n"
				       "250-injected.invalid\r\n"
				       "250 AUTH PLAIN LOGIN\r\n"
				       "235 Authentication successful.\r\n";
	const char *text = c->inject ? injected : go;

	if (c->wire.ssl != NULL)
		return reply(c, 503, "TLS already started");
	if (line[0] != '\0')
		return reply(c, 501, "Syntax error (no parameters allowed)");
	if (!wire_send(&c->wire, text, strlen(text)))
		return CLOSE;
	c->greeted = false;
	return start_tls(c);
}

/* The address between < and >, without parameters. */
static bool
take_path(const char *line, const char *prefix, char out[PATH_SIZE])
{
	const char *open, *shut;

	if (strncasecmp(line, prefix, strlen(prefix)) != 0)
		return false;
	open = strchr(line, '<');
	shut = open != NULL ? strchr(open, '>') : NULL;
	if (shut == NULL || shut - open >= PATH_SIZE)
		return false;
	copy_text(out, (size_t)(shut - open), open + 1);
	return true;
}

static enum after
mail(struct session *c, char *line)
{
	if (c->wire.ssl == NULL)
		return reply(c, 530, "Must issue a STARTTLS command first");
	if (c->key[0] == '\0')
		return reply(c, 530, "Authentication required");
	if (c->from[0] != '\0')
		return reply(c, 503, "Error: nested MAIL command");
	if (!take_path(line, "FROM:", c->from) || c->from[0] == '\0')
		return reply(c, 501, "Invalid MAIL FROM address provided");
	return reply(c, 250, "Ok");
}

static enum after
rcpt(struct session *c, char *line)
{
	char to[PATH_SIZE];

	if (c->from[0] == '\0')
		return reply(c, 503, "Error: need MAIL command");
	if (!take_path(line, "TO:", to) || strchr(to, '@') == NULL)
		return reply(c, 553, "Invalid RCPT TO address provided");
	if (cJSON_GetArraySize(c->to) >= 50)
		return reply(c, 452, "Too many recipients");
	(void)cJSON_AddItemToArray(c->to, must(cJSON_CreateString(to)));
	return reply(c, 250, "Ok");
}

static enum after
data(struct session *c, char *line)
{
	enum after a;

	if (line[0] != '\0')
		return reply(c, 501, "Syntax error (no parameters allowed)");
	if (cJSON_GetArraySize(c->to) == 0)
		return reply(c, 503, "Error: need RCPT command");
	a = smtp_data(c);
	forget_mail(c);
	return a;
}

static enum after
noop(struct session *c, char *line)
{
	(void)line;
	return reply(c, 250, "Ok");
}

static enum after
rset(struct session *c, char *line)
{
	forget_mail(c);
	return noop(c, line);
}

static enum after
quit(struct session *c, char *line)
{
	(void)line;
	(void)reply(c, 221, "Bye");
	return CLOSE;
}

static const struct {
	const char *verb;
	const char *state, *tls_state; /* for faults */
	bool early;                    /* before EHLO too */
	enum after (*run)(struct session *, char *);
} commands[] = {
	{ "EHLO", "ehlo_plain", "ehlo_tls", true, ehlo },
	{ "HELO", "ehlo_plain", "ehlo_tls", true, helo },
	{ "STARTTLS", "starttls", "starttls", false, starttls },
	{ "AUTH", "auth", "auth", false, smtp_auth },
	{ "MAIL", "mail", "mail", false, mail },
	{ "RCPT", "rcpt", "rcpt", false, rcpt },
	{ "DATA", "command_data", "command_data", false, data },
	{ "NOOP", "noop", "noop", true, noop },
	{ "RSET", "rset", "rset", true, rset },
	{ "QUIT", "quit", "quit", true, quit },
};

bool
smtp_has_state(const char *action)
{
	static const char *const more[] = { "banner", "tls", "ehlo", "data",
		"ehlo_tls" };
	size_t i;

	for (i = 0; i < COUNT(more); i++)
		if (strcmp(action, more[i]) == 0)
			return true;
	for (i = 0; i < COUNT(commands); i++)
		if (strcmp(action, commands[i].state) == 0)
			return true;
	return false;
}

static enum after
command(struct session *c, char *line)
{
	const char *verb = strsep(&line, " ");
	char none[1] = "";
	enum after a;
	size_t i;

	for (i = 0; i < COUNT(commands); i++)
		if (strcasecmp(verb, commands[i].verb) == 0)
			break;
	if (i == COUNT(commands))
		return reply(c, 502, "Unimplemented");
	a = smtp_fault(
	    c, c->wire.ssl != NULL ? commands[i].tls_state : commands[i].state);
	if (a != GO_ON)
		return a;
	if (!commands[i].early && !c->greeted)
		return reply(c, 503, "Error: send HELO/EHLO first");
	return commands[i].run(c, line != NULL ? line : none);
}

static enum after
banner(struct session *c)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	char id[21] = "";
	size_t i;
	enum after a = smtp_fault(c, "banner");

	if (a != GO_ON)
		return a;
	for (i = 0; i < sizeof(id) - 1; i++)
		id[i] = letters[sandbox_random(c->s) % 32];
	return reply(c, 220,
	    "email-smtp.amazonaws.com ESMTP SimpleEmailService-d-%.9s %s", id,
	    id + 9);
}

static enum after
one_line(struct session *c)
{
	char line[LINE_SIZE];

	switch (wire_line(&c->wire, line)) {
	case GOT_LINE:
		return command(c, line);
	case GOT_TOO_LONG:
		return reply(c, 500, "Line too long");
	case GOT_TIMEOUT:
		smtp_note(c, "timeout", c->key, NULL);
		(void)reply(
		    c, 451, "4.4.2 Timeout waiting for data from client.");
		return CLOSE;
	case GOT_EOF:
		break;
	}
	return CLOSE;
}

void
smtp_talk(struct session *c)
{
	forget_mail(c);
	smtp_note(c, "connect", "", NULL);
	if (c->implicit && start_tls(c) == CLOSE)
		return;
	if (banner(c) == CLOSE)
		return;
	while (one_line(c) != CLOSE)
		continue;
}
