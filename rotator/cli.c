#include "rotator/cli.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/config.h"
#include "rotator/near.h"

#define WAIT_DEFAULT_MS ((int64_t)30 * 60 * 1000)

extern const struct command cmd_run, cmd_status, cmd_check, cmd_verify,
    cmd_history, cmd_confirm, cmd_hold, cmd_release, cmd_rollback, cmd_revoke,
    cmd_adopt, cmd_derive, cmd_clients, cmd_show_once, cmd_init, cmd_discover,
    cmd_agent, cmd_store, cmd_help, cmd_version;

const struct command *const commands[] = {
	&cmd_run,
	&cmd_status,
	&cmd_check,
	&cmd_verify,
	&cmd_history,
	&cmd_confirm,
	&cmd_hold,
	&cmd_release,
	&cmd_rollback,
	&cmd_revoke,
	&cmd_adopt,
	&cmd_derive,
	&cmd_clients,
	&cmd_show_once,
	&cmd_init,
	&cmd_discover,
	&cmd_agent,
	&cmd_store,
	&cmd_help,
	&cmd_version,
	NULL,
};

const struct option_row option_rows[] = {
	{ O_CONFIG, "config", 'c', "FILE",
	    "configuration, default " CONFIG_DEFAULT },
	{ O_IDENTITY, "identity", 'i', "NAME",
	    "only this one; may be repeated (init: its name)" },
	{ O_DRY_RUN, "dry-run", 'n', NULL,
	    "read everything, print the plan, change nothing" },
	{ O_FORCE, "force", 'f', NULL,
	    "although it is not due (verify: try an old key too)" },
	{ O_WAIT, "wait", 'w', "[=SPAN]",
	    "stay until the new pair is pushed and verified (30m)" },
	{ O_JOBS, "jobs", 'J', "N",
	    "this many identities side by side (jobs: in the configuration)" },
	{ O_YES, "yes", 'y', NULL, "do not ask" },
	{ O_NOW, "now", 0, NULL,
	    "although clients that were not moved will break" },
	{ O_REASON, "reason", 'r', "TEXT", "why, for the others" },
	{ O_CURRENT, "current", 0, "KEY", "access key id that is in use" },
	{ O_RETIRE, "retire", 0, "KEY", "access key id to be retired" },
	{ O_REGION, "region", 0, "REGION", "region; may be repeated" },
	{ O_ONLY, "only", 0, "CLIENT",
	    "serve this client of the configuration; may be repeated" },
	{ O_KEY, "key", 0, "KEY", "access key id; may be repeated" },
	{ O_ACCOUNT, "account", 0, "NUMBER", "AWS account, twelve digits" },
	{ O_IAM_USER, "iam-user", 0, "NAME",
	    "IAM user whose keys are rotated" },
	{ O_JSON, "json", 'j', NULL, "print JSON" },
	{ O_LOG, "log", 0, "FORM", "auto, terminal, plain, journal or json" },
	{ O_LOG, "verbose", 'v', NULL, "tell more" },
	{ O_HELP, "help", 'h', NULL, "what rotate help COMMAND says" },
	{ O_VERSION, "version", 'V', NULL, "what rotate version says" },
	{ O_LOG, "quiet", 'q', NULL, "tell only what went wrong" },
	{ 0, NULL, 0, NULL, NULL },
};

#define ROWS COUNT(option_rows)

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static enum ec
to_list(const char **list, const char *value, struct err *e)
{
	for (size_t i = 0; i < LIST_MAX; i++)
		if (list[i] == NULL) {
			list[i] = value;
			return EC_OK;
		}
	return fail(
	    e, EC_USAGE, "an option was given more than %d times", LIST_MAX);
}

static enum ec
to_span(struct args *a, const char *value, struct err *e)
{
	a->wait = true;
	if (value == NULL)
		return EC_OK;
	a->wait_ms = clock_parse_span(value);
	if (a->wait_ms >= 0)
		return EC_OK;
	(void)fail(e, EC_USAGE, "--wait=%.40s is no time span", value);
	return fix(e, "write it as 30s, 15m or 2h");
}

#define JOBS_MAX 250 /* as config_keys.c has it; why: base/secret.c */

