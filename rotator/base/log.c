/*
 * log: see log.h for the promises.
 *
 * An event is built in one buffer of LINE and written by one fwrite(), so
 * that lines of several processes do not mix. What does not fit is cut
 * between two characters and marked; a cut never leaves half an escape, nor
 * broken JSON. Nothing here can fail: there is nobody left to be told.
 */
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/escape.h"

#define LINE      4096 /* with newline and NUL */
#define CUT       " ..."
#define RESET     "\033[0m"
#define ERASE     "\r\033[K"
#define VALUE_MIN 16 /* JSON values are not shortened below this */

struct line {
	char b[LINE];
	size_t len;
	bool cut; /* full: nothing more is added */
};

static const struct style {
	const char *name, *mark, *colour; /* mark: in front of the message */
} styles[] = {
	[LOG_ALERT_] = { "alert", "ACTION NEEDED:", "\033[1;31m" },
	[LOG_ERR_] = { "error", "error:", "\033[31m" },
	[LOG_WARN_] = { "warning", "warning:", "\033[33m" },
	[LOG_NOTICE_] = { "notice", "*", "\033[1m" },
	[LOG_INFO_] = { "info", "-", "" },
	[LOG_DEBUG_] = { "debug", ".", "\033[2m" },
};

static const struct style *
style_of(enum log_level level)
{
	if (level >= COUNT(styles) || styles[level].name == NULL)
		return &styles[LOG_ERR_];
	return &styles[level];
}

/* Does fd lead to the journal? See systemd.exec(5), JOURNAL_STREAM. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(fd, &st) != 0)
		return false;
	(void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
}

static enum log_form
find_form(int fd)
{
	if (is_journal(fd))
		return LOG_JOURNAL;
	return isatty(fd) ? LOG_TERMINAL : LOG_PLAIN;
}

/* https://no-color.org: any value but the empty one. */
static bool
wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no == NULL || *no == '\0') && term != NULL && *term != '\0' &&
	    strcmp(term, "dumb") != 0 && isatty(fd);
}

void
log_init(struct log *l, FILE *to, enum log_form form, enum log_level threshold)
{
	int fd = fileno(to); /* -1 for a stream in memory: then neither */

	l->to = to;
	l->form = form != LOG_AUTO ? form : find_form(fd);
	l->threshold = threshold;
	l->colour = l->form == LOG_TERMINAL && wants_colour(fd);
	l->live = false;
}

/* All of it or nothing, and then nothing more ever. */
static void
put(struct line *l, const char *p, size_t n)
{
	if (l->cut || n > sizeof(l->b) - sizeof(CUT) - 1 - l->len) {
		l->cut = true;
		return;
	}
	memcpy(l->b + l->len, p, n);
	l->len += n;
}

