/* provider_process: what is run, what of its output is taken. */
#include "provider_world.h"

#define HEAD "[profile p]\ncredential_process = "

static void
begin(struct world *w, const char *command)
{
	char text[1200];

	world_begin(w, NULL, 0);
	(void)snprintf(text, sizeof(text), HEAD "%s\n", command);
	fake_env_file(&w->f, "config", text);
	fake_env_set(&w->f, "AWS_PROFILE", "p");
	w->f.env.process_ms = 20000;
}

/* A script beside the files; its words are argv. */
static void
script(const struct world *w, const char *text, char path[128])
{
	char all[1024];

	(void)snprintf(all, sizeof(all), "#!/bin/sh\n%s\n", text);
	world_file(w, "helper", all, path);
	assert_int_equal(chmod(path, 0700), 0);
}

static void
run_script(
    struct world *w, const char *text, const char *arguments, char path[128])
{
	char command[400];

	world_begin(w, NULL, 0);
	script(w, text, path);
	(void)snprintf(
	    command, sizeof(command), HEAD "%s %s\n", path, arguments);
	fake_env_file(&w->f, "config", command);
	fake_env_set(&w->f, "AWS_PROFILE", "p");
	w->f.env.process_ms = 20000;
}

#define PRINT(json) "printf '%s' '" json "'"
#define PAIR        "\"AccessKeyId\":\"ASIAPROC\",\"SecretAccessKey\":\"" SECRET "\""

static void
test_output(void **state)
{
	static const struct {
		const char *text, *token, *until;
	} rows[] = {
		{ PRINT("{\"Version\":1," PAIR "}"), NULL, NULL },
		{ PRINT("{\"Version\":1," PAIR ",\"SessionToken\":\"" TOKEN
			"\",\"Expiration\":\"" LATER "\"}"),
		    TOKEN, LATER },
		{ PRINT("{\"Version\":1," PAIR
			",\"SessionToken\":null,\"Expiration\":null,"
			"\"AccountId\":\"1\"}\n\n"),
		    NULL, NULL },
		{ PRINT("{\"Version\":1," PAIR ",\"Expiration\":"
			"\"2026-11-21T15:00:00+02:00\"}"),
		    NULL, LATER },
		{ "echo CANARYnoise >&2; " PRINT("{\"Version\":1," PAIR "}"),
		    NULL, NULL },
	};
	char path[128];
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		run_script(&w, rows[i].text, "", path);
		world_load(&w, EC_OK, NULL, NULL);
		world_is(&w, "ASIAPROC", SECRET, rows[i].token, rows[i].until);
		assert_non_null(strstr(w.c.source, " by profile p in "));
		(void)unlink(path);
		world_end(&w);
	}
}

/* The words come back as parts of the key id. */
static void
test_words(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a b", "2:a:b" },
		{ "  a \t b  ", "2:a:b" },
		{ "\"a b\" 'c d'", "2:a_b:c_d" },
		{ "\"a\\\"b\" '\\' c\\ d", "3:aQb:B:c_d" },
		{ "\"a\\nb\"", "1:aBnb" },
		{ "''", "1:" },
		{ "'a\\\\b'", "1:aBBb" },
		{ "a''b\"c\"", "1:abc" },
		{ "$HOME `id` $(id) & | > x", "7:DHOME:`id`:D(id):&:P:>:x" },
		{ "*", "1:*" },
	};
	static const char echo[] =
	    "n=$#; s=; for a; do s=\"$s:$a\"; done\n"
	    "s=$(printf '%s' \"$n$s\" | tr ' \"\\\\|$' '_QBPD')\n"
	    "printf '{\"Version\":1,\"AccessKeyId\":\"%s\","
	    "\"SecretAccessKey\":\"x\"}' \"$s\"";
	char path[128];
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		run_script(&w, echo, rows[i].in, path);
		world_load(&w, EC_OK, NULL, NULL);
		assert_string_equal(w.c.key_id, rows[i].out);
		(void)unlink(path);
		world_end(&w);
	}
}

