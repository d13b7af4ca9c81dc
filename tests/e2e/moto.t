#!/bin/bash
# moto.t: whole rotations in a world that others wrote: IAM and STS are moto,
# which checks each signature, and each action against deploy/iam-policy.json;
# SES's SMTP endpoint takes the keys that moto has (tests/standin/moto_ses.py).
# Nothing of our sandbox is asked; that it was not, is checked. TAP.
#
# Where moto 5.2 is known to differ from AWS, and what of it is mended there:
# - it forgets and delays nothing: a key is known everywhere at once. A login
#   refused for a while after a key was made is added ("lag").
# - it asks a policy about the resource "*" only, takes an inactive key's
#   signature, and one of any time; what it refuses so it writes in EC2's form
#   of XML; its user ids are in small letters: mended.
# - ListAccessKeys has no pages, whatever MaxItems says: not mended, the sandbox
#   has them. Nor has it IsTruncated, without which we take no list for whole:
#   mended.
# - a key that was never used has service and region N/A and no date, as AWS;
#   each use counts at once, where AWS may take hours and rounds to minutes.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 14
mkdir "$W/moto"
"$PYTHON" tests/standin/moto_ses.py "$W/moto" >"$W/ready" 2>"$W/moto.err" &
moto_pid=$!
stop() {
	kill "$moto_pid" && wait "$moto_pid"
	finish
} >/dev/null 2>&1
trap stop EXIT
for i in $(seq 1200); do
	! grep -q '^ready' "$W/ready" || break
	kill -0 "$moto_pid" || break
	sleep 0.05
done
read -r _ MOTO_PORT SMTP_PORT CONTROL <"$W/ready" || {
	echo "Bail out! $(tail -1 "$W/moto.err")"
	exit 1
}
. "$W/moto/env"
export AWS_ENDPOINT_URL=http://127.0.0.1:$MOTO_PORT
export AWS_ACCESS_KEY_ID=$ROTATOR_ID AWS_SECRET_ACCESS_KEY=$ROTATOR_SECRET
SANDBOX_CA=$W/moto/ca.pem

