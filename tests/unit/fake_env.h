/*
 * fake_env: an environment made of a table, and files in a directory of their
 * own, for tests of what reads AWS settings. Include it after cmocka.h.
 */
#ifndef TEST_FAKE_ENV_H
#define TEST_FAKE_ENV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sigv4/identity.h"

#define FAKE_VARS 16

struct fake_env {
	struct {
		const char *name, *value;
	} v[FAKE_VARS];
	size_t n;
	char home[64]; /* "" until fake_env_home() */
	struct aws_env env;
};

static inline const char *
fake_env_get(void *ctx, const char *name)
{
	const struct fake_env *f = ctx;

	for (size_t i = f->n; i-- > 0;)
		if (strcmp(f->v[i].name, name) == 0)
			return f->v[i].value;
	return NULL;
}

static inline void
fake_env_set(struct fake_env *f, const char *name, const char *value)
{
	assert_true(f->n < FAKE_VARS);
	f->v[f->n].name = name;
	f->v[f->n++].value = value;
}

static inline void
fake_env_path(const struct fake_env *f, const char *file, char ret[128])
{
	(void)snprintf(ret, 128, "%s/.aws%s%s", f->home,
	    file != NULL ? "/" : "", file != NULL ? file : "");
}

/* Every test has a home of its own, so that ours is never read. */
static inline void
fake_env_init(struct fake_env *f)
{
	char dir[128];

	memset(f, 0, sizeof(*f));
	f->env.env = fake_env_get;
	f->env.ctx = f;
	(void)snprintf(f->home, sizeof(f->home), "/tmp/test_env.XXXXXX");
	assert_non_null(mkdtemp(f->home));
	fake_env_path(f, NULL, dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	fake_env_set(f, "HOME", f->home);
}

/* file is "config" or "credentials". */
static inline void
fake_env_file(const struct fake_env *f, const char *file, const char *text)
{
	char path[128];
	FILE *out;

	fake_env_path(f, file, path);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(text, out);
	(void)fclose(out);
}

static inline void
fake_env_end(struct fake_env *f)
{
	char path[128];

	fake_env_path(f, "config", path);
	(void)unlink(path);
	fake_env_path(f, "credentials", path);
	(void)unlink(path);
	fake_env_path(f, NULL, path);
	(void)rmdir(path);
	(void)rmdir(f->home);
}

#endif
