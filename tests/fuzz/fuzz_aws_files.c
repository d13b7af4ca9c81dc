/*
 * Any bytes as AWS settings. First byte 0: an endpoint override (from the
 * second byte on the service, then region, form feed, address); 1: a shared
 * file.
 *
 * An address that is taken is one to libcurl too, with the same host and path
 * that the signature is made of, and says the same when it is given again; a
 * file's settings are the same when it is written anew from them. No message
 * shows a line of a file.
 */
#include <curl/curl.h>

#include "fuzz.h"
#include "sigv4/endpoint.h"
#include "sigv4/ini.h"

static const char *const services[] = { "iam", "sts", "ssm", "lambda",
	"secrets_manager" };

static const char *override;

static const char *
variable(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "AWS_ENDPOINT_URL") == 0 && *override != '\0'
	    ? override
	    : NULL;
}

static const struct aws_env env = { .env = variable };

static char *
part_of(CURLU *u, CURLUPart what)
{
	char *s = NULL;

	(void)curl_url_get(u, what, &s, 0);
	return s;
}

static void
same_to_curl(const struct endpoint *to)
{
	CURLU *u = curl_url();
	char *host, *port, *path, *user;
	char want[ENDPOINT_MAX + 8];
	char url[2 * ENDPOINT_MAX];

	(void)snprintf(url, sizeof(url), "%s/", to->url);
	demand(
	    u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK);
	host = part_of(u, CURLUPART_HOST);
	port = part_of(u, CURLUPART_PORT);
	path = part_of(u, CURLUPART_PATH);
	user = part_of(u, CURLUPART_USER);
	demand(host != NULL && path != NULL && user == NULL);
	(void)snprintf(want, sizeof(want), "%s%s%s", host,
	    port != NULL ? ":" : "", port != NULL ? port : "");
	demand(strcasecmp(want, to->host) == 0);
	demand(strcmp(path, to->path) == 0);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	curl_free(user);
	curl_url_cleanup(u);
}

static void
endpoint(struct feed f)
{
	const char *service = services[feed_byte(&f) % COUNT(services)];
	struct endpoint one, two;
	char region[256], url[2048];
	const char *p;
	size_t n = 0;
	struct err e;

	p = feed_part(&f, '\f', &n);
	(void)snprintf(
	    region, sizeof(region), "%.*s", (int)n, p != NULL ? p : "");
	(void)snprintf(url, sizeof(url), "%.*s", (int)f.n, f.n > 0 ? f.p : "");
	override = url;
	if (endpoint_find(&env, NULL, region, service, &one, &e) != EC_OK) {
		demand(e.ec == EC_CONFIG);
		fuzz_err_fit(&e);
		return;
	}
	demand(strncmp(one.url, "https://", 8) == 0 ||
	    strncmp(one.url, "http://", 7) == 0);
	for (const char *s = one.url; *s != '\0'; s++)
		demand(*s > ' ' && *s <= '~' && *s != '?' && *s != '#');
	demand(strpbrk(one.host, "@/\\") == NULL);
	demand(region_valid(one.region) && one.scope != NULL);
	same_to_curl(&one);
	override = one.url;
	demand(endpoint_find(&env, NULL, region, service, &two, &e) == EC_OK);
	demand(strcmp(one.url, two.url) == 0 &&
	    strcmp(one.host, two.host) == 0 && strcmp(one.path, two.path) == 0);
}

/* --- shared files --------------------------------------------------------- */

#define CANARY "wJalrXUtnFEMIK7MDENG"

static void
written_anew(const struct ini_list *was)
{
	AUTO(buf) struct buf text = BUF(1 << 20);
	struct ini_list now = { .v = NULL };
	bool found = false;
	struct err e;

	demand(buf_adds(&text, "[default]\n", &e) == EC_OK);
	for (size_t i = 0; i < was->n; i++) {
		const struct ini_setting *s = &was->v[i];

		if (s->text[0] != '\0')
			continue; /* inside a block */
		demand(buf_adds(&text, s->key, &e) == EC_OK &&
		    buf_adds(&text, " = ", &e) == EC_OK &&
		    buf_adds(&text, s->value, &e) == EC_OK &&
		    buf_adds(&text, "\n", &e) == EC_OK);
	}
	demand(ini_read("f", &text, "default", &now, &found, &e) == EC_OK);
	demand(found);
	for (size_t i = 0; i < was->n; i++) {
		const char *key = was->v[i].key;
		const char *a = ini_get(was, "", key);
		const char *b = ini_get(&now, "", key);

		if (was->v[i].text[0] == '\0')
			demand(a == NULL ? b == NULL
					 : b != NULL && strcmp(a, b) == 0);
	}
	ini_free(&now);
}

static void
file(struct feed f)
{
	AUTO(buf) struct buf text = BUF(65536);
	struct ini_list l = { .v = NULL };
	bool found = false;
	struct err e;

	demand(buf_add(&text, f.p, f.n, &e) == EC_OK);
	if (ini_read("/f", &text, "default", &l, &found, &e) != EC_OK) {
		demand(e.ec == EC_CONFIG);
		demand(strncmp(e.what, "/f:", 3) == 0);
		demand(!fuzz_err_shows(&e, CANARY));
	} else {
		demand(l.n <= INI_SETTINGS_MAX && (found || l.n == 0));
		for (size_t i = 0; i < l.n; i++)
			demand(l.v[i].key[0] != '\0' &&
			    strpbrk(l.v[i].key, "\n=") == NULL &&
			    strchr(l.v[i].value, '\n') == NULL);
		written_anew(&l);
	}
	ini_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { (const char *)data, size };

	if (size < 2 || size > 32768)
		return 0;
	if (feed_byte(&f) % 2 == 0)
		endpoint(f);
	else
		file(f);
	return 0;
}
