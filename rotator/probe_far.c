/*
 * probe_far: log-ins are tried by the network process. Both ends, side by
 * side. When it dies there is no verdict about a key, and none is made up: it
 * is as if nobody could be reached.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/far.h"
#include "base/file.h"
#include "base/wire.h"
#include "rotator/probe_p.h"

#define JOBS_MAX 10000
/* As http_far.c; and the wait for the answer to QUIT after a mail. */
#define SLACK_MS 30000

/* ---- here -------------------------------------------------------------- */

static enum ec
put_trust(struct buf *b, const char *ca_file, struct err *e)
{
	AUTO(buf) struct buf pem = BUF(FILE_MAX_BYTES);
	enum ec ec = EC_GONE;

	TRY(wire_put_text(b, ca_file, e));
	if (ca_file != NULL)
		ec = file_read(ca_file, &pem, e);
	TRY_MEMORY(ec);
	if (ec != EC_OK)
		return wire_put_bytes(b, NULL, 0, e);
	return wire_put_bytes(b, buf_str(&pem), pem.len, e);
}

static enum ec
put_job(struct buf *b, const struct net *n, const struct probe_job *job,
    struct err *e)
{
	const char *own = job->peer->ca_file;
	const struct smtp_cred *c = job->cred;

	TRY(wire_put_text(b, job->peer->host, e));
	TRY(wire_put(b, job->peer->port, e));
	TRY(wire_put(b, job->peer->tls, e));
	TRY(put_trust(b, own != NULL ? own : net_ca_file(n), e));
	TRY(wire_put_text(b, c != NULL ? c->user : NULL, e));
	TRY(wire_put_bytes(b, c != NULL ? secret_reveal(c->pass) : NULL,
	    c != NULL ? secret_len(c->pass) : 0, e));
	TRY(wire_put_text(b, job->send != NULL ? job->send->from : NULL, e));
	return wire_put_text(b, job->send != NULL ? job->send->to : NULL, e);
}

static void
get_result(struct wire *w, struct probe_result *ret)
{
	ret->verdict =
	    (enum probe_verdict)wire_get(w, PROBE_ACCEPTED, PROBE__MAX - 1);
	ret->code = (int)wire_get(w, 0, 9999);
	wire_get_into(w, ret->reply, sizeof(ret->reply));
	ret->at = wire_get(w, INT64_MIN, INT64_MAX);
	ret->took = wire_get(w, INT64_MIN, INT64_MAX);
}

/* The time of each is that of the question: an AUTH may have been made. */
static void
nobody_there(struct probe_job *jobs, size_t count, int64_t at, const char *why)
{
	for (size_t i = 0; i < count; i++) {
		struct probe_result *r = &jobs[i].result;

		*r = (struct probe_result){ .verdict = PROBE_CONNECT,
			.at = at,
			.took = clock_wall() - at };
		(void)snprintf(r->reply, sizeof(r->reply), "%.120s", why);
	}
}

static enum ec
get_results(const struct buf *answer, struct probe_job *jobs, size_t count,
    int64_t at, struct err *e)
{
	struct err told = { .ec = EC_OK };
	struct wire w;

	wire_open(&w, answer);
	wire_get_err(&w, &told);
	if (told.ec != EC_OK && wire_done(&w)) {
		*e = told;
		return e->ec;
	}
	for (size_t i = 0; i < count; i++)
		get_result(&w, &jobs[i].result);
	if (!wire_done(&w))
		nobody_there(jobs, count, at, "an answer that is none");
	return EC_OK;
}

enum ec
probe_far(const struct net *n, struct probe_job *jobs, size_t count,
    int64_t timeout_ms, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(FAR_MAX);
	AUTO(buf) struct buf answer = BUF(FAR_MAX);
	const int64_t at = clock_wall();

	TRY(wire_put(&ask, (int64_t)count, e));
	TRY(wire_put(&ask, timeout_ms, e));
	for (size_t i = 0; i < count; i++) {
		if (jobs[i].cred != NULL && jobs[i].cred->pass == NULL)
			return fail(e, EC_BUG, "probe without a password");
		TRY(put_job(&ask, n, &jobs[i], e));
	}
	if (far_call(net_far(n), PROBE_FAR_OP, &ask, &answer,
		timeout_ms + SLACK_MS, e) == EC_OK)
		return get_results(&answer, jobs, count, at, e);
	nobody_there(jobs, count, at, e->what);
	return EC_OK;
}

