"""moto (an emulator of AWS that others wrote) as IAM and STS, and beside it the
SMTP endpoint of SES for the keys that are in moto: nothing here is shared with
our program or with our sandbox. moto checks signatures and policies.

    moto_ses.py DIR      writes DIR/ca.pem and DIR/env for a shell (the key of
                         the user `rotator`, who may what deploy/iam-policy.json
                         says), prints "ready IAM-PORT SMTP-PORT CONTROL-PORT"

The control port takes one JSON object a POST and gives one back:
    {"call": "iam call of boto3", "args": {...}}   as an administrator
    {"password": "key id"}      the SMTP password of that key in REGION
    {"lag": n}                  so many logins refused for a key SES has not
                                seen yet: moto itself forgets nothing and waits
                                for nothing
    {"logins": true}            [[key id, reply code]...] so far
    {"reset": true}             the user ses-smtp-mail with one new key

A login is a use of the key: moto's GetAccessKeyLastUsed tells it as SES's.
Sources: "Obtaining Amazon SES SMTP credentials" (the algorithm) and
"Amazon SES SMTP response codes"; RFC 4954.
"""
import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import socketserver
import ssl
import sys
import threading
import urllib.parse
import urllib.request

import boto3
from moto.core.exceptions import _RESTError
from moto.core.utils import utcnow
from moto.iam.access_control import IAMRequestBase
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.iam.responses import IamResponse
from moto.server import ThreadedMotoServer

import standin

ACCOUNT, REGION, USER = '123456789012', 'us-east-1', 'ses-smtp-mail'
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
LOCK = threading.Lock()
lag, seen, logins = [0], {}, []


def backend():
    return iam_backends[ACCOUNT]['aws']


def password(secret):
    key = ('AWS4' + secret).encode()
    for word in ('11111111', REGION, 'ses', 'aws4_request', 'SendRawEmail'):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return base64.b64encode(b'\x04' + key).decode()


def accepted(user, secret):
    """Is that a pair of an active key of a user? Its last use is now."""
    key = backend().access_keys.get(user)
    fine = key is not None and key.status == 'Active' and \
        hmac.compare_digest(password(key.secret_access_key), secret)
    with LOCK:
        if fine and seen.setdefault(user, lag[0]) > 0:
            seen[user] -= 1
            fine = False
        logins.append([user, 235 if fine else 535])
    if fine:
        key.last_used = AccessKeyLastUsed(timestamp=utcnow(), service='ses', region=REGION)
    return fine


class Smtp(socketserver.BaseRequestHandler):
    """As much of a session as one needs that logs in."""

    def say(self, *lines):
        for n, line in enumerate(lines, 1):
            text = line[:3] + ('-' if n < len(lines) else ' ') + line[4:]
            self.request.sendall(text.encode() + b'\r\n')

    def line(self):
        return self.file.readline(4096).decode('ascii', 'replace').rstrip('\r\n')

    def ehlo(self, tls):
        self.say('250 email-smtp.amazonaws.com', '250 8BITMIME',
                 *(['250 AUTH PLAIN LOGIN'] if tls else ['250 STARTTLS']), '250 Ok')

    def login(self, words):
        if words[1:2] == ['PLAIN']:
            if len(words) < 3:
                self.say('334 ')
                words.append(self.line())
            pair = base64.b64decode(words[2]).decode().split('\0')[1:]
        else:
            self.say('334 VXNlcm5hbWU6')
            pair = [base64.b64decode(self.line()).decode()]
            self.say('334 UGFzc3dvcmQ6')
            pair.append(base64.b64decode(self.line()).decode())
        self.say('235 Authentication successful.' if accepted(*pair)
                 else '535 Authentication Credentials Invalid')

    def handle(self):
        self.request.settimeout(20)
        self.file, tls = self.request.makefile('rb'), False
        self.say('220 email-smtp.amazonaws.com ESMTP SimpleEmailService')
        while True:
            words = self.line().split()
            verb = words[0].upper() if words else ''
            if verb == 'EHLO':
                self.ehlo(tls)
            elif verb == 'STARTTLS' and not tls:
                self.say('220 Ready to start TLS')
                self.request, tls = CONTEXT.wrap_socket(self.request, server_side=True), True
                self.file = self.request.makefile('rb')
            elif verb == 'AUTH' and tls:
                self.login(words)
            elif verb == 'QUIT' or not verb:
                self.say('221 Bye')
                return
            else:
                self.say('502 Command not implemented')


class Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 32

    def handle_error(self, *args):
        pass


# --- where moto is too lenient, or too strict ---

_permitted = IAMRequestBase.check_action_permitted


def words(request):
    """The parameters of a query request, in whatever form moto has them."""
    q = request._data
    if request._body:
        body = request._body
        q = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body)
    return {k: v[0] if isinstance(v, list) else v for k, v in q.items()}


_error = _RESTError.__init__


