/*
 * store_dynamodb_seen: since when has another's lease been silent?
 *
 * No clock of another host is believed, and none of ours that can be set: a
 * lease is silent when it does not change while our own monotonic clock goes
 * on for its whole span, as in the DynamoDB lock client. That client runs for
 * days; `rotate` is started by a timer every few minutes, does what is due and
 * ends, and should not wait five minutes for somebody who may never come back
 * while other commands wait for it. So what was seen last, and when, is kept
 * in a small file beside our own state, with the boot that the time belongs
 * to; the next run goes on from there. A file that is lost, old or of another
 * boot costs one more span of waiting, nothing else. A copy of it can only
 * make a lease look older than it is on a machine cloned with its memory, and
 * even then the fence is in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "rotator/store_dynamodb_p.h"

#define LINE_MAX_ 512

static enum ec
cannot(const char *path, struct err *e)
{
	(void)fail_sys(e, "%.300s: cannot write it", path);
	return fix(e, "let this user write %.200s", path);
}

/* What a lease looks like now; the time follows it. */
static enum ec
describe(const struct dyn *d, struct buf *ret, struct err *e)
{
	char boot[BOOT_ID_MAX] = "";

	clock_boot_id(boot);
	return buf_addf(ret, e,
	    "%s %s %s fence %" PRId64 " beat %" PRId64 " at ", boot,
	    aws_region(d->aws), d->table, d->root.fence, d->root.beat);
}

/* When it looked like that first; false: that is not known. */
static bool
recall(const struct dyn *d, const struct buf *look, int64_t *ret)
{
	AUTO(buf) struct buf b = BUF(LINE_MAX_);
	struct err ignored;
	char *end = NULL;

	if (file_read(d->seen, &b, &ignored) != EC_OK || b.len <= look->len ||
	    memcmp(b.p, look->p, look->len) != 0)
		return false;
	*ret = strtoll(b.p + look->len, &end, 10);
	return strcmp(end, "\n") == 0;
}

static enum ec
put(const char *path, const struct buf *text, struct err *e)
{
	char fresh[PATH_MAX + 8];
	AUTO(fd) int fd = -1;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(
	    fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text->p, text->len) != (ssize_t)text->len ||
	    rename(fresh, path) != 0)
		return cannot(path, e);
	return EC_OK;
}

/* The state directory may not be there yet: nothing else is in it. */
static enum ec
make_room(const char *path, struct err *e)
{
	char dir[PATH_MAX];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return EC_OK;
	*slash = '\0';
	return mkdir(dir, 0700) == 0 || errno == EEXIST ? EC_OK
							: cannot(dir, e);
}

enum ec
seen_silent(struct dyn *d, int64_t ttl, int64_t *ret_left, struct err *e)
{
	AUTO(buf) struct buf look = BUF(LINE_MAX_);
	const int64_t now = d->mono(d->ctx);
	int64_t at = now;

	*ret_left = ttl;
	TRY(describe(d, &look, e));
	if (recall(d, &look, &at) && at <= now) {
		*ret_left = now - at >= ttl ? 0 : ttl - (now - at);
		return EC_OK;
	}
	TRY(buf_addf(&look, e, "%" PRId64 "\n", now));
	TRY(make_room(d->seen, e));
	return put(d->seen, &look, e);
}
