/* provider_container: who is asked, with which token, and how often. */
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "fork_secrets.h"
#include "provider_world.h"

#define GIVEN                                                                  \
	"{\"RoleArn\":\"x\",\"AccessKeyId\":\"ASIATASK\","                     \
	"\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"" TOKEN "\","          \
	"\"Expiration\":\"" LATER "\",\"AccountId\":\"1\"}"
#define RELATIVE   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL       "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define BEARER     "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define BEARERFILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

static const struct fake_step fine[] = { ANSWER("200 OK", GIVEN) };

static char full[128]; /* its address, by the last begin() */

static void
begin(struct world *w, const struct fake_step *script, size_t n)
{
	world_begin(w, script, n);
	(void)snprintf(full, sizeof(full), "%s/v1/credentials", w->url);
	fake_env_set(&w->f, FULL, full);
}

static void
test_full(void **state)
{
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, 1);
	/* What is plain never goes through a proxy. */
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIATASK", SECRET, TOKEN, LATER);
	assert_string_equal(w.c.source, "container (" FULL ")");
	t = world_saw(&w, 0);
	assert_non_null(strstr(t, "GET /v1/credentials HTTP/1.1\r\n"));
	assert_non_null(strstr(t, "\r\nAccept: application/json\r\n"));
	assert_null(strstr(t, "Authorization:"));
	assert_int_equal(unsetenv("http_proxy"), 0);
	world_end(&w);
}

/* The file wins, and is read anew each time. */
static void
test_tokens(void **state)
{
	char path[128];
	struct world w;

	(void)state;
	begin(&w, fine, 1);
	fake_env_set(&w.f, BEARER, "Bearer CANARY1");
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(
	    strstr(world_saw(&w, 0), "\r\nAuthorization: Bearer CANARY1\r\n"));
	world_file(&w, "token", "CANARY2", path);
	fake_env_set(&w.f, BEARERFILE, path);
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(
	    strstr(world_saw(&w, 1), "\r\nAuthorization: CANARY2\r\n"));
	world_file(&w, "token", "CANARY3", path);
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(
	    strstr(world_saw(&w, 2), "\r\nAuthorization: CANARY3\r\n"));
	(void)unlink(path);
	world_end(&w);
}

static void
test_bad_tokens(void **state)
{
	static const char *const bad[] = { "CANARY\r\nX-Evil: 1", "CANARY\n",
		"CANARY\r", "\001CANARY" };
	char path[128];
	struct world w;

	(void)state;
	begin(&w, fine, 1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		fake_env_set(&w.f, BEARER, bad[i]);
		world_load(&w, EC_CONFIG, BEARER ": the token", "one line");
	}
	world_file(&w, "token", bad[0], path);
	fake_env_set(&w.f, BEARERFILE, path);
	world_load(&w, EC_CONFIG, BEARERFILE ": the token", "one line");
	world_file(&w, "token", "", path);
	world_load(&w, EC_CONFIG, BEARERFILE, "platform");
	(void)unlink(path);
	world_load(&w, EC_CONFIG, BEARERFILE, "platform");
	assert_int_equal(w.server.seen->requests, 0);
	world_end(&w);
}

/* The token would go there: nobody else may be asked. */
static void
test_hosts(void **state)
{
	static const char *const bad[] = {
		"http://169.254.169.254/",
		"http://169.254.170.3/",
		"http://example.org/",
		"http://127.0.0.1.example.org/",
		"http://localhost.example.org/",
		"http://169.254.170.2@example.org/",
		"http://[::2]/",
		"file:///etc/passwd",
		"not an address",
		"http://",
	};
	struct world w;

	(void)state;
	begin(&w, fine, 1);
	fake_env_set(&w.f, BEARER, "CANARY1");
	for (size_t i = 0; i < COUNT(bad); i++) {
		fake_env_set(&w.f, FULL, bad[i]);
		world_load(&w, EC_CONFIG, FULL, NULL);
	}
	assert_int_equal(w.server.seen->requests, 0);
	world_end(&w);
}

/* Wherever else it may lead: https:// has to prove itself, here to nobody. */
static void
test_https(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_set(&w.f, FULL, "https://127.0.0.1:1/x"); /* nobody there */
	world_load(
	    &w, EC_TEMP, "container credentials (" FULL "): 127.0.0.1:1", NULL);
	world_end(&w);
}