def error(self, *args, **kwargs):
    # moto's form is that of EC2; IAM and STS have no element Errors ("Making
    # query requests", IAM User Guide)
    _error(self, *args, **kwargs)
    self.description = re.sub('</?Errors>', '', self.description)


def check_action_permitted(self, resource):
    # moto asks the policy about "*" alone; AWS about the user that the call
    # is for ("Actions, resources, and condition keys for AWS IAM")
    q = words(self)
    key = backend().access_keys.get(q.get('AccessKeyId'))
    user = q.get('UserName') or (key and key.user_name)
    _permitted(self, 'arn:aws:iam::%s:user/%s' % (ACCOUNT, user) if user else resource)


def check_signature(self):
    # moto takes the signature of an inactive key, and of any time
    key = backend().access_keys[self._access_key._access_key_id]
    at = datetime.datetime.strptime(self._headers['X-Amz-Date'], '%Y%m%dT%H%M%SZ')
    late = abs((at - utcnow().replace(tzinfo=None)).total_seconds())
    if key.status != 'Active':
        self._raise_invalid_access_key('InvalidId')
    if late > 15 * 60:
        self._raise_signature_does_not_match()
    _signature(self)


_signature = IAMRequestBase.check_signature
IAMRequestBase.check_action_permitted = check_action_permitted
IAMRequestBase.check_signature = check_signature
_RESTError.__init__ = error


def list_access_keys(self):
    # moto leaves IsTruncated out (ListAccessKeys, API Reference, has it in
    # each answer), and has no pages
    r = _list(self)
    r.result['IsTruncated'] = False
    return r


_list = IamResponse.list_access_keys
IamResponse.list_access_keys = list_access_keys


def policy(name):
    with open(os.path.join(TOP, 'deploy', name)) as f:
        return f.read().replace('ACCOUNT', ACCOUNT)


def reset():
    with LOCK:
        lag[0] = 0
        seen.clear()
        logins.clear()
    iam = backend()
    for key in list(iam.users[USER].access_keys) if USER in iam.users else []:
        iam.delete_access_key(key.access_key_id, USER)
    if USER not in iam.users:
        admin.create_user(UserName=USER)
        # moto's ids are in small letters ("IAM identifiers", IAM User Guide)
        user = iam.users[USER]
        user.id = 'AIDA' + user.id[4:].upper()
        admin.put_user_policy(UserName=USER, PolicyName='send',
                              PolicyDocument=policy('smtp-user-policy.json'))
    admin.put_user_policy(UserName='rotator', PolicyName='rotate',
                          PolicyDocument=policy('iam-policy.json'))
    return {'key': iam.create_access_key(USER).access_key_id}


class Control(standin.Handler):
    def serve(self, method, path, raw):
        q = json.loads(raw)
        if 'call' in q:
            r = getattr(admin, q['call'])(**q['args'])
            r.pop('ResponseMetadata')
        elif 'password' in q:
            key = backend().access_keys.get(q['password'])
            r = {'password': key and password(key.secret_access_key)}
        elif 'lag' in q:
            lag[0], r = q['lag'], {}
        elif 'reset' in q:
            r = reset()
        else:
            r = logins
        self.send(200, json.dumps(r, default=str))


authority = standin.Authority()
with open(sys.argv[1] + '/ca.pem', 'w') as f_:
    f_.write(authority.pem)
pem, pem_key = authority.issue('/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
with open(sys.argv[1] + '/server.pem', 'w') as f_:
    f_.write(pem_key + pem)
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(sys.argv[1] + '/server.pem')

moto = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
moto.start()
MOTO = 'http://127.0.0.1:%d' % moto.get_host_and_port()[1]


def client(key_id, secret):
    return boto3.client('iam', endpoint_url=MOTO, region_name='us-east-1',
                        aws_access_key_id=key_id, aws_secret_access_key=secret)


# Until reset-auth below, moto asks nobody who they are.
admin = client('x', 'x')
for name in ('root', 'rotator'):
    admin.create_user(UserName=name)
admin.put_user_policy(UserName='root', PolicyName='all', PolicyDocument=json.dumps(
    {'Version': '2012-10-17',
     'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}))
root, rotator = (admin.create_access_key(UserName=n)['AccessKey'] for n in ('root', 'rotator'))
reset()
admin = client(root['AccessKeyId'], root['SecretAccessKey'])
with open(sys.argv[1] + '/env', 'w') as f_:
    f_.write("ROTATOR_ID='%s'\nROTATOR_SECRET='%s'\n" % (
        rotator['AccessKeyId'], rotator['SecretAccessKey']))
urllib.request.urlopen(urllib.request.Request(
    MOTO + '/moto-api/reset-auth', data=b'0', method='POST',
    headers={'Content-Type': 'text/plain'})).read()
smtp = Server(('127.0.0.1', 0), Smtp)
threading.Thread(target=smtp.serve_forever, daemon=True).start()
control = standin.Server(('127.0.0.1', 0), Control)
print('ready', moto.get_host_and_port()[1], smtp.server_address[1],
      control.server_address[1], flush=True)
control.serve_forever()
