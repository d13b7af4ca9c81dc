#!/bin/bash
# signatures.t: every call to AWS that the program makes, as botocore would
# have made and signed it at the same second with the same credential. Whole
# rotations run with a recorder between us and who answers; what it wrote down
# is made a second time by botocore (tests/peers/same_request.py). TAP.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 13
ID=$AWS_ACCESS_KEY_ID SECRET=$AWS_SECRET_ACCESS_KEY
SECRETS="{\"$ID\": \"$SECRET\", \"AKIABASE\": \"base/secret\",
    \"AKIAADMINADMINADMIN1\": \"admin/secret\"}"

started() { # NAME COMMAND...: sets PORT_
	local name=$1 i
	shift
	: >"$W/$name.ready"
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
export STRICT_KEY_ID=$ID STRICT_SECRET=$SECRET
started moto "$PYTHON" tests/standin/moto_strict.py
MOTO=http://127.0.0.1:$PORT_
started lambda "$PYTHON" tests/standin/lambda.py
LAMBDA=http://127.0.0.1:$PORT_
started kms "$PYTHON" tests/standin/kms.py
KMS=http://127.0.0.1:$PORT_
started dynamo "$PYTHON" tests/standin/dynamo.py moto
DYNAMO=http://127.0.0.1:$PORT_
GIVE_KEY_ID=$ID GIVE_SECRET=$SECRET BASE_KEY_ID=AKIABASE BASE_SECRET=base/secret \
    started giver "$PYTHON" tests/standin/imds.py
GIVER=http://127.0.0.1:$PORT_
RECORD=$W/record
: >"$RECORD"
SSL_CERT_FILE=$SANDBOX_CA started recorder python3 tests/standin/recorder.py \
    "$RECORD" "$AWS_ENDPOINT_URL" "$MOTO" "$LAMBDA" "$GIVER" \
    "$KMS" "$DYNAMO"
read -r R_SANDBOX R_MOTO R_LAMBDA R_GIVER R_KMS R_DYNAMO <<<"$PORT_"
export AWS_ENDPOINT_URL=http://127.0.0.1:$R_SANDBOX
export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:$R_MOTO
export AWS_ENDPOINT_URL_SSM=http://127.0.0.1:$R_MOTO
export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:$R_LAMBDA
export AWS_ENDPOINT_URL_KMS=http://127.0.0.1:$R_KMS
export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$R_DYNAMO

ask() { # ADDRESS/CALL JSON
	curl -sS --fail-with-body -d "$2" "${1%/*}/strict/${1##*/}"
}
admin() { # SERVICE CALL JSON-FILTER: with $user, $pass and $doc
	ask "$MOTO/do" "$(jq -cn --arg user "$OLD" --arg pass "$PASS" \
	    --arg doc "{\"u\":\"$OLD\",\"p\":\"$PASS\",\"n\":\"hü\"}" \
	    "{service: \"$1\", call: \"$2\", args: $3}")"
}
stores() {
	PASS=$(password "$OLD" us-east-1)
	ask "$MOTO/reset" '{}'
	ask "$LAMBDA/reset" '{}'
	admin secretsmanager create_secret '{Name: "prod/smtp", SecretString: $doc}'
	admin ssm put_parameter '{Name: "/prod/smtp/pair", Type: "SecureString",
	    Value: $doc, KeyId: "alias/own", Description: "mail", Tier: "Advanced"}'
	admin ssm put_parameter '{Name: "/prod/smtp/user", Type: "String", Value: $user}'
	admin ssm put_parameter '{Name: "/prod/smtp/password", Type: "SecureString", Value: $pass}'
	ask "$LAMBDA/put" "$(jq -cn --arg user "$OLD" --arg pass "$PASS" '{name: "mailer",
	    kms: "arn:aws:kms:k", variables: {LEVEL: "hü\"", SMTP_USER: $user, SMTP_PASS: $pass}}')"
	conf - <<-END
		  - { name: secret, pickup: 0s, type: aws-secretsmanager, secret: prod/smtp, username_key: u, password_key: p }
		  - { name: pair, pickup: 0s, type: aws-ssm, parameter: /prod/smtp/pair, username_key: u, password_key: p }
		  - { name: two, pickup: 0s, type: aws-ssm, username_parameter: /prod/smtp/user, password_parameter: /prod/smtp/password }
		  - { name: function, pickup: 0s, type: aws-lambda-env, function: mailer, username_variable: SMTP_USER, password_variable: SMTP_PASS }
	END
} >/dev/null
compared() { # OPERATION...: that must be in the record since
	"$PYTHON" tests/peers/same_request.py "$RECORD" "$SECRETS" "$@"
}
# A rotation with clients in AWS: IAM, STS, and what they are kept in.
whole() {
	stores
	: >"$RECORD"
	gives 0 --force
	gives 0 check
	gives 0 verify
	is_state IDLE
	cp "$RECORD" "$W/whole"
	compared iam:GetUser iam:ListAccessKeys iam:CreateAccessKey \
	    iam:GetAccessKeyLastUsed iam:UpdateAccessKey iam:DeleteAccessKey \
	    sts:GetCallerIdentity secretsmanager:DescribeSecret \
	    secretsmanager:GetSecretValue secretsmanager:PutSecretValue \
	    secretsmanager:UpdateSecretVersionStage ssm:GetParameters \
	    ssm:DescribeParameters ssm:PutParameter \
	    lambda:GetFunctionConfiguration lambda:UpdateFunctionConfiguration
}
home() {
	curl -sS -d '' "$GIVER/control/reset" >/dev/null
	export HOME=$D/home AWS_PROFILE=mine
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	mkdir -p "$HOME/.aws/sso/cache"
	cat >"$HOME/.aws/config"
	conf
	: >"$RECORD"
}
# A role: signed by another key, and everything after it with a session token.
role() {
	home <<-END
		[profile base]
		aws_access_key_id = AKIABASE
		aws_secret_access_key = base/secret
		[profile mine]
		role_arn = arn:aws:iam::123456789012:role/rotator
		source_profile = base
		external_id = ext/1+a=b:c,d@e
		role_session_name = mail@host
		duration_seconds = 1800
	END
	curl -sS -d '{"external_id": "ext/1+a=b:c,d@e"}' "$GIVER/control/set"
	AWS_ENDPOINT_URL_STS=http://127.0.0.1:$R_GIVER gives 0 --force
	finished
	compared sts:AssumeRole sts:GetCallerIdentity iam:CreateAccessKey iam:DeleteAccessKey
	cp "$RECORD" "$W/role"
}
web_identity() {
	home </dev/null
	unset AWS_PROFILE
	echo jwt-1 >"$D/jwt"
	export AWS_WEB_IDENTITY_TOKEN_FILE=$D/jwt
	export AWS_ROLE_ARN=arn:aws:iam::123456789012:role/rotator
	AWS_ENDPOINT_URL_STS=http://127.0.0.1:$R_GIVER gives 0 --dry-run
	compared sts:AssumeRoleWithWebIdentity
	cp "$RECORD" "$W/web"
}
sso() {
	home <<-END
		[profile mine]
		sso_session = corp
		sso_account_id = 123456789012
		sso_role_name = Mail
		[sso-session corp]
		sso_region = us-east-1
		sso_start_url = https://corp.awsapps.com/start
	END
	printf '{"startUrl": "x", "accessToken": "sso-1", "expiresAt": "%s"}' \
	    "$(date -u -d '+1 hour' +%FT%TZ)" \
	    >"$HOME/.aws/sso/cache/$(printf corp | sha1sum | cut -d' ' -f1).json"
	AWS_ENDPOINT_URL_SSO=http://127.0.0.1:$R_GIVER gives 0 --dry-run
	compared sso:GetRoleCredentials
	cp "$RECORD" "$W/sso"
}
# The state in a table, and the way back, which opens what was sealed by KMS.
table() {
	curl -sS -d '{}' "$KMS/strict/reset" >/dev/null
	curl -sS -d '{}' "$DYNAMO/strict/clear" >/dev/null
	: >"$RECORD"
	GRACE=1h
	MORE="store: { kind: dynamodb, table: rotate-state, region: us-east-1 }
seal: { kind: kms, key: alias/mail, region: us-east-1 }"
	conf
	AWS_ACCESS_KEY_ID=AKIAADMINADMINADMIN1 AWS_SECRET_ACCESS_KEY=admin/secret \
	    gives 0 store init
	curl -sS --fail-with-body -d '{"action": "UpdateTable", "body":
	    {"TableName": "rotate-state", "DeletionProtectionEnabled": false}}' \
	    "$DYNAMO/strict/do"
	AWS_ACCESS_KEY_ID=AKIAADMINADMINADMIN1 AWS_SECRET_ACCESS_KEY=admin/secret \
	    gives 0 store init
	gives 0
	gives 10 --force
	set_span grace 0s
	gives 0 rollback mail --yes
	gives 0 hold mail --reason 'hü "x"'
	gives 0 status
	gives 0 release mail
	gives 0 history
	cp "$RECORD" "$W/table"
	compared kms:GenerateDataKey kms:Decrypt dynamodb:CreateTable \
	    dynamodb:DescribeTable dynamodb:UpdateContinuousBackups \
	    dynamodb:TransactWriteItems dynamodb:GetItem dynamodb:BatchGetItem \
	    dynamodb:Query dynamodb:UpdateTable dynamodb:DescribeContinuousBackups
}
# No call of the source is missing above.
all() {
	local named met
	named=$(grep -rhoE '\.action = "[A-Z]\w+"|\{ "[A-Z]\w+", *"(iam"|sts"|dynamodb:)|= \{ "Assume\w+"' \
	    rotator sigv4 clients --include=*.c | grep -oE '"[A-Z]\w+"' | tr -d '"' | sort -u)
	met=$(cat "$W"/{whole,role,web,sso,table} | "$PYTHON" -c '
import base64, json, re, sys
for line in sys.stdin:
    r = json.loads(line)
    target = dict(r["headers"]).get("X-Amz-Target", "").rpartition(".")[2]
    body = base64.b64decode(r["body"]).decode()
    form = re.match(r"Action=(\w+)", body)
    print(target or (form and form[1]) or {"GET /2": "GetFunctionConfiguration",
        "PUT /2": "UpdateFunctionConfiguration", "GET /f": "GetRoleCredentials"}[
        r["method"] + " " + r["target"][:2]])' | sort -u)
	echo "$named"
	[ "$(echo "$named" | wc -l)" -ge 20 ]
	is "$(comm -23 <(echo "$named") <(echo "$met"))" ''
}
# And what differs is seen: one request of a record, changed. CALL: which one.
CALL=iam:CreateAccessKey OF=role
seen() { # STATEMENT: in Python; r is the request, body what it says
	"$PYTHON" - "$1" "${CALL#*:}" 3<"$W/$OF" >"$RECORD" <<-'END'
		import base64, json, os, re, sys
		for line in os.fdopen(3):
		    r = json.loads(line)
		    h = dict(r["headers"])
		    body = base64.b64decode(r["body"]).decode()
		    if not (h.get("X-Amz-Target", "").endswith("." + sys.argv[2]) or
		            "Action=" + sys.argv[2] in body):
		        continue
		    x = {"r": r, "h": h, "body": body, "re": re}
		    exec(sys.argv[1], x)
		    r["headers"] = list(h.items())
		    r["body"] = base64.b64encode(x["body"].encode()).decode()
		    print(json.dumps(r))
	END
	! compared >"$D/tap"
	cat "$D/tap"
	is "$(sed -n 's/^not ok [0-9]* - \([^,]*\),.*/\1/p' "$D/tap")" "$CALL"
}
header() { echo "h['Authorization'] = re.sub(r'$1', '$2', h['Authorization'])"; }
never_called() {
	cp "$W/role" "$RECORD"
	! compared kms:Decrypt
}

try 'one rotation with clients in AWS' whole
try 'by a role' role
try 'by a web identity' web_identity
try 'by IAM Identity Center' sso
try 'the state in DynamoDB, passwords sealed by KMS' table
try 'every call of the source was compared' all
unchanged() {
	! seen pass
	is "$(cat "$D/tap")" "ok 1 - iam:CreateAccessKey, 1 times as botocore sends it
1..1"
}
try 'unchanged it is fine' unchanged
try 'another signature is seen' seen "$(header 'ture=.....' 'ture=00000')"
try 'another signed header is seen' seen "$(header 's=content-type;' 's=')"
try 'another scope is seen' seen "$(header '/us-east-1/' '/eu-west-1/')"
try 'another time is seen' seen "h['X-Amz-Date'] = '20261121T000000Z'"
try 'another body is seen' seen "body = body.replace('ses-mail', 'ses-mai1')"
try 'another order in the body is seen' seen \
    "body = re.sub('(Version=[^&]*)&(.*)', r'\\2&\\1', body)"
try 'another path is seen' seen 'r["target"] = "//"'
try 'another method is seen' seen 'r["method"] = "PUT"'
try 'another header is seen' seen "h['Content-Type'] = 'application/x-www-form-urlencoded'"
try 'a header too many is seen' seen "h['X-More'] = '1'"
CALL=secretsmanager:PutSecretValue OF=whole
try 'another value in JSON is seen' seen "body = body.replace('ROTATE_NEXT', 'ROTATE_NEXt')"
try 'another order in JSON is seen' seen \
    "body = '{' + ','.join(reversed(re.fullmatch('{(\"V[^]]*\\]),(.*)}', body).groups())) + '}'"
try 'a call that was never made is seen' never_called
done_testing
