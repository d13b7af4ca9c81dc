/*
 * msmtp: user and password of one account in an msmtp configuration.
 *
 * msmtp reads the file each time it sends, so one rename is all. Settings may
 * also come from `defaults`, from an account that this one is copied from, or
 * from a command: msmtp is asked what it would use, and what differs from the
 * two lines of the account is refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/client.h"
#include "clients/entry.h"
#include "clients/msmtp.h"

#define KEY_MAX 256

struct conf {
	const char *path, *account, *program;
	bool create;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "path", OPT_PATH, AT(path), true, NULL, NULL,
	    "the file: /etc/msmtprc, or .msmtprc of a user" },
	{ "account", OPT_STR, AT(account), false, "default", NULL,
	    "the account in it" },
	{ "create", OPT_BOOL, AT(create), false, "false", NULL,
	    "add user and password to the account when they are missing" },
	{ "msmtp", OPT_PATH, AT(program), false, NULL, NULL,
	    "msmtp, when it is not the one in PATH" },
	{ .key = NULL },
};

/* The account as a step of a key, see edit/path.h. */
struct keys {
	char user[KEY_MAX], password[KEY_MAX];
};

static void
make_keys(const struct conf *conf, struct keys *ret)
{
	char step[KEY_MAX - 16];
	size_t n = 0;

	for (const char *p = conf->account; *p != '\0' && n + 2 < sizeof(step);
	     p++) {
		if (*p == '.' || *p == '\\')
			step[n++] = '\\';
		step[n++] = *p;
	}
	step[n] = '\0';
	(void)snprintf(ret->user, sizeof(ret->user), "%s.user", step);
	(void)snprintf(
	    ret->password, sizeof(ret->password), "%s.password", step);
}

static struct entry
entry_of(const struct conf *conf, struct keys *keys)
{
	make_keys(conf, keys);
	return (struct entry){ .syntax = "msmtprc",
		.path = conf->path,
		.username = keys->user,
		.password = keys->password,
		.create = conf->create };
}

/* Names that would be read as something else, by msmtp or as a key. */
static enum ec
check(const struct client *c, struct err *e)
{
	const char *account = ((const struct conf *)c->conf)->account;

	if (*account == '\0' || *account == '-' || *account == '/' ||
	    strlen(account) > 100 || account[strcspn(account, " \t\"':,#")])
		return fail(e, EC_CONFIG,
		    "account: one name without blanks, quotes, colons and "
		    "commas is needed");
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	AUTO(pinned) struct file *f = NULL;
	struct keys keys;
	const struct entry en = entry_of(conf, &keys);
	struct msmtp m = { NULL, conf->account, conf->program };

	TRY(file_open(conf->path, 0, &f, e));
	TRY(entry_in_text(&en, file_content(f), &held, e));
	m.path = file_path(f);
	TRY(msmtp_agrees(&m, &held, e));
	*ret = held;
	held.pass = NULL;
	return EC_OK;
}

/* msmtp refuses a user's file with a password that others may read. */
static void
warn(const struct file *f, char *ret, size_t n)
{
	struct stat st;

	if (!msmtp_trusted(file_path(f)))
		(void)snprintf(ret, n,
		    "somebody else may write %s: it is not given to msmtp, "
		    "which would run its eval lines as us",
		    file_path(f));
	else if (stat(file_path(f), &st) == 0 && (st.st_mode & 07077) != 0)
		(void)snprintf(ret, n,
		    "%s is open to more than its owner (mode %04o); msmtp "
		    "wants 0600 for a user's file",
		    file_path(f), st.st_mode & 07777);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	struct client_plan p = { .change = "" };
	struct keys keys;
	const struct entry en = entry_of(conf, &keys);
	struct msmtp m = { NULL, conf->account, conf->program };

	TRY(smtp_cred_any(&any, e));
	TRY(file_open(conf->path, 0, &f, e));
	TRY(entry_in_text(&en, file_content(f), &held, e));
	m.path = file_path(f);
	TRY(msmtp_agrees(&m, &held, e));
	TRY(entry_put_text(&en, file_content(f), &any, &text, e));
	TRY(file_can_replace(f, text.len, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "set user and password of account %s in %s", conf->account,
	    conf->path);
	warn(f, p.warning, sizeof(p.warning));
	*ret = p;
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	struct keys keys;
	const struct entry en = entry_of(c->conf, &keys);

	TRY(client_cred_check(c, cred, e));
	return entry_set(&en, cred, e);
}

const struct client_driver drv_msmtp = {
	.name = "msmtp",
	.summary = "user and password of an account in an msmtp configuration",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "path", NULL },
	.opts = opts,
	.pickup = INT64_C(60) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
};
