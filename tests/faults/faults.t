#!/usr/bin/env python3
"""Lets every call of rotate fail that can fail, with every errno that makes
sense, once and for ever; and sees that no client is ever without a valid
pair, that the message is worth reading, and that plain runs afterwards come
to the same end as ever.

Each history begins in a fresh world (tests/crash/world.py). One call fails in
one run (pf.c for system calls, oom.c for allocations); "for ever" also means
that the next run meets the same fault at the first such call. After every
single run: each client's file is whole and holds a pair that IAM says is
Active, there are two keys at most, no password was said, no core is left, the
exit code is a documented one that fits the fault, and the message names what
failed and why. Then rotate is run as a timer would until it is done: one new
key, everybody on it, nothing else left.

  faults.t                             what CI runs
  faults.t --fault later main,fsync,/@/clients 1 EIO [--for-ever]
                                       one history, told in full
  faults.t --oom later 4711 [--for-ever]
  faults.t --points later              the calls of a clean run

Scenes: begin (first rotation, no state), later (a rotation on an existing
state), and the commands status, check, plan (--dry-run), history.

Environment: TEST_BUILD (build/plain), FAULTS_FULL=1: everything, some 140,000
histories, about 9 hours with two jobs on two cores; FAULTS_JOBS;
FAULTS_COUNT: histories of each kind without FAULTS_FULL; FAULTS_LOG: a file
for one JSON line a history; FAULTS_SCENES, FAULTS_KINDS: only these.
"""
import argparse
import collections
import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True     # leave nothing behind
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "crash")]
import errors
from world import Run, World, Wrong, build_dir, must, read, work_dir

RUNS_MAX = 20
FINE = (0, 10)          # done; waiting for time
TIMEOUT = 60

# scene: (is there a state before, the faulty run's arguments, does it rotate)
SCENES = {
    "begin": (False, ["--force", "--json"], True),
    "later": (True, ["--force", "--json"], True),
    "status": (True, ["status"], False),
    "history": (True, ["history"], False),
    "check": (True, ["check"], False),
    "plan": (True, ["--force", "--dry-run"], False),
}

# Histories of each kind and scene in a short run.
COUNTS = {
    "call": {"begin": 30, "later": 60, "status": 8, "history": 4, "check": 8,
             "plan": 12},
    "oom": {"begin": 8, "later": 30, "status": 4, "history": 4, "check": 4,
            "plan": 6},
}

# What the manual documents and a fault may cause: not 64, wrong usage, and
# not 70, a fault in the program.
CODES = (0, 10, 11, 12, 13, 65, 69, 71, 74, 75, 76, 77, 78)
BAD = re.compile(r"\S+ (error|warning|alert) ")
# A file, a peer, an object of AWS, or what there is only one of.
PLACE = re.compile(r"(/|localhost:\d|127\.0\.0\.1|\bclient \w|UserName|AccessKey"
                   r"|memory|core dumps|standard output|a pipe|child process"
                   r"|GetCallerIdentity|libcurl|libcrypto|OpenSSL)")
ERRNO_TEXTS = {os.strerror(n) for n in errno.errorcode} | {
    "memory", "not JSON", "exit code"}
# Libraries that crash when memory is out while they start: glibc 2.36 asserts
# in nss_database_reload(), OpenSSL 3.0 in CRYPTO_secure_malloc_init(), and its
# initialisers go on with what they have not got. Not our code, not to be
# mended here: a crash like any other (tests/crash), and all else is checked.
LIBRARY = re.compile(
    r"(__nss_|CRYPTO_secure_malloc_init|CRYPTO_THREAD_run_once)"
    r"[^/]*\n(.*\n)*then it crashed:\n.*oom\.so.*\n.*libc\.so.*\n"
    r".*/lib(c|crypto)\.so")
NEVER = ("Success", "(null)", "Sanitizer", "runtime error", "Assertion")

# The nth call of that name by that process about something of that class; or
# the nth allocation. Names of this world are replaced, see World.plain().
Fault = collections.namedtuple(
    "Fault", "kind scene who call cls n error for_ever what")


# ---- running it under a fault ----------------------------------------------

