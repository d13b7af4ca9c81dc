/*
 * smtp_auth: AUTH PLAIN and LOGIN. The verdict needs the password of this very
 * region; the log says why a login was refused, the client only hears 535.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "smtp_session.h"
#include "util.h"
#include "verify.h"

#define DECODED_SIZE (LINE_SIZE + 4)

static bool
same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

static bool
is_other_region(struct sandbox *s, const struct key *k, const char *password)
{
	char want[SMTP_PASSWORD_SIZE];
	size_t i;

	for (i = 0; i < s->nregions; i++) {
		smtp_password(k->secret, s->regions[i], want);
		if (same(password, want))
			return true;
	}
	return false;
}

static const char *
judge_password(struct session *c, const struct key *k, const char *password)
{
	char want[SMTP_PASSWORD_SIZE];

	smtp_password(k->secret, c->region, want);
	if (same(password, want))
		return NULL;
	smtp_password(k->secret, NULL, want);
	if (same(password, want))
		return knob_on_locked(c->s, "accept_v2") ? NULL
							 : "legacy_password";
	return is_other_region(c->s, k, password) ? "other_region"
						  : "wrong_password";
}

/* NULL when accepted, else why not. */
static const char *
judge(struct session *c, const char *user, const char *password)
{
	struct sandbox *s = c->s;
	const char *why;
	struct key *k;
	LOCKED(s);

	k = key_find_locked(s, user);
	if (k == NULL)
		return "unknown_key";
	why = judge_password(c, k, password);
	if (why == NULL)
		why = key_refusal_locked(s, k);
	if (why != NULL)
		return why;
	copy_text(c->key, sizeof(c->key), k->id);
	copy_text(c->user, sizeof(c->user), k->user->name);
	if (knob_on_locked(s, "auth_counts_as_use"))
		(void)key_touch_locked(
		    s, k, knob_text_locked(s, "last_used_service"), c->region);
	return NULL;
}

static enum after
verdict(struct session *c, const char *user, const char *password)
{
	const char *why = judge(c, user, password);

	smtp_note(c, why == NULL ? "auth_ok" : "auth_bad", user, why);
	if (why == NULL)
		return reply(c, 235, "Authentication successful.");
	return reply(c, 535, "Authentication Credentials Invalid");
}

/* Length, or -1 for what is not base64. */
static int
decode(const char *text, unsigned char out[DECODED_SIZE])
{
	size_t len = strlen(text), pad = 0;
	int n;

	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	if (len % 4 != 0)
		return -1;
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	if (n < 0)
		return -1;
	n -= (int)pad;
	out[n] = '\0';
	return n;
}

/* The answer to a challenge; false when the client gave up or is gone. */
static bool
ask(struct session *c, const char *challenge, char line[LINE_SIZE])
{
	if (reply(c, 334, "%s", challenge) == CLOSE ||
	    wire_line(&c->wire, line) != GOT_LINE)
		return false;
	return strcmp(line, "*") != 0;
}

static enum after
bad_syntax(struct session *c)
{
	smtp_note(c, "auth_bad", "", "syntax");
	return reply(c, 535, "Authentication Credentials Invalid");
}

/* RFC 4616: [authzid] NUL authcid NUL passwd. */
static enum after
plain(struct session *c, const char *initial)
{
	char line[LINE_SIZE];
	unsigned char raw[DECODED_SIZE];
	const char *user, *password;
	int n;

	copy_text(line, sizeof(line), initial);
	/* Live servers send "Ok", not an empty challenge. */
	if (initial[0] == '\0' && !ask(c, "Ok", line))
		return reply(c, 501, "Authentication cancelled");
	n = decode(line, raw);
	if (n < 0)
		return bad_syntax(c);
	user = memchr(raw, '\0', (size_t)n);
	if (user == NULL)
		return bad_syntax(c);
	user++;
	password = user + strlen(user) + 1;
	if (password > (const char *)raw + n)
		return bad_syntax(c);
	return verdict(c, user, password);
}

static enum after
login(struct session *c, const char *initial)
{
	char name[LINE_SIZE], pass[LINE_SIZE];
	unsigned char user[DECODED_SIZE], password[DECODED_SIZE];

	copy_text(name, sizeof(name), initial);
	if (initial[0] == '\0' && !ask(c, "VXNlcm5hbWU6", name))
		return reply(c, 501, "Authentication cancelled");
	if (!ask(c, "UGFzc3dvcmQ6", pass))
		return reply(c, 501, "Authentication cancelled");
	if (decode(name, user) < 0 || decode(pass, password) < 0)
		return bad_syntax(c);
	return verdict(c, (const char *)user, (const char *)password);
}

enum after
smtp_auth(struct session *c, char *line)
{
	const char *mechanism = strsep(&line, " ");
	const char *initial = line != NULL ? line : "";

	if (c->wire.ssl == NULL)
		return reply(c, 530, "Must issue a STARTTLS command first");
	if (c->key[0] != '\0')
		return reply(c, 503, "Already authenticated");
	/* "=" is an empty initial response (RFC 4954). */
	if (strcmp(initial, "=") == 0)
		return bad_syntax(c);
	if (strcasecmp(mechanism, "PLAIN") == 0)
		return plain(c, initial);
	if (strcasecmp(mechanism, "LOGIN") == 0)
		return login(c, initial);
	return reply(c, 504, "Unrecognized authentication type");
}
