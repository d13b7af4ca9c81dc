/*
 * calls: functions of libc, SQLite and OpenSSL that fail in their turn, or
 * after somebody came in between.
 *
 * The linker takes the functions below for those of the libraries; they pass
 * on to them, unless it is the turn of the one that is armed. SQLite's own
 * calls to the disk bear other names (open64) and are not met: for those
 * there is tests/faults/vfs.h. Included by one file of a program only.
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

/* Its inline functions would get in the way of ours. */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	const char *name;     /* of the one that fails; NULL: none */
	long turn;            /* this call of it, from 0 */
	bool for_ever;        /* and all after it */
	int sys;              /* with this errno; 0: it does not fail */
	int rc;               /* what it gives back, where that is a code */
	void (*meddle)(void); /* before the call, once */
	long count;
	bool fired;
} armed;

static bool
call_fails(const char *name)
{
	void (*const meddle)(void) = armed.meddle;
	long n;

	if (armed.name == NULL || strcmp(armed.name, name) != 0)
		return false;
	n = armed.count++;
	if (n < armed.turn || (n > armed.turn && !armed.for_ever))
		return false;
	armed.fired = true;
	if (meddle != NULL) {
		const char *const was = armed.name;

		armed.meddle = NULL;
		armed.name = NULL;
		meddle();
		armed.name = was;
	}
	errno = armed.sys;
	return armed.sys != 0 || armed.rc != 0;
}

static inline void
call_arm(const char *name, long turn, int sys, int rc)
{
	memset(&armed, 0, sizeof(armed));
	armed.name = name;
	armed.turn = turn;
	armed.sys = sys;
	armed.rc = rc;
}

/* Was it that one's turn? */
static inline bool
call_disarm(void)
{
	armed.name = NULL;
	return armed.fired;
}

/* The library's own. */
#define NEXT(f)                                                                \
	__extension__({                                                        \
		__typeof__(&f) next_;                                          \
		void *p_ = dlsym(RTLD_NEXT, #f);                               \
		memcpy(&next_, &p_, sizeof(p_));                               \
		next_;                                                         \
	})

/* STAND_IN(type, name, (parameters), (arguments), what it gives when it
 * fails) */
#define STAND_IN(type, name, params, args, failed)                             \
	type name params                                                       \
	{                                                                      \
		if (call_fails(#name))                                         \
			return failed;                                         \
		return NEXT(name) args;                                        \
	}

#endif
