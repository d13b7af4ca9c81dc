#!/bin/bash
# dynamodb.t: the real program with its state in a DynamoDB table, alone and
# as one of two rotators. IAM and SMTP are the sandbox; DynamoDB is moto behind
# a door that checks signatures, deploy/dynamodb-policy.json and limits, and
# loses, holds or cuts off requests when told to.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
sandbox_start --region us-east-1 --seed 17

export STRICT_KEY_ID=$AWS_ACCESS_KEY_ID STRICT_SECRET=$AWS_SECRET_ACCESS_KEY
"$PYTHON" tests/standin/dynamo.py moto >"$W/door.ready" 2>"$W/door.err" &
door_pid=$!
stop() {
	kill -CONT $door_pid
	kill $door_pid
	finish
} >/dev/null 2>&1
trap stop EXIT
for i in $(seq 400); do
	grep -q '^ready' "$W/door.ready" && break
	sleep 0.05
done
DOOR=http://127.0.0.1:$(sed -n 's/^ready //p' "$W/door.ready")
export AWS_ENDPOINT_URL_DYNAMODB=$DOOR

ask() { # CALL JSON: of the door
	curl -sS --fail-with-body -d "$2" "$DOOR/strict/$1"
}
json() { jq -cn "$@"; }
item() { # KIND NAME FILTER: of the table as it is
	ask do "$(json --arg t "$TABLE" --arg k "$1" --arg s "$2" '{action: "GetItem",
	    body: {TableName: $t, ConsistentRead: true, Key: {k: {S: $k}, s: {S: $s}}}}')" |
	    jq -r ".body.Item | $3"
}
state() { item record mail '.state.S // empty'; } # for lib.sh
admin() { # COMMAND...: with a key that may make tables
	AWS_ACCESS_KEY_ID=AKIAADMINADMINADMIN1 AWS_SECRET_ACCESS_KEY=admin/secret "$@"
}
n=0
table() { # a new table for this test, made by init
	ask clear '{}' >/dev/null
	n=$((n + 1))
	TABLE=t-$n-$BASHPID
	SEAL="seal: { kind: file, path: $D/seal.key }"
	in_table
	admin gives 0 store init
}
in_table() {
	MORE="store: { kind: dynamodb, table: $TABLE, region: us-east-1 }
$SEAL"
	conf
}
# A second host: a state directory of its own, the same clients and key.
other_host() {
	sed "s,^state: .*,state: $D/other," "$D/rotate.yaml" >"$D/other.yaml"
}
other() { # ARG...: as rotate, there
	local was=$D/rotate.yaml
	mv "$was" "$D/first.yaml"
	cp "$D/other.yaml" "$was"
	rotate "$@" || { mv "$D/first.yaml" "$was" && return 1; }
	mv "$D/first.yaml" "$was"
}
# What was seen of another's lease, as if it were six minutes ago.
six_minutes_later() { # DIRECTORY
	perl -pi -e 's/ at (-?\d+)$/" at " . ($1 - 360000)/e' "$1/lease-seen"
}
wait_held() { # within a minute
	local i
	for i in $(seq 1200); do
		! held 1 || return 0
		sleep 0.05
	done
	return 1
}
held() { [ "$(ask held '{}' | jq .held)" = "$1" ]; }
chain_holds() { gives 0 history; }

# --- alone ---

