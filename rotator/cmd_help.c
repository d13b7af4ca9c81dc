/*
 * help: made from the tables of commands, options and exit codes, so that it
 * cannot tell of what is not there.
 */
#include <stdio.h>
#include <string.h>

#include "rotator/app.h"
#include "rotator/exit.h"
#include "rotator/near.h"
#include "rotator/out_p.h"

#define COMMAND_WIDTH 23
#define OPTION_WIDTH  22
#define CODE_WIDTH    6

static void
usage_text(const struct command *c, char *ret, size_t size)
{
	(void)snprintf(ret, size, "rotate%s%s%s%s", c->name[0] ? " " : "",
	    c->name, c->operands[0] ? " " : "", c->operands);
}

/* "  -w, --wait[=SPAN]"; a value that must be given stands behind a blank. */
static void
option_text(const struct option_row *o, char *ret, size_t size)
{
	const char letter[] = { '-', (char)o->letter, ',', ' ', '\0' };
	const char *value = o->value == NULL ? "" : o->value;

	(void)snprintf(ret, size, "%s--%s%s%s", o->letter ? letter : "    ",
	    o->name, value[0] != '\0' && value[0] != '[' ? " " : "", value);
}

static void
two_columns(const char *left, int width, const char *right)
{
	out(PLAIN, "  ");
	out(CYAN, "%-*s", width, left);
	if (strlen(left) > (size_t)width)
		out(PLAIN, "\n  %*s", width, "");
	out(PLAIN, "  ");
	out_para(PLAIN, (size_t)width + 4, right);
}

static void
say_options(unsigned mask)
{
	char text[64];

	out(BOLD, "\nOptions\n");
	for (const struct option_row *o = option_rows; o->name != NULL; o++)
		if ((o->bit & mask) != 0) {
			option_text(o, text, sizeof(text));
			two_columns(text, OPTION_WIDTH, o->help);
		}
}

static void
say_commands(void)
{
	char text[64];

	out(BOLD, "\nCommands\n");
	for (size_t i = 0; commands[i] != NULL; i++) {
		usage_text(commands[i], text, sizeof(text));
		two_columns(text, COMMAND_WIDTH, commands[i]->summary);
	}
}

static void
say_exit_codes(void)
{
	char code[12];

	out(BOLD, "\nExit codes\n");
	for (int want = 0; want < 256; want++)
		for (enum ec ec = EC_OK; ec < EC__MAX; ec++) {
			if (exit_code(ec) != want || exit_meaning(ec) == NULL)
				continue;
			(void)snprintf(code, sizeof(code), "%d", want);
			two_columns(code, CODE_WIDTH, exit_meaning(ec));
		}
}

static enum ec
say_all(void)
{
	out(PLAIN,
	    "rotate renews the access keys behind Amazon SES SMTP "
	    "credentials, without a\nmail being lost.\n");
	say_commands();
	say_options(~0U);
	say_exit_codes();
	out(BOLD, "\nExamples\n");
	out(PLAIN,
	    "  rotate check             is the configuration right?\n"
	    "  rotate --dry-run         what would happen? changes "
	    "nothing\n"
	    "  rotate                   do what is due; run it from a "
	    "timer\n"
	    "  rotate status            where everything stands\n"
	    "\nMore: rotate help COMMAND, man rotate, man rotate.yaml, man rotate-clients\n");
	return EC_OK;
}

static enum ec
say_one(const struct command *c)
{
	char usage[64];

	usage_text(c, usage, sizeof(usage));
	out(BOLD, "%s", usage);
	out(PLAIN, "%s\n%s\n", c->options != 0 ? " [OPTION...]" : "",
	    c->summary);
	if (c->help[0] != '\0')
		out(PLAIN, "\n%s", c->help);
	if (c->options != 0)
		say_options(c->options);
	return EC_OK;
}

/* `rotate` alone has no name of its own; people try these. */
static const struct command *
find(const char *word)
{
	const bool alone =
	    strcmp(word, "rotate") == 0 || strcmp(word, "run") == 0;

	return command_find(alone ? "" : word);
}

static enum ec
exec_help(struct app *a, struct err *e)
{
	const char *word = a->args->words[0];
	const struct command *c;
	struct near n = { .want = word };

	if (a->args->n_words == 0)
		return say_all();
	c = find(word);
	if (c != NULL)
		return say_one(c);
	for (size_t i = 0; commands[i] != NULL; i++)
		near_try(&n, commands[i]->name);
	(void)fail(e, EC_USAGE, "no command %.60s%s", word, near_hint(&n).s);
	return fix(e, "rotate help lists them");
}

const struct command cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "this list, or everything about one command",
	.help = "  rotate help\n"
		"  rotate help revoke\n"
		"  rotate help rotate    about rotate without a command\n",
	.min_words = 0,
	.max_words = 1,
	.options = O_COMMON,
	.run = exec_help,
};
