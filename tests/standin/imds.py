"""imds: whoever hands out AWS credentials on one plain port of loopback: the
metadata service of an instance, an agent for containers, the portal of IAM
Identity Center, and STS. Each refuses what the real one refuses.

    imds.py      prints "ready PORT" when it serves

    PUT /latest/api/token, GET /latest/meta-data/iam/security-credentials/...
    GET /v2/credentials/UUID     ECS: no Authorization
    GET /v1/credentials          EKS Pod Identity: Authorization is the token
    GET /federation/credentials  portal: x-amz-sso_bearer_token
    POST /                       STS: AssumeRole (signed by BASE_KEY_ID and
                                 BASE_SECRET), AssumeRoleWithWebIdentity (not
                                 signed), GetCallerIdentity

What it gives is the key GIVE_KEY_ID, GIVE_SECRET with a session token that is
another each time; SANDBOX_CONTROL, when set, is told it, so that the sandbox
takes the newest and no other.

    GET  /control/state   {"granted": n, "requests": [...]}
    POST /control/set     JSON: ttl (s), bearer, jwt, sso, external_id, and
                          mode: "", or how it misbehaves: garbage, half, huge,
                          slow, hang, v1 (no tokens), none (no role), denied;
                          then: {bearer, file, text}: with the next grant that
                          is the bearer from now on, and text in the file
    POST /control/reset

Sources: "Use the Instance Metadata Service to access instance metadata", EC2
User Guide (a token's TTL, 401 without one, 403 for X-Forwarded-For); "Task IAM
role", ECS Developer Guide; "EKS Pod Identity", EKS User Guide;
GetRoleCredentials, IAM Identity Center Portal API Reference; AssumeRole, STS
API Reference.
"""
import hmac
import json
import os
import re
import secrets
import threading
import time
import urllib.parse
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import aws_auth
import standin

GIVE = os.environ['GIVE_KEY_ID'], os.environ['GIVE_SECRET']
BASE = os.environ.get('BASE_KEY_ID', ''), os.environ.get('BASE_SECRET', '')
ACCOUNT = '123456789012'
ROLE_ARN = 'arn:aws:iam::%s:role/rotator' % ACCOUNT
IAM = '/latest/meta-data/iam/security-credentials/'
XML = 'text/xml'


def stamp(ms):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(ms / 1000))


class State:
    def __init__(self):
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        self.ttl, self.mode = 3600, ''
        self.bearer, self.jwt, self.sso = 'bearer-1', 'jwt-1', 'sso-1'
        self.external_id, self.then = None, None
        self.sessions, self.tokens = {}, set()
        self.granted, self.requests = 0, []

    def grant(self):
        """A session token, and its end in ms."""
        token = 'T' + secrets.token_hex(24)
        self.granted += 1
        self.tokens = {token}
        if self.then:
            then, self.then = self.then, None
            if 'file' in then:
                with open(then['file'], 'w') as f:
                    f.write(then['text'])
            self.bearer = then['bearer']
        control = os.environ.get('SANDBOX_CONTROL')
        if control:
            urllib.request.urlopen(urllib.request.Request(
                control + '/knobs', method='POST',
                data=json.dumps({'session_token': token}).encode())).read()
        return token, int((time.time() + self.ttl) * 1000)


state = State()


class Refusal(Exception):
    def __init__(self, status, body=''):
        self.status, self.body = status, body


def grant_json():
    token, until = state.grant()
    return {'Code': 'Success', 'LastUpdated': stamp(time.time() * 1000),
            'Type': 'AWS-HMAC', 'AccessKeyId': GIVE[0],
            'SecretAccessKey': GIVE[1], 'Token': token,
            'Expiration': stamp(until)}


# --- EC2 ---

