/*
 * marks: the users and keys as they were at earlier moments, so that a test
 * can begin again from there: {"on":true} remembers them from now on, with
 * each line of the log that tells of a change; {"to":SEQ} brings back what was
 * so when that line was written. Log, counters, knobs and faults go on. A reset
 * forgets all.
 */
#ifndef SANDBOX_MARKS_H
#define SANDBOX_MARKS_H

#include "sandbox.h"

/* NULL, or a new text that says what is wrong (then nothing was changed). */
char *marks_run_locked(struct sandbox *s, const cJSON *body);
void marks_take_locked(struct sandbox *s); /* nothing when they are off */
void marks_free_locked(struct sandbox *s);

#endif
