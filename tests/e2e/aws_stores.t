#!/bin/bash
# aws_stores.t: the real program with clients in AWS: a secret, parameters and
# the environment of a function. IAM, STS and SMTP are the sandbox; Secrets
# Manager and Systems Manager are moto, Lambda a stand-in, both made to check
# each signature, and each action against the policy that the manual documents.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 11

# The stand-ins take the program's key for their user `client`.
export STRICT_KEY_ID=$AWS_ACCESS_KEY_ID STRICT_SECRET=$AWS_SECRET_ACCESS_KEY
standin() { # NAME: starts it; prints its address
	"$PYTHON" "tests/standin/$1.py" >"$W/$1.ready" 2>"$W/$1.err" &
	echo $! >>"$W/pids"
	local i
	for i in $(seq 400); do
		grep -q '^ready' "$W/$1.ready" && break
		sleep 0.05
	done
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
export AWS_ENDPOINT_URL_SECRETS_MANAGER=$MOTO AWS_ENDPOINT_URL_SSM=$MOTO
export AWS_ENDPOINT_URL_LAMBDA=$LAMBDA

ask() { # ADDRESS/CALL JSON
	curl -sS --fail-with-body -d "$2" "${1%/*}/strict/${1##*/}"
}
json() { jq -cn "$@"; }
admin() { # SERVICE CALL JSON: as somebody else
	ask "$MOTO/do" "$(json --arg s "$1" --arg c "$2" --argjson a "$3" \
	    '{service: $s, call: $c, args: $a}')"
}
before() { # ACTION SERVICE CALL JSON: the same, just before that action
	ask "$MOTO/before" "$(json --arg at "$1" --arg s "$2" --arg c "$3" \
	    --argjson a "$4" '{at: $at, do: {service: $s, call: $c, args: $a}}')"
}
role() { # reader, client or nobody
	ask "$MOTO/role" "{\"as\": \"$1\"}"
	ask "$LAMBDA/role" "{\"as\": \"$1\"}"
}
# What the stores hold beside the pair must be there in the end.
document() { # USER PASSWORD
	printf '{ "note": "h\\u00fc", "n": 12345678901234567890,\n "smtp": {"user":"%s", "password" : "%s"} }' "$1" "$2"
}
arguments() { # JSON-FILTER: an object with $user, $pass and $doc
	json --arg user "$OLD" --arg pass "$(password "$OLD" us-east-1)" \
	    --arg doc "$(document "$OLD" "$(password "$OLD" us-east-1)")" "$1"
}
seed() {
	ask "$MOTO/reset" '{}'
	ask "$LAMBDA/reset" '{}'
	admin secretsmanager create_secret \
	    "$(arguments '{Name: "prod/smtp", SecretString: $doc}')"
	admin ssm put_parameter "$(arguments '{Name: "/prod/smtp/pair",
	    Type: "SecureString", Value: $doc, KeyId: "alias/own",
	    Description: "mail", Tier: "Advanced"}')"
	admin ssm put_parameter "$(arguments '{Name: "/prod/smtp/user",
	    Type: "String", Value: $user}')"
	admin ssm put_parameter "$(arguments '{Name: "/prod/smtp/password",
	    Type: "SecureString", Value: $pass, KeyId: "alias/own"}')"
	ask "$LAMBDA/put" "$(arguments '{name: "mailer", kms: "arn:aws:kms:k",
	    variables: {LEVEL: "hü\"", SMTP_USER: $user, SMTP_PASS: $pass}}')"
} >/dev/null
stores() { # secret parameter two function: as clients
	local keys='username_key: smtp.user, password_key: smtp.password'
	local s
	for s; do
		printf '  - { name: %s, pickup: 0s, ' "$s"
		case $s in
		secret) printf 'type: aws-secretsmanager, secret: prod/smtp, %s }\n' "$keys" ;;
		parameter) printf 'type: aws-ssm, parameter: /prod/smtp/pair, %s }\n' "$keys" ;;
		two) printf 'type: aws-ssm, username_parameter: /prod/smtp/user, password_parameter: /prod/smtp/password }\n' ;;
		function) printf 'type: aws-lambda-env, function: mailer, username_variable: SMTP_USER, password_variable: SMTP_PASS }\n' ;;
		esac
	done
}
ALL='secret parameter two function'
with() { # STORE...: seeded, and registered
	seed
	stores "$@" | conf -
}
secret() { # FILTER [STAGE]
	admin secretsmanager get_secret_value \
	    "{\"SecretId\": \"prod/smtp\", \"VersionStage\": \"${2:-AWSCURRENT}\"}" |
	    jq -r "$1"
}
parameter() { # NAME FILTER
	admin ssm get_parameter "{\"Name\": \"$1\", \"WithDecryption\": true}" |
	    jq -r ".Parameter$2"
}
described() { # NAME FILTER
	admin ssm describe_parameters "{\"ParameterFilters\":
	    [{\"Key\": \"Name\", \"Values\": [\"$1\"]}]}" | jq -r ".Parameters[0]$2"
}
function_has() { ask "$LAMBDA/get" '{"name": "mailer"}' | jq -r "$1"; }
holds_all() { # KEY STORE...
	local key=$1 pass s
	pass=$(password "$1" us-east-1)
	shift
	for s; do
		case $s in
		secret) is "$(secret .SecretString)" "$(document "$key" "$pass")" ;;
		parameter) is "$(parameter /prod/smtp/pair .Value)" "$(document "$key" "$pass")" ;;
		two)
			is "$(parameter /prod/smtp/user .Value)" "$key"
			is "$(parameter /prod/smtp/password .Value)" "$pass"
			;;
		function)
			is "$(function_has '.used | [.LEVEL, .SMTP_USER, .SMTP_PASS] | join(" ")')" \
			    "hü\" $key $pass"
			;;
		esac
	done
}
ended() { # STORE...: one key, and every store holds it
	is_state IDLE
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	[ "$NEW" != "$OLD" ]
	holds_all "$NEW" "$@"
	no_passwords
}
no_passwords() { # in what was printed, of either key
	local k p
	for k in "$OLD" "$(look 'sorted(keys)[-1]')"; do
		p=$(password "$k" us-east-1 || true)
		[ -z "$p" ] || ! grep -F -e "${p:0:20}" "$D/out" "$D/err"
	done
}