/* HOME and the like go on; keys do not. */
static void
test_environment(void **state)
{
	char path[128];
	struct world w;

	(void)state;
	run_script(&w,
	    "[ -n \"$HOME\" ] && [ \"$AWS_REGION\" = eu-west-1 ] && "
	    "[ -z \"$AWS_SECRET_ACCESS_KEY$AWS_SESSION_TOKEN$OTHER\" ] || "
	    "exit 9\n" PRINT("{\"Version\":1," PAIR "}"),
	    "", path);
	fake_env_set(&w.f, "AWS_REGION", "eu-west-1");
	fake_env_set(&w.f, "AWS_SESSION_TOKEN", "CANARYsession");
	fake_env_set(&w.f, "OTHER", "x");
	world_load(&w, EC_OK, NULL, NULL);
	(void)unlink(path);
	world_end(&w);
}

static void
test_failures(void **state)
{
	static const struct {
		const char *text;
		enum ec want;
		const char *what;
	} rows[] = {
		{ "echo CANARYout; echo CANARYerr >&2; exit 3", EC_DENIED,
		    "exit code 3" },
		{ "kill -9 $$", EC_DENIED, "SIGKILL" },
		{ "echo CANARYgarbage", EC_PROTO, "Version" },
		{ PRINT("{\"Version\":1,\"AccessKeyId\":\"CANARY"), EC_PROTO,
		    "Version" },
		{ PRINT("{\"Version\":1," PAIR "} CANARYnoise"), EC_PROTO,
		    "Version" },
		{ "echo CANARYnoise; " PRINT("{\"Version\":1," PAIR "}"),
		    EC_PROTO, "Version" },
		{ PRINT("{\"Version\":2," PAIR "}"), EC_PROTO, "Version" },
		{ PRINT("{" PAIR "}"), EC_PROTO, "Version" },
		{ PRINT("{\"Version\":1}"), EC_PROTO, "access key id" },
		{ PRINT("{\"Version\":1,\"AccessKeyId\":\"CANARYid\"}"),
		    EC_PROTO, "secret" },
		{ PRINT(
		      "{\"Version\":1," PAIR ",\"Expiration\":\"CANARYsoon\"}"),
		    EC_PROTO, "expiration" },
		{ PRINT("{\"Version\":1," PAIR
			",\"SessionToken\":\"CANARY\\nX: 1\"}"),
		    EC_PROTO, "characters" },
		{ "exec cat /dev/zero", EC_TEMP, "output" },
		{ ":", EC_PROTO, "Version" },
	};
	char path[128];
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		run_script(&w, rows[i].text, "CANARYargument", path);
		world_load(&w, rows[i].want, rows[i].what, "by hand");
		assert_non_null(strstr(w.e.what, "profile p in "));
		(void)unlink(path);
		world_end(&w);
	}
}

/* It is ended, with what it has started. */
static void
test_hang(void **state)
{
	char path[128];
	struct world w;

	(void)state;
	run_script(&w, "sleep 1000 & wait", "", path);
	w.f.env.process_ms = 100;
	world_load(&w, EC_TEMP, "killed", "by hand");
	(void)unlink(path);
	world_end(&w);
}

static void
test_commands(void **state)
{
	static const struct {
		const char *command, *what;
	} rows[] = {
		{ "/nonexistent/helper CANARY", "/nonexistent/helper" },
		{ "no-such-program-here CANARY", "no-such-program-here" },
		{ "/bin/echo \"CANARY", "a quote is not closed" },
		{ "/bin/echo 'CANARY", "a quote is not closed" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, rows[i].command);
		world_load(&w, EC_CONFIG, rows[i].what, "by hand");
		world_end(&w);
	}
}

static void
test_many_words(void **state)
{
	char command[1000] = "/bin/echo";
	struct world w;

	(void)state;
	for (int i = 0; i < 64; i++)
		(void)strcat(command, " x");
	begin(&w, command);
	world_load(&w, EC_CONFIG, "more than 64 words", "by hand");
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_many_words),
	};

	return world_main("provider_process", tests, COUNT(tests));
}
