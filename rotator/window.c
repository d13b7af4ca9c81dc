/* window: see window.h. */
#include "rotator/window.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/auto.h"

#define DAY_MINUTES 1440
#define WEEK        7
#define ALL_DAYS    0x7fU

static const char *const day_names[WEEK] = { "sun", "mon", "tue", "wed", "thu",
	"fri", "sat" };

static int
parse_day(const char **s)
{
	for (int i = 0; i < WEEK; i++)
		if (strncasecmp(*s, day_names[i], 3) == 0) {
			*s += 3;
			return i;
		}
	return -1;
}

/* "mon-fri" or "sat", added to the days. */
static bool
parse_days(const char **s, unsigned *days)
{
	int a = parse_day(s), b = a;

	if (a < 0)
		return false;
	if (**s == '-') {
		(*s)++;
		b = parse_day(s);
	}
	if (b < 0)
		return false;
	for (; a != b; a = (a + 1) % WEEK)
		*days |= 1U << a;
	*days |= 1U << b;
	return true;
}

static bool
parse_list(const char **s, unsigned *days)
{
	if (strncasecmp(*s, "daily", 5) == 0) {
		*s += 5;
		*days = ALL_DAYS;
		return true;
	}
	while (parse_days(s, days)) {
		if (**s != ',')
			return true;
		(*s)++;
	}
	return false;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "04:30" */
static bool
parse_time(const char **s, int *ret)
{
	const char *t = *s;
	int h, m;

	if (!digit(t[0]) || !digit(t[1]) || t[2] != ':' || !digit(t[3]) ||
	    !digit(t[4]))
		return false;
	h = (t[0] - '0') * 10 + t[1] - '0';
	m = (t[3] - '0') * 10 + t[4] - '0';
	*ret = h * 60 + m;
	*s += 5;
	return m < 60 && *ret <= DAY_MINUTES;
}

bool
window_parse(const char *text, struct window *ret)
{
	const char *s = text;

	*ret = (struct window){ .days = 0 };
	if (!parse_list(&s, &ret->days) || *s++ != ' ' ||
	    !parse_time(&s, &ret->from) || *s++ != '-' ||
	    !parse_time(&s, &ret->to))
		return false;
	return *s == '\0' && ret->from < DAY_MINUTES && ret->from != ret->to;
}

#define WORKDAYS 0x3eU /* Monday to Friday */

void
window_text(const struct window *w, char ret[WINDOW_TEXT_MAX])
{
	char days[WEEK * 4 + 1] = "";
	size_t n = 0;

	if (w->days == ALL_DAYS)
		(void)snprintf(days, sizeof(days), "daily");
	else if (w->days == WORKDAYS)
		(void)snprintf(days, sizeof(days), "mon-fri");
	else
		for (int d = 0; d < WEEK; d++)
			if ((w->days >> d & 1) != 0)
				n += (size_t)snprintf(days + n,
				    sizeof(days) - n, "%s%s", n == 0 ? "" : ",",
				    day_names[d]);
	(void)snprintf(ret, WINDOW_TEXT_MAX, "%s %02d:%02d-%02d:%02d", days,
	    w->from / 60, w->from % 60, w->to / 60, w->to % 60);
}

static bool
on(const struct window *w, int day)
{
	return (w->days >> ((day + WEEK) % WEEK) & 1) != 0;
}

static bool
is_open(const struct window *w, const struct tm *t)
{
	const int now = t->tm_hour * 60 + t->tm_min;
	const bool over_night = w->to <= w->from;

	if (on(w, t->tm_wday) && now >= w->from && (over_night || now < w->to))
		return true;
	return over_night && on(w, t->tm_wday - 1) && now < w->to;
}

/* Its next beginning after t. mktime() finds the hour that summer time has
 * moved; one that does not exist is the first after it. */
static time_t
next_opening(const struct window *w, const struct tm *t, time_t now)
{
	for (int d = 0; d <= WEEK; d++) {
		struct tm at = { .tm_year = t->tm_year,
			.tm_mon = t->tm_mon,
			.tm_mday = t->tm_mday + d,
			.tm_hour = w->from / 60,
			.tm_min = w->from % 60,
			.tm_isdst = -1 };
		time_t opens;

		if (!on(w, t->tm_wday + d))
			continue;
		opens = mktime(&at);
		if (opens > now)
			return opens;
	}
	return now; /* there is no such day: no window was parsed thus */
}

int64_t
windows_next(const struct windows *w, int64_t now)
{
	const time_t s = (time_t)(now / 1000);
	int64_t first = INT64_MAX;
	struct tm t;

	if (w->n == 0 || localtime_r(&s, &t) == NULL)
		return now;
	for (size_t i = 0; i < w->n; i++) {
		int64_t at;

		if (is_open(&w->at[i], &t))
			return now;
		at = (int64_t)next_opening(&w->at[i], &t, s) * 1000;
		first = at < first ? at : first;
	}
	return first;
}
