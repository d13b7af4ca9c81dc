"""Would botocore have sent the same? Every request that tests/standin/recorder.py
wrote down is made a second time by botocore: by the client of that service,
from the parameters that ours holds, with the same credential at the same
second. Then both must have the same first line, the same signed headers, the
same body, and the same signature.

    same_request.py RECORD SECRETS [SERVICE:OPERATION...]

JSON may be spelled in many ways: where botocore says the same names and values
in the same order, it signs our spelling of them.

SECRETS is JSON, {"key id": "secret"}; the session token is in the request.
TAP, a line for each operation met; those named must be among them. Calls that
are not signed must not be signed by botocore either.
"""
import base64
import datetime
import functools
import json
import re
import sys
import urllib.parse
from unittest import mock

import botocore.config
import botocore.session
from botocore import UNSIGNED

TARGETS = {'secretsmanager': 'secretsmanager', 'AmazonSSM': 'ssm',
           'DynamoDB_20120810': 'dynamodb', 'TrentService': 'kms'}
VERSIONS = {'2010-05-08': 'iam', '2011-06-15': 'sts'}
# Not signed by anybody: who sends them has no credential yet.
OPEN = {'sts:AssumeRoleWithWebIdentity', 'sso:GetRoleCredentials'}
# What says nothing of the call. User-Agent and the two of the SDK are its own
# marks; the rest is the wire's.
MARKS = {'user-agent', 'amz-sdk-invocation-id', 'amz-sdk-request', 'accept',
         'accept-encoding', 'content-length', 'connection', 'authorization'}
AUTHORIZATION = re.compile(
    r'AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, '
    r'SignedHeaders=([^,]+), Signature=([0-9a-f]{64})')
SESSION = botocore.session.Session()


class Sent(Exception):
    pass


class Spelled:
    """In the place of the module json in botocore's serializer: what botocore
    says, in our spelling if it is the same, names and values and their order."""
    def __init__(self, body):
        self.body = body.decode()

    def dumps(self, value, **_):
        theirs = json.dumps(value)
        same = self.body and told_in_order(self.body) == told_in_order(theirs)
        return self.body if same else theirs


def told_in_order(text):
    return json.loads(text, object_pairs_hook=list)


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.body = method, target, body
        self.headers = {n.lower(): v for n, v in headers}
        found = AUTHORIZATION.fullmatch(self.headers.get('authorization', ''))
        self.key_id, self.region, self.scope, self.signed, self.signature = \
            found.groups() if found else (None,) * 5


def recorded(line):
    r = json.loads(line)
    return Request(r['method'], r['target'], r['headers'], base64.b64decode(r['body']))


def model_of(service):
    return SESSION.get_service_model(service)


def rest_operation(service, r):
    """The operation whose method and path this is, and what the path says."""
    path, _, query = r.target.partition('?')
    for name in model_of(service).operation_names:
        op = model_of(service).operation_model(name)
        uri = op.http['requestUri'].partition('?')[0]
        pattern = re.sub(r'\\\{(\w+)\\\}', r'(?P<\1>[^/]+)', re.escape(uri))
        found = re.fullmatch(pattern, path)
        if found and op.http['method'] == r.method:
            return name, op, {k: urllib.parse.unquote(v) for k, v in
                              found.groupdict().items()}, urllib.parse.parse_qsl(query)
    raise ValueError('no operation of %s: %s %s' % (service, r.method, path))


def typed(shape, text):
    return int(text) if shape.type_name in ('integer', 'long') else text


def shaped(shape, value):
    """JSON as botocore wants it said: bytes where the wire has base64."""
    if shape.type_name == 'blob':
        return base64.b64decode(value)
    if shape.type_name == 'structure':
        return {k: shaped(shape.members[k], v) for k, v in value.items()}
    if shape.type_name == 'list':
        return [shaped(shape.member, v) for v in value]
    if shape.type_name == 'map':
        return {k: shaped(shape.value, v) for k, v in value.items()}
    return value


def at_location(op, words):
    """The members that a query of a REST call names."""
    names = {s.serialization.get('name', n): n for n, s in op.input_shape.members.items()
             if s.serialization.get('location') == 'querystring'}
    return {names[k]: typed(op.input_shape.members[names[k]], v) for k, v in words}


