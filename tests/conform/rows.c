/* rows: a target for each driver. A driver joins the suite by a row here. */
#include <stdlib.h>
#include <string.h>

#include "conform.h"

#define SPY     "tests/conform/spy.sh"
#define EXAMPLE "tests/conform/exec-example.sh"

/* An absolute path, as drivers demand. */
static const char *
here(const char *path, char ret[PATH_MAX])
{
	return realpath(path, ret) != NULL ? ret : path;
}

static void
set_file(struct place *p, const char *format)
{
	char spy[PATH_MAX];

	place_set(p, "path", p->target, NULL);
	place_set(p, "format", format, NULL);
	place_set(p, "activate", here(SPY, spy), p->spy, NULL);
}

static bool
setup_keys(struct place *p, const char *format)
{
	set_file(p, format);
	place_set(p, "username", "SMTP_USER", NULL);
	place_set(p, "password", "SMTP_PASS", NULL);
	return true;
}

static bool
setup_dotenv(struct place *p)
{
	return setup_keys(p, "dotenv");
}

static bool
setup_environment_file(struct place *p)
{
	return setup_keys(p, "environment-file");
}

static bool
setup_template(struct place *p)
{
	char path[PATH_MAX];

	set_file(p, "template");
	place_set(p, "template", place_path(p, "template", path), NULL);
	place_put(path,
	    "# {{identity}} in {{region}}\nhost {{host}}\nport {{port}}\n"
	    "user {{username}}\npassword {{password}}\n");
	return true;
}

static bool
setup_exec_example(struct place *p)
{
	char spy[PATH_MAX], example[PATH_MAX];

	place_set(
	    p, "command", here(SPY, spy), p->spy, here(EXAMPLE, example), NULL);
	place_set(p, "options", "file", p->target, NULL);
	return true;
}

static bool
setup_manual(struct place *p)
{
	place_set(p, "what", "a web page", NULL);
	return true;
}

const struct row rows[] = {
	{ .name = "file-dotenv",
	    .driver = "file",
	    .setup = setup_dotenv,
	    .target = "env",
	    .text = "\xef\xbb\xbf# mail\r\nexport SMTP_USER = '@U'\t# k\r\n"
		    "#SMTP_PASS=x\r\nNOTE=\"two\r\nlines\"\r\n"
		    "SMTP_PASS=@P # secret\r\nLAST=\xc3\xbc" },
	{ .name = "file-environment-file",
	    .driver = "file",
	    .setup = setup_environment_file,
	    .target = "env",
	    .text = "; mail\nSMTP_PASS=\"@P\"  \n\nA=b \\\nc\n"
		    "SMTP_USER=@U\nLAST='x\ny'\n" },
	{ .name = "file-template",
	    .driver = "file",
	    .setup = setup_template,
	    .target = "made",
	    .text = "# news in eu-west-1\nhost mail.example.com\nport 587\n"
		    "user @U\npassword @P\n",
	    .creates = true },
	{ .name = "exec-example",
	    .driver = "exec",
	    .setup = setup_exec_example,
	    .target = "account",
	    .text = "# relay\n\nhost mail.example.com\nuser @U\n"
		    "  password-hint none\npassword @P\nuserx y\n" },
	{ .name = "manual", .driver = "manual", .setup = setup_manual },
	{ .name = NULL },
};
