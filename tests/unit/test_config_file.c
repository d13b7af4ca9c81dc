/*
 * test_config_file: the main file, its drop-ins and the example, on a real
 * file system. The permissions that are refused are those with which somebody
 * else could make us run a program.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/config_world.h"

static char root[64];

static const char *
at(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *p = path[turn++ % COUNT(path)];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", root, name);
	return p;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(at(name), mode), 0);
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(root, sizeof(root), "%s/config.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(root) == NULL)
		return -1;
	return mkdir(at("clients.d"), 0755);
}

static const char *const left[] = {
	"clients.d/10-a.yaml",
	"clients.d/9-b.yaml",
	"clients.d/c.yml",
	"clients.d/.hidden.yaml",
	"clients.d/d.yaml~",
	"clients.d",
	"rotate.yaml",
	"link.yaml",
	"dir.yaml",
	"",
};

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(left); i++)
		(void)remove(at(left[i]));
	return access(root, F_OK) == 0;
}

static void
expect(const char *path, enum ec ec, const char *what, const char *remedy)
{
	struct config *c = NULL;
	struct err e = { .ec = EC_OK };

	if (config_load(path, &c, &e) == EC_OK)
		config_free(c);
	if (e.ec != ec || strstr(e.what, what) == NULL ||
	    strstr(e.fix, remedy) == NULL)
		die("wanted %s: %s (%s)\n   got %s: %s (%s)", ec_name(ec), what,
		    remedy, ec_name(e.ec), e.what, e.fix);
}

static struct config *
loaded(void)
{
	struct config *c = NULL;
	struct err e;

	if (config_load(at("rotate.yaml"), &c, &e) != EC_OK)
		die("%s (%s)", e.what, e.fix);
	return c;
}

#define MANUAL(name, id)                                                       \
	"clients: [ { name: " name ", type: manual, what: x, identity: " id    \
	" } ]\n"

static void
main_alone(void **state)
{
	AUTO(fd) int here = -1;

	(void)state;
	assert_int_equal(rmdir(at("clients.d")), 0);
	put("rotate.yaml", BASE, 0640);
	{
		AUTO(config) struct config *c = loaded();

		assert_string_equal(c->path, at("rotate.yaml"));
		assert_int_equal(c->n_identities, 1);
	}
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(here >= 0);
	assert_int_equal(chdir(root), 0);
	{
		struct config *c = NULL;
		struct err e;

		assert_int_equal(config_load("rotate.yaml", &c, &e), EC_OK);
		config_free(c);
	}
	assert_int_equal(fchdir(here), 0);
}

static void
drop_ins(void **state)
{
	(void)state;
	put("rotate.yaml", BASE MANUAL("main", "late"), 0644);
	put("clients.d/9-b.yaml", MANUAL("second", "news"), 0644);
	put("clients.d/10-a.yaml",
	    "identities: [ { name: late, regions: [us-east-1] } ]\n" MANUAL(
		"first", "news"),
	    0600);
	put("clients.d/c.yml", "nonsense", 0644);
	put("clients.d/.hidden.yaml", "nonsense", 0644);
	put("clients.d/d.yaml~", "nonsense", 0644);

	AUTO(config) struct config *c = loaded();

	assert_int_equal(c->n_clients, 3);
	assert_string_equal(c->clients[0].client.name, "main");
	assert_string_equal(c->clients[0].identity->name, "late");
	assert_string_equal(c->clients[1].client.name, "first");
	assert_string_equal(c->clients[2].client.name, "second");
	assert_string_equal(c->clients[1].file, at("clients.d/10-a.yaml"));
	assert_non_null(config_warning(c, 0));
	assert_non_null(strstr(config_warning(c, 0), "c.yml:1:1: not read"));
	assert_null(config_warning(c, 1));
}

static void
drop_in_errors(void **state)
{
	(void)state;
	put("rotate.yaml", CLIENT, 0644);
	put("clients.d/9-b.yaml", "state: /x\n", 0644);
	expect(at("rotate.yaml"), EC_CONFIG,
	    "clients.d/9-b.yaml:1:1: 'state' belongs in the main file", "");
	put("clients.d/9-b.yaml", MANUAL("web", "news"), 0644);
	expect(at("rotate.yaml"), EC_CONFIG,
	    "9-b.yaml:1:12: client 'web' is there already, in ", "");
	put("clients.d/9-b.yaml", "clinets: []\n", 0644);
	expect(at("rotate.yaml"), EC_CONFIG,
	    "9-b.yaml:1:1: unknown key 'clinets' (did you mean 'clients'?)",
	    "");
	put("clients.d/9-b.yaml", "", 0644);
	config_free(loaded());
}

static void
permissions(void **state)
{
	(void)state;
	put("rotate.yaml", CLIENT, 0646);
	expect(at("rotate.yaml"), EC_CONFIG, "rotate.yaml: everybody may write",
	    "chmod o-w ");
	put("rotate.yaml", CLIENT, 0644);
	put("clients.d/9-b.yaml", "", 0666);
	expect(at("rotate.yaml"), EC_CONFIG, "9-b.yaml: everybody may write",
	    "chmod o-w ");
	put("clients.d/9-b.yaml", "", 0644);
	assert_int_equal(chmod(at("clients.d"), 01777), 0);
	expect(at("rotate.yaml"), EC_CONFIG,
	    "clients.d: everybody may write this directory", "chmod o-w ");
	assert_int_equal(chmod(at("clients.d"), 0755), 0);
	assert_int_equal(chmod(root, 0777), 0);
	expect(at("rotate.yaml"), EC_CONFIG, "everybody may write this dir",
	    "chmod o-w ");
	assert_int_equal(chmod(root, 01777), 0);
	config_free(loaded());
}

/* Only root can give files away. */
static void
owners(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put("rotate.yaml", CLIENT, 0644);
	assert_int_equal(chown(at("rotate.yaml"), 12345, 0), 0);
	expect(
	    at("rotate.yaml"), EC_CONFIG, "belongs to user 12345", "chown 0 ");
	assert_int_equal(chown(at("rotate.yaml"), 0, 54321), 0);
	assert_int_equal(chmod(at("rotate.yaml"), 0664), 0);
	{
		AUTO(config) struct config *c = loaded();

		assert_non_null(strstr(config_warning(c, 0), "group 54321"));
	}
	assert_int_equal(chown(at("clients.d"), 12345, 0), 0);
	expect(at("rotate.yaml"), EC_CONFIG, "clients.d: belongs to user 12345",
	    "chown 0 ");
}

