/* rows_file: the file driver, one row for each syntax and option. */
#include "conform.h"

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

extern const struct row rows_file[];
const struct row rows_file[] = {
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
	{ .name = NULL },
};
