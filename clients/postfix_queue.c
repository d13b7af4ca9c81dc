/* postfix_queue: see postfix_queue.h. */
#include "clients/postfix_queue.h"

#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "clients/json.h"

#define LISTING_MAX ((size_t)8 * 1024 * 1024)

/* The names under which a reason may mention our server. */
struct server {
	const char *name[2];
	size_t len[2];
};

/* "[host]:587" and "host:587" are connections to host. */
static struct server
servers(const struct postfix *p, const char *host)
{
	const char *relay = p->relay + (*p->relay == '[' ? 1 : 0);

	return (struct server){
		.name = { relay, host },
		.len = { strcspn(relay, "]:"), strlen(host) },
	};
}

/* "SASL authentication failed; server NAME[ADDRESS] said: 535 ...", maybe
 * with "delivery temporarily suspended: " in front (Postfix 3.7
 * smtp/smtp_sasl_glue.c, smtp_sasl_authenticate()). */
static bool
refused(const char *reason, const struct server *s)
{
	static const char mark[] = "SASL authentication failed; server ";
	const char *at = reason != NULL ? strstr(reason, mark) : NULL;

	if (at == NULL)
		return false;
	at += strlen(mark);
	for (size_t i = 0; i < COUNT(s->name); i++)
		if (strncasecmp(at, s->name[i], s->len[i]) == 0 &&
		    at[s->len[i]] == '[')
			return true;
	return false;
}

/* One line of postqueue -j: one message (postqueue(1), JSON OBJECT FORMAT). */
static bool
message_waits(const cJSON *message, const struct server *s)
{
	const char *queue = json_text(message, "queue_name");
	const cJSON *to = NULL;

	if (queue == NULL || strcmp(queue, "deferred") != 0)
		return false;
	cJSON_ArrayForEach(to,
	    cJSON_GetObjectItemCaseSensitive(message,
		"recipients")) if (refused(json_text(to, "delay_reason"),
				       s)) return true;
	return false;
}

static bool
line_waits(const char *line, const struct server *s)
{
	AUTO(json) cJSON *message = cJSON_Parse(line);

	return message_waits(message, s);
}

/* A listing that was cut off counts as far as it goes: a queue that long has
 * its reason in the part that came. */
bool
postfix_queue_waits(const struct postfix *p, const char *host)
{
	static const char *const args[] = { "-j", NULL };
	const struct server s = servers(p, host);
	AUTO(buf) struct buf out = BUF(LISTING_MAX);
	struct run r = { .out = &out };
	struct err e;
	enum ec ec = postfix_tool(p, "postqueue", args, &r, &e);
	char *next;

	if (ec != EC_OK && ec != EC_TEMP)
		return false;
	for (char *line = out.p; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next == NULL)
			return false;
		*next++ = '\0';
		if (line_waits(line, &s))
			return true;
	}
	return false;
}

enum ec
postfix_queue_flush(const struct postfix *p, struct err *e)
{
	static const char *const args[] = { "-f", NULL };
	struct run r = { .in = NULL };

	return postfix_tool(p, "postqueue", args, &r, e);
}