whole() {
	table
	says "Table $TABLE in us-east-1 was made" 'Every host'
	gives 0 check
	says "DynamoDB table $TABLE" 'made on the first run'
	gives 0 --dry-run
	is "$(made)" 0
	gives 0 --force
	until_idle
	finished
	gives 0 --dry-run
	gives 0 verify
	gives 0 status
	says mail IDLE
	chain_holds
	says 'INTENT -> CREATED'
	[ ! -e "$D/state/rotate.db" ]
	# nothing due: nothing is asked but the store
	before=$(traffic)
	gives 0
	is "$(traffic)" "$before"
	gives 0 hold mail --reason 'moving "the" relay'
	gives 0 status
	says 'moving "the" relay'
	gives 0 release mail
	admin gives 0 store init # again: nothing happens
	says 'is there and ready'
	is "$(state)" IDLE
}
documented() {
	table
	gives 0 store policy
	sed "s/REGION/us-east-1/; s/ACCOUNT/$SANDBOX_ACCOUNT/; s/TABLE/$TABLE/" \
	    deploy/dynamodb-policy.json | diff - "$D/out"
}
missing() {
	table
	TABLE=other-$n
	in_table
	rotate --force
	[ "$code" != 0 ]
	says 'there is no such table' 'rotate store init'
	is "$(made)" 0
	gives "$code" status
}
shape() {
	table
	TABLE=wrong-$n-$BASHPID
	ask do "$(json --arg t "$TABLE" '{action: "CreateTable", body: {TableName: $t,
	    BillingMode: "PAY_PER_REQUEST",
	    AttributeDefinitions: [{AttributeName: "id", AttributeType: "S"}],
	    KeySchema: [{AttributeName: "id", KeyType: "HASH"}]}}')" >/dev/null
	in_table
	rotate --force
	[ "$code" != 0 ]
	says 'is no table of ours' 'rotate store init'
	admin rotate store init
	[ "$code" != 0 ]
	says 'is no table of ours' 'store.table'
	is "$(made)" 0
}
forbidden() {
	table
	ask policy '{"deny": ["PutItem"]}'
	rotate --force
	[ "$code" != 0 ]
	says 'dynamodb:PutItem' 'rotate store policy' "$TABLE"
	is "$(made)" 0
	ask policy '{"deny": ["Query"]}'
	rotate --force
	says 'dynamodb:Query'
	ask policy '{"deny": []}'
	until_idle
	finished
}
throttled() {
	table
	ask fault '{"at": "*", "how": "error", "code": "ProvisionedThroughputExceededException"}'
	rotate --force
	[ "$code" != 0 ]
	says 'ProvisionedThroughputExceeded'
	is "$(made)" 0
	ask clear '{}'
	until_idle
	finished
}
# Which transaction keeps the key that CreateAccessKey just made: each is held
# until that is seen. Sets AT, as so many before it.
find_commit() {
	local pid before
	before=$(ask seen '{}' | jq '.TransactWriteItems // 0')
	ask fault '{"at": "TransactWriteItems", "how": "hold"}'
	"$ROTATE" -c "$D/rotate.yaml" --log plain --force >"$D/found" 2>&1 &
	pid=$!
	for AT in $(seq 0 40); do
		until_true seen_is $((before + AT + 1))
		until_true held 1
		is_kept_next && break
		ask release '{}'
	done
	is_kept_next
	ask clear '{}'
	ask release '{}'
	wait $pid || true
	until_idle
}
seen_is() { [ "$(ask seen '{}' | jq .TransactWriteItems)" = "$1" ]; }
is_kept_next() { [ "$(made)" = 1 ] && is_state INTENT; }
# Throttled just there, for longer than the SDKs would try: one key, and it is
# the one that all hold in the end.
throttled_at_key() {
	local orphans
	table
	find_commit
	fresh && table
	ask fault '{"at": "TransactWriteItems", "how": "error", "after": '$AT', "times": 5,
	    "code": "ProvisionedThroughputExceededException"}'
	gives 0 --force
	finished
	is "$(made)" 1
	gives 0 history
	orphans=$(grep -c -e ORPH -e 'could not be kept' "$D/out") || true
	is "$orphans" 0
	# and without end: told to end, it says "later"; nobody has lost anything,
	# and the next run removes the key if this one could not
	fresh && table
	ask fault '{"at": "TransactWriteItems", "how": "error", "after": '$AT',
	    "code": "ProvisionedThroughputExceededException"}'
	"$ROTATE" -c "$D/rotate.yaml" --log plain --force >"$D/out" 2>"$D/err" &
	local pid=$! before
	until_true is_kept_next
	before=$(ask seen '{}' | jq .TransactWriteItems)
	TRIES=400 until_true seen_more $((before + 4)) # a second round has begun
	kill -TERM $pid
	code=0
	wait $pid || code=$?
	cat "$D/err"
	is "$code" 69
	says class=temporary
	keys | grep -x "$OLD Active"
	holds app "$OLD"
	ask clear '{}'
	until_idle
	finished
	chain_holds
}
seen_more() { [ "$(ask seen '{}' | jq .TransactWriteItems)" -ge "$1" ]; }
# The reply to every transaction in turn is lost, once each: one rotation, one
# key, a log without holes.
lost_replies() {
	local i
	table
	for i in $(seq 0 2 14); do
		ask fault '{"at": "TransactWriteItems", "how": "lost", "after": '$i', "times": 1}'
	done
	until_idle
	finished
	is "$(made)" 1
	chain_holds
}

