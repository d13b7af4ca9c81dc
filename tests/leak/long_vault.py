#!/usr/bin/env python3
"""tests/standin/vault.py with a token and a secret id as long as real ones:
what is looked for must be longer than what may be there by chance.

    long_vault.py TOKEN SECRET-ID
"""
import os
import secrets
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../standin")
from vault import Vault  # noqa: E402

TOKEN, SECRET_ID = sys.argv[1:3]


class LongVault(Vault):
    def reset(self):
        super().reset()
        self.tokens[TOKEN] = self.tokens["good"]
        self.issued = []

    def state(self):
        return dict(super().state(), issued=self.issued)

    def login(self, ns, mount, args):
        if args.get("secret_id") == SECRET_ID:
            args = dict(args, secret_id="s1")
        reply = super().login(ns, mount, args)
        if reply[0] == 200:
            token = "hvs." + secrets.token_hex(24)
            auth = reply[1]["auth"]
            self.tokens[token] = self.tokens.pop(auth["client_token"])
            auth["client_token"] = token
            self.issued.append(token)
        return reply


if __name__ == "__main__":
    LongVault().run()
