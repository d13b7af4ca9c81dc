#!/bin/bash
# rotation.t: the real program against the sandbox, over TLS: every way that a
# rotation can go, from the first meeting to the deleted key. TAP.
. "$(dirname "$0")/lib.sh"
[ "${1:-}" != inside ] || ip link set lo up
sandbox_start --region us-east-1 --region eu-west-1 --seed 7

is_key() { is "$(look "keys.get('$1', 'Gone')")" "$2"; } # KEY STATUS
in_grace() { # stands in GRACE with the new key NEW in every client
	GRACE=1h conf "$@"
	gives 10 --force
	is_state GRACE
	NEW=$(holder)
	[ "$NEW" != "$OLD" ]
}
let_go() { # the spans are over; run until the end
	set_span grace 0s
	set_span quiet 0s
	until_idle
}
# A client that is a program: plans, shows the pair of $D/$1.env, and fails to
# write while $D/broken exists.
program() { # NAME LINE...
	cat >"$D/program" <<-END
		#!/bin/sh
		read -r request
		case \$request in
		*'"action":"read"'*)
			sed -n 's/^SMTP_USER=\(.*\)/{"ok":true,"username":"\1",/p
			    s/^SMTP_PASS=\(.*\)/"password":"\1"}/p' '$D/$1.env' | tr -d '\n' ;;
		*'"action":"write"'*)
			[ -e '$D/broken' ] && echo '{"ok":false,"class":"temp","error":"the vault is sealed","fix":"unseal it"}' && exit
			echo "\$request" | sed 's/.*"username":"\([^"]*\)".*"password":"\([^"]*\)".*/SMTP_USER=\1\nSMTP_PASS=\2\nDEBUG=0/' >'$D/$1.env'
			echo '{"ok":true}' ;;
		*) echo '{"ok":true,"change":"put it into the vault"}' ;;
		esac
	END
	chmod 700 "$D/program"
	printf '  - { name: %s, type: exec, command: [%s], pickup: 0s%s }\n' \
	    "$1" "$D/program" "${2:+, $2}"
}

# Both regions of one identity under SES's own names and port 587, which only
# a network of our own can give: a forwarder stands at each address.
regions() {
	[ "$(id -u)" = 0 ] || skip 'not root'
	unshare -mn true || skip 'no namespaces'
	unshare -mn "$TOP/tests/e2e/rotation.t" inside
}
forwarders() { # ADDRESS PORT...: 587 of that address leads to that port
	python3 - "$@" <<-'END'
		import socket, sys, threading
		def pump(a, b):
		    try:
		        while data := a.recv(65536):
		            b.sendall(data)
		    except OSError:
		        pass
		    for s in (a, b):
		        try:
		            s.shutdown(socket.SHUT_RDWR)
		        except OSError:
		            pass
		def serve(s, port):
		    while True:
		        a, _ = s.accept()
		        b = socket.create_connection(("127.0.0.1", port))
		        threading.Thread(target=pump, args=(a, b), daemon=True).start()
		        threading.Thread(target=pump, args=(b, a), daemon=True).start()
		for address, port in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
		    s = socket.create_server((address, 587))
		    threading.Thread(target=serve, args=(s, port), daemon=True).start()
		threading.Event().wait()
	END
}
is_listening() { (: <"/dev/tcp/$1/587") 2>/dev/null; }
inside() {
	printf '%s\n' '127.0.0.1 localhost' \
	    '127.0.0.2 email-smtp.us-east-1.amazonaws.com' \
	    '127.0.0.3 email-smtp.eu-west-1.amazonaws.com' >"$D/hosts"
	mount --bind "$D/hosts" /etc/hosts
	forwarders 127.0.0.2 "$SMTP_STARTTLS_PORT_us_east_1" \
	    127.0.0.3 "$SMTP_STARTTLS_PORT_eu_west_1" &
	until_true is_listening 127.0.0.2
	until_true is_listening 127.0.0.3
	env_file "$D/eu.env" "$OLD" eu-west-1
	{
		file_client app 'region: us-east-1'
		file_client eu 'region: eu-west-1'
	} | REGIONS='us-east-1, eu-west-1' conf -
	sed -i 's/smtp: {.*/smtp: { ca_file: '"${SANDBOX_CA//\//\\/}"' }/' "$D/rotate.yaml"
	until_idle
	finished app
	holds eu "$NEW" eu-west-1
	[ "$(sed -n 's/^SMTP_PASS=//p' "$D/app.env")" != \
	    "$(sed -n 's/^SMTP_PASS=//p' "$D/eu.env")" ]
	gives 0 verify
}
if [ "${1:-}" = inside ]; then
	ONLY='' try 'two regions' inside
	[ $n_failed -eq 0 ]
	exit
fi

# --- beginning ---