static void
test_answers(void **state)
{
	static const struct {
		struct fake_step step;
		enum ec want;
		const char *what;
		unsigned requests;
	} rows[] = {
		{ ANSWER("200 OK", "CANARYgarbage"), EC_PROTO, "no JSON", 1 },
		{ ANSWER("200 OK", "{\"AccessKeyId\":\"CANARY"), EC_PROTO,
		    "no JSON", 1 },
		{ ANSWER("200 OK", "{}"), EC_PROTO, "no access key", 1 },
		{ ANSWER("200 OK",
		      "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\"}"),
		    EC_PROTO, "no session token", 1 },
		{ ANSWER("200 OK",
		      "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\","
		      "\"Token\":\"CANARY\",\"Expiration\":\"never\"}"),
		    EC_PROTO, "no time", 1 },
		{ ANSWER("401 x", "CANARY"), EC_DENIED, "HTTP 401", 1 },
		{ ANSWER("302 x", "CANARY"), EC_DENIED, "HTTP 302", 1 },
		{ ANSWER("404 x", "CANARY"), EC_DENIED, "HTTP 404", 1 },
		{ ANSWER("429 x", "CANARY"), EC_TEMP, "HTTP 429", 3 },
		{ ANSWER("500 x", "CANARY"), EC_TEMP, "HTTP 500", 3 },
		{ { FAKE_DROP, NULL }, EC_TEMP, "127.0.0.1:", 3 },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, &rows[i].step, 1);
		world_load(&w, rows[i].want, rows[i].what, "has a role");
		assert_non_null(
		    strstr(w.e.what, "container credentials (" FULL "): "));
		assert_int_equal(w.server.seen->requests, rows[i].requests);
		assert_int_equal(w.sleeps, rows[i].requests - 1);
		assert_int_equal(w.slept, 1000 * (rows[i].requests - 1));
		world_end(&w);
	}
}

static void
test_recovery(void **state)
{
	static const struct fake_step script[] = { ANSWER("500 x", ""),
		{ FAKE_DROP, NULL }, ANSWER("200 OK", GIVEN) };
	struct world w;

	(void)state;
	begin(&w, script, COUNT(script));
	world_load(&w, EC_OK, NULL, NULL);
	world_end(&w);
}

static void
test_huge(void **state)
{
	static char text[80 * 1024];
	struct fake_step step = { FAKE_REPLY_CLOSE, text };
	struct world w;
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n\r\n");
	memset(text + n, '[', sizeof(text) - n - 1);
	begin(&w, &step, 1);
	world_load(&w, EC_TEMP, "over the limit", NULL);
	world_end(&w);
}

static bool
lo_set(int fd, const char *name, unsigned long what, const char *address)
{
	struct ifreq r = { .ifr_flags = IFF_UP };
	struct sockaddr_in a = { .sin_family = AF_INET };

	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (address != NULL) {
		assert_int_equal(inet_pton(AF_INET, address, &a.sin_addr), 1);
		memcpy(&r.ifr_addr, &a, sizeof(a));
	}
	return ioctl(fd, what, &r) == 0;
}

/* A network of our own, in which there is this machine and nothing else. */
static bool
alone(void)
{
	int fd;
	bool ok;

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ok = fd >= 0 && lo_set(fd, "lo", SIOCSIFFLAGS, NULL) &&
	    lo_set(fd, "lo:1", SIOCSIFADDR, "169.254.170.2");
	return close(fd) == 0 && ok;
}

static void
in_child(void (*test)(void))
{
	pid_t pid;
	int status = 1;

	(void)fflush(NULL);
	fork_secrets();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e;

		if (!alone())
			_exit(77);
		/* One that was made in this network. */
		assert_int_equal(net_new(NULL, &world_net, &e), EC_OK);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

/* Where the platform's host is: the relative address leads there, and wins
 * over the full one. */
static void
ask_relative(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct world w;

	begin(&w, NULL, 0);
	fake_env_set(&w.f, FULL, "http://127.0.0.1:1/");
	fake_env_set(&w.f, RELATIVE, "/v2/x");
	world_load(&w, EC_TEMP, "(" RELATIVE "): 169.254.170.2:80: ", NULL);
	assert_int_equal(w.sleeps, 2);
	assert_int_equal(inet_pton(AF_INET, "169.254.170.2", &a.sin_addr), 1);
	fake_start_at(&w.server, &a, fine, 1);
	w.serving = true;
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(strstr(
	    world_saw(&w, 0), "GET /v2/x HTTP/1.1\r\nHost: 169.254.170.2\r\n"));
	assert_string_equal(w.c.source, "container (" RELATIVE ")");
	world_end(&w);
}

static void
test_relative(void **state)
{
	(void)state;
	in_child(ask_relative);
}

/* https:// may lead anywhere: it is tried, and does not prove itself. */
static void
ask_far(void)
{
	struct world w;

	begin(&w, NULL, 0);
	fake_env_set(&w.f, FULL, "https://192.0.2.1/x");
	world_load(&w, EC_TEMP, "192.0.2.1:443: ", NULL);
	world_end(&w);
}

static void
test_far(void **state)
{
	(void)state;
	in_child(ask_far);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_bad_tokens),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_https),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_far),
	};

	return world_main("provider_container", tests, COUNT(tests));
}
