/*
 * netrc: user name and password of one machine in a netrc file, as curl, git
 * and ftp read it. This is the worked example of clients/README.md: a whole
 * driver, held to the conformance suite like the others.
 *
 * It knows one form, a line "machine HOST login USER password WORD", and
 * refuses the rest, because what programs read differently must not be
 * written by us (https://everything.curl.dev/usingcurl/netrc.html).
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/client.h"

/* 1. What the operator may say. The text of the configuration is checked and
 * stored in these fields before any function below is called. */
struct conf {
	const char *path;
	const char *machine;
};

static const struct client_opt opts[] = {
	{ "path", OPT_PATH, offsetof(struct conf, path), true, NULL, NULL,
	    "the netrc file" },
	{ "machine", OPT_STR, offsetof(struct conf, machine), true, NULL, NULL,
	    "host name behind the word machine" },
	{ .key = NULL },
};

/* 2. Where the values stand. This part is pure: bytes in, places out. */
struct word {
	const char *p;
	size_t len;
};
struct entry {
	struct word user, pass;
};

static struct word
next_word(const char **p, const char *end)
{
	struct word w;

	while (*p < end && strchr(" \t\r", **p) != NULL)
		(*p)++;
	w.p = *p;
	while (*p < end && strchr(" \t\r", **p) == NULL)
		(*p)++;
	w.len = (size_t)(*p - w.p);
	return w;
}

static bool
word_is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && memcmp(w->p, s, w->len) == 0;
}

/* Is this line "machine HOST login USER password WORD" and no more? */
static bool
parse_line(const char *p, const char *end, struct entry *ret)
{
	struct word w[7];

	for (size_t i = 0; i < COUNT(w); i++)
		w[i] = next_word(&p, end);
	ret->user = w[3];
	ret->pass = w[5];
	return word_is(&w[2], "login") && word_is(&w[4], "password") &&
	    w[5].len > 0 && w[6].len == 0;
}

static enum ec
find(const struct conf *conf, const struct buf *text, struct entry *ret,
    struct err *e)
{
	const char *p = buf_str(text), *const end = p + text->len;
	unsigned line = 1, found = 0;

	for (; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl != NULL ? nl : end, *q = p;
		const struct word key = next_word(&q, stop);
		const struct word host = next_word(&q, stop);

		if (word_is(&key, "machine") && word_is(&host, conf->machine)) {
			if (found != 0)
				return fail(e, EC_CONFLICT,
				    "%s:%u: a second entry for %s, the first "
				    "is in line %u",
				    conf->path, line, conf->machine, found);
			found = line;
			if (!parse_line(p, stop, ret))
				return fail(e, EC_CONFLICT,
				    "%s:%u: not of the form machine HOST login "
				    "USER password WORD",
				    conf->path, line);
		}
		p = stop < end ? stop + 1 : end;
	}
	if (found != 0)
		return EC_OK;
	(void)fail(e, EC_GONE, "%s: no machine %s", conf->path, conf->machine);
	return fix(e, "add the line: machine %s login USER password WORD",
	    conf->machine);
}

/* 3. The contract of client.h. */
static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(pinned) struct file *f = NULL;
	struct entry at = { .user = { NULL, 0 } };

	TRY(file_open(conf->path, 0, &f, e));
	TRY(find(conf, file_content(f), &at, e));
	TRY(file_can_replace(f, file_content(f)->len + SMTP_PASSWORD_LEN, e));
	(void)snprintf(ret->change, sizeof(ret->change),
	    "set login and password of %s in %s", conf->machine, conf->path);
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(pinned) struct file *f = NULL;
	struct entry at = { .user = { NULL, 0 } };

	TRY(file_open(conf->path, 0, &f, e));
	TRY(find(conf, file_content(f), &at, e));
	if (at.user.len >= sizeof(ret->user))
		return fail(e, EC_CONFLICT, "%s: the login of %s is no key id",
		    conf->path, conf->machine);
	TRY(secret_new(at.pass.p, at.pass.len, &ret->pass, e));
	memcpy(ret->user, at.user.p, at.user.len);
	ret->user[at.user.len] = '\0';
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(pinned) struct file *f = NULL;
	struct entry at = { .user = { NULL, 0 } };
	const struct buf *now;
	const char *rest, *end;

	TRY(client_cred_check(c, cred, e)); /* the first line of every write */
	TRY(file_open(conf->path, 0, &f, e));
	TRY(find(conf, file_content(f), &at, e));
	now = file_content(f);
	rest = at.user.p + at.user.len;
	end = at.pass.p + at.pass.len;
	TRY(buf_add(&text, now->p, (size_t)(at.user.p - now->p), e));
	TRY(buf_adds(&text, cred->user, e));
	TRY(buf_add(&text, rest, (size_t)(at.pass.p - rest), e));
	TRY(buf_adds(&text, secret_reveal(cred->pass), e));
	TRY(buf_add(&text, end, (size_t)(now->p + now->len - end), e));
	return file_replace(f, &text, 0600, e);
}

extern const struct client_driver drv_netrc;
const struct client_driver drv_netrc = {
	.name = "netrc",
	.summary = "login and password of a machine in a netrc file",
	.conf_size = sizeof(struct conf),
	.opts = opts,
	.pickup = INT64_C(60) * 1000, /* programs read it at each start */
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
};
