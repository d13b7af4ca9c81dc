/*
 * init: a first configuration from a few questions. It writes one file that
 * is not there yet, and proves before that it would be accepted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/json.h"
#include "rotator/config_p.h"
#include "rotator/discover.h"
#include "rotator/init_ask.h"
#include "rotator/out_p.h"

#define PATHS_MAX    32
#define ALL_MAY_READ 0644

static enum ec
not_for_us(const char *path, struct err *e)
{
	(void)fail_sys(e, "%s", path);
	return fix(e, "run it as root, or name another file with --config");
}

static enum ec
not_there_yet(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? EC_OK : not_for_us(path, e);
	(void)fail(
	    e, EC_CONFLICT, "%s is there already: nothing was written", path);
	return fix(e, "edit it, or name another one with --config");
}

static void
dir_of(const char *path, char ret[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(ret, PATH_MAX, ".");
	else if (slash == path)
		(void)snprintf(ret, PATH_MAX, "/");
	else
		(void)snprintf(
		    ret, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* Asked before the questions, not after them. */
static enum ec
may_be_written(const char *path, struct err *e)
{
	char dir[PATH_MAX], above[PATH_MAX];
	struct stat st;

	dir_of(path, dir);
	dir_of(dir, above);
	if (access(stat(dir, &st) == 0 ? dir : above, W_OK | X_OK) == 0)
		return EC_OK;
	return not_for_us(path, e);
}

/* ---- the text ----------------------------------------------------------- */

static enum ec
add_regions(const char *regions, struct buf *ret, struct err *e)
{
	char copy[INIT_TEXT], *rest = copy, *word;
	const char *comma = "";

	(void)snprintf(copy, sizeof(copy), "%s", regions);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		TRY(buf_addf(ret, e, "%s%s", comma, word));
		comma = ", ";
	}
	return EC_OK;
}

static enum ec
add_head(const struct init_answers *w, struct buf *ret, struct err *e)
{
	TRY(buf_addf(ret, e,
	    "# What rotate does, and for whom. Every other setting has a\n"
	    "# default: see rotate.yaml(5). Nothing secret belongs in here.\n"
	    "account: \"%s\"\n"
	    "\n"
	    "# A program that is told when a person is needed; not by mail "
	    "through SES.\n"
	    "#alarm: [/usr/local/sbin/page-somebody]\n"
	    "\n"
	    "identities:\n"
	    "  - name: %s\n"
	    "    iam_user: \"%s\"\n"
	    "    regions: [",
	    w->account, w->identity, w->user));
	TRY(add_regions(w->regions, ret, e));
	return buf_adds(ret,
	    "]\n"
	    "    #max_age: 90d\n"
	    "\n"
	    "# The places that hold its credential: rotate clients lists the\n"
	    "# kinds, rotate discover finds places. More of them may stand in\n"
	    "# clients.d/*.yaml beside this file.\n",
	    e);
}

/* ---- clients ------------------------------------------------------------ */

/* The IAM user's keys are what is looked for. */
static void
know_keys(const struct init_aws *aws, struct discover *d)
{
	for (size_t i = 0; i < aws->keys.n; i++) {
		struct discover_known *k = &d->known[d->n_known++];

		(void)snprintf(k->id, sizeof(k->id), "%s", aws->keys.key[i].id);
		k->identity = &d->config->identities[0];
		k->role = "of this IAM user";
	}
}

static enum ec
look_for(const char *paths, struct discover *d, struct err *e)
{
	char copy[INIT_TEXT], *rest = copy, *word;
	const char *list[PATHS_MAX + 1] = { NULL };
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", paths);
	while ((word = strsep(&rest, " ")) != NULL && n < PATHS_MAX)
		if (*word != '\0')
			list[n++] = word;
	return discover_run(d, list, e);
}

/* What a mail program says it does not use as it stands is for a person: as a
 * mere file it would look well and change nothing. */
static bool
wanted(struct app *a, const struct discover_place *p)
{
	AUTO(free) char *path = out_text_escape(p->path);
	char question[PATH_MAX];

	if (p->driver == NULL || p->note[0] != '\0') {
		out(YELLOW, "%s:%u holds %s; register it by hand: ",
		    path != NULL ? path : "?", p->line, p->id);
		out_para(
		    YELLOW, 0, p->driver == NULL ? discover_why(p) : p->note);
		return false;
	}
	(void)snprintf(question, sizeof(question),
	    "Register %.2000s (%s) as client %s, type %s?",
	    path != NULL ? path : "?", p->id, p->name,
	    json_text(p->driver, "type"));
	return init_ask_yes(a, question);
}

/* The whole file, as it would be. */
static enum ec
whole_text(const struct buf *head, const struct buf *clients, struct buf *ret,
    struct err *e)
{
	TRY(buf_adds(ret, buf_str(head), e));
	TRY(buf_adds(
	    ret, clients->len > 0 ? "clients:\n" : "clients: []\n", e));
	return buf_adds(ret, buf_str(clients), e);
}

static enum ec
loads(const char *path, const struct buf *head, const struct buf *clients,
    struct err *e)
{
	AUTO(buf) struct buf text = BUF(CONFIG_MAX_BYTES);
	AUTO(config) struct config *c = NULL;

	TRY(whole_text(head, clients, &text, e));
	return config_load_bytes(path, text.p, text.len, &c, e);
}

/* Adds an entry, unless the configuration would be refused with it: then a
 * person must say more than was found. */
static enum ec
add_client(struct app *a, const struct discover *d,
    const struct discover_place *p, const struct buf *head, struct buf *clients,
    struct err *e)
{
	const size_t before = clients->len;
	struct err why;

