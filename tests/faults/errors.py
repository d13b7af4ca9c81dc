"""Which errors each system call is made to give, and what rotate may answer.

Sources: the ERRORS sections of the manual pages in section 2. EINTR only
once: for ever it is a program that never goes on, and right to. "short": half
of the bytes; "zero": 0, a file that ends or a peer that hangs up.
"""
import errno

FILE = "EIO EACCES ENOENT ENOMEM ELOOP"
OPEN = "EACCES EMFILE ENFILE ENOENT EIO ENOSPC EROFS ELOOP ENOMEM"
NET_IN = "ECONNRESET ETIMEDOUT EINTR ENOMEM zero short"
NET_OUT = "ECONNRESET EPIPE ENETUNREACH EINTR ENOBUFS short"
XATTR = "EIO ENOSPC EPERM ENOTSUP"

ERRORS = {name: text.split() for names, text in {
    "open openat": OPEN,
    "stat lstat newfstatat fstat statx": FILE,
    "access faccessat faccessat2": "EIO EACCES",
    "readlink readlinkat": "EIO EACCES",
    "getdents64": "EIO",
    "fstatfs": "EIO",
    "rename renameat renameat2": "EIO ENOSPC EXDEV EACCES EROFS EDQUOT",
    "unlink unlinkat rmdir": "EACCES EIO EROFS",
    "linkat": "EIO ENOSPC EACCES",
    "mkdir mkdirat": "EACCES ENOSPC EROFS EIO",
    "chmod fchmod fchmodat chown fchown fchownat": "EIO EPERM EROFS",
    "utimensat": "EIO EPERM",
    "read": "EIO EINTR zero short",
    "pread64": "EIO EINTR zero short",
    "write pwrite64 writev": "ENOSPC EIO EDQUOT EINTR EFBIG short",
    "fsync fdatasync": "EIO ENOSPC EDQUOT",
    "ftruncate fallocate": "EIO ENOSPC EINTR",
    "lseek": "EIO",
    "flistxattr fgetxattr fsetxattr fremovexattr": XATTR,
    "ioctl": "EIO",
    "fcntl": "EAGAIN EDEADLK ENOLCK EMFILE EINTR",
    "flock": "EINTR ENOLCK EIO",
    "close": "EIO EINTR",
    "mmap mremap": "ENOMEM EAGAIN",
    "mprotect": "ENOMEM",
    "mlock mlock2": "ENOMEM EPERM EAGAIN",
    "madvise": "EINVAL",
    "brk": "ENOMEM",
    "socket": "EMFILE ENFILE EACCES ENOBUFS",
    "socketpair": "EMFILE ENFILE",
    "connect": "ECONNREFUSED ETIMEDOUT ENETUNREACH EHOSTUNREACH EINTR EACCES"
               " EADDRNOTAVAIL",
    "sendto sendmsg": NET_OUT,
    "recvfrom recvmsg": NET_IN,
    "setsockopt getsockopt getsockname getpeername": "ENOBUFS",
    "poll ppoll": "EINTR ENOMEM",
    "getrandom": "ENOSYS",
    "clone clone3 fork vfork": "EAGAIN ENOMEM",
    "execve": "EACCES ENOENT ETXTBSY ENOMEM E2BIG EIO",
    "dup2 dup3": "EBUSY EINTR EMFILE",
    "chdir": "EACCES ENOENT EIO",
    "setsid": "EPERM",
    "close_range": "EMFILE ENOMEM",
    "prctl prlimit64": "EPERM",
    "pipe2": "EMFILE ENFILE",
    "pidfd_open": "EMFILE ENOMEM ENODEV",
    "waitid wait4": "EINTR",
}.items() for name in names.split()}

ONCE_ONLY = {"EINTR"}


# Which exit codes an error may end in. 0 and 10: no harm was done, and 12: a
# client could not take or show a pair, are always right.
CODES = {
    "ENOMEM": {71}, "ENOBUFS": {69, 71}, "E2BIG": {78},
    "EACCES": {77}, "EPERM": {77, 71}, "EROFS": {77},
    # What is not there: configuration; and for a client's file that was
    # there a moment ago, somebody else's doing.
    "ENOENT": {74, 77, 78, 13}, "ELOOP": {74, 77, 78, 13},
    "EAGAIN": {69, 71, 74, 75}, "EDEADLK": {74, 75}, "ENOLCK": {74, 75},
    "EINVAL": {71},             # of madvise(2): memory for secrets
    "zero": {13, 65, 69, 74, 75, 76, 78}, "short": {74}, "EINTR": {69, 74},
}
DISK = {74}
NET = {69, 71, 76}      # 76: TLS was cut off
SQLITE = {74, 75, 77}   # has its own words: IOERR_DELETE, BUSY, READONLY
TLS_FILES = {78}        # libcurl cannot use a CA file, for whatever reason


def codes(fault):
    """The exit codes that fit, or none for an error that cannot happen."""
    if fault.kind == "oom":
        # 69, 76: libssl does not say that it was memory
        return {71, 69, 76}
    wanted = CODES.get(fault.error, DISK)
    if fault.cls in ("IAM", "SES", "socket") or "socket" in fault.call:
        return wanted | NET
    if fault.call == "connect":
        return NET
    if fault.cls == "pipe":
        return wanted | {76}        # a client's program
    if fault.what.endswith("/ca.pem") or fault.cls.endswith("/sandbox"):
        return wanted | TLS_FILES
    if fault.cls == "/@/state":
        return wanted | SQLITE
    return wanted


def sensible(call, cls):
    """The errors of a call about something of that class."""
    if call == "fcntl" and cls in ("socket", "pipe", "IAM", "SES"):
        return ()       # flags; only locks and copies of descriptors fail
    return ERRORS.get(call, ())


def number(name):
    """As pf wants it."""
    return name if name in ("short", "zero") else str(getattr(errno, name))
