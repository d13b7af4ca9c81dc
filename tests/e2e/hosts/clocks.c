/*
 * clocks: the clocks of one host of tests/e2e/hosts.t, put before its programs
 * (LD_PRELOAD). They are moved while a program runs, also one that is frozen,
 * by writing three numbers into the file that HOSTS_CLOCKS names. The programs
 * know nothing of it.
 *
 *   wall  ms by which the clock of the wall is ahead of the machine's
 *   boot  the same for the clock that nobody sets (CLOCK_BOOTTIME)
 *   pace  how many times faster the two clocks that nobody sets go from now
 *         on, and pauses end; 0: as they are. What was once fast stays so, or
 *         time would go back.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct clocks {
	int64_t wall, boot, pace;
};

static const volatile struct clocks still, *clocks = &still;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_sleep)(
    clockid_t, int, const struct timespec *, struct timespec *);
static _Atomic int64_t pace;
static _Atomic int64_t since; /* ns of CLOCK_MONOTONIC */

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("HOSTS_CLOCKS");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p = fd >= 0
	    ? mmap(NULL, sizeof(*clocks), PROT_READ, MAP_SHARED, fd, 0)
	    : MAP_FAILED;

	if (p != MAP_FAILED)
		clocks = p;
	if (fd >= 0)
		(void)close(fd);
}

static int64_t
ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static void
set_ns(struct timespec *t, int64_t ns)
{
	t->tv_sec = (time_t)(ns / NS_PER_S);
	t->tv_nsec = (long)(ns % NS_PER_S);
}

/* What has gone by in addition since it goes faster. */
static int64_t
hurried(void)
{
	struct timespec t;
	int64_t none = 0, now;

	if (pace == 0 && clocks->pace == 0)
		return 0;
	(void)real_gettime(CLOCK_MONOTONIC, &t);
	now = ns_of(&t);
	if (pace == 0) {
		(void)atomic_compare_exchange_strong(&since, &none, now);
		pace = clocks->pace;
	}
	return (now - since) * (pace - 1);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc;

	if (real_gettime == NULL)
		*(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real_gettime(id, t);
	if (rc != 0)
		return rc;
	if (id == CLOCK_REALTIME)
		set_ns(t, ns_of(t) + clocks->wall * NS_PER_MS);
	else if (id == CLOCK_MONOTONIC)
		set_ns(t, ns_of(t) + hurried());
	else if (id == CLOCK_BOOTTIME)
		set_ns(t, ns_of(t) + clocks->boot * NS_PER_MS + hurried());
	return 0;
}

int
clock_nanosleep(
    clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	struct timespec less = *t;

	if (real_sleep == NULL)
		*(void **)&real_sleep = dlsym(RTLD_NEXT, "clock_nanosleep");
	if (flags == 0 && clocks->pace > 0)
		set_ns(&less, ns_of(t) / clocks->pace);
	return real_sleep(id, flags, &less, left);
}

time_t
time(time_t *ret)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret != NULL)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}