# --- the move ---

sqlite_first() {
	TABLE=none SEAL="seal: { kind: file, path: $D/seal.key }" MORE="seal: { kind: file, path: $D/seal.key }"
	conf
	GRACE=1h && conf
	gives 10 --force
	gives 0 hold mail --reason friday
	sqlite3 "$D/state/rotate.db" 'select state from identity' | grep -x GRACE
	gives 0 history && cp "$D/out" "$D/history"
}
moved() {
	sqlite_first
	table
	rotate # the state is still there
	[ "$code" != 0 ]
	says 'the state is still in the database' 'rotate store move sqlite dynamodb'
	is "$(state)" ''
	gives 0 store move sqlite dynamodb
	says 'Moved and read back: 1 records'
	gives 0 history
	diff "$D/history" "$D/out"
	is "$(state)" GRACE
	gives 0 status
	says friday
	is "$(item root root .hash.S)" \
	    "$(sqlite3 "$D/state/rotate.db" 'select lower(hex(hash)) from root')"
	# from the database nobody rotates any more
	sed '/^store:/d' "$D/rotate.yaml" >"$D/old.yaml"
	mv "$D/rotate.yaml" "$D/new.yaml" && mv "$D/old.yaml" "$D/rotate.yaml"
	rotate --force
	[ "$code" != 0 ]
	says 'the state was moved to dynamodb us-east-1/'
	rotate hold mail
	[ "$code" != 0 ]
	mv "$D/new.yaml" "$D/rotate.yaml"
	gives 0 store move sqlite dynamodb
	says 'was moved to' 'already'
	gives 0 release mail
	GRACE=0s in_table
	until_idle
	finished
	# and back
	rotate store move dynamodb sqlite
	[ "$code" != 0 ]
	says 'its state was moved'
	mkdir "$D/aside" && mv "$D"/state/rotate.db* "$D/state/spare" "$D/aside/"
	gives 0 store move dynamodb sqlite
	rotate
	[ "$code" != 0 ]
	says 'the state was moved to sqlite'
	MORE=$SEAL && conf
	gives 0 history
	says 'GRACE'
	gives 0 status
}
not_empty() {
	sqlite_first
	TABLE= && mv "$D/state" "$D/kept"
	table
	gives 10 --force || gives 0 --force || true
	rm -rf "$D/state" && mv "$D/kept" "$D/state"
	rotate store move sqlite dynamodb
	[ "$code" != 0 ]
	says 'is not empty'
}
# Cut off in the middle of a move, again and again: it is finished in the end,
# and at no time both stores are in use.
cut_move() {
	local i done=0
	sqlite_first
	table
	for i in $(seq 1 3 60); do
		ask clear '{}'
		ask fault '{"at": "TransactWriteItems", "how": "cut", "after": '$i'}'
		rotate store move sqlite dynamodb
		ask clear '{}'
		if [ "$code" = 0 ]; then
			done=1
			break
		fi
		# not here, and not there unless the source is as it was
		rotate
		[ "$code" != 0 ]
	done
	[ $done = 1 ]
	gives 0 history
	diff "$D/history" "$D/out"
	is "$(state)" GRACE
}

# --- two of them ---

