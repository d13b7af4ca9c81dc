/*
 * store_dynamodb_all: every record and every hold, page by page: a request for
 * a megabyte of them, not one for each. They are counted on the way, and when
 * that is not what the root says, root_verify() finds out whether something is
 * missing or somebody writes just now.
 */
#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

struct telling {
	enum ec (*row)(void *arg, const struct store_row *, struct err *);
	enum ec (*hold)(void *arg, const struct word *, struct err *);
	void *arg;
	int64_t records, holds;
};

static enum ec
tell_record(struct dyn *d, void *arg, const cJSON *item, struct err *e)
{
	AUTO(buf) struct buf body = BUF(DYN_BODY_MAX);
	struct dyn_record r = { .version = 0 };
	struct telling *t = arg;
	char name[NAME_MAX_];
	struct store_row row = { .identity = name };

	TRY(dyn_get_str(d, item, "s", name, sizeof(name), e));
	TRY(dyn_record(d, item, name, &r, &body, e));
	row.version = (uint64_t)r.version;
	row.state = r.state;
	row.next_at = r.next_at;
	row.body = buf_str(&body);
	t->records++;
	return t->row(t->arg, &row, e);
}

static enum ec
tell_hold(void *arg, const struct word *w, struct err *e)
{
	struct telling *t = arg;

	t->holds++;
	return t->hold(t->arg, w, e);
}

enum ec
dyn_all(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	struct telling t = { .row = row, .hold = hold, .arg = arg };
	struct dyn *d = ctx;

	TRY(root_read(d, e));
	TRY(dyn_each(d, "record", tell_record, &t, e));
	TRY(dyn_words_of(d, WORD_HOLD, tell_hold, &t, e));
	if (t.records == d->root.records && t.holds == d->root.holds)
		return EC_OK;
	d->whole = false;
	return root_verify(d, e);
}
