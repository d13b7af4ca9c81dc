/*
 * Owner, mode and extended attributes of one file given to another, on file
 * systems that refuse, lie or add something of their own (tests/mutants). The
 * two files are in memory: the functions of libc below are ours.
 */
#undef _FORTIFY_SOURCE

#include "file_world.h"

#include "base/file_p.h"

enum { FROM = 40, TO = 41 };

struct attr {
	const char *name;
	char value[32];
	size_t len;
	bool there;
};

static struct side {
	struct stat st;
	struct attr attrs[6];
} sides[2];

/* The call that fails next, with EIO; ":NAME" for one attribute. */
static const char *failing;
static bool fired;
static long sets, owners, modes, drops; /* calls that changed something */
static int list_errno;
static const char *stays; /* this attribute does not take its new value */
static const char *last_set;
static const char *vanishing; /* taken away by somebody after two looks */
static int gets;

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
static bool no_memory;       /* the next time */
void *__libc_malloc(size_t n);

void *
malloc(size_t n)
{
	if (!no_memory || n < 65536)
		return __libc_malloc(n);
	no_memory = false;
	return NULL;
}
#endif

static struct side *
side(int fd)
{
	assert_true(fd == FROM || fd == TO);
	return &sides[fd - FROM];
}

static bool
fails(const char *call, const char *name)
{
	char both[128];

	(void)snprintf(both, sizeof(both), "%s:%s", call, name);
	if (failing == NULL || strcmp(failing, both) != 0)
		return false;
	fired = true;
	errno = EIO;
	return true;
}

static struct attr *
find(struct side *s, const char *name)
{
	for (size_t i = 0; i < COUNT(s->attrs); i++)
		if (s->attrs[i].there && strcmp(s->attrs[i].name, name) == 0)
			return &s->attrs[i];
	errno = ENODATA;
	return NULL;
}

ssize_t
flistxattr(int fd, char *list, size_t size)
{
	struct side *s = side(fd);
	size_t n = 0;

	if (list_errno != 0) {
		errno = list_errno;
		return -1;
	}
	if (fails("list", fd == FROM ? "old" : "new"))
		return -1;
	for (size_t i = 0; i < COUNT(s->attrs); i++) {
		if (!s->attrs[i].there)
			continue;
		assert_true(n + strlen(s->attrs[i].name) < size);
		memcpy(
		    list + n, s->attrs[i].name, strlen(s->attrs[i].name) + 1);
		n += strlen(s->attrs[i].name) + 1;
	}
	return (ssize_t)n;
}

ssize_t
fgetxattr(int fd, const char *name, void *value, size_t size)
{
	const struct attr *a = find(side(fd), name);

	if (vanishing != NULL && strcmp(vanishing, name) == 0 && gets++ >= 2)
		a = NULL;
	if (a == NULL || fails(fd == FROM ? "get" : "get new", name))
		return -1;
	assert_true(a->len <= size);
	memcpy(value, a->value, a->len);
	return (ssize_t)a->len;
}

static void
give(struct side *s, const char *name, const void *value, size_t n)
{
	struct attr *a = find(s, name);

	for (size_t i = 0; a == NULL && i < COUNT(s->attrs); i++)
		if (!s->attrs[i].there)
			a = &s->attrs[i];
	assert_non_null(a);
	*a = (struct attr){ .name = name, .len = n, .there = true };
	memcpy(a->value, value, n);
}

int
fsetxattr(int fd, const char *name, const void *value, size_t n, int flags)
{
	(void)flags;
	assert_int_equal(fd, TO);
	if (fails("set", name))
		return -1;
	sets++;
	last_set = find(side(FROM), name)->name;
	if (stays == NULL || strcmp(stays, name) != 0)
		give(side(TO), last_set, value, n);
	return 0;
}

