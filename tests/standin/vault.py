"""vault: a stand-in for HashiCorp Vault and OpenBao, as far as KV and log-in
go. It refuses what they refuse. Written from
https://developer.hashicorp.com/vault/api-docs (secret/kv/kv-v2, secret/kv/kv-v1,
auth/approle, auth/kubernetes, system/capabilities-self, system/internal-ui)
and https://developer.hashicorp.com/vault/docs/concepts/policies.

/reset makes: namespaces "" and "team"; in each the mounts secret (KV 2), old
(KV 1), and the log-ins approle (role r1, secret id s1) and kubernetes (role
mail, token jwt1). Tokens: good (read, create, update on secret/data/*), ro
(read), upd (read, update), blind (create, update), none (no policy), bare (good without the default policy), team (good,
of namespace team).

/set: {"sealed": bool, "standby": bool, "put": [ns, mount, path, data],
       "delete": [ns, mount, path], "destroy": [..], "cas_required": [..],
       "batch": bool}
"""
import re

from standin import Service, dumps, loads

FULL = {"secret/data/*": ["create", "read", "update"], "old/*": ["read"],
        "nowhere/*": ["read", "update"],
        "teams/kv/data/*": ["create", "read", "update"]}
POLICIES = {
    "good": FULL,
    "upd": {"secret/data/*": ["read", "update"]},
    "ro": {"secret/data/*": ["read"]},
    "blind": {"secret/data/*": ["create", "update"]},
    "default": {"sys/capabilities-self": ["update"],
                "auth/token/revoke-self": ["update"],
                "sys/internal/ui/mounts/*": ["read"]},
}
NO = {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
BARE_NO = {"errors": ["permission denied"]}


def errors(*text):
    return {"errors": list(text)}


class Secret:
    def __init__(self):
        self.versions = []  # of {"data", "deleted", "destroyed"}
        self.cas_required = False

    def meta(self, n):
        v = self.versions[n - 1]
        return {"created_time": "2026-11-21T03:40:00.000000000Z",
                "custom_metadata": None,
                "deletion_time":
                    "2026-11-21T04:00:00.000000000Z" if v["deleted"] else "",
                "destroyed": v["destroyed"], "version": n}


def envelope(data):
    return {"request_id": "0", "lease_id": "", "renewable": False,
            "lease_duration": 0, "data": data, "wrap_info": None,
            "warnings": None, "auth": None}


class Vault(Service):
    def reset(self):
        self.sealed = self.standby = self.batch = False
        self.logins = self.revoked = self.v1_writes = 0
        self.space = {ns: {"secret": (2, {}), "old": (1, {}),
                           "teams/kv": (2, {})} for ns in ("", "team")}
        self.tokens = {"good": ("", ["good", "default"]),
                       "upd": ("", ["upd", "default"]),
                       "ro": ("", ["ro", "default"]),
                       "blind": ("", ["blind", "default"]),
                       "none": ("", ["default"]),
                       "bare": ("", ["good"]),
                       "team": ("team", ["good", "default"])}

    def set(self, **args):
        for name in ("sealed", "standby", "batch"):
            if name in args:
                setattr(self, name, args[name])
        if "put" in args:
            ns, mount, path, data = args["put"]
            version, secrets = self.space[ns][mount]
            if version == 1:
                secrets[path] = data
            else:
                secrets.setdefault(path, Secret()).versions.append(
                    {"data": data, "deleted": False, "destroyed": False})
        for what in ("delete", "destroy", "cas_required"):
            if what in args:
                ns, mount, path = args[what]
                s = self.space[ns][mount][1][path]
                if what == "cas_required":
                    s.cas_required = True
                elif what == "delete":
                    s.versions[-1]["deleted"] = True
                else:
                    s.versions[-1].update(destroyed=True, data=None)

    def state(self):
        return {"tokens": sorted(self.tokens), "logins": self.logins,
                "revoked": self.revoked, "v1_writes": self.v1_writes,
                "newest": {  # as text, with its numbers as they are
                    "/".join(filter(None, (ns, mount, path))):
                        dumps(s.versions[-1]["data"])
                    for ns, mounts in self.space.items()
                    for mount, (version, secrets) in mounts.items()
                    if version == 2 for path, s in secrets.items()},
                "secrets": {
                    "/".join(filter(None, (ns, mount, path))):
                        [v["data"] for v in s.versions]
                    for ns, mounts in self.space.items()
                    for mount, (version, secrets) in mounts.items()
                    if version == 2 for path, s in secrets.items()}}

    # What the policies of a token allow for a path, most specific first: an
    # exact path wins over a prefix, a longer prefix over a shorter one.
    def capabilities(self, policies, path):
        best = {}
        for p in policies:
            for pattern, caps in POLICIES.get(p, {}).items():
                if pattern.endswith("*"):
                    hit = path.startswith(pattern[:-1])
                else:
                    hit = path == pattern
                if hit:
                    rank = (not pattern.endswith("*"), len(pattern))
                    best.setdefault(rank, set()).update(caps)
        return sorted(best[max(best)]) if best else []

    def answer(self, h, method, path, body):
        if h.headers.get("X-Vault-Request") != "true":
            return 412, errors("missing X-Vault-Request")
        if self.sealed:
            return 503, errors("Vault is sealed")
        if self.standby:
            return 307, "", {"Location": "https://active.invalid:8200" + path}
        if not path.startswith("/v1/"):
            return 404, "404 page not found"
        path = path[len("/v1/"):]
        args = {}
        if body:
            try:
                args = loads(body)
            except ValueError as e:
                return 400, errors("failed to parse JSON input: %s" % e)
        ns = (h.headers.get("X-Vault-Namespace") or "").strip("/")
        m = re.fullmatch(r"auth/([a-z0-9/-]+)/login", path)
        if m and method in ("POST", "PUT"):
            return self.login(ns, m.group(1), args)
        token = h.headers.get("X-Vault-Token")
        if ns not in self.space or not token:
            return 403, BARE_NO
        if token not in self.tokens or self.tokens[token][0] != ns:
            return 403, errors("2 errors occurred:\n\t* permission denied\n"
                               "\t* invalid token\n\n")
        return self.known(ns, token, method, path, args)

    def login(self, ns, mount, args):
        if ns not in self.space:
            return 403, BARE_NO
        if mount in ("approle", "teams/approle"):
            if args.get("role_id") != "r1" or args.get("secret_id") != "s1":
                return 400, errors("invalid role or secret ID")
        elif mount == "kubernetes":
            if args.get("role") != "mail":
                return 400, errors('invalid role name "%s"' % args.get("role"))
            if args.get("jwt") != "jwt1":
                return 403, BARE_NO
        else:
            return 403, BARE_NO
        self.logins += 1
        token = "hvs.login%d" % self.logins
        self.tokens[token] = (ns, ["good", "default"])
        return 200, dict(envelope(None), auth={
            "client_token": token, "accessor": "a", "policies": ["good"],
            "token_policies": ["good"], "metadata": {}, "lease_duration": 60,
            "renewable": not self.batch, "entity_id": "", "orphan": True,
            "token_type": "batch" if self.batch else "service",
            "mfa_requirement": None, "num_uses": 0})

    def known(self, ns, token, method, path, args):
        caps = self.capabilities(self.tokens[token][1], path)
        need = "read" if method == "GET" else "update"
        if path == "sys/capabilities-self" and method in ("POST", "PUT"):
            if need not in caps:
                return 403, NO
            paths = args.get("paths")
            if not isinstance(paths, list):
                return 400, errors("paths must be supplied")
            found = {p: self.capabilities(self.tokens[token][1], p) or ["deny"]
                     for p in paths}
            return 200, dict(envelope(dict(found)), **found)
        if path == "auth/token/revoke-self" and method in ("POST", "PUT"):
            if need not in caps:
                return 403, NO
            if self.batch:
                return 400, errors("batch tokens cannot be revoked")
            del self.tokens[token]
            self.revoked += 1
            return 204, ""
        if path.startswith("sys/internal/ui/mounts/") and method == "GET":
            return self.mount_of(ns, token, path[23:])
        for mount, (version, secrets) in self.space[ns].items():
            if path.startswith(mount + "/"):
                rest = path[len(mount) + 1:]
                if version == 1:
                    return self.kv1(caps, method, rest, secrets, args)
                return self.kv2(caps, method, rest, secrets, args)
        if need not in caps:
            return 403, NO
        return 404, errors('no handler for route "%s". route entry not found.'
                           % path)

    def mount_of(self, ns, token, path):
        for mount, (version, _) in self.space[ns].items():
            sees = any(k.startswith(mount + "/")
                       for p in self.tokens[token][1]
                       for k in POLICIES.get(p, {}))
            if (path + "/").startswith(mount + "/") and sees:
                return 200, envelope({
                    "type": "kv", "path": mount + "/", "description": "",
                    "options": {"version": str(version)}, "local": False})
        return 403, errors("preflight capability check returned 403, please "
                           "ensure client's policies grant access to path "
                           '"%s/"' % path)

    def kv1(self, caps, method, path, secrets, args):
        if method == "GET":
            if "read" not in caps:
                return 403, NO
            if path not in secrets:
                return 404, errors()
            return 200, envelope(secrets[path])
        self.v1_writes += 1
        if "update" not in caps and "create" not in caps:
            return 403, NO
        secrets[path] = args
        return 204, ""

    def kv2(self, caps, method, path, secrets, args):
        if not path.startswith("data/"):
            return 404, dict(errors(), warnings=[
                "Invalid path for a versioned K/V secrets engine. See the API "
                "docs for the appropriate API endpoints to use."])
        path = path[5:]
        s = secrets.get(path)
        if method == "GET":
            if "read" not in caps:
                return 403, NO
            return self.kv2_get(s)
        if method not in ("POST", "PUT"):
            return 405, errors("unsupported operation")
        if ("update" if s else "create") not in caps:
            return 403, NO
        return self.kv2_put(secrets, path, s, args)

    def kv2_get(self, s):
        if s is None or not s.versions:
            return 404, errors()
        meta = s.meta(len(s.versions))
        if meta["destroyed"] or meta["deletion_time"]:
            return 404, envelope({"data": None, "metadata": meta})
        return 200, envelope({"data": s.versions[-1]["data"],
                              "metadata": meta})

    def kv2_put(self, secrets, path, s, args):
        if not isinstance(args.get("data"), dict):
            return 400, errors("no data provided")
        cas = args.get("options", {}).get("cas")
        now = len(s.versions) if s else 0
        if cas is None and s and s.cas_required:
            return 400, errors("check-and-set parameter required for this "
                               "call")
        if cas is not None and cas != now:
            return 400, errors("check-and-set parameter did not match the "
                               "current version")
        s = secrets.setdefault(path, Secret())
        s.versions.append({"data": args["data"], "deleted": False,
                           "destroyed": False})
        return 200, envelope(s.meta(len(s.versions)))


if __name__ == "__main__":
    Vault().run()
