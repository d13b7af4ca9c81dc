/*
 * Would a replacement work, and what do the inode flags say? Asked by
 * somebody with few rights, in directories of others, on file systems of all
 * kinds: the functions of libc below are ours and answer as the rows say
 * (tests/mutants). Root on one disk sees little of that.
 */
#undef _FORTIFY_SOURCE

#include "file_world.h"

#include <dlfcn.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/file_p.h"

#define ME     1000
#define OTHER  1001
#define CAP(c) (UINT32_C(1) << (c))

/* ---- the answers ------------------------------------------------------- */

static struct {
	bool on; /* else they are the kernel's */
	uid_t uid;
	gid_t gid;
	int n_groups, n_groups_then; /* first said, then given; -1: fails */
	gid_t group, rest;           /* the last of them, the others */
	uint32_t caps;
	bool no_caps, no_memory;
	const char *denied; /* faccessat() of that fails */
	struct statvfs room;
	int room_fails; /* this fstatvfs() from 1 on; 0: none */
	int flags, flags_fail, sync_fail;
	ssize_t acl;
	int statx_fails; /* this one, from 1 on; 0: none */
	bool no_mount_id;
	unsigned mounts[2];
} is;

ssize_t
fgetxattr(int fd, const char *name, void *value, size_t size)
{
	if (!is.on)
		return (ssize_t)syscall(SYS_fgetxattr, fd, name, value, size);
	return is.acl;
}

int
fsync(int fd)
{
	errno = EIO;
	return is.on ? -is.sync_fail : (int)syscall(SYS_fsync, fd);
}

int
statx(int dir, const char *restrict name, int flags, unsigned mask,
    struct statx *restrict ret)
{
	if (!is.on)
		return (int)syscall(SYS_statx, dir, name, flags, mask, ret);
	memset(ret, 0, sizeof(*ret));
	ret->stx_mask = is.no_mount_id && dir == 2 ? 0 : mask;
	ret->stx_mnt_id = is.mounts[dir - 1];
	return is.statx_fails > 0 && --is.statx_fails == 0 ? -1 : 0;
}

uid_t
geteuid(void)
{
	return is.on ? is.uid : (uid_t)syscall(SYS_geteuid);
}

gid_t
getegid(void)
{
	return is.on ? is.gid : (gid_t)syscall(SYS_getegid);
}

int
getgroups(int size, gid_t list[])
{
	if (!is.on)
		return (int)syscall(SYS_getgroups, size, list);
	if (size == 0)
		return is.n_groups;
	for (int i = 0; i < is.n_groups_then; i++)
		list[i] = i == is.n_groups_then - 1 ? is.group : is.rest;
	return is.n_groups_then;
}

int
faccessat(int dir, const char *name, int how, int flags)
{
	if (!is.on)
		return (int)syscall(SYS_faccessat2, dir, name, how, flags);
	errno = EROFS;
	return is.denied != NULL && strcmp(is.denied, name) == 0 ? -1 : 0;
}

int
fstatvfs(int fd, struct statvfs *ret)
{
	(void)fd;
	*ret = is.room;
	errno = EIO;
	return is.room_fails > 0 && --is.room_fails == 0 ? -1 : 0;
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	int *p;

	va_start(ap, request);
	p = va_arg(ap, int *);
	va_end(ap);
	if (!is.on)
		return (int)syscall(SYS_ioctl, fd, request, p);
	errno = EPERM;
	if (request == FS_IOC_SETFLAGS)
		return is.flags_fail ? -1 : (is.flags = *p, 0);
	*p = is.flags;
	return 0;
}

long
syscall(long number, ...)
{
	long (*f)(long, ...);
	void *p = dlsym(RTLD_NEXT, "syscall");
	long a, b, c, d, g;
	va_list ap;

	va_start(ap, number);
	a = va_arg(ap, long);
	b = va_arg(ap, long);
	c = va_arg(ap, long);
	d = va_arg(ap, long);
	g = va_arg(ap, long);
	va_end(ap);
	memcpy(&f, &p, sizeof(f));
	if (number != SYS_capget || !is.on)
		return f(number, a, b, c, d, g);
	((struct __user_cap_data_struct *)b)->effective = is.caps;
	return is.no_caps ? -1 : 0;
}

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	return is.on && is.no_memory ? NULL : __libc_calloc(n, size);
}
#endif

