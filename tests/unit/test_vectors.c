/*
 * test_vectors [DIR...]: signing suites, stage by stage, a line of TAP for
 * each case and stage. Without DIR these are tests/vectors, which is our own,
 * and the directory that SIGV4_VECTORS names, if it is set. The form is that of
 * the public suite, see vector_case.h; folders in folders are looked through.
 *
 * What such a suite holds beyond the signing of headers is not claimed here,
 * and a table at the end says so case by case: nothing is left out silently.
 */
#include <dirent.h>

#include "vector_case.h"

#define OWN_CASES "tests/vectors"
#define OWN_MIN   39
#define DEPTH_MAX 8

/* What a suite may hold beside, and why this program never does it. */
#define QUERY_WHY  "presigned URL: every request here is signed in its header"
#define S3_WHY     "S3 encodes a path once: no call of S3 is made here"
#define SIGV4A_WHY "SigV4A: nothing here is asked in many regions at once"

static const char *const query_files[] = { "query-canonical-request.txt",
	"query-string-to-sign.txt", "query-signature.txt",
	"query-signed-request.txt" };
static const char *const s3_like[] = { "s3", "s3express", "s3-outposts",
	"s3-object-lambda" };

/* The stages of header signing, in order. */
enum { CANONICAL, TO_SIGN, SIGNATURE, STAGES };
static const struct {
	const char *name, *file;
} stages[STAGES] = {
	{ "canonical request", "header-canonical-request.txt" },
	{ "string to sign", "header-string-to-sign.txt" },
	{ "signature", "header-signature.txt" },
};

static struct {
	unsigned n, failed, cases; /* cases: those that were signed */
	struct buf table;
} tally;

static void
say(bool fine, const char *name, const char *stage, const char *why)
{
	tally.n++;
	tally.failed += !fine;
	(void)printf(
	    "%s %u - %s: %s\n", fine ? "ok" : "not ok", tally.n, name, stage);
	if (!fine)
		(void)printf("# %s\n", why);
}

static void
add_row(const char *name, const char *what, const char *why)
{
	struct err e;

	if (buf_addf(&tally.table, &e, "#   %-40s %-28s %s\n", name, what,
		why) != EC_OK)
		say(false, name, "table", e.what);
}

/* Every line begins with "# ": a diagnostic of TAP. */
static void
show(const char *title, const char *text)
{
	(void)printf("# %s:\n#   ", title);
	for (; *text != '\0'; text++) {
		(void)putchar(*text);
		if (*text == '\n')
			(void)fputs("#   ", stdout);
	}
	(void)putchar('\n');
}

static void
compare(const char *name, const char *stage, const char *want, const char *got)
{
	const bool fine = strcmp(want, got) == 0;

	say(fine, name, stage, "differs");
	if (fine)
		return;
	show("wanted", want);
	show("got", got);
}

/* Some editions of the suite end a file with LF, others do not. */
static bool
read_stage(
    const struct vector_case *v, const char *name, size_t i, struct buf *ret)
{
	struct err e;

	if (vector_read(v->dir, stages[i].file, ret, &e) != EC_OK) {
		say(false, name, stages[i].name, e.what);
		return false;
	}
	while (ret->len > 0 && ret->p[ret->len - 1] == '\n')
		buf_cut(ret, ret->len - 1);
	return true;
}

/* The third line of a string to sign. */
static const char *
scope_of(const char *to_sign)
{
	for (int i = 0; i < 2 && to_sign != NULL; i++) {
		to_sign = strchr(to_sign, '\n');
		to_sign += to_sign != NULL;
	}
	return to_sign;
}

/* The last line but one of a canonical request; n: its length. */
static const char *
names_of(const char *canonical, size_t *n)
{
	const char *end = strrchr(canonical, '\n'), *s = end;

	while (s != NULL && s > canonical && s[-1] != '\n')
		s--;
	*n = s != NULL ? (size_t)(end - s) : 0;
	return s;
}

/* What the three files together say of the header that is sent. */
static void
authorization(const struct vector_case *v, const char *name,
    const struct buf *want, const char *got)
{
	size_t n;
	const char *names = names_of(buf_str(&want[CANONICAL]), &n);
	const char *scope = scope_of(buf_str(&want[TO_SIGN]));
	char text[VECTOR_PATH];

	if (names == NULL || scope == NULL) {
		say(false, name, "authorization", "no lines in the stages");
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "AWS4-HMAC-SHA256 Credential=%s/%.*s, SignedHeaders=%.*s, "
	    "Signature=%s",
	    v->c.key_id, (int)strcspn(scope, "\n"), scope, (int)n, names,
	    buf_str(&want[SIGNATURE]));
	compare(name, "authorization", text, got);
}

