/*
 * pt_see: what a system call of another process is about, in words: a path,
 * or what is behind a descriptor. Only for people and for choosing points;
 * when it cannot be seen the text is empty.
 */
#ifndef CRASH_PT_SEE_H
#define CRASH_PT_SEE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEE_MAX 200

static inline void
see_path(pid_t pid, uint64_t at, char ret[SEE_MAX])
{
	/* Up to the end of its page, so that the read cannot run off it. */
	const size_t page = 4096 - at % 4096;
	const size_t n = page < SEE_MAX ? page : SEE_MAX - 1;
	struct iovec to = { .iov_base = ret, .iov_len = n };
	struct iovec from = { .iov_len = n };

	memcpy(&from.iov_base, &at, sizeof(from.iov_base));
	if (process_vm_readv(pid, &to, 1, &from, 1, 0) <= 0)
		ret[0] = '\0';
	ret[n] = '\0';
}

/* The address that a socket is connected to; false: it is not. */
static inline bool
see_peer(int fd, char ret[SEE_MAX])
{
	struct sockaddr_in a = { .sin_family = AF_UNSPEC };
	char text[INET_ADDRSTRLEN];
	socklen_t n = sizeof(a);

	if (getpeername(fd, (struct sockaddr *)&a, &n) != 0 ||
	    a.sin_family != AF_INET ||
	    inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text)) == NULL)
		return false;
	(void)snprintf(ret, SEE_MAX, "%s:%u", text, ntohs(a.sin_port));
	return true;
}

/* pidfd_getfd(2) lends us the descriptor itself. */
static inline void
see_socket(pid_t pid, int fd, char ret[SEE_MAX])
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int mine =
	    process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);

	if (mine >= 0) {
		(void)see_peer(mine, ret);
		(void)close(mine);
	}
	if (process >= 0)
		(void)close(process);
}

/* A path, "pipe:[N]", "ADDRESS:PORT" or "socket:[N]" when not connected. */
static inline void
see_fd(pid_t pid, uint64_t fd, char ret[SEE_MAX])
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, (int)fd);
	n = readlink(path, ret, SEE_MAX - 1);
	ret[n < 0 ? 0 : n] = '\0';
	if (strncmp(ret, "socket:", 7) == 0)
		see_socket(pid, (int)fd, ret);
}

#endif
