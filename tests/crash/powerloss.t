#!/usr/bin/env python3
"""Cuts the power at every system call of a rotation, and of the recoveries
from kills, and starts rotate on every disk that may be left.

One run is recorded call by call; disk.py says what may then be on the disk of
what was not synced: nothing, all, each beginning, all but one, one alone, the
last write torn at each sector. SQLite's files are among them; what it maps
(-shm) is junk. IAM is as it was in that moment. From there rotate is run to
the end and judged as after a kill (Scene.recover).

The second part cuts after a kill: what the killed run did not sync, the next
one finds in the page cache and takes for done.

Disks that the program cannot tell apart (Scene.digest) are one state. In CI
each state is recovered from once for each of the ways it came about, and the
second part cuts where something outside is about to change. POWERLOSS_FULL=1:
the first part tries every disk, the second one cuts at every call and tries
each state once for each way and each kill. POWERLOSS_JOBS: processes (1).
TEST_BUILD: build/plain.
"""
import collections
import hashlib
import multiprocessing
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disk
from scene import Moment, Scene
from tap import Tap
from world import Wrong, must, work_dir

FULL = os.environ.get("POWERLOSS_FULL")
ROTATION = "rotation"


class Losses:
    """The disks that power cuts leave, each once."""

    def __init__(self, scene, share=(0, 1)):
        self.scene, self.share = scene, share
        self.keys = {}
        self.seen = set()           # (changes, torn, IAM)
        self.disks = set()          # what is on them, and IAM
        self.states = collections.OrderedDict()     # digest -> ways
        self.tried, self.bad = 0, []

    def keys_at(self, seq):
        if seq not in self.keys:
            self.keys[seq] = self.scene.keys_at(seq)
        return self.keys[seq]

    def cut(self, recorded, part, only=None):
        """All cuts of a recorded run; only(calls, n): at which calls."""
        record, first, seqs = recorded
        self.seen.clear()           # numbers of changes are its own
        for n in range(first, len(record.calls)):
            if only and not only(record.calls, n):
                continue
            keys = self.keys_at(seqs[n - first])
            iam = tuple(sorted(keys.items()))
            for way, applied, torn in record.losses(n):
                if (applied, torn, iam) in self.seen:
                    continue
                self.seen.add((applied, torn, iam))
                state = record.state(applied, torn)
                if self.new_disk(state, iam):
                    self.judge(part, way, record, n, applied, torn,
                               Moment(state, seqs[n - first], n))

    def new_disk(self, state, iam):
        whole = hashlib.sha256(repr(iam).encode())
        for path in sorted(state):
            if not path.endswith("-shm"):
                whole.update(repr((path,) + state[path][:4]).encode())
                data = state[path][4]
                if path != "state/spare":       # zeros, and many
                    whole.update(hashlib.sha256(data).digest())
                whole.update(b"%d" % len(data))
        whole = whole.digest()
        fresh = whole not in self.disks
        self.disks.add(whole)
        return fresh

    def judge(self, part, way, record, n, applied, torn, moment):
        try:
            self.no_secret(moment.state)
            key = self.scene.digest(moment.state, self.keys_at(moment.seq))
            ways = self.states.setdefault(key, set())
            if (part, way) in ways and not (FULL and part == ROTATION):
                return
            ways.add((part, way))
            if len(self.disks) % self.share[1] != self.share[0]:
                return              # another process does that
            self.tried += 1
            self.scene.recover(moment)
        except Exception as e:
            if not isinstance(e, Wrong):
                e = f"{type(e).__name__}: {e} (line {e.__traceback__.tb_lineno})"
            self.bad.append(f"{part}, power cut after call {n} "
                            f"{' '.join(record.calls[n][1:])}: {way}"
                            f"{missing(record, n, applied, torn)}\n{e}")

    def no_secret(self, state):
        """In clear only in the client's own file, or in one that will be it,
        which nobody else may read."""
        for path, (is_dir, mode, uid, gid, data) in state.items():
            for key, password in self.scene.world.passwords.items():
                if password.encode() not in data:
                    continue
                must(path.startswith("clients/"), f"password in {path}")
                must(mode & 0o007 == 0, f"{path} with mode {mode:o}")


