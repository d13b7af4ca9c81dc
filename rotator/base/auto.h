/* auto: the only cleanup attributes allowed in this tree. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* AUTO(secret) struct secret *s = NULL;  frees s on every way out. */
#define AUTO(type) __attribute__((cleanup(auto_##type)))

/* Hand the pointer to the caller and forget it here. */
#define TAKE(p)                                                                \
	__extension__({                                                        \
		__typeof__(p) take_ = (p);                                     \
		(p) = NULL;                                                    \
		take_;                                                         \
	})

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* memcpy, because a char * may not be read through a void ** (aliasing). */
static inline void
auto_free(void *p)
{
	void *q;

	memcpy(&q, p, sizeof(q));
	free(q);
}

static inline void
auto_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void
auto_file(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

#endif
