"""What the benchmarks share: one run measured, medians, a network with a round
trip, lines of a table, and what was found kept in build/bench for report.py.
"""
import json
import os
import re
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True     # leave nothing behind
sys.path.insert(0, HERE + "/../crash")
from world import ROOT, build_dir, must, read, write  # noqa: E402,F401

KEPT = ROOT + "/build/bench"


def machine():
    """One line: processors, their name, load."""
    name = re.search(r"^model name\s*: (.*)", read("/proc/cpuinfo"), re.M)
    return f"{os.cpu_count()} processors" + (f" ({name[1]})" if name else "") + \
        f", load {os.getloadavg()[0]:.1f} at the start"


def measure(world, *args, codes=(0, 10)):
    """One run: {"wall", "cpu" in ms, "rss" in MB}. world: dir and env."""
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
    return {k: statistics.median(r[k] for r in rows) for k in rows[0]
            if isinstance(rows[0][k], (int, float))}


def counters(sandbox):
    c = sandbox.ask("GET", "/state")["counters"]
    return {"requests": sum(a["calls"] for a in c["iam"].values()),
            "https": c["connections"]["https"], "smtp": c["connections"]["smtp"],
            "actions": {k: a["calls"] for k, a in c["iam"].items() if a["calls"]}}


class Lag:
    """with Lag(ms, ports) as lag: from lag.on() on a round trip of ms lies
    before the ports; lag.to[port] is where to go instead. By netem on the
    loopback of a namespace of our own (BENCH_NETEM, see begin.sh), else by
    lag.c."""

    def __init__(self, ms, ports):
        self.ms, self.ports, self.relay, self.netem = ms, [str(p) for p in ports], None, False
        self.to = {p: p for p in self.ports}

    def __enter__(self):
        if self.ms and not os.environ.get("BENCH_NETEM"):
            self.relay = subprocess.Popen(
                [os.environ["LAG"], str(self.ms), *self.ports],
                stdout=subprocess.PIPE, text=True)
            self.to = dict(zip(self.ports, self.relay.stdout.readline().split()))
        return self

    def on(self):
        if self.relay:
            self.relay.send_signal(signal.SIGUSR1)
        elif self.ms:
            subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "netem",
                            "delay", f"{self.ms / 2}ms", "limit", "100000"], check=True)
            self.netem = True

    def __exit__(self, *_):
        if self.relay:
            self.relay.terminate()
            self.relay.wait()
            self.relay.stdout.close()
        if self.netem:
            subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)

    @staticmethod
    def how():
        return "netem" if os.environ.get("BENCH_NETEM") else "a relay (lag.c)"


def detour(env, config, lag, smtp_port):
    """The environment and the configuration that go by those ports."""
    url = env["AWS_ENDPOINT_URL"]
    port = url.rsplit(":", 1)[1]
    return (dict(env, AWS_ENDPOINT_URL=url.replace(":" + port, ":" + lag.to[port])),
            config.replace(f"port: {smtp_port}", f"port: {lag.to[smtp_port]}"))


def line(what, value, unit, target=None):
    ratio = f"{value / target:6.2f}" if target else ""
    wanted = f"{target:g} {unit}" if target else ""
    print(f"  {what:<42}{value:9.1f} {unit:<4}{wanted:>10}{ratio:>9}")


def heading(text):
    print(f"\n{text}\n  {'':<42}{'median':>9} {'':<4}{'target':>10}{'ratio':>9}")


def keep(name, what):
    """For report.py."""
    os.makedirs(KEPT, exist_ok=True)
    write(f"{KEPT}/{name}.json", json.dumps(what, indent=1) + "\n", 0o644)
