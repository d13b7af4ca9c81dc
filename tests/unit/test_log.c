/* log: the four forms, how one is chosen, and that no value forges a line. */
#include "log_sink.h"

#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

/* The fields of most tests. */
static const struct log_field some[] = {
	LOG_S("user", "ses-smtp"),
	LOG_S("note", "two words"),
	LOG_N("n", -5),
	{ .key = NULL },
};

static void
test_terminal(void **state)
{
	struct sink s;

	(void)state;
	sink_open(&s, LOG_TERMINAL);
	assert_false(s.log.colour);
	log_event(&s.log, LOG_NOTICE_, "key made", some);
	assert_string_equal(
	    s.text, "* key made  user=ses-smtp note=\"two words\" n=-5\n");
	sink_close(&s);
	sink_open(&s, LOG_TERMINAL);
	log_event(&s.log, LOG_ALERT_, "blocked", NULL);
	log_event(&s.log, LOG_ERR_, "lost", NULL);
	log_event(&s.log, LOG_WARN_, "slow", NULL);
	log_event(&s.log, LOG_INFO_, "fine", NULL);
	assert_string_equal(s.text,
	    "ACTION NEEDED: blocked\nerror: lost\nwarning: slow\n- fine\n");
	sink_close(&s);
}

static void
test_colour(void **state)
{
	struct sink s;

	(void)state;
	sink_open(&s, LOG_TERMINAL);
	s.log.colour = true;
	log_event(&s.log, LOG_ERR_, "lost", NULL);
	log_event(&s.log, LOG_INFO_, "fine", NULL);
	assert_string_equal(s.text, "\033[31merror:\033[0m lost\n- fine\n");
	sink_close(&s);
}

static void
test_plain(void **state)
{
	struct sink s;
	int64_t now = clock_wall();

	(void)state;
	sink_open(&s, LOG_PLAIN);
	log_event(&s.log, LOG_WARN_, "slow", some);
	assert_string_equal(s.text + strlen("2026-11-21T03:40:00Z"),
	    " warning slow user=ses-smtp note=\"two words\" n=-5\n");
	s.text[strlen("2026-11-21T03:40:00Z")] = '\0';
	assert_true(clock_parse_iso(s.text) >= now - 1000);
	assert_true(clock_parse_iso(s.text) <= clock_wall());
	sink_close(&s);
}

static void
test_journal(void **state)
{
	struct sink s;

	(void)state;
	sink_open(&s, LOG_JOURNAL);
	log_event(&s.log, LOG_ALERT_, "blocked", some);
	log_event(&s.log, LOG_INFO_, "fine", NULL);
	assert_string_equal(s.text,
	    "<1>blocked user=ses-smtp note=\"two words\" n=-5\n<6>fine\n");
	sink_close(&s);
}

static void
test_json(void **state)
{
	const struct log_field f[] = {
		LOG_S("quoted", "a\"b\\c\nd\033"),
		LOG_S("broken", "\xFF\xC2\x9B"),
		LOG_N("big", INT64_MAX),
		{ .key = NULL },
	};
	AUTO(cjson) cJSON *o = NULL;
	struct sink s;

	(void)state;
	sink_open(&s, LOG_JSON);
	log_event(&s.log, LOG_NOTICE_, "key made", f);
	assert_ptr_equal(strchr(s.text, '\n'), s.text + s.len - 1);
	assert_null(strchr(s.text, '\033'));
	assert_non_null(strstr(s.text, "\"big\":9223372036854775807}"));
	o = cJSON_Parse(s.text);
	assert_non_null(o);
	assert_string_equal(string_of(o, "level"), "notice");
	assert_string_equal(string_of(o, "message"), "key made");
	assert_string_equal(string_of(o, "quoted"), "a\"b\\c\nd\033");
	assert_string_equal(string_of(o, "broken"), "\xEF\xBF\xBD\xEF\xBF\xBD");
	assert_true(clock_parse_iso(string_of(o, "time")) > 0);
	sink_close(&s);
}

static void
test_threshold(void **state)
{
	struct sink s;

	(void)state;
	sink_open(&s, LOG_JOURNAL);
	log_event(&s.log, LOG_DEBUG_, "detail", NULL);
	(void)fflush(s.f);
	assert_int_equal(s.len, 0);
	s.log.threshold = LOG_DEBUG_;
	log_event(&s.log, LOG_DEBUG_, "detail", NULL);
	assert_string_equal(s.text, "<7>detail\n");
	sink_close(&s);
}

/* log_err in each form; what stands in front differs. */
static const struct form {
	enum log_form form;
	const char *want;
} forms[] = {
	{ LOG_TERMINAL,
	    "error: push failed  cause=\"/etc/x: torn\" class=damaged client=p\n"
	    "  -> type: rm '/etc/x'\n" },
	{ LOG_JOURNAL,
	    "<3>push failed cause=\"/etc/x: torn\" class=damaged "
	    "fix=\"type: rm '/etc/x'\" client=p\n" },
	{ LOG_PLAIN,
	    " error push failed cause=\"/etc/x: torn\" class=damaged "
	    "fix=\"type: rm '/etc/x'\" client=p\n" },
	{ LOG_JSON,
	    "\"level\":\"error\",\"message\":\"push failed\","
	    "\"cause\":\"/etc/x: torn\",\"class\":\"damaged\","
	    "\"fix\":\"type: rm '/etc/x'\",\"client\":\"p\"}\n" },
};

