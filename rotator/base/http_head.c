/*
 * http_head: what libcurl would forgive in the head of a reply.
 */
#include <string.h>

#include "base/http_p.h"

static bool
digits(const char *p, size_t n)
{
	while (n > 0 && *p >= '0' && *p <= '9') {
		p++;
		n--;
	}
	return n == 0;
}

/* RFC 9112, 4. libcurl takes anything behind "HTTP/" that it does not
 * understand for 200, and signs for digits (curl 7.88.1 lib/http.c,
 * Curl_http_readwrite_headers). */
bool
http_status_line(const char *p, size_t n)
{
	const char *sp = memchr(p, ' ', n);
	const size_t at = sp != NULL ? (size_t)(sp - p) : 0;

	return n > 9 && memcmp(p, "HTTP/", 5) == 0 &&
	    (at == 6 || (at == 8 && p[6] == '.' && digits(p + 7, 1))) &&
	    digits(p + 5, 1) && n - at > 4 && sp[1] != '0' &&
	    digits(sp + 1, 3) && strchr(" \r\n", sp[4]) != NULL &&
	    sp[4] != '\0';
}
