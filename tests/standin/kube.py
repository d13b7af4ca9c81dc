"""kube: a stand-in for the Kubernetes API server, as far as Secrets, workloads
and questions about rights go. Written from
https://kubernetes.io/docs/reference/using-api/server-side-apply/ and
https://kubernetes.io/docs/reference/using-api/api-concepts/; statuses and
words are those of kube-apiserver 1.36, to which the same requests were sent.

/reset makes namespace prod with deployment web and these users (token, or
client certificate with that CN): mailer (mailtok; get and patch of secret
mail and deployment web; get, patch, create of secret new), reader (rotok; get
of all), nobody (notok), mute (mutetok; as mailer, may not ask what it may do).

A secret whose manager is null has no managedFields: the first apply finds its
keys owned by before-first-apply.

/set: {"secret": [name, data, manager, more], "drop": name, "renew": name,
       "spec": [resource, name, spec], "token": [token, user]}
"""
import base64
import json
import re
import urllib.parse
import uuid

from standin import Service

OURS = [("", "secrets", "mail", ["get", "patch"]),
        ("", "secrets", "new", ["get", "patch", "create"]),
        ("apps", "deployments", "web", ["get", "patch"])]
RULES = {
    "mailer": OURS,
    "mute": OURS,
    "reader": [("", "secrets", "*", ["get"]),
               ("apps", "deployments", "*", ["get"])],
}
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
KINDS = {"secrets": ("v1", "Secret"), "deployments": ("apps/v1", "Deployment"),
         "statefulsets": ("apps/v1", "StatefulSet"),
         "daemonsets": ("apps/v1", "DaemonSet")}
KNOWN = {"apiVersion", "kind", "metadata", "data", "stringData", "type",
         "immutable"}


class Refused(Exception):
    def __init__(self, code, reason, message, **details):
        super().__init__(message)
        self.reply = code, {
            "kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Failure", "message": message, "reason": reason,
            "details": details, "code": code}


def merge(old, patch):
    """RFC 7386"""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for k, v in patch.items():
        if v is None:
            new.pop(k, None)
        else:
            new[k] = merge(new.get(k), v)
    return new


