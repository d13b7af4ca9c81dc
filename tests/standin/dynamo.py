"""DynamoDB, as a strict door in front of an implementation that others wrote:

    dynamo.py moto|dynalite|plain [ADDRESS [PEM]]

prints "ready PORT" when it serves there (127.0.0.1), with TLS when there is a
file with a certificate and its key.

The door checks each request's signature and what its action may do by
deploy/dynamodb-policy.json (aws_auth.py), refuses what DynamoDB refuses and
the implementation takes, keeps ClientRequestTokens, and makes transactions
for dynalite, which has none. One request at a time is served, so a
transaction is what DynamoDB says it is: all or nothing, and nothing between.

Besides DynamoDB there are calls for tests, POSTs of JSON without signature:

    /strict/do      {"action": "GetItem", "body": {...}}: as admin, unchecked;
                    answers {"status": ..., "body": ...}
    /strict/fault   {"at": ACTION or "*", "how": ..., "after": n, "times": n,
                    "user": KEY}: the requests of that action (of that access
                    key) after n others meet
                      cut      the connection closed, nothing done
                      lost     done, and the connection closed
                      late     the connection closed, and done when
                               /strict/land is asked
                      hold     not served before /strict/release
                      keep     done, and not answered before /strict/release
                      some     BatchGetItem: half of them, the rest unprocessed
                      lose     BatchGetItem: none of them, and nothing left
                      garbage  done, and the answer is no JSON
                      reply    not done, and the answer is "body"
                      error    refused with "code" and "message", "status"
                    "path": only what comes to an address that begins so
                    "record": only transactions that put a record into this
                    state; "bare": only those that put none, but renew or
                    take the lease; "behind": only while the record that was
                    put last is in this state
    /strict/land    what was late is done now; answers what became of it
    /strict/held    how many requests are held or kept; {"s": n} waits so long
                    for one
    /strict/log     every write of the root that came, in order: {ms, from,
                    status, rev, base, fence, host, pid, records, ...}
    /strict/clear   no more faults
    /strict/policy  {"deny": [ACTION, ...]}: what rotators may not
    /strict/seen    how many requests of each action came

Sources: Amazon DynamoDB API Reference (limits and errors of each action) and
"Constraints in Amazon DynamoDB", Developer Guide.
"""
import base64
import http.client
import importlib.util
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aws_auth
import dynamo_plain

TOP = aws_auth.TOP
ADMIN = aws_auth.User('admin', 'AKIAADMINADMINADMIN1', 'admin/secret', aws_auth.ALL)
lock = threading.Lock()
faults, late, tokens, seen, writes = [], [], {}, {}, []
denied = set()


def policy():
    """What the manual tells to allow, for any table."""
    with open(os.path.join(TOP, 'deploy', 'dynamodb-policy.json')) as f:
        text = f.read()
    for word in ('REGION', 'ACCOUNT', 'TABLE'):
        text = text.replace(word, '*')
    return json.loads(text)


def users():
    """Rotators are told apart by their keys: AKIAROTATOR1 ... 9, whose secret
    is the same in lower case; `env` has the key of another server."""
    out = [ADMIN]
    for n in range(1, 10):
        key = 'AKIAROTATORROTATOR%02d' % n
        out.append(aws_auth.User('rotator%d' % n, key, key.lower(), [policy()]))
    if 'STRICT_KEY_ID' in os.environ:
        out.append(aws_auth.User('env', os.environ['STRICT_KEY_ID'],
                                 os.environ['STRICT_SECRET'], [policy()]))
    return out


Refusal = aws_auth.Refusal


def invalid(message):
    return Refusal('ValidationException', message, 400)


# --- the implementations ---

def start_moto():
    import logging
    from moto.server import ThreadedMotoServer
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    return server._server.server_port


def start_dynalite():
    node = [os.path.join(TOP, 'build/dynalite/bin/node'),
            os.path.join(TOP, 'tests/standin/dynalite/serve.js')]
    child = subprocess.Popen(node, stdout=subprocess.PIPE, stdin=subprocess.PIPE,
                             cwd=os.path.join(TOP, 'build/dynalite'))
    return int(child.stdout.readline().split()[1])


KIND = sys.argv[1]
BACK = {'moto': start_moto, 'dynalite': start_dynalite, 'plain': lambda: 0}[KIND]()
local = threading.local()
HEAD = {
    'Content-Type': 'application/x-amz-json-1.0',
    'X-Amz-Date': '20260101T000000Z',
    'Authorization': 'AWS4-HMAC-SHA256 Credential=AKIAADMINADMINADMIN1/20260101/us-east-1/'
                     'dynamodb/aws4_request, SignedHeaders=host, Signature=' + '0' * 64,
}


