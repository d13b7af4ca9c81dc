/*
 * message: the one mail of `prove: send`.
 *
 * AUTH does not check the permission to send: SES says 554 only after the
 * message data. Whoever wants that proved too lets a message go to the
 * mailbox simulator, which costs no reputation:
 * https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/probe_p.h"

#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3, without the brackets */
#define NONCE_BYTES 16

/* No quoted local parts and no literals: none of them is needed for SES, and
 * so a space or a bracket is always a mistake or an attack. */
static bool
plain_address(const char *s)
{
	const char *at = strchr(s, '@');

	if (at == NULL || at == s || at[1] == '\0' || strlen(s) > ADDRESS_MAX ||
	    strchr(at + 1, '@') != NULL)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("<>()[],;:\\\"", *s))
			return false;
	return true;
}

/* RFC 5322 3.3. Own names: strftime would take those of a locale. */
static void
date(int64_t ms, char *ret, size_t size)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	(void)snprintf(ret, size, "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
	    days + (size_t)tm.tm_wday * 3, tm.tm_mday,
	    months + (size_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

static enum ec
nonce(char ret[NONCE_BYTES * 2 + 1], struct err *e)
{
	unsigned char raw[NONCE_BYTES];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return fail(e, EC_BUG, "no random bytes");
	for (size_t i = 0; i < sizeof(raw); i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", raw[i]);
	return EC_OK;
}

static enum ec
compose(struct message *m, const struct prove_send *send, struct err *e)
{
	char id[NONCE_BYTES * 2 + 1] = "", now[64];
	int n;

	TRY(nonce(id, e));
	date(clock_wall(), now, sizeof(now));
	n = snprintf(m->text, sizeof(m->text),
	    "Date: %s\r\n"
	    "From: <%s>\r\n"
	    "To: <%s>\r\n"
	    "Message-ID: <%s%s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Subject: SMTP credential test\r\n"
	    "\r\n"
	    "Proves that a new SMTP credential may send.\r\n",
	    now, send->from, send->to, id, strchr(send->from, '@'));
	if ((size_t)n >= sizeof(m->text)) /* also below 0 */
		return fail(e, EC_BUG, "test message too long");
	m->len = (size_t)n;
	return EC_OK;
}

static size_t
feed(char *p, size_t size, size_t n, void *user)
{
	struct message *m = user;
	size_t room = size * n, rest = m->len - m->at;
	size_t take = rest < room ? rest : room;

	memcpy(p, m->text + m->at, take);
	m->at += take;
	return take;
}

static CURLcode
hand_over(struct message *m, CURL *h, const char *from)
{
	CURLcode rc = curl_easy_setopt(h, CURLOPT_MAIL_FROM, from);

	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_MAIL_RCPT, m->to);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_READFUNCTION, feed);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_READDATA, m);
	return rc;
}

enum ec
message_prepare(
    struct message *m, CURL *h, const struct prove_send *send, struct err *e)
{
	if (send->to == NULL || !plain_address(send->from) ||
	    !plain_address(send->to))
		return fail(e, EC_CONFIG, "prove: not a plain mail address");
	TRY(compose(m, send, e));
	m->to = curl_slist_append(NULL, send->to);
	if (m->to == NULL || hand_over(m, h, send->from) != CURLE_OK)
		return fail(e, EC_NOMEM, "no memory for a test message");
	return EC_OK;
}

void
message_free(struct message *m)
{
	curl_slist_free_all(m->to);
	m->to = NULL;
}
