/*
 * fake_sts: STS and a service behind it, as strict as they are where it
 * matters for accounts: each role has whom it trusts and the external id it
 * wants; what STS gave is good for a while, by a clock that the test sets, and
 * then refused. Built on fake_http.h; counts are in shared memory.
 */
#ifndef TEST_FAKE_STS_H
#define TEST_FAKE_STS_H

#include <semaphore.h>
#include <stdint.h>

#include "base/clock.h"
#include "fake_http.h"

#define ROLES     10
#define GIVEN_MAX 64
#define ROLE(n)   "arn:aws:iam::12345678901" #n ":role/r" #n

struct sts_role_state {
	/* Set by the test. */
	bool trusts_role; /* "ASIA" of another role, not only "AKIABASE" */
	bool wants_id;    /* ExternalId=ext-N */
	bool revoked;
	/* Counted. */
	unsigned given, denied, served, stale;
	int64_t until[GIVEN_MAX]; /* end of each that was given */
};

struct sts_state {
	int64_t now;         /* ms, the world's clock */
	int64_t life;        /* ms, of what STS gives */
	int64_t deaf_until;  /* throttles all but STS */
	unsigned deaf_calls; /* so many more */
	unsigned long_by;    /* so many bytes more in a token, at most 4000 */
	bool gated;          /* an AssumeRole waits for the gate */
	sem_t gate, arrived; /* arrived: one waits there */
	unsigned plain;      /* calls signed by AKIABASE */
	unsigned throttled, calls;
	char region[32]; /* of the last AssumeRole's scope */
	struct sts_role_state role[ROLES];
};

struct fake_sts {
	pid_t pid;
	int port, fd;
	struct sts_state *s;
};

static inline void
sts_say(int c, const char *status, const char *body)
{
	char text[FAKE_TEXT + 256];

	(void)snprintf(text, sizeof(text),
	    "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
	    strlen(body), body);
	fake_send(c, text);
}

static inline void
sts_refuse(int c, const char *status, const char *code)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
	    "<ErrorResponse><Error><Code>%s</Code><Message>no</Message>"
	    "</Error><RequestId>rid</RequestId></ErrorResponse>",
	    code);
	sts_say(c, status, body);
}

/* "ASIA3N7": role 3, the 7th given. */
static inline bool
sts_who(
    const struct sts_state *s, const char *text, int *role, unsigned *serial)
{
	const char *p = strstr(text, "Credential=ASIA");
	char token[FAKE_TEXT];

	if (p == NULL || sscanf(p, "Credential=ASIA%dN%u/", role, serial) != 2)
		return false;
	(void)snprintf(token, sizeof(token),
	    "\r\nX-Amz-Security-Token: TOKEN%dN%u%0*d\r\n", *role, *serial,
	    (int)s->long_by + 1, 0);
	return *role >= 0 && *role < ROLES && strstr(text, token) != NULL;
}

static inline bool
sts_good(struct sts_state *s, int role, unsigned serial)
{
	return serial < GIVEN_MAX && serial < s->role[role].given &&
	    __atomic_load_n(&s->now, __ATOMIC_SEQ_CST) <
	    s->role[role].until[serial];
}

static inline void
sts_give(struct sts_state *s, int c, int n)
{
	struct sts_role_state *r = &s->role[n];
	char until[CLOCK_TEXT_MAX], body[FAKE_TEXT];
	const unsigned serial = r->given;

	r->until[serial] = s->now + s->life;
	clock_text(r->until[serial], until);
	__atomic_fetch_add(&r->given, 1, __ATOMIC_SEQ_CST);
	(void)snprintf(body, sizeof(body),
	    "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
	    "<AccessKeyId>ASIA%dN%u</AccessKeyId>"
	    "<SecretAccessKey>SECRET%dN%u</SecretAccessKey>"
	    "<SessionToken>TOKEN%dN%u%0*d</SessionToken>"
	    "<Expiration>%s</Expiration></Credentials></AssumeRoleResult>"
	    "</AssumeRoleResponse>",
	    n, serial, n, serial, n, serial, (int)s->long_by + 1, 0, until);
	sts_say(c, "200 OK", body);
}

