/*
 * The file driver beyond two keys in one file: joint values, URLs, two files,
 * in place, the immutable flag, owner and group; which options go together.
 */
#include "client_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pwd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern const struct client_driver drv_file;

#define CODE2 "BH0123456789%2F%2B%2F%2B%2F%2Bzyxwvutsrqponmlkjihgfedcba"

static void
set(struct fixture *fx, const char *key, const char *value)
{
	assert_int_equal(fixture_set(fx, key, value, NULL), EC_OK);
}

/* A list of name, value, ..., NULL; "@x" is the file x of the fixture. */
static void
open_with(struct fixture *fx, const char *const *options)
{
	fixture_open(fx, &drv_file);
	for (; *options != NULL; options += 2)
		set(fx, options[0],
		    options[1][0] == '@' ? fixture_path(fx, options[1] + 1)
					 : options[1]);
}

#define OPEN(fx, ...)                                                          \
	open_with((fx), (const char *const[]){ __VA_ARGS__, NULL })

static enum ec
check(struct fixture *fx)
{
	return drv_file.check(&fx->c, &fx->e);
}

static enum ec
plan(struct fixture *fx, struct client_plan *p)
{
	return drv_file.plan(&fx->c, p, &fx->e);
}

static void
planned(struct fixture *fx, const char *change, const char *warning)
{
	struct client_plan p = { .change = "" };

	if (plan(fx, &p) != EC_OK)
		print_error("%s\n", fx->e.what);
	if (strstr(p.change, change) == NULL)
		print_error("%s\n", p.change);
	if (strstr(p.warning, warning) == NULL)
		print_error("%s\n", p.warning);
	assert_non_null(strstr(p.change, change));
	assert_non_null(strstr(p.warning, warning));
}

static void
joint(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	OPEN(&fx, "path", "@map", "format", "sasl_passwd", "key", "[mail]:587");
	assert_int_equal(check(&fx), EC_OK);
	fixture_put(&fx, "map", "# x\n[mail]:587 " USER1 ":" PASS1 "\nb c:d\n");
	planned(&fx, "set the pair of [mail]:587 in /", "without activate");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(
	    &fx, "map", "# x\n[mail]:587 " USER2 ":" PASS2 "\nb c:d\n");
	fixture_reads(&fx, USER2, PASS2);
	/* The first joint ends the user name. */
	fixture_put(&fx, "map", "[mail]:587 user:pass:word\n");
	fixture_reads(&fx, "user", "pass:word");
	fixture_put(&fx, "map", "[mail]:587 user\n");
	fixture_reads(&fx, "user", "");
	fixture_put(&fx, "map", "[other]:587 user:x\n");
	fixture_reads(&fx, "", "");
	assert_int_equal(plan(&fx, &p), EC_GONE);
	set(&fx, "create", "true");
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(
	    &fx, "map", "[other]:587 user:x\n[mail]:587 " USER2 ":" PASS2 "\n");
	fixture_close(&fx);
}

/* create: true is no advice where it is no option. */
static void
a_key_that_only_a_person_can_add(void **state)
{
	static const struct {
		const char *format, *text;
		bool by_hand;
	} rows[] = {
		{ "json", "{\"smtp\":{}}", true },
		{ "yaml", "smtp: {}\n", true },
		{ "toml", "[smtp]\n", true },
		{ "php", "<?php\n$smtp = [];\n", true },
		{ "xml", "<smtp><x>1</x></smtp>", true },
		{ "ini", "[smtp]\n", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_plan p;
		struct fixture fx;

		OPEN(&fx, "path", "@f", "format", rows[i].format, "username",
		    "smtp.user", "password", "smtp.pass");
		fixture_put(&fx, "f", rows[i].text);
		if (plan(&fx, &p) != EC_GONE)
			fail_msg("%s: %s", rows[i].format, fx.e.what);
		assert_non_null(strstr(fx.e.fix, "add smtp.user to it"));
		assert_true(
		    (strstr(fx.e.fix, "by hand") != NULL) == rows[i].by_hand);
		assert_true((strstr(fx.e.fix, "create: true") == NULL) ==
		    rows[i].by_hand);
		fixture_close(&fx);
	}
}

static void
dsn(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;

	(void)state;
	OPEN(&fx, "path", "@env", "format", "dotenv", "key", "MAILER_DSN",
	    "dsn", "true");
	assert_int_equal(check(&fx), EC_OK);
	fixture_put(&fx, "env",
	    "A=1\nMAILER_DSN=\"smtp://u:p%2F@mail:587/?x=1\" # k\nB=2\n");
	planned(&fx, "set the pair in the URL of MAILER_DSN in /", "");
	fixture_reads(&fx, "u", "p/");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "env",
	    "A=1\nMAILER_DSN=\"smtp://" USER2 ":" CODE2
	    "@mail:587/?x=1\" # k\nB=2\n");
	fixture_reads(&fx, USER2, PASS2);
	fixture_put(&fx, "env", "A=1\nMAILER_DSN=smtp://u:p/q@mail\n");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	fixture_told(&fx, "env:2:12: MAILER_DSN: byte 13 of the URL");
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_CONFLICT);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFLICT);
	fixture_put(&fx, "env", "MAILER_DSN=\n");
	fixture_reads(&fx, "", "");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	assert_non_null(strstr(fx.e.fix, "smtp://HOST:PORT"));
	fixture_put(&fx, "env", "A=1\n");
	fixture_reads(&fx, "", "");
	assert_int_equal(plan(&fx, &p), EC_GONE);
	assert_non_null(strstr(fx.e.fix, "MAILER_DSN"));
	set(&fx, "create", "true");
	assert_int_equal(check(&fx), EC_CONFIG);
	fixture_close(&fx);
}

