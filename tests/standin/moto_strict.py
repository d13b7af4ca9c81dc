"""moto (an emulator of AWS that others wrote), made to refuse what AWS
refuses: every request must be signed and allowed (aws_auth.py), and what moto
is too lenient about is mended here, with the reason.

    moto_strict.py [PORT]      prints "ready PORT" when it serves

Besides AWS there are a few calls for tests, POSTs of JSON without signature:

    /strict/reset   forgets secrets, parameters and orders
    /strict/role    {"as": "reader"}: what `client` may from now on
    /strict/do      {"service": ..., "call": ..., "args": {...}}: one call by
                    boto3 as admin; answers with its result. "account": of
                    another account than that of the users
    /strict/before  {"at": "PutSecretValue", "do": {...}}: the same, once, just
                    before the next request of that action is served
    /strict/answer  {"at": ..., "code": ..., "message": ...}: the next request
                    of that action is refused so
    /strict/hang    {"at": ...}: no request of that action, "*" for any, is
                    answered before the next reset
"""
import io
import json
import sys
import threading

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (DomainDispatcherApplication,
                                           MotoRequestHandler,
                                           create_backend_app)
from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import (SecretsManagerBackend,
                                        secretsmanager_backends)
from moto.ssm.exceptions import ValidationException
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from werkzeug.serving import make_server

import aws_auth

assert DEFAULT_ACCOUNT_ID == aws_auth.ACCOUNT
ACCOUNT_HEADER = 'x-moto-account-id'  # moto's own
USERS = aws_auth.users()
ADMIN = USERS[0]

# --- where moto is too lenient ---

_put_secret = SecretsManagerBackend.put_secret_value


def put_secret_value(self, secret_id, *args, **kwargs):
    # "You can't perform this operation on the secret because it was marked
    # for deletion" (PutSecretValue, errors)
    if secret_id in self.secrets and self.secrets[secret_id].is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was "
            "marked for deletion.")
    return _put_secret(self, secret_id, *args, **kwargs)


SecretsManagerBackend.put_secret_value = put_secret_value

_put_parameter = SimpleSystemManagerBackend.put_parameter
DEFAULT_KEY = 'alias/aws/ssm'


def put_parameter(self, name, description, value, parameter_type, allowed_pattern, keyid,
                  overwrite, tags, data_type, tier, policies):
    # "Standard parameters have a content limit of 4 KB. Advanced parameters
    # 8 KB." (PutParameter, Value)
    limit = 8192 if tier == 'Advanced' else 4096
    if value and len(value.encode()) > limit:
        raise ValidationException(
            '%s tier parameters support a maximum parameter value of %d characters.'
            % (tier or 'Standard', limit))
    versions = self._parameters.get(name)
    if versions and parameter_type and versions[-1].parameter_type != parameter_type:
        raise ValidationException('HierarchyTypeMismatchException')
    # moto keeps what a put leaves out. "If you don't specify a key ID, the
    # system uses the default key"; the rest is forgotten likewise here, so
    # that only a caller who repeats everything passes.
    if overwrite:
        keyid = keyid or DEFAULT_KEY
        description, allowed_pattern = description or '', allowed_pattern or ''
        tier, data_type = tier or 'Standard', data_type or 'text'
    return _put_parameter(self, name, description, value, parameter_type, allowed_pattern,
                          keyid, overwrite, tags, data_type, tier, policies)


SimpleSystemManagerBackend.put_parameter = put_parameter

# --- the calls of tests ---

pending = {'before': {}, 'answer': {}, 'hang': {}}
woken = threading.Event()
lock = threading.Lock()


def as_admin(what):
    client = boto3.client(
        what['service'], region_name=what.get('region', 'us-east-1'),
        endpoint_url='http://127.0.0.1:%d' % PORT,
        aws_access_key_id=ADMIN.key_id, aws_secret_access_key=ADMIN.secret)
    client.meta.events.register('before-call', lambda params, **_: params['headers'].update(
        {ACCOUNT_HEADER: what.get('account', aws_auth.ACCOUNT)}))
    result = getattr(client, what['call'])(**what['args'])
    result.pop('ResponseMetadata', None)
    return result


