/* smtpd_ctl: see smtpd_ctl.h. */
#include "clients/smtpd_ctl.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/run.h"

#define LISTING_MAX ((size_t)8 * 1024 * 1024)
#define ERRORS_MAX  4096
#define ROUTES_MAX  64

static enum ec
ctl(const struct smtpd_ctl *c, const char *const args[3], struct buf *out,
    struct buf *errout, struct err *e)
{
	const char *const argv[] = { c->program != NULL ? c->program
							: "smtpctl",
		args[0], args[1], args[2], NULL };
	struct run r = { .argv = argv, .out = out, .errout = errout };
	enum ec ec = run(&r, e);

	r.argv = NULL;
	return ec;
}

enum ec
smtpd_ctl_update(const struct smtpd_ctl *c, struct err *e)
{
	AUTO(buf) struct buf errout = BUF(ERRORS_MAX);
	const char *const args[] = { "update", "table", c->table };
	enum ec ec = ctl(c, args, NULL, &errout, e);

	if (ec != EC_CLIENT)
		return ec;
	if (strstr(buf_str(&errout), "doesn't seem to be running") != NULL)
		return EC_OK;
	return fix(e,
	    "table %s: is that its name in smtpd.conf, and may the user of "
	    "smtpd read it? smtpctl update table %s",
	    c->table, c->table);
}

/* "ID|local|mta|...|pending|384|TEXT" (smtpctl(8), show queue). */
static bool
held_up(const char *line)
{
	static const char *const texts[] = { "|Network error on destination "
					     "MXs",
		"|AUTH rejected" };
	const size_t len = strcspn(line, "\n");

	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *at = memmem(line, len, texts[i], strlen(texts[i]));

		if (at != NULL &&
		    memmem(line, len, "|mta|", strlen("|mta|")) != NULL)
			return true;
	}
	return false;
}

bool
smtpd_ctl_waits(const struct smtpd_ctl *c)
{
	static const char *const args[] = { "show", "queue", NULL };
	AUTO(buf) struct buf out = BUF(LISTING_MAX);
	struct err e;
	enum ec ec = ctl(c, args, &out, NULL, &e);

	if (ec != EC_OK && ec != EC_TEMP)
		return false;
	for (const char *p = buf_str(&out); p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n' ? 1 : 0;
		if (held_up(p))
			return true;
	}
	return false;
}

/* "12. SOURCE <-> ADDRESS (NAME) ND-- nconn=0 ...": the number, when D says
 * that it is disabled; 0 otherwise. */
static size_t
disabled(const char *line)
{
	const size_t len = strcspn(line, "\n");
	const size_t digits = strspn(line, "0123456789");
	const char *flags = memmem(line, len, ") ", 2);

	if (digits == 0 || digits > 10 || line[digits] != '.' || flags == NULL)
		return 0;
	flags += 2;
	return memchr(flags, 'D', strcspn(flags, " \n")) != NULL ? digits : 0;
}

/* A route that is gone meanwhile is no trouble. */
static enum ec
resume_routes(const struct smtpd_ctl *c, struct err *e)
{
	static const char *const args[] = { "show", "routes", NULL };
	AUTO(buf) struct buf out = BUF(LISTING_MAX);
	unsigned done = 0;

	TRY(ctl(c, args, &out, NULL, e));
	for (const char *p = buf_str(&out); p != NULL && done < ROUTES_MAX;
	     p = strchr(p, '\n')) {
		char id[16];
		enum ec ec;

		p += *p == '\n' ? 1 : 0;
		if (disabled(p) == 0)
			continue;
		(void)snprintf(id, sizeof(id), "%.*s", (int)disabled(p), p);
		ec = ctl(c, (const char *const[]){ "resume", "route", id },
		    NULL, NULL, e);
		if (ec != EC_OK && ec != EC_CLIENT)
			return ec;
		done++;
	}
	return EC_OK;
}

enum ec
smtpd_ctl_flush(const struct smtpd_ctl *c, struct err *e)
{
	static const char *const args[] = { "schedule", "all", NULL };

	TRY(resume_routes(c, e));
	return ctl(c, args, NULL, NULL, e);
}