known_key() {
	in_grace
	is_key "$OLD" Active
	is_key "$NEW" Active
	holds app "$NEW"
	is "$(stat -c %a "$D/app.env")" 600
	before=$(traffic)
	gives 10
	is "$(traffic)" "$before"
	let_go
	finished
	is "$(made)" 1
	gives 0 history
	says 'IDLE -> INTENT' 'DEL -> DONE' "$OLD is deleted"
}
try 'a user with one key that was not ours' known_key

no_key() {
	ctl DELETE "/keys/$OLD" >/dev/null
	rm "$D/app.env"
	file_client app 'create: true' | conf -
	until_idle
	is_state IDLE
	is "$(stat -c %a "$D/app.env")" 600
	is_key "$(holder)" Active
	gives 0 verify
}
try 'a user without a key, a client without a file' no_key

two_keys() {
	other=$(new_key)
	ctl POST /use '{"key":"'"$other"'","region":"eu-west-1","service":"ses"}' >/dev/null
	conf
	cp "$D/app.env" "$D/kept"
	gives 13 --force
	says "$OLD (Active, " "$other (Active, " 'old, last used never' \
	    'by ses' 'rotate adopt mail --current KEY'
	is "$(made)" 0
	gives 64 adopt mail --current "$OLD"
	gives 0 adopt mail --current "$OLD" --retire "$other"
	is_state GRACE
	is_key "$other" Active
	until_idle
	finished
	is "$NEW" "$OLD"
	cmp "$D/app.env" "$D/kept"
	until_idle
	[ "$(holder)" != "$OLD" ]
}
try 'two foreign keys: named, adopted, the other is retired' two_keys

adopt_wrong() {
	other=$(new_key)
	conf
	gives 13 --force
	gives 13 adopt mail --current "$other" --retire "$OLD"
	says app
	is_key "$OLD" Active
	is_key "$other" Active
}
try 'adopt refuses a key that the clients are not on' adopt_wrong

due() {
	AGE=1ms GRACE=1h conf
	gives 10
	is_state GRACE
}
try 'a key that is old enough is rotated without --force' due

not_due() {
	conf
	gives 0
	is_state IDLE
	before=$(traffic)
	cp "$D/app.env" "$D/kept"
	gives 0
	gives 0 --identity mail
	is "$(traffic)" "$before"
	cmp "$D/app.env" "$D/kept"
	is_key "$OLD" Active
}
try 'nothing due: exit 0 and not one connection' not_due

unknown_identity() {
	conf
	before=$(traffic)
	gives 64 --identity nail
	says nail mail
	gives 64 status nail
	gives 64 hold nail
	is "$(traffic)" "$before"
}
try 'an identity that is not there' unknown_identity

# --- dry run, output ---

dry() {
	conf
	world >"$W/before"
	gives 0 --dry-run --force
	says app
	world >"$W/after"
	cmp "$W/before" "$W/after"
	in_grace
	world >"$W/before"
	rotate --dry-run
	rotate --dry-run --json
	python3 -m json.tool "$D/out" >/dev/null
	world >"$W/after"
	diff "$W/before" "$W/after"
}
try '--dry-run changes nothing anywhere' dry

json() {
	local args
	in_grace
	while read -r want args; do
		# shellcheck disable=SC2086
		gives "$want" $args --json
		python3 -m json.tool --json-lines "$D/out" >/dev/null ||
			python3 -m json.tool "$D/out" >/dev/null
	done <<-END
		0 --force --dry-run
		10 --force
		0 status
		0 status mail
		0 check
		0 verify
		0 history
		0 history mail
	END
	"$ROTATE" clients --json | python3 -m json.tool >/dev/null
	"$ROTATE" clients file --json | python3 -m json.tool >/dev/null
	echo wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY |
	    "$ROTATE" derive --region us-east-1 --json >"$D/out"
	python3 -m json.tool "$D/out" >/dev/null
}
try '--json is JSON, the event log one object a line' json

derive() {
	ctl POST /keys '{"user":"ses-mail"}' >"$D/answer"
	id=$(grep -o 'AKIA[A-Z0-9]*' "$D/answer")
	sed -n 's/.*"secret":[[:space:]]*"\([^"]*\)".*/\1/p' "$D/answer" >"$D/secret"
	"$ROTATE" derive --region us-east-1 --region eu-west-1 \
	    <"$D/secret" >"$D/out"
	grep -F "$(password "$id" us-east-1)" "$D/out"
	grep -F "$(password "$id" eu-west-1)" "$D/out"
}
try 'derive: the passwords that SES takes' derive

verify() {
	conf
	gives 0 verify
	says app 235
	sed -i 's/^SMTP_PASS=B/SMTP_PASS=BA/; s/^\(SMTP_PASS=.*\).$/\1/' "$D/app.env"
	rotate verify
	[ "$code" != 0 ]
	says app 535
}
try 'verify: who holds a pair that works' verify

