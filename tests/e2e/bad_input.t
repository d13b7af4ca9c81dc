#!/bin/bash
# bad_input.t: what the program does with what it should not be given: a wrong
# configuration, wrong peers, damaged state, full and read-only disks, a wrong
# clock. Each time: the exit code, a message with place or peer, cause and
# remedy, and nothing lost. What answers.t sends over the wire is not here. TAP.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --region eu-west-1 --seed 7

is_key() { is "$(look "keys.get('$1', 'Gone')")" "$2"; } # KEY STATUS
remedy() { says "fix="; }

# --- configuration ---

mistyped() {
	local edit word
	conf
	keep
	cp "$D/rotate.yaml" "$D/right"
	while read -r place word edit; do
		sed "$edit" "$D/right" >"$D/rotate.yaml"
		gives 78 --force
		says "$D/rotate.yaml:$place: " "$word"
	done <<-'END'
		7:5 max_age s/max_age:/max_aeg:/
		8:12 grace s/grace: .*/grace: 7/
		1:10 twelve s/account: .*/account: "12345"/
		6:15 region s/regions: .*/regions: [us_east]/
		16:24 file s/type: file/type: flie/
		16:5 path s/path: [^,]*, //
		10:5 quiet s/quiet: .*/&\n    quiet: 1d/
		12:36 twice s/port: .*/port: twice }/
	END
	calm
	[ ! -e "$D/state" ]
}
try 'a mistyped configuration: file, line, column, nearest name' mistyped

unreadable() {
	conf
	keep
	chmod 666 "$D/rotate.yaml"
	gives 78
	says "$D/rotate.yaml" 'chmod'
	mv "$D/rotate.yaml" "$D/away"
	gives 78
	says "$D/rotate.yaml"
	mkdir "$D/rotate.yaml"
	gives 78
	says "$D/rotate.yaml"
	rmdir "$D/rotate.yaml"
	printf 'account: [\n' >"$D/rotate.yaml"
	gives 78
	says "$D/rotate.yaml:2:1"
	: >"$D/rotate.yaml"
	gives 78
	head -c 4096 /dev/urandom >"$D/rotate.yaml"
	gives 78
	says "$D/rotate.yaml"
	calm
}
try 'a configuration that is missing, open to all, empty or no YAML' unreadable

no_target() {
	{ file_client app; file_client other; } | conf -
	keep
	gives 12 --force
	says other "$D/other.env"
	remedy
	calm
	printf 'A=1\n' >"$D/other.env"
	gives 12 --force
	says "$D/other.env" SMTP_USER
	calm
	printf 'SMTP_USER=a\nSMTP_PASS=b\nSMTP_USER=c\n' >"$D/other.env"
	gives 12 --force
	says "$D/other.env:3:"
	calm
}
try 'a client that cannot take a pair: before any key is made' no_target

# --- AWS ---

account() {
	conf
	keep
	knobs '{"wrong_account":"999999999999"}'
	gives 78 --force
	says 999999999999 123456789012 "$D/rotate.yaml"
	calm
}
try 'credentials of another account' account

