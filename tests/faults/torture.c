/*
 * torture: memory runs out at each allocation in turn inside everything that
 * reads or writes text: the syntaxes of `file`, URLs, templates, the
 * configuration, records, replies of IAM and of outside programs, signing,
 * seals, probes, the stores (torture_own.h, torture_aws.h).
 * `torture WORD` does it to what has the word in its name.
 * Inputs are the corpora of tests/fuzz; whatever one comes to with enough
 * memory, with too little it comes to EC_NOMEM, or, where the failing block
 * was only a cache of a library, to the same as before. Never to another
 * class: a file is not called wrong because memory is short. What was taken
 * is given back each time.
 *
 * malloc() and friends are replaced here for the whole process, libyaml,
 * expat and cJSON included; not for the sanitizers' flavour.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/err.h>

#include "base/auto.h"
#include "base/secret.h"
#include "clients/dsn.h"
#include "clients/edit/edit.h"
#include "clients/exec_serve.h"
#include "clients/template.h"
#include "rotator/config_p.h"
#include "rotator/iam_reply.h"
#include "rotator/record.h"
#include "sigv4/sign.h"
#include "tests/fuzz/edit_targets.h"

#define MAX     ((size_t)256 * 1024)
#define WHY_MAX 20

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static struct {
	bool on, failed;
	bool spared; /* none fails now */
	long at, count;
	long live; /* blocks taken and not given back while it was on */
} oom;

static bool
fails(void)
{
	if (!oom.on || oom.spared || ++oom.count != oom.at)
		return false;
	oom.failed = true;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	if (fails())
		return NULL;
	oom.live += oom.on;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	oom.live += oom.on;
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	if (n > 0 && fails())
		return NULL;
	oom.live += oom.on && p == NULL;
	return __libc_realloc(p, n);
}

void
free(void *p)
{
	oom.live -= oom.on && p != NULL;
	__libc_free(p);
}

/* The memory for secrets is OpenSSL's own, taken from no malloc(). */
void *
CRYPTO_secure_zalloc(size_t n, const char *file, int line)
{
	void *(*next)(size_t, const char *, int);
	void *p = dlsym(RTLD_NEXT, "CRYPTO_secure_zalloc");

	if (fails())
		return NULL;
	memcpy(&next, &p, sizeof(next));
	return next(n, file, line);
}

static bool transfers_spared;

/* libcurl's own, which is where its time goes. */
CURLMcode
curl_multi_perform(CURLM *m, int *running)
{
	CURLMcode (*next)(CURLM *, int *);
	void *p = dlsym(RTLD_NEXT, "curl_multi_perform");
	CURLMcode rc;

	memcpy(&next, &p, sizeof(next));
	oom.spared = transfers_spared;
	rc = next(m, running);
	oom.spared = false;
	return rc;
}

/* ---- appending ---- */

/*
 * The room a buffer has left over hides most appends from malloc(). Linked
 * with --wrap for these three (the Makefile does it), each append is a place
 * where memory runs out, for the first few times that a run comes by it.
 */
enum ec __wrap_buf_add(struct buf *b, const void *p, size_t n, struct err *e);
enum ec __wrap_buf_adds(struct buf *b, const char *s, struct err *e);
enum ec __wrap_buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
enum ec __real_buf_add(struct buf *b, const void *p, size_t n, struct err *e)
    __attribute__((weak));

#define SITES 1024 /* a power of 2; more places than one input comes by */
#define TIMES 40

static struct {
	const void *at;
	unsigned times;
} sites[SITES];

static enum ec
append(const void *at, struct buf *b, const void *p, size_t n, struct err *e)
{
	size_t i = (uintptr_t)at / 4 % SITES;

	if (oom.on) {
		while (sites[i].at != NULL && sites[i].at != at)
			i = (i + 1) % SITES;
		sites[i].at = at;
		if (sites[i].times++ < TIMES && fails())
			return fail(e, EC_NOMEM, "no memory to append");
	}
	return __real_buf_add(b, p, n, e);
}

enum ec
__wrap_buf_add(struct buf *b, const void *p, size_t n, struct err *e)
{
	return append(__builtin_return_address(0), b, p, n, e);
}

enum ec
__wrap_buf_adds(struct buf *b, const char *s, struct err *e)
{
	return append(__builtin_return_address(0), b, s, strlen(s), e);
}

