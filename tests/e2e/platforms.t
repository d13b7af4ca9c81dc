#!/bin/bash
# platforms.t: the real program and the clients that are on other people's
# servers: secrets of GitHub, variables of GitLab, a send-as address of Gmail,
# against their stand-ins. TAP. In a network of its own, because Gmail sends
# through port 587 only.
if [ "${1:-}" != inside ]; then
	user=$([ "$(id -u)" = 0 ] || echo --map-root-user)
	# shellcheck disable=SC2086
	unshare -n $user true 2>/dev/null ||
		{ echo '1..0 # SKIP no network namespaces' && exit; }
	# shellcheck disable=SC2086
	exec unshare -n $user "$0" inside
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
ip link set lo up
# Base 585: HTTPS there, the control port, and 587 for STARTTLS.
sandbox_start --region us-east-1 --seed 11 --port-base 585

PYTHON=/usr/bin/python3 # Debian's packages are there
pids=
stand_in() { # NAME: its address is in $NAME, its directory is $W/NAME
	mkdir "$W/$1"
	mkfifo "$W/$1/out"
	"$PYTHON" "tests/standin/$1.py" --dir "$W/$1" >"$W/$1/out" &
	pids="$pids $!"
	read -r _ port <"$W/$1/out"
	printf -v "$1" 'https://localhost:%s' "$port"
	export "${1?}"
}
stand_in github
stand_in gitlab
stand_in google
end() {
	# shellcheck disable=SC2086
	kill $pids
	finish
} 2>/dev/null
trap end EXIT

side() { # NAME PATH [JSON]: the control side of a stand-in
	curl -sS --fail-with-body --cacert "$W/$1/ca.pem" "${!1}/_/$2" \
	    ${3+-d "$3"}
}
has() { # NAME KEY...: the text at these keys of its state
	side "$1" state | $PYTHON -c '
import json, sys
s = json.load(sys.stdin)
for k in sys.argv[1:]:
    s = s[int(k)] if isinstance(s, list) else s[k]
print(s)' "${@:2}"
}
token() { # NAME TEXT
	(umask 077 && printf '%s\n' "$2" >"$D/$1")
	echo "$D/$1"
}
world_of_three() { # GMAIL-LINE...: the stand-ins fresh, and a client at each
	local s
	for s in github gitlab google; do
		side $s reset '' >/dev/null
	done
	conf - <<-END
		  - name: actions
		    type: github-actions
		    repository: octo/mail
		    username_secret: MAIL_USER
		    password_secret: MAIL_PASS
		    app_id: "1234"
		    installation_id: "77"
		    private_key_file: $W/github/app.pem
		    api: $github
		    ca_file: $W/github/ca.pem
		    pickup: 0s
		  - name: jobs
		    type: gitlab
		    project: acme/mail
		    username_variable: MAIL_USER
		    password_variable: MAIL_PASS
		    token_file: $(token gitlab.token glpat-api)
		    api: $gitlab
		    ca_file: $W/gitlab/ca.pem
		    pickup: 0s
		  - name: ann
		    type: gmail
		    user: ann@example.com
		    alias: news@example.com
		    key_file: $W/google/key.json
		    api: $google
		    ca_file: $W/google/ca.pem
		    pickup: 0s
	END
}
SECRETS='repositories octo/mail secrets'
MSA='mailboxes ann@example.com news@example.com smtpMsa'
# shellcheck disable=SC2086
all_hold() { # KEY: each of the three has it, and its password
	local p
	p=$(password "$1" us-east-1)
	is "$(has github $SECRETS MAIL_USER value)" "$1"
	is "$(has github $SECRETS MAIL_PASS value)" "$p"
	is "$(has gitlab projects acme/mail variables 0 value)" "$1"
	is "$(has gitlab projects acme/mail variables 1 value)" "$p"
	is "$(has google $MSA username)" "$1"
	is "$(has google $MSA password)" "$p"
	# No part of it in what was printed.
	! grep -F -e "${p:0:20}" "$D/out" "$D/err"
}
no_writes() { # a stand-in: it was only looked at
	side "$1" log | $PYTHON -c '
import json, sys
bad = [r for r in json.load(sys.stdin) if r[0] in ("PUT", "PATCH")]
sys.exit("written: %s" % bad if bad else 0)'
}

