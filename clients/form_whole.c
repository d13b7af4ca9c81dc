/* form_whole: a file that a template makes; see form.h and template.h. */
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/form_p.h"
#include "clients/template.h"

static enum ec
load(
    const struct form *f, struct buf *text, struct template *ret, struct err *e)
{
	TRY(file_read(f->template, text, e));
	return template_parse(text, f->template, ret, e);
}

enum ec
form_whole_get(const struct form *f, const struct buf *text, struct buf *user,
    struct buf *pass, struct err *e)
{
	AUTO(buf) struct buf source = BUF(TEMPLATE_BYTES_MAX);
	struct template t;

	if (text->len == 0)
		return EC_OK;
	TRY(load(f, &source, &t, e));
	return template_match(&t, text, f->path, user, pass, e);
}

/* An empty file is nobody's work: a template may fill it. Anything else must
 * be what the template made. */
enum ec
form_whole_put(const struct form *f, const struct client *c,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e)
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
	TRY(load(f, &source, &t, e));
	if (text->len > 0)
		TRY(template_match(&t, text, f->path, &user, &pass, e));
	buf_free(ret);
	return template_render(&t, values, ret, e);
}
