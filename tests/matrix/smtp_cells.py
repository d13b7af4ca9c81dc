"""Every state of the SMTP dialogue times every class of reply, once and for
ever, at each time when the program logs in: to prove the new key, to verify a
client that was just given it, and once more before the old key is retired.

Success is a 235 to AUTH inside verified TLS. Only 535 to AUTH, and only when
it is said all the time, speaks against a key; everything else changes no
verdict: the rotation stands where it stood, with the same key, and goes on
when the fault is gone.
"""
from networld import must, smtp, told

STATES = ("banner", "ehlo_plain", "starttls", "tls", "ehlo_tls", "auth",
          "mail", "rcpt", "command_data", "data", "quit")
SENDING = ("mail", "rcpt", "command_data", "data")
# Logins before the phase begins, and the record while it fails. Two prove a
# key; each of two clients is verified once, and again before every step that
# retires the old one.
PHASES = {"proof": (0, "CREATED"), "client": (2, "PUSHING"),
          "retirement": (4, "GRACE"), "deletion": (10, "DEL")}
LIMIT_MS = 1000         # where the server leaves us waiting for more

# name: (kind, arg, class)
REPLIES = {
    **{f"{c}": ("reply", {"code": c, "text": t}, "soft") for c, t in (
        (421, "Too many concurrent SMTP connections"),
        (450, "Requested mail action not taken"),
        (451, "Temporary service failure"),
        (454, "Temporary authentication failure"))},
    **{f"{c}": ("reply", {"code": c, "text": t}, "hard") for c, t in (
        (500, "what"), (502, "Unimplemented"), (503, "bad sequence"),
        (530, "Authentication required"), (534, "mechanism too weak"),
        (535, "Authentication Credentials Invalid"), (538, "encryption"),
        (554, "Transaction failed"), (599, "strange"))},
    **{f"{c}": ("reply", {"code": c, "text": t}, "good") for c, t in (
        (200, "fine"), (220, "Ready"), (221, "Bye"), (235, "Authenticated"),
        (250, "Ok"), (299, "strange"), (334, "VXNlcm5hbWU6"),
        (354, "go ahead"), (150, "wait"))},
    "not subscribed": ("reply", {"code": 535, "text":
                                 "Account not subscribed to SES"}, "hard"),
    # 000, which libcurl does not take for a reply at all
    "no code": ("reply", {"code": 0, "text": "hello"}, "odd"),
    "an echo": ("reply", {"code": 535, "text": "PLAIN " + "A" * 80}, "hard"),
    "garbage": ("garbage", {}, "odd"),
    "long line": ("long_line", {"mib": 1}, "odd"),
    "endless": ("endless", {}, "odd"),
    "too many lines": ("endless", {"lines": 500}, "odd"),
    "drop": ("drop", {}, "broken"),
    "hang": ("hang", {}, "broken"),
    "drip": ("drip", {"ms": 1}, "slow"),
}
# In one state only: kind, class.
SPECIAL = {
    "no AUTH": ("no_auth", None, "ehlo_tls"),
    "STARTTLS stripped": ("no_starttls", None, "ehlo_plain"),
    "injected behind STARTTLS": ("inject", None, "starttls"),
    "garbage for TLS": ("tls_garbage", None, "tls"),
    "TLS 1.1 only": ("tls11", None, "tls"),
    **{f"certificate {k}": ("bad_cert", k, "tls") for k in (
        "wrong_name", "expired", "not_yet", "self_signed", "unknown_ca")},
}


