/*
 * remote_said: see remote_said.h. The words are those of OpenSSH 7.6 to 9.x:
 * sshconnect.c, sshconnect2.c, packet.c, readconf.c, ssh.c and clientloop.c
 * of openssh-portable. They are English whatever the locale.
 */
#include "clients/remote_said.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/heard.h"

#define FAILED_ITSELF 255
#define MISSING       127 /* sh: command not found */
#define FORBIDDEN     126 /* sh: found, not executable */
#define USAGE         64  /* a rotate that knows no such command */

/* What a remedy may name. */
enum detail { NOTHING, KEY, KNOWN };

/* The first row whose words are there counts; before: ssh was not let in yet,
 * so nothing over there has started. */
static const struct row {
	const char *words;
	enum ec ec;
	bool before;
	const char *what;
	const char *fix; /* %s: see detail */
	enum detail detail;
} rows[] = {
	{ "REMOTE HOST IDENTIFICATION HAS CHANGED", EC_CONFIG, true,
	    "its host key is not the one that is known: somebody may stand "
	    "in between",
	    "if the host was set up anew: compare the fingerprint there "
	    "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then replace "
	    "its line in %s",
	    KNOWN },
	{ "REVOKED HOST KEY DETECTED", EC_CONFIG, true,
	    "its host key is marked as revoked", "see %s", KNOWN },
	{ "Host key verification failed", EC_CONFIG, true,
	    "its host key is not known here",
	    "compare the fingerprint there (ssh-keygen -lf "
	    "/etc/ssh/ssh_host_ed25519_key.pub) with that of ssh-keyscan, "
	    "then add the line to %s",
	    KNOWN },
	{ "UNPROTECTED PRIVATE KEY FILE", EC_CONFIG, true,
	    "the private key can be read by others", "chmod 600 %s", KEY },
	{ "Too many authentication failures", EC_DENIED, true,
	    "it was offered too many keys", "set identity_file", NOTHING },
	{ "Permission denied (", EC_DENIED, true, "it does not let us in",
	    "add the public key of %s, which must have no passphrase, to "
	    "authorized_keys of that user there",
	    KEY },
	{ "Temporary failure in name resolution", EC_TEMP, true,
	    "its name cannot be looked up now", "try again later", NOTHING },
	{ "Could not resolve hostname", EC_CONFIG, true,
	    "its name is not known", "correct host, or the name service",
	    NOTHING },
	{ "Bad configuration option", EC_CONFIG, true,
	    "an ssh_config is not understood",
	    "correct /etc/ssh/ssh_config or ~/.ssh/config", NOTHING },
	{ "Bad owner or permissions on", EC_CONFIG, true,
	    "an ssh_config can be written by others",
	    "correct owner and mode of ~/.ssh/config", NOTHING },
	{ "no matching ", EC_CONFIG, true,
	    "it and our ssh have no algorithm in common",
	    "bring the older of the two up to date", NOTHING },
	{ "Connection refused", EC_TEMP, true, "nobody listens on that port",
	    "is sshd running there, and is port right?", NOTHING },
	{ "No route to host", EC_TEMP, true, "there is no way to it", "",
	    NOTHING },
	{ "Network is unreachable", EC_TEMP, true, "there is no way to it", "",
	    NOTHING },
	{ "Connection timed out", EC_TEMP, true, "it does not answer",
	    "is it up, and does a firewall let us through?", NOTHING },
	{ "Operation timed out", EC_TEMP, true, "it does not answer",
	    "is it up, and does a firewall let us through?", NOTHING },
	{ "kex_exchange_identification", EC_TEMP, true,
	    "it hung up before it said who it is",
	    "see the log of sshd there (MaxStartups, hosts.deny)", NOTHING },
	{ "banner exchange", EC_TEMP, true,
	    "it hung up before it said who it is",
	    "see the log of sshd there (MaxStartups, hosts.deny)", NOTHING },
	{ "not responding", EC_TEMP, false, "it fell silent", "", NOTHING },
	{ "Broken pipe", EC_TEMP, false, "the connection was lost", "",
	    NOTHING },
	{ "Connection reset", EC_TEMP, false, "the connection was lost", "",
	    NOTHING },
	{ "closed by", EC_TEMP, false, "the connection was lost", "", NOTHING },
};

static const struct code_row {
	int code;
	enum ec ec;
	const char *what;
	const char *fix;
} codes[] = {
	{ MISSING, EC_CONFIG, "there is no such program",
	    "install ses-smtp-rotator there, or give remote_command its whole "
	    "path" },
	{ FORBIDDEN, EC_DENIED, "that program may not be executed there",
	    "correct its mode there, or remote_command" },
	{ USAGE, EC_CONFIG, "that program knows no such command",
	    "run the same version on both hosts" },
};

static const char *
detail(const struct remote *r, enum detail d)
{
	if (d == KEY && r->identity_file != NULL)
		return r->identity_file;
	if (d == KNOWN && r->known_hosts != NULL)
		return r->known_hosts;
	return d == KEY ? "identity_file" : "known_hosts";
}

static enum ec
say(const struct remote *r, enum ec ec, const char *what, const char *remedy,
    enum detail d, struct err *e)
{
	const char *mark = strstr(remedy, "%s");

	errno = 0;
	(void)fail(e, ec, "%s: %s", r->host, what);
	if (mark == NULL)
		return fix(e, "%s", remedy);
	return fix(e, "%.*s%.100s%s", (int)(mark - remedy), remedy,
	    detail(r, d), mark + 2);
}

/* ssh's own words are shown when no row knows them. */
static enum ec
unknown(const struct remote *r, const char *said, struct err *e)
{
	char shown[200];

	heard_show(said, shown, sizeof(shown));
	(void)fail(e, EC_TEMP, "%s: ssh failed%s%s", r->host,
	    shown[0] != '\0' ? ": " : "", shown);
	return fix(e, "try it by hand: ssh %s %.100s </dev/null", r->host,
	    r->remote_command);
}

enum ec
remote_said(const struct remote *r, int status, const char *said,
    bool *ret_sure, struct err *e)
{
	*ret_sure = true;
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == status) {
			errno = 0;
			(void)fail(e, codes[i].ec, "%s: %.100s: %s", r->host,
			    r->remote_command, codes[i].what);
			return fix(e, "%s", codes[i].fix);
		}
	for (size_t i = 0; status == FAILED_ITSELF && i < COUNT(rows); i++)
		if (strstr(said, rows[i].words) != NULL) {
			*ret_sure = rows[i].before;
			return say(r, rows[i].ec, rows[i].what, rows[i].fix,
			    rows[i].detail, e);
		}
	*ret_sure = false;
	if (status == FAILED_ITSELF)
		return unknown(r, said, e);
	return fail(e, EC_CLIENT, "%s: %.100s ended with code %d", r->host,
	    r->remote_command, status);
}
