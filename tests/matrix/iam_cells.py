"""Every action of IAM and STS that a rotation calls, times every fault, times
once, twice, for ever, at every place where it is called.

What must come of it is written down here from what the service means, not
from what the program does:

  fine      not noticed
  clear     surely nothing happened: sent again at once, even CreateAccessKey
  lost      may have happened: read-only and idempotent calls are sent again,
            CreateAccessKey never; the run ends and the next one looks
  odd       no answer of AWS: not asked again in this run
  a number  a definite refusal, and the exit code that says whose turn it is
"""
from networld import must, told

ACTIONS = ("GetCallerIdentity", "GetUser", "ListAccessKeys", "CreateAccessKey",
           "UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed")
TIMES = (1, 2, -1)
LIMIT_MS = 2000         # of one attempt, in cells where the peer is silent

# name: (kind, more members of the fault, class)
FAULTS = {
    "reset before effect": ("reset_before", {}, "lost"),
    "reset after effect": ("reset_after", {}, "lost"),
    "late effect": ("late", {"arg": 400}, "lost"),
    "time-out": ("hang", {}, "lost"),
    "time-out after effect": ("hang", {"arg": 3 * LIMIT_MS}, "lost"),
    "delay": ("delay", {"arg": 50}, "fine"),
    "throttle": ("throttle", {}, "clear"),
    "status 500": ("status500", {}, "lost"),
    "status 500 after effect": ("status500", {"effect": True}, "lost"),
    "status 503": ("status503", {}, "lost"),
    "status 503 in HTML": ("status503", {"arg": {"plain": 1}}, "lost"),
    "truncated": ("truncate", {}, "lost"),
    "slow drip": ("slow", {"arg": 1}, "fine"),
    "drip beyond the limit": ("slow", {"arg": 20}, "lost"),
    "empty": ("empty", {}, "odd"),
    "garbage": ("garbage", {}, "odd"),
    "captive portal": ("html", {}, "odd"),
    "2 MiB": ("huge", {"arg": {"mib": 2}}, "lost"),
    "nested": ("nested", {}, "odd"),
    "entity bomb": ("bomb", {}, "odd"),
    "redirect": ("redirect", {}, "odd"),
    "no Date": ("no_date", {}, "fine"),
    "Date a day off": ("wrong_date", {"arg": {"skew": 86400}}, "skew"),
    "Date a year back": ("wrong_date", {"arg": {"skew": -31536000}}, "skew"),
    "short secret": ("short_secret", {}, "odd"),
    "wrong user": ("wrong_user", {}, "odd"),
    "wrong account": ("wrong_account", {}, 78),
    "wrong user id": ("wrong_id", {}, "impostor"),
    "shuffled": ("shuffle", {}, "fine"),
    "one item a page": ("short_page", {}, "fine"),
    "stale list": ("stale", {"arg": 300}, "stale"),
}
# Only some answers hold what these faults bend; elsewhere nothing happens.
BENDS = {
    "short secret": ("CreateAccessKey",),
    "wrong user": ("GetUser", "ListAccessKeys", "CreateAccessKey"),
    "wrong account": ("GetCallerIdentity", "GetUser"),
    "wrong user id": ("GetUser",),
}
SILENT = ("time-out", "time-out after effect", "drip beyond the limit")