static void
run_stages(const struct vector_case *v, const char *name)
{
	AUTO(sig_result) struct sig_result r = { .signature = "" };
	struct buf want[STAGES] = { BUF(0), BUF(0), BUF(0) };
	const char *got[STAGES];
	size_t had = 0;
	struct err e;

	if (sig_sign(&v->q, &v->c, &r, &e) != EC_OK) {
		say(false, name, "signing", e.what);
		return;
	}
	got[CANONICAL] = buf_str(&r.canonical);
	got[TO_SIGN] = buf_str(&r.string_to_sign);
	got[SIGNATURE] = r.signature;
	for (size_t i = 0; i < STAGES; i++)
		if (read_stage(v, name, i, &want[i])) {
			had++;
			compare(
			    name, stages[i].name, buf_str(&want[i]), got[i]);
		}
	if (had == STAGES)
		authorization(v, name, want, buf_str(&r.authorization));
	for (size_t i = 0; i < STAGES; i++)
		buf_free(&want[i]);
}

/* Why no stage of this case can be ours; NULL: it is one for us. */
static const char *
not_ours(const struct vector_case *v)
{
	const char *service = vector_text(v->json, "service");

	if (vector_has(v->dir, "public-key.json"))
		return SIGV4A_WHY;
	if (cJSON_IsFalse(
		cJSON_GetObjectItem(v->json, "use_double_uri_encode")))
		return S3_WHY;
	for (size_t i = 0; service != NULL && i < COUNT(s3_like); i++)
		if (strcmp(service, s3_like[i]) == 0)
			return S3_WHY;
	return NULL;
}

/* Notes what of the case is not for header signing; true: all of it. */
static bool
set_aside(const struct vector_case *v, const char *name)
{
	const char *why = not_ours(v);
	unsigned query = 0, header = 0;
	char what[32];

	for (size_t i = 0; i < COUNT(query_files); i++)
		query += vector_has(v->dir, query_files[i]);
	for (size_t i = 0; i < STAGES; i++)
		header += vector_has(v->dir, stages[i].file);
	(void)snprintf(what, sizeof(what), "query-*.txt (%u)", query);
	if (query > 0)
		add_row(name, what, QUERY_WHY);
	if (why != NULL)
		add_row(name, "the whole case", why);
	return why != NULL || (query > 0 && header == 0);
}

static void
run_case(const char *dir, const char *name)
{
	AUTO(vector_case) struct vector_case v = { .dir = dir };
	struct err e;

	if (vector_parse(&v, &e) != EC_OK) {
		say(false, name, "reading", e.what);
		return;
	}
	if (set_aside(&v, name))
		return;
	if (vector_context(&v, &e) != EC_OK ||
	    vector_request(&v, &e) != EC_OK) {
		say(false, name, "reading", e.what);
		return;
	}
	tally.cases++;
	run_stages(&v, name);
}

static bool
is_dir(const char *path)
{
	DIR *d = opendir(path);

	return d != NULL && closedir(d) == 0;
}

static void
free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* A folder with a request is a case, one with folders is a suite. top: length
 * of the name of the whole, which no line needs to repeat. */
static void
run_all(const char *dir, size_t top, int depth)
{
	const char *name = strlen(dir) > top ? dir + top + 1 : dir;
	struct dirent **names = NULL;
	char path[VECTOR_PATH];
	int n, inside = 0;

	if (vector_has(dir, "request.txt")) {
		run_case(dir, name);
		return;
	}
	n = depth < DEPTH_MAX ? scandir(dir, &names, NULL, alphasort) : -1;
	for (int i = 0; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] == '.' || !is_dir(path))
			continue;
		inside++;
		run_all(path, top, depth + 1);
	}
	free_names(names, n);
	if (inside == 0)
		say(false, name, "reading",
		    n < 0 ? "no such directory" : "request.txt is missing");
}

static void
run_suite(const char *dir, unsigned at_least)
{
	const unsigned before = tally.cases;
	char why[80];

	(void)printf("# %s\n", dir);
	run_all(dir, strlen(dir), 0);
	(void)snprintf(why, sizeof(why), "%u cases, at least %u are wanted",
	    tally.cases - before, at_least);
	say(tally.cases - before >= at_least, dir, "cases", why);
}

int
main(int argc, char **argv)
{
	const char *outside = getenv("SIGV4_VECTORS");
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	tally.table = BUF(VECTOR_BYTES);
	for (int i = 1; i < argc; i++)
		run_suite(argv[i], 1);
	if (argc == 1)
		run_suite(OWN_CASES, OWN_MIN);
	if (argc == 1 && outside != NULL && *outside != '\0')
		run_suite(outside, 1);
	if (tally.table.len > 0)
		(void)printf(
		    "# not for header signing:\n%s", buf_str(&tally.table));
	buf_free(&tally.table);
	(void)printf("1..%u\n", tally.n);
	return tally.failed > 0;
}