/* ---- the rows ---------------------------------------------------------- */

struct row {
	const char *what;
	uint32_t caps;
	bool sticky, absent, zero, in_place, immutable;
	uid_t dir, file, new_uid;
	gid_t file_gid, new_gid;
	enum ec ec;
	const char *says;
};
#define NOBODY ((uid_t)-1)
#define MINE   .dir = ME, .file = ME, .file_gid = ME
#define KEEP   "keep its owner and group"
#define GIVE   "give it to its owner and group"
#define STICKY "replace it in its sticky directory"

static const struct row rows[] = {
	{ "mine", MINE, .ec = EC_OK },
	{ "mine, of descriptor 0", MINE, .zero = true, .ec = EC_OK },
	{ "mine, of a group of ours", .dir = ME, .file = ME, .file_gid = 50 },
	{ "mine, of another group", .dir = ME, .file = ME, .file_gid = 51,
	    .ec = EC_DENIED, .says = KEEP },
	{ "the same, but we may", .dir = ME, .file = ME, .file_gid = 51,
	    .caps = CAP(CAP_CHOWN) },
	{ "the same, another right", .dir = ME, .file = ME, .file_gid = 51,
	    .caps = CAP(CAP_FOWNER), .ec = EC_DENIED, .says = KEEP },
	{ "another's", .dir = ME, .file = OTHER, .file_gid = ME,
	    .ec = EC_DENIED, .says = KEEP },
	{ "another's, of descriptor 0", .dir = ME, .file = OTHER, .zero = true,
	    .file_gid = ME, .ec = EC_DENIED, .says = KEEP },
	{ "another's, half the right", .dir = ME, .file = OTHER,
	    .caps = CAP(CAP_CHOWN), .ec = EC_DENIED, .says = KEEP },
	{ "another's, the other half", .dir = ME, .file = OTHER,
	    .caps = CAP(CAP_FOWNER), .ec = EC_DENIED, .says = KEEP },
	{ "another's, all the right", .dir = ME, .file = OTHER,
	    .caps = CAP(CAP_FOWNER) | CAP(CAP_CHOWN) },
	/* sticky directories */
	{ "mine in another's", .sticky = true, .dir = OTHER, .file = ME,
	    .file_gid = ME },
	{ "another's in mine", .sticky = true, .dir = ME, .file = OTHER,
	    .ec = EC_DENIED, .says = KEEP },
	{ "another's in another's", .sticky = true, .dir = OTHER, .file = OTHER,
	    .ec = EC_DENIED, .says = STICKY },
	{ "the same, of descriptor 0", .sticky = true, .dir = OTHER,
	    .file = OTHER, .zero = true, .ec = EC_DENIED, .says = STICKY },
	{ "the same, another right", .sticky = true, .dir = OTHER,
	    .file = OTHER, .caps = CAP(CAP_CHOWN), .ec = EC_DENIED,
	    .says = STICKY },
	{ "the same, all the right", .sticky = true, .dir = OTHER,
	    .file = OTHER, .caps = CAP(CAP_FOWNER) | CAP(CAP_CHOWN) },
	{ "none in another's", .sticky = true, .absent = true, .dir = OTHER,
	    .file = OTHER, .new_uid = NOBODY, .new_gid = NOBODY },
	{ "another's in a plain one of another", .dir = OTHER, .file = OTHER,
	    .caps = CAP(CAP_FOWNER) | CAP(CAP_CHOWN) },
	/* new files */
	{ "ours", .absent = true, .new_uid = NOBODY, .new_gid = NOBODY },
	{ "mine by name", .absent = true, .new_uid = ME, .new_gid = ME },
	{ "of my group", .absent = true, .new_uid = ME, .new_gid = 50 },
	{ "of another group", .absent = true, .new_uid = ME, .new_gid = 51,
	    .ec = EC_DENIED, .says = GIVE },
	{ "ours of another group", .absent = true, .new_uid = NOBODY,
	    .new_gid = 51, .ec = EC_DENIED, .says = GIVE },
	{ "for another", .absent = true, .new_uid = OTHER, .new_gid = NOBODY,
	    .ec = EC_DENIED, .says = GIVE },
	{ "for another, another right", .absent = true, .new_uid = OTHER,
	    .new_gid = NOBODY, .caps = CAP(CAP_FOWNER), .ec = EC_DENIED,
	    .says = GIVE },
	{ "for another, the right", .absent = true, .new_uid = OTHER,
	    .new_gid = 51, .caps = CAP(CAP_CHOWN) },
	/* the flag */
	{ "flagged", MINE, .immutable = true, .ec = EC_DENIED,
	    .says = "immutable flag" },
	{ "flagged, the right", MINE, .immutable = true,
	    .caps = CAP(CAP_LINUX_IMMUTABLE) },
};

