/*
 * rows_forge: GitHub, GitLab and Gmail, against their stand-ins. Two of these
 * cannot be read back, so they get a read() that asks the stand-in what it
 * has: what was sealed and sent must be what is there then.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/http.h"
#include "clients/json.h"
#include "conform.h"
#include "server.h"
#include "trouble.h"

static struct standin {
	const char *script;
	char dir[64];
	unsigned port;
} standins[] = {
	{ .script = "tests/standin/github.py" },
	{ .script = "tests/standin/gitlab.py" },
	{ .script = "tests/standin/google.py" },
};
enum { GITHUB, GITLAB, GOOGLE };

static int
drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
forget(void)
{
	for (size_t i = 0; i < COUNT(standins); i++)
		if (standins[i].dir[0] != '\0')
			(void)nftw(
			    standins[i].dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* A request to its control side; what it says is added to ret. */
static bool
tell(struct place *p, const struct standin *s, const char *method,
    const char *what, const char *json, struct buf *ret)
{
	AUTO(buf) struct buf body = BUF(4096);
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct net *net = NULL;
	char url[96], ca[96];
	struct http_request q = { .method = method, .url = url, .ca_file = ca };

	(void)snprintf(
	    url, sizeof(url), "https://localhost:%u/_/%s", s->port, what);
	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", s->dir);
	if (json != NULL)
		q.body = &body;
	if ((json != NULL && buf_adds(&body, json, &p->e) != EC_OK) ||
	    p->c.reach->net(NULL, &net, &p->e) != EC_OK ||
	    http_do(net, &q, &r, &p->e) != EC_OK ||
	    (ret != NULL &&
		buf_add(ret, buf_str(&r.body), r.body.len, &p->e) != EC_OK))
		return place_say(p, "%s: %.200s", url, p->e.what);
	return r.status == 200;
}

static bool
control(struct place *p, const struct standin *s, const char *method,
    const char *what, struct buf *ret)
{
	return tell(p, s, method, what, NULL, ret);
}

/* For troubles: the one that was set up last. */
static const struct standin *now;

static bool
fault(struct place *p, const char *json)
{
	return tell(p, now, "POST", "fault", json, NULL);
}

static bool
state(struct place *p, const char *json)
{
	return tell(p, now, "POST", "set", json, NULL);
}

/* Debian's interpreter, since Debian's packages are there. */
static bool
setup(struct place *p, int which)
{
	struct standin *s = &standins[which];
	char text[96];
	const char *const argv[] = { "/usr/bin/python3", s->script, "--dir",
		s->dir, NULL };

	if (s->dir[0] == '\0') {
		(void)snprintf(s->dir, sizeof(s->dir), "/tmp/standin-XXXXXX");
		if (mkdtemp(s->dir) == NULL || atexit(forget) != 0)
			return place_say(p, "no directory in /tmp");
	}
	s->port = server_port(p, argv);
	if (s->port == 0)
		return false;
	now = s;
	server_reach(p);
	(void)snprintf(text, sizeof(text), "https://localhost:%u", s->port);
	place_set(p, "api", text, NULL);
	(void)snprintf(text, sizeof(text), "%s/ca.pem", s->dir);
	place_set(p, "ca_file", text, NULL);
	return control(p, s, "POST", "reset", NULL);
}

static void
set_token(struct place *p, const char *token)
{
	char path[PATH_MAX];

	place_put(place_path(p, "token", path), token);
	place_set(p, "token_file", path, NULL);
}

static bool
other_token(struct place *p, const char *token)
{
	set_token(p, token);
	return true;
}

/* The text at a path such as {"a", "b", NULL}; "" when there is none. */
static const char *
at(const cJSON *j, const char *const *path)
{
	for (; *path != NULL; path++)
		j = cJSON_GetObjectItemCaseSensitive(j, *path);
	return cJSON_IsString(j) ? j->valuestring : "";
}

static enum ec
seen(int which, const char *const *user, const char *const *pass,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(HTTP_BODY_MAX);
	AUTO(json) cJSON *j = NULL;
	struct place p = { .why = "" };
	const char *word;

	server_reach(&p);
	if (!control(&p, &standins[which], "GET", "state", &text))
		return fail(e, EC_PROTO, "%.200s", p.why);
	j = json_parse(&text);
	(void)snprintf(ret->user, sizeof(ret->user), "%s", at(j, user));
	word = at(j, pass);
	return *word != '\0' ? secret_new(word, strlen(word), &ret->pass, e)
			     : EC_OK;
}

