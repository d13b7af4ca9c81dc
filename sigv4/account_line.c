/*
 * account_line: the tries and the pace of each service that an account calls.
 * They are kept apart, as AWS counts them apart and as the SDKs do: when one
 * service is down, the others are still tried again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/account_p.h"

struct account_line {
	struct account_line *next;
	struct pace pace;
	struct retry_quota quota;
	char region[REGION_MAX];
	char service[];
};

void
account_lines_free(struct aws_account *a)
{
	struct account_line *l;

	while ((l = a->lines) != NULL) {
		a->lines = l->next;
		free(l);
	}
}

static struct account_line *
find(const struct aws_account *a, const char *service, const char *region)
{
	struct account_line *l = a->lines;

	while (l != NULL &&
	    (strcmp(l->service, service) != 0 ||
		strcmp(l->region, region) != 0))
		l = l->next;
	return l;
}

static struct account_line *
add(struct aws_account *a, const char *service, const char *region)
{
	const size_t n = strlen(service) + 1;
	struct account_line *l = calloc(1, sizeof(*l) + n);

	if (l == NULL)
		return NULL;
	memcpy(l->service, service, n);
	(void)snprintf(l->region, sizeof(l->region), "%s", region);
	l->quota.left = RETRY_QUOTA;
	l->next = a->lines;
	a->lines = l;
	return l;
}

enum ec
account_line(struct aws_account *a, const char *service, const char *region,
    struct account_line **ret, struct err *e)
{
	struct account_line *l;

	(void)pthread_mutex_lock(&a->mutex);
	l = find(a, service, region);
	if (l == NULL)
		l = add(a, service, region);
	(void)pthread_mutex_unlock(&a->mutex);
	if (l == NULL)
		return fail(e, EC_NOMEM, "no memory for a service");
	*ret = l;
	return EC_OK;
}

int64_t
account_time(const struct aws_account *a)
{
	return a->env->now != NULL ? a->env->now(a->env->ctx) : clock_mono();
}

int64_t
account_ask(struct aws_account *a, struct account_line *l, bool *ret_go)
{
	const int64_t now = account_time(a);
	int64_t wait = 0;

	*ret_go = true;
	(void)pthread_mutex_lock(&a->mutex);
	if (a->paced)
		wait = pace_ask(&l->pace, now, ret_go);
	a->stats.calls += *ret_go;
	a->stats.waited += wait;
	(void)pthread_mutex_unlock(&a->mutex);
	return wait;
}

void
account_answer(
    struct aws_account *a, struct account_line *l, int64_t sent, bool throttled)
{
	const int64_t now = account_time(a);

	(void)pthread_mutex_lock(&a->mutex);
	a->stats.throttled += throttled;
	pace_answer(&l->pace, sent, now, throttled);
	(void)pthread_mutex_unlock(&a->mutex);
}

bool
account_again(struct aws_account *a, struct account_line *l, int cost)
{
	bool yes;

	(void)pthread_mutex_lock(&a->mutex);
	yes = retry_quota_take(&l->quota, cost);
	a->stats.retries += yes;
	(void)pthread_mutex_unlock(&a->mutex);
	return yes;
}

void
account_well(struct aws_account *a, struct account_line *l, int cost)
{
	(void)pthread_mutex_lock(&a->mutex);
	retry_quota_give(&l->quota, cost > 0 ? cost : RETRY_REFUND);
	(void)pthread_mutex_unlock(&a->mutex);
}

void
aws_account_stats(struct aws_account *a, struct aws_account_stats *ret)
{
	(void)pthread_mutex_lock(&a->mutex);
	*ret = a->stats;
	ret->quota = RETRY_QUOTA;
	for (const struct account_line *l = a->lines; l != NULL; l = l->next) {
		const double rate = a->paced ? l->pace.rate : 0;

		if (l->quota.left < ret->quota)
			ret->quota = l->quota.left;
		if (rate > 0 && (ret->rate <= 0 || rate < ret->rate))
			ret->rate = rate;
	}
	(void)pthread_mutex_unlock(&a->mutex);
}
