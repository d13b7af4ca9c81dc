/*
 * discover: which places on this machine hold a credential, and which of them
 * nobody keeps up to date. Reads, and says; changes nothing.
 */
#include <stdio.h>

#include "base/auto.h"
#include "rotator/discover.h"

static bool
has_known(const struct discover *d, const struct identity_conf *id)
{
	for (size_t i = 0; i < d->n_known; i++)
		if (d->known[i].identity == id)
			return true;
	return false;
}

/* Which key an identity has, its first run finds out. */
static void
warn_unknown(struct app *a, const struct discover *d)
{
	const struct log_field none[] = { { .key = NULL } };
	char text[400];

	if (d->config == NULL || d->store.ec != EC_OK ||
	    a->args->keys[0] != NULL)
		return;
	for (size_t i = 0; i < d->config->n_identities; i++) {
		const struct identity_conf *id = &d->config->identities[i];

		if (has_known(d, id))
			continue;
		(void)snprintf(text, sizeof(text),
		    "the key of %s is not known before its first run: files "
		    "that hold it without naming an SES host are found with "
		    "--key only (aws iam list-access-keys --user-name %s)",
		    id->name, id->iam_user);
		log_event(&a->log, LOG_WARN_, text, none);
	}
}

static void
warn(struct app *a, const struct discover *d)
{
	char text[PATH_MAX + 400];
	const struct log_field none[] = { { .key = NULL } };

	if (d->store.ec != EC_OK)
		log_err(&a->log, LOG_WARN_,
		    "our own key ids are not known: only ids beside an SES "
		    "host, and those of --key, are reported",
		    &d->store, NULL);
	warn_unknown(a, d);
	for (size_t i = 0; i < d->n_places; i++) {
		const struct discover_place *p = &d->places[i];

		if (d->config == NULL || p->client != NULL)
			continue; /* nothing is registered yet */
		(void)snprintf(text, sizeof(text),
		    "%s holds %s and is not registered: it would break when "
		    "that key is retired",
		    p->path, p->id);
		log_event(&a->log, LOG_WARN_, text, none);
	}
}

static enum ec
exec_discover(struct app *a, struct err *e)
{
	AUTO(discover) struct discover d = { .config = NULL };

	TRY(discover_load(a, &d, e));
	TRY(discover_run(&d, a->args->words, e));
	warn(a, &d);
	if (a->args->json)
		return discover_say_json(&d, e);
	return discover_say(&d, e);
}

const struct command cmd_discover = {
	.name = "discover",
	.operands = "PATH...",
	.summary = "find the places that hold a credential, as clients.d",
	.help =
	    "Looks through all text files below the paths for access key ids: "
	    "those of the\nconfigured identities, those given with --key, and "
	    "any that stands in a file\nwith the name of an SES SMTP host. "
	    "Prints an entry for clients.d for each place\nthat is not "
	    "registered; what is guessed says so. No password is printed, no "
	    "link\nfollowed, nothing changed. Needs no configuration.\n"
	    "\n"
	    "  rotate discover /etc /srv /home\n"
	    "  rotate discover --key AKIAIOSFODNN7EXAMPLE /srv\n"
	    "  rotate discover /srv >/etc/ses-smtp-rotator/clients.d/found"
	    ".yaml\n"
	    "  rotate check\n",
	.min_words = 1,
	.max_words = LIST_MAX,
	.options = O_COMMON | O_KEY,
	.run = exec_discover,
};