def names(w):
    """What differs from world to world: its directory and two ports."""
    port = w.env["SMTP_STARTTLS_PORT_eu_west_1"]
    iam = urllib.parse.urlsplit(w.env["AWS_ENDPOINT_URL"])
    return [(w.dir, "/@"), (os.path.dirname(w.dir), "/@@"), (f"127.0.0.1:{port}", "SES"),
            (f"127.0.0.1:{iam.port}", "IAM")]


def plain(w, text):
    for here, name in names(w):
        text = text.replace(here, name)
    return text


def of_world(w, text):
    for here, name in sorted(names(w), key=lambda x: -len(x[1])):
        text = text.replace(name, here)
    return text


def program(w):
    return [build_dir() + "/rotate", "--config", w.dir + "/rotate.yaml"]


def under_pf(w, args, n, error="EIO", for_ever=False, match=None):
    """A Run; its points are [who, call, class, what] each."""
    log = f"{w.dir}/points"
    argv = [build_dir() + "/tests/faults/pf", "-n", str(n), "-e",
            errors.number(error), "-l", log, "-t", str(TIMEOUT)]
    argv += ["-f"] if for_ever else []
    argv += ["-m", match] if match else []
    done = subprocess.run(argv + program(w) + args, env=w.env, cwd=w.dir,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=TIMEOUT + 30)
    lines = read(log).splitlines() or ["end 0 0 0"]
    must(done.returncode not in (125, 127), f"pf failed: {done.stderr}")
    must(done.returncode != 124, "it hangs")
    run = Run(done.returncode, done.stdout, done.stderr,
              [plain(w, line).split(" ", 4)[1:] for line in lines[:-1]])
    run.failed = int(lines[-1].split()[2])
    return run


def under_oom(w, args, n, for_ever=False, profile=None):
    """As under_pf; its points are stacks when profile is asked for."""
    log = f"{w.dir}/oom"
    env = dict(w.env, LD_PRELOAD=build_dir() + "/tests/faults/oom.so",
               OOM_AT=str(n), OOM_LOG=log, MALLOC_PERTURB_="165")
    if for_ever:
        env["OOM_FOR_EVER"] = "1"
    if profile:
        env["OOM_PROFILE"] = profile
    if os.path.exists(log):
        os.unlink(log)
    done = subprocess.run(["setarch", "-R"] + program(w) + args, env=env,
                          cwd=w.dir, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT)
    run = Run(done.returncode if done.returncode >= 0
              else 128 - done.returncode, done.stdout, done.stderr, None)
    run.stack = read(log) if os.path.exists(log) else ""
    run.failed = int(run.stack != "")
    return run


# ---- one history -----------------------------------------------------------

