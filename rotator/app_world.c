/*
 * app_world: the engine's world made of the real parts: AWS over the network,
 * SES over the network, the machine's clock, the operator's log and alarm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/run.h"
#include "rotator/app.h"
#include "rotator/app_accounts.h"
#include "rotator/app_reach.h"
#include "rotator/probe.h"
#include "rotator/store_open.h"
#include "sigv4/aws.h"

#define PROBE_LIMIT_MS ((int64_t)30 * 1000)
#define ALARM_LIMIT_MS ((int64_t)30 * 1000)

/* What the kernel cannot do is worth a word to whoever asks. */
void
app_confined(const struct app *a, const struct confined *how)
{
	const struct log_field f[] = {
		LOG_S("landlock", how->files ? "yes" : "no"),
		LOG_S("seccomp", how->calls ? "yes" : "no"),
		{ .key = NULL },
	};

	if (!how->files || !how->calls)
		log_event(&a->log, LOG_DEBUG_,
		    "this kernel cannot confine the network process in full",
		    f);
}

static int64_t
wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

static void
sleep_real(void *ctx, int64_t ms)
{
	(void)ctx;
	app_sleep(ms);
}

static bool
stopped(void *ctx)
{
	(void)ctx;
	return app_stopped();
}

static enum ec
probe_real(void *ctx, const struct smtp_peer *peer,
    const struct smtp_cred *cred, const struct prove_send *send,
    struct probe_result *ret, struct err *e)
{
	struct app *a = ctx;

	return probe_smtp(a->net, peer, cred, send, PROBE_LIMIT_MS, ret, e);
}

static void
tell_event(
    void *ctx, enum log_level level, const char *identity, const char *text)
{
	const struct app *a = ctx;
	const struct log_field f[] = {
		LOG_S("identity", identity),
		{ .key = NULL },
	};

	log_event(&a->log, level, text, f);
}

static void
tell_steps(void *ctx, const char *client, const char *text)
{
	const struct app *a = ctx;
	const struct log_field f[] = {
		LOG_S("client", client),
		{ .key = NULL },
	};
	AUTO(free) char *copy = strdup(text);
	char *rest = copy, *line;

	while (copy != NULL && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			log_event(&a->log, LOG_NOTICE_, line, f);
}

/* The operator's own program hears of an alarm; what it does with it must not
 * depend on the mail that may be broken. Its failure is one more alarm. */
static void
run_alarm(const struct app *a, const char *identity, const char *cause,
    const char *fix_text, int64_t since)
{
	AUTO(buf) struct buf in = BUF(8192);
	struct run r = {
		.argv = a->config->alarm,
		.in = &in,
		.timeout_ms = ALARM_LIMIT_MS,
	};
	cJSON *o = cJSON_CreateObject();
	char at[CLOCK_TEXT_MAX], *text;
	struct err e = { .ec = EC_OK };

	clock_text(since, at);
	(void)cJSON_AddStringToObject(o, "identity", identity);
	(void)cJSON_AddStringToObject(o, "cause", cause);
	(void)cJSON_AddStringToObject(o, "fix", fix_text);
	(void)cJSON_AddStringToObject(o, "since", at);
	text = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	if (text == NULL || buf_adds(&in, text, &e) != EC_OK ||
	    run(&r, &e) != EC_OK)
		log_err(
		    &a->log, LOG_ERR_, "the alarm program failed", &e, NULL);
	cJSON_free(text);
}

static void
tell_alarm(void *ctx, const char *identity, const char *cause,
    const char *fix_text, int64_t since)
{
	const struct app *a = ctx;
	char at[CLOCK_TEXT_MAX];
	const struct log_field f[] = {
		LOG_S("identity", identity),
		LOG_S("since", at),
		LOG_S("fix", fix_text),
		{ .key = NULL },
	};

	clock_text(since, at);
	log_event(&a->log, LOG_ALERT_, cause, f);
	if (a->config->alarm != NULL)
		run_alarm(a, identity, cause, fix_text, since);
}

enum ec
app_iam(struct app *a, const struct identity_conf *id, struct err *e)
{
	struct aws *aws = NULL;

	TRY(app_config(a, e));
	TRY(app_session(a, id, NULL, &aws, e));
	TRY(accounts_ready(a->accounts, id, a->net, e));
	if (a->aws == aws)
		return EC_OK;
	if (a->aws == NULL && !a->lane && aws_note(aws) != NULL)
		log_event(&a->log, LOG_WARN_, aws_note(aws), NULL);
	TRY(aws_endpoint(aws, "iam", a->endpoint, e));
	a->aws = aws;
	iam_aws(a->aws, &a->world.iam);
	a->world.config = a->config;
	a->world.endpoint = a->endpoint;
	a->world.prober = (struct prober){ .ctx = a, .probe = probe_real };
	return EC_OK;
}

static int64_t
no_skew(void *ctx)
{
	(void)ctx;
	return 0;
}

enum ec
app_engine(struct app *a, struct err *e)
{
	TRY(app_lease(a, e));
	TRY(store_seal(a, a->config->store_kind, &a->store, e));
	a->world.config = a->config;
	a->world.store = &a->store;
	if (a->aws == NULL)
		a->world.iam.skew = no_skew;
	a->world.time = (struct timekeeper){
		.ctx = a, .wall = wall, .sleep = sleep_real, .stopped = stopped
	};
	a->world.notify = (struct notify){ .ctx = a,
		.event = tell_event,
		.steps = tell_steps,
		.alarm = tell_alarm };
	return EC_OK;
}

enum ec
app_world(struct app *a, const struct identity_conf *id, struct err *e)
{
	/* Before there are secrets: it is a fork. */
	TRY(app_net(a, e));
	TRY(app_engine(a, e));
	return app_iam(a, id, e);
}
