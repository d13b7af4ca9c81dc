/* calls: the driver's functions, with what they say searched for secrets. */
#include <string.h>

#include "base/auto.h"
#include "conform.h"

static bool
shows(const char *text)
{
	return strstr(text, pair_old.pass) != NULL ||
	    strstr(text, pair_new.pass) != NULL ||
	    strstr(text, pair_next.pass) != NULL;
}

enum ec
place_saw(struct place *p, enum ec ec)
{
	if (ec != EC_OK && (shows(p->e.what) || shows(p->e.fix)))
		p->leaked = true;
	if (ec == EC_OK)
		p->e = (struct err){ .ec = EC_OK };
	return ec;
}

enum ec
place_plan(struct place *p, struct client_plan *ret)
{
	enum ec ec = place_saw(p, p->c.drv->plan(&p->c, ret, &p->e));

	if (ec == EC_OK &&
	    (shows(ret->change) || shows(ret->after) || shows(ret->warning)))
		p->leaked = true;
	return ec;
}

enum ec
place_write(struct place *p, const struct pair *pair)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	const size_t n = strlen(pair->pass);

	(void)snprintf(cred.user, sizeof(cred.user), "%s", pair->user);
	if (n > 0 && secret_new(pair->pass, n, &cred.pass, &p->e) != EC_OK)
		return p->e.ec;
	return place_saw(p, p->c.drv->write(&p->c, &cred, &p->e));
}

bool
place_reads(struct place *p, const struct pair *pair)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	if (p->c.drv->read == NULL)
		return true;
	if (place_saw(p, p->c.drv->read(&p->c, &cred, &p->e)) != EC_OK)
		return place_say(p, "read: %s", p->e.what);
	if (strcmp(cred.user, pair->user) != 0)
		return place_say(p, "read: user name is \"%s\"", cred.user);
	if (cred.pass == NULL ||
	    strcmp(secret_reveal(cred.pass), pair->pass) != 0)
		return place_say(p, "read: another password than expected");
	return true;
}
