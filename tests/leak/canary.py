"""Secrets that are known, how they may be spelt, and how they are found: by
seek.c in files, in texts and in the memory of processes that halt.c stops.
Shared by tests/leak. Standard library only."""
import base64
import collections
import datetime
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../crash")
from world import REGION, Wrong, build_dir, must, read  # noqa: E402

WINDOW = 20     # so many bytes of a secret, wherever in it, are a leak
TOOLS = build_dir() + "/tests/leak/"


# ---- how a secret may be spelt ---------------------------------------------

def encodings(raw):
    """(how, bytes, window) of a secret; what is a window of it counts."""
    yield "plain", raw, WINDOW
    yield "backwards", raw[::-1], WINDOW
    yield "hex", raw.hex().encode(), 2 * WINDOW
    yield "HEX", raw.hex().upper().encode(), 2 * WINDOW
    for shift in range(3):      # as a part of something that was encoded
        part = base64.b64encode(b"\0" * shift + raw)
        part = part[(0, 2, 3)[shift]:len(part) // 4 * 4 - 4]
        yield f"base64 at {shift}", part, WINDOW
        yield (f"base64url at {shift}",
               part.translate(bytes.maketrans(b"+/", b"-_")), WINDOW)
    yield "UTF-16", bytes(x for c in raw for x in (c, 0)), 2 * WINDOW
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    yield "URL-encoded", urllib.parse.quote(text, safe="").encode(), WINDOW
    yield ("url-encoded", urllib.parse.quote(text, safe="").lower().encode(),
           WINDOW)
    yield "JSON", json.dumps(text)[1:-1].replace("/", "\\/").encode(), WINDOW


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def smtp_steps(secret):
    """docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html: every 32 bytes
    on the way from a secret key to the password would do instead of it."""
    key = ("AWS4" + secret).encode()
    for word in ("11111111", REGION, "ses", "aws4_request", "SendRawEmail"):
        key = mac(key, word)
        yield key


def smtp_password(secret):
    return base64.b64encode(b"\4" + list(smtp_steps(secret))[-1]).decode()


def signing_steps(secret, services=("iam", "sts")):
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    now = datetime.datetime.now(datetime.timezone.utc)
    for day in (now, now - datetime.timedelta(days=1)):
        date = mac(("AWS4" + secret).encode(), day.strftime("%Y%m%d"))
        yield date
        for region in (REGION, "us-east-1"):
            for service in services:
                key = mac(mac(date, region), service)
                yield key
                yield mac(key, "aws4_request")


def iam_secret(sandbox, key, password):
    """The sandbox tells nobody the secret of a key that it made for rotate,
    so it is read from its memory: 40 characters near the id that lead to the
    password."""
    pid = sandbox.process.pid
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in read(f"/proc/{pid}/maps").splitlines():
            low, high = (int(x, 16) for x in line.split()[0].split("-"))
            if not line.split()[1].startswith("rw"):
                continue
            try:
                memory.seek(low)
                text = memory.read(high - low)
            except (OSError, ValueError, OverflowError):
                continue
            for at in re.finditer(key.encode() + rb"\0", text):
                near = text[at.start():at.start() + 256]
                for m in re.finditer(rb"(?=([A-Za-z0-9+/]{40})\0)", near):
                    if smtp_password(m.group(1).decode()) == password:
                        return m.group(1).decode()
    raise Wrong(f"the secret of {key} was not found in the sandbox")


# ---- the search ------------------------------------------------------------

class Hit:
    """A secret, how it was spelt, the kind of place, and the place."""

    def __init__(self, who, how, kind, place):
        self.who, self.how, self.kind, self.place = who, how, kind, place

    def __str__(self):
        return f"{self.who} ({self.how}) in {self.kind} {self.place}"


class Seeker:
    """The secrets of one world, by name; grows as keys are made. A name's
    first word says what kind of secret it is."""

    def __init__(self):
        must(os.access(TOOLS + "seek", os.X_OK),
             f"{TOOLS}seek is missing: make FLAVOUR=plain tests-bin")
        self.process = subprocess.Popen(
            [TOOLS + "seek"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.names, self.known, self.bytes = [], {}, 0

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def clear(self):
        self.tell("clear")
        self.names, self.known = [], {}

    def add(self, name, secret):
        raw = secret if isinstance(secret, bytes) else secret.encode()
        if self.known.get(name) == raw:
            return
        must(name not in self.known, f"two secrets are called {name}")
        self.known[name] = raw
        for how, text, window in encodings(raw):
            self.tell(f"needle {len(self.names)} {window} {text.hex()}")
            self.names.append((name, how))

    def ask(self, order):
        """(hits, bytes looked at; -1: none, it cannot be read)"""
        self.tell(order)
        self.process.stdin.flush()
        hits = []
        for line in self.process.stdout:
            word, *rest = line.rstrip("\n").split(" ", 3)
            if word == "end":
                self.bytes += max(0, int(rest[0]))
                return hits, int(rest[0])
            hits.append(Hit(*self.names[int(rest[0])], *rest[1:]))
        raise Wrong(f"seek died of {order[:40]}")

    def text(self, data):
        raw = data if isinstance(data, bytes) else data.encode(errors="replace")
        return self.ask("text " + raw.hex())[0] if raw else []

    def file(self, path):
        return self.ask("file " + path)[0]

    def memory(self, pid):
        hits, size = self.ask(f"mem {pid}")
        must(size > 100000, f"the memory of {pid} cannot be read: {size} bytes")
        return hits

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# ---- what is allowed, and what is said ----------------------------------

class Ledger:
    """What was found, and by which row that was allowed: the kind of secret,
    the kind of place, who or what has it there (a regular expression), and
    why. Whatever no row allows is a leak, and a row that nothing needed is a
    mistake."""

    def __init__(self, allowed):
        self.allowed, self.used = allowed, collections.Counter()

    def judge(self, hits, where):
        for hit in hits:
            kind = hit.who.split()[0]
            for row in self.allowed:
                if (kind == row[0] and re.fullmatch(row[1], hit.kind)
                        and re.match(row[2], where)):
                    self.used[row] += 1
                    break
            else:
                raise Wrong(f"{hit}; {where}")

    def all_used(self):
        idle = [row for row in self.allowed if not self.used[row]]
        must(not idle, "exceptions that nothing needs: " + "; ".join(
            " ".join(row[:3]) for row in idle))


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def test(self, name, function, *args):
        self.n += 1
        try:
            result = function(*args)
            print(f"ok {self.n} - {name}", flush=True)
            return result
        except Wrong as e:
            self.failed += 1
            print(f"not ok {self.n} - {name}\n# " +
                  str(e).replace("\n", "\n# "), flush=True)
            return None


# ---- stopped processes -----------------------------------------------------

class Stop:
    """Where a process stands: main, young or child; its pid, the call, what
    the call is about; back: the call has been made."""

    def __init__(self, line):
        who, pid, call, *what = line.split(" ", 3)
        self.back = who == "back"
        self.who, self.pid, self.call = who, int(pid), call
        self.what = what[0] if what else ""

    def __str__(self):
        return f"{self.call} {self.what} of {self.who}"


def program_of(pid):
    """Until it has one of its own it is a copy of its parent."""
    words = read(f"/proc/{pid}/cmdline").split("\0")
    return " ".join(os.path.basename(x) for x in words[:2])


def halted(argv, at_stop, timeout=60, **more):
    """Runs argv, stopped again and again; at_stop(stop) says how it goes on,
    see halt.c. Returns (code, out, err, dumped)."""
    told, tell = os.pipe()
    hear, said = os.pipe()
    child = subprocess.Popen(
        [TOOLS + "halt", "-t", str(timeout), str(tell), str(hear)] + argv,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, pass_fds=(tell, hear), **more)
    os.close(tell)
    os.close(hear)
    end = None
    try:
        with os.fdopen(told) as lines:
            for line in lines:
                if line.startswith("end "):
                    end = line.split()
                    break
                os.write(said, at_stop(Stop(line.rstrip("\n"))).encode())
    finally:
        os.close(said)      # without an answer halt kills them all
        out, err = child.communicate()
    must(end, f"halt died: {err.decode()[-300:]}")
    must(end[1] not in ("124", "125", "127"), f"halt: {end} {err.decode()[-300:]}")
    return int(end[1]), out.decode(), err.decode(), end[2] == "dumped"
