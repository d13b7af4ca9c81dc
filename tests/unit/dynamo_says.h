/*
 * dynamo_says: DynamoDB as a script: answers in a row, which may be such as
 * no DynamoDB gives, and roots and records with right checksums.
 */
#ifndef TESTS_DYNAMO_SAYS_H
#define TESTS_DYNAMO_SAYS_H

#include "store_world.h"

#include "base/net.h"
#include "base/secret.h"
#include "fake_env.h"
#include "fake_http.h"
#include "rotator/store_dynamodb_p.h"

#define SAYS_MAX  256
#define SAYS_POOL ((size_t)256 * 1024)

struct says {
	struct conform home; /* for files */
	struct fake_step steps[SAYS_MAX];
	size_t n;
	char *pool;
	size_t used;
	struct fake server;
	struct fake_env f;
	struct net *net;
	struct aws *aws;
	char url[64], seen[PATH_MAX];
	int naps;
	int64_t now; /* of the monotonic clock */
	struct store s;
	struct err e;
};

static inline int64_t
says_mono(void *ctx)
{
	return ((struct says *)ctx)->now;
}

static inline void
says_sleep(void *ctx, int64_t ms)
{
	(void)ms;
	((struct says *)ctx)->naps++;
}

/* As WANT(), with the error of w. */
#define MUST_BE(want, call) assert_ec((call), (want), &w->e)

/* The next answer. */
static inline void
say(struct says *w, const char *status, const char *json)
{
	char *at = w->pool + w->used;
	const size_t room = SAYS_POOL - w->used;
	const int n = snprintf(at, room,
	    "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
	    "x-amzn-RequestId: rid-1\r\n\r\n%s",
	    status, strlen(json), json);

	assert_true(n > 0 && (size_t)n < room && w->n < SAYS_MAX);
	w->used += (size_t)n + 1;
	w->steps[w->n++] = (struct fake_step){ FAKE_REPLY, at };
}

static inline void
say_ok(struct says *w, const char *json)
{
	say(w, "200 OK", json);
}

static inline void
say_no(struct says *w, const char *code)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"__type\":\"x#%s\",\"message\":\"said\"}", code);
	say(w, strcmp(code, "InternalServerError") == 0 ? "500 x" : "400 x",
	    json);
}

/* {"Item": item}, with `from` in it replaced by `to`, which is as long. */
static inline void
say_item(
    struct says *w, const struct buf *item, const char *from, const char *to)
{
	AUTO(buf) struct buf b = BUF(65536);
	char *at;

	assert_int_equal(
	    buf_addf(&b, &w->e, "{\"Item\":%s}", buf_str(item)), EC_OK);
	at = from != NULL ? strstr(b.p, from) : NULL;
	assert_true(from == NULL || (at != NULL && strlen(from) == strlen(to)));
	if (at != NULL)
		memcpy(at, to, strlen(to));
	say_ok(w, buf_str(&b));
}

static inline void
say_root(struct says *w, const struct root *r)
{
	AUTO(buf) struct buf item = BUF(65536);

	assert_int_equal(root_item(r, &item, &w->e), EC_OK);
	say_item(w, &item, NULL, NULL);
}

