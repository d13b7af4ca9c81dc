#!/bin/bash
# hosts.t: two and three hosts, each in namespaces of its own, rotate with one
# state in DynamoDB, while links are cut, processes stand still, clocks are
# apart and hosts die: one writer, and never a key lost. hosts/cloud.sh says
# how the cloud is made. TAP.
#
# What comes by time is brought by moving clocks, never by sleeping; a host is
# caught in a state by holding its write, its call or its client there.
# HOSTS_FULL=1: every boundary times every cut (minutes).
if [ "${1:-}" != inside ]; then
	user=$([ "$(id -u)" = 0 ] || echo --map-root-user)
	# shellcheck disable=SC2086
	why=$(unshare $user --net --mount --pid --uts --time --fork true 2>&1) || {
		echo 'not ok 1 - namespaces can be made'
		echo "# $why"
		echo '# as root, or where unprivileged user namespaces are allowed'
		echo 1..1
		exit 1
	}
	# shellcheck disable=SC2086
	exec unshare $user --net --mount --pid --fork --kill-child=KILL \
	    --mount-proc "$0" inside
fi
# The program as it is shipped: hundreds of runs, and their memory is looked at
# by dynamodb.t. HOSTS_ROTATE: another one.
export ROTATE=${HOSTS_ROTATE:-build/rotate} SANDBOX=build/ses-sandbox
# shellcheck source=tests/e2e/hosts/cloud.sh
. "$(dirname "$0")/hosts/cloud.sh"
NUMBER+=([A]=1 [B]=2 [C]=3 [D]=4)
host_up A 864000 # ten days longer than the others
host_up B
host_up C 3600

# --- the world of one test ---

n=0
fresh() {
	local host
	D=$(mktemp -d "$W/XXXXXX")
	ctl POST /reset >/dev/null
	ctl DELETE /faults >/dev/null
	WORLD=0
	for host in A B C; do
		SKEW[$host]=0 BOOT[$host]=0 PACE[$host]=0
		rm -rf "$W/$host/state"
	done
	later 0
	knobs '{"last_used_granularity_s":0}'
	ask clear '{}' >/dev/null
	ask release '{}' >/dev/null
	n=$((n + 1))
	TABLE=t-$n LATE=20m GRACE=0s IDENTITIES=mail
	writes_before=$(ask log '{}' | jq '.writes | length')
}
# One identity and user a name, with a file and a program as clients.
identity() { # NAME
	cat <<-END
		  - name: $1
		    iam_user: ses-$1
		    regions: [us-east-1]
	END
}
clients() { # NAME
	cat <<-END
		  - { name: $1-app, type: file, identity: $1, path: $D/$1.env, format: dotenv, username: SMTP_USER, password: SMTP_PASS, pickup: 0s }
		  - { name: $1-relay, type: exec, identity: $1, command: [$D/relay.sh, $1], pickup: 0s }
	END
}
relay() { # a client in a language of its own, which notes who wrote it
	cat >"$D/relay.sh" <<-END
		#!/bin/sh
		read -r request
		case \$request in
		*'"action":"read"'*)
			sed -n "s/^SMTP_USER=\(.*\)/{\"ok\":true,\"username\":\"\1\",/p
			    s/^SMTP_PASS=\(.*\)/\"password\":\"\1\"}/p" "$D/relay-\$1.env" | tr -d '\n' ;;
		*'"action":"write"'*)
			! mv "$D/stop" "$D/stopped" 2>/dev/null || read -r go <"$D/go"
			echo "\$request" | sed 's/.*"username":"\([^"]*\)".*"password":"\([^"]*\)".*/SMTP_USER=\1\nSMTP_PASS=\2\nDEBUG=0/' >"$D/relay-\$1.new"
			mv "$D/relay-\$1.new" "$D/relay-\$1.env"
			echo "\$(date +%s%3N) \$(hostname)" >>"$D/pushes"
			echo '{"ok":true}' ;;
		*) echo '{"ok":true,"change":"put it into the relay"}' ;;
		esac
	END
	chmod 700 "$D/relay.sh"
	mkfifo "$D/go"
	: >"$D/pushes"
}
cloud() { # the configuration, the users, the table
	local i key
	relay
	for i in $IDENTITIES; do
		key=$(ctl POST /users '{"name":"ses-'"$i"'","keys":1}' |
		    grep -o 'AKIA[A-Z0-9]*' | head -1)
		env_file "$D/$i.env" "$key" us-east-1
		cp -p "$D/$i.env" "$D/relay-$i.env"
		cp -p "$D/$i.env" "$D/first-$i.env"
	done
	OLD=$key
	{
		cat <<-END
			account: "$SANDBOX_ACCOUNT"
			state: $W/own/state
			store: { kind: dynamodb, table: $TABLE, region: us-east-1 }
			seal: { kind: file, path: $D/seal.key }
			jobs: 2
			defaults:
			  max_age: 90d
			  grace: $GRACE
			  quiet: 0s
			  slack: 0s
			  late_window: $LATE
			  smtp: { ca_file: $SANDBOX_CA }
			  settle: { successes: 2, interval: 0s, timeout: 20s }
			identities:
		END
		for i in $IDENTITIES; do identity "$i"; done
		echo clients:
		for i in $IDENTITIES; do clients "$i"; done
	} >"$D/rotate.yaml"
	AWS_ACCESS_KEY_ID=AKIAADMINADMINADMIN1 AWS_SECRET_ACCESS_KEY=admin/secret \
	    gives 0 store init
	later $((91 * 24 * 60)) # now they are due
}