static enum ec
seen_github(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	static const char *const user[] = { "repositories", "octo/mail",
		"secrets", "MAIL_USER", "value", NULL };
	static const char *const pass[] = { "repositories", "octo/mail",
		"secrets", "MAIL_PASS", "value", NULL };

	(void)c;
	return seen(GITHUB, user, pass, ret, e);
}

static enum ec
seen_gmail(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	static const char *const user[] = { "mailboxes", "ann@example.com",
		"news@example.com", "smtpMsa", "username", NULL };
	static const char *const pass[] = { "mailboxes", "ann@example.com",
		"news@example.com", "smtpMsa", "password", NULL };

	(void)c;
	return seen(GOOGLE, user, pass, ret, e);
}

/* The same driver, but with a read(). */
static void
readable(struct place *p, struct client_driver *copy,
    enum ec (*read)(const struct client *, struct smtp_cred *, struct err *))
{
	*copy = *p->c.drv;
	copy->read = read;
	p->c.drv = copy;
}

static bool
setup_github(struct place *p)
{
	static struct client_driver drv;

	if (!setup(p, GITHUB))
		return false;
	set_token(p, "ghp_write");
	place_set(p, "repository", "octo/mail", NULL);
	place_set(p, "username_secret", "MAIL_USER", NULL);
	place_set(p, "password_secret", "MAIL_PASS", NULL);
	readable(p, &drv, seen_github);
	return true;
}

static bool
setup_gmail(struct place *p)
{
	static struct client_driver drv;
	char path[96];

	if (!setup(p, GOOGLE))
		return false;
	(void)snprintf(path, sizeof(path), "%s/key.json", standins[GOOGLE].dir);
	place_set(p, "key_file", path, NULL);
	place_set(p, "user", "ann@example.com", NULL);
	place_set(p, "alias", "news@example.com", NULL);
	readable(p, &drv, seen_gmail);
	return true;
}

static bool
setup_gitlab(struct place *p)
{
	if (!setup(p, GITLAB))
		return false;
	set_token(p, "glpat-api");
	place_set(p, "project", "acme/mail", NULL);
	return true;
}

static bool
setup_gitlab_two(struct place *p)
{
	if (!setup_gitlab(p))
		return false;
	place_set(p, "username_variable", "MAIL_USER", NULL);
	place_set(p, "password_variable", "MAIL_PASS", NULL);
	return true;
}

static bool
setup_gitlab_json(struct place *p)
{
	if (!setup_gitlab(p))
		return false;
	place_set(p, "pair_variable", "JSON", NULL);
	return true;
}

static bool
setup_gitlab_dsn(struct place *p)
{
	if (!setup_gitlab(p))
		return false;
	place_set(p, "pair_variable", "DSN", NULL);
	place_set(p, "pair_format", "dsn", NULL);
	return true;
}

#define ALWAYS(what)   "{\"times\":99," what "}"
#define AT_PUT(what)   "{\"times\":9,\"method\":\"PUT\"," what "}"
#define AT_PATCH(what) "{\"times\":9,\"method\":\"PATCH\"," what "}"
#define HANG           "\"hang\":true"
#define LOSE           "\"drop\":true,\"after\":true"
#define SAY(code)      "\"status\":" #code ",\"body\":{\"message\":\"No.\"}"

static const struct trouble github_troubles[] = {
	{ "hangs: GitHub", fault, ALWAYS(HANG), { EC_TEMP, EC_OK, EC_TEMP },
	    "GitHub: ", HANGS },
	{ "hangs: a put", fault, AT_PUT(HANG), { EC_OK, EC_OK, EC_UNKNOWN },
	    "GitHub: ", HANGS },
	{ "lost: the reply to a put", fault, AT_PUT(LOSE),
	    { EC_OK, EC_OK, EC_UNKNOWN }, "GitHub: ", HANGS_NOT },
	{ "denied: a token that is none", other_token, "ghp_none",
	    { EC_DENIED, EC_OK, EC_DENIED }, "GitHub: ", HANGS_NOT },
	{ "missing: the repository", trouble_option, "repository=octo/none",
	    { EC_GONE, EC_OK, EC_GONE }, "GitHub: |octo/none", HANGS_NOT },
	{ "full: too many requests", fault, ALWAYS(SAY(429)),
	    { EC_TEMP, EC_OK, EC_TEMP }, "GitHub: ", HANGS_NOT },
	{ "full: the value is too large", fault, AT_PUT(SAY(413)),
	    { EC_OK, EC_OK, EC_CLIENT }, "GitHub: ", HANGS_NOT },
	{ "full: too many secrets", fault, AT_PUT(SAY(422)),
	    { EC_OK, EC_OK, EC_CLIENT }, "GitHub: ", HANGS_NOT },
	{ .name = NULL },
};

