/* msmtp: see msmtp.h. */
#include "clients/msmtp.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/run.h"

#define SAYS_MAX 65536
#define ASK_MS   20000
#define NOT_SET  "(not set)"

struct says {
	char user[KEY_ID_MAX + 1]; /* "" when not set */
	bool password;             /* there is one in the file */
	bool passwordeval;         /* a command gives it */
};

/* Who may write a directory with the sticky bit may not replace what others
 * have in it (inode(7)). The bits of the group are also those of an ACL. */
static bool
only_ours(const struct stat *st)
{
	const bool sticky =
	    S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	    (sticky || (st->st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

bool
msmtp_trusted(const char *path)
{
	char p[PATH_MAX];
	struct stat st;

	if (snprintf(p, sizeof(p), "%s", path) >= (int)sizeof(p))
		return false;
	for (char *cut = p + strlen(p); cut != NULL; cut = strrchr(p, '/')) {
		*cut = '\0';
		if (stat(*p != '\0' ? p : "/", &st) != 0 || !only_ours(&st))
			return false;
	}
	return true;
}

/* The text behind "NAME = ", len bytes; NULL: no such line. */
static const char *
value(const char *text, const char *name, size_t *len)
{
	const size_t n = strlen(name);

	for (const char *p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n' ? 1 : 0;
		if (strncmp(p, name, n) != 0 || strncmp(p + n, " = ", 3) != 0)
			continue;
		*len = strcspn(p + n + 3, "\n");
		return p + n + 3;
	}
	return NULL;
}

static bool
is_set(const char *v, size_t len)
{
	return len != strlen(NOT_SET) || memcmp(v, NOT_SET, len) != 0;
}

static enum ec
understand(const char *text, struct says *ret, struct err *e)
{
	struct says says = { .user = "" };
	size_t user_len = 0, pass_len = 0, eval_len = 0;
	const char *user = value(text, "user", &user_len);
	const char *pass = value(text, "password", &pass_len);
	const char *eval = value(text, "passwordeval", &eval_len);

	if (user == NULL || pass == NULL || eval == NULL)
		return fail(e, EC_PROTO,
		    "msmtp --pretend prints no user, password and "
		    "passwordeval");
	if (is_set(user, user_len))
		(void)snprintf(
		    says.user, sizeof(says.user), "%.*s", (int)user_len, user);
	says.password = is_set(pass, pass_len);
	says.passwordeval = is_set(eval, eval_len);
	*ret = says;
	return EC_OK;
}

static enum ec
ask(const struct msmtp *m, struct says *ret, struct err *e)
{
	const char *const argv[] = { m->program != NULL ? m->program : "msmtp",
		"--pretend", "-C", m->path, "-a", m->account, NULL };
	AUTO(buf) struct buf out = BUF(SAYS_MAX);
	struct run r = { .argv = argv, .out = &out, .timeout_ms = ASK_MS };
	enum ec ec = run(&r, e);

	r.argv = NULL;
	if (ec == EC_CLIENT)
		return fix(e, "see why: msmtp --pretend -C %s -a %s", m->path,
		    m->account);
	if (ec != EC_OK)
		return ec;
	return understand(buf_str(&out), ret, e);
}

enum ec
msmtp_agrees(const struct msmtp *m, const struct smtp_cred *held, struct err *e)
{
	struct says says = { .user = "" };

	if (!msmtp_trusted(m->path))
		return EC_OK;
	TRY(ask(m, &says, e));
	if (says.passwordeval) {
		(void)fail(e, EC_CONFLICT,
		    "%s: a command (passwordeval) gives the password of "
		    "account %s",
		    m->path, m->account);
		return fix(e,
		    "put a password line in place of passwordeval, or make "
		    "what that command reads the client");
	}
	if (strcmp(says.user, held->user) == 0 &&
	    says.password == (held->pass != NULL))
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "%s: account %s takes user or password from elsewhere than its "
	    "own lines",
	    m->path, m->account);
	return fix(e,
	    "write user and password lines below account %s, or name the "
	    "account that has them",
	    m->account);
}