static void
begin(void)
{
	memset(&is, 0, sizeof(is));
	is.on = true;
	is.uid = ME;
	is.gid = ME;
	is.n_groups = is.n_groups_then = 3;
	is.group = 50;
	is.rest = 49;
	is.room.f_frsize = 512;
	is.room.f_blocks = is.room.f_bfree = is.room.f_bavail = 100;
	is.room.f_files = is.room.f_ffree = 100;
}

/* A file as the row says, in memory alone. */
static enum ec
can(const struct row *r, size_t n, struct err *e)
{
	struct file f = { .dir = 99,
		.fd = 98,
		.new_uid = r->new_uid,
		.new_gid = r->new_gid,
		.immutable = r->immutable,
		.in_place = r->in_place };
	enum ec ec;

	f.at = PLACE;
	f.undo = UNDO;
	f.at.node = r->absent ? -1 : r->zero ? 0 : 97;
	f.at.st.st_uid = r->file;
	f.at.st.st_gid = r->file_gid;
	f.at.dir_st.st_uid = r->dir;
	f.at.dir_st.st_mode = S_IFDIR | 0755 | (r->sticky ? S_ISVTX : 0);
	is.caps = r->caps;
	bytes(&f.at.path, "/x/conf");
	bytes(&f.undo.at.path, "/undo/record");
	ec = file_can_replace(&f, n, e);
	buf_free(&f.at.path);
	buf_free(&f.undo.at.path);
	return ec;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct err e = { 0 };
		enum ec ec;

		begin();
		ec = can(r, 100, &e);
		is.on = false;
		if (ec != r->ec)
			print_error("%s: %s\n", r->what, e.what);
		assert_ec(ec, r->ec, &e);
		if (r->ec != EC_OK)
			assert_non_null(strstr(e.what, r->says));
	}
}

static const struct row mine = { "mine", MINE };

/* In place it is the file's own inode and the place of its record that count,
 * also when the file has descriptor 0. */
static void
test_in_place(void **state)
{
	struct row r = mine;
	struct err e;

	(void)state;
	begin();
	is.denied = ".";
	r.in_place = r.zero = true;
	assert_int_equal(can(&r, 100, &e), EC_DENIED);
	assert_non_null(strstr(e.what, "/undo/record"));
	r.absent = true;
	assert_int_equal(can(&r, 100, &e), EC_DENIED);
	assert_non_null(strstr(e.what, "/x/conf"));
	assert_non_null(strstr(e.what, strerror(EROFS)));
	is.on = false;
}

