/* http_left: did a request that failed ever leave? See http_p.h. */
#include "base/auto.h"
#include "base/http_p.h"

/* These end before a request is written, yet a CONNECT to a proxy counts as
 * written. Sound only when no earlier connection was tried. */
static const CURLcode before_request[] = {
	CURLE_COULDNT_RESOLVE_PROXY,
	CURLE_COULDNT_RESOLVE_HOST,
	CURLE_COULDNT_CONNECT,
	CURLE_PROXY,
	CURLE_SSL_CONNECT_ERROR,
	CURLE_PEER_FAILED_VERIFICATION,
};

bool
http_never_left(CURL *h, CURLcode rc, bool plain, bool once)
{
	curl_off_t secured = 1;
	long written = 1;

	if (curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &written) == CURLE_OK &&
	    written == 0)
		return true;
	/* Behind a proxy that refuses, or is gone: there was never TLS. */
	if (once && !plain &&
	    curl_easy_getinfo(h, CURLINFO_APPCONNECT_TIME_T, &secured) ==
		CURLE_OK &&
	    secured == 0)
		return true;
	for (size_t i = 0; once && i < COUNT(before_request); i++)
		if (before_request[i] == rc)
			return true;
	return false;
}

/* Nobody but a proxy answers a CONNECT. */
void
http_blame_proxy(struct err *e, CURL *h, const char *peer)
{
	long code = 0;

	if (e->ec != EC_TEMP ||
	    curl_easy_getinfo(h, CURLINFO_HTTP_CONNECTCODE, &code) !=
		CURLE_OK ||
	    code < 300)
		return;
	(void)fail(e, EC_TEMP, "%s: the proxy refuses (HTTP %ld)", peer, code);
	(void)fix(e,
	    "check HTTPS_PROXY, its password and where it lets us go; or add "
	    "the host to NO_PROXY");
}