def metadata(h, method, path):
    if 'X-Forwarded-For' in h.headers:
        raise Refusal(403)
    if path == '/latest/api/token':
        if state.mode == 'v1':
            raise Refusal(404)
        if method != 'PUT':
            raise Refusal(405)
        ttl = h.headers.get('x-aws-ec2-metadata-token-ttl-seconds', '')
        if not re.fullmatch(r'\d+', ttl) or not 1 <= int(ttl) <= 21600:
            raise Refusal(400)
        token = secrets.token_urlsafe(40) + '=='
        state.sessions[token] = time.time() + int(ttl)
        return 200, token
    if method != 'GET':
        raise Refusal(405)
    given = h.headers.get('x-aws-ec2-metadata-token')
    if state.mode != 'v1' and state.sessions.get(given, 0) < time.time():
        raise Refusal(401)
    if state.mode == 'none':
        raise Refusal(404)
    if path == IAM:
        return 200, 'mail-rotator'
    if path != IAM + 'mail-rotator':
        raise Refusal(404)
    if state.mode == 'denied':
        return 200, {'Code': 'AssumeRoleUnauthorizedAccess', 'Message': 'no'}
    return 200, grant_json()


# --- containers ---

def container(h, method, path):
    if method != 'GET':
        raise Refusal(405)
    given = h.headers.get('Authorization')
    if path.startswith('/v2/credentials/'):
        if given is not None or len(path) < 40:
            raise Refusal(400)
    elif given != state.bearer:
        raise Refusal(401, 'no such service account')
    if state.mode == 'none':
        raise Refusal(404)
    return 200, grant_json()


# --- IAM Identity Center ---

def portal(h, method, query):
    if method != 'GET' or 'Authorization' in h.headers:
        raise Refusal(400, {'__type': 'InvalidRequestException'})
    if h.headers.get('x-amz-sso_bearer_token') != state.sso:
        raise Refusal(401, {'__type': 'UnauthorizedException',
                            'message': 'Session token not found or invalid'})
    if query.get('account_id') != ACCOUNT or query.get('role_name') != 'Mail':
        raise Refusal(403, {'__type': 'ForbiddenException',
                            'message': 'No access'})
    token, until = state.grant()
    return 200, {'roleCredentials': {
        'accessKeyId': GIVE[0], 'secretAccessKey': GIVE[1],
        'sessionToken': token, 'expiration': until}}


# --- STS ---

def error(code, message, status=403):
    return Refusal(status, '<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>'
                   '<Message>%s</Message></Error><RequestId>r-1</RequestId>'
                   '</ErrorResponse>' % (code, message))


