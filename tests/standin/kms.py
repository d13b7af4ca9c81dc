"""A stand-in for AWS KMS: GenerateDataKey and Decrypt, from its API reference.
It really encrypts (AES-GCM, the encryption context as associated data), so
what was given with one context opens with no other. It refuses what KMS
refuses: a bad signature (aws_auth.py), what the policy in rotate.yaml(5) does
not allow with its conditions, keys that are unknown, disabled, about to be
deleted, of another region or not for encryption, and parameters that the call
does not have (stricter than KMS). Data keys have the length of real ones.

    kms.py [PORT]              prints "ready PORT" when it serves

Calls for tests, POSTs of JSON without signature:

    /strict/reset              forgets keys, log and orders; makes the key KEY
                               with the alias "alias/mail" in us-east-1
    /strict/role               {"as": "nobody"}: what `client` may from now on
    /strict/key                {"id":, "region":, "state": "Enabled"|"Disabled"|
                               "PendingDeletion", "usage":, "alias":}: made or
                               changed
    /strict/answer             {"at": ACTION, "code":, "message":, "status":}:
                               all such requests are refused so until reset
    /strict/log                the requests: [[ACTION, context], ...]
    /strict/plain              the data keys that were given, in base64
"""
import base64
import json
import os
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import aws_auth

KEY = '1234abcd-12ab-34cd-56ef-1234567890ab'
USERS = aws_auth.users()
PAD = 88  # a data key of KMS has 184 bytes
FIELDS = {
    'GenerateDataKey': {'KeyId', 'KeySpec', 'EncryptionContext'},
    'Decrypt': {'CiphertextBlob', 'EncryptionContext'},
}
state = {}


def refuse(code, message, status=400):
    raise aws_auth.Refusal(code, message, status)


def documented_policy():
    """The policy of the manual, made out for our key."""
    with open(os.path.join(aws_auth.TOP, 'docs', 'rotate.yaml.5')) as f:
        found = re.search(r'\n\.Bd -literal\n(\{\n(?:.*\n)*?\})\n\.Ed', f.read())
    text = found.group(1).replace('ACCOUNT', aws_auth.ACCOUNT)
    return json.loads(text.replace('REGION', 'us-east-1').replace('key/ID', 'key/' + KEY))


def reset():
    state.update(keys={}, aliases={}, log=[], plain=[], orders={})
    state['policies'] = [documented_policy()]
    put({'id': KEY, 'alias': 'alias/mail'})


def put(want):
    region = want.get('region', 'us-east-1')
    key = state['keys'].setdefault(want['id'], {
        'secret': os.urandom(32), 'region': region, 'state': 'Enabled',
        'usage': 'ENCRYPT_DECRYPT',
        'arn': 'arn:aws:kms:%s:%s:key/%s' % (region, aws_auth.ACCOUNT, want['id'])})
    key.update({k: v for k, v in want.items() if k in ('state', 'usage')})
    if 'alias' in want:
        state['aliases'][want['alias']] = want['id']


def find(name, region):
    arn = re.fullmatch(r'arn:aws:kms:([a-z0-9-]+):(\d{12}):(key/(.+)|alias/.+)', name)
    if arn and arn.group(1) != region:
        refuse('NotFoundException', 'Invalid arn ' + region)
    if arn:
        name = arn.group(4) or arn.group(3)
    if name.startswith('alias/') and name not in state['aliases']:
        refuse('NotFoundException', 'Alias arn:aws:kms:%s:%s:%s is not found.'
               % (region, aws_auth.ACCOUNT, name))
    key = state['keys'].get(state['aliases'].get(name, name))
    if key is None or key['region'] != region:
        refuse('NotFoundException', "Key '%s' does not exist" % name)
    return key


def may(action, key, context):
    """With the conditions of the policy, which must all be there and equal."""
    for policy in state['policies']:
        for s in policy['Statement']:
            if (aws_auth.matches(s['Action'], 'kms:' + action) and
                    aws_auth.matches(s['Resource'], key['arn']) and
                    all(context.get(k.split(':', 2)[2]) == v
                        for k, v in s['Condition']['StringEquals'].items())):
                return
    refuse('AccessDeniedException',
           'User: %s is not authorized to perform: kms:%s on resource: %s because no '
           'identity-based policy allows the kms:%s action'
           % (USERS[1].arn, action, key['arn'], action))


