/*
 * far_counts: what the network process has run, for `make coverage`. It may
 * open no file (confine.h), so its counters go into memory that it shares with
 * us, on its way out; we write them beside ours. In other builds there are no
 * counters and this does nothing. Included by one file of a program only.
 */
#ifndef TESTS_FAR_COUNTS_H
#define TESTS_FAR_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* https://clang.llvm.org/docs/SourceBasedCodeCoverage.html */
uint64_t __llvm_profile_get_size_for_buffer(void) __attribute__((weak));
int __llvm_profile_write_buffer(char *to) __attribute__((weak));

#define FAR_COUNTS 32 /* processes of which they are kept */

static struct {
	pid_t us;
	uint64_t size; /* of one's counters; 0: this build has none */
	char *all;
	atomic_uint *used;
} far_counts;

__attribute__((constructor(101))) static void
far_counts_begin(void)
{
	void *p;

	if (__llvm_profile_get_size_for_buffer == NULL)
		return;
	far_counts.us = getpid();
	far_counts.size = __llvm_profile_get_size_for_buffer() + 4096;
	p = mmap(NULL, 4096 + FAR_COUNTS * far_counts.size,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
	    -1, 0);
	if (p == MAP_FAILED) {
		far_counts.size = 0;
		return;
	}
	far_counts.used = p;
	far_counts.all = (char *)p + 4096;
}

/* The C library's, for the whole program; a child's end. */
__attribute__((__noreturn__)) void
_exit(int code)
{
	unsigned at;

	if (far_counts.size > 0 && getpid() != far_counts.us) {
		at = atomic_fetch_add(far_counts.used, 1);
		if (at < FAR_COUNTS)
			(void)__llvm_profile_write_buffer(
			    far_counts.all + at * far_counts.size);
	}
	for (;;)
		(void)syscall(SYS_exit_group, code);
}

__attribute__((destructor)) static void
far_counts_end(void)
{
	const char *ours = getenv("LLVM_PROFILE_FILE");
	unsigned n = far_counts.size > 0 ? atomic_load(far_counts.used) : 0;
	const char *slash = ours != NULL ? strrchr(ours, '/') : NULL;

	if (slash == NULL || getpid() != far_counts.us)
		return;
	for (unsigned i = 0; i < n && i < FAR_COUNTS; i++) {
		char path[4096];
		FILE *f;

		(void)snprintf(path, sizeof(path), "%.*s/far-%d-%u.profraw",
		    (int)(slash - ours), ours, (int)far_counts.us, i);
		f = fopen(path, "we");
		if (f == NULL)
			continue;
		(void)fwrite(far_counts.all + i * far_counts.size,
		    far_counts.size - 4096, 1, f);
		(void)fclose(f);
	}
}

#endif