whole() {
	world_of_three
	gives 0 check
	rotate --dry-run --force
	says 'MAIL_PASS and MAIL_USER' 'repository octo/mail' 'acme/mail' \
	    'send-as alias news@example.com'
	no_writes github
	no_writes gitlab
	no_writes google
	until_idle
	is_state IDLE
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	[ "$NEW" != "$OLD" ]
	all_hold "$NEW"
}
try 'one rotation through GitHub, GitLab and Gmail' whole

# What was written is no proof that it is used: nothing can be read back from
# two of these, so the key's last use decides.
# shellcheck disable=SC2317
straggler() {
	GRACE=1h
	world_of_three
	gives 10 --force
	is_state GRACE
	NEW=$(has gitlab projects acme/mail variables 0 value)
	all_hold "$NEW"
	sleep 1.1 # CreateDate and last use are in whole seconds
	ctl POST /use '{"key":"'"$OLD"'","region":"us-east-1","service":"ses"}' \
	    >/dev/null
	set_span grace 0s
	gives 13 --force
	says "$OLD" 'still used'
	is "$(look "keys['$OLD']")" Active
	gives 0 release mail
	until_idle
	is "$(look 'list(keys)')" "$NEW"
	all_hold "$NEW"
}
try 'a job that still has the old pair keeps the old key' straggler

# The token of one place ran out while the key was already made.
later() {
	world_of_three
	side gitlab fault '{"method":"PUT","status":401,"times":1,
	    "body":{"message":"401 Unauthorized"}}'
	rotate --force
	is_state PUSHING
	says 'jobs' '401 Unauthorized'
	is "$(look "keys['$OLD']")" Active
	until_idle
	NEW=$(look 'list(keys)')
	all_hold "$NEW"
}
try 'a token that is refused in the middle: the next run goes on' later

half() {
	world_of_three
	side github fault '{"method":"PUT","path":"MAIL_USER","status":502,
	    "body":{}}'
	rotate --force
	is_state PUSHING
	says 'MAIL_PASS is set, MAIL_USER is not'
	until_idle
	NEW=$(look 'list(keys)')
	all_hold "$NEW"
}
try 'half a pair at GitHub: said, and mended' half

pending() {
	world_of_three
	side google set '{"pending_after_patch":true}'
	rotate --force
	is_state PUSHING
	says 'its verification is pending' 'Gmail Confirmation'
	is "$(look "keys['$OLD']")" Active
	side google set '{"pending_after_patch":false,
	    "mailboxes|ann@example.com|news@example.com|verificationStatus":"accepted"}'
	until_idle
	NEW=$(look 'list(keys)')
	all_hold "$NEW"
}
try 'Gmail wants a new verification: a person, then on' pending

# What is missing is found before a key is made.
# shellcheck disable=SC2317
not_ready() { # STAND-IN SETTING WORD...
	world_of_three
	side "$1" set "$2"
	rotate --force
	[ "$code" != 0 ]
	says "${@:3}"
	is "$(made)" "$kept_made"
	is_state IDLE
	is "$(look 'list(keys)')" "$OLD"
}
kept() {
	cp -p "$D/app.env" "$D/kept"
	kept_made=$(made)
	not_ready "$@"
}
try 'no delegation: no key is made, the way is told' kept google \
    '{"delegated|103712345678901234567":[]}' unauthorized_client \
    'domain-wide delegation' 103712345678901234567 gmail.settings.basic
try 'an app that may only look: no key is made' kept github \
    '{"installation|permissions|secrets":"read"}' 'not granted' \
    'write access to secrets'
try 'a project that is gone: no key is made' kept gitlab \
    '{"projects":{}}' '404 Project Not Found' 'jobs'

# The first pairs were never known. From the second rotation on they are.
back() {
	GRACE=1h
	world_of_three
	gives 10 --force
	gives 13 rollback --yes mail
	says 'was never known'
	set_span grace 0s
	until_idle
	NEW=$(look 'list(keys)')
	all_hold "$NEW"
	set_span grace 1h
	gives 10 --force
	is_state GRACE
	is "$(look 'len(keys)')" 2
	gives 10 rollback --yes mail
	set_span grace 0s
	until_idle
	is "$(look 'list(keys)')" "$NEW"
	all_hold "$NEW"
}
try 'the way back, as soon as the old pair is known' back
done_testing
