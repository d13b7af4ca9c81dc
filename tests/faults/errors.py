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
    "getrandom": "EINTR EAGAIN ENOSYS",
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


def number(name):
    """As pf wants it."""
    return name if name in ("short", "zero") else str(getattr(errno, name))