def ask(action, body):
    """(status, reply) of the implementation itself."""
    if KIND == 'plain':
        return dynamo_plain.ask(action, body)
    for attempt in (0, 1):
        try:
            if not hasattr(local, 'c'):
                local.c = http.client.HTTPConnection('127.0.0.1', BACK)
            local.c.request('POST', '/', json.dumps(body).encode(),
                            dict(HEAD, **{'X-Amz-Target': 'DynamoDB_20120810.' + action}))
            r = local.c.getresponse()
            return r.status, json.loads(r.read() or b'{}')
        except (http.client.HTTPException, ConnectionError):
            del local.c
            if attempt:
                raise


# --- what DynamoDB refuses ---

def size_of(value):
    """"Item sizes and formats": names and values, in bytes of UTF-8."""
    (kind, v), = value.items()
    if kind == 'S':
        return len(v.encode())
    if kind == 'N':
        return (len(v) + 1) // 2 + 1
    if kind == 'B':
        return len(base64.b64decode(v, validate=True))
    raise invalid('no attribute of type ' + kind + ' is ours')


def check_item(item):
    total = sum(len(k.encode()) + size_of(v) for k, v in item.items())
    # "400 KB ... includes both attribute name binary length and attribute
    # value lengths"
    if total > 400 * 1024:
        raise invalid('Item size has exceeded the maximum allowed size')
    for key, limit in (('k', 2048), ('s', 1024)):
        if key in item and not 0 < size_of(item[key]) <= limit:
            raise invalid('One or more parameter values are not valid: key size')
    return total


# "Reserved words in DynamoDB", as moto lists them
with open(os.path.join(importlib.util.find_spec('moto').submodule_search_locations[0],
                       'dynamodb/parsing/reserved_keywords.txt')) as f:
    RESERVED = {w.strip().upper() for w in f if w.strip()}


def check_expressions(op):
    used = set()
    for name in ('ConditionExpression', 'KeyConditionExpression', 'UpdateExpression',
                 'FilterExpression', 'ProjectionExpression'):
        text = op.get(name, '')
        used |= set(re.findall(r'[#:][A-Za-z0-9_]+', text))
        bare = re.sub(r'[#:][A-Za-z0-9_]+', ' ', text)
        for w in re.findall(r'[A-Za-z_][A-Za-z0-9_]*', bare):
            if w.upper() in RESERVED and w not in ('AND', 'OR', 'NOT', 'BETWEEN', 'IN', 'SET'):
                raise invalid('Invalid %s: Attribute name is a reserved keyword; '
                              'reserved keyword: %s' % (name, w))
    for name in ('ExpressionAttributeNames', 'ExpressionAttributeValues'):
        if name in op and not op[name]:
            raise invalid(name + ' must not be empty')
        for k in op.get(name, {}):
            if k not in used:
                raise invalid('Value provided in %s unused in expressions: keys: {%s}' % (name, k))
    for k in used:
        if k not in op.get('ExpressionAttributeNames', {}) and \
                k not in op.get('ExpressionAttributeValues', {}):
            raise invalid('An expression attribute is not defined: ' + k)


def check(action, body):
    if action == 'TransactWriteItems':
        ops = body['TransactItems']
        if not 1 <= len(ops) <= 100:
            raise invalid('Member must have length less than or equal to 100')
        keys, total = set(), 0
        for one in ops:
            (kind, op), = one.items()
            item = op.get('Item') or op['Key']
            total += check_item(item)
            key = (op['TableName'], item['k']['S'], item['s']['S'])
            if key in keys:
                raise invalid('Transaction request cannot include multiple operations '
                              'on one item')
            keys.add(key)
            check_expressions(op)
        if total > 4 * 1024 * 1024:
            raise invalid('Collection size of transaction exceeded')
        if len(body.get('ClientRequestToken', 'x')) > 36:
            raise invalid('ClientRequestToken: Member must have length less than or equal to 36')
    elif action == 'GetItem':
        check_item(body['Key'])
    elif action == 'BatchGetItem':
        for t in body['RequestItems'].values():
            if not 1 <= len(t['Keys']) <= 100:
                raise invalid('Too many items requested for the BatchGetItem call')
            if len({json.dumps(k, sort_keys=True) for k in t['Keys']}) != len(t['Keys']):
                raise invalid('Provided list of item keys contains duplicates')
    else:
        check_expressions(body)


PERMISSIONS = {'Put': 'PutItem', 'Delete': 'DeleteItem', 'Update': 'UpdateItem',
               'ConditionCheck': 'ConditionCheckItem'}


