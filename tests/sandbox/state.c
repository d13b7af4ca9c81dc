/* state: clock, chance, sleep, threads, counters and log of the sandbox. */
#include "sandbox.h"

#include <string.h>

#include "base/auto.h"
#include "iam.h"
#include "marks.h"
#include "util.h"

#define LOG_MAX 20000

struct sandbox *
sandbox_lock(struct sandbox *s)
{
	(void)pthread_mutex_lock(&s->lock);
	return s;
}

void
sandbox_unlock(struct sandbox **s)
{
	(void)pthread_mutex_unlock(&(*s)->lock);
}

void
sandbox_init(struct sandbox *s)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	sandbox_reset(s);
}

static void
drop_state(struct sandbox *s)
{
	marks_free_locked(s);
	users_free(s->users);
	s->users = NULL;
	cJSON_Delete(s->knobs);
	cJSON_Delete(s->faults);
	cJSON_Delete(s->counters);
	cJSON_Delete(s->log);
}

static void
zero_counters(struct sandbox *s)
{
	static const char *const smtp[] = { "connect", "tls", "auth_ok",
		"auth_bad", "mail", "denied" };
	size_t i;

	iam_zero_locked(s);
	count_locked(s, 0, "connections", "https", NULL);
	count_locked(s, 0, "connections", "smtp", NULL);
	for (i = 0; i < COUNT(smtp); i++)
		count_locked(s, 0, "smtp", smtp[i], NULL);
}

void
sandbox_reset(struct sandbox *s)
{
	LOCKED(s);
	drop_state(s);
	s->knobs = knobs_defaults(s->adversity);
	s->faults = must(cJSON_CreateArray());
	s->counters = must(cJSON_CreateObject());
	s->log = must(cJSON_CreateArray());
	zero_counters(s);
	s->stale_from_ms = s->stale_until_ms = 0;
	(void)key_add_locked(s, user_add_locked(s, OPERATOR, "/"), OPERATOR_KEY,
	    OPERATOR_SECRET);
}

void
sandbox_free(struct sandbox *s)
{
	drop_state(s);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->lock);
}

bool
sandbox_nap(struct sandbox *s, uint64_t ms)
{
	struct timespec until;
	uint64_t at = now_ms() + ms;

	until.tv_sec = (time_t)(at / 1000);
	until.tv_nsec = (long)(at % 1000) * 1000000;
	LOCKED(s);
	while (!s->stopping && now_ms() < at)
		if (pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0)
			break;
	return s->stopping;
}

struct job {
	struct sandbox *s;
	void (*fn)(void *);
	void *arg;
};

static void *
run_job(void *arg)
{
	AUTO(free) struct job *j = arg;

	j->fn(j->arg);
	LOCKED(j->s);
	j->s->background--;
	(void)pthread_cond_broadcast(&j->s->wake);
	return NULL;
}

bool
sandbox_spawn(struct sandbox *s, void (*fn)(void *), void *arg)
{
	AUTO(free) struct job *j = must_alloc(sizeof(*j));
	pthread_t t;

	*j = (struct job){ s, fn, arg };
	LOCKED(s);
	if (pthread_create(&t, NULL, run_job, j) != 0)
		return false;
	j = NULL;
	(void)pthread_detach(t);
	s->background++;
	return true;
}

void
sandbox_stop(struct sandbox *s)
{
	LOCKED(s);
	s->stopping = true;
	(void)pthread_cond_broadcast(&s->wake);
}

void
sandbox_join(struct sandbox *s)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 5;
	LOCKED(s);
	while (s->background > 0)
		if (pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0)
			break;
}

time_t
sandbox_now_locked(struct sandbox *s)
{
	return time(NULL) + (time_t)knob_num_locked(s, "clock_offset_s");
}

uint64_t
sandbox_random_locked(struct sandbox *s)
{
	uint64_t z = (s->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
sandbox_random(struct sandbox *s)
{
	LOCKED(s);
	return sandbox_random_locked(s);
}

/* The member of an object, made when it is not there. */
static cJSON *
child(cJSON *parent, const char *name, bool leaf)
{
	cJSON *c = cJSON_GetObjectItemCaseSensitive(parent, name);

	if (c != NULL)
		return c;
	if (leaf)
		return must(cJSON_AddNumberToObject(parent, name, 0));
	return must(cJSON_AddObjectToObject(parent, name));
}

void
count_locked(struct sandbox *s, unsigned by, const char *group,
    const char *name, const char *what)
{
	cJSON *at = child(s->counters, group, false);

	at = child(at, name, what == NULL);
	if (what != NULL)
		at = child(at, what, true);
	(void)cJSON_SetNumberHelper(at, at->valuedouble + by);
}

void
log_locked(
    struct sandbox *s, const char *service, const char *event, cJSON *fields)
{
	char at[32];
	int n;

	date_text(sandbox_now_locked(s), DATE_ISO, at, sizeof(at));
	(void)cJSON_AddNumberToObject(fields, "seq", ++s->seq);
	(void)cJSON_AddStringToObject(fields, "at", at);
	(void)cJSON_AddNumberToObject(fields, "ms", (double)now_ms());
	(void)cJSON_AddStringToObject(fields, "service", service);
	(void)cJSON_AddStringToObject(fields, "event", event);
	(void)cJSON_AddItemToArray(s->log, fields);
	if (strcmp(event, "auth_ok") == 0 || strcmp(event, "mail") == 0 ||
	    cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fields, "effect")))
		marks_take_locked(s);
	/* The sequence number tells a reader that older lines are gone. */
	if (s->seq % 256 != 0)
		return;
	for (n = cJSON_GetArraySize(s->log); n > LOG_MAX; n--)
		cJSON_DeleteItemFromArray(s->log, 0);
}