enum ec
__wrap_buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
	static char text[MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return fail(e, EC_BUG, "too long for a test");
	return append(__builtin_return_address(0), b, text, (size_t)n, e);
}

/* ---- what is tortured ---- */

struct input {
	const uint8_t *data;
	size_t size;
};

/* The parts of an input that is apart by NUL bytes; "" when there is none. */
static const char *
part(const struct input *in, size_t n)
{
	const uint8_t *p = in->data, *end = in->data + in->size;

	while (n-- > 0) {
		p = memchr(p, '\0', (size_t)(end - p));
		if (p == NULL)
			return "";
		p++;
	}
	return (const char *)p; /* the reader puts a NUL behind the input */
}

static const struct edit_target envs[] = {
	{ "dotenv", "P", "Q" },
	{ "environment-file", "P", "Q" },
};

static enum ec
edit(const struct edit_target *r, const char *value, const struct input *file,
    struct err *e)
{
	const struct edit_syntax *s = edit_syntax_find(r->syntax);
	const struct edit_pair pair = { r->key, value };
	const struct edit_pair more = { r->other, value };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf now = BUF(8 * MAX);
	AUTO(buf) struct buf longer = BUF(8 * MAX);
	AUTO(buf) struct buf nothing = BUF(MAX);
	AUTO(buf) struct buf fresh = BUF(8 * MAX);

	TRY(buf_add(&text, file->data, file->size, e));
	TRY(edit_get(s, &text, "f", r->key, &now, e));
	TRY(edit_set(s, &text, "f", &pair, 1, &now, e));
	if (r->other == NULL || s->append == NULL)
		return EC_OK;
	TRY(s->append(&now, r->other, &longer, e));
	TRY(edit_set(s, &longer, "f", &more, 1, &now, e));
	return s->append(&nothing, r->other, &fresh, e);
}

/* As in fuzz_edit_line.c and fuzz_edit_tree.c: which, value NUL file. */
static enum ec
edit_of(const struct edit_target *rows, size_t n, const struct input *in,
    struct err *e)
{
	const uint8_t *nul =
	    in->size > 1 ? memchr(in->data + 1, '\0', in->size - 1) : NULL;
	struct input file;

	if (nul == NULL)
		return EC_OK;
	file.data = nul + 1;
	file.size = in->size - (size_t)(nul + 1 - in->data);
	return edit(
	    &rows[in->data[0] % n], (const char *)in->data + 1, &file, e);
}

static enum ec
edit_line(const struct input *in, struct err *e)
{
	return edit_of(edit_lines, COUNT(edit_lines), in, e);
}

static enum ec
edit_tree(const struct input *in, struct err *e)
{
	return edit_of(edit_trees, COUNT(edit_trees), in, e);
}

static enum ec
edit_env(const struct input *in, struct err *e)
{
	return edit_of(envs, COUNT(envs), in, e);
}

static enum ec
dsn(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf url = BUF(MAX);
	AUTO(buf) struct buf now = BUF(8 * MAX);
	AUTO(buf) struct buf user = BUF(8 * MAX);
	AUTO(buf) struct buf pass = BUF(8 * MAX);

	TRY(buf_adds(&url, part(in, 2), e));
	TRY(dsn_get(&url, "f", &user, &pass, e));
	return dsn_set(&url, "f", part(in, 0), part(in, 1), &now, e);
}

static enum ec
config(const struct input *in, struct err *e)
{
	struct config_full *c = config_begin();
	enum ec ec;

	if (c == NULL)
		return config_nomem(e);
	ec = config_add(c, "main.yaml", in->data, in->size, e);
	if (ec == EC_OK)
		ec = config_finish(c, e);
	config_free(&c->pub);
	return ec;
}

static enum ec
record(const struct input *in, struct err *e)
{
	AUTO(rec) struct rec r;
	AUTO(buf) struct buf text = BUF(8 * MAX);

	rec_init(&r, "mail");
	TRY(rec_decode((const char *)in->data, &r, e));
	return rec_encode(&r, &text, e);
}

static enum ec
asked(const struct input *in, struct err *e)
{
	AUTO(exec_ask) struct exec_ask a = { .json = NULL };
	AUTO(buf) struct buf text = BUF(MAX);

	TRY(buf_add(&text, in->data, in->size, e));
	return exec_ask_parse(&text, &a, e);
}

