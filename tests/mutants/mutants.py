#!/usr/bin/env python3
"""Every guard, check and comparison is taken out in turn; a test must notice.

    tests/mutants/mutants.py [-j N] [GROUP | FILE | FILE:FUNCTION]...

mutate.py writes all mutants of a file into one text, each asleep behind a
number. So the tests of a group are built once; one quiet run of each says
which mutants it passes by at all; and a mutant costs only the runs of tests
that reach it, up to the first failure. What was found is kept in
build/mutants, by the hash of the test program: nothing is run twice.

Survivors are allowed when equivalent.txt says why, line by line.
Needs the archives of FLAVOUR=plain (make mutants sees to that). TAP.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import mutate

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("MUTANTS_OUT", "build/mutants")
LIB = "build/plain"
SIM_ROUNDS = os.environ.get("SIM_ROUNDS", "20000")
EQUIVALENT = os.path.join(HERE, "equivalent.txt")


def c(folder, names):
    return ["%s/%s.c" % (folder, n) for n in names.split()]


def units(names):
    return ["tests/unit/test_" + n for n in names.split()]


# group: the files that are mutated, the tests that shall notice, what these
# are linked with, and what share must be killed (in %).
GROUPS = {
    "engine": dict(
        files=c("rotator", "rotation rotation_facts steps guard begin settle "
                "push verify retire rollback orphan"),
        tests=units("engine engine_clients engine_retire engine_back "
                    "engine_guards engine_limits engine_edges engine_found "
                    "engine_due engine_each engine_late engine_crash engine_time engine_random"),
        with_="tests/sim", share=98),
    "store": dict(
        files=c("rotator", "store_home store_lease store_log store_owner "
                "store_schema store_snapshot store_sql store_sqlite store_sum "
                "store_words store_glance record record_fields record_json "
                "seal seal_key seal_kms seal_kms_call quiet config_stamp"),
        tests=units("store store_damage store_disk store_two store_calls "
                    "store_altered store_edges store_faults store_mutants "
                    "record seal seal_calls seal_faults seal_kms "
                    "seal_kms_mutants quiet quiet_mutants") +
        ["tests/faults/test_store_vfs"],
        share=100),
    "writer": dict(
        files=c("rotator/base", "file file_can file_fail file_flags "
                "file_guard file_in_place file_meta file_owner file_pin "
                "file_place file_replace file_temp file_undo"),
        tests=units("file file_fault file_flags file_guard file_in_place "
                    "file_owner file_race file_mutants file_can_mutants "
                    "file_in_place_mutants file_meta_mutants drv_file "
                    "drv_file_two"),
        share=98),
    "dynamodb": dict(
        files=c("rotator", "store_dynamodb store_dynamodb_call "
                "store_dynamodb_change store_dynamodb_due "
                "store_dynamodb_init store_dynamodb_item "
                "store_dynamodb_lease store_dynamodb_log "
                "store_dynamodb_read store_dynamodb_root "
                "store_dynamodb_seen store_dynamodb_shape "
                "store_dynamodb_words store_move store_move_copy"),
        tests=units("store_dynamodb_mutants store_dynamodb "
                    "store_dynamodb_faults store_move"),
        share=0),
    "fleet": dict(
        files=c("rotator", "fleet_turns fleet_items fleet_kin window") +
        c("sigv4", "retry pace account account_cred account_line "
          "account_room"),
        tests=units("fleet_turns fleet_mutants window retry pace account "
                    "account_mutants"),
        share=0),
}
# Of a file; as a run has shown it, 0: none has come to its end yet.
SHARE = {
    "rotator/rotation.c": 100, "rotator/steps.c": 100,
    "rotator/base/file_place.c": 97, "rotator/base/file_replace.c": 0,
    "rotator/base/file_temp.c": 0, "rotator/base/file_undo.c": 0,
    "rotator/store_dynamodb.c": 100, "rotator/store_dynamodb_call.c": 100,
    "rotator/store_dynamodb_change.c": 100, "rotator/store_dynamodb_due.c": 94,
    "rotator/store_dynamodb_lease.c": 100, "rotator/store_dynamodb_log.c": 92,
    "rotator/store_dynamodb_read.c": 100, "rotator/store_dynamodb_root.c": 100,
    "rotator/store_dynamodb_words.c": 96,
    "rotator/fleet_turns.c": 100, "rotator/fleet_items.c": 97, "rotator/fleet_kin.c": 100,
    "rotator/window.c": 99, "sigv4/retry.c": 87, "sigv4/pace.c": 62,
    "sigv4/account.c": 74, "sigv4/account_cred.c": 93, "sigv4/account_line.c": 65,
    "sigv4/account_room.c": 66,
}
CFLAGS = ("-std=gnu17 -O1 -w -fPIE -D_GNU_SOURCE -Irotator -I. -Itests/unit "
          "-Itests/sim -ftrivial-auto-var-init=pattern "
          "-fsanitize=bounds -fsanitize-undefined-trap-on-error "
          "-DVERSION=\"mutant\"").split()
PKGS = "libcurl libcrypto libssl libcjson yaml-0.1 sqlite3 expat libsodium"
CC = os.environ.get("CC", "gcc").split()
FAILED = re.compile(rb"^(not ok|\[  FAILED  \])", re.M)


def run(argv):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout.decode(errors="replace")


def must(argv):
    rc, said = run(argv)
    if rc != 0:
        sys.exit("%s\n%s" % (" ".join(argv), said))


def newer(a, b):
    return not os.path.exists(b) or os.path.getmtime(a) > os.path.getmtime(b)


def link_flags():
    rc, said = run(["pkg-config", "--libs"] + PKGS.split())
    return said.split() + ["-lm", "-lcmocka", "-lmicrohttpd", "-lpthread"]


# --- building ----------------------------------------------------------------

class Group:
    def __init__(self, name, only=(), ready=""):
        """only: the files that are mutated, none: all of the group. ready:
        where `make` has put the objects of the tests; "": they are built."""
        self.name, self.ready = name, ready
        self.__dict__.update(GROUPS[name])
        self.files = [f for f in self.files if f in only] or self.files
        self.dir = os.path.join(OUT, name)
        self.mutants, self.solo, self.texts = {}, {}, {}
        self.tests = [t for t in self.tests if os.path.exists(t + ".c")]
        os.makedirs(self.dir, exist_ok=True)

    def obj(self, path):
        return os.path.join(self.dir, path.replace("/", "_")[:-2] + ".o")

    def compile(self, text, to, more=()):
        src = to[:-2] + ".c"
        with open(src, "w") as f:
            f.write(text)
        return run(CC + CFLAGS + ["-I", HERE, "-include", HERE + "/mut.h",
                                  *more, "-c", src, "-o", to])

    def write(self, path, first):
        """One file: its mutants, and those that only a constant can show."""
        own = "#line 1 \"%s\"\n" % path
        f = mutate.File(path, open(path).read(), first).build()
        leave_out = set()
        rc, said = self.compile(own + f.written(), self.obj(path))
        if rc != 0:
            consts = [mutate.numbers(p)[:2] for _, _, p, _ in f.around
                      if p.startswith("MUT_CONST")]
            every = {n for pair in consts for n in pair}
            for pair in consts:
                text = own + f.written(every - set(pair))
                if self.compile(text, self.obj(path), ["-fsyntax-only"])[0] != 0:
                    leave_out |= set(pair)
            rc, said = self.compile(own + f.written(leave_out), self.obj(path))
            if rc != 0:
                sys.exit("%s: its mutants do not compile\n%s" % (path, said))
        self.texts[path] = own + f.written()
        for n, m in f.mutants.items():
            (self.solo if n in leave_out else self.mutants)[n] = m
        return f.next

    def build(self):
        first = 0
        for path in self.files:
            first = self.write(path, first)
        if first >= mutate.NOBODY:
            sys.exit("too many mutants")
        must(CC + CFLAGS + ["-c", HERE + "/mut.c", "-o", self.dir + "/mut.o"])
        self.others = [self.dir + "/mut.o"]
        self.made = {t: self.test_object(t) for t in self.tests + self.siblings()}
        self.others += [self.made[t] for t in self.siblings()]
        self.link_flags = link_flags()
        self.objs = {p: self.obj(p) for p in self.files}
        for t in self.tests:
            self.link(t, self.program(t), self.objs)

    def test_object(self, t):
        ready = os.path.join(self.ready, t + ".o")
        if self.ready and os.path.exists(ready) and not newer(t + ".c", ready):
            return ready
        to = self.dir + "/t_" + os.path.basename(t) + ".o"
        must(CC + CFLAGS + ["-c", t + ".c", "-o", to])
        return to

    def siblings(self):
        if not hasattr(self, "with_"):
            return []
        return ["%s/%s" % (self.with_, f[:-2])
                for f in sorted(os.listdir(self.with_)) if f.endswith(".c")]

    def program(self, test):
        return os.path.join(self.dir, os.path.basename(test))

    def link(self, test, to, objs):
        must(CC + ["-pie", self.made[test]] +
             list(objs.values()) + self.others +
             ["%s/lib%s.a" % (LIB, l) for l in "rotator clients sigv4 base".split()] +
             self.link_flags + ["-o", to])


# --- running -----------------------------------------------------------------

def limits(cpu):
    def set_():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1100 << 20, 1100 << 20))  # one has a hole of a GiB
    return set_


def scratch():
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    tmp = tempfile.mkdtemp(prefix="mut.", dir=base)
    os.chmod(tmp, 0o755)  # some tests are somebody else for a while
    return tmp


def passes(program, number, cpu, wall, seen=None):
    """Does the program pass with this mutant awake? Stops at a failure."""
    tmp = scratch()
    env = dict(os.environ, TMPDIR=tmp, SIM_ROUNDS=SIM_ROUNDS, SIM_PAIRS="none",
               CMOCKA_MESSAGE_OUTPUT="TAP", MUT=str(number), DYNAMO_BEHIND="plain")
    if seen:
        env["MUT_SEEN"] = os.path.abspath(seen)
    p = subprocess.Popen([os.path.abspath(program)], env=env,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, preexec_fn=limits(cpu))
    said, end = b"", time.monotonic() + wall
    ok = None
    try:
        with selectors.DefaultSelector() as s:
            s.register(p.stdout, selectors.EVENT_READ)
            while ok is None:
                left = end - time.monotonic()
                if left <= 0 or not s.select(left):
                    ok = False
                    break
                got = os.read(p.stdout.fileno(), 65536)
                if not got:
                    break
                said = (said + got)[-200000:]
                if FAILED.search(said):
                    ok = False
        if ok is None:
            ok = p.wait(max(1, end - time.monotonic())) == 0
    except subprocess.TimeoutExpired:
        ok = False
    finally:
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        p.stdout.close()
        p.wait()
        shutil.rmtree(tmp, ignore_errors=True)
    return ok, said.decode(errors="replace")


class Cache:
    """program hash, mutant -> did it pass; and who killed it last time."""

    def __init__(self):
        self.path = OUT + "/cache.json"
        self.lock = threading.Lock()
        self.d = {"passed": {}, "killer": {}, "quiet": {}}
        try:
            self.d.update(json.load(open(self.path)))
        except (OSError, ValueError):
            pass

    def save(self):
        with self.lock:
            text = json.dumps(self.d)
        with open(self.path + ".new", "w") as f:
            f.write(text)
        os.rename(self.path + ".new", self.path)


def sha(path):
    more = SIM_ROUNDS if path.endswith("_random") else ""
    return hashlib.sha256(open(path, "rb").read() +
                          more.encode()).hexdigest()[:24]


def quiet(cache, program, h):
    """A run with nobody awake: it must pass; what it reached, how long."""
    if h in cache.d["quiet"]:
        return cache.d["quiet"][h]
    seen = program + ".seen"
    with open(seen, "wb") as f:
        f.truncate(1 << 16)
    begin, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ok, said = passes(program, -1, 120, 240, seen)
    if not ok:
        sys.exit("%s fails without a mutant\n%s" % (program, said[-4000:]))
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = {"wall": time.monotonic() - begin,
         "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
         "seen": [i for i, b in enumerate(open(seen, "rb").read()) if b]}
    cache.d["quiet"][h] = r
    return r


class Hunt:
    def __init__(self, group, cache):
        self.g, self.cache, self.t = group, cache, []
        for test in group.tests:
            p = group.program(test)
            h = sha(p)
            q = quiet(cache, p, h)
            self.t.append(dict(name=os.path.basename(test), test=test, path=p,
                               hash=h, cpu=q["cpu"], wall=q["wall"],
                               seen=set(q["seen"])))
        self.t.sort(key=lambda t: t["cpu"])

    def key(self, m):
        return "%s %s: %s" % (m.file, m.func, m.what)

    def tries(self, t, n, name, program, h):
        k = h + " " + name
        if k in self.cache.d["passed"]:
            return self.cache.d["passed"][k]
        ok, _ = passes(program, n, int(t["cpu"] * 4 + 3), t["wall"] * 6 + 8)
        with self.cache.lock:
            self.cache.d["passed"][k] = ok
        return ok

    def killer(self, n, name):
        """The name of a test that fails, or None."""
        reach = [t for t in self.t if n in t["seen"]]
        last = self.cache.d["killer"].get(name)
        reach.sort(key=lambda t: t["name"] != last)
        for t in reach:
            if not self.tries(t, n, name + " #%d" % n, t["path"], t["hash"]):
                with self.cache.lock:
                    self.cache.d["killer"][name] = t["name"]
                return t["name"]
        return None

    def killer_solo(self, n, m, name):
        d = tempfile.mkdtemp(prefix="solo.", dir=self.g.dir)
        try:
            o = d + "/solo.o"
            rc, _ = self.g.compile(self.g.texts[m.file], o,
                                   ["-DMUT_SOLO=%d" % n])
            if rc != 0:
                return "the compiler"
            for t in self.t:
                h = hashlib.sha256((t["hash"] + name).encode()).hexdigest()[:24]
                if h + " " + name not in self.cache.d["passed"]:
                    self.g.link(t["test"], d + "/t", dict(self.g.objs, **{m.file: o}))
                if not self.tries(t, -1, name, d + "/t", h):
                    return t["name"]
            return None
        finally:
            shutil.rmtree(d)


def wanted(m, what):
    return not what or any(w in (m.file, "%s:%s" % (m.file, m.func)) for w in what)


def equivalents():
    ret = {}
    if os.path.exists(EQUIVALENT):
        for line in open(EQUIVALENT):
            if line.strip() and not line.startswith("#"):
                name, _, why = line.rstrip("\n").partition(" @ ")
                ret[name] = why
    return ret


def names(all_):
    """Two mutants that look alike in one function are told apart."""
    ret, count = {}, {}
    for n, m in sorted(all_.items()):
        k = "%s %s: %s" % (m.file, m.func, m.what)
        count[k] = count.get(k, 0) + 1
        ret[n] = k if count[k] == 1 else "%s (%d)" % (k, count[k])
    return ret


def main():
    os.chdir(ROOT)
    os.makedirs(OUT, exist_ok=True)
    a = argparse.ArgumentParser()
    a.add_argument("-j", type=int, default=2)
    a.add_argument("-n", action="store_true", help="only count them")
    a.add_argument("-x", default="", help="tests to leave out, with commas")
    a.add_argument("-o", default="", help="where the tests' objects are already")
    a.add_argument("what", nargs="*")
    a = a.parse_args()
    groups = [g for g in GROUPS if g in a.what] or [
        g for g in GROUPS if any(w.split(":")[0] in GROUPS[g]["files"] for w in a.what)
    ] or list(GROUPS)
    what = [w for w in a.what if w not in GROUPS]
    cache, excused = Cache(), equivalents()
    count, bad, lines = 0, 0, []
    begin = time.monotonic()

    for name in groups:
        g = Group(name, [w.split(":")[0] for w in what], a.o)
        g.tests = [t for t in g.tests
                   if os.path.basename(t) not in a.x.split(",")]
        g.build()
        all_ = {**g.mutants, **g.solo}
        called = names(all_)
        mine = {n: m for n, m in all_.items() if wanted(m, what)}
        if a.n:
            print("# %s: %d mutants" % (name, len(mine)))
            continue
        h = Hunt(g, cache)
        cache.save()
        for t in h.t:
            print("# %s: %.2f s" % (t["name"], t["cpu"]), flush=True)

        def one(n):
            # An argued survivor is not hunted again: it costs every test.
            if called[n] in excused and not os.environ.get("MUTANTS_ALL"):
                return n, "equivalent"
            if n in g.solo:
                return n, h.killer_solo(n, mine[n], called[n])
            return n, h.killer(n, called[n])

        killed, total, left = {}, {}, {}
        with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
            work = [pool.submit(one, n) for n in sorted(mine)]
            for i, done in enumerate(concurrent.futures.as_completed(work)):
                n, by = done.result()
                m = mine[n]
                total[m.file] = total.get(m.file, 0) + 1
                if by == "equivalent":
                    left[m.file] = left.get(m.file, 0) + 1
                elif by:
                    killed[m.file] = killed.get(m.file, 0) + 1
                    if called[n] in excused:
                        print("# no longer a survivor: %s" % called[n])
                else:
                    print("# survived: %s:%d  %s" % (m.file, m.line, called[n]),
                          flush=True)
                if i % 50 == 0:
                    cache.save()
        cache.save()
        for f in g.files:
            if f not in total:
                continue
            k, e, n = killed.get(f, 0), left.get(f, 0), total[f]
            share = 100.0 * (k + e) / n
            ok = share >= SHARE.get(f, g.share)
            count += 1
            bad += not ok
            print("%sok %d - %s: %d of %d killed, %d argued, %d left" % (
                "" if ok else "not ", count, f, k, n, e, n - k - e), flush=True)
        unknown = [k for k in excused if k.split(" ")[0] in g.files and
                   wanted(mutate.Mutant(k.split(" ")[0], 0, k.split(" ")[1][:-1], ""), what) and
                   k not in called.values()]
        for k in unknown:
            print("# equivalent.txt: there is no such mutant: %s" % k)
        bad += len(unknown)
    print("1..%d\n# %d s, %d failed" % (count, time.monotonic() - begin, bad))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
