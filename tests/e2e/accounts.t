#!/bin/bash
# accounts.t: identities that are looked after as a role, perhaps in another
# account. STS is a stand-in that checks signature, external id and role, and
# gives another session token each time, of which the sandbox takes the newest.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 15
ID=$AWS_ACCESS_KEY_ID SECRET=$AWS_SECRET_ACCESS_KEY
GIVE_KEY_ID=$ID GIVE_SECRET=$SECRET BASE_KEY_ID=AKIABASE BASE_SECRET=base/secret \
    "$PYTHON" tests/standin/imds.py >"$W/sts.ready" 2>"$W/sts.err" &
STS=$!
trap 'kill $STS; finish' EXIT
until grep -q '^ready' "$W/sts.ready"; do
	kill -0 $STS || {
		echo "Bail out! the stand-in of STS: $(tail -1 "$W/sts.err")"
		exit 1
	}
	sleep 0.05
done 2>/dev/null
GIVER=http://127.0.0.1:$(sed -n 's/^ready //p' "$W/sts.ready")
ROLE=arn:aws:iam::123456789012:role/rotator

set_() { curl -sS --fail-with-body -d "$1" "$GIVER/control/set" >/dev/null; }
granted() { curl -sS "$GIVER/control/state" | jq .granted; }

# We are ourselves somebody who may do nothing but assume that role.
base() {
	curl -sS -d '' "$GIVER/control/reset" >/dev/null
	export AWS_ACCESS_KEY_ID=AKIABASE AWS_SECRET_ACCESS_KEY=base/secret
	export AWS_ENDPOINT_URL_STS=$GIVER
}
role() { # [LINE...]: of the identity
	printf -v MORE '%s\n' "    role_arn: ${ARN:-$ROLE}" "${@/#/    }"
}
hidden() { # no secret and no external id in what was printed or kept
	! grep -r -F -e "$SECRET" -e base/secret -e wrong-one "$D/out" \
	    "$D/err" "$D/state"
}

as_role() {
	base
	role 'external_id: ext-1'
	set_ '{"external_id": "ext-1"}'
	conf
	gives 0 --dry-run
	gives 0 --force
	finished
	[ "$NEW" != "$OLD" ]
	is "$(granted)" 2 # one for each run
	hidden
}
in_another_region() { # STS is that of the first region
	base
	REGIONS=us-east-1
	role
	export AWS_REGION=eu-central-1
	conf
	gives 0 --force
	finished
	is "$(granted)" 1
}
refused() { # CODE WORD...: and nothing is touched
	local want=$1
	shift
	conf
	keep
	gives "$want" --force
	says "$@"
	calm
	hidden
}
wrong_id() {
	base
	role 'external_id: wrong-one'
	set_ '{"external_id": "ext-1"}'
	refused 77 "$ROLE" 'identity mail' AccessDenied 'trust policy' \
	    'an external_id is sent'
	role
	refused 77 AccessDenied 'no external_id is sent'
	is "$(granted)" 0
}
wrong_base() {
	base
	role
	export AWS_SECRET_ACCESS_KEY=other/secret
	refused 77 SignatureDoesNotMatch "$ROLE"
}
wrong_account() { # the role leads to 123456789012, where the user is
	base
	ARN=arn:aws:iam::210987654321:role/rotator
	role
	refused 77 "$ARN" AccessDenied
	export AWS_ACCESS_KEY_ID=$ID AWS_SECRET_ACCESS_KEY=$SECRET
	unset AWS_ENDPOINT_URL_STS
	MORE='    account: "210987654321"'
	refused 78 'belong to account 123456789012' 'says 210987654321'
}
one_of_two() { # the other identity does not suffer
	base
	set_ '{"external_id": "ext-1"}'
	ctl POST /users '{"name":"ses-other","keys":1}' >/dev/null
	role 'external_id: ext-1'
	MORE+="  - name: other
    iam_user: ses-other
    regions: [us-east-1]
    smtp: { host: localhost, port: $PORT, tls: $TLS, ca_file: $SANDBOX_CA }
    role_arn: $ROLE
    external_id: wrong-one"
	conf - <<-END
		$(file_client app 'identity: mail')
		  - { name: o, type: manual, what: nothing, identity: other }
	END
	gives 77 --force
	says 'identity other' AccessDenied
	finished
	[ "$NEW" != "$OLD" ]
	hidden
}

try "an identity is rotated as its role" as_role
try "STS of its own region is asked" in_another_region
try "a wrong external id" wrong_id
try "a base that is refused" wrong_base
try "a role, an account that is another one" wrong_account
try "one account of two cannot be reached" one_of_two
done_testing
