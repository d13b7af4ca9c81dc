#!/usr/bin/env python3
"""One rotation through clients at other people's services, and what lets us in
there looked for wherever rotate stops: tokens and log-ins of Vault, a token
and a client's key for Kubernetes, a token and an app's key for GitHub, what
GitHub and Google give for those keys, a token of GitLab, the key of a service
account of Google, and our own AWS key with what is derived from it.

In a network of its own, because Gmail sends through port 587 only.
"""
import base64
import json
import os
import resource
import secrets
import shutil
import ssl
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True     # leave nothing behind
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from canary import (Ledger, Seeker, Tap, Wrong, build_dir, halted,  # noqa: E402
                    iam_secret, must, program_of, read, signing_steps,
                    smtp_steps)
from world import REGION, ROOT, USER, Sandbox, work_dir, write  # noqa: E402

PYTHON = "/usr/bin/python3"     # Debian's packages are there
BASE_PORT = 585                 # HTTPS, control, and 587 for STARTTLS
FUNCTION = "mailer"

# Where a secret may be: see canary.Ledger.
# young: also a process of ours that only talks to the network.
KEPT = "(main|young) (?!exit_group)"
ALLOWED = [
    ("password", "arena", KEPT, "locked, guarded, not dumped, wiped"),
    ("iam", "arena", KEPT, "the same; from the answer to the commit"),
    ("operator", "arena", KEPT, "the same"),
    ("seal", "arena", KEPT, "the same"),
    ("seal", "heap", "main (fsync|renameat2) state",
     "while it is made and written: wiping heap"),
    ("operator", "heap", "(main|young) (?!exit_group)",
     "the settings of the profile; wiped before the end"),
    ("token", "arena|heap", "(main|young) connect",
     "while a client is worked on: locked, or in a request, in wiping heap"),
    ("password", "heap", "(main|young) connect", "in a request: wiping heap"),
    ("key", "arena", KEPT, "OpenSSL has it as long as the connection lives"),
    ("key", "heap", "(main|young) connect", "signs or logs in: wiped after it"),
    ("seal", "file", r"state/(seal\.key|\.rotate-)", "the sealing key itself"),
    ("operator", "file", "given/aws$", "the operator's own file"),
    ("token", "file", "given/", "files of the operator"),
    ("key", "file", "given/|github/app.pem$|google/key.json$", "the same"),
]

CONFIG = """\
account: "{account}"
state: {dir}/state
defaults: {{ max_age: 90d, grace: 0s, quiet: 0s, slack: 0s, late_window: 0s }}
identities:
  - name: mail
    iam_user: {user}
    regions: [{region}]
    smtp: {{ host: localhost, port: {port}, tls: starttls, ca_file: {ca} }}
    settle: {{ successes: 1, interval: 0s, timeout: 30s }}
clients:
  - {{ name: vault, type: vault, address: "https://localhost:{vault}", ca_file: {dir}/vault/ca.pem,
      path: mail/news, token_file: {dir}/given/vault, pickup: 0s }}
  - {{ name: approle, type: vault, address: "https://localhost:{vault}", ca_file: {dir}/vault/ca.pem,
      path: mail/more, auth: approle, role_id: r1, secret_id_file: {dir}/given/secret-id, pickup: 0s }}
  - {{ name: kube, type: kubernetes, kubeconfig: {dir}/given/kube, secret: mail, pickup: 0s, force: true }}
  - {{ name: kube-key, type: kubernetes, kubeconfig: {dir}/given/kube-key, secret: new, pickup: 0s, force: true }}
  - {{ name: gitlab, type: gitlab, project: acme/mail, username_variable: MAIL_USER,
      password_variable: MAIL_PASS, token_file: {dir}/given/gitlab, api: "https://localhost:{gitlab}",
      ca_file: {dir}/gitlab/ca.pem, pickup: 0s }}
  - {{ name: app, type: github-actions, repository: octo/mail, username_secret: MAIL_USER,
      password_secret: MAIL_PASS, app_id: "1234", installation_id: "77",
      private_key_file: {dir}/github/app.pem, api: "https://localhost:{github}",
      ca_file: {dir}/github/ca.pem, pickup: 0s }}
  - {{ name: github, type: github-actions, repository: octo/mail, environment: prod,
      username_secret: MAIL_USER, password_secret: MAIL_PASS, token_file: {dir}/given/github,
      api: "https://localhost:{github}", ca_file: {dir}/github/ca.pem, pickup: 0s }}
  - {{ name: gmail, type: gmail, user: ann@example.com, alias: news@example.com,
      key_file: {dir}/google/key.json, api: "https://localhost:{google}",
      ca_file: {dir}/google/ca.pem, pickup: 0s }}
  - {{ name: lambda, type: aws-lambda-env, function: mailer, aws_region: us-east-1, username_variable: SMTP_USER,
      password_variable: SMTP_PASS, pickup: 0s }}
"""


