/*
 * sim_disk_p: between the files of sim_disk.h: sim_disk.c the names, and what
 * a power cut leaves; sim_disk_file.c one open file as SQLite uses it.
 */
#ifndef SIM_DISK_P_H
#define SIM_DISK_P_H

#include <limits.h>

#include "rotator/store_p.h"
#include "sim_disk.h"

#define SECTOR    512
#define FILES_MAX 8
#define SHM_MAX   8

/* One sector, or a new length, not yet synced. */
struct pending {
	int64_t at; /* -1: size is the new length */
	size_t n;
	int64_t size;
	unsigned char bytes[SECTOR];
};

struct file {
	char name[PATH_MAX];
	bool there, there_on_disk; /* the name, now and after a failure */
	bool is_database;
	int real; /* its file in the real directory */
	unsigned char *data, *disk;
	size_t size, disk_size, room;
	struct pending *pending;
	size_t n_pending, room_pending;
	int shared, exclusive; /* handles that hold the lock */
	void *shm[SHM_MAX];
	int shm_shared[SQLITE_SHM_NLOCK];
	bool shm_exclusive[SQLITE_SHM_NLOCK];
};

struct handle {
	sqlite3_file base;
	struct file *f;
	int level;
	bool temporary;
	unsigned shm_shared, shm_exclusive; /* bits */
};

struct disk {
	sqlite3_vfs own, *real;
	char dir[64];
	struct file files[FILES_MAX];
	uint64_t ops, die_at;
	bool *died, silent;
	unsigned process, frozen;
};
extern struct disk disk;

extern const sqlite3_io_methods disk_methods;
void *disk_must(void *p); /* memory there must be */
/* May this be done? False: the process is dead, or dies now. */
bool disk_may(void);
/* Of a file: make it so long; let a write reach the disk, or all. */
void disk_resize(struct file *f, size_t n);
void disk_apply(struct file *f, const struct pending *p);
void disk_sync_all(struct file *f);
void disk_drop_shm(struct file *f);

#endif
