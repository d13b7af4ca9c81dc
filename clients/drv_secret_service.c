/*
 * secret-service: an item in the desktop's keyring, for programs that look up
 * their password by attributes, such as msmtp (host, service, user) or
 * secret-tool.
 *
 * With content=password the user name is an attribute, and so a new user is a
 * new item. It is stored first and the old one deleted behind it, each in one
 * step: who looks up at any instant finds the old pair or the new pair. (Who
 * had searched just before and asks for the value just behind must look again;
 * content=pair, where both are in the value of one item that is replaced in
 * one step, does not even have that.) As long as both items are there read()
 * shows no pair, because a consumer that looks up without a user name may get
 * either; write() again cleans up.
 *
 * Whose an item is, and what happens to strangers, is said in secret_item.h.
 */
#include <stdio.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/keyring.h"
#include "clients/program.h"
#include "clients/secret_item.h"

struct conf {
	struct secret_item item;
	struct program_conf activate;
};

#define AT(field) offsetof(struct conf, field)

static const char *const contents[] = { "password", "pair", NULL };
static const char *const others_are[] = { "refuse", "replace", "ignore", NULL };

static const struct client_opt opts[] = {
	{ "attributes", OPT_MAP, AT(item.attributes), false, NULL, NULL,
	    "what the consumer looks up; default: host and service=smtp" },
	{ "user_attribute", OPT_STR, AT(item.user_attribute), false, "user",
	    NULL, "name of the attribute that holds the user name" },
	{ "content", OPT_CHOICE, AT(item.content), false, "password", contents,
	    "pair: username=... and password=... as two lines in the value" },
	{ "label", OPT_STR, AT(item.label), false, "SMTP password", NULL,
	    "what a person sees in the keyring" },
	{ "collection", OPT_STR, AT(item.collection), false, "default", NULL,
	    "alias of the keyring: default, login, session" },
	{ "others", OPT_CHOICE, AT(item.others), false, "refuse", others_are,
	    "items with these attributes that are not ours" },
	{ "timeout", OPT_SPAN, AT(item.timeout), false, "10s", NULL,
	    "how long the keyring may take" },
	PROGRAM_OPTS(
	    AT(activate), "command that makes the consumer look up again"),
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return secret_item_check(&conf->item, e);
}

/* Connects and finds. */
static enum ec
look(const struct client *c, struct keyring **ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(keyring) struct keyring *k = NULL;

	TRY(keyring_open(conf->item.collection, conf->item.timeout, &k, e));
	TRY(secret_item_find(&conf->item, c, k, e));
	*ret = TAKE(k);
	return EC_OK;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(keyring) struct keyring *k = NULL;
	struct client_plan p = { .change = "" };
	char text[160];

	TRY(look(c, &k, e));
	TRY(program_plan(conf->activate.argv, &p, e));
	TRY(program_check_user(conf->activate.user, e));
	secret_item_text(&conf->item, c, text, sizeof(text));
	(void)snprintf(p.change, sizeof(p.change),
	    "store the pair in keyring %s as %s", conf->item.collection, text);
	if (conf->item.content == CONTENT_PASSWORD)
		(void)snprintf(p.warning, sizeof(p.warning),
		    "a program that looks up with %s=... must learn the new "
		    "user name elsewhere (msmtp: a client for its msmtprc)",
		    conf->item.user_attribute);
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(keyring) struct keyring *k = NULL;

	TRY(look(c, &k, e));
	return secret_item_read(&conf->item, c, k, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(keyring) struct keyring *k = NULL;

	TRY(client_cred_check(c, cred, e));
	TRY(look(c, &k, e));
	return secret_item_write(&conf->item, c, k, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return program_activate(&conf->activate, e);
}

const struct client_driver drv_secret_service = {
	.name = "secret-service",
	.summary = "an item in the desktop keyring (libsecret)",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "collection", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