static void
test_errors(void **state)
{
	const struct log_field f[] = {
		LOG_S("client", "p"),
		{ .key = NULL },
	};
	struct err e;
	struct sink s;

	(void)state;
	(void)fail(&e, EC_DAMAGED, "/etc/x: torn");
	(void)fix(&e, "type: rm '/etc/x'");
	for (size_t i = 0; i < COUNT(forms); i++) {
		sink_open(&s, forms[i].form);
		log_err(&s.log, LOG_ERR_, "push failed", &e, f);
		assert_true(s.len >= strlen(forms[i].want));
		assert_string_equal(
		    s.text + s.len - strlen(forms[i].want), forms[i].want);
		sink_close(&s);
	}
}

/* No remedy: no empty line, no empty key. */
static void
test_error_without_fix(void **state)
{
	struct err e;
	struct sink s;

	(void)state;
	(void)fail(&e, EC_TEMP, "slow");
	sink_open(&s, LOG_TERMINAL);
	log_err(&s.log, LOG_WARN_, "later", &e, NULL);
	assert_string_equal(
	    s.text, "warning: later  cause=slow class=temporary\n");
	sink_close(&s);
	sink_open(&s, LOG_JOURNAL);
	log_err(&s.log, LOG_WARN_, "later", &e, NULL);
	assert_string_equal(s.text, "<4>later cause=slow class=temporary\n");
	s.log.threshold = LOG_ERR_;
	log_err(&s.log, LOG_WARN_, "later", &e, NULL);
	assert_string_equal(s.text, "<4>later cause=slow class=temporary\n");
	sink_close(&s);
}

static const struct value {
	const char *in, *out;
} values[] = {
	{ "AKIAEXAMPLE", "AKIAEXAMPLE" },
	{ "/etc/x:3", "/etc/x:3" },
	{ "", "\"\"" },
	{ "a b", "\"a b\"" },
	{ "x=y", "\"x=y\"" },
	{ "say \"no\"", "\"say \\\"no\\\"\"" },
	{ "c:\\", "\"c:\\\\\"" },
	{ "ok\n<1>forged", "\"ok\\n<1>forged\"" },
	{ "\r\033[2K", "\"\\r\\x1b[2K\"" },
	{ "\" level=forged", "\"\\\" level=forged\"" },
	{ "z\xC3\xBC", "z\xC3\xBC" },
	{ "\xE2\x80\xAE\xE2\x80\xAC", "\"\\u202e\\u202c\"" },
	{ "\xFE", "\"\\xfe\"" },
};

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const struct log_field f[] = {
			LOG_S("v", values[i].in),
			{ .key = NULL },
		};
		char want[128];
		struct sink s;

		(void)snprintf(
		    want, sizeof(want), "<6>m v=%s\n", values[i].out);
		sink_open(&s, LOG_JOURNAL);
		log_event(&s.log, LOG_INFO_, "m", f);
		assert_string_equal(s.text, want);
		sink_close(&s);
	}
}

/* The parts that are printed without quotes. */
static void
test_message_forged(void **state)
{
	const struct log_field f[] = {
		LOG_S("k\ney", "v"),
		{ .key = NULL },
	};
	struct err e;
	struct sink s;

	(void)state;
	(void)fail(&e, EC_TEMP, "x");
	(void)fix(&e, "a\n  -> b\033[0m");
	sink_open(&s, LOG_TERMINAL);
	log_err(&s.log, LOG_ERR_, "one\ntwo\xC2\x9B", &e, f);
	assert_string_equal(s.text,
	    "error: one\\ntwo\\u009b  cause=x class=temporary k\\ney=v\n"
	    "  -> a\\n  -> b\\x1b[0m\n");
	sink_close(&s);
}

static void
clean_env(void)
{
	(void)unsetenv("JOURNAL_STREAM");
	(void)unsetenv("NO_COLOR");
	(void)setenv("TERM", "xterm", 1);
}

static struct log
init_on(FILE *f, enum log_form form)
{
	struct log l;

	log_init(&l, f, form, LOG_INFO_);
	return l;
}

static void
test_choose_terminal(void **state)
{
	int master, slave;
	FILE *f;

	(void)state;
	clean_env();
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	f = fdopen(slave, "w");
	assert_non_null(f);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_TERMINAL);
	assert_true(init_on(f, LOG_AUTO).colour);
	assert_false(init_on(f, LOG_PLAIN).colour);
	(void)setenv("NO_COLOR", "", 1);
	assert_true(init_on(f, LOG_AUTO).colour);
	(void)setenv("NO_COLOR", "0", 1);
	assert_false(init_on(f, LOG_AUTO).colour);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_TERMINAL);
	(void)unsetenv("NO_COLOR");
	(void)setenv("TERM", "dumb", 1);
	assert_false(init_on(f, LOG_AUTO).colour);
	(void)unsetenv("TERM");
	assert_false(init_on(f, LOG_AUTO).colour);
	(void)fclose(f);
	(void)close(master);
}

static void
test_choose_journal(void **state)
{
	char stream[64];
	struct stat st;
	FILE *f = tmpfile();

	(void)state;
	clean_env();
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_PLAIN);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_JOURNAL);
	assert_int_equal(init_on(f, LOG_JSON).form, LOG_JSON);
	/* Inherited, but stderr leads elsewhere now. */
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + 1);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_PLAIN);
	(void)setenv("JOURNAL_STREAM", "garbage", 1);
	assert_int_equal(init_on(f, LOG_AUTO).form, LOG_PLAIN);
	clean_env();
	(void)fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_without_fix),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_message_forged),
		cmocka_unit_test(test_choose_terminal),
		cmocka_unit_test(test_choose_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