static void
open_two(struct fixture *fx)
{
	OPEN(fx, "path", "@pass", "username_path", "@user", "format", "dotenv",
	    "username", "U", "password", "P");
	assert_int_equal(check(fx), EC_OK);
	fixture_put(fx, "user", "U=" USER1 "\nX=1\n");
	fixture_put(fx, "pass", "Y=1\nP=" PASS1 "\n");
}

static void
two_files(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;

	(void)state;
	open_two(&fx);
	planned(&fx, "set first P in /", "mixed pair");
	planned(&fx, "/user", "after activate");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "user", "U=" USER2 "\nX=1\n");
	fixture_expect(&fx, "pass", "Y=1\nP=" PASS2 "\n");
	fixture_reads(&fx, USER2, PASS2);
	/* Nothing happens to the one when the other is not as it should be. */
	fixture_put(&fx, "user", "U=a\nU=b\n");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	fixture_told(&fx, "/user:2:3");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFLICT);
	fixture_expect(&fx, "pass", "Y=1\nP=" PASS2 "\n");
	assert_int_equal(unlink(fixture_path(&fx, "user")), 0);
	assert_int_equal(plan(&fx, &p), EC_GONE);
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_GONE);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	fixture_expect(&fx, "pass", "Y=1\nP=" PASS2 "\n");
	set(&fx, "create", "true");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(&fx, "user", "U=" USER1 "\n");
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

/* The second file cannot be changed after all: the first is put back. */
static struct fixture *meddled;
static unsigned renames, meddle_at;

int
renameat2(int a, const char *s, int b, const char *t, unsigned flags)
{
	if (meddled != NULL && ++renames == meddle_at)
		fixture_put(meddled, "user", "U=theirs\n");
	return (int)syscall(SYS_renameat2, a, s, b, t, flags);
}

static void
two_files_step_back(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx);
	meddled = &fx;
	renames = 0;
	meddle_at = 1;
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFLICT);
	meddled = NULL;
	assert_int_equal(renames, 2);
	fixture_expect(&fx, "pass", "Y=1\nP=" PASS1 "\n");
	fixture_expect(&fx, "user", "U=theirs\n");
	fixture_close(&fx);
}

/* A crash between the two: everybody still sees the old user name, and the
 * next write ends it. */
static void
two_files_half(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx);
	fixture_put(&fx, "pass", "Y=1\nP=" PASS2 "\n");
	fixture_reads(&fx, USER1, PASS2);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
in_place(void **state)
{
	struct fixture fx;
	struct stat a, b;

	(void)state;
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "U",
	    "password", "P", "in_place", "true");
	assert_int_equal(check(&fx), EC_OK);
	fixture_put(&fx, "env", "U=a\nP=b\n");
	assert_int_equal(stat(fixture_path(&fx, "env"), &a), 0);
	planned(&fx, ", in place", "at that very moment");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(stat(fixture_path(&fx, "env"), &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	fixture_reads(&fx, USER2, PASS2);
	set(&fx, "undo_dir", fixture_path(&fx, "keep"));
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	assert_int_equal(mkdir(fixture_path(&fx, "keep"), 0700), 0);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_int_equal(rmdir(fixture_path(&fx, "keep")), 0);
	set(&fx, "in_place", "false");
	assert_int_equal(check(&fx), EC_CONFIG);
	fixture_close(&fx);
}

/* A process that dies in the midst of a write; or at its end. */
static bool mortal, last_words;

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	const bool last = mortal && !last_words && n > 30;
	const ssize_t done =
	    (ssize_t)syscall(SYS_pwrite64, fd, p, last ? 30 : n, at);

	if (last)
		_exit(9);
	return done;
}

int
unlinkat(int dir, const char *name, int flags)
{
	if (mortal && strstr(name, "-undo") != NULL)
		_exit(9);
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

static void
cut_off(struct fixture *fx)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		mortal = true;
		(void)fixture_write(fx, USER2, PASS2);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
}

