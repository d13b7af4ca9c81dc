/* retry: see retry.h. */
#include "sigv4/retry.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#include "base/auto.h"
#include "sigv4/providers.h"

#define DELAY_BASE INT64_C(1000)

#define LEGACY                                                                  \
	"retry mode \"legacy\" is not known here; calls are tried again as in " \
	"\"standard\""

static const struct {
	const char *name;
	enum retry_mode mode;
	const char *note;
} modes[] = {
	{ "standard", RETRY_STANDARD, NULL },
	{ "adaptive", RETRY_ADAPTIVE, NULL },
	{ "legacy", RETRY_STANDARD, LEGACY },
};

struct setting {
	const char *from, *value; /* value NULL: nobody says */
};

static struct setting
find(const struct aws_env *env, const struct profile *p, const char *variable,
    const char *key)
{
	struct setting s = { variable, provider_getenv(env, variable) };

	if (s.value == NULL && p != NULL)
		s = (struct setting){ key, profile_get(p, key) };
	return s;
}

static enum ec
take_mode(const struct setting *s, struct retry_conf *ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(modes); i++)
		if (strcasecmp(modes[i].name, s->value) == 0) {
			ret->mode = modes[i].mode;
			ret->note = modes[i].note;
			return EC_OK;
		}
	(void)fail(
	    e, EC_CONFIG, "%s: \"%.40s\" is no retry mode", s->from, s->value);
	return fix(e, "write standard or adaptive");
}

static enum ec
take_attempts(const struct setting *s, struct retry_conf *ret, struct err *e)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s->value, &end, 10);
	if (errno == 0 && end != s->value && *end == '\0' && n >= 1 &&
	    n <= RETRY_ATTEMPTS_MAX) {
		ret->attempts = (int)n;
		return EC_OK;
	}
	(void)fail(e, EC_CONFIG, "%s: \"%.40s\" is no number of attempts",
	    s->from, s->value);
	return fix(e, "write a number from 1 to %d", RETRY_ATTEMPTS_MAX);
}

enum ec
retry_settings(const struct aws_env *env, const struct profile *p,
    struct retry_conf *ret, struct err *e)
{
	const struct setting mode =
	    find(env, p, "AWS_RETRY_MODE", "retry_mode");
	const struct setting attempts =
	    find(env, p, "AWS_MAX_ATTEMPTS", "max_attempts");
	struct retry_conf out = { RETRY_STANDARD, RETRY_ATTEMPTS, NULL };

	if (mode.value != NULL)
		TRY(take_mode(&mode, &out, e));
	if (attempts.value != NULL)
		TRY(take_attempts(&attempts, &out, e));
	*ret = out;
	return EC_OK;
}

bool
retry_quota_take(struct retry_quota *q, int cost)
{
	if (q->left < cost)
		return false;
	q->left -= cost;
	return true;
}

void
retry_quota_give(struct retry_quota *q, int cost)
{
	q->left += cost;
	if (q->left > RETRY_QUOTA)
		q->left = RETRY_QUOTA;
}

int64_t
retry_delay(int n, int64_t retry_after, uint32_t dice)
{
	const int64_t cap = n < 6 ? DELAY_BASE << (n - 1) : RETRY_DELAY_MAX;
	int64_t delay = cap * (int64_t)dice / (int64_t)UINT32_MAX;

	if (retry_after > delay)
		delay = retry_after;
	return delay < RETRY_DELAY_MAX ? delay : RETRY_DELAY_MAX;
}

uint32_t
retry_dice(void *ctx)
{
	uint32_t r = UINT32_MAX / 2;

	(void)ctx;
	(void)!getrandom(&r, sizeof(r), GRND_NONBLOCK);
	return r;
}