def authorize(user, region, action, body):
    if action == 'TransactWriteItems':
        wanted = [(PERMISSIONS[k], op['TableName'], None)
                  for one in body['TransactItems'] for k, op in one.items()]
    elif action == 'BatchGetItem':
        wanted = [(action, t, None) for t in body['RequestItems']]
    else:
        wanted = [(action, body.get('TableName', '*'), body.get('IndexName'))]
    for act, table, index in wanted:
        arn = 'arn:aws:dynamodb:%s:%s:table/%s' % (region, aws_auth.ACCOUNT, table)
        if index:
            arn += '/index/' + index
        if act in denied and user is not ADMIN:
            raise Refusal('AccessDeniedException',
                          'User: %s is not authorized to perform: dynamodb:%s on resource: %s'
                          % (user.arn, act, arn), 400)
        aws_auth.authorize(user, 'dynamodb:' + act, arn)


# --- transactions for dynalite ---

def plain(op, kind):
    """The same as an action of its own."""
    out = {k: op[k] for k in ('TableName', 'Item', 'Key', 'ConditionExpression',
                              'ExpressionAttributeNames', 'ExpressionAttributeValues')
           if k in op}
    return PERMISSIONS[kind], out


def transact(body):
    done, reasons, bad = [], [], False
    for one in body['TransactItems']:
        (kind, op), = one.items()
        item = op.get('Item') or op['Key']
        key = {k: item[k] for k in ('k', 's')}
        status, old = ask('GetItem', {'TableName': op['TableName'], 'Key': key,
                                      'ConsistentRead': True})
        if status != 200:
            return undo(done, status, old)
        status, reply = ask(*plain(op, kind))
        code = reply.get('__type', '').split('#')[-1]
        if status == 200:
            done.append((op['TableName'], key, old.get('Item')))
            reasons.append({'Code': 'None'})
        elif code == 'ConditionalCheckFailedException':
            bad = True
            reasons.append({'Code': 'ConditionalCheckFailed', 'Message':
                            'The conditional request failed'})
        else:
            return undo(done, status, reply)
    if not bad:
        return 200, {}
    return undo(done, 400, {
        '__type': 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        'message': 'Transaction cancelled, please refer cancellation reasons for specific '
                   'reasons [%s]' % ', '.join(r['Code'] for r in reasons),
        'CancellationReasons': reasons})


def undo(done, status, reply):
    for table, key, old in reversed(done):
        if old is None:
            ask('DeleteItem', {'TableName': table, 'Key': key})
        else:
            ask('PutItem', {'TableName': table, 'Item': old})
    return status, reply


def carry_out(action, body):
    if action != 'TransactWriteItems':
        return ask(action, body)
    # "If you submit a request with the same client token but a change in other
    # parameters within the 10-minute idempotency window, DynamoDB returns an
    # IdempotentParameterMismatch error."
    token = body.get('ClientRequestToken')
    text = json.dumps(body['TransactItems'], sort_keys=True)
    if token in tokens:
        if tokens[token] != text:
            return 400, {'__type': 'IdempotentParameterMismatchException', 'message': ''}
        return 200, {}
    status, reply = transact(body) if KIND == 'dynalite' else ask(action, body)
    if status == 200 and token:
        tokens[token] = text
    return status, reply


# --- the door ---

class Cut(Exception):
    pass


class Garbage(Exception):
    pass


held = [0]
released = [threading.Event()]
some_held = threading.Condition(lock)


def hold():
    """Lets the others in, and goes on when told to."""
    event = released[0]
    held[0] += 1
    some_held.notify_all()
    lock.release()
    event.wait()
    lock.acquire()
    held[0] -= 1


def puts(body):
    """The items of ours that a transaction writes."""
    return [one['Put']['Item'] for one in body.get('TransactItems', []) if 'Put' in one]


def note(peer, body, status):
    """Which write, by whom, and on what it is built: to be judged by a test."""
    items = {}
    for i in puts(body):
        items.setdefault(i['k']['S'], []).append({k: list(v.values())[0] for k, v in i.items()})
    for root in items.get('root', []):
        values = body['TransactItems'][0]['Put'].get('ExpressionAttributeValues', {})
        writes.append(dict(root, **{
            'ms': int(time.monotonic() * 1000),
            'from': peer, 'status': status, 'base': values.get(':rev', {}).get('N'),
            'records': items.get('record', []), 'events': items.get('event', [])}))


def carries(f, body):
    states = [i['state']['S'] for i in puts(body) if i['k']['S'] == 'record']
    last = [r['state'] for w in writes for r in w['records'] if w['status'] == 200][-1:]
    return ('record' not in f or f['record'] in states) and \
        not ('bare' in f and (states or not puts(body))) and \
        ('behind' not in f or [f['behind']] == last)


