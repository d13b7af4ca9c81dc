/*
 * discover_mail: a mail program's own file is better given to the driver that
 * knows the program. Whether it is one, its configuration says; where that
 * cannot be asked, its usual places.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/run.h"
#include "rotator/discover.h"

#define OUT_MAX ((size_t)65536)

static cJSON *
driver(const char *type, cJSON **ret_options)
{
	cJSON *j = cJSON_CreateObject();

	if (cJSON_AddStringToObject(j, "type", type) != NULL &&
	    (*ret_options = cJSON_AddObjectToObject(j, "options")) != NULL)
		return j;
	cJSON_Delete(j);
	return NULL;
}

static void
option(cJSON *options, const char *key, const char *value)
{
	(void)cJSON_AddStringToObject(options, key, value);
}

/* Is name, of len bytes, the file that was found, or a link to it? */
static bool
names(const char *name, size_t len, const char *found)
{
	AUTO(free) char *copy = strndup(name, len);
	AUTO(free)
	char *real = copy != NULL && *copy == '/' ? realpath(copy, NULL) : NULL;

	return copy != NULL &&
	    (strcmp(copy, found) == 0 ||
		(real != NULL && strcmp(real, found) == 0));
}

/* ---- Postfix ------------------------------------------------------------ */

void
discover_postfix(struct discover *d)
{
	static const char *const argv[] = { "postconf", "-xh",
		"smtp_sasl_password_maps", NULL };
	AUTO(buf) struct buf out = BUF(OUT_MAX);
	struct run r = { .argv = argv, .out = &out, .timeout_ms = 10000 };
	struct err e;

	if (d->postfix_maps == NULL && run(&r, &e) == EC_OK)
		d->postfix_maps = strdup(buf_str(&out));
}

/* "hash:/a, proxy:lmdb:/b" */
bool
discover_postfix_map(const struct discover *d, const char *path, char ret[16])
{
	static const char blanks[] = ", \t\n";
	const char *w = d->postfix_maps != NULL ? d->postfix_maps : "";
	size_t len;

	for (; *w != '\0'; w += len) {
		const char *colon;

		w += strspn(w, blanks);
		if (strncmp(w, "proxy:", 6) == 0)
			w += 6;
		len = strcspn(w, blanks);
		colon = memchr(w, ':', len);
		if (colon == NULL || colon - w > 15 ||
		    !names(colon + 1, len - (size_t)(colon + 1 - w), path))
			continue;
		(void)snprintf(ret, 16, "%.*s", (int)(colon - w), w);
		return true;
	}
	return false;
}

/* Not named in main.cf: by the table that lies beside it. */
static void
map_by_file(const char *path, char ret[16])
{
	static const char *const types[][2] = { { ".lmdb", "lmdb" },
		{ ".db", "hash" } };
	char name[PATH_MAX + 8];

	(void)snprintf(ret, 16, "texthash");
	for (size_t i = 0; i < COUNT(types); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, types[i][0]);
		if (access(name, F_OK) == 0) {
			(void)snprintf(ret, 16, "%s", types[i][1]);
			return;
		}
	}
}

static cJSON *
postfix(const struct discover *d, const char *path, const char *key)
{
	char type[16];
	cJSON *o = NULL, *j;

	if (!discover_postfix_map(d, path, type)) {
		if (strstr(path, "postfix") == NULL &&
		    strstr(path, "sasl") == NULL)
			return NULL;
		map_by_file(path, type);
	}
	j = driver("postfix", &o);
	if (j == NULL)
		return NULL;
	option(o, "map", path);
	option(o, "relay", key);
	option(o, "map_type", type);
	return j;
}

/* ---- Exim, msmtp -------------------------------------------------------- */

static cJSON *
exim(const struct discover *d, const char *path, const char *key)
{
	cJSON *o = NULL, *j;

	(void)d;
	if (strstr(path, "exim") == NULL)
		return NULL;
	j = driver("exim", &o);
	if (j == NULL)
		return NULL;
	option(o, "host", key);
	option(o, "path", path);
	return j;
}

