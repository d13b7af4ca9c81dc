/*
 * verify: what every client really holds, tried at SES the way that client
 * reaches it. A login counts as a use of the key, and a use of a key that is
 * being retired would look like a forgotten client; such a key is not tried
 * unless --force says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet.h"
#include "rotator/look.h"
#include "rotator/out_p.h"

#define LIMIT_MS ((int64_t)30 * 1000)

struct row {
	const struct client_conf *conf;
	struct smtp_cred held;
	const char *role;    /* of the held key: "new", "old", ... or "" */
	const char *skipped; /* why it was not tried; NULL: it was */
	struct probe_result result;
	enum ec ec; /* verdict as a class; e holds its words */
	struct err e;
	struct confirmation said;
};

struct verify {
	struct row *rows;
	size_t n;
	bool blind; /* no record could be read: which key is old is unknown */
};

static void
auto_verify(struct verify *v)
{
	for (size_t i = 0; i < v->n; i++)
		smtp_cred_free(&v->rows[i].held);
	free(v->rows);
}

static const char *
role_of(const struct rec *r, const char *key)
{
	if (key[0] == '\0' || look_current(r)->id[0] == '\0')
		return ""; /* nothing to compare with */
	if (strcmp(key, r->new.id) == 0 && look_has_new(r))
		return "new";
	if (strcmp(key, r->old.id) == 0)
		return look_has_new(r) ? "old" : "in use";
	return "unknown here";
}

static const char *
why_skip(const struct verify *v, const struct rec *r, const struct row *row)
{
	const char *key = row->held.user;

	if (v->blind)
		return "the state cannot be read: it could be an old key";
	if (look_old_is_leaving(r) && strcmp(key, r->old.id) == 0)
		return "would count as a use of the old key";
	return NULL;
}

static enum ec
cannot_read(struct row *row, const struct look *l)
{
	if (row->conf->client.drv->human && row->said.confirmed)
		row->skipped = "a person confirmed it";
	else if (row->conf->client.drv->human)
		row->skipped = look_has_new(&l->rec)
		    ? "only a person can look; not confirmed yet"
		    : "only a person can look";
	else
		row->skipped = "its kind cannot be read back";
	return EC_OK;
}

static enum ec
nothing_held(struct row *row)
{
	(void)fail(&row->e, EC_CLIENT, "holds no complete pair");
	return fix(&row->e, "rotate --dry-run shows what would be written");
}

/* Fills what is known without SES. */
static enum ec
read_one(struct app *a, const struct verify *v, struct row *row, struct look *l)
{
	const struct client *c = &row->conf->client;

	(void)look_confirmed(a, &l->rec, c->name, &row->said);
	if (c->drv->read == NULL)
		return cannot_read(row, l);
	if (c->drv->read(c, &row->held, &row->e) != EC_OK)
		return row->e.ec;
	row->role = v->blind ? "" : role_of(&l->rec, row->held.user);
	if (row->held.user[0] == '\0' || row->held.pass == NULL)
		return nothing_held(row);
	if (!a->args->force)
		row->skipped = why_skip(v, &l->rec, row);
	return EC_OK;
}

static enum ec
read_identity(struct app *a, const struct identity_conf *id, struct verify *v,
    struct err *e)
{
	AUTO(look) struct look l = { .known = false };
	const struct client_conf *c;

	if (v->blind)
		rec_init(&l.rec, id->name);
	else
		TRY(look_at(a, id, &l, e));
	for (size_t i = 0; (c = config_client_of(a->config, id, i)) != NULL;
	     i++) {
		struct row *row = &v->rows[v->n++];

		row->conf = c;
		row->role = "";
		row->ec = read_one(a, v, row, &l);
	}
	return EC_OK;
}

static bool
is_to_be_tried(const struct row *row)
{
	return row->ec == EC_OK && row->skipped == NULL;
}

static void
judge(struct row *row, const struct probe_result *result)
{
	row->result = *result;
	if (result->verdict != PROBE_ACCEPTED)
		row->ec = probe_fail(
		    &row->e, &row->conf->client.smtp, row->held.user, result);
}

/* All at once: as long as the slowest answer. */
static enum ec
probe_rows(struct app *a, struct verify *v, struct err *e)
{
	AUTO(free) struct probe_job *jobs = calloc(v->n + 1, sizeof(*jobs));
	size_t n = 0, k = 0;

	if (jobs == NULL)
		return fail(e, EC_NOMEM, "no memory for the probes");
	for (size_t i = 0; i < v->n; i++)
		if (is_to_be_tried(&v->rows[i])) {
			jobs[n].peer = &v->rows[i].conf->client.smtp;
			jobs[n++].cred = &v->rows[i].held;
		}
	if (n == 0)
		return EC_OK;
	TRY(app_net(a, e));
	TRY(probe_smtp_many(a->net, jobs, n, LIMIT_MS, e));
	for (size_t i = 0; i < v->n; i++)
		if (is_to_be_tried(&v->rows[i]))
			judge(&v->rows[i], &jobs[k++].result);
	return EC_OK;
}

/* A pair that was refused, and a client that cannot show one, are the
 * client's; SES that cannot be asked says nothing about it. */
static enum ec
class_of(const struct row *row)
{
	if (row->ec == EC_OK || row->ec == EC_TEMP || row->ec == EC_PROTO)
		return row->ec == EC_OK ? EC_OK : EC_TEMP;
	return EC_CLIENT;
}

