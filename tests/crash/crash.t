#!/usr/bin/env python3
"""Kills rotate at every system call of a whole rotation, and sees that the
next run brings it to the same end.

Each history begins in a fresh world (world.py): one key, three clients that
hold it, no state. rotate is struck at one point (pt.c), then run again as a
timer would until it is done. After every single run each client's file must
be whole and hold a pair that IAM says is Active; at the end there is one new
key, all clients hold it, nothing else is left or changed.

  crash.t                        what CI runs
  crash.t --point 123 entry      one history, told in full
  crash.t --point 123 exit --then 45     ... killed again during recovery
  crash.t --point 123 entry --signal TERM
  crash.t --points               the points of a clean run

Environment: TEST_BUILD (build/plain), CRASH_FULL=1: exits of calls which only
change files, too; CRASH_PAIRS: how many second kills, or "all"; CRASH_JOBS;
CRASH_PROGRAM: another client of type exec, say tests/conform/exec-example.sh.
"""
import argparse
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import Wrong, World, must, work_dir

RUNS_MAX = 20
FINE = (0, 10)          # done; waiting for time
PAIRS = "24"            # recovery.t looks at all of them
TERM_STEP = 15          # a SIGTERM at every 15th point


# ---- one history -----------------------------------------------------------

class History:
    """Strikes: (point, "entry"|"exit", "main"|"all", signal), the second one
    counted from the beginning of the recovery."""

    def __init__(self, world, strikes, say=None):
        self.world, self.strikes, self.say = world, list(strikes), say
        self.left = strikes[0] if strikes else None
        self.hits = []              # the calls that were struck
        self.codes = []

    def one_run(self, *args):
        """Runs rotate, struck if it is time, and looks at the world."""
        strike, w = self.left, self.world
        run = w.rotate(*args, strike=strike, count=strike is not None)
        struck = strike is not None and len(run.points) >= strike[0]
        if struck:
            self.hits.append(run.points[strike[0] - 1])
            self.strikes.pop(0)
            self.left = self.strikes[0] if self.strikes else None
        elif strike is not None and len(self.hits) > 0:
            self.left = (strike[0] - len(run.points),) + strike[1:]
        self.codes.append(run.code)
        if self.say:
            self.say(f"$ rotate {' '.join(args)}\n{run.err}exit code {run.code}"
                     + (f", struck at: {' '.join(self.hits[-1])}" if struck else ""))
        keys = w.available()
        w.silent(run)
        allowed = FINE
        if struck:
            allowed = (137,) if strike[3] == signal.SIGKILL else FINE
        must(run.code in allowed, f"exit code {run.code}: {run.err[-600:]}")
        if self.say:
            self.say(f"IAM {keys}\nclients "
                     + str({c: w.pair(c) for c in w.clients}))
        return run, keys

    def play(self):
        w = self.world
        w.fresh()
        run, keys = self.one_run("--force", "--json")
        for _ in range(RUNS_MAX):
            if list(keys) == [w.old] and run.code in FINE and self.idle(run):
                run, keys = self.one_run("--force", "--json")
            elif w.old not in keys and run.code in FINE and self.idle(run):
                return self.end()
            else:
                run, keys = self.one_run("--json")
        raise Wrong(f"not done after {RUNS_MAX} runs, exit codes {self.codes}")

    @staticmethod
    def idle(run):
        """Nothing was due, or all that was due is done."""
        rows = json.loads(run.out)["identities"]
        return not rows or rows[0]["state"] == "IDLE"

    def end(self):
        w = self.world
        new = w.rotated()
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
        must(made <= 1 + len(self.hits), f"{made} keys were made")
        return self.hits


# ---- many, in worker processes ---------------------------------------------

mine = None             # the World of this worker


def begin_worker(base):
    global mine
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    where = f"{base}/{os.getpid()}"
    os.mkdir(where, 0o700)
    mine = World(where, successes=2, program=os.environ.get("CRASH_PROGRAM"))


def name_of(strikes):
    n, where, whom, sig = strikes[0]
    text = f"--point {n} {where} --kill {whom}"
    if sig != signal.SIGKILL:
        text += f" --signal {signal.Signals(sig).name[3:]}"
    for second in strikes[1:]:
        text += f" --then {second[0]}"
    return text


def play(strikes):
    """For the pool: (name, struck calls, failure or None)."""
    history = History(mine, strikes)
    try:
        return name_of(strikes), history.play(), None
    except Exception as e:      # whatever it was, it belongs to this history
        failure = f"{type(e).__name__}: {e}"
        if not isinstance(e, Wrong):
            failure += f" (line {e.__traceback__.tb_lineno})"
        return name_of(strikes), history.hits, failure


# ---- the plan --------------------------------------------------------------

def goes_on(point, iam):
    """After this call IAM or a child acts by itself: whether it had the time
    to makes a difference. For all others the end of one call and the beginning
    of the next are the same moment to the outside (SES keeps nothing)."""
    who, _, what = (point + [""])[:3]
    return what == iam or what.startswith("pipe:") or who == "child"


def kills(points, iam, full):
    """Every call: all processes die as it begins; and rotate alone dies as it
    ends, its children live on."""
    plan = [[(n, "entry", "all", 9)] for n in range(1, len(points) + 1)]
    plan += [[(n, "exit", "main", 9)] for n, p in enumerate(points, 1)
             if full or goes_on(p, iam) or n == len(points)]
    return plan


