/* edit: see edit.h. */
#include "clients/edit/edit.h"

#include <string.h>

#include "base/auto.h"
#include "clients/hand_over.h"

#define PAIRS_MAX 8

extern const struct edit_syntax edit_dotenv;
extern const struct edit_syntax edit_environment_file;
extern const struct edit_syntax edit_exim_passwd;
extern const struct edit_syntax edit_gitea;
extern const struct edit_syntax edit_grafana;
extern const struct edit_syntax edit_ini;
extern const struct edit_syntax edit_msmtprc;
extern const struct edit_syntax edit_opensmtpd_secrets;
extern const struct edit_syntax edit_php_ini;
extern const struct edit_syntax edit_plain;
extern const struct edit_syntax edit_properties;
extern const struct edit_syntax edit_sasl_passwd;
extern const struct edit_syntax edit_toml;
extern const struct edit_syntax edit_json;
extern const struct edit_syntax edit_php;
extern const struct edit_syntax edit_xml;
extern const struct edit_syntax edit_yaml;

const struct edit_syntax *const edit_syntaxes[] = {
	&edit_dotenv,
	&edit_environment_file,
	&edit_exim_passwd,
	&edit_gitea,
	&edit_grafana,
	&edit_ini,
	&edit_msmtprc,
	&edit_opensmtpd_secrets,
	&edit_php_ini,
	&edit_plain,
	&edit_properties,
	&edit_sasl_passwd,
	&edit_toml,
	&edit_json,
	&edit_php,
	&edit_xml,
	&edit_yaml,
	NULL,
};

/* A pair and where its old value stands, in the order of the text. */
struct place {
	const struct edit_pair *pair;
	struct edit_span span;
};

const struct edit_syntax *
edit_syntax_find(const char *name)
{
	for (size_t i = 0; edit_syntaxes[i] != NULL; i++)
		if (strcmp(edit_syntaxes[i]->name, name) == 0)
			return edit_syntaxes[i];
	return NULL;
}

enum ec
edit_get(const struct edit_syntax *s, const struct buf *text, const char *where,
    const char *key, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf value = BUF(ret->max);
	struct edit_span span;

	TRY(s->find(text, where, key, &span, e));
	TRY(s->decode(text, &span, &value, e));
	hand_over(&value, ret);
	return EC_OK;
}

static enum ec
locate(const struct edit_syntax *s, const struct buf *text, const char *where,
    const struct edit_pair *pairs, size_t n, struct place *places,
    struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct place new = { .pair = &pairs[i] };
		size_t at = i;

		TRY(s->find(text, where, pairs[i].key, &new.span, e));
		for (; at > 0 && places[at - 1].span.at > new.span.at; at--)
			places[at] = places[at - 1];
		places[at] = new;
		if (at > 0 && places[at - 1].span.at == new.span.at)
			return fail(e, EC_CONFIG,
			    "%s: %s is to hold two values", where,
			    pairs[i].key);
	}
	return EC_OK;
}

static enum ec
splice(const struct edit_syntax *s, const struct buf *text, const char *where,
    const struct place *places, size_t n, struct buf *out, struct err *e)
{
	const char *p = buf_str(text);
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		const struct edit_span *span = &places[i].span;

		TRY(buf_add(out, p + done, span->at - done, e));
		if (s->encode(span, places[i].pair->value, out, e) != EC_OK)
			return err_prefix(e, "%s:%u:%u: %s", where, span->line,
			    span->column, places[i].pair->key);
		done = span->at + span->len;
	}
	return buf_add(out, p + done, text->len - done, e);
}

/* The last line of defence: no text leaves here that says anything else. */
static enum ec
prove(const struct edit_syntax *s, const struct buf *text,
    const struct buf *out, const char *where, const struct edit_pair *pairs,
    size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(buf) struct buf v = BUF(out->max);

		TRY(edit_get(s, out, where, pairs[i].key, &v, e));
		if (strlen(pairs[i].value) != v.len ||
		    memcmp(buf_str(&v), pairs[i].value, v.len) != 0)
			return fail(e, EC_BUG,
			    "%s: %s would not read back as it was written",
			    where, pairs[i].key);
	}
	if (s->same != NULL)
		return s->same(text, out, where, pairs, n, e);
	return EC_OK;
}

enum ec
edit_set(const struct edit_syntax *s, const struct buf *text, const char *where,
    const struct edit_pair *pairs, size_t n, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf out = BUF(ret->max);
	struct place places[PAIRS_MAX];

	if (n > PAIRS_MAX)
		return fail(e, EC_BUG, "%zu values at once", n);
	TRY(locate(s, text, where, pairs, n, places, e));
	TRY(splice(s, text, where, places, n, &out, e));
	TRY(prove(s, text, &out, where, pairs, n, e));
	hand_over(&out, ret);
	return EC_OK;
}
