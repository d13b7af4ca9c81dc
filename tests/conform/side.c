/* side: tables side by side; see conform.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform.h"

#define AT_ONCE    4
#define TABLES_MAX 32

struct side {
	pid_t pid; /* 0: not begun, -1: ended */
	FILE *out;
	int status;
};

static void
begin(struct side *s, const struct row *table,
    void (*each)(const struct row *table))
{
	s->out = tmpfile();
	(void)fflush(stdout);
	s->pid = s->out != NULL ? fork() : -1;
	if (s->pid < 0) {
		printf("Bail out! %s\n", strerror(errno));
		exit(1);
	}
	if (s->pid > 0)
		return;
	if (dup2(fileno(s->out), STDOUT_FILENO) != STDOUT_FILENO)
		_exit(1);
	each(table);
	exit(0); /* not _exit(): rows clean up, and leaks are looked for */
}

static void
await_one(struct side *sides, size_t n)
{
	int status = 0;
	const pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < n; i++)
		if (sides[i].pid == pid) {
			sides[i].pid = -1;
			sides[i].status = status;
		}
}

/* "ok 12 - text" gets its number among all. */
static void
print(struct side *s, unsigned *run, unsigned *failed)
{
	char *line = NULL;
	size_t size = 0;

	rewind(s->out);
	while (getline(&line, &size, s->out) > 0) {
		const bool bad = strncmp(line, "not ok ", 7) == 0;
		const char *text = strstr(line, " - ");

		*failed += bad ? 1 : 0;
		if (text != NULL && (bad || strncmp(line, "ok ", 3) == 0))
			printf("%sok %u%s", bad ? "not " : "", ++*run, text);
		else
			printf("%s", line);
	}
	free(line);
	(void)fclose(s->out);
	if (s->status == 0)
		return;
	printf("not ok %u - a table ended with status 0x%x\n", ++*run,
	    (unsigned)s->status);
	*failed += 1;
}

unsigned
side_by_side(void (*each)(const struct row *table), unsigned *ret_failed)
{
	struct side sides[TABLES_MAX] = { { .pid = 0 } };
	unsigned run = 0;
	size_t n = 0, printed = 0, begun = 0;

	while (n < TABLES_MAX && row_tables[n] != NULL)
		n++;
	*ret_failed = row_tables[n] != NULL ? 1 : 0;
	while (printed < n) {
		size_t ended = 0;

		for (size_t i = 0; i < begun; i++)
			ended += sides[i].pid < 0 ? 1 : 0;
		if (begun < n && begun - ended < AT_ONCE) {
			begin(&sides[begun], row_tables[begun], each);
			begun++;
		} else if (sides[printed].pid < 0) {
			print(&sides[printed++], &run, ret_failed);
		} else {
			await_one(sides, begun);
		}
	}
	return run;
}