static enum ec
answered(const struct input *in, struct err *e)
{
	AUTO(exec_reply) struct exec_reply got = { .cred = { .user = "" } };
	AUTO(buf) struct buf text = BUF(MAX);
	bool heard;

	TRY(buf_add(&text, in->data, in->size, e));
	return exec_reply_parse(&text, "p", EXEC_READ, &got, &heard, e);
}

static enum ec
iam(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf text = BUF(MAX);
	char marker[IAM_MARKER_MAX];
	struct iam_keys keys = { .n = 0 };

	TRY(buf_add(&text, in->data, in->size, e));
	return iam_read_list(&text, "ses-smtp-a", &keys, marker, e);
}

static enum ec
templates(const struct input *in, struct err *e)
{
	const char *values[TEMPLATE__FIELDS] = { "AKIA", "pass+/", "h", "587",
		"us-east-1", "mail" };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf out = BUF(8 * MAX);
	AUTO(buf) struct buf user = BUF(MAX);
	AUTO(buf) struct buf pass = BUF(MAX);
	struct template t;

	TRY(buf_add(&text, in->data, in->size, e));
	TRY(template_parse(&text, "f", &t, e));
	TRY(template_render(&t, values, &out, e));
	return template_match(&t, &out, "f", &user, &pass, e);
}

static enum ec
sign(const struct input *in, struct err *e)
{
	static const struct sig_header headers[] = {
		{ "Host", "iam.amazonaws.com" },
		{ "X-Amz-Target", "  a   b " },
		{ "content-type", "x" },
		{ NULL, NULL },
	};
	AUTO(sig_result) struct sig_result r = { .signature = "" };
	AUTO(secret) struct secret *secret = NULL;
	struct sig_request q = { "POST", "/a b/../%20", part(in, 0), headers,
		in->data, in->size, false, true, false };
	struct sig_context c = { "AKIAIOSFODNN7EXAMPLE", NULL, NULL,
		"us-east-1", "iam", 1440938160000 };

	TRY(secret_new("wJalrXUtnFEMI", 13, &secret, e));
	c.secret = secret;
	return sig_sign(&q, &c, &r, e);
}

static const char list_reply[] =
    "<ListAccessKeysResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>"
    "<ListAccessKeysResult><AccessKeyMetadata><member><UserName>ses-smtp-a"
    "</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Active"
    "</Status><CreateDate>2026-11-21T03:40:00Z</CreateDate></member>"
    "</AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    "</ListAccessKeysResult></ListAccessKeysResponse>";
static const char read_reply[] =
    "{\"protocol\":1,\"ok\":true,\"username\":\"AKIAIOSFODNN7EXAMPLE\","
    "\"password\":\"BM4qrDmCFxdbe8yfxsdtmdbGmi9YsEXAMPLEabcdefgh\"}";
static const char template_text[] =
    "user {{username}}\npass {{password}}\nsmtp://{{username|url}}:"
    "{{password|url}}@{{host}}:{{port}}\n";
static const char query[] = "b=2&a=1&a=%20x&Action=ListAccessKeys";

#include "tests/faults/torture_aws.h"
#include "tests/faults/torture_cloud.h"
#include "tests/faults/torture_more.h"

