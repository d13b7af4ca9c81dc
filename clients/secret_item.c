/* secret_item: see secret_item.h. */
#include "clients/secret_item.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define MARK          "managed-by"
#define MARK_VALUE    "ses-smtp-rotator"
#define MARK_CLIENT   "rotator-client"
#define ATTRIBUTE_MAX 256
#define VALUE_MAX     ((size_t)4096)
#define NAMES_MAX     ((size_t)16) /* attributes of the operator */
#define PAIR_USER     "username="
#define PAIR_PASSWORD "password="

/* name, value, ..., NULL; borrows its strings. */
struct list {
	const char *p[2 * (NAMES_MAX + 3) + 1];
	size_t n;
};

static void
add(struct list *l, const char *name, const char *value)
{
	l->p[l->n++] = name;
	l->p[l->n++] = value;
	l->p[l->n] = NULL;
}

static void
wanted(const struct secret_item *s, const struct client *c, struct list *ret)
{
	ret->n = 0;
	if (s->attributes == NULL || s->attributes[0] == NULL) {
		add(ret, "host", c->smtp.host);
		add(ret, "service", "smtp");
		return;
	}
	for (size_t i = 0; s->attributes[i] != NULL; i += 2)
		add(ret, s->attributes[i], s->attributes[i + 1]);
}

enum ec
secret_item_check(const struct secret_item *s, struct err *e)
{
	const char *const reserved[] = { MARK, MARK_CLIENT, s->user_attribute };
	size_t n = 0;

	for (; s->attributes != NULL && s->attributes[n] != NULL; n += 2)
		for (size_t i = 0; i < COUNT(reserved); i++)
			if (strcmp(s->attributes[n], reserved[i]) == 0)
				return fail(e, EC_CONFIG,
				    "attributes: \"%s\" is set by rotate",
				    reserved[i]);
	if (n > 2 * NAMES_MAX)
		return fail(
		    e, EC_CONFIG, "attributes: more than %zu", NAMES_MAX);
	return EC_OK;
}

enum owner { OWNER_US, OWNER_OTHER_CLIENT, OWNER_NOBODY };

static enum owner
owner(const struct client *c, const struct keyring *k, size_t i)
{
	char value[ATTRIBUTE_MAX];

	if (!keyring_attribute(k, i, MARK, value, sizeof(value)) ||
	    strcmp(value, MARK_VALUE) != 0)
		return OWNER_NOBODY;
	(void)keyring_attribute(k, i, MARK_CLIENT, value, sizeof(value));
	return strcmp(value, c->name) == 0 ? OWNER_US : OWNER_OTHER_CLIENT;
}

static bool
belongs(const struct secret_item *s, const struct client *c,
    const struct keyring *k, size_t i)
{
	enum owner o = owner(c, k, i);

	return o == OWNER_US ||
	    (o == OWNER_NOBODY && s->others == OTHERS_REPLACE);
}

enum ec
secret_item_find(const struct secret_item *s, const struct client *c,
    struct keyring *k, struct err *e)
{
	char text[160];
	struct list l;

	wanted(s, c, &l);
	TRY(keyring_find(k, l.p, e));
	for (size_t i = 0; i < keyring_count(k); i++) {
		if (s->others == OTHERS_IGNORE || belongs(s, c, k, i))
			continue;
		secret_item_text(s, c, text, sizeof(text));
		(void)fail(e, EC_CONFLICT,
		    "keyring: %s also finds an item that is not of this client",
		    text);
		return fix(e,
		    "set others: replace when it is the one to be rotated, "
		    "others: ignore when the program looks up with the user "
		    "name, or give this client an attribute of its own");
	}
	return EC_OK;
}

/* Is item i what write() of this user leaves behind? */
static bool
current(const struct secret_item *s, const struct client *c,
    const struct keyring *k, size_t i, const char *user)
{
	char value[ATTRIBUTE_MAX];
	bool has =
	    keyring_attribute(k, i, s->user_attribute, value, sizeof(value));

	return owner(c, k, i) == OWNER_US && keyring_inside(k, i) &&
	    (s->content == CONTENT_PAIR ? !has
					: has && strcmp(value, user) == 0);
}

static enum ec
compose(const struct secret_item *s, const struct smtp_cred *cred,
    struct buf *ret, struct err *e)
{
	if (s->content == CONTENT_PAIR) {
		TRY(buf_adds(ret, PAIR_USER, e));
		TRY(buf_adds(ret, cred->user, e));
		TRY(buf_adds(ret, "\n" PAIR_PASSWORD, e));
	}
	TRY(buf_add(ret, secret_reveal(cred->pass), secret_len(cred->pass), e));
	return s->content == CONTENT_PAIR ? buf_adds(ret, "\n", e) : EC_OK;
}

