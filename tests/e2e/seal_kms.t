#!/bin/bash
# seal_kms.t: the real program with its passwords sealed by AWS KMS. KMS is a
# stand-in that encrypts, checks each signature, and allows what the policy in
# rotate.yaml(5) allows; IAM, STS and SMTP are the sandbox.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 12
# The stand-in takes the program's key for its user `client`.
export STRICT_KEY_ID=$AWS_ACCESS_KEY_ID STRICT_SECRET=$AWS_SECRET_ACCESS_KEY
"$PYTHON" tests/standin/kms.py >"$W/kms.ready" 2>"$W/kms.err" &
kms_pid=$!
stop() {
	kill "$kms_pid"
	finish
} >/dev/null 2>&1
trap stop EXIT
for i in $(seq 400); do
	grep -q '^ready' "$W/kms.ready" && break
	sleep 0.05
done
KMS="http://127.0.0.1:$(sed -n 's/^ready //p' "$W/kms.ready")"
export AWS_ENDPOINT_URL_KMS=$KMS
KEY=1234abcd-12ab-34cd-56ef-1234567890ab

ask() { curl -sS --fail-with-body -d "${2:-{\}}" "$KMS/strict/$1"; }
log() { ask log | jq -r '[.[][0]] | join(" ")'; }
kms() { # [KEY]: a configuration that seals with it
	ask reset >/dev/null
	conf
	sealed_by "kind: kms, key: ${1:-alias/mail}, region: us-east-1"
}
sealed_by() { # MAP
	sed -i '/^seal:/d' "$D/rotate.yaml"
	printf 'seal: { %s }\n' "$1" >>"$D/rotate.yaml"
}
body() { sqlite3 "$(database)" "select body from identity where name = 'mail'"; }
# Nothing that KMS gave in the clear is anywhere but in memory.
nowhere() {
	local p
	for p in $(ask plain | jq -r '.[]'); do
		! grep -r -F -e "${p:0:20}" "$D"
		! grep -r -F -e "$(printf %s "$p" | base64 -d | xxd -p -c 64)" "$D"
	done
}

whole() {
	kms
	GRACE=1h
	set_span grace 1h
	gives 10 --force
	is_state GRACE
	is "$(log)" GenerateDataKey
	is "$(ask log | jq -c '.[0][1]')" \
	    "{\"program\":\"ses-smtp-rotator\",\"account\":\"$SANDBOX_ACCOUNT\"}"
	body | grep -q '"k1\.'
	! body | grep '"v1\.'
	[ ! -e "$D/state/seal.key" ]
	nowhere
	# Nothing due, nothing to open: nobody is asked.
	ask reset >/dev/null
	gives 10
	is "$(log)" ''
}
try 'a rotation takes one data key, kept only as KMS encrypted it' whole

back() {
	kms
	set_span grace 1h
	gives 10 --force
	set_span grace 0s
	gives 0 rollback mail --yes
	is_state IDLE
	holds app "$OLD"
	is "$(ask log | jq -r '[.[][0]] | unique | join(" ")')" \
	    'Decrypt GenerateDataKey'
	nowhere
}
try 'the way back opens what was sealed, in other processes' back

from_file() {
	ask reset >/dev/null
	conf
	set_span grace 1h
	gives 10 --force
	body | grep -q '"v1\.'
	sealed_by 'kind: kms, key: alias/mail, region: us-east-1'
	set_span grace 0s
	gives 0 rollback mail --yes
	is_state IDLE
	holds app "$OLD"
}
try 'what the key file sealed opens after the change to kms' from_file

to_file() {
	kms
	set_span grace 1h
	gives 10 --force
	sealed_by 'kind: file'
	set_span grace 0s
	keep
	gives 12 rollback mail --yes
	says 'sealed with AWS KMS' 'kind: kms'
	calm
	sealed_by 'kind: kms, key: alias/mail, region: us-east-1'
	gives 0 --identity mail
	is_state IDLE
	holds app "$OLD"
	# Between two rotations nothing has to be opened.
	sealed_by 'kind: file'
	until_idle
	finished
	[ "$NEW" != "$OLD" ]
	body | grep -q '"v1\.'
}
try 'what KMS sealed is refused by another kind, with the way out' to_file

# Without a data key nothing begins: no access key is made.
no_key() { # STATE-OF-KEY WORD...
	kms
	ask key "{\"id\": \"$KEY\", \"state\": \"$1\"}" >/dev/null
	shift
	keep
	gives 77 --force
	says 'KMS: alias/mail (us-east-1): GenerateDataKey' "$@"
	calm
	ask key "{\"id\": \"$KEY\", \"state\": \"Enabled\"}" >/dev/null
	until_idle
	finished
}
try 'a key that is switched off' no_key Disabled 'is disabled' enable-key
try 'a key that is about to be deleted' no_key PendingDeletion \
    'pending deletion' cancel-key-deletion

denied() {
	kms
	ask role '{"as": "nobody"}' >/dev/null
	keep
	gives 77 --dry-run --force
	says 'allow kms:GenerateDataKey for our AWS identity'
	gives 77 --force
	says 'allow kms:GenerateDataKey for our AWS identity' "key/$KEY" \
	    'rotate.yaml(5)'
	calm
	ask role '{"as": "client"}' >/dev/null
	until_idle
	finished
}
try 'a permission that is missing is named' denied

