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
# shellcheck source=tests/e2e/hosts/cloud.sh
. "$(dirname "$0")/hosts/cloud.sh"
NUMBER+=([A]=1 [B]=2 [C]=3)
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
	look 'sorted("%s %s" % (k["id"], k["status"]) for u in s["users"] for k in u["keys"])'
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
	wait_on "$1" 280
	busy "$1"
	wait_on "$1" 30
}

# --- where a host is caught ---

# put STATE     its record's way into that state has not been stored yet
# kept STATE    it was, and the answer is not there yet
# fence STATE   in that state the answer to a look at the lease is not there
# begin         the answer to taking the lease is not there
# call ACTION   IAM does nothing, and says nothing
# done ACTION   IAM has done it, and says nothing
# push          a client is being written
catch() { # WHERE WHAT
	case $1 in
	put) ask fault '{"at":"TransactWriteItems","record":"'"$2"'","how":"hold","times":1}' ;;
	kept) ask fault '{"at":"TransactWriteItems","record":"'"$2"'","how":"keep","times":1}' ;;
	fence) ask fault '{"at":"TransactWriteItems","bare":true,"behind":"'"$2"'","how":"keep","times":1}' ;;
	begin) ask fault '{"at":"TransactWriteItems","bare":true,"how":"keep","times":1}' ;;
	call) fault '{"service":"iam","action":"'"$2"'","kind":"hang"}' ;;
	done) fault '{"service":"iam","action":"'"$2"'","kind":"hang","effect":true}' ;;
	push) : >"$D/stop" ;;
	esac >/dev/null
}
caught() { # WHERE NAME
	case $1 in
	call | done) is "$(met hang)" 1 ;;
	push) [ -e "$D/stopped" ] ;;
	*) is "$(ask held '{}' | jq .held)" 1 ;;
	esac
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
		cut A store $how
		! reaches A "${at[store]}"
		reaches A "${at[aws]}"
		reaches B "${at[store]}"
		mend A
	done
	for l in aws store mail; do
		reaches A "${at[$l]}"
	done
}

# All at once, again and again, until three identities have new keys.
at_once() { # NAME...
	local host i
	IDENTITIES='mail shop news'
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
	is "$(made)" 3
	is "$(grep -c 'INTENT -> CREATED' "$D/A.out")" 3
	is "$(grep -c 'DONE -> IDLE' "$D/A.out")" 3
}

# The first one is cut off there, the second one ends it; then the link is back.
cut_off() { # WHERE WHAT LINK HOW
	cloud
	catch "$1" "$2"
	start A
	until_caught "$1" A
	cut A "$3" "$4"
	hurry A
	case $3 in
	all | store) take_over B ;;
	*) let_go && ended A ;;
	esac
	finish_on B
	before=$(keys_now) events=$(item root root .seq.N)
	mend A
	let_go
	[ "$3" != all ] && [ "$3" != store ] || ended A
	[ "$code" != 0 ]
	is "$(keys_now)" "$before"
	is "$(item root root .seq.N)" "$events"
	PACE[A]=0 && tell A
	on A
	is "$code" 0
	over
}

try 'hosts are hosts, and links can be cut' apart
try 'two at once: three identities' at_once A B
try 'three at once: three identities' at_once A B C
while read -r at; do
	# shellcheck disable=SC2086
	try "cut off: $at" cut_off $at
done <<'END'
put INTENT all own
done CreateAccessKey all far
put CREATED all half
END
done_testing
exit $((n_failed > 0))
