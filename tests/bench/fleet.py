"""What a fleet costs: hundreds of identities with three clients each, rotated
over a network with and without a round trip; and what it costs to find that
nothing is due, from 1 to 10,000 identities.

    fleet.py fleet [IDENTITIES...]      FLEET_DELAYS="0 50", in ms
    fleet.py growth [MOST]

State and clients lie in memory (/dev/shm): this is about network and program,
bench.py is about the disk. So many identities go side by side: as the delay
asks for, a few for each processor where there is none and many where most of
the time is waiting; or JOBS. A cell that would take longer than FLEET_SECONDS (300) by what
ten identities took is run with as many as fit, and says so. No verdict.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from common import (Lag, build_dir, counters, detour, heading, keep, line,
                    machine, measure, median, must, read, write)
from world import REGION, Sandbox

PILOT, DROP_IN, RUNS, SETTLE = 10, 100, 5, 6
FEW, MANY = 8, 96
SECONDS = float(os.environ.get("FLEET_SECONDS", "300"))
# What issue 5 aims at: (identities, ms of round trip): seconds.
AIMS = {(100, 0): 0.5, (1000, 50): 30}
MB = 64
CLIENTS = 3
TOP = """\
account: "{account}"
state: {dir}/state
defaults:
  max_age: 90d
  grace: 7d
  late_window: 0s
  smtp: {{ host: localhost, port: {port}, tls: starttls, ca_file: {ca} }}
  settle: {{ successes: 1, interval: 0s, timeout: 60s }}
