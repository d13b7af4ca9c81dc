/* postfix_conf: see postfix_conf.h. */
#include "clients/postfix_conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define OUT_MAX    65536
#define SEPARATORS ", \t\n"

/* What postconf says. */
static enum ec
postconf(const struct postfix *p, const char *const *args, struct buf *ret,
    struct err *e)
{
	struct run r = { .out = ret };

	return postfix_tool(p, "postconf", args, &r, e);
}

/* Is word one of those in text? "proxy:" before it changes only who reads the
 * table (proxymap(8)). */
static bool
lists(const char *text, const char *word)
{
	static const char proxy[] = "proxy:";
	const size_t n = strlen(word);

	while (*text != '\0') {
		size_t len;

		text += strspn(text, SEPARATORS);
		if (strncmp(text, proxy, strlen(proxy)) == 0)
			text += strlen(proxy);
		len = strcspn(text, SEPARATORS);
		if (len == n && memcmp(text, word, n) == 0)
			return true;
		text += len;
	}
	return false;
}

enum ec
postfix_type_check(const struct postfix *p, struct err *e)
{
	const char *type = postfix_types[p->type];
	AUTO(buf) struct buf out = BUF(OUT_MAX);
	enum ec ec = postconf(p, (const char *const[]){ "-m", NULL }, &out, e);

	if (ec != EC_OK)
		return ec == EC_CONFIG ? EC_OK : ec;
	if (lists(buf_str(&out), type))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "map_type: this Postfix has no tables of type %s", type);
	return fix(
	    e, "install postfix-%s, or choose one of: postconf -m", type);
}

/* smtp(8) asks for the name of the server before it asks for the whole
 * relayhost (Postfix 3.7 smtp/smtp_sasl_glue.c, smtp_sasl_passwd_lookup()). */
static bool
shadowed(const struct postfix *p, char *ret, size_t n)
{
	AUTO(buf) struct buf value = BUF(OUT_MAX);
	const char *name = p->relay + (*p->relay == '[' ? 1 : 0);
	const int len = (int)strcspn(name, "]:");
	struct err e;
	char host[256];

	(void)snprintf(host, sizeof(host), "%.*s", len, name);
	if (strcmp(host, p->relay) == 0 ||
	    postfix_query(p, host, &value, &e) != EC_OK || value.len == 0)
		return false;
	(void)snprintf(ret, n,
	    "%.100s has an entry %.60s too, and Postfix uses that one first",
	    p->map, host);
	return true;
}

/* Parameters and what they should name. */
static bool
misses(const struct postfix *p, const char *param, const char *word, char *ret,
    size_t n)
{
	AUTO(buf) struct buf out = BUF(OUT_MAX);
	struct err e;

	if (postconf(p, (const char *const[]){ "-x", "-h", param, NULL }, &out,
		&e) != EC_OK ||
	    lists(buf_str(&out), word))
		return false;
	(void)snprintf(ret, n, "main.cf: %s does not name %.120s", param, word);
	return true;
}

void
postfix_conf_warn(const struct postfix *p, char *ret, size_t n)
{
	char table[4200];

	(void)snprintf(
	    table, sizeof(table), "%s:%s", postfix_types[p->type], p->map);
	if (shadowed(p, ret, n) ||
	    misses(p, "smtp_sasl_password_maps", table, ret, n) ||
	    misses(p, "relayhost", p->relay, ret, n))
		return;
	ret[0] = '\0';
}
