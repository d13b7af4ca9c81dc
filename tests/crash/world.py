"""A small world to rotate in: the sandbox, one IAM user with one key, three
clients that hold it (a dotenv file, a file from a template, a program), and
the questions whether all is well. Shared by tests/crash, tests/leak and
tests/bench. Standard library only."""
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REGION = "eu-west-1"
USER = "ses-smtp-test"
IDENTITY = "mail"

# Client files: name, where user name and password stand. Every other byte has
# to survive.
CLIENTS = {
    "app.env": "# application\r\nSMTP_HOST=localhost\nSMTP_USER={user}\n"
               "export SMTP_PASS='{password}'\n\nDEBUG=0",
    "mail.conf": "[mail]\nuser = {user}\npassword = {password}\nport = 587\n",
    "account": "account ses\nhost localhost\nuser {user}\npassword {password}\n"
               "# end\n",
}

CONFIG = """\
account: "{account}"
state: {dir}/state
defaults: {{ max_age: 90d, grace: 0s, quiet: 0s, slack: 0s, late_window: 0s }}
identities:
  - name: mail
    iam_user: ses-smtp-test
    regions: [eu-west-1]
    smtp: {{ host: localhost, port: {port}, tls: starttls, ca_file: {ca} }}
    settle: {{ successes: {successes}, interval: 0s, timeout: 30s }}
clients:
  - name: app
    type: file
    path: {dir}/clients/app.env
    format: dotenv
    username: SMTP_USER
    password: SMTP_PASS
    pickup: 0s
  - name: daemon
    type: file
    path: {dir}/clients/mail.conf
    format: template
    template: {dir}/mail.template
    pickup: 0s
"""
SEAL = """\
seal: {{ path: {dir}/{seal} }}
"""
CONFIG_EXEC = """\
  - name: program
    type: exec
    command: [{program}]
    options: {{ file: {dir}/clients/account }}
    pickup: 0s
"""


def build_dir():
    """Where rotate, ses-sandbox and tests/crash/pt are."""
    return os.path.join(ROOT, os.environ.get("TEST_BUILD", "build/plain"))


class Wrong(Exception):
    """Something that must hold does not."""


def must(fact, text):
    if not fact:
        raise Wrong(text)


def read(path, mode="r"):
    with open(path, mode, newline="" if mode == "r" else None) as f:
        return f.read()


def write(path, text, mode=0o600):
    with open(path, "w", newline="") as f:
        os.fchmod(f.fileno(), mode)
        f.write(text)


class Sandbox:
    """One ses-sandbox process and its control port."""

    def __init__(self, where, *options):
        self.dir = where
        os.makedirs(where, 0o700)
        must(os.access(build_dir() + "/ses-sandbox", os.X_OK),
             f"{build_dir()}/ses-sandbox is missing: make FLAVOUR=plain tests-bin")
        self.process = subprocess.Popen(
            [build_dir() + "/ses-sandbox", "--dir", where, "--region", REGION,
             "--exit-with-parent", *options], stdout=subprocess.PIPE, text=True)
        must(self.process.stdout.readline().startswith("ready"),
             "the sandbox did not start")
        self.env = dict(re.findall(r"^export (\w+)=['\"]?([^'\"\n]*)",
                                   read(where + "/sandbox.env"), re.M))
        self.control = None

    def ask(self, method, path, body=None):
        """JSON in, JSON out; reconnects once, the server may have closed."""
        for attempt in (1, 2):
            try:
                if self.control is None:
                    url = urllib.parse.urlsplit(self.env["SANDBOX_CONTROL"])
                    self.control = http.client.HTTPConnection(url.netloc,
                                                              timeout=20)
                self.control.request(method, path,
                                     None if body is None else json.dumps(body))
                reply = self.control.getresponse()
                text = reply.read().decode()
                break
            except (http.client.HTTPException, OSError):
                self.control = None
                if attempt == 2:
                    raise
        if reply.status >= 300:
            raise RuntimeError(f"sandbox {method} {path}: {text}")
        return json.loads(text or "{}")

    def password(self, key):
        return self.ask("GET", f"/key/{key}/password?region={REGION}")["password"]

    def keys(self):
        """{id: status} of the test user."""
        for user in users_of(self.ask("GET", "/state")):
            if user["name"] == USER:
                return {k["id"]: k["status"] for k in user["keys"]}
        return {}

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def users_of(state):
    users = state["users"]
    if isinstance(users, dict):
        return [dict(v, name=k) for k, v in users.items()]
    return users


class Run:
    """What one run of rotate left: exit code, output, points."""

    def __init__(self, code, out, err, points):
        self.code, self.out, self.err = code, out, err
        self.points = points    # ["main", "write", "what"] each; None: no pt


