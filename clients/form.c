/* form: see form.h. */
#include "clients/form.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/edit/edit.h"
#include "clients/hand_over.h"
#include "clients/template.h"

#define TEMPLATE "template"

bool
form_whole(const struct form *f)
{
	return strcmp(f->format, TEMPLATE) == 0;
}

/* "dotenv environment-file ... template" */
static enum ec
unknown_format(const struct form *f, struct err *e)
{
	char list[240] = "";
	size_t len = 0;

	for (size_t i = 0; edit_syntaxes[i] != NULL; i++)
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s ", edit_syntaxes[i]->name);
	(void)fail(e, EC_CONFIG, "format: \"%s\" is not known", f->format);
	return fix(e, "one of: %s" TEMPLATE, list);
}

enum ec
form_check(const struct form *f, struct err *e)
{
	const bool keys = f->username != NULL && f->password != NULL;

	if (form_whole(f)) {
		if (f->template != NULL && f->username == NULL &&
		    f->password == NULL)
			return EC_OK;
		return fail(e, EC_CONFIG,
		    "format template takes the option template, and neither "
		    "username nor password");
	}
	if (edit_syntax_find(f->format) == NULL)
		return unknown_format(f, e);
	if (!keys || f->template != NULL)
		return fail(e, EC_CONFIG,
		    "format %s takes the options username and password, the "
		    "keys in the file, and no template",
		    f->format);
	if (strcmp(f->username, f->password) == 0)
		return fail(
		    e, EC_CONFIG, "username and password are the same key");
	if (f->create && edit_syntax_find(f->format)->append == NULL)
		return fail(
		    e, EC_CONFIG, "format %s cannot create a key", f->format);
	return EC_OK;
}

void
form_describe(const struct form *f, struct client_plan *ret)
{
	char *p = ret->change;
	const size_t n = sizeof(ret->change);

	if (form_whole(f))
		(void)snprintf(p, n, "make %s from %s", f->path, f->template);
	else
		(void)snprintf(p, n, "set %s and %s in %s", f->username,
		    f->password, f->path);
}

/* A user name that is too long for one is nobody's key id: not ours. */
static enum ec
to_cred(const struct form *f, const struct buf *user, struct buf *pass,
    struct smtp_cred *ret, struct err *e)
{
	struct smtp_cred got = { 0 };

	if (user->len >= sizeof(got.user) ||
	    strlen(buf_str(user)) != user->len || pass->len > SECRET_MAX)
		return fail(e, EC_CONFLICT,
		    "%s: holds no SMTP credential: %zu and %zu bytes", f->path,
		    user->len, pass->len);
	memcpy(got.user, buf_str(user), user->len);
	if (pass->len > 0)
		TRY(secret_take(pass->p, pass->len, &got.pass, e));
	*ret = got;
	return EC_OK;
}

static enum ec
load_template(
    const struct form *f, struct buf *text, struct template *ret, struct err *e)
{
	TRY(file_read(f->template, text, e));
	return template_parse(text, f->template, ret, e);
}

/* edit_get(), where a key that is not there has an empty value. */
static enum ec
get_key(const struct form *f, const struct buf *text, const char *key,
    struct buf *ret, struct err *e)
{
	const struct edit_syntax *s = edit_syntax_find(f->format);
	enum ec ec = edit_get(s, text, f->path, key, ret, e);

	return ec == EC_GONE ? EC_OK : ec;
}

enum ec
form_get(const struct form *f, const struct buf *text, struct smtp_cred *ret,
    struct err *e)
{
	AUTO(buf) struct buf user = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf pass = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf source = BUF(TEMPLATE_BYTES_MAX);
	struct template t;

	if (!form_whole(f)) {
		TRY(get_key(f, text, f->username, &user, e));
		TRY(get_key(f, text, f->password, &pass, e));
	} else if (text->len > 0) {
		TRY(load_template(f, &source, &t, e));
		TRY(template_match(&t, text, f->path, &user, &pass, e));
	}
	return to_cred(f, &user, &pass, ret, e);
}

/* An empty file is nobody's work: a template may fill it. Anything else must
 * be what the template made. */
static enum ec
put_whole(const struct form *f, const struct client *c, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf source = BUF(TEMPLATE_BYTES_MAX);
	AUTO(buf) struct buf user = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf pass = BUF(FILE_MAX_BYTES);
	struct template t;
	char port[16];
	const char *const values[TEMPLATE__FIELDS] = {
		[TEMPLATE_USERNAME] = cred->user,
		[TEMPLATE_PASSWORD] = secret_reveal(cred->pass),
		[TEMPLATE_HOST] = c->smtp.host,
		[TEMPLATE_PORT] = port,
		[TEMPLATE_REGION] = c->region,
		[TEMPLATE_IDENTITY] = c->identity,
	};

	(void)snprintf(port, sizeof(port), "%u", c->smtp.port);
	TRY(load_template(f, &source, &t, e));
	if (text->len > 0)
		TRY(template_match(&t, text, f->path, &user, &pass, e));
	buf_free(ret);
	return template_render(&t, values, ret, e);
}

/* One step of adding what is missing: text becomes one with key in it. */
static enum ec
ensure_key(
    const struct form *f, struct buf *text, const char *key, struct err *e)
{
	const struct edit_syntax *s = edit_syntax_find(f->format);
	AUTO(buf) struct buf longer = BUF(text->max);
	struct edit_span span;
	enum ec ec = s->find(text, f->path, key, &span, e);

	if (ec == EC_GONE && !f->create)
		return fix(e,
		    "add a line %s= to it, or set create: true for "
		    "this client",
		    key);
	if (ec != EC_GONE)
		return ec;
	TRY(s->append(text, key, &longer, e));
	hand_over(&longer, text);
	return EC_OK;
}

static enum ec
put_keys(const struct form *f, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	const struct edit_pair pairs[] = {
		{ f->username, cred->user },
		{ f->password, secret_reveal(cred->pass) },
	};
	AUTO(buf) struct buf base = BUF(FILE_MAX_BYTES);

	TRY(buf_add(&base, buf_str(text), text->len, e));
	for (size_t i = 0; i < COUNT(pairs); i++)
		TRY(ensure_key(f, &base, pairs[i].key, e));
	return edit_set(edit_syntax_find(f->format), &base, f->path, pairs,
	    COUNT(pairs), ret, e);
}

enum ec
form_put(const struct form *f, const struct client *c, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	if (form_whole(f))
		return put_whole(f, c, text, cred, ret, e);
	return put_keys(f, text, cred, ret, e);
}
