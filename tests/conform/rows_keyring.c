/*
 * rows_keyring: the desktop's keyring, with a real gnome-keyring and a bus of
 * its own for every check (session.h). They come and go while this process
 * stays, as a rotator outlives the sessions of its user.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "session.h"
#include "trouble.h"

/* GLib keeps its types for ever, reachable or not. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libglib-2.0\nleak:libgobject-2.0\nleak:libgio-2.0\n"
	       "leak:libsecret-1\nleak:libgcrypt\n";
}

static bool
setup(struct place *p)
{
	struct session *s = calloc(1, sizeof(*s));
	char spy[PATH_MAX];

	p->own = s;
	if (s == NULL || !session_begin(s, p))
		return false;
	place_set(p, "activate", place_here(SPY, spy), p->spy, NULL);
	return true;
}

static bool
setup_pair(struct place *p)
{
	place_set(p, "content", "pair", NULL);
	return setup(p);
}

static void
teardown(struct place *p)
{
	struct session *s = p->own;

	if (s == NULL)
		return;
	session_end(s);
	free(s);
	p->own = NULL;
}

#define LIMIT "timeout=" HANG_OPTION

static bool
keyring_stops(struct place *p, const char *limit)
{
	const struct session *s = p->own;

	return kill(s->keyring, SIGSTOP) == 0 && trouble_option(p, limit);
}

static bool
bus_stops(struct place *p, const char *limit)
{
	const struct session *s = p->own;

	return kill(s->bus, SIGSTOP) == 0 && trouble_option(p, limit);
}

static bool
keyring_ends(struct place *p, const char *arg)
{
	struct session *s = p->own;

	(void)arg;
	session_kill(&s->keyring);
	return true;
}

/* The user logs out. */
static bool
all_ends(struct place *p, const char *arg)
{
	(void)arg;
	session_end(p->own);
	return true;
}

/* In the midst of a call, which ends this call and not this process. */
static bool
bus_ends_at(struct place *p, const char *member)
{
	const struct session *s = p->own;

	return session_bus_ends_at(s, p, member) &&
	    kill(s->keyring, SIGSTOP) == 0;
}

/* And in again. */
static bool
all_begins(struct place *p, const char *arg)
{
	return all_ends(p, arg) && session_bus(p->own, p) &&
	    session_keyring(p->own, p);
}

static bool
keyring_begins(struct place *p, const char *arg)
{
	return keyring_ends(p, arg) && session_keyring(p->own, p);
}

static bool
keyring_locks(struct place *p, const char *collection)
{
	const char *const argv[] = { "dbus-send", "--session", "--print-reply",
		"--dest=org.freedesktop.secrets", "/org/freedesktop/secrets",
		"org.freedesktop.Secret.Service.Lock", collection, NULL };

	return session_tool(p->own, p, argv, NULL);
}

#define BUSCONFIG(rule)                                                        \
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus "          \
	"Configuration 1.0//EN\" "                                             \
	"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"     \
	"<busconfig><policy context=\"mandatory\">" rule                       \
	"</policy></busconfig>"
#define MAY_NOT(member)                                                        \
	BUSCONFIG("<deny send_destination=\"org.freedesktop.secrets\" "        \
		  "send_interface=\"org.freedesktop.Secret." member "\"/>")

static bool
may_not(struct place *p, const char *rules)
{
	return session_policy(p->own, p, rules);
}

/* A disk of the keyring's own, which has no room for another password. */
static bool
disk_full(struct place *p, const char *arg)
{
	struct session *s = p->own;
	char filler[PATH_MAX + 8];

	(void)arg;
	session_kill(&s->keyring);
	if (!trouble_mount(p, s->keyrings) || !session_keyring(s, p) ||
	    place_write(p, &pair_new) != EC_OK)
		return false;
	(void)snprintf(filler, sizeof(filler), "%s/filler", s->keyrings);
	trouble_fill(filler);
	return true;
}

#define LOOKED_UP "host", "mail.example.com", "service", "smtp"
#define OURS      "managed-by", "ses-smtp-rotator", "rotator-client", "web"

static bool
items_vanish(struct place *p, const char *arg)
{
	static const char *const argv[] = { "secret-tool", "clear", LOOKED_UP,
		NULL };

	(void)arg;
	return session_tool(p->own, p, argv, NULL);
}

static bool
stranger_stores(struct place *p, const char *user)
{
	const char *const argv[] = { "secret-tool", "store", "--label=x",
		LOOKED_UP, "user", user, NULL };
	AUTO(buf) struct buf in = BUF(64);
	struct err e;

	return buf_adds(&in, "theirs", &e) == EC_OK &&
	    session_tool(p->own, p, argv, &in);
}

/* As writes that were killed before they deleted the former item. Several,
 * since "the" item with some attributes is any that has at least these. */
static bool
more_of_ours(struct place *p, const char *user)
{
	char name[32];
	const char *const argv[] = { "secret-tool", "store", "--label=x",
		LOOKED_UP, OURS, "user", name, NULL };
	AUTO(buf) struct buf in = BUF(64);
	struct err e;

	if (buf_adds(&in, pair_old.pass, &e) != EC_OK)
		return false;
	for (int i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "%s%d", user, i);
		if (!session_tool(p->own, p, argv, &in))
			return false;
	}
	return true;
}

