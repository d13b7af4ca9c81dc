/*
 * world: a whole virtual outside for the engine, in one process and without a
 * real second passing: a clock, IAM with two slots, SES that learns of keys
 * late, clients of every character, a store, an operator.
 *
 * The very engine that ships runs in it. Everything is decided by the knobs
 * and the fault table below, so a run can be repeated exactly. After every
 * call that the engine makes the invariants are checked; the first one that
 * does not hold is kept in `bad`.
 *
 *   world.c       life of a world, the gate every call passes, time
 *   sim_keys.c    access keys          sim_iam.c     IAM and STS
 *   sim_ses.c     SMTP AUTH
 *   sim_client.c  clients              sim_store.c   records, lease, holds
 *   sim_sql.c     the real store, over the disk of sim_disk.c
 *   sim_check.c   the invariants       sim_check_effect.c  those of effects
 *   sim_config.c  configuration
 *   sim_seal.c    sealing without a key file
 *   sim_run.c     timer and operator: run after run until the end
 *   sim_freeze.c  a process stands still, and another takes over
 *   reach.c       what was reached: states, arrows, rules, failures
 *   weather.c     a random world       people.c      everybody else in it
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reach.h"
#include "rotator/rotation.h"

#define SIM_KEYS    64
#define SIM_CLIENTS 6
#define SIM_FAULTS  12
#define SIM_LATE    8
#define SIM_MINUTE  ((int64_t)60 * 1000)
#define SIM_HOUR    (60 * SIM_MINUTE)
#define SIM_DAY     (24 * SIM_HOUR)
#define SIM_ACCOUNT "123456789012"
#define SIM_URL     "https://iam.amazonaws.com"

enum sim_call {
	CALL_CALLER,
	CALL_USER,
	CALL_LIST,
	CALL_CREATE,
	CALL_ON,
	CALL_OFF,
	CALL_REMOVE,
	CALL_USED,
	CALL_PROBE,
	CALL_FENCE,
	CALL_LOAD,
	CALL_COMMIT,
	CALL_HOLD,
	CALL_CONFIRM,
	CALL_PLAN,
	CALL_READ,
	CALL_WRITE,
	CALL_ACTIVATE,
	CALL_STEPS,
	CALL_NOTIFY,
	CALL_SLEEP,
	CALL__MAX
};

enum sim_kind {
	FAULT_NONE,
	FAULT_BEFORE, /* nothing happened, no answer came */
	FAULT_AFTER,  /* it happened, the answer was lost */
	FAULT_LATE,   /* no answer; it happens arg ms later */
	FAULT_FAIL,   /* a clear answer of class arg (enum ec), no effect */
	FAULT_LIE,    /* "ok", and nothing happened */
	FAULT_ODD,    /* PROBE: verdict arg (enum probe_verdict) */
	FAULT_STALE,  /* LIST: as it was arg ms ago */
	FAULT_DATE,   /* IAM: a right answer, its Date arg ms off */
	FAULT_FULL,   /* COMMIT: no space until relief() */
};

/* The nth call (from 1; 0: any) of that sort, and times - 1 more of them;
 * times 0: for ever. */
struct sim_fault {
	enum sim_call call;
	unsigned nth, times;
	enum sim_kind kind;
	int64_t arg;
	const char *client; /* calls of clients: only this one; or NULL */
	unsigned row;       /* of the table of weather, from 1; 0: none */
};

struct sim_key {
	char id[KEY_ID_MAX];
	char secret[41];
	bool exists, active, foreign; /* foreign: not made by our calls */
	int64_t created, gone;
	int64_t changed;        /* last change of status */
	int64_t since[2];       /* SES accepts from, to (0: open) */
	int64_t used[2];        /* recorded uses, latest first; ours too */
	int64_t stranger;       /* last use by somebody not registered */
	int64_t accepted;       /* a probe of ours last saw 235 */
	int64_t accepted_in[4]; /* the same, by region */
	bool others; /* switched or deleted by somebody else: not our doing */
};

struct sim_late {
	enum sim_call call; /* CREATE, ON, OFF, REMOVE */
	int64_t at;
	size_t key;
};

