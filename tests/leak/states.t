#!/usr/bin/env python3
"""Kills rotate after every commit of its record, so in every state, and in the
middle of every write of a client's file, and looks for secrets: in what it said, in every file, in its memory as it stood there
(freed heap and all), in its children, in /proc, in cores. Cores are allowed
to it by whoever starts it, and two deaths of three are by signals that make
one. Secrets may be only where ALLOWED says, for the reason it gives.

  states.t                 all
  states.t rollback 12     one history, killed at its 12th point

Before that, the search is searched: secrets are put into each of these places,
in each spelling, and it must find them all.
"""
import base64
import collections
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from canary import (WINDOW, Ledger, Seeker, Tap, Wrong, build_dir,  # noqa: E402
                    encodings, halted, iam_secret, must, program_of, read,
                    signing_steps, smtp_steps)
from world import IDENTITY, ROOT, World, work_dir, write  # noqa: E402

RUNS_MAX = 20
FORMS = ("auto", "terminal", "plain", "journal", "json")
DEATHS = "ksa"      # SIGKILL, SIGSEGV, SIGABRT in turn
FINE = (0, 10, 11, 12, 13)      # done, waits, a person is asked
CODES = {"k": 137, "s": 139, "a": 134}

# Where a secret may be: see canary.Ledger. young: also a process of ours that
# only talks to the network. The copy that a child has of locked memory is not
# locked, so it would be found as "anon".
ALLOWED = [
    ("password", "arena", "(main|young) (?!exit_group)", "locked, guarded, not dumped, wiped"),
    ("iam", "arena", "(main|young) (?!exit_group)", "the same; from the answer to the commit"),
    ("operator", "arena", "(main|young) (?!exit_group)", "the same"),
    ("seal", "arena", "(main|young) (?!exit_group)", "the same"),
    ("password", "heap", "main (fsync|rename).* clients|(main|young) connect",
     "a file between reading and renaming, a log-in: wiping heap, and not "
     "across a commit"),
    ("password", "heap|anon", "young execve",
     "a child before its exec is a copy of us, but for the locked memory"),
    ("operator", "heap", "(main|young) (?!exit_group)",
     "the settings of the profile; wiped before the end"),
    ("password", "heap|stack|anon", "child .*client.sh",
     "a program of type exec is given the pair on its stdin"),
    ("seal", "heap", "main (fsync|renameat2) state",
     "while it is made and written: wiping heap"),
    ("password", "file", r"clients/(app\.env|mail\.conf|account)$",
     "where it belongs"),
    ("password", "file", r"clients/(\.rotate-|account\.new$)",
     "what a killed write leaves beside the file, 0600"),
    ("seal", "file", r"state/(seal\.key|\.rotate-)", "the sealing key itself"),
    ("operator", "file", "aws-credentials$", "the operator's own file"),
]


# ---- the world -------------------------------------------------------------

class Struck(Exception):
    """rotate was killed where it was to be killed."""


