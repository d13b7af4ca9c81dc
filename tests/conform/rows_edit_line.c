/* rows_edit_line: the file driver, a row for each line syntax in which user
 * name and password have keys of their own. */
#include "conform.h"

static bool
setup(struct place *p, const char *format, const char *user, const char *pass)
{
	char spy[PATH_MAX];

	place_set(p, "path", p->target, NULL);
	place_set(p, "format", format, NULL);
	place_set(p, "username", user, NULL);
	place_set(p, "password", pass, NULL);
	place_set(p, "activate", place_here(SPY, spy), p->spy, NULL);
	return true;
}

static bool
setup_ini(struct place *p)
{
	return setup(p, "ini", "smtp.user", "smtp.password");
}

static bool
setup_ini_top(struct place *p)
{
	return setup(p, "ini", "user", "password");
}

static bool
setup_php(struct place *p)
{
	return setup(p, "php-ini", "mail.username", "mail.password");
}

static bool
setup_gitea(struct place *p)
{
	return setup(p, "gitea", "mailer.USER", "mailer.PASSWD");
}

static bool
setup_grafana(struct place *p)
{
	return setup(p, "grafana", "smtp.user", "smtp.password");
}

static bool
setup_properties(struct place *p)
{
	return setup(
	    p, "properties", "spring.mail.username", "spring.mail.password");
}

static bool
setup_toml(struct place *p)
{
	return setup(p, "toml", "smtp.user", "smtp.password");
}

static bool
setup_toml_array(struct place *p)
{
	return setup(p, "toml", "relay.1.user", "relay.1.auth.password");
}

static bool
setup_msmtprc(struct place *p)
{
	return setup(p, "msmtprc", "ses.user", "ses.password");
}

extern const struct row rows_edit_line[];
const struct row rows_edit_line[] = {
	{ .name = "file-ini",
	    .driver = "file",
	    .setup = setup_ini,
	    .target = "conf.ini",
	    .text = "\xef\xbb\xbf; mail\r\n[other]\r\nuser = x\r\n"
		    "[smtp] ; SES\r\n\thost = h\r\n\tuser = @U\r\n"
		    "\t; password = x\r\n\tpassword = \"@P\"\t\r\n\r\n"
		    "[last]\r\npassword=\xc3\xbc" },
	{ .name = "file-ini-top",
	    .driver = "file",
	    .setup = setup_ini_top,
	    .target = "conf.ini",
	    .text = "password: @P\nuser=@U\n\n[smtp]\nuser=x\n" },
	{ .name = "file-php-ini",
	    .driver = "file",
	    .setup = setup_php,
	    .target = "mail.ini",
	    .text = "; mail\n[mail]\nnote = \"two\nlines; it's\" ; c\n"
		    "password = \"@P\" ; secret\nusername = @U\n" },
	{ .name = "file-gitea",
	    .driver = "file",
	    .setup = setup_gitea,
	    .target = "app.ini",
	    .text = "APP_NAME = x ; y\n[mailer]\nPASSWD = `@P` ; c\n"
		    "FROM = `\"A;B\" <a@b.example>`\nUSER = @U # c\n"
		    "[security]\nPASSWD = no\n" },
	{ .name = "file-grafana",
	    .driver = "file",
	    .setup = setup_grafana,
	    .target = "grafana.ini",
	    .text = "[smtp]\n;user =\nuser = @U\n# If it holds # or ;\n"
		    "password = \"\"\"@P\"\"\"\n[log]\nmode = a\\\n b\n" },
	{ .name = "file-properties",
	    .driver = "file",
	    .setup = setup_properties,
	    .target = "application.properties",
	    .text = "# mail\nspring.mail.username = @U\n"
		    "x = a\\\n  spring.mail.password=no\n"
		    "spring.mail.pass\\u0077ord:@P\nname=gr\xfc\xdf" },
	{ .name = "file-toml",
	    .driver = "file",
	    .setup = setup_toml,
	    .target = "conf.toml",
	    .text = "note = \"\"\"\n[smtp]\nuser = 'x'\n\"\"\"\n[smtp] # SES\n"
		    "user = '@U' # c\nports = [ 587, # c\n 465 ]\n"
		    "\"password\" = \"@P\"\n[smtp.tls]\npassword = 'no'\n" },
	{ .name = "file-toml-array",
	    .driver = "file",
	    .setup = setup_toml_array,
	    .target = "conf.toml",
	    .text = "[[relay]]\r\nuser = 'x'\r\n[[relay]]\r\n"
		    "auth = { password = \"@P\", x = [1] }\r\n"
		    "user = \"@U\"\r\n" },
	{ .name = "file-msmtprc",
	    .driver = "file",
	    .setup = setup_msmtprc,
	    .target = "msmtprc",
	    .text = "# mail\ndefaults\nuser x\naccount other\n"
		    "passwordeval \"x\"\naccount ses : other\n"
		    "\tuser\t@U \npassword \"@P\"\naccount default : ses\n" },
	{ .name = NULL },
};
