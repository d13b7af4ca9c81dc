/*
 * Any bytes as what the programs of Postfix and OpenSMTPD print: what is
 * taken out of it is what an own reading finds, a warning comes when and only
 * when it is due, and nothing of the output is quoted. It stands in for
 * base/run.o as a whole.
 *
 * Input: a letter (p: Postfix, s: OpenSMTPD), a digit (the kind of table),
 * and a part for each program that is started, ended by form feeds: its exit
 * code (a digit), what it prints, and behind a 0x1e what it says to stderr.
 */
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/run.h"
#include "clients/postfix_conf.h"
#include "clients/smtpd_table.h"
#include "fuzz.h"

#define MAX   32768
#define RELAY "[mail.example.org]:587"
#define HOST  "mail.example.org"
#define LABEL "Ses"
#define TYPES 4
#define CALLS 8

static char folder[64], map[128];
static struct feed script;

/* What the programs printed, in turn; texts end at their first NUL. */
static struct printed {
	int status;
	char out[MAX + 1];
	size_t n;
	bool trouble;
} printed[CALLS];
static size_t n_printed;

static enum ec
part(struct run *r, struct printed *to, struct err *e)
{
	size_t n, out;
	const char *p = feed_part(&script, '\f', &n), *cut;

	to->status =
	    p != NULL && n > 0 && *p >= '0' && *p <= '9' ? *p - '0' : 0;
	p = p != NULL ? p : "";
	n = n > 0 ? n - 1 : 0;
	p += n > 0 || *p != '\0' ? 1 : 0;
	cut = n > 0 ? memchr(p, 0x1e, n) : NULL;
	out = cut != NULL ? (size_t)(cut - p) : n;
	memcpy(to->out, p, out);
	to->out[out] = '\0';
	to->n = out;
	if (r->out != NULL)
		TRY(buf_add(r->out, p, out, e));
	if (r->errout == NULL || cut == NULL)
		return EC_OK;
	to->trouble = fuzz_holds(cut + 1, n - out - 1, "fatal:") ||
	    fuzz_holds(cut + 1, n - out - 1, "panic:") ||
	    fuzz_holds(cut + 1, n - out - 1, "error:");
	return buf_add(r->errout, cut + 1, n - out - 1, e);
}

enum ec
run(struct run *r, struct err *e)
{
	struct printed *to = &printed[n_printed++];

	demand(n_printed <= CALLS);
	memset(to, 0, sizeof(*to));
	if (part(r, to, e) != EC_OK) /* over its cap */
		return fail(e, EC_TEMP, "%s: too much output", r->argv[0]);
	r->status = to->status;
	if (to->status == 0)
		return EC_OK;
	return fail(e, EC_CLIENT, "%s: exit code %d", r->argv[0], r->status);
}

enum ec
run_argv(const char *const *argv, int64_t timeout_ms, struct err *e)
{
	struct run r = { .argv = argv, .timeout_ms = timeout_ms };
	const enum ec ec = run(&r, e);

	r.argv = NULL;
	return ec;
}

static void
remove_folder(void)
{
	char path[160];

	for (size_t i = 0; i < TYPES && postfix_types[i] != NULL; i++) {
		const struct postfix p = { .map = map, .type = (unsigned)i };

		(void)snprintf(
		    path, sizeof(path), "%s%s", map, postfix_suffix(&p));
		(void)unlink(path);
	}
	(void)unlink(map);
	(void)rmdir(folder);
}

static void
touch(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);

	demand(fd >= 0);
	(void)close(fd);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;
	char path[160];

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK);
	(void)snprintf(folder, sizeof(folder), "/tmp/fuzz_mail.XXXXXX");
	demand(mkdtemp(folder) != NULL);
	(void)snprintf(map, sizeof(map), "%s/map", folder);
	touch(map);
	for (size_t i = 0; i < TYPES && postfix_types[i] != NULL; i++) {
		const struct postfix p = { .map = map, .type = (unsigned)i };

		(void)snprintf(
		    path, sizeof(path), "%s%s", map, postfix_suffix(&p));
		touch(path);
	}
	(void)atexit(remove_folder);
	return 0;
}

