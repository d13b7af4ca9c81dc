/*
 * confine: what the network process cannot do any more, tried one by one, as
 * root when we are; and what it still must be able to do. Each act is tried
 * free as well: an act that fails anyway would prove nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/auto.h"
#include "base/confine.h"

#define NO_MATTER (-1000)
#define KILLED    (-SIGSYS)

static char dir[64];
static char here[96]; /* a file in it, 0666 */
static char gone[96]; /* a name in it, free */
static pid_t parent;

/* ---- acts: -1 and errno, or what is not negative ----------------------- */

static int
make(void)
{
	return open(gone, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int
make_unnamed(void)
{
	return open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int
open_write(void)
{
	return open(here, O_WRONLY | O_CLOEXEC);
}

static int
open_append(void)
{
	return open(here, O_RDWR | O_APPEND | O_CLOEXEC);
}

static int
open_cut(void)
{
	return open(here, O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static int
open_anew(void)
{
	uint64_t how[3] = { O_WRONLY, 0, 0 }; /* struct open_how */

	return (int)syscall(SYS_openat2, AT_FDCWD, here, how, sizeof(how));
}

static int
read_other(void)
{
	return open(here, O_RDONLY | O_CLOEXEC);
}

static int
read_dir(void)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
read_shadow(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int
read_parent(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", parent);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int
cut(void)
{
	return truncate(here, 0);
}

static int
remove_it(void)
{
	return unlink(here);
}

static int
rename_it(void)
{
	return rename(here, gone);
}

static int
link_it(void)
{
	return link(here, gone);
}

static int
symlink_it(void)
{
	return symlink("x", gone);
}

static int
make_dir(void)
{
	return mkdir(gone, 0700);
}

static int
make_fifo(void)
{
	return mkfifo(gone, 0700);
}

static int
chmod_it(void)
{
	return chmod(here, 0777);
}

static int
chown_it(void)
{
	return chown(here, getuid(), getgid());
}

static int
make_memory_file(void)
{
	return memfd_create("x", MFD_CLOEXEC);
}

static int
netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

/* A peer's reply is no reason to listen. */
static int
serve(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return listen(fd, 1);
}

static int
type_for_us(void)
{
	/* Free: ENOTTY too, unless there is a terminal. */
	return ioctl(STDERR_FILENO, TIOCSTI, "x");
}

static int
fork_one(void)
{
	const pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
signal_parent(void)
{
	return kill(parent, 0);
}

static int
signal_parent_thread(void)
{
	return (int)syscall(SYS_tgkill, parent, parent, 0);
}

static int
be_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
be_user(void)
{
	return setresuid(65123, 65123, 65123);
}

static int
raise_limit(void)
{
	const struct rlimit r = { 0, 0 };

	return setrlimit(RLIMIT_AS, &r) == 0 ? 0 : -1;
}

static int
execute(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	return execve(name, argv, NULL);
}

static int
execute_at(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	return (int)syscall(SYS_execveat, AT_FDCWD, name, argv, NULL, 0);
}

static int
trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
peek(void)
{
	char c;
	struct iovec to = { &c, 1 }, from = { dir, 1 };

	return (int)process_vm_readv(parent, &to, 1, &from, 1, 0);
}

static int
new_namespace(void)
{
	return (int)syscall(SYS_unshare, 0);
}

static int
other_numbers(void)
{
	/* getpid() of x32 */
	return (int)syscall(0x40000000L | SYS_getpid);
}

static int
look_up(void)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *a = NULL;

	if (getaddrinfo("localhost", "https", &hints, &a) != 0)
		return -1;
	freeaddrinfo(a);
	return 0;
}

static int
read_trust(void)
{
	return open("/etc/ssl/certs/ca-certificates.crt", O_RDONLY | O_CLOEXEC);
}

static int
read_hosts(void)
{
	return open("/etc/hosts", O_RDONLY | O_CLOEXEC);
}

static void *
nothing(void *ret)
{
	*(int *)ret = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 1 : 2;
	return NULL;
}

/* A thread runs, and has no more than we. */
static int
thread(void)
{
	pthread_t t;
	int seen = 0;

	if (pthread_create(&t, NULL, nothing, &seen) != 0 ||
	    pthread_join(t, NULL) != 0)
		return -1;
	return seen == 1 || getenv("FREE") != NULL ? 0 : -1;
}

static int
connect_out(void)
{
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : fd;
}

static int
signal_self(void)
{
	(void)signal(SIGUSR1, SIG_IGN);
	return raise(SIGUSR1);
}

static const struct {
	const char *name;
	int (*act)(void);
	int confined, free; /* errno, or KILLED */
} rows[] = {
	{ "make a file", make, EACCES, 0 },
	{ "make a file without a name", make_unnamed, EACCES, 0 },
	{ "open to write", open_write, EACCES, 0 },
	{ "open to append", open_append, EACCES, 0 },
	{ "open and cut", open_cut, EACCES, 0 },
	{ "openat2", open_anew, ENOSYS, 0 },
	{ "read a file", read_other, EACCES, 0 },
	{ "read a directory", read_dir, EACCES, 0 },
	{ "read /etc/passwd", read_shadow, EACCES, 0 },
	{ "read /proc of the parent", read_parent, EACCES, 0 },
	{ "truncate", cut, ENOSYS, 0 },
	{ "unlink", remove_it, ENOSYS, 0 },
	{ "rename", rename_it, ENOSYS, 0 },
	{ "link", link_it, ENOSYS, 0 },
	{ "symlink", symlink_it, ENOSYS, 0 },
	{ "mkdir", make_dir, ENOSYS, 0 },
	{ "mkfifo", make_fifo, ENOSYS, 0 },
	{ "chmod", chmod_it, ENOSYS, 0 },
	{ "chown", chown_it, ENOSYS, 0 },
	{ "memfd_create", make_memory_file, ENOSYS, 0 },
	{ "a socket of the kernel", netlink, EAFNOSUPPORT, 0 },
	{ "listen", serve, ENOSYS, 0 },
	{ "type into the terminal", type_for_us, ENOTTY, NO_MATTER },
	{ "fork", fork_one, EPERM, 0 },
	{ "signal the parent", signal_parent, EPERM, 0 },
	{ "signal its thread", signal_parent_thread, EPERM, 0 },
	{ "become dumpable", be_dumpable, EINVAL, 0 },
	{ "change user", be_user, ENOSYS, NO_MATTER },
	{ "change a limit", raise_limit, ENOSYS, 0 },
	{ "execve", execute, KILLED, 0 },
	{ "execveat", execute_at, KILLED, 0 },
	{ "ptrace", trace, KILLED, 0 },
	{ "process_vm_readv", peek, KILLED, NO_MATTER },
	{ "unshare", new_namespace, KILLED, 0 },
	{ "system calls by other numbers", other_numbers, KILLED, NO_MATTER },
	{ "look up a name", look_up, 0, 0 },
	{ "read the system's certificates", read_trust, 0, 0 },
	{ "read /etc/hosts", read_hosts, 0, 0 },
	{ "a thread, no freer than we", thread, 0, 0 },
	{ "sockets", connect_out, 0, 0 },
	{ "signal ourselves", signal_self, 0, 0 },
};

static int
outcome(int (*act)(void), bool free)
{
	struct confined c;
	int how = 0;
	const pid_t pid = fork();

	if (pid == 0) {
		if (free)
			(void)setenv("FREE", "1", 1);
		else
			confine(&c);
		if (!free && (!c.files || !c.calls))
			_exit(255);
		errno = 0;
		_exit(act() >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}

static void
put(void)
{
	const int fd = open(here, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(close(fd), 0);
	if (unlink(gone) != 0)
		(void)rmdir(gone);
}

static void
test_acts(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got;

		put();
		got = outcome(rows[i].act, false);
		if (got != rows[i].confined) {
			print_error("%s: confined: %d, not %d\n", rows[i].name,
			    got, rows[i].confined);
			wrong++;
		}
		got = outcome(rows[i].act, true);
		if (rows[i].free != NO_MATTER && got != rows[i].free) {
			print_error("%s: free: %d, not %d\n", rows[i].name, got,
			    rows[i].free);
			wrong++;
		}
	}
	put();
	assert_int_equal(wrong, 0);
}

/* What is open already: not longer than it is. */
static int
write_open(void)
{
	const int fd = atoi(getenv("OPEN_FD"));

	(void)signal(SIGXFSZ, SIG_IGN);
	return (int)write(fd, "more", 4);
}

static void
test_open_file(void **state)
{
	char text[16];
	int fd;

	(void)state;
	put();
	fd = open(here, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	(void)snprintf(text, sizeof(text), "%d", fd);
	assert_int_equal(setenv("OPEN_FD", text, 1), 0);
	assert_int_equal(outcome(write_open, false), EFBIG);
	assert_int_equal(outcome(write_open, true), 0);
	assert_int_equal(close(fd), 0);
}

static int
has_any_capability(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int buffer = 1 << 20;

	/* CAP_NET_ADMIN */
	return setsockopt(
	    fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
}

static void
test_capabilities(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(outcome(has_any_capability, false), EPERM);
	assert_int_equal(outcome(has_any_capability, true), 0);
}

static int
make_world(void **state)
{
	(void)state;
	parent = getpid();
	(void)umask(0);
	(void)stpcpy(dir, "/tmp/confine-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(here, sizeof(here), "%s/here", dir);
	(void)snprintf(gone, sizeof(gone), "%s/gone", dir);
	return 0;
}

static int
end_world(void **state)
{
	(void)state;
	(void)unlink(here);
	(void)unlink(gone);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_open_file),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