/* corpus: a folder of tests/fuzz/corpus, or NULL: only `text`. */
static const struct subject {
	const char *name, *corpus, *text;
	enum ec (*run)(const struct input *in, struct err *e);
	enum ec good; /* what at least one input comes to, with memory */
} subjects[] = {
	{ "line syntaxes", "edit_line", NULL, edit_line, EC_OK },
	{ "tree syntaxes", "edit_tree", NULL, edit_tree, EC_OK },
	{ "dotenv and EnvironmentFile", "dotenv", NULL, edit_env, EC_OK },
	{ "pairs in URLs", "dsn", NULL, dsn, EC_OK },
	{ "templates", NULL, template_text, templates, EC_OK },
	{ "configuration", "config", NULL, config, EC_OK },
	{ "records", "record", NULL, record, EC_OK },
	{ "requests to the agent", "agent", NULL, asked, EC_OK },
	{ "answers of programs", NULL, read_reply, answered, EC_OK },
	{ "a list of IAM", NULL, list_reply, iam, EC_OK },
	{ "signing", NULL, query, sign, EC_OK },
	{ "known answers", NULL, query, own_known_answers, EC_OK },
	{ "replies of IAM", NULL, query, own_replies, EC_OK },
	{ "our identity", NULL, query, own_identity, EC_OK },
	{ "a credential as JSON", NULL, own_json_text, own_json, EC_OK },
	{ "words beside a credential", NULL, own_json_said, own_json_words,
	    EC_OK },
	{ "endpoints", NULL, query, own_endpoint, EC_OK },
	{ "calls to nobody", NULL, query, own_calls, EC_TEMP },
	{ "seals", NULL, query, own_seals, EC_OK },
	{ "a new sealing key", NULL, query, own_new_key, EC_OK },
	{ "a client before it is written", NULL, query, own_prepare, EC_OK },
	{ "a probe of nobody", NULL, query, own_probe, EC_OK },
	{ "reaching nobody", NULL, query, own_reach, EC_OK },
	{ "requests to programs", NULL, query, net_request, EC_OK },
	{ "a pair in a JSON document", NULL, net_json_text, net_document,
	    EC_OK },
	{ "a call of a client", NULL, query, net_aws_json, EC_TEMP },
	{ "roles", NULL, query, net_role, EC_TEMP },
	{ "a role by a token", NULL, query, net_web, EC_TEMP },
	{ "a portal", NULL, query, net_portal, EC_TEMP },
	{ "a token of a portal", NULL, query, net_sso_token, EC_OK },
	{ "a container", NULL, query, net_container, EC_TEMP },
	{ "a container by its path", NULL, query, net_container_path,
	    EC_CONFIG },
	{ "an instance", NULL, query, net_imds, EC_GONE },
	{ "an instance's role", NULL, query, net_imds_get, EC_TEMP },
	{ "a program for our identity", NULL, query, net_program, EC_OK },
	{ "a key twice", NULL, query, net_cred_copy, EC_OK },
	{ "questions to the network process", NULL, query, net_far_probe,
	    EC_OK },
	{ "answers of the network process", NULL, query, net_serve, EC_OK },
	{ "writing to the store", NULL, query, own_store_write, EC_OK },
	{ "reading the store", NULL, query, own_store_read, EC_OK },
	{ "writing to DynamoDB", NULL, query, aws_write, EC_OK },
	{ "a refused write to DynamoDB", NULL, query, aws_refused, EC_OK },
	{ "no record in DynamoDB", NULL, query, aws_absent, EC_GONE },
	{ "words in DynamoDB", NULL, query, aws_words, EC_OK },
	{ "a lease in DynamoDB that is silent", NULL, query, aws_other, EC_OK },
	{ "reading DynamoDB", NULL, query, aws_read, EC_OK },
	{ "reading words from DynamoDB", NULL, query, aws_read_words, EC_OK },
	{ "no table in DynamoDB", NULL, query, aws_no_table, EC_CONFIG },
	{ "no key in KMS", NULL, query, aws_no_key, EC_CONFIG },
	{ "seals of KMS", NULL, query, aws_seals, EC_OK },
	{ "moving into an empty store", NULL, query, more_move_new,
	    EC_DAMAGED },
	{ "moving on", NULL, query, more_move_on, EC_DAMAGED },
	{ "a glance at the store", NULL, query, more_glance, EC_OK },
	{ "a quiet run", NULL, query, more_quiet, EC_OK },
	{ "identities that take turns", NULL, query, more_fleet, EC_OK },
	{ "accounts", NULL, query, more_accounts, EC_OK },
	{ "requests for the network process", NULL, query, more_serve,
	    EC_TEMP },
/* Of these, libcurl's memory is spared. */
#define SPARED (COUNT(subjects) - 3)
	{ "writing to the table", NULL, query, cloud_write, EC_OK },
	{ "reading the table", NULL, query, cloud_read, EC_OK },
	{ "sealing with KMS", NULL, query, cloud_seals, EC_OK },
};

/* ---- the torture ---- */

struct tally {
	unsigned inputs, fine, failures, wrong;
	char why[WHY_MAX][400];
};

static void
complain(struct tally *t, const char *input, const char *what, long at,
    enum ec ec, const struct err *e)
{
	if (t->wrong++ < WHY_MAX)
		(void)snprintf(t->why[t->wrong - 1], sizeof(t->why[0]),
		    "%s: %s, allocation %ld: class %d: %.200s", input, what, at,
		    (int)ec, ec != EC_OK ? e->what : "");
}

