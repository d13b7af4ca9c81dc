/*
 * race: we are root and write a client's file, and the directory belongs to
 * somebody who exchanges it under our hands as fast as he can.
 *
 * The writer is the driver `file` itself. RACE_ATTEMPTS (default 100000) are
 * shared out to the rows of hostile.c. After every attempt: no file of others
 * was written, given away, opened up, made or removed; and nothing of their
 * content was returned to us or lies where the user can read it. What comes
 * of his own file is his affair. Both ends must have been met, files written
 * and attempts refused: else the race was none.
 *
 * The first test is a writer as it is usually written, look and then open.
 * The same user must get the better of it; or he proves nothing.
 */
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/secret.h"
#include "clients/client.h"

extern const struct client_driver drv_file;

#define PASS1       "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
#define PASS2       "BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba"
#define LOOK_EVERY  64  /* attempts; what lies about stays there */
#define NAIVE_LIMIT 120 /* s, until the naive writer must have lost */
/* Beyond its share a row goes on until it has seen both ends. */
#define PATIENCE 1000 /* times the share, and then it has failed */

struct tally {
	long tried, written, refused;
	long by[EC__MAX];
	const char *escape;
};

static void
set(struct client *c, const char *key, const char *value)
{
	const struct client_opt *o = c->drv->opts;
	struct err e = { .ec = EC_OK };

	while (o->key != NULL && strcmp(o->key, key) != 0)
		o++;
	if (client_opt_set(c->drv, c->conf, o, &value, 1, &e) != EC_OK)
		die(e.what);
}

static void
client_make(struct client *c, const struct scene *s, const struct row *row)
{
	struct err e = { .ec = EC_OK };

	*c = (struct client){ .name = "web",
		.identity = "news",
		.region = "eu-west-1",
		.drv = &drv_file };
	c->conf = calloc(1, drv_file.conf_size);
	if (c->conf == NULL ||
	    client_conf_defaults(&drv_file, c->conf, &e) != EC_OK)
		die("client");
	set(c, "path", scene_path(s, "h/a/d/conf"));
	set(c, "format", "dotenv");
	set(c, "username", "SMTP_USER");
	set(c, "password", "SMTP_PASS");
	set(c, "in_place", row->in_place ? "true" : "false");
	set(c, "create", row->create ? "true" : "false");
}

static void
client_end(struct client *c)
{
	client_conf_free(c->drv, c->conf);
	free(c->conf);
}

/* What a driver may say here; anything else is a defect of ours. */
static bool
is_refusal(enum ec ec)
{
	return ec == EC_CONFLICT || ec == EC_TEMP || ec == EC_CONFIG ||
	    ec == EC_GONE || ec == EC_DENIED || ec == EC_UNKNOWN;
}

static void
note(struct tally *t, enum ec ec, const struct err *e)
{
	t->by[ec]++;
	if (ec == EC_OK)
		t->written++;
	else if (is_refusal(ec))
		t->refused++;
	else {
		(void)printf("# %s: %s\n", ec_name(ec), e->what);
		t->escape = "an error of a class that does not belong here";
	}
}

/* Ours may come back, or his; never the victim's. */
static void
read_back(const struct client *c, struct tally *t)
{
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };
	struct err e = { .ec = EC_OK };

	if (c->drv->read(c, &got, &e) == EC_OK && got.pass != NULL &&
	    strcmp(secret_reveal(got.pass), CANARY) == 0)
		t->escape = "the credential of a victim was read";
}

static void
attempt(const struct scene *s, const struct row *row, const struct client *c,
    const struct smtp_cred *cred, struct tally *t)
{
	struct err e = { .ec = EC_OK };
	const enum ec ec = c->drv->write(c, cred, &e);

	t->tried++;
	note(t, ec, &e);
	if (t->tried % 4 == 0)
		read_back(c, t);
	if (ec != EC_OK && row->in_place)
		scene_mend(s);
	if (t->escape == NULL)
		t->escape = scene_harm(s, row->linked);
	if (t->escape == NULL && t->tried % LOOK_EVERY == 0)
		t->escape = scene_leak(s);
}

static void
pair(struct smtp_cred *c, const char *user, const char *pass)
{
	struct err e;

	(void)snprintf(c->user, sizeof(c->user), "%s", user);
	if (secret_new(pass, strlen(pass), &c->pass, &e) != EC_OK)
		die("secret");
}

