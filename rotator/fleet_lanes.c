/* fleet_lanes: see fleet_lanes.h. */
#include "rotator/fleet_lanes.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/auto.h"
#include "rotator/fleet_drive.h"
#include "rotator/fleet_progress.h"
#include "rotator/store_shared.h"

/* Far more than the engine's deepest step needs (64 KiB of texts). */
#define STACK ((size_t)1024 * 1024)

struct lane {
	struct app app;
	struct turns *turns;
	pthread_t thread;
	bool started;
};

struct lanes {
	struct store store; /* shared; ctx NULL: not yet */
	struct lane *at;
	size_t n;
};

/* After these the next identity would fare no better. */
static bool
ends_all(enum ec ec)
{
	return ec == EC_BUSY || ec == EC_NOMEM || ec == EC_BUG || ec == EC_IO ||
	    ec == EC_DAMAGED;
}

static void
serve(struct app *a, struct turns *l)
{
	struct fleet_item *it;

	while (!app_stopped() && (it = turns_next(l)) != NULL) {
		fleet_drive(a, it);
		if (ends_all(it->res.ec))
			turns_stop(l);
		turns_done(l, it);
	}
	if (app_stopped())
		turns_stop(l);
}

static void *
lane_main(void *arg)
{
	struct lane *lane = arg;

	serve(&lane->app, lane->turns);
	return NULL;
}

/* Signals are the first thread's: it is that one which they wake. */
static enum ec
start(struct lane *lane, struct err *e)
{
	pthread_attr_t how;
	sigset_t all, was;

	if (pthread_attr_init(&how) != 0)
		return fail(e, EC_NOMEM, "no memory for a thread");
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	lane->started = pthread_attr_setstacksize(&how, STACK) == 0 &&
	    pthread_create(&lane->thread, &how, lane_main, lane) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	(void)pthread_attr_destroy(&how);
	return lane->started ? EC_OK
			     : fail(e, EC_NOMEM, "cannot make a thread");
}

static void
auto_lanes(struct lanes *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].started)
			(void)pthread_join(s->at[i].thread, NULL);
		app_lane_close(&s->at[i].app);
	}
	free(s->at);
	if (s->store.ctx != NULL)
		s->store.close(s->store.ctx);
}

static enum ec
open_lanes(
    struct app *a, struct turns *l, size_t n, struct lanes *s, struct err *e)
{
	TRY(store_shared(&a->store, &s->store, e));
	s->at = calloc(n, sizeof(*s->at));
	if (s->at == NULL)
		return fail(e, EC_NOMEM, "no memory for threads");
	for (; s->n < n; s->n++) {
		s->at[s->n].turns = l;
		TRY(app_lane(a, &s->store, &s->at[s->n].app, e));
	}
	return EC_OK;
}

enum ec
fleet_lanes(struct app *a, struct turns *l, size_t n, struct err *e)
{
	struct lanes s __attribute__((cleanup(auto_lanes))) = { .n = 0 };
	const bool live = n > 1 && fleet_progress_fits(&a->log);
	enum ec ec = EC_OK;

	TRY(app_world(a, NULL, e));
	if (n <= 1) {
		serve(a, l);
		return EC_OK;
	}
	a->log.live = live;
	TRY(open_lanes(a, l, n, &s, e));
	for (size_t i = 0; i < n && ec == EC_OK; i++)
		ec = start(&s.at[i], e);
	if (ec != EC_OK)
		turns_stop(l);
	if (live)
		fleet_progress(&a->log, l);
	a->log.live = false;
	return ec;
}