static void
in_place_cut_off(void **state)
{
	static const char old[] = "SMTP_U=" USER1 "\nP=" PASS1 "\n";
	static const char torn[] = "SMTP_U=" USER2 "\nP=" PASS1 "\n";
	struct fixture fx;

	(void)state;
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "SMTP_U",
	    "password", "P", "in_place", "true", "undo_dir", "@keep");
	assert_int_equal(mkdir(fixture_path(&fx, "keep"), 0700), 0);
	fixture_put(&fx, "env", old);
	cut_off(&fx);
	fixture_expect(&fx, "env", torn);
	/* A look changes nothing. */
	planned(&fx, "set SMTP_U and P", "was cut off");
	fixture_reads(&fx, USER1, "");
	fixture_expect(&fx, "env", torn);
	fixture_reads(&fx, USER1, "");
	/* Back to the old pair: that is a write, too. */
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(&fx, "env", old);
	fixture_reads(&fx, USER1, PASS1);
	cut_off(&fx);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_equal(rmdir(fixture_path(&fx, "keep")), 0);
	fixture_close(&fx);
}

/* All is written but the record, with both pairs, is still there. */
static void
in_place_record_left(void **state)
{
	struct fixture fx;

	(void)state;
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "SMTP_U",
	    "password", "P", "in_place", "true", "undo_dir", "@keep");
	assert_int_equal(mkdir(fixture_path(&fx, "keep"), 0700), 0);
	fixture_put(&fx, "env", "SMTP_U=" USER1 "\nP=" PASS1 "\n");
	last_words = true;
	cut_off(&fx);
	last_words = false;
	fixture_expect(&fx, "env", "SMTP_U=" USER2 "\nP=" PASS2 "\n");
	planned(&fx, "set SMTP_U and P", "was cut off");
	fixture_reads(&fx, USER2, "");
	assert_int_not_equal(rmdir(fixture_path(&fx, "keep")), 0);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_equal(rmdir(fixture_path(&fx, "keep")), 0);
	fixture_close(&fx);
}

static void
mounted_file(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	if (geteuid() != 0)
		skip();
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "U",
	    "password", "P");
	fixture_put(&fx, "env", "");
	fixture_put(&fx, "real", "U=a\nP=b\n");
	assert_int_equal(mkdir(fixture_path(&fx, "keep"), 0700), 0);
	assert_int_equal(mount(fixture_path(&fx, "real"),
			     fixture_path(&fx, "env"), NULL, MS_BIND, NULL),
	    0);
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "in_place: true"));
	set(&fx, "in_place", "true");
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "undo_dir"));
	set(&fx, "undo_dir", fixture_path(&fx, "keep"));
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "real", "U=" USER2 "\nP=" PASS2 "\n");
	assert_int_equal(umount(fixture_path(&fx, "env")), 0);
	fixture_close(&fx);
}

/* A tmpfs has them since Linux 6.6. */
static bool
has_flags(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = 0;
	const bool has = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

	assert_int_equal(close(fd), 0);
	return has;
}

static bool
immutable(const char *path, int change)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = 0;

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
	if (change >= 0) {
		flags = (flags & ~FS_IMMUTABLE_FL) | change;
		assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
	}
	assert_int_equal(close(fd), 0);
	return (flags & FS_IMMUTABLE_FL) != 0;
}

static void
immutable_file(void **state)
{
	struct fixture fx;
	struct client_plan p;
	const char *env;

	(void)state;
	if (geteuid() != 0)
		skip();
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "U",
	    "password", "P");
	fixture_put(&fx, "env", "");
	if (!has_flags(fixture_path(&fx, "env")))
		assert_int_equal(
		    mount("none", fx.dir, "tmpfs", MS_NOSUID, "mode=755"), 0);
	fixture_put(&fx, "env", "U=a\nP=b\n");
	env = fixture_path(&fx, "env");
	assert_true(immutable(env, FS_IMMUTABLE_FL));
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "immutable: true"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFIG);
	set(&fx, "immutable", "true");
	planned(&fx, "clear its immutable flag", "");
	assert_true(immutable(fixture_path(&fx, "env"), -1));
	fixture_reads(&fx, "a", "b");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_true(immutable(fixture_path(&fx, "env"), -1));
	fixture_reads(&fx, USER2, PASS2);
	assert_false(immutable(fixture_path(&fx, "env"), 0));
	(void)umount2(fx.dir, MNT_DETACH);
	fixture_close(&fx);
}