static inline void
sts_assume(struct sts_state *s, int c, const char *text)
{
	const char *arn = strstr(text, "role%2Fr");
	const char *scope = strstr(text, "/sts/aws4_request");
	const int n = arn != NULL ? arn[8] - '0' : -1;
	struct sts_role_state *r;
	char id[32], account[32];
	unsigned serial;
	int by;

	if (s->gated) {
		(void)sem_post(&s->arrived);
		while (sem_wait(&s->gate) != 0)
			continue;
	}
	if (n < 0 || n >= ROLES || scope == NULL) {
		sts_refuse(c, "400 x", "ValidationError");
		return;
	}
	while (scope[-1] != '/')
		scope--;
	(void)snprintf(s->region, sizeof(s->region), "%.*s",
	    (int)strcspn(scope, "/"), scope);
	r = &s->role[n];
	(void)snprintf(id, sizeof(id), "&ExternalId=ext-%d", n);
	(void)snprintf(account, sizeof(account), "%%3A12345678901%d%%3A", n);
	if (strstr(text, "Credential=ASIA") != NULL &&
	    !(r->trusts_role && sts_who(s, text, &by, &serial) &&
		sts_good(s, by, serial)))
		sts_refuse(c, "403 x", "ExpiredToken");
	else if (r->revoked || strstr(text, account) == NULL ||
	    (strstr(text, "Credential=ASIA") == NULL &&
		strstr(text, "Credential=AKIABASE/") == NULL) ||
	    r->wants_id != (strstr(text, id) != NULL)) {
		__atomic_fetch_add(&r->denied, 1, __ATOMIC_SEQ_CST);
		sts_refuse(c, "403 x", "AccessDenied");
	} else {
		sts_give(s, c, n);
	}
}

static inline void
sts_serve_call(struct sts_state *s, int c, const char *text)
{
	unsigned serial;
	int n;

	__atomic_fetch_add(&s->calls, 1, __ATOMIC_SEQ_CST);
	if (s->now < s->deaf_until || s->deaf_calls > 0) {
		s->deaf_calls -= s->deaf_calls > 0;
		__atomic_fetch_add(&s->throttled, 1, __ATOMIC_SEQ_CST);
		sts_refuse(c, "400 x", "Throttling");
	} else if (strstr(text, "Credential=AKIABASE/") != NULL) {
		__atomic_fetch_add(&s->plain, 1, __ATOMIC_SEQ_CST);
		sts_say(c, "200 OK", "<ok/>");
	} else if (!sts_who(s, text, &n, &serial)) {
		sts_refuse(c, "403 x", "InvalidClientTokenId");
	} else if (!sts_good(s, n, serial)) {
		__atomic_fetch_add(&s->role[n].stale, 1, __ATOMIC_SEQ_CST);
		sts_refuse(c, "403 x", "ExpiredToken");
	} else {
		__atomic_fetch_add(&s->role[n].served, 1, __ATOMIC_SEQ_CST);
		sts_say(c, "200 OK", "<ok/>");
	}
}

static inline void
sts_converse(struct sts_state *s, int c)
{
	static char text[FAKE_TEXT];

	while (fake_request(c, text)) {
		if (strstr(text, "\r\n\r\nAction=AssumeRole&") != NULL)
			sts_assume(s, c, text);
		else
			sts_serve_call(s, c, text);
	}
	_exit(0);
}

static inline void
sts_start(struct fake_sts *f)
{
	struct fake l = { .pid = 0 };
	int c;

	f->s = mmap(NULL, sizeof(*f->s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(f->s, MAP_FAILED);
	assert_int_equal(sem_init(&f->s->gate, 1, 0), 0);
	assert_int_equal(sem_init(&f->s->arrived, 1, 0), 0);
	f->s->life = INT64_C(3600) * 1000;
	fake_listen(&l);
	f->port = l.port;
	(void)fflush(NULL);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid > 0) {
		(void)close(l.fd);
		return;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	while ((c = accept(l.fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			sts_converse(f->s, c);
		}
		(void)close(c);
	}
	_exit(1);
}

static inline void
sts_stop(struct fake_sts *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
	(void)sem_destroy(&f->s->gate);
	(void)sem_destroy(&f->s->arrived);
	(void)munmap(f->s, sizeof(*f->s));
}

#endif