def pairs(points, wanted):
    """A first kill around each durable step, a second one in the recovery.
    The second is spread evenly (golden ratio), the same in every run."""
    firsts = [n for n, p in enumerate(points, 1) if p[1] in
              ("fsync", "fdatasync", "sendto", "renameat", "renameat2")]
    if wanted == "all":
        return [[(n, "entry", "all", 9), (m, "entry", "all", 9)]
                for n in range(1, len(points) + 1)
                for m in range(1, len(points) + 1)]
    count, plan = int(wanted), []
    for i in range(count):
        first = firsts[i * len(firsts) // count]
        left = len(points) - first + 60     # the recovery looks first
        second = 1 + int(i * 0.618033988749895 % 1 * left)
        plan.append([(first, "exit" if i % 2 else "entry", "all", 9),
                     (second, "entry", "all", 9)])
    return plan


def terms(points):
    return [[(n, "entry", "main", signal.SIGTERM)]
            for n in range(1, len(points) + 1, TERM_STEP)]


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


def run_plan(tap, pool, title, plan, must_hit):
    begun = time.monotonic()
    bad, missed, calls = [], [], {}
    for name, hits, failure in pool.imap_unordered(play, plan):
        if failure:
            bad.append((name, hits, failure))
        elif len(hits) < must_hit:
            missed.append(name)
        for hit in hits:
            calls[hit[1]] = calls.get(hit[1], 0) + 1
    text = [f"{' '.join(' '.join(h) for h in hits) or 'not struck'}\n{failure}\n"
            f"again: tests/crash/crash.t {name}" for name, hits, failure in bad[:5]]
    if missed and not bad:
        text.append(f"{len(missed)} ended before they were struck: {missed[:5]}")
    text.append(", ".join(f"{c} {n}" for c, n in
                          sorted(calls.items(), key=lambda x: -x[1])))
    # A TLS record more or less moves the last points: a few may be missed.
    fine = not bad and len(missed) <= max(2, len(plan) // 50 if must_hit == 1
                                          else len(plan))
    tap.say(fine, f"{title}: {len(plan)} histories, {len(bad)} ended badly, "
            f"{time.monotonic() - begun:.0f} s", text)


def clean_run(base):
    """The points of an undisturbed rotation, and IAM's address in them."""
    where = base + "/clean"
    os.mkdir(where, 0o700)
    world = World(where, successes=2, program=os.environ.get("CRASH_PROGRAM"))
    try:
        world.fresh()
        run = world.rotate("--force", "--json", count=True)
        must(run.code == 0 and History.idle(run), f"a clean run ends with "
             f"{run.code}: {run.err}")
        History(world, []).end()
        iam = urllib.parse.urlsplit(world.env["AWS_ENDPOINT_URL"])
        return run.points, f"127.0.0.1:{iam.port}"
    finally:
        world.sandbox.stop()


def everything(base):
    tap = Tap()
    begun = time.monotonic()
    points, iam = clean_run(base)
    tap.say(len(points) > 100, f"a clean rotation passes {len(points)} points",
            [f"{sum(p[0] == 'child' for p in points)} of them in a client's program"])
    context = multiprocessing.get_context("fork")
    jobs = int(os.environ.get("CRASH_JOBS", "2"))
    plans = [("killed at every point",
              kills(points, iam, os.environ.get("CRASH_FULL")), 1),
             ("killed again during recovery",
              pairs(points, os.environ.get("CRASH_PAIRS", PAIRS)), 2),
             ("SIGTERM", terms(points), 1)]
    with context.Pool(jobs, begin_worker, (base,)) as pool:
        for title, plan, hits in plans:
            run_plan(tap, pool, title, plan, hits)
        pool.close()
        pool.join()
    print(f"# {len(points)} points, {sum(len(p) for _, p, _ in plans)} histories,"
          f" {time.monotonic() - begun:.0f} s")
    print(f"1..{tap.n}")
    return tap.failed == 0


def one(base, args):
    where = base + "/one"
    os.mkdir(where, 0o700)
    world = World(where, successes=2, program=os.environ.get("CRASH_PROGRAM"))
    n, place = args.point
    strikes = [(int(n), place, args.kill, signal.Signals["SIG" + args.signal])]
    strikes += [(m, "entry", "all", signal.SIGKILL) for m in args.then]
    try:
        History(world, strikes, print).play()
        print("1..1\nok 1 - ended well")
        return True
    except Wrong as e:
        print(f"1..1\nnot ok 1 - {e}")
        print(world.rotate("status").out)
        return False
    finally:
        world.sandbox.stop()
        if args.keep:
            print(f"# kept in {base}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--point", nargs=2, metavar=("N", "entry|exit"))
    p.add_argument("--then", type=int, action="append", default=[])
    p.add_argument("--kill", choices=("main", "all"), default="all")
    p.add_argument("--signal", default="KILL")
    p.add_argument("--points", action="store_true")
    p.add_argument("--keep", action="store_true")
    args = p.parse_args()
    base = work_dir("crash")
    try:
        if args.points:
            for n, point in enumerate(clean_run(base)[0], 1):
                print(n, *point)
            fine = True
        else:
            fine = one(base, args) if args.point else everything(base)
    except Wrong as e:
        print(f"Bail out! {e}")
        fine = False
    finally:
        if not args.keep:
            shutil.rmtree(base, ignore_errors=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
