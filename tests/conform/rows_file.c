/* rows_file: the file driver, one row for each syntax and option. */
#include <stdio.h>
#include <sys/stat.h>

#include "clients/edit/edit.h"
#include "conform.h"
#include "trouble.h"

static void
set_file(struct place *p, const char *format)
{
	char spy[PATH_MAX];

	place_set(p, "path", p->target, NULL);
	place_set(p, "format", format, NULL);
	place_set(p, "activate", place_here(SPY, spy), p->spy, NULL);
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
setup_create(struct place *p)
{
	place_set(p, "create", "true", NULL);
	return setup_keys(p, "dotenv");
}

static bool
setup_dsn(struct place *p)
{
	set_file(p, "dotenv");
	place_set(p, "key", "MAILER_DSN", NULL);
	place_set(p, "dsn", "true", NULL);
	return true;
}

static bool
setup_joint(struct place *p)
{
	set_file(p, "sasl_passwd");
	place_set(p, "key", "[mail.example.com]:587", NULL);
	return true;
}

/* The target is the file of the password. */
static bool
setup_two(struct place *p)
{
	char path[PATH_MAX], text[256];

	place_set(p, "username_path", place_path(p, "user", path), NULL);
	(void)snprintf(
	    text, sizeof(text), "A=1\nSMTP_USER=%s\n", pair_old.user);
	place_put(path, text);
	return setup_keys(p, "dotenv");
}

/* Files that are nothing but the value. */
static bool
setup_plain(struct place *p)
{
	char path[PATH_MAX];

	if (edit_syntax_find("plain") == NULL)
		return place_say(p, "no format plain");
	set_file(p, "plain");
	place_set(p, "username_path", place_path(p, "user", path), NULL);
	place_put(path, pair_old.user);
	return true;
}

static bool
setup_plain_dsn(struct place *p)
{
	if (edit_syntax_find("plain") == NULL)
		return place_say(p, "no format plain");
	set_file(p, "plain");
	place_set(p, "dsn", "true", NULL);
	return true;
}

static bool
setup_in_place(struct place *p)
{
	place_set(p, "in_place", "true", NULL);
	return setup_keys(p, "dotenv");
}

static bool
setup_in_place_dsn(struct place *p)
{
	char path[PATH_MAX];

	(void)mkdir(place_path(p, "undo", path), 0700);
	place_set(p, "in_place", "true", NULL);
	place_set(p, "undo_dir", path, NULL);
	return setup_dsn(p);
}

static bool
own_limit(struct place *p, const char *option)
{
	return trouble_option(p, "activate_timeout=" HANG_OPTION) &&
	    trouble_program_hangs(p, option);
}

/* The limit of activate is an option, and has a default. */
static const struct trouble troubles[] = {
	{ "hangs: activate", trouble_program_hangs, "activate",
	    { EC_OK, EC_OK, EC_OK, EC_TEMP }, "/hang: still running", HANGS },
	{ "hangs: option activate_timeout", own_limit, "activate",
	    { EC_OK, EC_OK, EC_OK, EC_TEMP }, "/hang: still running",
	    HANGS_OPTION },
	{ .name = NULL },
};

extern const struct row rows_file[];
const struct row rows_file[] = {
	{ .name = "file-dotenv",
	    .driver = "file",
	    .setup = setup_dotenv,
	    .target = "env",
	    .text = "\xef\xbb\xbf# mail\r\nexport SMTP_USER = '@U'\t# k\r\n"
		    "#SMTP_PASS=x\r\nNOTE=\"two\r\nlines\"\r\n"
		    "SMTP_PASS=@P # secret\r\nLAST=\xc3\xbc",
	    .troubles = troubles },
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
	{ .name = "file-create",
	    .driver = "file",
	    .setup = setup_create,
	    .target = "env",
	    .text = "SMTP_PASS=@P\nSMTP_USER=@U\n",
	    .creates = true },
	{ .name = "file-dsn",
	    .driver = "file",
	    .setup = setup_dsn,
	    .target = "env",
	    .text = "A=1\nMAILER_DSN='smtp+tls://@U:@E@mail.example.com:587/"
		    "?a=b%2F@c' # x\nB=2\n" },
	{ .name = "file-joint",
	    .driver = "file",
	    .setup = setup_joint,
	    .target = "sasl_passwd",
	    .text = "# relays\n[mail.example.com]:25 a:b\n"
		    "[mail.example.com]:587\t@U:@P\nlast c:d" },
	{ .name = "file-two",
	    .driver = "file",
	    .setup = setup_two,
	    .target = "pass",
	    .text = "# x\nSMTP_PASS='@P'\nB=2\n",
	    .halves = true },
	{ .name = "file-plain",
	    .driver = "file",
	    .setup = setup_plain,
	    .target = "pass",
	    .text = "@P\n",
	    .halves = true },
	{ .name = "file-plain-dsn",
	    .driver = "file",
	    .setup = setup_plain_dsn,
	    .target = "dsn",
	    .text = "smtps://@U:@E@mail.example.com:465\n" },
	{ .name = "file-in-place",
	    .driver = "file",
	    .setup = setup_in_place,
	    .target = "env",
	    .text = "# x\nSMTP_USER=@U\nSMTP_PASS=\"@P\"\nB=2\n",
	    .torn = true },
	{ .name = "file-in-place-dsn",
	    .driver = "file",
	    .setup = setup_in_place_dsn,
	    .target = "env",
	    .text = "MAILER_DSN=smtp://@U:@E@mail.example.com\nB=2\n",
	    .torn = true },
	{ .name = NULL },
};