static enum ec
once(const struct subject *s, const struct input *in, long at, struct err *e)
{
	enum ec ec;

	oom.at = at;
	oom.count = oom.live = 0;
	oom.failed = false;
	transfers_spared = s >= subjects + SPARED;
	memset(sites, 0, sizeof(sites));
	oom.on = true;
	ec = s->run(in, e);
	ERR_clear_error(); /* OpenSSL's list of errors holds blocks */
	oom.on = false;
	return ec;
}

/* After once(): is something never given back? A library may fill a cache of
 * its own now and empty it the next time; what leaks, leaks each time. */
static bool
leaks(const struct subject *s, const struct input *in, long at)
{
	const bool failed = oom.failed;
	struct err e;

	for (int i = 0; i < 5 && oom.live != 0; i++)
		(void)once(s, in, at, &e);
	oom.failed = failed;
	return oom.live != 0;
}

static void
torture(const struct subject *s, const char *name, const struct input *in,
    struct tally *t)
{
	struct err e = { .ec = EC_OK }, said = { .ec = EC_OK };
	enum ec good, ec;

	(void)once(s, in, 0, &e); /* what is set up once stays */
	good = once(s, in, 0, &e);
	said = e;
	t->inputs++;
	t->fine += good == s->good;
	if (good != s->good && s->text != NULL)
		complain(t, name, "not to its end", 0, good, &e);
	for (long at = 1;; at++) {
		e = (struct err){ .ec = EC_OK };
		ec = once(s, in, at, &e);
		if (leaks(s, in, at))
			complain(t, name, "not given back", at, ec, &e);
		if (!oom.failed)
			break;
		t->failures++;
		if (ec != EC_NOMEM && ec != good)
			complain(t, name, "wrong class", at, ec, &e);
		/* Of the same class, but for another reason? */
		if (ec != EC_OK && ec == good && strcmp(e.what, said.what) != 0)
			complain(t, name, "wrong reason", at, ec, &e);
	}
	if (ec != good)
		complain(t, name, "not repeatable", 0, ec, &e);
}

static void
torture_file(
    const struct subject *s, int dir, const char *name, struct tally *t)
{
	static char data[MAX + 1];
	struct input in = { (const uint8_t *)data, 0 };
	const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd >= 0 ? read(fd, data, MAX) : -1;

	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return;
	data[n] = '\0';
	in.size = (size_t)n;
	torture(s, name, &in, t);
}

static void
torture_all(const struct subject *s, struct tally *t)
{
	const struct input in = { (const uint8_t *)s->text,
		s->text != NULL ? strlen(s->text) : 0 };
	const struct dirent *d;
	char path[256];
	DIR *dir;

	if (s->corpus == NULL) {
		torture(s, s->name, &in, t);
		return;
	}
	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", s->corpus);
	dir = opendir(path);
	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			torture_file(s, dirfd(dir), d->d_name, t);
	if (dir != NULL)
		(void)closedir(dir);
}

/* torture [WORD]: all, or those with that word in their name. */
int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	bool bad = false;
	struct err e;

	if (secret_init(&e) != EC_OK || !fake_begin(&e) ||
	    !net_begin_process(&e) || !cloud_server_begin() || !own_begin(&e) ||
	    !net_begin() || !aws_begin(&e) || !cloud_begin(&e) || !more_begin())
		return 1;
	printf("1..%zu\n", COUNT(subjects));
	for (size_t i = 0; i < COUNT(subjects); i++) {
		struct tally t = { .inputs = 0 };
		bool fine;

		if (strstr(subjects[i].name, word) == NULL)
			continue;
		torture_all(&subjects[i], &t);
		fine = t.wrong == 0 && t.failures > 0 && t.fine > 0;
		bad |= !fine;
		printf("%sok %zu - %s: %u inputs, %u of them to the end, "
		       "%u failed allocations, %u ended wrong\n",
		    fine ? "" : "not ", i + 1, subjects[i].name, t.inputs,
		    t.fine, t.failures, t.wrong);
		for (unsigned k = 0; k < t.wrong && k < WHY_MAX; k++)
			printf("# %s\n", t.why[k]);
	}
	aws_end();
	fake_end();
	cloud_end();
	net_end();
	own_end();
	return bad;
}
