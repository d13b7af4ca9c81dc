/* rows_mail: mail software, with the real programs. Postfix has a file of its
 * own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/run.h"
#include "conform.h"
#include "trouble.h"

/* A program in p->dir that runs this one with what it was given. */
static const char *
wrapper(struct place *p, const char *name, const char *command, char *ret)
{
	char text[3 * PATH_MAX], spy[PATH_MAX];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\nexec %s %s %s \"$@\"\n",
	    place_here(SPY, spy), p->spy, command);
	place_put(place_path(p, name, ret), text);
	(void)chmod(ret, 0755);
	return ret;
}

/* Where tests/fetch_debs.sh has put the package; false: it could not. */
static bool
fetch(struct place *p, const char *package)
{
	const char *const argv[] = { "tests/fetch_debs.sh", package, NULL };
	char here[PATH_MAX];
	struct run r = { .timeout_ms = INT64_C(120) * 1000 };
	const char *const absolute[] = { place_here(argv[0], here), argv[1],
		NULL };
	enum ec ec;

	r.argv = absolute;
	ec = run(&r, &p->e);
	r.argv = NULL;
	return ec == EC_OK ? true : place_say(p, "%s: %s", package, p->e.what);
}

/* Exim, unpacked and not installed, lacks its user. */
static bool
setup_exim(struct place *p)
{
	char path[PATH_MAX], command[2 * PATH_MAX], bin[PATH_MAX];

	if (!fetch(p, "exim4-daemon-light"))
		return false;
	place_put(place_path(p, "passwd", path),
	    "root:x:0:0::/:/bin/sh\nDebian-exim:x:65000:65000::/:/bin/false\n");
	place_put(place_path(p, "group", path), "Debian-exim:x:65000:\n");
	place_put(place_path(p, "exim.conf", path),
	    "keep_environment =\nspool_directory = /nonexistent\n");
	(void)snprintf(command, sizeof(command),
	    "env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=%s/passwd "
	    "NSS_WRAPPER_GROUP=%s/group %s",
	    p->dir, p->dir, place_here("build/debs/root/usr/sbin/exim4", bin));
	place_set(p, "exim", wrapper(p, "exim", command, path), NULL);
	place_set(p, "config", place_path(p, "exim.conf", path), NULL);
	place_set(p, "path", p->target, NULL);
	place_set(p, "host", "*.example.com", NULL);
	return true;
}

static bool
setup_msmtp(struct place *p)
{
	char path[PATH_MAX];

	if (access("/usr/bin/msmtp", X_OK) != 0)
		return place_say(p, "msmtp is not installed");
	place_set(
	    p, "msmtp", wrapper(p, "msmtp", "/usr/bin/msmtp", path), NULL);
	place_set(p, "path", p->target, NULL);
	place_set(p, "account", "news.example", NULL);
	return true;
}

/* With a key of its own, so that the one of this host is not made by a test;
 * and the first content is encrypted by the real program. */
static bool
setup_creds(struct place *p)
{
	char path[PATH_MAX], command[2 * PATH_MAX];

	if (access("/usr/bin/systemd-creds", X_OK) != 0)
		return place_say(p, "systemd-creds is not installed");
	(void)snprintf(command, sizeof(command),
	    "env SYSTEMD_CREDENTIAL_SECRET=%s/key /usr/bin/systemd-creds",
	    p->dir);
	place_set(p, "systemd_creds",
	    wrapper(p, "systemd-creds", command, path), NULL);
	place_set(p, "key", "host", NULL);
	place_set(p, "store", p->dir, NULL);
	place_set(p, "create", "true", NULL);
	return true;
}

static bool
holds_old(struct place *p)
{
	return place_write(p, &pair_old) == EC_OK
	    ? true
	    : place_say(p, "%s", p->e.what);
}

static bool
setup_creds_one(struct place *p)
{
	if (!setup_creds(p))
		return false;
	place_set(p, "credential", "smtp", NULL);
	return holds_old(p);
}

static bool
setup_creds_two(struct place *p)
{
	if (!setup_creds(p))
		return false;
	place_set(p, "username_credential", "smtp-user", NULL);
	place_set(p, "password_credential", "smtp-password", NULL);
	return holds_old(p);
}