struct sim_client {
	struct sim *w;
	struct client_driver drv;
	const char *region;
	char user[KEY_ID_MAX], pass[64]; /* in its file */
	char live[KEY_ID_MAX];           /* in the running process */
	int64_t delay;                   /* without activate: live lags so */
	int64_t live_at;                 /* live follows the file then; 0 */
	bool
	    exempt; /* its dead key is not our doing (foreign edit, optional) */
	bool ours;  /* we wrote what is in its file */
	int64_t written;      /* by us, last */
	unsigned life_read;   /* process that read it last */
	unsigned long edited; /* call number of somebody else's last edit */
	unsigned long read;   /* call number of our last read */
	bool lied;            /* said ok and did nothing, once */
	bool silent;          /* sends no mail */
	bool answers;         /* human: does what is asked and confirms */
	int64_t answer_after, asked_at;
	char asked[KEY_ID_MAX];
	struct {
		char id[KEY_ID_MAX];
		int64_t at;
	} confirmed[16];
	size_t n_confirmed;
};

struct sim_sql;

/* What dies with a process. */
struct sim_proc {
	unsigned id; /* counts up */
	int64_t began;
	uint64_t fence; /* of its lease */
	bool dead;
	bool skew_known;  /* AWS has answered it */
	int64_t date_off; /* as the last answer showed it, beside skew */
	bool lease_lost, full;
	int last_list;                       /* keys in it; -1: none yet */
	unsigned long last_fence, last_hold; /* call numbers */
	bool fresh_list;                     /* listed in this life */
	bool unkept; /* has a new key that no record names */
	struct sim_life life;
};

struct sim {
	/* time */
	int64_t now;  /* AWS's */
	int64_t skew; /* AWS's minus ours */
	struct sim_proc proc;
	bool stop;
	unsigned long calls; /* of this process life and all before */
	unsigned count[CALL__MAX];

	/* crashes: at this call (1..), before or after its effect */
	unsigned long crash_at;
	bool crash_after;
	unsigned long crash_next; /* so many calls after the first crash */
	unsigned crashes;
	/* Somebody else runs while this process is frozen, at this call. */
	unsigned long freeze_at;
	unsigned freeze_runs; /* so many of them */
	int64_t freeze_ms;    /* so long, and so long after each */
	bool unsaid;          /* it wrote a client late, and no alarm told */
	bool freeze_gap;      /* behind its last look, before an effect */
	void (*meanwhile)(struct sim *w); /* people, after each; or NULL */
	void *meanwhile_ctx;
	bool nested;
	unsigned processes, frozen; /* last id; id of the frozen one */
	enum sim_call last_call;

	struct sim_fault faults[SIM_FAULTS];
	size_t n_faults;
	struct sim_late late[SIM_LATE];
	size_t n_late;

	/* IAM, SES */
	struct sim_key keys[SIM_KEYS];
	size_t n_keys;
	char user_id[32], account[ACCOUNT_MAX];
	bool user_elsewhere; /* the user is in another account than we are */
	int64_t propagation, use_lag;
	bool refuse_new; /* SES never accepts a key made by us */
	char straggler[KEY_ID_MAX];
	bool controller; /* something like Terraform, between the runs */

	/* store */
	struct sim_sql *sql; /* the real one; or NULL */
	struct rec disk;     /* the durable record */
	bool text;           /* records pass through their text form; slow */
	bool on_disk, reserve;
	struct hold hold;
	char create_mark[64]; /* sent counter of the last create */
	struct {
		unsigned owner; /* process; 0: nobody */
		uint64_t fence;
		int64_t expires; /* by the wall clocks */
	} lease;
	bool restored; /* the record came from a backup: keys may be unknown */
	bool wiped;    /* the record was deleted */
	struct rec backup;
	bool has_backup;

	/* clients, configuration */
	struct sim_client clients[SIM_CLIENTS];
	struct client_conf confs[SIM_CLIENTS];
	size_t n_clients;
	struct identity_conf identity;
	struct config config;
	const char *regions[5];

	/* operator */
	bool force, revoke;
	int64_t sleepless; /* the timer is dead so long before the next run */
	bool stay;         /* a run waits as `--wait` does, and goes on */
	enum rot_state watch;     /* event at this state, at that call in it */
	enum sim_call watch_call; /* CALL_COMMIT: on entering the state */
	void (*event)(struct sim *w);
	unsigned alarms, rounds, done;
	unsigned run_alarms; /* of this run */
	struct reach *reach; /* what was reached; or NULL */
	char alarm[REC_TEXT_MAX];
	enum ec last;
	struct err err;

	struct world world;
	struct store store;
	bool trace;
	char bad[400];
};

/* ---- world.c ---- */
/* One user with n clients (first ones of the shape below), one region, one
 * old key whose secret nobody told us, held by every client. */
void sim_init(struct sim *w, size_t n_clients);
void sim_free(struct sim *w);
void auto_sim(struct sim *w);
void sim_fault(struct sim *w, enum sim_call call, unsigned nth, unsigned times,
    enum sim_kind kind, int64_t arg);
