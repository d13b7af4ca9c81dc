"""What TLS has to refuse: certificates that are wrong in one way each, old
protocols, ciphers without a name or without encryption, TLS that is taken
away, text smuggled in before it, a peer that is another one the next time.
For IAM over HTTPS, for SES with STARTTLS and inside TLS, and for the way that
one client has of its own.

The program refuses, says at which peer and why, and gives nothing away: the
server keeps what it was sent. That a revoked certificate is refused is not
tested, for it is not: libcurl asks no list of revocations, nor do AWS's own
SDKs."""
import re
import ssl

import pki
from badtls import BadTls, context
from networld import must, smtp, told

make_pki = pki.make
PEERS = ("https", "smtp", "smtps", "client")
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
OLD11 = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
LIMIT_MS = 3000         # where a peer says nothing more; the good ones
                        # beside it answer within that on a busy machine
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)

NAME = r"does not name|hostname mismatch|no alternative certificate subject name|subject name"
CHAIN = r"local issuer|self-signed|unable to verify"
# name of the leaf: words that tell what is wrong
WORDS = {
    "expired": "expired", "not yet valid": "not yet valid",
    "wrong name": NAME, "no SAN": NAME, "only an address": NAME,
    "only a name": NAME, "address as a name": NAME, "wildcard too deep": NAME,
    "wildcard for all": NAME, "NUL in the name": NAME,
    "self-signed": "self-signed", "unknown authority": CHAIN,
    "unknown authority, sent along": CHAIN, "expired authority": CHAIN,
    "missing intermediate": CHAIN, "expired intermediate": "expired",
    "intermediate is no CA": "invalid CA|issuer",
    "intermediate may not sign": "usage|issuer|invalid CA",
    "leaf signed by a leaf": "invalid CA|issuer|usage",
    "path too long": "path length", "name not permitted": "permitted subtree",
    "name excluded": "excluded subtree", "for clients only": "purpose",
    "unknown critical extension": "critical extension",
    "MD5 signature": "digest|too weak|signature", "SHA-1 signature": "too weak",
    "SHA-1 intermediate": "too weak", "RSA of 1024 bits": "too small|too weak",
    "RSA of 1024 bits above": "too small|too weak",
}
HOSTS = {"wildcard too deep": "a.b.test.localhost",
         "good-wildcard": "a.test.localhost", "only a name": "127.0.0.1",
         "address as a name": "127.0.0.1", "wildcard for all": "localhost"}
GOOD = ("good", "good-chain", "good-rsa", "good-wildcard")

# name: (versions, ciphers, certificate) of a server that speaks badly
PROTOCOLS = {
    "TLS 1.0 only": (OLD, "ALL:@SECLEVEL=0", "good-rsa"),
    "TLS 1.1 only": (OLD11, "ALL:@SECLEVEL=0", "good-rsa"),
    "no encryption": (NEW, "eNULL:@SECLEVEL=0", "good-rsa"),
    "no certificate": (NEW, "aNULL:@SECLEVEL=0", None),
}
# name: what is said where a handshake is expected
RAW = {
    "garbage for TLS": bytes(range(7, 251)) * 3,
    "plain text for TLS": b"HTTP/1.1 400 Bad Request\r\n"
                          b"Content-Length: 0\r\n\r\n",
    "mail server for TLS": b"220 smtp ESMTP\r\n235 Authentication successful\r\n",
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "half a handshake": b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03",
    "nothing": b"",
}
EHLO = b"250-email-smtp.amazonaws.com\r\n"
# name: the dialogue in clear of somebody in the middle
STRIPPED = {
    "STARTTLS left out": {"EHLO": EHLO + b"250 AUTH PLAIN LOGIN\r\n"},
    "STARTTLS overwritten": {"EHLO": EHLO + b"250-XXXXXXXA\r\n"
                             b"250 AUTH PLAIN LOGIN\r\n"},
    "STARTTLS refused for now": {"STARTTLS": b"454 TLS not available\r\n"},
    "STARTTLS refused": {"STARTTLS": b"502 what\r\n"},
    "STARTTLS taken for another": {"STARTTLS": b"250 Ok\r\n"},
    "STARTTLS, then silence": {"STARTTLS": None},
    "EHLO refused, HELO taken": {"EHLO": b"502 what\r\n"},
    "logged in before": {"banner": b"235 Authentication successful\r\n",
                         "EHLO": b"235 Authentication successful\r\n"},
    "AUTH behind STARTTLS": {"STARTTLS": b"220 go\r\n250-x\r\n"
                             b"250 AUTH PLAIN LOGIN\r\n"},
    "235 behind STARTTLS": {"STARTTLS": b"220 go\r\n"
                            b"235 Authentication successful\r\n"},
    "one byte behind STARTTLS": {"STARTTLS": b"220 go\r\n2"},
    "two lines to STARTTLS": {"STARTTLS": b"220-go\r\n220 on\r\n"
                              b"250 AUTH PLAIN\r\n"},
}
SECRETS = (b"AUTH", b"authorization", b"AWS4", b"X-Amz", b"AccessKey")


