/*
 * drive: one operation of one client driver from the command line, for the
 * tests that have the real consumer at hand.
 *
 *   drive TYPE plan|read|write|activate [KEY=VALUE ...]
 *
 * write takes "USER PASSWORD" from stdin, read prints that. plan prints the
 * lines "change ...", "after ...", "warning ...". On failure the class, what
 * and fix go to stderr, each on its own line, and the exit code is 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"

#define USAGE "usage: drive TYPE plan|read|write|activate [KEY=VALUE ...]\n"

static enum ec
do_plan(const struct client *c, struct err *e)
{
	struct client_plan p = { .change = "" };

	TRY(c->drv->plan(c, &p, e));
	(void)printf("change %s\n", p.change);
	if (p.after[0] != '\0')
		(void)printf("after %s\n", p.after);
	if (p.warning[0] != '\0')
		(void)printf("warning %s\n", p.warning);
	return EC_OK;
}

static enum ec
do_read(const struct client *c, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	TRY(c->drv->read(c, &cred, e));
	(void)printf("%s %s\n", cred.user,
	    cred.pass != NULL ? secret_reveal(cred.pass) : "");
	return EC_OK;
}

static enum ec
do_write(const struct client *c, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	char line[512] = "";
	char *pass;

	if (fgets(line, sizeof(line), stdin) == NULL ||
	    (pass = strchr(line, ' ')) == NULL)
		return fail(e, EC_USAGE, "stdin: USER PASSWORD expected");
	*pass++ = '\0';
	pass[strcspn(pass, "\n")] = '\0';
	(void)snprintf(cred.user, sizeof(cred.user), "%.128s", line);
	TRY(secret_new(pass, strlen(pass), &cred.pass, e));
	return c->drv->write(c, &cred, e);
}

static enum ec
do_activate(const struct client *c, struct err *e)
{
	return c->drv->activate != NULL ? c->drv->activate(c, e) : EC_OK;
}

static const struct op {
	const char *name;
	enum ec (*run)(const struct client *c, struct err *e);
} ops[] = {
	{ "plan", do_plan },
	{ "read", do_read },
	{ "write", do_write },
	{ "activate", do_activate },
};

static enum ec
set(const struct client *c, char *arg, struct err *e)
{
	const struct client_opt *o = c->drv->opts;
	char *value = strchr(arg, '=');
	const char *const values[] = { value != NULL ? value + 1 : "" };

	if (value == NULL)
		return fail(e, EC_USAGE, "%s: KEY=VALUE expected", arg);
	*value = '\0';
	while (o->key != NULL && strcmp(o->key, arg) != 0)
		o++;
	if (o->key == NULL)
		return fail(e, EC_USAGE, "%s: no such option", arg);
	return client_opt_set(c->drv, c->conf, o, values, 1, e);
}

static enum ec
drive(const struct client *c, const char *name, char **args, struct err *e)
{
	TRY(client_conf_defaults(c->drv, c->conf, e));
	for (; *args != NULL; args++)
		TRY(set(c, *args, e));
	if (c->drv->check != NULL)
		TRY(c->drv->check(c, e));
	for (size_t i = 0; i < COUNT(ops); i++)
		if (strcmp(ops[i].name, name) == 0)
			return ops[i].run(c, e);
	return fail(e, EC_USAGE, "%s: no such operation", name);
}

int
main(int argc, char **argv)
{
	struct client c = { .name = "driven",
		.identity = "tests",
		.region = "eu-west-1",
		.smtp = { .host = "localhost", .port = 587 } };
	struct err e = { .ec = EC_OK };
	enum ec ec;

	if (argc < 3 || (c.drv = client_driver_find(argv[1])) == NULL) {
		(void)fputs(USAGE, stderr);
		return 2;
	}
	if (secret_init(&e) != EC_OK)
		return 2;
	c.conf = calloc(1, c.drv->conf_size);
	if (c.conf == NULL)
		return 2;
	ec = drive(&c, argv[2], argv + 3, &e);
	client_conf_free(c.drv, c.conf);
	free(c.conf);
	if (ec == EC_OK)
		return 0;
	(void)fprintf(stderr, "%s\n%s\n%s\n", ec_name(ec), e.what, e.fix);
	return 1;
}
