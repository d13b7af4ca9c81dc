"""A stand-in for Lambda's function configuration, from the wire format in its
API reference (moto knows no RevisionId and no update states). It refuses what
Lambda refuses: a bad signature or a missing permission (aws_auth.py), a stale
RevisionId (412), an update while one is going on (409), variables that are no
texts, reserved names, more than 4 KB (400, quoting the whole map, as Lambda
does). An update replaces the whole map.

    lambda.py [PORT]           prints "ready PORT" when it serves

Calls for tests, POSTs of JSON without signature:

    /strict/reset              forgets functions and orders
    /strict/role               {"as": "reader"}: what `client` may from now on
    /strict/put                {"name": ..., "variables": {...}, "kms": ...,
                               "hidden": bool, "account": ...}: a function as
                               given
    /strict/get                {"name": ...}: answers with what it has
    /strict/before             {"at": ACTION, "variables": {...}}: once, just
                               before the next such request, somebody else
                               sets these variables
    /strict/slow               {"polls": N}: the next update is in progress
                               for so many GETs
    /strict/broken             {"reason": ...}: the next update fails
    /strict/answer             {"at": ACTION, "code":, "message":, "status":}:
                               the next such request is refused so
    /strict/hang               {"at": ACTION or "*"}: no such request is
                               answered before the next reset
"""
import json
import re
import sys
import threading
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aws_auth

USERS = aws_auth.users()
PATH = re.compile(r'/2015-03-31/functions/([^/]+)/configuration')
NAME = re.compile(r'(?:arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:)?([A-Za-z0-9_-]+)')
VARIABLE = re.compile(r'[A-Za-z][A-Za-z0-9_]+')
ACTIONS = {'GET': 'GetFunctionConfiguration', 'PUT': 'UpdateFunctionConfiguration'}
functions, orders = {}, {}
woken = threading.Event()


class Hung(Exception):
    """Whoever asked is gone."""


class Function:
    def __init__(self, name, variables, kms=None, hidden=False, account=aws_auth.ACCOUNT):
        self.name, self.variables, self.kms, self.hidden = name, variables, kms, hidden
        self.account = account
        self.polls, self.status, self.reason, self.broken = 0, 'Successful', None, None
        self.used = variables  # what runs
        self.touch()

    def touch(self):
        self.revision = str(uuid.uuid4())

    def step(self):
        """One look at a function that is being updated."""
        if self.status != 'InProgress':
            return
        if self.polls > 0:
            self.polls -= 1
            return
        self.status = 'Failed' if self.broken else 'Successful'
        self.reason, self.broken = self.broken, None
        if self.status == 'Successful':
            self.used = self.variables
        self.touch()  # Lambda gives a new id when the status changes

    def told(self, region):
        out = {'FunctionName': self.name, 'RevisionId': self.revision, 'State': 'Active',
               'FunctionArn': 'arn:aws:lambda:%s:%s:function:%s'
               % (region, self.account, self.name),
               'LastUpdateStatus': self.status, 'Version': '$LATEST', 'Timeout': 3}
        if self.reason:
            out['LastUpdateStatusReason'] = self.reason
        if self.kms:
            out['KMSKeyArn'] = self.kms
        if self.hidden:
            out['Environment'] = {'Error': {
                'ErrorCode': 'AccessDeniedException',
                'Message': 'Lambda was unable to decrypt your environment variables because '
                           'the KMS access was denied.'}}
        elif self.variables is not None:
            out['Environment'] = {'Variables': self.variables}
        return out


def refuse(code, message, status=400):
    raise aws_auth.Refusal(code, message, status)


def check_variables(variables):
    if not isinstance(variables, dict) or \
            not all(isinstance(v, str) for v in variables.values()):
        refuse('SerializationException', 'not a map of texts')
    for name in variables:
        if not VARIABLE.fullmatch(name) or name.startswith('AWS_'):
            refuse('InvalidParameterValueException', 'reserved or bad key: ' + name)
    text = json.dumps(variables, separators=(',', ':'), ensure_ascii=False)
    if len(text.encode()) > 4096:
        refuse('InvalidParameterValueException',
               'Lambda was unable to configure your environment variables because the '
               'environment variables you have provided exceeded the 4KB limit. String '
               'measured: ' + text)


