#!/usr/bin/env python3
"""GitHub's REST API for the secrets of Actions, as far as documented:
https://docs.github.com/en/rest/actions/secrets and .../apps/apps. Sealed
boxes are opened; what cannot be opened is refused as GitHub does.

DIR gets app.pem, the private key of app 1234 (installation 77), and
other.pem, of no app.
"""
import base64
import binascii
import os
import re
import sys
import time
from urllib.parse import unquote

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

sys.dont_write_bytecode = True
import forge  # noqa: E402
from forge import Refused  # noqa: E402

DOC = "https://docs.github.com/rest"
LIMIT = 48 * 1024


def place(secrets):
    return {"secrets": secrets}


def secret(value, **more):
    return {"value": value, "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-02-03T04:05:06Z", **more}


class GitHub(forge.Service):
    def __init__(self):
        super().__init__()
        name = r"([^/]+)"
        repo = rf"/repos/{name}/{name}"
        self.keys = {}
        self.bases = [
            (rf"{repo}/actions/secrets", self.repository, "secrets"),
            (rf"{repo}/environments/{name}/secrets", self.environment,
             "environments"),
            (rf"/orgs/{name}/actions/secrets", self.organisation,
             "organization_secrets"),
        ]
        self.routes = [("POST", r"/app/installations/([^/]+)/access_tokens",
                        self.access_token)]
        for base, find, permission in self.bases:
            def on(function, find=find, permission=permission):
                return lambda q: function(q, find, permission)
            self.routes += [
                ("GET", base + "/public-key", on(self.public_key)),
                ("GET", base + rf"/{name}/repositories", on(self.selected)),
                ("GET", base + rf"/{name}", on(self.get)),
                ("PUT", base + rf"/{name}", on(self.put)),
            ]

    def started(self):
        d = self.args.dir
        self.app_key, _ = forge.rsa_key(os.path.join(d, "app.pem"))
        forge.rsa_key(os.path.join(d, "other.pem"))

    def fresh(self):
        two = {"MAIL_USER": secret("x"), "MAIL_PASS": secret("x")}
        def some():
            return {k: dict(v) for k, v in two.items()}
        return {
            "tokens": {
                "ghp_write": {"*": "write"},
                "ghp_read": {"*": "read"},
                "ghp_blind": {},
            },
            "installation": {"permissions": {
                "secrets": "write", "environments": "write",
                "organization_secrets": "write", "metadata": "read"},
                "repositories": ["mail", "other"]},
            "repositories": {
                "octo/mail": {**place(some()), "environments": {
                    "prod": place(some()), "prod/eu west": place(some())}},
                "octo/other": {**place({}), "environments": {}},
            },
            "organisations": {"acme": {
                **place({
                    "MAIL_USER": secret("x", visibility="selected",
                                        ids=list(range(1000, 1205))),
                    "MAIL_PASS": secret("x", visibility="selected",
                                        ids=[1296269, 1296280]),
                    "OPEN": secret("x", visibility="all"),
                    "PRIVATE": secret("x", visibility="private")}),
                "repositories": list(range(1000, 1300)) +
                [1296269, 1296280]}},
            "granted": [],
        }

    # --- who may do what ---

    def token(self, q):
        kind, _, value = q.headers.get("Authorization", "").partition(" ")
        if kind not in ("Bearer", "token") or not value:
            raise Refused(401, {"message": "Requires authentication",
                                "documentation_url": DOC, "status": "401"})
        return value

    def manners(self, q):
        if not q.headers.get("User-Agent"):
            raise Refused(403, {"message": "Request forbidden by "
                                "administrative rules. Please make sure your "
                                "request has a User-Agent header"})
        version = q.headers.get("X-GitHub-Api-Version")
        if version not in (None, "2022-11-28"):
            raise Refused(400, {"message": "The API version is not "
                                "supported"})
        accept = q.headers.get("Accept", "*/*")
        if "application/vnd.github+json" not in accept and \
           "application/json" not in accept and "*/*" not in accept:
            raise Refused(415, {"message": "Must accept "
                                "'application/json'"})

    def may(self, q, permission, what, repo=None):
        self.manners(q)
        t = self.state["tokens"].get(self.token(q))
        if t is None:
            raise Refused(401, {"message": "Bad credentials",
                                "documentation_url": DOC, "status": "401"})
        if repo and "repositories" in t and repo not in t["repositories"]:
            raise self.not_found()
        have = t.get(permission, t.get("*"))
        if have is None:
            raise self.not_found()
        if what == "write" and have != "write":
            raise Refused(403, {"message": "Resource not accessible by "
                                "personal access token",
                                "documentation_url": DOC, "status": "403"})

    def not_found(self):
        return Refused(404, {"message": "Not Found",
                             "documentation_url": DOC, "status": "404"})

    def access_token(self, q):
        self.manners(q)
        header, claims = forge.jwt_claims(self.token(q), self.app_key)
        now = time.time()
        if claims is None:
            raise Refused(401, {"message":
                                "A JSON web token could not be decoded"})
        if not isinstance(claims.get("iat"), int) or claims["iat"] > now:
            raise Refused(401, {"message": "'Issued at' claim ('iat') must "
                                "be an Integer representing the time that "
                                "the assertion was issued"})
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= now:
            raise Refused(401, {"message": "'Expiration time' claim ('exp') "
                                "must be a numeric value representing the "
                                "future time at which the assertion expires"})
        if claims["exp"] > now + 600:
            raise Refused(401, {"message": "'Expiration time' claim ('exp') "
                                "is too far in the future"})
        if claims.get("iss") not in ("1234", 1234):
            raise Refused(401, {"message": "Integration must be found"})
        if q.parts[0] != "77":
            raise self.not_found()
        wish, have = q.json() if q.raw else {}, self.state["installation"]
        order = ["read", "write"]
        for name, level in wish.get("permissions", {}).items():
            held = have["permissions"].get(name)
            if level not in order or held is None or \
               order.index(level) > order.index(held):
                raise Refused(422, {"message": "The permissions requested "
                                    "are not granted to this installation.",
                                    "documentation_url": DOC})
        for r in wish.get("repositories", []):
            if r not in have["repositories"]:
                raise Refused(422, {"message": "There is at least one "
                                    "repository that does not exist or is "
                                    "not accessible to the parent "
                                    "installation."})
        value = "ghs_" + binascii.hexlify(os.urandom(18)).decode()
        granted = dict(wish.get("permissions", have["permissions"]))
        if wish.get("repositories"):
            granted["repositories"] = wish["repositories"]
        self.state["tokens"][value] = granted
        self.state["granted"].append(granted)
        return 201, {"token": value, "expires_at": "2026-12-31T00:00:00Z",
                     "permissions": wish.get("permissions", {})}

    # --- places: (name, the place, where the other parts of the path begin) ---

    def repository(self, q):
        name = "/".join(q.parts[:2])
        p = self.state["repositories"].get(name)
        return name, p, q.parts[1], q.parts[2:]

    def environment(self, q):
        name, p, repo, rest = self.repository(q)
        p = p and p["environments"].get(rest[0])
        return f"{name}:{rest[0]}", p, repo, rest[1:]

    def organisation(self, q):
        return q.parts[0], self.state["organisations"].get(q.parts[0]), \
            None, q.parts[1:]

    def enter(self, q, find, permission, what):
        name, p, repo, rest = find(q)
        self.may(q, permission, what, repo)
        if p is None:
            raise self.not_found()
        return name, p, rest

    def key(self, name):
        if name not in self.keys:
            self.keys[name] = (str(568250167242549743 + len(self.keys)),
                               PrivateKey.generate())
        return self.keys[name]

    def public_key(self, q, find, permission):
        name, _, _ = self.enter(q, find, permission, "read")
        key_id, key = self.key(name)
        return 200, {"key_id": key_id, "key": base64.b64encode(
            bytes(key.public_key)).decode()}

    def one(self, p, name):
        s = p["secrets"].get(name.upper())
        if s is None:
            raise self.not_found()
        return s

    def get(self, q, find, permission):
        _, p, rest = self.enter(q, find, permission, "read")
        s = self.one(p, rest[0])
        reply = {"name": rest[0].upper(), "created_at": s["created_at"],
                 "updated_at": s["updated_at"]}
        if "visibility" in s:
            reply["visibility"] = s["visibility"]
            if s["visibility"] == "selected":
                # Whoever follows this gives its token away.
                reply["selected_repositories_url"] = "https://127.0.0.1:1/x"
        return 200, reply

    def selected(self, q, find, permission):
        _, p, rest = self.enter(q, find, permission, "read")
        s = self.one(p, rest[0])
        if s.get("visibility") != "selected":
            raise Refused(409, {"message": "Conflict"})
        size = min(int(q.query.get("per_page", ["30"])[0]), 100)
        page = int(q.query.get("page", ["1"])[0])
        ids = s["ids"][(page - 1) * size:page * size]
        return 200, {"total_count": len(s["ids"]),
                     "repositories": [{"id": i, "name": f"r{i}"}
                                      for i in ids]}

    def invalid(self, message):
        return Refused(422, {"message": message, "documentation_url": DOC,
                             "status": "422"})

    def put(self, q, find, permission):
        where, p, rest = self.enter(q, find, permission, "write")
        name = rest[0]
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or \
           name.upper().startswith("GITHUB_"):
            raise self.invalid("Secret names can only contain alphanumeric "
                               "characters ([a-z], [A-Z], [0-9]) or "
                               "underscores (_). Spaces are not allowed. "
                               "Must start with a letter ([a-z], [A-Z]) or "
                               "underscores (_).")
        body = q.json()
        value = self.open_box(where, body)
        access = self.access(p, body) if "visibility" in \
            next(iter(p["secrets"].values()), {}) else {}
        old = p["secrets"].get(name.upper())
        p["secrets"][name.upper()] = {
            "value": value, **access,
            "created_at": old["created_at"] if old else "2026-11-21T00:00:00Z",
            "updated_at": "2026-11-21T00:00:00Z"}
        return (204, None) if old else (201, {})

    def open_box(self, where, body):
        key_id, key = self.key(where)
        sent = body.get("encrypted_value")
        if not isinstance(sent, str) or not isinstance(
                body.get("key_id"), str):
            raise self.invalid("Invalid request.\n\n\"encrypted_value\" and "
                               "\"key_id\" weren't supplied.")
        if body["key_id"] != key_id:
            raise self.invalid("key_id is not the current key")
        try:
            box = base64.b64decode(sent, validate=True)
            value = SealedBox(key).decrypt(box)
        except (binascii.Error, CryptoError, ValueError, TypeError):
            raise self.invalid("improperly encrypted secret")
        if not value or len(value) > LIMIT:
            raise self.invalid("secret value is empty or too large")
        return value.decode()

    def access(self, p, body):
        """As for a new one: what is not told again is lost."""
        v = body.get("visibility")
        ids = body.get("selected_repository_ids")
        if v not in ("all", "private", "selected"):
            raise self.invalid("Invalid request.\n\n\"visibility\" wasn't "
                               "supplied.")
        if v != "selected":
            if ids is not None:
                raise self.invalid("selected_repository_ids is for "
                                   "visibility selected")
            return {"visibility": v}
        ids = [] if ids is None else ids
        if not all(isinstance(i, int) and i in p["repositories"]
                   for i in ids):
            raise self.invalid("repository ids are invalid")
        return {"visibility": v, "ids": ids}


if __name__ == "__main__":
    GitHub().serve()
