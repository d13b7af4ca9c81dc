#!/bin/bash
# providers.t: our own AWS identity from everywhere it may come: a whole
# rotation with each, and nothing done when it cannot be had. Whoever hands the
# credentials out is a stand-in that gives another session token each time, of
# which the sandbox takes the newest; roles are also assumed at moto, which
# checks signatures and policies by itself.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 12
ID=$AWS_ACCESS_KEY_ID SECRET=$AWS_SECRET_ACCESS_KEY
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

started() { # NAME COMMAND...: sets PORT_
	local name=$1 i
	shift
	"$@" >"$W/$name.ready" 2>"$W/$name.err" &
	echo $! >>"$W/pids"
	for i in $(seq 1200); do
		grep -q '^ready' "$W/$name.ready" && break
		sleep 0.05
	done
	PORT_=$(sed -n 's/^ready //p' "$W/$name.ready")
	[ -n "$PORT_" ] || {
		echo "Bail out! $name does not start: $(tail -1 "$W/$name.err")"
		exit 1
	}
}
stop() {
	kill $(cat "$W/pids")
	finish
} >/dev/null 2>&1
trap stop EXIT
GIVE_KEY_ID=$ID GIVE_SECRET=$SECRET BASE_KEY_ID=AKIABASE BASE_SECRET=base/secret \
    started imds "$PYTHON" tests/standin/imds.py
GIVER=http://127.0.0.1:$PORT_

set_() { curl -sS --fail-with-body -d "$1" "$GIVER/control/set" >/dev/null; }
granted() { curl -sS "$GIVER/control/state" | jq .granted; }
asked() { curl -sS "$GIVER/control/state" | jq -r '.requests[]'; }

# The home directory is the test's own.
home() {
	curl -sS -d '' "$GIVER/control/reset" >/dev/null
	export HOME=$D/home
	mkdir -p "$HOME/.aws/sso/cache"
	cat >"$HOME/.aws/config"
}
from() { # WORD...: where rotate says it is from; then a whole rotation
	conf
	gives 0 --dry-run
	says "$@"
	gives 0 --force
	finished
	[ "$NEW" != "$OLD" ]
	hidden
}
hidden() { # what was given is in nothing that rotate wrote
	! grep -r -F -e "$SECRET" -e base/secret "$D/out" "$D/err" "$D/state"
}
refused() { # CODE WORD...: and nothing is touched
	local want=$1
	shift
	conf
	keep
	gives "$want"
	says "$@"
	calm
	hidden
}

static_keys() {
	home <<-END
		[profile mine]
		aws_access_key_id = $ID
		aws_secret_access_key = $SECRET
	END
	export AWS_PROFILE=mine
	from "profile mine in $HOME/.aws/config"
	is "$(granted)" 0
}

role_profile() { # LINE...: in profile mine
	home <<-END
		[profile base]
		aws_access_key_id = AKIABASE
		aws_secret_access_key = base/secret
		[profile mine]
		role_arn = arn:aws:iam::123456789012:role/rotator
		$(printf '%s\n' "$@")
	END
	export AWS_PROFILE=mine AWS_ENDPOINT_URL_STS=$GIVER
}
role() {
	role_profile 'source_profile = base' 'external_id = ext-1'
	set_ '{"external_id": "ext-1"}'
	from "role arn:aws:iam::123456789012:role/rotator by profile mine"
	[ "$(granted)" -ge 2 ]
}
web_identity() {
	home </dev/null
	echo jwt-1 >"$D/jwt"
	export AWS_WEB_IDENTITY_TOKEN_FILE=$D/jwt AWS_ENDPOINT_URL_STS=$GIVER
	export AWS_ROLE_ARN=arn:aws:iam::123456789012:role/rotator
	from "role arn:aws:iam::123456789012:role/rotator by environment"
}
process() {
	cat >"$D/helper" <<-END
		#!/bin/sh
		[ "\$1" = "two words" ] || exit 1
		echo noise >&2
		printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}' $ID $SECRET
	END
	chmod 700 "$D/helper"
	home <<-END
		[profile mine]
		credential_process = $D/helper "two words"
	END
	export AWS_PROFILE=mine
	from "$D/helper by profile mine"
}
sso_profile() {
	home <<-END
		[profile mine]
		sso_session = corp
		sso_account_id = 123456789012
		sso_role_name = ${1:-Mail}
		[sso-session corp]
		sso_region = us-east-1
		sso_start_url = https://corp.awsapps.com/start
	END
	export AWS_PROFILE=mine AWS_ENDPOINT_URL_SSO=$GIVER
}
logged_in() { # TOKEN UNTIL: as aws sso login leaves it
	printf '{"startUrl": "x", "accessToken": "%s", "expiresAt": "%s"}' "$1" \
	    "$2" >"$HOME/.aws/sso/cache/$(printf corp | sha1sum | cut -d' ' -f1).json"
}
sso() {
	sso_profile
	logged_in sso-1 "$(date -u -d '+1 hour' +%FT%TZ)"
	from "role Mail in 123456789012 by profile mine"
	# So would the SDK of others: the same file, the same call.
	AWS_ACCESS_KEY_ID='' "$PYTHON" - <<-END
		import boto3
		c = boto3.Session(profile_name="mine").get_credentials()
		assert c.access_key == "$ID", c.access_key
	END
}
pod() {
	home </dev/null
	printf bearer-1 >"$D/token"
	export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$D/token
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$GIVER/v1/credentials
	from 'container (AWS_CONTAINER_CREDENTIALS_FULL_URI)'
}
machine() {
	home </dev/null
	export AWS_EC2_METADATA_DISABLED=false
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=$GIVER
	from 'role mail-rotator of this instance'
	is "$(asked | grep -c -x 'PUT /latest/api/token')" 2
}
# It ends in the midst of the run, and the agent's own token is another by
# then: both are fetched anew, and the old ones would be refused.
midway() {
	home </dev/null
	printf bearer-1 >"$D/token"
	export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$D/token
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$GIVER/v1/credentials
	set_ "$(jq -cn --arg f "$D/token" '{ttl: 2,
	    then: {bearer: "bearer-2", file: $f, text: "bearer-2"}}')"
	knobs '{"latency_ms": 500}'
	conf
	gives 0 --force
	knobs '{"latency_ms": 0}'
	[ "$(granted)" -ge 2 ]
	finished
	[ "$NEW" != "$OLD" ]
}