static bool
enough(const struct tally *t, long share)
{
	if (t->escape != NULL || t->tried >= share * PATIENCE)
		return true;
	return t->tried >= share && t->written > 0 && t->refused > 0;
}

/* He must still be at it, and nobody may have read what is not for him. */
static const char *
end(pid_t hostile, pid_t bystander)
{
	int how;

	(void)kill(hostile, SIGKILL);
	if (waitpid(hostile, &how, 0) != hostile || !WIFSIGNALED(how))
		return "the hostile user gave up";
	(void)kill(bystander, SIGKILL);
	if (waitpid(bystander, &how, 0) != bystander || !WIFSIGNALED(how))
		return "a bystander could open it";
	return NULL;
}

static void
run_row(const struct row *row, long share, struct tally *t)
{
	AUTO(smtp_cred) struct smtp_cred one = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred two = { .pass = NULL };
	const char *late;
	struct client c;
	struct scene s;
	pid_t hostile, bystander;

	scene_make(&s, row);
	client_make(&c, &s, row);
	pair(&one, "AKIAIOSFODNN7EXAMPLE", PASS1);
	pair(&two, "AKIAI44QH8DHBEXAMPLE", PASS2);
	hostile = hostile_start(&s, row);
	bystander = bystander_start(&s);
	while (!enough(t, share))
		attempt(&s, row, &c, t->tried % 2 == 0 ? &one : &two, t);
	late = end(hostile, bystander);
	if (t->escape == NULL)
		t->escape = late;
	if (t->escape == NULL)
		t->escape = scene_leak(&s);
	client_end(&c);
	scene_remove(&s);
}

/* As it is usually done: is it his, and a file? Then write. */
static void
naive_write(const char *path)
{
	static const char text[] = "SMTP_USER=x\nSMTP_PASS=y\n";
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != HOSTILE)
		return;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, sizeof(text) - 1) < 0)
		die("write");
	(void)close(fd);
}

static bool
naive_loses(const struct row *row, long *tried)
{
	struct timespec from, now;
	const char *harm = NULL;
	struct scene s;
	pid_t hostile;

	scene_make(&s, row);
	hostile = hostile_start(&s, row);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		naive_write(scene_path(&s, "h/a/d/conf"));
		harm = scene_harm(&s, false);
		(*tried)++;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (harm == NULL && now.tv_sec - from.tv_sec < NAIVE_LIMIT);
	(void)kill(hostile, SIGKILL);
	(void)waitpid(hostile, NULL, 0);
	scene_remove(&s);
	return harm != NULL;
}

static bool
report(int n, const char *name, const struct tally *t)
{
	const bool ok = t->escape == NULL && t->written > 0 && t->refused > 0;

	(void)printf("%sok %d - %s: %ld attempts, %ld written, %ld refused, "
		     "%s\n",
	    ok ? "" : "not ", n, name, t->tried, t->written, t->refused,
	    t->escape == NULL ? "no escape" : t->escape);
	(void)printf("#  ");
	for (int i = 0; i < EC__MAX; i++)
		if (t->by[i] > 0)
			(void)printf(" %s=%ld", ec_name((enum ec)i), t->by[i]);
	(void)printf("\n");
	(void)fflush(stdout);
	return ok;
}

int
main(void)
{
	const char *want = getenv("RACE_ATTEMPTS");
	const long total = want != NULL ? strtol(want, NULL, 10) : 100000;
	long n_rows = 0, tried = 0, all = 0;
	struct err e = { .ec = EC_OK };
	bool ok;

	while (rows[n_rows].name != NULL)
		n_rows++;
	if (geteuid() != 0 || secret_init(&e) != EC_OK) {
		(void)printf("Bail out! must be root\n");
		return 1;
	}
	(void)printf("1..%ld\n", n_rows + 1);
	(void)fflush(stdout);
	ok = naive_loses(&rows[0], &tried);
	(void)printf("%sok 1 - look and then open: lost after %ld attempts\n",
	    ok ? "" : "not ", tried);
	(void)fflush(stdout);
	for (int i = 0; i < (int)n_rows; i++) {
		struct tally t = { .escape = NULL };

		run_row(&rows[i], total / n_rows, &t);
		ok = report(i + 2, rows[i].name, &t) && ok;
		all += t.tried;
	}
	(void)printf("# %ld attempts in all\n", all);
	return ok ? 0 : 1;
}