static void
puts_raw(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

static void
puts_escaped(struct line *l, const char *s, enum escape how)
{
	char unit[ESCAPE_UNIT];
	size_t n;

	while (!l->cut && (n = escape_next(&s, how, unit)) > 0)
		put(l, unit, n);
}

/* The place for the mark and the newline was kept free by put(). */
static void
line_write(struct line *l, FILE *to)
{
	if (l->cut) {
		memcpy(l->b + l->len, CUT, strlen(CUT));
		l->len += strlen(CUT);
	}
	l->b[l->len++] = '\n';
	(void)fwrite(l->b, 1, l->len, to);
	(void)fflush(to);
}

/* Would the bare value be mistaken, by eye or by program, for something
 * else: two values, a key, a quoted one, or one that is not there? */
static bool
needs_quotes(const char *s)
{
	char unit[ESCAPE_UNIT];

	if (*s == '\0' || strpbrk(s, " =\"\\") != NULL)
		return true;
	while (escape_next(&s, ESCAPE_QUOTED, unit) > 0)
		if (unit[0] == '\\')
			return true;
	return false;
}

static void
put_value(struct line *l, const struct log_field *f)
{
	char number[32];

	if (f->s == NULL) {
		(void)snprintf(number, sizeof(number), "%" PRId64, f->n);
		puts_raw(l, number);
	} else if (needs_quotes(f->s)) {
		puts_raw(l, "\"");
		puts_escaped(l, f->s, ESCAPE_QUOTED);
		puts_raw(l, "\"");
	} else {
		puts_escaped(l, f->s, ESCAPE_BARE);
	}
}

static void
put_fields(struct line *l, const struct log_field *f, const char *before)
{
	for (; f != NULL && f->key != NULL; f++) {
		puts_raw(l, before);
		puts_escaped(l, f->key, ESCAPE_BARE);
		puts_raw(l, "=");
		put_value(l, f);
		before = " ";
	}
}

/* An event in all its parts: `first` are fields of our own. */
struct event {
	enum log_level level;
	const char *message;
	const struct log_field *first, *fields;
	const char *fix; /* on a line of its own where people read; or NULL */
};

static void
put_event(struct line *l, const struct event *v, const char *gap)
{
	puts_escaped(l, v->message, ESCAPE_BARE);
	put_fields(l, v->first, gap);
	put_fields(l, v->fields,
	    v->first != NULL && v->first->key != NULL ? " " : gap);
}

static void
write_terminal(const struct log *l, const struct event *v)
{
	const struct style *s = style_of(v->level);
	struct line line = { .len = 0, .cut = false };
	struct line fix = { .len = 0, .cut = false };
	bool colour = l->colour && s->colour[0] != '\0';

	puts_raw(&line, l->live ? ERASE : "");
	puts_raw(&line, colour ? s->colour : "");
	puts_raw(&line, s->mark);
	puts_raw(&line, colour ? RESET : "");
	puts_raw(&line, " ");
	put_event(&line, v, "  ");
	line_write(&line, l->to);
	if (v->fix == NULL)
		return;
	puts_raw(&fix, "  -> ");
	puts_escaped(&fix, v->fix, ESCAPE_BARE);
	line_write(&fix, l->to);
}

static void
write_plain(const struct log *l, const struct event *v)
{
	struct line line = { .len = 0, .cut = false };
	char now[CLOCK_TEXT_MAX];

	clock_text(clock_wall(), now);
	puts_raw(&line, now);
	puts_raw(&line, " ");
	puts_raw(&line, style_of(v->level)->name);
	puts_raw(&line, " ");
	put_event(&line, v, " ");
	line_write(&line, l->to);
}

/* "<N>" as in sd-daemon(3). */
static void
write_journal(const struct log *l, const struct event *v)
{
	struct line line = { .len = 0, .cut = false };
	char priority[] = { '<', (char)('0' + (v->level & 7)), '>', '\0' };

	puts_raw(&line, priority);
	put_event(&line, v, " ");
	line_write(&line, l->to);
}

/* Adds the string, cut to max bytes. */
static bool
json_string(cJSON *o, const char *key, const char *s, size_t max)
{
	char value[LINE / 2 + sizeof(CUT)];
	char unit[ESCAPE_UNIT];
	size_t len = 0;
	size_t n;

	while ((n = escape_next(&s, ESCAPE_JSON, unit)) > 0) {
		if (len + n > max) {
			memcpy(value + len, CUT, strlen(CUT));
			len += strlen(CUT);
			break;
		}
		memcpy(value + len, unit, n);
		len += n;
	}
	value[len] = '\0';
	return cJSON_AddStringToObject(o, key, value) != NULL;
}

/* Numbers go in as text: cJSON's own are doubles, exact to 2^53 only. */
static bool
json_fields(cJSON *o, const struct log_field *f, size_t max)
{
	char number[32];

	for (; f != NULL && f->key != NULL; f++) {
		(void)snprintf(number, sizeof(number), "%" PRId64, f->n);
		if (f->s != NULL ? !json_string(o, f->key, f->s, max)
				 : !cJSON_AddRawToObject(o, f->key, number))
			return false;
	}
	return true;
}

static void
auto_json(cJSON **o)
{
	cJSON_Delete(*o);
}

static bool
json_print(const struct event *v, size_t max, char *ret, size_t size)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();
	char now[CLOCK_TEXT_MAX];

	clock_text(clock_wall(), now);
	return o != NULL && cJSON_AddStringToObject(o, "time", now) != NULL &&
	    json_string(o, "level", style_of(v->level)->name, max) &&
	    json_string(o, "message", v->message, max) &&
	    json_fields(o, v->first, max) && json_fields(o, v->fields, max) &&
	    cJSON_PrintPreallocated(o, ret, (int)size, 0);
}

/* Values are halved until the line fits; a last resort says so. */
static void
write_json(const struct log *l, const struct event *v)
{
	static const char lost[] = "{\"level\":\"error\",\"message\":"
				   "\"an event was too long to be logged\"}";
	char b[LINE];
	size_t max = LINE / 2;
	size_t n;

	while (max >= VALUE_MIN && !json_print(v, max, b, LINE - 1))
		max /= 2;
	if (max < VALUE_MIN)
		memcpy(b, lost, sizeof(lost));
	n = strlen(b);
	b[n++] = '\n';
	(void)fwrite(b, 1, n, l->to);
	(void)fflush(l->to);
}

static void (*const writers[])(const struct log *, const struct event *) = {
	[LOG_AUTO] = write_plain, /* log_init() was forgotten */
	[LOG_TERMINAL] = write_terminal,
	[LOG_PLAIN] = write_plain,
	[LOG_JOURNAL] = write_journal,
	[LOG_JSON] = write_json,
};

static void
emit(const struct log *l, const struct event *v)
{
	if (v->level > l->threshold)
		return;
	flockfile(l->to); /* an event may have two lines */
	writers[l->form](l, v);
	funlockfile(l->to);
}

void
log_event(const struct log *l, enum log_level level, const char *message,
    const struct log_field *fields)
{
	const struct event v = {
		.level = level,
		.message = message,
		.fields = fields,
	};

	emit(l, &v);
}

void
log_err(const struct log *l, enum log_level level, const char *message,
    const struct err *e, const struct log_field *fields)
{
	bool apart = l->form == LOG_TERMINAL;
	const char *remedy = e->fix[0] != '\0' ? e->fix : NULL;
	const struct log_field first[] = {
		LOG_S("cause", e->what),
		LOG_S("class", ec_name(e->ec)),
		{ .key = apart || remedy == NULL ? NULL : "fix", .s = remedy },
		{ .key = NULL },
	};
	const struct event v = {
		.level = level,
		.message = message,
		.first = first,
		.fields = fields,
		.fix = apart ? remedy : NULL,
	};

	emit(l, &v);
}

void
log_live(const struct log *l, const char *text)
{
	flockfile(l->to);
	(void)fputs(ERASE, l->to);
	(void)fputs(text != NULL ? text : "", l->to);
	(void)fflush(l->to);
	funlockfile(l->to);
}