def http(url, body=None, ca=None):
    """JSON out; JSON or nothing in."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data),
                                context=context, timeout=20) as reply:
        text = reply.read()
    return json.loads(text) if text else None


class Services:
    """The stand-ins, and the ways to their control sides."""

    def __init__(self, where, long_token, long_id, aws):
        self.dir, self.processes, self.port, self.side = where, [], {}, {}
        standin = ROOT + "/tests/standin/"
        for name in ("github", "gitlab", "google"):
            os.mkdir(f"{where}/{name}", 0o700)
            self.port[name] = self.start(
                PYTHON, f"{standin}{name}.py", "--dir", f"{where}/{name}")
            self.side[name] = f"https://localhost:{self.port[name]}/_"
        self.plain("vault", PYTHON, HERE + "/long_vault.py", long_token, long_id)
        self.plain("kube", PYTHON, standin + "kube.py")
        venv = os.environ["TEST_VENV"]
        self.aws = "http://127.0.0.1:" + self.start(
            venv, standin + "lambda.py", env=dict(os.environ, **aws))

    def start(self, *argv, **more):
        p = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, **more)
        self.processes.append(p)
        line = p.stdout.readline().split()
        must(line[:1] == ["ready"], f"{argv[1]} did not start")
        return line[1]

    def plain(self, name, *argv):
        os.mkdir(f"{self.dir}/{name}", 0o700)
        self.side[name] = "http://127.0.0.1:" + self.start(*argv)
        env = http(self.side[name] + "/env")
        self.port[name] = env["port"]
        write(f"{self.dir}/{name}/ca.pem", env["ca"])

    def ask(self, name, path, body=None):
        ca = f"{self.dir}/{name}/ca.pem"
        return http(f"{self.side[name]}/{path}", body,
                    ca if self.side[name].startswith("https") else None)

    def stop(self):
        for p in self.processes:
            p.terminate()
            p.wait()
            p.stdout.close()


def numbers_of(pem):
    """The secret numbers of a private key, as bytes, and its lines."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    n = load_pem_private_key(pem.encode(), None).private_numbers()
    for name in ("d", "p", "q", "dmp1", "dmq1", "iqmp", "private_value"):
        value = getattr(n, name, None)
        if value is not None:
            yield name, value.to_bytes((value.bit_length() + 7) // 8, "big")
    lines = [x for x in pem.strip().splitlines() if "-----" not in x]
    # The first line only says what kind of key it is, and the public part.
    for i, line in enumerate(lines[len(lines) // 2:]):
        if len(line) >= 20:
            yield f"line {i}", line.encode()


class Watched:
    def __init__(self, where):
        os.mkdir(where, 0o700)
        os.mkdir(where + "/given", 0o700)
        self.dir, self.seeker, self.ledger = where, Seeker(), Ledger(ALLOWED)
        self.token = {name: f"{prefix}{secrets.token_hex(20)}" for name, prefix in
                      (("vault", "hvs."), ("secret-id", ""), ("kube", "k"),
                       ("gitlab", "glpat-"), ("github", "ghp_"))}
        self.sandbox = Sandbox(where + "/sandbox", "--port-base", str(BASE_PORT))
        env = self.sandbox.env
        self.operator = env.pop("AWS_SECRET_ACCESS_KEY")
        self.key_id = env.pop("AWS_ACCESS_KEY_ID")
        self.services = Services(
            where, self.token["vault"], self.token["secret-id"],
            {"STRICT_KEY_ID": self.key_id, "STRICT_SECRET": self.operator})
        self.env = dict(env, PATH=os.environ["PATH"], LANG="C.UTF-8", HOME=where,
                        AWS_SHARED_CREDENTIALS_FILE=where + "/given/aws",
                        AWS_ENDPOINT_URL_LAMBDA=self.services.aws)
        self.give_files()

    def give_files(self):
        given = self.dir + "/given/"
        for name in ("vault", "secret-id", "gitlab", "github"):
            write(given + name, self.token[name] + "\n")
        write(given + "aws", f"[default]\naws_access_key_id = {self.key_id}\n"
              f"aws_secret_access_key = {self.operator}\n")
        pair = self.services.ask("kube", "client?cn=mailer")
        self.client_key = pair["key"]
        data = {k: base64.b64encode(v.encode()).decode() for k, v in pair.items()}
        for name, user in (
                ("kube", f"token: {self.token['kube']}"),
                ("kube-key", f"client-certificate-data: {data['cert']}, "
                 f"client-key-data: {data['key']}")):
            write(given + name, f"""\
current-context: c
clusters: [{{name: c, cluster: {{server: "https://localhost:{self.services.port['kube']}", certificate-authority: {self.dir}/kube/ca.pem}}}}]
contexts: [{{name: c, context: {{cluster: c, user: u, namespace: prod}}}}]
users: [{{name: u, user: {{{user}}}}}]
""")
        write(self.dir + "/rotate.yaml", CONFIG.format(
            dir=self.dir, account=self.sandbox.env["SANDBOX_ACCOUNT"],
            user=USER, region=REGION, port=BASE_PORT + 2,
            ca=self.sandbox.env["SANDBOX_CA"], **self.services.port))

    def fresh(self):
        ask, s = self.sandbox.ask, self.services
        ask("POST", "/reset")
        ask("POST", "/knobs", {"last_used_granularity_s": 0})
        ask("POST", "/faults", {"service": "iam", "kind": "no_date", "times": -1})
        ask("POST", "/users", {"name": USER, "keys": 1})
        self.old, = self.sandbox.keys()
        pair = {"username": self.old, "password": self.sandbox.password(self.old)}
        for path in ("mail/news", "mail/more"):
            s.ask("vault", "set", {"put": ["", "secret", path, pair]})
        s.ask("kube", "set", {"token": [self.token["kube"], "mailer"]})
        for name in ("mail", "new"):
            s.ask("kube", "set", {"secret": [name, pair, "kubectl", {}]})
        s.ask("gitlab", "set", {"tokens": {
            self.token["gitlab"]: {"scope": "api", "role": 40}}})
        s.ask("github", "set", {f"tokens|{self.token['github']}": {"*": "write"}})
        http(s.aws + "/strict/put", {"name": FUNCTION, "variables": {
            "SMTP_USER": pair["username"], "SMTP_PASS": pair["password"]}})
        self.know()

    def know(self):
        add = self.seeker.add
        add("operator", self.operator)
        for i, x in enumerate(signing_steps(self.operator, ("iam", "sts", "lambda"))):
            add(f"signing key {i}", x)
        for name, value in self.token.items():
            add("token " + name, value)
        for name, pem in (
                ("GitHub", read(self.dir + "/github/app.pem")),
                ("Google", json.loads(read(self.dir + "/google/key.json"))["private_key"]),
                ("Kubernetes", self.client_key)):
            for part, raw in numbers_of(pem):
                add(f"key {name} {part}", raw)
        self.learn()

    def learn(self):
        for key in self.sandbox.keys():
            if "password " + key in self.seeker.known:
                continue
            password = self.sandbox.password(key)
            secret = iam_secret(self.sandbox, key, password)
            self.seeker.add("password " + key, password)
            self.seeker.add("iam " + key, secret)
            for i, step in enumerate(list(smtp_steps(secret))[:-1]):
                self.seeker.add(f"step {i} of {key}", step)
        for name, prefix in (("github", "ghs_"), ("google", "ya29.")):
            for value in self.services.ask(name, "state")["tokens"]:
                if value.startswith(prefix):
                    self.seeker.add(f"token given {value[-6:]}", value)
        for value in self.services.ask("vault", "state")["issued"]:
            self.seeker.add(f"token given {value[-6:]}", value)
        path = self.dir + "/state/seal.key"
        if "seal" not in self.seeker.known and os.path.exists(path):
            raw = read(path, "rb").strip()
            self.seeker.add("seal", bytes.fromhex(raw.decode())
                            if len(raw) == 64 else raw)

    def at_stop(self, stop):
        self.learn()
        commit = stop.what.endswith(".db-wal")
        where = f"{stop.who} {'commit' if commit else stop.call} " + (
            "state" if "/state" in stop.what or stop.what == "seal.key"
            else stop.what)
        self.stops += 1
        self.ledger.judge(self.seeker.memory(stop.pid), where)
        if commit:
            self.files()
        if stop.call == "exit_group":
            for name in ("cmdline", "environ"):
                self.ledger.judge(
                    self.seeker.text(read(f"/proc/{stop.pid}/{name}", "rb")),
                    f"/proc {name} of {program_of(stop.pid)}")
        return "g"

    def files(self):
        for top, dirs, names in os.walk(self.dir):
            if top == self.dir:
                dirs.remove("sandbox")
            for name in names:
                if name in ("server.pem", "other.pem", "stranger.json"):
                    continue    # of the stand-ins
                path = f"{top}/{name}"
                self.ledger.judge(self.seeker.file(path), path[len(self.dir) + 1:])

    def rotate(self, *args):
        self.stops = 0
        code, out, err, dumped = halted(
            [build_dir() + "/rotate", "--config", self.dir + "/rotate.yaml", *args],
            self.at_stop, timeout=120, env=self.env, cwd=self.dir,
            preexec_fn=unlimit)
        self.said = out + err
        must(not dumped, "a core was dumped")
        self.ledger.judge(self.seeker.text(out), "output of rotate")
        self.ledger.judge(self.seeker.text(err), "log of rotate")
        self.files()
        return code


def unlimit():
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


# ---- tests -----------------------------------------------------------------

def rotation(w):
    w.fresh()
    for _ in range(5):
        code = w.rotate("--force", "-v")
        if code == 0:
            break
    must(code == 0, f"exit code {code}: {w.said[-1500:]}")
    new, = w.sandbox.keys()
    must(new != w.old, "nothing was rotated")
    s = w.services
    where = {
        "vault": s.ask("vault", "state")["secrets"]["secret/mail/news"][-1]["username"],
        "gitlab": s.ask("gitlab", "state")["projects"]["acme/mail"]["variables"][0]["value"],
        "gmail": s.ask("google", "state")["mailboxes"]["ann@example.com"]
        ["news@example.com"]["smtpMsa"]["username"],
        "github": s.ask("github", "state")["repositories"]["octo/mail"]["secrets"]
        ["MAIL_USER"]["value"],
        "lambda": http(s.aws + "/strict/get", {"name": FUNCTION})["used"]["SMTP_USER"],
    }
    must(set(where.values()) == {new}, f"the clients hold {where}, not {new}")
    given = [n for n in w.seeker.known if n.startswith("token given")]
    must(len(given) >= 3, f"tokens that were given: {given}")


def looks(w):
    """What is asked of clients between rotations."""
    for args in (["verify"], ["check"], ["clients"], ["status", "--json"],
                 ["history"], ["--dry-run", "--force"]):
        w.rotate(*args)


def refused(w):
    """Services that quote in their refusal what they were given."""
    s = w.services
    for name, secret in (("gitlab", w.token["gitlab"]),
                         ("github", w.token["github"])):
        s.ask(name, "fault", {"method": "GET", "status": 401, "times": 1,
                              "body": {"message": f"bad token {secret}"}})
    for secret in (w.token["vault"], w.token["secret-id"]):
        s.ask("vault", "fault", {"match": ".*", "do": "reply", "status": 400,
                                 "body": json.dumps({"errors": [f"no {secret}"]})})
    w.rotate("verify", "-v")
    w.rotate("verify", "--json")


def finds_them(w):
    """states.t proves the search; here, that it has been told what to find."""
    kinds = {name.split()[0] for name in w.seeker.known}
    must(kinds == {row[0] for row in ALLOWED} | {"signing", "step"},
         f"secrets of the kinds {kinds}")
    for name, raw in w.seeker.known.items():
        hits = w.seeker.text(b"Authorization: Bearer " + raw)
        must(any(h.who == name for h in hits), f"{name} was not found")


def inside():
    base = work_dir("leak-tokens")
    tap, w = Tap(), None
    try:
        w = Watched(base + "/world")
        tap.test("a rotation through nine clients", rotation, w)
        tap.test("the commands that look", looks, w)
        tap.test("services that quote what they were given", refused, w)
        tap.test("each of the secrets would be found", finds_them, w)
        tap.test("every exception is needed", w.ledger.all_used)
        print(f"# {len(w.seeker.known)} secrets in "
              f"{w.seeker.bytes / 1e9:.1f} GB")
    except Wrong as e:
        print(f"Bail out! {e}")
        tap.failed += 1
    finally:
        if w:
            w.services.stop()
            w.sandbox.stop()
        shutil.rmtree(base, ignore_errors=True)
    print(f"1..{tap.n}")
    sys.exit(1 if tap.failed else 0)


def main():
    if "TEST_VENV" in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        inside()
    venv = subprocess.run([ROOT + "/tests/venv.sh"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout.strip()
    os.execvpe("unshare", ["unshare", "-n"] +
               ([] if os.geteuid() == 0 else ["--map-root-user"]) +
               [PYTHON, os.path.abspath(__file__)],
               dict(os.environ, TEST_VENV=venv))


if __name__ == "__main__":
    main()