# The stand-ins are no push-overs: a stranger's library is refused for the
# reasons that AWS has.
stand_ins() {
	seed
	"$PYTHON" - "$MOTO" "$LAMBDA" <<-'END'
		import datetime, sys, boto3, botocore.auth, botocore.exceptions, botocore.config
		from unittest import mock
		moto, lamb = sys.argv[1:]
		calls = {
		    'secretsmanager': (moto, lambda c: c.get_secret_value(SecretId='prod/smtp')),
		    'ssm': (moto, lambda c: c.get_parameters(Names=['/prod/smtp/user'])),
		    'lambda': (lamb, lambda c: c.get_function_configuration(
		        FunctionName='arn:aws:lambda:us-east-1:123456789012:function:mailer')),
		}
		def code(service, key, secret, token=None, later=0, other=None):
		    url, call = calls[service]
		    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=later)
		    c = boto3.client(service, endpoint_url=url, region_name='us-east-1',
		                     aws_access_key_id=key, aws_secret_access_key=secret,
		                     aws_session_token=token,
		                     config=botocore.config.Config(retries={'total_max_attempts': 1}))
		    with mock.patch('botocore.auth.get_current_datetime', lambda **_: now):
		        try:
		            (other or call)(c)
		        except botocore.exceptions.ClientError as e:
		            return e.response['Error']['Code']
		    return 'fine'
		admin = 'AKIAADMINADMINADMIN1', 'admin/secret'
		bad = 0
		def want(what, got, wanted):
		    global bad
		    print(what, got)
		    bad += got != wanted
		for s in calls:
		    want(s, code(s, *admin), 'fine')
		    want(s + ' wrong secret', code(s, admin[0], 'x'), 'InvalidSignatureException')
		    want(s + ' unknown key', code(s, 'AKIAX', 'x'), 'UnrecognizedClientException')
		    want(s + ' inactive key', code(s, 'AKIAFORMERFORMERFOR1', 'former/secret'),
		         'UnrecognizedClientException')
		    want(s + ' token', code(s, *admin, token='t'), 'UnrecognizedClientException')
		    want(s + ' clock', code(s, *admin, later=1000), 'InvalidSignatureException')
		    want(s + ' no policy', code(s, 'AKIANOBODYNOBODYNOB1', 'nobody/secret'),
		         'AccessDeniedException')
		client = 'AKIAREADERREADERREA1', 'reader/secret'
		want('another secret', code('secretsmanager', *client, other=lambda c:
		     c.get_secret_value(SecretId='prod/other')), 'AccessDeniedException')
		want('another parameter', code('ssm', *client, other=lambda c:
		     c.get_parameters(Names=['/prod/smtp/user', '/prod/x'])), 'AccessDeniedException')
		want('another function', code('lambda', *client, other=lambda c:
		     c.get_function_configuration(FunctionName='x')), 'AccessDeniedException')
		want('writing', code('ssm', *client, other=lambda c:
		     c.put_parameter(Name='/prod/smtp/user', Value='x', Overwrite=True)),
		     'AccessDeniedException')
		sys.exit(bad)
	END
}
whole() {
	with $ALL
	old_version=$(secret .VersionId)
	gives 0 --force
	ended $ALL
	is "$(secret .VersionId AWSPREVIOUS)" "$old_version"
	is "$(described /prod/smtp/pair '|[.KeyId, .Tier, .Description, .Type] | join(" ")')" \
	    'alias/own Advanced mail SecureString'
	is "$(described /prod/smtp/user .Type)" String
	is "$(described /prod/smtp/password '|[.KeyId, .Type] | join(" ")')" \
	    'alias/own SecureString'
	is "$(function_has .kms)" arn:aws:kms:k
	is "$(parameter /prod/smtp/user .Version)" 2
	is "$(parameter /prod/smtp/password .Version)" 2
}
# Everything that looks works without one permission to write.
reading() {
	with $ALL
	role reader
	gives 0 check
	gives 0 --force --dry-run
	says 'set smtp.user and smtp.password in a new version of secret prod/smtp (us-east-1)' \
	    'in a new version of parameter /prod/smtp/pair' \
	    'set parameter /prod/smtp/password, then parameter /prod/smtp/user' \
	    'set SMTP_USER and SMTP_PASS in the environment of function mailer' \
	    'only $LATEST changes'
	gives 0 verify
	holds_all "$OLD" $ALL
	is "$(made)" 0
	is "$(parameter /prod/smtp/pair .Version)" 1
}
# Reading is not writing: the key was made when it turns out, nothing is lost,
# and the run after the policy was mended goes on.
forbidden() {
	with $ALL
	role reader
	rotate --force
	[ "$code" != 0 ]
	no_passwords
	holds_all "$OLD" $ALL
	gives 0 status || true
	says 'secretsmanager:PutSecretValue'
	role client
	until_idle
	ended $ALL
	is "$(made)" 1
}
no_right_to_look() {
	with $ALL
	role nobody
	rotate --force
	[ "$code" != 0 ]
	says 'Secrets Manager: prod/smtp (us-east-1)' \
	    'allow secretsmanager:DescribeSecret for our AWS identity (environment)'
	is "$(made)" 0
}
gone() { # STORE SERVICE CALL JSON WORDS: said before a key is made
	with $ALL
	admin "$2" "$3" "$4" >/dev/null
	sed -i "s,/prod/smtp/pair,${PARAMETER:-/prod/smtp/pair}," "$D/rotate.yaml"
	rotate --force
	[ "$code" != 0 ]
	is "$(made)" 0
	says "$5"
	no_passwords
}
# Somebody edits another key of the secret, just before our new version is to
# become the current one. Theirs is not displaced, and the next run takes it on.
race_secret() {
	with secret
	before UpdateSecretVersionStage secretsmanager put_secret_value \
	    "$(arguments '{SecretId: "prod/smtp", SecretString: ($doc | sub("12345678901234567890"; "7"))}')" \
	    >/dev/null
	rotate --force
	[ "$code" != 0 ]
	is "$(secret '.SecretString | fromjson | [.n, .smtp.user] | join(" ")')" "7 $OLD"
	no_passwords
	gives 0 release mail
	until_idle
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	is "$(secret '.SecretString | fromjson | [.n, .smtp.user, .smtp.password] | join(" ")')" \
	    "7 $NEW $(password "$NEW" us-east-1)"
}
race_parameter() {
	with parameter
	before PutParameter ssm put_parameter \
	    "$(arguments '{Name: "/prod/smtp/pair", Type: "SecureString", Overwrite: true,
		Tier: "Advanced", Value: ($doc | sub("12345678901234567890"; "7"))}')" >/dev/null
	rotate --force
	[ "$code" != 0 ]
	is "$(parameter /prod/smtp/pair .Version)" 3
	# Theirs is in the history, as the message says.
	is "$(parameter /prod/smtp/pair:2 '.Value | fromjson | .n')" 7
	no_passwords
	gives 0 release mail
	until_idle
	ended parameter
}
race_function() {
	with function
	ask "$LAMBDA/before" '{"at": "UpdateFunctionConfiguration", "variables": {"MORE": "x"}}'
	rotate --force
	[ "$code" != 0 ]
	is "$(function_has '[.variables.MORE, .variables.SMTP_USER] | join(" ")')" "x $OLD"
	no_passwords
	gives 0 release mail
	until_idle
	ended function
	is "$(function_has .used.MORE)" x
}
slow_function() { # in use only after a while: not before that is it verified
	with function
	ask "$LAMBDA/slow" '{"polls": 3}'
	gives 0 --force
	ended function
}
failed_function() {
	with function
	ask "$LAMBDA/broken" '{"reason": "The subnet has no address left."}'
	rotate --force
	[ "$code" != 0 ]
	is "$(function_has .used.SMTP_USER)" "$OLD"
	is "$(look "keys['$OLD']")" Active
	rotate verify || true
	says 'holds no complete pair'
	no_passwords
}
hidden_function() { # its key is not ours to use: nothing may be sent back
	seed
	ask "$LAMBDA/put" '{"name": "mailer", "hidden": true, "variables": {"LEVEL": "x"}, "kms": "arn:aws:kms:k"}'
	stores function | conf -
	rotate --force
	[ "$code" != 0 ]
	is "$(made)" 0
	says 'kms:Decrypt' 'arn:aws:kms:k'
	is "$(function_has .variables.LEVEL)" x
}
large_function() {
	with function
	big=$(printf '%4000s' '' | tr ' ' x)
	ask "$LAMBDA/put" "$(json --arg b "$big" '{name: "mailer", variables: {B: $b, SMTP_USER: "", SMTP_PASS: ""}}')"
	rotate --force
	[ "$code" != 0 ]
	is "$(made)" 0
	says '4096 are allowed'
}
rolled_back() {
	with secret
	GRACE=1h
	stores secret | conf -
	gives 10 --force
	NEW=$(secret '.SecretString | fromjson | .smtp.user')
	[ "$NEW" != "$OLD" ]
	gives 10 rollback mail --yes
	rotate --force
	holds_all "$OLD" secret
}

