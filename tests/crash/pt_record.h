/*
 * pt_record: what a system call did to the disk, one line a call, so that
 * tests/crash/disk.py can do it again. Fields are divided by tabs:
 *
 *   MS WHO CALL RETURNED INODE OFFSET NUMBER NUMBER PATH PATH BYTES
 *
 * MS is CLOCK_MONOTONIC as the call began; WHO main or child; INODE that of
 * the descriptor, or of what was made or renamed; OFFSET where a write began;
 * two numbers: mode, owner and group, length; paths are absolute; BYTES, in
 * hexadecimal, is all that was written. What a call does not have is 0 or
 * "-". A call that failed is there, too.
 */
#ifndef CRASH_PT_RECORD_H
#define CRASH_PT_RECORD_H

#include <stdio.h>

#include "tests/crash/pt_trace.h"

/* After the call. */
void record_call(FILE *to, const struct tracee *who);
/* Before it. Calls to the network wait for 2 ms, so that what the server logs
 * with a time in ms belongs to one of them only. */
void record_pace(const struct tracee *who);

#endif
