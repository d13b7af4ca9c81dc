/*
 * derive [MILLISECONDS]: SMTP passwords a second on one core, beside what the
 * five HMACs of one cost by themselves, in one run and taking turns:
 *
 *   calls   HMAC(), five times: the bare calls that the recipe needs
 *   fetched EVP_MAC with the algorithm fetched and the context made once
 *   ours    smtp_password_derive(), with its locked memory, wiping and base64
 *
 * Prints one line each: name, median of passwords a second, times the bare
 * calls. No verdict.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/auto.h"
#include "sigv4/smtp_password.h"

#define TURNS 15
#define BATCH 200

static const char secret_text[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static const char *const steps[] = { "11111111", "us-east-1", "ses",
	"aws4_request", "SendRawEmail" };
static unsigned char sink; /* so that no work is left out */

/* Of the processor: what else runs on this core does not count. */
static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "derive: %s\n", what);
	exit(1);
}

static size_t
first_key(unsigned char key[64])
{
	const size_t n = 4 + sizeof(secret_text) - 1;

	memcpy(key, "AWS4", 4);
	memcpy(key + 4, secret_text, sizeof(secret_text) - 1);
	return n;
}

static void
by_calls(void)
{
	unsigned char key[64];
	size_t n = first_key(key);

	for (size_t i = 0; i < COUNT(steps); i++) {
		must(HMAC(EVP_sha256(), key, (int)n,
			 (const unsigned char *)steps[i], strlen(steps[i]), key,
			 NULL) != NULL,
		    "HMAC");
		n = 32;
	}
	sink ^= key[0];
}

static EVP_MAC_CTX *mac;

static void
by_fetched(void)
{
	unsigned char key[64];
	size_t n = first_key(key);

	for (size_t i = 0; i < COUNT(steps); i++) {
		must(EVP_MAC_init(mac, key, n, NULL) == 1 &&
			EVP_MAC_update(mac, (const unsigned char *)steps[i],
			    strlen(steps[i])) == 1 &&
			EVP_MAC_final(mac, key, &n, sizeof(key)) == 1,
		    "EVP_MAC");
	}
	sink ^= key[0];
}

static struct secret *key;

static void
by_us(void)
{
	AUTO(secret) struct secret *pass = NULL;
	struct err e;

	must(smtp_password_derive(key, "us-east-1", &pass, &e) == EC_OK,
	    "smtp_password_derive");
	sink ^= (unsigned char)secret_reveal(pass)[20];
}

static const struct {
	const char *name;
	void (*make)(void);
} ways[] = { { "calls", by_calls }, { "fetched", by_fetched },
	{ "ours", by_us } };

static double
a_second(void (*make)(void), double span)
{
	double begun = now(), taken = 0;
	unsigned long n = 0;

	while (taken < span) {
		for (int i = 0; i < BATCH; i++)
			make();
		n += BATCH;
		taken = now() - begun;
	}
	return (double)n / taken;
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
begin(void)
{
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
				    OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA256" },
				    0),
		OSSL_PARAM_construct_end() };
	struct err e;

	must(secret_init(&e) == EC_OK, "secret_init");
	must(
	    secret_new(secret_text, sizeof(secret_text) - 1, &key, &e) == EC_OK,
	    "secret_new");
	mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
	must(mac != NULL && EVP_MAC_CTX_set_params(mac, params) == 1,
	    "EVP_MAC_fetch");
}

int
main(int argc, char **argv)
{
	const double span = (argc > 1 ? atoi(argv[1]) : 100) / 1e3;
	double rate[COUNT(ways)][TURNS];

	begin();
	for (size_t i = 0; i < COUNT(ways); i++)
		(void)a_second(ways[i].make, span); /* warm */
	for (int t = 0; t < TURNS; t++)
		for (size_t i = 0; i < COUNT(ways); i++)
			rate[i][t] = a_second(ways[i].make, span);
	for (size_t i = 0; i < COUNT(ways); i++)
		qsort(rate[i], TURNS, sizeof(double), by_value);
	for (size_t i = 0; i < COUNT(ways); i++)
		(void)printf("%s %.0f %.3f\n", ways[i].name, rate[i][TURNS / 2],
		    rate[0][TURNS / 2] / rate[i][TURNS / 2]);
	secret_free(key);
	return 0;
}