class Kube(Service):
    def reset(self):
        self.users = {"mailtok": "mailer", "rotok": "reader",
                      "notok": "nobody", "mutetok": "mute"}
        self.version = 100
        self.objects = {}
        self.set(spec=["deployments", "web", {"template": {"metadata": {}}}])

    def set(self, secret=None, drop=None, renew=None, spec=None, token=None):
        if secret:
            name, data, manager, more = secret
            o = self.make("secrets", name)
            o["data"] = {k: base64.b64encode(v.encode()).decode()
                         for k, v in data.items()}
            o.update(more)
            if manager:
                self.owners(o)[(manager, "Update")] = set(data)
        if drop:
            del self.objects["secrets", drop]
        if renew:
            self.objects["secrets", renew]["metadata"]["uid"] = str(
                uuid.uuid4())
        if spec:
            self.make(spec[0], spec[1])["spec"] = spec[2]
        if token:
            self.users[token[0]] = token[1]

    def make(self, resource, name):
        self.version += 1
        api, kind = KINDS[resource]
        o = {"apiVersion": api, "kind": kind, "metadata": {
            "name": name, "namespace": "prod", "uid": str(uuid.uuid4()),
            "resourceVersion": str(self.version), "generation": 1},
            "owners": {}}
        if resource == "secrets":
            o["type"] = "Opaque"
        self.objects[resource, name] = o
        return o

    def owners(self, o):
        return o["owners"]

    def shown(self, o):
        o = dict(o, metadata=dict(o["metadata"]))
        o["metadata"]["managedFields"] = [
            {"manager": manager, "operation": how, "apiVersion": "v1",
             "time": "2026-11-21T03:40:00Z", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:data": {"f:" + k: {} for k in sorted(keys)}}}
            for (manager, how), keys in o.pop("owners").items() if keys]
        return o

    def state(self):
        return {"secrets": {n: dict(self.shown(o), managers={
            m + "/" + how: sorted(k) for (m, how), k in o["owners"].items()})
            for (r, n), o in self.objects.items() if r == "secrets"},
            "workloads": {r + "/" + n: o for (r, n), o in
                          ((k, self.shown(o)) for k, o in self.objects.items())
                          if r != "secrets"}}

    def may(self, user, verb, group, resource, space, name):
        return space == "prod" and any(
            g == group and r == resource and n in ("*", name) and verb in verbs
            for g, r, n, verbs in RULES.get(user, []))

    def user(self, h):
        auth = h.headers.get("Authorization")
        if auth is not None:
            kind, _, token = auth.partition(" ")
            if kind == "Bearer" and token in self.users:
                return self.users[token]
            raise Refused(401, "Unauthorized", "Unauthorized")
        cert = h.connection.getpeercert()
        for part in (cert or {}).get("subject", ()):
            for name, value in part:
                if name == "commonName":
                    return value
        return "system:anonymous"

    def answer(self, h, method, path, body):
        try:
            return self.route(h, method, path, body)
        except Refused as e:
            return e.reply

    def route(self, h, method, path, body):
        user = self.user(h)
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == ("/apis/authorization.k8s.io/v1/"
                        "selfsubjectaccessreviews") and method == "POST":
            return self.review(user, json.loads(body))
        m = re.fullmatch(r"/(?:api/v1|apis/(apps)/v1)/namespaces/([^/]+)/"
                         r"([a-z]+)/([^/]+)", url.path)
        if not m or m.group(3) not in KINDS or (
                (m.group(1) is None) != (m.group(3) == "secrets")):
            return 404, "404 page not found", {}
        group, space, resource, name = m.groups()
        group = group or ""
        verb = {"GET": "get", "PATCH": "patch"}.get(method)
        if verb is None:
            raise Refused(405, "MethodNotAllowed", "not here")
        self.demand(user, verb, group, resource, space, name)
        if method == "GET":
            return 200, self.shown(self.find(resource, name))
        kind = h.headers.get("Content-Type", "")
        if kind not in (APPLY, MERGE, STRATEGIC):
            raise Refused(415, "UnsupportedMediaType",
                          "415: Unsupported Media Type")
        if kind == APPLY and "fieldManager" not in query:
            raise Refused(422, "Invalid",
                          'PatchOptions.meta.k8s.io "" is invalid: '
                          "fieldManager: Required value: is required for "
                          "apply patch")
        if kind != APPLY and "force" in query:
            raise Refused(422, "Invalid",
                          'PatchOptions.meta.k8s.io "" is invalid: force: '
                          "Forbidden: may not be specified for non-apply "
                          "patch")
        patch = json.loads(body)
        if kind == APPLY:
            return self.apply(user, space, resource, name, query, patch)
        return self.patch(resource, name, patch)

    def demand(self, user, verb, group, resource, space, name):
        if not self.may(user, verb, group, resource, space, name):
            raise Refused(
                403, "Forbidden",
                '%s "%s" is forbidden: User "%s" cannot %s resource "%s" in '
                'API group "%s" in the namespace "%s"' % (
                    resource + ("." + group if group else ""), name, user,
                    verb, resource, group, space), name=name, kind=resource)

    def find(self, resource, name):
        if (resource, name) not in self.objects:
            raise Refused(404, "NotFound", '%s "%s" not found' % (
                resource, name), name=name, kind=resource)
        return self.objects[resource, name]

    def review(self, user, review):
        if user in ("system:anonymous", "mute"):
            raise Refused(403, "Forbidden",
                          "selfsubjectaccessreviews.authorization.k8s.io is "
                          'forbidden: User "%s" cannot create resource' % user)
        a = review.get("spec", {}).get("resourceAttributes")
        if review.get("kind") != "SelfSubjectAccessReview" or not a:
            raise Refused(422, "Invalid", "exactly one of "
                          "nonResourceAttributes or resourceAttributes must "
                          "be specified")
        return 201, dict(review, status={"allowed": self.may(
            user, a.get("verb"), a.get("group", ""), a.get("resource"),
            a.get("namespace"), a.get("name"))})

    def apply(self, user, space, resource, name, query, patch):
        if (patch.get("apiVersion"), patch.get("kind")) != KINDS[resource]:
            raise Refused(400, "BadRequest", "invalid object type: %s, Kind=%s"
                          % (patch.get("apiVersion"), patch.get("kind")))
        meta = patch.get("metadata", {})
        if meta.get("name") != name or meta.get("namespace", space) != space:
            raise Refused(400, "BadRequest", "the name of the object (%s) does "
                          "not match the name on the URL (%s)" % (
                              meta.get("name"), name))
        unknown = sorted(set(patch) - KNOWN)
        if unknown:
            raise Refused(500, "", "failed to create typed patch object: .%s: "
                          "field not declared in schema" % unknown[0])
        for v in patch.get("data", {}).values():
            try:
                base64.b64decode(v, validate=True)
            except ValueError:
                raise Refused(500, "", "illegal base64 data at input byte 0")
        o = self.objects.get((resource, name))
        if o is None:
            if "uid" in meta:
                raise Refused(
                    409, "Conflict", 'Operation cannot be fulfilled on %s '
                    '"%s": uid mismatch: the provided object specified uid %s,'
                    " and no existing object was found" % (
                        resource, name, meta["uid"]))
            self.demand(user, "create", "", resource, space, name)
        elif meta.get("uid", o["metadata"]["uid"]) != o["metadata"]["uid"]:
            raise Refused(422, "Invalid", 'Secret "%s" is invalid: '
                          'metadata.uid: Invalid value: "%s": field is '
                          "immutable" % (name, meta["uid"]))
        return self.own(resource, name, o, query, patch.get("data", {}))

    def own(self, resource, name, o, query, data):
        me = (query["fieldManager"], "Apply")
        old = o.get("data", {}) if o else {}
        owners = {k: set(v) for k, v in o["owners"].items()} if o else {}
        if o and not any(owners.values()):
            owners[("before-first-apply", "Update")] = set(old)
        conflicts = [(who, key) for key in sorted(data) for who in owners
                     if who != me and key in owners[who] and
                     old.get(key) != data[key]]
        if conflicts and query.get("force") != "true":
            many = len(conflicts) > 1
            raise Refused(
                409, "Conflict", "Apply failed with %d conflict%s: conflict%s "
                'with "%s" using v1:%s' % (
                    len(conflicts), "s" * many, "s" * many,
                    conflicts[0][0][0],
                    "".join("\n- .data." + k for _, k in conflicts)),
                causes=[{"reason": "FieldManagerConflict",
                         "message": 'conflict with "%s" using v1' % who[0],
                         "field": ".data." + key} for who, key in conflicts])
        for who, key in conflicts:
            owners[who].discard(key)
        new = {k: v for k, v in old.items() if k in data or any(
            k in owners[w] for w in owners if w != me) or
            k not in owners.get(me, ())}
        new.update(data)
        owners[me] = set(data)
        if o and o.get("immutable") and new != old:
            raise Refused(422, "Invalid", 'Secret "%s" is invalid: data: '
                          "Forbidden: field is immutable when `immutable` is "
                          "set" % name)
        code = 200 if o else 201
        o = o or self.make(resource, name)
        if (new, owners) != (o.get("data"), o["owners"]):
            self.version += 1
            o["metadata"]["resourceVersion"] = str(self.version)
        o["data"], o["owners"] = new, owners
        return code, self.shown(o)

    def patch(self, resource, name, patch):
        o = self.find(resource, name)
        new = merge(o, patch)
        if new.get("spec") != o.get("spec"):
            self.version += 1
            new["metadata"] = dict(
                o["metadata"], resourceVersion=str(self.version),
                generation=o["metadata"]["generation"] + 1)
        self.objects[resource, name] = new
        return 200, self.shown(new)


if __name__ == "__main__":
    Kube().run(client_certificates=True)
