/*
 * file: a credential inside a configuration file, or two, or a file made from
 * a template, and a command that makes the consumer notice.
 *
 * Everything else in the file stays as it is, byte by byte. How the pair
 * stands in the bytes is said in form.h, how files are changed in target.h
 * and base/file.h. What cannot be changed without a doubt is refused in
 * plan(), by trying it on the bytes that are there.
 */
#include <stdio.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/program.h"
#include "clients/target.h"

struct conf {
	struct target target;
	struct program_conf activate;
};

#define AT(field)   offsetof(struct conf, field)
#define FORM(field) offsetof(struct conf, target.form.field)
static const struct client_opt opts[] = {
	{ "path", OPT_PATH, FORM(path), true, NULL, NULL,
	    "the file to change" },
	{ "format", OPT_STR, FORM(format), true, NULL, NULL,
	    "its syntax, such as dotenv; or template" },
	{ "username", OPT_STR, FORM(username), false, NULL, NULL,
	    "key of the user name in the file" },
	{ "password", OPT_STR, FORM(password), false, NULL, NULL,
	    "key of the password in the file" },
	{ "key", OPT_STR, FORM(key), false, NULL, NULL,
	    "the one key that holds both, as user:password or in a URL" },
	{ "dsn", OPT_BOOL, FORM(dsn), false, "false", NULL,
	    "the value is a URL, smtp://user:password@host" },
	{ "username_path", OPT_PATH, FORM(username_path), false, NULL, NULL,
	    "the file of the user name, when it is another one" },
	{ "template", OPT_PATH, FORM(template), false, NULL, NULL,
	    "file with {{username}} and {{password}}, for format template" },
	{ "create", OPT_BOOL, FORM(create), false, "false", NULL,
	    "add the keys, and the file, when they are missing" },
	{ "mode", OPT_MODE, AT(target.mode), false, "0600", NULL,
	    "of a file that did not exist; an old file keeps its own" },
	{ "owner", OPT_STR, AT(target.owner), false, NULL, NULL,
	    "of a file that did not exist, name or number" },
	{ "group", OPT_STR, AT(target.group), false, NULL, NULL,
	    "of a file that did not exist, name or number" },
	{ "in_place", OPT_BOOL, AT(target.in_place), false, "false", NULL,
	    "keep the inode: for a file that is mounted somewhere" },
	{ "undo_dir", OPT_PATH, AT(target.undo_dir), false, NULL, NULL,
	    "where in_place keeps the old content during a write" },
	{ "immutable", OPT_BOOL, AT(target.immutable), false, "false", NULL,
	    "the file carries chattr +i: clear it for the change" },
	PROGRAM_OPTS(AT(activate),
	    "command that makes the consumer read the file again"),
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return target_check(&conf->target, e);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	struct client_plan p = { .change = "" };

	TRY(target_plan(&conf->target, c, &p, e));
	TRY(program_plan(conf->activate.argv, &p, e));
	TRY(program_check_user(conf->activate.user, e));
	if (p.warning[0] == '\0' && conf->activate.argv == NULL)
		(void)snprintf(p.warning, sizeof(p.warning),
		    "without activate, the program must read %.120s anew by "
		    "itself",
		    conf->target.form.path);
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;

	return target_read(&conf->target, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(client_cred_check(c, cred, e));
	return target_write(&conf->target, c, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return program_activate(&conf->activate, e);
}

const struct client_driver drv_file = {
	.name = "file",
	.summary = "keys in a .env or other file, or a file from a template",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "path", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
