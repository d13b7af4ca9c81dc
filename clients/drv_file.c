/*
 * file: a credential inside a configuration file, or a file made from a
 * template, and a command that makes the consumer notice.
 *
 * Everything else in the file stays as it is, byte by byte; the file is
 * replaced atomically with its owner and mode (see base/file.h). What cannot
 * be changed without a doubt is refused in plan(), by trying it on the bytes
 * that are there.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/run.h"
#include "clients/client.h"
#include "clients/form.h"
#include "clients/program.h"

struct conf {
	struct form form;
	unsigned mode;
	const char *const *activate;
	int64_t activate_timeout;
};

#define AT(field) offsetof(struct conf, field)
static const struct client_opt opts[] = {
	{ "path", OPT_PATH, AT(form.path), true, NULL, NULL,
	    "the file to change" },
	{ "format", OPT_STR, AT(form.format), true, NULL, NULL,
	    "dotenv, environment-file, template" },
	{ "username", OPT_STR, AT(form.username), false, NULL, NULL,
	    "key of the user name in the file" },
	{ "password", OPT_STR, AT(form.password), false, NULL, NULL,
	    "key of the password in the file" },
	{ "template", OPT_PATH, AT(form.template), false, NULL, NULL,
	    "file with {{username}} and {{password}}, for format template" },
	{ "create", OPT_BOOL, AT(form.create), false, "false", NULL,
	    "add the keys, and the file, when they are missing" },
	{ "mode", OPT_MODE, AT(mode), false, "0600", NULL,
	    "of a file that did not exist; an old file keeps its own" },
	{ "activate", OPT_ARGV, AT(activate), false, NULL, NULL,
	    "command that makes the consumer read the file again" },
	{ "activate_timeout", OPT_SPAN, AT(activate_timeout), false, "60s",
	    NULL, "how long that command may take" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return form_check(&conf->form, e);
}

static unsigned
open_flags(const struct form *f)
{
	return form_whole(f) || f->create ? FILE_MAY_BE_ABSENT : 0;
}

/* What the file would hold with cred in it. */
static enum ec
prepare(const struct client *c, const struct smtp_cred *cred,
    struct file **ret_file, struct buf *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(conf->form.path, open_flags(&conf->form), &f, e));
	TRY(form_put(&conf->form, c, file_content(f), cred, ret, e));
	*ret_file = TAKE(f);
	return EC_OK;
}

/* Things to know that are no failure; the first one is told. */
static void
warn(const struct conf *conf, const struct file *f, struct client_plan *plan)
{
	struct stat st;

	if (stat(file_path(f), &st) == 0 && (st.st_mode & S_IROTH) != 0)
		(void)snprintf(plan->warning, sizeof(plan->warning),
		    "%s can be read by every user: chmod o-r", file_path(f));
	else if (conf->activate == NULL)
		(void)snprintf(plan->warning, sizeof(plan->warning),
		    "without activate, the program must read %s anew by "
		    "itself",
		    conf->form.path);
}

/* Tries the change with a pair of the right form, and throws it away. */
static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	static const char any[SMTP_PASSWORD_LEN + 1] =
	    "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	AUTO(smtp_cred) struct smtp_cred cred = { .user = "AKIAIOSFODNN7EX" };
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	struct client_plan p = { .change = "" };

	TRY(secret_new(any, SMTP_PASSWORD_LEN, &cred.pass, e));
	TRY(prepare(c, &cred, &f, &text, e));
	TRY(file_can_replace(f, text.len, e));
	TRY(program_plan(conf->activate, &p, e));
	form_describe(&conf->form, &p);
	warn(conf, f, &p);
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(conf->form.path, 0, &f, e));
	return form_get(&conf->form, file_content(f), ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;

	TRY(client_cred_check(c, cred, e));
	TRY(prepare(c, cred, &f, &text, e));
	return file_replace(f, &text, (mode_t)conf->mode, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	if (conf->activate == NULL)
		return EC_OK;
	return run_argv(conf->activate, conf->activate_timeout, e);
}

const struct client_driver drv_file = {
	.name = "file",
	.summary = "keys in a .env or other file, or a file from a template",
	.conf_size = sizeof(struct conf),
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
