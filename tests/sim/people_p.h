/*
 * people_p: between the files of people.h: people.c who does what, and when;
 * people_iam.c with keys; people_mend.c in the end.
 */
#ifndef SIM_PEOPLE_P_H
#define SIM_PEOPLE_P_H

#include "people.h"

/* False: it was not possible now. */
typedef bool person(struct sim *w, struct dice *d);

person people_delete_old, people_delete_new, people_old_off, people_new_off,
    people_old_on, people_make_a_key, people_make_a_quiet_key, people_stray,
    people_start_controller;

/* Of the rotation that is under way; NULL: there is none. */
struct sim_key *people_old_key(struct sim *w);
struct sim_key *people_new_key(struct sim *w);
/* Somebody does, so what comes of it is not our doing. */
bool people_delete_key(struct sim *w, struct sim_key *k);
bool people_switch_key(struct sim *w, struct sim_key *k, bool on);
/* By a client, in its file or in what runs. */
bool people_is_held(struct sim *w, const struct sim_key *k);

#endif
