/*
 * hurry: the program's own waiting made short, for tests (LD_PRELOAD). Its
 * pauses between attempts, and, when asked, the limits of its transfers: what
 * is decided when a limit is reached is the same after one second as after
 * ten. What a pause was made shorter by, its clock is put forward. Nothing else
 * is changed, and the program knows nothing of it.
 *
 *   HURRY_PAUSE=50       a pause is 50 times shorter
 *   HURRY_HTTP_MS=2000   no attempt at AWS (10 s) may take longer
 *   HURRY_SMTP_MS=1000   no login (30 s) may take longer
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <curl/curl.h>
#undef curl_easy_setopt

#define NS_PER_S INT64_C(1000000000)
#define HTTP_MS  10000

static long
wish(const char *name)
{
	const char *s = getenv(name);

	return s != NULL ? strtol(s, NULL, 10) : 0;
}

static _Atomic int64_t skipped; /* ns that were not slept */

/* The clock that the program waits by (base/clock.c). */
int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	int64_t ns;
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, t);
	if (rc != 0 || id != CLOCK_BOOTTIME)
		return rc;
	ns = (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec + skipped;
	t->tv_sec = (time_t)(ns / NS_PER_S);
	t->tv_nsec = (long)(ns % NS_PER_S);
	return 0;
}

int
clock_nanosleep(
    clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	static int (*real)(
	    clockid_t, int, const struct timespec *, struct timespec *);
	long by = wish("HURRY_PAUSE");
	int64_t ns = (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
	struct timespec less;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_nanosleep");
	if (by > 0 && flags == 0) {
		skipped += ns - ns / by;
		ns /= by;
	}
	less.tv_sec = (time_t)(ns / NS_PER_S);
	less.tv_nsec = (long)(ns % NS_PER_S);
	return real(id, flags, &less, left);
}

/* Every argument of it is a word: a long, a pointer or an offset. */
CURLcode
curl_easy_setopt(CURL *h, CURLoption o, ...)
{
	static CURLcode (*real)(CURL *, CURLoption, ...);
	long limit;
	va_list ap;
	intptr_t v;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_start(ap, o);
	v = va_arg(ap, intptr_t);
	va_end(ap);
	if (o == CURLOPT_TIMEOUT_MS) {
		limit = wish(v > HTTP_MS ? "HURRY_SMTP_MS" : "HURRY_HTTP_MS");
		v = limit > 0 && v > limit ? limit : v;
	}
	limit = wish("HURRY_SMTP_MS");
	if (o == CURLOPT_SERVER_RESPONSE_TIMEOUT && limit > 0)
		v = limit / 1000 + 1;
	return real(h, o, v);
}
