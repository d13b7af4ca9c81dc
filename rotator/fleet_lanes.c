/* fleet_lanes: see fleet_lanes.h. */
#include "rotator/fleet_lanes.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/auto.h"
#include "rotator/fleet_drive.h"
#include "rotator/fleet_progress.h"
#include "rotator/store_shared.h"

/* Far more than the engine's deepest step needs (64 KiB of texts). */
#define STACK ((size_t)1024 * 1024)

/* Descriptors: the database, the log and the like; and a lane's way to the
 * network, its directories, and the pipes of a client's program. */
#define FILES_OURS 64
#define FILES_LANE 16

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

/* As many as have room for their files: a limit that may be raised is. Ours is
 * also the network process's, which opens most of them. */
static size_t
that_fit(size_t n)
{
	const rlim_t need = FILES_OURS + (rlim_t)n * FILES_LANE;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= need)
		return n;
	r.rlim_cur = need < r.rlim_max ? need : r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= need)
		return n;
	n = r.rlim_cur > FILES_OURS
	    ? (size_t)((r.rlim_cur - FILES_OURS) / FILES_LANE)
	    : 0;
	return n > 0 ? n : 1;
}

/* As many as can be made; one is enough. None runs before all are: until then
 * the network is ours alone. */
static enum ec
open_lanes(
    struct app *a, struct turns *l, size_t n, struct lanes *s, struct err *e)
{
	enum ec ec = EC_OK;
	size_t ready = 0;

	TRY(store_shared(&a->store, &s->store, e));
	s->at = calloc(n, sizeof(*s->at));
	if (s->at == NULL)
		return fail(e, EC_NOMEM, "no memory for threads");
	for (; s->n < n && ec == EC_OK; s->n++) {
		s->at[s->n].turns = l;
		ec = app_lane(a, &s->store, &s->at[s->n].app, e);
		ready += ec == EC_OK;
	}
	for (size_t i = 0; i < ready && (i == 0 || s->at[i - 1].started); i++)
		ec = start(&s->at[i], e);
	return s->at[0].started ? EC_OK : ec;
}

static void
say_fewer(const struct app *a, const struct lanes *s, const struct err *e)
{
	if (!s->at[s->n - 1].started)
		log_err(&a->log, LOG_WARN_,
		    "fewer identities side by side than asked for", e, NULL);
}

enum ec
fleet_lanes(struct app *a, struct turns *l, size_t n, struct err *e)
{
	struct lanes s __attribute__((cleanup(auto_lanes))) = { .n = 0 };

	n = that_fit(n);
	TRY(app_world(a, NULL, e));
	if (n <= 1) {
		serve(a, l);
		return EC_OK;
	}
	a->log.live = fleet_progress_fits(&a->log);
	TRY(open_lanes(a, l, n, &s, e));
	say_fewer(a, &s, e);
	if (a->log.live)
		fleet_progress(&a->log, l);
	a->log.live = false;
	return EC_OK;
}
