/*
 * standin: a stand-in of tests/standin in a child process, for tests in C. Its
 * control port is told what to be, and asked what it saw.
 */
#ifndef TESTS_STANDIN_H
#define TESTS_STANDIN_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/http.h"
#include "clients/json.h"

struct standin {
	pid_t pid;
	unsigned control, port; /* of plain HTTP; of TLS */
	struct net *net;
};

/* Dies with a word; a test without its stand-in is no test. */
static inline void
standin_die(const char *what, const char *why)
{
	(void)fprintf(stderr, "standin: %s: %s\n", what, why);
	exit(1);
}

/* The reply as JSON, or NULL when it has no body; owned. body may be NULL. */
static inline cJSON *
standin_ctl(const struct standin *s, const char *method, const char *path,
    const char *body)
{
	AUTO(buf) struct buf text = BUF(1 << 20);
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	char url[256];
	const struct http_request q = { .method = method,
		.url = url,
		.body = body != NULL ? &text : NULL,
		.timeout_ms = 20000 };
	struct err e;

	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u%s", s->control, path);
	if ((body != NULL && buf_adds(&text, body, &e) != EC_OK) ||
	    http_do(s->net, &q, &r, &e) != EC_OK)
		standin_die(path, e.what);
	if (r.status >= 300)
		standin_die(path, "refused");
	return r.body.len > 0 ? json_parse(&r.body) : NULL;
}

static inline void
standin_post(const struct standin *s, const char *path, const char *body)
{
	cJSON_Delete(standin_ctl(s, "POST", path, body));
}

/* Text of a field of a control reply, copied; the caller frees it. */
static inline char *
standin_text(const struct standin *s, const char *path, const char *field)
{
	AUTO(json) cJSON *j = standin_ctl(s, "GET", path, NULL);
	const char *text = json_text(j, field);

	if (text == NULL)
		standin_die(path, "no such field");
	return strdup(text);
}

/* With control and net set: learns the port of TLS. */
static inline void
standin_meet(struct standin *s)
{
	AUTO(json) cJSON *j = standin_ctl(s, "GET", "/env", NULL);

	s->port = (unsigned)cJSON_GetNumberValue(
	    cJSON_GetObjectItemCaseSensitive(j, "port"));
}

static inline void
standin_start(struct standin *s, const char *program, struct net *net)
{
	char line[64] = "";
	int ends[2];
	FILE *f;

	s->net = net;
	if (pipe(ends) != 0 || (s->pid = fork()) < 0)
		standin_die(program, "no child");
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)dup2(ends[1], 1);
		(void)execlp("python3", "python3", program, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    strncmp(line, "ready ", 6) != 0)
		standin_die(program, "does not get ready");
	(void)fclose(f);
	s->control = (unsigned)strtoul(line + 6, NULL, 10);
	standin_meet(s);
}

static inline void
standin_stop(struct standin *s)
{
	(void)kill(s->pid, SIGTERM);
	(void)waitpid(s->pid, NULL, 0);
}

#endif
