"""A rotation recorded call by call in one world (world.py), and any moment of
it brought back: disk (disk.py), IAM, what SES has seen. From there rotate is
run as its timer would, and judged. Shared by recovery.t and powerloss.t."""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disk
from world import USER, Wrong, World, must, read, users_of

ROOTS = ("state", "clients", "keys")
RUNS_MAX = 20
WAL_HEADER = 32
FINE = (0, 10)          # done; waiting for time
BLOCKED = 13
UNANSWERED = "3 CreateAccessKey calls for ses-smtp-test were never answered"
# A hot journal of a database that never came into being. It holds pages of
# empty tables; SQLite throws it away with the next first run.
HARMLESS = {"state/rotate.db.new-journal"}


class Moment:
    """Somewhere to begin: what is on the disk, and which line of the
    sandbox's log was the last."""

    def __init__(self, state, seq, name, origin=None):
        self.state, self.seq, self.name = state, seq, name
        self.origin = origin        # (Disk, call): how the disk came about


class Scene:
    def __init__(self, where, successes=1):
        self.world = World(where, successes=successes, seal="keys/seal.key")
        self.top = where
        self.disk = None
        self.stores = {}            # what SQLite made of a database

    # ---- recording ---------------------------------------------------------

    def _recorded(self, *args):
        """Runs rotate; the calls go to self.disk."""
        w = self.world
        record = f"{self.top}/record"
        run = w.rotate(*args, record=record)
        self.disk.replay(read(record))
        return run

    def log(self, after=0):
        return self.world.sandbox.ask("GET", f"/log?all=1&after={after}")

    def record(self):
        """A whole rotation from the first day on."""
        w = self.world
        w.fresh()
        w.sandbox.ask("POST", "/marks", {"on": True})
        self.disk = disk.Disk(self.top, ROOTS)
        begun = self._seq()
        run = self._recorded("--force", "--json")
        must(run.code == 0 and self.idle(run),
             f"a clean run ends with {run.code}: {run.err}")
        self.end(begun)
        self.base = self.disk
        self.base_seqs = self.seqs(self.disk, 0, begun)
        return self.disk

    def _seq(self):
        return self.world.sandbox.ask("GET", "/state")["seq"]

    def seqs(self, record, first, begun):
        """For each call from first on: the last line of the sandbox's log that
        was written when rotate went on after it. pt lets 2 ms pass before each
        network call, so a line belongs to the last one begun until then."""
        lines = [(int(x["ms"]), x["seq"]) for x in self.log(begun)]
        found, at, seq = [], 0, begun
        calls = record.calls[first:]
        ahead = [None] * len(calls)  # ms of the next network call
        following = float("inf")
        for n in range(len(calls) - 1, -1, -1):
            ahead[n] = following
            if calls[n][2] in disk.NETWORK and ":" in calls[n][3]:
                following = calls[n][0]
        for n in range(len(calls)):
            while at < len(lines) and lines[at][0] < ahead[n]:
                seq = lines[at][1]
                at += 1
            found.append(seq)
        return found

    # ---- beginning again ---------------------------------------------------

    def restore(self, moment):
        w = self.world
        disk.put(self.top, ROOTS, moment.state)
        w.sandbox.ask("POST", "/marks", {"to": moment.seq})

    @staticmethod
    def idle(run):
        rows = json.loads(run.out)["identities"]
        return not rows or rows[0]["state"] == "IDLE"

    def recover(self, moment, record=False):
        """From there to the end. Returns (Disk, its first call, seqs) when it
        was recorded. Three kills, each before an answer to CreateAccessKey
        came, end BLOCKED with one alarm, as they should; then the operator
        does what it says."""
        w = self.world
        self.restore(moment)
        begun = self._seq()
        w.available()
        if record:
            disk_, n = moment.origin
            self.disk = disk_.branch(n)
            self.disk.known()
            first = n + 1
        keys, codes, args = None, [], ()
        rotate = self._recorded if record else w.rotate
        thrice = isinstance(moment.name, list) and len(moment.name) >= 3
        for _ in range(RUNS_MAX):
            run = rotate(*args, "--json")
            codes.append(run.code)
            keys = w.available()
            w.silent(run)
            if thrice and run.code == BLOCKED and UNANSWERED in run.err:
                thrice = False
                must("release mail" in run.err, f"no remedy: {run.err}")
                run = rotate("release", "mail")
                must(run.code == 0, f"release: {run.code} {run.err}")
                continue
            must(run.code in FINE, f"exit code {run.code}: {run.err[-900:]}")
            args = ()
            if self.idle(run) and w.old not in keys:
                self.end(begun)
                return record and (self.disk, first,
                                   self.seqs(self.disk, first, begun))
            if self.idle(run) and list(keys) == [w.old]:
                args = ("--force",)
        raise Wrong(f"not done after {RUNS_MAX} runs, exit codes {codes}, "
                    f"keys {keys}")

    def end(self, begun):
        w = self.world
        new = w.rotated(begun)
        left = [x for x in w.left_over() if x not in HARMLESS]
        must(not left, f"left over: {left}")
        for args in (("history", "--json"), ("status", "--json")):
            run = w.rotate(*args)
            must(run.code == 0, f"{args[0]}: {run.code} {run.err}")
        row, = json.loads(run.out)["identities"]
        must(row["state"] == "IDLE" and row["current_key"] == new,
             f"status says {row['state']} {row['current_key']}")
        made = sum(c["event"] == "call" and c["effect"] and
                   c["action"] == "CreateAccessKey" for c in self.log(begun))
        must(made <= 1, f"{made} keys were made")

    # ---- what was done -----------------------------------------------------

    def deeds(self, recorded):
        """What a recorded recovery did, but for names that are random, for how
        TLS cuts its records, for how many pages of a database changed and for
        how often there was a commit between other deeds: the lease is renewed,
        and a run with nothing to do keeps that or not by when the
        configuration was changed (rotator/quiet.c)."""
        disk_, first, seqs = recorded
        found = []
        for ms, who, name, what in disk_.calls[first:]:
            if name in disk.NETWORK or what.startswith(("pipe:", "socket:")):
                continue
            what = re.sub(r"-[0-9a-f]{32}$", "", what.replace(self.top, ""))
            if name == "pwrite64" and found[-1:] == [(who, name, what)]:
                continue
            found.append((who, name, what))
            if "fdatasync" == name:
                # Once, the name of the journal is synced between two commits.
                at = -1 if found[-3:-2] == [(who, name, "/state")] else 0
                if found[-4 + at:-2 + at] == found[-2:]:
                    del found[-2:]
        return found

    # ---- what counts of a moment -------------------------------------------

    def keys_at(self, seq):
        """{id: status} as IAM had them then; a used one is another one."""
        self.world.sandbox.ask("POST", "/marks", {"to": seq})
        found = {}
        for user in users_of(self.world.sandbox.ask("GET", "/state")):
            if user["name"] == USER:
                for k in user["keys"]:
                    used = k["id"] == self.world.old and k["last_used"]
                    found[k["id"]] = k["status"] + (" used" if used else "")
        for key in found:
            if key not in self.world.passwords:
                self.world.passwords[key] = self.world.sandbox.password(key)
        return found

    def digest(self, state, keys):
        """Two moments with the same digest are the same to the program: it
        reads the same and IAM answers the same. Left out is what it cannot
        see or does not read: bytes of temporary files, which are never opened
        again; pages that no SELECT shows; when something was, since all
        waiting times are zero here; versions, fences and the history, which
        only count up. Names of keys and random texts become symbols."""
        symbols = {}

        def plain(text):
            def sub(m):
                return symbols.setdefault(m.group(), f"K{len(symbols)}")
            text = re.sub(r"AKIA[A-Z0-9]{16}", sub, text)
            for key, password in self.world.passwords.items():
                if key in symbols:
                    text = text.replace(password, "P" + symbols[key])
            text = re.sub(r"AIDA[A-Z0-9]{17}", "U", text)
            text = re.sub(r"v1\.[A-Za-z0-9+/=]+", "SEALED", text)
            return text
        for key in [self.world.old] + sorted(k for k in keys
                                             if k != self.world.old):
            symbols.setdefault(key, f"K{len(symbols)}")
        facts = [sorted((symbols[k], v) for k, v in keys.items())]
        for path in sorted(state):
            is_dir, mode, uid, gid, data = state[path]
            name = re.sub(r"-[0-9a-f]{32}$", "", path)
            if path.endswith("-shm"):
                facts.append((name, mode, uid, gid))
            elif path.endswith("-wal"):
                # When there is something in it, closing copies it.
                facts.append((name, mode, uid, gid, len(data) > WAL_HEADER))
            elif path == "state/rotate.db":
                facts.append((name, mode, uid, gid, self._store(state, plain)))
            elif path.endswith(".new-journal"):
                # SQLite removes one that is not empty.
                facts.append((name, mode, uid, gid, len(data) > 0))
            elif is_dir or name != path or "new" in path or \
                    path in ("keys/seal.key", "state/spare"):
                facts.append((name, mode, uid, gid, is_dir,
                              len(data) if "seal" in path else 0))
            else:
                facts.append((name, mode, uid, gid,
                              plain(data.decode("latin-1"))))
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def _store(self, state, plain):
        """All rows that matter, as SQLite sees them."""
        parts = {end: state.get("state/rotate.db" + end, (None,))[-1]
                 for end in ("", "-wal", "-journal")}
        key = tuple(hashlib.sha256(p or b"").digest() for p in parts.values())
        if key not in self.stores:
            self.stores[key] = self._rows(parts)
        rows, bodies = self.stores[key]
        return repr(rows) + "".join(self._body(b, plain) for b in bodies)

    def _rows(self, parts):
        """(rows, bodies of records); what cannot be read is its own hash."""
        where = f"{self.top}/digest"
        shutil.rmtree(where, ignore_errors=True)
        os.mkdir(where)
        for end, data in parts.items():
            if data is not None:
                with open(f"{where}/db{end}", "wb") as f:
                    f.write(data)
        try:
            db = sqlite3.connect(f"{where}/db")
            ask = lambda sql: db.execute(sql).fetchall()
            rows = [ask("select pid!=0 from lease"), ask("select * from hold"),
                    ask("select * from confirm"), ask("select * from meta"),
                    ask("select name, state, next_at>0 from identity")]
            bodies = [b for b, in ask("select body from identity")]
            db.close()
            return rows, bodies
        except sqlite3.Error as e:
            return [str(e)] + [p and hashlib.sha256(p).hexdigest()
                               for p in parts.values()], []

    @staticmethod
    def _body(body, plain):
        record = json.loads(body)
        record.pop("version")

        def walk(x, key=""):
            if isinstance(x, dict):
                return {k: walk(v, k) for k, v in x.items()}
            if isinstance(x, list):
                return [walk(v) for v in x]
            if isinstance(x, int) and not isinstance(x, bool):
                return min(x, 3)
            if not isinstance(x, str):
                return x
            if key in ("rotation", "evidence"):
                return x != ""
            return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "T", plain(x))
        return json.dumps(walk(record), sort_keys=True)
