"""What a rotation costs: wall time, processor time, memory, network.

Medians of many cold starts against the sandbox, which shares the processor
with us. "target" is what this project wants to reach; nobody fails here.
Usage: tests/bench/bench.sh [RUNS]
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, HERE + "/../crash")
from world import REGION, World, build_dir, must, read, write  # noqa: E402

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 21
MANY = 1000
CROWD = 100
LAG_MS = 100


def measure(world, *args, codes=(0, 10)):
    """One run: {"wall", "cpu" in ms, "rss" in MB}."""
    log = world.dir + "/measured"
    if os.path.exists(log):
        os.unlink(log)
    subprocess.run([os.environ["MEASURE"], log, build_dir() + "/rotate",
                    "--config", world.dir + "/rotate.yaml", *args],
                   env=world.env, cwd=world.dir, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=open(world.dir + "/stderr", "w"))
    wall, user, system, rss, code = map(int, read(log).split())
    must(code in codes, f"exit code {code}: {read(world.dir + '/stderr')[-500:]}")
    return {"wall": wall / 1000, "cpu": (user + system) / 1000,
            "rss": rss / 1024, "user": user / 1000, "sys": system / 1000}


def median(rows):
    return {k: statistics.median(r[k] for r in rows) for k in rows[0]}


def counters(world):
    c = world.sandbox.ask("GET", "/state")["counters"]
    return {"requests": sum(a["calls"] for a in c["iam"].values()),
            "https": c["connections"]["https"], "smtp": c["connections"]["smtp"],
            "actions": {k: a["calls"] for k, a in c["iam"].items() if a["calls"]}}


# ---- one rotation ----------------------------------------------------------

def known(world):
    """An ordinary day: the key has been seen, its rotation is due by force."""
    world.fresh()
    world.rotate()


def rotation(world, prepare, knobs=None):
    prepare(world)
    if knobs:
        world.sandbox.ask("POST", "/knobs", knobs)
    before = counters(world)
    row = measure(world, "--force")
    after = counters(world)
    must(len(world.available()) == 2, "the rotation did not get to its grace time")
    for k in ("requests", "https", "smtp"):
        row[k] = after[k] - before[k]
    row["actions"] = {k: n - before["actions"].get(k, 0)
                      for k, n in after["actions"].items()
                      if n != before["actions"].get(k, 0)}
    return row


def rotations(world, prepare, knobs=None, runs=RUNS):
    rows = [rotation(world, prepare, knobs) for _ in range(runs)]
    actions = rows[-1]["actions"]
    return dict(median([{k: v for k, v in r.items() if k != "actions"}
                        for r in rows]), actions=actions)


# ---- nothing due -----------------------------------------------------------

def many(world):
    """A thousand identities with a client each, all of them just looked at."""
    ask = world.sandbox.ask
    ask("POST", "/reset")
    shutil.rmtree(world.dir + "/state", ignore_errors=True)
    os.makedirs(world.dir + "/many", 0o700, exist_ok=True)
    text = [f'account: "{world.env["SANDBOX_ACCOUNT"]}"',
            f"state: {world.dir}/state", "identities:"]
    clients = ["clients:"]
    for i in range(MANY):
        ask("POST", "/users", {"name": f"u{i}", "keys": 1})
        text.append(f"  - {{ name: id{i}, iam_user: u{i}, regions: [{REGION}] }}")
        clients.append(
            f"  - {{ name: c{i}, identity: id{i}, type: file, format: dotenv, "
            f"path: {world.dir}/many/{i}.env, username: USER, password: PASS }}")
        write(f"{world.dir}/many/{i}.env", "USER=x\nPASS=y\n")
    write(world.dir + "/rotate.yaml", "\n".join(text + clients) + "\n")
    measure(world, "-q")


def nothing_due(world):
    many(world)
    before = counters(world)
    rows = [measure(world, codes=(0,)) for _ in range(RUNS)]
    after = counters(world)
    calls = after["requests"] + after["smtp"] + after["https"] \
        - before["requests"] - before["smtp"] - before["https"]
    return dict(median(rows), calls=calls)


# ---- many clients of one identity -------------------------------------------

def crowd(world):
    """CROWD file clients hold the pair of one identity."""
    world.fresh()
    os.makedirs(world.dir + "/crowd", 0o700, exist_ok=True)
    text = read(world.dir + "/rotate.yaml").split("clients:")[0] + "clients:\n"
    key = world.old
    for i in range(CROWD):
        path = f"{world.dir}/crowd/{i}.env"
        write(path, f"USER={key}\nPASS={world.passwords[key]}\n")
        text += (f"  - {{ name: c{i}, type: file, format: dotenv, path: {path}, "
                 "username: USER, password: PASS }\n")
    write(world.dir + "/rotate.yaml", text)
    world.rotate()


def show_crowd(world):
    kept = read(world.dir + "/rotate.yaml")
    rows = []
    for _ in range(5):
        write(world.dir + "/rotate.yaml", kept)
        rows.append(rotation(world, crowd))
    row = median([{k: v for k, v in r.items() if k != "actions"} for r in rows])
    heading(f"{CROWD} clients of one identity: pushed, read back, proved")
    show_cost(row, 2000)
    line("wall time a client", row["wall"] / CROWD, "ms", 20)
    line("SMTP sessions", row["smtp"], "", CROWD + 3)


# ---- the table -------------------------------------------------------------

def line(what, value, unit, target=None):
    ratio = f"{value / target:6.2f}" if target else ""
    wanted = f"{target:g} {unit}" if target else ""
    print(f"  {what:<42}{value:9.1f} {unit:<4}{wanted:>10}{ratio:>9}")


def heading(text):
    print(f"\n{text}\n  {'':<42}{'median':>9} {'':<4}{'target':>10}{'ratio':>9}")


def show_cost(row, wall=None, cpu=None, rss=None):
    line("wall time", row["wall"], "ms", wall)
    line("processor, user + system", row["cpu"], "ms", cpu)
    line("  user", row["user"], "ms")
    line("  system", row["sys"], "ms")
    line("peak memory", row["rss"], "MB", rss)


def show_network(world, row, prepare):
    """How often a reply was waited for is measured, not computed: the sandbox
    answers LAG_MS later, and the run gets longer by that much a reply."""
    slow_smtp = rotations(world, prepare, {"smtp_latency_ms": LAG_MS}, 3)
    slow_https = rotations(world, prepare, {"latency_ms": LAG_MS}, 3)
    # The sandbox does not hold back its 220 to STARTTLS: a trip, too.
    smtp = row["smtp"] + round((slow_smtp["wall"] - row["wall"]) / LAG_MS)
    https = round((slow_https["wall"] - row["wall"]) / LAG_MS)
    # TCP 1, TLS 1.3 1 (RFC 8446, 2), then one each request; SMTP (RFC 5321,
    # 3207, 4954): TCP, banner, EHLO, STARTTLS, TLS, EHLO, AUTH PLAIN with an
    # initial response. None of these may be sent before the reply to the one
    # before (RFC 2920, 3.1; RFC 3207, 4.2). QUIT needs no wait.
    sessions = 3 + 2
    heading("Network of that rotation" + " " * 20 + "(target: protocol minimum)")
    line("HTTPS connections", row["https"], "", 1)
    line("HTTPS requests", row["requests"], "", 4)
    print("    " + ", ".join(f"{k} {n}" for k, n in row["actions"].items()))
    line("SMTP sessions (3 proofs, 2 clients)", row["smtp"], "", sessions)
    line("round trips, HTTPS", 2 * row["https"] + https, "", 2 + 4)
    line("round trips, SMTP", 2 * row["smtp"] + smtp, "", 7 * sessions)


def in_dir(base, work):
    if not os.access(base, os.W_OK):
        base = None
    where = tempfile.mkdtemp(prefix="rotate-bench.", dir=base)
    world = None
    try:
        world = World(where, successes=3, with_exec=False)
        text = read(where + "/rotate.yaml")
        write(where + "/rotate.yaml", text.replace("grace: 0s", "grace: 7d"))
        return work(world)
    finally:
        if world:
            world.sandbox.stop()
        shutil.rmtree(where)


def show_rotation(world):
    row = rotations(world, known)
    heading(f"rotate --force: create, prove, push; disk, {RUNS} runs")
    show_cost(row, 100, 50, 16)
    heading("the very first run, the state is made, too")
    show_cost(rotations(world, lambda w: w.fresh()))


def show_memory(world):
    heading("the same in memory (/dev/shm): without the disk's fsync")
    row = rotations(world, known)
    show_cost(row, 100, 50, 16)
    show_network(world, row, known)


def show_nothing(world):
    row = nothing_due(world)
    heading(f"nothing due, {MANY} identities with {MANY} clients")
    show_cost(row, 30, None, 16)
    line("calls of any kind", row["calls"], "")


def main():
    print(f"{build_dir()}/rotate on {os.cpu_count()} processors, "
          f"load {os.getloadavg()[0]:.1f}")
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_rotation)
    in_dir("/dev/shm", show_memory)
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_crowd)
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_nothing)


main()