try 'the stand-ins refuse what AWS refuses' stand_ins
try 'one rotation, every store' whole
try 'plan, check and verify need no permission to write' reading
try 'a missing permission to write is named, and can be mended' forbidden
try 'a missing permission to look stops it before a key is made' no_right_to_look
try 'a secret that is going to be deleted' gone secret \
    secretsmanager delete_secret '{"SecretId": "prod/smtp"}' restore-secret
try 'a secret with a rotation of its own' gone secret \
    secretsmanager rotate_secret '{"SecretId": "prod/smtp", "RotationRules": {"AutomaticallyAfterDays": 5}}' \
    cancel-rotate-secret
try 'a parameter that is not there' gone two \
    ssm delete_parameter '{"Name": "/prod/smtp/user"}' 'there is no parameter /prod/smtp/user'
PARAMETER=/prod/smtp/other try 'a password readable without a key' gone parameter \
    ssm put_parameter '{"Name": "/prod/smtp/other", "Type": "String", "Value": "{}"}' \
    '/prod/smtp/other is a String'
try 'a secret changed between our read and our write' race_secret
try 'a parameter changed between our read and our write' race_parameter
try 'a function changed between our read and our write' race_function
try 'a function whose update takes a while' slow_function
try 'a function whose update fails' failed_function
try 'a function whose variables are hidden' hidden_function
try 'a function without room' large_function
try 'back to the old pair' rolled_back
done_testing
