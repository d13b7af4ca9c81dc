/*
 * oom: memory that runs out at the Nth allocation. Loaded into rotate by
 * LD_PRELOAD, so that libcurl, OpenSSL, SQLite and libc run out, too.
 *
 *   OOM_AT=N        the Nth allocation fails; 0: none
 *   OOM_FOR_EVER    so do all later ones
 *   OOM_LOG=FILE    gets the stack of the first that failed
 *   OOM_PROFILE=F   gets "COUNT STACK" for each place, where COUNT is the
 *                   number of the first allocation made there
 *
 * Allocations count from rotate's first umask(2) on, its first call of all.
 * Children are programs of others: the library forgets itself on fork.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DEEP     24
#define PLACES   65536 /* a power of two */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t at, size_t n);

static struct {
	bool on, failed, for_ever;
	long at, count;
	const char *log;
	int profile;
	bool inside; /* what we do ourselves does not count */
	uint64_t seen[PLACES];
} oom = { .profile = -1 };

static uint64_t
mix(uint64_t h, const void *p)
{
	return (h ^ (uint64_t)(uintptr_t)p) * UINT64_C(0x100000001b3);
}

/* A crash says where, too. */
static void
on_crash(int sig)
{
	static const char text[] = "\nthen it crashed:\n";
	void *stack[DEEP];
	const int n = backtrace(stack, DEEP);
	const int fd = open(oom.log, O_WRONLY | O_APPEND | O_CLOEXEC);

	oom.on = false;
	if (fd >= 0 && write(fd, text, sizeof(text) - 1) > 0)
		backtrace_symbols_fd(stack, n, fd);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* One line for a place that was not seen before. */
static void
profile(void)
{
	void *stack[DEEP];
	const int n = backtrace(stack, DEEP);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	char line[64];
	size_t i;
	int len;

	for (int k = 2; k < n; k++)
		h = mix(h, stack[k]);
	for (i = h % PLACES; oom.seen[i] != 0; i = (i + 1) % PLACES)
		if (oom.seen[i] == h)
			return;
	oom.seen[i] = h;
	len = snprintf(line, sizeof(line), "\n%ld\n", oom.count);
	if (write(oom.profile, line, (size_t)len) == len)
		backtrace_symbols_fd(stack + 2, n - 2, oom.profile);
}

static void
log_stack(void)
{
	void *stack[DEEP];
	const int n = backtrace(stack, DEEP);
	const int fd =
	    open(oom.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	backtrace_symbols_fd(stack + 2, n - 2, fd);
	(void)close(fd);
}

static bool
fails(void)
{
	const int sys = errno;
	bool now;

	if (!oom.on || oom.inside)
		return false;
	oom.inside = true;
	oom.count++;
	if (oom.profile >= 0)
		profile();
	now = oom.at != 0 &&
	    (oom.for_ever ? oom.count >= oom.at : oom.count == oom.at);
	if (now && !oom.failed && oom.log != NULL)
		log_stack();
	oom.failed |= now;
	oom.inside = false;
	errno = now ? ENOMEM : sys;
	return now;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return n > 0 && fails() ? NULL : __libc_realloc(p, n);
}

int
posix_memalign(void **ret, size_t at, size_t n)
{
	void *p = fails() ? NULL : __libc_memalign(at, n);

	if (p == NULL)
		return ENOMEM;
	*ret = p;
	return 0;
}

static void
in_child(void)
{
	oom.on = false;
}

static const int crashes[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

static void
begin(void)
{
	const char *at = getenv("OOM_AT");
	const char *file = getenv("OOM_PROFILE");
	void *warm[2];

	(void)backtrace(warm, 2); /* loads libgcc now, not in malloc() */
	(void)pthread_atfork(NULL, NULL, in_child);
	oom.at = at != NULL ? strtol(at, NULL, 10) : 0;
	oom.for_ever = getenv("OOM_FOR_EVER") != NULL;
	oom.log = getenv("OOM_LOG");
	if (file != NULL)
		oom.profile =
		    open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (oom.log != NULL)
		for (size_t i = 0; i < COUNT(crashes); i++)
			(void)signal(crashes[i], on_crash);
	oom.on = true;
}

mode_t
umask(mode_t mask)
{
	static bool begun;
	mode_t (*next)(mode_t);
	void *symbol = dlsym(RTLD_NEXT, "umask");

	memcpy(&next, &symbol, sizeof(next));
	if (!begun)
		begin();
	begun = true;
	return next(mask);
}
