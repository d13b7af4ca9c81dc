#!/usr/bin/env python3
"""Google's token endpoint for service accounts and the Gmail API for send-as
addresses, as far as documented:
https://developers.google.com/identity/protocols/oauth2/service-account
https://developers.google.com/gmail/api/reference/rest/v1/users.settings.sendAs

DIR gets key.json, the key of a service account, and stranger.json, the same
account with a key that Google never saw.
"""
import json
import os
import re
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
import forge  # noqa: E402
from forge import Refused  # noqa: E402

AUTH = "https://www.googleapis.com/auth/"
BASIC, SHARING = AUTH + "gmail.settings.basic", AUTH + "gmail.settings.sharing"
MAY_READ = [BASIC, AUTH + "gmail.readonly", AUTH + "gmail.modify",
            "https://mail.google.com/"]
ACCOUNT = "rotator@mail-tools.iam.gserviceaccount.com"
CLIENT = "103712345678901234567"
PORTS = {25: ["none", "starttls"], 587: ["none", "starttls"], 465: ["ssl"]}


class Google(forge.Service):
    def __init__(self):
        super().__init__()
        one = r"/gmail/v1/users/([^/]+)/settings/sendAs/([^/]+)"
        self.routes = [("POST", "/token", self.token), ("GET", one, self.get),
                       ("PATCH", one, self.patch)]

    def started(self):
        self.public, pem = forge.rsa_key()
        _, strange = forge.rsa_key()
        self.uri = f"https://localhost:{self.port}/token"
        for name, key in (("key", pem), ("stranger", strange)):
            forge.private(os.path.join(self.args.dir, name + ".json"),
                          json.dumps({
                              "type": "service_account",
                              "project_id": "mail-tools",
                              "private_key_id": "k1", "private_key": key,
                              "client_email": ACCOUNT, "client_id": CLIENT,
                              "token_uri": self.uri,
                              "universe_domain": "googleapis.com"},
                              indent=2).encode())

    def fresh(self):
        def alias(address, **more):
            return {"sendAsEmail": address, "displayName": "News",
                    "replyToAddress": "", "signature": "<b>News</b>",
                    "isDefault": False, "treatAsAlias": True, **more}
        server = {"host": "email-smtp.us-east-1.amazonaws.com", "port": 587,
                  "username": "old", "password": "old",
                  "securityMode": "starttls"}
        return {
            "delegated": {CLIENT: [BASIC, SHARING]},
            "pending_after_patch": False,
            "need_sharing": False,
            "tokens": {},
            "mailboxes": {"ann@example.com": {
                "ann@example.com": alias("ann@example.com", isPrimary=True,
                                         isDefault=True),
                "news@example.com": alias(
                    "news@example.com", verificationStatus="accepted",
                    smtpMsa=dict(server)),
                "wait@example.com": alias(
                    "wait@example.com", verificationStatus="pending",
                    smtpMsa=dict(server)),
                "native@example.com": alias("native@example.com"),
            }},
        }

    def oauth(self, status, error, text):
        return Refused(status, {"error": error, "error_description": text})

    def token(self, q):
        if q.headers.get("Content-Type", "").split(";")[0] != \
           "application/x-www-form-urlencoded":
            raise self.oauth(400, "invalid_request", "Bad Request")
        form = urllib.parse.parse_qs(q.raw.decode("ascii"),
                                     strict_parsing=True)
        if form.get("grant_type") != [
                "urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            raise self.oauth(400, "unsupported_grant_type",
                             "Invalid grant_type")
        header, claims = forge.jwt_claims(form["assertion"][0], self.public)
        if claims is None or header.get("kid", "k1") != "k1":
            raise self.oauth(400, "invalid_grant", "Invalid JWT Signature.")
        return self.grant(claims)

    def grant(self, claims):
        now = time.time()
        iat, exp = claims.get("iat"), claims.get("exp")
        if not isinstance(iat, int) or not isinstance(exp, int) or \
           not iat - 300 <= now < exp or exp > iat + 3600:
            raise self.oauth(
                400, "invalid_grant", "Invalid JWT: Token must be a "
                "short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim.")
        if claims.get("iss") != ACCOUNT:
            raise self.oauth(400, "invalid_grant",
                             "Invalid grant: account not found")
        if claims.get("aud") != self.uri:
            raise self.oauth(400, "invalid_grant", "Invalid JWT: Failed "
                             "audience check. The right audience is "
                             + self.uri)
        scopes = claims.get("scope", "").split(" ")
        if not all(s.startswith("https://") for s in scopes):
            raise self.oauth(400, "invalid_scope", "Invalid OAuth scope or "
                             "ID token audience provided.")
        user = claims.get("sub", "")
        domain = user.rpartition("@")[2]
        have = self.state["delegated"].get(CLIENT, [])
        if domain in ("gmail.com", "googlemail.com") or \
           not set(scopes) <= set(have):
            raise self.oauth(
                401, "unauthorized_client", "Client is unauthorized to "
                "retrieve access tokens using this method, or client not "
                "authorized for any of the scopes requested.")
        if user not in self.state["mailboxes"]:
            raise self.oauth(400, "invalid_grant",
                             "Invalid email or User ID")
        value = "ya29." + os.urandom(20).hex()
        self.state["tokens"][value] = {"user": user, "scopes": scopes}
        return 200, {"access_token": value, "expires_in": 3599,
                     "token_type": "Bearer"}

    def no(self, code, status, reason, message):
        return Refused(code, {"error": {
            "code": code, "message": message, "status": status, "errors": [
                {"message": message, "domain": "global", "reason": reason}]}})

    def enter(self, q, scopes):
        kind, _, value = q.headers.get("Authorization", "").partition(" ")
        t = self.state["tokens"].get(value)
        if kind != "Bearer" or t is None:
            raise self.no(401, "UNAUTHENTICATED", "authError",
                          "Request had invalid authentication credentials.")
        if not set(scopes) & set(t["scopes"]):
            raise self.no(403, "PERMISSION_DENIED",
                          "insufficientPermissions",
                          "Request had insufficient authentication scopes.")
        user, address = q.parts
        if user not in ("me", t["user"]):
            raise self.no(403, "PERMISSION_DENIED", "forbidden",
                          "Delegation denied for " + t["user"])
        alias = self.state["mailboxes"][t["user"]].get(address)
        if alias is None:
            raise self.no(404, "NOT_FOUND", "notFound",
                          "Requested entity was not found.")
        return alias

    def show(self, alias):
        a = {**alias}
        if "smtpMsa" in a:
            a["smtpMsa"] = {k: v for k, v in a["smtpMsa"].items()
                            if k != "password"}
        return a

    def get(self, q):
        return 200, self.show(self.enter(q, MAY_READ))

    def patch(self, q):
        alias = self.enter(q, [SHARING] if self.state["need_sharing"]
                           else [BASIC, SHARING])
        body = q.json()
        known = {"sendAsEmail", "displayName", "replyToAddress", "signature",
                 "isDefault", "treatAsAlias", "smtpMsa"}
        if set(body) - known:
            raise self.no(400, "INVALID_ARGUMENT", "badRequest",
                          "Invalid JSON payload received. Unknown name.")
        if "smtpMsa" in body:
            self.check(alias, body["smtpMsa"])
            alias["smtpMsa"] = dict(body["smtpMsa"])
            if self.state["pending_after_patch"]:
                alias["verificationStatus"] = "pending"
        for name in set(body) - {"smtpMsa"}:
            alias[name] = body[name]
        return 200, self.show(alias)

    def check(self, alias, msa):
        bad = None
        if alias.get("isPrimary"):
            bad = "Cannot set an SMTP server for the primary address"
        elif set(msa) != {"host", "port", "username", "password",
                          "securityMode"}:
            bad = "Invalid smtpMsa"
        elif not isinstance(msa["port"], int) or msa["port"] not in PORTS:
            bad = "Invalid SMTP port"
        elif msa["securityMode"] not in PORTS[msa["port"]]:
            bad = "Invalid securityMode"
        elif not all(isinstance(msa[k], str) and msa[k]
                     for k in ("host", "username", "password")):
            bad = "Missing SMTP setting"
        if bad:
            raise self.no(400, "INVALID_ARGUMENT", "invalidArgument", bad)


if __name__ == "__main__":
    Google().serve()
