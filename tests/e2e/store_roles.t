#!/bin/bash
# store_roles.t: clients in AWS whose secrets are in other accounts, each by a
# role. IAM and SMTP are the sandbox; STS, Secrets Manager and Systems Manager
# (moto) and Lambda are stand-ins that check each signature, know a session only
# by its token, look a name up in the account of whoever asks, and allow what
# deploy/assume-role-policy.json and deploy/store-role-policy.json allow.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 23
A=123456789012 B=210987654321 C=333333333333
ROLE_A=arn:aws:iam::$A:role/ses-smtp-rotator
ROLE_B=arn:aws:iam::$B:role/smtp-secrets
ROLE_C=arn:aws:iam::$C:role/smtp-secrets
ROLE_D=arn:aws:iam::$B:role/another

# We are, everywhere, the user of that key in account A.
export STRICT_KEY_ID=$AWS_ACCESS_KEY_ID STRICT_SECRET=$AWS_SECRET_ACCESS_KEY
export BASE_KEY_ID=$STRICT_KEY_ID BASE_SECRET=$STRICT_SECRET
export STRICT_SESSIONS=of-this-test GIVE_ROLE=$ROLE_A
standin() { # NAME: starts it; prints its address
	"$PYTHON" "tests/standin/$1.py" >"$W/$1.ready" 2>"$W/$1.err" &
	echo $! >>"$W/pids"
	until grep -q '^ready' "$W/$1.ready"; do
		kill -0 $! || {
			echo "Bail out! $1: $(tail -1 "$W/$1.err")"
			exit 1
		}
		sleep 0.05
	done 2>/dev/null
	URL="http://127.0.0.1:$(sed -n 's/^ready //p' "$W/$1.ready")"
}
stop() {
	kill $(cat "$W/pids")
	finish
} >/dev/null 2>&1
trap stop EXIT
standin moto_strict
MOTO=$URL
standin lambda
LAMBDA=$URL
standin sts
STS=$URL
export AWS_ENDPOINT_URL_SECRETS_MANAGER=$MOTO AWS_ENDPOINT_URL_SSM=$MOTO
export AWS_ENDPOINT_URL_LAMBDA=$LAMBDA AWS_ENDPOINT_URL_STS=$STS

ask() { # ADDRESS/CALL JSON
	curl -sS --fail-with-body -d "$2" "${1%/*}/strict/${1##*/}"
}
admin() { # ACCOUNT SERVICE CALL JSON: as somebody else
	ask "$MOTO/do" "$(jq -cn --arg n "$1" --arg s "$2" --arg c "$3" \
	    --argjson a "$4" '{account: $n, service: $s, call: $c, args: $a}')"
}
trust() { # ROLE [EXTERNAL-ID]
	ask "$STS/trust" "$(jq -cn --arg r "$1" --arg x "${2:-}" \
	    '{arn: $r, external_id: (if $x == "" then null else $x end)}')"
} >/dev/null
withdraw() { # ROLE
	ask "$STS/trust" "{\"arn\": \"$1\", \"trusted\": false}" >/dev/null
}
granted() { # ROLE: sessions so far
	ask "$STS/state" '{}' | jq --arg r "$1" '.granted[$r] // 0'
}
ourselves() { # reader, client or nobody: what we may, without a role
	ask "$MOTO/role" "{\"as\": \"$1\"}"
	ask "$LAMBDA/role" "{\"as\": \"$1\"}"
} >/dev/null

# --- what the accounts hold ---