class Watched:
    """A world, and everything that is known to be secret in it."""

    def __init__(self, where, ledger):
        os.mkdir(where, 0o700)
        for name in ("home", "tmp"):
            os.mkdir(f"{where}/{name}", 0o700)
        self.world, self.ledger, self.seeker = World(where, successes=1), ledger, Seeker()
        self.sandbox, self.dir = self.world.sandbox, where
        env = self.world.env
        self.operator = env.pop("AWS_SECRET_ACCESS_KEY")
        write(where + "/aws-credentials",
              f"[default]\naws_access_key_id = {env.pop('AWS_ACCESS_KEY_ID')}\n"
              f"aws_secret_access_key = {self.operator}\n")
        env.update(HOME=where + "/home", TMPDIR=where + "/tmp",
                   AWS_SHARED_CREDENTIALS_FILE=where + "/aws-credentials")
        path = where + "/rotate.yaml"
        self.plain_config = read(path).replace(
            "    password: SMTP_PASS\n", "    password: SMTP_PASS\n"
            "    activate: [/bin/true]\n")
        self.states = collections.Counter()     # in which it was killed
        self.began = time.time()

    def fresh(self):
        self.world.fresh()
        self.spans()
        self.points, self.runs, self.strike = 0, 0, None
        self.program, self.blind = None, False
        self.seeker.clear()
        self.seeker.add("operator", self.operator)
        for i, step in enumerate(signing_steps(self.operator)):
            self.seeker.add(f"signing key {i}", step)
        self.learn()

    def fresh_but_known(self):
        """The files as they were; what was secret, still is."""
        for name in ("state", "clients"):
            shutil.rmtree(f"{self.dir}/{name}", ignore_errors=True)
            os.mkdir(f"{self.dir}/{name}", 0o700)

    def spans(self, **spans):
        text = self.plain_config
        for name, span in spans.items():
            text = text.replace(f"{name}: 0s", f"{name}: {span}", 1)
        write(self.dir + "/rotate.yaml", text)

    def learn(self):
        w = self.world
        for key in self.sandbox.keys():
            if "password " + key in self.seeker.known:
                continue
            password = w.passwords[key] = self.sandbox.password(key)
            secret = iam_secret(self.sandbox, key, password)
            self.seeker.add("password " + key, password)
            self.seeker.add(f"password {key} decoded", base64.b64decode(password))
            self.seeker.add("iam " + key, secret)
            for i, step in enumerate(list(smtp_steps(secret))[:-1]):
                self.seeker.add(f"step {i} of {key}", step)
        path = self.dir + "/state/seal.key"
        if "seal" not in self.seeker.known and os.path.exists(path):
            raw = read(path, "rb").strip()
            self.seeker.add("seal", bytes.fromhex(raw.decode())
                            if len(raw) == 64 else raw)

    def state(self):
        """Of the record, from a copy: nobody's look may change the files."""
        copy = self.dir + "/home/state"
        shutil.rmtree(copy, ignore_errors=True)
        os.mkdir(copy, 0o700)
        for name in ("rotate.db", "rotate.db-wal"):
            if os.path.exists(f"{self.dir}/state/{name}"):
                shutil.copy(f"{self.dir}/state/{name}", copy)
        try:
            with sqlite3.connect(copy + "/rotate.db") as db:
                row = db.execute("SELECT state FROM identity WHERE name=?",
                                 (IDENTITY,)).fetchone()
            db.close()
        except sqlite3.OperationalError:
            row = None      # no table yet
        shutil.rmtree(copy)
        return row[0] if row else "IDLE"

    # ---- runs --------------------------------------------------------------

    def at_stop(self, stop):
        """A commit is a return of main from syncing the database's log; that
        and the syncing of a client's file are the points to be killed at."""
        if stop.who == "main" and stop.call == "connect":
            must(not stop.what.startswith("1 ") or "/nscd/" in stop.what,
                 f"it speaks to {stop.what}")
        # Until the strike there is no need to look: the run without a strike
        # looked there.
        if self.strike is None or (stop.who == "main" and
                                   stop.call == "exit_group"):
            self.look_at(stop)
        if stop.back or (stop.who == "main" and stop.call == "fsync"
                         and "/clients/" in stop.what):
            self.points += 1
            if self.points == self.strike:
                self.look_at(stop)
                self.struck = DEATHS[self.strike % len(DEATHS)]
                return self.struck
        if (stop.who == "main" and stop.call == "fdatasync"
              and stop.what.endswith("/rotate.db-wal")):
            return "r"
        return "g"

    def look_at(self, stop):
        self.learn()
        who = "main" if stop.back else stop.who
        call = "commit" if stop.back or stop.what.endswith(".db-wal") else stop.call
        where = f"{who} {call} {program_of(stop.pid)} " + \
            stop.what.replace(self.dir + "/", "")
        # A file is named by what it will be beside.
        if call in ("fsync", "renameat", "renameat2"):
            where = f"{who} {call} " + (
                "clients" if "/clients" in stop.what or stop.what in self.world.clients
                else "state" if "/state" in stop.what or stop.what == "seal.key"
                else stop.what)
        if not self.blind:
            self.ledger.judge(self.seeker.memory(stop.pid), where)
        if stop.call == "exit_group":
            for name in ("cmdline", "environ"):
                text = read(f"/proc/{stop.pid}/{name}", "rb")
                self.ledger.judge(self.seeker.text(text), f"/proc {name}")

    def rotate(self, *args):
        self.struck = None
        self.runs += 1
        argv = self.program or [
            build_dir() + "/rotate", "--config", self.dir + "/rotate.yaml",
            "-v", "--log", FORMS[(self.strike or 0) % len(FORMS)], *args]
        code, out, err, dumped = halted(
            argv, self.at_stop, env=self.world.env, cwd=self.dir,
            preexec_fn=unlimit)
        must(not dumped, f"a core was dumped, exit code {code}")
        self.learn()
        self.said = out + err
        self.ledger.judge(self.seeker.text(out), "output of rotate")
        self.ledger.judge(self.seeker.text(err), "log of rotate")
        self.files()
        if self.program:
            return code
        self.world.available()
        if self.struck:
            must(code == CODES[self.struck], f"killed, exit code {code}")
            self.states[self.state()] += 1
            raise Struck
        must(code in FINE, f"exit code {code}: {self.said[-600:]}")
        return code

    def files(self):
        for top, dirs, names in os.walk(self.dir):
            if top == self.dir:
                dirs.remove("sandbox")      # that is AWS, not ours
            for name in names:
                must(not name.startswith("core"), f"{top}/{name} was left")
                path = f"{top}/{name}"
                self.ledger.judge(self.seeker.file(path),
                                  path[len(self.dir) + 1:])

    def elsewhere(self):
        """All that has changed since the start where anybody may write."""
        for base in ("/tmp", "/var/tmp", "/dev/shm", "/var/log", "/run"):
            for top, dirs, names in os.walk(base):
                dirs[:] = [d for d in dirs if f"{top}/{d}" != os.path.dirname(self.dir)]
                for name in names:
                    path = f"{top}/{name}"
                    try:
                        if os.lstat(path).st_ctime < self.began - 1:
                            continue
                    except OSError:
                        continue
                    # The operator's key is AWS's example, in many a file.
                    self.ledger.judge(
                        [h for h in self.seeker.file(path) if h.who.split()[0]
                         not in ("operator", "signing")], path)

    def recover(self):
        """As a timer would, and a person where one is asked."""
        self.strike = None
        self.spans()
        for _ in range(RUNS_MAX):
            self.strike = -1    # looks at the end of each run only
            if self.state() == "BLOCKED":
                must(self.rotate("release", IDENTITY) == 0, self.said[-600:])
            self.rotate("--force")
            if self.state() == "IDLE":
                break
        else:
            raise Wrong(f"not done after {RUNS_MAX} runs: {self.said[-400:]}")
        keys = self.world.available()
        must(len(keys) == 1, f"keys at the end: {keys}")
        must(not self.world.left_over(), f"left over: {self.world.left_over()}")


