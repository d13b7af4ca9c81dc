#!/bin/bash
# live.t: mail goes on. A real relay sends RATE messages a second through the
# sandbox while its credential is rotated ROTATIONS times, the old key being
# deleted at the end of each: nothing deferred, nothing lost. TAP; needs root.
#
#	ROTATIONS=20 RATE=60 tests/live/live.t
PATH=$PATH:/usr/sbin
. "$(dirname "$0")/../e2e/lib.sh"
. tests/live/postfix.sh
ROTATIONS=${ROTATIONS:-20} RATE=${RATE:-60}

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
		sleep 0.1
		rotate
	done
	return 1
}
injected() { # waits for the injector; what it says
	touch "$D/stop"
	wait "$injector"
	cat "$D/injected"
}
through() { # TYPE: the whole proof for one kind of relay
	local i first=$OLD
	IN_PORT=$(free_port)
	relay_start "$1"
	relay_client "$1" | conf -
	tests/live/inject.py "$IN_PORT" "$RATE" "$D/stop" >"$D/injected" &
	injector=$!
	for i in $(seq "$ROTATIONS"); do
		one_rotation
		is "$(look 'len(keys)')" 1
	done
	[ "$(look 'list(keys)')" != "$first" ]
	injected
	until_true relay_empty
	relay_stop
	local n
	n=$(sed 's/injected \([0-9]*\) .*/\1/' "$D/injected")
	is "$(relay_count deferred)" 0
	is "$(relay_count bounced)" 0
	is "$(relay_count sent)" "$n"
	is "$(look 'c["smtp"]["mail"]')" "$n"
	[ "$n" -ge $((ROTATIONS * 60)) ]
	echo "# $1: $ROTATIONS rotations, $(cat "$D/injected"), deferred 0, lost 0" >&3
}
sandbox_start
control() { # a key that goes before its relay was told is seen here
	IN_PORT=$(free_port)
	relay_start hash
	tests/live/inject.py "$IN_PORT" "$RATE" "$D/stop" >"$D/injected" &
	injector=$!
	until_true relay_has sent
	ctl DELETE "/keys/$OLD" >/dev/null
	until_true relay_has deferred
	injected
	relay_stop
}
relay_has() { [ "$(relay_count "$1")" -gt 0 ]; }
exec 3>&1
for type in ${TYPES:-hash lmdb texthash}; do
	try "$ROTATIONS rotations under $RATE messages a second: $type" \
	    through "$type"
done
try 'the proof can fail: a key deleted too early defers mail' control
done_testing
