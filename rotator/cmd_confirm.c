/*
 * confirm: a person says that a manual client was moved. The word is kept
 * with the key it was given for, without the lease; the engine takes it as
 * the client's verification and still watches the old key's use.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/app.h"
#include "rotator/out.h"

static enum ec
which_client(struct app *a, const struct client_conf **ret, struct err *e)
{
	const char *name = a->args->words[0];

	TRY(app_config(a, e));
	*ret = config_client(a->config, name);
	if (*ret == NULL) {
		(void)fail(e, EC_USAGE, "no client %.64s in %s", name,
		    a->config->path);
		return fix(e, "rotate check lists them");
	}
	if ((*ret)->client.drv->human)
		return EC_OK;
	(void)fail(e, EC_USAGE,
	    "client %s is not manual: it is read back and "
	    "tried, a word is not needed",
	    name);
	return fix(e, "rotate verify %s", (*ret)->identity->name);
}

/* Only what was asked for can be confirmed: a word given before the steps
 * were shown would be about some other key. */
static enum ec
asked_for(struct app *a, const struct client_conf *c, char ret[KEY_ID_MAX],
    struct err *e)
{
	AUTO(rec) struct rec rec = { .n_clients = 0 };
	const struct rec_client *rc;
	enum ec ec;

	ec = a->store.load(a->store.ctx, c->identity->name, &rec, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	rc = ec == EC_OK ? rec_client(&rec, c->client.name) : NULL;
	if (rc == NULL || rc->state != CL_ASKED) {
		(void)fail(
		    e, EC_USAGE, "nothing was asked of %s", c->client.name);
		return fix(e, "rotate status %s", c->identity->name);
	}
	memcpy(ret, rec.new.id, KEY_ID_MAX);
	return EC_OK;
}

static enum ec
exec_confirm(struct app *a, struct err *e)
{
	const struct client_conf *c;
	char key[KEY_ID_MAX], who[64], text[300];
	struct event ev = {
		.at = clock_wall(), .what = "confirm", .text = text
	};

	TRY(which_client(a, &c, e));
	TRY(app_store(a, STORE_RW, e));
	TRY(asked_for(a, c, key, e));
	app_who(who, sizeof(who));
	(void)snprintf(text, sizeof(text), "%s says that client %s is on %s",
	    who, c->client.name, key);
	ev.identity = c->identity->name;
	TRY(a->store.confirm_set(
	    a->store.ctx, c->client.name, key, ev.at, who, e));
	TRY(a->store.note(a->store.ctx, &ev, e));
	out(PLAIN,
	    "Noted: %s.\nThe timer goes on within the hour; rotate --identity "
	    "%s does now.\n",
	    text, c->identity->name);
	return EC_OK;
}

const struct command cmd_confirm = {
	.name = "confirm",
	.operands = "CLIENT",
	.summary = "say that a manual client was moved to the new pair",
	.help = "The steps are shown by `rotate status NAME`, the password by\n"
		"`rotate show-once CLIENT`. The old key is not retired while\n"
		"anybody still uses it, whatever was confirmed.\n"
		"\n"
		"  rotate confirm gmail-alias\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG,
	.run = exec_confirm,
};