def usable(key):
    if key['state'] == 'Disabled':
        refuse('DisabledException', key['arn'] + ' is disabled.')
    if key['state'] == 'PendingDeletion':
        refuse('KMSInvalidStateException', key['arn'] + ' is pending deletion.')
    if key['usage'] != 'ENCRYPT_DECRYPT':
        refuse('InvalidKeyUsageException', key['arn'] + ' key usage is ' + key['usage'])


def bound(key_id, context):
    return (key_id + json.dumps(context, sort_keys=True)).encode()


def generate(body, region):
    key = find(body['KeyId'], region)
    may('GenerateDataKey', key, body['EncryptionContext'])
    usable(key)
    if body['KeySpec'] != 'AES_256':
        refuse('ValidationException', 'KeySpec')
    plain, nonce = os.urandom(32), os.urandom(12)
    key_id = key['arn'].rsplit('/', 1)[1]
    blob = key_id.encode() + bytes(PAD) + nonce + AESGCM(key['secret']).encrypt(
        nonce, plain, bound(key_id, body['EncryptionContext']))
    text = base64.b64encode(plain).decode()
    state['plain'].append(text)
    return {'CiphertextBlob': base64.b64encode(blob).decode(), 'Plaintext': text,
            'KeyId': key['arn']}


def decrypt(body, region):
    blob = base64.b64decode(body['CiphertextBlob'], validate=True)
    key_id, sealed = blob[:36].decode('ascii', 'replace'), blob[36 + PAD:]
    key = state['keys'].get(key_id)
    if key is None or key['region'] != region or blob[36:36 + PAD] != bytes(PAD):
        refuse('InvalidCiphertextException', '')
    may('Decrypt', key, body['EncryptionContext'])
    usable(key)
    try:
        plain = AESGCM(key['secret']).decrypt(
            sealed[:12], sealed[12:], bound(key_id, body['EncryptionContext']))
    except InvalidTag:
        refuse('InvalidCiphertextException', '')
    return {'Plaintext': base64.b64encode(plain).decode(), 'KeyId': key['arn'],
            'EncryptionAlgorithm': 'SYMMETRIC_DEFAULT'}


def serve(method, path, headers, raw):
    target = headers.get('X-Amz-Target', '')
    action = target[len('TrentService.'):]
    if method != 'POST' or path != '/' or not target.startswith('TrentService.') or \
            action not in FIELDS or headers['Content-Type'] != 'application/x-amz-json-1.1':
        refuse('UnknownOperationException', target)
    environ = {'REQUEST_METHOD': method, 'RAW_URI': path}
    for h, v in headers.items():
        environ['HTTP_' + h.upper().replace('-', '_')] = v
    _, region = aws_auth.authenticate(environ, raw, 'kms', USERS)
    body = json.loads(raw)
    if set(body) != FIELDS[action] or not all(
            isinstance(v, str) for v in body['EncryptionContext'].values()):
        refuse('ValidationException', 'fields: %s' % sorted(body))
    state['log'].append([action, body['EncryptionContext']])
    answer = state['orders'].get(action)
    if answer is not None:
        refuse(answer['code'], answer.get('message', ''), answer.get('status', 400))
    return generate(body, region) if action == 'GenerateDataKey' else decrypt(body, region)


def control(path, body):
    if path == '/strict/reset':
        reset()
    elif path == '/strict/role':
        state['policies'] = [] if body['as'] == 'nobody' else [documented_policy()]
    elif path == '/strict/key':
        put(body)
    elif path == '/strict/answer':
        state['orders'][body['at']] = body
    elif path == '/strict/log':
        return state['log']
    elif path == '/strict/plain':
        return state['plain']
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 65536  # head and body in one packet: no wait for ACKs

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('x-amzn-RequestId', str(uuid.uuid4()))
        self.send_header('Content-Type', 'application/x-amz-json-1.1')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        try:
            if self.path.startswith('/strict/'):
                self.reply(200, control(self.path, json.loads(raw or b'{}')))
            else:
                self.reply(200, serve(self.command, self.path, self.headers, raw))
        except aws_auth.Refusal as e:
            self.reply(e.status, {'__type': e.code, 'message': e.message})

    def log_message(self, *args):
        pass


reset()
server = ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
print('ready %d' % server.server_port, flush=True)
server.serve_forever()