/* Is it one of the words of a list, "proxy:" in front aside? */
static bool
named(const struct printed *in, const char *word)
{
	char copy[MAX + 1], *rest = NULL;

	memcpy(copy, in->out, in->n + 1);
	for (const char *w = strtok_r(copy, ", \t\n", &rest); w != NULL;
	     w = strtok_r(NULL, ", \t\n", &rest)) {
		if (strncmp(w, "proxy:", 6) == 0)
			w += 6;
		if (strcmp(w, word) == 0)
			return true;
	}
	return false;
}

static const struct printed *
call(size_t i)
{
	static const struct printed none = { .status = 9 };

	return i < n_printed ? &printed[i] : &none;
}

static void
warn(const struct postfix *p)
{
	char said[400], table[160];
	const char *due = "";
	const struct printed *q, *maps, *relay;

	n_printed = 0;
	memset(said, 'x', sizeof(said));
	postfix_conf_warn(p, said, sizeof(said));
	fuzz_text_fit(said, sizeof(said));
	q = call(0);
	maps = call(1);
	relay = call(2);
	(void)snprintf(
	    table, sizeof(table), "%s:%s", postfix_types[p->type], map);
	if (q->status == 0 && q->n > 0 && !(q->n == 1 && q->out[0] == '\n'))
		due = "has an entry " HOST " too";
	else if (maps->status == 0 && !named(maps, table))
		due = "smtp_sasl_password_maps does not name";
	else if (relay->status == 0 && !named(relay, RELAY))
		due = "relayhost does not name " RELAY;
	demand((said[0] == '\0') == (due[0] == '\0'));
	demand(strstr(said, due) != NULL);
}

static void
of_postfix(unsigned type)
{
	struct err e;
	struct postfix p = { .map = map, .relay = RELAY };
	enum ec ec;
	unsigned n = 0;

	while (postfix_types[n] != NULL)
		n++;
	p.type = type % n;
	n_printed = 0;
	ec = postfix_type_check(&p, &e);
	if (call(0)->status == 0 && ec != EC_TEMP)
		demand((ec == EC_OK) == named(call(0), postfix_types[p.type]));
	else
		demand(ec != EC_OK);
	if (ec != EC_OK)
		fuzz_err_fit(&e);
	warn(&p);
}

/* The value behind the label, by an own look at each line; false: none. */
static bool
value_of(const struct printed *in, const char **ret, size_t *ret_n)
{
	const size_t n = strlen(LABEL);
	const char *p = in->out;

	while (*p != '\0') {
		const size_t len = strcspn(p, "\n");

		if (len > n && p[n] == '\t' && strncasecmp(p, LABEL, n) == 0) {
			*ret = p + n + 1;
			*ret_n = len - n - 1;
			return true;
		}
		p += len + (p[len] == '\n' ? 1 : 0);
	}
	return false;
}

static void
of_smtpd(void)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	const struct smtpd_table t = {
		.entry = { .syntax = "opensmtpd-secrets",
		    .path = map,
		    .key = LABEL },
		.type = SMTPD_DB,
		.db = map,
	};
	const char *value = "", *colon;
	struct err e;
	size_t n = 0, user;

	n_printed = 0;
	if (smtpd_table_get(&t, &cred, &e) != EC_OK) {
		fuzz_err_fit(&e);
		return;
	}
	demand(call(0)->status == 0);
	if (!value_of(call(0), &value, &n)) {
		demand(cred.user[0] == '\0' && cred.pass == NULL);
		return;
	}
	colon = memchr(value, ':', n);
	user = colon != NULL ? (size_t)(colon - value) : n;
	demand(strlen(cred.user) == user);
	demand(memcmp(cred.user, value, user) == 0);
	if (colon == NULL || n == user + 1) {
		demand(cred.pass == NULL);
		return;
	}
	demand(secret_len(cred.pass) == n - user - 1);
	demand(memcmp(secret_reveal(cred.pass), colon + 1, n - user - 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { (const char *)data, size };
	unsigned what, type;

	if (size < 3 || size > MAX)
		return 0;
	what = feed_byte(&f);
	type = feed_byte(&f);
	script = f;
	if (what == 's')
		of_smtpd();
	else
		of_postfix(type);
	return 0;
}
