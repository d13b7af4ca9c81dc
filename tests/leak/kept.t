#!/usr/bin/env python3
"""Whole rotations whose state is a table in DynamoDB, whose passwords are
sealed by KMS, and four of them side by side, and secrets looked for wherever
rotate stops: in its memory (the stacks of threads that have ended and freed
heap with it) and that of the network process, in what it said, in its files,
in the table, and in every byte that it sent to those two services.

states.t has the state on disk, and searches the search."""
import importlib.machinery
import importlib.util
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request

sys.dont_write_bytecode = True     # leave nothing behind
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from canary import (Ledger, Tap, Wrong, build_dir, iam_secret,  # noqa: E402
                    must, program_of, read, smtp_steps)
from world import REGION, ROOT, users_of, work_dir, write  # noqa: E402

loader = importlib.machinery.SourceFileLoader("states", HERE + "/states.t")
states = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("states", loader))
loader.exec_module(states)

LANES = 4
ADMIN = {"AWS_ACCESS_KEY_ID": "AKIAADMINADMINADMIN1",
         "AWS_SECRET_ACCESS_KEY": "admin/secret"}

# Where a secret may be: see canary.Ledger, and states.t. A thread is young.
RUNS = "(main|young) (?!exit_group)"
ALLOWED = [
    ("password", "arena", RUNS, "locked, guarded, not dumped, wiped"),
    ("iam", "arena", RUNS, "the same; from the answer to the commit"),
    ("operator", "arena", RUNS, "the same"),
    ("seal", "arena", RUNS, "the same"),
    ("operator", "heap|anon", RUNS,
     "the settings of the profile; wiped before the end"),
    ("password", "heap|anon", "(main|young) (fsync|rename).* clients|(main|young) connect",
     "a file between reading and renaming, a log-in: wiping heap"),
    ("password", "heap|anon", "young execve",
     "a child before its exec is a copy of us, but for the locked memory"),
    ("password", "heap|stack|anon", "child .*client.sh",
     "a program of type exec is given the pair on its stdin"),
    ("seal", "heap", "main (fsync|renameat2) state",
     "while it is made and written: wiping heap"),
    ("password", "file", r"clients/", "where it belongs"),
    ("seal", "file", r"state/(seal\.key|\.rotate-)", "the sealing key itself"),
    ("operator", "file", "aws-credentials$", "the operator's own file"),
]


# Wherever one lane stops another is at work. What counts is what is left when
# they have all ended.
SIDE_BY_SIDE = [x for x in ALLOWED if x[0] not in ("password", "operator")
                or x[1] in ("arena", "file")] + [
    ("password", "heap|anon|stack", RUNS, "another lane is using it"),
    ("operator", "heap|anon|stack", RUNS, "the same"),
]


