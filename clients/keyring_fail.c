/* keyring_fail: errors of GLib and of the keyring; see keyring_p.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/keyring_p.h"

enum ec
keyring_fail_locked(struct err *e, const char *alias)
{
	(void)fail(e, EC_HUMAN, "keyring %s: it is locked", alias);
	return fix(e,
	    "unlock the keyring: log in to the desktop session, or run "
	    "gnome-keyring-daemon --unlock there with the keyring's password "
	    "on stdin");
}

/* By a rule of the bus, or because we may not even open its socket. */
static bool
denied(const struct keyring *k, const GError *g)
{
	return (g->domain == k->f.io_error_quark() &&
		   g->code == G_IO_ERROR_PERMISSION_DENIED) ||
	    (g->domain == k->f.dbus_error_quark() &&
		(g->code == G_DBUS_ERROR_ACCESS_DENIED ||
		    g->code == G_DBUS_ERROR_AUTH_FAILED));
}

static enum ec
fail_denied(const struct keyring *k, const char *doing, const char *words,
    struct err *e)
{
	errno = 0;
	(void)fail(e, EC_DENIED, "keyring %s: %s: %s", k->alias, doing, words);
	return fix(e,
	    "run rotate as the owner of the keyring; inside a sandbox allow it "
	    "to talk to org.freedesktop.secrets");
}

enum ec
keyring_fail(const struct keyring *k, GError *g, const char *doing,
    enum ec timeout, struct err *e)
{
	AUTO(free) char *words = NULL;
	bool locked = false, late = false, refused = false;

	if (g != NULL) {
		(void)k->f.dbus_strip(g);
		locked = g->domain == k->f.error_quark() &&
		    g->code == SECRET_ERROR_IS_LOCKED;
		late = g->domain == k->f.io_error_quark() &&
		    (g->code == G_IO_ERROR_CANCELLED ||
			g->code == G_IO_ERROR_TIMED_OUT);
		refused = denied(k, g);
		words = strdup(g->message);
		k->f.error_free(g);
	}
	if (locked)
		return keyring_fail_locked(e, k->alias);
	if (refused && words != NULL)
		return fail_denied(k, doing, words, e);
	(void)fail(e, late ? timeout : EC_CLIENT, "keyring %s: %s: %s",
	    k->alias, doing,
	    late                ? "no answer in time"
		: words != NULL ? words
				: "refused");
	return fix(e, "see what the keyring daemon logged: journalctl --user");
}
