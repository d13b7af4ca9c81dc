/* kinds: the manual of each kind of client. Every option is described, and
 * every example in it is a configuration that loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#undef fail

#include "base/auto.h"
#include "base/file.h"
#include "rotator/config.h"

#define HEAD                                                                   \
	"account: \"123456789012\"\n"                                          \
	"identities:\n"                                                        \
	"  - { name: newsletter, iam_user: ses-x, regions: [us-east-1] }\n"    \
	"clients:\n"

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

static void
manual(const struct client_driver *d, struct buf *ret)
{
	char path[128];
	struct err e;

	(void)snprintf(path, sizeof(path), "docs/kinds/%s.mdoc", d->name);
	if (file_read(path, ret, &e) != EC_OK)
		die("%s: %s (run me in the root of the tree)", d->name, e.what);
}

/* ".It Ic KEY" or ".It Ic A , KEY" */
static bool
described(const struct buf *text, const char *key)
{
	const size_t n = strlen(key);

	for (const char *s = buf_str(text);
	     (s = strstr(s, "\n.It Ic ")) != NULL; s++) {
		const char *end = strchr(s + 1, '\n');

		for (const char *w = s; (w = strstr(w, key)) != NULL && w < end;
		     w++)
			if (w[-1] == ' ' && (w[n] == ' ' || w[n] == '\n'))
				return true;
	}
	return false;
}

static void
loads(const struct client_driver *d, const char *from, size_t n)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);
	AUTO(config) struct config *c = NULL;
	char path[] = "/tmp/kinds-XXXXXX";
	struct err e;
	const int fd = mkstemp(path);
	enum ec ec;

	assert_true(fd >= 0);
	assert_int_equal(buf_adds(&text, HEAD, &e), EC_OK);
	assert_int_equal(buf_add(&text, from, n, &e), EC_OK);
	assert_int_equal(write(fd, text.p, text.len), (ssize_t)text.len);
	assert_int_equal(close(fd), 0);
	ec = config_load(path, &c, &e);
	assert_int_equal(unlink(path), 0);
	if (ec != EC_OK)
		die("%s: example: %s\n%s", d->name, e.what, buf_str(&text));
	for (size_t i = 0; i < c->n_clients; i++)
		if (c->clients[i].client.drv != d)
			die("%s: example of %s", d->name,
			    c->clients[i].client.drv->name);
}

static unsigned
examples(const struct client_driver *d, const struct buf *text)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n";
	unsigned n = 0;

	for (const char *s = buf_str(text); (s = strstr(s, begin)) != NULL;) {
		const char *end;

		s += strlen(begin);
		end = strstr(s, "\n.Ed");
		assert_non_null(end);
		if (strncmp(s, "  - name:", 9) != 0)
			continue; /* it shows something else */
		loads(d, s, (size_t)(end - s) + 1);
		n++;
	}
	return n;
}

static void
each_kind(void **state)
{
	(void)state;
	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		const struct client_driver *d = client_drivers[i];
		AUTO(buf) struct buf text = BUF(FILE_MAX_BYTES);

		manual(d, &text);
		for (const struct client_opt *o = d->opts; o->key != NULL; o++)
			if (!described(&text, o->key))
				die("%s: no .It Ic %s", d->name, o->key);
		if (examples(d, &text) == 0)
			die("%s: no example", d->name);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
