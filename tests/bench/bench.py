"""What a rotation costs: wall time, processor time, memory, network.

Medians of many cold starts against the sandbox, which shares the processor
with us. "target" is what this project wants to reach; nobody fails here.
Usage: tests/bench/bench.sh [RUNS]
"""
import os
import shutil
import subprocess
import sys
import tempfile

from common import (Lag, build_dir, counters, detour, heading, keep, line,
                    machine, measure, median, must, read, write)
from world import REGION, World

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 21
MANY = 1000
CROWD = 100
LAG_MS = 100
DELAY_MS = 50
DELAY_RUNS = 5
# TCP 1, TLS 1.3 1 (RFC 8446, 2), then one each request; SMTP (RFC 5321, 3207,
# 4954): TCP, banner, EHLO, STARTTLS, TLS, EHLO, AUTH PLAIN with an initial
# response. None of these may be sent before the reply to the one before (RFC
# 2920, 3.1; RFC 3207, 4.2). QUIT needs no wait.
HTTPS_TRIPS, SMTP_TRIPS = 2 + 4, 7
SESSIONS = 3 + 2

# ---- one rotation ----------------------------------------------------------

def known(world):
    """An ordinary day: the key has been seen, its rotation is due by force."""
    world.fresh()
    world.rotate()


def rotation(world, prepare, knobs=None):
    prepare(world)
    if knobs:
        world.sandbox.ask("POST", "/knobs", knobs)
    before = counters(world.sandbox)
    row = measure(world, "--force")
    after = counters(world.sandbox)
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
    before = counters(world.sandbox)
    rows = [measure(world, codes=(0,)) for _ in range(RUNS)]
    after = counters(world.sandbox)
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
    heading("Network of that rotation" + " " * 20 + "(target: protocol minimum)")
    line("HTTPS connections", row["https"], "", 1)
    line("HTTPS requests", row["requests"], "", 4)
    print("    " + ", ".join(f"{k} {n}" for k, n in row["actions"].items()))
    line("SMTP sessions (3 proofs, 2 clients)", row["smtp"], "", SESSIONS)
    line("round trips, HTTPS", 2 * row["https"] + https, "", HTTPS_TRIPS)
    line("round trips, SMTP", 2 * row["smtp"] + smtp, "", SMTP_TRIPS * SESSIONS)


def delayed(world, ms):
    """Cold rotations over a network of that round trip."""
    port = world.sandbox.env["SMTP_STARTTLS_PORT_" + REGION.replace("-", "_")]
    https = world.sandbox.env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    env, text = world.env, read(world.dir + "/rotate.yaml")
    with Lag(ms, [https, port]) as lag:
        world.env, other = detour(env, text, lag, port)
        lag.on()
        write(world.dir + "/rotate.yaml", other)
        row = rotations(world, known, runs=DELAY_RUNS)
    world.env = env
    write(world.dir + "/rotate.yaml", text)
    return row


def show_delay(world):
    near, far = delayed(world, 0), delayed(world, DELAY_MS)
    trips = HTTPS_TRIPS + SMTP_TRIPS * SESSIONS
    heading(f"cold rotation at {DELAY_MS} ms round trip, by {Lag.how()}")
    line("wall time at 0 ms", near["wall"], "ms", 100)
    line(f"wall time at {DELAY_MS} ms", far["wall"], "ms", trips * DELAY_MS + near["wall"])
    line("processor at 0 ms", near["cpu"], "ms")
    line(f"processor at {DELAY_MS} ms", far["cpu"], "ms", near["cpu"])
    line("peak memory", far["rss"], "MB", 16)
    waited = (far["wall"] - near["wall"]) / DELAY_MS
    line("round trips waited for, one after another", waited, "", trips)
    keep("rotation", {"machine": machine(), "near": near, "far": far, "ms": DELAY_MS,
                      "trips": waited, "least": trips, "how": Lag.how()})


def show_derive():
    rows = {n: (float(a), float(b)) for n, a, b in
            (x.split() for x in subprocess.run(
                [os.environ["DERIVE"]], check=True, capture_output=True,
                text=True).stdout.splitlines())}
    bare = rows["calls"][0]
    print(f"\nSMTP passwords on one core\n  {'':<42}{'a second':>9}"
          f"{'times the bare calls':>26}")
    for name, what in (("calls", "five calls of HMAC(), nothing else"),
                       ("fetched", "five HMACs, fetched and made once"),
                       ("ours", "smtp_password_derive() (aim: 1.3)")):
        print(f"  {what:<42}{rows[name][0]:9.0f}{bare / rows[name][0]:26.2f}")
    keep("derive", {"machine": machine(), "rows": rows})


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
    keep("disk", row)
    heading("the very first run, the state is made, too")
    show_cost(rotations(world, lambda w: w.fresh()))


def show_memory(world):
    heading("the same in memory (/dev/shm): without the disk's fsync")
    row = rotations(world, known)
    show_cost(row, 100, 50, 16)
    keep("memory", row)
    show_network(world, row, known)


def show_nothing(world):
    row = nothing_due(world)
    heading(f"nothing due, {MANY} identities with {MANY} clients")
    show_cost(row, 30, None, 16)
    line("calls of any kind", row["calls"], "")


def main():
    print(f"{build_dir()}/rotate on {machine()}")
    show_derive()
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_rotation)
    in_dir("/dev/shm", show_memory)
    in_dir("/dev/shm", show_delay)
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_crowd)
    in_dir(os.environ.get("TMPDIR", "/tmp"), show_nothing)


main()