# Error codes: HTTP status, class. From "Common errors" of the IAM and STS API
# References and the errors of each action there.
CODES = {
    "NoSuchEntity": (404, 78), "LimitExceeded": (409, 69),
    "EntityAlreadyExists": (409, 13), "DeleteConflict": (409, 13),
    "EntityTemporarilyUnmodifiable": (409, 69),
    "ConcurrentModification": (409, 69), "InvalidInput": (400, 78),
    "InvalidUserType": (400, 78), "MalformedPolicyDocument": (400, 78),
    "UnmodifiableEntity": (400, 77), "ServiceFailure": (500, "lost"),
    "PolicyEvaluation": (500, "lost"), "RegionDisabledException": (403, 78),
    "IDPCommunicationError": (400, "clear"), "InvalidIdentityToken": (400, 77),
    "IDPRejectedClaim": (403, 77), "PackedPolicyTooLarge": (400, 78),
    "InvalidClientTokenId": (403, 77), "UnrecognizedClientException": (403, 77),
    "InvalidAccessKeyId": (403, 77), "SignatureDoesNotMatch": (403, 77),
    "InvalidSignatureException": (403, 77), "AuthFailure": (403, 77),
    "RequestExpired": (400, 77), "RequestTimeTooSkewed": (403, 77),
    "RequestInTheFuture": (403, 77), "IncompleteSignature": (400, 77),
    "MissingAuthenticationToken": (403, 77),
    "MissingAuthenticationTokenException": (403, 77), "ExpiredToken": (403, 77),
    "ExpiredTokenException": (403, 77), "AccessDenied": (403, 77),
    "AccessDeniedException": (403, 77), "NotAuthorized": (400, 77),
    "UnauthorizedOperation": (403, 77), "OptInRequired": (403, 77),
    "ValidationError": (400, 78), "ValidationException": (400, 78),
    "InvalidParameterValue": (400, 78),
    "InvalidParameterCombination": (400, 76),
    "InvalidQueryParameter": (400, 76), "InvalidAction": (400, 76),
    "MalformedQueryString": (404, 76), "MissingAction": (400, 76),
    "MissingParameter": (400, 76), "Throttling": (400, "clear"),
    "ThrottlingException": (400, "clear"), "ThrottledException": (400, "clear"),
    "RequestThrottledException": (400, "clear"),
    "RequestThrottled": (400, "clear"),
    "TooManyRequestsException": (429, "clear"),
    "ProvisionedThroughputExceededException": (400, "clear"),
    "TransactionInProgressException": (400, "clear"),
    "RequestLimitExceeded": (503, "clear"),
    "BandwidthLimitExceeded": (509, "clear"),
    "LimitExceededException": (400, "clear"), "SlowDown": (503, "clear"),
    "PriorRequestNotComplete": (400, "clear"),
    "EC2ThrottledException": (503, "clear"), "RequestTimeout": (408, "lost"),
    "RequestTimeoutException": (408, "lost"), "InternalFailure": (500, "lost"),
    "InternalError": (500, "lost"), "ServiceUnavailable": (503, "lost"),
    # not known to anybody yet
    "BrandNew": (400, 76), "BrandNewDenial": (403, 77),
    "BrandNewIdentity": (401, 77), "BrandNewThrottle": (429, "clear"),
    "BrandNewFailure": (500, "lost"), "BrandNewGateway": (504, "lost"),
}


class Iam:
    def __init__(self, action, name, times, at=0):
        self.action, self.fault, self.times, self.at = action, name, times, at
        if name in FAULTS:
            self.kind, more, self.class_ = FAULTS[name]
        else:
            status, self.class_ = CODES[name]
            self.kind, more = "error", {"arg": {"code": name, "status": status}}
        if action not in BENDS.get(name, (action,)):
            self.class_ = "fine"
        service = "sts" if action == "GetCallerIdentity" else "iam"
        self.json = dict(more, service=service, action=action, kind=self.kind,
                         times=times, skip=at)
        self.silent = name in SILENT
        self.late = self.kind == "late"
        n = {1: "once", 2: "twice", -1: "for ever"}[times]
        self.name = f"iam: {action} {at + 1}: {name}, {n}"
        # For the choice of what `make check` plays: each must occur.
        self.marks = [f"fault {name}", f"{action} {self.class_}",
                      f"{action} {n}", f"{self.class_} {n}"]
        if self.silent or self.late:
            self.marks += [f"{action} slow"]
        elif name in FAULTS:
            self.marks += [f"{name} {action}", f"{name} {n}"]
        self.cost = (9 if self.silent and times < 0 else
                     3 if self.silent or self.late else 1)

    def wanted(self):
        """Exit codes of the run that meets the fault."""
        c, create = self.class_, self.action == "CreateAccessKey"
        ever = self.times < 0
        if c == "fine":
            return {0}
        if c == "stale":        # what was changed is not shown yet
            return {0, 10, 69}
        if c == "clear":
            return {69} if ever else {0}
        if create and c in ("lost", "odd"):
            return {10}
        if c == "lost":
            return {69} if ever else {0}
        if c == "odd":
            return {76}
        if c == "skew":         # seen only when it is asked for
            return {0, 10, 69}
        if c == "impostor":     # who never says otherwise is that user
            return {0} if ever and self.at == 0 else {13}
        # A quota that is used up: somebody's key came between.
        if self.fault == "LimitExceeded" and create:
            return {10}
        # Gone is what deleting is for: the list decides.
        if c == 78 and self.fault == "NoSuchEntity" and \
                self.action == "DeleteAccessKey":
            return {10}
        # With a second key in the world a missing permission is a person's.
        return {77, 13} if self.fault in DENIALS else {c}

    def play(self, w):
        w.begin([self.json], late="2s" if self.late else "0s",
                http_ms=LIMIT_MS if self.silent else 0)
        run = w.step()
        while run.code == 10 and self.late and w.met() == 0:
            w.nap()             # the window of late effects is open
            run = w.step()
        must(w.met() > 0 or self.kind == "stale", "the fault never came")
        wanted = self.wanted() | ({10} if self.late else set())
        must(run.code in wanted, f"exit code {run.code}, wanted {wanted}: "
             f"{run.cause}")
        self.judge(w, run)
        if self.late and run.code == 10 and self.action == "CreateAccessKey":
            again = w.step()    # the window is open: nothing is done
            must(again.code == 10 and w.count(self.action, False) == 1,
                 f"did not wait for a late effect: {again.code}")
        if self.times < 0:      # a timer knows nothing of the fault
            for _ in range(2):
                if w.state() == "BLOCKED" or (run.code == 0 and
                                              w.state() == "IDLE"):
                    break
                run = w.step()
        w.recover(made=self.most_keys(w))

    def judge(self, w, run):
        create = self.action == "CreateAccessKey"
        if run.code not in (0, 10, 13) and self.class_ != "skew":
            told(run, peer="" if self.class_ == 78 and self.kind != "error"
                 else "IAM" if self.class_ == "stale"
                 else w.iam.partition("//")[2])
        if run.code == 10 and create and self.class_ != 69:
            must("CreateAccessKey" in run.cause, f"unclear: {run.cause}")
            must(w.iam.partition("//")[2] in run.cause,
                 f"the peer is not named: {run.cause}")
        if self.fault == "wrong account" and run.code:
            must("999999999999" in run.cause, f"unclear: {run.cause}")
            after = [c["action"] for c in w.log if c["event"] == "call"]
            must(after[-1] == self.action, f"went on after it: {after}")
        if create and self.class_ in ("lost", "odd"):
            must(w.count("CreateAccessKey", False) <= 1, "sent again blindly")

    def most_keys(self, w):
        """The one that stays, and one for each answer that was lost."""
        return 1 + sum(c["event"] == "call" and c["fault"] == self.kind and
                       c["action"] == "CreateAccessKey" for c in w.log)


