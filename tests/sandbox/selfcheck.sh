#!/bin/sh
# selfcheck.sh BINARY: does the sandbox keep its promises? TAP on stdout.
#
# The client side is curl --aws-sigv4 and python3's smtplib and hmac:
# programs that know nothing of this project, so the sandbox is judged by
# strangers before it judges others.
set -u
bin=${1:?usage: selfcheck.sh BINARY}
dir=$(mktemp -d "${TMPDIR:-/tmp}/selfcheck.XXXXXX") || exit 1
pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	[ -z "$pid" ] || wait "$pid" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

n=0
bad=0
is() { # is NAME WANT GOT
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		bad=$((bad + 1))
		echo "not ok $n - $1"
		printf '# want: %s\n# got:  %s\n' "$2" "$3"
	fi
}
has() { # has NAME PART GOT
	case $3 in
	*"$2"*) is "$1" yes yes ;;
	*) is "$1" "...$2..." "$3" ;;
	esac
}

start() { # start ARG...
	mkfifo "$dir/out" 2>/dev/null
	"$bin" --dir "$dir/sbx" --exit-with-parent "$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	read -r line <"$dir/out" || line=
	case $line in
	"ready "*) . "$dir/sbx/sandbox.env" ;;
	*)
		echo "Bail out! the sandbox did not start: $(cat "$dir/err")"
		exit 1
		;;
	esac
}

