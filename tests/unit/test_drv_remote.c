/*
 * The remote driver against a made-up ssh: what it is started with, what its
 * exit codes and words are taken for, and what is told before anybody is
 * connected. tests/e2e/remote.t has the real one.
 */
#include "client_fixture.h"

extern const struct client_driver drv_remote;

/* `ssh` keeps its arguments in `argv`, its input in `in`, then does script. */
static void
open_ssh(struct fixture *fx, const char *script)
{
	AUTO(buf) struct buf text = BUF(4096);

	fixture_open(fx, &drv_remote);
	assert_int_equal(
	    buf_addf(&text, &fx->e,
		"#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s\n"
		"cat >%s\n%s\n",
		fixture_path(fx, "argv"), fixture_path(fx, "in"), script),
	    EC_OK);
	fixture_put(fx, "ssh", buf_str(&text));
	fixture_put(fx, "key", "k");
	fixture_put(fx, "known", "h");
	assert_int_equal(chmod(fixture_path(fx, "ssh"), 0700), 0);
	assert_int_equal(
	    fixture_set(fx, "ssh", fixture_path(fx, "ssh"), NULL), EC_OK);
	assert_int_equal(
	    fixture_set(fx, "host", "shop.example.com", NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "driver", "file", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(fx, "options", "path", "/srv/.env", "format", "dotenv",
		"username", "U", "password", "P", "activate",
		"[\"systemctl\",\"reload\",\"shop\"]", NULL),
	    EC_OK);
	assert_int_equal(drv_remote.check(&fx->c, &fx->e), EC_OK);
}

static bool
given(const struct fixture *fx, const char *word)
{
	AUTO(buf) struct buf text = BUF(65536);
	struct err e;
	char line[256];

	assert_int_equal(file_read(fixture_path(fx, "argv"), &text, &e), EC_OK);
	(void)snprintf(line, sizeof(line), "\n%s\n", word);
	return strstr(buf_str(&text), line) != NULL;
}

static void
command_line(void **state)
{
	static const char *const always[] = { "-oBatchMode=yes",
		"-oStrictHostKeyChecking=yes", "-oVerifyHostKeyDNS=no",
		"-oNoHostAuthenticationForLocalhost=no",
		"-oPasswordAuthentication=no", "-oForwardAgent=no",
		"-oClearAllForwardings=yes", "-oControlMaster=no",
		"-oControlPath=none", "-oServerAliveInterval=5",
		"-oConnectTimeout=7", "-oPort=2222", "-oUser=rotate",
		"-oIdentitiesOnly=yes", "--\nshop.example.com\nrotate agent" };
	struct fixture fx;
	char word[256];

	(void)state;
	open_ssh(&fx, "echo '{\"ok\":true}'");
	assert_int_equal(fixture_set(&fx, "port", "2222", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "user", "rotate", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "connect_timeout", "7s", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "identity_file", fixture_path(&fx, "key"), NULL),
	    EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "known_hosts", fixture_path(&fx, "known"), NULL),
	    EC_OK);
	fixture_reads(&fx, "", "");
	for (size_t i = 0; i < COUNT(always); i++)
		if (!given(&fx, always[i]))
			fail_msg("no %s", always[i]);
	(void)snprintf(word, sizeof(word), "-oUserKnownHostsFile=%s",
	    fixture_path(&fx, "known"));
	assert_true(given(&fx, word));
	assert_true(given(&fx, "-oGlobalKnownHostsFile=/dev/null"));
	fixture_close(&fx);
}

/* A way over a jump host is as strict as the rest of it. */
static void
jump(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	struct fixture fx;
	const char *p;

	(void)state;
	open_ssh(&fx, "echo '{\"ok\":true}'");
	assert_int_equal(
	    fixture_set(&fx, "jump", "me@gate.example.com:2200", NULL), EC_OK);
	assert_int_equal(drv_remote.check(&fx.c, &fx.e), EC_OK);
	fixture_reads(&fx, "", "");
	assert_int_equal(
	    file_read(fixture_path(&fx, "argv"), &text, &fx.e), EC_OK);
	p = strstr(buf_str(&text), "\n-oProxyCommand=/");
	if (p == NULL)
		fail_msg("no ProxyCommand in %s", buf_str(&text));
	assert_non_null(strstr(p, " -oStrictHostKeyChecking=yes "));
	assert_non_null(strstr(
	    p, " -oPort=2200 -oUser=me '-W[%h]:%p' -- gate.example.com\n"));
	fixture_close(&fx);
}

