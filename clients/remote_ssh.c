/* remote_ssh: see remote_ssh.h. */
#include "clients/remote_ssh.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/run.h"
#include "clients/program.h"
#include "clients/remote_said.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
/* Neither ssh (%, quotes, blanks) nor the shell that it gives ProxyCommand to
 * sees anything in these but themselves. */
#define NAME LETTERS DIGITS "._-"
#define HOST NAME ":"
#define PATH NAME "/+@=:,"

#define WORDS_MAX 64
#define TEXT_MAX  32768
#define ERR_MAX   16384
#define SECOND_MS INT64_C(1000)
#define PORT_MAX  65535

/* In the order of OpenSSH 7.6, so that a client of those days knows all. A
 * jump host gets the same. */
static const char *const safe[] = {
	"-T",
	"-oBatchMode=yes",
	"-oStrictHostKeyChecking=yes",
	"-oVerifyHostKeyDNS=no",
	"-oNoHostAuthenticationForLocalhost=no",
	"-oUpdateHostKeys=no",
	"-oCheckHostIP=no",
	"-oPasswordAuthentication=no",
	"-oKbdInteractiveAuthentication=no",
	"-oForwardAgent=no",
	"-oForwardX11=no",
	"-oClearAllForwardings=yes",
	"-oTunnel=no",
	"-oPermitLocalCommand=no",
	"-oRemoteCommand=none",
	"-oControlMaster=no",
	"-oControlPath=none",
	"-oServerAliveInterval=5",
	"-oServerAliveCountMax=3",
	"-oConnectionAttempts=1",
	"-oEscapeChar=none",
	"-oLogLevel=INFO",
};

/* ---- check ------------------------------------------------------------- */

static enum ec
plain(const char *key, const char *text, const char *allowed, struct err *e)
{
	const char *end;

	if (text == NULL)
		return EC_OK;
	end = text + strspn(text, allowed);
	if (*text == '-')
		return fail(e, EC_CONFIG, "%s: must not begin with \"-\"", key);
	if (*end != '\0')
		return fail(e, EC_CONFIG,
		    "%s: the character \"%c\" is not taken here", key, *end);
	return EC_OK;
}

/* [user@]host[:port]; "[::1]:22" is not taken: give it a name. */
struct hop {
	char user[256], host[256], port[8];
};

static enum ec
hop_parse(const char *text, struct hop *ret, struct err *e)
{
	const char *at = strchr(text, '@');
	const char *host = at != NULL ? at + 1 : text;
	const size_t user_len = at != NULL ? (size_t)(at - text) : 0;
	const size_t len = strcspn(host, ":");
	const char *port = host + len + (host[len] == ':' ? 1 : 0);

	if (user_len >= sizeof(ret->user) || len == 0 ||
	    len >= sizeof(ret->host) || strlen(port) > 5 ||
	    strspn(port, DIGITS) != strlen(port))
		return fail(
		    e, EC_CONFIG, "jump: must be one host, as user@host:port");
	(void)snprintf(
	    ret->user, sizeof(ret->user), "%.*s", (int)user_len, text);
	(void)snprintf(ret->host, sizeof(ret->host), "%.*s", (int)len, host);
	(void)snprintf(ret->port, sizeof(ret->port), "%s", port);
	TRY(plain("jump", ret->user, NAME, e));
	return plain("jump", ret->host, NAME, e);
}

enum ec
remote_ssh_check(const struct remote *r, struct err *e)
{
	struct hop hop;

	TRY(plain("host", r->host, HOST, e));
	TRY(plain("user", r->user, NAME, e));
	TRY(plain("identity_file", r->identity_file, PATH, e));
	TRY(plain("known_hosts", r->known_hosts, PATH, e));
	TRY(plain("ssh", r->ssh, PATH, e));
	if (r->port < 0 || r->port > PORT_MAX)
		return fail(
		    e, EC_CONFIG, "port: must be from 1 to %d", PORT_MAX);
	if (r->connect_timeout < SECOND_MS)
		return fail(
		    e, EC_CONFIG, "connect_timeout: must be 1s or more");
	return r->jump != NULL ? hop_parse(r->jump, &hop, e) : EC_OK;
}

static enum ec
readable(const char *key, const char *path, struct err *e)
{
	AUTO(buf) struct buf b = BUF(FILE_MAX_BYTES);

	if (path == NULL)
		return EC_OK;
	if (file_read(path, &b, e) != EC_OK)
		return err_prefix(e, "%s", key);
	return EC_OK;
}

