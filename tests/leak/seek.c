/*
 * seek: looks for many byte strings at once, in files and in the memory of
 * processes. It is told on stdin, a line each, and answers on stdout:
 *
 *   needle ID WINDOW HEX   from now on; every WINDOW bytes of it count, or
 *                          all when it has fewer. No answer.
 *   clear                  no needles any more. No answer.
 *   text HEX               hits, then the end
 *   file PATH
 *   mem PID                all that the process could have written to
 *
 *   hit ID KIND PLACE      once for every needle, and every mapping
 *   end BYTES              that were looked at; -1: it could not be read
 *
 * KIND is text, file, or that of the mapping: arena (locked and not dumped, as
 * OpenSSL's secure heap is), stack, heap, anon, mapped.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEEDLES_MAX 4096
#define WINDOWS_MAX 262144
#define BITS        20 /* of a hash of the first four bytes */
#define LINE_MAX_   (1 << 20)
#define FILE_MAX_   (256L << 20)

struct needle {
	char id[64];
	long hit; /* number of the search that found it last */
};

struct window {
	const unsigned char *p;
	size_t n;
	int needle;
	int next; /* with the same hash; -1: none */
};

struct seek {
	struct needle needles[NEEDLES_MAX];
	int n_needles;
	struct window windows[WINDOWS_MAX];
	int n_windows;
	int heads[1 << BITS];
	unsigned char some[1 << (BITS - 3)]; /* whether; small, so quick */
	long search;
	char line[LINE_MAX_];
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "seek: %s\n", what);
	exit(2);
}

static uint32_t
hash(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v * 2654435761U >> (32 - BITS);
}

static void
clear(struct seek *s)
{
	s->n_needles = s->n_windows = 0; /* their bytes stay: a short life */
	memset(s->heads, 0xff, sizeof(s->heads));
	memset(s->some, 0, sizeof(s->some));
}

/* ---- needles ----------------------------------------------------------- */

