/*
 * discover_guess: from a key id in a file to the client that would keep it.
 *
 * Every syntax is asked for the keys that the words around the place suggest.
 * What is made of that must pass the last test: the driver, configured so,
 * reads this very pair.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/edit_search.h"
#include "clients/heard.h"
#include "clients/remote_conf.h"
#include "rotator/discover.h"

#define PASSWORDS_MAX 16 /* tried on each side of a user name */
#define OTHERS_MAX    ((size_t)64 * 1024) /* no list of formats beyond */

/* What a file's name says of its format. Without a hint all are tried in the
 * order of their table; plain comes last, for it fits what others would. */
static const struct hint {
	const char *pattern; /* fnmatch(3) of the whole path */
	const char *syntax;
} hints[] = {
	{ "/etc/default/*", "environment-file" },
	{ "/etc/sysconfig/*", "environment-file" },
	{ "*/gitea/*.ini", "gitea" },
	{ "*/forgejo/*.ini", "gitea" },
	{ "*grafana*.ini", "grafana" },
	{ "*php*.ini", "php-ini" },
	{ "*.ini", "ini" },
	{ "*.cnf", "ini" },
	{ "*.cfg", "ini" },
	{ "*.properties", "properties" },
	{ "*.toml", "toml" },
	{ "*.json", "json" },
	{ "*.yml", "yaml" },
	{ "*.yaml", "yaml" },
	{ "*.php", "php" },
	{ "*.xml", "xml" },
	{ "*.config", "xml" },
	{ "*msmtp*", "msmtprc" },
	{ "*passwd.client*", "exim-passwd" },
	{ "*postfix*", "sasl_passwd" },
	{ "*sasl_passwd*", "sasl_passwd" },
	{ "*smtpd*", "opensmtpd-secrets" },
};

struct guess {
	const struct discover *d;
	struct discover_place *p;
	const struct buf *text;
	size_t at;
	struct edit_keys keys;
	bool alone; /* some syntax knows the id, but no password beside it */
};

static const char *
hinted(const struct discover *d, const char *path)
{
	char type[16];

	if (discover_postfix_map(d, path, type))
		return "sasl_passwd";
	for (size_t i = 0; i < COUNT(hints); i++)
		if (fnmatch(hints[i].pattern, path, 0) == 0)
			return hints[i].syntax;
	return "";
}

/* Does the driver read this id, with an SES password beside it? */
static bool
proved(const struct discover_place *p, const cJSON *driver, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct client c = {
		.name = "found", .identity = "found", .region = "us-east-1"
	};
	bool good;

	(void)fail(e, EC_CONFLICT, "it reads another pair");
	(void)snprintf(c.smtp.host, sizeof(c.smtp.host), "%s",
	    p->host[0] != '\0' ? p->host
			       : "email-smtp.us-east-1.amazonaws.com");
	c.smtp.port = 587;
	if (remote_conf_make(driver, &c, e) != EC_OK)
		return false;
	good = c.drv->read != NULL && c.drv->read(&c, &cred, e) == EC_OK &&
	    strcmp(cred.user, p->id) == 0 && cred.pass != NULL &&
	    secret_len(cred.pass) == SMTP_PASSWORD_LEN;
	remote_conf_free(&c);
	return good;
}

static cJSON *
file_driver(const char *path, const char *format, cJSON **ret_options)
{
	cJSON *j = cJSON_CreateObject(), *o;

	if (cJSON_AddStringToObject(j, "type", "file") == NULL ||
	    (o = cJSON_AddObjectToObject(j, "options")) == NULL ||
	    cJSON_AddStringToObject(o, "path", path) == NULL ||
	    cJSON_AddStringToObject(o, "format", format) == NULL) {
		cJSON_Delete(j);
		return NULL;
	}
	*ret_options = o;
	return j;
}

/* A key is a name that somebody gave; still, none that looks like a password
 * gets out. */
static bool
shown(const char *key)
{
	char text[2 * EDIT_KEY_MAX];

	heard_show(key, text, sizeof(text));
	return strcmp(text, key) == 0;
}

/* Takes j over. */
static bool
settle(struct guess *g, cJSON *j)
{
	struct err e;

	if (j != NULL && proved(g->p, j, &e)) {
		g->p->driver = j;
		return true;
	}
	cJSON_Delete(j);
	return false;
}

/* The driver of a mail program does more than to change the file: if it cannot
 * be used, it is said why. */
static bool
settle_mail(struct guess *g, const struct edit_syntax *s, const char *key)
{
	cJSON *j = discover_mail(g->d, s->name, g->p->path, key);
	struct err e;

	if (j == NULL)
		return false;
	if (proved(g->p, j, &e)) {
		g->p->driver = j;
		return true;
	}
	(void)snprintf(g->p->note, sizeof(g->p->note),
	    "type %s would be better, but: %.200s%s%.160s",
	    json_text(j, "type"), e.what, e.fix[0] != '\0' ? "; " : "", e.fix);
	cJSON_Delete(j);
	return false;
}

