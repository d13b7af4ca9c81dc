/*
 * check: what the configuration means, said back. Touches no client, makes no
 * connection, creates nothing: not the state directory, not the seal key.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "clients/aws_role.h"
#include "rotator/check.h"
#include "rotator/fleet.h"
#include "rotator/look.h"
#include "rotator/out_p.h"

#define MORE_MAX ((size_t)64 * 1024)

static void
join(const char *const *words, const char *sep, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; words != NULL && words[i] != NULL && n < size; i++)
		n += (size_t)snprintf(
		    ret + n, size - n, "%s%s", i == 0 ? "" : sep, words[i]);
}

/* A setting as text; "" when it is not set, or no text. */
static void
setting_text(
    const struct client *c, const struct client_opt *o, char *ret, size_t size)
{
	const char *at = (const char *)c->conf + o->offset;
	const char *text = NULL;
	const char *const *words = NULL;

	if (o->type == OPT_STR || o->type == OPT_PATH)
		memcpy(&text, at, sizeof(text));
	else if (o->type == OPT_ARGV || o->type == OPT_MAP)
		memcpy(&words, at, sizeof(words));
	join(words, " ", ret, size);
	if (text != NULL)
		(void)snprintf(ret, size, "%s", text);
}

/* Each kind's table begins with what tells one place from another, and where
 * there is a choice (project or group) only one of them is set. */
void
check_where(const struct client *c, char *ret, size_t size)
{
	*ret = '\0';
	for (const struct client_opt *o = c->drv->opts; o->key != NULL; o++) {
		if (o->fallback == NULL)
			setting_text(c, o, ret, size);
		if (*ret != '\0')
			return;
	}
	(void)snprintf(ret, size, "-");
}

/* What most identities do not set: "ring 2; windows mon-fri 22:00-04:00; as
 * arn:aws:iam::210987654321:role/rotate". "" when this one does not. */
static enum ec
besides(const struct config *c, const struct identity_conf *id, struct buf *ret,
    struct err *e)
{
	const struct windows *w = &id->windows;
	char text[WINDOW_TEXT_MAX];

	buf_cut(ret, 0);
	if (id->ring != 0)
		TRY(buf_addf(ret, e, "; ring %d", id->ring));
	for (size_t i = 0; i < w->n; i++) {
		window_text(&w->at[i], text);
		TRY(buf_addf(
		    ret, e, "%s%s", i == 0 ? "; windows " : ", ", text));
	}
	/* A role tells its account. */
	if (id->role_arn != NULL)
		TRY(buf_addf(ret, e, "; as %s", id->role_arn));
	else if (strcmp(id->account, c->account) != 0)
		TRY(buf_addf(ret, e, "; account %s", id->account));
	return EC_OK;
}

static void
say_identity(
    struct out_table *t, const struct identity_conf *id, const struct buf *more)
{
	const int64_t spans[] = { id->max_age, id->grace, id->quiet };
	char text[300];

	out_table_cell(t, CYAN, "%s", id->name);
	out_table_cell(t, PLAIN, "%s", id->iam_user);
	for (size_t j = 0; j < COUNT(spans); j++) {
		clock_span_text(spans[j], text);
		out_table_cell(t, PLAIN, "%s", text);
	}
	join(id->regions, " ", text, sizeof(text));
	out_table_cell(t, PLAIN, "%s", text);
	if (more != NULL)
		out_table_cell(
		    t, PLAIN, "%s", more->len > 2 ? buf_str(more) + 2 : "-");
}

/* The last column is there when anybody has something for it. */
static void
say_identities(const struct config *c)
{
	const char *heads[] = { "IDENTITY", "IAM USER", "MAX AGE", "GRACE",
		"QUIET", "REGIONS", NULL, NULL };
	AUTO(buf) struct buf more = BUF(MORE_MAX);
	struct out_table *t;
	struct err e;
	bool any = false;

	for (size_t i = 0; i < c->n_identities && !any; i++)
		any = besides(c, &c->identities[i], &more, &e) != EC_OK ||
		    more.len > 0;
	if (any)
		heads[COUNT(heads) - 2] = "BESIDES";
	t = out_table_new(heads);
	for (size_t i = 0; i < c->n_identities; i++) {
		if (besides(c, &c->identities[i], &more, &e) != EC_OK)
			out_lost();
		say_identity(t, &c->identities[i], any ? &more : NULL);
	}
	out_table_end(t);
}

