#!/usr/bin/env python3
"""Kills rotate at every system call of every recovery, and of the recovery
from that, until no new state comes of it: so it is enough for any number of
kills one after the other.

A kill leaves what was done so far: the disk and IAM. Both are known from one
recorded run at each of its calls (disk.py), so that no run is needed to see
the states that kills leave. States are one when program and IAM cannot tell
them apart (Scene.digest); of each, one is brought back, rotate is run on it to
the end and recorded, and every call of that is the next kill.

That the states of a group are one to the program is not taken on trust: their
recoveries must do the same, call by call. Nor is the record: real kills (pt
-n) must leave states that are among those it said.

In CI it ends with the recoveries from kills in recoveries (all pairs of
kills), looks at the first and, after one kill, the last member of a group, and
kills for real at every 12th call. CRASH_FULL=1: until nothing new comes, all members that one
kill leads to, every call. TEST_BUILD: build/plain.
"""
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disk
from scene import ROOTS, Moment, Scene
from tap import Tap
from world import Wrong, work_dir

FULL = os.environ.get("CRASH_FULL")
GROUPS_MAX = 3000


class Closure:
    """All states that kills can leave; groups[digest] = Moments."""

    def __init__(self, scene):
        self.scene = scene
        self.groups, self.deeds = {}, {}
        self.frontier = []
        self.kills = 0
        self.keys = {}

    def keys_at(self, seq):
        if seq not in self.keys:
            self.keys[seq] = self.scene.keys_at(seq)
        return self.keys[seq]

    def add(self, recorded, path):
        """Every call of a recorded run is a kill."""
        record, first, seqs = recorded
        last = (None, None, None)
        for n, state in record.kills(first):
            self.kills += 1
            seq = seqs[max(n - first, 0)]
            keys = self.keys_at(seq)
            if last[0] is not state or last[1] != keys:
                last = state, keys, self.scene.digest(state, keys)
            moment = Moment(state, seq, path + [n - first + 1], (record, n))
            self.group(last[2], moment, keep=not path)

    def group(self, key, moment, keep):
        if key not in self.groups:
            self.groups[key] = []
            self.frontier.append(key)
        self.groups[key].append(moment)
        if not keep and len(self.groups[key]) > 2:
            del self.groups[key][1]     # first and last are enough

    def recover(self, moment, record=True):
        try:
            return self.scene.recover(moment, record=record), None
        except Exception as e:
            if not isinstance(e, Wrong):
                e = f"{type(e).__name__}: {e} (line {e.__traceback__.tb_lineno})"
            return None, f"killed at {moment.name}: {e}"

    def explore(self):
        """In CI each kill of a recovery is recovered from, but kills in that
        are not looked for any more."""
        bad = []
        while self.frontier and len(self.groups) < GROUPS_MAX:
            key = self.frontier.pop(0)
            moment = self.groups[key][0]
            deeper = FULL or len(moment.name) == 1
            recorded, failure = self.recover(moment, deeper)
            if failure:
                record, n = moment.origin
                bad.append(f"{record.calls[n][1:]} {failure}")
            elif deeper:
                self.deeds[key] = self.scene.deeds(recorded)
                self.add(recorded, moment.name)
        return bad

    def others(self):
        """The other members of each group: same end, same deeds."""
        bad, tried = [], 0
        for key, moments in list(self.groups.items()):
            last = moments[1:][-1:] if key in self.deeds else []
            chosen = moments[1:] if FULL else last
            for moment in chosen:
                recorded, failure = self.recover(moment)
                tried += 1
                if failure:
                    bad.append(failure)
                elif key in self.deeds:
                    done = self.scene.deeds(recorded)
                    if done != self.deeds[key]:
                        bad.append(differ(moment.name, self.groups[key][0].name,
                                          done, self.deeds[key]))
        return tried, bad


def differ(name, first, mine, theirs):
    for i, (a, b) in enumerate(zip(mine + [None], theirs + [None])):
        if a != b:
            return f"killed at {name}: call {i} of the recovery is {a}, but " \
                   f"{b} after {first}"
    return f"killed at {name}: {len(mine)} calls, not {len(theirs)}"


def really(closure, points):
    """Kills for real, in a fresh world each: is that state among ours?"""
    scene, bad = closure.scene, []
    w = scene.world
    for n in points:
        w.fresh()
        run = w.rotate("--force", "--json", strike=(n, "entry", "all", 9))
        if len(run.points) < n:
            continue
        seen = disk.Disk(scene.top, ROOTS)
        w.sandbox.ask("POST", "/marks", {"on": True})
        state = seen.state(())
        key = scene.digest(state, scene.keys_at(scene._seq()))
        if key not in closure.groups:
            bad.append(f"a kill at {n} {' '.join(run.points[n - 1])} leaves a "
                       f"state that the record does not have")
    return bad


def main():
    base = work_dir("recovery")
    tap, begun = Tap(), time.monotonic()
    os.mkdir(base + "/world", 0o700)
    scene = Scene(base + "/world")
    try:
        scene.record()
        closure = Closure(scene)
        closure.add((scene.base, 0, scene.base_seqs), [])
        firsts, kills = len(closure.groups), closure.kills
        tap.say(kills > 500, f"a kill at each of {kills} calls leaves {firsts} "
                f"states")
        bad = closure.explore()
        tap.say(not bad and not closure.frontier,
                f"a kill at each of {closure.kills - kills} calls of "
                f"{len(closure.deeds)} recoveries "
                f"{'until nothing new comes ' if FULL else ''}leaves "
                f"{len(closure.groups) - firsts} other states; all "
                f"{len(closure.groups)} are recovered from", bad[:5])
        tried, bad = closure.others()
        tap.say(not bad, f"{tried} other states of the same kinds are recovered "
                f"from call by call alike", bad[:5])
        points = range(1, kills + 1, 1 if FULL else 12)
        bad = really(closure, points)
        tap.say(not bad, f"{len(points)} real kills leave what was recorded",
                bad[:5])
    except Wrong as e:
        print(f"Bail out! {e}")
        tap.failed += 1
    finally:
        scene.world.sandbox.stop()
        shutil.rmtree(base, ignore_errors=True)
    used = os.times()
    print(f"# {time.monotonic() - begun:.0f} s, {sum(used[:4]):.0f} CPU s")
    print(f"1..{tap.n}")
    sys.exit(tap.failed != 0)


if __name__ == "__main__":
    main()