# call SERVICE ACTION [curl arg]...: "STATUS BODY" of one signed call.
call() {
	service=$1 action=$2
	shift 2
	version=2010-05-08
	[ "$service" = iam ] || version=2011-06-15
	curl -sS -m 10 --cacert "$SANDBOX_CA" -w ' %{http_code}' \
	    --aws-sigv4 "aws:amz:us-east-1:$service" \
	    --user "$AWS_ACCESS_KEY_ID:${SECRET:-$AWS_SECRET_ACCESS_KEY}" \
	    -d "Action=$action" -d "Version=$version" "$@" \
	    "$AWS_ENDPOINT_URL/" 2>&1
}
control() { # control METHOD PATH [JSON]
	curl -sS -m 10 -X "$1" ${3:+-d "$3"} "$SANDBOX_CONTROL$2"
}
field() { sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p"; }
json() { python3 -c 'import json,sys
o = json.load(sys.stdin)
for k in sys.argv[1].split("."): o = o[int(k) if k.isdigit() else k]
print(o)' "$1"; }
password() { control GET "/key/$1/password?region=$2" | json password; }

# smtp MODE REGION USER PASSWORD [to]: the code of AUTH, or of the mail.
smtp() {
	region=$(echo "$2" | tr - _)
	[ "$1" = tls ] && eval "port=\$SMTP_TLS_PORT_$region"
	[ "$1" = tls ] || eval "port=\$SMTP_STARTTLS_PORT_$region"
	python3 - "$1" "$port" "$3" "$4" "${5:-}" "${6:-PLAIN}" <<'EOF'
import base64, os, smtplib, ssl, sys
mode, port, user, password, to, mechanism = sys.argv[1:]
ctx = ssl.create_default_context(cafile=os.environ["SANDBOX_CA"])
try:
    if mode == "tls":
        s = smtplib.SMTP_SSL("localhost", int(port), context=ctx, timeout=8)
    else:
        s = smtplib.SMTP("localhost", int(port), timeout=8)
    s.ehlo()
    if mode == "starttls":
        s.starttls(context=ctx)
        s.ehlo()
    s.user, s.password = user, password
    if mechanism == "NOIR": # smtplib wants base64 where SES says "334 Ok"
        s.docmd("AUTH PLAIN")
        pair = "\0%s\0%s" % (user, password)
        code = s.docmd(base64.b64encode(pair.encode()).decode())[0]
    else:
        f = s.auth_login if mechanism == "LOGIN" else s.auth_plain
        code = s.auth(mechanism, f)[0]
    if to:
        s.sendmail("a@example.com", [to], "Subject: x\r\n\r\n.dot\r\nhello\r\n")
        code = 250
    s.quit()
    print(code)
except smtplib.SMTPResponseException as e:
    print(e.smtp_code)
except (smtplib.SMTPServerDisconnected, ConnectionError):
    print("disconnected") # which of them is a matter of timing
except Exception as e:
    print(type(e).__name__)
EOF
}

start --region us-east-1 --region eu-west-1 --seed 7
is "keys are private" "600 600" \
    "$(stat -c %a "$dir/sbx/server.key" "$dir/sbx/ca.key" | xargs)"
before=$(cksum <"$dir/sbx/server.pem")

# Signatures
has "a good signature" "<Account>123456789012</Account>" \
    "$(call sts GetCallerIdentity)"
has "a bad one" "<Code>SignatureDoesNotMatch</Code>" \
    "$(SECRET=wrong call sts GetCallerIdentity)"
has "an unknown key" "<Code>InvalidClientTokenId</Code>" \
    "$(AWS_ACCESS_KEY_ID=AKIAAAAAAAAAAAAAAAAA call sts GetCallerIdentity)"
has "the wrong service" "Credential should be scoped to correct service" \
    "$(call sts GetCallerIdentity --aws-sigv4 aws:amz:us-east-1:ec2)"
has "the wrong region" "scoped to a valid region" \
    "$(call iam GetUser --aws-sigv4 aws:amz:eu-west-1:iam)"
has "no signature" "<Code>MissingAuthenticationToken</Code>" \
    "$(curl -sS --cacert "$SANDBOX_CA" -d Action=GetUser \
	"$AWS_ENDPOINT_URL/")"
has "half an Authorization" "<Code>IncompleteSignature</Code>" \
    "$(curl -sS --cacert "$SANDBOX_CA" -d Action=GetUser \
	-H 'Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e' \
	"$AWS_ENDPOINT_URL/")"
control POST /knobs '{"clock_offset_s":1200}' >/dev/null
has "20 minutes late" "Signature expired" "$(call sts GetCallerIdentity)"
control POST /knobs '{"clock_offset_s":-1200}' >/dev/null
has "20 minutes early" "Signature not yet current" \
    "$(call sts GetCallerIdentity)"
control POST /knobs '{"clock_offset_s":0,"session_token":"tok"}' >/dev/null
has "the session token is missing" "<Code>InvalidClientTokenId</Code>" \
    "$(call sts GetCallerIdentity)"
has "the session token is there" "<Account>" \
    "$(call sts GetCallerIdentity -H 'X-Amz-Security-Token: tok')"
control POST /knobs '{"session_token":""}' >/dev/null
has "an unknown action" "<Code>InvalidAction</Code>" "$(call iam Frobnicate)"

# Users and keys
has "make a user" "<UserId>AIDA" "$(call iam CreateUser -d UserName=ses-a)"
has "not twice" "<Code>EntityAlreadyExists</Code>" \
    "$(call iam CreateUser -d UserName=SES-A)"
made=$(call iam CreateAccessKey -d UserName=ses-a)
key=$(echo "$made" | field AccessKeyId)
secret=$(echo "$made" | field SecretAccessKey)
is "a key of 20" 20 "${#key}"
is "a secret of 40" 40 "${#secret}"
key2=$(call iam CreateAccessKey -d UserName=ses-a | field AccessKeyId)
third=$(call iam CreateAccessKey -d UserName=ses-a)
has "no third key" "Cannot exceed quota for AccessKeysPerUser: 2" "$third"
has "that is a 409" " 409" "$third"
page=$(call iam ListAccessKeys -d UserName=ses-a -d MaxItems=1)
has "a first page" "<IsTruncated>true</IsTruncated>" "$page"
is "shows the older key" "$key" "$(echo "$page" | field AccessKeyId)"
page=$(call iam ListAccessKeys -d UserName=ses-a \
    -d "Marker=$(echo "$page" | field Marker)")
is "the last page shows the other" "$key2" \
    "$(echo "$page" | field AccessKeyId)"
has "and ends" "<IsTruncated>false</IsTruncated>" "$page"
has "never used" "<ServiceName>N/A</ServiceName>" \
    "$(call iam GetAccessKeyLastUsed -d "AccessKeyId=$key")"
has "no such user" "<Code>NoSuchEntity</Code>" \
    "$(call iam GetUser -d UserName=nobody)"
has "a user with keys stays" "<Code>DeleteConflict</Code>" \
    "$(call iam DeleteUser -d UserName=ses-a)"
control POST /knobs '{"deny":["iam:DeleteAccessKey"]}' >/dev/null
has "denied" "not authorized to perform: iam:DeleteAccessKey" \
    "$(call iam DeleteAccessKey -d UserName=ses-a -d "AccessKeyId=$key2")"
control POST /knobs '{"deny":[]}' >/dev/null

# SMTP
export SANDBOX_CA
east=$(password "$key" us-east-1)
west=$(password "$key" eu-west-1)
is "the password, by python" "$east" "$(python3 - "$secret" <<'EOF'
import base64, hashlib, hmac, sys
k = ("AWS4" + sys.argv[1]).encode()
for part in "11111111", "us-east-1", "ses", "aws4_request", "SendRawEmail":
    k = hmac.new(k, part.encode(), hashlib.sha256).digest()
print(base64.b64encode(b"\x04" + k).decode())
EOF
)"
is "235 by STARTTLS" 235 "$(smtp starttls us-east-1 "$key" "$east")"
is "235 by TLS" 235 "$(smtp tls us-east-1 "$key" "$east")"
is "235 by LOGIN" 235 "$(smtp tls us-east-1 "$key" "$east" "" LOGIN)"
is "235 without initial response" 235 \
    "$(smtp tls us-east-1 "$key" "$east" "" NOIR)"
is "235 elsewhere with its own password" 235 \
    "$(smtp tls eu-west-1 "$key" "$west")"
is "535 with another region's" 535 "$(smtp tls eu-west-1 "$key" "$east")"
has "and the log knows" '"other_region"' "$(control GET /log)"
is "535 with a wrong one" 535 "$(smtp tls us-east-1 "$key" nonsense)"
is "530 in clear" 530 "$(smtp clear us-east-1 "$key" "$east")"
old=$(password "$key" v2)
is "535 with a legacy one" 535 "$(smtp tls us-east-1 "$key" "$old")"
control POST /knobs '{"accept_v2":true}' >/dev/null
is "235 with a legacy one" 235 "$(smtp tls us-east-1 "$key" "$old")"
has "the login counts as use" "<ServiceName>ses</ServiceName>" \
    "$(call iam GetAccessKeyLastUsed -d "AccessKeyId=$key")"
has "others may not use IAM" "<Code>AccessDenied</Code>" \
    "$(AWS_ACCESS_KEY_ID=$key SECRET=$secret call iam GetUser)"
is "mail goes" 250 "$(smtp starttls us-east-1 "$key" "$east" b@example.com)"
has "and is logged" '"b@example.com"' "$(control GET /log)"
control POST /knobs '{"send_denied":true}' >/dev/null
is "554 without permission" 554 \
    "$(smtp starttls us-east-1 "$key" "$east" b@example.com)"
control POST /knobs '{"send_denied":false,"revoke_lag_ms":60000}' >/dev/null
call iam UpdateAccessKey -d UserName=ses-a -d "AccessKeyId=$key" \
    -d Status=Inactive >/dev/null
is "a revoked key lags" 235 "$(smtp tls us-east-1 "$key" "$east")"
control POST /knobs '{"revoke_lag_ms":0}' >/dev/null
is "then is refused" 535 "$(smtp tls us-east-1 "$key" "$east")"
has "also at the API" "<Code>InvalidClientTokenId</Code>" \
    "$(AWS_ACCESS_KEY_ID=$key SECRET=$secret call sts GetCallerIdentity)"
is "a second use within 15 minutes is not seen" False \
    "$(control POST /use "{\"key\":\"$key\"}" | json recorded)"
control POST /knobs '{"last_used_granularity_s":0}' >/dev/null
is "a use that is seen" True \
    "$(control POST /use "{\"key\":\"$key\"}" | json recorded)"
control POST /knobs '{"propagation_ms":60000}' >/dev/null
is "a new key lags" 535 \
    "$(smtp tls us-east-1 "$key2" "$(password "$key2" us-east-1)")"
control POST /knobs '{"propagation_ms":0,"stale_list_ms":60000}' >/dev/null
has "delete" "DeleteAccessKeyResponse" \
    "$(call iam DeleteAccessKey -d UserName=ses-a -d "AccessKeyId=$key2")"
page=$(call iam ListAccessKeys -d UserName=ses-a)
is "a stale list is that of long ago" "" "$(echo "$page" | field AccessKeyId)"
control POST /knobs '{"stale_list_ms":0}' >/dev/null
is "a fresh list" "$key" \
    "$(call iam ListAccessKeys -d UserName=ses-a | field AccessKeyId)"

# Faults
fault() { control POST /faults "$1" >/dev/null; }
fault '{"service":"iam","action":"CreateAccessKey","kind":"reset_after"}'
has "reset_after is a reset" "reset by peer" \
    "$(call iam CreateAccessKey -d UserName=ses-a)"
is "reset_after has its effect" 2 \
    "$(call iam ListAccessKeys -d UserName=ses-a | grep -o '<member>' | wc -l)"
fault '{"service":"iam","action":"GetUser","kind":"throttle","skip":1}'
has "skip" "<UserName>" "$(call iam GetUser)"
has "then throttle" "<Code>Throttling</Code>" "$(call iam GetUser)"
has "then none" "<UserName>" "$(call iam GetUser)"
fault '[{"service":"iam","action":"*","kind":"truncate"}]'
has "truncate" "curl: (" "$(call iam GetUser)"
fault '{"service":"iam","action":"*","kind":"error",
    "arg":{"code":"ConcurrentModification","status":409,"message":"m"}}'
