/*
 * store_dynamodb_words: what the operator said (holds, confirmations), and
 * small values of the program. Written without the lease. "Not held" is
 * believed only when as many holds are there as were written: a lost hold
 * could cost a key.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define ITEM_MAX ((size_t)512 * 1024)

/* How a kind of word stands in its item; the names of its attributes. */
static const struct form {
	const char *kind, *at, *by, *text; /* NULL: has none */
} forms[] = {
	[WORD_HOLD] = { "hold", "since", "by", "reason" },
	[WORD_CONFIRM] = { "confirm", "at", "by", NULL },
	[WORD_META] = { "meta", NULL, NULL, "value" },
};

/* Neither a client's name nor a key id has a blank. */
static enum ec
name_of(const struct dyn *d, const struct word *w, char ret[DYN_KEY_MAX],
    struct err *e)
{
	const int n = snprintf(ret, DYN_KEY_MAX, "%s%s%s", w->name,
	    w->key[0] != '\0' ? " " : "", w->key);

	if (n > 0 && n < DYN_KEY_MAX)
		return EC_OK;
	(void)fail(e, EC_LIMIT, "\"%.40s...\" is too long a name", w->name);
	(void)fix(e, "use a shorter one");
	return dyn_prefix(d, e);
}

static enum ec
sum_of(const struct word *w, const char *name, unsigned char ret[DYN_SUM],
    struct err *e)
{
	return dyn_sum(
	    ret, e, "ssiss", forms[w->kind].kind, name, w->at, w->by, w->text);
}

static enum ec
item_of(const struct word *w, const char *name, const char *write,
    struct buf *ret, struct err *e)
{
	const struct form *f = &forms[w->kind];
	unsigned char sum[DYN_SUM];

	TRY(sum_of(w, name, sum, e));
	TRY(dyn_begin(ret, f->kind, name, e));
	if (f->at != NULL)
		TRY(dyn_number(ret, f->at, w->at, e));
	if (f->by != NULL)
		TRY(dyn_text(ret, f->by, w->by, e));
	if (f->text != NULL)
		TRY(dyn_text(ret, f->text, w->text, e));
	TRY(dyn_text(ret, "write", write, e));
	TRY(dyn_add_sum(ret, "sum", sum, e));
	return buf_adds(ret, "}", e);
}

static enum ec
put(struct dyn *d, struct change *c, const struct word *w, enum condition cond,
    struct err *e)
{
	AUTO(buf) struct buf item = BUF(ITEM_MAX);
	char name[DYN_KEY_MAX];

	TRY(name_of(d, w, name, e));
	TRY(item_of(w, name, c->write, &item, e));
	change_proof(c, forms[w->kind].kind, name);
	return change_put(d, c, &item, cond, 0, e);
}

static enum ec
put_word(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	return put(d, c, arg, IF_ANY, e);
}

struct reading { /* one word and what its texts lie in */
	struct word word;
	struct buf name, by, text;
	char key[DYN_KEY_MAX];
};

#define READING                                                                \
	{                                                                      \
		.name = BUF(DYN_KEY_MAX), .by = BUF(DYN_TEXT_MAX),             \
		.text = BUF(DYN_BODY_MAX)                                      \
	}

static void
auto_reading(struct reading *r)
{
	buf_free(&r->name);
	buf_free(&r->by);
	buf_free(&r->text);
}

/* "CLIENT KEY" into its two. */
static void
split(struct reading *r)
{
	char *blank = strchr(r->name.p, ' ');

	if (r->word.kind != WORD_CONFIRM || blank == NULL)
		return;
	(void)snprintf(r->key, sizeof(r->key), "%s", blank + 1);
	buf_cut(&r->name, (size_t)(blank - r->name.p));
}

static enum ec
read_word(const struct dyn *d, const cJSON *item, enum word_kind kind,
    struct reading *r, struct err *e)
{
	const struct form *f = &forms[kind];
	unsigned char sum[DYN_SUM], want[DYN_SUM];

	r->word.kind = kind;
	TRY(dyn_get_text(d, item, "s", &r->name, e));
	if (f->at != NULL)
		TRY(dyn_get_number(d, item, f->at, &r->word.at, e));
	if (f->by != NULL)
		TRY(dyn_get_text(d, item, f->by, &r->by, e));
	if (f->text != NULL)
		TRY(dyn_get_text(d, item, f->text, &r->text, e));
	TRY(dyn_get_sum(d, item, "sum", want, e));
	r->word.by = buf_str(&r->by);
	r->word.text = buf_str(&r->text);
	TRY(sum_of(&r->word, buf_str(&r->name), sum, e));
	if (r->name.len == 0 || memcmp(sum, want, DYN_SUM) != 0)
		return dyn_damaged(d, e, "the %s of %.80s was altered", f->kind,
		    buf_str(&r->name));
	split(r);
	r->word.name = buf_str(&r->name);
	r->word.key = r->key;
	return EC_OK;
}

