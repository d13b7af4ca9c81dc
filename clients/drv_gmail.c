/*
 * gmail: a "send mail as" address of a Workspace mailbox that sends through
 * SES. A service account with domain-wide delegation changes it; mailboxes of
 * gmail.com have nobody who could delegate, so these are for a person.
 *
 * Gmail shows the user name and never the password, and a user name alone is
 * no pair: read() is missing and the engine goes by the key's last use. The
 * user name is looked at where it helps: plan() tells it, write() compares it.
 *
 * Whether Gmail asks for a new verification after a change is not documented.
 * activate() looks, in this run and the next ones, and asks for a person as
 * long as it is pending. The alias is never deleted and made anew: that would
 * revoke its verification.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/gmail.h"
#include "clients/heard.h"

#define AT(field) offsetof(struct gmail, field)
static const struct client_opt opts[] = {
	{ "user", OPT_STR, AT(user), true, NULL, NULL,
	    "address of the mailbox, in a Workspace domain" },
	{ "alias", OPT_STR, AT(alias), true, NULL, NULL,
	    "the address it sends as" },
	{ "key_file", OPT_PATH, AT(key_file), true, NULL, NULL,
	    "JSON key of the service account" },
	{ "sharing", OPT_BOOL, AT(sharing), false, "false", NULL,
	    "ask for the scope gmail.settings.sharing too" },
	{ "api", OPT_STR, AT(api), false, "https://gmail.googleapis.com", NULL,
	    "address of the Gmail API" },
	{ "ca_file", OPT_PATH, AT(ca_file), false, NULL, NULL,
	    "trust anchor for that address, instead of the system's" },
	{ .key = NULL },
};

static enum ec
address_check(const char *key, const char *s, struct err *e)
{
	const char *at = strchr(s, '@');

	if (at == NULL || at == s || at[1] == '\0' ||
	    strpbrk(s, " <>,\"/") != NULL || strchr(at + 1, '@') != NULL)
		return fail(e, EC_CONFIG, "%s: must be one mail address", key);
	return EC_OK;
}

/* Ports of SES that Gmail takes: GAM-team/GAM refuses others for smtpMsa, and
 * Gmail's own page offers 25, 465 and 587 only. */
static enum ec
server_check(const struct smtp_peer *s, struct err *e)
{
	const bool implicit = s->tls == SMTP_IMPLICIT;

	if (implicit ? s->port == 465 : s->port == 587 || s->port == 25)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "smtp: Gmail sends through ports 25 and 587 (starttls) and 465 "
	    "(implicit) only, not %u",
	    s->port);
	return fix(e, "give this client smtp: { port: 587, tls: starttls }");
}

static enum ec
check(const struct client *c, struct err *e)
{
	const struct gmail *g = c->conf;
	const char *domain;

	TRY(address_check("user", g->user, e));
	TRY(address_check("alias", g->alias, e));
	domain = strchr(g->user, '@') + 1;
	if (strcasecmp(domain, "gmail.com") == 0 ||
	    strcasecmp(domain, "googlemail.com") == 0) {
		(void)fail(e, EC_CONFIG,
		    "user: nobody can delegate a mailbox of %s; a person must "
		    "change it",
		    domain);
		return fix(e, "type: manual, what: Gmail send-as alias %.100s",
		    g->alias);
	}
	if (strcasecmp(g->user, g->alias) == 0)
		return fail(e, EC_CONFIG,
		    "alias: is the mailbox's own address, which Gmail sends "
		    "itself");
	return server_check(&c->smtp, e);
}

static enum ec
no_alias(const struct gmail *g, const char *why, struct err *e)
{
	(void)fail(e, EC_CONFLICT, "Gmail: alias %.80s of %.80s: %s", g->alias,
	    g->user, why);
	return fix(e,
	    "in this mailbox: Settings, Accounts, Send mail as, edit info, "
	    "and choose the SMTP server there once");
}

static void
describe(const struct client *c, const struct gmail_alias *a,
    struct client_plan *ret)
{
	const struct gmail *g = c->conf;
	char user[60], host[80];

	heard_show(a->username[0] != '\0' ? a->username : "nobody", user,
	    sizeof(user));
	heard_show(a->host, host, sizeof(host));
	(void)snprintf(ret->change, sizeof(ret->change),
	    "set user name (now %.40s) and password of send-as alias %.80s in "
	    "mailbox %.80s",
	    user, g->alias, g->user);
	if (strcasecmp(a->host, c->smtp.host) != 0 || a->port != c->smtp.port ||
	    strcmp(a->security, gmail_security(c->smtp.tls)) != 0)
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "its server changes too, from %.70s:%u to %.90s:%u", host,
		    a->port, c->smtp.host, c->smtp.port);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct gmail *g = c->conf;
	AUTO(secret) struct secret *token = NULL;
	AUTO(gmail_alias) struct gmail_alias a = { .json = NULL };

	TRY(gmail_login(c, g, true, &token, e));
	TRY(gmail_get(c, g, token, &a, e));
	if (a.primary)
		return no_alias(g, "is the mailbox's own address", e);
	if (!a.smtp)
		return no_alias(g, "sends through Gmail, not through SES", e);
	TRY(gmail_verified(g, &a, e));
	describe(c, &a, ret);
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct gmail *g = c->conf;
	AUTO(secret) struct secret *token = NULL;
	AUTO(gmail_alias) struct gmail_alias a = { .json = NULL };

	TRY(client_cred_check(c, cred, e));
	TRY(gmail_login(c, g, true, &token, e));
	TRY(gmail_patch(c, g, token, cred, &a, e));
	if (strcmp(a.username, cred->user) == 0)
		return EC_OK;
	return fail(e, EC_UNKNOWN,
	    "Gmail: alias %.80s: took the change, but shows another user name",
	    g->alias);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct gmail *g = c->conf;
	AUTO(secret) struct secret *token = NULL;
	AUTO(gmail_alias) struct gmail_alias a = { .json = NULL };

	TRY(gmail_login(c, g, false, &token, e));
	TRY(gmail_get(c, g, token, &a, e));
	return gmail_verified(g, &a, e);
}

const struct client_driver drv_gmail = {
	.name = "gmail",
	.summary = "a send-as address of a Google Workspace mailbox",
	.conf_size = sizeof(struct gmail),
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.write = write_pair,
	.activate = activate,
};
