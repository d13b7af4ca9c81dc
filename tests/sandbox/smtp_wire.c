/* smtp_wire: see smtp_session.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/auto.h"
#include "smtp_session.h"
#include "util.h"

static enum got
refill(struct wire *w)
{
	int n;

	if (w->ssl == NULL) {
		n = (int)recv(w->fd, w->buf, sizeof(w->buf), 0);
	} else {
		ERR_clear_error();
		n = SSL_read(w->ssl, w->buf, (int)sizeof(w->buf));
		if (n <= 0 && SSL_get_error(w->ssl, n) == SSL_ERROR_WANT_READ)
			return GOT_TIMEOUT;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return GOT_TIMEOUT;
	if (n <= 0)
		return GOT_EOF;
	w->pos = 0;
	w->len = (size_t)n;
	return GOT_LINE;
}

/* Without its CR LF. A line that is too long is read away to its end. */
enum got
wire_line(struct wire *w, char line[LINE_SIZE])
{
	size_t n = 0;
	bool too_long = false;

	for (;;) {
		char ch;

		if (w->pos == w->len) {
			enum got g = refill(w);

			if (g != GOT_LINE)
				return g;
		}
		ch = w->buf[w->pos++];
		if (ch == '\n')
			break;
		if (n == LINE_SIZE - 1)
			too_long = true;
		else
			line[n++] = ch;
	}
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return too_long ? GOT_TOO_LONG : GOT_LINE;
}

static bool
send_part(struct wire *w, const char *data, size_t len)
{
	while (len > 0) {
		size_t part = len < 16384 ? len : 16384;
		ssize_t n;

		ERR_clear_error();
		n = w->ssl != NULL ? SSL_write(w->ssl, data, (int)part)
				   : send(w->fd, data, part, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool
wire_send(struct wire *w, const char *data, size_t len)
{
	size_t i;

	if (w->drip_ms == 0)
		return send_part(w, data, len);
	for (i = 0; i < len; i++)
		if (sandbox_nap(w->s, w->drip_ms) || !send_part(w, data + i, 1))
			return false;
	return true;
}

/* What came in before the handshake is thrown away: nothing sent in clear may
 * count as said inside TLS (the STARTTLS injection family). */
bool
wire_handshake(struct wire *w, SSL_CTX *ctx)
{
	w->pos = w->len = 0;
	w->ssl = must(SSL_new(ctx));
	ERR_clear_error();
	return SSL_set_fd(w->ssl, w->fd) == 1 && SSL_accept(w->ssl) == 1;
}

void
wire_close(struct wire *w, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		(void)setsockopt(
		    w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (w->ssl != NULL && !reset && SSL_is_init_finished(w->ssl))
		(void)SSL_shutdown(w->ssl);
	SSL_free(w->ssl);
	w->ssl = NULL;
	ERR_clear_error();
}

enum after
reply(struct session *c, int code, const char *format, ...)
{
	AUTO(free) char *text = NULL;
	AUTO(free) char *line = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	line = fmt("%d %s\r\n", code, text);
	(void)sandbox_nap(c->s, knob_ms(c->s, "smtp_latency_ms"));
	return wire_send(&c->wire, line, strlen(line)) ? HANDLED : CLOSE;
}