# --- what cannot be had ---

nowhere() {
	home </dev/null
	refused 77 'no AWS credential of our own found' \
	    'credential_process, config file, container, instance metadata'
}
bad_machine() {
	home </dev/null
	export AWS_EC2_METADATA_DISABLED=false
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=$GIVER
	local mode code words
	while read -r mode code words; do
		set_ "{\"mode\": \"$mode\"}"
		refused "$code" "$words"
	done <<-END
		garbage 76 no JSON object
		half 76 no JSON object
		huge 69 over the limit
		slow 69 no answer in time
		hang 69 no answer in time
		v1 77 version 1 is never used
		none 77 no role is attached to this instance
		denied 77 AssumeRoleUnauthorizedAccess
	END
	# Version 1 would have had it, and was not asked.
	set_ '{"mode": "v1"}'
	curl -sS --fail "$GIVER/latest/meta-data/iam/security-credentials/mail-rotator" |
	    grep -q AccessKeyId
}
bad_container() {
	home </dev/null
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$GIVER/v1/credentials
	refused 77 'container credentials' 'HTTP 401'
	AWS_CONTAINER_AUTHORIZATION_TOKEN=$'bearer-1\r\nX: y' refused 78 'line break'
	AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.169.254/ \
	    refused 78 'no host that may give credentials'
}
bad_role() {
	role_profile 'source_profile = base'
	set_ '{"mode": "denied"}'
	refused 77 AccessDenied 'trust policy'
	set_ '{"mode": "", "external_id": "x"}'
	refused 77 AccessDenied 'trust policy'
	set_ '{"mode": "half", "external_id": null}'
	refused 76 'not XML, or cut off'
	role_profile 'source_profile = mine'
	refused 78 'a loop'
	role_profile 'source_profile = base' 'mfa_serial = x'
	refused 78 'a code from a person'
}
bad_web_identity() {
	home </dev/null
	export AWS_WEB_IDENTITY_TOKEN_FILE=$D/jwt AWS_ENDPOINT_URL_STS=$GIVER
	export AWS_ROLE_ARN=arn:aws:iam::123456789012:role/rotator
	refused 78 "$D/jwt"
	echo other >"$D/jwt"
	refused 77 InvalidIdentityToken
}
bad_process() {
	home <<-END
		[profile mine]
		credential_process = /bin/echo $SECRET
	END
	export AWS_PROFILE=mine
	refused 76 'credential_process' 'by hand'
	home <<-END
		[profile mine]
		credential_process = /bin/false
	END
	refused 77 'exit code 1' 'by hand'
}
bad_sso() {
	sso_profile
	refused 77 'nobody has logged in' 'aws sso login --profile mine'
	logged_in sso-1 "$(date -u -d '-1 second' +%FT%TZ)"
	refused 77 'expired' 'aws sso login --profile mine'
	logged_in sso-2 "$(date -u -d '+1 hour' +%FT%TZ)"
	refused 77 'refuses the token' 'aws sso login --profile mine'
	sso_profile Other
	logged_in sso-1 "$(date -u -d '+1 hour' +%FT%TZ)"
	refused 77 ForbiddenException
}
# A run whose credential ends, with no new one to be had, stops before the
# next call; a later run goes on where it stood.
dried_up() {
	home </dev/null
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$GIVER/v1/credentials
	export AWS_CONTAINER_AUTHORIZATION_TOKEN=bearer-1
	set_ '{"ttl": 2, "then": {"bearer": "other"}}'
	knobs '{"latency_ms": 500}'
	conf
	gives 77 --force
	says 'container credentials' 'HTTP 401'
	knobs '{"latency_ms": 0}'
	set_ '{"bearer": "bearer-1", "ttl": 3600}'
	until_idle
	finished
	[ "$NEW" != "$OLD" ]
}

