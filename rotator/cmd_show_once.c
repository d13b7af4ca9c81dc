/*
 * show-once: the pair that a person must type somewhere. Only to a terminal,
 * so that it does not end in a file, a pipe or a log; and the log says that
 * it was shown, and to whom.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/cred.h"
#include "rotator/look.h"
#include "rotator/near.h"
#include "rotator/out_p.h"

static enum ec
find(struct app *a, const struct client_conf **ret, struct err *e)
{
	const char *name = a->args->words[0];
	struct near n = { .want = name };

	TRY(app_config(a, e));
	*ret = config_client(a->config, name);
	if (*ret != NULL)
		return EC_OK;
	for (size_t i = 0; i < a->config->n_clients; i++)
		near_try(&n, a->config->clients[i].client.name);
	(void)fail(e, EC_USAGE, "no client %.64s in %s%s", name,
	    a->config->path, near_hint(&n).s);
	return fix(e, "rotate check lists them");
}

static enum ec
unseal(struct app *a, const struct client_conf *c, struct look *l,
    struct smtp_cred *ret, struct err *e)
{
	const struct rotation r = { .w = &a->world, .conf = c->identity };
	const struct rec_key *k;
	enum ec ec;

	TRY(look_at(a, c->identity, l, e));
	k = look_current(&l->rec);
	if (k->id[0] == '\0') {
		(void)fail(
		    e, EC_GONE, "no key of %s is known yet", c->identity->name);
		return fix(e, "rotate --identity %s", c->identity->name);
	}
	TRY(app_seal(a, false, e));
	ec = cred_of_key(&r, k, c->client.region, ret, e);
	if (ec != EC_GONE)
		return ec;
	return fix(e,
	    "it was made before this program came; the next rotation makes "
	    "one that is known: rotate --identity %s --force",
	    c->identity->name);
}

/* Before it is shown: what could not be noted was not shown. */
static enum ec
note(struct app *a, const struct client_conf *c, const char *key, struct err *e)
{
	char who[64], text[300];
	const struct event ev = {
		.at = clock_wall(),
		.identity = c->identity->name,
		.what = "shown",
		.text = text,
	};

	app_who(who, sizeof(who));
	(void)snprintf(text, sizeof(text),
	    "password of %s shown to %s for client %s", key, who,
	    c->client.name);
	a->store.close(a->store.ctx);
	a->store.ctx = NULL;
	TRY(app_store(a, STORE_RW, e));
	return a->store.note(a->store.ctx, &ev, e);
}

static enum ec
show(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	out(YELLOW,
	    "Who reads this can send mail as you. Clear the screen "
	    "afterwards.\n\n");
	out(PLAIN,
	    "  server    %s\n  port      %u\n  security  %s\n"
	    "  user      %s\n  password  ",
	    c->smtp.host, c->smtp.port,
	    c->smtp.tls == SMTP_STARTTLS ? "STARTTLS"
					 : "TLS from the start (SSL/TLS)",
	    cred->user);
	TRY(out_secret(secret_reveal(cred->pass), secret_len(cred->pass), e));
	out(PLAIN, "\n\n");
	return EC_OK;
}

static enum ec
exec_show_once(struct app *a, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(look) struct look l = { .known = false };
	const struct client_conf *c;

	if (isatty(STDOUT_FILENO) != 1) {
		(void)fail(e, EC_USAGE,
		    "a password is shown on a terminal "
		    "only, not into a file or pipe");
		return fix(e, "run it at a terminal, without > and |");
	}
	TRY(find(a, &c, e));
	TRY(look_open(a, e));
	TRY(unseal(a, c, &l, &cred, e));
	TRY(note(a, c, cred.user, e));
	TRY(show(&c->client, &cred, e));
	if (c->client.drv->human && look_has_new(&l.rec))
		out(PLAIN, "When it works: rotate confirm %s\n",
		    c->client.name);
	return EC_OK;
}

const struct command cmd_show_once = {
	.name = "show-once",
	.operands = "CLIENT",
	.summary = "show a password to a person, at a terminal only",
	.help = "Shows server, user and password that this client should hold "
		"now. The event\nlog keeps who asked.\n"
		"\n"
		"  rotate show-once gmail\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG,
	.run = exec_show_once,
};
