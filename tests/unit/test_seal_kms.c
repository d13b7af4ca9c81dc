/* seal_kms: one data key a run, one Decrypt a data key, nothing asked before
 * it is needed, and words about KMS that say what to do. The service is a
 * script; tests/e2e/seal_kms.t has a strict one that really encrypts. */
#include <openssl/crypto.h>
#include <pthread.h>

#include "aws_world.h"

#include "rotator/seal.h"

extern const struct client_driver drv_aws_ssm;

#define AAD   "shop|AKIAEXAMPLE|eu-west-1"
#define ONE   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" /* 32 bytes */
#define TWO   "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SHORT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="
#define KEY(blob, plain)                                                       \
	OK("{\"CiphertextBlob\":\"" blob "\",\"KeyId\":\"arn:x\","             \
	   "\"Plaintext\":\"" plain "\"}")

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

static struct seal *
kms(struct aws_world *w)
{
	static char former[256];
	const struct seal_kms_conf conf = { .key = "alias/mail",
		.region = "eu-west-1",
		.account = "123456789012",
		.former = former,
		.reach = &w->reach };
	struct seal *s = NULL;

	(void)snprintf(
	    former, sizeof(former), "%s", fixture_path(&w->fx, "seal.key"));
	assert_int_equal(seal_open_kms(&conf, &s, &w->fx.e), EC_OK);
	return s;
}

static void
wrap(struct aws_world *w, const struct seal *s, char ret[SEALED_MAX])
{
	AUTO(secret) struct secret *p = NULL;

	assert_int_equal(secret_new(PASS1, strlen(PASS1), &p, &w->fx.e), EC_OK);
	if (seal_wrap(s, AAD, p, ret, &w->fx.e) != EC_OK)
		die("%s", w->fx.e.what);
}

static enum ec
unwrap(struct aws_world *w, const struct seal *s, const char *aad,
    const char *sealed)
{
	AUTO(secret) struct secret *p = NULL;
	enum ec ec = seal_unwrap(s, aad, sealed, &p, &w->fx.e);

	if (ec != EC_OK) {
		assert_null(p);
		assert_int_equal(w->fx.e.ec, ec);
		return ec;
	}
	assert_int_equal(secret_len(p), strlen(PASS1));
	assert_memory_equal(secret_reveal(p), PASS1, strlen(PASS1));
	return ec;
}

static void
one_data_key_a_run(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD", ONE),
		REFUSE("NotFoundException", "asked too often") };
	char one[SEALED_MAX], two[SEALED_MAX];
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	assert_int_equal(world_requests(&w), 0);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	wrap(&w, s, one);
	wrap(&w, s, two);
	assert_int_equal(strncmp(one, "k1.QUJD.", 8), 0);
	assert_string_not_equal(one, two);
	assert_null(strstr(one, PASS1));
	assert_int_equal(unwrap(&w, s, AAD, one), EC_OK);
	assert_int_equal(unwrap(&w, s, AAD, two), EC_OK);
	seal_close(s);
	assert_int_equal(world_requests(&w), 1);
	assert_string_equal(w.asked, "eu-west-1");
	world_asked(&w, 0, "X-Amz-Target: TrentService.GenerateDataKey",
	    "{\"EncryptionContext\":{\"program\":\"ses-smtp-rotator\","
	    "\"account\":\"123456789012\"},\"KeyId\":\"alias/mail\","
	    "\"KeySpec\":\"AES_256\"}");
	world_end(&w);
}

static void
one_decrypt_a_data_key(void **state)
{
	static const struct fake_step first[] = { KEY("QUJD", ONE) };
	static const struct fake_step second[] = { KEY("REVG", TWO) };
	static const struct fake_step third[] = { KEY("", ONE), KEY("", TWO),
		REFUSE("NotFoundException", "asked too often") };
	static const struct fake_step *const scripts[] = { first, second };
	char sealed[2][SEALED_MAX];
	struct aws_world w;
	struct seal *s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		world_begin(&w, &drv_aws_ssm, scripts[i], 1);
		s = kms(&w);
		wrap(&w, s, sealed[i]);
		seal_close(s);
		world_end(&w);
	}
	world_begin(&w, &drv_aws_ssm, third, COUNT(third));
	s = kms(&w);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 2; i++)
			assert_int_equal(unwrap(&w, s, AAD, sealed[i]), EC_OK);
	assert_int_equal(world_requests(&w), 2);
	world_asked(&w, 0, "X-Amz-Target: TrentService.Decrypt",
	    "{\"EncryptionContext\":{\"program\":\"ses-smtp-rotator\","
	    "\"account\":\"123456789012\"},\"CiphertextBlob\":\"QUJD\"}");
	world_asked(&w, 1, "Decrypt", "\"REVG\"");
	seal_close(s);
	world_end(&w);
}

