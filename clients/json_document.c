/*
 * json_document: see json_document.h. cJSON says whether the text is JSON at
 * all, without what people write into files beside it; where things stand in
 * it, the scanner of the edit syntax knows.
 */
#include "clients/json_document.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/json_scan.h"
#include "clients/hand_over.h"
#include "clients/json.h"

#define DRAFT_MAX ((size_t)2 * 1024 * 1024) /* more than any store takes */
#define WHERE     "its JSON"

/* Where a key leads. */
struct found {
	size_t node;  /* the value; TREE_NONE when there is none */
	size_t map;   /* the innermost object on the way to it */
	size_t depth; /* steps of the key that exist */
};

static enum ec
no_object(const char *key, struct err *e)
{
	(void)fail(
	    e, EC_CONFLICT, "the value is no JSON object with a key %s", key);
	return fix(e,
	    "make it one, such as {\"username\": \"\", \"password\": \"\"}, or "
	    "name the right keys");
}

static enum ec
path_of(bool flat, const char *key, struct edit_path *ret, struct err *e)
{
	if (!flat)
		return edit_path_parse(key, ret, e);
	ret->step[0] = key;
	ret->n = 1;
	return EC_OK;
}

static enum ec
find(const struct tree *t, const struct edit_path *path, const char *key,
    struct found *ret, struct err *e)
{
	struct edit_path one = { .n = 1 };

	*ret = (struct found){ .node = 0 };
	for (size_t i = 0; i < path->n; i++) {
		if (tree_at(t, ret->node)->kind != TREE_MAP)
			return no_object(key, e);
		ret->map = ret->node;
		one.step[0] = path->step[i];
		TRY(tree_look(t, &one, ret->map, 0, key, &ret->node, e));
		if (ret->node == TREE_NONE)
			return EC_OK;
		ret->depth = i + 1;
	}
	return EC_OK;
}

static enum ec
scan(struct tree *t, const char *key, struct err *e)
{
	AUTO(json) cJSON *j = json_parse(t->text);

	if (j == NULL && errno == ENOMEM)
		return fail_lib(e, EC_NOMEM, "no memory to read %s", key);
	if (!cJSON_IsObject(j))
		return no_object(key, e);
	return json_scan(t, e);
}

/* No byte of the value may be in the message. */
static enum ec
no_text(const char *key, struct err *e)
{
	(void)fail(e, EC_CONFLICT, "the value of key %s is no text", key);
	return fix(e,
	    "check that it is the right key, and put an empty text there by "
	    "hand: then the pair is written");
}

static bool
is_null(const struct tree *t, const struct tree_node *n)
{
	return n->kind == TREE_ODD && n->len == 4 &&
	    memcmp(buf_str(t->text) + n->at, "null", 4) == 0;
}

/* Adds the text behind key; nothing when absent or null. */
static enum ec
get_text(const struct json_document *d, const struct buf *text, const char *key,
    struct buf *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, WHERE);
	struct edit_path path = { .n = 0 };
	const struct tree_node *n;
	struct found f;
	enum ec ec;

	TRY(path_of(d->flat, key, &path, e));
	TRY(scan(&t, key, e));
	TRY(find(&t, &path, key, &f, e));
	if (f.node == TREE_NONE)
		return EC_OK;
	n = tree_at(&t, f.node);
	if (is_null(&t, n))
		return EC_OK;
	if (n->kind != TREE_TEXT)
		return no_text(key, e);
	ec = json_unescape(buf_str(text) + n->at + 1, n->len - 2, ret, e);
	TRY_MEMORY(ec);
	return ec == EC_OK ? EC_OK : no_text(key, e);
}

enum ec
json_document_get(const struct json_document *d, const struct buf *text,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(DRAFT_MAX);
	AUTO(buf) struct buf pass = BUF(DRAFT_MAX);

	TRY(get_text(d, text, d->username, &user, e));
	TRY(get_text(d, text, d->password, &pass, e));
	if (smtp_cred_from(buf_str(&user), user.len, buf_str(&pass), pass.len,
		ret, e) != EC_OK)
		return err_prefix(e, "%s and %s", d->username, d->password);
	return EC_OK;
}

static size_t
end_of(const struct tree *t, size_t i)
{
	const struct tree_node *n = tree_at(t, i);

	return n->kind == TREE_MAP || n->kind == TREE_LIST ? n->end
							   : n->at + n->len;
}