static enum ec
to_jobs(struct args *a, const char *value, struct err *e)
{
	a->jobs = 0;
	for (const char *d = value; *d >= '0' && *d <= '9' && a->jobs < 1000;
	     d++)
		a->jobs = a->jobs * 10 + (*d - '0');
	if (strspn(value, "0123456789") == strlen(value) && a->jobs > 0 &&
	    a->jobs <= JOBS_MAX)
		return EC_OK;
	return fail(e, EC_USAGE, "--jobs=%.40s is no number from 1 to %d",
	    value, JOBS_MAX);
}

static enum ec
to_form(struct args *a, const char *value, struct err *e)
{
	static const char *const forms[] = {
		[LOG_AUTO] = "auto",
		[LOG_TERMINAL] = "terminal",
		[LOG_PLAIN] = "plain",
		[LOG_JOURNAL] = "journal",
		[LOG_JSON] = "json",
	};

	for (size_t i = 0; i < COUNT(forms); i++)
		if (strcmp(forms[i], value) == 0) {
			a->log_form = (enum log_form)i;
			return EC_OK;
		}
	return fail(e, EC_USAGE,
	    "--log=%.40s is none of auto, terminal, plain, "
	    "journal, json",
	    value);
}

/* Options that are one text, and those that may be repeated. */
static const struct place {
	unsigned bit;
	size_t text; /* offset of a const char *; or 0 */
	size_t list; /* offset of const char *[LIST_MAX + 1]; or 0 */
} places[] = {
	{ .bit = O_REASON, .text = offsetof(struct args, reason) },
	{ .bit = O_CURRENT, .text = offsetof(struct args, current) },
	{ .bit = O_RETIRE, .text = offsetof(struct args, retire) },
	{ .bit = O_ACCOUNT, .text = offsetof(struct args, account) },
	{ .bit = O_IAM_USER, .text = offsetof(struct args, iam_user) },
	{ .bit = O_IDENTITY, .list = offsetof(struct args, identities) },
	{ .bit = O_REGION, .list = offsetof(struct args, regions) },
	{ .bit = O_ONLY, .list = offsetof(struct args, only) },
	{ .bit = O_KEY, .list = offsetof(struct args, keys) },
};

static const struct place *
place_of(unsigned bit)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (places[i].bit == bit)
			return &places[i];
	return NULL;
}

/* Where an option's value goes; row is the index in option_rows. */
static enum ec
apply(
    struct args *a, const struct option_row *row, const char *v, struct err *e)
{
	const struct place *place = place_of(row->bit);
	void *to = a;

	if (place != NULL && place->list != 0)
		return to_list((const char **)((char *)to + place->list), v, e);
	if (place != NULL) {
		memcpy((char *)to + place->text, &v, sizeof(v));
		return EC_OK;
	}
	switch (row->bit) {
	case O_CONFIG:
		a->config = v;
		a->config_given = true;
		break;
	case O_DRY_RUN:
		a->dry_run = true;
		break;
	case O_FORCE:
		a->force = true;
		break;
	case O_WAIT:
		return to_span(a, v, e);
	case O_JOBS:
		return to_jobs(a, v, e);
	case O_YES:
		a->yes = true;
		break;
	case O_NOW:
		a->now = true;
		break;
	case O_JSON:
		a->json = true;
		break;
	case O_HELP:
		a->help = true;
		break;
	case O_VERSION:
		a->version = true;
		break;
	case O_LOG:
		if (row->value != NULL)
			return to_form(a, v, e);
		a->verbosity += row->letter == 'v' ? 1 : -1;
		break;
	default:
		return fail(e, EC_BUG, "option --%s does nothing", row->name);
	}
	return EC_OK;
}

static int
has_value(const struct option_row *row)
{
	if (row->value == NULL)
		return no_argument;
	return row->value[0] == '[' ? optional_argument : required_argument;
}

/* getopt's own tables, made from ours. With '+' it stops at the first word. */
static void
getopt_tables(
    struct option longs[ROWS], char shorts[3 * ROWS + 2], bool to_command)
{
	char *p = shorts;