/* ---- there ------------------------------------------------------------- */

struct asked {
	struct smtp_peer peer;
	struct smtp_cred cred;
	struct prove_send send;
};

static void
end_asked(struct asked *a, struct probe_job *jobs, size_t count)
{
	for (size_t i = 0; a != NULL && i < count; i++)
		secret_free(a[i].cred.pass);
	free(a);
	free(jobs);
}

static enum ec
get_cred(struct wire *w, struct asked *a, struct probe_job *job, struct err *e)
{
	const char *user = wire_get_text(w);
	const char *pass;
	size_t n;

	if (user != NULL && strlen(user) < sizeof(a->cred.user))
		(void)stpcpy(a->cred.user, user);
	pass = wire_get_bytes(w, &n);
	if (user == NULL)
		return EC_OK;
	if (pass == NULL)
		return fail(e, EC_BUG, "a user without a password");
	job->cred = &a->cred;
	return secret_new(pass, n, &a->cred.pass, e);
}

static enum ec
get_job(struct wire *w, struct asked *a, struct probe_job *job, struct err *e)
{
	job->peer = &a->peer;
	wire_get_into(w, a->peer.host, sizeof(a->peer.host));
	a->peer.port = (unsigned)wire_get(w, 0, UINT16_MAX);
	a->peer.tls = (enum smtp_tls)wire_get(w, 0, INT16_MAX);
	a->peer.ca_file = wire_get_text(w);
	job->ca = wire_get_bytes(w, &job->ca_len);
	TRY(get_cred(w, a, job, e));
	a->send.from = wire_get_text(w);
	a->send.to = wire_get_text(w);
	if (a->send.from != NULL)
		job->send = &a->send;
	return w->bad ? fail(e, EC_BUG, "a probe that is none") : EC_OK;
}

static enum ec
put_results(
    struct buf *b, const struct probe_job *jobs, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct probe_result *r = &jobs[i].result;

		TRY(wire_put(b, r->verdict, e));
		TRY(wire_put(b, r->code, e));
		TRY(wire_put_text(b, r->reply, e));
		TRY(wire_put(b, r->at, e));
		TRY(wire_put(b, r->took, e));
	}
	return EC_OK;
}

static enum ec
get_jobs(struct wire *w, struct asked *a, struct probe_job *jobs, size_t count,
    struct err *e)
{
	if (a == NULL || jobs == NULL)
		return fail(e, EC_NOMEM, "no memory for probes");
	for (size_t i = 0; i < count; i++)
		TRY(get_job(w, &a[i], &jobs[i], e));
	return EC_OK;
}

static enum ec
serve(struct net *n, struct wire *w, struct asked *a, struct probe_job *jobs,
    size_t count, int64_t timeout_ms, struct buf *answer, struct err *e)
{
	struct err told = { .ec = EC_OK };
	enum ec ec = get_jobs(w, a, jobs, count, e);

	if (ec != EC_OK)
		return ec == EC_NOMEM ? wire_put_err(answer, e, e) : ec;
	told.ec = probe_smtp_many(n, jobs, count, timeout_ms, &told);
	if (told.ec != EC_OK)
		return wire_put_err(answer, &told, e);
	told = (struct err){ .ec = EC_OK };
	TRY(wire_put_err(answer, &told, e));
	return put_results(answer, jobs, count, e);
}

enum ec
probe_serve(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	struct probe_job *jobs;
	struct asked *a;
	struct wire w;
	size_t count;
	int64_t limit;
	enum ec ec;

	wire_open(&w, ask);
	count = (size_t)wire_get(&w, 1, JOBS_MAX);
	limit = wire_get(&w, 1, INT64_MAX);
	if (w.bad)
		return fail(e, EC_BUG, "probes that are none");
	jobs = calloc(count, sizeof(*jobs));
	a = calloc(count, sizeof(*a));
	ec = serve(n, &w, a, jobs, count, limit, answer, e);
	end_asked(a, jobs, count);
	return ec;
}