# --- what is seen from outside ---

one_writer() { # [LATE]: effects that were on their way when a lease was lost
	"$PYTHON" -I "$HERE/judge.py" writes "$D" "$SANDBOX_CONTROL" \
	    "https://localhost:$DOOR_PORT" "$writes_before" "${1:-0}"
}
mail_flows() { # [KEYS]: each client holds a good pair; so many keys are left
	# shellcheck disable=SC2086
	"$PYTHON" -I "$HERE/judge.py" clients "$D" "$SANDBOX_CONTROL" "${1:--1}" \
	    $IDENTITIES
}
keys_now() { # of everybody: "ID Status"
	look 'sorted("%s %s" % (k["id"], k["status"]) for u in s["users"] for k in u["keys"]
	    if u["name"] != "operator")'
}
rotated() { # every identity is at its end, with another key than at first
	local i
	for i in $IDENTITIES; do
		[ "$(holder "$i")" != "$(holder "first-$i")" ] || return 1
		is "$(state "$i")" IDLE || return 1
	done
}
over() { # [LATE]: done, whole, and all hosts see the same chain
	local host
	rotated
	mail_flows 1
	one_writer "${1:-0}"
	for host in A B C; do
		[ -z "${INIT[$host]:-}" ] || {
			on "$host" history
			is "$code" 0
			sort "$D/$host.out" >"$D/history.$host"
			cmp "$D/history.$host" "$D/history.${first:=$host}"
		}
	done
}
# Run after run there, time going by for everybody, until nothing is left to do.
finish_on() { # NAME [MINUTES]
	local i
	for i in $(seq 12); do
		on "$1"
		mail_flows
		! rotated >/dev/null || return 0
		later "${2:-25}"
	done
	return 1
}
# It leaves the lease alone for five minutes by its own clock, and then not.
take_over() { # NAME
	busy "$1"
	wait_on "$1" 200
	busy "$1"
	wait_on "$1" 110
}

# --- where a host is caught ---

