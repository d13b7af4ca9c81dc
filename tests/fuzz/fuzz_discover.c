/*
 * Any bytes as a file that `discover` comes by: the ids found are those that
 * an own look finds, no password gets into what is printed, and no file can
 * write a line of its own by its name, its keys or its hosts. Input: the name
 * of the file, NUL, its text.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "rotator/discover.h"

#define MAX     65536
#define IDS_MAX 1 /* of one text that are guessed about: slow */

static char folder[64];

static void
remove_folder(void)
{
	(void)rmdir(folder);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK);
	(void)snprintf(folder, sizeof(folder), "%s/fuzz_discover.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	demand(mkdtemp(folder) != NULL);
	(void)atexit(remove_folder);
	return 0;
}

/* In the folder, by this name: a file may be called anything but "" and a
 * path. */
static void
path_of(const char *name, char ret[PATH_MAX])
{
	char clean[101];

	(void)snprintf(clean, sizeof(clean), "f%.99s", name);
	for (char *p = clean; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	(void)snprintf(ret, PATH_MAX, "%s/%s", folder, clean);
}

static bool
put(const char *path, const struct buf *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, buf_str(text), text->len) == (ssize_t)text->len;
	(void)close(fd);
	return good;
}

static bool
in_word(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
in_id(int c)
{
	return in_word(c) && c != '_' && !(c >= 'a' && c <= 'z');
}

/* The next word that is an id from `from` on, by one look at each word; the
 * length of the text when there is none. */
static size_t
next_id(const struct buf *t, size_t from, size_t *ret_n)
{
	for (size_t i = 0; i < t->len;) {
		size_t n = 0;
		bool good = true;

		while (i + n < t->len && in_word(t->p[i + n]))
			good = in_id(t->p[i + n++]) && good;
		if (i >= from && good && n >= 16 && n < KEY_ID_MAX &&
		    memcmp(t->p + i, "AKIA", 4) == 0) {
			*ret_n = n;
			return i;
		}
		i += n + 1;
	}
	return t->len;
}

static void
check_lines(const struct buf *b)
{
	const char *p = buf_str(b);

	demand(strlen(p) == b->len);
	demand(b->len == 0 || p[b->len - 1] == '\n');
	for (; *p != '\0'; p = strchr(p, '\n') + 1)
		demand(strncmp(p, "  # ", 4) == 0 ||
		    strncmp(p, "  - name: ", 10) == 0 ||
		    strncmp(p, "    ", 4) == 0);
}

static void
check_place(const struct discover_place *p)
{
	AUTO(buf) struct buf said = BUF(8 * MAX);
	const struct discover none = { .config = NULL };
	struct err e;

	fuzz_text_fit(p->note, sizeof(p->note));
	fuzz_text_fit(p->also, sizeof(p->also));
	demand(p->driver == NULL || !p->no_pass);
	demand(discover_client_text(&none, p, &said, &e) == EC_OK);
	check_lines(&said);
	fuzz_text_fit(buf_str(&said), said.len + 1);
}

static void
guess(const char *path, const struct buf *text, size_t at, const char *id)
{
	const struct discover none = { .config = NULL };
	struct discover_place p = { .name = "found" };
	size_t host_at;

	(void)snprintf(p.path, sizeof(p.path), "%s", path);
	(void)snprintf(p.id, sizeof(p.id), "%s", id);
	p.line = discover_line(text, at);
	if (discover_ses_host(text, p.host, &host_at)) {
		demand(host_at + strlen(p.host) <= text->len);
		demand(memcmp(text->p + host_at, p.host, strlen(p.host)) == 0);
	}
	discover_guess(&none, &p, text, at);
	check_place(&p);
	cJSON_Delete(p.driver);
}

static void
look(const char *path, const struct buf *text)
{
	char id[KEY_ID_MAX];
	size_t at = 0, seen = 0, own = 0, n = 0;

	while (discover_next_id(text, &at, id)) {
		own = next_id(text, own, &n);
		demand(own == at && strlen(id) == n);
		demand(memcmp(text->p + at, id, n) == 0);
		if (seen++ < IDS_MAX)
			guess(path, text, at, id);
		at += n;
		own += n;
	}
	demand(next_id(text, own, &n) == text->len);
	for (at = 0; discover_next_pass(text, &at); at += SMTP_PASSWORD_LEN)
		demand(smtp_password_form(text->p + at, SMTP_PASSWORD_LEN) !=
		    SMTP_PASSWORD_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf text = BUF(MAX + 1);
	struct feed f = { (const char *)data, size };
	char path[PATH_MAX], name[101];
	const char *given;
	struct err e;
	size_t n;

	if (size == 0 || size > MAX)
		return 0;
	given = feed_part(&f, '\0', &n);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(n < 100 ? n : 100),
	    given != NULL ? given : "");
	path_of(name, path);
	demand(buf_add(&text, f.p, f.n, &e) == EC_OK);
	if (put(path, &text))
		look(path, &text);
	(void)unlink(path);
	return 0;
}
