/*
 * sim_disk: a disk below SQLite on which nothing is safe before it is synced.
 *
 * What a process writes is seen at once by every process (the page cache); on
 * the disk it is after xSync(). When the power fails, of all that was written
 * since then each sector of 512 bytes may be there or not: none, all, those
 * up to a moment, or any of them, and so may the new length of a file, and a
 * file that was made or deleted. A process may die before any of its writes.
 *
 * The directory itself is a real one, since store_home.c asks the system for
 * it; there only empty files lie, for their names and modes. One disk a
 * program.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "dice.h"

enum disk_loss { LOSS_NONE, LOSS_ALL, LOSS_PREFIX, LOSS_ANY, LOSS__MAX };

/* Registers it with SQLite as the default; makes the directory. */
void disk_begin(void);
void disk_end(void);
const char *disk_dir(void);
/* Empty again: a new world. */
void disk_wipe(void);

/* The nth write, sync, truncation or deletion from now on does not happen, and
 * nothing after it, until disk_revive(); died is set then. 0: never. */
void disk_die_at(uint64_t nth, bool *died);
void disk_revive(void);
/* From now on the process writes nothing, as if it were dead. */
void disk_silence(void);
/* Calls of that kind so far. */
uint64_t disk_ops(void);
/* Nobody has a file open. */
void disk_power_fails(enum disk_loss how, struct dice *d);

/* Who holds leases: store_owner.c's questions. */
void disk_process(unsigned id, unsigned frozen);

#endif
