#!/usr/bin/env python3
"""Looks for secrets where none may be: in everything that rotate prints, in
every form of its log, in every file that it leaves, and in what its processes
show in /proc. The secrets are known: the sandbox made them. They are looked
for in parts, and in the encodings in which secrets get lost: canary.py.

Whole rotations, rotations that fail, and rotations that are killed."""
import base64
import os
import re
import shutil
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, HERE)
from canary import Seeker, iam_secret  # noqa: E402
from world import ROOT, Wrong, World, must, read, work_dir, write  # noqa: E402

FORMS = ("auto", "terminal", "plain", "journal", "json")


class Canaries:
    """All secrets of one world; grows as keys are made."""

    def __init__(self, world, seeker):
        self.world, self.seeker = world, seeker
        seeker.clear()
        seeker.add("operator", world.env["AWS_SECRET_ACCESS_KEY"])

    def learn(self):
        w = self.world
        for key in w.sandbox.keys():
            if "password " + key in self.seeker.known:
                continue
            password = w.passwords[key] = w.sandbox.password(key)
            self.seeker.add("password " + key, password)
            self.seeker.add("secret " + key, iam_secret(w.sandbox, key, password))

    def judge(self, hits, where, operator):
        for hit in hits:
            must(hit.who == "operator" and not operator, f"{hit}; {where}")

    def check(self, data, where, operator=True):
        """operator=False: it is to be expected there."""
        self.judge(self.seeker.text(data), where, operator)

    def check_file(self, path, operator):
        self.judge(self.seeker.file(path), path, operator)


# ---- where it is looked for ------------------------------------------------

class Sampler(threading.Thread):
    """Looks at all processes of the machine, about every millisecond."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.over = set(), False

    def run(self):
        while not self.over:
            for pid in os.listdir("/proc"):
                if pid.isdigit():
                    for name in ("cmdline", "environ"):
                        try:
                            with open(f"/proc/{pid}/{name}", "rb") as f:
                                self.seen.add(f.read())
                        except OSError:
                            pass
            time.sleep(0.001)


class Watched:
    """A world that is searched after every run."""

    def __init__(self, where):
        os.mkdir(where, 0o700)
        for name in ("seen", "home", "tmp"):
            os.mkdir(f"{where}/{name}", 0o700)
        shutil.copy(ROOT + "/tests/crash/client.sh", where)
        shutil.copy(HERE + "/spy.sh", where)
        self.world = World(where, successes=1, program=where + "/spy.sh, client")
        self.world.env.update(HOME=where + "/home", TMPDIR=where + "/tmp")
        path = where + "/rotate.yaml"
        write(path, read(path).replace(
            "    password: SMTP_PASS\n", "    password: SMTP_PASS\n"
            f"    activate: [{where}/spy.sh, activate]\n"))
        self.plain_config = read(path)
        self.canaries, self.seeker = None, Seeker()

    def fresh(self, program="client"):
        w = self.world
        w.fresh()
        write(w.dir + "/rotate.yaml",
              self.plain_config.replace("spy.sh, client", "spy.sh, " + program))
        for name in os.listdir(w.dir + "/seen"):
            os.unlink(f"{w.dir}/seen/{name}")
        self.canaries = Canaries(w, self.seeker)
        self.canaries.learn()

    def run(self, *args, strike=None):
        sampler = Sampler()
        sampler.start()
        run = self.world.rotate(*args, strike=strike)
        sampler.over = True
        sampler.join()
        self.canaries.learn()
        self.search(run, sampler.seen, " ".join(args))
        return run

    def search(self, run, seen, what):
        c, w = self.canaries, self.world
        c.check(run.out, f"the output of rotate {what}")
        c.check(run.err, f"the log of rotate {what}")
        for text in seen:
            c.check(text, "/proc: " + text[:60].decode(errors="replace"),
                    operator=False)
        for path in self.files():
            child = "/seen/" in path and "/parent." not in path
            c.check_file(path, child or "/state/" in path)
        self.sealing_key(run, seen)
        for entry in os.scandir(w.dir + "/clients"):
            mode = entry.stat().st_mode & 0o7777
            must(entry.is_dir() or mode & ~0o640 == 0,
                 f"clients/{entry.name} has mode {mode:o}")

    def files(self):
        """All but the clients, where secrets belong, and the sandbox's own."""
        w = self.world
        for top, dirs, names in os.walk(w.dir):
            if top == w.dir:
                dirs[:] = [d for d in dirs if d not in ("clients", "sandbox")]
            yield from (f"{top}/{n}" for n in names)

    def sealing_key(self, run, seen):
        path = self.world.dir + "/state/seal.key"
        if not os.path.exists(path):
            return
        key = read(path, "rb").strip()
        texts = [key, key.hex().encode(), base64.b64encode(key)]
        try:
            texts.append(bytes.fromhex(key.decode()))
        except ValueError:
            pass
        places = [run.out.encode(), run.err.encode(), *seen]
        places += [read(p, "rb") for p in self.files() if not p.endswith("seal.key")
                   and "/.rotate-" not in p]
        for text in texts:
            must(not any(text in place for place in places), "sealing key leaked")

    def fault(self, **what):
        self.world.fault(**what)


# ---- the histories ---------------------------------------------------------

def whole_rotation(w, form):
    w.fresh()
    run = w.run("--force", "--log", form, "-v")
    must(run.code == 0, f"exit code {run.code}: {run.err[-400:]}")
    w.world.rotated()
    for command in (["status"], ["history"], ["verify"], ["check"], ["clients"],
                    ["--dry-run", "--force"], ["status", "--json"],
                    ["history", "--json"], ["verify", "--json"]):
        w.run(*command)


