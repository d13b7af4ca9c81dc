# lib.sh: mail goes on. A real mail program sends RATE messages a second
# through the sandbox while its credential is rotated ROTATIONS times, the old
# key being deleted at the end of each: nothing is deferred, nothing is lost,
# nothing comes twice. Source it from a file that has a kind of mail program:
#
#	relay_start TYPE    makes and starts it, in $D, with the key $OLD
#	relay_client TYPE   prints its client for rotate.yaml
#	relay_inject        the words of inject.py behind RATE and STOPFILE
#	relay_count WORD    how many were sent, deferred or bounced until now
#	relay_empty         true when no mail waits
#	relay_stop
#
# RATE is one that the program can keep up with while others use the machine.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
ROTATIONS=${ROTATIONS:-20}
exec 3>&1

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
one_rotation() { # from one key to the next, the old one deleted
	local i
	rotate --force
	for i in $(seq 100); do
		[ "$(state)" != IDLE ] || return 0
		sleep 0.4 # most of it is the wait for pickup
		rotate
	done
	return 1
}
inject() { # starts
	tests/live/inject.py "$RATE" "$D/stop" $(relay_inject) \
	    >"$D/injected" 2>"$D/refusals" &
	injector=$!
}
injected() { # it stops, and says how many
	touch "$D/stop"
	wait "$injector"
	cat "$D/injected" "$D/refusals"
}
arrivals() { # adds to $D/arrived the recipients of what came since the last call
	ctl GET "/log?after=$(cat "$D/seq" 2>/dev/null || echo 0)" | python3 -c '
import json, sys
log = json.load(sys.stdin)
log = log["events"] if isinstance(log, dict) else log
for e in log:
    if e["event"] == "mail":
        print(*(e["to"] if isinstance(e["to"], list) else [e["to"]]))
if log:
    open(sys.argv[1], "w").write(str(log[-1]["seq"]))' \
	    "$D/seq" >>"$D/arrived"
}
each_once() { # N: r0 to rN-1 have arrived, and nothing else
	arrivals
	python3 -c '
import sys
print(*("r%d@example.org" % n for n in range(int(sys.argv[1]))), sep="\n")' \
	    "$1" | sort >"$D/wanted"
	sort "$D/arrived" | diff "$D/wanted" - >"$D/diff" ||
		{ head -20 "$D/diff" && return 1; }
}
begin() { # TYPE: a relay that does not outlive the test
	trap 'rc=$?; set +eE; relay_stop; leave $rc' EXIT
	relay_start "$1"
}
through() { # TYPE: the whole proof for one kind of relay
	local i n first=$OLD
	begin "$1"
	relay_client "$1" | conf -
	inject
	for i in $(seq "$ROTATIONS"); do
		one_rotation
		is "$(look 'len(keys)')" 1
		arrivals
	done
	[ "$(look 'list(keys)')" != "$first" ]
	injected
	TRIES=2400 until_true relay_empty # however slow the machine
	n=$(sed 's/injected \([0-9]*\) .*/\1/' "$D/injected")
	grep ' refused 0 ' "$D/injected"
	is "$(relay_count deferred)" 0
	is "$(relay_count bounced)" 0
	is "$(relay_count sent)" "$n"
	is "$(look 'c["smtp"]["mail"]')" "$n"
	each_once "$n"
	[ "$n" -ge $((ROTATIONS * RATE)) ] # so there was mail in each
	echo "# $1: $ROTATIONS rotations, $(cat "$D/injected"), deferred 0, lost 0" >&3
}
control() { # TYPE: a key that goes before its relay was told is seen here
	begin "$1"
	inject
	until_true relay_has sent
	ctl DELETE "/keys/$OLD" >/dev/null
	until_true relay_has deferred
	injected
}
relay_has() { [ "$(relay_count "$1")" -gt 0 ]; }
prove_relays() { # TYPE...: all of them, or those in TYPES
	local type
	sandbox_start
	for type in ${TYPES:-"$@"}; do
		try "$ROTATIONS rotations under $RATE messages a second: $type" \
		    through "$type"
	done
	try 'the proof can fail: a key deleted too early is seen' control "$1"
	done_testing
}