	if (to_command)
		*p++ = '+';
	*p++ = ':';
	for (size_t i = 0; i + 1 < ROWS; i++) {
		longs[i].name = option_rows[i].name;
		longs[i].has_arg = has_value(&option_rows[i]);
		longs[i].flag = NULL;
		longs[i].val = 256 + (int)i;
		if (option_rows[i].letter == 0)
			continue;
		*p++ = (char)option_rows[i].letter;
		if (longs[i].has_arg != no_argument)
			*p++ = ':';
		if (longs[i].has_arg == optional_argument)
			*p++ = ':';
	}
	*p = '\0';
	memset(&longs[ROWS - 1], 0, sizeof(longs[0]));
}

static const struct option_row *
row_of(int got)
{
	if (got >= 256)
		return &option_rows[got - 256];
	for (size_t i = 0; i + 1 < ROWS; i++)
		if (option_rows[i].letter == got)
			return &option_rows[i];
	return NULL;
}

static enum ec
no_such_option(const char *word, struct err *e)
{
	struct near n = { .want = word + strspn(word, "-") };

	for (size_t i = 0; option_rows[i].name != NULL; i++)
		near_try(&n, option_rows[i].name);
	(void)fail(e, EC_USAGE, "no option %.60s%s", word, near_hint(&n).s);
	return fix(e, "rotate help lists them");
}

/* to_command: only those that stand before the command's name. */
static enum ec
options(int argc, char **argv, bool to_command, struct args *a, unsigned *used,
    struct err *e)
{
	struct option longs[ROWS];
	char shorts[3 * ROWS + 2];
	int got;

	getopt_tables(longs, shorts, to_command);
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = row_of(got);

		if (got == ':')
			return fail(e, EC_USAGE, "option %.60s wants a value",
			    argv[optind - 1]);
		if (got == '?' || row == NULL)
			return no_such_option(argv[optind - 1], e);
		*used |= row->bit;
		TRY(apply(a, row, optarg, e));
	}
	return EC_OK;
}

static enum ec
no_such_command(const char *word, struct err *e)
{
	struct near n = { .want = word };

	for (size_t i = 0; commands[i] != NULL; i++)
		near_try(&n, commands[i]->name);
	(void)fail(e, EC_USAGE, "no command %.60s%s", word, near_hint(&n).s);
	return fix(e, "rotate help lists them");
}

static enum ec
fits(
    const struct args *a, const struct command *c, unsigned used, struct err *e)
{
	for (size_t i = 0; option_rows[i].name != NULL; i++)
		if ((used & option_rows[i].bit & ~(c->options | O_ALWAYS)) !=
		    0) {
			(void)fail(e, EC_USAGE, "rotate %s takes no --%s",
			    c->name, option_rows[i].name);
			return fix(e, "rotate help %s", c->name);
		}
	if (a->n_words < c->min_words || a->n_words > c->max_words) {
		(void)fail(e, EC_USAGE, "rotate %s wants %s", c->name,
		    c->operands[0] != '\0' ? c->operands : "no operand");
		return fix(e, "rotate help %s", c->name);
	}
	return EC_OK;
}

/* --help and --version turn any command line into the question they are. */
static const struct command *
asked_instead(struct args *a, const struct command *c)
{
	if (a->help) {
		a->about[0] = c->name[0] != '\0' ? c->name : NULL;
		a->words = a->about;
		a->n_words = a->about[0] != NULL;
		return command_find("help");
	}
	return a->version ? command_find("version") : c;
}

/* Options may stand before and behind the command's name and operands. */
enum ec
cli_parse(int argc, char **argv, struct args *ret,
    const struct command **ret_command, struct err *e)
{
	const struct command *c = command_find("");
	unsigned used = 0;

	memset(ret, 0, sizeof(*ret));
	ret->config = CONFIG_DEFAULT;
	ret->wait_ms = WAIT_DEFAULT_MS;
	opterr = 0;
	TRY(options(argc, argv, true, ret, &used, e));
	if (optind < argc) {
		c = command_find(argv[optind]);
		if (c == NULL || c->name[0] == '\0')
			return no_such_command(argv[optind], e);
		argv += optind;
		argc -= optind;
		optind = 0; /* glibc: start anew */
		TRY(options(argc, argv, false, ret, &used, e));
	}
	ret->words = (const char *const *)argv + optind;
	ret->n_words = argc - optind;
	*ret_command = asked_instead(ret, c);
	return *ret_command == c ? fits(ret, c, used, e) : EC_OK;
}
