#!/usr/bin/env python3
"""The network matrix: whole rotations by the real program while one thing is
wrong with a peer. iam_cells.py, smtp_cells.py and tls_cells.py say what, and
what must come of it; networld.py what must hold after every single run.

  matrix.t                     what CI runs: every action, fault, state, reply
                               and certificate, not every combination
  MATRIX_FULL=1 matrix.t       every cell
  matrix.t --list [WORD...]    names of the cells with all these words
  matrix.t --cell WORD...      plays them, told in full
  matrix.t WORD...             plays them

Environment: TEST_BUILD (build/plain), MATRIX_JOBS (3)."""
import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import iam_cells                                     # noqa: E402
import smtp_cells                                    # noqa: E402
import tls_cells                                     # noqa: E402
from networld import NetWorld                        # noqa: E402
from world import Wrong, work_dir                    # noqa: E402

SLOW = 60               # seconds; no cell may take longer
mine = None             # the NetWorld of this worker
all_cells = []          # made before the workers are


def begin_worker(base):
    global mine
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    where = f"{base}/{os.getpid()}"
    os.mkdir(where, 0o700)
    mine = NetWorld(where)
    mine.pki = base + "/pki"


def play(i):
    """For the pool: (cell, failure or None, seconds)."""
    begun = time.monotonic()
    failure = None
    try:
        all_cells[i].play(mine)
    except Exception as e:      # whatever it was, it belongs to this cell
        failure = f"{type(e).__name__}: {e}"
        if not isinstance(e, Wrong):
            failure += "\n" + traceback.format_exc()
        failure += f"\nexit codes {mine.runs}"
    return i, failure, time.monotonic() - begun


def choose(cells):
    """A small part in which every mark of every cell occurs: greedy, so that
    it is the same each time. Cells that cost much come only when needed."""
    left = {m for c in cells for m in c.marks}
    chosen = []
    pool = list(cells)
    while left:
        best = max(pool, key=lambda c: len(left.intersection(c.marks)) / c.cost)
        left.difference_update(best.marks)
        chosen.append(best)
    return chosen


def make_cells(base):
    """All there are, in order."""
    where = base + "/clean"
    os.mkdir(where, 0o700)
    world = NetWorld(where)
    try:
        counts = iam_cells.places(world)
    finally:
        world.sandbox.stop()
    tls_cells.make_pki(base + "/pki")
    return ([*iam_cells.cells(counts)], [*smtp_cells.cells()],
            [*tls_cells.cells()], counts)


def run_part(pool, n, title, part):
    begun = time.monotonic()
    bad, spent = [], 0.0
    order = sorted(range(len(all_cells)), key=lambda i: -all_cells[i].cost)
    chosen = {id(c) for c in part}
    wanted = [i for i in order if id(all_cells[i]) in chosen]
    for n_done, (i, failure, seconds) in enumerate(
            pool.imap_unordered(play, wanted), 1):
        spent += seconds
        if n_done % 500 == 0:
            print(f"# {n_done} of {len(wanted)}, {len(bad)} failed", flush=True)
        if not failure and seconds > SLOW:
            failure = f"took {seconds:.0f} s"
        if failure:
            bad.append((all_cells[i].name, failure))
    print(f"{'not ok' if bad else 'ok'} {n} - {title}: {len(part)} cells, "
          f"{len(bad)} failed, {time.monotonic() - begun:.0f} s ({spent:.0f} s "
          "of all workers)" + "".join(f"; {n}: {f.splitlines()[0][:200]}"
                                      for n, f in sorted(bad)[:3]))
    for name, failure in sorted(bad):
        print(f"# {name}\n#   " + failure.replace("\n", "\n#   "))
    sys.stdout.flush()
    return not bad


def everything(base, full, words):
    global all_cells
    iam, smtp, tls, counts = make_cells(base)
    all_cells = iam + smtp + tls
    parts = [("IAM and STS", iam), ("SMTP", smtp), ("certificates and TLS", tls)]
    if words:
        parts = [(t, [c for c in p if all(w in c.name for w in words)])
                 for t, p in parts]
    elif not full:
        parts = [(t, choose(p)) for t, p in parts]
    print("1..4")
    calls = sum(counts.values())
    few = calls < 20 or 0 in counts.values()
    print(f"{'not ok' if few else 'ok'} 1 - a clean rotation makes {calls} calls")
    print(f"# {counts}")
    context = multiprocessing.get_context("fork")
    fine = not few
    with context.Pool(int(os.environ.get("MATRIX_JOBS", "3")), begin_worker,
                      (base,)) as pool:
        for n, (title, part) in enumerate(parts, 2):
            fine &= run_part(pool, n, title, part)
        pool.close()
        pool.join()
    print(f"# {sum(len(p) for _, p in parts)} of {len(all_cells)} cells")
    return fine


def one(base, words):
    iam, smtp, tls, _ = make_cells(base)
    where = base + "/one"
    os.mkdir(where, 0o700)
    world = NetWorld(where)
    world.pki, world.say = base + "/pki", print
    fine = True
    try:
        for cell in iam + smtp + tls:
            if all(w in cell.name for w in words):
                print(f"==== {cell.name}")
                try:
                    cell.play(world)
                    print("==== well")
                except Wrong as e:
                    fine = False
                    print(f"==== WRONG: {e}")
    finally:
        world.sandbox.stop()
    return fine


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--list", action="store_true")
    p.add_argument("--cell", action="store_true")
    p.add_argument("words", nargs="*")
    args = p.parse_args()
    base = work_dir("matrix")
    os.chmod(base, 0o700)
    try:
        if args.list:
            iam, smtp, tls, _ = make_cells(base)
            for cell in iam + smtp + tls:
                if all(w in cell.name for w in args.words):
                    print(cell.name)
            fine = True
        elif args.cell:
            fine = one(base, args.words)
        else:
            fine = everything(base, os.environ.get("MATRIX_FULL"), args.words)
    except Wrong as e:
        print(f"Bail out! {e}")
        fine = False
    finally:
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