has "an error of choice" "<Code>ConcurrentModification</Code>" \
    "$(call iam GetUser)"
fault '{"service":"smtp","action":"auth","kind":"reply",
    "arg":{"code":454,"text":"Temporary authentication failure"}}'
is "454" 454 "$(smtp tls us-east-1 x y)"
fault '{"service":"smtp","kind":"drop","action":"banner"}'
is "drop" disconnected "$(smtp starttls us-east-1 x y)"
for kind in wrong_name expired not_yet self_signed unknown_ca; do
	fault "{\"service\":\"smtp\",\"kind\":\"bad_cert\",\"arg\":\"$kind\"}"
	is "bad_cert $kind" SSLCertVerificationError \
	    "$(smtp starttls us-east-1 x y)"
done
fault '{"service":"smtp","kind":"tls_garbage"}'
is "tls_garbage" SSLError "$(smtp tls us-east-1 x y)"
fault '{"service":"smtp","kind":"no_auth"}'
is "no_auth is used up" 0 "$(smtp tls us-east-1 x y >/dev/null
    control GET /state | json faults | grep -c no_auth)"
has "a misspelt fault is refused" "no kind" "$(control POST /faults \
    '{"service":"smtp","kind":"explode"}')"
has "a misspelt knob is refused" "no such knob" \
    "$(control POST /knobs '{"propagate":1}')"