def unlimit():
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


# ---- the search, searched --------------------------------------------------

# 100 bytes before it, because free() writes to where a block begins.
READS = ("import os, sys; x = bytearray(100); "
         "x += open(sys.argv[1], \"rb\").read()")
# Programs in the place of rotate, each leaks in its own way. $1 is a file that
# holds the secret in some spelling.
LEAKS = {
    "its output": ("output", "cat $1"),
    "its log": ("log", "cat $1 >&2"),
    "a file of the state": ("state/", "mkdir -p state; cp $1 state/x"),
    "a file beside a client": ("clients/", "cp $1 clients/.x"),
    "a file of its home": ("home/", "cp $1 $HOME/x"),
    "a temporary file": ("tmp/", "cp $1 $TMPDIR/x"),
    "an argument": ("/proc cmdline", "exec /bin/echo $(cat $1) >/dev/null"),
    "an argument of a child": ("/proc cmdline", "/bin/test $(cat $1) = x; true"),
    "the environment of a child": ("/proc environ", "x=$(cat $1) /bin/true; true"),
    "its memory": ("main exit_group", "read -r x <$1"),
    "freed memory": ("main exit_group", f"exec python3 -c '{READS}; del x; "
                     "os._exit(0)' $1"),
    "the memory of a child": ("young exit_group", "(read -r x <$1; exit); true"),
    "the memory of a program": ("child exit_group",
                                f"python3 -c '{READS}; os._exit(0)' $1; true"),
    "the system's log": ("/dev/log",
                         "exec python3 -c 'import socket\n"
                         "socket.socket(1, 2).connect_ex(\"/dev/log\")'"),
}
# Where a file may be made that is none of ours.
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm")


