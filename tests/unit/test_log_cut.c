/* log: events too long for a line. */
#include "log_sink.h"

#define LINE_MAX_BYTES 4096

static void
fill(char *p, size_t n, const char *unit)
{
	for (size_t i = 0; i + 1 < n; i++)
		p[i] = unit[i % strlen(unit)];
	p[n - 1] = '\0';
}

/* However long and of what: one whole line of at most 4 KiB. */
static void
test_long(void **state)
{
	static const char *const units[] = { "x", "\n", "\xC3\xBC", "\xFF",
		"\"", "\001" };
	static const enum log_form all[] = { LOG_TERMINAL, LOG_PLAIN,
		LOG_JOURNAL, LOG_JSON };
	static char text[20000];
	const struct log_field f[] = {
		LOG_S("v", text),
		LOG_S("w", text),
		{ .key = NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(units) * COUNT(all); i++) {
		enum log_form form = all[i % COUNT(all)];
		struct sink s;

		fill(text, sizeof(text), units[i / COUNT(all)]);
		sink_open(&s, form);
		log_event(&s.log, LOG_INFO_, "long", f);
		assert_in_range(s.len, 1000, LINE_MAX_BYTES);
		assert_ptr_equal(strchr(s.text, '\n'), s.text + s.len - 1);
		assert_non_null(strstr(s.text, " ..."));
		if (form == LOG_JSON) {
			AUTO(cjson) cJSON *o = cJSON_Parse(s.text);

			assert_non_null(o);
			assert_non_null(string_of(o, "w"));
		}
		sink_close(&s);
	}
}

/* All that may follow the letters. */
static const char *const endings[] = {
	" ...\n",
	"\xE2\x82\xAC ...\n",
	"\xE2\x82\xAC\\n ...\n",
	"\xE2\x82\xAC\\n\\xe2 ...\n",
	"\xE2\x82\xAC\\n\\xe2  ...\n",
	"\xE2\x82\xAC\\n\\xe2 a ...\n",
	"\xE2\x82\xAC\\n\\xe2 a= ...\n",
	"\xE2\x82\xAC\\n\\xe2 a=b\n",
};

static bool
is_ending(const char *s)
{
	for (size_t i = 0; i < COUNT(endings); i++)
		if (strcmp(s, endings[i]) == 0)
			return true;
	return false;
}

/*
 * Cut at every place: neither half a character nor half an escape, and after
 * a gap nothing more, though something shorter would fit.
 */
static void
test_cut(void **state)
{
	static const char end[] = "\xE2\x82\xAC\n\xE2";
	const struct log_field f[] = { LOG_S("a", "b"), { .key = NULL } };
	char text[LINE_MAX_BYTES + 10];
	struct sink s;

	(void)state;
	for (size_t n = LINE_MAX_BYTES - 30; n < sizeof(text); n++) {
		fill(text, n, "x");
		(void)stpcpy(text + n - sizeof(end), end);
		sink_open(&s, LOG_JOURNAL);
		log_event(&s.log, LOG_INFO_, text, f);
		assert_true(s.len < LINE_MAX_BYTES);
		assert_true(is_ending(s.text + strspn(s.text, "<6>x")));
		sink_close(&s);
	}
}

/* So many fields that no cut helps: it is said, in JSON. */
static void
test_too_many_fields(void **state)
{
	struct log_field f[800];
	AUTO(cjson) cJSON *o = NULL;
	struct sink s;

	(void)state;
	for (size_t i = 0; i < COUNT(f); i++)
		f[i] = (struct log_field)LOG_N("key", i);
	f[COUNT(f) - 1].key = NULL;
	sink_open(&s, LOG_JSON);
	log_event(&s.log, LOG_INFO_, "m", f);
	o = cJSON_Parse(s.text);
	assert_non_null(o);
	assert_non_null(strstr(string_of(o, "message"), "too long"));
	sink_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_too_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
