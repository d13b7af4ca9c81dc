/* confine: see confine.h. */
#include "base/confine.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_MAX_FILES                                                         \
	4096 /* sockets, CA files, pipes of libcurl's own; a                   \
	      * dozen for each of many lanes */

static void
limit(__rlimit_resource_t what, rlim_t n)
{
	struct rlimit now;

	if (getrlimit(what, &now) != 0)
		return;
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < n)
		n = now.rlim_max;
	now.rlim_cur = n;
	now.rlim_max = n;
	(void)setrlimit(what, &now);
}

/* All of root's; the rest of it is an owner of files, see confine_files(). */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0
	};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = 0 },
	};

	/* Less can always be had; that it fails, no kernel documents. */
	(void)syscall(SYS_capset, &h, none);
}

void
confine(struct confined *ret)
{
	*ret = (struct confined){ .files = false };
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, OPEN_MAX_FILES);
	drop_capabilities();
	/* Not readable by others of our uid, see secret_init(). */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return;
	ret->files = confine_files();
	ret->calls = confine_calls();
}