static inline int
says_make(void **state)
{
	struct says *w = calloc(1, sizeof(*w));
	void *c = NULL;

	assert_non_null(w);
	/* Shared with the service: a test may still fill in an answer. */
	w->pool = mmap(NULL, SAYS_POOL, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(w->pool, MAP_FAILED);
	assert_int_equal(world_make(&c), 0);
	w->home = *(struct conform *)c;
	free(c);
	(void)snprintf(w->seen, sizeof(w->seen), "%.3900s.seen", w->home.place);
	w->now = T0;
	*state = w;
	return 0;
}

/* The script is written: the service begins. */
static inline struct dynamodb_options
says_begin(struct says *w)
{
	static const struct aws_options o = {
		.attempts = 1, .timeout_ms = 20000, .region = "us-east-1"
	};

	fake_start(&w->server, w->steps, w->n);
	fake_env_init(&w->f);
	(void)snprintf(
	    w->url, sizeof(w->url), "http://127.0.0.1:%d", w->server.port);
	fake_env_set(&w->f, "AWS_ENDPOINT_URL", w->url);
	fake_env_set(&w->f, "AWS_ACCESS_KEY_ID", "AKIAOURSOURSOURSOURS");
	fake_env_set(&w->f, "AWS_SECRET_ACCESS_KEY", "OURSECRET");
	assert_int_equal(net_new(NULL, &w->net, &w->e), EC_OK);
	assert_int_equal(
	    aws_open(w->net, &w->f.env, &o, &w->aws, &w->e), EC_OK);
	return (struct dynamodb_options){ .aws = w->aws,
		.table = "rotate",
		.seen = w->seen,
		.mono = says_mono,
		.sleep = says_sleep,
		.ctx = w };
}

/* The same, and the store is open: the first answer is a root. */
static inline void
says_open(struct says *w)
{
	const struct dynamodb_options o = says_begin(w);

	assert_ec(
	    store_dynamodb_open(&o, STORE_RW, &w->s, &w->e), EC_OK, &w->e);
}

/* Ends the service; another script may follow. All of it was asked for. */
static inline void
says_end(struct says *w)
{
	auto_store(&w->s);
	assert_int_equal(w->server.seen->requests, w->n);
	aws_close(w->aws);
	net_free(w->net);
	fake_stop(&w->server);
	fake_env_end(&w->f);
	w->n = w->used = 0;
	w->naps = 0;
}

static inline int
says_free(void **state)
{
	struct says *w = *state;
	struct conform *c = calloc(1, sizeof(*c));
	void *home = c;

	assert_non_null(c);
	*c = w->home;
	(void)munmap(w->pool, SAYS_POOL);
	free(w);
	return world_end(&home);
}

/* A record as it is stored, its checksum right. body: of whose record. */
static inline void
add_record(struct buf *b, const char *name, const char *of, uint64_t version)
{
	AUTO(buf) struct buf body = BUF(65536);
	AUTO(rec) struct rec r = { 0 };
	unsigned char sum[DYN_SUM];
	struct err e = { 0 };

	rec_init(&r, of);
	r.version = version;
	WANT(EC_OK, rec_encode(&r, &body, &e));
	WANT(EC_OK,
	    dyn_sum(sum, &e, "siisis", name, (int64_t)1, (int64_t)1,
		rot_state_name(r.state), (int64_t)7, buf_str(&body)));
	WANT(EC_OK, dyn_begin(b, "record", name, &e));
	WANT(EC_OK, dyn_number(b, "version", 1, &e));
	WANT(EC_OK, dyn_number(b, "fence", 1, &e));
	WANT(EC_OK, dyn_text(b, "state", rot_state_name(r.state), &e));
	WANT(EC_OK, dyn_number(b, "next_at", 7, &e));
	WANT(EC_OK, dyn_text(b, "body", buf_str(&body), &e));
	WANT(EC_OK, dyn_add_sum(b, "sum", sum, &e));
	WANT(EC_OK, buf_adds(b, "}", &e));
}

/* Of a lease that is held by this very process. */
static inline struct root
held_root(int64_t rev, int64_t fence)
{
	struct root r = { .rev = rev, .write = "w", .fence = fence };

	owner_self(&r.owner);
	return r;
}

/* The end of an error's text and of its remedy. */
static inline void
assert_told(const struct err *e, const char *what, const char *remedy)
{
	if (strstr(e->what, what) == NULL || strstr(e->fix, remedy) == NULL)
		print_error("%s | %s\n", e->what, e->fix);
	assert_non_null(strstr(e->what, what));
	assert_non_null(strstr(e->fix, remedy));
}

#define KEYS                                                                   \
	"\"KeySchema\":[{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"       \
	"{\"AttributeName\":\"s\",\"KeyType\":\"RANGE\"}]"
#define ATTRIBUTE(name, type)                                                  \
	"{\"AttributeName\":\"" name "\",\"AttributeType\":\"" type "\"}"
#define TYPES                                                                  \
	"\"AttributeDefinitions\":[" ATTRIBUTE("k", "S") "," ATTRIBUTE(        \
	    "s", "S") "," ATTRIBUTE("next_at", "N") "]"
#define INDEX(name, key, type)                                                 \
	"\"LocalSecondaryIndexes\":[{\"IndexName\":\"other\"},"                \
	"{\"IndexName\":\"" name "\",\"KeySchema\":["                          \
	"{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"                      \
	"{\"AttributeName\":\"" key "\",\"KeyType\":\"" type "\"}]}]"
#define OURS        KEYS "," TYPES "," INDEX("due", "next_at", "RANGE")
#define TABLE(more) "{\"Table\":{" more "}}"
#define ACTIVE      "\"TableStatus\":\"ACTIVE\","

#endif