/* Its programs demand a group of their own, that is not there. */
static bool
setup_opensmtpd(struct place *p)
{
	char path[PATH_MAX], command[2 * PATH_MAX], bin[PATH_MAX];

	if (!fetch(p, "opensmtpd"))
		return false;
	place_put(place_path(p, "passwd", path),
	    "root:x:0:0::/:/bin/sh\nopensmtpq:x:0:0::/:/bin/false\n");
	place_put(place_path(p, "group", path), "root:x:0:\nopensmtpq:x:0:\n");
	(void)snprintf(command, sizeof(command),
	    "env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=%s/passwd "
	    "NSS_WRAPPER_GROUP=%s/group %s",
	    p->dir, p->dir, place_here("build/debs/root/usr/sbin", bin));
	(void)strcat(command, "/makemap");
	place_set(p, "makemap", wrapper(p, "makemap", command, path), NULL);
	/* There is no smtpd to be told: tests/e2e/opensmtpd.t has one. */
	place_set(p, "smtpctl", wrapper(p, "smtpctl", "true", path), NULL);
	place_set(p, "smtpd", wrapper(p, "smtpd", "true", path), NULL);
	place_set(p, "path", p->target, NULL);
	place_set(p, "label", "ses", NULL);
	return true;
}

static bool
setup_opensmtpd_db(struct place *p)
{
	char db[PATH_MAX];

	if (!setup_opensmtpd(p))
		return false;
	place_set(p, "table_type", "db", NULL);
	place_put(place_path(p, "secrets.db", db), "");
	return holds_old(p);
}

#define RUNNING "/hang: still running"
#define NOWHERE "/nonexistent/program"

static const struct trouble exim_troubles[] = {
	{ "hangs: exim", trouble_program_hangs, "exim", { EC_TEMP, EC_TEMP },
	    RUNNING, HANGS },
	{ "missing: exim", trouble_option, "exim=" NOWHERE,
	    { EC_CONFIG, EC_CONFIG }, NOWHERE, HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble msmtp_troubles[] = {
	{ "hangs: msmtp", trouble_program_hangs, "msmtp", { EC_TEMP, EC_TEMP },
	    RUNNING, HANGS },
	{ "missing: msmtp", trouble_option, "msmtp=" NOWHERE,
	    { EC_CONFIG, EC_CONFIG }, NOWHERE, HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble opensmtpd_troubles[] = {
	{ "hangs: smtpctl", trouble_program_hangs, "smtpctl",
	    { EC_OK, EC_OK, EC_OK, EC_TEMP }, RUNNING, HANGS },
	{ .name = NULL },
};
static const struct trouble opensmtpd_db_troubles[] = {
	{ "hangs: makemap", trouble_program_hangs, "makemap",
	    { EC_TEMP, EC_TEMP, EC_TEMP }, RUNNING, HANGS },
	{ "missing: makemap", trouble_option, "makemap=" NOWHERE,
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, NOWHERE, HANGS_NOT },
	{ .name = NULL },
};
static const struct trouble creds_troubles[] = {
	{ "hangs: systemd-creds", trouble_program_hangs, "systemd_creds",
	    { EC_TEMP, EC_TEMP, EC_TEMP }, RUNNING, HANGS },
	{ "missing: systemd-creds", trouble_option, "systemd_creds=" NOWHERE,
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, NOWHERE, HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_mail[];
const struct row rows_mail[] = {
	{ .name = "exim",
	    .driver = "exim",
	    .setup = setup_exim,
	    .target = "passwd.client",
	    .text = "# smarthosts\n\nother.example.org:me:secret word\n"
		    "*.example.com:@U:@P\n#*.example.com:x:y\n"
		    "*:last:one",
	    .troubles = exim_troubles },
	{ .name = "msmtp",
	    .driver = "msmtp",
	    .setup = setup_msmtp,
	    .target = "msmtprc",
	    .text = "# mail\ndefaults\nauth on\n\naccount other\n"
		    "host smtp.example.org\nuser me\npassword \"a b\"\n\n"
		    "account news.example\nhost mail.example.com\n"
		    "  user\t@U\npassword @P\n# password x\n\n"
		    "account default : news.example\n",
	    .troubles = msmtp_troubles },
	{ .name = "opensmtpd-file",
	    .driver = "opensmtpd",
	    .setup = setup_opensmtpd,
	    .target = "secrets",
	    .text = "# relays\n\nother me:secretword\nses \t@U:@P \n"
		    "#ses x:y\nlast a:b",
	    .troubles = opensmtpd_troubles },
	/* makemap keeps a blank behind the value, which smtpd drops. */
	{ .name = "opensmtpd-db",
	    .driver = "opensmtpd",
	    .setup = setup_opensmtpd_db,
	    .target = "secrets",
	    .text = "# relays\n\nother me:secretword\nses \t@U:@P\n"
		    "#ses x:y\nlast a:b",
	    .derived = "secrets.db",
	    .troubles = opensmtpd_db_troubles },
	{ .name = "systemd-credential",
	    .driver = "systemd-credential",
	    .setup = setup_creds_one,
	    .target = "smtp",
	    .creates = true,
	    .troubles = creds_troubles },
	{ .name = "systemd-credential-two",
	    .driver = "systemd-credential",
	    .setup = setup_creds_two,
	    .target = "smtp-password",
	    .creates = true,
	    .troubles = creds_troubles },
	{ .name = NULL },
};
