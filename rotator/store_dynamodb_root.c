/*
 * store_dynamodb_root: the one item that every write replaces: end of the
 * event log, how many records and holds there are, and the lease.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define NUMBER(field)                                                          \
	{                                                                      \
		.attribute = #field, .number = offsetof(struct root, field)    \
	}
#define STRING(name, field)                                                    \
	{                                                                      \
		.attribute = (name), .text = offsetof(struct root, field),     \
		.size = sizeof(((struct root *)NULL)->field)                   \
	}

/* Its attributes but the sums; size 0: a number. */
static const struct field {
	const char *attribute;
	size_t number, text, size;
} fields[] = {
	NUMBER(rev),
	STRING("write", write),
	NUMBER(seq),
	NUMBER(records),
	NUMBER(holds),
	NUMBER(fence),
	NUMBER(beat),
	NUMBER(since),
	NUMBER(ttl),
	STRING("session", session),
	STRING("host", owner.host),
	STRING("boot", owner.boot),
	STRING("space", owner.space),
	{ .attribute = "pid", .number = offsetof(struct root, owner.pid) },
	{ .attribute = "started",
	    .number = offsetof(struct root, owner.started) },
};

static int64_t
number_at(const struct root *r, size_t offset)
{
	int64_t v;

	memcpy(&v, (const char *)r + offset, sizeof(v));
	return v;
}

static enum ec
sum_of(const struct root *r, unsigned char ret[DYN_SUM], struct err *e)
{
	const struct owner *o = &r->owner;

	return dyn_sum(ret, e, "iisibiiiiiissssii", (int64_t)DYN_FORMAT, r->rev,
	    r->write, r->seq, r->hash, r->records, r->holds, r->fence, r->beat,
	    r->since, r->ttl, r->session, o->host, o->boot, o->space, o->pid,
	    o->started);
}

enum ec
root_item(const struct root *r, struct buf *ret, struct err *e)
{
	unsigned char sum[DYN_SUM];

	TRY(sum_of(r, sum, e));
	TRY(dyn_begin(ret, "root", "root", e));
	TRY(dyn_number(ret, "format", DYN_FORMAT, e));
	for (const struct field *f = fields; f < fields + COUNT(fields); f++)
		TRY(f->size == 0 ? dyn_number(ret, f->attribute,
				       number_at(r, f->number), e)
				 : dyn_text(ret, f->attribute,
				       (const char *)r + f->text, e));
	TRY(dyn_add_sum(ret, "hash", r->hash, e));
	TRY(dyn_add_sum(ret, "sum", sum, e));
	return buf_adds(ret, "}", e);
}

static enum ec
get_fields(
    const struct dyn *d, const cJSON *item, struct root *ret, struct err *e)
{
	for (const struct field *f = fields; f < fields + COUNT(fields); f++) {
		int64_t v = 0;

		if (f->size != 0) {
			TRY(dyn_get_str(d, item, f->attribute,
			    (char *)ret + f->text, f->size, e));
			continue;
		}
		TRY(dyn_get_number(d, item, f->attribute, &v, e));
		memcpy((char *)ret + f->number, &v, sizeof(v));
	}
	return EC_OK;
}

static enum ec
newer(const struct dyn *d, int64_t format, struct err *e)
{
	(void)fail(e, EC_DAMAGED,
	    "its format is %" PRId64 ", this program knows %d", format,
	    DYN_FORMAT);
	(void)fix(e, "install the release that wrote it, or a later one");
	return dyn_prefix(d, e);
}

static enum ec
take(const struct dyn *d, const cJSON *item, struct root *ret, struct err *e)
{
	unsigned char sum[DYN_SUM], want[DYN_SUM];
	int64_t format = 0;

	TRY(dyn_get_number(d, item, "format", &format, e));
	if (format != DYN_FORMAT)
		return newer(d, format, e);
	TRY(get_fields(d, item, ret, e));
	TRY(dyn_get_sum(d, item, "hash", ret->hash, e));
	TRY(dyn_get_sum(d, item, "sum", want, e));
	TRY(sum_of(ret, sum, e));
	return memcmp(sum, want, DYN_SUM) == 0
	    ? EC_OK
	    : dyn_damaged(d, e, "the root item was altered");
}

enum ec
root_read(struct dyn *d, struct err *e)
{
	AUTO(json) cJSON *item = NULL;
	struct root r = { .rev = 0 };

	d->fresh = false;
	TRY(dyn_get(d, "root", "root", &item, e));
	if (item == NULL) {
		(void)fail(e, EC_CONFIG, "holds no state of ours");
		(void)fix(e, "rotate store init");
		return dyn_prefix(d, e);
	}
	TRY(take(d, item, &r, e));
	d->root = r;
	d->fresh = true;
	return EC_OK;
}

static const struct tally {
	const char *kind;
	size_t count;
} tallies[] = {
	{ "record", offsetof(struct root, records) },
	{ "hold", offsetof(struct root, holds) },
};

#define LOOKS 5

/* Somebody may write between two looks: then it is looked at again. */
enum ec
root_verify(struct dyn *d, struct err *e)
{
	int64_t there[COUNT(tallies)] = { 0 }, want = 0;
	size_t bad = 0;

	if (d->whole)
		return EC_OK;
	for (int n = 0; n < LOOKS; n++) {
		int64_t rev;

		TRY(root_read(d, e));
		rev = d->root.rev;
		for (size_t i = 0; i < COUNT(tallies); i++)
			TRY(dyn_count(d, tallies[i].kind, &there[i], e));
		for (bad = 0; bad < COUNT(tallies); bad++) {
			want = number_at(&d->root, tallies[bad].count);
			if (there[bad] != want)
				break;
		}
		d->whole = bad == COUNT(tallies);
		if (d->whole)
			return EC_OK;
		TRY(root_read(d, e));
		if (d->root.rev == rev)
			return dyn_damaged(d, e,
			    "%" PRId64 " items of kind %s are there, %" PRId64
			    " were written",
			    there[bad], tallies[bad].kind, want);
	}
	(void)fail(e, EC_TEMP, "it changes faster than it can be counted");
	(void)fix(e, "run again");
	return dyn_prefix(d, e);
}