wrong_key() {
	kms alias/other
	keep
	gives 78 --force
	says 'alias/other is not found' 'seal: key and region'
	calm
	kms "arn:aws:kms:us-east-1:$SANDBOX_ACCOUNT:key/$KEY"
	sed -i 's/, region: us-east-1 }$/ }/' "$D/rotate.yaml"
	sed -i 's/^seal:.*/seal: { kind: kms, key: "arn:aws:kms:us-east-1:'"$SANDBOX_ACCOUNT:key\/$KEY"'" }/' "$D/rotate.yaml"
	until_idle
	finished
}
try 'a key that is not there, and one by its ARN' wrong_key

away() {
	kms
	keep
	AWS_ENDPOINT_URL_KMS=http://127.0.0.1:9 gives 69 --force
	says 'KMS: alias/mail'
	calm
	until_idle
	finished
}
try 'KMS is away: nothing begins, and then it does' away

# Another account's context, as after a copy of the database: KMS refuses.
other_context() {
	kms
	set_span grace 1h
	gives 10 --force
	ask answer '{"at": "Decrypt", "code": "InvalidCiphertextException"}' >/dev/null
	rotate rollback mail --yes
	gives 65 --force
	says 'InvalidCiphertextException' 'another account'
}
try 'a data key that does not open here' other_context

# The stand-in is no push-over.
strict() {
	kms
	"$PYTHON" - "$KMS" <<-'END'
		import sys, boto3, botocore.config, botocore.exceptions
		def client(key, secret, region='us-east-1'):
		    return boto3.client('kms', endpoint_url=sys.argv[1], region_name=region,
		        aws_access_key_id=key, aws_secret_access_key=secret,
		        config=botocore.config.Config(retries={'total_max_attempts': 1}))
		import os
		us = os.environ['STRICT_KEY_ID'], os.environ['STRICT_SECRET']
		right = {'program': 'ses-smtp-rotator', 'account': '123456789012'}
		def code(c, call, **args):
		    try:
		        return getattr(c, call)(**args)
		    except botocore.exceptions.ClientError as e:
		        return e.response['Error']['Code']
		c = client(*us)
		got = code(c, 'generate_data_key', KeyId='alias/mail', KeySpec='AES_256', EncryptionContext=right)
		blob = got['CiphertextBlob']
		assert len(blob) == 184 and len(got['Plaintext']) == 32, got
		assert code(c, 'decrypt', CiphertextBlob=blob, EncryptionContext=right)['Plaintext'] == got['Plaintext']
		wrong = dict(right, account='210987654321')
		for want, have in [
		    ('AccessDeniedException', code(c, 'decrypt', CiphertextBlob=blob, EncryptionContext=wrong)),
		    ('InvalidCiphertextException', code(c, 'decrypt', CiphertextBlob=blob, EncryptionContext=dict(right, more='x'))),
		    ('InvalidCiphertextException', code(c, 'decrypt', CiphertextBlob=blob[:-1] + b'x', EncryptionContext=right)),
		    ('InvalidSignatureException', code(client(us[0], 'x'), 'decrypt', CiphertextBlob=blob, EncryptionContext=right)),
		    ('UnrecognizedClientException', code(client('AKIAX', 'x'), 'decrypt', CiphertextBlob=blob, EncryptionContext=right)),
		    ('NotFoundException', code(client(*us, region='eu-west-1'), 'generate_data_key',
		        KeyId='alias/mail', KeySpec='AES_256', EncryptionContext=right)),
		]:
		    print(want, have)
		    assert want == have
	END
}
try 'the stand-in refuses what KMS refuses' strict
# moto's KMS knows no policies, but was written by others.
second_opinion() {
	"$PYTHON" - >"$W/moto.ready" 2>"$W/moto.err" <<-'END' &
		import boto3, signal
		from moto.server import ThreadedMotoServer
		server = ThreadedMotoServer(port=0, verbose=False)
		server.start()
		port = server.get_host_and_port()[1]
		c = boto3.client('kms', endpoint_url='http://127.0.0.1:%d' % port, region_name='us-east-1',
		    aws_access_key_id='x', aws_secret_access_key='y')
		key = c.create_key()['KeyMetadata']
		c.create_alias(AliasName='alias/mail', TargetKeyId=key['KeyId'])
		print(port, key['Arn'], flush=True)
		signal.pause()
	END
	until_true grep -q arn: "$W/moto.ready"
	read -r port arn <"$W/moto.ready"
	export AWS_ENDPOINT_URL_KMS=http://127.0.0.1:$port
	conf
	set_span grace 1h
	sealed_by 'kind: kms, key: alias/none, region: us-east-1'
	gives 78 --force
	says alias/none
	sealed_by "kind: kms, key: \"$arn\""
	gives 10 --force
	sealed_by 'kind: kms, key: alias/mail, region: us-east-1'
	set_span grace 0s
	gives 0 rollback mail --yes
	holds app "$OLD"
}
try 'the KMS of moto opens what it sealed, too' second_opinion
done_testing