# put STATE     its record's way into that state has not been stored yet
# kept STATE    it was, and the answer is not there yet
# again STATE   the same at the second write in that state: what is done next
#               is announced by it, and is not done yet
# look STATE    in that state a look at the lease has not been stored yet
# fence STATE   it was, and the answer is not there yet
# begin         the answer to taking the lease is not there
# call ACTION   IAM does nothing, and says nothing
# done ACTION   IAM has done it, and says nothing
# push          a client is being written
catch() { # WHERE WHAT
	case $1 in
	put) ask fault '{"at":"TransactWriteItems","record":"'"$2"'","how":"hold","times":1}' ;;
	kept) ask fault '{"at":"TransactWriteItems","record":"'"$2"'","how":"keep","times":1}' ;;
	again) ask fault '{"at":"TransactWriteItems","record":"'"$2"'","how":"keep","times":1,"after":1}' ;;
	look) ask fault '{"at":"TransactWriteItems","bare":true,"behind":"'"$2"'","how":"hold","times":1}' ;;
	fence) ask fault '{"at":"TransactWriteItems","bare":true,"behind":"'"$2"'","how":"keep","times":1}' ;;
	begin) ask fault '{"at":"TransactWriteItems","bare":true,"how":"keep","times":1}' ;;
	call) fault '{"service":"iam","action":"'"$2"'","kind":"hang"}' ;;
	done) fault '{"service":"iam","action":"'"$2"'","kind":"hang","effect":true}' ;;
	push) : >"$D/stop" ;;
	esac >/dev/null
}
caught() { # WHERE NAME
	case $1 in
	call | done) ctl GET /state | grep -q '"hang":[[:space:]]*1' ;;
	push) [ -e "$D/stopped" ] ;;
	*) ask held '{"s":1}' | grep -q 1 ;;
	esac
}
catch_on() { # NAME WHERE WHAT: started, and caught there
	case $3 in
	DEL | DONE | IDLE | DeleteAccessKey) # the old key is off by then
		on "$1"
		is "$code" 10
		later 25
		;;
	esac
	catch "$2" "$3"
	start "$1"
	until_caught "$2" "$1"
}
until_caught() { # WHERE NAME
	local i
	for i in $(seq 2400); do
		! caught "$1" >/dev/null 2>&1 || return 0
		kill -0 "${JOB[$2]}" || { told "$2"; return 1; }
		sleep 0.02
	done
	return 1
}
let_go() {
	ask release '{}' >/dev/null
	[ ! -e "$D/stopped" ] || echo >"$D/go"
}
# What was under way there when another took over comes, and changes nothing.
remember() { before=$(keys_now) events=$(item root root .seq.N); }
unchanged() {
	is "$(keys_now)" "$before"
	is "$(item root root .seq.N)" "$events"
	mail_flows 1
}
gave_up() { # WHAT: nothing was left to do but to give the lease back, or so
	[ "$code" != 0 ] || [ "$1" = IDLE ]
}
too_late() { # ACTION: of the first host, by the date of its signature
	ctl GET '/log?all=1' | jq -e --arg a "$1" '[.[] | select(.action == $a and
	    .status == 403 and (.peer | startswith("10.1.")))] | length > 0'
}
refused() { # the write that was held was made, and was no good
	[ "$(ask log '{"after":'"$writes_before"'}' |
	    jq '[.writes[] | select(.status == 400)] | length')" -gt 0 ]
}

# --- tests ---

reaches() { # NAME LINK
	inside "$1" timeout 0.5 bash -c ': </dev/tcp/'"$2" 2>/dev/null
}
apart() {
	local how l
	cloud
	is "$(inside A hostname)" A
	is "$(inside B hostname)" B
	[ "$(inside A cat /proc/sys/kernel/random/boot_id)" != \
	    "$(inside B cat /proc/sys/kernel/random/boot_id)" ]
	[ "$(inside A cut -d. -f1 /proc/uptime)" -gt \
	    $(($(inside B cut -d. -f1 /proc/uptime) + 800000)) ]
	declare -A at=([aws]=10.9.1.1/585 [store]=10.9.2.1/$DOOR_PORT [mail]=10.9.3.1/587)
	for how in own far half; do
		cut_link A store $how
		! reaches A "${at[store]}"
		reaches A "${at[aws]}"
		reaches B "${at[store]}"
		mend A
	done
	for l in aws store mail; do
		reaches A "${at[$l]}"
	done
}