/* The key is ACCOUNT.user, dots of the account escaped. */
static cJSON *
msmtp(const struct discover *d, const char *path, const char *key)
{
	const char *dot = strrchr(key, '.');
	char account[256];
	cJSON *o = NULL, *j;
	size_t n = 0;

	(void)d;
	if (dot == NULL)
		return NULL;
	for (const char *p = key; p < dot && n + 1 < sizeof(account); p++)
		if (*p != '\\' || p[1] == '\\')
			account[n++] = *p;
	account[n] = '\0';
	j = driver("msmtp", &o);
	if (j == NULL)
		return NULL;
	option(o, "path", path);
	option(o, "account", account);
	return j;
}

/* ---- OpenSMTPD ---------------------------------------------------------- */

/* A database is named there, and what was found is the text that it is made
 * from. */
static bool
smtpd_names(const char *type, size_t type_len, const char *name, size_t len,
    const char *found)
{
	static const char suffix[] = ".db";
	const size_t n = sizeof(suffix) - 1;

	if (type_len != 2 || memcmp(type, "db", 2) != 0)
		return names(name, len, found);
	return len > n && memcmp(name + len - n, suffix, n) == 0 &&
	    names(name, len - n, found);
}

/* "table NAME TYPE:PATH" of smtpd.conf(5). */
static bool
smtpd_line(const char *line, const char *path, char name[64], char type[16])
{
	static const char blanks[] = " \t", ends[] = " \t\r\n";
	const char *n, *t, *p;
	size_t len;

	line += strspn(line, blanks);
	if (strncmp(line, "table", 5) != 0)
		return false;
	n = line + 5 + strspn(line + 5, blanks);
	len = strcspn(n, ends);
	t = n + len + strspn(n + len, blanks);
	p = t + strcspn(t, ": \t\r\n");
	if (n == line + 5 || len > 63 || *p != ':' || p - t > 15 ||
	    !smtpd_names(t, (size_t)(p - t), p + 1, strcspn(p + 1, ends), path))
		return false;
	(void)snprintf(name, 64, "%.*s", (int)len, n);
	(void)snprintf(type, 16, "%.*s", (int)(p - t), t);
	return true;
}

static bool
smtpd_conf(const char *conf, const char *path, char name[64], char type[16])
{
	AUTO(buf) struct buf text = BUF(OUT_MAX);
	struct err e;
	const char *end;

	if (file_read(conf, &text, &e) != EC_OK)
		return false;
	for (const char *p = buf_str(&text); p != NULL;
	     p = end != NULL ? end + 1 : NULL) {
		if (smtpd_line(p, path, name, type))
			return true;
		end = strchr(p, '\n');
	}
	return false;
}

static bool
smtpd_table(const char *path, char name[64], char type[16])
{
	static const char *const places[] = { "/etc/smtpd.conf",
		"/etc/mail/smtpd.conf", "/etc/opensmtpd/smtpd.conf" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (smtpd_conf(places[i], path, name, type))
			return true;
	return false;
}

static cJSON *
opensmtpd(const struct discover *d, const char *path, const char *key)
{
	char name[64], type[16];
	cJSON *o = NULL, *j;

	(void)d;
	if (!smtpd_table(path, name, type))
		return NULL;
	j = driver("opensmtpd", &o);
	if (j == NULL)
		return NULL;
	option(o, "path", path);
	option(o, "label", key);
	option(o, "table", name);
	option(o, "table_type", type);
	return j;
}

static const struct mailer {
	const char *syntax;
	cJSON *(*make)(
	    const struct discover *d, const char *path, const char *key);
} mailers[] = {
	{ "sasl_passwd", postfix },
	{ "exim-passwd", exim },
	{ "msmtprc", msmtp },
	{ "opensmtpd-secrets", opensmtpd },
};

cJSON *
discover_mail(const struct discover *d, const char *syntax, const char *path,
    const char *key)
{
	for (size_t i = 0; i < COUNT(mailers); i++)
		if (strcmp(mailers[i].syntax, syntax) == 0)
			return mailers[i].make(d, path, key);
	return NULL;
}
