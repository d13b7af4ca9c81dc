"""One rotation under a fault of the network: the world of tests/crash with
other waiting times, and the questions that are asked after every single run,
whatever went wrong. Standard library only."""
import json
import os
import re
import sqlite3
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../crash")
from world import IDENTITY, REGION, ROOT, World, must, write  # noqa: E402

CONFIG = """\
account: "{account}"
state: {dir}/state
defaults: {{ max_age: 90d, grace: {grace}, quiet: {quiet}, slack: 0s, late_window: {late} }}
identities:
  - name: mail
    iam_user: ses-smtp-test
    regions: [eu-west-1]
    prove: {prove}
    prove_from: ops@example.com
    smtp: {smtp}
    settle: {{ successes: 2, interval: 0s, timeout: 30s }}
clients:
  - name: app
    type: file
    path: {dir}/clients/app.env
    format: dotenv
    username: SMTP_USER
    password: SMTP_PASS
    pickup: 0s
  - name: daemon
    type: file
    path: {dir}/clients/mail.conf
    format: template
    template: {dir}/mail.template
    smtp: {client_smtp}
    pickup: 0s
"""
HURRY = ROOT + "/build/tests/matrix/hurry.so"
DOCUMENTED = {0, 10, 11, 12, 13, 64, 65, 69, 70, 71, 74, 75, 76, 77, 78}
# Nothing that a peer says may make us think that we are at fault ourselves,
# that our state or disk is damaged, or that the command line is wrong.
OURS = {64, 65, 70, 71, 74, 75}
RECOVERY = 12           # runs, after the last fault, until all is well
HARMLESS = ("", "no_date", "delay", "shuffle", "short_page")


def smtp(port, tls="starttls", host="localhost", ca=None):
    return f"{{ host: {host}, port: {port}, tls: {tls}, ca_file: {ca} }}"