# All at once, again and again, until every identity has a new key.
at_once() { # IDENTITIES NAME...
	local host i all
	IDENTITIES=$1
	all=$(wc -w <<<"$1")
	shift
	cloud
	for i in $(seq 10); do
		for host; do start "$host"; done
		for host; do
			ended "$host"
			case $code in 0 | 10 | 75) ;; *) return 1 ;; esac
		done
		mail_flows
		! rotated || break
		later 25
	done
	over
	is "$(made)" "$all"
	is "$(grep -c 'INTENT -> CREATED' "$D/A.out")" "$all"
	is "$(grep -c 'DONE -> IDLE' "$D/A.out")" "$all"
}

# The first one is cut off there, the second one ends it; then the link is back.
cut_off() { # WHERE WHAT LINK HOW
	local alone=
	[ "$3" != all ] && [ "$3" != store ] || alone=1
	cloud
	catch_on A "$1" "$2"
	cut_link A "$3" "$4"
	hurry A
	# Who still reaches the store gives the lease back himself.
	[ -n "$alone" ] || { let_go && ended A && { [ "$code" != 0 ] || rotated; }; }
	[ -z "$alone" ] || take_over B
	finish_on B
	remember
	mend A
	[ -z "$alone" ] || { let_go && ended A && gave_up "$2"; }
	[ -z "$alone" ] || case $1 in put | look) until_true refused ;; esac
	unchanged
	PACE[A]=0 && tell A
	on A
	is "$code" 0
	over "$([ "$1" = push ] && echo 1)"
}
# It stands still there, the second one ends it; then it goes on.
frozen() { # WHERE WHAT [main]
	cloud
	catch_on A "$1" "$2"
	freeze A "${3:-}"
	[ "$1" = push ] || let_go
	take_over B
	finish_on B
	remember
	thaw A
	[ "$1" != push ] || let_go
	ended A
	gave_up "$2"
	[ "$1" != push ] || says_on A 'by a rotator that had stood still'
	unchanged
	on A
	is "$code" 0
	over "$([ "$1" = push ] && echo 1)"
}
# The same, but the second one goes back to the former key, which the first one
# was about to switch off or to delete.
frozen_back() { # WHERE WHAT ACTION
	cloud
	catch_on A "$1" "$2"
	freeze A main
	let_go
	take_over B
	on B rollback mail --yes
	is "$code" 10
	until_back
	remember
	is "$before" "$OLD Active"
	thaw A
	ended A
	[ "$code" != 0 ]
	too_late "$3"
	unchanged
	one_writer
}
until_back() {
	local i
	for i in $(seq 12); do
		mail_flows
		! is "$(holder mail) $(state)" "$OLD IDLE" || return 0
		later 25
		on B
	done
	return 1
}
# The same, but somebody needs the key that the first one was about to delete.
frozen_needed() {
	cloud
	catch_on A again DEL
	freeze A main
	let_go
	ctl POST "/keys/$OLD" '{"status":"Active"}' >/dev/null
	take_over B
	on B
	is "$code" 10
	says_on B "$OLD was switched on again" 'a late call may still take it away'
	later 25
	on B
	is "$code" 13
	remember
	keys_now | grep -x "$OLD Active"
	thaw A
	ended A
	[ "$code" != 0 ]
	too_late DeleteAccessKey
	is "$(keys_now)" "$before"
	is "$(item root root .seq.N)" "$events"
	mail_flows
	one_writer
}
# It sleeps right before it asks for a key, another takes over; it wakes while
# AWS still takes its request. That key is found, and another one is made.
woken_early() {
	cloud
	catch_on A fence INTENT
	freeze A main
	let_go
	take_over B
	on B
	is "$code" 10
	says_on B 'may still land'
	is "$(made)" 0
	thaw A
	ended A
	[ "$code" != 0 ]
	is "$(made)" 1
	finish_on B
	is "$(made)" 2
	over 1
}
# Slow, and alive: whoever gives a sign now and then keeps the lease.
slow() {
	cloud
	catch_on A kept INTENT
	busy B
	wait_on B 200
	busy B
	catch kept PROVED
	let_go
	until_caught kept A
	wait_on B 200
	busy B
	wait_on B 200
	busy B
	let_go
	ended A
	is "$code" 10
	finish_on B
	is "$(made)" 1
	over
}
# A lease is as old as its watcher has seen it silent, whatever its owner's
# clock or the watcher's own on the wall says.
own_clock() {
	cloud
	wall_of A 86400
	catch begin
	start A
	until_caught begin A
	busy B
	local s
	for s in 172800 86400 3600 -3600 -86400 -90; do
		wall_of B $s
		busy B
	done
	wait_on A 86400
	wall_of A -86400
	busy B
	wait_on B 310
	on B
	is "$code" 10
	let_go
	ended A
	[ "$code" != 0 ]
	finish_on B
	is "$(made)" 1
	wall_of A 0
	over
}
# Whose clock is wrong does nothing and is in nobody's way; within two minutes
# hosts work together.
wrong_clocks() {
	local s
	cloud
	for s in 3600 -3600 86400 -86400; do
		wall_of A $s
		on A --force
		[ "$code" != 0 ]
		says_on A "this machine's clock is"
	done
	is "$(made)" 0
	wall_of A 100
	wall_of B -100
	finish_in_turns A B C
	is "$(made)" 1
	over
}
finish_in_turns() { # NAME...
	local i
	for i in $(seq 12); do
		on "$1"
		mail_flows
		! rotated >/dev/null || return 0
		set -- "${@:2}" "$1"
		later 10
	done
	return 1
}
# A host dies, comes back with another boot, and one that nobody knew joins.
dies() { # WHERE WHAT
	local i
	cloud
	host_up D 5
	catch_on D "$1" "$2"
	die D
	let_go
	wait "${JOB[D]}" || true
	host_up D 7
	busy D
	take_over B
	busy D
	finish_on B
	on D
	is "$code" 0
	later $((91 * 24 * 60))
	for i in $IDENTITIES; do
		cp "$D/$i.env" "$D/first-$i.env"
	done
	finish_on C
	over
}

