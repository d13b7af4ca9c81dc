#include "rotator/ask_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"

static enum ec
take(struct buf *b, struct secret **ret, struct err *e)
{
	if (b->len > 0 && b->p[b->len - 1] == '\n')
		buf_cut(b, b->len - 1);
	if (b->len > 0 && b->p[b->len - 1] == '\r')
		buf_cut(b, b->len - 1);
	if (b->len == 0) {
		(void)fail(e, EC_USAGE, "no secret was given");
		return fix(e, "pipe it in, or type it at the prompt");
	}
	if (memchr(b->p, '\n', b->len) != NULL ||
	    memchr(b->p, '\0', b->len) != NULL)
		return fail(e, EC_USAGE, "the secret must be one line of text");
	return secret_new(b->p, b->len, ret, e);
}

/* Up to the newline. A signal ends it: main.c's handlers only set a flag. */
static enum ec
read_line(int fd, struct buf *b, struct err *e)
{
	char c = '\0';
	enum ec ec = EC_OK;
	ssize_t n;

	while (ec == EC_OK && (n = read(fd, &c, 1)) == 1 && c != '\n')
		ec = buf_add(b, &c, 1, e);
	wipe(&c, sizeof(c));
	if (ec == EC_OK && n < 0)
		return errno == EINTR
		    ? fail(e, EC_USAGE, "interrupted, nothing was done")
		    : fail_sys(e, "/dev/tty");
	return ec;
}

/* Stopping or quitting while echo is off would leave the shell without it. */
static void
hold_signals(sigset_t *before)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigprocmask(SIG_BLOCK, &set, before);
}

static enum ec
without_echo(int tty, struct buf *b, struct err *e)
{
	struct termios was, quiet;
	sigset_t before;
	enum ec ec;

	if (tcgetattr(tty, &was) != 0)
		return fail_sys(e, "/dev/tty");
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	hold_signals(&before);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0)
		ec = read_line(tty, b, e);
	else
		ec = fail_sys(e, "/dev/tty: cannot switch echo off");
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return ec;
}

static enum ec
prompt_for(const char *prompt, struct buf *b, struct err *e)
{
	AUTO(fd) int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum ec ec;

	if (tty < 0)
		return fail_sys(e, "/dev/tty");
	(void)dprintf(tty, "%s", prompt);
	ec = without_echo(tty, b, e);
	(void)dprintf(tty, "\n");
	return ec;
}

enum ec
ask_secret(const char *prompt, struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(SECRET_MAX);

	if (isatty(STDIN_FILENO) == 1)
		TRY(prompt_for(prompt, &b, e));
	else
		TRY(buf_read(&b, STDIN_FILENO, e));
	return take(&b, ret, e);
}
