/*
 * rotate: the program. One table maps error classes to exit codes, here and
 * nowhere else; cli.c has the subcommands.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/secret.h"
#include "rotator/app.h"
#include "rotator/exit.h"
#include "sigv4/smtp_password.h"

void app_on_signal(int sig);

/* A pipe that closes, a file that meets its size limit: errors to be handled,
 * not reasons to die. SIGTERM and SIGINT end waits and leave between steps. */
static void
signals(void)
{
	struct sigaction stop = { .sa_handler = app_on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL);
	(void)sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL },
	    NULL); /* for all threads, see base/run.c */
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGHUP, &stop, NULL);
}

static enum log_level
threshold(const struct args *args)
{
	if (args->verbosity < 0)
		return LOG_WARN_;
	return args->verbosity > 0 ? LOG_DEBUG_ : LOG_INFO_;
}

/* Waiting is how most runs end; it is news, not a failure. */
static enum log_level
level_of(enum ec ec)
{
	switch (ec) {
	case EC_LATER:
		return LOG_INFO_;
	case EC_HUMAN:
		return LOG_NOTICE_;
	case EC_CONFLICT:
		return LOG_ALERT_;
	default:
		return LOG_ERR_;
	}
}

static enum ec
start(struct err *e)
{
	(void)umask(077);
	TRY(secret_init(e));
	tzset(); /* once, for localtime_r() of all threads */
	signals();
	return sigv4_selftest(e);
}

/* Also what was lost earlier, when the buffer was full: a list that is not
 * complete must not look like one. */
static enum ec
finish(const struct log *log, enum ec ec)
{
	struct err e;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ec;
	(void)fail(&e, EC_IO, "standard output: cannot write all of it");
	(void)fix(&e, "make room where it goes to, then ask again");
	log_err(log, LOG_ERR_, "rotate", &e, NULL);
	return ec == EC_OK ? EC_IO : ec;
}

int
main(int argc, char **argv)
{
	struct args args = { .config = NULL };
	struct err e = { .ec = EC_OK };
	struct app a = { .args = &args };
	enum ec ec = start(&e);

	log_init(&a.log, stderr, LOG_AUTO, LOG_INFO_);
	if (ec == EC_OK)
		ec = cli_parse(argc, argv, &args, &a.command, &e);
	log_init(&a.log, stderr, args.log_form, threshold(&args));
	if (ec == EC_OK)
		ec = a.command->run(&a, &e);
	if (ec != EC_OK && e.what[0] != '\0')
		log_err(&a.log, level_of(ec), "rotate", &e, NULL);
	app_close(&a);
	return exit_code(finish(&a.log, ec));
}
