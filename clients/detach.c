/* detach: see detach.h. */
#include "clients/detach.h"

#include <stddef.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/run.h"

#define WORDS_MAX  8
#define TIMEOUT_MS 20000

/* sd_booted(3) tells it by this directory. */
#define BOOTED "/run/systemd/system"

static const char *const by_systemd[] = { "systemd-run", "--quiet",
	"--no-block", "--collect", "--", NULL };
static const char *const by_setsid[] = { "setsid", "-f", NULL };

enum ec
detach(const char *const *argv, struct err *e)
{
	const char *const *by =
	    access(BOOTED, F_OK) == 0 ? by_systemd : by_setsid;
	const char *all[COUNT(by_systemd) + WORDS_MAX] = { NULL };
	size_t n = 0;

	for (; *by != NULL; by++)
		all[n++] = *by;
	for (size_t i = 0; i < WORDS_MAX && argv[i] != NULL; i++)
		all[n++] = argv[i];
	return run_argv(all, TIMEOUT_MS, e);
}
