/*
 * Any text as a sealed password. The first byte says what is tried: one that
 * was sealed here with bytes of it changed, cut or moved (a list of offset
 * and value), or the text as it stands. Only the very text that was sealed,
 * asked for at the very place it was made for, opens; everything else is
 * EC_DAMAGED, and gives nothing.
 */
#include "fuzz.h"
#include "rotator/seal.h"

#define PLACE "newsletter|AKIAIOSFODNN7EXAMPLE|us-east-1"
#define PASS  "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
#define OTHER "newsletter|AKIAIOSFODNN7EXAMPLE|eu-west-1"

static struct seal *ours, *theirs;
/* Sealed once, so that an input means the same in every run of a process;
 * under which key, no oracle depends on. */
static char sealed[SEALED_MAX];

static bool
of_kms(const char *text)
{
	const char *dot;

	if (strncmp(text, "k1.", 3) != 0)
		return false;
	dot = strchr(text + 3, '.');
	return dot != NULL && dot != text + 3;
}

static void
refused(const struct seal *s, const char *place, const char *text)
{
	struct secret *got = NULL;
	struct err e;

	/* What looks as if it came from KMS is another kind's. */
	demand(seal_unwrap(s, place, text, &got, &e) ==
	    (of_kms(text) ? EC_CONFIG : EC_DAMAGED));
	demand(got == NULL);
	fuzz_err_fit(&e);
}

static void
opens(const char *text)
{
	AUTO(secret) struct secret *got = NULL;
	struct err e;

	demand(seal_unwrap(ours, PLACE, text, &got, &e) == EC_OK);
	demand(secret_len(got) == SMTP_PASSWORD_LEN);
	demand(memcmp(secret_reveal(got), PASS, SMTP_PASSWORD_LEN) == 0);
}

static void
try(const char *text)
{
	if (strcmp(text, sealed) == 0)
		opens(text);
	else
		refused(ours, PLACE, text);
	refused(ours, OTHER, text);
	refused(theirs, PLACE, text);
}

/* Offset, value; an offset beyond the end appends, value 0 cuts. */
static void
changed(struct feed f)
{
	char text[SEALED_MAX * 2];
	const size_t len = strlen(sealed);

	memset(text, 0, sizeof(text));
	memcpy(text, sealed, len);
	while (f.n >= 2) {
		const size_t at = feed_byte(&f) % (len + 4);

		text[at] = (char)feed_byte(&f);
	}
	try(text);
}

/* What was made of any secret opens again, until it is too long to be kept. */
static void
round_trip(struct feed f)
{
	AUTO(secret) struct secret *in = NULL;
	AUTO(secret) struct secret *out = NULL;
	char text[SEALED_MAX];
	struct err e;

	if (f.n == 0 || f.n > SECRET_MAX)
		return;
	demand(secret_new(f.p, f.n, &in, &e) == EC_OK);
	if (seal_wrap(ours, PLACE, in, text, &e) != EC_OK) {
		demand(e.ec == EC_LIMIT && f.n > SMTP_PASSWORD_LEN);
		return;
	}
	demand(strlen(text) < SEALED_MAX);
	demand(seal_unwrap(ours, PLACE, text, &out, &e) == EC_OK);
	demand(secret_eq(in, out));
	refused(ours, OTHER, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { (const char *)data, size };
	AUTO(buf) struct buf text = BUF(65536);
	struct err e;

	if (size < 1 || size > 4096)
		return 0;
	switch (feed_byte(&f) % 3) {
	case 0:
		changed(f);
		break;
	case 1:
		round_trip(f);
		break;
	default:
		demand(buf_add(&text, f.p, f.n, &e) == EC_OK);
		try(buf_str(&text));
	}
	return 0;
}

static void
open_key(const char *path, struct seal **ret)
{
	struct err e;

	demand(seal_open(SEAL_FILE, path, true, ret, &e) == EC_OK);
	demand(unlink(path) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char dir[] = "/tmp/fuzz-seal-XXXXXX", path[64];
	AUTO(secret) struct secret *pass = NULL;
	struct err e;

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK && mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/key", dir);
	open_key(path, &ours);
	open_key(path, &theirs);
	demand(rmdir(dir) == 0);
	demand(secret_new(PASS, SMTP_PASSWORD_LEN, &pass, &e) == EC_OK);
	demand(seal_wrap(ours, PLACE, pass, sealed, &e) == EC_OK);
	return 0;
}