/* *ret false: there is none. Of w: kind, name, key. */
static enum ec
find(struct dyn *d, const struct word *w, struct reading *r, bool *ret,
    struct err *e)
{
	AUTO(json) cJSON *item = NULL;
	char name[DYN_KEY_MAX];

	TRY(name_of(d, w, name, e));
	TRY(dyn_get(d, forms[w->kind].kind, name, &item, e));
	*ret = item != NULL;
	return *ret ? read_word(d, item, w->kind, r, e) : EC_OK;
}

/* ---- holds ------------------------------------------------------------- */

struct hold_arg {
	struct word word;
	bool held;
};

static enum ec
set_hold(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	AUTO(reading) struct reading old = READING;
	const struct hold_arg *a = arg;
	bool there = false;

	TRY(find(d, &a->word, &old, &there, e));
	c->nothing = !there && !a->held;
	c->next.holds += (a->held ? 1 : 0) - (there ? 1 : 0);
	if (a->held)
		return put(d, c, &a->word, there ? IF_PRESENT : IF_ABSENT, e);
	return there ? change_drop(d, c, "hold", a->word.name, e) : EC_OK;
}

enum ec
dyn_hold_set(
    void *ctx, const char *identity, const struct hold *h, struct err *e)
{
	struct hold_arg a = {
		.word = { WORD_HOLD, identity, "", h->since, h->by, h->reason },
		.held = h->held,
	};

	return dyn_change(ctx, set_hold, &a, e);
}

enum ec
dyn_hold_get(void *ctx, const char *identity, struct hold *ret, struct err *e)
{
	AUTO(reading) struct reading r = READING;
	const struct word w = {
		.kind = WORD_HOLD, .name = identity, .key = ""
	};
	struct hold h = { .held = false };

	TRY(find(ctx, &w, &r, &h.held, e));
	if (h.held) {
		h.since = r.word.at;
		(void)snprintf(h.by, sizeof(h.by), "%s", r.word.by);
		(void)snprintf(h.reason, sizeof(h.reason), "%s", r.word.text);
	} else {
		TRY(root_verify(ctx, e));
	}
	*ret = h;
	return EC_OK;
}

/* ---- confirmations and values ------------------------------------------ */

enum ec
dyn_confirm_set(void *ctx, const char *client, const char *key_id, int64_t at,
    const char *by, struct err *e)
{
	struct word w = { WORD_CONFIRM, client, key_id, at, by, "" };

	return dyn_change(ctx, put_word, &w, e);
}

/* A confirmation that is lost is asked for again: no need to count. */
enum ec
dyn_confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e)
{
	AUTO(reading) struct reading r = READING;
	const struct word w = {
		.kind = WORD_CONFIRM, .name = client, .key = key_id
	};
	struct confirmation c = { .confirmed = false };

	TRY(find(ctx, &w, &r, &c.confirmed, e));
	if (c.confirmed) {
		c.at = r.word.at;
		(void)snprintf(c.by, sizeof(c.by), "%s", r.word.by);
	}
	*ret = c;
	return EC_OK;
}

enum ec
dyn_meta_get(void *ctx, const char *key, struct buf *ret, struct err *e)
{
	AUTO(reading) struct reading r = READING;
	const struct word w = { .kind = WORD_META, .name = key, .key = "" };
	bool there = false;

	TRY(find(ctx, &w, &r, &there, e));
	if (there)
		return buf_adds(ret, r.word.text, e);
	(void)fail(e, EC_GONE, "no \"%s\"", key);
	(void)fix(e, "it is set by the first run of rotate");
	return dyn_prefix(ctx, e);
}

enum ec
dyn_meta_set(void *ctx, const char *key, const char *value, struct err *e)
{
	struct word w = { WORD_META, key, "", 0, "", value };

	return dyn_change(ctx, put_word, &w, e);
}

/* ---- all of them ------------------------------------------------------- */

struct walk {
	enum word_kind kind;
	enum ec (*fn)(void *arg, const struct word *, struct err *);
	void *arg;
};

static enum ec
take_word(struct dyn *d, void *arg, const cJSON *item, struct err *e)
{
	AUTO(reading) struct reading r = READING;
	const struct walk *w = arg;

	TRY(read_word(d, item, w->kind, &r, e));
	return w->fn(w->arg, &r.word, e);
}

enum ec
dyn_words_of(struct dyn *d, enum word_kind kind,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	struct walk w = { .kind = kind, .fn = fn, .arg = arg };

	return dyn_each(d, forms[kind].kind, take_word, &w, e);
}

enum ec
dyn_words(void *ctx,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	TRY(root_verify(ctx, e));
	for (size_t k = 0; k < COUNT(forms); k++)
		TRY(dyn_words_of(ctx, (enum word_kind)k, fn, arg, e));
	return EC_OK;
}
