#!/bin/bash
# confine.t: the process that talks to the network, in a real run: it is
# confined, it holds nothing of ours, and when it is killed in the middle of a
# call that is an outcome nobody knows, not a call that was never made.
. "$(dirname "$0")/lib.sh"
sandbox_start

net_of() { # PID: its network process
	local p
	for p in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		[ "$(cat "/proc/$p/comm")" = rotate-net ] && echo "$p" && return
	done
	return 1
}
is_busy() { [ "$(look 'sum(c.get("faults", {}).values())')" -gt 0 ]; }
began() { # SERVICE ACTION: a rotation in the background, in that call
	kind=slow
	[ "$1" = iam ] || kind=drip
	fault '{"service":"'"$1"'","action":"'"$2"'","kind":"'$kind'","arg":200}'
	GRACE=${GRACE:-0s} LATE=1s conf
	"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
	first=$!
	i=0
	until is_busy; do
		kill -0 $first 2>/dev/null || { # it waited for something before
			wait $first || :
			"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
			first=$!
		}
		i=$((i + 1))
		[ $i -lt 100 ]
		sleep 0.05
	done
	net=$(net_of $first)
}
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$net/status"; }

confined() {
	began iam CreateAccessKey
	is "$(field Seccomp)" 2
	is "$(field NoNewPrivs)" 1
	is "$(field CapEff)" 0000000000000000
	is "$(field CapPrm)" 0000000000000000
	is "$(field PPid)" "$first"
	# Three standard ones and its sockets; no file, no database.
	for fd in "/proc/$net/fd"/*; do
		[ "${fd##*/}" = 2 ] && continue
		case $(readlink "$fd") in
		/dev/null | socket:* | pipe:* | anon_inode:*) ;;
		*) readlink "$fd" && false ;;
		esac
	done
	! tr '\0' '\n' <"/proc/$net/environ" | grep '^AWS_'
	wait $first || is $? 10
	[ ! -e "/proc/$net" ]
}
try 'confined, and nothing of ours in it' confined

switched_off() {
	export ROTATE_CONFINE=no
	fault '{"service":"iam","action":"CreateAccessKey","kind":"slow","arg":200}'
	conf
	"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
	first=$!
	until_true is_busy
	! net_of $first
	wait $first || is $? 10
	until_idle
	finished
}
try 'switched off: there is one process' switched_off

# The engine sees what it would see if the reply were lost.
killed() { # SERVICE ACTION MADE WORDS...
	began "$1" "$2"
	kill -KILL "$net"
	wait $first || code=$?
	[ "${code:-0}" -ne 70 ] # no fault of the program
	grep -F 'killed by SIGKILL' "$D/first"
	[ "$(look '"Active" in keys.values()')" = True ]
	gives 0 verify
	until_idle 100
	finished
	is "$(made)" "$3"
}
try 'killed while a key is made' killed iam CreateAccessKey 2
try 'killed while it is proved' killed smtp auth 1
try 'killed while the old key is switched off' killed iam UpdateAccessKey 1
try 'killed while the old key is deleted' killed iam DeleteAccessKey 1

done_testing
