/*
 * manual: a place where only a person can put the credential, such as a mail
 * provider's web page. This driver prints the steps; the engine waits for
 * `rotate confirm`, and the old key stays until then.
 *
 * The new password is not in the steps: they go into logs and mails. The
 * person sees it once, at a terminal.
 */
#include "base/auto.h"
#include "clients/client.h"
#include "clients/manual_steps.h"

struct conf {
	const char *what;
	unsigned preset; /* index into manual_presets */
	const char *const *steps;
};

static const struct client_opt opts[] = {
	{ "what", OPT_STR, offsetof(struct conf, what), true, NULL, NULL,
	    "the place, such as: Gmail send-as alias x@example.com" },
	{ "preset", OPT_CHOICE, offsetof(struct conf, preset), false, "none",
	    manual_presets, "steps for a common program" },
	{ "steps", OPT_ARGV, offsetof(struct conf, steps), false, NULL, NULL,
	    "how to get there: lines that are printed as they are, instead of "
	    "a preset" },
	{ .key = NULL },
};

/* Two ways to one place would be one too many. */
static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	if (conf->preset == 0 || conf->steps == NULL)
		return EC_OK;
	return fail(e, EC_CONFIG, "preset and steps: choose one");
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	struct client_plan p = { .after = "then wait for rotate confirm" };

	(void)e;
	(void)snprintf(p.change, sizeof(p.change), "ask a person to change %s",
	    conf->what);
	(void)snprintf(p.warning, sizeof(p.warning),
	    "a person is needed; the old key stays until rotate confirm %s",
	    c->name);
	*ret = p;
	return EC_OK;
}

/* How to get to the place: the operator's own words, those of a preset, or
 * the usual ones. */
static enum ec
add_way(const struct conf *conf, struct buf *ret, struct err *e)
{
	if (conf->preset != 0)
		return manual_way(conf->preset, ret, e);
	if (conf->steps == NULL)
		return buf_addf(
		    ret, e, "     Open the SMTP settings of %s.\n", conf->what);
	for (size_t i = 0; conf->steps[i] != NULL; i++)
		TRY(buf_addf(ret, e, "     %s\n", conf->steps[i]));
	return EC_OK;
}

static enum ec
steps(const struct client *c, const char *new_user, struct buf *ret,
    struct err *e)
{
	const struct conf *conf = c->conf;

	if (!key_id_valid(new_user))
		return fail(
		    e, EC_BUG, "%s: the new user name is no key id", c->name);
	TRY(buf_addf(ret, e,
	    "Change the SMTP credential of %s (client %s):\n"
	    "  1. At a terminal, see the new password once:\n"
	    "       rotate show-once %s\n"
	    "  2. Enter it:\n",
	    conf->what, c->name, c->name));
	TRY(add_way(conf, ret, e));
	TRY(buf_addf(ret, e,
	    "       server     %s\n"
	    "       port       %u\n"
	    "       security   %s\n"
	    "       user name  %s\n"
	    "       password   the one from step 1\n",
	    c->smtp.host, c->smtp.port, manual_tls(conf->preset, c->smtp.tls),
	    new_user));
	TRY(manual_done(conf->preset, ret, e));
	return buf_addf(ret, e,
	    "  3. When a mail has gone out that way:\n"
	    "       rotate confirm %s\n"
	    "Until step 3 the old credential goes on working.\n",
	    c->name);
}

const struct client_driver drv_manual = {
	.name = "manual",
	.summary = "a person changes it, with exact steps, and confirms",
	.conf_size = sizeof(struct conf),
	.opts = opts,
	.human = true,
	.check = check,
	.plan = plan,
	.steps = steps,
};
