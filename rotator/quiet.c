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
 *   - the program's version, and the user it ran as;
 *   - of the main file, the directory of drop-ins and each name in it: device,
 *     inode, mode, owner, size, and both times to the nanosecond, taken before
 *     they were read;
 *   - the state directory, as the configuration names it;
 *   - the store's mark: another one after any change of any record, hold or
 *     event, whoever made it, so after each command that changes something;
 *   - FROM, UNTIL and CLASS.
 * A later run with the same digest would read the same files and the same
 * rows. The one thing left to compare is the clock: not before FROM (a clock
 * that was set back may make a row's time one that is not believed, see
 * rotation_is_due()), and before UNTIL, which is the earliest time in any row,
 * but never later than a day after FROM: what does not show in files and rows,
 * such as a damaged page of the database, is found by then.
 *
 * Two changes of a file within one tick of its file system's clock look like
 * one. So nothing is kept while a file's last change is younger than that
 * (the answer of git to the same question: Documentation/technical/
 * racy-git.txt).
 *
 * Where the store is stands in the configuration, which is not to be read.
 * config_state_guess() may be wrong without harm: in another directory there
 * is no value with this digest, because the digest has the directory that the
 * very same files were found to name when they were read.
 *
 * It does not matter who could write the value: it lies in our own directory,
 * beside the records themselves.
 */
#include "rotator/quiet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/clock.h"

#define KEY       "quiet"
#define VALUE_MAX 256
#define TEXT_MAX  ((size_t)8192)

/* Anything else than what a timer asks is about more than what is due. */
static bool
is_plain(const struct args *a)
{
	return a->identities[0] == NULL && !a->force && !a->wait && !a->dry_run;
}

static enum ec
digest(const char *p, size_t n, char ret[65], struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	errno = 0;
	if (EVP_Digest(p, n, md, &len, EVP_sha256(), NULL) != 1)
		return fail_lib(e, EC_BUG, "SHA-256 does not work");
	for (unsigned int i = 0; i < 32; i++)
		(void)snprintf(ret + (size_t)2 * i, 3, "%02x", md[i]);
	return EC_OK;
}

struct answer {
	int64_t from, until;
	enum ec ec;
};

static enum ec
value_of(const struct quiet *q, const char *state, const char *mark,
    const struct answer *an, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(TEXT_MAX);
	char all[65];

	TRY(buf_addf(&b, e, "%s\n%u\n%s\n%s\n%s\n%" PRId64 " %" PRId64 " %s\n",
	    VERSION, (unsigned)geteuid(), q->files, state, mark, an->from,
	    an->until, ec_name(an->ec)));
	TRY(digest(b.p, b.len, all, e));
	return buf_addf(ret, e, "%s %" PRId64 " %" PRId64 " %s", all, an->from,
	    an->until, ec_name(an->ec));
}

/* ---- looking ----------------------------------------------------------- */

static enum ec
look_files(const char *path, struct quiet *q, struct err *e)
{
	AUTO(buf) struct buf state = BUF(sizeof(q->state) - 1);
	struct config_stamp s = CONFIG_STAMP_INIT;
	enum ec ec = config_stamp(path, &s, e);

	if (ec == EC_OK)
		ec = digest(buf_str(&s.text), s.text.len, q->files, e);
	q->changed = s.changed;
	buf_free(&s.text);
	TRY(ec);
	TRY(config_state_guess(path, &state, e));
	(void)snprintf(q->state, sizeof(q->state), "%s", buf_str(&state));
	return EC_OK;
}

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

	TRY(store_sqlite_glance(q->state, KEY, &mark, &kept, e));
	if (!answer_read(buf_str(&kept), an))
		return EC_OK;
	TRY(value_of(q, q->state, buf_str(&mark), an, &mine, e));
	*ret_same = strcmp(buf_str(&kept), buf_str(&mine)) == 0;
	return EC_OK;
}

bool
quiet_look(const struct app *a, int64_t now, struct quiet *q, enum ec *ret)
{
	struct answer an = { .ec = EC_OK };
	bool same = false;
	struct err e;

	memset(q, 0, sizeof(*q));
	q->now = now;
	q->asked =
	    is_plain(a->args) && look_files(a->args->config, q, &e) == EC_OK;
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
		.now = q->now,
		.until = q->now + QUIET_LONGEST_MS };
	struct answer an = { .from = q->now, .ec = ec };

	TRY(st->mark(st->ctx, &mark, e));
	TRY(st->each(st->ctx, INT64_MAX, add_row, &s, e));
	if (s.due || s.n != a->config->n_identities)
		return EC_OK;
	an.until = s.until;
	TRY(value_of(q, a->config->state, buf_str(&mark), &an, &value, e));
	return st->meta_set(st->ctx, KEY, buf_str(&value), e);
}

enum ec
quiet_keep(struct app *a, const struct quiet *q, enum ec ended, struct err *e)
{
	if (!q->asked || (ended != EC_OK && ended != EC_LATER) ||
	    a->config == NULL || a->store.ctx == NULL ||
	    a->store.mark == NULL || q->changed > q->now - QUIET_GRAIN_MS)
		return EC_OK;
	return keep(a, q, ended, e);
}
