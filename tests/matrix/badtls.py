"""A TLS server that goes wrong in one way: HTTPS, SMTP with STARTTLS or SMTP
inside TLS. It keeps every byte that a client sent, in clear and in TLS, so
that a test can say what was given away. Behind a good certificate it passes
everything on to the sandbox. Standard library only.

As a program, to look at with openssl s_client or curl:
  badtls.py https|smtp|smtps CERT.pem [PORT]"""
import select
import socket
import ssl
import sys
import threading

CHUNK = 65536
LIMIT = 10              # seconds of silence


def context(cert, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
            ciphers="ALL:@SECLEVEL=0"):
    """Of a server that has no standards at all: what is refused is refused by
    the client. cert: chain and key, or None for ciphers without any."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.set_ciphers(ciphers)
    c.minimum_version, c.maximum_version = versions
    if cert:
        c.load_cert_chain(cert)
    return c


class BadTls:
    """kind: https, smtp or smtps. contexts: one for each connection, the last
    one for all that follow; None: no TLS, whatever the client does.
    script: the SMTP dialogue in clear, {verb: reply}; None for a verb: hang
    up. upstream: port that speaks TLS, for what comes behind a handshake."""

    def __init__(self, kind, contexts, script=None, upstream=None, raw=None):
        self.kind, self.contexts, self.upstream = kind, contexts, upstream
        self.script = dict(SCRIPT, **(script or {}))
        self.raw = raw          # said instead of a handshake
        self.clear, self.inside = b"", b""
        self.connections = self.handshakes = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    # Nothing is closed that another thread may be reading: its number would
    # be somebody else's in a moment, the pipe of a child for example.

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            n = min(self.connections, len(self.contexts) - 1)
            self.connections += 1
            threading.Thread(target=self.serve, args=(s, self.contexts[n]),
                             daemon=True).start()

    def serve(self, s, tls):
        s.settimeout(LIMIT)
        try:
            if self.kind == "smtp":
                self.talk(s, tls)
            else:
                self.secure(s, tls)
        except (OSError, ssl.SSLError):
            pass
        finally:
            s.close()

    def note(self, data, inside):
        with self.lock:
            if inside:
                self.inside += data
            else:
                self.clear += data

    # ---- in clear ----------------------------------------------------------

    def talk(self, s, tls):
        """The dialogue until STARTTLS; without a context it never ends."""
        f = s.makefile("rb")
        s.sendall(self.script["banner"])
        while line := f.readline(CHUNK):
            self.note(line, False)
            verb = line.split()[0].upper().decode("latin-1") if line.split() else ""
            reply = self.script.get(verb, b"502 what\r\n")
            if reply is None:
                return
            s.sendall(reply)
            if verb == "STARTTLS" and reply.startswith(b"220") and \
                    (tls or self.raw):
                self.secure(s, tls)
                return

    def secure(self, s, tls):
        if self.raw is not None:
            s.sendall(self.raw)
        if tls is None:         # to the end: what would it tell us?
            while data := s.recv(CHUNK):
                self.note(data, False)
            return
        s = tls.wrap_socket(s, server_side=True)
        with self.lock:
            self.handshakes += 1
        try:
            self.pass_on(s)
        finally:
            s.close()

    # ---- in TLS ------------------------------------------------------------

    def pass_on(self, s):
        if self.upstream is None:
            if self.kind == "smtps":
                s.sendall(self.script["banner"])
            while data := s.recv(CHUNK):
                self.note(data, True)
            return
        c = ssl.create_default_context()
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        up = c.wrap_socket(socket.create_connection(("127.0.0.1", self.upstream)))
        if self.kind == "smtp":
            up.recv(CHUNK)      # its banner; ours was said in clear
        try:
            self.both_ways(s, up)
        finally:
            up.close()

    def both_ways(self, s, up):
        """By one thread: OpenSSL allows no reading of a connection while
        another thread writes to it."""
        other = {s: up, up: s}
        while True:
            ready = [x for x in other if x.pending()] or \
                select.select(list(other), [], [], LIMIT)[0]
            if not ready:
                return
            for x in ready:
                x.settimeout(0)
                try:
                    data = x.recv(CHUNK)
                except ssl.SSLWantReadError:
                    continue    # a session ticket, half a record
                if not data:
                    return
                if x is s:
                    self.note(data, True)
                other[x].settimeout(LIMIT)
                other[x].sendall(data)


SCRIPT = {
    "banner": b"220 email-smtp.amazonaws.com ESMTP SimpleEmailService\r\n",
    "EHLO": b"250-email-smtp.amazonaws.com\r\n250-STARTTLS\r\n250 Ok\r\n",
    "HELO": b"250 email-smtp.amazonaws.com\r\n",
    "STARTTLS": b"220 Ready to start TLS\r\n",
    "QUIT": b"221 Bye\r\n",
}


if __name__ == "__main__":
    server = BadTls(sys.argv[1], [context(sys.argv[2])])
    print("ready", server.port, flush=True)
    sys.stdin.read()
    print(server.clear, server.inside)
