/* exim_queue: see exim_queue.h. */
#include "clients/exim_queue.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "clients/detach.h"

#define DUMP_MAX ((size_t)8 * 1024 * 1024)
#define DB       "exim_dumpdb"

/* The first line of what Exim says, without its end; "" for trouble. */
static void
ask(const struct exim *x, const char *const *args, struct buf *ret)
{
	struct run r = { .out = ret };
	struct err e;

	if (exim_run(x, args, &r, &e) != EC_OK)
		buf_free(ret);
	else
		buf_cut(ret, strcspn(buf_str(ret), "\n"));
}

static bool
any_mail(const struct exim *x)
{
	static const char *const args[] = { "-bpc", NULL };
	AUTO(buf) struct buf out = BUF(4096);

	ask(x, args, &out);
	return strtol(buf_str(&out), NULL, 10) > 0;
}

/* exim_dumpdb lies beside exim when we were told where that is. */
static bool
dump(const struct exim *x, struct buf *ret)
{
	static const char *const args[] = { "-bP", "spool_directory", NULL };
	const char *slash =
	    x->program != NULL ? strrchr(x->program, '/') : NULL;
	AUTO(buf) struct buf spool = BUF(PATH_MAX);
	char db[PATH_MAX] = DB;
	struct run r = { .out = ret };
	struct err e;
	enum ec ec;

	if (slash != NULL)
		(void)snprintf(db, sizeof(db), "%.*s/" DB,
		    (int)(slash - x->program), x->program);
	ask(x, args, &spool);
	if (strchr(buf_str(&spool), '/') == NULL)
		return false;
	r.argv =
	    (const char *const[]){ db, strchr(spool.p, '/'), "retry", NULL };
	ec = run(&r, &e);
	r.argv = NULL;
	return ec == EC_OK || ec == EC_TEMP;
}

/* "  T:HOST:ADDRESS:PORT -42 65 TEXT": a transport's record of a host, and
 * ERRNO_AUTHFAIL (Exim src/macros.h; src/exim_dbutil.c for the line). */
static bool
refused(const char *line, const char *host)
{
	const size_t n = strlen(host);
	const char *end;

	line += strspn(line, " ");
	if (strncmp(line, "T:", 2) != 0 ||
	    strncasecmp(line + 2, host, n) != 0 ||
	    (line[n + 2] != ':' && line[n + 2] != ' '))
		return false;
	end = strchr(line, ' ');
	return end != NULL && strncmp(end, " -42 ", 5) == 0;
}

bool
exim_queue_waits(const struct exim *x)
{
	AUTO(buf) struct buf out = BUF(DUMP_MAX);

	if (!any_mail(x) || !dump(x, &out))
		return false;
	for (const char *p = buf_str(&out); p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n' ? 1 : 0;
		if (refused(p, x->host))
			return true;
	}
	return false;
}

enum ec
exim_queue_flush(const struct exim *x, struct err *e)
{
	const char *const name = x->program != NULL ? x->program : "exim";
	const char *const own[] = { name, "-C", x->config, "-qf", NULL };
	const char *const usual[] = { name, "-qf", NULL };

	return detach(x->config != NULL ? own : usual, e);
}
