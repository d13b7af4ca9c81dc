#!/bin/bash
# slow.t: peers that keep us waiting. The limits are the program's own (ten
# seconds an HTTPS request, thirty a probe), so these tests take that long; they
# run at the same time, each with a sandbox of its own. TAP.
if [ "${1:-}" != one ]; then
	cd "$(dirname "$0")" || exit 1
	out=$(mktemp -d "${TMPDIR:-/tmp}/e2e-slow.XXXXXX") || exit 1
	trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$out"' EXIT
	trap 'exit 1' INT TERM HUP
	n=0
	for t in list_drips list_hangs key_drips smtp_hangs smtp_drips; do
		./slow.t one $t >"$out/$t" &
	done
	wait
	for t in list_drips list_hangs key_drips smtp_hangs smtp_drips; do
		n=$((n + 1))
		grep -v '^1\.\.' "$out/$t" | sed "s/ok 1 /ok $n /" |
			grep . || echo "not ok $n - $t did not run"
	done
	echo "1..$n"
	exit
fi
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 7

within() { # SECONDS COMMAND...
	local most=$1 began=$SECONDS
	shift
	"$@"
	[ $((SECONDS - began)) -le "$most" ]
}

list_drips() {
	fault '{"service":"iam","action":"ListAccessKeys","kind":"slow","arg":500}'
	conf
	within 60 until_idle
	finished
	[ "$(met slow)" = 1 ]
}
list_hangs() {
	conf
	keep
	fault '{"service":"iam","action":"ListAccessKeys","kind":"hang","times":-1}'
	within 75 rotate --force
	is "$code" 69
	says "${AWS_ENDPOINT_URL#*//}" ListAccessKeys 'fix='
	ctl DELETE /faults >/dev/null
	calm
}
key_drips() {
	fault '{"service":"iam","action":"CreateAccessKey","kind":"slow","arg":500}'
	LATE=200ms conf
	within 30 gives 10 --force
	is "$(look "keys['$OLD']")" Active
	is "$(holder)" "$OLD"
	until_idle 100
	finished
	is "$(made)" 2
}
smtp_hangs() {
	SETTLE=1s conf
	cp "$D/app.env" "$D/kept"
	fault '{"service":"smtp","action":"auth","kind":"hang"}'
	within 45 gives 69 --force
	says "localhost:$PORT" 'no answer in time' 'fix='
	cmp "$D/app.env" "$D/kept"
	until_idle
	finished
	is "$(made)" 1
}
smtp_drips() {
	fault '{"service":"smtp","action":"banner","kind":"drip","arg":20}'
	conf
	within 60 until_idle
	finished
	is "$(made)" 1
}

case ${2:-} in
list_drips) try 'a list, byte by byte' list_drips ;;
list_hangs) try 'IAM takes the request and says nothing' list_hangs ;;
key_drips) try 'a new key, byte by byte: lost and found' key_drips ;;
smtp_hangs) try 'a mail server that says nothing' smtp_hangs ;;
smtp_drips) try 'a mail server, byte by byte' smtp_drips ;;
esac
done_testing
