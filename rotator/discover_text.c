/*
 * discover_text: a place as an entry of clients:. What is guessed, and what a
 * person must add, stands in comments. Whatever a file is called, it cannot
 * write a line of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/json.h"
#include "rotator/discover.h"
#include "rotator/out_p.h"

/* A word that YAML takes for itself; else in quotes, which JSON and YAML
 * share. */
static enum ec
add_value(struct buf *b, const char *text, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
	AUTO(json) cJSON *j = NULL;

	if (*text != '\0' && strchr("-.", *text) == NULL &&
	    strspn(text, plain) == strlen(text))
		return buf_adds(b, text, e);
	j = cJSON_CreateString(text);
	return json_print(j, b, e);
}

static enum ec
add_key(struct buf *b, const char *key, const char *value, struct err *e)
{
	TRY(buf_addf(b, e, "    %s: ", key));
	TRY(add_value(b, value, e));
	return buf_adds(b, "\n", e);
}

/* Whose it is, or must be. */
static const struct identity_conf *
identity_of(const struct discover *d, const struct discover_place *p)
{
	if (p->known != NULL && p->known->identity != NULL)
		return p->known->identity;
	if (d->config != NULL && d->config->n_identities == 1)
		return &d->config->identities[0];
	return NULL;
}

static enum ec
add_region(struct buf *b, const struct discover_place *p,
    const struct identity_conf *id, struct err *e)
{
	const char *const *r = id != NULL ? id->regions : NULL;
	char region[REGION_MAX];

	discover_region(p->host, region);
	if (region[0] == '\0')
		return r != NULL && r[1] == NULL
		    ? EC_OK
		    : buf_adds(b, "    # region: which of the identity's\n", e);
	for (size_t i = 0; r != NULL && r[i] != NULL; i++)
		if (strcmp(r[i], region) == 0)
			return r[1] == NULL ? EC_OK
					    : add_key(b, "region", region, e);
	if (r == NULL)
		return add_key(b, "region", region, e);
	return buf_addf(b, e,
	    "    # %s is not among the regions of %s: add it there, and here\n"
	    "    # region: %s\n",
	    p->host, id->name, region);
}

static enum ec
add_identity(struct buf *b, const struct discover *d,
    const struct discover_place *p, struct err *e)
{
	const struct identity_conf *id = identity_of(d, p);

	if (id == NULL)
		TRY(buf_adds(
		    b, "    # identity: whose credential this is\n", e));
	else
		TRY(buf_addf(b, e, "    identity: %s%s\n", id->name,
		    p->known != NULL && p->known->identity == id
			? ""
			: "  # guessed: the only one"));
	return add_region(b, p, id, e);
}

static enum ec
add_note(struct buf *b, const char *note, struct err *e)
{
	AUTO(free) char *text = out_text_escape(note);

	return buf_addf(b, e, "    # %s\n", text != NULL ? text : "?");
}

static enum ec
add_options(struct buf *b, const struct discover_place *p, struct err *e)
{
	const cJSON *options =
	    cJSON_GetObjectItemCaseSensitive(p->driver, "options");
	const char *type = json_text(p->driver, "type");

	TRY(add_key(b, "type", type, e));
	for (const cJSON *o = options->child; o != NULL; o = o->next)
		TRY(add_key(b, o->string, o->valuestring, e));
	if (p->also[0] != '\0')
		TRY(buf_addf(b, e,
		    "    # guessed: format; it also reads as %s\n", p->also));
	if (p->note[0] != '\0')
		TRY(add_note(b, p->note, e));
	if (strcmp(type, "file") != 0)
		return EC_OK;
	return buf_adds(b,
	    "    # activate: [systemctl, reload, ...]  what makes the program "
	    "read it again\n",
	    e);
}

const char *
discover_why(const struct discover_place *p)
{
	return p->no_pass
	    ? "no SES password stands beside it; perhaps in another file: see "
	      "username_path in rotate-clients(5)"
	    : "no format finds it by a key; perhaps a template, exec or "
	      "manual: see rotate-clients(5)";
}

enum ec
discover_client_text(const struct discover *d, const struct discover_place *p,
    struct buf *ret, struct err *e)
{
	AUTO(free) char *path = out_text_escape(p->path);

	TRY(buf_addf(ret, e, "  # %s:%u: %s, %s\n", path != NULL ? path : "?",
	    p->line, p->id,
	    p->known != NULL ? p->known->role : "of nobody known here"));
	if (p->driver == NULL)
		return buf_addf(
		    ret, e, "  # not recognised: %s\n", discover_why(p));
	TRY(buf_addf(ret, e, "  - name: %s  # guessed\n", p->name));
	TRY(add_identity(ret, d, p, e));
	return add_options(ret, p, e);
}