# --- waiting ---

wait_settled() {
	knobs '{"propagation_ms":1500}'
	conf
	until_true gives 0 --identity mail # the operator's own key is as young as that
	in_grace
	[ "$(look 'c["smtp"]["auth_bad"]')" -gt 0 ]
	is_key "$NEW" Active
	let_go
	finished
	is "$(made)" 1
}
try 'a new key that is refused at first settles' wait_settled

waits() {
	fault '{"service":"iam","action":"CreateAccessKey","kind":"reset_after"}'
	GRACE=1h LATE=1s conf
	gives 0 --force --wait=30s
	is_state GRACE
	holds app "$(holder)"
	[ "$(holder)" != "$OLD" ]
	is "$(look 'len(keys)')" 2
}
try '--wait stays until every client holds the new pair' waits

# --- brakes ---

hold() {
	conf
	gives 0 hold mail --reason 'moving house'
	gives 11 --force
	says 'moving house' 'rotate release mail'
	is "$(made)" 0
	gives 0 status
	says 'moving house'
	gives 0 release mail
	in_grace
	gives 0 hold mail --reason 'late brake'
	set_span grace 0s
	gives 11 --force
	says 'late brake'
	is_key "$OLD" Active
	is_key "$NEW" Active
	gives 0 release mail
	rotate --identity mail
	until_idle
	finished
}
try 'hold: before the start and in GRACE; release' hold

rollback_grace() {
	cp "$D/app.env" "$D/kept"
	in_grace
	rotate rollback mail --yes
	is "$code" 10
	cmp "$D/app.env" "$D/kept"
	is_key "$OLD" Active
	gives 64 rollback mail --yes
	let_go
	finished
	is "$NEW" "$OLD"
	cmp "$D/app.env" "$D/kept"
}
try 'rollback in GRACE: the former pair is back, the new key goes' rollback_grace

rollback_quiet() {
	cp "$D/app.env" "$D/kept"
	QUIET=1h conf
	rotate --force
	until_true quiet_now
	is_key "$OLD" Inactive
	rotate rollback mail --yes
	is_key "$OLD" Active
	let_go
	finished
	is "$NEW" "$OLD"
	cmp "$D/app.env" "$D/kept"
}
quiet_now() { rotate --force; [ "$(state)" = QUIET ]; }
try 'rollback in QUIET: the old key is switched on first' rollback_quiet

rollback_idle() {
	conf
	gives 0
	gives 64 rollback mail --yes
	until_idle
	finished
	gives 64 rollback mail --yes
	says 'nothing to go back'
	gives 64 revoke mail
	says --yes
}
try 'rollback with nothing to go back to; nobody to ask' rollback_idle

only_forward() { # what it says to type must do something
	printf 'SMTP_USER=\nSMTP_PASS=\nDEBUG=0\n' >"$D/empty.env"
	{
		file_client app
		file_client empty
	} | GRACE=1h conf -
	gives 10 --force
	is_state GRACE
	gives 13 rollback mail --yes
	says 'client empty was never known' 'rotate --identity mail'
	! grep -q 'rotate release' "$D/err"
	gives 10 --identity mail
	is_state GRACE
	sleep 1.1 # CreateDate and last use are in whole seconds
	ctl POST /use '{"key":"'"$OLD"'","region":"eu-west-1","service":"ses"}' >/dev/null
	set_span grace 0s
	gives 13 --force
	is_state BLOCKED
	gives 13 rollback mail --yes
	says 'client empty was never known' 'rotate release mail'
	gives 0 release mail
	says 'goes on with the next run'
}
try 'rollback to what was never known: only forward is left' only_forward

revoke() {
	GRACE=1h QUIET=1h conf
	gives 0 revoke mail --yes
	is_key "$OLD" Inactive
	NEW=$(holder)
	is_key "$NEW" Active
	holds app "$NEW"
	let_go
	finished
}
try 'revoke: the old key is Inactive at once' revoke

revoke_now() {
	cp "$D/app.env" "$D/vault.env"
	: >"$D/broken"
	{ file_client app; program vault; } | QUIET=1h conf -
	gives 12 revoke mail --yes
	says vault 'the vault is sealed' 'revoke mail --now'
	is_key "$OLD" Active
	holds app "$(look "[k for k in keys if k != '$OLD']")"
	gives 0 revoke mail --now --yes
	says vault
	is_key "$OLD" Inactive
	is "$(holder vault)" "$OLD"
	gives 0 history
	says 'left behind'
}
try 'revoke --now: although a client cannot be moved' revoke_now

# --- others ---