class History:
    def __init__(self, world, fault, say=None):
        self.world, self.fault, self.say = world, fault, say
        self.codes, self.texts, self.struck, self.faulty = [], [], 0, 0
        self.stack = ""

    def after(self, run, args, allowed):
        """What must hold after any run."""
        w = self.world
        self.codes.append(run.code)
        if self.say:
            self.say(f"$ rotate {' '.join(args)}\n{run.out}{run.err}"
                     f"exit code {run.code}")
        keys = w.available()
        w.silent(run)
        if self.say:
            self.say(f"IAM {keys}\nclients "
                     + str({c: w.pair(c) for c in w.clients}))
        if allowed:
            must(run.code in allowed, f"exit code {run.code} of the run after "
                 f"it: {run.err[-700:]}")
        return keys

    def run_faulty(self, args, again):
        f, w = self.fault, self.world
        match = of_world(w, f"{f.who},{f.call},{f.cls}")
        n = 1 if again else f.n
        if f.kind == "oom":
            run = under_oom(w, args, n, f.for_ever)
            self.stack = self.stack or run.stack
        else:
            run = under_pf(w, args, n, f.error, f.for_ever, match)
            if not again and len(run.points) >= f.n:
                self.fault = f = f._replace(what=run.points[f.n - 1][3])
        self.struck += run.failed
        keys = self.after(run, args, None)
        if run.failed:
            self.faulty += 1
            self.texts.append(run.err)
            judge(f, run)
        else:
            must(run.code in FINE + self.blocked(),
                 f"exit code {run.code}: {run.err[-600:]}")
        return run, keys

    def blocked(self):
        """What seemed to be gone or different is for a person to look at."""
        return (13,) if 13 in errors.codes(self.fault) else ()

    def clean_run(self, *args):
        run = self.world.rotate(*args)
        return run, self.after(run, args, FINE + self.blocked())

    def play(self):
        w = self.world
        state, args, rotates = SCENES[self.fault.scene]
        w.fresh()
        if state:
            run = w.rotate("--json")
            must(run.code == 0, f"the first look ended with {run.code}: {run.err}")
        if not rotates:
            return self.look_only(args)
        run, keys = self.run_faulty(args, False)
        if self.fault.for_ever and self.struck:
            run, keys = self.run_faulty(["--json"], True)
        return self.go_on(run, keys)

    def look_only(self, args):
        w = self.world
        before = self.all_files()
        self.run_faulty(args, False)
        must(self.all_files() == before, "it changed a file")
        run = w.rotate(*args)
        must(run.code in FINE, f"exit code {run.code} afterwards: {run.err}")

    def all_files(self):
        w = self.world
        return {f"{d}/{name}": read(f"{w.dir}/{d}/{name}", "rb")
                for d, names in w.listing().items() for name in names}

    def go_on(self, run, keys):
        w = self.world
        for _ in range(RUNS_MAX):
            if run.code == 13:      # a person looks, and finds all in order
                run = w.rotate("release", "mail")
                must(run.code == 0, f"release: {run.code} {run.err}")
                run, keys = self.clean_run("--json", "-i", "mail")
            elif list(keys) == [w.old] and self.idle(run):
                run, keys = self.clean_run("--force", "--json")
            elif w.old not in keys and self.idle(run):
                return self.end()
            else:
                # Named: a client that failed is tried again later, but at
                # once for whoever asks for it.
                run, keys = self.clean_run("--json", "-i", "mail")
        raise Wrong(f"not done after {RUNS_MAX} runs, exit codes {self.codes}")

    @staticmethod
    def idle(run):
        """Nothing was due, or all that was due is done."""
        if run.code not in FINE:
            return False
        try:
            rows = json.loads(run.out)["identities"]
        except ValueError:      # stdout failed
            return False
        return not rows or rows[0]["state"] == "IDLE"

    def end(self):
        w = self.world
        new = w.rotated()
        self.clean_run("--json")        # takes in a log that was left
        must(not w.left_over(), f"left over: {w.left_over()}")
        run = w.rotate("history", "--json")
        must(run.code == 0, f"history: {run.code} {run.err}")
        run = w.rotate("status", "--json")
        row, = json.loads(run.out)["identities"]
        must(row["state"] == "IDLE" and row["current_key"] == new,
             f"status says {row['state']} {row['current_key']}")
        effects = [c for c in w.sandbox.ask("GET", "/log?all=1")
                   if c["event"] == "call" and c["effect"]]
        made = sum(c["action"] == "CreateAccessKey" for c in effects)
        must(made <= 1 + self.faulty, f"{made} keys were made")


# ---- was that a good answer? -----------------------------------------------

def judge(f, run):
    """The exit code and the message of a run in which calls failed."""
    text = run.err + run.out
    if f.kind == "oom" and run.code in (134, 139) and LIBRARY.search(run.stack):
        return
    must(run.code in CODES, f"exit code {run.code}: {text[-900:]}")
    for word in NEVER:
        must(word not in text, f"it says {word!r}: {text[-900:]}")
    if run.code in FINE:
        return
    # Whatever it was that ended that child, the next run has another one.
    gone = run.code == 69 and (f.call in ("poll", "close_range", "recvfrom")
                               or "child process for the network" in text)
    must(run.code == 12 or gone or run.code in errors.codes(f),
         f"exit code {run.code} does not fit {f.error}: {text[-900:]}")
    # Without identities and clients a fault ends the run: its line says why.
    # A plan, a list, a check say it in their output.
    said = [line for line in run.err.splitlines() if BAD.match(line)]
    mute = f.call == "write" and f.cls == "pipe" and f.for_ever
    must(said or run.out or mute, f"nothing was said: {text[-900:]}")
    for line in said:
        must(PLACE.search(line), f"it does not say where: {line}")
        # What is shorter than it should be is a reason by itself.
        must(" fix=" in line or f.error == "zero" or any(x in line for x in ERRNO_TEXTS),
             f"neither remedy nor reason: {line}")


