/*
 * confine: a process takes from itself what it will not need, for good.
 *
 * For the process that talks to the network, see far.h. What is left to it:
 * to read what name lookup and TLS read (the lists in confine_files.c), and
 * sockets to other hosts. It can write to no file, run no program, look into
 * no process, and its threads have no more either. The kernel keeps to that
 * whatever code runs in it (landlock(7), seccomp(2)).
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>

struct confined {
	bool files; /* Landlock: nothing written, little read */
	bool calls; /* seccomp: no system call but those that are needed */
};

/*
 * For this process and all it makes; there is no way back. What the kernel
 * does not know is left out and *ret says so; that is no failure, because a
 * kernel without it (before Linux 5.13, or a container that forbids it) rotates
 * as before. Not to be called twice.
 */
void confine(struct confined *ret);

/* Its two halves, for confine.c. False: the kernel has no such thing. */
bool confine_files(void);
bool confine_calls(void);

#endif