document() { # KEY
	jq -cn --arg u "$1" --arg p "$(password "$1" us-east-1)" \
	    '{username: $u, password: $p}'
}
seed() { # ACCOUNT VALUE...: the same objects in each, with the old pair
	local account doc
	ask "$MOTO/reset" '{}'
	ask "$LAMBDA/reset" '{}'
	ask "$STS/reset" '{}'
	doc=$(document "$OLD")
	for account; do
		admin "$account" secretsmanager create_secret "$(jq -cn \
		    --arg d "$doc" '{Name: "prod/smtp", SecretString: $d}')"
		admin "$account" ssm put_parameter "$(jq -cn --arg d "$doc" \
		    '{Name: "/prod/smtp/pair", Type: "SecureString", Value: $d}')"
		ask "$LAMBDA/put" "$(jq -cn --arg n "$account" --argjson d "$doc" \
		    '{name: "mailer", account: $n, variables:
		    {USER_NAME: $d.username, PASS_WORD: $d.password}}')"
	done
} >/dev/null
held() { # ACCOUNT: the three documents
	admin "$1" secretsmanager get_secret_value \
	    '{"SecretId": "prod/smtp", "VersionStage": "AWSCURRENT"}' |
	    jq -r .SecretString
	admin "$1" ssm get_parameter \
	    '{"Name": "/prod/smtp/pair", "WithDecryption": true}' |
	    jq -r .Parameter.Value
	ask "$LAMBDA/get" "{\"name\": \"mailer\", \"account\": \"$1\"}" |
	    jq -c '.used | {username: .USER_NAME, password: .PASS_WORD}'
}
holds_all() { # ACCOUNT KEY
	local doc
	doc=$(document "$2")
	is "$(held "$1" | jq -c .)" "$doc"$'\n'"$doc"$'\n'"$doc"
}
clients() { # SUFFIX [MORE]: one of each kind
	local more="pickup: 0s${2:+, $2}"
	cat <<-END
		  - { name: secret$1, type: aws-secretsmanager, secret: prod/smtp, $more }
		  - { name: parameter$1, type: aws-ssm, parameter: /prod/smtp/pair, $more }
		  - { name: function$1, type: aws-lambda-env, function: mailer,
		      username_variable: USER_NAME, password_variable: PASS_WORD, $more }
	END
}
ended() { # ACCOUNT...: one key, and all of them hold it
	local account
	is_state IDLE
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	[ "$NEW" != "$OLD" ]
	for account; do
		holds_all "$account" "$NEW"
	done
	hidden
}
hidden() { # no secret of ours and no session in what was printed or kept
	! grep -r -F -e "$STRICT_SECRET" -e "$(password "$OLD" us-east-1 |
	    cut -c1-20)" "$D/out" "$D/err" "$D/state"
	! grep -r -E '[A-Za-z0-9_=-]{40,}\.[0-9a-f]{64}' "$D/out" "$D/err"
}
untouched() { # CODE WORD...: refused before anything is made or written
	local want=$1
	shift
	gives "$want" --force
	says "$@"
	is "$(made)" 0
	hidden
}

# --- the tests ---

# The stand-ins are no push-overs: a session is good for its own account, with
# its own secret and token, and as long as it lasts.
stand_ins() {
	seed $A $B $C
	trust $ROLE_B ext-1
	trust $ROLE_C
	trust $ROLE_D
	"$PYTHON" - "$STS" "$MOTO" "$LAMBDA" $ROLE_B $ROLE_C $ROLE_D <<-'END'
		import json, os, sys, urllib.request
		import boto3, botocore.config, botocore.exceptions
		sts, moto, lamb, role_b, role_c, role_d = sys.argv[1:]
		once = botocore.config.Config(retries={'total_max_attempts': 1})
		bad = 0
		def client(service, key, secret, token=None):
		    return boto3.client(service, region_name='us-east-1', config=once, endpoint_url={
		        'sts': sts, 'lambda': lamb}.get(service, moto), aws_access_key_id=key,
		        aws_secret_access_key=secret, aws_session_token=token)
		def want(wanted, call, **args):
		    global bad
		    try:
		        got, result = 'fine', call(**args)
		    except botocore.exceptions.ClientError as e:
		        got, result = e.response['Error']['Code'], None
		    print("ok" if got == wanted else "NOT", call.__name__, args, got, file=sys.stderr)
		    bad += got != wanted
		    return result
		base = os.environ['BASE_KEY_ID'], os.environ['BASE_SECRET']
		me = client('sts', *base)
		def assume(who, wanted, arn, **more):
		    r = want(wanted, who.assume_role, RoleArn=arn, RoleSessionName='xx', **more)
		    return r and tuple(r['Credentials'][n] for n in (
		        'AccessKeyId', 'SecretAccessKey', 'SessionToken'))
		assume(me, 'AccessDenied', role_b)
		assume(me, 'AccessDenied', role_b, ExternalId='ext-2')
		assume(me, 'AccessDenied', role_c, ExternalId='ext-1')
		assume(me, 'AccessDenied', role_c + 'x')
		assume(me, 'AccessDenied', role_d) # it trusts us, but our policy does not have it
		assume(client('sts', base[0], 'x'), 'InvalidSignatureException', role_c)
		b = assume(me, 'fine', role_b, ExternalId='ext-1')
		c = assume(me, 'fine', role_c)
		assume(client('sts', *b), 'AccessDenied', role_c)
		# What each is asked for, and where it says that it is.
		asks = {
		    'secretsmanager': (lambda s: s.get_secret_value, {'SecretId': 'prod/smtp'}, 'ARN'),
		    'ssm': (lambda s: s.get_parameters, {'Names': ['/prod/smtp/pair']}, None),
		    'lambda': (lambda s: s.get_function_configuration,
		               {'FunctionName': 'mailer'}, 'FunctionArn'),
		}
		for s, (call, args, arn) in asks.items():
		    for who, account in (b, '210987654321'), (c, '333333333333'):
		        r = want('fine', call(client(s, *who)), **args)
		        said = r[arn] if arn else r['Parameters'][0]['ARN']
		        bad += said.split(':')[4] != account
		    invalid = 'UnrecognizedClientException'
		    want(invalid, call(client(s, *b[:2])), **args)
		    want(invalid, call(client(s, b[0], b[1], c[2])), **args)
		    want(invalid, call(client(s, b[0], b[1], b[2][:-1] + 'x')), **args)
		    want('InvalidSignatureException', call(client(s, b[0], c[1], b[2])), **args)
		want('AccessDeniedException', client('secretsmanager', *b).get_secret_value,
		     SecretId='arn:aws:secretsmanager:us-east-1:333333333333:secret:prod/smtp-AbCdEf')
		want('AccessDeniedException', client('lambda', *b).get_function_configuration,
		     FunctionName='arn:aws:lambda:us-east-1:123456789012:function:mailer')
		want('AccessDeniedException', client('ssm', *b).get_parameters, Names=['/prod/x'])
		urllib.request.urlopen(sts + '/strict/ttl', json.dumps({'s': -1}).encode()).read()
		old = assume(me, 'fine', role_c)
		want('ExpiredTokenException', client('ssm', *old).get_parameters,
		     Names=['/prod/smtp/pair'])
		sys.exit(bad)
	END
}

