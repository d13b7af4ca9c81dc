/* smtp_session: one connection, shared by the files of the SMTP side. */
#ifndef SANDBOX_SMTP_SESSION_H
#define SANDBOX_SMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "certs.h"
#include "faults.h"
#include "sandbox.h"

#define LINE_SIZE 4096
#define PATH_SIZE 256

/* What a command handler or a fault leaves behind. */
enum after { GO_ON, HANDLED, CLOSE };

struct wire {
	struct sandbox *s;
	int fd;
	SSL *ssl;
	char buf[4096];
	size_t len, pos;
	unsigned drip_ms;
};

struct session {
	struct wire wire;
	struct sandbox *s;
	const struct certs *certs;
	SSL_CTX *tls;
	SSL_CTX *bad_tls; /* owned; for one handshake instead of tls */
	const char *region;
	bool implicit;

	bool greeted, hide_auth, hide_starttls, inject;
	char key[KEY_ID_SIZE]; /* "" before login */
	char user[NAME_SIZE];
	char from[PATH_SIZE];
	cJSON *to;
	size_t bytes;
};

/* Wire: lines in, text out, both in TLS or not. */
enum got { GOT_LINE, GOT_EOF, GOT_TIMEOUT, GOT_TOO_LONG };
enum got wire_line(struct wire *w, char line[LINE_SIZE]);
bool wire_send(struct wire *w, const char *data, size_t len);
bool wire_handshake(struct wire *w, SSL_CTX *ctx);
/* Close; reset: so that the peer sees a reset. */
void wire_close(struct wire *w, bool reset);

/* "CODE text\r\n"; CLOSE when the peer is gone, otherwise HANDLED. */
enum after reply(struct session *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ask for a fault in this state and play it. GO_ON: the state proceeds. */
enum after smtp_fault(struct session *c, const char *state);

/* Add an event to the log; to may be NULL. Counts it too. */
void smtp_note(
    struct session *c, const char *event, const char *key, const char *why);

/* The commands. line is what follows the verb. */
enum after smtp_auth(struct session *c, char *line);
enum after smtp_data(struct session *c);

/* One whole dialogue. */
void smtp_talk(struct session *c);

#endif