int
fremovexattr(int fd, const char *name)
{
	assert_int_equal(fd, TO);
	if (fails("drop", name))
		return -1;
	drops++;
	if (stays == NULL || strcmp(stays, name) != 0)
		find(side(TO), name)->there = false;
	return 0;
}

static int stats;
static void (*restat)(struct stat *st); /* what the second one gives */

int
fstat(int fd, struct stat *st)
{
	stats++;
	if (fails(stats == 1 ? "first" : "second", "stat"))
		return -1;
	*st = side(fd)->st;
	if (stats > 1 && restat != NULL)
		restat(st);
	return 0;
}

int
fchown(int fd, uid_t u, gid_t g)
{
	if (fails("own", "all"))
		return -1;
	owners++;
	side(fd)->st.st_uid = u;
	side(fd)->st.st_gid = g;
	return 0;
}

int
fchmod(int fd, mode_t m)
{
	if (fails("mode", "all"))
		return -1;
	modes++;
	side(fd)->st.st_mode = S_IFREG | m;
	return 0;
}

/* ---- the files --------------------------------------------------------- */

#define ACL "system.posix_acl_access"

static void
begin(void)
{
	memset(sides, 0, sizeof(sides));
	failing = stays = last_set = vanishing = NULL;
	gets = 0;
	fired = false;
	sets = owners = modes = drops = 0;
	list_errno = stats = 0;
	restat = NULL;
	sides[0].st = (struct stat){
		.st_uid = 7, .st_gid = 8, .st_mode = S_IFREG | 0640
	};
	sides[1].st = (struct stat){
		.st_uid = 0, .st_gid = 0, .st_mode = S_IFREG | 0600
	};
	give(&sides[0], ACL, "acl", 3);
	give(&sides[0], "user.a", "one", 3);
	give(&sides[0], "user.empty", "", 0);
	give(&sides[0], "security.ima", "digest", 6);
	give(&sides[1], "security.evm", "other", 5);
	give(&sides[1], "user.inherited", "x", 1);
}

static enum ec
copy(struct err *e)
{
	struct file f = { .fd = FROM };
	enum ec ec;

	f.at = PLACE;
	bytes(&f.at.path, "/x/conf");
	f.at.st = sides[0].st;
	e->what[0] = '\0';
	ec = meta_copy(&f, TO, e);
	buf_free(&f.at.path);
	return ec;
}

static void
test_copy(void **state)
{
	struct err e;

	(void)state;
	begin();
	assert_ec(copy(&e), EC_OK, &e);
	assert_int_equal(sides[1].st.st_uid, 7);
	assert_int_equal(sides[1].st.st_gid, 8);
	assert_int_equal(sides[1].st.st_mode, S_IFREG | 0640);
	assert_memory_equal(find(&sides[1], "user.a")->value, "one", 3);
	assert_int_equal(find(&sides[1], "user.empty")->len, 0);
	assert_memory_equal(find(&sides[1], ACL)->value, "acl", 3);
	assert_null(find(&sides[1], "user.inherited"));
	/* what the kernel keeps of each file by itself */
	assert_null(find(&sides[1], "security.ima"));
	assert_non_null(find(&sides[1], "security.evm"));
	/* the ACL last: it may take the right to the others away */
	assert_string_equal(last_set, ACL);
	assert_int_equal(sets, 3);
	assert_int_equal(drops, 1);
	/* once more: nothing is set that is right */
	sets = owners = drops = 0;
	stats = 0;
	assert_ec(copy(&e), EC_OK, &e);
	assert_int_equal(sets, 0);
	assert_int_equal(owners, 0);
	assert_int_equal(drops, 0);
}

/* Owner or group alone. */
static void
test_owner(void **state)
{
	struct err e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin();
		sides[1].st.st_uid = i == 0 ? 7 : 0;
		sides[1].st.st_gid = i == 0 ? 0 : 8;
		assert_ec(copy(&e), EC_OK, &e);
		assert_int_equal(owners, 1);
		assert_int_equal(sides[1].st.st_uid, 7);
		assert_int_equal(sides[1].st.st_gid, 8);
	}
}

