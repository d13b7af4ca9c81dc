#!/bin/bash
# demo.sh: a whole rotation against the sandbox on loopback, with real TLS, a
# real .env file, a real Postfix map and an application that sends mail all
# the while. Grace and quiet last seconds here; in life they last days.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d /tmp/rotate-demo.XXXXXX)
pids=()
finish() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || :
	wait 2>/dev/null || :
	rm -rf "$dir"
}
trap finish EXIT
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then b=$'\e[1m' n=$'\e[0m'; else b= n=; fi
say() { printf '\n%s== %s%s\n' "$b" "$*" "$n"; }
show() { printf '%s$ %s%s\n' "$b" "$*" "$n"; }
json() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -1; }

say "The sandbox plays IAM, STS and SES SMTP on loopback"
mkdir "$dir/sandbox"
build/ses-sandbox --dir "$dir/sandbox" --region eu-west-1 >"$dir/sandbox.out" &
pids+=($!)
for _ in $(seq 100); do [ -s "$dir/sandbox/sandbox.env" ] && break; sleep 0.05; done
. "$dir/sandbox/sandbox.env"
port=$SMTP_STARTTLS_PORT_eu_west_1
made=$(curl -sS -X POST "$SANDBOX_CONTROL/users" -d '{"name":"ses-smtp-demo","keys":1}')
old=$(grep -o 'AKIA[A-Z0-9]*' <<<"$made" | head -1)
pass=$(curl -sS "$SANDBOX_CONTROL/key/$old/password?region=eu-west-1" | grep -o 'B[A-Za-z0-9+/]\{43\}')
curl -sS -o /dev/null -X POST "$SANDBOX_CONTROL/knobs" -d '{"last_used_granularity_s":0}'
echo "IAM user ses-smtp-demo has one key, $old, and nobody knows its secret any more."

say "Two clients hold the pair: an application's .env file and a Postfix map"
printf '# application\nSMTP_HOST=localhost\nSMTP_USER=%s\nSMTP_PASS=%s\nDEBUG=0\n' \
    "$old" "$pass" >"$dir/app.env"
mkdir "$dir/postfix"
printf '[other.example]:25 someone:else\n[localhost]:%s %s:%s\n' \
    "$port" "$old" "$pass" >"$dir/postfix/sasl_passwd"
printf 'compatibility_level = 3.6\nsmtp_sasl_password_maps = hash:%s\nrelayhost = [localhost]:%s\n' \
    "$dir/postfix/sasl_passwd" "$port" >"$dir/postfix/main.cf"
: >"$dir/postfix/master.cf"
touch -d '1 minute ago' "$dir/postfix/main.cf"
chmod 600 "$dir/app.env" "$dir/postfix/sasl_passwd"
PATH=$PATH:/usr/sbin postmap -c "$dir/postfix" "hash:$dir/postfix/sasl_passwd"
cat >"$dir/rotate.yaml" <<Y
account: "$SANDBOX_ACCOUNT"
state: $dir/state
defaults: { max_age: 90d, grace: 3s, quiet: 3s, slack: 1s, late_window: 3s }
identities:
  - name: demo
    iam_user: ses-smtp-demo
    regions: [eu-west-1]
    smtp: { host: localhost, port: $port, tls: starttls, ca_file: $SANDBOX_CA }
    settle: { successes: 3, interval: 200ms, timeout: 30s }
clients:
  - name: app
    type: file
    path: $dir/app.env
    format: dotenv
    username: SMTP_USER
    password: SMTP_PASS
    pickup: 1s
  - name: relay
    type: postfix
    map: $dir/postfix/sasl_passwd
    relay: "[localhost]:$port"
    config_dir: $dir/postfix
    pickup: 1s
Y
cat "$dir/rotate.yaml"
build/rel/demo-mailer "$dir/app.env" "smtp://localhost:$port" "$SANDBOX_CA" >"$dir/mail.out" &
mailer=$!
pids+=($mailer)
rotate() { show "rotate $*"; build/rotate --config "$dir/rotate.yaml" "$@" || code=$?; }
code=0

say "What would happen? (changes nothing)"
rotate --dry-run --force

say "Rotate now: create, derive, prove, push, verify"
code=0
rotate --force
[ $code -eq 10 ] || { echo "expected exit code 10 (waiting), got $code"; exit 1; }

say "Both keys are valid while grace runs"
rotate status
rotate verify

say "The timer comes back until the old key is gone"
for _ in $(seq 40); do
	sleep 1
	code=0
	rotate --log plain 2>&1 | grep -v '^\$' | sed 's/^/  /' || :
	build/rotate --config "$dir/rotate.yaml" status --json |
	    grep -q '"state":[[:space:]]*"IDLE"' && break
done

say "The end"
rotate status
rotate history
curl -sS "$SANDBOX_CONTROL/state" >"$dir/state.json"
keys=$(grep -o '"AKIA[A-Z0-9]*"' "$dir/state.json" | sort -u | tr -d '"')
kill -TERM $mailer
wait $mailer || { cat "$dir/mail.out"; echo "mail was refused during the rotation"; exit 1; }
new=$(sed -n 's/^SMTP_USER=//p' "$dir/app.env")
[ "$new" != "$old" ] || { echo "the .env file still holds the old key"; exit 1; }
grep -q "$old" <<<"$keys" && { echo "the old key still exists"; exit 1; }
PATH=$PATH:/usr/sbin postmap -c "$dir/postfix" -q "[localhost]:$port" "hash:$dir/postfix/sasl_passwd" |
    grep -q "^$new:" || { echo "the Postfix map does not hold the new key"; exit 1; }
echo "old key $old: gone from IAM.  new key $new: in both clients."
echo "mail all the while: $(tail -1 "$dir/mail.out")"
