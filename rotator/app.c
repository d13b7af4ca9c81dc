#include "rotator/app.h"

#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/far.h"
#include "base/http.h"
#include "base/secret.h"
#include "rotator/app_accounts.h"
#include "rotator/app_reach.h"
#include "rotator/probe.h"
#include "rotator/store_open.h"

/* Renewed by every commit and before every effect. Longer than the longest
 * single call (a client's program: 60 s, a probe: 30 s) with room to spare;
 * a dead owner is noticed at once, so this only bounds a frozen one. */
#define LEASE_MS ((int64_t)5 * 60 * 1000)

/* The one thing a signal handler may touch; for all threads. */
static atomic_bool stop_asked;

void app_on_signal(int sig);

void
app_on_signal(int sig)
{
	(void)sig;
	stop_asked = true;
}

bool
app_stopped(void)
{
	return stop_asked;
}

/* A signal wakes one thread only. */
#define DOZE_MS ((int64_t)200)

void
app_sleep(int64_t ms)
{
	for (; ms > 0 && !app_stopped(); ms -= DOZE_MS)
		clock_sleep(ms < DOZE_MS ? ms : DOZE_MS);
}

enum ec
app_config(struct app *a, struct err *e)
{
	if (a->config != NULL)
		return EC_OK;
	TRY(config_load(a->args->config, &a->config, e));
	app_reach_all(a);
	return EC_OK;
}

enum ec
app_store(struct app *a, enum store_mode mode, struct err *e)
{
	if (a->store.ctx != NULL)
		return EC_OK;
	TRY(app_config(a, e));
	return store_open(a, mode, &a->store, e);
}

enum ec
app_lease(struct app *a, struct err *e)
{
	if (a->leased)
		return EC_OK;
	TRY(app_store(a, STORE_RW, e));
	TRY(a->store.lease(a->store.ctx, clock_wall(), LEASE_MS, e));
	a->leased = true;
	return store_in_use(&a->store, e);
}

/* In the process that talks to the network; see base/far.h. */
static far_fn *const far_table[] = {
	[HTTP_FAR_OP] = http_serve,
	[PROBE_FAR_OP] = probe_serve,
};

enum ec
app_net(struct app *a, struct err *e)
{
	const char *confine = secure_getenv("ROTATE_CONFINE");
	struct confined how = { .files = false };
	struct far *far = NULL;

	if (a->net != NULL)
		return EC_OK;
	/* A command asks before it has secrets; `agent`, which is handed one
	 * and may not need the network at all, does not. */
	if (secret_any() || (confine != NULL && strcmp(confine, "no") == 0))
		return net_new(NULL, &a->net, e);
	TRY(far_start(far_table, COUNT(far_table), &far, &how, e));
	app_confined(a, &how);
	return net_new_far(far, NULL, &a->net, e);
}

static enum ec
open_kms(struct app *a, struct err *e)
{
	const struct config *c = a->config;
	const struct seal_kms_conf conf = { .key = c->seal_where,
		.region = c->seal_region,
		.account = c->account,
		.former = c->seal_former,
		.reach = &a->reach };

	return seal_open_kms(&conf, &a->seal, e);
}

enum ec
app_seal(struct app *a, bool may_create, struct err *e)
{
	const struct config *c;

	if (a->seal != NULL)
		return EC_OK;
	TRY(app_config(a, e));
	c = a->config;
	if (c->seal_kind == SEAL_KMS)
		TRY(open_kms(a, e));
	else
		TRY(seal_open(
		    c->seal_kind, c->seal_where, may_create, &a->seal, e));
	a->world.seal = a->seal;
	return EC_OK;
}

void
app_close(struct app *a)
{
	if (a->leased)
		a->store.unlease(a->store.ctx);
	if (a->store.ctx != NULL)
		a->store.close(a->store.ctx);
	seal_close(a->seal);
	app_reach_close(a);
	accounts_close(a->accounts);
	net_free(a->store_net);
	net_free(a->net);
	config_free(a->config);
}

/* What is the owner's stays the owner's. */
enum ec
app_lane(
    struct app *a, const struct store *store, struct app *ret, struct err *e)
{
	*ret = (struct app){
		.args = a->args,
		.command = a->command,
		.log = a->log,
		.config = a->config,
		.store = *store,
		.seal = a->seal,
		.accounts = a->accounts,
		.leased = a->leased,
		.lane = true,
	};
	ret->world.seal = a->seal;
	app_reach(ret);
	TRY(net_share(a->net, &ret->net, e));
	return app_world(ret, NULL, e);
}

void
app_lane_close(struct app *lane)
{
	app_reach_close(lane);
	net_free(lane->net);
}

/* ---- small questions --------------------------------------------------- */

static enum ec
which_identity(const struct config *c, const char *name, struct err *e)
{
	char names[200] = "";
	size_t n = 0;
	const struct identity_conf *end = c->identities + c->n_identities;

	for (const struct identity_conf *id = c->identities;
	     id != NULL && id < end && n < sizeof(names); id++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
		    n == 0 ? "" : ", ", id->name);
	if (name == NULL)
		(void)fail(e, EC_USAGE, "which identity?");
	else
		(void)fail(
		    e, EC_USAGE, "no identity %.64s in %s", name, c->path);
	return fix(e, "one of: %s", names);
}

enum ec
app_identity(struct app *a, const char *name, const struct identity_conf **ret,
    struct err *e)
{
	const struct identity_conf *id = NULL;

	TRY(app_config(a, e));
	if (name != NULL)
		id = config_identity(a->config, name);
	else if (a->config->n_identities == 1)
		id = &a->config->identities[0];
	if (id == NULL)
		return which_identity(a->config, name, e);
	*ret = id;
	return EC_OK;
}

enum ec
app_confirm(struct app *a, const char *question, struct err *e)
{
	AUTO(file) FILE *tty = NULL;
	char answer[16] = "";

	if (a->args->yes)
		return EC_OK;
	tty = fopen("/dev/tty", "r+e");
	if (tty == NULL) {
		(void)fail(e, EC_USAGE, "nobody is here to be asked");
		return fix(e, "add --yes if you are sure");
	}
	(void)fprintf(tty, "%s\nType yes to go on: ", question);
	(void)fflush(tty);
	if (fgets(answer, sizeof(answer), tty) != NULL &&
	    strcmp(answer, "yes\n") == 0)
		return EC_OK;
	return fail(e, EC_USAGE, "not confirmed, nothing was done");
}

void
app_who(char *ret, size_t size)
{
	const struct passwd *me = getpwuid(geteuid());
	const char *sudo = secure_getenv("SUDO_USER");

	if (sudo != NULL)
		(void)snprintf(ret, size, "%.40s (sudo)", sudo);
	else
		(void)snprintf(
		    ret, size, "%.40s", me != NULL ? me->pw_name : "unknown");
}
