"""The same home, environment and profile for botocore and for us: whose
credential is found? Over a sample of all combinations, with a seed.

    providers_sdk.py TEST_IDENTITY [COUNT [SEED]]

TEST_IDENTITY is build/.../tests/unit/test_identity, which as "load [PROFILE]"
prints the key id that identity_load() finds. Everybody who gives credentials
here is one small server, whose key ids tell the way that was taken.
"""
import hashlib
import http.server
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HELPER = os.path.abspath(sys.argv[1])
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 150
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
SOON = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 3600))
ARN = 'arn:aws:iam::123456789012:role/x'


class Giver(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def say(self, text):
        text = text.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_PUT(self):
        self.say('session')

    def do_GET(self):
        keys = {'Code': 'Success', 'SecretAccessKey': 's', 'Token': 't', 'Expiration': SOON,
                'AccessKeyId': 'ASIATASK' if '/v1/' in self.path else 'ASIAHOST'}
        if self.path.endswith('/security-credentials/'):
            self.say('r')
        elif self.path.startswith('/federation'):
            self.say(json.dumps({'roleCredentials': {
                'accessKeyId': 'ASIASSO', 'secretAccessKey': 's', 'sessionToken': 't',
                'expiration': int((time.time() + 3600) * 1000)}}))
        else:
            self.say(json.dumps(keys))

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(
            self.rfile.read(int(self.headers['Content-Length'])).decode()))
        signer = re.search('Credential=([^/]*)/', self.headers.get('Authorization', ''))
        self.say('<{0}Response><{0}Result><AssumedRoleUser><Arn>arn:aws:sts::123456789012:'
                 'assumed-role/x/y</Arn></AssumedRoleUser><Credentials><AccessKeyId>'
                 'ASIAROLE.{1}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>'
                 '<SessionToken>t</SessionToken><Expiration>{2}</Expiration></Credentials>'
                 '</{0}Result></{0}Response>'.format(
                     form['Action'], signer.group(1) if signer else 'WEB', SOON))


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Giver)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = 'http://127.0.0.1:%d' % server.server_address[1]

DIMENSIONS = {
    'env': [False, True],
    'env_web': [False, True],
    'task': [False, True],
    'host': [False, True],
    'chosen': ['default', 'AWS_PROFILE', 'argument', 'argument'],
    'credentials': [False, True],
    'config': [False, True],
    'process': [False, True, False],
    'sso': [False, True, False],
    'web': [False, True, False],
    'role': ['', '', 'base', 'self', 'p2', 'sso2', 'empty', 'loop', 'Environment',
             'EcsContainer', 'Ec2InstanceMetadata', 'both'],
}

OTHERS = '''[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile p2]
role_arn = %s2
source_profile = base
[profile sso2]
sso_session = corp
sso_account_id = 1
sso_role_name = r
[profile empty]
region = eu-west-1
[profile loop]
role_arn = %s
source_profile = %s
[sso-session corp]
sso_region = us-east-1
sso_start_url = https://x
'''


def world(home, c):
    """Writes the files; returns the environment and the profile by argument."""
    name = 'default' if c['chosen'] == 'default' else 'p'
    config = ['[default]' if name == 'default' else '[profile p]', 'region = us-east-1']
    if c['config']:
        config += ['aws_access_key_id = AKIACONFIG', 'aws_secret_access_key = s']
    if c['process']:
        config += ['credential_process = /bin/echo \'{"Version": 1, "AccessKeyId": '
                   '"AKIAPROC", "SecretAccessKey": "s"}\'']
    if c['sso']:
        config += ['sso_session = corp', 'sso_account_id = 1', 'sso_role_name = r']
    if c['web']:
        config += ['web_identity_token_file = %s/jwt' % home]
    if c['web'] or c['role']:
        config += ['role_arn = ' + ARN]
    if c['role'] == 'both':
        config += ['source_profile = base', 'credential_source = Environment']
    elif c['role'] in ('Environment', 'EcsContainer', 'Ec2InstanceMetadata'):
        config += ['credential_source = ' + c['role']]
    elif c['role']:
        config += ['source_profile = ' + (name if c['role'] == 'self' else c['role'])]
    os.makedirs(home + '/.aws/sso/cache', exist_ok=True)
    with open(home + '/.aws/config', 'w') as f:
        f.write('\n'.join(config) + '\n' + OTHERS % (ARN, ARN, name))
    with open(home + '/.aws/credentials', 'w') as f:
        if c['credentials']:
            f.write('[%s]\naws_access_key_id = AKIACRED\n'
                    'aws_secret_access_key = s\n' % name)
    with open(home + '/jwt', 'w') as f:
        f.write('a.b.c.d')
    with open(home + '/.aws/sso/cache/%s.json' % hashlib.sha1(b'corp').hexdigest(),
              'w') as f:
        json.dump({'accessToken': 'a', 'expiresAt': SOON}, f)
    env = {'HOME': home, 'PATH': os.environ['PATH'], 'AWS_ENDPOINT_URL': URL,
           'AWS_EC2_METADATA_SERVICE_ENDPOINT': URL + '/',
           'AWS_EC2_METADATA_DISABLED': 'false' if c['host'] else 'true'}
    if c['env']:
        env.update(AWS_ACCESS_KEY_ID='AKIAENV', AWS_SECRET_ACCESS_KEY='s')
    if c['env_web']:
        env.update(AWS_WEB_IDENTITY_TOKEN_FILE=home + '/jwt', AWS_ROLE_ARN=ARN)
    if c['task']:
        env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=URL + '/v1/x')
    if c['chosen'] == 'AWS_PROFILE':
        env.update(AWS_PROFILE='p')
    return env, 'p' if c['chosen'] == 'argument' else None


def by_us(env, profile):
    r = subprocess.run([HELPER, 'load'] + ([profile] if profile else []), env=env,
                       capture_output=True, text=True, timeout=60)
    return r.stdout.strip() or '-', r.stderr.strip()


def by_botocore(env, profile):
    os.environ.clear()
    os.environ.update(env)
    try:
        found = botocore.session.Session(profile=profile).get_credentials()
        return found.get_frozen_credentials().access_key if found else '-', ''
    except Exception as e:
        return '-', repr(e)


def main():
    rows = [dict(zip(DIMENSIONS, v)) for v in itertools.product(*DIMENSIONS.values())]
    random.Random(SEED).shuffle(rows)
    seen, bad = set(), 0
    for c in rows[:COUNT]:
        env, profile = world(HOME, c)
        ours, why = by_us(env, profile)
        theirs, their_why = by_botocore(env, profile)
        seen.add(ours)
        if ours != theirs:
            bad += 1
            print('ours %s, botocore %s: %s\n  %s\n  %s' % (
                ours, theirs, {k: v for k, v in c.items() if v}, why, their_why))
    print('%d of %d differ; ways taken: %s' % (bad, COUNT, ' '.join(sorted(seen))))
    # every way must have been taken, or the comparison says little
    return bad or len(seen) < 12


# botocore looks for the home directory when it is imported.
with tempfile.TemporaryDirectory() as HOME:
    os.environ['HOME'] = HOME
    import botocore.session
    sys.exit(1 if main() else 0)