static void
say_clients(const struct config *c)
{
	static const char *const heads[] = { "CLIENT", "IDENTITY", "KIND",
		"REGION", "WHERE", NULL };
	struct out_table *t = out_table_new(heads);
	char where[300], account[AWS_ACCOUNT_MAX];

	for (size_t i = 0; i < c->n_clients; i++) {
		const struct client_conf *cc = &c->clients[i];
		const char *role = aws_role_of(&cc->client, account);

		check_where(&cc->client, where, sizeof(where));
		out_table_cell(t, CYAN, "%s", cc->client.name);
		out_table_cell(t, PLAIN, "%s", cc->identity->name);
		out_table_cell(t, PLAIN, "%s", cc->client.drv->name);
		out_table_cell(t, PLAIN, "%s", cc->client.region);
		out_table_cell(t, PLAIN, "%s%s%s%s", where,
		    role != NULL             ? ", as "
			: account[0] != '\0' ? ", account "
					     : "",
		    role != NULL ? role : account,
		    cc->required ? "" : " (not required)");
	}
	out_table_end(t);
}

static void
say_warnings(const struct config *c)
{
	const char *text;

	for (size_t i = 0; (text = config_warning(c, i)) != NULL; i++) {
		out(YELLOW, "%swarning: ", i == 0 ? "\n" : "");
		out_para(PLAIN, 9, text);
	}
}

static void
look_state_dir(struct app *a, struct finding *f)
{
	f->what = "state";
	if (a->config->store_kind == STORE_DYNAMODB)
		(void)snprintf(f->where, sizeof(f->where), "DynamoDB table %s",
		    a->config->store_table);
	else
		(void)snprintf(
		    f->where, sizeof(f->where), "%s", a->config->state);
	f->absent = "nothing stored yet";
	f->ec = look_open(a, &f->e);
	f->gone = f->ec == EC_OK && a->store.ctx == NULL;
}

static void
look_key(struct app *a, struct finding *f)
{
	static const char *const names[] = {
		[SEAL_FILE] = "seal key",
		[SEAL_CREDENTIAL] = "seal credential",
		[SEAL_KMS] = "seal KMS key",
	};
	const struct config *c = a->config;

	f->what = names[c->seal_kind];
	(void)snprintf(f->where, sizeof(f->where), "%s", c->seal_where);
	f->absent = "made on the first run";
	f->ec = look_seal(a, &f->e);
	f->gone = f->ec == EC_OK && a->seal == NULL;
}

static void
look_alarm(struct app *a, struct finding *f)
{
	const char *path = a->config->alarm == NULL ? "" : a->config->alarm[0];

	f->what = "alarm";
	(void)snprintf(f->where, sizeof(f->where), "%s", path);
	f->absent = "none configured";
	f->gone = path[0] == '\0';
	if (f->gone || access(path, X_OK) == 0)
		return;
	f->ec = fail_sys(&f->e, "%s: cannot be run", path);
	(void)fix(&f->e, "correct alarm: in %s", a->config->path);
}

static void
say_finding(const struct finding *f)
{
	const size_t indent = 17;

	out(f->ec == EC_OK ? PLAIN : RED, "%-15s  ", f->what);
	if (f->ec != EC_OK) {
		out_para(RED, indent, f->e.what);
		if (f->e.fix[0] != '\0') {
			out(PLAIN, "%-15s  ", "  fix");
			out_para(PLAIN, indent, f->e.fix);
		}
		return;
	}
	out(PLAIN, "%s%s%s\n", f->where,
	    f->gone && f->where[0] != '\0' ? ": " : "",
	    f->gone ? f->absent : "");
}

static void
say(const struct config *c, const struct finding *f, size_t n)
{
	out(PLAIN, "%s, account %s\n\n", c->path, c->account);
	say_identities(c);
	out(PLAIN, "\n");
	if (c->n_clients > 0)
		say_clients(c);
	else
		out(YELLOW, "no clients: nothing would be told a new key\n");
	say_warnings(c);
	out(PLAIN, "\n");
	for (size_t i = 0; i < n; i++)
		say_finding(&f[i]);
}

static enum ec
exec_check(struct app *a, struct err *e)
{
	struct finding f[3] = { { .what = NULL } };
	enum ec worst = EC_OK;

	TRY(app_config(a, e));
	look_state_dir(a, &f[0]);
	look_key(a, &f[1]);
	look_alarm(a, &f[2]);
	for (size_t i = 0; i < COUNT(f); i++)
		worst = fleet_graver(worst, f[i].ec);
	if (a->args->json) {
		TRY(check_json(a->config, f, COUNT(f), e));
		return worst;
	}
	say(a->config, f, COUNT(f));
	if (worst == EC_OK)
		out(GREEN, "\nOK\n");
	return worst;
}

const struct command cmd_check = {
	.name = "check",
	.operands = "",
	.summary = "is the configuration right?",
	.help = "Reads the configuration, says back what it means, and looks "
		"at the state\ndirectory and the seal key. Creates nothing, "
		"connects to nothing. Whether\nclients and AWS are ready: "
		"rotate --dry-run.\n"
		"\n"
		"  rotate check\n"
		"  rotate check --config /tmp/new.yaml\n",
	.min_words = 0,
	.max_words = 0,
	.options = O_COMMON,
	.run = exec_check,
};