static const struct {
	const char *what;
	uid_t uid;
	unsigned long frsize, blocks, bfree, bavail, files, ffree;
	size_t n;
	const char *says; /* NULL: there is room */
} disks[] = {
	{ "enough", ME, 512, 9, 3, 3, 9, 1, 1024, NULL },
	{ "too little", ME, 512, 9, 3, 3, 9, 1, 1536, "find room" },
	{ "of root's alone", ME, 512, 9, 3, 2, 9, 1, 1024, "find room" },
	{ "for root", 0, 512, 9, 3, 2, 9, 1, 1024, NULL },
	{ "less for root", 0, 512, 9, 2, 3, 9, 1, 1024, "find room" },
	{ "of no block size", ME, 0, 9, 3, 3, 9, 1, 1024, NULL },
	{ "of none, too little", ME, 0, 9, 3, 3, 9, 1, 1536, "find room" },
	{ "does not count", ME, 512, 0, 0, 0, 9, 1, 1024, NULL },
	{ "no inode", ME, 512, 9, 9, 9, 9, 0, 1, "find an inode" },
	{ "counts no inodes", ME, 512, 9, 9, 9, 0, 0, 1, NULL },
};

static void
test_disks(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(disks); i++) {
		struct row r = mine;
		enum ec ec;

		begin();
		r.file = is.uid = disks[i].uid;
		is.room.f_frsize = disks[i].frsize;
		is.room.f_blocks = disks[i].blocks;
		is.room.f_bfree = disks[i].bfree;
		is.room.f_bavail = disks[i].bavail;
		is.room.f_files = disks[i].files;
		is.room.f_ffree = disks[i].ffree;
		ec = can(&r, disks[i].n, &e);
		is.on = false;
		if (ec != (disks[i].says != NULL ? EC_IO : EC_OK))
			print_error("%s\n", disks[i].what);
		assert_int_equal(ec, disks[i].says != NULL ? EC_IO : EC_OK);
		if (ec == EC_OK)
			continue;
		assert_non_null(strstr(e.what, disks[i].says));
		assert_non_null(strstr(e.what, strerror(ENOSPC)));
	}
}

/* A disk that cannot say is not one that has room. */
static void
test_disk_fails(void **state)
{
	static const char *const says[] = { "ask for free space",
		"ask for free inodes" };
	struct err e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin();
		is.room_fails = i + 1;
		assert_int_equal(can(&mine, 1, &e), EC_IO);
		is.on = false;
		assert_non_null(strstr(e.what, says[i]));
		assert_non_null(strstr(e.what, strerror(EIO)));
	}
}

static bool
member(gid_t gid, int n, int then, gid_t last)
{
	struct row r = { "new", .absent = true, .new_uid = ME, .new_gid = gid };
	struct err e;
	bool yes;

	begin();
	is.n_groups = n;
	is.n_groups_then = then;
	is.group = last;
	yes = can(&r, 1, &e) == EC_OK;
	is.on = false;
	return yes;
}

static void
test_groups(void **state)
{
	(void)state;
	assert_true(member(ME, 0, 0, 0)); /* the effective one is not listed */
	assert_true(member(50, 1, 1, 50));
	assert_false(member(50, 0, 0, 50));
	assert_false(member(50, -1, -1, 50));
	assert_true(member(50, 65536, 65536, 50));
	assert_false(member(50, 65537, 65537, 50)); /* no kernel says that */
	/* one was lost between the two questions: what is behind is none */
	assert_false(member(0, 2, 1, 50));
#ifndef __SANITIZE_ADDRESS__
	begin();
	is.no_memory = true;
	{
		struct row r = { "new", .absent = true, .new_uid = ME,
			.new_gid = 50 };
		struct err e;

		assert_int_equal(can(&r, 1, &e), EC_DENIED);
	}
	is.on = false;
#endif
}

/* What cannot be asked is no right. */
static void
test_no_capget(void **state)
{
	struct row r = { "another's", .dir = ME, .file = OTHER,
		.caps = UINT32_MAX };
	struct err e;

	(void)state;
	begin();
	assert_int_equal(can(&r, 1, &e), EC_OK);
	is.no_caps = true;
	assert_int_equal(can(&r, 1, &e), EC_DENIED);
	is.on = false;
}

/* ---- flags ------------------------------------------------------------- */