static void
owner_and_group(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "U",
	    "password", "P", "owner", "nobody", "group", "12346");
	assert_int_equal(check(&fx), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "create: true"));
	set(&fx, "create", "true");
	set(&fx, "mode", "0440");
	assert_int_equal(check(&fx), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(stat(fixture_path(&fx, "env"), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 12346);
	assert_int_equal(st.st_mode & 07777, 0440);
	set(&fx, "owner", "no-such-user");
	assert_int_equal(check(&fx), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	assert_non_null(strstr(fx.e.what, "no-such-user"));
	set(&fx, "owner", "0");
	set(&fx, "group", "no-such-group");
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	set(&fx, "group", "99999999999");
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	fixture_close(&fx);
}

/* A directory service that is down is this client's trouble, in its turn, and
 * only when there is a file to be made. */
static bool no_names;

int
getpwnam_r(const char *name, struct passwd *ret, char *room, size_t n,
    struct passwd **found)
{
	(void)room;
	(void)n;
	*found = NULL;
	if (no_names)
		return EIO;
	if (strcmp(name, "nobody") == 0) {
		ret->pw_uid = 65534;
		*found = ret;
	}
	return 0;
}

static void
names_cannot_be_looked_up(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	OPEN(&fx, "path", "@env", "format", "dotenv", "username", "U",
	    "password", "P", "owner", "nobody", "create", "true");
	no_names = true;
	assert_int_equal(check(&fx), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_TEMP);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_TEMP);
	fixture_put(&fx, "env", "U=" USER1 "\nP=" PASS1 "\n");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	no_names = false;
	assert_int_equal(plan(&fx, &p), EC_OK);
	fixture_close(&fx);
}

/* Options on top of path; NULL ends. */
static const struct rule {
	const char *say; /* NULL: fine */
	const char *options[12];
} rules[] = {
	{ NULL, { "format", "dotenv", "username", "U", "password", "P" } },
	{ NULL,
	    { "format", "dotenv", "username", "U", "password", "U",
		"username_path", "@two" } },
	{ NULL, { "format", "dotenv", "key", "K", "dsn", "true" } },
	{ NULL, { "format", "sasl_passwd", "key", "K", "dsn", "true" } },
	{ NULL, { "format", "sasl_passwd", "key", "K" } },
	{ NULL, { "format", "template", "template", "@t" } },
	{ "same key",
	    { "format", "dotenv", "username", "U", "password", "U" } },
	{ "same file",
	    { "format", "dotenv", "username", "U", "password", "P",
		"username_path", "@one" } },
	{ "takes the options username", { "format", "dotenv" } },
	{ "takes the options username",
	    { "format", "dotenv", "username", "U", "key", "K" } },
	{ "takes the options username",
	    { "format", "dotenv", "username", "U", "password", "P", "key",
		"K" } },
	{ "takes the options username",
	    { "format", "dotenv", "username", "U", "password", "P", "template",
		"@t" } },
	{ "with dsn: true", { "format", "dotenv", "dsn", "true" } },
	{ "with dsn: true",
	    { "format", "dotenv", "dsn", "true", "key", "K", "username_path",
		"@two" } },
	{ "with dsn: true",
	    { "format", "dotenv", "dsn", "true", "key", "K", "username",
		"U" } },
	{ "takes the option key", { "format", "sasl_passwd" } },
	{ "takes the option key",
	    { "format", "sasl_passwd", "username", "U", "password", "P" } },
	{ "takes the option key",
	    { "format", "sasl_passwd", "key", "K", "username_path", "@two" } },
	{ "takes the option template", { "format", "template" } },
	{ "takes the option template",
	    { "format", "template", "template", "@t", "dsn", "true" } },
	{ "takes the option template",
	    { "format", "template", "template", "@t", "username_path",
		"@two" } },
	{ "not known", { "format", "docx" } },
};

static void
options_that_go_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct fixture fx;
		const struct rule *r = &rules[i];

		open_with(&fx, r->options);
		set(&fx, "path", fixture_path(&fx, "one"));
		if (check(&fx) != (r->say != NULL ? EC_CONFIG : EC_OK))
			print_error("rule %zu\n", i);
		assert_int_equal(
		    check(&fx), r->say != NULL ? EC_CONFIG : EC_OK);
		if (r->say != NULL)
			assert_non_null(strstr(fx.e.what, r->say));
		fixture_close(&fx);
	}
}

static int
private_mounts(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	return unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
	    ? 0
	    : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joint),
		cmocka_unit_test(a_key_that_only_a_person_can_add),
		cmocka_unit_test(dsn),
		cmocka_unit_test(two_files),
		cmocka_unit_test(two_files_step_back),
		cmocka_unit_test(two_files_half),
		cmocka_unit_test(in_place),
		cmocka_unit_test(in_place_cut_off),
		cmocka_unit_test(in_place_record_left),
		cmocka_unit_test(mounted_file),
		cmocka_unit_test(immutable_file),
		cmocka_unit_test(owner_and_group),
		cmocka_unit_test(names_cannot_be_looked_up),
		cmocka_unit_test(options_that_go_together),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
