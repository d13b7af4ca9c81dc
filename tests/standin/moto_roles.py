"""moto (an emulator of AWS that others wrote) with IAM and STS, and with its
own checks of signatures and policies switched on: a user `base` who may assume
the role `rotator` and nothing else, a role that may do what the rotator needs,
and the IAM user ses-mail.

    moto_roles.py FILE     writes BASE=key-id and BASE_SECRET=... to FILE for a
                           shell, prints "ready PORT" when it serves
"""
import json
import sys
import time
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

ACCOUNT = '123456789012'

server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
iam = boto3.client('iam', endpoint_url='http://127.0.0.1:%d' % port,
                   region_name='us-east-1', aws_access_key_id='x',
                   aws_secret_access_key='x')


def policy(*actions, resource='*'):
    return json.dumps({'Version': '2012-10-17', 'Statement': [
        {'Effect': 'Allow', 'Action': actions, 'Resource': resource}]})


role = 'arn:aws:iam::%s:role/rotator' % ACCOUNT
iam.create_user(UserName='ses-mail')
iam.create_access_key(UserName='ses-mail')
iam.create_user(UserName='base')
iam.put_user_policy(UserName='base', PolicyName='p',
                    PolicyDocument=policy('sts:AssumeRole', resource=role))
key = iam.create_access_key(UserName='base')['AccessKey']
iam.create_role(RoleName='rotator', AssumeRolePolicyDocument=json.dumps({
    'Version': '2012-10-17', 'Statement': [{
        'Effect': 'Allow', 'Action': 'sts:AssumeRole',
        'Principal': {'AWS': 'arn:aws:iam::%s:user/base' % ACCOUNT}}]}))
iam.put_role_policy(RoleName='rotator', PolicyName='p', PolicyDocument=policy(
    'sts:GetCallerIdentity', 'iam:GetUser', 'iam:ListAccessKeys',
    'iam:GetAccessKeyLastUsed', 'iam:CreateAccessKey'))
with open(sys.argv[1], 'w') as f:
    f.write("BASE='%s'\nBASE_SECRET='%s'\n" % (key['AccessKeyId'],
                                              key['SecretAccessKey']))
# From here on every request has to be signed and allowed.
urllib.request.urlopen(urllib.request.Request(
    'http://127.0.0.1:%d/moto-api/reset-auth' % port, data=b'0',
    method='POST', headers={'Content-Type': 'text/plain'})).read()
print('ready %d' % port, flush=True)
while True:
    time.sleep(60)
