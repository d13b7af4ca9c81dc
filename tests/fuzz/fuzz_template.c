/*
 * Any text as a template of a file: template, form feed, user name, password,
 * host, form feeds between them; of the values only such characters are taken
 * as these have. Whatever is accepted reads back what was put in; a second
 * pair goes in and comes out likewise; and what was made from another text is
 * refused or gives a pair that makes just that text.
 */
#include "clients/template.h"
#include "fuzz.h"

#define MAX    8192
#define KEY_ID "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ALNUM  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void
value(struct feed *f, const char *allowed, const char *fallback, char ret[64])
{
	size_t n = 0, at = 0;
	const char *p = feed_part(f, '\f', &n);

	for (size_t i = 0; p != NULL && i < n && at < 63; i++)
		if (p[i] != '\0' && strchr(allowed, p[i]) != NULL)
			ret[at++] = p[i];
	ret[at] = '\0';
	if (at == 0)
		(void)snprintf(ret, 64, "%s", fallback);
}

static void
make(const struct template *t, const char *const v[TEMPLATE__FIELDS],
    struct buf *made)
{
	AUTO(buf) struct buf user = BUF(MAX);
	AUTO(buf) struct buf pass = BUF(MAX);
	struct err e;

	demand(template_render(t, v, made, &e) == EC_OK);
	demand(template_match(t, made, "m", &user, &pass, &e) == EC_OK);
	demand(strcmp(buf_str(&user), v[TEMPLATE_USERNAME]) == 0);
	demand(strcmp(buf_str(&pass), v[TEMPLATE_PASSWORD]) == 0);
}

/* The made text with one byte changed. */
static void
changed(const struct template *t, const struct buf *made, unsigned where,
    const char *pass_was)
{
	AUTO(buf) struct buf other = BUF(MAX * 64);
	AUTO(buf) struct buf user = BUF(MAX * 64);
	AUTO(buf) struct buf pass = BUF(MAX * 64);
	struct err e;

	if (made->len == 0)
		return;
	demand(buf_add(&other, made->p, made->len, &e) == EC_OK);
	other.p[made->len * where / 256] ^= 1;
	if (template_match(t, &other, "m", &user, &pass, &e) == EC_OK)
		return;
	demand(e.ec == EC_CONFLICT || e.ec == EC_PROTO);
	demand(strlen(pass_was) < 16 || !fuzz_err_shows(&e, pass_was));
	demand(strncmp(e.what, "m:", 2) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char user[64], pass[64], host[64];
	const char *v[TEMPLATE__FIELDS] = { user, pass, host, "587",
		"eu-west-1", "news" };
	const char *w[TEMPLATE__FIELDS] = { "AKIAIOSFODNN7EXAMPLE",
		"BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", host, "587",
		"eu-west-1", "news" };
	struct feed f = { (const char *)data, size };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf one = BUF(MAX * 64);
	AUTO(buf) struct buf two = BUF(MAX * 64);
	static struct template t;
	unsigned where;
	size_t n = 0;
	const char *p;
	struct err e;

	if (size < 2 || size > MAX)
		return 0;
	where = feed_byte(&f);
	p = feed_part(&f, '\f', &n);
	if (p == NULL || n == 0)
		return 0;
	demand(buf_add(&text, p, n, &e) == EC_OK);
	value(&f, KEY_ID, "AKIAI44QH8DHBEXAMPLE", user);
	/* No "=": 33 bytes in base64 have no padding. */
	value(&f, ALNUM "+/", "x", pass);
	value(&f, ALNUM ".-", "mail.example.com", host);
	if (template_parse(&text, "/t", &t, &e) != EC_OK) {
		demand(e.ec == EC_CONFIG && strncmp(e.what, "/t", 2) == 0);
		return 0;
	}
	make(&t, v, &one);
	make(&t, w, &two);
	changed(&t, &one, where, pass);
	return 0;
}
