/* Two processes: a living owner is respected, a dead one is not waited for, a
 * frozen one cannot commit when it wakes up too late. */
#include <signal.h>
#include <sys/wait.h>

#include "store_world.h"

struct other {
	pid_t pid;
	int ready, go; /* its pipe to us; ours to it */
};

/* The child: takes the lease, says so, waits, commits; its exit code is the
 * class of the last. */
static void
live(const struct conform *c, int ready, int go)
{
	struct store s = { 0 };
	struct rec r = { 0 };
	struct err e = { 0 };
	char byte = 'x';

	if (c->open(c, &s, &e) != EC_OK ||
	    s.lease(s.ctx, T0, TTL, &e) != EC_OK ||
	    s.load(s.ctx, "shop", &r, &e) != EC_OK ||
	    write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(99);
	_exit((int)s.commit(s.ctx, T0 + 1, &r, NULL, &e));
}

static void
start(const struct conform *c, struct other *o)
{
	int ready[2], go[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	o->pid = fork();
	assert_true(o->pid >= 0);
	if (o->pid == 0)
		live(c, ready[1], go[0]);
	(void)close(ready[1]);
	(void)close(go[0]);
	o->ready = ready[0];
	o->go = go[1];
	assert_int_equal(read(o->ready, &byte, 1), 1);
}

static int
ending(struct other *o)
{
	int status;

	assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
	(void)close(o->ready);
	(void)close(o->go);
	return status;
}

static void
let_go(struct other *o, enum ec want)
{
	int status;

	assert_int_equal(write(o->go, "x", 1), 1);
	status = ending(o);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static void
test_alive(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	struct other o;
	char pid[32];

	furnish(*state);
	start(*state, &o);
	reopen(*state, &s);
	WANT(EC_BUSY, s.lease(s.ctx, T0 + 1, TTL, &e));
	(void)snprintf(pid, sizeof(pid), "kill %d ", (int)o.pid);
	assert_non_null(strstr(e.fix, pid));
	let_go(&o, EC_OK);
	assert_loads(&s, "shop", 3, "user");
}

/* Also while nobody has waited for it yet. */
static void
test_killed(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	siginfo_t info;
	struct err e = { 0 };
	struct other o;

	furnish(*state);
	start(*state, &o);
	reopen(*state, &s);
	assert_int_equal(kill(o.pid, SIGKILL), 0);
	assert_int_equal(
	    waitid(P_PID, (id_t)o.pid, &info, WEXITED | WNOWAIT), 0);
	WANT(EC_OK, s.lease(s.ctx, T0 + 1, TTL, &e));
	assert_true(WIFSIGNALED(ending(&o)));
	WANT(EC_OK, s.fence(s.ctx, T0 + 1, &e));
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	keep(&s, &r, "three");
}

/* What it leaves behind does not keep a reader from reading. */
static void
test_killed_read(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	struct other o;

	furnish(c);
	start(c, &o);
	assert_int_equal(kill(o.pid, SIGKILL), 0);
	assert_true(WIFSIGNALED(ending(&o)));
	assert_true(has(c, "rotate.db-wal"));
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_loads(&s, "shop", 2, "user");
	assert_events(&s, NULL, FURNISHED);
	auto_store(&s);
	assert_true(has(c, "rotate.db-wal"));
	leased(c, &s);
	assert_loads(&s, "shop", 2, "user");
}

static void
test_frozen(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	struct other o;
	int status;

	furnish(*state);
	start(*state, &o);
	assert_int_equal(kill(o.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(o.pid, &status, WUNTRACED), o.pid);
	assert_true(WIFSTOPPED(status));
	reopen(*state, &s);
	WANT(EC_BUSY, s.lease(s.ctx, T0 + TTL - 1, TTL, &e));
	WANT(EC_OK, s.lease(s.ctx, T0 + TTL, TTL, &e));
	assert_int_equal(kill(o.pid, SIGCONT), 0);
	let_go(&o, EC_BUSY);
	assert_loads(&s, "shop", 2, "user");
	WANT(EC_OK, s.fence(s.ctx, T0 + TTL, &e));
}

/* The operator's brake works while a rotator runs. */
static void
test_brake(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "stop" };
	struct err e = { 0 };
	struct other o;

	furnish(*state);
	start(*state, &o);
	reopen(*state, &s);
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	WANT(EC_OK, s.hold_get(s.ctx, "mail", &h, &e));
	assert_true(h.held);
	let_go(&o, EC_OK);
}

/* An open transaction of another program is waited for, but not for ever. */
static void
test_locked(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	sqlite3 *db = NULL;
	char path[PATH_MAX];
	struct err e = { 0 };

	furnish(*state);
	leased(*state, &s);
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	in_place(*state, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	WANT(EC_BUSY, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(r.version, 2);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	keep(&s, &r, "three");
}

/* The child of test_births: waits for the start, then writes one event. */
static void
be_born(const struct conform *c, int gate)
{
	struct event ev = { .at = T0, .what = "note" };
	struct store s = { 0 };
	struct err e = { 0 };
	char byte;

	if (read(gate, &byte, 1) != 0)
		_exit(99);
	if (c->open(c, &s, &e) != EC_OK)
		_exit((int)e.ec);
	_exit((int)s.note(s.ctx, &ev, &e));
}

#define BIRTHS 8

/* Many first runs at once make one database, which holds all they wrote. */
static void
births(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	pid_t pid[BIRTHS];
	int gate[2], status;
	struct err e = { 0 };

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	for (size_t i = 0; i < BIRTHS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			(void)close(gate[1]);
			be_born(c, gate[0]);
		}
	}
	(void)close(gate[0]);
	(void)close(gate[1]);
	for (size_t i = 0; i < BIRTHS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	reopen(c, &s);
	WANT(EC_OK, s.history(s.ctx, NULL, add_event, &b, &e));
	assert_non_null(strstr(buf_str(&b), "8  note"));
}

static void
test_births(void **state)
{
	struct conform c = *(struct conform *)*state;
	char home[2048];

	(void)snprintf(home, sizeof(home), "%.2000s", c.place);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(c.place, sizeof(c.place), "%.2000s%d", home, i);
		births(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_alive),
		T(test_killed),
		T(test_killed_read),
		T(test_frozen),
		T(test_brake),
		T(test_locked),
		T(test_births),
	};

	return cmocka_run_group_tests_name("store two", tests, NULL, NULL);
}