def finds(function, word, what):
    try:
        function()
    except Wrong as e:
        must(word in str(e), f"{what}: found, but: {e}")
        return
    raise Wrong(f"{what} was not found")


def finds_every_spelling(w):
    """All windows of all spellings of all secrets, in a text."""
    w.fresh()
    w.rotate("--force")
    known = dict(w.seeker.known)
    kinds = collections.Counter(name.split()[0] for name in known)
    must(set(kinds) == {"password", "iam", "step", "seal", "operator", "signing"},
         f"known secrets: {kinds}")
    for name, raw in known.items():
        for how, text, size in encodings(raw):
            for at in range(0, max(1, len(text) - size + 1),
                            2 if size > WINDOW else 1):
                hits = w.seeker.text(b"<" + text[at:at + size] + b">")
                must(any((h.who, h.how) == (name, how) for h in hits),
                     f"{name} ({how}), bytes {at} on, was not found")


def finds_every_place(w):
    password = next(v for n, v in w.seeker.known.items()
                    if n.startswith("password") and "decoded" not in n)
    spelt = [(how, text) for how, text, _ in encodings(password)
             if b"\0" not in text]
    given = w.dir + "/sandbox/given"        # where nobody looks
    for i, (what, (word, script)) in enumerate(LEAKS.items()):
        how, text = spelt[i % len(spelt)]
        write(given, text.decode() + "\n")
        w.fresh_but_known()
        w.program = ["/bin/sh", "-c", script, "sh", given]
        # What is not in memory is to be found where it is.
        w.blind = "exit_group" not in word
        finds(w.rotate, word, f"{how} in {what}")
        for name in ("home/x", "tmp/x"):
            if os.path.exists(f"{w.dir}/{name}"):
                os.unlink(f"{w.dir}/{name}")
    w.program, w.blind = None, False
    for where in PUBLIC:
        with tempfile.NamedTemporaryFile(dir=where) as f:
            f.write(b"x" * 100 + password[3:3 + WINDOW])
            f.flush()
            finds(w.elsewhere, f.name, f"a part in a file of {where}")
    os.unlink(given)


def finds_a_core(w):
    """Whether a core can be made at all is the machine's affair: the kernel
    asks core_pattern. A process that may not be dumped shows in any case, by
    the owner of its directory in /proc (proc(5), PR_SET_DUMPABLE)."""
    w.fresh_but_known()
    w.program = ["/bin/sh", "-c", "kill -SEGV $$"]
    pattern = read("/proc/sys/kernel/core_pattern").strip()
    if pattern and pattern[0] not in "|/":
        finds(w.rotate, "core", "a core")
    for name in os.listdir(w.dir):
        if name.startswith("core"):
            os.unlink(f"{w.dir}/{name}")
    owners = {}
    for program in (["/bin/cat"], [build_dir() + "/rotate", "derive",
                                   "--region", "eu-west-1"]):
        who = {"user": 65534} if os.geteuid() == 0 else {}
        child = subprocess.Popen(program, stdin=subprocess.PIPE, **who,
                                 stdout=subprocess.DEVNULL, preexec_fn=unlimit)
        until_it_reads(child.pid)
        owners[program[0]] = os.stat(f"/proc/{child.pid}/mem").st_uid
        limit = re.search(r"Max core file size\s+(\S+)",
                          read(f"/proc/{child.pid}/limits"))[1]
        child.kill()
        child.wait()
        child.stdin.close()
    mine = 65534 if os.geteuid() == 0 else os.geteuid()
    must(list(owners.values()) == [mine, 0], f"owners in /proc: {owners}")
    must(limit == "0", f"core files of {limit} bytes are possible")


def until_it_reads(pid):
    """In read(2) of descriptor 0: all its preparations are made."""
    for _ in range(2000):
        words = read(f"/proc/{pid}/syscall").split()
        if words[0] in ("0", "63") and words[1] == "0x0":   # amd64, arm64
            return
        time.sleep(0.005)
    raise Wrong(f"{pid} does not read")