static bool
try_one_key(
    struct guess *g, const struct edit_syntax *s, const char *key, bool dsn)
{
	cJSON *o = NULL, *j;

	if (!dsn && settle_mail(g, s, key))
		return true;
	j = file_driver(g->p->path, s->name, &o);
	if (j == NULL)
		return false;
	if (strcmp(s->name, "plain") != 0)
		(void)cJSON_AddStringToObject(o, "key", key);
	if (dsn)
		(void)cJSON_AddStringToObject(o, "dsn", "true");
	return settle(g, j);
}

/* A password anywhere in the file that this syntax knows by a key. */
static bool
try_password(
    struct guess *g, const struct edit_syntax *s, const char *user, size_t at)
{
	AUTO(buf) struct buf value = BUF(g->text->max);
	struct edit_keys keys;
	cJSON *o = NULL, *j;

	edit_search_keys(g->text, at, &keys);
	for (size_t i = 0; i < keys.n; i++) {
		if (!edit_search_holds(s, g->text, keys.key[i], at,
			SMTP_PASSWORD_LEN, &value) ||
		    value.len != SMTP_PASSWORD_LEN || !shown(keys.key[i]))
			continue;
		if (settle_mail(g, s, user))
			return true;
		j = file_driver(g->p->path, s->name, &o);
		if (j == NULL)
			return false;
		(void)cJSON_AddStringToObject(o, "username", user);
		(void)cJSON_AddStringToObject(o, "password", keys.key[i]);
		return settle(g, j);
	}
	return false;
}

/* Those behind the user name first: that is how people write. */
static bool
try_passwords(struct guess *g, const struct edit_syntax *s, const char *user)
{
	size_t at = g->at;
	int left = PASSWORDS_MAX;

	for (; left-- > 0 && discover_next_pass(g->text, &at);
	     at += SMTP_PASSWORD_LEN)
		if (try_password(g, s, user, at))
			return true;
	left = PASSWORDS_MAX;
	for (at = 0;
	     left-- > 0 && discover_next_pass(g->text, &at) && at < g->at;
	     at += SMTP_PASSWORD_LEN)
		if (try_password(g, s, user, at))
			return true;
	g->alone = true;
	return false;
}

static bool
try_syntax(struct guess *g, const struct edit_syntax *s)
{
	const size_t len = strlen(g->p->id);

	for (size_t i = 0; i < g->keys.n; i++) {
		AUTO(buf) struct buf value = BUF(g->text->max);
		const char *key = g->keys.key[i];
		bool good;

		if (!edit_search_holds(s, g->text, key, g->at, len, &value) ||
		    !shown(key))
			continue;
		if (strcmp(buf_str(&value), g->p->id) == 0)
			good = try_passwords(g, s, key);
		else if (s->joint != NULL)
			good = try_one_key(g, s, key, false);
		else
			good = strstr(buf_str(&value), "://") != NULL &&
			    try_one_key(g, s, key, true);
		if (good)
			return true;
	}
	return false;
}

/* Others that would do as well, since only a person knows who reads it. */
static void
try_others(struct guess *g, const struct edit_syntax *used)
{
	struct discover_place *p = g->p;
	cJSON *driver = p->driver;
	char note[DISCOVER_NOTE_MAX];
	size_t n = 0;

	memcpy(note, p->note, sizeof(note));
	for (size_t i = 0; edit_syntaxes[i] != NULL; i++) {
		const struct edit_syntax *s = edit_syntaxes[i];

		p->driver = NULL;
		if (s == used || !try_syntax(g, s))
			continue;
		cJSON_Delete(p->driver);
		if (n < sizeof(p->also))
			n += (size_t)snprintf(p->also + n, sizeof(p->also) - n,
			    "%s%s", n > 0 ? ", " : "", s->name);
	}
	p->driver = driver;
	memcpy(p->note, note, sizeof(note));
}

void
discover_guess(const struct discover *d, struct discover_place *p,
    const struct buf *text, size_t at)
{
	struct guess g = { .d = d, .p = p, .text = text, .at = at };
	const struct edit_syntax *used = edit_syntax_find(hinted(d, p->path));

	edit_search_keys(text, at, &g.keys);
	if (used != NULL && !try_syntax(&g, used))
		used = NULL;
	for (size_t i = 0; used == NULL && edit_syntaxes[i] != NULL; i++)
		if (try_syntax(&g, edit_syntaxes[i]))
			used = edit_syntaxes[i];
	if (used == NULL)
		p->no_pass = g.alone;
	else if (text->len <= OTHERS_MAX &&
	    strcmp(json_text(p->driver, "type"), "file") == 0)
		try_others(&g, used);
}
