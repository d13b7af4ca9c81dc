#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const names[EC__MAX] = {
	[EC_OK] = "ok",
	[EC_TEMP] = "temporary",
	[EC_LATER] = "later",
	[EC_HUMAN] = "human",
	[EC_UNKNOWN] = "unknown-outcome",
	[EC_AUTH] = "refused",
	[EC_DENIED] = "denied",
	[EC_GONE] = "missing",
	[EC_LIMIT] = "limit",
	[EC_CONFLICT] = "conflict",
	[EC_BUSY] = "busy",
	[EC_CLIENT] = "client",
	[EC_CONFIG] = "config",
	[EC_USAGE] = "usage",
	[EC_PROTO] = "protocol",
	[EC_IO] = "io",
	[EC_DAMAGED] = "damaged",
	[EC_NOMEM] = "memory",
	[EC_BUG] = "bug",
};

const char *
ec_name(enum ec ec)
{
	return ec < EC__MAX ? names[ec] : "?";
}

__attribute__((format(printf, 4, 0))) static enum ec
fill(struct err *e, enum ec ec, int sys, const char *fmt, va_list ap)
{
	size_t n;

	e->ec = ec;
	e->sys = sys;
	e->fix[0] = '\0';
	(void)vsnprintf(e->what, sizeof(e->what), fmt, ap);
	n = strlen(e->what);
	if (sys != 0)
		(void)snprintf(e->what + n, sizeof(e->what) - n, ": %s",
		    strerrordesc_np(sys));
	return ec;
}

enum ec
fail(struct err *e, enum ec ec, const char *fmt, ...)
{
	va_list ap;
	int sys = ec == EC_IO || ec == EC_DENIED ? errno : 0;

	va_start(ap, fmt);
	(void)fill(e, ec, sys, fmt, ap);
	va_end(ap);
	return ec;
}

static enum ec
class_of(int sys)
{
	switch (sys) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EC_DENIED;
	case ENOENT:
		return EC_GONE;
	case ENOMEM:
		return EC_NOMEM;
	default:
		return EC_IO;
	}
}

enum ec
fail_sys(struct err *e, const char *fmt, ...)
{
	va_list ap;
	int sys = errno;

	va_start(ap, fmt);
	(void)fill(e, class_of(sys), sys, fmt, ap);
	va_end(ap);
	return e->ec;
}

enum ec
fail_lib(struct err *e, enum ec ec, const char *fmt, ...)
{
	const bool starved = errno == ENOMEM;
	va_list ap;

	va_start(ap, fmt);
	(void)fill(e, starved ? EC_NOMEM : ec, starved ? ENOMEM : 0, fmt, ap);
	va_end(ap);
	return e->ec;
}

enum ec
fix(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->fix, sizeof(e->fix), fmt, ap);
	va_end(ap);
	return e->ec;
}

enum ec
err_prefix(struct err *e, const char *fmt, ...)
{
	char was[ERR_WHAT_MAX];
	va_list ap;
	size_t n;

	memcpy(was, e->what, sizeof(was));
	va_start(ap, fmt);
	(void)vsnprintf(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	n = strlen(e->what);
	(void)snprintf(e->what + n, sizeof(e->what) - n, ": %.*s",
	    (int)(sizeof(e->what) - n - 3), was);
	return e->ec;
}
