/*
 * confine_files: Landlock, landlock(7). Nothing may be done with any file but
 * reading those below: what libc needs for names and time zones, OpenSSL for
 * its configuration and the system's certificates, the dynamic linker for
 * plug-ins of both. Other certificates come from the other process as bytes.
 *
 * A name that is not there is passed over. One that appears later, or is
 * replaced, stays closed: what needs it fails then, in that run.
 */
#include "base/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

static const char *const readable[] = {
	/* resolv.conf(5), hosts(5), nsswitch.conf(5), gai.conf(5) */
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/networks",
	"/etc/localtime",
	"/run/resolvconf",
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/nscd",
	"/var/lib/sss",
	"/var/lib/libvirt/dnsmasq",
	/* plug-ins: nss_*, OpenSSL's providers, character sets */
	"/etc/ld.so.cache",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/share/zoneinfo",
	"/usr/share/locale",
	"/nix/store",
	"/gnu/store",
	/* certificates; each distribution has places of its own */
	"/etc/ssl",
	"/etc/pki",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/pki",
	"/usr/share/crypto-policies",
	"/usr/local/ssl",
	"/var/lib/ca-certificates",
	/* OpenSSL, libc: randomness, how many processors */
	"/dev/urandom",
	"/dev/random",
	"/dev/null",
	"/sys/devices/system/cpu",
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Newer than the headers of Debian 12; linux/landlock.h of Linux 6.12. */
#define ACCESS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ABSTRACT   (UINT64_C(1) << 0)  /* ABI 6 */
#define SCOPE_SIGNAL     (UINT64_C(1) << 1)  /* ABI 6 */

/* struct landlock_ruleset_attr as ABI 6 knows it. */
struct rules {
	uint64_t fs, net, scoped;
};

/* All that this kernel can forbid. */
static size_t
all_of(long abi, struct rules *ret)
{
	/* The thirteen of ABI 1. */
	*ret = (struct rules){ .fs = (UINT64_C(1) << 13) - 1 };
	if (abi >= 2)
		ret->fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		ret->fs |= ACCESS_TRUNCATE;
	if (abi >= 5)
		ret->fs |= ACCESS_IOCTL_DEV;
	if (abi < 6)
		return sizeof(ret->fs);
	ret->scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return sizeof(*ret);
}

static void
allow(int rules, const char *path)
{
	AUTO(fd) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr a = { .allowed_access = READ,
		.parent_fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode))
		a.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	/* What cannot be allowed stays forbidden. */
	(void)syscall(
	    SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

bool
confine_files(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	AUTO(fd) int rules = -1;
	struct rules all;
	size_t size;

	if (abi < 1)
		return false;
	size = all_of(abi, &all);
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
	if (rules < 0)
		return false;
	for (size_t i = 0; i < COUNT(readable); i++)
		allow(rules, readable[i]);
	return syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}