/* Append-only is for nobody; immutable may be configured. */
static void
test_flags(void **state)
{
	static const struct {
		int flags;
		enum ec ec;
		bool may;
	} flags[] = {
		{ 0, EC_OK, false },
		{ FS_NODUMP_FL, EC_OK, false },
		{ FS_IMMUTABLE_FL, EC_CONFIG, true },
		{ FS_APPEND_FL, EC_CONFIG, false },
		{ FS_APPEND_FL | FS_IMMUTABLE_FL, EC_CONFIG, false },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		enum ec ec;

		begin();
		is.flags = flags[i].flags;
		ec = flags_refuse(3, "/x/conf", &e);
		is.on = false;
		assert_int_equal(ec, flags[i].ec);
		if (ec == EC_OK)
			continue;
		assert_int_equal(
		    strstr(e.fix, "immutable: true") != NULL, flags[i].may);
		assert_non_null(strstr(e.fix, "chattr -i"));
	}
}

/* It failed, and the flag cannot be set again: both are said, and it is still
 * that failure. */
static void
test_lock_fails(void **state)
{
	struct file f = { .immutable = true, .was_immutable = true };
	struct err e;

	(void)state;
	f.at = PLACE;
	bytes(&f.at.path, "/x/conf");
	begin();
	is.flags_fail = 1;
	(void)fail(&e, EC_CONFLICT, "somebody was here");
	assert_int_equal(flags_lock(&f, 3, EC_CONFLICT, &e), EC_CONFLICT);
	is.on = false;
	assert_non_null(strstr(e.what, "no longer immutable"));
	assert_non_null(strstr(e.what, "somebody was here"));
	begin();
	is.flags_fail = 1;
	assert_int_equal(flags_lock(&f, 3, EC_OK, &e), EC_UNKNOWN);
	is.on = false;
	assert_non_null(strstr(e.what, "not immutable"));
	buf_free(&f.at.path);
}

/* Set already, or not to be set: nothing is asked of the disk. Else it is made
 * durable. */
static void
test_lock(void **state)
{
	struct file f = { .immutable = true };
	struct err e;

	(void)state;
	f.at = PLACE;
	bytes(&f.at.path, "/x/conf");
	begin();
	is.flags = FS_IMMUTABLE_FL;
	is.flags_fail = 1;
	assert_int_equal(flags_lock(&f, 3, EC_OK, &e), EC_OK);
	begin();
	assert_int_equal(flags_lock(&f, 3, EC_IO, &e), EC_IO);
	assert_int_equal(is.flags, 0); /* it failed, and it had none before */
	is.sync_fail = 1;
	assert_int_equal(flags_lock(&f, 3, EC_OK, &e), EC_UNKNOWN);
	is.on = false;
	assert_non_null(strstr(e.what, "sync its immutable flag"));
	buf_free(&f.at.path);
}

/* ---- the directory ----------------------------------------------------- */

static enum ec
parent(mode_t mode, gid_t gid, int dir, ssize_t acl)
{
	struct place p = PLACE;
	struct err e;
	enum ec ec;

	bytes(&p.path, "/x/conf");
	p.dir = dir;
	p.dir_st.st_mode = S_IFDIR | mode;
	p.dir_st.st_gid = gid;
	begin();
	is.acl = acl;
	ec = guard_parent(&p, &e);
	is.on = false;
	buf_free(&p.path);
	return ec;
}

static void
test_parent(void **state)
{
	AUTO(fd) int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(parent(0775, 0, dir, -1), EC_OK);
	assert_int_equal(parent(0775, ME, dir, -1), EC_OK);
	assert_int_equal(parent(0775, 51, dir, -1), EC_CONFIG);
	assert_int_equal(parent(0755, 51, dir, 9), EC_OK);
	assert_int_equal(parent(0757, 0, dir, -1), EC_CONFIG);
	/* an ACL of no bytes is none */
	assert_int_equal(parent(0775, 0, dir, 0), EC_OK);
	assert_int_equal(parent(0775, 0, dir, 9), EC_CONFIG);
	assert_int_equal(parent(0775, 0, -1, 9), EC_OK);
	(void)close(0);
	assert_int_equal(parent(0775, 0, dir, 9), EC_CONFIG);
	assert_int_equal(open("/dev/null", O_RDONLY), 0);
}