# ---- many, in worker processes ---------------------------------------------

mine = None             # the World of this worker


def new_world(where):
    os.mkdir(where, 0o700)
    return World(where, successes=2)


def begin_worker(base):
    global mine
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mine = new_world(f"{base}/{os.getpid()}")


def name_of(f):
    text = f"--oom {f.scene} {f.n}"
    if f.kind == "call":
        text = f"--fault {f.scene} {f.who},{f.call},{f.cls} {f.n} {f.error}"
    return text + (" --for-ever" if f.for_ever else "")


def play(fault):
    """For the pool: (fault as it was met, was it met, texts, failure)."""
    history = History(mine, fault)
    failure = None
    try:
        history.play()
    except Exception as e:      # whatever it was, it belongs to this history
        failure = f"{type(e).__name__}: {e}"
        if not isinstance(e, Wrong):
            failure += f" (line {e.__traceback__.tb_lineno})"
    return (history.fault, history.struck > 0, history.codes, history.texts,
            history.stack, failure)


# ---- the plan --------------------------------------------------------------

def pf_faults(scene, points):
    """Every error at every point, once and for ever."""
    counts, nth = collections.Counter(), []
    for who, call, cls, what in points:
        counts[who, call, cls] += 1
        nth.append((who, call, cls, counts[who, call, cls], what))
    return [Fault("call", scene, who, call, cls, n, error, for_ever, what)
            for who, call, cls, n, what in nth
            for error in errors.sensible(call, cls)
            for for_ever in (False, True)
            if not (for_ever and error in errors.ONCE_ONLY)]


def oom_faults(scene, places):
    """Every place that allocates, once and for ever."""
    return [Fault("oom", scene, "main", "malloc", own, n, "ENOMEM", for_ever,
                  "")
            for n, own in places for for_ever in (False, True)]


RANDOM = re.compile(r"\.rotate-[0-9a-f-]+|:\[\d+\]|/proc/\d+|\d{4,}")


def place_of(f):
    """Faults of one place are much the same."""
    return f.kind, f.scene, f.who, f.call, f.cls and RANDOM.sub("#", f.what or f.cls)


def spread(faults, count):
    """One for every place as far as they go, evenly; the errors, once and
    for ever take turns. The same in every run."""
    places = collections.OrderedDict()
    for f in faults:
        places.setdefault(place_of(f), []).append(f)
    chosen, names = [], list(places.values())
    for i in range(count):
        of = names[int(i * len(names) / count) % len(names)]
        chosen.append(of[int(i * 0.618033988749895 % 1 * len(of))])
    return chosen


def read_profile(path):
    """(number, our own frames) of each place."""
    for block in read(path).split("\n\n"):
        lines = block.strip().split("\n")
        if lines[0].isdigit():
            yield int(lines[0]), " ".join(
                re.findall(r"/rotate\([^)]*\)", block)).replace("/rotate", "")


def survey(base, kind, scene):
    """What a clean run passes."""
    world = new_world(f"{base}/clean-{kind}-{scene}")
    try:
        world.fresh()
        state, args, _ = SCENES[scene]
        if state:
            must(world.rotate("--json").code == 0, "the first look failed")
        if kind == "oom":
            profile = world.dir + "/profile"
            run = under_oom(world, args, 0, profile=profile)
        else:
            run = under_pf(world, args, 0)
        must(run.code == 0, f"a clean run ends with {run.code}: {run.err}")
        if kind == "oom":
            return oom_faults(scene, list(read_profile(profile)))
        return pf_faults(scene, run.points)
    finally:
        world.sandbox.stop()


# ---- TAP -------------------------------------------------------------------