def the_eyes_see(w):
    """The search itself is searched, as far as states.t has not done it: it
    must find what is there."""
    whole_rotation(w, "plain")
    new, = w.world.sandbox.keys()
    password = w.world.passwords[new]
    for form in (password, base64.b64encode(f"\0{new}\0{password}".encode()).decode(),
                 base64.b64encode(password.encode()).decode(),
                 password.encode().hex(), password[:20], password[-20:],
                 urllib.parse.quote(password, safe="")):
        try:
            w.canaries.check(f"log: {form};".encode(), "a log")
        except Wrong:
            continue
        raise Wrong(f"{form[:4]}... was not found")
    seen = os.listdir(w.world.dir + "/seen")
    must(len(seen) > 10, f"the spy was called {len(seen)} times")
    text = "".join(read(f"{w.world.dir}/seen/{n}") for n in seen)
    must("--config" in text, "the spy has not seen rotate's command line")
    limits = re.findall(r"Max core file size\s+(\d+|unlimited)", text)
    must(limits and set(limits) == {"0"}, f"core files are possible: {set(limits)}")
    must("AWS_SECRET" not in "".join(
        read(f"{w.world.dir}/seen/{n}") for n in seen if "parent" not in n),
        "a child has AWS variables")


def client_fails(w, program):
    w.fresh(program)
    run = w.run("--force", "-v")
    must(run.code not in (0, 10), f"the client failed, exit code {run.code}")
    w.run("-v", "--force")
    w.run("status")
    w.run("status", "--json")
    w.run("history")


def write_refused(w):
    """The directory of a client may not be written, not even by root."""
    w.fresh()
    os.rename(w.world.dir + "/clients/app.env", w.world.dir + "/clients/real")
    os.mkdir(w.world.dir + "/clients/app.env")
    run = w.run("--force", "-v")
    must(run.code not in (0, 10), f"exit code {run.code}")
    w.run("status", "--json")


def smtp_echo(w):
    """A server that says in its refusal what it was given."""
    w.fresh()
    w.world.rotate()
    old = w.world.old
    password = w.world.passwords[old]
    line = base64.b64encode(f"\0{old}\0{password}".encode()).decode()
    for text in (f"5.7.8 cannot decode {line}", f"5.7.8 {password} is wrong"):
        w.fault(service="smtp", action="auth", kind="reply", times=-1,
                arg={"code": 535, "text": text})
        run = w.run("verify", "-v")
        must(run.code != 0, "verify did not see the refusal")
        w.run("verify", "--json")
        w.world.fault()


def smtp_refuses(w, code):
    w.fresh()
    w.fault(service="smtp", action="auth", kind="reply", times=-1,
            arg={"code": code, "text": "Authentication Credentials Invalid"})
    yaml = w.world.dir + "/rotate.yaml"
    write(yaml, read(yaml).replace("timeout: 30s", "timeout: 2s"))
    run = w.run("--force", "-v")
    must("refused" in run.err or "535" in run.err or str(code) in run.err,
         f"no word of the refusal: {run.err[-400:]}")
    w.run("status", "--json")
    w.run("-v", "--force")
    w.run("history")


def iam_fault(w, kind, arg):
    w.fresh()
    fault = dict(service="iam", action="CreateAccessKey", kind=kind)
    w.fault(**(dict(fault, arg=arg) if arg is not None else fault))
    w.run("--force", "-v")
    must(w.world.met(kind) == 1, f"{kind} never came")
    w.run("-v", "--log", "json")
    w.run("-v", "--force")
    w.run("status", "--json")
    w.run("history")


def killed(w, share):
    """At a share of its way; what lies about then is searched."""
    w.fresh()
    count = len(w.world.rotate("--force", count=True).points)
    w.fresh()
    w.run("--force", "-v", strike=(max(1, int(count * share)), "entry", "all", 9))
    w.run("-v")


def histories():
    yield "the search finds what is there", the_eyes_see, ()
    for form in FORMS:
        yield f"rotation, log {form}", whole_rotation, (form,)
    yield "client refuses and quotes the password", client_fails, ("refuse",)
    yield "client crashes and prints its request", client_fails, ("babble",)
    yield "client cannot be written", write_refused, ()
    yield "SMTP server echoes what it was given", smtp_echo, ()
    for code in (535, 454):
        yield f"SMTP {code}", smtp_refuses, (code,)
    for kind, arg in (("truncate", None), ("garbage", None), ("html", None),
                      ("short_secret", None), ("wrong_user", "other"),
                      ("reset_after", None), ("empty", None)):
        yield f"CreateAccessKey: {kind}", iam_fault, (kind, arg)
    for i in range(6):  # at any call; states.t has those that are durable
        yield f"killed after {(i + 0.5) / 6:.0%}", killed, ((i + 0.5) / 6,)


def main():
    base = work_dir("leak")
    n = failed = 0
    try:
        w = Watched(base + "/world")
        for name, history, args in histories():
            n += 1
            try:
                history(w, *args)
                print(f"ok {n} - {name}", flush=True)
            except Wrong as e:
                failed += 1
                print(f"not ok {n} - {name}\n# {e}", flush=True)
        w.world.sandbox.stop()
        print(f"1..{n}")
    except Wrong as e:
        print(f"Bail out! {e}")
        failed += 1
    finally:
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