class World:
    """A directory with configuration, state and clients, and its sandbox."""

    def __init__(self, where, successes=3, program=None, with_exec=True,
                 seal=None):
        self.dir = where
        self.sandbox = Sandbox(where + "/sandbox")
        self.clients = [c for c in CLIENTS if with_exec or c != "account"]
        self.old = None          # the key at the start
        self.passwords = {}      # of every key ever seen
        self.owner = (1, 1) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        self.env = dict(self.sandbox.env, PATH=os.environ["PATH"], LANG="C.UTF-8")
        program = program or ROOT + "/tests/crash/client.sh"
        self.dirs = ["clients"] + ([os.path.dirname(seal)] if seal else [])
        text = CONFIG + (CONFIG_EXEC if with_exec else "")
        if seal:                 # elsewhere than beside the state
            text = SEAL + text
        write(where + "/rotate.yaml", text.format(
            dir=where, account=self.sandbox.env["SANDBOX_ACCOUNT"],
            port=self.sandbox.env["SMTP_STARTTLS_PORT_" + REGION.replace("-", "_")],
            ca=self.sandbox.env["SANDBOX_CA"], successes=successes,
            program=program, seal=seal))
        write(where + "/mail.template", CLIENTS["mail.conf"].format(
            user="{{username}}", password="{{password}}"))

    def fresh(self):
        """As on the first day: one key, three clients, no state."""
        ask = self.sandbox.ask
        ask("POST", "/reset")
        ask("POST", "/knobs", {"last_used_granularity_s": 0})
        ask("POST", "/users", {"name": USER, "keys": 1})
        self.fault()
        self.old, = self.sandbox.keys()
        self.passwords = {self.old: self.sandbox.password(self.old)}
        for name in ["state"] + self.dirs:
            shutil.rmtree(f"{self.dir}/{name}", ignore_errors=True)
        for name in self.dirs:
            os.mkdir(f"{self.dir}/{name}", 0o700)
        for name in self.clients:
            path = f"{self.dir}/clients/{name}"
            write(path, self.image(name, self.old), 0o640)
            os.chown(path, *self.owner)

    def fault(self, **what):
        """Instead of all faults before. The first that fits a request wins,
        and this one fits all of IAM's: without the Date header our own clock
        counts, which has whole seconds, and the waiting times here are zero."""
        no_date = {"service": "iam", "kind": "no_date", "times": -1}
        self.sandbox.ask("DELETE", "/faults")
        self.sandbox.ask("POST", "/faults", ([what] if what else []) + [no_date])

    def met(self, kind):
        """How often that fault came."""
        return self.sandbox.ask("GET", "/state")["counters"].get(
            "faults", {}).get(kind, 0)

    def image(self, name, key):
        return CLIENTS[name].format(user=key, password=self.passwords[key])

    def rotate(self, *args, strike=None, count=False, record=None, timeout=60):
        """Runs rotate; strike: (point, "entry"|"exit", "main"|"all", signal);
        record: a file for what each call did (pt_record.h)."""
        argv = [build_dir() + "/rotate", "--config", self.dir + "/rotate.yaml",
                *args]
        log = f"{self.dir}/points"
        if record:
            argv = [build_dir() + "/tests/crash/pt", "-t", str(timeout), "-r",
                    record] + argv
        if strike or count:
            n, where, whom, signal = strike or (0, "entry", "main", 9)
            argv = [build_dir() + "/tests/crash/pt", "-n", str(n), "-w", where,
                    "-k", whom, "-s", str(signal), "-t", str(timeout),
                    "-l", log] + argv
        done = subprocess.run(argv, env=self.env, cwd=self.dir,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout + 30)
        points = None
        if strike or count:
            points = [line.split(" ", 3)[1:] for line in
                      read(log).splitlines() if not line.startswith("end")]
            must(done.returncode not in (124, 125, 127),
                 f"pt failed with {done.returncode}: {done.stderr}")
        return Run(done.returncode, done.stdout, done.stderr, points)

    # ---- is all well? ------------------------------------------------------

    def pair(self, name):
        """The key id that a client holds; all else about it is checked."""
        path = f"{self.dir}/clients/{name}"
        text = read(path)
        found = re.search(r"AKIA[A-Z0-9]{16}", text)
        must(found, f"{name} holds no key: {text!r}")
        key = found.group()
        must(key in self.passwords, f"{name} holds an unknown key {key}")
        must(text == self.image(name, key),
             f"{name} is neither as before nor as wanted: {text!r}")
        st = os.stat(path)
        must(st.st_mode & 0o7777 == 0o640 and (st.st_uid, st.st_gid) == self.owner,
             f"{name}: mode {st.st_mode & 0o7777:o} owner {st.st_uid}:{st.st_gid}")
        return key

    def available(self):
        """I1, and never more than two keys. Returns IAM's keys."""
        keys = self.sandbox.keys()
        must(len(keys) <= 2, f"{len(keys)} keys in IAM: {keys}")
        for key in keys:
            if key not in self.passwords:
                self.passwords[key] = self.sandbox.password(key)
        for name in self.clients:
            key = self.pair(name)
            must(keys.get(key) == "Active",
                 f"{name} holds {key}, which is {keys.get(key, 'gone')}")
        return keys

    def listing(self):
        """Names of the files beside the clients and in the state directory."""
        return {d: sorted(os.listdir(f"{self.dir}/{d}"))
                for d in self.dirs + ["state"] if os.path.isdir(f"{self.dir}/{d}")}

    def left_over(self):
        """Files that have no business beside the clients or in the state."""
        wanted = {"clients": set(self.clients),
                  "state": {"rotate.db", "seal.key", "spare"},
                  "keys": {"seal.key"}}
        return [f"{d}/{name}" for d, names in self.listing().items()
                for name in names if name not in wanted[d]]

    def silent(self, run):
        """No password was said, no core was left."""
        for key, password in self.passwords.items():
            must(password not in run.out + run.err, f"password of {key} printed")
        must(not [f for f in os.listdir(self.dir) if f.startswith("core")],
             "a core was left")

    def rotated(self, since=0):
        """The end of a rotation: one new key, Active, everybody on it; since:
        the line of the sandbox's log after which it began."""
        keys = self.available()
        must(len(keys) == 1 and self.old not in keys, f"keys at the end: {keys}")
        new, = keys
        for name in self.clients:
            must(self.pair(name) == new, f"{name} still holds another key")
        refused = [x for x in self.sandbox.ask("GET", f"/log?after={since}")
                   if x["event"] == "auth_bad"]
        must(not refused, f"a login was refused: {refused[:1]}")
        return new


def work_dir(name):
    """Memory if there is some: a rotation makes many an fsync."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix=f"rotate-{name}.", dir=os.environ.get("TMPDIR", base))
