/*
 * fleet: a whole run over a real store and a network in which nobody answers:
 * who gets a turn, what comes of all of them, and what is written down. Time
 * goes on by what is slept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

#include "calls.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/secret.h"
#include "rotator/fleet.h"
#include "rotator/fleet_drive.h"
#include "rotator/fleet_items.h"
#include "rotator/fleet_progress.h"
#include "store_faulty.h"

#define HOUR ((int64_t)3600 * 1000)
#define DAY  (24 * HOUR)

/* ---- time and threads that do as they are told ------------------------- */

static _Atomic int64_t slept_ns;
static void (*at_sleep)(void);

int
clock_nanosleep(
    clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	(void)id;
	(void)flags;
	(void)left;
	slept_ns += (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
	if (at_sleep != NULL)
		at_sleep();
	return 0;
}

int
clock_gettime(clockid_t id, struct timespec *ret)
{
	const int rc = NEXT(clock_gettime)(id, ret);
	int64_t ns;

	if (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME)
		return rc;
	ns = ret->tv_nsec + slept_ns;
	ret->tv_sec += (time_t)(ns / 1000000000);
	ret->tv_nsec = (long)(ns % 1000000000);
	return rc;
}

STAND_IN(int, pthread_create,
    (pthread_t * t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
    (t, a, fn, arg), armed.rc)
STAND_IN(int, pthread_attr_init, (pthread_attr_t * a), (a), armed.rc)
STAND_IN(int, pthread_attr_setstacksize, (pthread_attr_t * a, size_t n), (a, n),
    armed.rc)
STAND_IN(
    int, getrlimit, (__rlimit_resource_t what, struct rlimit *r), (what, r), -1)
STAND_IN(int, setrlimit, (__rlimit_resource_t what, const struct rlimit *r),
    (what, r), -1)

/* ---- a world ----------------------------------------------------------- */

struct scene {
	char dir[64], config[128];
	struct args args;
	struct app app;
	struct store real;
	struct faulty faulty;
	struct faulty_plan plan;
	struct fleet fleet;
	struct err e;
};

static void
put_config(struct scene *w, const char *top, int n)
{
	char text[4096];
	size_t len;
	FILE *f = fopen(w->config, "we");

	assert_non_null(f);
	len = (size_t)snprintf(text, sizeof(text),
	    "account: \"123456789012\"\nstate: %s/state\n%sidentities:\n",
	    w->dir, top);
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "- name: id%d\n  regions: [us-east-1]\n", i);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
}

static int
begin(void **state)
{
	struct scene *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -1;
	(void)umask(022);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/fleet.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	(void)snprintf(w->config, sizeof(w->config), "%s/rotate.yaml", w->dir);
	w->args.config = w->config;
	w->args.jobs = 1;
	w->app.args = &w->args;
	w->plan.turn = -1;
	log_init(&w->app.log, fopen("/dev/null", "we"), LOG_PLAIN, LOG_INFO_);
	put_config(w, "", 2);
	*state = w;
	return 0;
}

static int
remove_one(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static int
end(void **state)
{
	struct scene *w = *state;
	FILE *log = w->app.log.to;
	int rc;

	fleet_free(&w->fleet);
	app_close(&w->app);
	if (w->faulty.s != NULL)
		auto_store(&w->real);
	(void)fclose(log);
	rc = nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return rc;
}

/* The store behind one whose calls may fail. */
static void
lend(struct scene *w)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/state", w->dir);
	assert_int_equal(
	    store_sqlite_open(path, STORE_RW, &w->real, &w->e), EC_OK);
	w->faulty = (struct faulty){ .s = &w->real, .plan = &w->plan };
	w->app.store = faulty_store(&w->faulty);
}

static void
put_row(struct scene *w, const char *name, enum rot_state state, int64_t next,
    const char *trouble)
{
	AUTO(rec) struct rec r;
	struct rec_client *c = NULL;

	rec_init(&r, name);
	assert_true(w->real.load(w->real.ctx, name, &r, &w->e) != EC_DAMAGED);
	r.state = state;
	r.next_at = next;
	(void)stpcpy(r.user_id, "AIDACKCEVSQ6C2EXAMPLE");
	if (trouble != NULL) {
		assert_int_equal(rec_client_add(&r, "web", &c, &w->e), EC_OK);
		(void)snprintf(c->error, sizeof(c->error), "%s", trouble);
	}
	assert_int_equal(
	    w->real.lease(w->real.ctx, clock_wall(), HOUR, &w->e), EC_OK);
	assert_int_equal(
	    w->real.commit(w->real.ctx, clock_wall(), &r, NULL, &w->e), EC_OK);
	w->real.unlease(w->real.ctx);
}

static enum ec
go(struct scene *w)
{
	enum ec ec;

	fleet_free(&w->fleet);
	ec = fleet_run(&w->app, &w->fleet, &w->e);
	if (w->fleet.n > 0 && w->fleet.results[0].ec != EC_OK)
		print_message("# %s\n", w->fleet.results[0].e.what);
	else if (ec != EC_OK && ec != EC_LATER)
		print_message("# %s\n", w->e.what);
	return ec;
}

/* ---- which ------------------------------------------------------------- */

static void
test_graver(void **state)
{
	static const enum ec order[] = { EC_OK, EC_LATER, EC_HUMAN, EC_TEMP,
		EC_PROTO, EC_CLIENT, EC_AUTH, EC_CONFIG, EC_CONFLICT, EC_BUSY,
		EC_DAMAGED };

	(void)state;
	for (size_t i = 1; i < COUNT(order); i++) {
		assert_int_equal(
		    fleet_graver(order[i], order[i - 1]), order[i]);
		assert_int_equal(
		    fleet_graver(order[i - 1], order[i]), order[i]);
		assert_int_equal(fleet_graver(order[i], order[i]), order[i]);
	}
}

static void
test_troubled(void **state)
{
	struct rec_client clients[2] = { { .name = "a" }, { .name = "b" } };
	struct rec r = { .clients = clients, .n_clients = 2 };

	(void)state;
	(void)stpcpy(clients[1].error, "no room");
	r.state = ROT_IDLE;
	assert_false(fleet_troubled(&r)); /* that is over */
	r.state = ROT_PUSHING;
	assert_true(fleet_troubled(&r));
	clients[1].error[0] = '\0';
	assert_false(fleet_troubled(&r));
	r.state = ROT_BLOCKED;
	assert_true(fleet_troubled(&r));
	r.state = ROT_RB;
	assert_true(fleet_troubled(&r));
}

/* Who is not due gets no turn, unless somebody asks. */
static void
test_wanted(void **state)
{
	struct scene *w = *state;
	const int64_t now = clock_wall();

	put_config(w, "", 3);
	lend(w);
	put_row(w, "id0", ROT_IDLE, now + DAY, NULL);
	put_row(w, "id1", ROT_GRACE, now + HOUR, "no room");
	put_row(w, "gone", ROT_GRACE, now - HOUR, NULL); /* of nobody */
	for (int round = 0; round < 5; round++) {
		struct fleet_items f
		    __attribute__((cleanup(auto_fleet_items))) = { .n = 0 };

		w->args.force = round == 1;
		w->args.wait = round == 2;
		w->args.identities[0] = round == 3 ? "id1" : NULL;
		assert_int_equal(fleet_items(&w->app, &f, &w->e), EC_OK);
		assert_int_equal(f.n, 3);
		assert_true(f.under_way);
		assert_true(f.at[1].trouble);
		assert_false(f.at[0].trouble);
		assert_int_equal(f.changed, round < 4);
		assert_int_equal(f.wanted, round == 3 ? 1 : round == 4 ? 1 : 3);
		assert_int_equal(f.at[2].turn,
		    round == 3 ? TURN_NONE : TURN_WAITS); /* never seen */
		if (round == 3)
			assert_int_equal(
			    fleet_items_seen(&w->app, &f, &w->e), EC_OK);
	}
	w->args.identities[0] = "nobody";
	assert_int_equal(go(w), EC_USAGE);
}

/* Nothing to do now: a rotation may still be under way. */
static void
test_nothing_due(void **state)
{
	struct scene *w = *state;
	const int64_t now = clock_wall();

	lend(w);
	assert_int_equal(go(w), EC_TEMP); /* writes down the due dates */
	put_row(w, "id0", ROT_IDLE, now + DAY, NULL);
	put_row(w, "id1", ROT_IDLE, now + DAY, NULL);
	assert_int_equal(go(w), EC_OK);
	assert_int_equal(w->fleet.n, 0);
	put_row(w, "id1", ROT_GRACE, now + HOUR, NULL);
	assert_int_equal(go(w), EC_LATER);
	assert_int_equal(w->fleet.n, 0);
}

/* ---- what comes of it -------------------------------------------------- */

/* Nobody answers: each identity says so for itself, and the lanes are as many
 * as can be had. */
static void
lanes(struct scene *w, int jobs, const char *call, long turn)
{
	w->args.jobs = jobs;
	if (call != NULL)
		call_arm(call, turn, call[0] == 'p' ? 0 : EPERM, -1);
	assert_int_equal(go(w), EC_TEMP);
	if (call != NULL)
		assert_true(call_disarm());
	assert_int_equal(w->fleet.n, 4);
	for (size_t i = 0; i < w->fleet.n; i++) {
		assert_int_equal(w->fleet.results[i].ec, EC_TEMP);
		assert_false(w->fleet.results[i].left_out);
		assert_non_null(w->fleet.results[i].identity);
	}
}

static void
test_lanes(void **state)
{
	struct scene *w = *state;
	const struct rlimit low = { 100, 100 };
	struct rlimit was;

	put_config(w, "jobs: 3\n", 4);
	w->args.force = true;
	lanes(w, 1, NULL, 0);
	lanes(w, 0, NULL, 0); /* as configured */
	lanes(w, 10, NULL, 0);
	lanes(w, 3, "pthread_create", 1);
	lanes(w, 3, "pthread_attr_init", 2);
	lanes(w, 3, "pthread_attr_setstacksize", 1);
	lanes(w, 3, "getrlimit", 0);
	assert_int_equal(NEXT(getrlimit)(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(NEXT(setrlimit)(RLIMIT_NOFILE,
			     &(struct rlimit){ 80, was.rlim_max }),
	    0);
	lanes(w, 3, NULL, 0); /* it is raised */
	assert_int_equal(NEXT(setrlimit)(RLIMIT_NOFILE,
			     &(struct rlimit){ 80, was.rlim_max }),
	    0);
	lanes(w, 3, "setrlimit", 0);
	assert_int_equal(NEXT(setrlimit)(RLIMIT_NOFILE,
			     &(struct rlimit){ 50, was.rlim_max }),
	    0);
	lanes(w, 3, "setrlimit", 0);
	(void)low;
	assert_int_equal(NEXT(setrlimit)(RLIMIT_NOFILE, &was), 0);
}

/* Not one thread: then nobody had a turn, and that is the result. */
static void
test_no_lane(void **state)
{
	struct scene *w = *state;

	w->args.jobs = 2;
	call_arm("pthread_create", 0, 0, -1);
	assert_int_equal(go(w), EC_NOMEM);
	assert_true(call_disarm());
	assert_int_equal(w->fleet.n, 0);
}

/* A store that fails ends it for all, and what was not looked at is not said
 * to be. */
static void
test_store_fails(void **state)
{
	struct scene *w = *state;
	AUTO(buf) struct buf ages = BUF(128);
	static const char *const calls[] = { "each", "meta_get", "lease",
		"load" };

	lend(w);
	for (size_t i = 0; i < COUNT(calls); i++) {
		w->plan = (struct faulty_plan){ .only = calls[i], .ec = EC_IO };
		assert_int_equal(go(w), EC_IO);
		assert_true(w->plan.fired);
		assert_int_equal(w->fleet.n, strcmp(calls[i], "load") == 0);
	}
	assert_int_equal(
	    w->real.meta_get(w->real.ctx, "max-ages", &ages, &w->e), EC_GONE);
	w->plan = (struct faulty_plan){ .only = "meta_set", .ec = EC_DAMAGED };
	assert_int_equal(go(w), EC_DAMAGED);
	assert_true(w->plan.fired);
}

/* One in trouble, and nothing more begins. */
static void
test_stop_after(void **state)
{
	struct scene *w = *state;

	put_config(w, "stop_after: 1\n", 3);
	lend(w);
	put_row(w, "id0", ROT_INTENT, clock_wall(), "no room");
	assert_int_equal(go(w), EC_TEMP);
	assert_int_equal(w->fleet.n, 3);
	assert_int_equal(w->fleet.results[0].ec, EC_TEMP);
	for (size_t i = 1; i < 3; i++) {
		assert_true(w->fleet.results[i].left_out);
		assert_int_equal(w->fleet.results[i].ec, EC_LATER);
		assert_non_null(strstr(w->fleet.results[i].e.what, "trouble"));
	}
}

/* Clients in one file keep their identities out of each other's way. */
static void
test_kin(void **state)
{
	struct scene *w = *state;
	struct fleet_items f
	    __attribute__((cleanup(auto_fleet_items))) = { .n = 0 };
	FILE *out;

	out = fopen(w->config, "we");
	assert_non_null(out);
	(void)fprintf(out,
	    "account: \"123456789012\"\nstate: %s/state\nidentities:\n",
	    w->dir);
	for (int i = 0; i < 4; i++)
		(void)fprintf(out, "- name: id%d\n  regions: [us-east-1]\n", i);
	(void)fputs("clients:\n", out);
	for (int i = 0; i < 4; i++)
		(void)fprintf(out,
		    "- name: c%d\n  identity: id%d\n  type: file\n"
		    "  path: %s/%s\n  format: dotenv\n  username: U%d\n"
		    "  password: P%d\n",
		    i, i, w->dir, i == 2 ? "other" : "one", i, i);
	(void)fclose(out);
	assert_int_equal(fleet_items(&w->app, &f, &w->e), EC_OK);
	assert_int_equal(f.at[0].kin, 0);
	assert_int_equal(f.at[1].kin, 0);
	assert_int_equal(f.at[2].kin, 2);
	assert_int_equal(f.at[3].kin, 0);
}

struct watcher {
	int master;
	struct turns *turns;
	struct fleet_item *item;
	char shown[4096];
};

/* Its turn is over when the line was seen. */
static void *
watch(void *arg)
{
	struct watcher *w = arg;
	size_t n = 0;

	while (n + 1 < sizeof(w->shown) && strstr(w->shown, "/1") == NULL) {
		const ssize_t got =
		    read(w->master, w->shown + n, sizeof(w->shown) - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	turns_done(w->turns, w->item);
	return turns_next(w->turns);
}

/* A line as wide as the terminal, or as 80 columns where nobody knows. */
static void
test_progress(void **state)
{
	struct scene *w = *state;
	FILE *was = w->app.log.to, *to;
	const struct fleet_rules rules = { .free = true };
	struct winsize size = { .ws_col = 100, .ws_row = 25 };
	struct watcher v = { .master =
				 posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };

	assert_true(v.master >= 0);
	assert_int_equal(grantpt(v.master), 0);
	assert_int_equal(unlockpt(v.master), 0);
	to = fopen(ptsname(v.master), "r+e");
	assert_non_null(to);
	log_init(&w->app.log, to, LOG_TERMINAL, LOG_ERR_);
	assert_false(fleet_progress_fits(&w->app.log)); /* it is to be quiet */
	log_init(&w->app.log, was, LOG_TERMINAL, LOG_INFO_);
	assert_false(fleet_progress_fits(&w->app.log)); /* no terminal */
	log_init(&w->app.log, to, LOG_PLAIN, LOG_INFO_);
	assert_false(fleet_progress_fits(&w->app.log));
	log_init(&w->app.log, to, LOG_TERMINAL, LOG_INFO_);
	assert_true(fleet_progress_fits(&w->app.log));
	w->app.log.live = true;
	for (int i = 0; i < 2; i++) {
		const struct identity_conf conf = { .name = "shop" };
		struct fleet_item item = { .conf = &conf, .turn = TURN_WAITS };
		pthread_t t;

		memset(v.shown, 0, sizeof(v.shown));
		assert_int_equal(
		    turns_new(&item, 1, &rules, &v.turns, &w->e), EC_OK);
		v.item = turns_next(v.turns);
		assert_int_equal(pthread_create(&t, NULL, watch, &v), 0);
		fleet_progress(&w->app.log, v.turns);
		assert_int_equal(pthread_join(t, NULL), 0);
		assert_non_null(strstr(v.shown, "0/1"));
		turns_free(v.turns);
		assert_int_equal(ioctl(v.master, TIOCSWINSZ, &size), 0);
	}
	w->app.log.live = false;
	log_init(&w->app.log, was, LOG_PLAIN, LOG_INFO_);
	(void)fclose(to);
	(void)close(v.master);
}

/* ---- waiting ----------------------------------------------------------- */

/* It is tried again until its time is over, and the lease is kept alive. */
static void
test_wait(void **state)
{
	struct scene *w = *state;
	int64_t before = slept_ns;

	put_config(w, "", 1);
	lend(w);
	put_row(w, "id0", ROT_INTENT, clock_wall(), NULL);
	w->args.wait = true;
	w->args.wait_ms = 2 * HOUR;
	assert_int_equal(go(w), EC_TEMP);
	assert_true(slept_ns - before > 0);
	before = slept_ns;
	w->args.wait_ms = 0;
	assert_int_equal(go(w), EC_TEMP);
	assert_true(slept_ns - before < (int64_t)1000000000);
}

/* Somebody else has the lease now: it does not go on. */
static void
test_wait_lost(void **state)
{
	struct scene *w = *state;

	put_config(w, "", 1);
	lend(w);
	put_row(w, "id0", ROT_INTENT, clock_wall(), NULL);
	w->args.wait = true;
	w->args.wait_ms = 2 * HOUR;
	/* the first one is asked for while it sleeps */
	w->plan = (struct faulty_plan){ .only = "fence", .ec = EC_BUSY };
	assert_int_not_equal(go(w), EC_OK);
	assert_true(w->plan.fired);
}

/* No signal came before; from here on there was one, for all that follow. */
void app_on_signal(int sig);

static void
stop_now(void)
{
	app_on_signal(SIGTERM);
}

static void
test_stopped(void **state)
{
	struct scene *w = *state;

	put_config(w, "", 1);
	lend(w);
	put_row(w, "id0", ROT_INTENT, clock_wall(), NULL);
	w->args.wait = true;
	w->args.wait_ms = 2 * HOUR;
	at_sleep = stop_now;
	assert_int_not_equal(go(w), EC_OK);
	at_sleep = NULL;
	assert_true(app_stopped());
	assert_int_equal(w->fleet.n, 1);
	(void)go(w);
	assert_int_equal(w->fleet.n, 0); /* nobody gets a turn any more */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, begin, end)
		cmocka_unit_test(test_graver), cmocka_unit_test(test_troubled),
		T(test_wanted), T(test_nothing_due), T(test_lanes),
		T(test_no_lane), T(test_store_fails), T(test_stop_after),
		T(test_kin), T(test_progress), T(test_wait), T(test_wait_lost),
		T(test_stopped), /* the last one */
	};
	static const char *const vars[][2] = {
		{ "AWS_ENDPOINT_URL", "http://127.0.0.1:9" },
		{ "AWS_ACCESS_KEY_ID", "AKIAOURSOURSOURSOURS" },
		{ "AWS_SECRET_ACCESS_KEY", "OURSECRET" },
		{ "AWS_MAX_ATTEMPTS", "1" },
		{ "AWS_CONFIG_FILE", "/proc/none" },
		{ "AWS_SHARED_CREDENTIALS_FILE", "/proc/none" },
		{ "ROTATE_CONFINE", "no" },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(vars); i++)
		(void)setenv(vars[i][0], vars[i][1], 1);
	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
