/*
 * push_file: what a push to a local file costs: write() and read() of the
 * file driver on a dotenv file of 4 KiB, the pair changing each time.
 *
 *   push_file DIR [ROUNDS]
 *
 * Prints one line a way of writing: name, median, 95th percentile and maximum
 * in microseconds. No verdict: most of it is the fsync of the disk below DIR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/client.h"

#define SIZE       4096
#define ROUNDS_MAX 100000

static void
die(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "%s: %s\n", what, e->what);
	exit(1);
}

static void
set(struct client *c, const char *key, const char *value)
{
	const struct client_opt *o = c->drv->opts;
	struct err e;

	while (o->key != NULL && strcmp(o->key, key) != 0)
		o++;
	if (o->key == NULL ||
	    client_opt_set(c->drv, c->conf, o, &value, 1, &e) != EC_OK)
		die(key, &e);
}

static void
make(const char *path)
{
	FILE *f = fopen(path, "we");
	long left = SIZE;

	if (f == NULL)
		exit(1);
	left -= fprintf(f, "SMTP_USER=\nSMTP_PASS=\n");
	for (unsigned i = 0; left > 0; i++)
		left -= fprintf(f, "SETTING_%u='some value of it' # x\n", i);
	if (fclose(f) != 0)
		exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
push(const struct client *c, unsigned round)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred back = { .pass = NULL };
	char pass[SMTP_PASSWORD_LEN + 1];
	struct err e = { .what = "" };
	double begun;

	(void)snprintf(cred.user, sizeof(cred.user), "AKIA%016u", round);
	(void)snprintf(pass, sizeof(pass),
	    "BK/+abcdefghijklmnopqrstuvwxyzABCDEF%08u", round);
	if (secret_new(pass, SMTP_PASSWORD_LEN, &cred.pass, &e) != EC_OK)
		die("secret", &e);
	begun = now();
	if (c->drv->write(c, &cred, &e) != EC_OK ||
	    c->drv->read(c, &back, &e) != EC_OK)
		die("push", &e);
	begun = now() - begun;
	if (!smtp_cred_eq(&cred, &back))
		die("read back something else", &e);
	return begun;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
measure(const char *name, const struct client *c, unsigned rounds)
{
	static double took[ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		took[i] = push(c, i);
	qsort(took, rounds, sizeof(*took), by_size);
	printf("%-10s median %6.0f us  p95 %6.0f us  max %6.0f us\n", name,
	    took[rounds / 2], took[rounds * 95 / 100], took[rounds - 1]);
}

int
main(int argc, char **argv)
{
	const unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 300;
	struct client c = { .name = "bench", .region = "eu-west-1" };
	char path[4096];
	struct err e = { .what = "" };

	if (argc < 2 || rounds == 0 || rounds > ROUNDS_MAX)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/push_file.env", argv[1]);
	make(path);
	c.drv = client_driver_find("file");
	c.conf = calloc(1, c.drv->conf_size);
	if (secret_init(&e) != EC_OK || c.conf == NULL ||
	    client_conf_defaults(c.drv, c.conf, &e) != EC_OK)
		die("begin", &e);
	set(&c, "path", path);
	set(&c, "format", "dotenv");
	set(&c, "username", "SMTP_USER");
	set(&c, "password", "SMTP_PASS");
	measure("rename", &c, rounds);
	set(&c, "in_place", "true");
	measure("in place", &c, rounds);
	client_conf_free(c.drv, c.conf);
	free(c.conf);
	return unlink(path);
}
