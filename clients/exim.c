/* exim: see exim.h. */
#include "clients/exim.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define ARGS_MAX   4
#define ANSWER_MAX 16384
#define CONF_MAX   ((size_t)1024 * 1024)
#define LOOKUP_MS  20000

static enum ec
plain(const char *option, const char *s, struct err *e)
{
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("{}$\\", *p) != NULL)
			return fail(e, EC_CONFIG,
			    "%s: blanks, braces, $, backslashes and letters "
			    "beyond ASCII are not supported",
			    option);
	return EC_OK;
}

enum ec
exim_check(const struct exim *x, struct err *e)
{
	TRY(plain("path", x->table, e));
	return plain("lookup", x->host, e);
}

enum ec
exim_run(
    const struct exim *x, const char *const *args, struct run *r, struct err *e)
{
	const char *argv[ARGS_MAX + 4] = { NULL };
	size_t n = 0;
	enum ec ec;

	argv[n++] = x->program != NULL ? x->program : "exim";
	if (x->config != NULL) {
		argv[n++] = "-C";
		argv[n++] = x->config;
	}
	for (size_t i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[n++] = args[i];
	r->argv = argv;
	ec = run(r, e);
	r->argv = NULL;
	return ec;
}

/* -be prints "Failed: ..." and exits with 0, so what was found gets a mark. */
enum ec
exim_lookup(const struct exim *x, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf out = BUF(ANSWER_MAX);
	AUTO(buf) struct buf text = BUF(8192);
	struct run r = { .out = &out, .timeout_ms = LOOKUP_MS };
	enum ec ec;

	TRY(buf_addf(&text, e, "${lookup{%s}nwildlsearch{%s}{+$value}{-}}",
	    x->host, x->table));
	ec = exim_run(x, (const char *const[]){ "-be", text.p, NULL }, &r, e);
	if (ec != EC_OK && ec != EC_CLIENT)
		return ec;
	while (out.len > 0 && strchr("\r\n", out.p[out.len - 1]) != NULL)
		buf_cut(&out, out.len - 1);
	if (ec == EC_OK && strcmp(buf_str(&out), "-") == 0)
		return EC_OK;
	if (ec == EC_OK && *buf_str(&out) == '+')
		return buf_add(ret, out.p + 1, out.len - 1, e);
	if (ec == EC_OK)
		(void)fail(e, EC_CLIENT, "Exim cannot look up %s in %s",
		    x->host, x->table);
	return fix(e, "see why: exim -be '%s'", text.p);
}

/* Does the line set the option to something? Names come as "NAME = VALUE". */
static bool
sets(const char *line, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(line, name, n) == 0 &&
	    strncmp(line + n, " = ", 3) == 0 && line[n + 3] != '\0';
}

/* A transport begins with "NAME transport:" in what -bP transports prints. */
static bool
careless(char *text, char *ret, size_t n)
{
	const char *name = "";
	bool offers = false, demands = false;
	char *next = text;

	while (next != NULL) {
		const char *line = next;

		next = strchr(next, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (sets(line, "hosts_try_auth"))
			offers = true;
		if (sets(line, "hosts_require_auth"))
			demands = true;
		if (next != NULL && strstr(line, " transport:") == NULL)
			continue;
		if (offers && !demands) {
			(void)snprintf(ret, n,
			    "%.40s has hosts_try_auth without "
			    "hosts_require_auth: after a refused log-in Exim "
			    "sends without one, and mail bounces",
			    name);
			return true;
		}
		offers = demands = false;
		name = line; /* cut off in front of its colon */
		if (next != NULL)
			next[-2] = '\0';
	}
	return false;
}

void
exim_warn(const struct exim *x, char *ret, size_t n)
{
	static const char *const args[] = { "-bP", "transports", NULL };
	AUTO(buf) struct buf out = BUF(CONF_MAX);
	struct run r = { .out = &out, .timeout_ms = LOOKUP_MS };
	struct err e;

	ret[0] = '\0';
	if (exim_run(x, args, &r, &e) == EC_OK && out.p != NULL)
		(void)careless(out.p, ret, n);
}
