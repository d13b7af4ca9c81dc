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
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "rotator/store_dynamodb_p.h"

#define LINE_MAX_ 512

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
recall(const struct buf *was, const struct buf *look, int64_t *ret)
{
	char *end = NULL;

	if (was->len <= look->len || memcmp(was->p, look->p, look->len) != 0)
		return false;
	*ret = strtoll(was->p + look->len, &end, 10);
	return strcmp(end, "\n") == 0;
}

/* The state directory may not be there yet: nothing else is in it. That its
 * name may be lost in a power cut costs no more than the file. */
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
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return EC_OK;
	(void)fail_sys(e, "%.300s: cannot make it", dir);
	return fix(e, "mkdir -p -m 0700 %.250s", dir);
}

enum ec
seen_silent(struct dyn *d, int64_t ttl, int64_t *ret_left, struct err *e)
{
	AUTO(buf) struct buf look = BUF(LINE_MAX_);
	AUTO(pinned) struct file *f = NULL;
	const int64_t now = d->mono(d->ctx);
	int64_t at = now;

	*ret_left = ttl;
	TRY(describe(d, &look, e));
	TRY(make_room(d->seen, e));
	TRY(file_open(d->seen, FILE_MAY_BE_ABSENT, &f, e));
	if (recall(file_content(f), &look, &at) && at <= now) {
		*ret_left = now - at >= ttl ? 0 : ttl - (now - at);
		return EC_OK;
	}
	TRY(buf_addf(&look, e, "%" PRId64 "\n", now));
	return file_replace(f, &look, 0600, e);
}