static const struct trouble gitlab_troubles[] = {
	{ "hangs: GitLab", fault, ALWAYS(HANG), { EC_TEMP, EC_TEMP, EC_TEMP },
	    "GitLab: ", HANGS },
	{ "hangs: a put", fault, AT_PUT(HANG), { EC_OK, EC_OK, EC_UNKNOWN },
	    "GitLab: ", HANGS },
	{ "lost: the reply to a put", fault, AT_PUT(LOSE),
	    { EC_OK, EC_OK, EC_UNKNOWN }, "GitLab: ", HANGS_NOT },
	{ "denied: a token that is none", other_token, "glpat-none",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, "GitLab: ", HANGS_NOT },
	{ "denied: may only read", other_token, "glpat-read",
	    { EC_OK, EC_OK, EC_DENIED }, "GitLab: ", HANGS_NOT },
	{ "denied: no maintainer", other_token, "glpat-developer",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, "GitLab: ", HANGS_NOT },
	{ "missing: the project", trouble_option, "project=acme/none",
	    { EC_GONE, EC_GONE, EC_GONE }, "GitLab: |acme/none", HANGS_NOT },
	{ "missing: the variable", trouble_option, "username_variable=NONE",
	    { EC_GONE, EC_OK, EC_GONE }, "GitLab: |NONE", READS_OTHER },
	{ "full: too many requests", fault, ALWAYS(SAY(429)),
	    { EC_TEMP, EC_TEMP, EC_TEMP }, "GitLab: ", HANGS_NOT },
	{ "full: the value is too large", fault, AT_PUT(SAY(413)),
	    { EC_OK, EC_OK, EC_CLIENT }, "GitLab: ", HANGS_NOT },
	{ .name = NULL },
};

static const struct trouble gmail_troubles[] = {
	{ "hangs: Google", fault, ALWAYS(HANG),
	    { EC_TEMP, EC_OK, EC_TEMP, EC_TEMP }, NULL, HANGS },
	{ "hangs: a patch", fault, AT_PATCH(HANG), { EC_OK, EC_OK, EC_UNKNOWN },
	    "Gmail: ", HANGS },
	{ "lost: the reply to a patch", fault, AT_PATCH(LOSE),
	    { EC_OK, EC_OK, EC_UNKNOWN }, "Gmail: ", HANGS_NOT },
	{ "denied: not delegated", state, "{\"delegated\":{}}",
	    { EC_DENIED, EC_OK, EC_DENIED, EC_DENIED }, NULL, HANGS_NOT },
	{ "missing: the alias", trouble_option, "alias=none@example.com",
	    { EC_GONE, EC_OK, EC_GONE, EC_GONE }, "Gmail: |none@example.com",
	    HANGS_NOT },
	{ "wrong type: an alias that Google sends itself", trouble_option,
	    "alias=native@example.com", { EC_CONFLICT, EC_OK, EC_OK, EC_HUMAN },
	    "Gmail: |native@example.com", READS_OTHER },
	{ "full: too many requests", fault, AT_PATCH(SAY(429)),
	    { EC_OK, EC_OK, EC_TEMP }, "Gmail: ", HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_forge[];
const struct row rows_forge[] = {
	{ .name = "github-actions",
	    .driver = "github-actions",
	    .setup = setup_github,
	    .troubles = github_troubles },
	{ .name = "gitlab-two",
	    .driver = "gitlab",
	    .setup = setup_gitlab_two,
	    .troubles = gitlab_troubles },
	{ .name = "gitlab-json",
	    .driver = "gitlab",
	    .setup = setup_gitlab_json },
	{ .name = "gitlab-dsn", .driver = "gitlab", .setup = setup_gitlab_dsn },
	{ .name = "gitlab-write-only",
	    .driver = "gitlab-write-only",
	    .setup = setup_gitlab_two,
	    .troubles = gitlab_troubles },
	{ .name = "gmail",
	    .driver = "gmail",
	    .setup = setup_gmail,
	    .troubles = gmail_troubles },
	{ .name = NULL },
};