static void
other_files(void **state)
{
	(void)state;
	expect(at("rotate.yaml"), EC_GONE, "rotate.yaml", "--config");
	assert_int_equal(mkdir(at("dir.yaml"), 0755), 0);
	expect(at("dir.yaml"), EC_CONFIG, "is no regular file", "");
	expect("/dev/null", EC_CONFIG, "is no regular file", "");
	/* Kubernetes mounts every file of a ConfigMap as a link. */
	put("rotate.yaml", CLIENT, 0644);
	assert_int_equal(symlink("rotate.yaml", at("link.yaml")), 0);
	assert_int_equal(rename(at("link.yaml"), at("clients.d/9-b.yaml")), 0);
	expect(at("rotate.yaml"), EC_GONE, "9-b.yaml", "");
}

#define EXAMPLE "deploy/rotate.example.yaml"

/* Is "key:" written somewhere, also in a comment? */
static bool
shown(const struct buf *text, const char *key)
{
	const size_t n = strlen(key);
	const char *s = buf_str(text);

	while ((s = strstr(s, key)) != NULL) {
		if (s > text->p && s[n] == ':' && strchr(" {\n", s[-1]) != NULL)
			return true;
		s += n;
	}
	return false;
}

static void
keys_shown(const struct buf *text, const struct key *table)
{
	for (; table->name != NULL; table++) {
		if (!shown(text, table->name))
			die(EXAMPLE " does not show %s", table->name);
		if (table->group != NULL)
			for (const struct key *k = table->group;
			     k->name != NULL; k++)
				if (!shown(text, k->name))
					die(EXAMPLE " does not show %s of %s",
					    k->name, table->name);
	}
}

/* Tests run in the root of the tree, or say where it is. */
static void
example(void **state)
{
	const char *tree = getenv("SRCDIR");
	AUTO(buf) struct buf text = BUF(CONFIG_MAX_BYTES);
	char path[512];
	struct err e;
	FILE *f;

	(void)state;
	(void)snprintf(
	    path, sizeof(path), "%s/" EXAMPLE, tree != NULL ? tree : ".");
	f = fopen(path, "r");
	if (f == NULL)
		die("%s: run me in the root of the tree, or set SRCDIR", path);
	assert_int_equal(buf_read(&text, fileno(f), &e), EC_OK);
	assert_int_equal(fclose(f), 0);
	put("rotate.yaml", buf_str(&text), 0644);
	{
		AUTO(config) struct config *c = loaded();

		if (config_warning(c, 0) != NULL)
			die("%s", config_warning(c, 0));
	}
	keys_shown(&text, top_keys);
	keys_shown(&text, identity_keys);
	keys_shown(&text, client_keys);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(main_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(drop_ins, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    drop_in_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(permissions, setup, teardown),
		cmocka_unit_test_setup_teardown(owners, setup, teardown),
		cmocka_unit_test_setup_teardown(other_files, setup, teardown),
		cmocka_unit_test_setup_teardown(example, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