static unsigned char *
unhex(const char *text, size_t *n)
{
	unsigned char *p = malloc(strlen(text) / 2 + 1);

	*n = strlen(text) / 2;
	if (p == NULL)
		die("no memory");
	for (size_t i = 0; i < *n; i++) {
		char two[3] = { text[2 * i], text[2 * i + 1], '\0' };
		p[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	return p;
}

static void
add_window(struct seek *s, const unsigned char *p, size_t n, int needle)
{
	struct window *w = &s->windows[s->n_windows];
	uint32_t h = hash(p);

	if (s->n_windows == WINDOWS_MAX)
		die("too many windows");
	*w = (struct window){ p, n, needle, s->heads[h] };
	s->heads[h] = s->n_windows++;
	s->some[h / 8] |= (unsigned char)(1 << h % 8);
}

static void
add_needle(struct seek *s, const char *id, size_t size, const char *hex)
{
	size_t n;
	const unsigned char *p = unhex(hex, &n);
	struct needle *it = &s->needles[s->n_needles];

	if (s->n_needles == NEEDLES_MAX || n < 4 || size < 4)
		die("no such needle");
	if (size > n)
		size = n;
	*it = (struct needle){ .hit = -1 };
	(void)snprintf(it->id, sizeof(it->id), "%s", id);
	for (size_t i = 0; i + size <= n; i++)
		add_window(s, p + i, size, s->n_needles);
	s->n_needles++;
}

/* ---- the search -------------------------------------------------------- */

struct place {
	const char *kind;
	const char *name;
	uint64_t start;
};

static void
look_here(struct seek *s, const unsigned char *p, size_t left, uint64_t at,
    const struct place *where)
{
	for (int i = s->heads[hash(p)]; i >= 0; i = s->windows[i].next) {
		const struct window *w = &s->windows[i];
		struct needle *n = &s->needles[w->needle];

		if (n->hit == s->search || w->n > left ||
		    memcmp(p, w->p, w->n) != 0)
			continue;
		n->hit = s->search;
		printf("hit %s %s %s+0x%" PRIx64 "\n", n->id, where->kind,
		    where->name, where->start + at);
	}
}

static void
look(
    struct seek *s, const unsigned char *p, size_t n, const struct place *where)
{
	uint64_t eight;
	uint32_t h;

	s->search++;
	for (size_t i = 0; i + 4 <= n; i++) {
		if (i + 8 <= n && memcpy(&eight, p + i, 8) != NULL &&
		    eight == 0) {
			i += 4; /* no needle has five zeros */
			continue;
		}
		h = hash(p + i);
		if ((s->some[h / 8] >> h % 8 & 1) != 0)
			look_here(s, p + i, n - i, i, where);
	}
}

/* ---- files ------------------------------------------------------------- */

static long
look_fd(struct seek *s, int fd, const char *path)
{
	const struct place where = { "file", path, 0 };
	struct stat st;
	unsigned char *p;
	ssize_t got;
	size_t n = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_MAX_)
		return -1;
	p = malloc((size_t)st.st_size + 1);
	if (p == NULL)
		die("no memory");
	while (n < (size_t)st.st_size &&
	    (got = read(fd, p + n, (size_t)st.st_size - n)) > 0)
		n += (size_t)got;
	look(s, p, n, &where);
	free(p);
	return (long)n;
}

static long
look_file(struct seek *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	long n = fd < 0 ? -1 : look_fd(s, fd, path);

	if (fd >= 0)
		(void)close(fd);
	return n;
}

static long
look_text(struct seek *s, const char *hex)
{
	const struct place where = { "text", "text", 0 };
	size_t n;
	unsigned char *p = unhex(hex, &n);

	look(s, p, n, &where);
	free(p);
	return (long)n;
}

/* ---- memory ------------------------------------------------------------ */

struct mapping {
	uint64_t low, high;
	char rights[5];
	unsigned long inode;
	char name[256];
	bool locked, undumped;
};

static const char *
kind_of(const struct mapping *m)
{
	if (m->locked && m->undumped)
		return "arena";
	if (strcmp(m->name, "[stack]") == 0)
		return "stack";
	if (strcmp(m->name, "[heap]") == 0)
		return "heap";
	return m->inode == 0 ? "anon" : "mapped";
}

/* The kernel's own pages cannot be read; the text of a program that nobody
 * could write to holds what is in its file. */
static bool
is_of_interest(const struct mapping *m)
{
	return m->rights[0] == 'r' && strncmp(m->name, "[v", 2) != 0 &&
	    (m->rights[1] == 'w' || m->inode == 0);
}

static long
look_mapping(struct seek *s, int mem, const struct mapping *m)
{
	const struct place where = { kind_of(m),
		m->name[0] != '\0' ? m->name : "-", m->low };
	const size_t n = m->high - m->low;
	unsigned char *p;
	ssize_t got;

	if (!is_of_interest(m))
		return 0;
	p = malloc(n);
	if (p == NULL)
		die("no memory");
	got = pread(mem, p, n, (off_t)m->low);
	if (got > 0)
		look(s, p, (size_t)got, &where);
	free(p);
	return got > 0 ? (long)got : 0;
}

/* A line of smaps(5). True: m is whole, and line begins the next one. */
static bool
read_smaps(const char *line, struct mapping *m, struct mapping *next)
{
	struct mapping n = { .low = 0 };

	if (strncmp(line, "VmFlags:", 8) == 0) { /* each has a space behind */
		m->locked = strstr(line, " lo ") != NULL;
		m->undumped = strstr(line, " dd ") != NULL;
	}
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %lu %255[^\n]",
		&n.low, &n.high, n.rights, &n.inode, n.name) < 4)
		return false;
	*next = n;
	return true;
}

static long
look_mem(struct seek *s, const char *pid)
{
	char path[64], line[512];
	struct mapping m = { .low = 0 }, next;
	long n = 0;
	int mem;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%.20s/smaps", pid);
	f = fopen(path, "re");
	if (mem < 0 || f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (read_smaps(line, &m, &next)) {
			n += look_mapping(s, mem, &m);
			m = next;
		}
	n += look_mapping(s, mem, &m);
	(void)fclose(f);
	(void)close(mem);
	return n;
}

/* ---- orders ------------------------------------------------------------ */

static bool
order(struct seek *s, char *line)
{
	char *word = strtok(line, " ");
	char *a = word == NULL ? NULL : strtok(NULL, "");

	if (word != NULL && strcmp(word, "clear") == 0)
		return clear(s), false;
	if (a == NULL)
		die("no such order");
	if (strcmp(word, "needle") == 0) {
		char *id = strtok(a, " ");
		char *size = strtok(NULL, " ");
		char *hex = strtok(NULL, " ");
		if (hex == NULL)
			die("needle ID WINDOW HEX");
		return add_needle(s, id, strtoul(size, NULL, 10), hex), false;
	}
	if (strcmp(word, "text") == 0)
		printf("end %ld\n", look_text(s, a));
	else if (strcmp(word, "file") == 0)
		printf("end %ld\n", look_file(s, a));
	else if (strcmp(word, "mem") == 0)
		printf("end %ld\n", look_mem(s, a));
	else
		die("no such order");
	return true;
}

int
main(void)
{
	static struct seek s;

	clear(&s);
	while (fgets(s.line, sizeof(s.line), stdin) != NULL) {
		s.line[strcspn(s.line, "\n")] = '\0';
		if (order(&s, s.line) && fflush(stdout) != 0)
			return 2;
	}
	return 0;
}