# --- a second opinion ---

# The stand-in is no push-over.
stand_in() {
	home </dev/null
	local iam=$GIVER/latest/meta-data/iam/security-credentials/ t
	local ttl=x-aws-ec2-metadata-token-ttl-seconds with=x-aws-ec2-metadata-token
	answers() { # CODE CURL-ARGUMENT...
		is "$(curl -sS -o /dev/null -w '%{http_code}' "${@:2}")" "$1"
	}
	answers 401 "$iam"
	answers 401 -H "$with: x" "$iam"
	answers 405 -H "$ttl: 60" "$GIVER/latest/api/token"
	answers 400 -X PUT "$GIVER/latest/api/token"
	answers 400 -X PUT -H "$ttl: 21601" "$GIVER/latest/api/token"
	answers 403 -X PUT -H "$ttl: 60" -H 'X-Forwarded-For: x' "$GIVER/latest/api/token"
	t=$(curl -sS -X PUT -H "$ttl: 60" "$GIVER/latest/api/token")
	answers 200 -H "$with: $t" "$iam"
	answers 405 -d '' -H "$with: $t" "$iam"
	answers 401 "$GIVER/v1/credentials"
	answers 401 -H 'Authorization: Bearer bearer-1' "$GIVER/v1/credentials"
	answers 405 -d '' -H 'Authorization: bearer-1' "$GIVER/v1/credentials"
	local q='role_name=Mail&account_id=123456789012'
	answers 401 "$GIVER/federation/credentials?$q"
	answers 400 -H 'Authorization: x' -H 'x-amz-sso_bearer_token: sso-1' \
	    "$GIVER/federation/credentials?$q"
	answers 403 -H 'x-amz-sso_bearer_token: sso-1' \
	    "$GIVER/federation/credentials?role_name=x&account_id=1"
	q='Version=2011-06-15&RoleSessionName=xy&RoleArn=arn:aws:iam::123456789012:role/rotator'
	answers 403 -d "Action=AssumeRole&$q" "$GIVER/"
	answers 400 -d "Action=AssumeRoleWithWebIdentity&$q" "$GIVER/"
	answers 400 -d "Action=AssumeRoleWithWebIdentity&$q&WebIdentityToken=jwt-1" \
	    -H 'Authorization: x' "$GIVER/"
	is "$(granted)" 0
}

# moto checks the signature of the user and of the role's session, and what
# either may; it has no SES, so a plan is all it is good for.
at_moto() {
	started moto "$PYTHON" tests/standin/moto_roles.py "$W/moto.keys"
	. "$W/moto.keys"
	home <<-END
		[profile base]
		aws_access_key_id = $BASE
		aws_secret_access_key = $BASE_SECRET
		[profile forged]
		aws_access_key_id = $BASE
		aws_secret_access_key = x$BASE_SECRET
		[profile mine]
		role_arn = arn:aws:iam::123456789012:role/rotator
		source_profile = base
		[profile other]
		role_arn = arn:aws:iam::123456789012:role/other
		source_profile = base
		[profile guess]
		role_arn = arn:aws:iam::123456789012:role/rotator
		source_profile = forged
	END
	export AWS_ENDPOINT_URL=http://127.0.0.1:$PORT_
	conf
	AWS_PROFILE=mine rotate --dry-run
	says 'identity  role arn:aws:iam::123456789012:role/rotator by profile mine' \
	    'caller    arn:aws:sts::123456789012:assumed-role/rotator/ses-smtp-rotator' \
	    'reply to GetUser' # allowed; but moto's UserId is none of AWS
	# Refusals of its gate have another form than those of STS.
	local p
	for p in other guess base; do
		AWS_PROFILE=$p gives 76 --dry-run
		says 'HTTP 403'
		! says 'caller    arn'
	done
	! grep -F -e "$BASE_SECRET" "$D/out" "$D/err"
}

# The order, in a sample of all combinations.
as_the_sdk() {
	"$PYTHON" tests/e2e/providers_sdk.py \
	    "$(dirname "$ROTATE")/tests/unit/test_identity" 100
}

try 'the stand-in refuses what AWS refuses' stand_in
try 'static keys of a profile' static_keys
try 'a role, with an external id' role
try 'a web identity token' web_identity
try 'a credential_process' process
try 'IAM Identity Center' sso
try 'a container' pod
try 'a machine' machine
try 'a role at moto' at_moto
try 'what botocore finds, we find' as_the_sdk
try 'the credential ends midway' midway
try 'the credential ends midway, and there is no other' dried_up
try 'no credential anywhere' nowhere
try 'a machine whose metadata service is mad' bad_machine
try 'a container that is not ours' bad_container
try 'a role that cannot be assumed' bad_role
try 'a token that is refused' bad_web_identity
try 'a program that prints noise, or fails' bad_process
try 'a log-in that is over' bad_sso
done_testing
