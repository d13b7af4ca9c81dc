/*
 * hurry: shorter limits for what hangs, without a word of it in the program.
 * The linker gives us the calls of run(), run_argv() and http_do() first
 * (--wrap, see ld(1)), so what is tested is what is installed.
 */
#include "base/http.h"
#include "base/run.h"
#include "trouble.h"

#define RUN_DEFAULT_MS  60000 /* base/run.h */
#define HTTP_DEFAULT_MS 10000 /* base/http.h */

enum ec __real_run(struct run *r, struct err *e);
enum ec __wrap_run(struct run *r, struct err *e);
enum ec __real_run_argv(
    const char *const *argv, int64_t timeout_ms, struct err *e);
enum ec __wrap_run_argv(
    const char *const *argv, int64_t timeout_ms, struct err *e);
enum ec __real_http_do(struct net *n, const struct http_request *q,
    struct http_reply *ret, struct err *e);
enum ec __wrap_http_do(struct net *n, const struct http_request *q,
    struct http_reply *ret, struct err *e);

static int64_t cut, longest;

void
hurry(int64_t ms)
{
	cut = ms;
	longest = 0;
}

int64_t
hurry_longest(void)
{
	return longest;
}

static int64_t
limit(int64_t asked, int64_t otherwise)
{
	const int64_t ms = asked > 0 ? asked : otherwise;

	longest = ms > longest ? ms : longest;
	return cut > 0 && ms > cut ? cut : asked;
}

enum ec
__wrap_run(struct run *r, struct err *e)
{
	r->timeout_ms = limit(r->timeout_ms, RUN_DEFAULT_MS);
	return __real_run(r, e);
}

enum ec
__wrap_run_argv(const char *const *argv, int64_t timeout_ms, struct err *e)
{
	return __real_run_argv(argv, limit(timeout_ms, RUN_DEFAULT_MS), e);
}

enum ec
__wrap_http_do(struct net *n, const struct http_request *q,
    struct http_reply *ret, struct err *e)
{
	struct http_request hurried = *q;

	hurried.timeout_ms = limit(q->timeout_ms, HTTP_DEFAULT_MS);
	return __real_http_do(n, &hurried, ret, e);
}