/* A data key of another value, or a value of another place. */
static void
does_not_open(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD", ONE),
		KEY("", TWO) };
	static const char *const never[] = { "", "k", "k1", "k1.", "k1..x",
		"k1.QUJD", "k1.QUJD.", "k1.QUJD.AAAA", "k2.QUJD.AAAA" };
	char sealed[SEALED_MAX], other[SEALED_MAX], huge[SEALED_MAX];
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	wrap(&w, s, sealed);
	assert_int_equal(unwrap(&w, s, AAD "x", sealed), EC_DAMAGED);
	for (size_t i = 0; i < COUNT(never); i++) {
		assert_int_equal(unwrap(&w, s, AAD, never[i]), EC_DAMAGED);
		assert_int_not_equal(w.fx.e.fix[0], '\0');
	}
	memset(huge, 'A', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	memcpy(huge, "k1.", 3);
	memcpy(huge + sizeof(huge) - 20, ".AAAA", 6);
	assert_int_equal(unwrap(&w, s, AAD, huge), EC_DAMAGED);
	assert_int_equal(world_requests(&w), 1);
	(void)snprintf(other, sizeof(other), "k1.REVG%s", sealed + 7);
	assert_int_equal(unwrap(&w, s, AAD, other), EC_DAMAGED);
	assert_int_equal(world_requests(&w), 2);
	seal_close(s);
	world_end(&w);
}

static const struct {
	struct fake_step step;
	enum ec ec;
	const char *what, *fix;
} refusals[] = {
	{ REFUSE("NotFoundException", "Alias arn:x is not found."), EC_CONFIG,
	    "NotFoundException: Alias", "seal: key and region" },
	{ REFUSE("InvalidArnException", ""), EC_CONFIG, "",
	    "seal: key and region" },
	{ REFUSE("InvalidKeyUsageException", "x"), EC_CONFIG, "",
	    "SYMMETRIC_DEFAULT" },
	{ REFUSE("UnsupportedOperationException", "x"), EC_CONFIG, "",
	    "SYMMETRIC_DEFAULT" },
	{ REFUSE("DisabledException", "arn:x is disabled."), EC_DENIED,
	    "is disabled", "aws kms enable-key" },
	{ REFUSE("KMSInvalidStateException", "arn:x is pending deletion."),
	    EC_DENIED, "pending deletion", "aws kms cancel-key-deletion" },
	{ REFUSE("KeyUnavailableException", "x"), EC_TEMP, "", "" },
	{ REFUSE("DependencyTimeoutException", "x"), EC_TEMP, "", "" },
	{ ANSWER("500 x", "", ERROR("KMSInternalException", "x")), EC_TEMP,
	    "KMSInternalException", "" },
	{ REFUSE("ThrottlingException", "Rate exceeded"), EC_TEMP, "Rate", "" },
	{ REFUSE("InvalidCiphertextException", ""), EC_DAMAGED, "",
	    "backup of the state" },
	{ REFUSE("IncorrectKeyException", ""), EC_DAMAGED, "",
	    "backup of the state" },
	{ REFUSE("AccessDeniedException", "not for you"), EC_DENIED,
	    "not for you",
	    "allow kms:@ for our AWS identity (environment); "
	    "the whole policy is in rotate.yaml(5)" },
	{ REFUSE("AccessDeniedException",
	      "The ciphertext refers to a customer master key that does not "
	      "exist, does not exist in this region, or you are not allowed "
	      "to access."),
	    EC_DENIED, "customer master key", "allow kms:@ for" },
	{ REFUSE("UnrecognizedClientException", "bad token"), EC_DENIED, "bad",
	    "our AWS identity is environment" },
	{ { FAKE_DROP, NULL }, EC_TEMP, "", "" },
	{ ANSWER("502 x", "", "<html>"), EC_TEMP, "", "" },
	{ OK("no JSON"), EC_PROTO, "not JSON", "" },
	{ KEY("QUJD", ""), EC_PROTO, "no such data key", "endpoint" },
	{ KEY("QUJD", SHORT), EC_PROTO, "no such data key", "endpoint" },
	{ KEY("QUJD", "*" ONE), EC_PROTO, "no such data key", "endpoint" },
	{ KEY("QUJD", ONE "AAAA"), EC_PROTO, "no such data key", "endpoint" },
	{ OK("{\"CiphertextBlob\":\"QUJD\"}"), EC_PROTO, "no such data key",
	    "endpoint" },
};

/* '@' stands for the action. */
static void
expect(const char *text, const char *part, const char *action)
{
	char want[200];
	const char *hole = strchr(part, '@');

	if (hole == NULL)
		(void)snprintf(want, sizeof(want), "%s", part);
	else
		(void)snprintf(want, sizeof(want), "%.*s%s%s",
		    (int)(hole - part), part, action, hole + 1);
	if (strstr(text, want) == NULL)
		die("\"%s\" does not say \"%s\"", text, want);
}

