/* root: what only root can bring about; see trouble.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "trouble.h"

#define NOBODY 65534

void
trouble_fill(const char *path)
{
	static const char block[4096];
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (size_t n = sizeof(block); n > 0; n /= 2)
		while (write(fd, block, n) == (ssize_t)n)
			;
	(void)close(fd);
}

bool
trouble_mount(struct place *p, const char *dir)
{
	(void)snprintf(p->mounted, sizeof(p->mounted), "%s", dir);
	return mount("none", dir, "tmpfs", MS_NOSUID, "mode=755,size=64k") == 0
	    ? true
	    : place_say(p, "mount: %s", strerror(errno));
}

/* All three, so that programs do not take themselves for setuid ones; the
 * saved one is the way back. */
bool
trouble_nobody(struct place *p, const char *arg)
{
	(void)arg;
	return setresuid(NOBODY, NOBODY, 0) == 0
	    ? true
	    : place_say(p, "still root: %s", strerror(errno));
}

void
trouble_root(void)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) == 0 && saved == 0 &&
	    setresuid(0, 0, 0) != 0)
		abort();
}