class Tls:
    def __init__(self, peer, name, group):
        self.peer, self.case, self.group = peer, name, group
        self.name = f"tls: {peer}: {name}"
        # A client's own way is the same code: one of each group will do. All
        # certificates, at both peers; with TLS from the start, some.
        self.marks = [f"{peer} {group}", name]
        if group == "certificate" and peer in ("https", "smtp"):
            self.marks.append(self.name)
        self.cost = 5 if group == "raw" else 1

    def server(self, w):
        kind = {"client": "smtp"}.get(self.peer, self.peer)
        up = int(w.iam.rsplit(":", 1)[1]) if kind == "https" else w.tls_port
        good = context(w.pki + "/good.pem")
        if self.group == "certificate":
            return BadTls(kind, [context(f"{w.pki}/{self.case}.pem")], upstream=up)
        if self.group == "protocol":
            versions, ciphers, cert = PROTOCOLS[self.case]
            cert = f"{w.pki}/{cert}.pem" if cert else None
            return BadTls(kind, [context(cert, versions, ciphers)], upstream=up)
        if self.group == "raw":
            return BadTls(kind, [None], raw=RAW[self.case])
        if self.group == "swap":
            bad = context(f"{w.pki}/self-signed.pem")
            return BadTls(kind, [good, bad], upstream=up)
        return BadTls(kind, [good], script=STRIPPED[self.case], upstream=up)

    def play(self, w):
        server = self.server(w)
        try:
            self.meet(w, server)
        finally:
            server.stop()

    def settings(self, w, server):
        if self.peer == "https":
            return {}
        way = smtp(server.port, "implicit" if self.peer == "smtps" else
                   "starttls", self.host, w.pki + "/ca.pem")
        return {"client_smtp" if self.peer == "client" else "smtp_": way}

    def meet(self, w, server):
        self.host = HOSTS.get(self.case, "localhost")
        limit = "http_ms" if self.peer == "https" else "smtp_ms"
        w.begin(**{limit: LIMIT_MS if self.group == "raw" else 0},
                **self.settings(w, server))
        w.env["OPENSSL_CONF"] = w.pki + "/lax.cnf"
        if self.peer == "https":
            w.env.update(AWS_ENDPOINT_URL=f"https://{self.host}:{server.port}",
                         AWS_CA_BUNDLE=w.pki + "/ca.pem")
        run = w.step()
        must(server.connections > 0, "nobody came")
        if self.case in GOOD:
            must(run.code == 0, f"exit code {run.code}: {run.cause}")
            must(server.inside, "nothing was sent through it")
            w.tidy(1)
            return
        self.judge(w, run, server)
        if self.group == "swap":    # for HTTPS its first answer is good
            server.contexts = server.contexts[:1]
            w.recover(made=1, env=w.env)
        elif self.peer != "https":
            w.configure()
            w.recover(made=1)

    def judge(self, w, run, server):
        wanted = {76}
        if self.peer == "client" and self.group != "swap":
            wanted = {12}
        elif self.group in ("raw", "protocol") or self.case in (
                "STARTTLS refused for now", "STARTTLS, then silence"):
            wanted = {69, 76}       # may pass: a load balancer that starts up
        must(run.code in wanted, f"exit code {run.code}, wanted {wanted}: "
             f"{run.cause}")
        told(run, f"{self.host}:{server.port}",
             [WORDS[self.case]] if self.case in WORDS else [])
        given = server.clear + (b"" if self.group == "swap" else server.inside)
        for s in SECRETS:
            must(s.lower() not in given.lower(), f"it was told {s}: {given}")
        for p in w.passwords.values():
            must(p.encode() not in server.clear + server.inside,
                 "it was told a password")
        if self.group == "swap":
            return
        must(not re.search(rb"[A-Za-z0-9+/]{40}", server.clear)
             or self.group == "raw", f"it was told {server.clear}")
        at = {"https": "IDLE", "client": "PUSHING"}.get(self.peer, "CREATED")
        must(w.state() == at, f"{w.state()}, not {at}")
        if self.peer == "https":
            must(w.count("CreateAccessKey", False) == 0, "a key was made")


def cells():
    for peer in PEERS:
        for name in pki.LEAVES:
            yield Tls(peer, name, "certificate")
        for name in PROTOCOLS:
            yield Tls(peer, name, "protocol")
        for name in RAW:
            yield Tls(peer, name, "raw")
        yield Tls(peer, "another certificate the next time", "swap")
        if peer in ("smtp", "client"):
            for name in STRIPPED:
                yield Tls(peer, name, "stripped")
