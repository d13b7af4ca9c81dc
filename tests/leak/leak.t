#!/usr/bin/env python3
"""Looks for secrets where none may be: in everything that rotate prints, in
every form of its log, in every file that it leaves, and in what its processes
show in /proc. The secrets are known: the sandbox made them. They are looked
for as they are, as halves, and in the encodings in which secrets get lost.

Whole rotations, rotations that fail, and rotations that are killed."""
import base64
import hashlib
import hmac
import os
import re
import shutil
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, HERE + "/../crash")
from world import ROOT, REGION, Wrong, World, must, read, work_dir, write  # noqa: E402

FORMS = ("auto", "terminal", "plain", "journal", "json")


# ---- what is looked for ----------------------------------------------------

def needles(secret):
    """A secret's forms: {bytes: how it is spelt}."""
    raw = secret.encode()
    found = {raw: "plain", raw[:20]: "first half", raw[-20:]: "second half",
             raw[::-1]: "backwards", raw.hex().encode(): "hex",
             raw.hex().upper().encode(): "HEX",
             urllib.parse.quote(secret, safe="").encode(): "URL-encoded",
             secret.replace("/", "\\/").encode(): "JSON",
             secret.encode("utf-16-le"): "UTF-16"}
    for shift in range(3):      # as a part of something that was encoded
        part = base64.b64encode(b"\0" * shift + raw)
        part = part[(0, 2, 3)[shift]:][:len(part) // 4 * 4 - 8]
        found[part] = "base64"
        found[part.translate(bytes.maketrans(b"+/", b"-_"))] = "base64url"
    return found


def smtp_password(secret):
    """docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html"""
    key = ("AWS4" + secret).encode()
    for word in ("11111111", REGION, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\4" + key).decode()


def iam_secret(world, key, password):
    """The sandbox tells nobody the secret of a key that it made for rotate,
    so it is read from its memory: 40 characters near the id that lead to the
    password."""
    pid = world.sandbox.process.pid
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


class Canaries:
    """All secrets of one world, by name; grows as keys are made."""

    def __init__(self, world):
        self.world, self.secrets = world, {}

    def learn(self):
        w = self.world
        for key in w.sandbox.keys():
            if key not in w.passwords:
                w.passwords[key] = w.sandbox.password(key)
            if key + " password" not in self.secrets:
                self.secrets[key + " password"] = w.passwords[key]
                self.secrets[key + " secret"] = iam_secret(w, key, w.passwords[key])

    def operator(self):
        return {"operator": self.world.env["AWS_SECRET_ACCESS_KEY"]}

    def check(self, data, where, more=None):
        for name, secret in {**self.secrets, **(more or {})}.items():
            for needle, how in needles(secret).items():
                must(needle not in data, f"{name} ({how}) in {where}")


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
        self.canaries = None

    def fresh(self, program="client"):
        w = self.world
        w.fresh()
        write(w.dir + "/rotate.yaml",
              self.plain_config.replace("spy.sh, client", "spy.sh, " + program))
        for name in os.listdir(w.dir + "/seen"):
            os.unlink(f"{w.dir}/seen/{name}")
        self.canaries = Canaries(w)
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
        c.check(run.out.encode(), f"the output of rotate {what}", c.operator())
        c.check(run.err.encode(), f"the log of rotate {what}", c.operator())
        for text in seen:
            c.check(text, "/proc: " + text[:60].decode(errors="replace"))
        for path in self.files():
            child = "/seen/" in path and "/parent." not in path
            more = c.operator() if child or "/state/" in path else None
            c.check(read(path, "rb"), path, more)
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
        self.world.sandbox.ask("POST", "/faults", [what])


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
    """The search itself is searched: it must find what is there."""
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
        w.world.sandbox.ask("DELETE", "/faults")


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
    for i in range(12):
        yield f"killed after {(i + 0.5) / 12:.0%}", killed, ((i + 0.5) / 12,)


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