endpoint() {
	conf
	keep
	right=$AWS_ENDPOINT_URL port=${AWS_ENDPOINT_URL##*:}
	AWS_ENDPOINT_URL=https://127.0.0.1:1
	gives 69 --force
	says 127.0.0.1:1
	remedy
	AWS_ENDPOINT_URL=https://0.0.0.0:$port
	gives 76 --force
	says "0.0.0.0:$port" certificate
	remedy
	AWS_ENDPOINT_URL=http://192.0.2.1
	gives 78 --force
	says 192.0.2.1
	AWS_ENDPOINT_URL=$right AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
	gives 76 --force
	says "127.0.0.1:$port" certificate
	AWS_CA_BUNDLE=$D/nothing
	gives 78 --force
	says "$D/nothing"
	AWS_CA_BUNDLE=$SANDBOX_CA
	calm
	gives 0 --identity mail
	AWS_ENDPOINT_URL=https://localhost:$port
	gives 78 --force
	says 'belongs to'
	calm
}
try 'the wrong endpoint: silent, another name, clear text, not the pinned' endpoint

credentials() {
	conf
	keep
	right=$AWS_SECRET_ACCESS_KEY
	AWS_SECRET_ACCESS_KEY=wrong${right#?????}
	gives 77 --force
	says SignatureDoesNotMatch
	remedy
	AWS_ACCESS_KEY_ID=AKIAI44QH8DHBEXAMPLE
	gives 77 --force
	says InvalidClientTokenId
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	gives 77 --force
	remedy
	calm
}
try 'credentials that are wrong or missing' credentials

no_user() {
	conf
	keep
	sed -i 's/iam_user: .*/iam_user: ses-gone/' "$D/rotate.yaml"
	gives 78 --force
	says ses-gone
	calm
}
try 'an IAM user that does not exist' no_user

other_user() {
	conf
	gives 0
	keep
	ctl DELETE /users/ses-mail >/dev/null
	ctl POST /users '{"name":"ses-mail","keys":1}' >/dev/null
	gives 13 --force
	says 'deleted and made again' 'rotate adopt mail'
	cmp "$D/app.env" "$D/kept"
	is "$(made)" 0
}
try 'the IAM user was made again' other_user

denied() { # what may not be done, before a key is made
	local action
	conf
	keep
	for action in iam:CreateAccessKey iam:ListAccessKeys iam:GetUser; do
		knobs '{"deny":["'$action'"]}'
		gives 77 --force
		says "${action#*:}" AccessDenied
		remedy
		calm
	done
	knobs '{"deny":[]}'
	until_idle
	finished
}
try 'a missing permission before there is a new key' denied

denied_midway() {
	local action
	for action in iam:UpdateAccessKey iam:GetAccessKeyLastUsed; do
		fresh
		knobs '{"deny":["'$action'"]}'
		conf
		gives 13 --force
		says "${action#*:}" AccessDenied 'rotate release mail'
		is "$(look 'list(keys.values())')" $'Active\nActive'
		holds app "$(look "[k for k in keys if k != '$OLD']")"
		gives 13
		knobs '{"deny":[]}'
		gives 0 release mail
		until_idle
		finished
	done
}
try 'a missing permission midway: blocked, both keys alive' denied_midway

clock() {
	local off
	conf
	keep
	for off in 31536000 -31536000; do
		knobs '{"clock_offset_s":'$off'}'
		gives 69 --force
		says clock timedatectl
		calm
	done
	knobs '{"clock_offset_s":0}'
	until_idle
	finished
}
try 'a clock that is a year off' clock

# --- our own state ---

damaged() { # HOW: the database in GRACE is damaged by that function
	GRACE=1h conf
	gives 10 --force
	keep
	db=$(echo "$D"/state/*.db)
	sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null
	cp -a "$D/state" "$D/state.kept"
	"$1"
	gives 65 --force
	says "$db"
	remedy
	calm
	rm -rf "$D/state"
	mv "$D/state.kept" "$D/state"
	set_span grace 0s
	until_idle
	finished
}
torn() { truncate -s -4096 "$db"; }
overwritten() { head -c 4096 /dev/urandom | dd of="$db" bs=4096 seek=1 conv=notrunc; }
foreign() { rm "$db"*; sqlite3 "$db" 'create table t(a); insert into t values(1)'; chmod 600 "$db"; }
text() { rm "$db"*; echo 'not a database at all, not at all' >"$db"; chmod 600 "$db"; }
edited() { sqlite3 "$db" "update identity set body = replace(body, 'GRACE', 'QUIET')"; }
try 'a torn database' damaged torn
try 'an overwritten database' damaged overwritten
try 'the database of something else' damaged foreign
try 'a database that is a text file' damaged text
try 'a record that was edited by hand' damaged edited

state_open() {
	GRACE=1h conf
	gives 10 --force
	keep
	chmod 755 "$D/state"
	rotate --force
	[ "$code" != 0 ] && [ "$code" != 10 ]
	says "$D/state" chmod
	chmod 700 "$D/state"
	chmod 644 "$D/state/seal.key"
	rotate --force
	[ "$code" != 0 ] && [ "$code" != 10 ]
	says "$D/state/seal.key" chmod
	calm
	chmod 600 "$D/state/seal.key"
	set_span grace 0s
	until_idle
	finished
}
try 'state and sealing key that others can read' state_open

wrong_seal() {
	SETTLE=400ms conf
	cp "$D/app.env" "$D/kept"
	fault '{"service":"smtp","action":"auth","kind":"reply","arg":{"code":454,"text":"later"},"times":3}'
	gives 69 --force
	is_state CREATED
	cp -p "$D/state/seal.key" "$D/seal"
	head -c 32 /dev/urandom >"$D/state/seal.key"
	rotate --force
	[ "$code" != 0 ] && [ "$code" != 10 ]
	says seal
	remedy
	cmp "$D/app.env" "$D/kept"
	is_key "$OLD" Active
	cp -p "$D/seal" "$D/state/seal.key"
	[ "$(state)" != BLOCKED ] || gives 0 release mail
	until_idle
	finished
	is "$(made)" 1
}
try 'another sealing key' wrong_seal

# --- disks ---

state_full() {
	mkdir -m 700 "$D/state"
	mount -t tmpfs -o size=24k,mode=700 tmpfs "$D/state"
	conf
	keep
	gives 74 --force
	says "$D/state"
	remedy
	calm
	umount "$D/state"
	mount -t tmpfs -o size=2m,mode=700 tmpfs "$D/state"
	gives 0
	dd if=/dev/zero of="$D/state/filler" bs=4096 || :
	rotate --force
	is_key "$OLD" Active
	[ "$(made)" -le 1 ]
	rm "$D/state/filler"
	until_idle
	[ "$(holder)" != "$OLD" ] || until_idle
	finished
}
try 'a full disk under the state' with_mounts state_full

client_disk() { # HOW: its file system becomes full or read-only
	mkdir "$D/c"
	mount -t tmpfs -o size=8k,mode=700 tmpfs "$D/c"
	cp -p "$D/app.env" "$D/c/app.env"
	conf
	sed -i "s,path: $D/,path: $D/c/," "$D/rotate.yaml"
	"$1"
	rotate --force
	is "$code" 12
	says "$D/c"
	cmp "$D/c/app.env" "$D/app.env"
	is "$(ls "$D/c" | grep -v filler)" app.env
	is_key "$OLD" Active
	mount -o remount,rw "$D/c"
	rm -f "$D/c/filler"
	until_idle
	mv "$D/c/app.env" "$D/app.env"
	finished
	is "$(made)" 1
}
full() { dd if=/dev/zero of="$D/c/filler" bs=4096 || :; }
read_only() { mount -o remount,ro "$D/c"; }
try 'a full disk under a client' with_mounts client_disk full
try 'a read-only file system under a client' with_mounts client_disk read_only

immutable() {
	conf
	keep
	chattr +i "$D/app.env" || skip 'no immutable files here'
	rotate --force
	chattr -i "$D/app.env"
	is "$code" 12
	says "$D/app.env"
	cmp "$D/app.env" "$D/kept"
	is_key "$OLD" Active
	until_idle
	finished
}
try 'an immutable file' immutable

# --- told to leave ---

leaves() { # CODE: the program behind $! ends soon when told to, with CODE
	local began=$SECONDS
	kill -TERM $!
	wait $! || is $? "$1"
	[ $((SECONDS - began)) -le 5 ]
}
refused_once() { [ "$(look 'sum(c.get("faults", {}).values())')" -gt 1 ]; }
term_settle() {
	SETTLE=1h conf
	fault '{"service":"smtp","action":"auth","kind":"reply","arg":{"code":535,"text":"no"},"times":-1}'
	"$ROTATE" -c "$D/rotate.yaml" --force &
	until_true refused_once
	leaves 69
	is_state CREATED
	ctl DELETE /faults >/dev/null
	until_idle
	finished
	is "$(made)" 1
}
try 'SIGTERM while a new key settles' term_settle

waiting() { [ "$(state)" = INTENT ] && [ "$(look 'len(keys)')" = 2 ]; }
term_wait() {
	LATE=30m conf
	fault '{"service":"iam","action":"CreateAccessKey","kind":"reset_after"}'
	"$ROTATE" -c "$D/rotate.yaml" --force --wait=2h &
	until_true waiting
	leaves 10
	set_span late_window 0s
	until_idle
	finished
}
try 'SIGTERM during --wait' term_wait

done_testing
