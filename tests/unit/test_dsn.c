/* The pair inside a URL: read, replaced, refused; and a property over many
 * made-up URLs: nothing but the pair differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/dsn.h"

/* Behind ours: its macro fail() takes no arguments. */
#include <cmocka.h>
#undef fail

#define MAX   4096
#define USER2 "AKIAI44QH8DHBEXAMPLE"
#define PASS2 "BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba"
#define CODE2 "BH0123456789%2F%2B%2F%2B%2F%2Bzyxwvutsrqponmlkjihgfedcba"
#define NEW   USER2 ":" CODE2 "@"

static enum ec
get(const char *url, struct buf *user, struct buf *pass, struct err *e)
{
	AUTO(buf) struct buf b = BUF(MAX);

	assert_int_equal(buf_adds(&b, url, e), EC_OK);
	return dsn_get(&b, "f:1:2: K", user, pass, e);
}

static enum ec
set(const char *url, const char *user, const char *pass, struct buf *ret,
    struct err *e)
{
	AUTO(buf) struct buf b = BUF(MAX);

	assert_int_equal(buf_adds(&b, url, e), EC_OK);
	return dsn_set(&b, "f:1:2: K", user, pass, ret, e);
}

static const struct good {
	const char *url, *user, *pass, *after;
} goods[] = {
	{ "smtp://user:pass@mail:587", "user", "pass",
	    "smtp://" NEW "mail:587" },
	{ "smtp://u:a%2Fb%2bc@mail", "u", "a/b+c", "smtp://" NEW "mail" },
	{ "smtp+tls://u:p@mail:587/?a=%40&b=c@d#e@f", "u", "p",
	    "smtp+tls://" NEW "mail:587/?a=%40&b=c@d#e@f" },
	{ "ses+smtp://u:p@default?region=eu-west-1", "u", "p",
	    "ses+smtp://" NEW "default?region=eu-west-1" },
	{ "smtps://u:p@[2001:db8::1]:465", "u", "p",
	    "smtps://" NEW "[2001:db8::1]:465" },
	{ "submission://u@mail", "u", "", "submission://" NEW "mail" },
	{ "smtp://:p@mail", "", "p", "smtp://" NEW "mail" },
	{ "smtp://@mail", "", "", "smtp://" NEW "mail" },
	{ "smtp://:@mail", "", "", "smtp://" NEW "mail" },
	{ "smtp://u:a:b+c@mail", "u", "a:b+c", "smtp://" NEW "mail" },
	{ "smtp://%41%3a:%40@mail", "A:", "@", "smtp://" NEW "mail" },
	/* None yet: it gets one. */
	{ "smtp://mail:587", "", "", "smtp://" NEW "mail:587" },
	{ "smtp://mail/?x=1", "", "", "smtp://" NEW "mail/?x=1" },
	{ "a://b", "", "", "a://" NEW "b" },
	{ "SMTP://gr\xc3\xbc\xc3\x9f:p@mail/\xc3\xbc", "gr\xc3\xbc\xc3\x9f",
	    "p", "SMTP://" NEW "mail/\xc3\xbc" },
};

static void
good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		const struct good *g = &goods[i];
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);
		AUTO(buf) struct buf out = BUF(MAX);
		struct err e = { .what = "" };

		if (get(g->url, &user, &pass, &e) != EC_OK)
			print_error("%s: %s\n", g->url, e.what);
		assert_string_equal(buf_str(&user), g->user);
		assert_string_equal(buf_str(&pass), g->pass);
		assert_int_equal(set(g->url, USER2, PASS2, &out, &e), EC_OK);
		assert_string_equal(buf_str(&out), g->after);
		assert_int_equal(get(buf_str(&out), &user, &pass, &e), EC_OK);
		assert_string_equal(buf_str(&user), USER2);
		assert_string_equal(buf_str(&pass), PASS2);
	}
}

static const struct bad {
	const char *url, *say;
} bads[] = {
	{ "", "byte 1 of the URL: no ://" },
	{ "mail:587", "byte 5 of the URL: no ://" },
	{ "smtp:/mail", "byte 5" },
	{ "smtp//mail", "no ://" },
	{ "://mail", "byte 1 of the URL: no ://" },
	{ "5mtp://mail", "no ://" },
	{ "sm_tp://mail", "byte 3 of the URL: no ://" },
	{ "smtp://", "byte 8 of the URL: no host" },
	{ "smtp:///x", "no host" },
	{ "smtp://u:p@", "byte 12 of the URL: no host" },
	{ "smtp://u:p@:25", "no host" },
	{ "smtp://u:p@?x", "no host" },
	{ "smtp://u:p@a@mail", "byte 13 of the URL: an @" },
	{ "smtp://a@b:p@mail", "an @" },
	/* A '/' or '?' that should have been encoded. */
	{ "smtp://u:p/q@mail", "byte 13 of the URL: an @" },
	{ "smtp://u:p@q/r@mail", "an @" },
	{ "smtp://u:p?q@mail", "an @" },
	{ "smtp://u:p#q@mail", "an @" },
	{ "smtp://mail?from=a@b", "an @" },
	{ "smtp://u:%@mail", "byte 10 of the URL: a % without" },
	{ "smtp://u:%2@mail", "a % without" },
	{ "smtp://u:%2x@mail", "a % without" },
	{ "smtp://%zz:p@mail", "byte 8 of the URL: a % without" },
	{ " smtp://u:p@mail", "byte 1 of the URL: a blank" },
	{ "smtp://u:p@mail ", "byte 16 of the URL: a blank" },
	{ "smtp://u:p q@mail", "a blank" },
	{ "smtp://u:p@mail\n", "control character" },
	{ "smtp://u\x7f:p@mail", "control character" },
};

