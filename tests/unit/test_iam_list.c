/* iam: the list of keys, page by page, against hostile replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "iam_session.h"

static void
test_list(void **state)
{
	static const struct fake_step script[] = {
		LIST(KEY(USER, ID, "Active", TIME), MORE("a/b+c")),
		LIST("", MORE("second")),
		LIST(KEY(USER, ID2, "Expired", TIME), LAST),
	};
	struct iam_keys k;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	assert_int_equal(s.iam.list(s.iam.ctx, USER, &k, &e), EC_OK);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.key[0].status, KEY_ACTIVE);
	assert_int_equal(k.key[0].created, clock_parse_iso(TIME));
	assert_int_equal(k.key[1].status, KEY_OTHER);
	assert_ptr_equal(iam_keys_find(&k, ID2), &k.key[1]);
	assert_null(iam_keys_find(&k, "AKIANOBODY"));
	assert_string_equal(body_of(&s, 1),
	    "Action=ListAccessKeys&Version=2010-05-08&UserName=" USER
	    "&Marker=a%2Fb%2Bc");
	end(&s);
}

static void
test_list_refused(void **state)
{
	static const struct fake_step bad[] = {
		LIST("", ""),
		LIST("", "<IsTruncated>maybe</IsTruncated>"),
		LIST("", "<IsTruncated>true</IsTruncated>"),
		LIST("", MORE("the same")),
		LIST(KEY("somebody", ID, "Active", TIME), LAST),
		LIST(KEY(USER, "short", "Active", TIME), LAST),
		LIST(KEY(USER, ID, "", TIME), LAST),
		LIST(KEY(USER, ID, "Active", "yesterday"), LAST),
		LIST(KEY(USER, ID, "Active", TIME)
			 KEY(USER, ID, "Active", TIME),
		    LAST),
		LIST(
		    "<member><AccessKeyId>" ID "</AccessKeyId></member>", LAST),
		{ FAKE_REPLY_CLOSE, HEAD "<ListAccessKeysResponse>" },
	};
	struct iam_keys k = { .n = 77 };
	struct session s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&s, &bad[i], 1);
		if (s.iam.list(s.iam.ctx, USER, &k, &e) != EC_PROTO) {
			print_error("row %zu\n", i);
			_fail(__FILE__, __LINE__);
		}
		assert_int_equal(k.n, 77);
		end(&s);
	}
}

static void
test_list_too_many(void **state)
{
	static const struct fake_step script[] = {
		LIST(KEY(USER, "AKIAAAAAAAAAAAAAAAA1", "Active", TIME) KEY(
			 USER, "AKIAAAAAAAAAAAAAAAA2", "Active", TIME) KEY(USER,
			 "AKIAAAAAAAAAAAAAAAA3", "Active",
			 TIME) KEY(USER, "AKIAAAAAAAAAAAAAAAA4", "Active",
			 TIME) KEY(USER, "AKIAAAAAAAAAAAAAAAA5", "Active", TIME)
			 KEY(USER, "AKIAAAAAAAAAAAAAAAA6", "Active", TIME) KEY(
			     USER, "AKIAAAAAAAAAAAAAAAA7", "Active", TIME)
			     KEY(USER, "AKIAAAAAAAAAAAAAAAA8", "Active", TIME),
		    MORE("m")),
		LIST(KEY(USER, "AKIAAAAAAAAAAAAAAAA9", "Active", TIME), LAST),
	};
	struct iam_keys k;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	assert_int_equal(s.iam.list(s.iam.ctx, USER, &k, &e), EC_PROTO);
	assert_non_null(strstr(e.what, "more than 8 keys"));
	end(&s);
}

/* A server that always announces another page must not hold us for ever. */
static void
test_list_endless(void **state)
{
	static struct fake_step script[40];
	static char text[40][512];
	struct iam_keys k;
	struct session s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(script); i++) {
		(void)snprintf(text[i], sizeof(text[i]),
		    HEAD "<ListAccessKeysResponse><ListAccessKeysResult>"
			 "<IsTruncated>true</IsTruncated><Marker>m%zu</Marker>"
			 "</ListAccessKeysResult></ListAccessKeysResponse>",
		    i);
		script[i] = (struct fake_step){ FAKE_REPLY_CLOSE, text[i] };
	}
	begin(&s, script, COUNT(script));
	assert_int_equal(s.iam.list(s.iam.ctx, USER, &k, &e), EC_PROTO);
	assert_int_equal(s.server.seen->requests, 20);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_refused),
		cmocka_unit_test(test_list_too_many),
		cmocka_unit_test(test_list_endless),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("iam_list", tests, NULL, NULL);
}
