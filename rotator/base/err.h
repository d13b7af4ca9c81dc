/*
 * err: one error type for the whole tree.
 *
 * No heap, no logging, and by construction no secrets: text is built only by
 * fail(), from names, sizes and numbers. A class (enum ec) says what may be
 * done about it; main.c alone maps classes to exit codes.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum ec {
	EC_OK = 0,
	EC_TEMP,    /* network, throttling, a busy server: may be tried again */
	EC_LATER,   /* not ready yet (propagation, grace): next scheduled run */
	EC_HUMAN,   /* a person must act before this goes on */
	EC_UNKNOWN, /* a request was sent and its outcome is not known */
	EC_AUTH,    /* a credential was refused by the peer */
	EC_DENIED,  /* a permission is missing, in IAM or in the file system */
	EC_GONE,    /* the named thing does not exist (NoSuchEntity, ENOENT) */
	EC_LIMIT,   /* a quota is used up (IAM LimitExceeded) */
	EC_CONFLICT, /* the world is not what our record says: touch nothing */
	EC_BUSY,     /* another rotator holds the lease */
	EC_CLIENT,   /* a client could not take or show the credential */
	EC_CONFIG,   /* the operator must edit a file */
	EC_USAGE,    /* the command line is wrong */
	EC_PROTO,    /* a peer sent something we cannot accept */
	EC_IO,       /* local file or disk; err.sys holds errno */
	EC_DAMAGED,  /* our own stored state is torn, foreign or too new */
	EC_NOMEM,
	EC_BUG, /* a broken invariant: stop, touch nothing */
	EC__MAX
};

#define ERR_WHAT_MAX 480
#define ERR_FIX_MAX  320

struct err {
	enum ec ec;
	int sys;                 /* errno for EC_IO and EC_DENIED, or 0 */
	char what[ERR_WHAT_MAX]; /* "FILE:LINE:COL: cause" or "PEER: cause" */
	char fix[ERR_FIX_MAX];   /* what to type or change; may be empty */
};

#define MUST __attribute__((warn_unused_result))

#define TRY(x)                                                                 \
	do {                                                                   \
		enum ec ec_ = (x);                                             \
		if (ec_ != EC_OK)                                              \
			return ec_;                                            \
	} while (0)

/* Where any other failure of x means something of its own: a lack of memory
 * must not be taken for it. */
#define TRY_MEMORY(x)                                                          \
	do {                                                                   \
		if ((x) == EC_NOMEM)                                           \
			return EC_NOMEM;                                       \
	} while (0)

/*
 * Fill *e and return ec: `return fail(e, EC_PROTO, "...")`. For EC_IO and
 * EC_DENIED errno is kept and its text appended. Clears e->fix.
 */
enum ec fail(struct err *e, enum ec ec, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* fail() for a failed system call: EACCES, EPERM and EROFS become EC_DENIED,
 * ENOENT becomes EC_GONE, ENOMEM becomes EC_NOMEM, all else EC_IO. */
enum ec fail_sys(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * fail() for a library that does not say why it failed: EC_NOMEM when errno
 * is ENOMEM, else ec. Set errno to 0 before the library is called. A lack of
 * memory must not look like damage or like a fault of somebody's.
 */
enum ec fail_lib(struct err *e, enum ec ec, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the remedy to an error just made; returns e->ec unchanged. */
enum ec fix(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "PREFIX: " in front of e->what (cut if too long); returns e->ec. */
enum ec err_prefix(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

const char *ec_name(enum ec ec); /* "temporary", "config", ... never NULL */

#endif
