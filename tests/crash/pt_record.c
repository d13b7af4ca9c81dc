#include "tests/crash/pt_record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/crash/pt_calls.h"
#include "tests/crash/pt_see.h"

#define NONE (-1)
#define LINK "/proc/%d/fd/%d"

/* Where in its arguments a call says what it does. Calls that are not here
 * have no effect on a disk; disk.py refuses those it does not know. */
static const struct shape {
	int nr;
	int fd, dir, path, dir2, path2;
	int n, n2, data, len;
	int offset; /* argument; -2: the position of the descriptor */
} shapes[] = {
#define N NONE
/*                fd dir path dir path  n n2 data len offset */
#ifdef SYS_open
	{ SYS_open, N, N, 0, N, N, 2, 1, N, N, N },
	{ SYS_creat, N, N, 0, N, N, 1, N, N, N, N },
	{ SYS_rename, N, N, 0, N, 1, N, N, N, N, N },
	{ SYS_unlink, N, N, 0, N, N, N, N, N, N, N },
	{ SYS_rmdir, N, N, 0, N, N, N, N, N, N, N },
	{ SYS_mkdir, N, N, 0, N, N, 1, N, N, N, N },
	{ SYS_chmod, N, N, 0, N, N, 1, N, N, N, N },
	{ SYS_chown, N, N, 0, N, N, 1, 2, N, N, N },
#endif
	{ SYS_openat, N, 0, 1, N, N, 3, 2, N, N, N },
	{ SYS_renameat, N, 0, 1, 2, 3, N, N, N, N, N },
	{ SYS_renameat2, N, 0, 1, 2, 3, 4, N, N, N, N },
	{ SYS_unlinkat, N, 0, 1, N, N, 2, N, N, N, N },
	{ SYS_mkdirat, N, 0, 1, N, N, 2, N, N, N, N },
	{ SYS_fchmodat, N, 0, 1, N, N, 2, N, N, N, N },
	{ SYS_fchownat, N, 0, 1, N, N, 2, 3, N, N, N },
	{ SYS_truncate, N, N, 0, N, N, 1, N, N, N, N },
	{ SYS_write, 0, N, N, N, N, N, N, 1, 2, -2 },
	{ SYS_pwrite64, 0, N, N, N, N, N, N, 1, 2, 3 },
	{ SYS_fsync, 0, N, N, N, N, N, N, N, N, N },
	{ SYS_fdatasync, 0, N, N, N, N, N, N, N, N, N },
	{ SYS_ftruncate, 0, N, N, N, N, 1, N, N, N, N },
	{ SYS_fallocate, 0, N, N, N, N, 1, 3, N, N, 2 },
	{ SYS_fchmod, 0, N, N, N, N, 1, N, N, N, N },
	{ SYS_fchown, 0, N, N, N, N, 1, 2, N, N, N },
	{ SYS_sendto, 0, N, N, N, N, N, N, N, N, N },
	{ SYS_sendmsg, 0, N, N, N, N, N, N, N, N, N },
	{ SYS_connect, 0, N, N, N, N, N, N, N, N, N },
#undef N
};

static bool
talks(uint64_t nr)
{
	return nr == SYS_sendto || nr == SYS_sendmsg || nr == SYS_connect;
}

void
record_pace(const struct tracee *who)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	if (talks(who->nr))
		(void)nanosleep(&pause, NULL);
}

/* ---- reading the other's memory ---------------------------------------- */

static bool
fetch(pid_t pid, uint64_t at, void *to, size_t n)
{
	struct iovec mine = { .iov_base = to, .iov_len = n };
	struct iovec theirs = { .iov_len = n };

	memcpy(&theirs.iov_base, &at, sizeof(theirs.iov_base));
	return process_vm_readv(pid, &mine, 1, &theirs, 1, 0) == (ssize_t)n;
}

static void
text(pid_t pid, uint64_t at, char ret[PATH_MAX])
{
	size_t n = 0;

	while (n + 1 < PATH_MAX && fetch(pid, at + n, ret + n, 1) &&
	    ret[n] != '\0')
		n++;
	ret[n] = '\0';
}

static void
link_text(const char *link, char ret[PATH_MAX])
{
	const ssize_t n = readlink(link, ret, PATH_MAX - 1);

	ret[n < 0 ? 0 : n] = '\0';
}