def wake():
    global woken
    woken.set()
    woken = threading.Event()


def control(path, body):
    if path == '/strict/reset':
        for backends in (secretsmanager_backends, ssm_backends):
            for account in list(backends):
                for backend in list(backends[account].values()):
                    backend.reset()
        for orders in pending.values():
            orders.clear()
        wake()
        aws_auth.act_as(USERS, 'client')
        return {}
    if path == '/strict/role':
        aws_auth.act_as(USERS, body['as'])
        return {}
    if path == '/strict/do':
        return as_admin(body)
    with lock:
        pending[path.rsplit('/', 1)[1]][body['at']] = body
    return {}


# --- the door ---

TARGETS = {'secretsmanager': 'secretsmanager', 'AmazonSSM': 'ssm'}


def resources(service, region, account, body):
    """The ARNs that a request is about: a name is one in the caller's account."""
    head = 'arn:aws:%s:%s:%s:' % (service, region, account)
    if service == 'secretsmanager':
        name = body.get('SecretId', body.get('Name', '*'))
        # AWS adds six characters of its own to the name
        return [name if name.startswith('arn:') else head + 'secret:' + name + '-AbCdEf']
    names = body.get('Names') or ([body['Name']] if 'Name' in body else [])
    if not names:
        return [head + '*']
    return [n if n.startswith('arn:') else head + 'parameter/' + n.lstrip('/') for n in names]


def door(environ, raw):
    """Raises Refusal, or returns the action."""
    target, _, action = environ.get('HTTP_X_AMZ_TARGET', '').partition('.')
    if target not in TARGETS:
        raise aws_auth.Refusal('UnknownOperationException', target, 400)
    service = TARGETS[target]
    user, region = aws_auth.authenticate(environ, raw, service, USERS)
    if user is not ADMIN:
        environ['HTTP_X_MOTO_ACCOUNT_ID'] = user.account
        body = json.loads(raw)
        for r in resources(service, region, user.account, body):
            aws_auth.authorize(user, service + ':' + action, r)
        with lock:
            before = pending['before'].pop(action, None)
            answer = pending['answer'].pop(action, None)
            hang = woken if {action, '*'} & set(pending['hang']) else None
        if hang:
            hang.wait()
            raise aws_auth.Refusal('Woken', 'nobody hears this', 503)
        if before:
            as_admin(before['do'])
        if answer:
            raise aws_auth.Refusal(answer['code'], answer.get('message', ''),
                                   answer.get('status', 400))


def reply(start_response, status, body):
    text = json.dumps(body, default=str).encode()
    start_response('%d x' % status, [('Content-Type', 'application/x-amz-json-1.1'),
                                     ('Content-Length', str(len(text)))])
    return [text]


class Strict:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        raw = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
        environ['wsgi.input'] = io.BytesIO(raw)
        if environ['PATH_INFO'].startswith('/strict/'):
            try:
                return reply(start_response, 200,
                             control(environ['PATH_INFO'], json.loads(raw or b'{}')))
            except Exception as e:  # the test is to see it
                return reply(start_response, 500, {'error': repr(e)})
        try:
            door(environ, raw)
        except aws_auth.Refusal as e:
            # JSON services answer 400 to everything but faults of their own
            return reply(start_response, 400 if e.status == 403 else e.status,
                         {'__type': e.code, 'message': e.message})
        return self.inner(environ, start_response)


class Handler(MotoRequestHandler):
    disable_nagle_algorithm = True  # else a body waits for the ACK of its head

    def log(self, *args):
        pass


server = make_server('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0,
                     Strict(DomainDispatcherApplication(create_backend_app)),
                     threaded=True, request_handler=Handler)
PORT = server.server_port
print('ready %d' % PORT, flush=True)
server.serve_forever()