static void
test_failures(void **state)
{
	static const struct {
		const char *call, *says;
	} rows[] = {
		{ "first:stat", "stat the new file" },
		{ "own:all", "keep owner and group" },
		{ "list:new", "list extended attributes" },
		{ "drop:user.inherited",
		    "drop inherited extended attribute user.inherited" },
		{ "list:old", "list extended attributes" },
		{ "get:user.a", "read extended attribute user.a" },
		{ "get:" ACL, "read extended attribute " ACL },
		{ "set:user.a", "keep extended attribute user.a" },
		{ "set:" ACL, "keep extended attribute " ACL },
		{ "mode:all", "keep the mode" },
		{ "second:stat", "stat the new file" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e;
		enum ec ec;

		begin();
		failing = rows[i].call;
		ec = copy(&e);
		assert_true(fired);
		if (ec != EC_IO || strstr(e.what, rows[i].says) == NULL)
			print_error("%s: %s\n", rows[i].call, e.what);
		assert_ec(ec, EC_IO, &e);
		assert_non_null(strstr(e.what, rows[i].says));
		assert_non_null(strstr(e.what, strerror(EIO)));
	}
}

/* The lists are asked for four times; each may fail. */
static void
test_later_lists(void **state)
{
	struct err e;

	(void)state;
	begin();
	assert_ec(copy(&e), EC_OK, &e);
	/* nothing to drop and nothing to copy: what fails is the comparison */
	for (size_t i = 0; i < COUNT(sides[0].attrs); i++)
		sides[0].attrs[i].there = sides[1].attrs[i].there = false;
	list_errno = ENOTSUP; /* a file system without any */
	stats = 0;
	assert_ec(copy(&e), EC_OK, &e);
	list_errno = EIO;
	stats = 0;
	assert_ec(copy(&e), EC_IO, &e);
}

static void
other_owner(struct stat *st)
{
	st->st_uid++;
}

static void
other_group(struct stat *st)
{
	st->st_gid++;
}

static void
other_mode(struct stat *st)
{
	st->st_mode ^= 0040;
}

/* What was said to be done is looked at. */
static void
test_did_not_stick(void **state)
{
	static void (*const others[])(
	    struct stat *) = { other_owner, other_group, other_mode };
	static const char *const attrs[] = { "user.a", "user.empty", ACL,
		"user.inherited" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		begin();
		restat = others[i];
		assert_ec(copy(&e), EC_DENIED, &e);
		assert_non_null(strstr(e.what, "owner, group or mode"));
	}
	for (size_t i = 0; i < COUNT(attrs); i++) {
		begin();
		stays = attrs[i];
		assert_ec(copy(&e), EC_DENIED, &e);
		assert_non_null(strstr(e.what, attrs[i]));
		assert_non_null(strstr(e.what, "did not stick"));
	}
	/* as long, but another value */
	begin();
	give(&sides[1], "user.a", "two", 3);
	stays = "user.a";
	assert_ec(copy(&e), EC_DENIED, &e);
	assert_int_equal(sets, 3);
	/* it has a value of no bytes where there was none, or is gone */
	begin();
	give(&sides[1], "user.empty", "y", 1);
	assert_ec(copy(&e), EC_OK, &e);
	assert_int_equal(find(&sides[1], "user.empty")->len, 0);
}

/* Gone from both while they are compared: they are still the same. */
static void
test_vanishes(void **state)
{
	struct err e;

	(void)state;
	begin();
	vanishing = "user.a";
	assert_ec(copy(&e), EC_OK, &e);
	assert_true(gets > 3);
#ifndef __SANITIZE_ADDRESS__
	begin();
	no_memory = true;
	assert_int_equal(copy(&e), EC_NOMEM);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_later_lists),
		cmocka_unit_test(test_did_not_stick),
		cmocka_unit_test(test_vanishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