static void
print_path(FILE *to, const struct tracee *who, int dir, int arg)
{
	char name[PATH_MAX], base[PATH_MAX] = "", link[64];

	if (arg == NONE) {
		(void)fprintf(to, "\t-");
		return;
	}
	text(who->pid, who->args[arg], name);
	if (dir == NONE || (int)who->args[dir] == AT_FDCWD)
		(void)snprintf(
		    link, sizeof(link), "/proc/%d/cwd", (int)who->pid);
	else
		(void)snprintf(link, sizeof(link), LINK, (int)who->pid,
		    (int)who->args[dir]);
	if (name[0] != '/') {
		link_text(link, base);
		(void)fprintf(to, "\t%s%s%s", base, name[0] ? "/" : "", name);
	} else {
		(void)fprintf(to, "\t%s", name);
	}
}

static void
print_bytes(FILE *to, const struct tracee *who, const struct shape *s)
{
	static unsigned char bytes[1 << 20];
	const size_t n = who->returned > 0 ? (size_t)who->returned : 0;

	if (s->data == NONE || n == 0) {
		(void)fprintf(to, "\t-\n");
		return;
	}
	if (n > sizeof(bytes) ||
	    !fetch(who->pid, who->args[s->data], bytes, n)) {
		(void)fprintf(to, "\tunreadable\n");
		return;
	}
	(void)fputc('\t', to);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(to, "%02x", bytes[i]);
	(void)fputc('\n', to);
}

/* ---- descriptors ------------------------------------------------------- */

static struct stat
behind(pid_t pid, int fd)
{
	char link[64];
	struct stat st = { 0 };

	(void)snprintf(link, sizeof(link), LINK, (int)pid, fd);
	if (fd < 0 || stat(link, &st) != 0)
		st.st_ino = 0;
	return st;
}

/* Where it stands after the call. */
static int64_t
position(pid_t pid, int fd)
{
	char path[64], line[64] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	(void)fclose(f);
	return strncmp(line, "pos:", 4) == 0 ? strtoll(line + 4, NULL, 10) : 0;
}

static int64_t
offset(const struct tracee *who, const struct shape *s)
{
	if (s->offset == -2)
		return position(who->pid, (int)who->args[s->fd]) -
		    who->returned;
	return s->offset == NONE ? 0 : (int64_t)who->args[s->offset];
}

static const char *
name_of(uint64_t nr)
{
	for (int i = 0; i < CALLS; i++)
		if ((uint64_t)calls[i].nr == nr)
			return calls[i].name;
	return "?";
}

static bool
opens(uint64_t nr)
{
#ifdef SYS_open
	if (nr == SYS_open || nr == SYS_creat)
		return true;
#endif
	return nr == SYS_openat;
}

static void
print_numbers(FILE *to, const struct tracee *who, const struct shape *s)
{
	const bool makes = opens(who->nr);
	const struct stat st = behind(who->pid,
	    s->fd != NONE ? (int)who->args[s->fd]
		: makes   ? (int)who->returned
			  : NONE);
	uint64_t n = s->n == NONE ? 0 : who->args[s->n];

	if (makes) /* what the umask made of it */
		n = st.st_mode & 07777;
	(void)fprintf(to, "\t%" PRIu64 "\t%" PRId64 "\t%" PRIu64 "\t%" PRIu64,
	    (uint64_t)st.st_ino, offset(who, s), n,
	    s->n2 == NONE ? 0 : who->args[s->n2]);
}

static void
print_where(FILE *to, const struct tracee *who, const struct shape *s)
{
	char path[PATH_MAX] = "", seen[SEE_MAX] = "", link[64];

	if (s->fd == NONE) {
		print_path(to, who, s->dir, s->path);
		print_path(to, who, s->dir2, s->path2);
		return;
	}
	(void)snprintf(
	    link, sizeof(link), LINK, (int)who->pid, (int)who->args[s->fd]);
	link_text(link, path);
	if (strncmp(path, "socket:", 7) == 0)
		see_fd(who->pid, who->args[s->fd], seen);
	(void)fprintf(to, "\t%s\t-", seen[0] != '\0' ? seen : path);
}

void
record_call(FILE *to, const struct tracee *who)
{
	static const struct shape other = { 0, NONE, NONE, NONE, NONE, NONE,
		NONE, NONE, NONE, NONE, NONE };
	const struct shape *s = &other;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if ((uint64_t)shapes[i].nr == who->nr)
			s = &shapes[i];
	(void)fprintf(to, "%" PRId64 "\t%s\t%s\t%" PRId64, who->ms,
	    who->main ? "main" : "child", name_of(who->nr), who->returned);
	print_numbers(to, who, s);
	print_where(to, who, s);
	print_bytes(to, who, s);
}