class Date(Iam):
    """Times are measured with AWS's clock. One answer with a wrong one may
    not end a waiting time: the old key stays on through its grace, and is
    there through its quiet time."""

    def __init__(self, wait, action, name, times, at):
        super().__init__(action, name, times, at)
        self.wait = wait
        self.name = self.name.replace("iam:", wait + ":")
        self.marks = [f"{wait} {action}", f"{wait} {name}"]

    def play(self, w):
        w.begin([self.json], **{self.wait: "1h"})
        for _ in range(4):
            run = w.step()
            must(run.code in (10, 69), f"exit code {run.code}: {run.cause}")
            if run.code == 69:
                must("clock" in run.cause, f"unclear: {run.cause}")
        must(w.met() > 0, "the fault never came")
        w.clear()
        for _ in range(3):
            run = w.step()
        must(run.code == 10, f"exit code {run.code}: {run.cause}")
        must(w.state() == self.wait.upper(), f"not waiting: {w.state()}")
        must(w.sandbox.keys().get(w.old) ==
             {"grace": "Active", "quiet": "Inactive"}[self.wait],
             f"the old key: {w.sandbox.keys()}")


# Calls that are made before the waiting time is over.
LAST_CALLS = {
    "grace": {"GetCallerIdentity": 3, "GetUser": 3, "ListAccessKeys": 4,
              "UpdateAccessKey": 0, "DeleteAccessKey": 0,
              "GetAccessKeyLastUsed": 3},
    "quiet": {"GetCallerIdentity": 4, "GetUser": 4, "ListAccessKeys": 9,
              "DeleteAccessKey": 0, "GetAccessKeyLastUsed": 5},
}
DENIALS = [c for c, (_, x) in CODES.items() if x == 77 and c in (
    "UnmodifiableEntity", "AccessDenied", "AccessDeniedException",
    "NotAuthorized", "UnauthorizedOperation", "OptInRequired",
    "BrandNewDenial")]


def places(world):
    """How often each action is called in a rotation without faults."""
    world.begin()
    run = world.step()
    must(run.code == 0, f"a clean rotation ends with {run.code}: {run.err}")
    world.tidy(1)
    return {a: world.count(a, False) for a in ACTIONS}


def cells(counts):
    for action in ACTIONS:
        n = counts[action]
        for name in FAULTS:
            for times in TIMES:
                for at in range(n):
                    yield Iam(action, name, times, at)
        for name in (f for f in FAULTS if FAULTS[f][0] == "wrong_date"):
            for wait in ("grace", "quiet"):
                for times in TIMES:
                    for at in range(LAST_CALLS[wait].get(action, n)):
                        yield Date(wait, action, name, times, at)
        for name in CODES:
            for times in TIMES:
                for at in sorted({0, n - 1}):
                    yield Iam(action, name, times, at)
