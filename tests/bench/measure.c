/*
 * measure FILE COMMAND [ARG...]: runs the command once and appends a line
 *
 *   WALL_US USER_US SYS_US MAXRSS_KIB CODE
 *
 * A program of its own because a child's peak memory counts from the fork on
 * (getrusage(2), Linux): started by an interpreter, every small program would
 * seem as big as that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static long
micros(const struct timeval *t)
{
	return t->tv_sec * 1000000L + t->tv_usec;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	long begun = now();
	int status;
	FILE *to;
	pid_t pid;

	if (argc < 3)
		return 125;
	pid = vfork();
	if (pid == 0) {
		(void)execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 125;
	begun = now() - begun;
	to = fopen(argv[1], "ae");
	if (to == NULL)
		return 125;
	(void)fprintf(to, "%ld %ld %ld %ld %d\n", begun, micros(&used.ru_utime),
	    micros(&used.ru_stime), used.ru_maxrss,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(to) == 0 ? 0 : 125;
}