def missing(record, n, applied, torn):
    """In words, what of the last changes is not on that disk."""
    text = [describe(record, i) for i in range(record.ends[n])
            if i not in applied and (not torn or torn[0] != i)]
    if torn:
        text.append(f"{describe(record, torn[0])} torn {torn[1:]}")
    return "; not on the disk: " + ", ".join(text[-4:]) if text else ""


def describe(record, i):
    c = record.changes[i]
    call = record.calls[c.call] if c.call < len(record.calls) else ("", "", "", "")
    return f"{call[2]} {os.path.basename(call[3])} (call {c.call})"


def before_effect(calls, n):
    """The next call is one to the network, or there is none: what counts is
    what is on the disk by now."""
    return n + 1 == len(calls) or (calls[n + 1][2] in disk.NETWORK and
                                   calls[n][2] not in disk.NETWORK)


def kills(scene):
    """One kill for each state that kills can leave."""
    found, last = {}, (None, None)
    for n, state in scene.base.kills(0):
        seq = scene.base_seqs[max(n, 0)]
        if last != (id(state), seq):
            last = (id(state), seq)
            key = scene.digest(state, scene.keys_at(seq))
            found.setdefault(key, Moment(state, seq, n, (scene.base, n)))
    return list(found.values())


def work(where, share):
    """Both parts; (calls, disks, states, tried, bad) of each."""
    os.mkdir(where, 0o700)
    scene = Scene(where)
    found = []
    try:
        scene.record()
        losses = Losses(scene, share)
        losses.cut((scene.base, 0, scene.base_seqs), ROTATION)
        found.append((len(scene.base.calls), len(losses.disks),
                      len(losses.states), losses.tried, losses.bad))
        calls, disks, states = 0, len(losses.disks), len(losses.states)
        losses.tried, losses.bad = 0, []
        for moment in kills(scene):
            try:
                recorded = scene.recover(moment, record=True)
            except Wrong as e:
                losses.bad.append(f"killed after call {moment.name}: {e}")
                continue
            calls += len(recorded[0].calls) - recorded[1]
            part = f"after a kill at {moment.name}" if FULL else "after a kill"
            losses.cut(recorded, part, None if FULL else before_effect)
        found.append((calls, len(losses.disks) - disks,
                      len(losses.states) - states, losses.tried, losses.bad))
        return found
    finally:
        scene.world.sandbox.stop()


def worker(pipe, where, share):
    try:
        pipe.send(work(where, share))
    except Exception as e:
        pipe.send(f"{type(e).__name__}: {e} (line {e.__traceback__.tb_lineno})")


def main():
    base = work_dir("powerloss")
    tap, begun = Tap(), time.monotonic()
    jobs = int(os.environ.get("POWERLOSS_JOBS", "1"))
    context = multiprocessing.get_context("fork")
    ends = []           # (its end of a pipe, process)
    for job in range(jobs):
        mine, theirs = context.Pipe(False)
        process = context.Process(target=worker, args=(
            theirs, f"{base}/{job}", (job, jobs)))
        process.start()
        ends.append((mine, process))
    results = [mine.recv() for mine, _ in ends]
    for _, process in ends:
        process.join()
    shutil.rmtree(base, ignore_errors=True)
    titles = ("of a rotation", "of the recoveries from kills")
    for i, title in enumerate(titles):
        broken = [r for r in results if isinstance(r, str)]
        if broken:
            tap.say(False, f"power cuts at the calls {title}", broken)
            continue
        calls, disks, states = results[0][i][:3]
        tried = sum(r[i][3] for r in results)
        bad = [b for r in results for b in r[i][4]]
        tap.say(not bad, f"power cuts at {calls} calls {title} leave {disks} "
                f"disks, {states} states of them new; rotate was started on "
                f"{tried} and recovered from {tried - len(bad)}", bad[:8])
    used = os.times()
    print(f"# {time.monotonic() - begun:.0f} s, {sum(used[:4]):.0f} CPU s")
    print(f"1..{tap.n}")
    sys.exit(tap.failed != 0)


if __name__ == "__main__":
    main()
