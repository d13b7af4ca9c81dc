/* checks: see checks.h. */
#include "checks.h"

#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"

extern const struct check checks_pair[];
extern const struct check checks_file[];
extern const struct check checks_target[];

const struct check *const check_tables[] = {
	checks_pair,
	checks_file,
	checks_target,
	NULL,
};

bool
applies_writes(const struct place *p)
{
	return p->c.drv->write != NULL;
}

bool
applies_human(const struct place *p)
{
	return p->c.drv->human;
}

bool
applies_file(const struct place *p)
{
	return applies_writes(p) && p->row->target != NULL;
}

bool
applies_text(const struct place *p)
{
	return applies_file(p) && p->row->text != NULL;
}

bool
applies_file_driver(const struct place *p)
{
	return applies_text(p) && p->row->driver != NULL &&
	    strcmp(p->row->driver, "file") == 0;
}

bool
applies_creates(const struct place *p)
{
	return applies_file(p) && p->row->creates;
}

bool
applies_text_root(const struct place *p)
{
	return applies_text(p) && geteuid() == 0;
}

bool
check_writes(struct place *p, const struct pair *pair)
{
	if (place_write(p, pair) == EC_OK)
		return true;
	return place_say(p, "write: %s", p->e.what);
}

bool
check_same(struct place *p, const struct buf *a, const struct buf *b)
{
	if (a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0)
		return true;
	return place_say(p, "something changed in %s", p->dir);
}

bool
check_refused(
    struct place *p, enum ec ec, const char *what, enum ec a, enum ec b)
{
	if (ec == a || ec == b)
		return true;
	return place_say(p, "%s: %s, not %s: %s", what, ec_name(ec), ec_name(a),
	    ec == EC_OK ? "" : p->e.what);
}

bool
check_clear(struct place *p, const char *why)
{
	if (strstr(p->e.what, why) != NULL && p->e.fix[0] != '\0')
		return true;
	return place_say(p, "not clear: %s (%s)", p->e.what, p->e.fix);
}

void
check_content(const struct place *p, struct buf *ret)
{
	struct err e;

	if (p->target[0] != '\0' && file_read(p->target, ret, &e) != EC_OK)
		buf_free(ret);
}