static const char *
verdict(const struct row *row)
{
	if (row->skipped != NULL)
		return "not tried";
	if (row->ec == EC_OK)
		return "good";
	if (row->ec == EC_AUTH)
		return "REFUSED";
	return class_of(row) == EC_TEMP ? "unknown" : "BAD";
}

static enum colour
verdict_colour(const struct row *row)
{
	if (row->skipped != NULL || class_of(row) == EC_TEMP)
		return YELLOW;
	return row->ec == EC_OK ? GREEN : RED;
}

static void
say_row(struct out_table *t, const struct row *row)
{
	const char *key = row->held.user;

	out_table_cell(t, CYAN, "%s", row->conf->client.name);
	out_table_cell(t, PLAIN, "%s%s%s%s", key[0] != '\0' ? key : "-",
	    row->role[0] != '\0' ? " (" : "", row->role,
	    row->role[0] != '\0' ? ")" : "");
	out_table_cell(t, verdict_colour(row), "%s", verdict(row));
	if (row->skipped != NULL)
		out_table_cell(t, PLAIN, "%s", row->skipped);
	else if (row->ec != EC_OK)
		out_table_cell(t, PLAIN, "%s%s%s", row->e.what,
		    row->e.fix[0] != '\0' ? "; " : "", row->e.fix);
	else
		out_table_cell(
		    t, PLAIN, "%d %s", row->result.code, row->result.reply);
}

static void
say(const struct verify *v)
{
	static const char *const heads[] = { "CLIENT", "HOLDS", "VERDICT",
		"ANSWER", NULL };
	struct out_table *t = out_table_new(heads);

	for (size_t i = 0; i < v->n; i++)
		say_row(t, &v->rows[i]);
	out_table_end(t);
}

static cJSON *
json_row(const struct row *row)
{
	cJSON *o = cJSON_CreateObject();
	const char *key = row->held.user;

	(void)cJSON_AddStringToObject(o, "client", row->conf->client.name);
	(void)cJSON_AddStringToObject(o, "identity", row->conf->identity->name);
	(void)cJSON_AddItemToObject(o, "holds",
	    key[0] != '\0' ? cJSON_CreateString(key) : cJSON_CreateNull());
	(void)cJSON_AddStringToObject(o, "role", row->role);
	(void)cJSON_AddStringToObject(o, "verdict", verdict(row));
	(void)cJSON_AddNumberToObject(o, "code", row->result.code);
	(void)cJSON_AddStringToObject(o, "answer",
	    row->skipped != NULL   ? row->skipped
		: row->ec != EC_OK ? row->e.what
				   : row->result.reply);
	if (row->ec != EC_OK)
		(void)cJSON_AddStringToObject(o, "fix", row->e.fix);
	return o;
}

static enum ec
say_json(const struct verify *v, struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "clients");

	for (size_t i = 0; i < v->n; i++)
		(void)cJSON_AddItemToArray(list, json_row(&v->rows[i]));
	return out_json(o, e);
}

/* A damaged or unreadable state is when one wants to know most. */
static enum ec
open_state(struct app *a, struct verify *v, struct err *e)
{
	const enum ec ec = look_open(a, e);

	if (ec == EC_OK || a->config == NULL)
		return ec;
	v->blind = true;
	log_err(&a->log, LOG_WARN_, "the state cannot be read", e, NULL);
	return EC_OK;
}

static enum ec
read_all(struct app *a, const struct identity_conf *only, struct verify *v,
    struct err *e)
{
	v->rows = calloc(a->config->n_clients + 1, sizeof(*v->rows));
	if (v->rows == NULL)
		return fail(e, EC_NOMEM, "no memory for the clients");
	for (size_t i = 0; i < a->config->n_identities; i++) {
		const struct identity_conf *id = &a->config->identities[i];

		if (only == NULL || only == id)
			TRY(read_identity(a, id, v, e));
	}
	return EC_OK;
}

static enum ec
exec_verify(struct app *a, struct err *e)
{
	AUTO(verify) struct verify v = { .rows = NULL };
	const struct identity_conf *only = NULL;
	enum ec worst = EC_OK;

	if (a->args->n_words == 1)
		TRY(app_identity(a, a->args->words[0], &only, e));
	TRY(app_net(a, e)); /* before there are secrets */
	TRY(open_state(a, &v, e));
	TRY(read_all(a, only, &v, e));
	TRY(probe_rows(a, &v, e));
	e->what[0] = '\0'; /* the table tells */
	for (size_t i = 0; i < v.n; i++)
		worst = fleet_graver(worst, class_of(&v.rows[i]));
	if (a->args->json)
		TRY(say_json(&v, e));
	else
		say(&v);
	return worst;
}

const struct command cmd_verify = {
	.name = "verify",
	.operands = "[NAME]",
	.summary = "does SES accept what every client holds right now?",
	.help = "Reads each client and logs in with what it holds, at its own "
		"host and port. A\nlogin counts as a use of the key: an old "
		"key that is being retired is not\ntried, for it would look "
		"like a forgotten client; --force tries it all the\nsame.\n"
		"\n"
		"  rotate verify\n"
		"  rotate verify mail\n",
	.min_words = 0,
	.max_words = 1,
	.options = O_COMMON | O_FORCE,
	.run = exec_verify,
};
