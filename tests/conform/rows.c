/* rows: the table of all row tables. A driver joins the suite by a file
 * rows_NAME.c with a table of its own, and a line in each list here. */
#include <string.h>

#include "conform.h"
#include "trouble.h"

extern const struct row rows_aws[];
extern const struct row rows_edit_line[];
extern const struct row rows_edit_tree[];
extern const struct row rows_exec[];
extern const struct row rows_file[];
extern const struct row rows_keyring[];
extern const struct row rows_kv[];
extern const struct row rows_mail[];
extern const struct row rows_forge[];
extern const struct row rows_manual[];
extern const struct row rows_netrc[];
extern const struct row rows_postfix[];
extern const struct row rows_remote[];

const struct row *const row_tables[] = {
	rows_aws,
	rows_edit_line,
	rows_edit_tree,
	rows_exec,
	rows_file,
	rows_keyring,
	rows_kv,
	rows_mail,
	rows_forge,
	rows_manual,
	rows_netrc,
	rows_postfix,
	rows_remote,
	NULL,
};

const struct row *
row_find(const char *name)
{
	for (const struct row *const *t = row_tables; *t != NULL; t++)
		for (const struct row *r = *t; r->name != NULL; r++)
			if (strcmp(r->name, name) == 0)
				return r;
	return NULL;
}

static bool
is_of(const struct row *r, const struct client_driver *drv)
{
	return r->driver != NULL && strcmp(r->driver, drv->name) == 0;
}

static bool
hangs(const struct trouble *t)
{
	for (; t != NULL && t->name != NULL; t++)
		if (t->hangs == HANGS || t->hangs == HANGS_OPTION)
			return true;
	return false;
}

/* People do not hang, nor can they be made to. */
const char *
rows_lack(const struct client_driver *drv)
{
	const char *lack = "a row";

	for (const struct row *const *t = row_tables; *t != NULL; t++)
		for (const struct row *r = *t; r->name != NULL; r++) {
			if (!is_of(r, drv))
				continue;
			if (drv->human || hangs(r->troubles))
				return NULL;
			lack = "a row with troubles, one of them that it hangs";
		}
	return lack;
}