class Relay(threading.Thread):
    """In front of a service; remembers what was sent to it."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.sent = port, bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        with near, socket.create_connection(("127.0.0.1", self.port)) as far:
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is near:
                        self.sent += data
                    (far if end is near else near).sendall(data)


class Service:
    """A stand-in of tests/standin behind a relay."""

    def __init__(self, *argv, env):
        self.process = subprocess.Popen(argv, env=env, text=True,
                                        stdout=subprocess.PIPE)
        line = self.process.stdout.readline().split()
        must(line[:1] == ["ready"], f"{argv[1]} did not start")
        self.direct = f"http://127.0.0.1:{line[1]}"
        self.relay = Relay(int(line[1]))

    def ask(self, call, body=None):
        with urllib.request.urlopen(
                f"{self.direct}/strict/{call}",
                json.dumps(body or {}).encode(), timeout=20) as reply:
            return json.loads(reply.read() or b"null")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Watched(states.Watched):
    def __init__(self, where, ledger):
        super().__init__(where, ledger)
        env = dict(os.environ, STRICT_SECRET=self.operator,
                   STRICT_KEY_ID=self.world.sandbox.env["AWS_ACCESS_KEY_ID"])
        python = subprocess.run([ROOT + "/tests/venv.sh"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.strip()
        standin = ROOT + "/tests/standin/"
        self.table = Service(python, standin + "dynamo.py", "moto", env=env)
        self.kms = Service(python, standin + "kms.py", env=env)
        self.world.env.update(AWS_ENDPOINT_URL_DYNAMODB=self.table.relay.url,
                              AWS_ENDPOINT_URL_KMS=self.kms.relay.url)
        self.one_config = self.plain_config

    def stop(self):
        for service in (self.table, self.kms):
            service.stop()
        self.sandbox.stop()
        self.seeker.stop()

    def begin(self, *more):
        """Everything new; more: lines for the configuration."""
        for relay in (self.table.relay, self.kms.relay):
            relay.sent.clear()
        self.kms.ask("reset")
        self.plain_config = self.one_config + "".join(x + "\n" for x in more)
        self.fresh()
        self.stops, self.callers = 0, set()

    def learn(self):
        self.learn_pairs()
        for i, key in enumerate(self.kms.ask("plain")):
            self.seeker.add(f"seal by KMS {i}", states.base64.b64decode(key))
        path = self.dir + "/state/seal.key"
        if "seal" not in self.seeker.known and os.path.exists(path):
            raw = read(path, "rb").strip()
            self.seeker.add("seal", bytes.fromhex(raw.decode())
                            if len(raw) == 64 else raw)

    def learn_pairs(self):
        for user in users_of(self.sandbox.ask("GET", "/state")):
            if user["name"] == "operator":
                continue
            for key in (k["id"] for k in user["keys"]):
                if "password " + key in self.seeker.known:
                    continue
                password = self.world.passwords[key] = self.sandbox.password(key)
                secret = iam_secret(self.sandbox, key, password)
                self.seeker.add("password " + key, password)
                self.seeker.add("iam " + key, secret)
                for i, step in enumerate(list(smtp_steps(secret))[:-1]):
                    self.seeker.add(f"step {i} of {key}", step)

    def at_stop(self, stop):
        self.stops += 1
        self.callers.add(stop.pid)
        self.look_at(stop)
        return "g"

    def sent(self):
        """To the services, and what the table holds now."""
        for name, service in (("DynamoDB", self.table), ("KMS", self.kms)):
            self.ledger.judge(self.seeker.text(bytes(service.relay.sent)),
                              "requests to " + name)

    def scan(self, table):
        got = self.table.ask("do", {"action": "Scan", "body": {"TableName": table}})
        must(got["status"] == 200 and got["body"]["Count"] > 10, f"the table: {got}")
        self.ledger.judge(self.seeker.text(json.dumps(got["body"])), "the table")

    def whole(self):
        """To the end of the rotation; returns how many runs that took."""
        must(self.rotate("--force") == 0, f"not done: {self.said[-900:]}")
        self.sent()
        self.elsewhere()


def tried(w, *argv, **env):
    done = subprocess.run(
        [build_dir() + "/rotate", "--config", w.dir + "/rotate.yaml", *argv],
        env=dict(w.world.env, **env), capture_output=True, text=True)
    must(done.returncode == 0, f"rotate {argv}: {done.stdout}{done.stderr}")
    return done.stdout


def in_a_table(w):
    w.begin("store: { kind: dynamodb, table: rotator, region: us-east-1 }")
    os.mkdir(w.dir + "/state", 0o700)
    tried(w, "store", "init", **ADMIN)
    w.whole()
    w.scan("rotator")
    w.world.rotated()
    must(len(w.table.relay.sent) > 20000, "the relay has seen nothing")
    must(os.listdir(w.dir + "/state") == ["seal.key"],
         f"in the state directory: {os.listdir(w.dir + '/state')}")


def another_has_it(w):
    """A lease of somebody else: what is remembered of it holds no secret."""
    root = w.table.ask("do", {"action": "GetItem", "body": {
        "TableName": "rotator", "Key": {"k": {"S": "root"}, "s": {"S": "root"}}}})
    must("Item" in root["body"], f"no root: {root}")
    w.table.ask("fault", {"at": "TransactWriteItems", "how": "hold",
                          "after": 2, "times": 1})
    first = subprocess.Popen(
        [build_dir() + "/rotate", "--config", w.dir + "/rotate.yaml", "--force"],
        env=w.world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(2000):
            if w.table.ask("held")["held"] == 1 or first.poll() is not None:
                break
            states.time.sleep(0.01)
        must(w.table.ask("held")["held"] == 1, "nothing is held")
        # The same table, another state directory.
        other = read(w.dir + "/rotate.yaml").replace("/state\n", "/other\n", 1)
        write(w.dir + "/other.yaml", other.replace(
            "store:", f"seal: {{ path: {w.dir}/state/seal.key }}\nstore:"))
        done = subprocess.run(
            [build_dir() + "/rotate", "--config", w.dir + "/other.yaml",
             "--force", "-v"], env=w.world.env, capture_output=True, text=True)
        must(done.returncode == 75, f"{done.returncode}: {done.stderr}")
        must("lease-seen" in os.listdir(w.dir + "/other"), "nothing was kept")
        w.learn()
        for text in (done.stdout, done.stderr):
            w.ledger.judge(w.seeker.text(text), "output of the other one")
        w.files()
        w.sent()
    finally:
        w.table.ask("clear")
        w.table.ask("release")
        first.wait()
        w.learn()
        shutil.rmtree(w.dir + "/other", ignore_errors=True)


def by_kms(w):
    w.begin("seal: { kind: kms, key: alias/mail, region: us-east-1 }")
    w.whole()
    w.world.rotated()
    plain = w.kms.ask("plain")
    must(len(plain) >= 1 and "seal by KMS 0" in w.seeker.known,
         f"{len(plain)} data keys were given")
    must(b"GenerateDataKey" in w.kms.relay.sent, "the relay has seen nothing")
    must(not os.path.exists(w.dir + "/state/seal.key"), "a key of our own")


def side_by_side(w):
    w.begin()
    w.ledger = Ledger(SIDE_BY_SIDE)
    sandbox, names = w.sandbox, [f"lane{i}" for i in range(LANES)]
    text = read(w.dir + "/rotate.yaml")
    head, rest = text.split("identities:\n", 1)
    smtp = [x for x in rest.splitlines() if x.strip().startswith("smtp:")][0]
    settle = [x for x in rest.splitlines() if x.strip().startswith("settle:")][0]
    out = f"jobs: {LANES}\n" + head + "identities:\n"
    for name in names:
        out += f"  - name: {name}\n    regions: [{REGION}]\n{smtp}\n{settle}\n"
        sandbox.ask("POST", "/users", {"name": name, "keys": 1})
    out += "clients:\n"
    keys = {u["name"]: u["keys"][0]["id"]
            for u in users_of(sandbox.ask("GET", "/state")) if u["keys"]}
    w.learn()
    for name in names:
        path = f"{w.dir}/clients/{name}.env"
        write(path, f"U={keys[name]}\nP={w.world.passwords[keys[name]]}\n")
        out += (f"  - {{ name: {name}, identity: {name}, type: file, path: {path}, "
                "format: dotenv, username: U, password: P, pickup: 0s }\n")
    write(w.dir + "/rotate.yaml", out)
    w.whole()
    for name in names:
        now = read(f"{w.dir}/clients/{name}.env")
        must(keys[name] not in now, f"{name} was not rotated")
    must(len(w.callers) > LANES, f"only {len(w.callers)} processes and threads")


def main():
    base = work_dir("leak-kept")
    tap, w = Tap(), None
    try:
        ledger = Ledger(ALLOWED)
        w = Watched(base + "/world", ledger)
        for name, test in (("the state in DynamoDB", in_a_table),
                           ("another one has its lease", another_has_it),
                           ("sealed by KMS", by_kms),
                           (f"{LANES} side by side", side_by_side)):
            tap.test(name, test, w)
            print(f"# {w.stops} stops, {w.seeker.bytes / 1e9:.1f} GB so far")
        tap.test("every exception is needed", ledger.all_used)
    finally:
        if w:
            w.stop()
        shutil.rmtree(base, ignore_errors=True)
    print(f"1..{tap.n}")
    sys.exit(1 if tap.failed else 0)


if __name__ == "__main__":
    main()
