"""recorder: stands before services of AWS and writes down what it passes on.

    recorder.py FILE URL...     one port for each URL; prints "ready PORT..."

Each request goes on byte for byte with the Host that its sender wrote, so
that a signature stays good, and is a line of JSON in FILE: {"to": n, "method",
"target", "headers": [[name, value]...], "body": base64}. https is verified
with SSL_CERT_FILE. Standard library only.
"""
import base64
import contextlib
import http.client
import http.server
import json
import socketserver
import ssl
import sys
import threading
import urllib.parse

LOCK = threading.Lock()
HOP = {'connection', 'keep-alive', 'transfer-encoding', 'content-length'}


def forward(url, method, target, headers, body):
    """(status, headers, body) of who is behind."""
    there = urllib.parse.urlsplit(url)
    if there.scheme == 'https':
        c = http.client.HTTPSConnection(there.netloc, timeout=30,
                                        context=ssl.create_default_context())
    else:
        c = http.client.HTTPConnection(there.netloc, timeout=30)
    c.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        if name.lower() not in HOP:
            c.putheader(name, value)
    c.putheader('Content-Length', str(len(body)))
    c.endheaders(body)
    r = c.getresponse()
    with contextlib.closing(c):
        return r.status, r.getheaders(), r.read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        headers = self.headers.items()
        with LOCK, open(sys.argv[1], 'a') as f:
            f.write(json.dumps({
                'to': self.server.number, 'method': self.command,
                'target': self.path, 'headers': headers,
                'body': base64.b64encode(body).decode()}) + '\n')
        status, back, text = forward(self.server.url, self.command, self.path,
                                     headers, body)
        self.send_response_only(status)
        for name, value in back:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = serve


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


servers = []
for i, url_ in enumerate(sys.argv[2:]):
    server = Server(('127.0.0.1', 0), Handler)
    server.number, server.url = i, url_
    servers.append(server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
print('ready', *(s.server_address[1] for s in servers), flush=True)
threading.Event().wait()
