/*
 * sandbox: the state all servers share, and the rules of the imitated cloud.
 *
 * One lock guards everything. A function whose name ends in _locked must be
 * called with it held; the others take it themselves. Keys and users that were
 * deleted stay as tombstones, because stale lists and lagging verdicts must
 * still be able to see them.
 *
 * Two clocks: lags count in monotonic milliseconds, so that moving the
 * sandbox clock never un-creates a key; dates that a client sees come from the
 * sandbox clock, which is the real one plus the knob clock_offset_s.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cjson/cJSON.h>

#define KEY_ID_SIZE 21
#define SECRET_SIZE 41
#define NAME_SIZE   65
#define REGION_SIZE 32
#define REGIONS_MAX 16
#define KEY_HISTORY 32
#define KEY_USES    16
#define KEYS_A_USER 2
#define OPERATOR    "operator"

/* AWS's own published dummy pair: secret scanners know it. */
#define OPERATOR_KEY    "AKIAIOSFODNN7EXAMPLE"
#define OPERATOR_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

enum key_status { KEY_ACTIVE, KEY_INACTIVE, KEY_GONE };

struct key_event {
	uint64_t at_ms;
	enum key_status status;
};

struct key_use {
	time_t at; /* sandbox clock */
	char service[NAME_SIZE];
	char region[REGION_SIZE];
};

struct key {
	struct key *next; /* creation order */
	struct user *user;
	char id[KEY_ID_SIZE];
	char secret[SECRET_SIZE];
	time_t created; /* sandbox clock */
	struct key_event history[KEY_HISTORY];
	size_t nhistory;
	struct key_use uses[KEY_USES];
	size_t nuses;
};

struct user {
	struct user *next; /* creation order */
	char name[NAME_SIZE];
	char id[22];
	char *path;
	time_t created; /* sandbox clock */
	bool gone;
	struct key *keys;
};

struct sandbox {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* broadcast when stopping */
	bool stopping;
	unsigned background; /* threads that main waits for */
	uint64_t random;
	struct in_addr address; /* of the cloud; control is on loopback */
	char account[13];
	char regions[REGIONS_MAX][REGION_SIZE];
	size_t nregions;
	int adversity; /* what a reset puts back */

	struct user *users;
	bool marking;
	struct mark *marks; /* marks.c */
	cJSON *knobs;
	cJSON *faults;
	cJSON *counters;
	cJSON *log;
	unsigned seq;
	uint64_t stale_from_ms, stale_until_ms; /* adversity's stale lists */
};

/* Life of the whole. sandbox_reset makes users, knobs, faults, counters and
 * log as they were at the start. */
void sandbox_init(struct sandbox *s);
void sandbox_reset(struct sandbox *s);
void sandbox_free(struct sandbox *s);

/* Sleep; true when it ended early because the program stops. */
bool sandbox_nap(struct sandbox *s, uint64_t ms);
#define FOR_EVER (UINT64_C(1) << 40)

/* Run fn(arg) in a detached thread that sandbox_stop waits for. False when no
 * thread could be had; arg then still belongs to the caller. */
bool sandbox_spawn(struct sandbox *s, void (*fn)(void *), void *arg);

/* Wake every sleeper. */
void sandbox_stop(struct sandbox *s);

/* Wait until no spawned thread runs, at most 5 seconds. */
void sandbox_join(struct sandbox *s);

/* The clock that clients see. */
time_t sandbox_now_locked(struct sandbox *s);

/* Seeded (splitmix64), so that one --seed gives one history. */
uint64_t sandbox_random_locked(struct sandbox *s);
uint64_t sandbox_random(struct sandbox *s);

/* Users and keys: users.c. */
struct user *user_find_locked(struct sandbox *s, const char *name);
struct user *user_add_locked(
    struct sandbox *s, const char *name, const char *path);
void users_free(struct user *first);
struct key *key_find_locked(struct sandbox *s, const char *id);

/* id and secret may be NULL: then they are drawn at random. */
struct key *key_add_locked(
    struct sandbox *s, struct user *u, const char *id, const char *secret);
size_t user_key_count(const struct user *u);
void key_set(struct key *k, enum key_status status);
enum key_status key_status_now(const struct key *k);
enum key_status key_status_at(const struct key *k, uint64_t ms);
const char *key_status_text(enum key_status st);

/* NULL when a login with this key would be accepted now, with the lags of the
 * knobs; otherwise one word that tells why not. */
const char *key_refusal_locked(struct sandbox *s, const struct key *k);

/* Note a use; false when the granularity swallows it. */
bool key_touch_locked(
    struct sandbox *s, struct key *k, const char *service, const char *region);
/* The newest use that is visible by now, or NULL. */
const struct key_use *key_last_use_locked(
    struct sandbox *s, const struct key *k);

/* Knobs: knobs.c. A knob that does not exist is a bug and aborts. */
cJSON *knobs_defaults(int adversity);
double knob_num_locked(struct sandbox *s, const char *name);
bool knob_on_locked(struct sandbox *s, const char *name);
const char *knob_text_locked(struct sandbox *s, const char *name);
uint64_t knob_ms(struct sandbox *s, const char *name); /* takes the lock */
bool knob_denies_locked(struct sandbox *s, const char *action);
/* Merge an object; NULL, or a new text that says what is wrong (then nothing
 * was changed). */
char *knobs_merge_locked(struct sandbox *s, const cJSON *change);

/* Counters: group, name, and what of it, or NULL. */
void count_locked(struct sandbox *s, unsigned by, const char *group,
    const char *name, const char *what);

/* Append to the log; takes ownership of fields (an object). service is "iam"
 * or "smtp". */
void log_locked(
    struct sandbox *s, const char *service, const char *event, cJSON *fields);

#define LOCKED(s)                                                              \
	__attribute__((cleanup(sandbox_unlock),                                \
	    unused)) struct sandbox *locked_ = sandbox_lock(s)
struct sandbox *sandbox_lock(struct sandbox *s);
void sandbox_unlock(struct sandbox **s);

#endif