static void
refused(size_t i, const char *action)
{
	const bool opens = strcmp(action, "Decrypt") == 0;
	size_t used = CRYPTO_secure_used();
	struct aws_world w;
	struct seal *s;
	enum ec ec;

	world_begin(&w, &drv_aws_ssm, &refusals[i].step, 1);
	s = kms(&w);
	ec =
	    opens ? unwrap(&w, s, AAD, "k1.QUJD.AAAA") : seal_ready(s, &w.fx.e);
	if (ec != refusals[i].ec || w.fx.e.ec != ec)
		die("row %zu: %s, not %s: %s", i, ec_name(ec),
		    ec_name(refusals[i].ec), w.fx.e.what);
	expect(w.fx.e.what, "KMS: alias/mail (eu-west-1): ", action);
	expect(w.fx.e.what, refusals[i].what, action);
	expect(w.fx.e.fix, refusals[i].fix, action);
	assert_null(strstr(w.fx.e.what, "AAECAw"));
	seal_close(s);
	world_end(&w);
	assert_int_equal(CRYPTO_secure_used(), used);
}

static void
refusals_say_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		refused(i, "GenerateDataKey");
		refused(i, "Decrypt");
	}
}

/* What cannot be kept beside a password is none. */
static void
odd_data_keys(void **state)
{
	static const struct fake_step rows[] = {
		KEY("", ONE),
		KEY("QU.JD", ONE),
#define X64 "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"
		OK("{\"Plaintext\":\"" ONE "\"}"),
	};
	static const struct fake_step large =
	    KEY(X64 X64 X64 X64 X64 "QUJDQUJDQUJDQUJDQUJDQUJDQUJD", ONE);
	static const struct fake_step longest[] = { KEY(
	    X64 X64 X64 X64 X64 "QUJDQUJDQUJDQUJDQUJDQUJD", ONE) };
	char sealed[SEALED_MAX];
	struct aws_world w;
	struct seal *s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		world_begin(&w, &drv_aws_ssm, &rows[i], 1);
		s = kms(&w);
		assert_int_equal(seal_ready(s, &w.fx.e), EC_PROTO);
		seal_close(s);
		world_end(&w);
	}
	world_begin(&w, &drv_aws_ssm, &large, 1);
	s = kms(&w);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_CONFIG);
	assert_non_null(strstr(w.fx.e.what, "of 348 characters is too long"));
	assert_non_null(strstr(w.fx.e.fix, "external key store"));
	seal_close(s);
	world_end(&w);
	world_begin(&w, &drv_aws_ssm, longest, 1);
	s = kms(&w);
	wrap(&w, s, sealed);
	assert_int_equal(unwrap(&w, s, AAD, sealed), EC_OK);
	seal_close(s);
	world_end(&w);
}

static void
sizes(void **state)
{
	static const char plain[100] = { 'x' };
	static const struct fake_step longest[] = { KEY(
	    X64 X64 X64 X64 X64 "QUJDQUJDQUJDQUJDQUJDQUJD", ONE) };
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, longest, 1);
	s = kms(&w);
	for (size_t n = 1; n <= sizeof(plain); n++) {
		AUTO(secret) struct secret *p = NULL;
		AUTO(secret) struct secret *back = NULL;
		char sealed[SEALED_MAX];

		assert_int_equal(secret_new(plain, n, &p, &w.fx.e), EC_OK);
		if (n > 92) {
			assert_int_equal(
			    seal_wrap(s, AAD, p, sealed, &w.fx.e), EC_LIMIT);
			continue;
		}
		assert_int_equal(seal_wrap(s, AAD, p, sealed, &w.fx.e), EC_OK);
		assert_true(strlen(sealed) < SEALED_MAX);
		assert_int_equal(
		    seal_unwrap(s, AAD, sealed, &back, &w.fx.e), EC_OK);
		assert_true(secret_eq(p, back));
	}
	seal_close(s);
	world_end(&w);
}

/* A thousand identities must not wait for a service that is away, each. */
static void
away_for_all(void **state)
{
	static const struct fake_step script[] = {
		ANSWER("503 x", "", ERROR("X", "away")),
	};
	char what[ERR_WHAT_MAX];
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_TEMP);
	memcpy(what, w.fx.e.what, sizeof(what));
	for (int i = 0; i < 5; i++) {
		memset(&w.fx.e, 0, sizeof(w.fx.e));
		assert_int_equal(unwrap(&w, s, AAD, "k1.QUJD.AAAA"), EC_TEMP);
		assert_string_equal(w.fx.e.what, what);
		assert_int_equal(seal_ready(s, &w.fx.e), EC_TEMP);
	}
	assert_int_equal(world_requests(&w), 1);
	seal_close(s);
	world_end(&w);
}

