#!/usr/bin/env python3
"""GitLab's REST API for CI/CD variables, after its documentation and source
(doc/api/project_level_variables.md, lib/api/ci/variables.rb, app/models/
concerns/ci/maskable.rb): what is not sent stays, a key that has several scopes
needs the filter, masked values have rules, hidden ones are never shown.
"""
import re
import sys

sys.dont_write_bytecode = True
import forge  # noqa: E402
from forge import Refused  # noqa: E402

MASKABLE = re.compile(r"[a-zA-Z0-9_+=/@:.~-]{8,}")
MASKABLE_RAW = re.compile(r"\S{8,}")
KEY = re.compile(r"[a-zA-Z0-9_]{1,255}")


def variable(key, value, scope="*", **more):
    return {"key": key, "value": value, "variable_type": "env_var",
            "protected": False, "masked": False, "hidden": False,
            "raw": False, "environment_scope": scope, "description": None,
            **more}


class GitLab(forge.Service):
    def __init__(self):
        super().__init__()
        base = r"/api/v4/(projects|groups)/([^/]+)/variables"
        self.routes = [
            ("GET", base + "/([^/]+)", self.get),
            ("PUT", base + "/([^/]+)", self.put),
            ("POST", base, self.post),
        ]

    def fresh(self):
        return {
            "tokens": {
                "glpat-api": {"scope": "api", "role": 40},
                "glpat-read": {"scope": "read_api", "role": 40},
                "glpat-developer": {"scope": "api", "role": 30},
                "glpat-user": {"scope": "read_user", "role": 40},
            },
            "projects": {
                "acme/mail": {"id": 42, "variables": [
                    variable("MAIL_USER", "x"),
                    variable("MAIL_PASS", "placeholder", masked=True,
                             protected=True, description="of SES"),
                    variable("SHOWN", "y", variable_type="file"),
                    variable("HIDDEN_PASS", "placeholder", masked=True,
                             hidden=True),
                    variable("MAIL_PASS", "another", "staging/*"),
                    variable("MAIL_USER", "another", "staging/*"),
                    variable("EMPTY", ""),
                    variable("JSON", '{"from":"a@b","username":"u",'
                             '"password":"p"}'),
                    variable("DSN", "smtps://old:o%2Fld@mx.example.net:465/"
                             "?verify=1"),
                ]}},
            "groups": {"acme": {"id": 7, "variables": [
                variable("MAIL_USER", "x"),
                variable("MAIL_PASS", "placeholder", masked=True, raw=True),
            ]}},
        }

    def enter(self, q, writes):
        token = q.headers.get("PRIVATE-TOKEN")
        bearer = q.headers.get("Authorization", "")
        if token is None and bearer.startswith("Bearer "):
            token = bearer[7:]
        t = self.state["tokens"].get(token)
        if t is None:
            raise Refused(401, {"message": "401 Unauthorized"})
        need = ["api"] if writes else ["api", "read_api"]
        if t["scope"] not in need:
            raise Refused(403, {
                "error": "insufficient_scope", "error_description":
                "The request requires higher privileges than provided by "
                "the access token.", "scope": " ".join(need)})
        kind, name = q.parts[:2]
        found = None
        for path, p in self.state[kind].items():
            if name in (path, str(p["id"])):
                found = p
        if found is None:
            raise Refused(404, {"message": "404 %s Not Found" %
                                kind[:-1].capitalize()})
        if t["role"] < 40:
            raise Refused(403, {"message": "403 Forbidden"})
        return found["variables"]

    def find(self, q, variables):
        scope = q.query.get("filter[environment_scope]")
        hits = [v for v in variables if v["key"] == q.parts[2] and
                (scope is None or v["environment_scope"] == scope[0])]
        if not hits:
            raise Refused(404, {"message": "404 Variable Not Found"})
        if len(hits) > 1:
            raise Refused(409, {"message": "There are multiple variables "
                                "with provided parameters. Please use "
                                "'filter[environment_scope]'"})
        return hits[0]

    def show(self, v):
        return {**v, "value": None if v["hidden"] else v["value"]}

    def bad(self, field, why):
        return Refused(400, {"message": {field: [why]}})

    def check(self, v, variables):
        if not KEY.fullmatch(v["key"]):
            raise self.bad("key", "can contain only letters, digits and '_'.")
        for other in variables:
            if other is not v and other["key"] == v["key"] and \
               other["environment_scope"] == v["environment_scope"]:
                raise self.bad("key", "(%s) has already been taken" %
                               v["key"])
        if v["hidden"] and not v["masked"]:
            raise self.bad("base", "Masked and hidden variables must stay "
                           "masked")
        rule = MASKABLE_RAW if v["raw"] else MASKABLE
        if v["masked"] and not rule.fullmatch(v["value"]):
            raise self.bad("value", "is invalid")

    def take(self, v, body):
        """Declared parameters that were sent; others are ignored."""
        kinds = {"value": str, "protected": bool, "masked": bool,
                 "raw": bool, "variable_type": str, "description": str,
                 "environment_scope": str}
        for name, kind in kinds.items():
            if name not in body:
                continue
            if not isinstance(body[name], kind):
                raise Refused(400, {"error": f"{name} is invalid"})
            v[name] = body[name]
        if v["variable_type"] not in ("env_var", "file"):
            raise Refused(400, {"error":
                                "variable_type does not have a valid value"})

    def get(self, q):
        return 200, self.show(self.find(q, self.enter(q, False)))

    def put(self, q):
        variables = self.enter(q, True)
        old = self.find(q, variables)
        new = dict(old)
        self.take(new, q.json())
        self.check(new, [v for v in variables if v is not old])
        old.update(new)
        return 200, self.show(old)

    def post(self, q):
        variables = self.enter(q, True)
        body = q.json()
        for name in ("key", "value"):
            if not isinstance(body.get(name), str):
                raise Refused(400, {"error": f"{name} is missing"})
        v = variable(body["key"], body["value"])
        self.take(v, body)
        if body.get("masked_and_hidden") is True:
            v["masked"] = v["hidden"] = True
        self.check(v, variables)
        variables.append(v)
        return 201, self.show(v)


if __name__ == "__main__":
    GitLab().serve()
