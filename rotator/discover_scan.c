/* discover_scan: what gives a credential away in a text. */
#include <ctype.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/discover.h"

/* Long-term keys of IAM users; ASIA is of temporary ones, which SES SMTP does
 * not take.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
#define PREFIX    "AKIA"
#define HOST_MARK "email-smtp"
#define HOST_TAIL ".amazonaws.com"

static bool
id_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
word_char(char c)
{
	return id_char(c) || (c >= 'a' && c <= 'z') || c == '_';
}

bool
discover_next_id(const struct buf *text, size_t *at, char ret[KEY_ID_MAX])
{
	const char *all = buf_str(text), *p;

	while (*at < text->len &&
	    (p = memmem(all + *at, text->len - *at, PREFIX, strlen(PREFIX))) !=
		NULL) {
		size_t n = 0;

		*at = (size_t)(p - all);
		while (*at + n < text->len && id_char(p[n]))
			n++;
		if ((p > all && word_char(p[-1])) || n < 16 ||
		    n >= KEY_ID_MAX ||
		    (*at + n < text->len && word_char(p[n]))) {
			*at += strlen(PREFIX);
			continue;
		}
		memcpy(ret, p, n);
		ret[n] = '\0';
		return true;
	}
	return false;
}

static bool
pass_char(char c)
{
	return word_char(c) ? c != '_' : c == '+' || c == '/';
}

bool
discover_next_pass(const struct buf *text, size_t *at)
{
	const char *all = buf_str(text);

	for (size_t i = *at; i < text->len;) {
		size_t n = 0;

		while (i + n < text->len && pass_char(all[i + n]))
			n++;
		if (n == SMTP_PASSWORD_LEN &&
		    smtp_password_form(all + i, n) != SMTP_PASSWORD_NONE) {
			*at = i;
			return true;
		}
		i += n + 1;
	}
	return false;
}

static bool
host_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-';
}

bool
discover_ses_host(const struct buf *text, char ret[256], size_t *ret_at)
{
	const char *all = buf_str(text), *eof = all + text->len, *p = all;

	while ((p = memmem(p, (size_t)(eof - p), HOST_MARK,
		    strlen(HOST_MARK))) != NULL) {
		const char *from = p, *end = p;

		while (from > all && host_char(from[-1]))
			from--;
		while (end < eof && host_char(*end))
			end++;
		while (end > from && end[-1] == '.')
			end--;
		p = end;
		if (end - from >= 256 ||
		    memmem(from, (size_t)(end - from), HOST_TAIL,
			strlen(HOST_TAIL)) == NULL)
			continue;
		memcpy(ret, from, (size_t)(end - from));
		ret[end - from] = '\0';
		*ret_at = (size_t)(from - all);
		return true;
	}
	return false;
}

/* https://docs.aws.amazon.com/general/latest/gr/ses.html has -fips hosts;
 * those of VPC endpoints begin with vpce-ID. */
void
discover_region(const char *host, char ret[REGION_MAX])
{
	const char *p = strstr(host, HOST_MARK);
	size_t n;

	ret[0] = '\0';
	if (p == NULL || (p = strchr(p, '.')) == NULL)
		return;
	n = strcspn(++p, ".");
	if (n >= REGION_MAX)
		return;
	memcpy(ret, p, n);
	ret[n] = '\0';
	if (!region_valid(ret))
		ret[0] = '\0';
}

unsigned
discover_line(const struct buf *text, size_t at)
{
	const char *p = buf_str(text);
	unsigned n = 1;

	for (size_t i = 0; i < at; i++)
		n += p[i] == '\n';
	return n;
}
