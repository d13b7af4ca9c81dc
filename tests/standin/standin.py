"""standin: what the stand-ins for network services share.

A stand-in serves TLS with an authority of its own, made at start, and beside
it a control port of plain HTTP on loopback for the tests. It prints the line
"ready CONTROL-PORT". Standard library and the openssl program only.

Control:  GET  /env            {"port": of TLS, "ca": PEM}
          GET  /client?cn=&o=  {"cert": PEM, "key": PEM}, signed by the authority
          GET  /state          whatever the service says of itself
          POST /reset, /set    JSON; the service's own
          POST /fault          {"match": "POST /v1/x", "do": "drop"|"lose"|
                                "hang"|"reply"|"set", "status": 500, "body": "text",
                                "set": {}, "skip": 0, "times": 1}
drop closes the connection before anything happens, lose after it happened;
hang does nothing and says nothing until /reset; set does what /set does in the
very moment before the request is looked at.
"""
import http.server
import json
import os
import re
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse


def openssl(*args, text=None):
    return subprocess.run(("openssl",) + args, input=text, check=True,
                          capture_output=True, text=True).stdout


class Authority:
    """Its key is in memory; files are there only while openssl works."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as d:
            key, pem = (os.path.join(d, n) for n in ("key", "pem"))
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", pem, "-days", "2", "-subj", "/CN=standin",
                    "-addext", "basicConstraints=critical,CA:TRUE")
            self.key, self.pem = read(key), read(pem)

    def issue(self, subject, extensions):
        with tempfile.TemporaryDirectory() as d:
            ca, cakey, key, csr, pem, ext = (
                os.path.join(d, n)
                for n in ("ca", "cakey", "key", "csr", "pem", "ext"))
            for path, text in ((ca, self.pem), (cakey, self.key),
                               (ext, extensions)):
                with open(path, "w") as f:
                    f.write(text)
            openssl("req", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", csr, "-subj", subject)
            openssl("x509", "-req", "-in", csr, "-CA", ca, "-CAkey", cakey,
                    "-CAcreateserial", "-days", "2", "-out", pem,
                    "-extfile", ext)
            return read(pem), read(key)


def read(path):
    with open(path) as f:
        return f.read()


def loads(text):
    """As json.loads(), but what is no whole number stays as it was written."""
    return json.loads(text, parse_float=lambda number: "\x01" + number)


def dumps(value):
    return re.sub(r'"\\u0001([^"]*)"', r"\1", json.dumps(value))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet
    timeout = 60

    def log_message(self, *args):
        pass

    def send(self, status, body=b"", kind="application/json", **headers):
        if isinstance(body, (dict, list)):
            body = dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def all(self):
        self.serve(self.command, self.path, self.body())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = all


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, *args):
        pass


class TlsServer(Server):
    def __init__(self, handler, context):
        super().__init__(("127.0.0.1", 0), handler)
        self.context = context

    # The handshake is done by the thread of the connection.
    def get_request(self):
        s, where = self.socket.accept()
        return self.context.wrap_socket(
            s, server_side=True, do_handshake_on_connect=False), where


class Service:
    """Inherit: reset(), set(), state(), answer(handler, method, path, body).
    answer() returns (status, body) or (status, body, headers)."""

    def __init__(self):
        self.lock = threading.RLock()
        self.faults = []
        self.requests = []
        self.woken = threading.Event()

    def wake(self):
        self.woken.set()
        self.woken = threading.Event()

    def fault(self, method, path):
        for f in self.faults:
            if not re.match(f["match"], method + " " + path):
                continue
            if f.get("skip", 0) > 0:
                f["skip"] -= 1
                continue
            if f.get("times", 1) > 0:
                f["times"] = f.get("times", 1) - 1
                return f
        return None

    def serve(self, handler, method, path, body):
        with self.lock:
            self.requests.append(method + " " + path)
            f = self.fault(method, path)
            woken = self.woken
        if f and f["do"] == "hang":
            woken.wait()
            handler.close_connection = True
            return
        with self.lock:
            if f and f["do"] == "drop":
                handler.close_connection = True
                return
            if f and f["do"] == "set":
                self.set(**f["set"])
            if f and f["do"] == "reply":
                reply = (f["status"], f.get("body", ""))
            else:
                reply = self.answer(handler, method, path, body)
        if f and f["do"] == "lose":
            handler.close_connection = True
            return
        status, text = reply[0], reply[1]
        handler.send(status, text, **(reply[2] if len(reply) > 2 else {}))

    def control(self, handler, method, path, body):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        args = loads(body) if body else {}
        with self.lock:
            if (method, url.path) == ("GET", "/env"):
                handler.send(200, {"port": self.port,
                                   "ca": self.authority.pem})
            elif (method, url.path) == ("GET", "/client"):
                handler.send(200, self.client(**query))
            elif (method, url.path) == ("GET", "/state"):
                handler.send(200, dict(self.state(), requests=self.requests))
            elif (method, url.path) == ("POST", "/reset"):
                self.faults, self.requests = [], []
                self.wake()
                self.reset(**args)
                handler.send(204)
            elif (method, url.path) == ("POST", "/set"):
                self.set(**args)
                handler.send(204)
            elif (method, url.path) == ("POST", "/fault"):
                self.faults.append(args)
                handler.send(204)
            else:
                handler.send(404)

    def client(self, cn, o=None):
        subject = ("/O=" + o if o else "") + "/CN=" + cn
        pem, key = self.authority.issue(
            subject, "extendedKeyUsage=clientAuth\n")
        return {"cert": pem, "key": key}

    def run(self, client_certificates=False):
        service = self
        self.authority = Authority()
        pem, key = self.authority.issue(
            "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
            "extendedKeyUsage=serverAuth\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as f:
            f.write(key + pem)
            f.flush()
            context.load_cert_chain(f.name)
        if client_certificates:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(cadata=self.authority.pem)

        class Tls(Handler):
            def serve(self, *args):
                service.serve(self, *args)

        class Control(Handler):
            def serve(self, *args):
                service.control(self, *args)

        tls = TlsServer(Tls, context)
        control = Server(("127.0.0.1", 0), Control)
        self.port = tls.server_address[1]
        self.reset()
        threading.Thread(target=tls.serve_forever, daemon=True).start()
        print("ready", control.server_address[1], flush=True)
        try:
            control.serve_forever()
        except KeyboardInterrupt:
            sys.exit(1)