def update(f, body):
    if body.get('RevisionId', f.revision) != f.revision:
        refuse('PreconditionFailedException',
               'The Revision Id provided does not match the latest Revision Id. Call the '
               'GetFunction/GetAlias API to retrieve the latest Revision Id', 412)
    if f.status == 'InProgress':
        refuse('ResourceConflictException',
               'The operation cannot be performed at this time. An update is in progress '
               'for resource: ' + f.name, 409)
    if 'KMSKeyArn' in body:
        f.kms = body['KMSKeyArn'] or None
    if 'Environment' in body:
        check_variables(body['Environment'].get('Variables', {}))
        f.variables = body['Environment'].get('Variables', {})
        f.hidden = False
    f.status, f.reason = 'InProgress', None
    f.polls, f.broken = orders.pop('slow', 0), orders.pop('broken', None)
    f.touch()


def find(name):
    found = NAME.fullmatch(urllib.parse.unquote(name))
    if not found:
        refuse('ValidationException', 'bad function name')
    return found.group(2), found.group(3)


def serve(method, path, headers, raw):
    match = PATH.fullmatch(path)
    if not match or method not in ACTIONS:
        refuse('UnknownOperationException', path, 404)
    action = ACTIONS[method]
    environ = {'REQUEST_METHOD': method, 'RAW_URI': path}
    for h, v in headers.items():
        environ['HTTP_' + h.upper().replace('-', '_')] = v
    user, region = aws_auth.authenticate(environ, raw, 'lambda', USERS)
    account, name = find(match.group(1))
    account = account or user.account  # a name is one in the caller's account
    aws_auth.authorize(user, 'lambda:' + action, 'arn:aws:lambda:%s:%s:function:%s'
                       % (region, account, name))
    f = functions.get((account, name))
    if f is None:
        refuse('ResourceNotFoundException', 'Function not found: ' + name, 404)
    if {'hang ' + action, 'hang *'} & set(orders):
        woken.wait()
        raise Hung
    answer = orders.pop('answer ' + action, None)
    if answer is not None:
        refuse(answer['code'], answer.get('message', ''), answer.get('status', 400))
    before = orders.pop('before ' + action, None)
    if before is not None:
        f.variables = dict(f.variables or {}, **before)
        f.used = f.variables
        f.touch()
    if method == 'GET':
        f.step()
    else:
        update(f, json.loads(raw))
    return f.told(region)


def control(path, body):
    global woken
    if path == '/strict/reset':
        functions.clear()
        orders.clear()
        woken.set()
        woken = threading.Event()
        aws_auth.act_as(USERS, 'client')
    elif path == '/strict/role':
        aws_auth.act_as(USERS, body['as'])
    elif path == '/strict/put':
        account = body.get('account', aws_auth.ACCOUNT)
        functions[account, body['name']] = Function(
            body['name'], body.get('variables'), body.get('kms'), body.get('hidden', False),
            account)
    elif path == '/strict/get':
        f = functions[body.get('account', aws_auth.ACCOUNT), body['name']]
        return {'variables': f.variables, 'used': f.used, 'kms': f.kms, 'status': f.status}
    elif path == '/strict/before':
        orders['before ' + body['at']] = body['variables']
    elif path in ('/strict/answer', '/strict/hang'):
        orders[path.rsplit('/', 1)[1] + ' ' + body['at']] = body
    elif path == '/strict/slow':
        orders['slow'] = body['polls']
    elif path == '/strict/broken':
        orders['broken'] = body['reason']
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 65536  # head and body in one packet: no wait for ACKs

    def reply(self, status, body, code=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        if code:
            self.send_header('x-amzn-ErrorType', code)
        self.send_header('x-amzn-RequestId', str(uuid.uuid4()))
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_any(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        try:
            if self.path.startswith('/strict/'):
                self.reply(200, control(self.path, json.loads(raw or b'{}')))
            else:
                self.reply(200, serve(self.command, self.path, self.headers, raw))
        except Hung:
            self.close_connection = True
        except aws_auth.Refusal as e:
            self.reply(e.status, {'Type': 'User', 'Message': e.message}, e.code)

    do_GET = do_PUT = do_POST = handle_any

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
print('ready %d' % server.server_port, flush=True)
server.serve_forever()
