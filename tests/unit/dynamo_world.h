/*
 * dynamo_world: a table of its own for every test of the DynamoDB store, in
 * an implementation behind the strict door of tests/standin/dynamo.py, and a
 * clock that the test turns.
 */
#ifndef TESTS_DYNAMO_WORLD_H
#define TESTS_DYNAMO_WORLD_H

#include <ftw.h>
#include <limits.h>
#include <unistd.h>

#include "store_conform.h"

#include "base/net.h"
#include "base/secret.h"
#include "fake_env.h"
#include "rotator/store_dynamodb.h"
#include "sigv4/aws.h"
#include "tests/standin/standin.h"

#define PYTHON "build/venv/bin/python3"
#define DOOR   "tests/standin/dynamo.py"

static struct standin door;

/* One rotator: its own network and key. */
struct rotator {
	struct net *net;
	struct fake_env f;
	struct aws *aws;
	char key[32], secret[32], url[64];
};
static struct rotator rotators[3]; /* 0: may make tables */

static int64_t dynamo_now = T0; /* of every monotonic clock here */
static int dynamo_naps;
static unsigned dynamo_tables;
static struct rotator *dynamo_as = &rotators[1]; /* whose is the next open */

static inline int64_t
dynamo_mono(void *ctx)
{
	(void)ctx;
	return dynamo_now;
}

static bool dynamo_land; /* what is late comes in during the next nap */

static inline void
dynamo_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	if (dynamo_land && ms >= 1000)
		standin_post(&door, "/strict/land", "{}");
	dynamo_land = dynamo_land && ms < 1000;
	dynamo_naps++;
}

static inline void
rotator_begin(struct rotator *r, unsigned n)
{
	const struct aws_options o = {
		.attempts = 2, .region = "us-east-1", .sleep = dynamo_sleep
	};
	struct err e = { 0 };

	fake_env_init(&r->f);
	(void)snprintf(
	    r->url, sizeof(r->url), "http://127.0.0.1:%u", door.control);
	(void)snprintf(r->key, sizeof(r->key),
	    n > 0 ? "AKIAROTATORROTATOR%02u" : "AKIAADMINADMINADMIN1", n);
	(void)snprintf(r->secret, sizeof(r->secret),
	    n > 0 ? "akiarotatorrotator%02u" : "admin/secret", n);
	fake_env_set(&r->f, "AWS_ENDPOINT_URL_DYNAMODB", r->url);
	fake_env_set(&r->f, "AWS_ACCESS_KEY_ID", r->key);
	fake_env_set(&r->f, "AWS_SECRET_ACCESS_KEY", r->secret);
	WANT(EC_OK, net_new(NULL, &r->net, &e));
	WANT(EC_OK, aws_open(r->net, &r->f.env, &o, &r->aws, &e));
}

static inline void
rotator_end(struct rotator *r)
{
	aws_close(r->aws);
	net_free(r->net);
	fake_env_end(&r->f);
}

/* place is "DIRECTORY/TABLE". */
static inline struct dynamodb_options
dynamo_options(
    const struct conform *c, const struct rotator *r, char seen[PATH_MAX])
{
	(void)snprintf(seen, PATH_MAX, "%.3900s.%s.seen", c->place, r->key);
	return (struct dynamodb_options){ .aws = r->aws,
		.table = strrchr(c->place, '/') + 1,
		.seen = seen,
		.mono = dynamo_mono,
		.sleep = dynamo_sleep };
}

static enum ec (*dynamo_lease)(
    void *ctx, int64_t now, int64_t ttl_ms, struct err *e);

static inline enum ec
lease_at(void *ctx, int64_t now, int64_t ttl_ms, struct err *e)
{
	dynamo_now = now;
	return dynamo_lease(ctx, now, ttl_ms, e);
}

static inline enum ec
dynamo_open(const struct conform *c, struct store *ret, struct err *e)
{
	char seen[PATH_MAX];
	const struct dynamodb_options o = dynamo_options(c, dynamo_as, seen);

	TRY(store_dynamodb_open(&o, STORE_RW, ret, e));
	dynamo_lease = ret->lease;
	ret->lease = lease_at;
	return EC_OK;
}

static inline int
dynamo_make(void **state)
{
	struct conform *c = calloc(1, sizeof(*c));
	const char *tmp = getenv("TMPDIR");
	char seen[PATH_MAX], home[200];
	struct dynamodb_options o;
	bool made = false, bare = false;
	struct err e = { 0 };

	assert_non_null(c);
	(void)snprintf(home, sizeof(home), "%.150s/dynamo.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(home));
	c->open = dynamo_open;
	(void)snprintf(
	    c->place, sizeof(c->place), "%s/table-%u", home, dynamo_tables++);
	dynamo_now = T0;
	dynamo_naps = 0;
	dynamo_as = &rotators[1];
	o = dynamo_options(c, &rotators[0], seen);
	WANT(EC_OK, store_dynamodb_init(&o, &made, &bare, &e));
	assert_true(made);
	*state = c;
	return 0;
}

static inline int
dynamo_remove(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static inline int
dynamo_end(void **state)
{
	struct conform *c = *state;

	standin_post(&door, "/strict/clear", "{}");
	*strrchr(c->place, '/') = '\0';
	(void)nftw(c->place, dynamo_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(c);
	return 0;
}

/* Starts the door in front of `behind`, or what tests/mutants want there. */
static inline void
door_open(const char *behind)
{
	const char *other = getenv("DYNAMO_BEHIND");
	char line[64] = "";
	int ends[2];
	FILE *f;

	if (other != NULL)
		behind = other;
	if (pipe(ends) != 0 || (door.pid = fork()) < 0)
		standin_die(DOOR, "no child");
	if (door.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)dup2(ends[1], 1);
		(void)execl(PYTHON, PYTHON, DOOR, behind, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    strncmp(line, "ready ", 6) != 0)
		standin_die(DOOR, "does not get ready");
	(void)fclose(f);
	door.control = (unsigned)strtoul(line + 6, NULL, 10);
}

static inline int
dynamo_begin(void **state)
{
	struct err e = { 0 };

	(void)state;
	WANT(EC_OK, net_new(NULL, &door.net, &e));
	for (unsigned i = 0; i < COUNT(rotators); i++)
		rotator_begin(&rotators[i], i);
	return 0;
}

static inline int
dynamo_finish(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(rotators); i++)
		rotator_end(&rotators[i]);
	standin_stop(&door);
	net_free(door.net);
	return 0;
}

#endif
