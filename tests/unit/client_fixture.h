/*
 * client_fixture: a client of one driver, made from configuration text in a
 * directory of its own, for the tests of drivers.
 */
#ifndef TESTS_UNIT_CLIENT_FIXTURE_H
#define TESTS_UNIT_CLIENT_FIXTURE_H

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/client.h"

/* Behind ours: its macro fail() takes no arguments. */
#include <cmocka.h>

#define USER1 "AKIAIOSFODNN7EXAMPLE"
#define USER2 "AKIAI44QH8DHBEXAMPLE"
/* 33 bytes in base64, the first one 0x04; nobody's password. */
#define PASS1 "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
#define PASS2 "BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba"

struct fixture {
	char dir[64];
	struct client c;
	struct err e;
};

static inline void
fixture_open(struct fixture *fx, const struct client_driver *drv)
{
	*fx = (struct fixture){
		.dir = "/tmp/client-test-XXXXXX",
		.c = { .name = "web",
		    .identity = "news",
		    .region = "eu-west-1",
		    .smtp = { .host = "mail.example.com", .port = 587 },
		    .drv = drv },
	};
	assert_non_null(mkdtemp(fx->dir));
	fx->c.conf = calloc(1, drv->conf_size);
	assert_non_null(fx->c.conf);
	assert_int_equal(client_conf_defaults(drv, fx->c.conf, &fx->e), EC_OK);
}

static inline int
fixture_unlink(
    const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
fixture_close(struct fixture *fx)
{
	client_conf_free(fx->c.drv, fx->c.conf);
	free(fx->c.conf);
	assert_int_equal(
	    nftw(fx->dir, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Values end with NULL. */
static inline enum ec
fixture_set(struct fixture *fx, const char *key, ...)
{
	const struct client_opt *o = fx->c.drv->opts;
	const char *values[16] = { NULL };
	size_t n = 0;
	va_list ap;

	va_start(ap, key);
	while (n < 15 && (values[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	while (o->key != NULL && strcmp(o->key, key) != 0)
		o++;
	assert_non_null(o->key);
	return client_opt_set(fx->c.drv, fx->c.conf, o, values, n, &fx->e);
}

/* Good until the fourth call after it. */
static inline const char *
fixture_path(const struct fixture *fx, const char *name)
{
	static char paths[4][256];
	static unsigned at;
	char *p = paths[at++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", fx->dir, name);
	return p;
}

static inline void
fixture_put(const struct fixture *fx, const char *name, const char *text)
{
	const char *path = fixture_path(fx, name);
	AUTO(file) FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fchmod(fileno(f), 0600), 0);
}

static inline void
fixture_expect(struct fixture *fx, const char *name, const char *text)
{
	AUTO(buf) struct buf b = BUF(FILE_MAX_BYTES);

	assert_int_equal(file_read(fixture_path(fx, name), &b, &fx->e), EC_OK);
	assert_string_equal(buf_str(&b), text);
}

static inline struct smtp_cred
fixture_cred(const char *user, const char *pass)
{
	struct smtp_cred c = { .pass = NULL };
	struct err e;

	(void)snprintf(c.user, sizeof(c.user), "%s", user);
	if (*pass != '\0')
		assert_int_equal(
		    secret_new(pass, strlen(pass), &c.pass, &e), EC_OK);
	return c;
}

static inline enum ec
fixture_write(struct fixture *fx, const char *user, const char *pass)
{
	AUTO(smtp_cred) struct smtp_cred cred = fixture_cred(user, pass);

	return fx->c.drv->write(&fx->c, &cred, &fx->e);
}

/* read() says exactly this pair. */
static inline void
fixture_reads(struct fixture *fx, const char *user, const char *pass)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	assert_int_equal(fx->c.drv->read(&fx->c, &cred, &fx->e), EC_OK);
	assert_string_equal(cred.user, user);
	if (*pass == '\0') {
		assert_null(cred.pass);
		return;
	}
	assert_non_null(cred.pass);
	assert_string_equal(secret_reveal(cred.pass), pass);
}

/* The error tells this and holds none of the passwords. */
static inline void
fixture_told(const struct fixture *fx, const char *part)
{
	assert_non_null(strstr(fx->e.what, part));
	assert_null(strstr(fx->e.what, PASS1));
	assert_null(strstr(fx->e.what, PASS2));
	assert_null(strstr(fx->e.fix, PASS1));
	assert_null(strstr(fx->e.fix, PASS2));
}

#endif
