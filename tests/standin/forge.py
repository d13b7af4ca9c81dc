"""What the stand-ins for GitHub, GitLab and Google share: HTTPS on loopback
under an authority of its own, routes, strict JSON, and a control side.

    SERVER.py --dir DIR [--port N]

DIR gets ca.pem and what else a client needs to know. "ready PORT" on stdout.
The control side is under /_/ on the same port, for tests only:

    GET  /_/state          everything, as JSON
    GET  /_/log            requests so far: [method, path, status]
    POST /_/reset          as at the start
    POST /_/set            {"a|b|c": value}: sets parts of the state
    POST /_/fault          {"method":, "path":, "status":, "body":, "headers":,
                            "times": 1, "after": false, "drop": false,
                            "hang": false}
           a request that matches (path is a regular expression) gets that
           answer, before or after it was carried out; drop: none at all;
           hang: none, and the connection stays until the next reset
    POST /_/calm           no faults any more
"""
import argparse
import datetime
import ipaddress
import json
import os
import re
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, body, headers=None):
        self.status, self.body, self.headers = status, body, headers or {}


def private(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(fd, 0o600)
    with os.fdopen(fd, "wb") as f:
        f.write(data)


def rsa_key(path=None):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())
    if path:
        private(path, pem)
    return key.public_key(), pem.decode()