def headers_of(op, r):
    return {n: r.headers[s.serialization['name'].lower()]
            for n, s in op.input_shape.members.items()
            if s.serialization.get('location') == 'header' and
            s.serialization.get('name', '').lower() in r.headers}


def understood(r):
    """(service, operation, parameters) of a request of ours."""
    prefix, _, action = r.headers.get('x-amz-target', '').rpartition('.')
    if prefix:
        service = TARGETS[prefix]
        shape = model_of(service).operation_model(action).input_shape
        return service, action, shaped(shape, json.loads(r.body))
    if r.body.startswith(b'Action='):
        form = dict(urllib.parse.parse_qsl(r.body.decode(), keep_blank_values=True,
                                           strict_parsing=True))
        service, action = VERSIONS[form.pop('Version')], form.pop('Action')
        shape = model_of(service).operation_model(action).input_shape
        return service, action, {k: typed(shape.members[k], v) for k, v in form.items()}
    service = 'sso' if r.target.startswith('/federation') else 'lambda'
    name, op, params, words = rest_operation(service, r)
    params.update(at_location(op, words))
    params.update(headers_of(op, r))
    if r.body:
        params.update(json.loads(r.body))
    return service, name, params


@functools.cache
def client_of(service, region, host, key_id, secret, token):
    client = SESSION.create_client(
        service, region_name=region, endpoint_url='http://' + host,
        aws_access_key_id=key_id, aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(signature_version=None if secret else UNSIGNED))

    def keep(request, **_):
        raise Sent(request)

    client.meta.events.register('before-send', keep)
    return client


def by_botocore(r, service, operation, params, secret):
    """The request that botocore puts on the wire for that."""
    at = r.headers.get('x-amz-date')
    now = datetime.datetime.strptime(at, '%Y%m%dT%H%M%SZ') if at else None
    client = client_of(service, r.region or 'us-east-1', r.headers['host'], r.key_id,
                       secret, r.headers.get('x-amz-security-token'))
    with mock.patch('botocore.auth.get_current_datetime', lambda **_: now), \
            mock.patch('botocore.serialize.json', Spelled(r.body)):
        try:
            client._make_api_call(operation, params)
        except Sent as e:
            p, = e.args
    url = urllib.parse.urlsplit(p.url)
    body = p.body.encode() if isinstance(p.body, str) else p.body or b''
    headers = [(n, v.decode() if isinstance(v, bytes) else v) for n, v in p.headers.items()]
    if not any(n.lower() == 'host' for n, _ in headers):
        headers.append(('Host', url.netloc))
    return Request(p.method, url.path + ('?' + url.query if url.query else ''), headers, body)


def told(r):
    return {n: v for n, v in r.headers.items() if n not in MARKS}


def differences(ours, theirs):
    for name in ('method', 'target', 'body', 'region', 'scope', 'signed', 'signature'):
        a, b = getattr(ours, name), getattr(theirs, name)
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a or '', b or '')) if x != y), 0)
            at = max(0, at - 60)
            yield '%s: from byte %d ours %r, botocore %r' % (
                name, at, a and a[at:at + 160], b and b[at:at + 160])
    if told(ours) != told(theirs):
        yield 'headers: ours %r, botocore %r' % (told(ours), told(theirs))


def judge(r, secrets):
    """(name of the call, what differs)"""
    service, operation, params = understood(r)
    name = service + ':' + operation
    if (r.signature is None) != (name in OPEN):
        return name, ['signed: %s' % (r.signature is not None)]
    secret = secrets[r.key_id] if r.signature else None
    return name, list(differences(r, by_botocore(r, service, operation, params, secret)))


def main():
    with open(sys.argv[1]) as f:
        requests = [recorded(line) for line in f]
    secrets = json.loads(sys.argv[2])
    met = {name: [] for name in sys.argv[3:]}
    for r in requests:
        name, bad = judge(r, secrets)
        met.setdefault(name, []).append(bad)
    failed = 0
    for n, (name, verdicts) in enumerate(sorted(met.items()), 1):
        bad = [d for v in verdicts for d in v]
        failed += bool(bad) or not verdicts
        print('%s %d - %s, %d times as botocore sends it' % (
            'not ok' if bad or not verdicts else 'ok', n, name, len(verdicts)))
        for d in bad[:3] or ([] if verdicts else ['was never called']):
            print('#', d)
    print('1..%d' % len(met))
    sys.exit(failed > 0)


main()
