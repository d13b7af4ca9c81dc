/*
 * quiet: see quiet.h.
 *
 * A timer starts the program a hundred times for each time that something is
 * due. To learn that nothing is, the configuration must be read and each row
 * of the store be looked at: a tenth of a second and more for ten thousand
 * identities. So a run that has done all that and found nothing keeps one
 * small value in the store:
 *
 *   DIGEST FROM UNTIL CLASS
 *
 * DIGEST is over everything that answer was drawn from:
 *   - program, user, files and state directory, as unread.h says;
 *   - the store's mark: another one after any change of any record, hold or
 *     event, whoever made it, so after each command that changes something;
 *   - FROM, UNTIL and CLASS.
 * A later run with the same digest would read the same files and the same
 * rows. The one thing left to compare is the clock: not before FROM (a clock
 * that was set back may make a row's time one that is not believed, see
 * rotation_is_due()), and before UNTIL, which is the earliest time in any row,
 * but never later than a day after FROM: what does not show in files and rows,
 * such as a damaged page of the database, is found by then.
 */
#include "rotator/quiet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"

#define VALUE_MAX 256

/* Anything else than what a timer asks is about more than what is due. */
static bool
is_plain(const struct args *a)
{
	return a->identities[0] == NULL && !a->force && !a->wait && !a->dry_run;
}

struct answer {
	int64_t from, until;
	enum ec ec;
};

static enum ec
value_of(const struct quiet *q, const char *state, const char *mark,
    const struct answer *an, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf more = BUF((size_t)2 * VALUE_MAX);
	char sum[UNREAD_SUM];

	TRY(buf_addf(&more, e, "%s\n%" PRId64 " %" PRId64 " %s\n", mark,
	    an->from, an->until, ec_name(an->ec)));
	TRY(unread_sum(&q->seen, state, more.p, sum, e));
	return buf_addf(ret, e, "%s %" PRId64 " %" PRId64 " %s", sum, an->from,
	    an->until, ec_name(an->ec));
}

/* ---- looking ----------------------------------------------------------- */

static bool
answer_read(const char *value, struct answer *ret)
{
	static const enum ec ways[] = { EC_OK, EC_LATER };
	char *end;

	if (strlen(value) < 65)
		return false;
	errno = 0;
	ret->from = strtoll(value + 64, &end, 10);
	ret->until = strtoll(end, &end, 10);
	for (size_t i = 0; errno == 0 && *end == ' ' && i < COUNT(ways); i++) {
		ret->ec = ways[i];
		if (strcmp(end + 1, ec_name(ways[i])) == 0)
			return true;
	}
	return false;
}

static enum ec
look_store(
    const struct quiet *q, struct answer *an, bool *ret_same, struct err *e)
{
	AUTO(buf) struct buf mark = BUF(VALUE_MAX);
	AUTO(buf) struct buf kept = BUF(VALUE_MAX);
	AUTO(buf) struct buf mine = BUF(VALUE_MAX);

	TRY(store_sqlite_glance(q->seen.state, QUIET_KEY, &mark, &kept, e));
	if (!answer_read(buf_str(&kept), an))
		return EC_OK;
	TRY(value_of(q, q->seen.state, buf_str(&mark), an, &mine, e));
	*ret_same = strcmp(buf_str(&kept), buf_str(&mine)) == 0;
	return EC_OK;
}

bool
quiet_look(const struct app *a, int64_t now, struct quiet *q, enum ec *ret)
{
	struct answer an = { .ec = EC_OK };
	bool same = false;
	struct err e;

	unread_look(a->args->config, now, &q->seen);
	q->asked = q->seen.seen && is_plain(a->args);
	if (!q->asked || look_store(q, &an, &same, &e) != EC_OK || !same)
		return false;
	*ret = an.ec;
	return now >= an.from && now < an.until;
}

/* ---- keeping ----------------------------------------------------------- */

struct sum {
	const struct config *config;
	int64_t now, until;
	size_t n; /* configured identities that have a row */
	bool due;
};

/* A row of somebody who left the configuration asks for nothing. */
static enum ec
add_row(void *arg, const struct store_row *row, struct err *e)
{
	struct sum *s = arg;
	const struct identity_conf *id =
	    config_identity(s->config, row->identity);

	(void)e;
	if (id == NULL)
		return EC_OK;
	s->n++;
	s->due |= rotation_is_due(id, row->state, row->next_at, s->now);
	if (row->next_at < s->until)
		s->until = row->next_at;
	return EC_OK;
}

/* The mark before the rows: whatever changes meanwhile makes it an old one. */
static enum ec
keep(struct app *a, const struct quiet *q, enum ec ec, struct err *e)
{
	struct store *st = &a->store;
	AUTO(buf) struct buf mark = BUF(VALUE_MAX);
	AUTO(buf) struct buf value = BUF(VALUE_MAX);
	struct sum s = { .config = a->config,
		.now = q->seen.now,
		.until = q->seen.now + QUIET_LONGEST_MS };
	struct answer an = { .from = q->seen.now, .ec = ec };

	TRY(st->mark(st->ctx, &mark, e));
	TRY(st->each(st->ctx, INT64_MAX, add_row, &s, e));
	if (s.due || s.n != a->config->n_identities)
		return EC_OK;
	an.until = s.until;
	TRY(value_of(q, a->config->state, buf_str(&mark), &an, &value, e));
	return st->meta_set(st->ctx, QUIET_KEY, buf_str(&value), e);
}

enum ec
quiet_keep(struct app *a, const struct quiet *q, enum ec ended, struct err *e)
{
	if (!q->asked || (ended != EC_OK && ended != EC_LATER) ||
	    a->config == NULL || a->store.ctx == NULL ||
	    a->store.mark == NULL || !unread_lasts(&q->seen))
		return EC_OK;
	return keep(a, q, ended, e);
}