try 'hosts are hosts, and links can be cut' apart
try 'two at once: two identities' at_once 'mail shop' A B
try 'three at once: three identities' at_once 'mail shop news' A B C
try 'clocks that are wrong, and clocks that are nearly right' wrong_clocks
try 'a lease is judged by nobody else'"'"'s clock' own_clock
try 'slow, and alive' slow
try 'a host dies in a push, comes back, and another joins' dies kept PUSHING
try 'frozen before the old key goes off; the other goes back' \
    frozen_back again DEACT UpdateAccessKey
try 'frozen before the old key is deleted; somebody needs it' \
    frozen_needed
try 'frozen before it asks for a key, woken in between' woken_early
if [ -n "${HOSTS_FULL:-}" ]; then
	states='INTENT CREATED PROVED PUSHING GRACE DEACT QUIET DEL DONE IDLE'
	caught_at=$(for s in $states; do
		echo "put $s"
		echo "kept $s"
	done
	printf '%s\n' 'again DEACT' 'again DEL' 'look INTENT' 'fence INTENT' \
	    'look PUSHING' 'fence PUSHING' 'push .' 'begin .')
	calls=$(for c in CreateAccessKey UpdateAccessKey DeleteAccessKey; do
		echo "call $c"
		echo "done $c"
	done)
	cuts=$(for l in all store aws mail; do
		for h in own far half; do
			echo "$l $h"
		done
	done)
	cells=$(while read -r at; do
		while read -r c; do
			echo "$at $c"
		done <<<"$cuts"
	done <<<"$caught_at
$calls")
	frozen_at=$(while read -r at; do
		printf '%s\n' "$at" "$at main"
	done <<<"$caught_at")
else
	cells='done CreateAccessKey all far
kept INTENT aws half
kept CREATED mail own
look PUSHING store own
again DEACT aws own
done DeleteAccessKey all half'
	frozen_at='fence INTENT main
put CREATED
push . main'
fi
while read -r at; do
	# shellcheck disable=SC2086
	try "cut off: $at" cut_off $at
done <<<"$cells"
while read -r at; do
	# shellcheck disable=SC2086
	try "frozen: $at" frozen $at
done <<<"$frozen_at"
done_testing
exit $((n_failed > 0))