void sim_advance(struct sim *w, int64_t ms);
void sim_say(struct sim *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The first violation is kept. */
void sim_bad(struct sim *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The gate: true means that the process is dead and e is filled. */
bool sim_enter(
    struct sim *w, enum sim_call call, const char *what, struct err *e);
/* The way out: ec, or the death of the process after the effect. */
enum ec sim_leave(struct sim *w, enum ec ec, struct err *e);
/* The fault that is due for this call, or one of kind FAULT_NONE. */
const struct sim_fault *sim_fault_now(
    const struct sim *w, enum sim_call call, const char *client);

/* ---- sim_keys.c ---- */
struct sim_key *sim_key_make(struct sim *w, bool foreign);
struct sim_key *sim_key(struct sim *w, const char *id); /* exists; or NULL */
/* The same, also when it is gone. */
struct sim_key *sim_key_ever(struct sim *w, const char *id);
size_t sim_keys_count(const struct sim *w);
void sim_key_status(struct sim *w, struct sim_key *k, bool active);
void sim_key_drop(struct sim *w, struct sim_key *k);
void sim_key_use(struct sim *w, struct sim_key *k, bool stranger);

/* ---- sim_iam.c ---- */
extern const struct iam sim_iam;
void sim_late_land(struct sim *w);

/* ---- sim_ses.c ---- */
extern const struct prober sim_prober;
bool sim_ses_accepts(const struct sim *w, const struct sim_key *k);
void sim_password(const struct sim_key *k, const char *region, char ret[64]);
size_t sim_region(const struct sim *w, const char *region); /* its place */

/* ---- sim_client.c ---- */
struct sim_client *sim_client_add(struct sim *w, const char *name);
struct sim_client *sim_client(struct sim *w, const char *name);
void sim_client_hold(struct sim_client *c, const char *user, const char *pass);
void sim_client_human(struct sim_client *c);
void sim_client_forget(struct sim *w, const char *name); /* unregister */
/* Somebody gives it that key's right pair for its region. */
void sim_client_give(struct sim_client *c, const struct sim_key *k);
void sim_client_region(struct client_conf *c, const char *region);
void sim_clients_live(struct sim *w);
struct client_conf *sim_conf(struct sim *w, const char *name);

/* ---- sim_store.c ---- */
extern const struct store sim_store;

/* ---- sim_sql.c ---- */
/* The real store from here on; after disk_begin(). It dies so many times in
 * the middle of a write, and the power with it, as the seed says. */
void sim_sql_begin(struct sim *w, uint64_t seed, unsigned deaths);
void sim_sql_die_at(struct sim *w, uint64_t op); /* from now */
void sim_sql_end(struct sim *w);
struct store sim_sql_put_aside(struct sim *w);
void sim_sql_take_up(struct sim *w, const struct store *s);

/* ---- sim_check.c ---- */
void sim_check(struct sim *w);        /* after every call */
void sim_check_create(struct sim *w); /* before the effects */
void sim_check_off(struct sim *w, const struct sim_key *k);
void sim_check_on(struct sim *w, const struct sim_key *k);
void sim_check_remove(struct sim *w, const struct sim_key *k);
void sim_check_write(
    struct sim *w, const struct client *c, const struct smtp_cred *cred);
void sim_check_commit(struct sim *w, const struct rec *r);
void sim_check_text(struct sim *w, const char *text);
void sim_check_run(struct sim *w, bool blocked); /* a run has ended */
void sim_check_end(struct sim *w);

/* ---- sim_freeze.c ---- */
/* At the end of a call: the process may stand still, others run meanwhile. */
void sim_freeze(struct sim *w);
/* The same right before an effect, behind the last look at the lease. True:
 * it has been taken over since. */
bool sim_gap(struct sim *w);

/* ---- sim_run.c ---- */
/* Would the timer find it due? */
bool sim_due(const struct sim *w);
/* One start of the program. */
enum ec sim_run(struct sim *w);
/* Run after run, as the timer would, until the rotation is over or a person
 * is needed, at most `rounds` runs. False: neither (L1), said in bad. */
bool sim_finish(struct sim *w, unsigned rounds);
/* As sim_finish(), but leaves as soon as a run ended in that state. */
bool sim_until(struct sim *w, enum rot_state s);
/* The operator's words. */
void sim_release(struct sim *w);
void sim_rollback(struct sim *w);
/* `rotate adopt --current C [--retire R]`; R NULL: none. As cmd_adopt.c. */
void sim_adopt(struct sim *w, const char *current, const char *retire);

#endif