def signer(h, raw):
    """The key id whose signature is right."""
    try:
        key_id, day, region, scope, signed, signature = aws_auth.parse(
            h.headers.get('Authorization'))
        aws_auth.check_time(h.headers.get('X-Amz-Date'), day)
    except aws_auth.Refusal as e:
        raise error(e.code, e.message) from None
    token = h.headers.get('X-Amz-Security-Token')
    known = {BASE[0]: (BASE[1], {None}), GIVE[0]: (GIVE[1], state.tokens)}
    if key_id not in known or token not in known[key_id][1]:
        raise error('InvalidClientTokenId', 'The security token included in '
                    'the request is invalid')
    signed = signed.split(';')
    must = {'host', 'content-type', *(n.lower() for n in h.headers
                                      if n.lower().startswith('x-amz-'))}
    if not must <= set(signed) or scope != 'sts':
        raise error('SignatureDoesNotMatch', 'not signed')
    request = AWSRequest(method='POST', data=raw,
                         url='http://%s/' % h.headers['Host'],
                         headers={n: h.headers[n] for n in signed})
    request.context['timestamp'] = h.headers['X-Amz-Date']
    auth = SigV4Auth(Credentials(key_id, known[key_id][0]), scope, region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    if not hmac.compare_digest(auth.signature(text, request), signature):
        raise error('SignatureDoesNotMatch', 'The request signature we '
                    'calculated does not match')
    return key_id


def assumed(action, form):
    if not re.fullmatch(r'[\w+=,.@-]{2,64}', form.get('RoleSessionName', '')):
        raise error('ValidationError', 'roleSessionName', 400)
    if not 900 <= int(form.get('DurationSeconds', 3600)) <= 43200:
        raise error('ValidationError', 'durationSeconds', 400)
    if form.get('RoleArn') != ROLE_ARN or state.mode == 'denied':
        raise error('AccessDenied', 'User: x is not authorized to perform: '
                    'sts:%s on resource: %s' % (action, form.get('RoleArn')))
    token, until = state.grant()
    return 200, (
        '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>'
        '<Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}'
        '</SecretAccessKey><SessionToken>{3}</SessionToken><Expiration>{4}'
        '</Expiration></Credentials></{0}Result></{0}Response>').format(
            action, GIVE[0], GIVE[1], token, stamp(until))


def sts(h, method, raw):
    form = dict(urllib.parse.parse_qsl(raw.decode(), strict_parsing=True))
    action = form.get('Action')
    if method != 'POST' or form.get('Version') != '2011-06-15':
        raise error('InvalidAction', 'no such', 400)
    if action == 'AssumeRole':
        if signer(h, raw) != BASE[0] or form.get('ExternalId') != state.external_id:
            raise error('AccessDenied', 'User: base is not authorized to '
                        'perform: sts:AssumeRole on resource: ' + ROLE_ARN)
        return assumed(action, form)
    if action == 'AssumeRoleWithWebIdentity':
        if 'Authorization' in h.headers or 'X-Amz-Date' in h.headers:
            raise error('ValidationError', 'this call is not signed', 400)
        if form.get('WebIdentityToken') != state.jwt:
            raise error('InvalidIdentityToken', 'Couldn\'t retrieve '
                        'verification key', 400)
        return assumed(action, form)
    if action == 'GetCallerIdentity':
        who = 'sts::%s:assumed-role/rotator/x' % ACCOUNT
        if signer(h, raw) == BASE[0]:
            who = 'iam::%s:user/base' % ACCOUNT
        return 200, ('<GetCallerIdentityResponse><GetCallerIdentityResult>'
                     '<Arn>arn:aws:%s</Arn><UserId>AROA:x'
                     '</UserId><Account>%s</Account></GetCallerIdentityResult>'
                     '</GetCallerIdentityResponse>' % (who, ACCOUNT))
    raise error('InvalidAction', 'no such', 400)


# --- the door ---

def answer(h, method, path, raw):
    url = urllib.parse.urlsplit(path)
    query = dict(urllib.parse.parse_qsl(url.query))
    if url.path.startswith('/latest/'):
        return metadata(h, method, path)
    if url.path.startswith(('/v1/', '/v2/')):
        return container(h, method, path)
    if url.path == '/federation/credentials':
        return portal(h, method, query)
    if url.path == '/':
        return sts(h, method, raw)
    raise Refusal(404)


def control(method, path, raw):
    if path == '/control/state':
        return 200, {'granted': state.granted, 'requests': state.requests}
    if path == '/control/reset':
        state.reset()
    else:
        for name, value in json.loads(raw).items():
            assert hasattr(state, name), name
            setattr(state, name, value)
    return 200, {}


class Door(standin.Handler):
    def misbehave(self, body):
        """True: done with it."""
        if state.mode == 'garbage':
            self.send(200, os.urandom(64))
        elif state.mode == 'half':
            self.send(200, body[:len(body) // 2])
        elif state.mode == 'huge':
            self.send(200, b'[' * (8 << 20))
        elif state.mode == 'slow':
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            for i in range(len(body)):
                self.wfile.write(body[i:i + 1])
                self.wfile.flush()
                time.sleep(0.2)
        elif state.mode == 'hang':
            time.sleep(60)
            self.close_connection = True
        else:
            return False
        return True

    def serve(self, method, path, raw):
        if path.startswith('/control/'):
            with state.lock:
                return self.send(*control(method, path, raw))
        with state.lock:
            state.requests.append(method + ' ' + path)
            try:
                status, body = answer(self, method, path, raw)
            except Refusal as e:
                status, body = e.status, e.body
        text = body if isinstance(body, str) else json.dumps(body)
        last = path == '/' or 'credentials' in path and path != IAM
        if last and status == 200 and self.misbehave(text.encode()):
            return None
        return self.send(status, text,
                         XML if text.startswith('<') else 'application/json')


server = standin.Server(('127.0.0.1', 0), Door)
print('ready', server.server_address[1], flush=True)
server.serve_forever()
