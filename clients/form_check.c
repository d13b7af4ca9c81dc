/*
 * form_check: which options make a form, and what is said of it. The rules
 * are a table: a shape needs some options and knows no others.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/form_p.h"

#define TEMPLATE "template"

enum given {
	USERNAME = 1,
	PASSWORD = 2,
	KEY = 4,
	DSN = 8,
	TEMPLATE_PATH = 16,
	USERNAME_PATH = 32,
};

/* What a format asks of the options; the first row that fits counts. */
static const struct shape {
	bool whole, keyless, joint; /* the format */
	unsigned sure;              /* given: this is the row */
	unsigned needs, may;
	const char *say;
} shapes[] = {
	{ .whole = true,
	    .needs = TEMPLATE_PATH,
	    .say = "takes the option template, and no keys" },
	{ .keyless = true,
	    .sure = DSN,
	    .needs = DSN,
	    .say = "with dsn: true takes no keys" },
	{ .keyless = true,
	    .needs = USERNAME_PATH,
	    .say = "holds one value and takes no keys: name the file of the "
		   "user name in username_path, or say dsn: true" },
	{ .sure = DSN,
	    .needs = DSN | KEY,
	    .say = "with dsn: true takes the option key, whose value is the "
		   "URL, and nothing else" },
	{ .joint = true,
	    .needs = KEY,
	    .say = "takes the option key: user name and password are the "
		   "value of one key" },
	{ .needs = USERNAME | PASSWORD,
	    .may = USERNAME_PATH,
	    .say = "takes the options username and password, the keys in the "
		   "file, or with dsn: true the option key; and no template" },
};

bool
form_whole(const struct form *f)
{
	return strcmp(f->format, TEMPLATE) == 0;
}

bool
form_keyless(const struct edit_syntax *s)
{
	return s->key == NULL || strcmp(s->name, "plain") == 0;
}

const struct edit_syntax *
form_syntax(const struct form *f)
{
	return edit_syntax_find(f->format);
}

/* "dotenv environment-file ... template" */
static enum ec
unknown_format(const struct form *f, struct err *e)
{
	char list[ERR_FIX_MAX - 40] = "";
	size_t len = 0;

	for (size_t i = 0; edit_syntaxes[i] != NULL; i++)
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s ", edit_syntaxes[i]->name);
	(void)fail(e, EC_CONFIG, "format: \"%s\" is not known", f->format);
	return fix(e, "one of: %s" TEMPLATE, list);
}

static unsigned
given(const struct form *f)
{
	return (f->username != NULL ? USERNAME : 0U) |
	    (f->password != NULL ? PASSWORD : 0U) |
	    (f->key != NULL ? KEY : 0U) | (f->dsn ? DSN : 0U) |
	    (f->template != NULL ? TEMPLATE_PATH : 0U) |
	    (f->username_path != NULL ? USERNAME_PATH : 0U);
}

static const struct shape *
shape_of(const struct form *f)
{
	const struct edit_syntax *s = form_syntax(f);
	const bool whole = s == NULL;
	const bool keyless = s != NULL && form_keyless(s);
	const bool joint = s != NULL && s->joint != NULL;
	size_t i = 0;

	for (; i + 1 < COUNT(shapes); i++)
		if (shapes[i].whole == whole && shapes[i].keyless == keyless &&
		    (shapes[i].joint == joint || shapes[i].sure != 0) &&
		    (given(f) & shapes[i].sure) == shapes[i].sure)
			break;
	return &shapes[i];
}

static enum ec
check_keys(const struct form *f, struct err *e)
{
	const bool one_file = f->username_path == NULL;

	if (!one_file && strcmp(f->username_path, f->path) == 0)
		return fail(e, EC_CONFIG,
		    "path and username_path are the same file: leave the "
		    "second one out");
	if (one_file && f->username != NULL &&
	    strcmp(f->username, f->password) == 0)
		return fail(
		    e, EC_CONFIG, "username and password are the same key");
	if (!f->create || form_whole(f))
		return EC_OK;
	if (form_syntax(f)->append == NULL)
		return fail(
		    e, EC_CONFIG, "format %s cannot create a key", f->format);
	if (!f->dsn)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "with dsn: true there is nothing to create");
	return fix(e, "write the URL first: smtp://HOST:PORT");
}

enum ec
form_check(const struct form *f, struct err *e)
{
	const struct shape *s;
	const unsigned g = given(f);

	if (!form_whole(f) && form_syntax(f) == NULL)
		return unknown_format(f, e);
	s = shape_of(f);
	if ((g & s->needs) != s->needs || (g & ~(s->needs | s->may)) != 0)
		return fail(e, EC_CONFIG, "format %s %s", f->format, s->say);
	return check_keys(f, e);
}

const char *
form_path(const struct form *f, enum form_file which)
{
	return which == FORM_MAIN ? f->path : f->username_path;
}

size_t
form_slots(const struct form *f, struct slot ret[SLOTS_MAX])
{
	const enum form_file user =
	    f->username_path != NULL ? FORM_USERNAME : FORM_MAIN;
	/* In messages only: a syntax without keys looks for none. */
	const char *none = "the value";

	if (f->dsn || f->key != NULL) {
		ret[0] = (struct slot){ .file = FORM_MAIN,
			.part = f->dsn ? PART_URL : PART_JOINT,
			.key = f->key != NULL ? f->key : none };
		return 1;
	}
	ret[0] = (struct slot){ .file = user,
		.part = PART_USERNAME,
		.key = f->username != NULL ? f->username : none };
	ret[1] = (struct slot){ .file = FORM_MAIN,
		.part = PART_PASSWORD,
		.key = f->password != NULL ? f->password : none };
	return 2;
}

void
form_describe(const struct form *f, struct client_plan *ret)
{
	char *p = ret->change;
	const size_t n = sizeof(ret->change);
	const char *key = f->key != NULL ? f->key : "the value";
	const char *pass = f->password != NULL ? f->password : "the password";
	const char *user = f->username != NULL ? f->username : "the user name";

	if (form_whole(f))
		(void)snprintf(p, n, "make %s from %s", f->path, f->template);
	else if (f->dsn)
		(void)snprintf(
		    p, n, "set the pair in the URL of %s in %s", key, f->path);
	else if (f->key != NULL)
		(void)snprintf(p, n, "set the pair of %s in %s", key, f->path);
	else if (f->username_path != NULL)
		(void)snprintf(p, n, "set first %s in %s, then %s in %s", pass,
		    f->path, user, f->username_path);
	else
		(void)snprintf(
		    p, n, "set %s and %s in %s", user, pass, f->path);
}