# ---- the histories: each line a run of rotate ------------------------------

def plain(w):
    w.rotate("--force")


def answer_lost(w):
    """A key whose secret nobody has."""
    w.world.fault(service="iam", action="CreateAccessKey", kind="reset_after")
    for _ in range(RUNS_MAX):
        w.rotate("--force")
        if w.state() == "IDLE":
            break
    must(w.world.met("reset_after") == 1, "the answer was not lost")


def rolled_back(w):
    w.spans(grace="1h")
    w.rotate("--force")
    w.rotate("rollback", IDENTITY, "--yes")
    w.spans()
    w.rotate("--force")


def blocked(w):
    """Somebody puts the old pair back: a person is asked."""
    w.spans(grace="1h")
    before = read(w.dir + "/clients/app.env")
    w.rotate("--force")
    with open(w.dir + "/clients/app.env", "w", newline="") as f:
        f.write(before)
    w.rotate("--force")
    must(w.state() == "BLOCKED", f"{w.state()}: {w.said[-400:]}")
    w.rotate("release", IDENTITY)
    w.spans()
    w.rotate("--force")


def revoked(w):
    """The old key is switched off at once, and stays so for a while."""
    w.spans(quiet="1h")
    w.rotate("revoke", IDENTITY, "--yes")
    w.spans()
    w.rotate("--force")


HISTORIES = {"rotation": plain, "answer lost": answer_lost,
             "rollback": rolled_back, "blocked": blocked, "revoke": revoked}


def all_states():
    text = re.search(r"enum rot_state \{(.*?)ROT__MAX",
                     read(ROOT + "/rotator/record.h"), re.S).group(1)
    return re.findall(r"\bROT_(\w+)", text)


# ---- tests -----------------------------------------------------------------

def whole(w, name):
    """Looked at at every stop, to the end. Returns the number of points that
    are there whatever the clock says: each run may renew its lease, or keep in
    the state that nothing is due, and who is there, or not (rotator/quiet.c,
    rotator/roster.c)."""
    w.fresh()
    HISTORIES[name](w)
    points = w.points - 3 * w.runs
    w.recover()
    w.elsewhere()
    return points


def killed(w, name, n):
    """False: it had ended before that point."""
    w.fresh()
    w.strike = n
    try:
        HISTORIES[name](w)
    except Struck:
        w.recover()
        return True
    return False


def every_kill(w, name, points):
    n = 0
    try:
        while killed(w, name, n + 1):
            n += 1
    except Wrong as e:
        raise Wrong(f"{e}\nagain: states.t '{name}' {n + 1}")
    must(points and n >= points, f"killed {n} times, {points} points")
    print(f"# {name}: killed at each of {n} points")


def every_state(w):
    states = all_states()
    for s in states:
        print(f"# {s}: killed {w.states[s]} times")
    must(len(states) == 14, f"{len(states)} states in record.h")
    missed = [s for s in states if not w.states[s]]
    must(not missed, f"never killed in {missed}")


def main():
    base = work_dir("leak-states")
    tap = Tap()
    try:
        w = Watched(base + "/world", Ledger(ALLOWED))
        if len(sys.argv) == 3:
            name, n = sys.argv[1:]
            tap.test(f"{name} {n}", lambda: must(
                killed(w, name, int(n)), "it has not so many points"))
        else:
            tap.test("every spelling of every secret is found",
                     finds_every_spelling, w)
            tap.test("every place is looked at", finds_every_place, w)
            tap.test("a core is seen, and cannot come", finds_a_core, w)
            for name in HISTORIES:
                points = tap.test(f"{name}: looked at wherever it stops",
                                  whole, w, name)
                tap.test(f"{name}: killed at each point", every_kill, w, name,
                         points)
            tap.test("a crash in every state", every_state, w)
            tap.test("every exception is needed", w.ledger.all_used)
        print(f"# {w.seeker.bytes / 1e9:.1f} GB were searched")
        w.sandbox.stop()
        w.seeker.stop()
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(f"1..{tap.n}")
    sys.exit(1 if tap.failed else 0)


if __name__ == "__main__":
    main()
