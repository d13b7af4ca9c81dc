"""Who asks, and may they? For stand-ins of AWS services: the signature of a
request is computed anew by botocore from the bytes on the wire, and the
policies of its user are asked about action and resource. Nothing of the
program under test is in it.

Sources: "Create a signed AWS API request" and "Policy evaluation logic", IAM
user guide; "Common errors" of each service's API reference.
"""
import base64
import fnmatch
import glob
import hashlib
import hmac
import json
import os
import re
import time
from datetime import datetime, timezone

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCOUNT = '123456789012'
SKEW = 15 * 60
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


class Refusal(Exception):
    def __init__(self, code, message, status=403):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class User:
    def __init__(self, name, key_id, secret, policies, active=True):
        self.arn = 'arn:aws:iam::%s:user/%s' % (ACCOUNT, name)
        self.key_id, self.secret = key_id, secret
        self.policies, self.active = policies, active
        self.account = ACCOUNT


# --- sessions of roles ---
#
# A session token says itself which key and role it is for and when it ends,
# and is signed with what the stand-ins of one test share, so that sts.py gives
# them out and the others need not ask it.

SHARED = os.environ.get('STRICT_SESSIONS', '').encode()
ROLE = re.compile(r'arn:aws:iam::(\d{12}):role/([\w+=,.@/-]+)')


def _sealed(text):
    return hmac.new(SHARED, text.encode(), hashlib.sha256).hexdigest()


class Session:
    """Like a user. policies: None, what a role of that name may; see below."""

    def __init__(self, key_id, secret, token, arn, until):
        self.account, self.role = ROLE.fullmatch(arn).groups()
        self.arn = 'arn:aws:sts::%s:assumed-role/%s/x' % (self.account, self.role)
        self.key_id, self.secret, self.token = key_id, secret, token
        self.until, self.active = until, True

    @property
    def policies(self):
        found = role_policy(self.account)
        return [only_reads([found])[0] if self.role.endswith('reader') else found]


def give_session(arn, ttl, key=None):
    """A new one; key: (id, secret) that a third server knows, too."""
    until = int(time.time() + ttl)
    key_id = key[0] if key else 'ASIA' + base64.b32encode(os.urandom(10)).decode()
    body = base64.urlsafe_b64encode(json.dumps([key_id, arn, until, os.urandom(4).hex()])
                                    .encode()).decode()
    token = body + '.' + _sealed('token ' + body)
    return Session(key_id, key[1] if key else _sealed('secret ' + token)[:40], token, arn, until)


def find_session(key_id, token):
    """None: there is no such session."""
    body, _, seal = token.partition('.')
    if not SHARED or not hmac.compare_digest(seal, _sealed('token ' + body)):
        return None
    own_id, arn, until, _ = json.loads(base64.urlsafe_b64decode(body))
    if own_id != key_id:
        return None
    secret = _sealed('secret ' + token)[:40]
    if key_id == os.environ.get('STRICT_KEY_ID'):
        secret = os.environ['STRICT_SECRET']
    return Session(key_id, secret, token, arn, until)


def role_policy(account):
    """What deploy/ tells to attach to a role in that account."""
    with open(os.path.join(TOP, 'deploy', 'store-role-policy.json')) as f:
        return json.loads(f.read().replace('ACCOUNT', account))


def documented_policy(kind):
    """The policy that the manual of this kind of client tells to use."""
    with open(os.path.join(TOP, 'docs', 'kinds', kind + '.mdoc')) as f:
        found = re.search(r'\n\.Bd -literal.*\n(\{\n(?:.*\n)*?\})\n\.Ed', f.read())
    # a backslash is written \e in mdoc; there is none in a policy
    return json.loads(found.group(1))


def documented():
    return [documented_policy(os.path.basename(p)[:-5])
            for p in sorted(glob.glob(os.path.join(TOP, 'docs/kinds/aws-*.mdoc')))]


READS = re.compile(r'[a-z]+:(Get|Describe|Decrypt)')


def only_reads(policies):
    """The same policies without what a plan may not need."""
    out = []
    for p in policies:
        statements = []
        for s in p['Statement']:
            actions = [a for a in listed(s['Action']) if READS.match(a)]
            if actions:
                statements.append(dict(s, Action=actions))
        out.append(dict(p, Statement=statements))
    return out


