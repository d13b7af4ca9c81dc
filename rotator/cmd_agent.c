/*
 * agent: the far end of `type: remote`. One request on standard input, one
 * reply on standard output, exit. No store, no lease, no AWS.
 *
 * The exit code is 0 whenever a reply was printed: what went wrong is in it.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/agent_serve.h"
#include "rotator/app.h"
#include "rotator/out_p.h"

/* ssh may be gone without a sign; nobody waits for us then. */
#define PATIENCE_MS ((int64_t)60 * 1000)

static enum ec
wait_input(int64_t until, struct err *e)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	const int64_t left = until - clock_mono();

	if (left > 0 && !app_stopped() && poll(&in, 1, (int)left) > 0)
		return EC_OK;
	return fail(e, EC_TEMP, "no request came");
}

/* Up to the first line end. A request that was cut off is no JSON. */
static enum ec
read_request(struct buf *b, struct err *e)
{
	const int64_t until = clock_mono() + PATIENCE_MS;
	char chunk[4096];
	enum ec ec = EC_OK;
	ssize_t n = 1;

	while (ec == EC_OK && n > 0) {
		TRY(wait_input(until, e));
		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n < 0)
			ec = fail_sys(e, "standard input");
		else
			ec = buf_add(b, chunk, (size_t)n, e);
		wipe(chunk, sizeof(chunk));
		if (b->len > 0 && memchr(b->p, '\n', b->len) != NULL)
			break;
	}
	return ec;
}

static enum ec
refuse_terminal(struct err *e)
{
	if (isatty(STDIN_FILENO) != 1)
		return EC_OK;
	(void)fail(e, EC_USAGE, "the agent is talked to by another rotate");
	return fix(e, "rotate help agent");
}

/* Says what went wrong as a reply, so that the other side can show it. */
static enum ec
refuse(const struct err *why, struct buf *ret, struct err *e)
{
	return exec_answer(EXEC_PLAN, why, NULL, ret, e);
}

static enum ec
exec_agent(struct app *a, struct err *e)
{
	AUTO(buf) struct buf in = BUF(EXEC_REPLY_MAX);
	AUTO(buf) struct buf out = BUF(2 * EXEC_REPLY_MAX);
	const struct args *args = a->args;
	struct agent_rule rule = { .only = args->only };
	struct err why = { .ec = EC_OK };
	enum ec ec;

	TRY(refuse_terminal(e));
	ec = read_request(&in, &why);
	if (ec == EC_OK && (args->config_given || args->only[0] != NULL)) {
		ec = app_config(a, &why);
		rule.config = a->config;
	}
	if (ec == EC_OK)
		TRY(agent_serve(&rule, &in, &out, e));
	else
		TRY(refuse(&why, &out, e));
	return out_secret(buf_str(&out), out.len, e);
}

const struct command cmd_agent = {
	.name = "agent",
	.operands = "",
	.summary = "serve one request of a rotate on another host",
	.help = "Run by ssh for a client of type remote. Reads one JSON "
		"request, prints one\nreply. Which driver is used and how "
		"comes with the request, so who may log in\nand run it may "
		"change what that user may change.\n"
		"\n"
		"To let a key change registered clients and nothing else, "
		"register them in a\nconfiguration on that host and force the "
		"command in authorized_keys:\n"
		"\n"
		"  restrict,command=\"rotate agent --only web\" ssh-ed25519 "
		"AAAA...\n"
		"  restrict,command=\"rotate agent --config "
		"/etc/web/rotate.yaml\" ssh-ed25519 AAAA...\n"
		"\n"
		"With --only or --config the driver and options of a request "
		"are ignored: those\nof this host's configuration count. The "
		"names of client and identity, and the\nregion, must be the "
		"same on both hosts.\n",
	.min_words = 0,
	.max_words = 0,
	.options = O_CONFIG | O_LOG | O_ONLY,
	.run = exec_agent,
};