/* By the number of the mount; where the kernel has none, by device. */
static void
test_mount(void **state)
{
	static const struct {
		int fails;
		bool no_id;
		unsigned dir, node;
		dev_t dir_dev, node_dev;
		bool is_mount;
	} mounts[] = {
		{ 0, false, 5, 5, 1, 1, false },
		{ 0, false, 5, 6, 1, 1, true },
		{ 0, false, 5, 5, 1, 2, false },
		{ 1, false, 5, 6, 1, 1, false },
		{ 2, false, 5, 6, 1, 1, false },
		{ 1, false, 5, 5, 1, 2, true },
		{ 0, true, 5, 6, 1, 1, false },
		{ 0, true, 5, 5, 1, 2, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(mounts); i++) {
		struct place p = { .dir = 1, .node = 2 };
		bool yes;

		begin();
		p.dir_st.st_dev = mounts[i].dir_dev;
		p.st.st_dev = mounts[i].node_dev;
		is.statx_fails = mounts[i].fails;
		is.no_mount_id = mounts[i].no_id;
		is.mounts[0] = mounts[i].dir;
		is.mounts[1] = mounts[i].node;
		yes = place_is_mount(&p);
		is.on = false;
		assert_int_equal(yes, mounts[i].is_mount);
	}
}

/* ---- as it was read? --------------------------------------------------- */

static enum ec
changed(struct file *f, const char *says)
{
	struct err e = { 0 };
	enum ec ec = pin_same_place(f, &e);

	if (ec != EC_OK && strstr(e.what, says) == NULL)
		print_error("%s\n", e.what);
	assert_true(ec == EC_OK || strstr(e.what, says) != NULL);
	return ec;
}

static void
test_pin(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat st;
	struct err e;
	int node;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	st = f->at.st;
	assert_int_equal(changed(f, ""), EC_OK);
#define DIFFERS(field)                                                         \
	do {                                                                   \
		f->at.st.field++;                                              \
		assert_int_equal(                                              \
		    changed(f, "was replaced or touched"), EC_CONFLICT);       \
		f->at.st = st;                                                 \
	} while (0)
	DIFFERS(st_dev);
	DIFFERS(st_ino);
	DIFFERS(st_size);
	DIFFERS(st_mode);
	DIFFERS(st_uid);
	DIFFERS(st_gid);
	DIFFERS(st_nlink);
	DIFFERS(st_mtim.tv_sec);
	DIFFERS(st_mtim.tv_nsec);
	DIFFERS(st_ctim.tv_sec);
	DIFFERS(st_ctim.tv_nsec);
	f->at.dir_st.st_dev++;
	assert_int_equal(changed(f, "leads elsewhere"), EC_CONFLICT);
	f->at.dir_st.st_dev--;
	node = f->at.node;
	f->at.node = -1;
	assert_int_equal(changed(f, "was created"), EC_CONFLICT);
	f->at.node = node;
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(changed(f, "was removed"), EC_CONFLICT);
	f->at.node = -1;
	assert_int_equal(changed(f, ""), EC_OK);
	f->at.node = node;
	free(f->asked);
	f->asked = strdup("/no/such/directory/conf");
	assert_int_equal(changed(f, "changed since it was read"), EC_CONFLICT);
	put(w->path, OLD, 0640);
}

/* Of descriptor 0, or under another name. */
static void
test_pin_zero(void **state)
{
	static const char *const names[] = { "conf", "./conf" };
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	char path[PATH_MAX];
	struct err e;
	int node;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	node = f->at.node;
	for (size_t i = 0; i < COUNT(names); i++) {
		free(f->asked);
		f->asked = strdup(at(w, names[i]));
		f->at.node = -1;
		(void)close(0);
		assert_int_equal(changed(f, "was created"), EC_CONFLICT);
		assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
	/* edited, and nothing but the bytes tells */
	put(w->path, "user=xxx\npass=yyy\n", 0640);
	assert_int_equal(stat(w->path, &f->at.st), 0);
	f->at.node = 0;
	assert_ec(pin_unchanged(f, &e), EC_CONFLICT, &e);
	assert_int_equal(link(w->path, at(w, "twin")), 0);
	assert_int_equal(stat(w->path, &f->at.st), 0);
	assert_int_equal(changed(f, ""), EC_OK);
	free(f->asked);
	f->asked = strdup(at(w, "twin"));
	assert_int_equal(changed(f, "leads elsewhere"), EC_CONFLICT);
	(void)snprintf(path, sizeof(path), "%s", at(w, "link"));
	assert_int_equal(symlink("/no/such/file", path), 0);
	free(f->asked);
	f->asked = strdup(path);
	assert_int_equal(changed(f, "changed since it was read"), EC_CONFLICT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nothing", path), 0);
	assert_int_equal(changed(f, "changed since it was read"), EC_CONFLICT);
	free(f->asked);
	f->asked = strdup(w->path);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(changed(f, "was removed"), EC_CONFLICT);
	f->at.node = node;
}

static void
test_holds(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf less = BUF(100);
	struct err e;
	int ends[2], fd;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	bytes(&less, "user");
	assert_ec(pin_holds(f, &less, &e), EC_CONFLICT, &e);
	assert_non_null(strstr(e.what, "grew"));
	buf_cut(&less, 0);
	bytes(&less, OLD "and more\n");
	assert_ec(pin_holds(f, &less, &e), EC_CONFLICT, &e);
	assert_non_null(strstr(e.what, "was edited"));
	fd = f->fd;
	assert_int_equal(pipe(ends), 0);
	f->fd = ends[0]; /* cannot be read from its beginning */
	assert_int_equal(pin_holds(f, &less, &e), EC_IO);
	assert_non_null(strstr(e.what, "read it again"));
	f->fd = -1;
	assert_int_equal(pin_touched(f, &e), EC_IO);
	assert_non_null(strstr(e.what, "stat"));
	f->fd = fd;
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(close(ends[1]), 0);
}

/* The flag was cleared, and somebody wrote before we looked again. */
static void
test_unlocked_and_edited(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	f->was_immutable = true;
	begin();
	is.flags = FS_IMMUTABLE_FL;
	assert_int_equal(flags_unlock(f, &e), EC_OK);
	assert_int_equal(is.flags, 0);
	is.on = false;
	put(w->path, "user=xxx\npass=yyy\n", 0640);
	begin();
	is.flags = FS_IMMUTABLE_FL;
	assert_int_equal(flags_unlock(f, &e), EC_CONFLICT);
	is.on = false;
	f->was_immutable = false;
}

/* ---- links ------------------------------------------------------------- */

static void
make_link(struct world *w, const char *name, const char *to, uid_t owner)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", at(w, name));
	assert_int_equal(symlink(to, path), 0);
	assert_int_equal(lchown(path, owner, ME), 0);
}

static enum ec
leads(struct world *w, const char *name, struct err *e)
{
	AUTO(place) struct place p = PLACE;
	enum ec ec;

	begin();
	ec = place_find(at(w, name), &p, e);
	is.on = false;
	return ec;
}

/* Root's links and our own are trusted wherever they lead; those of another to
 * his files only, however many. */
static void
test_links(void **state)
{
	struct world *w = *state;
	struct err e;

	need_root();
	assert_int_equal(chown(w->path, OTHER, ME), 0);
	make_link(w, "roots", "conf", 0);
	make_link(w, "ours", "conf", ME);
	make_link(w, "his", "conf", OTHER);
	make_link(w, "his2", "his", OTHER);
	make_link(w, "third", "conf", OTHER + 1);
	make_link(w, "third2", "his", OTHER + 1);
	assert_ec(leads(w, "roots", &e), EC_OK, &e);
	assert_ec(leads(w, "ours", &e), EC_OK, &e);
	assert_ec(leads(w, "his", &e), EC_OK, &e);
	assert_ec(leads(w, "his2", &e), EC_OK, &e);
	assert_ec(leads(w, "third", &e), EC_CONFIG, &e);
	assert_ec(leads(w, "third2", &e), EC_CONFIG, &e);
	assert_non_null(strstr(e.what, "links of users"));
}

/* Longer than a path may be, when the link is followed. */
static void
test_long_link(void **state)
{
	char to[4001], path[PATH_MAX];
	struct world *w = *state;
	struct place p = PLACE;
	struct err e;

	for (size_t i = 0; i < sizeof(to) - 1; i++)
		to[i] = i % 2 == 0 ? '.' : '/';
	to[sizeof(to) - 1] = '\0';
	(void)snprintf(path, sizeof(path), "%s", at(w, "long"));
	assert_int_equal(symlink(to, path), 0);
	(void)snprintf(path, sizeof(path), "%.3000s/%0200d", at(w, "long"), 1);
	assert_int_not_equal(place_find(path, &p, &e), EC_OK);
	assert_non_null(strstr(e.what, "follow a link in it"));
	assert_non_null(strstr(e.what, strerror(ENAMETOOLONG)));
	place_free(&p);
}

/* As many links as the kernel follows; and one that leads nowhere by way of
 * another one in its midst. */
static void
test_many_links(void **state)
{
	struct world *w = *state;
	struct place p = PLACE;
	char name[16], to[16];
	struct err e;

	(void)snprintf(to, sizeof(to), "conf");
	for (int i = 1; i <= 41; i++) {
		(void)snprintf(name, sizeof(name), "l%d", i);
		make_link(w, name, to, geteuid());
		(void)snprintf(to, sizeof(to), "%s", name);
	}
	assert_ec(place_find(at(w, "l40"), &p, &e), EC_OK, &e);
	place_free(&p);
	assert_int_not_equal(place_find(at(w, "l41"), &p, &e), EC_OK);
	assert_non_null(strstr(e.what, strerror(ELOOP)));
	assert_int_equal(mkdir(at(w, "sub"), 0700), 0);
	make_link(w, "sublink", "sub", geteuid());
	make_link(w, "nowhere", "sublink/none", geteuid());
	assert_ec(place_find(at(w, "nowhere"), &p, &e), EC_CONFIG, &e);
	assert_non_null(strstr(e.what, "a dangling link leads here"));
}

/* A name and a path of the greatest length, and one more. */
static void
test_lengths(void **state)
{
	struct world *w = *state;
	char path[PATH_MAX + 1];
	struct place p = PLACE;
	struct err e;
	size_t n;

	for (size_t len = NAME_MAX; len <= NAME_MAX + 1; len++) {
		n = (size_t)snprintf(path, sizeof(path), "%.3000s/", w->home);
		memset(path + n, 'x', len);
		path[n + len] = '\0';
		if (len == NAME_MAX) {
			assert_ec(place_find(path, &p, &e), EC_OK, &e);
			place_free(&p);
			continue;
		}
		assert_int_not_equal(place_find(path, &p, &e), EC_OK);
		assert_non_null(strstr(e.what, "look up a name in it"));
	}
	for (size_t len = PATH_MAX - 1; len <= PATH_MAX; len++) {
		n = (size_t)snprintf(path, sizeof(path), "%.3000s", w->home);
		memset(path + n, '/', len - n);
		memcpy(path + len - 4, "conf", 4);
		path[len] = '\0';
		if (len < PATH_MAX) {
			assert_ec(place_find(path, &p, &e), EC_OK, &e);
			place_free(&p);
		} else
			assert_int_not_equal(place_find(path, &p, &e), EC_OK);
	}
}

/* Which part of the path is no directory. */
static void
test_no_directory(void **state)
{
	struct world *w = *state;
	struct place p = PLACE;
	struct err e;

	assert_int_not_equal(place_find(at(w, "conf/x/y"), &p, &e), EC_OK);
	assert_non_null(strstr(e.what, "/conf: cannot enter"));
	place_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_disk_fails),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_no_capget),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_lock_fails),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_mount),
		cmocka_unit_test_setup_teardown(
		    test_pin, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_links, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_long_link, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_many_links, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_lengths, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_no_directory, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_pin_zero, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_holds, world_make, world_end),
		cmocka_unit_test_setup_teardown(
		    test_unlocked_and_edited, world_make, world_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