/* The rest of the line that begins with name; NULL: there is none. */
static const char *
line_of(const char *text, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	while (strncmp(text, name, n) != 0) {
		text = strchr(text, '\n');
		if (text == NULL)
			return NULL;
		text++;
	}
	*ret_len = strcspn(text + n, "\n");
	return text + n;
}

static enum ec
parse_pair(const char *text, struct smtp_cred *ret, struct err *e)
{
	size_t nu = 0, np = 0;
	const char *user = line_of(text, PAIR_USER, &nu);
	const char *pass = line_of(text, PAIR_PASSWORD, &np);

	if (user == NULL || pass == NULL || np == 0 || nu >= KEY_ID_MAX)
		return EC_OK;
	TRY(secret_new(pass, np, &ret->pass, e));
	(void)snprintf(ret->user, sizeof(ret->user), "%.*s", (int)nu, user);
	return EC_OK;
}

/* ret is empty before. */
static enum ec
read_one(const struct secret_item *s, const struct keyring *k, size_t i,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf value = BUF(VALUE_MAX);

	TRY(keyring_value(k, i, &value, e));
	if (s->content == CONTENT_PAIR)
		return parse_pair(buf_str(&value), ret, e);
	if (value.len > 0)
		TRY(secret_new(value.p, value.len, &ret->pass, e));
	(void)keyring_attribute(
	    k, i, s->user_attribute, ret->user, sizeof(ret->user));
	return EC_OK;
}

enum ec
secret_item_read(const struct secret_item *s, const struct client *c,
    const struct keyring *k, struct smtp_cred *ret, struct err *e)
{
	struct smtp_cred cred = { .pass = NULL };
	size_t found = 0, which = 0;

	for (size_t i = 0; i < keyring_count(k); i++)
		if (belongs(s, c, k, i)) {
			which = i;
			found++;
		}
	if (found == 1)
		TRY(read_one(s, k, which, &cred, e));
	*ret = cred;
	return EC_OK;
}

static bool
has_value(const struct keyring *k, size_t i, const struct buf *value)
{
	AUTO(buf) struct buf got = BUF(VALUE_MAX);
	struct err e;

	return keyring_value(k, i, &got, &e) == EC_OK &&
	    got.len == value->len &&
	    memcmp(buf_str(&got), buf_str(value), got.len) == 0;
}

/*
 * Deletes all but the item that was stored. With content=pair more than one
 * may look like it: what a daemon replaces is any item with at least these
 * attributes (GNOME Keyring 42), so that what a killed run left is replaced
 * and the former item stays.
 */
static enum ec
clean(const struct secret_item *s, const struct client *c, struct keyring *k,
    const char *user, const struct buf *value, struct err *e)
{
	size_t keep = 0;

	TRY(secret_item_find(s, c, k, e));
	while (keep < keyring_count(k) &&
	    (!current(s, c, k, keep, user) || !has_value(k, keep, value)))
		keep++;
	if (keep == keyring_count(k))
		return fail(e, EC_CONFLICT, "keyring: it is not found again");
	for (size_t i = 0; i < keyring_count(k); i++)
		if (i != keep && belongs(s, c, k, i))
			TRY(keyring_delete(k, i, e));
	return EC_OK;
}

enum ec
secret_item_write(const struct secret_item *s, const struct client *c,
    struct keyring *k, const struct smtp_cred *cred, struct err *e)
{
	AUTO(buf) struct buf value = BUF(VALUE_MAX);
	struct list l;

	wanted(s, c, &l);
	add(&l, MARK, MARK_VALUE);
	add(&l, MARK_CLIENT, c->name);
	if (s->content == CONTENT_PASSWORD)
		add(&l, s->user_attribute, cred->user);
	TRY(compose(s, cred, &value, e));
	TRY(keyring_store(k, l.p, s->label, &value, e));
	if (clean(s, c, k, cred->user, &value, e) == EC_OK)
		return EC_OK;
	(void)err_prefix(e, "stored, but the old item may still be there");
	e->ec = EC_UNKNOWN;
	return e->ec;
}

void
secret_item_text(
    const struct secret_item *s, const struct client *c, char *ret, size_t size)
{
	struct list l;
	size_t at = 0;

	wanted(s, c, &l);
	ret[0] = '\0';
	for (size_t i = 0; i < l.n && at < size; i += 2)
		at += (size_t)snprintf(ret + at, size - at, "%s%s=%s",
		    i > 0 ? " " : "", l.p[i], l.p[i + 1]);
}
