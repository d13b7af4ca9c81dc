/*
 * reach: what a long run of random rotations has come by. A simulator that
 * never meets a failure proves nothing about it; so everything that it is
 * able to meet is in a table here and counted where it happens, and the run
 * of a million fails when one row stayed at nought.
 *
 *   states, arrows    each that rotation_leads() allows, BLOCKED's own too
 *   rules             what a new process does after a death, by what it found
 *   modes             the failures of the catalogue, by their numbers there
 *   classes           what a run may end with
 *   weather, people   rows of weather.c and people.c
 *   checks            how often each invariant was looked at
 */
#ifndef SIM_REACH_H
#define SIM_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rotator/record.h"

#define REACH_RULES 64
#define REACH_ROWS  96

/* Numbers of the catalogue of failures, and in a word what it is. */
#define REACH_MODES(X)                                                         \
	X(A1, "death between the announcement and CreateAccessKey")            \
	X(A2, "the answer to CreateAccessKey is lost")                         \
	X(A3, "CreateAccessKey lands after its time-out")                      \
	X(A4, "death between the answer and the commit")                       \
	X(A5, "both slots taken at the start")                                 \
	X(A6, "somebody else makes a key meanwhile")                           \
	X(A7, "another controller undoes what we do")                          \
	X(A8, "a new key is refused at first")                                 \
	X(A9, "a list is older than the truth")                                \
	X(A10, "a key that is off is still accepted")                          \
	X(A11, "another account answers")                                      \
	X(A12, "the user is another one of the same name")                     \
	X(A13, "a permission is missing half-way")                             \
	X(A14, "throttled, or a server error")                                 \
	X(A15, "our own credentials are refused")                              \
	X(A16, "a second rotator takes over")                                  \
	X(A17, "the clock is wrong")                                           \
	X(A19, "a key is deleted (after it was off)")                          \
	X(A20, "a call to switch off lands after it was switched on")          \
	X(A21, "a last use is not reported yet")                               \
	X(A22, "somebody nobody registered uses the old key")                  \
	X(A23, "a consumer that slept misses the old key")                     \
	X(A24, "an emergency")                                                 \
	X(A25, "AUTH works, sending does not")                                 \
	X(A26, "clients of several regions")                                   \
	X(A27, "an answer that makes no sense")                                \
	X(B2, "a commit fails and is durable")                                 \
	X(B3, "no space right after the key was made")                         \
	X(B4, "power fails, unsynced sectors and names are lost (disk only)")  \
	X(B5, "a client's file cannot be written")                             \
	X(B6, "the record is restored from a backup")                          \
	X(B7, "the record is deleted")                                         \
	X(B11, "a machine is suspended past its lease")                        \
	X(B11A, "woken behind its last look, a call still lands in IAM")       \
	X(B11B, "woken behind its last look, its call is too old for AWS")     \
	X(B11C, "woken behind its last look, it still writes a client")        \
	X(C12, "a client is changed or reverted by somebody else")             \
	X(C17, "some clients have the new pair, some have not")                \
	X(C19, "a client says it stored the pair, and did not")                \
	X(C21, "a client that only a person can change")                       \
	X(C22, "a client cannot be reached")                                   \
	X(D1, "a reload fails")                                                \
	X(D2, "a reload says ok and does nothing")                             \
	X(D5, "a client goes on with the old pair for a while")                \
	X(D6, "a client that must be restarted")                               \
	X(E6, "the network fails while a key is tried")                        \
	X(E8, "SES is busy")                                                   \
	X(E9, "SES refuses again and again")                                   \
	X(G1, "the timer was dead for months")                                 \
	X(G6, "three new keys in a row are refused")                           \
	X(G7, "a way back is finished")                                        \
	X(G8, "there is no way back")                                          \
	X(G12, "a hold")                                                       \
	X(G13, "keys that nobody knows")                                       \
	X(G14, "killed anywhere")

enum reach_mode {
#define X(id, what) MODE_##id,
	REACH_MODES(X)
#undef X
	    MODE__MAX
};

/* Of safety.md section 3.2; how often each was looked at. */
enum reach_check {
	CHECK_I1,
	CHECK_I2,
	CHECK_I3,
	CHECK_I4,
	CHECK_I5,
	CHECK_I6,
	CHECK_I7,
	CHECK_I8,
	CHECK_I10,
	CHECK_I11,
	CHECK_I12,
	CHECK_I13,
	CHECK_I14,
	CHECK_L1,
	CHECK_L2,
	CHECK_L3,
	CHECK__MAX
};

/* Counters only, so that those of several processes can be added. */
struct reach {
	uint64_t disk; /* lives with the real store: B4 is met in these only */
	uint64_t rotations, runs, calls, deaths;
	uint64_t check[CHECK__MAX];
	uint64_t state[ROT__MAX];
	uint64_t arrow[ROT__MAX][ROT__MAX];
	uint64_t rule[REACH_RULES];
	uint64_t mode[MODE__MAX];
	uint64_t class[EC__MAX];
	uint64_t weather[REACH_ROWS];
	uint64_t person[REACH_ROWS];
};

/* What a process found when it began, and what it has called since. */
struct sim_life {
	enum rot_state found;
	bool after_death; /* of the one before */
	bool loaded, left;
	bool stale;     /* the record was replaced by hand since */
	uint32_t calls; /* bit by enum sim_call */
};

struct sim;

void reach_mode(struct sim *w, enum reach_mode m);
void reach_check(struct sim *w, enum reach_check c);
/* A record was committed, after the one with state `was`. */
void reach_commit(struct sim *w, const struct rec *was, const struct rec *is);
/* A run has ended with that class. */
void reach_run(struct sim *w, enum ec ec);
void reach_add(struct reach *to, const struct reach *from);
/* The table; returns the number of rows that stayed at nought. names: of the
 * rows of weather and people, NULL at the end. */
unsigned reach_print(const struct reach *r, const char *const *weather,
    const char *const *people);
/* What the simulator cannot meet, and which test does. */
void reach_print_elsewhere(void);

#endif
