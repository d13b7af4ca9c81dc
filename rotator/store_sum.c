/*
 * store_sum: checksums as SQL functions, so that a row's sum is computed by
 * the statement that writes it and checked by the one that reads it. They
 * find damage, not malice: whoever can write the file can also write sums.
 */
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "rotator/store_p.h"

static void
auto_digest(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static bool
add_number(EVP_MD_CTX *c, uint64_t v)
{
	unsigned char b[8];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (unsigned char)(v >> (56 - 8 * i));
	return EVP_DigestUpdate(c, b, sizeof(b)) == 1;
}

/* Type, length, bytes: no two rows give the same text. */
static bool
add_value(EVP_MD_CTX *c, sqlite3_value *v)
{
	const int type = sqlite3_value_type(v);
	const void *p;
	size_t n;

	if (!add_number(c, (uint64_t)type))
		return false;
	if (type == SQLITE_INTEGER)
		return add_number(c, (uint64_t)sqlite3_value_int64(v));
	p = sqlite3_value_blob(v);
	n = (size_t)sqlite3_value_bytes(v);
	return add_number(c, n) && (n == 0 || EVP_DigestUpdate(c, p, n) == 1);
}

static void
rowsum(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	AUTO(digest) EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char sum[DB_SUM_LEN];
	bool ok = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;

	for (int i = 0; ok && i < argc; i++)
		ok = add_value(c, argv[i]);
	if (ok && EVP_DigestFinal_ex(c, sum, NULL) == 1)
		sqlite3_result_blob(ctx, sum, DB_SUM_LEN, SQLITE_TRANSIENT);
	else
		sqlite3_result_error_nomem(ctx);
}

/* A value of another length is damage; it shows as a wrong tally. */
static void
mix_bytes(unsigned char *sum, const unsigned char *p, int n)
{
	for (int i = 0; i < n && i < DB_SUM_LEN; i++)
		sum[i] ^= p[i];
}

static void
mix(unsigned char *sum, sqlite3_value *v)
{
	const unsigned char *p = sqlite3_value_blob(v);

	mix_bytes(sum, p, sqlite3_value_bytes(v));
}

void
db_mix(unsigned char tally[DB_SUM_LEN], sqlite3_stmt *q, int column)
{
	const unsigned char *p = sqlite3_column_blob(q, column);

	mix_bytes(tally, p, sqlite3_column_bytes(q, column));
}

static void
sumxor(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	unsigned char sum[DB_SUM_LEN] = { 0 };

	for (int i = 0; i < argc; i++)
		mix(sum, argv[i]);
	sqlite3_result_blob(ctx, sum, DB_SUM_LEN, SQLITE_TRANSIENT);
}

static void
sumall_step(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	unsigned char *sum = sqlite3_aggregate_context(ctx, DB_SUM_LEN);

	(void)argc; /* one, says db_add_sums() */
	if (sum == NULL)
		sqlite3_result_error_nomem(ctx);
	else
		mix(sum, argv[0]);
}

static void
sumall_end(sqlite3_context *ctx)
{
	static const unsigned char none[DB_SUM_LEN];
	const unsigned char *sum = sqlite3_aggregate_context(ctx, 0);

	sqlite3_result_blob(
	    ctx, sum != NULL ? sum : none, DB_SUM_LEN, SQLITE_TRANSIENT);
}

enum ec
db_add_sums(struct db *d, struct err *e)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int rc = sqlite3_create_function_v2(
	    d->sql, "rowsum", -1, flags, NULL, rowsum, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(
		    d->sql, "sumxor", 2, flags, NULL, sumxor, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(d->sql, "sumall", 1, flags,
		    NULL, NULL, sumall_step, sumall_end, NULL);
	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}