class NetWorld(World):
    def __init__(self, where):
        super().__init__(where, successes=2, with_exec=False)
        must(os.access(HURRY, os.R_OK), f"{HURRY} is missing: make tests-bin")
        env, region = self.sandbox.env, REGION.replace("-", "_")
        self.iam = env["AWS_ENDPOINT_URL"]
        self.smtp_port = int(env["SMTP_STARTTLS_PORT_" + region])
        self.tls_port = int(env["SMTP_TLS_PORT_" + region])
        self.operator = env["AWS_SECRET_ACCESS_KEY"]
        self.usual = dict(self.env, LD_PRELOAD=HURRY, HURRY_PAUSE="50")
        self.say = None         # print() tells the history
        self.runs = []

    def configure(self, late="0s", grace="0s", quiet="0s", prove="auth",
                  smtp_=None, client_smtp=None):
        good = smtp(self.smtp_port, ca=self.sandbox.env["SANDBOX_CA"])
        smtp_ = smtp_ or good
        write(self.dir + "/rotate.yaml", CONFIG.format(
            dir=self.dir, account=self.sandbox.env["SANDBOX_ACCOUNT"],
            late=late, grace=grace, quiet=quiet, prove=prove, smtp=smtp_,
            client_smtp=client_smtp or smtp_))

    def begin(self, faults=(), http_ms=0, smtp_ms=0, **settings):
        """A fresh world, configured, with these faults in wait."""
        self.fresh()
        self.clear()
        self.configure(**settings)
        self.env = dict(self.usual, HURRY_HTTP_MS=str(http_ms),
                        HURRY_SMTP_MS=str(smtp_ms))
        self.runs, self.log, self.seq = [], [], 0
        if faults:
            self.sandbox.ask("POST", "/faults", list(faults))

    def clear(self):
        self.sandbox.ask("DELETE", "/faults")

    # ---- one run, and what must be true after it ---------------------------

    def record(self):
        """What the program itself knows; None before its first commit."""
        path = self.dir + "/state/rotate.db"
        if not os.path.exists(path):
            return None
        # It closed the database when it ended; nothing is to be left by us.
        db = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
        try:
            row = db.execute("select body from identity where name = ?",
                             (IDENTITY,)).fetchone()
        finally:
            db.close()
        return json.loads(row[0]) if row else None

    def state(self):
        r = self.record()
        return r["state"] if r else "IDLE"

    def step(self):
        """One run, forced when a rotation has yet to begin."""
        r = self.record()
        args = ["--identity", IDENTITY]
        if r is None or (r["state"] == "IDLE" and r["old"]["id"] in ("", self.old)):
            args.append("--force")
        return self.run(*args, "--json")

    def run(self, *args):
        run = self.rotate(*args)
        rows = []
        if args[-1] == "--json" and run.out:
            try:
                rows = json.loads(run.out)["identities"]
            except (ValueError, KeyError):
                must(False, f"not our JSON: {run.out!r}")
        run.cause = rows[0].get("cause", "") if rows else run.err
        run.fix = rows[0].get("fix", "") if rows else ""
        self.runs.append(run.code)
        if self.say:
            self.say(f"$ rotate {' '.join(args)}\n{run.err}exit code {run.code}"
                     f", cause: {run.cause}; fix: {run.fix}")
        self.check(run)
        if self.say:
            self.say(f"IAM {self.sandbox.keys()}, clients "
                     + str({c: self.pair(c) for c in self.clients})
                     + f", record {self.state()}")
        return run

    def check(self, run):
        """The invariants."""
        must(run.code in DOCUMENTED, f"exit code {run.code}: {run.err[-600:]}")
        must(run.code not in OURS, f"exit code {run.code}: {run.err[-600:]}")
        keys = self.available()
        self.silent(run)
        must(self.operator not in run.out + run.err, "our own secret was said")
        for c in self.sandbox.ask("GET", f"/log?all=1&after={self.seq}") or []:
            self.log.append(c)
            self.seq = c["seq"]
        self.nothing_forgotten(keys)
        self.never_blind()

    def nothing_forgotten(self, keys):
        """I3: every key but the first is known to the record, or announced by
        a call that still waits for its answer."""
        r = self.record()
        if r is None:
            must(set(keys) == {self.old}, f"a key and no record: {keys}")
            return
        known = {r["old"]["id"], r["new"]["id"], r["orphan"], self.old}
        unknown = [k for k in keys if k not in known]
        must(len(unknown) <= r["sent"] - r["answered"],
             f"{unknown} forgotten in {r['state']}, sent {r['sent']}, "
             f"answered {r['answered']}")

    def never_blind(self):
        """A CreateAccessKey that was not clearly refused is followed by a look
        at the list before there is another."""
        open_ = False
        for c in self.log:
            if c["event"] != "call":
                continue
            good = c["status"] == 200 and c["fault"] in HARMLESS + ("stale",)
            if c["action"] == "ListAccessKeys" and good:
                open_ = False
            elif c["action"] == "CreateAccessKey":
                must(not open_, "a second CreateAccessKey without a look")
                open_ = not 400 <= c["status"] < 500

    def count(self, action, effect=True):
        return sum(c["event"] == "call" and c["action"] == action
                   and (c["effect"] or not effect) for c in self.log)

    def met(self):
        """How often the fault came."""
        return sum(self.sandbox.ask("GET", "/state")["counters"]
                   .get("faults", {}).values())

    # ---- the way out -------------------------------------------------------

    def follow(self, run):
        """Types what the text says, as a person would."""
        must(run.fix, f"blocked without a remedy: {run.cause}")
        for what in re.findall(r"rotate ((?:release|adopt)[^;,.]*)", run.fix):
            words = what.split()[:2]
            if words[0] == "release":
                return self.run(*words)
            keys, new = self.sandbox.keys(), self.pair(self.clients[0])
            if len(keys) > 1:
                words += ["--current", new, "--retire",
                          *[k for k in keys if k != new]]
            return self.run(*words)
        must(False, f"blocked, and no command named: {run.fix}")

    def nap(self, most=2.2):
        """Until it is time again, as far as the record says; the windows of
        these worlds are two seconds long."""
        r = self.record()
        left = r["next_at"] / 1000 - time.time() if r else 0
        time.sleep(max(0.05, min(left, most)))

    def recover(self, blocks=2, made=2, env=None):
        """Without faults it comes to a good end, within a few runs."""
        self.clear()
        self.env = dict(env or self.usual)
        for _ in range(RECOVERY):
            run = self.step()
            if run.code == 13:
                blocks -= 1
                must(blocks >= 0, f"blocked again and again: {run.cause}")
                self.follow(run)
            elif run.code == 0 and self.state() == "IDLE" and \
                    self.old not in self.sandbox.keys():
                return self.tidy(made)
            else:
                self.nap(2.2 if run.code == 10 else 0.05)
        must(False, f"not done after {RECOVERY} runs: {self.runs}, "
             f"{run.cause or self.state()}")

    def tidy(self, made):
        new = self.rotated()
        must(not self.left_over(), f"left over: {self.left_over()}")
        row, = json.loads(self.rotate("status", "--json").out)["identities"]
        must(row["state"] == "IDLE" and row["current_key"] == new,
             f"status says {row['state']} {row['current_key']}")
        n = self.count("CreateAccessKey")
        must(n <= made, f"{n} keys were made, {made} are enough")


def told(run, peer, what=()):
    """The failure is told so that somebody can act on it."""
    must(peer in run.cause, f"the peer {peer} is not named: {run.cause}")
    must(run.fix, f"no remedy: {run.cause}")
    for word in what:
        must(re.search(word, run.cause, re.I), f"does not say {word}: {run.cause}")