def fault_for(action, user, path, body):
    for f in faults:
        if f['at'] not in (action, '*') or f.get('user', user.key_id) != user.key_id \
                or not path.startswith(f.get('path', '/')) or not carries(f, body):
            continue
        if f.get('after', 0) > 0:
            f['after'] -= 1
            continue
        if f.get('times', 1 << 30) > 0:
            f['times'] = f.get('times', 1 << 30) - 1
            return f
    return None


def serve(environ, raw):
    target, _, action = environ.get('HTTP_X_AMZ_TARGET', '').partition('.')
    if target != 'DynamoDB_20120810':
        raise Refusal('UnknownOperationException', '', 400)
    if environ.get('CONTENT_TYPE') != 'application/x-amz-json-1.0':
        raise Refusal('SerializationException', 'content type', 400)
    user, region = aws_auth.authenticate(environ, raw, 'dynamodb', USERS)
    try:
        body = json.loads(raw.decode('utf-8'))
    except ValueError:
        raise Refusal('SerializationException', 'not JSON in UTF-8', 400) from None
    seen[action] = seen.get(action, 0) + 1
    f = fault_for(action, user, environ['RAW_URI'], body)
    how = f['how'] if f else ''
    if how == 'hold':
        hold()
    if how == 'error':
        raise Refusal(f['code'], f.get('message', ''), f.get('status', 400))
    if how == 'cut':
        raise Cut
    authorize(user, region, action, body)
    check(action, body)
    if how == 'late':
        late.append((action, body))
        raise Cut
    if how == 'reply':
        return 200, f['body']
    if how in ('some', 'lose'):
        return part_of(body, how)
    status, reply = carry_out(action, body)
    note(environ['PEER'], body, status)
    if how == 'keep':
        hold()
    if how == 'lost':
        raise Cut
    if how == 'garbage':
        raise Garbage
    return status, reply


def part_of(body, how):
    """"If a response size limit is exceeded ... UnprocessedKeys"."""
    (name, what), = body['RequestItems'].items()
    n = len(what['Keys']) // 2 if how == 'some' else 0
    reply = {'Responses': {name: []}}
    if n:
        reply = carry_out('BatchGetItem', {'RequestItems': {
            name: dict(what, Keys=what['Keys'][:n])}})[1]
    rest = {name: dict(what, Keys=what['Keys'][n:])}
    return 200, dict(reply, UnprocessedKeys=rest if how == 'some' else {})


def control(path, body):
    if path == '/strict/do':
        status, reply = ask(body['action'], body['body'])
        return {'status': status, 'body': reply}
    if path == '/strict/fault':
        faults.append(body)
    elif path == '/strict/land':
        out = []
        for action, body in late:
            out.append(carry_out(action, body)[0])
            note('late', body, out[-1])
        late.clear()
        return {'landed': out}
    elif path == '/strict/held':
        some_held.wait_for(lambda: held[0], body.get('s', 0))
        return {'held': held[0]}
    elif path == '/strict/release':
        released[0].set()
        released[0] = threading.Event()
    elif path == '/strict/clear':
        faults.clear()
        denied.clear()
    elif path == '/strict/policy':
        denied.clear()
        denied.update(body['deny'])
    elif path == '/strict/seen':
        return dict(seen)
    elif path == '/strict/log':
        return {'writes': writes[body.get('after', 0):]}
    elif path == '/strict/forget':
        tokens.clear()
    return {}


class Door(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def setup(self):
        if TLS:     # in this connection's own thread
            self.request = TLS.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        text = json.dumps(body, default=str).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/x-amz-json-1.0')
        self.send_header('x-amzn-RequestId', 'rid-1')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def environ(self):
        out = {'HTTP_' + k.upper().replace('-', '_'): v for k, v in self.headers.items()}
        out.update(REQUEST_METHOD='POST', RAW_URI=self.path,
                   PEER=self.client_address[0],
                   CONTENT_TYPE=self.headers.get('Content-Type'),
                   CONTENT_LENGTH=self.headers.get('Content-Length'))
        for k in ('HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH'):
            out.pop(k, None)
        return out

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        with lock:
            try:
                if self.path.startswith('/strict/'):
                    return self.answer(200, control(self.path, json.loads(raw or b'{}')))
                status, reply = serve(self.environ(), raw)
            except Refusal as e:
                status, reply = (400 if e.status == 403 else e.status), {
                    '__type': 'com.amazonaws.dynamodb.v20120810#' + e.code,
                    'message': e.message}
            except Garbage:
                return self.answer(200, "garbage")
            except Cut:
                self.close_connection = True
                return self.connection.shutdown(2)
        return self.answer(status, reply)


USERS = users()
TLS = None
if len(sys.argv) > 3:
    TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    TLS.load_cert_chain(sys.argv[3])
server = ThreadingHTTPServer((sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1', 0), Door)
server.daemon_threads = True
print('ready %d' % server.server_port, flush=True)
server.serve_forever()
