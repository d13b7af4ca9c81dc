/* roster: `rotate status` says the same with and without reading the
 * configuration, byte for byte, and reads it when anything differs that the
 * kept names were drawn from. */
#include "unread_scene.h"

#include <sqlite3.h>

#include "rotator/roster.h"
#include "rotator/store_move.h"
#include "rotator/store_open.h"

extern const struct command cmd_status;

/* ---- a fleet in all states --------------------------------------------- */

#define TEXT(a, s) (void)snprintf(a, sizeof(a), "%s", s)

static void
put_rec(struct store *s, struct rec *r)
{
	struct err e;

	assert_int_equal(s->commit(s->ctx, clock_wall(), r, NULL, &e), EC_OK);
	rec_free(r);
}

static void
add_client(struct rec *r, const char *name, enum client_state state)
{
	struct rec_client *c = NULL;
	struct err e;

	assert_int_equal(rec_client_add(r, name, &c, &e), EC_OK);
	c->state = state;
}

static const char *const fleet_names[] = { "zoe", "idle", "first", "never",
	"pushing", "asked", "confirmed", "blocked", "odd", "held", "held-new",
	"waits", "back", "second" };

static void
fill_moving(struct store *s, int64_t now)
{
	struct rec r;
	struct err e;

	rec_init(&r, "pushing");
	r.state = ROT_PUSHING;
	TEXT(r.old.id, "AKIAOLD");
	TEXT(r.new.id, "AKIANEW");
	r.new.created = now - 3 * HOUR;
	r.next_at = now - 1;
	put_rec(s, &r);
	rec_init(&r, "asked");
	r.state = ROT_PUSHING;
	TEXT(r.new.id, "AKIAASKED");
	add_client(&r, "gmail", CL_ASKED);
	add_client(&r, "web", CL_VERIFIED);
	put_rec(s, &r);
	rec_init(&r, "confirmed");
	TEXT(r.new.id, "AKIASAID");
	add_client(&r, "outlook", CL_ASKED);
	put_rec(s, &r);
	assert_int_equal(
	    s->confirm_set(s->ctx, "outlook", "AKIASAID", now, "ann", &e),
	    EC_OK);
	rec_init(&r, "back");
	r.state = ROT_RB;
	r.next_at = now + 3 * DAY;
	put_rec(s, &r);
}

static void
fill_stuck(struct store *s, int64_t now)
{
	struct rec r;

	rec_init(&r, "blocked");
	r.state = ROT_BLOCKED;
	r.resume = ROT_GRACE;
	TEXT(r.alarm, "a key that is not ours");
	TEXT(r.alarm_fix, "rotate release blocked");
	r.next_at = now + DAY;
	put_rec(s, &r);
	rec_init(&r, "odd"); /* what the quick reader leaves to the other */
	r.state = ROT_BLOCKED;
	TEXT(r.alarm, "it said \"no\\yes\"\x1b[31m\n\xff");
	put_rec(s, &r);
	rec_init(&r, "waits");
	r.state = ROT_GRACE;
	r.next_at = now + 9 * DAY;
	TEXT(r.waiting,
	    "h\xc3\xbc"
	    "bsch \"quoted\" until the window opens");
	put_rec(s, &r);
	rec_init(&r, "held");
	r.old.created = now - 97 * DAY;
	TEXT(r.old.id, "AKIAHELD");
	put_rec(s, &r);
	rec_init(&r, "stranger"); /* who left the configuration */
	r.state = ROT_BLOCKED;
	put_rec(s, &r);
}

static void
fill(const struct scene *w)
{
	const struct hold h = { .held = true, .by = "ann", .reason = "so" };
	AUTO(store) struct store s = { 0 };
	const int64_t now = clock_wall();
	struct err e;

	open_store(w, &s);
	put_row(&s, "zoe", ROT_IDLE, now + 30 * DAY);
	put_row(&s, "idle", ROT_IDLE, now + 400 * DAY);
	fill_stuck(&s, now);
	fill_moving(&s, now);
	assert_int_equal(s.hold_set(s.ctx, "held", &h, &e), EC_OK);
	assert_int_equal(s.hold_set(s.ctx, "held-new", &h, &e), EC_OK);
	assert_int_equal(s.hold_set(s.ctx, "stranger", &h, &e), EC_OK);
	s.unlease(s.ctx);
}