"""
IDENTITY = "  - {{ name: id{i}, iam_user: u{i}, regions: [{region}] }}\n"
CLIENT = ("  - {{ name: c{i}-{k}, identity: id{i}, type: file, format: dotenv, path: "
          "{dir}/c/{i}-{k}.env, username: USER, password: PASS, pickup: 0s }}\n")
FILE = "# application {k}\nHOST=localhost\nUSER={user}\nPASS={password}\nDEBUG=0\n"


class Fleet:
    def __init__(self, where):
        self.dir = where
        self.sandbox = Sandbox(where + "/sandbox")
        self.env = dict(self.sandbox.env, PATH=os.environ["PATH"], LANG="C.UTF-8")
        self.smtp = self.env["SMTP_STARTTLS_PORT_" + REGION.replace("-", "_")]
        self.https = self.env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]

    def begin(self):
        """Nobody is there yet."""
        self.sandbox.ask("POST", "/reset")
        for name in ("state", "c", "clients.d"):
            shutil.rmtree(f"{self.dir}/{name}", ignore_errors=True)
        for name in ("c", "clients.d"):
            os.mkdir(f"{self.dir}/{name}", 0o700)
        self.count, self.old = 0, []
        write(self.dir + "/rotate.yaml", TOP.format(
            account=self.env["SANDBOX_ACCOUNT"], dir=self.dir, port=self.smtp,
            ca=self.env["SANDBOX_CA"]))

    def grow(self, upto, clients=CLIENTS):
        """Users with a key and clients that hold it, in drop-ins of DROP_IN."""
        for first in range(self.count, upto, DROP_IN):
            some = range(first, min(first + DROP_IN, upto))
            text = "identities:\n" + "".join(
                IDENTITY.format(i=i, region=REGION) for i in some)
            text += "clients:\n" + "".join(
                CLIENT.format(i=i, k=k, dir=self.dir)
                for i in some for k in range(clients))
            write(f"{self.dir}/clients.d/{first:05}.yaml", text)
            for i in some:
                self.enrol(i, clients)
        self.count = upto

    def enrol(self, i, clients):
        made = self.sandbox.ask("POST", "/users", {"name": f"u{i}", "keys": 1})
        key = made["keys"][0]["id"]
        password = self.sandbox.password(key)
        self.old.append(key)
        for k in range(clients):
            write(f"{self.dir}/c/{i}-{k}.env",
                  FILE.format(k=k, user=key, password=password))

    def look(self):
        """An ordinary first day: every key is seen, none is due."""
        return measure(self, "--quiet", "--jobs", str(FEW), codes=(0, 10))

    def rotate(self, ms):
        """All of them, until both keys are good and every client has the new
        one. The state knows its endpoint: the look before goes the same way,
        only sooner."""
        text, env = read(self.dir + "/rotate.yaml"), self.env
        with Lag(ms, [self.https, self.smtp]) as lag:
            self.env, other = detour(env, text, lag, self.smtp)
            write(self.dir + "/rotate.yaml", other)
            self.look()
            before = counters(self.sandbox)
            lag.on()
            row = measure(self, "--force", "--quiet", "--jobs", jobs(ms), codes=(10,))
            after = counters(self.sandbox)
            row["bare"], row["bare_cpu"] = self.bare(lag, ms, before, after)
        self.env = env
        write(self.dir + "/rotate.yaml", text)
        for k in ("requests", "https", "smtp"):
            row[k] = (after[k] - before[k]) / self.count
        made = after["actions"]["CreateAccessKey"] - before["actions"].get("CreateAccessKey", 0)
        must(made == self.count, f"{made} keys for {self.count} identities")
        self.all_moved()
        return row

    def bare(self, lag, ms, before, after):
        """ms of wall and processor for as many log-ins and requests, with
        nothing around them: bare.c."""
        each = [str(max(1, round((after[k] - before[k]) / self.count)))
                for k in ("smtp", "requests")]
        said = subprocess.run(
            [os.environ["BARE"], lag.to[self.smtp], lag.to[self.https],
             self.env["SANDBOX_CA"], jobs(ms), str(self.count), *each],
            input=f"{self.old[0]} {self.sandbox.password(self.old[0])}\n",
            capture_output=True, text=True, check=True).stdout
        return map(float, said.split())

    def all_moved(self):
        keys = {u["name"]: {k["id"] for k in u["keys"]}
                for u in self.sandbox.ask("GET", "/state")["users"]}
        for i in range(self.count):
            held = {read(f"{self.dir}/c/{i}-{k}.env").split("USER=")[1].split("\n")[0]
                    for k in range(CLIENTS)}
            must(held == keys[f"u{i}"] - {self.old[i]},
                 f"u{i}: clients hold {held}, {self.old[i]} was to be replaced")


def jobs(ms):
    return os.environ.get("JOBS", str(MANY if ms else FEW))


def cell(fleet, wanted, ms, pilot):
    """A row of the table: wanted identities, or as many as there is time for."""
    n = wanted
    if pilot and wanted * pilot / 1000 > SECONDS:
        n = max(PILOT, int(SECONDS * 1000 / pilot))
    fleet.begin()
    fleet.grow(n)
    row = fleet.rotate(ms)
    row.update(wanted=wanted, ran=n, ms=ms, jobs=int(jobs(ms)), each=row["wall"] / n)
    return row


def show(row):
    least = f", {row['ran']} of them" if row["ran"] < row["wanted"] else ""
    heading(f"{row['wanted']} identities with {CLIENTS} clients each{least}, "
            f"{row['ms']} ms round trip, {row['jobs']} side by side")
    aim = AIMS.get((row["wanted"], row["ms"]))
    line("wall time", row["wall"] / 1000, "s", aim and aim * row["ran"] / row["wanted"])
    line("wall time beside bare log-ins and requests", row["wall"] / 1000, "s", row["bare"] / 1000)
    line("wall time an identity", row["each"], "ms")
    line("processor an identity", row["cpu"] / row["ran"], "ms", row["bare_cpu"] / row["ran"])
    line("peak memory", row["rss"], "MB", MB)
    line("API calls an identity", row["requests"], "", 3)
    line("HTTPS connections in all", row["https"] * row["ran"], "")
    line("SMTP sessions an identity", row["smtp"], "", 1 + CLIENTS)


SYSTEM = "/etc/ssl/certs/ca-certificates.crt"


def bundles(fleet):
    """What it costs to trust many: the sandbox's authority alone, and among all
    those of the system, in one file that is named (ca_file, AWS_CA_BUNDLE)."""
    small, big = fleet.env["SANDBOX_CA"], fleet.dir + "/bundle.pem"
    write(big, read(SYSTEM) + read(small))
    rows = []
    for path in (small, big):
        fleet.env = dict(fleet.env, SANDBOX_CA=path, AWS_CA_BUNDLE=path)
        row = cell(fleet, PILOT, 0, None)
        rows.append({"certificates": read(path).count("BEGIN CERT"),
                     "cpu": row["cpu"] / PILOT, "wall": row["each"], "rss": row["rss"]})
    fleet.env = dict(fleet.env, SANDBOX_CA=small, AWS_CA_BUNDLE=small)
    heading(f"{rows[1]['certificates']} authorities in a named file instead of one")
    line("processor an identity", rows[1]["cpu"], "ms", rows[0]["cpu"])
    line("wall time an identity", rows[1]["wall"], "ms", rows[0]["wall"])
    line("peak memory", rows[1]["rss"], "MB", rows[0]["rss"])
    return rows


def fleets(where, sizes):
    fleet = Fleet(where)
    rows = []
    try:
        many = bundles(fleet) if os.access(SYSTEM, os.R_OK) else []
        for ms in map(int, os.environ.get("FLEET_DELAYS", "0 50").split()):
            pilot = cell(fleet, PILOT, ms, None)
            for n in sizes:
                rows.append(cell(fleet, n, ms, pilot["each"]))
                show(rows[-1])
    finally:
        fleet.sandbox.stop()
    keep("fleet", {"machine": machine(), "rows": rows, "how": Lag.how(),
                   "clients": CLIENTS, "bundles": many})


def calls(fleet):
    c = counters(fleet.sandbox)
    return c["requests"] + c["https"] + c["smtp"]


def growth(where, most):
    fleet = Fleet(where)
    rows = []
    print(f"\nnothing due\n  {'identities':>10} {'run ms':>9} {'CPU ms':>8} {'MB':>7} "
          f"{'whole, CPU ms':>14} {'status ms':>10} {'MB':>7} {'calls':>6} {'first look, ms each':>20}")
    try:
        fleet.begin()
        n = 1
        while n <= most:
            new = n - fleet.count
            fleet.grow(n, clients=1)
            first = fleet.look()
            before = calls(fleet)
            # The first reads everything; that there was nothing is kept as
            # soon as the files are old enough to be told from changed ones.
            whole, until = measure(fleet, codes=(0,)), time.monotonic() + SETTLE
            while time.monotonic() < until:
                measure(fleet, codes=(0,))
            idle = median([measure(fleet, codes=(0,)) for _ in range(RUNS)])
            made = calls(fleet) - before
            status = median([measure(fleet, "status", codes=(0, 10)) for _ in range(RUNS)])
            rows.append({"n": n, "run": idle, "whole": whole, "status": status, "calls": made,
                         "look": first["wall"] / new})
            print(f"  {n:>10} {idle['wall']:>9.1f} {idle['cpu']:>8.1f} {idle['rss']:>7.1f} "
                  f"{whole['cpu']:>14.1f} {status['wall']:>10.1f} {status['rss']:>7.1f} {made:>6} "
                  f"{rows[-1]['look']:>20.1f}", flush=True)
            n *= 10
    finally:
        fleet.sandbox.stop()
    keep("growth", {"machine": machine(), "rows": rows})


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "fleet"
    numbers = [int(x) for x in sys.argv[2:]]
    where = tempfile.mkdtemp(prefix="rotate-fleet.", dir="/dev/shm")
    print(f"{build_dir()}/rotate on {machine()}")
    try:
        if what == "growth":
            growth(where, (numbers or [10000])[0])
        else:
            fleets(where, numbers or [100, 1000])
    finally:
        shutil.rmtree(where)


main()