static void
requests(void **state)
{
	struct fixture fx;

	(void)state;
	open_ssh(&fx, "echo '{\"ok\":true}'");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(&fx, "in",
	    "{\"protocol\":1,\"action\":\"write\",\"client\":\"web\","
	    "\"identity\":\"news\",\"region\":\"eu-west-1\",\"smtp\":{"
	    "\"host\":\"mail.example.com\",\"port\":587,"
	    "\"tls\":\"starttls\"},\"options\":{},\"driver\":{"
	    "\"type\":\"file\",\"options\":{\"path\":\"/srv/.env\","
	    "\"format\":\"dotenv\",\"username\":\"U\",\"password\":\"P\","
	    "\"activate\":[\"systemctl\",\"reload\",\"shop\"]}},"
	    "\"credential\":{\"username\":\"" USER1 "\",\"password\":\"" PASS1
	    "\"}}\n");
	assert_false(given(&fx, PASS1));
	assert_int_equal(fixture_write(&fx, USER1, "****"), EC_BUG);
	fixture_close(&fx);
}

/* What ssh says and how it ends; for read and for write. */
static void
refusals(void **state)
{
	static const struct {
		const char *script;
		enum ec read, write;
		const char *told, *remedy;
	} rows[] = {
		{ "echo 'ssh: connect to host h port 22: Connection refused' "
		  ">&2; exit 255",
		    EC_TEMP, EC_TEMP, "nobody listens", "sshd" },
		{ "echo 'ssh: connect to host h port 22: Connection timed "
		  "out' >&2; exit 255",
		    EC_TEMP, EC_TEMP, "does not answer", "firewall" },
		{ "echo 'ssh: Could not resolve hostname h: Name or service "
		  "not known' >&2; exit 255",
		    EC_CONFIG, EC_CONFIG, "not known", "host" },
		{ "echo 'ssh: Could not resolve hostname h: Temporary failure "
		  "in name resolution' >&2; exit 255",
		    EC_TEMP, EC_TEMP, "now", "later" },
		{ "echo '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"
		  "\nHost key verification failed.' >&2; exit 255",
		    EC_CONFIG, EC_CONFIG, "in between", "/etc/known" },
		{ "echo 'Host key verification failed.' >&2; exit 255",
		    EC_CONFIG, EC_CONFIG, "not known here", "/etc/known" },
		{ "echo 'u@h: Permission denied (publickey).' >&2; exit 255",
		    EC_DENIED, EC_DENIED, "does not let us in", "/etc/key" },
		{ "echo 'Connection to h closed by remote host.' >&2; "
		  "exit 255",
		    EC_TEMP, EC_UNKNOWN, "lost", "" },
		{ "echo 'Timeout, server h not responding.' >&2; exit 255",
		    EC_TEMP, EC_UNKNOWN, "silent", "" },
		{ "echo 'something new' >&2; exit 255", EC_TEMP, EC_UNKNOWN,
		    "something new", "by hand" },
		{ "echo 'x" PASS1 "' >&2; exit 255", EC_TEMP, EC_UNKNOWN,
		    "withheld", "by hand" },
		{ "exit 127", EC_CONFIG, EC_CONFIG, "no such program",
		    "install" },
		{ "exit 126", EC_DENIED, EC_DENIED, "not be executed", "mode" },
		{ "exit 64", EC_CONFIG, EC_CONFIG, "knows no such command",
		    "version" },
		{ "exit 3", EC_CLIENT, EC_UNKNOWN, "code 3", "" },
		{ "kill -9 $$", EC_CLIENT, EC_UNKNOWN, "code 137", "" },
		{ "echo Welcome; echo '{\"ok\":true}'", EC_PROTO, EC_UNKNOWN,
		    "not JSON", "print" },
		{ "true", EC_PROTO, EC_UNKNOWN, "not JSON", "print" },
		{ "sleep 60", EC_TEMP, EC_UNKNOWN, "shop.example.com", "" },
		{ "echo '{\"ok\":false,\"class\":\"gone\",\"error\":\"no "
		  "file\",\"fix\":\"make it\"}'",
		    EC_GONE, EC_GONE, "shop.example.com: no file", "make it" },
	};
	struct smtp_cred cred;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_ssh(&fx, rows[i].script);
		assert_int_equal(
		    fixture_set(&fx, "timeout", "500ms", NULL), EC_OK);
		assert_int_equal(
		    fixture_set(&fx, "known_hosts", "/etc/known", NULL), EC_OK);
		assert_int_equal(
		    fixture_set(&fx, "identity_file", "/etc/key", NULL), EC_OK);
		if (drv_remote.read(&fx.c, &cred, &fx.e) != rows[i].read ||
		    strstr(fx.e.what, rows[i].told) == NULL ||
		    strstr(fx.e.fix, rows[i].remedy) == NULL)
			fail_msg("%s: %s, %s, %s", rows[i].script,
			    ec_name(fx.e.ec), fx.e.what, fx.e.fix);
		fixture_told(&fx, "shop.example.com");
		if (fixture_write(&fx, USER1, PASS1) != rows[i].write)
			fail_msg("%s: write: %s", rows[i].script, fx.e.what);
		fixture_told(&fx, "shop.example.com");
		fixture_close(&fx);
	}
}