class Smtp:
    def __init__(self, phase, state, name, ever):
        self.phase, self.state, self.reply, self.ever = phase, state, name, ever
        kind, arg, self.class_ = REPLIES.get(name) or (*SPECIAL[name][:2], "odd")
        self.skip, self.at = PHASES[phase]
        self.code = (arg or {}).get("code", 0) if kind == "reply" else 0
        self.send = state in SENDING
        self.silent = kind == "hang" or not self.unnoticed() and (
            self.class_ == "good" or name in ("no code", "garbage"))
        self.json = {"service": "smtp", "action": state, "kind": kind,
                     "times": -1 if ever else 1,
                     "skip": 0 if self.send else self.skip}
        if arg is not None:
            self.json["arg"] = arg
        n = "for ever" if ever else "once"
        self.name = f"smtp: {phase}: {state}: {name}, {n}"
        self.marks = [f"{state} {self.class_} {n}", f"reply {name} {n}",
                      f"{phase} {state}", f"{phase} {self.class_} {n}"]
        if state in ("ehlo_tls", "auth"):
            self.marks.append(f"{state} {name}")
        self.cost = 5 if self.silent else 1

    # ---- what must come of it ----------------------------------------------

    def unnoticed(self):
        """Does a mail client get through? At QUIT all is over. A mail server
        may greet with another 2xx than usual."""
        if self.state == "quit" or self.class_ == "slow":
            return True
        return (self.state == "banner" and 200 <= self.code < 300 or
                (self.state, self.code) in (("auth", 235), ("data", 250)))

    def refused(self):
        return self.state == "auth" and self.code == 535 and \
            self.reply != "not subscribed"

    def unsendable(self):
        """Not a word about the key, but of the message: no permission, or a
        server that has lost the thread, as ours has when its reply to MAIL,
        RCPT or DATA was another's."""
        return self.send and (
            self.code >= 500 or
            self.state in ("mail", "rcpt") and 200 <= self.code < 300 or
            (self.state, self.code) == ("command_data", 354))

    def wanted(self):
        """Exit codes while the fault lasts."""
        if self.unnoticed():
            return {0}
        if not self.ever and not self.unsendable():
            return {0}          # asked again within the run
        if self.phase == "client":
            return {12}
        if self.unsendable():
            return {13}         # a permission is missing: a person's turn
        if self.refused():
            return {77} if self.phase == "proof" else {13}
        if self.class_ == "soft" or self.reply in ("drop", "hang"):
            return {69}
        if self.reply in ("garbage", "no code", "long line", "endless", "too many lines"):
            return {69, 76}     # random bytes may look like a code
        # A lost step makes the next commands of the mail go wrong.
        return {76, 69, 13} if self.send else {76}

    def play(self, w):
        w.begin([self.json], prove="send" if self.send else "auth",
                smtp_ms=LIMIT_MS if self.silent else 0)
        run = w.step()
        must(w.met() > 0, "the fault never came")
        must(run.code in self.wanted(),
             f"exit code {run.code}, wanted {self.wanted()}: {run.cause}")
        if run.code == 0:
            w.tidy(1)
            return
        told(run, peer="" if run.code == 77 else f"localhost:{w.smtp_port}")
        if self.reply == "an echo":
            must("AAAAAAAA" not in run.err + run.out, "an echo was repeated")
        if self.refused() and self.phase == "proof":
            self.given_up(w)
            w.recover(made=2)
            return
        r = w.record()
        if run.code == 13:
            must("rotate release" in run.fix, f"no way on: {run.fix}")
        else:
            must(r["state"] == self.at, f"{r['state']}, not {self.at}")
        must(r["failures"] == 0 and not r["rollback"], "a verdict was changed")
        must(len(w.sandbox.keys()) == 2, f"both must stay: {w.sandbox.keys()}")
        must(self.phase == "deletion" or w.sandbox.keys()[w.old] == "Active",
             f"the old key is off: {w.sandbox.keys()}")
        w.recover(made=1)

    @staticmethod
    def given_up(w):
        """A key that SES refuses all the time goes, the old one stays."""
        for _ in range(6):
            if w.state() == "IDLE":
                break
            w.step()
        must(list(w.sandbox.keys()) == [w.old], f"{w.sandbox.keys()}")
        must(w.pair(w.clients[0]) == w.old, "a client was moved")


def cells():
    for phase in PHASES:
        for state in STATES:
            if state in SENDING and phase != "proof":
                continue        # mail is sent once, with the proof
            for ever in (False, True):
                if state != "tls":
                    for name in REPLIES:
                        yield Smtp(phase, state, name, ever)
                for name, (_, _, where) in SPECIAL.items():
                    if where == state:
                        yield Smtp(phase, state, name, ever)