	TRY(discover_client_text(d, p, clients, e));
	if (loads(a->args->config, head, clients, &why) == EC_OK)
		return EC_OK;
	buf_cut(clients, before);
	out(YELLOW, "Not registered, do it by hand: ");
	out_para(YELLOW, 0, why.what);
	return EC_OK;
}

static enum ec
add_clients(struct app *a, const struct init_answers *w,
    const struct init_aws *aws, const struct config *config,
    const struct buf *head, struct buf *clients, struct err *e)
{
	AUTO(discover) struct discover d = { .config = config };

	know_keys(aws, &d);
	TRY(look_for(w->paths, &d, e));
	for (size_t i = 0; i < d.n_places; i++)
		if (wanted(a, &d.places[i]))
			TRY(add_client(a, &d, &d.places[i], head, clients, e));
	if (w->paths[0] != '\0' && d.n_places == 0)
		out(YELLOW, "No credential was found there.\n");
	return EC_OK;
}

static enum ec
make_text(struct app *a, const struct init_answers *w,
    const struct init_aws *aws, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf head = BUF(CONFIG_MAX_BYTES);
	AUTO(buf) struct buf clients = BUF(CONFIG_MAX_BYTES);
	AUTO(config) struct config *config = NULL;
	const char *path = a->args->config;

	TRY(add_head(w, &head, e));
	TRY(config_load_bytes(path, head.p, head.len, &config, e));
	TRY(add_clients(a, w, aws, config, &head, &clients, e));
	TRY(loads(path, &head, &clients, e));
	return whole_text(&head, &clients, ret, e);
}

/* ---- the file ----------------------------------------------------------- */

/* For everybody to read, whatever the umask: there is no secret in it. */
static enum ec
make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0755) != 0 || chmod(path, 0755) != 0)
		return fail_sys(e, "%s", path);
	return EC_OK;
}

/* The directory of the file with its clients.d, when it is not there. */
static enum ec
make_dirs(const char *path, struct err *e)
{
	char dir[PATH_MAX], drop_in[PATH_MAX + 16];
	struct stat st;

	dir_of(path, dir);
	if (stat(dir, &st) == 0)
		return EC_OK;
	(void)snprintf(drop_in, sizeof(drop_in), "%s/clients.d", dir);
	TRY(make_dir(dir, e));
	return make_dir(drop_in, e);
}

static enum ec
write_file(const char *path, const struct buf *text, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(make_dirs(path, e));
	TRY(file_open(path, FILE_MAY_BE_ABSENT, &f, e));
	if (file_exists(f))
		return not_there_yet(path, e);
	return file_replace(f, text, ALL_MAY_READ, e);
}

/* ---- words -------------------------------------------------------------- */

static void
say_aws(const struct init_aws *aws)
{
	if (aws->here)
		return;
	out(YELLOW, "AWS cannot be asked yet: ");
	out_para(YELLOW, 0, aws->why.what);
	out(PLAIN, "\n");
}

static void
say_user(const struct init_answers *w, const struct init_aws *aws)
{
	if (!aws->user_known)
		return;
	if (!aws->user_there)
		out(YELLOW,
		    "\nThere is no IAM user %s yet: make it first, with the "
		    "right to send\n(deploy/smtp-user-policy.json).\n",
		    w->user);
	else if (aws->keys.n > 1)
		out(YELLOW,
		    "\n%s has two access keys. Say which is in use:\n"
		    "  rotate adopt %s --current KEY --retire KEY\n",
		    w->user, w->identity);
}

static void
say_next(const struct app *a, const struct init_answers *w)
{
	const bool given = a->args->config_given;
	const char *c = given ? " --config " : "";
	const char *path = given ? a->args->config : "";

	out(GREEN, "\nWritten: %s\n", a->args->config);
	out(PLAIN,
	    "\nNext:\n"
	    "  rotate check%s%s\n"
	    "      what the configuration means\n"
	    "  rotate --dry-run%s%s\n"
	    "      asks AWS and every client, changes nothing\n"
	    "  rotate --identity %s --force%s%s\n"
	    "      the first rotation; the timer does the later ones\n",
	    c, path, c, path, w->identity, c, path);
}

static enum ec
exec_init(struct app *a, struct err *e)
{
	AUTO(buf) struct buf text = BUF(CONFIG_MAX_BYTES);
	struct init_answers w;
	struct init_aws aws;

	TRY(not_there_yet(a->args->config, e));
	TRY(may_be_written(a->args->config, e));
	init_aws_look(a, &aws);
	say_aws(&aws);
	TRY(init_ask(a, &aws, &w, e));
	init_aws_user(a, w.user, &aws);
	TRY(make_text(a, &w, &aws, &text, e));
	TRY(write_file(a->args->config, &text, e));
	say_user(&w, &aws);
	say_next(a, &w);
	return EC_OK;
}

const struct command cmd_init = {
	.name = "init",
	.operands = "[PATH...]",
	.summary = "write a first configuration, from a few questions",
	.help =
	    "Asks for account, IAM user and regions, with defaults from the "
	    "AWS credential\nthat it finds, and looks for places that hold "
	    "the user's keys below the PATHs.\nWrites a configuration that "
	    "`rotate check` accepts; a file that is there is\nnever "
	    "overwritten. Answers may also come by options, or line by line "
	    "on\nstandard input.\n"
	    "\n"
	    "  rotate init\n"
	    "  rotate init /srv /etc/postfix\n"
	    "  rotate init --yes --account 123456789012 --identity news \\\n"
	    "      --iam-user ses-news --region eu-west-1 /srv\n",
	.min_words = 0,
	.max_words = LIST_MAX,
	.options = O_CONFIG | O_LOG | O_YES | O_ACCOUNT | O_IAM_USER |
	    O_IDENTITY | O_REGION,
	.run = exec_init,
};