/* Only being away is remembered: a permission may be given meanwhile. */
static void
refused_is_asked_again(void **state)
{
	static const struct fake_step script[] = {
		REFUSE("AccessDeniedException", "no"), KEY("QUJD", ONE)
	};
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_DENIED);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	seal_close(s);
	world_end(&w);
}

/* Other kinds: what a file sealed opens while its key is there. */
static void
change_of_kind(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD", ONE) };
	char by_file[SEALED_MAX], by_kms[SEALED_MAX];
	const char *path;
	struct seal *file = NULL, *s;
	struct aws_world w;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	path = fixture_path(&w.fx, "seal.key");
	assert_int_equal(
	    seal_open(SEAL_FILE, path, true, &file, &w.fx.e), EC_OK);
	wrap(&w, file, by_file);
	s = kms(&w);
	assert_int_equal(unwrap(&w, s, AAD, by_file), EC_OK);
	assert_int_equal(unwrap(&w, s, AAD "x", by_file), EC_DAMAGED);
	assert_int_equal(world_requests(&w), 0);
	wrap(&w, s, by_kms);
	assert_int_equal(strncmp(by_kms, "k1.", 3), 0);
	assert_int_equal(unwrap(&w, file, AAD, by_kms), EC_CONFIG);
	assert_non_null(strstr(w.fx.e.what, "sealed with AWS KMS"));
	assert_non_null(strstr(w.fx.e.fix, "rotate --force"));
	seal_close(s);
	path = fixture_path(&w.fx, "seal.key");
	assert_int_equal(unlink(path), 0);
	s = kms(&w);
	assert_int_equal(unwrap(&w, s, AAD, by_file), EC_CONFIG);
	assert_non_null(strstr(w.fx.e.what, "seal.key: gone"));
	assert_non_null(strstr(w.fx.e.fix, "rotate --force"));
	fixture_put(&w.fx, "seal.key", "short");
	assert_int_equal(unwrap(&w, s, AAD, by_file), EC_DAMAGED);
	seal_close(s);
	seal_close(file);
	world_end(&w);
}

/* More data keys than are kept open: ours stays, others are asked again. */
static void
many_data_keys(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD", ONE) };
	char sealed[SEALED_MAX], other[SEALED_MAX + 32];
	size_t used = CRYPTO_secure_used();
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	wrap(&w, s, sealed);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(
		    other, sizeof(other), "k1.R%03d%s", i, sealed + 7);
		assert_int_equal(unwrap(&w, s, AAD, other), EC_OK);
		assert_int_equal(unwrap(&w, s, AAD, other), EC_OK);
	}
	assert_int_equal(world_requests(&w), 301);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	assert_int_equal(unwrap(&w, s, AAD, sealed), EC_OK);
	assert_int_equal(world_requests(&w), 301);
	(void)snprintf(other, sizeof(other), "k1.R000%s", sealed + 7);
	assert_int_equal(unwrap(&w, s, AAD, other), EC_OK);
	assert_int_equal(world_requests(&w), 302);
	seal_close(s);
	world_end(&w);
	assert_int_equal(CRYPTO_secure_used(), used);
}

static void *
lane(void *arg)
{
	const struct seal *s = arg;
	struct secret *p = NULL, *back = NULL;
	char sealed[SEALED_MAX];
	struct err e;
	bool ok = secret_new(PASS1, strlen(PASS1), &p, &e) == EC_OK;

	for (int i = 0; ok && i < 50; i++) {
		ok = seal_wrap(s, AAD, p, sealed, &e) == EC_OK &&
		    seal_unwrap(s, AAD, sealed, &back, &e) == EC_OK &&
		    secret_eq(p, back);
		secret_free(back);
		back = NULL;
	}
	secret_free(p);
	return ok ? arg : NULL;
}

static void
side_by_side(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD", ONE),
		REFUSE("NotFoundException", "asked too often") };
	pthread_t threads[4];
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, lane, s), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *ok = NULL;

		assert_int_equal(pthread_join(threads[i], &ok), 0);
		assert_non_null(ok);
	}
	assert_int_equal(world_requests(&w), 1);
	seal_close(s);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_data_key_a_run),
		cmocka_unit_test(one_decrypt_a_data_key),
		cmocka_unit_test(does_not_open),
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(odd_data_keys),
		cmocka_unit_test(sizes),
		cmocka_unit_test(away_for_all),
		cmocka_unit_test(refused_is_asked_again),
		cmocka_unit_test(change_of_kind),
		cmocka_unit_test(many_data_keys),
		cmocka_unit_test(side_by_side),
	};
	struct err e;

	assert_int_equal(secret_init(&e), EC_OK);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