/* The one item of ours, with n bytes of this as its value. */
static bool
value_is(struct place *p, char byte, size_t n)
{
	const char *const argv[] = { "secret-tool", "store", "--label=x",
		LOOKED_UP, OURS, "user", pair_new.user, NULL };
	const char *const pair[] = { "secret-tool", "store", "--label=x",
		LOOKED_UP, OURS, NULL };
	AUTO(buf) struct buf in = BUF(65536);
	struct err e;

	for (size_t i = 0; i < n; i++)
		if (buf_add(&in, &byte, 1, &e) != EC_OK)
			return false;
	return session_tool(
	    p->own, p, p->row->setup == setup_pair ? pair : argv, &in);
}

static bool
value_is_long(struct place *p, const char *arg)
{
	(void)arg;
	return value_is(p, 'x', 8000);
}

static bool
value_is_binary(struct place *p, const char *arg)
{
	(void)arg;
	return value_is(p, '\0', 44);
}

static bool
value_is_empty(struct place *p, const char *arg)
{
	(void)arg;
	return value_is(p, ' ', 0);
}

#define HERE "keyring default"

static const struct trouble troubles[] = {
	{ "hangs: activate", trouble_program_hangs, "activate",
	    { EC_OK, EC_OK, EC_OK, EC_TEMP }, "/hang: still running", HANGS },
	{ "hangs: the keyring", keyring_stops, LIMIT,
	    { EC_TEMP, EC_TEMP, EC_TEMP }, HERE, HANGS_OPTION },
	{ "hangs: the bus", bus_stops, LIMIT, { EC_TEMP, EC_TEMP, EC_TEMP },
	    HERE, HANGS_OPTION },
	{ "missing: the bus", all_ends, NULL,
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, HERE, HANGS_NOT },
	{ "missing: the bus, in the midst of a call", bus_ends_at, "GetAll",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, HERE, HANGS_NOT },
	{ "missing: the keyring daemon", keyring_ends, NULL,
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, HERE, HANGS_NOT },
	{ "missing: the collection", trouble_option, "collection=nosuch",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, "keyring nosuch", HANGS_NOT },
	{ "missing: the item, which is made", items_vanish, NULL,
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ "back again: the keyring daemon", keyring_begins, NULL,
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ "back again: the session", all_begins, NULL, { EC_OK, EC_OK, EC_OK },
	    NULL, HANGS_NOT },
	{ "locked", keyring_locks,
	    "array:objpath:/org/freedesktop/secrets/collection/login",
	    { EC_HUMAN, EC_HUMAN, EC_HUMAN }, HERE "|locked", HANGS_NOT },
	{ "denied: a rule of the bus", may_not, MAY_NOT("Service"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, HERE, HANGS_NOT },
	{ "denied: may not store", may_not,
	    MAY_NOT("Collection\" send_member=\"CreateItem"),
	    { EC_OK, EC_OK, EC_DENIED }, HERE, HANGS_NOT },
	{ "denied: may not delete", may_not,
	    MAY_NOT("Item\" send_member=\"Delete"),
	    { EC_OK, EC_OK, EC_UNKNOWN }, HERE "|stored", HANGS_NOT },
	{ "conflict: an item of somebody else", stranger_stores, "someone",
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT }, "mail.example.com",
	    HANGS_NOT },
	{ "unfinished: more items of ours", more_of_ours, "AKIAMORE",
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ "wrong type: a value that is too long", value_is_long, NULL,
	    { EC_OK, EC_CONFLICT, EC_OK }, HERE, HANGS_NOT },
	{ "wrong type: a value that is no text", value_is_binary, NULL,
	    { EC_OK, EC_CONFLICT, EC_OK }, HERE, HANGS_NOT },
	{ "wrong type: an empty value", value_is_empty, NULL,
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ .name = NULL },
};

static const struct trouble root_troubles[] = {
	{ "denied: the bus", trouble_nobody, NULL,
	    { EC_DENIED, EC_DENIED, EC_DENIED }, HERE, HANGS_NOT },
	{ "full: the disk", disk_full, NULL, { EC_OK, EC_OK, EC_CLIENT }, HERE,
	    HANGS_NOT },
	{ .name = NULL },
};
/* Where the value is what differs. */
static const struct trouble pair_troubles[] = {
	{ "unfinished: more items of ours", more_of_ours, "AKIAMORE",
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ "wrong type: a value that is too long", value_is_long, NULL,
	    { EC_OK, EC_CONFLICT, EC_OK }, HERE, HANGS_NOT },
	{ "wrong type: a value that is no text", value_is_binary, NULL,
	    { EC_OK, EC_CONFLICT, EC_OK }, HERE, HANGS_NOT },
	{ "wrong type: an empty value", value_is_empty, NULL,
	    { EC_OK, EC_OK, EC_OK }, NULL, HANGS_NOT },
	{ "denied: may not store", may_not,
	    MAY_NOT("Collection\" send_member=\"CreateItem"),
	    { EC_OK, EC_OK, EC_DENIED }, HERE, HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_keyring[];
const struct row rows_keyring[] = {
	{ .name = "secret-service",
	    .driver = "secret-service",
	    .setup = setup,
	    .teardown = teardown,
	    .troubles = troubles,
	    .root_troubles = root_troubles },
	{ .name = "secret-service-pair",
	    .driver = "secret-service",
	    .setup = setup_pair,
	    .teardown = teardown,
	    .troubles = pair_troubles },
	{ .name = NULL },
};