static int
begin_fleet(void **state)
{
	AUTO(buf) struct buf b = BUF(8192);
	struct scene *w;
	struct err e;

	if (begin(state) != 0)
		return -1;
	w = *state;
	assert_int_equal(buf_adds(&b, "identities:\n", &e), EC_OK);
	for (size_t i = 0; i < COUNT(fleet_names); i++)
		if (strcmp(fleet_names[i], "first") != 0)
			assert_int_equal(
			    buf_addf(&b, &e,
				"- { name: %s, regions: [us-east-1] }\n",
				fleet_names[i]),
			    EC_OK);
	put(w, "clients.d/more.yaml", buf_str(&b));
	fill(w);
	return 0;
}

/* ---- both ways --------------------------------------------------------- */

struct said {
	struct buf out;
	enum ec ec;
	struct err e;
	bool read; /* the configuration */
};

static void
auto_said(struct said *s)
{
	buf_free(&s->out);
}
#define SAID                                                                   \
	{                                                                      \
		.out = BUF((size_t)1024 * 1024)                                \
	}

/* What the command prints, from a file in the place of stdout. */
static void
status(struct scene *w, struct said *ret)
{
	char path[256];
	int kept, fd;
	struct err e;

	memset(&ret->e, 0, sizeof(ret->e));
	(void)fflush(stdout);
	kept = dup(STDOUT_FILENO);
	fd = open(
	    at(w, "said", path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(kept >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	ret->ec = cmd_status.run(&w->app, &ret->e);
	(void)fflush(stdout);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(kept);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buf_read(&ret->out, fd, &e), EC_OK);
	(void)close(fd);
	(void)unlink(path);
	ret->read = w->app.config != NULL;
	close_app(w);
}

/* As a run that has read the configuration when its files were old. */
static enum ec
keep_at(struct scene *w, int64_t now, struct err *e)
{
	struct unread seen;
	enum ec ec;

	unread_look(w->args.config, now, &seen);
	assert_int_equal(app_store(&w->app, STORE_RW, e), EC_OK);
	ec = roster_keep(&w->app, &seen, e);
	close_app(w);
	return ec;
}

static void
settle(struct scene *w)
{
	struct err e;

	assert_int_equal(keep_at(w, w->now, &e), EC_OK);
}

static void
forget(struct scene *w)
{
	AUTO(store) struct store s = { 0 };
	struct err e;

	open_store(w, &s);
	assert_int_equal(s.meta_set(s.ctx, ROSTER_KEY, "", &e), EC_OK);
	s.unlease(s.ctx);
}

static bool
is_quick(struct scene *w)
{
	AUTO(said) struct said s = SAID;

	status(w, &s);
	assert_int_equal(s.ec, EC_OK);
	return !s.read;
}

/* The same words, the same result, the same error; kept ends as it began. */
static void
assert_same_words(struct scene *w, bool quick)
{
	AUTO(said) struct said fast = SAID;
	AUTO(said) struct said full = SAID;

	settle(w);
	status(w, &fast);
	if (fast.read == quick)
		print_error("%s\n%s\n", quick ? "read" : "not read",
		    buf_str(&fast.out));
	assert_int_equal(fast.read, !quick);
	forget(w);
	status(w, &full);
	assert_true(full.read);
	assert_int_equal(fast.ec, full.ec);
	if (full.ec != EC_OK) {
		assert_string_equal(fast.e.what, full.e.what);
		assert_string_equal(fast.e.fix, full.e.fix);
	}
	assert_string_equal(buf_str(&fast.out), buf_str(&full.out));
}

static void
test_all_states(void **state)
{
	AUTO(said) struct said s = SAID;
	struct scene *w = *state;
	const char *p;

	assert_same_words(w, true);
	status(w, &s);
	assert_int_equal(s.ec, EC_OK);
	p = buf_str(&s.out);
	assert_non_null(strstr(p, "\nfirst "));
	/* in the order of the configuration: the main file comes first */
	assert_true(strstr(p, "\nfirst ") < strstr(p, "\nzoe "));
	for (size_t i = 3; i < COUNT(fleet_names); i++) {
		char row[80];

		(void)snprintf(row, sizeof(row), "\n%s ", fleet_names[i]);
		p = strstr(p, row);
		assert_non_null(p);
	}
	assert_null(strstr(buf_str(&s.out), "stranger"));
	assert_non_null(strstr(buf_str(&s.out), "held by ann: so"));
	assert_non_null(strstr(buf_str(&s.out), "\\x1b[31m"));
	assert_non_null(strstr(buf_str(&s.out), "outlook is confirmed"));
	assert_non_null(strstr(buf_str(&s.out), "rotate show-once gmail"));
}

static void
test_named(void **state)
{
	struct scene *w = *state;

	w->args.identities[0] = "waits";
	w->args.identities[1] = "blocked";
	w->args.identities[2] = "waits";
	assert_same_words(w, true);
	w->args.identities[1] = "nobody";
	assert_same_words(w, false);
	w->args.identities[0] = "stranger";
	w->args.identities[1] = NULL;
	w->args.identities[2] = NULL;
	assert_same_words(w, false);
}

/* What needs more than names. */
static void
test_other_words(void **state)
{
	struct scene *w = *state;
	const char *words[] = { "waits" };

	w->args.json = true;
	assert_same_words(w, false);
	w->args.json = false;
	w->args.words = words;
	w->args.n_words = 1;
	assert_same_words(w, false);
	w->args.json = true;
	assert_same_words(w, false);
}

/* One sees it before the other, both at last. */
static void
test_damaged_record(void **state)
{
	static const char *const sql[] = {
		"UPDATE identity SET body=replace(body,'GRACE','DONE')",
		"DELETE FROM identity WHERE name='waits'",
		"DELETE FROM hold WHERE identity='held-new'",
	};
	(void)state;

	for (size_t i = 0; i < COUNT(sql); i++) {
		char path[256];
		sqlite3 *db = NULL;
		struct scene *w;
		void *made = NULL;

		assert_int_equal(begin_fleet(&made), 0);
		w = made;
		settle(w);
		assert_int_equal(
		    sqlite3_open(at(w, "state/rotate.db", path), &db),
		    SQLITE_OK);
		assert_int_equal(
		    sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		for (int json = 0; json < 2; json++) {
			AUTO(said) struct said s = SAID;

			w->args.json = json == 1;
			status(w, &s);
			assert_int_equal(s.read, json == 1);
			assert_int_equal(s.ec, EC_DAMAGED);
			assert_string_equal(buf_str(&s.out), "");
		}
		assert_int_equal(end(&made), 0);
	}
}

/* ---- what it is drawn from --------------------------------------------- */

/* Never an answer that was not read from what is there now. */
static void
ends_knowing(const struct change *c)
{
	AUTO(said) struct said s = SAID;
	struct scene *w;
	void *made = NULL;

	assert_int_equal(begin(&made), 0);
	w = made;
	settle(w);
	assert_true(is_quick(w));
	c->change(w);
	status(w, &s);
	if (s.ec == EC_OK && !s.read)
		print_error("not read after: %s\n", c->name);
	assert_true(s.ec != EC_OK || s.read);
	assert_int_equal(end(&made), 0);
}

static void
change_to_nonsense(struct scene *w)
{
	put(w, "clients.d/more.yaml", "identities: [ { nome: x } ]\n");
}

/* The same files beside another main file of the same name: the directory
 * tells. */
static void
change_directory(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(mkdir(at(w, "b", to), 0755), 0);
	assert_int_equal(
	    link(at(w, "rotate.yaml", from), at(w, "b/rotate.yaml", to)), 0);
	(void)snprintf(
	    w->config, sizeof(w->config), "%s/b/rotate.yaml", w->dir);
}

static void
change_name(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(
	    link(at(w, "rotate.yaml", from), at(w, "b.yaml", to)), 0);
	(void)snprintf(w->config, sizeof(w->config), "%s/b.yaml", w->dir);
}

static void
change_moved(struct scene *w)
{
	AUTO(store) struct store s = { 0 };
	struct err e;

	open_store(w, &s);
	assert_int_equal(
	    s.meta_set(s.ctx, STORE_MOVED, "to elsewhere", &e), EC_OK);
}

static void
change_store_mode(struct scene *w)
{
	char path[256];

	assert_int_equal(chmod(at(w, "state", path), 0755), 0);
}

static void
change_no_store(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(rename(at(w, "state", from), at(w, "gone", to)), 0);
}

static void
change_value(struct scene *w, size_t at_byte, char to)
{
	AUTO(buf) struct buf value = BUF(4096);
	AUTO(store) struct store s = { 0 };
	struct err e;

	open_store(w, &s);
	assert_int_equal(s.meta_get(s.ctx, ROSTER_KEY, &value, &e), EC_OK);
	assert_true(at_byte < value.len && value.p[at_byte] != to);
	value.p[at_byte] = to;
	assert_int_equal(s.meta_set(s.ctx, ROSTER_KEY, value.p, &e), EC_OK);
}

static void
change_kept_sum(struct scene *w)
{
	change_value(w, 63, 'x');
}

static void
change_kept_line(struct scene *w)
{
	change_value(w, 64, ' ');
}

static void
change_kept_name(struct scene *w)
{
	change_value(w, 65, 'F');
}

static void
change_kept_end(struct scene *w)
{
	change_value(w, 65, '\0');
}

static const struct change other_changes[] = {
	{ "nonsense", change_to_nonsense },
	{ "another directory", change_directory },
	{ "another name", change_name },
	{ "moved", change_moved },
	{ "mode of the store", change_store_mode },
	{ "no store", change_no_store },
	{ "kept sum", change_kept_sum },
	{ "kept line", change_kept_line },
	{ "kept name", change_kept_name },
	{ "kept end", change_kept_end },
	{ "forgotten", forget },
};

static void
test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(file_changes); i++)
		ends_knowing(&file_changes[i]);
	for (size_t i = 0; i < COUNT(other_changes); i++)
		ends_knowing(&other_changes[i]);
}

/* These change rows and not names: still quick, and shown. */
static void
test_rows_change(void **state)
{
	AUTO(said) struct said s = SAID;
	struct scene *w = *state;

	settle(w);
	rows(w, ROT_GRACE, w->now + 30 * DAY, w->now + 20 * DAY);
	status(w, &s);
	assert_false(s.read);
	assert_non_null(strstr(buf_str(&s.out), "\nsecond    GRACE"));
	assert_same_words(w, true);
}

static void
test_young_file(void **state)
{
	struct scene *w = *state;
	struct stat st;
	int64_t changed;
	struct err e;

	assert_int_equal(stat(w->config, &st), 0);
	changed =
	    (int64_t)st.st_ctim.tv_sec * 1000 + st.st_ctim.tv_nsec / 1000000;
	assert_int_equal(keep_at(w, changed + UNREAD_GRAIN_MS - 1, &e), EC_OK);
	assert_false(is_quick(w));
	assert_int_equal(keep_at(w, changed + 2 * UNREAD_GRAIN_MS, &e), EC_OK);
	assert_true(is_quick(w));
}

/* Beside a writer it is read through his log. */
static void
test_writer(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct scene *w = *state;

	settle(w);
	open_store(w, &s);
	put_row(&s, "second", ROT_DONE, w->now);
	assert_true(is_quick(w));
	s.unlease(s.ctx);
}

/* Once is enough: a run with nothing to do writes nothing. */
static void
test_kept_once(void **state)
{
	struct scene *w = *state;
	struct stat before, after;
	char path[256];

	settle(w);
	assert_int_equal(stat(at(w, "state/rotate.db", path), &before), 0);
	settle(w);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_equal(
	    &before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	put(w, "clients.d/more.yaml",
	    EXTRA "- name: third\n  regions: [us-east-1]\n");
	settle(w);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_not_equal(
	    &before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	assert_true(is_quick(w));
}

/* Of a configuration whose store is a service. */
static void
test_service(void **state)
{
	AUTO(buf) struct buf value = BUF(4096);
	struct scene *w = *state;
	struct unread seen;
	char text[600];
	struct err e;

	(void)snprintf(text, sizeof(text),
	    "account: \"123456789012\"\nstate: %s/state\n"
	    "store: { kind: dynamodb, table: some-table, region: us-east-1 }\n"
	    "identities:\n- name: first\n  regions: [us-east-1]\n",
	    w->dir);
	put(w, "rotate.yaml", text);
	unread_look(w->args.config, w->now, &seen);
	assert_true(unread_lasts(&seen));
	assert_int_equal(app_config(&w->app, &e), EC_OK);
	open_store(w, &w->app.store); /* whatever it is */
	assert_int_equal(roster_keep(&w->app, &seen, &e), EC_OK);
	assert_int_equal(
	    w->app.store.meta_get(w->app.store.ctx, ROSTER_KEY, &value, &e),
	    EC_GONE);
	close_app(w);
}

/* Nothing to keep it in, or nothing that was read. */
static void
test_nothing_open(void **state)
{
	struct scene *w = *state;
	struct unread seen;
	struct err e;

	unread_look(w->args.config, w->now, &seen);
	assert_int_equal(roster_keep(&w->app, &seen, &e), EC_OK);
	assert_int_equal(app_config(&w->app, &e), EC_OK);
	assert_int_equal(roster_keep(&w->app, &seen, &e), EC_OK);
	assert_int_equal(app_store(&w->app, STORE_RO, &e), EC_OK);
	assert_int_equal(roster_keep(&w->app, &seen, &e), EC_DENIED);
	seen.seen = false;
	assert_int_equal(roster_keep(&w->app, &seen, &e), EC_OK);
	close_app(w);
	assert_false(is_quick(w));
}

/* The guess of where the state is leads to a copy: not believed. */
static void
test_wrong_guess(void **state)
{
	struct scene *w = *state;
	char text[600], to[256], from[256];

	settle(w);
	(void)snprintf(text, sizeof(text),
	    "account: \"123456789012\"\nalarm: [ /bin/true, \"\n"
	    "state: %s/other\n\"]\n\"state\": %s/state\nidentities:\n"
	    "- name: first\n  regions: [us-east-1]\n",
	    w->dir, w->dir);
	put(w, "rotate.yaml", text);
	settle(w);
	assert_false(is_quick(w));
	assert_int_equal(mkdir(at(w, "other", to), 0700), 0);
	(void)snprintf(text, sizeof(text), "cp -p %s %s",
	    at(w, "state/rotate.db", from), at(w, "other/rotate.db", to));
	assert_int_equal(system(text), 0);
	assert_false(is_quick(w));
}

/* ---- the digest -------------------------------------------------------- */

/* The same code in a program of another version. */
void other_look(const char *path, int64_t now, struct unread *ret);
bool other_lasts(const struct unread *u);
enum ec other_sum(const struct unread *u, const char *state, const char *more,
    char ret[UNREAD_SUM], struct err *e);

#undef VERSION
#define VERSION      "another"
#define unread_look  other_look
#define unread_lasts other_lasts
#define unread_sum   other_sum
#include "rotator/unread.c"
#undef unread_look
#undef unread_lasts
#undef unread_sum

static void
test_digest(void **state)
{
	char sum[UNREAD_SUM], other[UNREAD_SUM];
	struct scene *w = *state;
	struct unread seen, same;
	struct err e;

	unread_look(w->config, w->now, &seen);
	other_look(w->config, w->now, &same);
	assert_memory_equal(&seen, &same, sizeof(seen));
	assert_true(other_lasts(&same));
	assert_int_equal(unread_sum(&seen, "/s", "more", sum, &e), EC_OK);
	assert_int_equal(unread_sum(&seen, "/s", "more", other, &e), EC_OK);
	assert_string_equal(sum, other);
	assert_int_equal(other_sum(&seen, "/s", "more", other, &e), EC_OK);
	assert_string_not_equal(sum, other); /* another version */
	assert_int_equal(unread_sum(&seen, "/t", "more", other, &e), EC_OK);
	assert_string_not_equal(sum, other);
	assert_int_equal(unread_sum(&seen, "/s", "less", other, &e), EC_OK);
	assert_string_not_equal(sum, other);
	seen.files[0] = seen.files[0] == '0' ? '1' : '0';
	assert_int_equal(unread_sum(&seen, "/s", "more", other, &e), EC_OK);
	assert_string_not_equal(sum, other);
}

/* A configuration may be refused of one user that is taken of another. */
static void
test_other_user(void **state)
{
	char sum[UNREAD_SUM], other[UNREAD_SUM];
	struct scene *w = *state;
	struct unread seen;
	struct err e;

	if (geteuid() != 0)
		skip();
	unread_look(w->config, w->now, &seen);
	assert_int_equal(unread_sum(&seen, "/s", "more", sum, &e), EC_OK);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(unread_sum(&seen, "/s", "more", other, &e), EC_OK);
	assert_int_equal(seteuid(0), 0);
	assert_string_not_equal(sum, other);
}

/* What is no file is not read to look for a word in it. */
static void
test_no_file(void **state)
{
	AUTO(buf) struct buf b = BUF(256);
	struct scene *w = *state;
	char path[256];
	struct err e;

	assert_int_equal(config_state_guess("/dev/zero", &b, &e), EC_CONFIG);
	assert_int_equal(mkfifo(at(w, "pipe", path), 0600), 0);
	assert_int_equal(config_state_guess(path, &b, &e), EC_CONFIG);
	assert_int_equal(config_state_guess(w->dir, &b, &e), EC_CONFIG);
	assert_int_equal(
	    config_state_guess(at(w, "none", path), &b, &e), EC_GONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t)     cmocka_unit_test_setup_teardown(t, begin, end)
#define FLEET(t) cmocka_unit_test_setup_teardown(t, begin_fleet, end)
		FLEET(test_all_states),
		FLEET(test_named),
		FLEET(test_other_words),
		cmocka_unit_test(test_damaged_record),
		cmocka_unit_test(test_changes),
		T(test_rows_change),
		T(test_young_file),
		T(test_writer),
		T(test_kept_once),
		T(test_service),
		T(test_nothing_open),
		T(test_wrong_guess),
		T(test_digest),
		T(test_other_user),
		T(test_no_file),
	};

	return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
