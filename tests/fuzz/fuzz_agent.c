/*
 * Any bytes as a request to `rotate agent`: they are understood or refused by
 * a class that the protocol knows, and whatever is answered is one line of
 * JSON that the other end understands. Nothing is carried out: that needs a
 * target, and the drivers have fuzzers of their own.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/exec_serve.h"

#define MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int good)
{
	if (!good)
		abort();
}

static void
answers(enum exec_action action, const struct err *why)
{
	AUTO(exec_reply) struct exec_reply got = { .cred = { .user = "" } };
	const struct exec_reply none = { .plan = { .change = "x" } };
	AUTO(buf) struct buf text = BUF(MAX);
	bool heard = false;
	struct err e;

	demand(exec_answer(action, why, &none, &text, &e) == EC_OK);
	demand(memchr(text.p, '\n', text.len) == text.p + text.len - 1);
	(void)!exec_reply_parse(&text, "host", action, &got, &heard, &e);
	demand(heard);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(exec_ask) struct exec_ask a = { .json = NULL };
	AUTO(buf) struct buf text = BUF(MAX);
	struct err why = { .ec = EC_OK };

	if (size > MAX)
		return 0;
	demand(buf_add(&text, data, size, &why) == EC_OK);
	if (exec_ask_parse(&text, &a, &why) != EC_OK) {
		demand(a.json == NULL && a.cred.pass == NULL);
		demand(why.ec == EC_PROTO || why.ec == EC_CONFIG);
		answers(EXEC_PLAN, &why);
		return 0;
	}
	demand((a.action == EXEC_WRITE) == (a.cred.pass != NULL));
	if (exec_ask_driver(&a, &why) != EC_OK) {
		demand(a.client.conf == NULL && a.client.drv == NULL);
		demand(why.ec == EC_CONFIG);
	} else {
		why.ec = EC_OK;
	}
	answers(a.action, &why);
	return 0;
}