enum ec
remote_ssh_ready(const struct remote *r, struct err *e)
{
	const char *const argv[] = { r->ssh, NULL };

	if (program_check(argv, e) != EC_OK)
		return fix(e, "apt-get install openssh-client");
	TRY(readable("identity_file", r->identity_file, e));
	return readable("known_hosts", r->known_hosts, e);
}

/* ---- the command line -------------------------------------------------- */

struct words {
	const char *argv[WORDS_MAX + 1];
	size_t n;
	char text[TEXT_MAX]; /* of those that were made here */
	size_t used;
};

static void
word(struct words *w, const char *text)
{
	if (w->n < WORDS_MAX)
		w->argv[w->n++] = text;
}

/* The longest come to less than a third of text: paths end at 4 KiB. */
static void
made(struct words *w, const char *option, const char *value)
{
	char *p = w->text + w->used;
	const size_t room = sizeof(w->text) - w->used;
	const int n = snprintf(p, room, "%s%s", option, value);

	if (n > 0 && (size_t)n < room) {
		w->used += (size_t)n + 1;
		word(w, p);
	}
}

static void
add_common(struct words *w, const struct remote *r)
{
	char seconds[24];

	word(w, r->ssh);
	for (size_t i = 0; i < COUNT(safe); i++)
		word(w, safe[i]);
	(void)snprintf(seconds, sizeof(seconds), "%" PRId64,
	    r->connect_timeout / SECOND_MS);
	made(w, "-oConnectTimeout=", seconds);
	if (r->identity_file != NULL) {
		word(w, "-oIdentitiesOnly=yes");
		made(w, "-oIdentityFile=", r->identity_file);
	}
	if (r->known_hosts != NULL) {
		made(w, "-oUserKnownHostsFile=", r->known_hosts);
		word(w, "-oGlobalKnownHostsFile=/dev/null");
	}
}

/* -J would start a second ssh that knows nothing of `safe`. */
static enum ec
add_jump(struct words *w, const struct remote *r, struct err *e)
{
	struct words inner = { .n = 0 };
	char *p = w->text + w->used;
	const size_t room = sizeof(w->text) - w->used;
	struct hop hop = { .user = "" };
	size_t len;

	TRY(hop_parse(r->jump, &hop, e));
	add_common(&inner, r);
	if (hop.port[0] != '\0')
		made(&inner, "-oPort=", hop.port);
	if (hop.user[0] != '\0')
		made(&inner, "-oUser=", hop.user);
	word(&inner, "'-W[%h]:%p'");
	word(&inner, "--");
	word(&inner, hop.host);
	len = (size_t)snprintf(p, room, "-oProxyCommand=");
	for (size_t i = 0; i < inner.n && len < room; i++)
		len += (size_t)snprintf(p + len, room - len, "%s%s",
		    i > 0 ? " " : "", inner.argv[i]);
	if (len >= room)
		return fail(e, EC_CONFIG, "jump: the paths are too long");
	w->used += len + 1;
	word(w, p);
	return EC_OK;
}

static enum ec
command_line(const struct remote *r, struct words *w, struct err *e)
{
	char port[24];

	add_common(w, r);
	if (r->port != 0) {
		(void)snprintf(port, sizeof(port), "%ld", r->port);
		made(w, "-oPort=", port);
	}
	if (r->user != NULL)
		made(w, "-oUser=", r->user);
	if (r->jump != NULL)
		TRY(add_jump(w, r, e));
	word(w, "--");
	word(w, r->host);
	word(w, r->remote_command);
	return EC_OK;
}

enum ec
remote_ssh_talk(const struct remote *r, const struct buf *in, struct buf *out,
    bool *ret_sure, struct err *e)
{
	AUTO(buf) struct buf said = BUF(ERR_MAX);
	struct words w = { .n = 0 };
	struct run job = {
		.argv = w.argv,
		.in = in,
		.out = out,
		.errout = &said,
		.timeout_ms = r->timeout,
	};
	enum ec ec;

	*ret_sure = true;
	TRY(command_line(r, &w, e));
	ec = run(&job, e);
	*ret_sure = ec == EC_CONFIG;
	if (ec == EC_CLIENT)
		return remote_said(r, job.status, buf_str(&said), ret_sure, e);
	if (ec == EC_TEMP)
		(void)err_prefix(e, "%s", r->host);
	return ec;
}