/* Every option that would mean something else, or cannot work there. */
static void
checks(void **state)
{
	static const struct {
		const char *key, *value, *told;
	} rows[] = {
		{ "host", "-oProxyCommand=x", "must not begin" },
		{ "host", "a b", "\" \"" },
		{ "host", "a;b", "\";\"" },
		{ "host", "%h", "\"%\"" },
		{ "user", "-l", "must not begin" },
		{ "user", "a@b", "\"@\"" },
		{ "identity_file", "/a b", "\" \"" },
		{ "identity_file", "/%h", "\"%\"" },
		{ "known_hosts", "/$HOME", "\"$\"" },
		{ "ssh", "ssh -F x", "\" \"" },
		{ "jump", "-x", "must not begin" },
		{ "jump", "a,b", "\",\"" },
		{ "jump", "a:b", "one host" },
		{ "jump", "@a:22;id", "one host" },
		{ "jump", "a$(id)", "\"$\"" },
		{ "port", "70000", "65535" },
		{ "port", "-1", "65535" },
		{ "connect_timeout", "500ms", "1s" },
		{ "driver", "nonesuch", "no kind of client" },
		{ "driver", "manual", "another host" },
		{ "driver", "remote", "another host" },
		{ "driver", "exec-write-only", "no option" },
		{ "driver", "postfix", "no option" },
	};
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_ssh(&fx, "true");
		assert_int_equal(
		    fixture_set(&fx, rows[i].key, rows[i].value, NULL), EC_OK);
		if (drv_remote.check(&fx.c, &fx.e) != EC_CONFIG ||
		    strstr(fx.e.what, rows[i].told) == NULL)
			fail_msg("%s: %s: %s", rows[i].key, rows[i].value,
			    fx.e.what);
		fixture_close(&fx);
	}
}

static void
options_there(void **state)
{
	static const struct {
		const char *v[11];
		const char *told;
	} rows[] = {
		{ { "path", "/a", "format", "dotenv", "username", "U" },
		    "username and password" },
		{ { "path", "a", "format", "dotenv", "username", "U",
		      "password", "P" },
		    "options: path: must be an absolute path" },
		{ { "path", "/a", "pth", "/b" }, "no option pth" },
		{ { "format", "dotenv" }, "wants path" },
		{ { "path", "/a", "format", "nonesuch", "username", "U",
		      "password", "P" },
		    "nonesuch" },
		{ { "path", "/a", "activate", "systemctl reload web" },
		    "activate must be a list" },
		{ { "path", "/a", "activate", "[1]" }, "activate" },
		{ { "path", "/a", "activate", "[]" }, "activate: is empty" },
	};
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const *v = rows[i].v;

		open_ssh(&fx, "true");
		assert_int_equal(fixture_set(&fx, "options", v[0], v[1], v[2],
				     v[3], v[4], v[5], v[6], v[7], NULL),
		    EC_OK);
		if (drv_remote.check(&fx.c, &fx.e) != EC_CONFIG ||
		    strstr(fx.e.what, rows[i].told) == NULL)
			fail_msg("%zu: %s", i, fx.e.what);
		fixture_close(&fx);
	}
	open_ssh(&fx, "true");
	assert_int_equal(
	    fixture_set(&fx, "driver", "exec-write-only", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "options", "command", "[\"/x\"]", NULL), EC_OK);
	assert_int_equal(drv_remote.check(&fx.c, &fx.e), EC_CONFIG);
	fixture_told(&fx, "cannot be read back");
	fixture_close(&fx);
}

static void
plans(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_ssh(&fx, "echo '{\"ok\":true,\"change\":\"set U\"}'");
	assert_int_equal(drv_remote.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.change, "on shop.example.com: set U");
	assert_int_equal(
	    fixture_set(&fx, "identity_file", fixture_path(&fx, "none"), NULL),
	    EC_OK);
	assert_int_equal(drv_remote.plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_told(&fx, "identity_file");
	assert_int_equal(fixture_set(&fx, "ssh", "/no/ssh", NULL), EC_OK);
	assert_int_equal(drv_remote.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFIG);
	fixture_close(&fx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_line),
		cmocka_unit_test(jump),
		cmocka_unit_test(requests),
		cmocka_unit_test(refusals),
		cmocka_unit_test(checks),
		cmocka_unit_test(options_there),
		cmocka_unit_test(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
