"""What botocore makes of a signing suite: canonical request, string to sign
and signature of each case, compared with the files. Exits with 1 when one
differs.

    botocore_says.py DIR            compares
    botocore_says.py DIR --write    writes stages that a case has not yet

Three rules of AWS's description ("Create a signed AWS API request", IAM user
guide) botocore leaves to whoever calls it; here it is called so that it has to
follow them:
- "URI-encode each parameter name and value individually": a query that is
  part of an URL botocore signs as it stands, so it gets names and values;
- S3 paths are not normalised: with `normalize` false its path step is that of
  S3SigV4Auth, and the encoding stays that of every other service;
- the session token may be left out of what is signed (omit_session_token).
"""
import glob
import json
import os
import sys
from urllib.parse import quote, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Kept(SigV4Auth):
    def _normalize_url_path(self, path):
        return quote(path, safe='/~')


def read(where, name):
    with open(os.path.join(where, name), 'rb') as f:
        return f.read().decode()


def request_of(text):
    head, _, body = text.partition('\n\n')
    first, *lines = head.rstrip('\n').split('\n')
    method, target = first.rsplit(' ', 1)[0].split(' ', 1)
    headers = []
    for line in lines:
        if line[0] in ' \t':
            headers[-1][1] += '\n' + line
        else:
            headers.append(line.split(':', 1))
    return method, target, headers, body


def params_of(query):
    pairs = [p.partition('=') for p in query.split('&') if p]
    return [(unquote(k), unquote(v)) for k, _, v in pairs]


def stages(where):
    context = json.loads(read(where, 'context.json'))
    method, target, headers, body = request_of(read(where, 'request.txt'))
    path, _, query = target.partition('?')
    host = next(v for k, v in headers if k.lower() == 'host').strip()
    request = AWSRequest(method=method, url='https://' + host + path,
                         params=params_of(query), data=body or b'')
    for name, value in headers:
        request.headers.add_header(name, value)
    cred = context['credentials']
    token = cred.get('token')
    if context.get('omit_session_token'):
        token = None
    kind = SigV4Auth if context.get('normalize', True) else Kept
    auth = kind(Credentials(cred['access_key_id'], cred['secret_access_key'], token),
                context['service'], context['region'])
    at = context['timestamp'].replace('-', '').replace(':', '')
    request.context['timestamp'] = at
    request.headers['X-Amz-Date'] = at
    if token:
        request.headers['X-Amz-Security-Token'] = token
    if context.get('sign_body'):
        request.headers['X-Amz-Content-SHA256'] = auth.payload(request)
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    return {'canonical-request': canonical, 'string-to-sign': to_sign,
            'signature': auth.signature(to_sign, request)}


def main():
    cases = sorted(glob.glob(os.path.join(sys.argv[1], '*', '')))
    bad = 0
    for where in cases:
        for stage, got in stages(where).items():
            path = os.path.join(where, 'header-%s.txt' % stage)
            if '--write' in sys.argv and not os.path.exists(path):
                with open(path, 'w', encoding='utf-8') as f:
                    f.write(got)
            want = read(where, 'header-%s.txt' % stage).rstrip('\n')
            if got != want:
                bad += 1
                print('%s: %s\nwanted:\n%s\nbotocore:\n%s' % (where, stage, want, got))
    print('%d cases, %d differences' % (len(cases), bad))
    sys.exit(bad > 0 or not cases)


main()