/* Where a member of a map could be added: behind its last one. *ret_first:
 * there is none. */
static size_t
room(const struct tree *t, size_t map, bool *ret_first)
{
	const size_t end = tree_at(t, map)->next;
	size_t at = tree_at(t, map)->at + 1;

	*ret_first = true;
	for (size_t i = map + 1; i < end; i = tree_at(t, i)->next) {
		at = end_of(t, i);
		*ret_first = false;
	}
	return at;
}

static enum ec
add_name(bool first, const char *name, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *key = cJSON_CreateString(name);

	TRY(buf_adds(ret, first ? "" : ",", e));
	TRY(json_print(key, ret, e));
	return buf_adds(ret, ":", e);
}

static enum ec
no_key(const struct json_document *d, const char *key, struct err *e)
{
	(void)fail(e, EC_GONE, "there is no key %s in the value", key);
	return fix(e, "add it, or name the right key%s",
	    d->create ? "" : "; create: true adds it");
}

/* value needs no escapes: client_cred_check() saw it. */
static enum ec
set_text(const struct json_document *d, const struct buf *text, const char *key,
    const char *value, struct buf *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, WHERE);
	AUTO(buf) struct buf out = BUF(ret->max);
	struct edit_path path = { .n = 0 };
	struct found f;
	size_t from, to;
	bool first = false;

	TRY(path_of(d->flat, key, &path, e));
	TRY(scan(&t, key, e));
	TRY(find(&t, &path, key, &f, e));
	if (f.node == TREE_NONE && (!d->create || f.depth + 1 < path.n))
		return no_key(d, key, e);
	if (f.node == TREE_NONE) {
		from = to = room(&t, f.map, &first);
	} else {
		from = tree_at(&t, f.node)->at;
		to = end_of(&t, f.node);
	}
	TRY(buf_add(&out, buf_str(text), from, e));
	if (f.node == TREE_NONE)
		TRY(add_name(first, path.step[path.n - 1], &out, e));
	TRY(buf_adds(&out, "\"", e));
	TRY(buf_adds(&out, value, e));
	TRY(buf_adds(&out, "\"", e));
	TRY(buf_add(&out, buf_str(text) + to, text->len - to, e));
	hand_over(&out, ret);
	return EC_OK;
}

/* What stands there now must be a pair too, or nothing: anything else is
 * somebody's, and plan() says so before a key is made. */
enum ec
json_document_put(const struct json_document *d, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf half = BUF(DRAFT_MAX);
	AUTO(buf) struct buf whole = BUF(DRAFT_MAX);
	AUTO(smtp_cred) struct smtp_cred was = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };

	TRY(json_document_get(d, text, &was, e));
	TRY(set_text(d, text, d->username, cred->user, &half, e));
	TRY(set_text(
	    d, &half, d->password, secret_reveal(cred->pass), &whole, e));
	TRY(json_document_get(d, &whole, &got, e));
	if (!smtp_cred_eq(&got, cred))
		return fail(e, EC_BUG, "the document would not hold the pair");
	if (whole.len > ret->max)
		return fail(e, EC_CONFIG,
		    "the value would have %zu bytes with the pair in it, and "
		    "%zu are allowed",
		    whole.len, ret->max);
	buf_cut(ret, 0);
	return buf_add(ret, whole.p, whole.len, e);
}

enum ec
json_document_part(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, WHERE);
	struct edit_path path = { .n = 0 };
	struct found f;
	size_t at;

	TRY(edit_path_parse(key, &path, e));
	TRY(scan(&t, key, e));
	TRY(find(&t, &path, key, &f, e));
	if (f.node == TREE_NONE)
		return fail(e, EC_GONE, "there is no key %s", key);
	at = tree_at(&t, f.node)->at;
	return buf_add(ret, buf_str(text) + at, end_of(&t, f.node) - at, e);
}

enum ec
json_document_check(const struct json_document *d, struct err *e)
{
	struct edit_path u, p;
	size_t same = 0;

	TRY(path_of(d->flat, d->username, &u, e));
	TRY(path_of(d->flat, d->password, &p, e));
	while (
	    same < u.n && same < p.n && strcmp(u.step[same], p.step[same]) == 0)
		same++;
	if (same == u.n || same == p.n)
		return fail(e, EC_CONFIG,
		    "username_key and password_key are in each other's way");
	return EC_OK;
}
