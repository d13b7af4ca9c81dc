/*
 * race: what the writer (race.c), the hostile user (hostile.c) and the scene
 * (scene.c) share.
 *
 *   BASE/           root's
 *     victim/conf   root's, 0600, another client's credential: the canary
 *     victim/etc    root's, 0644, a file such as /etc/passwd
 *     victim/spare  root's: has a second name in the user's directory, in the
 *                   rows that are about hard links
 *     h/            the hostile user's, and all below
 *     h/a/d/conf    what we were told to write
 *     h/a/way, h/d, h/conf ...   what is exchanged with it, row by row
 */
#ifndef TESTS_RACE_H
#define TESTS_RACE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define HOSTILE   65123
#define BYSTANDER 65124
#define CANARY    "CANARY-of-another-client"
#define RACE_PATH 256

enum victim { VICTIM_CONF, VICTIM_ETC, VICTIM_SPARE, VICTIM__MAX };

struct scene {
	char base[RACE_PATH];
	int victims[VICTIM__MAX]; /* O_PATH: a swap cannot change what we see */
	struct stat was[VICTIM__MAX];
};

/* One way to cheat. */
struct row {
	const char *name;
	bool in_place;
	bool create; /* conf may be missing, and is then made */
	bool linked; /* a victim has a hard link here: its ctime moves */
	void (*prepare)(const struct scene *s); /* as root, once */
	void (*swap)(void);                     /* as the user, in h/, again
						 * and again for ever */
};
extern const struct row rows[];

void scene_make(struct scene *s, const struct row *row);
void scene_remove(const struct scene *s);
const char *scene_path(const struct scene *s, const char *name);
/* NULL, or what was done to the victims. linked: see struct row. */
const char *scene_harm(const struct scene *s, bool linked);
/* NULL, or what of the canary lies where the user can get it. */
const char *scene_leak(const struct scene *s);
/* Removes records of writes in place, and makes conf again if it is lost. */
void scene_mend(const struct scene *s);

/* Forks him; he swaps until he is killed. */
pid_t hostile_start(const struct scene *s, const struct row *row);
/* Forks somebody else who looks whether he can read PASSWORD in h/a/d. His
 * exit code: 0 he could not. */
pid_t bystander_start(const struct scene *s);

void die(const char *what) __attribute__((noreturn));

#endif
