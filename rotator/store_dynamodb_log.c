/*
 * store_dynamodb_log: the event log. Each event holds the hash of the one
 * before it, and the root the hash of the last. The hash is SQLite's
 * (store_log.c), so a log that was moved ends in the same one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define EVENT_MAX ((size_t)512 * 1024)

static void
seq_name(int64_t seq, char ret[32])
{
	(void)snprintf(ret, 32, "%020" PRId64, seq);
}

static enum ec
too_long(const struct dyn *d, const struct event *ev, struct err *e)
{
	(void)fail(e, EC_LIMIT, "an event \"%.40s\" has more than %zu bytes",
	    ev->what, DYN_TEXT_MAX);
	(void)fix(e, "report this");
	return dyn_prefix(d, e);
}

static enum ec
item_of(const struct change *c, const struct event *ev, const char *text,
    const unsigned char hash[DYN_SUM], struct buf *ret, struct err *e)
{
	char name[32];

	seq_name(c->next.seq, name);
	TRY(dyn_begin(ret, "event", name, e));
	TRY(dyn_number(ret, "at", ev->at, e));
	TRY(dyn_text(
	    ret, "identity", ev->identity != NULL ? ev->identity : "", e));
	TRY(dyn_text(ret, "what", ev->what, e));
	TRY(dyn_text(ret, "text", text, e));
	TRY(dyn_add_sum(ret, "prev", c->next.hash, e));
	TRY(dyn_add_sum(ret, "hash", hash, e));
	TRY(dyn_text(ret, "write", c->write, e));
	return buf_adds(ret, "}", e);
}

enum ec
dyn_log(struct dyn *d, struct change *c, const struct event *ev, struct err *e)
{
	AUTO(buf) struct buf item = BUF(EVENT_MAX);
	const char *identity = ev->identity != NULL ? ev->identity : "";
	const char *text = ev->text != NULL ? ev->text : "";
	unsigned char hash[DYN_SUM];
	char name[32];

	if (strlen(text) > DYN_TEXT_MAX)
		return too_long(d, ev, e);
	c->next.seq++;
	TRY(dyn_sum(hash, e, "iisssb", c->next.seq, ev->at, identity, ev->what,
	    text, c->next.hash));
	TRY(item_of(c, ev, text, hash, &item, e));
	memcpy(c->next.hash, hash, DYN_SUM);
	seq_name(c->next.seq, name);
	change_proof(c, "event", name);
	return change_put(d, c, &item, IF_ABSENT, 0, e);
}

static enum ec
add(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	const struct event *ev = arg;

	return dyn_log(d, c, ev, e);
}

enum ec
dyn_note(void *ctx, const struct event *ev, struct err *e)
{
	struct event copy = *ev;

	return dyn_change(ctx, add, &copy, e);
}

/* ---- reading ----------------------------------------------------------- */

/* How far the chain is known to be good; and whom to tell, the second time. */
struct chain {
	int64_t seq;
	unsigned char hash[DYN_SUM];
	int64_t until; /* 0: all */
	const char *identity;
	enum ec (*fn)(void *arg, const struct event *, struct err *);
	void *arg;
};

struct page {
	struct event ev;
	struct buf identity, what, text;
};

static void
auto_page(struct page *p)
{
	buf_free(&p->identity);
	buf_free(&p->what);
	buf_free(&p->text);
}

static enum ec
bad_event(const struct dyn *d, int64_t seq, struct err *e)
{
	return dyn_damaged(d, e,
	    "event %" PRId64 " was altered, or one before it removed", seq);
}

static enum ec
read_event(struct dyn *d, const cJSON *item, struct page *p, struct err *e)
{
	TRY(dyn_get_number(d, item, "at", &p->ev.at, e));
	TRY(dyn_get_text(d, item, "identity", &p->identity, e));
	TRY(dyn_get_text(d, item, "what", &p->what, e));
	TRY(dyn_get_text(d, item, "text", &p->text, e));
	p->ev.identity = buf_str(&p->identity);
	p->ev.what = buf_str(&p->what);
	p->ev.text = buf_str(&p->text);
	return EC_OK;
}

static enum ec
follow(struct dyn *d, struct chain *c, const cJSON *item, const struct page *p,
    struct err *e)
{
	unsigned char prev[DYN_SUM], hash[DYN_SUM], sum[DYN_SUM];
	char name[32], got[DYN_KEY_MAX];

	seq_name(c->seq + 1, name);
	TRY(dyn_get_str(d, item, "s", got, sizeof(got), e));
	TRY(dyn_get_sum(d, item, "prev", prev, e));
	TRY(dyn_get_sum(d, item, "hash", hash, e));
	TRY(dyn_sum(sum, e, "iisssb", c->seq + 1, p->ev.at, p->ev.identity,
	    p->ev.what, p->ev.text, prev));
	if (strcmp(got, name) != 0 || memcmp(prev, c->hash, DYN_SUM) != 0 ||
	    memcmp(hash, sum, DYN_SUM) != 0)
		return bad_event(d, c->seq + 1, e);
	memcpy(c->hash, hash, DYN_SUM);
	c->seq++;
	return EC_OK;
}

static enum ec
take_event(struct dyn *d, void *arg, const cJSON *item, struct err *e)
{
	AUTO(page)
	struct page p = {
		.identity = BUF(DYN_TEXT_MAX + 1),
		.what = BUF(DYN_TEXT_MAX + 1),
		.text = BUF(DYN_TEXT_MAX + 1),
	};
	struct chain *c = arg;

	if (c->until != 0 && c->seq >= c->until)
		return EC_OK;
	TRY(read_event(d, item, &p, e));
	TRY(follow(d, c, item, &p, e));
	p.ev.seq = (uint64_t)c->seq;
	if (c->fn == NULL ||
	    (c->identity != NULL && strcmp(c->identity, p.ev.identity) != 0))
		return EC_OK;
	return c->fn(c->arg, &p.ev, e);
}

/* Up to the end as it was; what is added meanwhile is not asked for. */
enum ec
dyn_history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e)
{
	struct dyn *d = ctx;
	struct chain all = { .seq = 0 };
	struct chain again = { .identity = identity, .fn = fn, .arg = arg };
	struct root end;

	d->whole = false; /* asked for explicitly: look again */
	TRY(root_verify(d, e));
	end = d->root;
	if (end.seq == 0)
		return EC_OK;
	all.until = again.until = end.seq;
	TRY(dyn_each(d, "event", take_event, &all, e));
	if (all.seq != end.seq || memcmp(all.hash, end.hash, DYN_SUM) != 0)
		return bad_event(d, all.seq + 1, e);
	return dyn_each(d, "event", take_event, &again, e);
}
