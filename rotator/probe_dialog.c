/*
 * dialog: listens to the server's side of an SMTP dialogue.
 *
 * libcurl hands every reply line to the header function, also those before
 * the first mail command (curl 7.88.1 lib/pingpong.c, Curl_pp_readresp). Only
 * here can the words behind a 535 be caught: the error buffer stays empty for
 * it, and the verbose trace, which has them too, would hold the password.
 *
 * What counts is taken only from lines that came inside TLS: anybody on the
 * path can say 235 before. A 235 that answers something else than AUTH, say
 * EHLO, is no success either. What libcurl asks it does not tell, but it is
 * bound to send AUTH next when the reply to its EHLO inside TLS is 250 and
 * offers that, and only then; so this counts replies as libcurl does.
 */
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "rotator/probe_p.h"

/* RFC 5321 4.5.3.1.5 allows 512 bytes a line; servers are known to be more
 * talkative. A whole dialogue with SES has about 20 lines. */
#define LINE_MAX_BYTES 4096
#define LINES_MAX      100

/* A server that echoes our AUTH must not get it into a log: the shortest
 * thing that reveals a password is its 44 characters. */
#define RUN_MAX 32

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/=";

static size_t
run_of_base64(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] != '\0' && strchr(base64, p[n]) != NULL)
		n++;
	return n;
}

static void
put(char ret[PROBE_REPLY_MAX], const char *p, size_t len)
{
	size_t at = strlen(ret);

	for (size_t i = 0; i < len && at + 1 < PROBE_REPLY_MAX; i++)
		ret[at++] = (char)(p[i] >= ' ' && p[i] <= '~' ? p[i] : '?');
	ret[at] = '\0';
}

void
dialog_quote(char ret[PROBE_REPLY_MAX], const char *text, size_t len)
{
	while (len > 0) {
		size_t n = run_of_base64(text, len);

		if (n > RUN_MAX)
			put(ret, "[...]", 5);
		else
			put(ret, text, n > 0 ? n : 1);
		text += n > 0 ? n : 1;
		len -= n > 0 ? n : 1;
	}
}

/* In STARTTLS dialogues the time of the handshake is not set before it is
 * over; with implicit TLS there are no lines before. */
static bool
inside_tls(CURL *h)
{
	curl_off_t us = 0;

	return curl_easy_getinfo(h, CURLINFO_APPCONNECT_TIME_T, &us) ==
	    CURLE_OK &&
	    us > 0;
}

/* Case as libcurl has it (curl 7.88.1 lib/smtp.c, smtp_state_ehlo_resp). */
static bool
offers_auth(const char *p, size_t len)
{
	char line[128];

	if (len < 9 || len >= sizeof(line) || memcmp(p, "250", 3) != 0 ||
	    (p[3] != '-' && p[3] != ' ') || memcmp(p + 4, "AUTH ", 5) != 0)
		return false;
	memcpy(line, p, len);
	line[len] = '\0';
	return strcasestr(line, " PLAIN") != NULL ||
	    strcasestr(line, " LOGIN") != NULL;
}

/* size is with the line end; the same question as in libcurl (curl 7.88.1
 * lib/smtp.c, smtp_endofresp). */
static bool
ends_reply(const char *p, size_t size)
{
	for (size_t i = 0; i < 3; i++)
		if (size < 4 || p[i] < '0' || p[i] > '9')
			return false;
	return p[3] == ' ' || size == 5;
}

/* A reply to AUTH. What the server still wants to know it asks by 334; any
 * other one decides, and a 235 that comes later answers something else. */
static void
judge_auth(struct dialog *d, const char *p)
{
	if (memcmp(p, "334", 3) == 0)
		return;
	d->passed = memcmp(p, "235", 3) == 0;
	d->asked = false;
}

/* The first reply is the greeting. Of those inside TLS the first one behind
 * it answers EHLO. */
static void
follow(struct dialog *d, const char *p, size_t len, size_t size)
{
	const bool hello = inside_tls(d->h) && d->replies > 0 && !d->greeted;

	if (hello && offers_auth(p, len))
		d->offers = true;
	if (!ends_reply(p, size))
		return;
	if (d->asked)
		judge_auth(d, p);
	d->replies++;
	d->greeted |= hello;
	if (hello && d->offers && memcmp(p, "250", 3) == 0)
		d->asked = d->offered = true;
}

/* One line without its end, and its size with it. Lines "250-x" and "250 x"
 * make one reply. */
static void
take_line(struct dialog *d, const char *p, size_t len, size_t size)
{
	size_t skip = len < 4 ? len : 4;

	follow(d, p, len, size);
	/* The answer to QUIT must not hide what went before. */
	if (len >= 3 && memcmp(p, "221", 3) == 0)
		return;
	if (!d->inside)
		d->reply[0] = '\0';
	else
		put(d->reply, " ", 1);
	d->inside = len > 3 && p[3] == '-';
	dialog_quote(d->reply, p + skip, len - skip);
}

static size_t
heard(char *p, size_t size, size_t n, void *user)
{
	struct dialog *d = user;
	size_t len = size * n;

	if (len > LINE_MAX_BYTES || ++d->lines > LINES_MAX) {
		d->flooded = true;
		return 0;
	}
	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	take_line(d, p, len, size * n);
	return size * n;
}

CURLcode
dialog_listen(struct dialog *d, CURL *h)
{
	CURLcode rc;

	d->h = h;
	rc = curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, heard);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_HEADERDATA, d);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_ERRORBUFFER, d->cause);
	return rc;
}
