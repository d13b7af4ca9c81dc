/*
 * provider_process: credential_process, a program that prints a credential.
 * Its words are split as a shell would, but no shell sees them; what it prints
 * is shown to nobody.
 *
 * Source: "Process credential provider", AWS SDKs and Tools Reference Guide;
 * botocore credentials.py, ProcessProvider (which splits with shlex.split()).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/run.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

#define OUT_MAX  ((size_t)64 * 1024)
#define ENV_MAX  ((size_t)16 * 1024)
#define ARGS_MAX 64

/* What such programs need to find their own files and their service; neither
 * keys nor tokens are among them. */
static const char *const passed[] = {
	"HOME",
	"USER",
	"LOGNAME",
	"XDG_CONFIG_HOME",
	"XDG_CACHE_HOME",
	"XDG_DATA_HOME",
	"XDG_RUNTIME_DIR",
	"DBUS_SESSION_BUS_ADDRESS",
	"SSH_AUTH_SOCK",
	"GNUPGHOME",
	"AWS_CONFIG_FILE",
	"AWS_SHARED_CREDENTIALS_FILE",
	"AWS_REGION",
	"AWS_DEFAULT_REGION",
	"AWS_CA_BUNDLE",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"HTTPS_PROXY",
	"https_proxy",
	"HTTP_PROXY",
	"http_proxy",
	"NO_PROXY",
	"no_proxy",
};

struct command {
	char *text; /* the words, NUL between them */
	const char *argv[ARGS_MAX + 1];
	size_t n;
	struct buf vars[COUNT(passed)];
	const char *env[COUNT(passed) + 1];
};

static void
auto_command(struct command *c)
{
	free(c->text);
	for (size_t i = 0; i < COUNT(passed); i++)
		buf_free(&c->vars[i]);
}

/* One word from *s to *to, both moved on; false when a quote is not closed. */
static bool
cut_word(const char **s, char **to)
{
	char quote = '\0';

	for (; **s != '\0' && (quote != '\0' || strchr(" \t", **s) == NULL);
	     (*s)++) {
		if (quote == '\0' && (**s == '"' || **s == '\''))
			quote = **s;
		else if (quote != '\0' && **s == quote)
			quote = '\0';
		else if (**s == '\\' && quote != '\'' && (*s)[1] != '\0' &&
		    (quote == '\0' || strchr("\"\\", (*s)[1]) != NULL))
			*(*to)++ = *++(*s);
		else
			*(*to)++ = **s;
	}
	*(*to)++ = '\0';
	return quote == '\0';
}

static enum ec
split(struct command *c, const char *s, struct err *e)
{
	char *to = c->text = calloc(1, strlen(s) + 2);

	if (to == NULL)
		return fail(e, EC_NOMEM, "no memory for a command");
	for (s += strspn(s, " \t"); *s != '\0'; s += strspn(s, " \t")) {
		if (c->n == ARGS_MAX)
			return fail(
			    e, EC_CONFIG, "more than %d words", ARGS_MAX);
		c->argv[c->n++] = to;
		if (!cut_word(&s, &to))
			return fail(e, EC_CONFIG, "a quote is not closed");
	}
	return EC_OK;
}

static enum ec
pass(struct command *c, const struct aws_env *env, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(passed); i++) {
		const char *v = provider_getenv(env, passed[i]);

		if (v == NULL)
			continue;
		c->vars[n] = BUF(ENV_MAX);
		TRY(buf_adds(&c->vars[n], passed[i], e));
		TRY(buf_adds(&c->vars[n], "=", e));
		TRY(buf_adds(&c->vars[n], v, e));
		c->env[n] = buf_str(&c->vars[n]);
		n++;
	}
	return EC_OK;
}

static enum ec
execute(struct command *c, const struct aws_env *env, const char *text,
    struct buf *out, struct err *e)
{
	struct run r = { .argv = c->argv,
		.env = c->env,
		.out = out,
		.timeout_ms = env->process_ms };
	enum ec ec;

	TRY(split(c, text, e));
	TRY(pass(c, env, e));
	ec = run(&r, e);
	if (ec ==
	    EC_CLIENT) /* it says no; a client has nothing to do with it */
		e->ec = ec = EC_DENIED;
	return ec;
}

static enum ec
get(const struct aws_env *env, const char *text, const char *where,
    struct aws_cred *ret, struct err *e)
{
	AUTO(command) struct command c = { .text = NULL };
	AUTO(buf) struct buf out = BUF(OUT_MAX);
	char source[sizeof(ret->source)];
	int version = 0;

	TRY(execute(&c, env, text, &out, e));
	(void)snprintf(source, sizeof(source), "%.80s by %s", c.argv[0], where);
	TRY_MEMORY(provider_json_int(&out, "Version", &version, e));
	if (version != 1)
		return fail(e, EC_PROTO,
		    "%s: printed no JSON object with \"Version\": 1",
		    c.argv[0]);
	return provider_json(
	    &out, &provider_form_process, c.argv[0], source, ret, e);
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	char where[PROFILE_PLACE_MAX];
	const char *text;
	enum ec ec;

	TRY(profile_load(env, &p, e));
	text = profile_get(p, "credential_process");
	if (text == NULL)
		return fail(e, EC_GONE, "no credential_process");
	profile_place(p, where);
	ec = get(env, text, where, ret, e);
	if (ec == EC_OK)
		return ec;
	(void)err_prefix(e, "%s: credential_process", where);
	return fix(e,
	    "run it by hand as the user that rotate runs as: within a minute "
	    "it must print {\"Version\": 1, \"AccessKeyId\": ...} and exit "
	    "with 0");
}

const struct provider provider_process = {
	.name = "credential_process", .of_profile = true, .load = load
};
