/*
 * test_vectors: every folder of tests/vectors, and of the directory named by
 * SIGV4_VECTORS when set, stage by stage. The form is that of the public
 * suite of awslabs/aws-c-auth (tests/aws-signing-test-suite/v4); the cases in
 * tests/vectors are our own, computed with Python and botocore.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#undef fail /* ours is in base/err.h */
#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "sigv4/sign.h"

#define OWN_CASES   "tests/vectors"
#define OWN_MIN     15
#define HEADERS_MAX 32

/* One case; text holds the request, cut up in place. */
struct vector {
	const char *dir;
	struct buf text;
	struct sig_header headers[HEADERS_MAX + 1];
	struct sig_request q;
	cJSON *json;
	struct secret *secret, *token;
	struct sig_context c;
};

static struct buf
read_in(const char *dir, const char *name)
{
	struct buf path = BUF(4096), b = BUF(1024 * 1024);
	struct err e;

	assert_int_equal(buf_addf(&path, &e, "%s/%s", dir, name), EC_OK);
	if (file_read(buf_str(&path), &b, &e) != EC_OK)
		die("%s", e.what);
	buf_free(&path);
	return b;
}

/* Up to the next LF, which becomes a NUL; *s moves behind it. */
static char *
take_line(char **s)
{
	char *line = *s, *lf = strchr(line, '\n');

	if (lf == NULL) {
		*s = line + strlen(line);
		return line;
	}
	*lf = '\0';
	*s = lf + 1;
	return line;
}

/* "METHOD TARGET HTTP/1.1"; the target may hold spaces. */
static void
take_request_line(struct vector *v, char *line)
{
	char *target = strchr(line, ' '), *end = strrchr(line, ' '), *query;

	assert_non_null(target);
	assert_ptr_not_equal(target, end);
	*target++ = '\0';
	*end = '\0';
	query = strchr(target, '?');
	v->q.method = line;
	v->q.path = target;
	v->q.query = query != NULL ? query + 1 : "";
	if (query != NULL)
		*query = '\0';
}

/* A line that begins with a blank goes on with the one before: the NUL
 * between them is made a LF again. */
static void
take_header(struct vector *v, size_t *n, char *line)
{
	char *colon;

	if (line[0] == ' ' || line[0] == '\t') {
		line[-1] = '\n';
		return;
	}
	colon = strchr(line, ':');
	assert_non_null(colon);
	assert_true(*n < HEADERS_MAX);
	*colon = '\0';
	v->headers[(*n)++] = (struct sig_header){ line, colon + 1 };
}

static void
take_request(struct vector *v)
{
	char *s, *line;
	size_t n = 0;

	v->text = read_in(v->dir, "request.txt");
	s = v->text.p;
	take_request_line(v, take_line(&s));
	for (line = take_line(&s); *line != '\0'; line = take_line(&s))
		take_header(v, &n, line);
	v->q.headers = v->headers;
	v->q.body = s;
	v->q.body_len = (size_t)(v->text.p + v->text.len - s);
}

static const char *
text_of(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(o, name));
}

static bool
flag_of(const cJSON *o, const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItem(o, name)) != 0;
}

static void
take_context(struct vector *v)
{
	struct buf b = read_in(v->dir, "context.json");
	const cJSON *cred;
	const char *secret, *token;
	struct err e;

	v->json = cJSON_Parse(buf_str(&b));
	buf_free(&b);
	assert_non_null(v->json);
	cred = cJSON_GetObjectItem(v->json, "credentials");
	secret = text_of(cred, "secret_access_key");
	token = text_of(cred, "token");
	assert_int_equal(
	    secret_new(secret, strlen(secret), &v->secret, &e), EC_OK);
	if (token != NULL)
		assert_int_equal(
		    secret_new(token, strlen(token), &v->token, &e), EC_OK);
	v->c = (struct sig_context){
		.key_id = text_of(cred, "access_key_id"),
		.secret = v->secret,
		.token = v->token,
		.region = text_of(v->json, "region"),
		.service = text_of(v->json, "service"),
		.at = clock_parse_iso(text_of(v->json, "timestamp")),
	};
	v->q.keep_path = !flag_of(v->json, "normalize");
	v->q.sign_body = flag_of(v->json, "sign_body");
	v->q.omit_token = flag_of(v->json, "omit_session_token");
}

/* Some editions of the suite end a file with LF, others do not. */
static void
expect(const char *dir, const char *stage, const char *got)
{
	struct buf want = read_in(dir, stage);

	while (want.len > 0 && want.p[want.len - 1] == '\n')
		buf_cut(&want, want.len - 1);
	if (strcmp(buf_str(&want), got) != 0)
		die("%s: %s\nwant:\n%s\ngot:\n%s", dir, stage, buf_str(&want),
		    got);
	buf_free(&want);
}

static void
run_case(const char *dir)
{
	struct vector v = { .dir = dir };
	struct sig_result r;
	struct err e;

	take_request(&v);
	take_context(&v);
	if (sig_sign(&v.q, &v.c, &r, &e) != EC_OK)
		die("%s: %s", dir, e.what);
	expect(dir, "header-canonical-request.txt", buf_str(&r.canonical));
	expect(dir, "header-string-to-sign.txt", buf_str(&r.string_to_sign));
	expect(dir, "header-signature.txt", r.signature);
	assert_non_null(strstr(buf_str(&r.authorization), r.signature));
	sig_result_free(&r);
	secret_free(v.secret);
	secret_free(v.token);
	cJSON_Delete(v.json);
	buf_free(&v.text);
}

/* Every folder in dir; returns how many there were. */
static size_t
run_all(const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort);
	struct buf path = BUF(4096);
	struct err e;
	size_t ran = 0;

	if (n < 0)
		die("%s: no such directory", dir);
	for (int i = 0; i < n; i++) {
		buf_cut(&path, 0);
		assert_int_equal(
		    buf_addf(&path, &e, "%s/%s", dir, names[i]->d_name), EC_OK);
		if (names[i]->d_type == DT_DIR && names[i]->d_name[0] != '.') {
			run_case(buf_str(&path));
			ran++;
		}
		free(names[i]);
	}
	free(names);
	buf_free(&path);
	return ran;
}

static void
test_own(void **state)
{
	(void)state;
	assert_true(run_all(OWN_CASES) >= OWN_MIN);
}

static void
test_outside(void **state)
{
	const char *dir = getenv("SIGV4_VECTORS");

	(void)state;
	assert_true(run_all(dir) > 0);
}

int
main(void)
{
	const struct CMUnitTest own[] = { cmocka_unit_test(test_own) };
	const struct CMUnitTest with_outside[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_outside),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	if (getenv("SIGV4_VECTORS") != NULL)
		return cmocka_run_group_tests_name(
		    "vectors", with_outside, NULL, NULL);
	return cmocka_run_group_tests_name("vectors", own, NULL, NULL);
}
