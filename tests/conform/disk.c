/* disk: disks without room; see trouble.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "trouble.h"

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