moto() { curl -sS --fail-with-body -d "$1" "http://127.0.0.1:$CONTROL/"; }
iam() { moto "{\"call\": \"$1\", \"args\": $2}"; } # as an administrator
password() { moto "{\"password\": \"$1\"}" | jq -r .password; } # instead of lib.sh's
keys() { # "ID Status", the oldest first
	iam list_access_keys '{"UserName": "ses-smtp-mail"}' |
	    jq -r '.AccessKeyMetadata | sort_by(.CreateDate)[] | .AccessKeyId + " " + .Status'
}
refused_logins() { moto '{"logins": true}' | jq '[.[] | select(.[1] != 235)] | length'; }
log_in() { # KEY: somebody with that pair; 1: refused
	"$PYTHON" - "$1" "$(password "$1")" "$SMTP_PORT" "$SANDBOX_CA" <<-'END'
		import smtplib, ssl, sys
		s = smtplib.SMTP("localhost", int(sys.argv[3]))
		s.starttls(context=ssl.create_default_context(cafile=sys.argv[4]))
		try:
		    s.login(sys.argv[1], sys.argv[2])
		except smtplib.SMTPAuthenticationError:
		    sys.exit(1)
	END
}
begin() { # the user with one key, which the file client holds
	OLD=$(moto '{"reset": true}' | jq -r .key)
	PORT=$SMTP_PORT
	env_file "$D/app.env" "$OLD" us-east-1
	conf
	sed -i 's/iam_user: .*/iam_user: ses-smtp-mail/' "$D/rotate.yaml"
}
ended() { # one key, Active, another than OLD, and the client holds it
	is_state IDLE
	is "$(keys | wc -l)" 1
	NEW=$(holder)
	[ "$NEW" != "$OLD" ]
	is "$(keys)" "$NEW Active"
	holds app "$NEW"
	log_in "$NEW"
}
whole() {
	begin
	gives 0 --force
	ended
	! iam get_access_key_last_used "{\"AccessKeyId\": \"$OLD\"}"
	is "$(refused_logins)" 0
}
# Both pairs are good until the old one has been left alone; then it is
# switched off, and only after a while deleted. Four of the days that follow.
in_grace() {
	set_span grace 1h
	set_span quiet 1h
	gives 10 --force
	is_state GRACE
	NEW=$(holder)
	[ "$NEW" != "$OLD" ]
	is "$(keys)" "$(printf '%s Active\n' "$OLD" "$NEW")"
}
day_by_day() {
	begin
	for day in 1 2 3 4; do
		in_grace
		log_in "$NEW"
		set_span grace 0s
		gives 10 --force
		is_state QUIET
		is "$(keys)" "$(printf '%s\n' "$OLD Inactive" "$NEW Active")"
		! log_in "$OLD"
		log_in "$NEW"
		set_span quiet 0s
		gives 0 --force
		ended
		OLD=$NEW
	done
}
straggler() { # moto tells of its login, and the old key stays
	begin
	in_grace
	sleep 1.1
	log_in "$OLD"
	set_span grace 0s
	gives 13 --force
	says "$OLD" 'service ses' 'region us-east-1' 'rotate release mail'
	is "$(keys)" "$(printf '%s Active\n' "$OLD" "$NEW")"
	set_span quiet 0s
	gives 0 release mail
	until_idle
	ended
}
back() { # the old key is taken back while it is there
	begin
	in_grace
	gives 10 rollback mail --yes
	is "$(holder)" "$OLD"
	log_in "$OLD"
	set_span grace 0s
	set_span quiet 0s
	until_idle
	is "$(keys)" "$OLD Active"
	holds app "$OLD"
}
late() { # SES hears of a new key later than IAM
	begin
	moto '{"lag": 3}'
	gives 0 --force
	ended
	[ "$(refused_logins)" -ge 3 ]
}
two_keys() { # no third one is made, and none of the two is touched
	begin
	iam create_access_key '{"UserName": "ses-smtp-mail"}'
	before=$(keys)
	rotate --force
	[ "$code" != 0 ]
	says 'has keys we do not know'
	is "$(keys)" "$before"
	is "$(holder)" "$OLD"
}
not_allowed() { # ACTION: taken from the policy; named, and nothing is lost
	local policy
	begin
	policy=$(sed "s/ACCOUNT/$SANDBOX_ACCOUNT/; /\"iam:$1\"/d" deploy/iam-policy.json |
	    tr -d '\n' | sed 's/,[[:space:]]*\]/]/g')
	iam put_user_policy "$(jq -cn --arg p "$policy" \
	    '{UserName: "rotator", PolicyName: "rotate", PolicyDocument: $p}')"
	rotate --force
	[ "$code" != 0 ]
	says "$1" AccessDenied
	log_in "$(holder)"
	iam put_user_policy "$(jq -cn --arg p "$(sed "s/ACCOUNT/$SANDBOX_ACCOUNT/" \
	    deploy/iam-policy.json)" \
	    '{UserName: "rotator", PolicyName: "rotate", PolicyDocument: $p}')"
	rotate release mail # where it stands blocked
	until_idle
	ended
}
stranger() { # the user of somebody else is not covered by the policy
	begin
	sed -i 's/iam_user: .*/iam_user: root/' "$D/rotate.yaml"
	rotate --force
	[ "$code" != 0 ]
	says AccessDenied iam:GetUser
}
wrong_secret() {
	begin
	AWS_SECRET_ACCESS_KEY=${ROTATOR_SECRET%?}x gives 77 --force
	says 'SignatureDoesNotMatch'
	is "$(keys)" "$OLD Active"
}
switched_off() { # our own key
	begin
	iam update_access_key "$(jq -cn --arg k "$ROTATOR_ID" \
	    '{UserName: "rotator", AccessKeyId: $k, Status: "Inactive"}')"
	rotate --force
	iam update_access_key "$(jq -cn --arg k "$ROTATOR_ID" \
	    '{UserName: "rotator", AccessKeyId: $k, Status: "Active"}')"
	is "$code" 77
	says InvalidClientTokenId
	is "$(keys)" "$OLD Active"
}
# The stand-in is no push-over.
stand_in() {
	begin
	log_in "$OLD"
	iam update_access_key "$(jq -cn --arg k "$OLD" \
	    '{UserName: "ses-smtp-mail", AccessKeyId: $k, Status: "Inactive"}')"
	! log_in "$OLD"
	"$PYTHON" - <<-'END'
		import datetime, os
		from unittest import mock
		import boto3, botocore.exceptions
		def code(action, later=0, secret=os.environ["AWS_SECRET_ACCESS_KEY"], **args):
		    c = boto3.client("iam", aws_secret_access_key=secret, region_name="us-east-1",
		                     aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
		    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=later)
		    with mock.patch("botocore.auth.get_current_datetime", lambda **_: now):
		        try:
		            getattr(c, action)(**args)
		        except botocore.exceptions.ClientError as e:
		            return e.response["Error"]["Code"]
		    return "fine"
		mail, root = {"UserName": "ses-smtp-mail"}, {"UserName": "root"}
		assert code("get_user", **mail) == "fine"
		assert code("list_access_keys", **mail) == "fine"
		assert code("list_access_keys", **root) == "AccessDenied"
		assert code("create_access_key", **root) == "AccessDenied"
		assert code("list_users") == "AccessDenied"
		assert code("get_user", later=1000, **mail) == "SignatureDoesNotMatch"
		assert code("get_user", secret="x", **mail) == "SignatureDoesNotMatch"
		assert code("create_access_key", **mail) == "fine"
		assert code("create_access_key", **mail) == "LimitExceeded"
	END
}
not_asked() {
	! look 'c["iam"]' | grep -E "'(calls|effects)': [1-9]"
	is "$(look 'c["connections"]')" "{'https': 0, 'smtp': 0}"
}

try 'the stand-in refuses what AWS refuses' stand_in
try 'one run: a new key, proved, pushed; the old one gone' whole
try 'four rotations, each over several days' day_by_day
try 'a straggler is seen in the last use' straggler
try 'back to the old key' back
try 'a new key that SES hears of late' late
try 'two keys already' two_keys
try 'without the right to make a key' not_allowed CreateAccessKey
try 'without the right to switch one off' not_allowed UpdateAccessKey
try 'without the right to delete one' not_allowed DeleteAccessKey
try 'a user that the policy does not name' stranger
try 'our own secret is wrong' wrong_secret
try 'our own key is switched off' switched_off
try 'our sandbox was never asked' not_asked
done_testing
