/* store_shared: see store_shared.h. */
#include "rotator/store_shared.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/auto.h"

struct shared {
	pthread_mutex_t turn; /* recursive */
	const struct store *s;
};

static const struct store *
take_turn(struct shared *sh)
{
	(void)pthread_mutex_lock(&sh->turn);
	return sh->s;
}

static enum ec
end_turn(struct shared *sh, enum ec ec)
{
	(void)pthread_mutex_unlock(&sh->turn);
	return ec;
}

static enum ec
lease(void *ctx, int64_t now, int64_t ttl_ms, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->lease(s->ctx, now, ttl_ms, e));
}

static enum ec
fence(void *ctx, int64_t now, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->fence(s->ctx, now, e));
}

static void
unlease(void *ctx)
{
	const struct store *s = take_turn(ctx);

	s->unlease(s->ctx);
	(void)end_turn(ctx, EC_OK);
}

static enum ec
load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->load(s->ctx, identity, ret, e));
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->commit(s->ctx, now, r, ev, e));
}

static bool
relief(void *ctx)
{
	const struct store *s = take_turn(ctx);
	const bool had = s->relief(s->ctx);

	(void)end_turn(ctx, EC_OK);
	return had;
}

static enum ec
each(void *ctx, int64_t now,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->each(s->ctx, now, fn, arg, e));
}

static enum ec
all(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->all(s->ctx, row, hold, arg, e));
}

static enum ec
history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->history(s->ctx, identity, fn, arg, e));
}

static enum ec
note(void *ctx, const struct event *ev, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->note(s->ctx, ev, e));
}

static enum ec
hold_set(void *ctx, const char *identity, const struct hold *h, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->hold_set(s->ctx, identity, h, e));
}

static enum ec
hold_get(void *ctx, const char *identity, struct hold *ret, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->hold_get(s->ctx, identity, ret, e));
}

static enum ec
confirm_set(void *ctx, const char *client, const char *key_id, int64_t at,
    const char *by, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->confirm_set(s->ctx, client, key_id, at, by, e));
}

static enum ec
confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->confirm_get(s->ctx, client, key_id, ret, e));
}

static enum ec
meta_get(void *ctx, const char *key, struct buf *ret, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->meta_get(s->ctx, key, ret, e));
}

static enum ec
meta_set(void *ctx, const char *key, const char *value, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->meta_set(s->ctx, key, value, e));
}

static enum ec
mark(void *ctx, struct buf *ret, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->mark(s->ctx, ret, e));
}

static enum ec
words(void *ctx, enum ec (*fn)(void *arg, const struct word *, struct err *),
    void *arg, struct err *e)
{
	const struct store *s = take_turn(ctx);

	return end_turn(ctx, s->words(s->ctx, fn, arg, e));
}

static void
end_sharing(void *ctx)
{
	struct shared *sh = ctx;

	(void)pthread_mutex_destroy(&sh->turn);
	free(sh);
}

static bool
make_turn(pthread_mutex_t *ret)
{
	pthread_mutexattr_t how;
	bool ok;

	if (pthread_mutexattr_init(&how) != 0)
		return false;
	ok = pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE) == 0 &&
	    pthread_mutex_init(ret, &how) == 0;
	(void)pthread_mutexattr_destroy(&how);
	return ok;
}

enum ec
store_shared(struct store *s, struct store *ret, struct err *e)
{
	AUTO(free) struct shared *sh = calloc(1, sizeof(*sh));

	if (sh == NULL || !make_turn(&sh->turn))
		return fail(e, EC_NOMEM, "no memory to share the state");
	sh->s = s;
	*ret = (struct store){
		.ctx = TAKE(sh),
		.lease = lease,
		.fence = fence,
		.unlease = unlease,
		.load = load,
		.commit = commit,
		.relief = relief,
		.each = each,
		.all = all,
		.history = history,
		.note = note,
		.hold_set = hold_set,
		.hold_get = hold_get,
		.confirm_set = confirm_set,
		.confirm_get = confirm_get,
		.meta_get = meta_get,
		.meta_set = meta_set,
		.mark = s->mark != NULL ? mark : NULL,
		.words = words,
		.close = end_sharing,
	};
	return EC_OK;
}
