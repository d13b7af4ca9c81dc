/*
 * clock: see clock.h. Calendar arithmetic is libc's (timegm, gmtime_r); what
 * is done here is to be strict about the text, because libc is lenient.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"

#define MS_PER_S  1000
#define MS_PER_M  (INT64_C(60) * MS_PER_S)
#define MS_PER_H  (60 * MS_PER_M)
#define MS_PER_D  (24 * MS_PER_H)
#define MS_PER_W  (7 * MS_PER_D)
#define CENTURY   (36525 * MS_PER_D)
#define BOOT_ID   "/proc/sys/kernel/random/boot_id"
#define BOOT_LEN  36
#define ISO_SHAPE "0000-00-00T00:00:00"

static int64_t
now(clockid_t id)
{
	struct timespec t = { 0, 0 };

	/* Cannot fail: both clocks exist since Linux 2.6.39. */
	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_nsec / 1000000;
}

int64_t
clock_wall(void)
{
	return now(CLOCK_REALTIME);
}

int64_t
clock_mono(void)
{
	return now(CLOCK_BOOTTIME);
}

void
clock_sleep(int64_t ms)
{
	struct timespec t;

	if (ms <= 0)
		return;
	t.tv_sec = (time_t)(ms / MS_PER_S);
	t.tv_nsec = (long)(ms % MS_PER_S) * 1000000;
	(void)clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL);
}

void
clock_text(int64_t ms, char ret[CLOCK_TEXT_MAX])
{
	struct tm tm;
	time_t s = (time_t)(ms / MS_PER_S - (ms % MS_PER_S < 0 ? 1 : 0));

	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(ret, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(ret, CLOCK_TEXT_MAX, "?");
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does s begin like shape, in which 0 stands for any digit? */
static bool
shaped(const char *s, const char *shape)
{
	for (; *shape != '\0'; s++, shape++)
		if (*shape == '0' ? !digit(*s) : *s != *shape)
			return false;
	return true;
}

/*
 * Broken down UTC to ms, or -1. timegm() turns 30 February into 2 March
 * instead of refusing it; the day it came out with tells. Second 60 is legal
 * (RFC 3339 5.7) and is the first of the next minute, possibly next day.
 */
static int64_t
from_tm(const struct tm *tm)
{
	struct tm t = *tm;
	time_t s;

	if (t.tm_sec > 60)
		return -1;
	if (t.tm_sec == 60)
		t.tm_sec = 59;
	s = timegm(&t);
	if (s < 0 || t.tm_mday != tm->tm_mday)
		return -1;
	return ((int64_t)s + (tm->tm_sec == 60 ? 1 : 0)) * MS_PER_S;
}

/* In the C locale whatever a library made of ours: names of months. */
static const char *
scan(const char *s, const char *format, struct tm *tm)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	const char *end;

	if (c == (locale_t)0)
		return NULL;
	memset(tm, 0, sizeof(*tm));
	end = strptime_l(s, format, tm, c);
	freelocale(c);
	return end;
}

/* ".250": the ms of it in *ret, and what comes behind. NULL: not digits. */
static const char *
fraction(const char *s, int64_t *ret)
{
	int64_t unit = 100;

	*ret = 0;
	if (*s != '.')
		return s;
	if (!digit(*++s))
		return NULL;
	for (; digit(*s); s++, unit /= 10)
		*ret += (*s - '0') * unit;
	return s;
}

/* "Z", "+02:00" or "-00:30" as ms east of Greenwich; false: none of these. */
static bool
zone(const char *s, int64_t *ret)
{
	int64_t h, m;

	*ret = 0;
	if (strcmp(s, "Z") == 0)
		return true;
	if ((*s != '+' && *s != '-') || !shaped(s + 1, "00:00") || s[6] != '\0')
		return false;
	h = (s[1] - '0') * 10 + (s[2] - '0');
	m = (s[4] - '0') * 10 + (s[5] - '0');
	if (h > 23 || m > 59)
		return false;
	*ret = (h * MS_PER_H + m * MS_PER_M) * (*s == '-' ? -1 : 1);
	return true;
}

int64_t
clock_parse_iso(const char *s)
{
	struct tm tm;
	int64_t ms, more, east;
	const char *rest;

	if (!shaped(s, ISO_SHAPE) || scan(s, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return -1;
	ms = from_tm(&tm);
	rest = fraction(s + strlen(ISO_SHAPE), &more);
	if (ms < 0 || rest == NULL || !zone(rest, &east))
		return -1;
	ms += more - east;
	return ms >= 0 ? ms : -1;
}

/* RFC 9110 5.6.7: the first is what is sent today, all three are read. */
static const char *const http_dates[] = {
	"%a, %d %b %Y %H:%M:%S GMT",
	"%A, %d-%b-%y %H:%M:%S GMT",
	"%a %b %e %H:%M:%S %Y",
};

int64_t
clock_parse_http(const char *s)
{
	struct tm tm;
	const char *end;

	for (size_t i = 0; i < COUNT(http_dates); i++) {
		end = scan(s, http_dates[i], &tm);
		if (end != NULL && *end == '\0')
			return from_tm(&tm);
	}
	return -1;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	/* largest first, for clock_span_text() */
	{ "w", MS_PER_W },
	{ "d", MS_PER_D },
	{ "h", MS_PER_H },
	{ "m", MS_PER_M },
	{ "s", MS_PER_S },
	{ "ms", 1 },
};

static int64_t
unit_ms(const char *name)
{
	for (size_t i = 0; i < COUNT(units); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ms;
	return -1;
}

int64_t
clock_parse_span(const char *s)
{
	int64_t n = 0, unit;

	if (strcmp(s, "0") == 0)
		return 0;
	if (!digit(*s))
		return -1;
	for (; digit(*s); s++) {
		n = n * 10 + (*s - '0');
		if (n > CENTURY)
			return -1;
	}
	unit = unit_ms(s);
	if (unit < 0 || n > CENTURY / unit)
		return -1;
	return n * unit;
}

void
clock_span_text(int64_t ms, char ret[CLOCK_TEXT_MAX])
{
	const struct unit *u = &units[1]; /* days: people count no weeks */
	uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
	const char *sign = ms < 0 ? "-" : "";
	uint64_t size, n;
	uint16_t next = 0; /* below 60 */

	while (u->ms > 1 && left < (uint64_t)u->ms)
		u++;
	size = (uint64_t)u->ms;
	n = left / size;
	/* Seconds show no milliseconds, and those have nothing below. */
	if (u->ms > MS_PER_S)
		next = (uint16_t)(left % size / (uint64_t)u[1].ms);
	if (left == 0)
		(void)snprintf(ret, CLOCK_TEXT_MAX, "0s");
	else if (next == 0)
		(void)snprintf(
		    ret, CLOCK_TEXT_MAX, "%s%" PRIu64 "%s", sign, n, u->name);
	else
		(void)snprintf(ret, CLOCK_TEXT_MAX,
		    "%s%" PRIu64 "%s %" PRIu16 "%s", sign, n, u->name, next,
		    u[1].name);
}

void
clock_boot_id(char ret[BOOT_ID_MAX])
{
	AUTO(fd) int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, BOOT_ID_MAX - 1) : -1;

	ret[n >= BOOT_LEN ? BOOT_LEN : 0] = '\0';
}
