/*
 * file: read a configuration file, and replace it so that every reader sees
 * the old bytes or the new bytes, with the old owner, group, mode, ACL and
 * extended attributes, whatever crashes.
 *
 * The flow: file_open() follows symbolic links once, one by one, and pins
 * what it read (directory, device, inode, size, mode, owner, times, every
 * byte); file_replace() walks the path again and refuses when any of these
 * changed meanwhile. The directory is held open, so a swapped parent cannot
 * redirect the write. Written to be run as root over directories that belong
 * to less privileged users.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define FILE_MAX_BYTES ((size_t)4 * 1024 * 1024)

struct file; /* opaque: an open, pinned file */

enum file_flags {
	FILE_MAY_BE_ABSENT = 1, /* a new file may be made (see file_replace) */
	FILE_IN_PLACE = 2,      /* file_in_place() follows: may be a mount */
	FILE_IMMUTABLE = 4,     /* is to carry that flag, see below */
};

/*
 * Opens and reads path (max FILE_MAX_BYTES). Content is in file_content()
 * until file_close(), which wipes it. Changes nothing; may be repeated. Every
 * error names the path and the remedy:
 *
 * EC_GONE: absent and not allowed to be, or its directory is. EC_DENIED: may
 * not be read. EC_TEMP: replaced under our hands; open it again.
 * EC_CONFIG, must not be replaced by a rename:
 *  - not a regular file, too large, a set-id bit, more than one hard link, a
 *    mount point itself (a bind-mounted single file, but see FILE_IN_PLACE),
 *    immutable (but see FILE_IMMUTABLE) or append-only (also its directory);
 *  - a dangling link, or a link that belongs neither to root nor to us nor to
 *    the owner of what it leads to;
 *  - its directory is writable by others, sticky or not; or by a group other
 *    than root's and our own; or by an ACL. A directory further up is
 *    writable by others and not sticky.
 */
MUST enum ec file_open(
    const char *path, unsigned flags, struct file **ret, struct err *e);
const struct buf *file_content(const struct file *f); /* empty if absent */
bool file_exists(const struct file *f);
const char *file_path(const struct file *f); /* absolute, links resolved */
/* Are these one file, by whatever links or mounts they were reached? */
bool file_same(const struct file *a, const struct file *b);
void file_close(struct file *f);
void auto_pinned(struct file **f); /* AUTO(pinned) struct file *f = NULL */

/* Of a file that does not exist yet: who is to have it; -1: we, our group.
 * Nothing for one that exists. */
void file_new_owner(struct file *f, uid_t uid, gid_t gid);

/*
 * Would file_replace() work now? Only asks and leaves no trace at all, no
 * temporary file either, because a dry run must change nothing anywhere:
 * directory writable for us (in place: the file, and the directory of its
 * record), file system not read-only, space for n bytes and an inode, owner
 * can be kept or given, flag be cleared. EC_DENIED or EC_IO with remedy.
 * Cannot see quotas, SELinux and AppArmor.
 */
MUST enum ec file_can_replace(const struct file *f, size_t n, struct err *e);

/*
 * Makes bytes the whole content: temporary file with an unpredictable name in
 * the same directory, 0600 and ours while it is written; then owner, group,
 * ACL, xattrs and at last mode of the original, read back and compared;
 * fsync; compare the original with what was read; rename; fsync directory.
 * A new file is ours and gets new_mode. Same content as now is a no-op. What
 * an earlier crash left of temporaries for this file is removed first. After
 * success f is stale: close it.
 *
 * On failure the original is untouched and the temporary removed, unless it is
 * EC_UNKNOWN, "in place, but ...": a step behind the change has failed, such
 * as the fsync of the directory. Every reader sees the new content then, but a
 * power cut may bring the old back. Repeating it from file_open() is always
 * safe. EC_CONFLICT: the file or the path to it changed since file_open().
 * EC_DENIED: not permitted, or an attribute cannot be kept. EC_IO: the disk.
 * The process must ignore SIGXFSZ to get EFBIG as an error.
 *
 * FILE_IMMUTABLE: the flag (chattr +i) is cleared for the moment of the change
 * and set on what stands there afterwards, also after a failure; a crash in
 * between leaves it cleared, until the next call. "in place, but not
 * immutable" (EC_UNKNOWN) means what it says.
 *
 * In place: EC_UNKNOWN also when neither content could be written to the end,
 * or somebody else wrote in the same moment; the record stays and says what
 * was. EC_TEMP: another process is at it. Attributes are the inode's and stay.
 */
MUST enum ec file_replace(
    struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e);

/*
 * All of file_replace() but the rename, for files that should change at
 * nearly the same moment: stage them all, then file_replace() each with the
 * same bytes. Failures as there, nothing changed; file_close() forgets it.
 */
MUST enum ec file_stage(
    struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e);

/*
 * From now on the file is written in place: it keeps its inode, for which a
 * bind mount or a running container holds on to it. Readers may see a mixture
 * for the instant of the write; crashes are undone. Before the first byte is
 * changed both contents are in a record (0600, durable) in undo_dir, NULL:
 * beside the file, and it is removed when the last byte is on disk.
 *
 * Call right after file_open(FILE_IN_PLACE). Changes nothing. If such a record
 * is found, file_content() is what was there before that write, and
 * file_torn() tells whether the file itself holds something else.
 * EC_CONFIG: a mount point needs an undo_dir; undo_dir may be written by
 * others; what lies there is no record of ours. EC_CONFLICT: somebody edited
 * the file after a write was cut off; the record is named and stays.
 * A file that is absent will be made as without this.
 */
MUST enum ec file_in_place(struct file *f, const char *undo_dir, struct err *e);
bool file_torn(const struct file *f);
/* Is there such a record, torn or not? The next write has to end it. */
bool file_unfinished(const struct file *f);

/*
 * Puts the content from before a write that was cut off back into the file,
 * and removes the record; nothing without a record. May be repeated, also
 * after a crash in it. EC_TEMP: the process that wrote the record is alive.
 * Else as file_replace(), which begins with this.
 */
MUST enum ec file_mend(struct file *f, struct err *e);

/* Reads a small regular file that needs no pinning (ca bundle names, key
 * files). EC_GONE, EC_DENIED, EC_CONFIG not regular, EC_PROTO over b->max. */
MUST enum ec file_read(const char *path, struct buf *b, struct err *e);

/*
 * Creates path with mode 0600 and these bytes, all of them or nothing,
 * durable on return; EC_CONFLICT when it exists already (nothing changed
 * then). Else as file_open() and file_replace().
 */
MUST enum ec file_create(
    const char *path, const void *p, size_t n, struct err *e);

/* fsync of the directory that holds path: a new name may be lost without. */
MUST enum ec file_sync_parent(const char *path, struct err *e);

#endif