elsewhere() {
	seed $A $B $C
	trust $ROLE_B ext-1
	trust $ROLE_C
	{
		clients -b "role_arn: '$ROLE_B', external_id: ext-1"
		clients -c "role_arn: '$ROLE_C', account: '$C'"
	} | conf -
	gives 0 --force --dry-run
	says "new version of secret prod/smtp (us-east-1, as $ROLE_B)" \
	    "parameter /prod/smtp/pair (us-east-1, as $ROLE_C)" \
	    "function mailer (us-east-1, as $ROLE_C)"
	gives 0 verify
	is "$(granted $ROLE_B)" 2 # one a run, for three clients
	gives 0 --force
	ended $B $C
	holds_all $A "$OLD" # the same names, in our own account
	is "$(granted $ROLE_B)" 3
	is "$(granted $ROLE_C)" 3
	gives 0 verify
}
# What is attached to a role is what the manual says of the three kinds.
one_policy() {
	PYTHONPATH=tests/standin "$PYTHON" - <<-'END'
		import aws_auth
		def actions(policies):
		    return sorted(a for p in policies for s in p['Statement']
		                  for a in aws_auth.listed(s['Action']))
		here, there = actions(aws_auth.documented()), actions([aws_auth.role_policy('1')])
		print(here, there)
		assert here == there and len(here) == 9
	END
}
# Nothing but the role leads there: the stand-ins do not know us in account B.
no_role() {
	seed $B
	clients '' | conf -
	untouched 12 'client secret' 'prod/smtp (us-east-1)' \
	    'check the name, aws_region and role_arn'
	holds_all $B "$OLD"
}
# Without a word of it nothing is different from what it was.
own_account() {
	seed $A $B
	clients '' | conf -
	gives 0 --force
	ended $A
	holds_all $B "$OLD"
	is "$(granted $ROLE_A)" 0
}
same_as_identity() {
	seed $A
	ourselves nobody
	trust $ROLE_A ext-1
	printf -v MORE '    role_arn: %s\n    external_id: ext-1' $ROLE_A
	clients '' 'role_arn: identity' | conf -
	gives 0 --force
	# Each of the three may do what deploy/ allows it in account A.
	ended $A
	is "$(granted $ROLE_A)" 1 # for IAM and for three clients
}
# Two identities, each on a thread of its own, with clients of one role.
side_by_side() {
	local other pass
	seed $B
	other=$(ctl POST /users '{"name":"ses-other","keys":1}' |
	    grep -o 'AKIA[A-Z0-9]*' | head -1)
	pass=$(password "$other" us-east-1)
	admin $B ssm put_parameter "$(jq -cn --arg u "$other" --arg p "$pass" \
	    '{Name: "/prod/smtp/other", Type: "SecureString",
	    Value: ({username: $u, password: $p} | tojson)}')" >/dev/null
	trust $ROLE_B
	MORE="  - name: other
    iam_user: ses-other
    regions: [us-east-1]
    grace: 0s
    quiet: 0s
    slack: 0s
    late_window: 0s
    smtp: { host: localhost, port: $PORT, tls: $TLS, ca_file: $SANDBOX_CA }
    settle: { successes: 2, interval: 0s, timeout: $SETTLE }"
	{
		clients '' "identity: mail, role_arn: '$ROLE_B'"
		echo "  - { name: other, type: aws-ssm, parameter: /prod/smtp/other,"
		echo "      identity: other, pickup: 0s, role_arn: '$ROLE_B' }"
	} | conf -
	sed -i '1i jobs: 2' "$D/rotate.yaml"
	gives 0 --force
	ended $B
	[ "$(admin $B ssm get_parameter '{"Name": "/prod/smtp/other",
	    "WithDecryption": true}' | jq -r '.Parameter.Value | fromjson |
	    .username')" != "$other" ]
	is "$(granted $ROLE_B)" 1
}
not_as_identity() { # an identity's role is not its clients', unless they say so
	seed $A
	ourselves nobody
	trust $ROLE_A
	MORE="    role_arn: $ROLE_A"
	clients '' | conf -
	untouched 12 'allow secretsmanager:DescribeSecret for our AWS identity'
	holds_all $A "$OLD"
}
refused() {
	seed $B
	clients '' "role_arn: '$ROLE_B', external_id: wrong-one" | conf -
	trust $ROLE_B ext-1
	untouched 12 "client secret" "$ROLE_B" AssumeRole AccessDenied \
	    'account 210987654321' 'trust policy' 'an external_id is sent'
	gives 12 --dry-run
	says 'Parameter Store: /prod/smtp/pair (us-east-1, account 210987654321)' \
	    "role_arn of a client: $ROLE_B" AccessDenied
	clients '' "role_arn: '$ROLE_B'" | conf -
	untouched 12 'no external_id is sent'
	holds_all $B "$OLD"
	is "$(granted $ROLE_B)" 0
}
may_not() { # the role is there, its policy is not
	seed $B
	trust ${ROLE_B}-reader
	clients '' "role_arn: '$ROLE_B-reader'" | conf -
	gives 0 --force --dry-run
	gives 12 --force
	says "allow secretsmanager:PutSecretValue for the role $ROLE_B-reader" \
	    'account 210987654321'
	is_state PUSHING
	holds_all $B "$OLD"
}
# Our own account has things of the same names: nothing is written there.
wrong_account() {
	local kind
	seed $A $B
	for kind in secret parameter function; do
		clients '' "account: '$B'" |
		    sed -n "/name: $kind,/,/}/p" | conf -
		untouched 12 "client $kind" \
		    "nothing written: it is in account $A, and must be in $B" \
		    "add a role_arn of account $B"
	done
	holds_all $A "$OLD"
	clients '' "account: '$A'" | conf -
	gives 0 --force
	ended $A
	holds_all $B "$OLD"
}
# The key is there and one client has it, when the account of the other one is
# closed to us. Its old pair goes on working until we may come back.
withdrawn_while_pushing() {
	seed $B
	trust $ROLE_B
	{
		file_client app
		clients '' "role_arn: '$ROLE_B'"
	} | conf -
	ask "$MOTO/answer" '{"at": "PutSecretValue", "code": "ThrottlingException"}'
	ask "$MOTO/answer" '{"at": "PutParameter", "code": "TooManyUpdates"}'
	ask "$LAMBDA/answer" '{"at": "UpdateFunctionConfiguration", "status": 429,
	    "code": "TooManyRequestsException"}'
	export AWS_MAX_ATTEMPTS=1
	rotate --force
	is_state PUSHING
	withdraw $ROLE_B
	NEW=$(holder)
	[ "$NEW" != "$OLD" ]
	for _ in 1 2; do
		rotate --force
		is_state PUSHING
		is "$code" 12
		says 'client secret' "$ROLE_B" AccessDenied 'trust policy'
	done
	holds_all $B "$OLD"
	is "$(keys)" "$(printf '%s Active\n' "$OLD" "$NEW" | sort)"
	hidden
	trust $ROLE_B
	until_idle
	ended $B
	finished app
	is "$(made)" 1
}
# All are on the new key; whether they still are cannot be seen. So the old one
# stays.
withdrawn_in_grace() {
	seed $B
	trust $ROLE_B
	GRACE=1h
	clients '' "role_arn: '$ROLE_B'" | conf -
	gives 10 --force
	is_state GRACE
	withdraw $ROLE_B
	set_span grace 0s
	rotate --force
	[ "$code" != 0 ]
	is_state GRACE
	says "$ROLE_B" AccessDenied
	is "$(look "keys['$OLD']")" Active
	trust $ROLE_B
	until_idle
	ended $B
}
renewed() { # a session so short that it is renewed under way
	seed $B
	trust $ROLE_B
	ask "$STS/ttl" '{"s": 700}' >/dev/null
	clients '' "role_arn: '$ROLE_B'" | conf -
	gives 0 --force
	ended $B
	[ "$(granted $ROLE_B)" -ge 2 ]
}
over() { # a session that is over when it comes
	seed $B
	trust $ROLE_B
	ask "$STS/ttl" '{"s": -5}' >/dev/null
	clients '' "role_arn: '$ROLE_B'" | conf -
	untouched 12 'client secret' "$ROLE_B" expired
}
rolled_back() {
	seed $B
	trust $ROLE_B
	GRACE=1h
	clients '' "role_arn: '$ROLE_B'" | conf -
	gives 10 --force
	gives 10 rollback mail --yes
	rotate --force
	holds_all $B "$OLD"
}
says_config() { # WORD...: the configuration is refused, with the place
	gives 78 check
	says "rotate.yaml:" "$@"
}
wrong_words() {
	local doc='  - { name: s, type: aws-secretsmanager, secret: prod/smtp'
	conf - <<<"$doc, role_arn: identity }"
	says_config 'role_arn: identity, but identity '"'mail'"' has no role_arn'
	conf - <<<"$doc, role_arn: rotator }"
	says_config 'rotator' 'is not the ARN of a role'
	conf - <<<"$doc, external_id: ext-1 }"
	says_config 'external_id without role_arn'
	conf - <<<"$doc, role_arn: '$ROLE_B', account: '$C' }"
	says_config "account $C is not that of role_arn, $B"
}
checked() {
	printf -v MORE '    %s\n' "role_arn: $ROLE_A" 'ring: 2' \
	    'windows: [sat-sun 00:00-24:00, mon-fri 22:00-04:00]' \
	    '- { name: plain, regions: [us-east-1] }'
	MORE=${MORE/    - /  - }
	{
		clients -i 'identity: mail, role_arn: identity'
		clients -b "identity: plain, role_arn: '$ROLE_B'"
		clients -o 'identity: plain, aws_region: eu-west-1'
	} | conf -
	gives 0 check
	says "ring 2; windows sun,sat 00:00-24:00, mon-fri 22:00-04:00; as $ROLE_A" \
	    "prod/smtp, as $ROLE_A" "/prod/smtp/pair, as $ROLE_B"
	grep -E -q 'plain  .* us-east-1 +-$' "$D/out"
	grep -E -q 'secret-o .* prod/smtp$' "$D/out"
	gives 0 check --json
	jq -e --arg a $ROLE_A --arg b $ROLE_B --arg n $B '
	    (.identities[0] | .role_arn == $a and .ring == 2 and
		.windows == ["sun,sat 00:00-24:00", "mon-fri 22:00-04:00"]) and
	    (.identities[1] | .windows == [] and has("role_arn") == false) and
	    ([.clients[].role_arn] == [$a, $a, $a, $b, $b, $b, null, null, null]) and
	    .clients[3].account == $n and (.clients[6] | has("account") | not)' \
	    "$D/out"
}

try 'the stand-ins refuse what AWS refuses' stand_ins
try 'deploy/ and the manual want the same for a role' one_policy
try 'pairs in two other accounts, each by its role' elsewhere
try 'without the role nothing is found there' no_role
try 'without a word of it we speak as ourselves' own_account
try 'the same role as that of the identity' same_as_identity
try 'two identities side by side, one session' side_by_side
try 'the role of an identity is not that of its clients' not_as_identity
try 'a role that may not be assumed' refused
try 'a role that may not write' may_not
try 'the wrong account' wrong_account
try 'a trust withdrawn while clients are given the key' withdrawn_while_pushing
try 'a trust withdrawn while the old key waits' withdrawn_in_grace
try 'a session is renewed under way' renewed
try 'a session that is over' over
try 'back to the old pair' rolled_back
try 'settings that do not go together' wrong_words
try 'check says whose role, ring and windows' checked
done_testing
