"""sts: AWS STS for tests of roles in several accounts. It refuses what STS
refuses: a bad signature, a role that does not trust the caller, a wrong or
missing external id, and who has no right to assume a role. What it gives are
sessions that the other strict stand-ins know (aws_auth.py), if all of them
have the same STRICT_SESSIONS in their environment.

    sts.py [PORT]     prints "ready PORT" when it serves

The caller is the user BASE_KEY_ID, BASE_SECRET, who may assume the roles of
deploy/assume-role-policy.json (and NAME-reader of each NAME). The sessions of GIVE_ROLE have the key STRICT_KEY_ID,
STRICT_SECRET, and SANDBOX_CONTROL is told each session token, so that the
sandbox takes the newest and no other.

Calls for tests, POSTs of JSON without signature:

    /strict/reset    forgets roles and counts
    /strict/trust    {"arn": ..., "external_id": ..., "trusted": bool}: a role,
                     and whether it trusts the caller
    /strict/ttl      {"s": n}: how long sessions last from now on
    /strict/state    answers with {"granted": {arn: n}, "refused": n}

Sources: AssumeRole and GetCallerIdentity, AWS STS API Reference.
"""
import json
import os
import re
import sys
import threading
import time
import urllib.parse
import urllib.request

import aws_auth
import standin

with open(os.path.join(aws_auth.TOP, 'deploy', 'assume-role-policy.json')) as f:
    POLICY = json.load(f)
BASE = aws_auth.User('base', os.environ['BASE_KEY_ID'], os.environ['BASE_SECRET'], [POLICY])
GIVE_ROLE = os.environ.get('GIVE_ROLE')
lock = threading.Lock()
roles, granted = {}, {}
state = {'ttl': 3600, 'refused': 0}


def stamp(s):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(s))


def refuse(code, message, status=403):
    raise aws_auth.Refusal(code, message, status)


def give(arn):
    mine = arn == GIVE_ROLE
    s = aws_auth.give_session(arn, state['ttl'], (os.environ['STRICT_KEY_ID'],
                                                  os.environ['STRICT_SECRET']) if mine else None)
    if mine:
        urllib.request.urlopen(urllib.request.Request(
            os.environ['SANDBOX_CONTROL'] + '/knobs', method='POST',
            data=json.dumps({'session_token': s.token}).encode())).read()
    return s


def assume_role(who, form):
    arn = form.get('RoleArn', '')
    role = roles.get(arn)
    if not re.fullmatch(r'[\w+=,.@-]{2,64}', form.get('RoleSessionName', '')):
        refuse('ValidationError', 'roleSessionName', 400)
    if not aws_auth.allowed(who, 'sts:AssumeRole', arn.removesuffix('-reader')) or \
            role is None or not role['trusted'] or \
            form.get('ExternalId') != role.get('external_id'):
        state['refused'] += 1
        refuse('AccessDenied', 'User: %s is not authorized to perform: sts:AssumeRole on '
               'resource: %s' % (who.arn, arn))
    s = give(arn)
    granted[arn] = granted.get(arn, 0) + 1
    return ('<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>'
            '<SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>'
            '<AssumedRoleUser><Arn>%s</Arn></AssumedRoleUser>'
            % (s.key_id, s.secret, s.token, stamp(s.until), s.arn))


def caller(who, form):
    return '<Arn>%s</Arn><UserId>AROA:x</UserId><Account>%s</Account>' % (who.arn, who.account)


ACTIONS = {'AssumeRole': assume_role, 'GetCallerIdentity': caller}


def answer(method, path, headers, raw):
    form = dict(urllib.parse.parse_qsl(raw.decode()))
    action = form.get('Action')
    if method != 'POST' or path != '/' or form.get('Version') != '2011-06-15' or \
            action not in ACTIONS:
        refuse('InvalidAction', 'no such', 400)
    environ = {'REQUEST_METHOD': method, 'RAW_URI': path}
    for h, v in headers.items():
        environ['HTTP_' + h.upper().replace('-', '_')] = v
    who, _ = aws_auth.authenticate(environ, raw, 'sts', [BASE])
    return ('<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}'
            '</{0}Result></{0}Response>').format(action, ACTIONS[action](who, form))


def control(path, body):
    if path == '/strict/reset':
        roles.clear()
        granted.clear()
        state.update(ttl=3600, refused=0)
    elif path == '/strict/trust':
        roles[body['arn']] = {'trusted': body.get('trusted', True),
                              'external_id': body.get('external_id')}
    elif path == '/strict/ttl':
        state['ttl'] = body['s']
    return {'granted': granted, 'refused': state['refused']}


class Door(standin.Handler):
    def serve(self, method, path, raw):
        with lock:
            if path.startswith('/strict/'):
                return self.send(200, json.dumps(control(path, json.loads(raw or b'{}'))),
                                 'application/json')
            try:
                return self.send(200, answer(method, path, self.headers, raw), 'text/xml')
            except aws_auth.Refusal as e:
                return self.send(e.status, '<ErrorResponse><Error><Type>Sender</Type><Code>%s'
                                 '</Code><Message>%s</Message></Error><RequestId>r-1'
                                 '</RequestId></ErrorResponse>' % (e.code, e.message),
                                 'text/xml')


server = standin.Server(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0), Door)
print('ready %d' % server.server_address[1], flush=True)
server.serve_forever()