straggler() {
	in_grace
	sleep 1.1 # CreateDate and last use are in whole seconds
	ctl POST /use '{"key":"'"$OLD"'","region":"eu-west-1","service":"ses"}' >/dev/null
	set_span grace 0s
	gives 13 --force
	says "$OLD" 'service ses' 'region eu-west-1' 'rotate release mail'
	is_state BLOCKED
	is_key "$OLD" Active
	is_key "$NEW" Active
	before=$(look 'c["iam"]["UpdateAccessKey"]')
	gives 13
	gives 13 revoke mail --yes
	says blocked "$OLD" 'rotate release mail; rotate revoke mail'
	is "$(look 'c["iam"]["UpdateAccessKey"]')" "$before"
	gives 0 release mail
	until_idle
	finished
}
try 'a straggler: named, nothing retired, released' straggler

drift() {
	cp "$D/app.env" "$D/kept"
	in_grace
	cp "$D/kept" "$D/app.env"
	gives 13 --force
	says app "holds $OLD"
	is_key "$OLD" Active
	gives 0 release mail
	let_go
	finished
}
try 'configuration management puts the old pair back' drift

optional() {
	cp "$D/app.env" "$D/vault.env"
	: >"$D/broken"
	{ file_client app; program vault 'required: false'; } | conf -
	until_idle
	finished
	is "$(holder vault)" "$OLD"
}
try 'an optional client that fails does not hold the rest up' optional

mended() {
	cp "$D/app.env" "$D/vault.env"
	: >"$D/broken"
	{ file_client app; program vault; } | conf -
	gives 12 --force
	says vault 'the vault is sealed'
	NEW=$(holder)
	is "$(holder vault)" "$OLD"
	is_key "$OLD" Active
	is_key "$NEW" Active
	gives 12 --force
	is "$(holder)" "$NEW"
	rm "$D/broken"
	until_idle
	finished app vault
	is "$(made)" 1
}
try 'a partial push harms nobody and goes on with the same key' mended

manual() {
	{
		file_client app
		echo '  - { name: gmail, type: manual, what: the alias in Gmail, steps: [Open Gmail settings] }'
	} | conf -
	gives 0
	gives 64 confirm gmail
	gives 11 --force
	says 'the alias in Gmail' 'Open Gmail settings' 'rotate confirm gmail'
	NEW=$(holder)
	holds app "$NEW"
	is_key "$OLD" Active
	gives 0 status mail
	says 'Open Gmail settings' "$NEW"
	gives 64 show-once gmail
	gives 64 confirm app
	gives 0 confirm gmail
	until_idle
	finished
	is "$(made)" 1
}
try 'a manual client: asked, confirmed, finished' manual

# What show-once prints, on a terminal of its own.
on_terminal() {
	{
		file_client app
		echo '  - { name: gmail, type: manual, what: the alias in Gmail }'
	} | conf -
	gives 11 --force
	python3 - "$ROTATE" -c "$D/rotate.yaml" show-once gmail >"$D/tty" <<-'END'
		import os, pty, sys
		def say(fd):
		    data = os.read(fd, 4096)
		    return data
		sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], say)))
	END
	grep -q -F "$(password "$(holder)" us-east-1)" "$D/tty"
}
try 'show-once shows the password on a terminal' on_terminal

# --- other ways to SES ---

implicit() {
	PORT=$SMTP_TLS_PORT_us_east_1 TLS=implicit conf
	until_idle
	finished
}
try 'TLS from the start' implicit

other_region() {
	env_file "$D/app.env" "$OLD" eu-west-1
	REGIONS=eu-west-1 PORT=$SMTP_STARTTLS_PORT_eu_west_1 conf
	until_idle
	is_state IDLE
	holds app "$(look 'list(keys)')" eu-west-1
}
try 'another region has another password' other_region

send() {
	MORE='    prove: send
    prove_from: ops@example.com'
	conf
	until_idle
	finished
	[ "$(look 'c["smtp"]["mail"]')" -gt 0 ]
	ctl GET /log | grep -q success@simulator.amazonses.com
}
try 'prove: send' send

send_denied() {
	knobs '{"send_denied":true}'
	MORE='    prove: send
    prove_from: ops@example.com'
	conf
	gives 13 --force
	says ses:SendRawEmail
	is "$(holder)" "$OLD"
	is_key "$OLD" Active
	knobs '{"send_denied":false}'
	gives 0 release mail
	until_idle
	finished
	is "$(made)" 1
}
try 'prove: send, but the user may not send' send_denied

try 'one key, two regions, each client its own password' regions

fleet() {
	ctl POST /users '{"name":"ses-else","keys":1}' >/dev/null
	in_grace
	sed -i 's/^  - name: mail/  - { name: else, iam_user: ses-gone, regions: [us-east-1] }\n&/; s/name: app,/& identity: mail,/' "$D/rotate.yaml"
	set_span grace 0s
	rotate --force
	says else ses-gone
	until_idle
	finished
	gives 0 status --json
}
try 'one identity fails, the other goes on' fleet

done_testing