static void
bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bads); i++) {
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);
		AUTO(buf) struct buf out = BUF(MAX);
		struct err e = { .what = "" };

		assert_int_equal(buf_adds(&out, "kept", &e), EC_OK);
		if (get(bads[i].url, &user, &pass, &e) != EC_CONFLICT)
			print_error("%s: accepted\n", bads[i].url);
		assert_int_equal(e.ec, EC_CONFLICT);
		if (strstr(e.what, bads[i].say) == NULL)
			print_error("%s: %s\n", bads[i].url, e.what);
		assert_non_null(strstr(e.what, bads[i].say));
		assert_int_equal(strncmp(e.what, "f:1:2: K: ", 10), 0);
		assert_int_equal(user.len + pass.len, 0);
		assert_int_equal(
		    set(bads[i].url, USER2, PASS2, &out, &e), EC_CONFLICT);
		assert_string_equal(buf_str(&out), "kept");
	}
}

/* A NUL ends a C string, not a buffer. */
static void
nul(void **state)
{
	AUTO(buf) struct buf b = BUF(MAX);
	AUTO(buf) struct buf out = BUF(MAX);
	struct err e;

	(void)state;
	assert_int_equal(buf_add(&b, "smtp://u:p@m\0x", 14, &e), EC_OK);
	assert_int_equal(dsn_set(&b, "f", USER2, PASS2, &out, &e), EC_CONFLICT);
}

/* A fixed sequence, so that a failure can be repeated. */
static uint32_t seed = 1;

static unsigned
any(unsigned n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static void
add_any(struct buf *b, const char *alphabet, unsigned most)
{
	struct err e;

	for (unsigned n = any(most + 1); n > 0; n--)
		assert_int_equal(
		    buf_add(
			b, &alphabet[any((unsigned)strlen(alphabet))], 1, &e),
		    EC_OK);
}

static void
adds(struct buf *b, const char *s)
{
	struct err e;

	assert_int_equal(buf_adds(b, s, &e), EC_OK);
}

#define WORD  "abcXYZ019-._~!$&'()*+,;="
#define VALUE "abcXYZ019-._~!$&'()*+,;=:/?#@% \"\\{}|^`[]<>\t\xc3\xbc"

/* Any URL, any pair: read back as written, and every other byte is kept. */
static void
any_url(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		AUTO(buf) struct buf before = BUF(MAX);
		AUTO(buf) struct buf after = BUF(MAX);
		AUTO(buf) struct buf url = BUF(MAX);
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);
		AUTO(buf) struct buf out = BUF(MAX);
		AUTO(buf) struct buf u = BUF(MAX);
		AUTO(buf) struct buf p = BUF(MAX);
		struct err e = { .what = "" };

		add_any(&before, "aZ", 3);
		adds(&before, "s+t.p-5://");
		adds(&after, "h");
		add_any(&after, "ab.-:0123[]", 12);
		adds(&after, any(2) ? "/" : "");
		add_any(&after, WORD "%/:", 9);
		adds(&after, any(2) ? "?" : "#");
		add_any(&after, WORD "%/:?#", 9);
		adds(&url, buf_str(&before));
		if (any(3) > 0) {
			add_any(&url, WORD, 9);
			adds(&url, any(2) ? ":%2f" : "");
			add_any(&url, WORD ":", 9);
			adds(&url, "@");
		}
		adds(&url, buf_str(&after));
		add_any(&user, VALUE, 20);
		add_any(&pass, VALUE, 50);
		if (dsn_set(&url, "f", buf_str(&user), buf_str(&pass), &out,
			&e) != EC_OK)
			print_error("%s: %s\n", buf_str(&url), e.what);
		assert_int_equal(e.what[0], '\0');
		assert_int_equal(dsn_get(&out, "f", &u, &p, &e), EC_OK);
		assert_string_equal(buf_str(&u), buf_str(&user));
		assert_string_equal(buf_str(&p), buf_str(&pass));
		assert_memory_equal(
		    buf_str(&out), buf_str(&before), before.len);
		assert_string_equal(
		    buf_str(&out) + out.len - after.len, buf_str(&after));
		/* In between: userinfo and nothing else. */
		assert_ptr_equal(
		    memchr(out.p + before.len, '@', out.len - before.len),
		    out.p + out.len - after.len - 1);
		assert_int_equal(strcspn(out.p + before.len, "/?#@ \"\\"),
		    out.len - after.len - before.len - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(nul),
		cmocka_unit_test(any_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
