/*
 * standin_fixture: a stand-in of tests/standin for the tests of one driver.
 * It is started once a program; each test gets it fresh. Behind cmocka.h and
 * client_fixture.h.
 */
#ifndef TESTS_UNIT_STANDIN_FIXTURE_H
#define TESTS_UNIT_STANDIN_FIXTURE_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/http.h"
#include "clients/json.h"

struct standin {
	pid_t pid;
	char dir[64], url[64], ca[80];
	struct net *net;
	int64_t skew; /* of the clock that is lent, ms */
	struct client_reach reach;
};
static struct standin standin;

static inline enum ec
standin_net(void *ctx, struct net **ret, struct err *e)
{
	(void)ctx;
	(void)e;
	*ret = standin.net;
	return EC_OK;
}

static inline int64_t
standin_wall(void *ctx)
{
	(void)ctx;
	return clock_wall() + standin.skew;
}

/* Debian's interpreter, since Debian's packages are there. */
static inline void
standin_start(const char *script)
{
	int ends[2], port = 0;
	struct err e;
	FILE *f;

	standin = (struct standin){ .dir = "/tmp/standin-XXXXXX" };
	assert_non_null(mkdtemp(standin.dir));
	assert_int_equal(pipe(ends), 0);
	standin.pid = fork();
	if (standin.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], 1);
		(void)execl("/usr/bin/python3", "/usr/bin/python3", script,
		    "--dir", standin.dir, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	f = fdopen(ends[0], "r");
	assert_non_null(f);
	if (fscanf(f, "ready %d", &port) != 1)
		fail_msg("%s does not start; see its first lines for what it "
			 "needs",
		    script);
	(void)fclose(f);
	(void)snprintf(
	    standin.url, sizeof(standin.url), "https://localhost:%d", port);
	(void)snprintf(
	    standin.ca, sizeof(standin.ca), "%s/ca.pem", standin.dir);
	assert_int_equal(secret_init(&e), EC_OK);
	assert_int_equal(net_new(NULL, &standin.net, &e), EC_OK);
	standin.reach =
	    (struct client_reach){ .net = standin_net, .wall = standin_wall };
}

static inline void
standin_stop(void)
{
	net_free(standin.net);
	(void)kill(standin.pid, SIGKILL);
	(void)waitpid(standin.pid, NULL, 0);
	assert_int_equal(
	    nftw(standin.dir, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The control side. body NULL: GET. */
static inline cJSON *
standin_control(const char *what, const char *body)
{
	static const char *const json[] = { "Content-Type: application/json",
		NULL };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	AUTO(buf) struct buf b = BUF(65536);
	char url[128];
	struct err e;
	struct http_request q = { .method = body != NULL ? "POST" : "GET",
		.url = url,
		.headers = json,
		.body = body != NULL ? &b : NULL,
		.ca_file = standin.ca };

	(void)snprintf(url, sizeof(url), "%s/_/%s", standin.url, what);
	if (body != NULL)
		assert_int_equal(buf_adds(&b, body, &e), EC_OK);
	if (http_do(standin.net, &q, &r, &e) != EC_OK || r.status != 200)
		fail_msg("%s: %s %d", url, e.what, r.status);
	return json_parse(&r.body);
}

static inline void
standin_post(const char *what, const char *body)
{
	cJSON_Delete(standin_control(what, body));
}

/* What stands at a|b|c in its state; owned by *root. */
static inline const cJSON *
standin_at(cJSON **root, const char *path)
{
	char copy[256], *save = NULL;
	const cJSON *at;

	*root = standin_control("state", NULL);
	at = *root;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *w = strtok_r(copy, "|", &save); w != NULL;
	     w = strtok_r(NULL, "|", &save))
		at = cJSON_IsArray(at)
		    ? cJSON_GetArrayItem(at, (int)strtol(w, NULL, 10))
		    : cJSON_GetObjectItemCaseSensitive(at, w);
	return at;
}

static inline void
standin_expect(const char *path, const char *text)
{
	AUTO(json) cJSON *root = NULL;
	const cJSON *at = standin_at(&root, path);

	if (!cJSON_IsString(at))
		fail_msg("%s: no text", path);
	assert_string_equal(at->valuestring, text);
}

static inline bool
standin_true(const char *path)
{
	AUTO(json) cJSON *root = NULL;

	return cJSON_IsTrue(standin_at(&root, path));
}

/* How many requests so far whose method is this one; NULL: any. */
static inline int
standin_requests(const char *method)
{
	AUTO(json) cJSON *log = standin_control("log", NULL);
	const cJSON *row;
	int n = 0;

	cJSON_ArrayForEach(row, log) n += method == NULL ||
	    strcmp(cJSON_GetArrayItem(row, 0)->valuestring, method) == 0;
	return n;
}

/* A client of the fresh stand-in. */
static inline void
standin_open(struct fixture *fx, const struct client_driver *drv)
{
	standin.skew = 0;
	standin_post("reset", "");
	fixture_open(fx, drv);
	fx->c.reach = &standin.reach;
	assert_int_equal(fixture_set(fx, "api", standin.url, NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "ca_file", standin.ca, NULL), EC_OK);
}

/* A private file in the fixture's directory with this text as an option. */
static inline void
standin_token(struct fixture *fx, const char *key, const char *token)
{
	fixture_put(fx, key, token);
	assert_int_equal(
	    fixture_set(fx, key, fixture_path(fx, key), NULL), EC_OK);
}

#endif
