/*
 * cli: the command line, by two tables: subcommands and options.
 *
 * A subcommand is one file, cmd_NAME.c, whose only exported symbol is its
 * const struct command. The option table says which options exist; a command
 * names the ones it takes. Help is made from the same tables.
 */
#ifndef ROTATOR_CLI_H
#define ROTATOR_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

enum opt_bit { /* which options a command takes */
	O_CONFIG = 1 << 0,
	O_JSON = 1 << 1,
	O_LOG = 1 << 2,
	O_IDENTITY = 1 << 3,
	O_FORCE = 1 << 4,
	O_WAIT = 1 << 5,
	O_DRY_RUN = 1 << 6,
	O_YES = 1 << 7,
	O_NOW = 1 << 8,
	O_REASON = 1 << 9,
	O_CURRENT = 1 << 10,
	O_RETIRE = 1 << 11,
	O_REGION = 1 << 12,
	O_HELP = 1 << 13, /* every command takes these two */
	O_VERSION = 1 << 14,
	O_ONLY = 1 << 15,
	O_KEY = 1 << 16,
	O_ACCOUNT = 1 << 17,
	O_IAM_USER = 1 << 18,
	O_JOBS = 1 << 19,
};
#define O_ALWAYS (O_HELP | O_VERSION)
#define O_COMMON (O_CONFIG | O_JSON | O_LOG)
#define LIST_MAX 64

struct args {
	const char *config; /* CONFIG_DEFAULT unless said otherwise */
	bool config_given;
	bool json, force, dry_run, yes, now, wait, help, version;
	int64_t wait_ms; /* --wait=SPAN; default 30 min */
	int jobs;        /* 0: as the configuration says */
	int verbosity;   /* -q: -1, -v: 1 */
	enum log_form log_form;
	const char *identities[LIST_MAX + 1]; /* NULL ended */
	const char *regions[LIST_MAX + 1];    /* NULL ended */
	const char *only[LIST_MAX + 1];       /* NULL ended */
	const char *keys[LIST_MAX + 1];       /* NULL ended */
	const char *reason, *current, *retire, *account, *iam_user;
	const char *const *words; /* operands, NULL ended */
	int n_words;
	const char *about[2]; /* COMMAND --help: the operand of help */
};

struct app;

struct command {
	const char *name;     /* "" is `rotate` alone */
	const char *operands; /* "NAME", "[NAME]", "CLIENT", or "" */
	const char *summary;  /* one line */
	const char *help;     /* paragraphs with examples */
	int min_words, max_words;
	unsigned options; /* O_ bits */
	MUST enum ec (*run)(struct app *a, struct err *e);
};
extern const struct command *const commands[]; /* NULL ends */
const struct command *command_find(const char *name);

/* One row of the option table, for help. */
struct option_row {
	unsigned bit;
	const char *name;  /* "identity" */
	int letter;        /* 'i' or 0 */
	const char *value; /* "NAME", "[=SPAN]" or NULL */
	const char *help;
};
extern const struct option_row option_rows[]; /* name NULL ends */

/* Fills args and finds the command. EC_USAGE names the word and the nearest
 * known one. Strings point into argv. */
MUST enum ec cli_parse(int argc, char **argv, struct args *ret,
    const struct command **ret_command, struct err *e);

#endif