control POST /users '{"name":"marked","keys":1}' >/dev/null
control POST /marks '{"on":true}' >/dev/null
marked=$(control GET /state | json seq)
control DELETE /users/marked >/dev/null
is "a deleted user is gone" 0 "$(control GET /state | grep -c marked)"
control POST /marks "{\"to\":$marked}" >/dev/null
is "marks bring it back" 1 "$(control GET /state | grep -c marked)"
has "no mark, nothing changed" "nothing was remembered" \
    "$(control POST /marks '{"to":-1}')"
control POST /reset >/dev/null
is "reset" 0 "$(control GET /state | json counters.iam.CreateUser.calls)"

kill "$pid"
wait "$pid"
is "ends well" 0 $?
pid=
is "says nothing" "" "$(cat "$dir/err")"
start --region us-east-1 --adversity 40 --seed 3
is "keeps its certificate" "$before" "$(cksum <"$dir/sbx/server.pem")"
i=0
good=0
while [ $i -lt 30 ]; do
	i=$((i + 1))
	case $(call iam ListAccessKeys) in
	*"$AWS_ACCESS_KEY_ID"*) good=$((good + 1)) ;;
	esac
done
is "adversity lets most calls pass" yes \
    "$([ "$good" -ge 10 ] && [ "$good" -lt 30 ] && echo yes || echo "$good")"
kill "$pid"
wait "$pid"
is "ends well again" 0 $?
pid=
start --region us-east-1 --listen 127.0.0.2
has "listens where it is told to" "https://127.0.0.2:" "$AWS_ENDPOINT_URL"
has "and is named so" "<Account>" "$(call sts GetCallerIdentity)"
has "but its control" "http://127.0.0.1:" "$SANDBOX_CONTROL"
kill "$pid"
wait "$pid"
pid=
echo "1..$n"
[ "$bad" -eq 0 ]