def certificates(folder):
    """An authority, and a certificate for localhost under it."""
    now = datetime.datetime.utcnow()

    def make(name, key, issuer, issuer_key, authority):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        b = (x509.CertificateBuilder().subject_name(subject)
             .issuer_name(issuer or subject).public_key(key.public_key())
             .serial_number(x509.random_serial_number())
             .not_valid_before(now - datetime.timedelta(days=1))
             .not_valid_after(now + datetime.timedelta(days=2))
             .add_extension(x509.BasicConstraints(authority, None), True))
        if not authority:
            b = b.add_extension(x509.SubjectAlternativeName([
                x509.DNSName("localhost"),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        return b.sign(issuer_key, hashes.SHA256())

    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca = make("stand-in authority", ca_key, None, ca_key, True)
    cert = make("localhost", key, ca.subject, ca_key, False)
    pem = serialization.Encoding.PEM
    private(os.path.join(folder, "server.pem"),
            cert.public_bytes(pem) + key.private_bytes(
                pem, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
    # Renamed into place: whoever finds it finds all of it.
    temporary = os.path.join(folder, "ca.new")
    private(temporary, ca.public_bytes(pem))
    os.rename(temporary, os.path.join(folder, "ca.pem"))


class Request:
    def __init__(self, handler, match, body):
        self.method = handler.command
        self.headers = handler.headers
        split = urllib.parse.urlsplit(handler.path)
        self.path = split.path
        self.query = urllib.parse.parse_qs(
            split.query, keep_blank_values=True, strict_parsing=False)
        self.parts = [urllib.parse.unquote(p, errors="strict")
                      for p in match.groups()] if match else []
        self.raw = body

    def json(self):
        """The body; anything but one JSON object is refused."""
        kind = self.headers.get("Content-Type", "")
        if kind.split(";")[0].strip() != "application/json":
            raise Refused(415, {"message": "Content-Type is not JSON"})
        try:
            value = json.loads(self.raw, object_pairs_hook=no_doubles)
        except ValueError:
            raise Refused(400, {"message": "Problems parsing JSON"})
        if not isinstance(value, dict):
            raise Refused(400, {"message": "Body should be a JSON object"})
        return value


def no_doubles(pairs):
    d = dict(pairs)
    if len(d) != len(pairs):
        raise ValueError("a name comes twice")
    return d


class Service:
    """Routes: a list of (method, regular expression, function). State: what
    fresh() returns."""

    def __init__(self):
        p = argparse.ArgumentParser()
        p.add_argument("--dir", required=True)
        p.add_argument("--port", type=int, default=0)
        self.args = p.parse_args()
        self.lock = threading.RLock()
        self.port = None
        self.routes = []
        self.woken = threading.Event()

    def reset(self):
        self.state = self.fresh()
        self.log, self.faults = [], []
        self.woken.set()
        self.woken = threading.Event()

    def control(self, method, path, body):
        if (method, path) == ("GET", "/_/state"):
            return 200, self.state
        if (method, path) == ("GET", "/_/log"):
            return 200, self.log
        if (method, path) == ("POST", "/_/reset"):
            self.reset()
            return 200, {}
        if (method, path) == ("POST", "/_/fault"):
            self.faults.append(json.loads(body))
            return 200, {}
        if (method, path) == ("POST", "/_/calm"):
            self.faults = []
            return 200, {}
        if (method, path) == ("POST", "/_/set"):
            for name, value in json.loads(body).items():
                *way, last = name.split("|")
                at = self.state
                for step in way:
                    at = at.setdefault(step, {})
                if value is None:
                    at.pop(last, None)
                else:
                    at[last] = value
            return 200, {}
        return 404, {"message": "no such control"}

    def fault(self, method, path, after):
        for f in self.faults:
            if (f.get("after", False) == after
                    and f.get("method", method) == method
                    and re.search(f.get("path", ""), path)):
                f["times"] = f.get("times", 1) - 1
                if f["times"] <= 0:
                    self.faults.remove(f)
                return f
        return None

    def run(self, handler, path, body):
        method = handler.command
        for m, pattern, function in self.routes:
            match = re.fullmatch(pattern, path)
            if m == method and match:
                return function(Request(handler, match, body))
        raise Refused(*self.unknown(Request(handler, None, body)))

    def answer(self, handler, body):
        """(status, body, headers), or None for no answer."""
        path = urllib.parse.urlsplit(handler.path).path
        with self.lock:
            if path.startswith("/_/"):
                return (*self.control(handler.command, path, body), {})
            f = self.fault(handler.command, path, False)
            if f is None:
                try:
                    got = self.run(handler, path, body)
                    status, reply, headers = got[0], got[1], {}
                except Refused as r:
                    status, reply, headers = r.status, r.body, r.headers
                except UnicodeDecodeError:
                    status, reply, headers = 400, {"message": "bad path"}, {}
                f = self.fault(handler.command, path, True)
            if f is not None:
                status, reply = f.get("status", 500), f.get("body", {})
                headers = f.get("headers", {})
            self.log.append([handler.command, handler.path, status])
            woken = self.woken if f and f.get("hang") else None
        if woken:
            woken.wait()
        return (None if f and (f.get("drop") or f.get("hang"))
                else (status, reply, headers))

    def serve(self):
        certificates(self.args.dir)
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet: no wait for ACKs

            def log_message(self, *args):
                pass

            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                got = service.answer(self, self.rfile.read(length))
                if got is None:
                    self.close_connection = True
                    return
                status, reply, headers = got
                data = b"" if reply is None else (
                    reply.encode() if isinstance(reply, str)
                    else json.dumps(reply).encode())
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                s, address = super().get_request()
                s.settimeout(30)
                return s, address

            def finish_request(self, request, address):
                try:
                    s = tls.wrap_socket(request, server_side=True)
                    super().finish_request(s, address)
                except (OSError, ssl.SSLError):
                    pass

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(self.args.dir, "server.pem"))
        server = Server(("127.0.0.1", self.args.port), Handler)
        self.port = server.server_address[1]
        self.started()
        self.reset()
        print("ready", self.port, flush=True)
        server.serve_forever()

    def started(self):
        pass

    def unknown(self, q):
        return 404, {"message": "Not Found"}


def jwt_claims(token, public):
    """The claims of an assertion that this key signed, or None."""
    import base64
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding

    def part(s):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", s):
            raise ValueError("not base64url")
        return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
    try:
        head, body, signature = token.split(".")
        header = json.loads(part(head))
        if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT":
            return None, None
        public.verify(part(signature), (head + "." + body).encode(),
                      padding.PKCS1v15(), hashes.SHA256())
        return header, json.loads(part(body))
    except (ValueError, InvalidSignature):
        return None, None