class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def say(self, fine, text, diagnostics=()):
        self.n += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.n} - {text}")
        for line in diagnostics:
            print("# " + line.replace("\n", "\n#   "))
        sys.stdout.flush()


def run_plan(tap, pool, title, plan, log):
    begun = time.monotonic()
    bad, met, codes = [], 0, collections.Counter()
    for result in pool.imap_unordered(play, plan):
        fault, struck, seen, texts, stack, failure = result
        met += struck
        codes[seen[0] if seen else None] += 1
        if failure:
            bad.append((fault, stack, failure))
        if log:
            log.write(json.dumps([fault._asdict(), *result[1:]]) + "\n")
    text = [f"{f.who} {f.call} {f.what}: {f.error}\n{failure}\n{stack[:900]}"
            f"again: tests/faults/faults.t {name_of(f)}"
            for f, stack, failure in bad[:5]]
    text.append("exit codes: " + ", ".join(
        f"{c} {n}" for c, n in sorted(codes.items(), key=str)))
    # A TLS record more or less moves the last points: a few may be missed.
    fine = not bad and 4 * met >= 3 * len(plan)
    tap.say(fine, f"{title}: {len(plan)} histories, {met} met their fault, "
            f"{len(bad)} ended badly, {time.monotonic() - begun:.0f} s", text)


def chosen_by(name, every):
    return os.environ.get(name, " ".join(every)).split()


def everything(base):
    tap = Tap()
    begun = time.monotonic()
    full = os.environ.get("FAULTS_FULL")
    log = os.environ.get("FAULTS_LOG")
    log = open(log, "w") if log else None
    context = multiprocessing.get_context("fork")
    jobs, total = int(os.environ.get("FAULTS_JOBS", "2")), 0
    plans = []
    for kind in chosen_by("FAULTS_KINDS", COUNTS):
        for scene in chosen_by("FAULTS_SCENES", SCENES):
            plan = survey(base, kind, scene)
            count = int(os.environ.get("FAULTS_COUNT", COUNTS[kind][scene]))
            tap.say(len(plan) > 50,
                    f"{scene}, {kind}: {len(plan)} faults are possible")
            plans.append((f"{scene}, {kind}", plan if full or count > len(plan)
                          else spread(plan, count)))
    with context.Pool(jobs, begin_worker, (base,)) as pool:
        for title, plan in plans:
            run_plan(tap, pool, title, plan, log)
            total += len(plan)
        pool.close()
        pool.join()
    print(f"# {total} histories, {time.monotonic() - begun:.0f} s")
    print(f"1..{tap.n}")
    return tap.failed == 0


def one(base, fault):
    history = History(new_world(base + "/one"), fault, print)
    try:
        history.play()
        print("1..1\nok 1 - ended well")
        return True
    except Wrong as e:
        print(f"1..1\nnot ok 1 - {e}")
        return False
    finally:
        f = history.fault
        print(f"# {f.who} {f.call} {f.what}: {f.error}\n{history.stack}")
        history.world.sandbox.stop()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--fault", nargs=4, metavar=("SCENE", "CALL", "N", "ERROR"))
    p.add_argument("--oom", nargs=2, metavar=("SCENE", "N"))
    p.add_argument("--for-ever", action="store_true")
    p.add_argument("--points", metavar="SCENE", choices=SCENES)
    p.add_argument("--keep", action="store_true")
    args = p.parse_args()
    base = work_dir("faults")
    try:
        if args.points:
            seen = {f[2:6]: f for f in survey(base, "call", args.points)}
            for (who, call, cls, n), f in seen.items():
                print(f"{who},{call},{cls}", n, f.what)
            fine = True
        elif args.fault:
            scene, call, n, error = args.fault
            fine = one(base, Fault("call", scene, *call.split(",", 2), int(n),
                                   error, args.for_ever, ""))
        elif args.oom:
            scene, n = args.oom
            fine = one(base, Fault("oom", scene, "main", "malloc", "", int(n),
                                   "ENOMEM", args.for_ever, ""))
        else:
            fine = everything(base)
    except Wrong as e:
        print(f"Bail out! {e}")
        fine = False
    finally:
        if not args.keep:
            shutil.rmtree(base, ignore_errors=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
