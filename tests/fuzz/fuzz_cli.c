/*
 * Any words as a command line, each up to a NUL or a line end. What is
 * understood names a command of the table, has only what that command takes
 * and as many operands as it wants, and means the same a second time and with
 * "--" where the options end; what is not is EC_USAGE and exit code 64 or what
 * exit.h says for it. Nothing is run. Words are not changed.
 */
#include <getopt.h>

#include "fuzz.h"
#include "rotator/cli.h"
#include "rotator/exit.h"

#define WORDS 40

struct line {
	char text[4096];
	char *v[WORDS + 2];
	int n;
};

static void
cut(const uint8_t *data, size_t size, struct line *l)
{
	static char program[] = "rotate";
	struct feed f = { l->text, size };
	size_t n;

	memcpy(l->text, data, size);
	l->text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (l->text[i] == '\n')
			l->text[i] = '\0';
	l->n = 1;
	l->v[0] = program;
	for (const char *p;
	     l->n <= WORDS && (p = feed_part(&f, '\0', &n)) != NULL;)
		l->v[l->n++] = l->text + (p - l->text);
	l->v[l->n] = NULL;
}

static unsigned
taken(const struct args *a)
{
	return (a->config_given ? O_CONFIG : 0U) | (a->json ? O_JSON : 0U) |
	    (a->force ? O_FORCE : 0U) | (a->wait ? O_WAIT : 0U) |
	    (a->dry_run ? O_DRY_RUN : 0U) | (a->yes ? O_YES : 0U) |
	    (a->now ? O_NOW : 0U) | (a->reason != NULL ? O_REASON : 0U) |
	    (a->current != NULL ? O_CURRENT : 0U) |
	    (a->retire != NULL ? O_RETIRE : 0U) |
	    (a->account != NULL ? O_ACCOUNT : 0U) |
	    (a->iam_user != NULL ? O_IAM_USER : 0U) |
	    (a->identities[0] != NULL ? O_IDENTITY : 0U) |
	    (a->regions[0] != NULL ? O_REGION : 0U) |
	    (a->only[0] != NULL ? O_ONLY : 0U) |
	    (a->keys[0] != NULL ? O_KEY : 0U) |
	    (a->verbosity != 0 ? O_LOG : 0U);
}

static bool
in_table(const struct command *c)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (commands[i] == c)
			return true;
	return false;
}

static void
good(const struct line *l, const struct args *a, const struct command *c)
{
	demand(in_table(c) && c->run != NULL);
	demand(a->config != NULL && a->words != NULL && a->n_words >= 0);
	demand(a->words[a->n_words] == NULL);
	demand(a->wait_ms >= 0 && a->log_form <= LOG_JSON);
	demand(a->identities[LIST_MAX] == NULL && a->keys[LIST_MAX] == NULL);
	if (a->help || a->version) {
		demand(c == command_find(a->help ? "help" : "version"));
		return;
	}
	demand((taken(a) & ~(c->options | O_ALWAYS)) == 0);
	demand(a->n_words >= c->min_words && a->n_words <= c->max_words);
	/* No command is guessed from the beginning of its name. */
	if (c->name[0] != '\0') {
		bool said = false;

		for (int i = 1; i < l->n; i++)
			said |= strcmp(l->v[i], c->name) == 0;
		demand(said);
	}
}

static void
bad(const struct err *e)
{
	demand(e->ec == EC_USAGE);
	demand(exit_code(e->ec) > 0 && exit_code(e->ec) < 126);
	demand(e->what[0] != '\0');
	demand(memchr(e->what, '\0', sizeof(e->what)) != NULL);
}

/* getopt moves words about, so a second line is made anew. */
static void
same_again(const uint8_t *data, size_t size, enum ec ec, const struct args *a,
    const struct command *c)
{
	static struct line again;
	const struct command *d = NULL;
	struct args b;
	struct err e;

	cut(data, size, &again);
	optind = 0;
	demand(cli_parse(again.n, again.v, &b, &d, &e) == ec);
	if (ec != EC_OK)
		return;
	demand(d == c && b.n_words == a->n_words && taken(&b) == taken(a));
	demand(b.wait_ms == a->wait_ms && b.log_form == a->log_form);
	demand(strcmp(b.config, a->config) == 0);
	for (int i = 0; i < b.n_words; i++)
		demand(strcmp(b.words[i], a->words[i]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line l;
	const struct command *c = NULL;
	char *before[WORDS + 2];
	size_t sum = 0, now = 0;
	struct args a;
	struct err e;
	enum ec ec;

	if (size >= sizeof(l.text))
		return 0;
	cut(data, size, &l);
	memcpy(before, l.v, sizeof(before));
	for (int i = 0; i < l.n; i++)
		sum += (size_t)l.v[i];
	e.ec = EC_OK;
	optind = 0; /* as in a new process: glibc starts anew */
	ec = cli_parse(l.n, l.v, &a, &c, &e);
	for (int i = 0; i < l.n; i++)
		now += (size_t)l.v[i];
	demand(sum == now); /* moved, but none is lost */
	if (ec == EC_OK)
		good(&l, &a, c);
	else
		bad(&e);
	same_again(data, size, ec, &a, c);
	return 0;
}