one_key() {
	table
	other_host
	gives 0 --force && until_idle
	before=$(made)
	sed -i "s,$D/seal.key,$D/else.key," "$D/other.yaml"
	other --force
	[ "$code" != 0 ]
	says 'every host needs the same'
	[ ! -e "$D/else.key" ]
	head -c 32 /dev/urandom >"$D/else.key" && chmod 600 "$D/else.key"
	other --force
	[ "$code" != 0 ]
	says 'is not the one of the store'
	is "$(made)" "$before"
}
taking_turns() {
	local i
	table
	other_host
	for i in 1 2 3; do
		gives 0 --force || true
		other --force
	done
	until_idle
	finished
	chain_holds
}
# Three at once, again and again: at most one works, nothing is made twice.
at_once() {
	local i host pids=
	table
	for host in a b c; do
		sed "s,^state: .*,state: $D/$host," "$D/rotate.yaml" >"$D/$host.yaml"
		for i in 1 2 3 4; do
			timeout 60 "$ROTATE" -c "$D/$host.yaml" --log plain --force || echo "-> $?"
		done >"$D/$host.out" 2>&1 &
		pids="$pids $!"
	done
	wait $pids
	cat "$D"/[abc].out
	! grep -E 'AddressSanitizer|runtime error' "$D"/[abc].out
	until_idle
	finished
	gives 0 history
	is "$(grep -c 'INTENT -> CREATED' "$D/out")" "$(made)"
	is "$(grep -c 'DONE -> IDLE' "$D/out")" "$(made)"
}
# The first one is held at a write and frozen. The second one waits for its
# lease, then takes over and ends the rotation. When the first one wakes up,
# its write arrives: it must be refused, and nothing may happen any more.
frozen() { # AFTER: so many transactions
	table
	other_host
	ask fault '{"at": "TransactWriteItems", "how": "hold", "after": '$1', "times": 1}'
	"$ROTATE" -c "$D/rotate.yaml" --log plain --force >"$D/a.out" 2>"$D/a.err" &
	local a=$!
	wait_held
	kill -STOP $a
	other --force
	is "$code" 75 || [ "$code" != 0 ]
	says "pid $a on " 'has it since'
	six_minutes_later "$D/other"
	local i
	for i in $(seq 30); do
		other --force
		[ "$(state)" != IDLE ] || break
		sleep 0.1
	done
	is "$(state)" IDLE
	NEW=$(holder)
	before=$(keys) events=$(item root root .seq.N)
	ask release '{}'
	kill -CONT $a
	wait $a && return 1
	cat "$D/a.err"
	grep -F 'our lease was taken over' "$D/a.err"
	is "$(keys)" "$before"
	is "$(item root root .seq.N)" "$events"
	holds app "$NEW"
	is "$(look 'len(keys)')" 1
	chain_holds
}
# One host is cut off from the table in the middle: it stops at once, the other
# one goes on.
cut_off() { # AFTER
	table
	AWS_ENDPOINT_URL_DYNAMODB=$DOOR/a
	ask fault '{"at": "*", "how": "cut", "after": '$1', "path": "/a"}'
	rotate --force
	[ "$code" != 0 ]
	AWS_ENDPOINT_URL_DYNAMODB=$DOOR/b
	until_idle
	finished
	chain_holds
}

try 'one rotation with the state in a table' whole
try 'the policy is the documented one' documented
try 'no such table' missing
try 'a table of another shape' shape
try 'a missing permission is named, and can be mended' forbidden
try 'throttled: later' throttled
try 'throttled just when a new key is to be kept' throttled_at_key
try 'replies to transactions are lost' lost_replies
try 'the state is moved there, and back' moved
try 'a table that is in use is no target' not_empty
try 'a move that is cut off goes on where it was' cut_move
try 'another sealing key is refused' one_key
try 'two hosts take turns' taking_turns
try 'three at once' at_once
for at in 2 4 6 9; do
	try "frozen at write $at past its lease, then woken" frozen $at
done
for at in 5 9 13 20; do
	try "cut off after $at requests" cut_off $at
done
done_testing
exit $((n_failed > 0))
