/* heard: see heard.h. */
#include "clients/heard.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"
#include "sigv4/smtp_password.h"

static bool
shows_password(const char *s)
{
	const size_t len = strlen(s);

	for (size_t i = 0; i + SMTP_PASSWORD_LEN <= len; i++)
		if (smtp_password_form(s + i, SMTP_PASSWORD_LEN) !=
		    SMTP_PASSWORD_NONE)
			return true;
	return false;
}

void
heard_show(const char *s, char *ret, size_t n)
{
	char unit[ESCAPE_UNIT];
	size_t len = 0, more;

	if (shows_password(s))
		s = "(text withheld: it holds a password)";
	while (
	    (more = escape_next(&s, ESCAPE_BARE, unit)) > 0 && len + more < n) {
		memcpy(ret + len, unit, more);
		len += more;
	}
	ret[len] = '\0';
}