# All stand-ins know these. `admin` seeds and looks; `client` may do what the
# manual says; `reader` only what of it reads; `nobody` nothing; the key of
# `former` is inactive. STRICT_KEY_ID and STRICT_SECRET give `client` another
# key, such as one that a second server knows.
ALL = [{'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}]


def users():
    policies = documented()
    return [
        User('admin', 'AKIAADMINADMINADMIN1', 'admin/secret', ALL),
        User('client', os.environ.get('STRICT_KEY_ID', 'AKIACLIENTCLIENTCLI1'),
             os.environ.get('STRICT_SECRET', 'client/secret'), policies),
        User('reader', 'AKIAREADERREADERREA1', 'reader/secret', only_reads(policies)),
        User('nobody', 'AKIANOBODYNOBODYNOB1', 'nobody/secret', []),
        User('former', 'AKIAFORMERFORMERFOR1', 'former/secret', ALL, False),
    ]


def act_as(known, name):
    """From now on `client` may do what that user may."""
    fresh = {u.arn.rsplit('/')[-1]: u for u in users()}
    known[1].policies = fresh[name].policies
    known[1].active = fresh[name].active


def listed(x):
    return x if isinstance(x, list) else [x]


def matches(patterns, value):
    # only * and ? are special, and case counts
    return any(fnmatch.fnmatchcase(value, p.replace('[', '[[]'))
               for p in listed(patterns))


def allowed(user, action, resource):
    verdict = False
    for p in user.policies:
        for s in listed(p['Statement']):
            if matches(s['Action'], action) and matches(s['Resource'], resource):
                if s['Effect'] == 'Deny':
                    return False
                verdict = True
    return verdict


def parse(authorization):
    found = re.fullmatch(
        r'AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?'
        r'SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})', authorization or '')
    if not found:
        raise Refusal('MissingAuthenticationTokenException',
                      'Request is missing Authentication Token')
    return found.groups()


def headers_of(environ):
    out = {}
    for name, value in environ.items():
        if name.startswith('HTTP_'):
            out[name[5:].replace('_', '-').lower()] = value
    for name in ('CONTENT_TYPE', 'CONTENT_LENGTH'):
        if environ.get(name):
            out[name.replace('_', '-').lower()] = environ[name]
    return out


def check_time(text, day):
    try:
        at = datetime.strptime(text or '', '%Y%m%dT%H%M%SZ').replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refusal('IncompleteSignatureException', 'no X-Amz-Date') from None
    if abs((datetime.now(timezone.utc) - at).total_seconds()) > SKEW:
        raise Refusal('InvalidSignatureException', 'Signature expired')
    if text[:8] != day:
        raise Refusal('InvalidSignatureException', 'Credential should be scoped to the day')


def authenticate(environ, raw, service, known):
    """The user who signed this request; raises Refusal. raw: its body."""
    headers = headers_of(environ)
    key_id, day, region, scope, signed, signature = parse(headers.get('authorization'))
    token = headers.get('x-amz-security-token')
    if token is None:
        user = next((u for u in known if u.key_id == key_id and u.active), None)
    else:
        user = find_session(key_id, token)
    if user is None:
        raise Refusal('UnrecognizedClientException',
                      'The security token included in the request is invalid.')
    if token is not None and user.until < time.time():
        raise Refusal('ExpiredTokenException',
                      'The security token included in the request is expired')
    check_time(headers.get('x-amz-date'), day)
    signed = signed.split(';')
    must = {'host', *(h for h in headers if h.startswith('x-amz-')),
            *(['content-type'] if raw else [])}
    if not must <= set(signed) or scope != service:
        raise Refusal('InvalidSignatureException',
                      'not signed: %s' % sorted(must - set(signed)) or scope)
    request = AWSRequest(
        method=environ['REQUEST_METHOD'], data=raw,
        url='http://%s%s' % (headers['host'], environ['RAW_URI']),
        headers={h: headers[h] for h in signed if h in headers})
    request.context['timestamp'] = headers['x-amz-date']
    auth = SigV4Auth(Credentials(user.key_id, user.secret), scope, region)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    if not hmac.compare_digest(auth.signature(to_sign, request), signature):
        raise Refusal('InvalidSignatureException',
                      'The request signature we calculated does not match the '
                      'signature you provided.')
    return user, region


def authorize(user, action, resource):
    if not allowed(user, action, resource):
        raise Refusal('AccessDeniedException',
                      'User: %s is not authorized to perform: %s on resource: %s because no '
                      'identity-based policy allows the %s action'
                      % (user.arn, action, resource, action))
