/* check_pair: what goes in comes out, and nothing else goes in. */
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "checks.h"

static bool
plan_changes_nothing(struct place *p)
{
	AUTO(buf) struct buf before = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf after = BUF(FILE_MAX_BYTES);
	struct client_plan plan = { .change = "" };

	place_snapshot(p, &before);
	if (place_plan(p, &plan) != EC_OK)
		return place_say(p, "plan: %s", p->e.what);
	if (plan.change[0] == '\0')
		return place_say(p, "plan: says nothing");
	place_snapshot(p, &after);
	return check_same(p, &before, &after);
}

static bool
reads_what_is_there(struct place *p)
{
	return place_reads(p, &pair_old);
}

static bool
reads_what_was_written(struct place *p)
{
	return check_writes(p, &pair_new) && place_reads(p, &pair_new) &&
	    check_writes(p, &pair_next) && place_reads(p, &pair_next);
}

static bool
write_may_be_repeated(struct place *p)
{
	AUTO(buf) struct buf first = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf second = BUF(FILE_MAX_BYTES);

	if (!check_writes(p, &pair_new))
		return false;
	check_content(p, &first);
	if (!check_writes(p, &pair_new))
		return false;
	check_content(p, &second);
	return check_same(p, &first, &second) && place_reads(p, &pair_new);
}

static bool
activate_may_be_repeated(struct place *p)
{
	if (!check_writes(p, &pair_new))
		return false;
	for (int i = 0; i < 2 && p->c.drv->activate != NULL; i++)
		if (place_saw(p, p->c.drv->activate(&p->c, &p->e)) != EC_OK)
			return place_say(p, "activate: %s", p->e.what);
	return place_reads(p, &pair_new);
}

static bool
hostile_values(struct place *p)
{
	static const struct pair hostile[] = {
		{ "AKIAI44QH8DHBEXAMPLE", "" },
		{ "AKIAI44QH8DHBEXAMPLE", "****" },
		{ "AKIAI44QH8DHBEXAMPLE", "BNew" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfe\nc" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc\n" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "********************************************" },
		{ "AKIAI44QH8DHB\nEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc" },
		{ "", "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc" },
	};

	if (!check_writes(p, &pair_next))
		return false;
	for (size_t i = 0; i < COUNT(hostile); i++)
		if (place_write(p, &hostile[i]) != EC_BUG)
			return place_say(
			    p, "hostile pair %zu: %s", i, ec_name(p->e.ec));
	return place_reads(p, &pair_next);
}

/* A NUL cannot come through a C string. */
static bool
hostile_nul(struct place *p)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	char pass[SMTP_PASSWORD_LEN];

	memcpy(pass, pair_new.pass, sizeof(pass));
	pass[20] = '\0';
	(void)snprintf(cred.user, sizeof(cred.user), "%s", pair_new.user);
	if (!check_writes(p, &pair_next) ||
	    secret_new(pass, sizeof(pass), &cred.pass, &p->e) != EC_OK)
		return false;
	return check_refused(p,
		   place_saw(p, p->c.drv->write(&p->c, &cred, &p->e)), "write",
		   EC_BUG, EC_BUG) &&
	    place_reads(p, &pair_next);
}

static bool
steps_are_complete(struct place *p)
{
	AUTO(buf) struct buf text = BUF(65536);
	const char *const parts[] = { "mail.example.com", "587", pair_new.user,
		"rotate show-once web", "rotate confirm web" };

	if (p->c.drv->steps(&p->c, pair_new.user, &text, &p->e) != EC_OK)
		return place_say(p, "steps: %s", p->e.what);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(buf_str(&text), parts[i]) == NULL)
			return place_say(p, "steps: no %s", parts[i]);
	return true;
}

extern const struct check checks_pair[];
const struct check checks_pair[] = {
	{ "plan changes nothing", NULL, plan_changes_nothing, NULL },
	{ "read gives what is there", applies_text, reads_what_is_there, NULL },
	{ "read gives what was written", applies_writes, reads_what_was_written,
	    NULL },
	{ "write may be repeated", applies_writes, write_may_be_repeated,
	    NULL },
	{ "activate may be repeated", applies_writes, activate_may_be_repeated,
	    NULL },
	{ "hostile values are refused", applies_writes, hostile_values, NULL },
	{ "a NUL is refused", applies_writes, hostile_nul, NULL },
	{ "steps are complete", applies_human, steps_are_complete, NULL },
	{ .name = NULL },
};
