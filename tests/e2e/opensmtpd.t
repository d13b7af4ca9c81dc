#!/usr/bin/env bash
# The opensmtpd driver with the real OpenSMTPD: rotations with both types of
# table, after which mail goes with the new key, and mail that a refusal held
# up. OpenSMTPD is unpacked, not installed (it conflicts with Postfix), and
# has its users and its fixed directories in mounts of its own.
. "$(dirname "$0")/lib.sh"
DRIVE=$(first_of ${DRIVE:-build/asan/tests/e2e/drive build/tests/e2e/drive}) ||
	exit 1
none() { echo "1..0 # SKIP $1" && exit 0; }
[ "$(id -u)" = 0 ] || none 'not root'
unshare -m true || none 'no mount namespaces'
DEBS=$(tests/fetch_debs.sh opensmtpd) || none 'no opensmtpd'
QUEUE_ID=65002
export DRIVE DEBS QUEUE_ID
sandbox_start

world_of_smtpd() { # file|db: OpenSMTPD in mounts of its own, not yet running
	local dir
	for dir in /var/spool /run /var/lib; do
		mount -t tmpfs none $dir
	done
	mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
	chmod 711 /var/spool/smtpd
	cp /etc/passwd /etc/group /run
	echo 'opensmtpd:x:65001:65001::/:/bin/false' >>/run/passwd
	echo "opensmtpq:x:$QUEUE_ID:$QUEUE_ID::/:/bin/false" >>/run/passwd
	printf 'opensmtpd:x:65001:\nopensmtpq:x:%s:\n' $QUEUE_ID >>/run/group
	chmod 644 /run/passwd /run/group
	mount --bind /run/passwd /etc/passwd
	mount --bind /run/group /etc/group
	chmod 755 "$D"
	B=$D/bin T=$D/secrets TYPE=$1
	mkdir "$B"
	cp "$DEBS/usr/sbin/smtpd" "$DEBS/usr/sbin/smtpctl" "$B"
	chgrp $QUEUE_ID "$B/smtpctl"
	chmod g+s "$B/smtpctl"
	printf '#!/bin/sh\necho "$*" >>%s\nexec %s "$@"\n' "$D/ran" \
	    "$B/smtpctl" >"$B/ctl"
	chmod 755 "$B/ctl"
	ln -s smtpctl "$B/makemap"
	ln -s smtpctl "$B/sendmail"
	printf '# relays\nother me:secretword\n\nses  %s:%s\n' \
	    "$OLD" "$(password "$OLD" us-east-1)" >"$T"
	chgrp opensmtpd "$T"
	chmod 640 "$T"
	"$B/makemap" -o "$T.db" "$T"
	smtpdconf "$PORT"
}
smtpdconf() { # PORT: of the relay
	local suffix=
	[ $TYPE = file ] || suffix=.db
	cat >"$D/smtpd.conf" <<-END
		table secrets $TYPE:$T$suffix
		listen on lo port $(free_port)
		action "r" relay host "smtp+tls://ses@localhost:$1" tls no-verify auth <secrets>
		match from any for any action "r"
	END
}
free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
smtpd_start() {
	"$B/smtpd" -d -f "$D/smtpd.conf" >"$D/smtpd.log" 2>&1 &
	smtpd_pid=$!
	trap 'kill $smtpd_pid; wait $smtpd_pid' EXIT
	until_true "$B/smtpctl" show status
}
smtpd_client() {
	conf - <<-END
		  - name: mta
		    type: opensmtpd
		    path: $T
		    label: ses
		    table_type: $TYPE
		    smtpctl: $B/smtpctl
		    makemap: $B/makemap
		    smtpd: $B/smtpd
		    config: $D/smtpd.conf
		    pickup: 0s
	END
}
drive() { # OPERATION [KEY=VALUE...]
	local op=$1
	shift
	"$DRIVE" opensmtpd "$op" path="$T" label=ses table_type=$TYPE \
	    smtpctl="$B/ctl" makemap="$B/makemap" smtpd="$B/smtpd" \
	    config="$D/smtpd.conf" "$@"
}
send() { # takes the mail; smtpd delivers it by itself
	printf 'Subject: x\n\nx\n' | "$B/sendmail" -f a@example.com "$1@example.org"
}
mails() { # the keys that mail came with, in order
	ctl GET /log | python3 -c '
import json, sys
log = json.load(sys.stdin)
log = log["events"] if isinstance(log, dict) else log
print(" ".join(e["key"] for e in log if e["event"] == "mail"))'
}
mails_are() { [ "$(mails)" = "$*" ]; }
not() { # a plain ! would not end a test
	if "$@"; then
		return 1
	fi
}
rotation() { # file|db
	world_of_smtpd "$1"
	knobs '{"smtp_idle_ms":1000}'
	smtpd_start
	smtpd_client
	send one
	until_true mails_are "$OLD"
	cp -p "$T" "$D/before"
	until_idle
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	not [ "$NEW" = "$OLD" ]
	until_true unconnected # or the old session would be used again
	send two
	until_true mails_are "$OLD" "$NEW"
	is "$(stat -c '%G %a' "$T")" 'opensmtpd 640'
	diff "$D/before" "$T" >"$D/diff" || true
	is "$(grep -c '^>' "$D/diff")" 1
	grep -q -x "ses  $NEW:$(password "$NEW" us-east-1)" "$T"
	if [ "$1" = db ]; then
		is "$(stat -c '%G %a' "$T.db")" 'opensmtpd 640'
		"$B/makemap" -U "$T.db" | grep -q "me:secretword"
	fi
	not [ -e "$T.db.rotate" ]
	not grep -F -e "$(password "$NEW" us-east-1)" "$D/out" "$D/err"
}
unconnected() {
	"$B/smtpctl" show routes >"$D/routes" &&
	    not grep -q ' <-> .*nconn=[1-9]' "$D/routes"
}
waiting() { # COUNT: so many are put off; the text says no more than that
	[ "$("$B/smtpctl" show queue | grep -c 'Network error on destination')" = "$1" ]
}
until_put_off() { # it takes 11 seconds until smtpd gives the route up
	until_true waiting 2 || until_true waiting 2
}
backlog() { # file|db
	world_of_smtpd "$1"
	sed -i 's/^ses .*/ses AKIAIOSFODNN7EXAMPLE:wrong/' "$T"
	"$B/makemap" -o "$T.db" "$T"
	smtpd_start
	send one
	send two
	until_put_off
	grep -q 'AUTH rejected: 535' "$D/smtpd.log"
	NEW=$(new_key)
	echo "$NEW $(password "$NEW" us-east-1)" | drive write
	drive activate flush=false
	is "$(mails)" ''
	waiting 2
	drive activate
	until_true mails_are "$NEW" "$NEW"
}
no_backlog() { # nothing is scheduled when nothing is held up
	world_of_smtpd file
	smtpd_start
	"$B/smtpctl" pause mta
	send one
	drive activate
	grep -q 'Table "secrets" successfully updated' "$D/smtpd.log"
	grep -q -x 'show queue' "$D/ran"
	not grep -q schedule "$D/ran"
	is "$(mails)" ''
}
plan() { # WORD [KEY=VALUE...]: drive plan says it, on success or failure
	drive plan "${@:2}" >"$D/plan" 2>&1 || true
	cat "$D/plan"
	grep -q -F -e "$1" "$D/plan" &&
	    not grep -q -F -e "$(password "$OLD" us-east-1)" "$D/plan"
}
plans() {
	world_of_smtpd db
	plan 'change set ses in'
	plan 'and make its database'
	plan 'after smtpctl update table secrets; smtpctl schedule all, if'
	not plan warning
	plan missing label=none
	plan missing path="$D/none"
	plan missing db="$D/none.db"
	plan 'build it: makemap -o' db="$D/none.db"
	plan /nonexistent/m makemap=/nonexistent/m
	plan /nonexistent/c smtpctl=/nonexistent/c
	sed -i 's/^ses .*/ses AKIAIOSFODNN7EXAMPLE:wrong/' "$T"
	plan 'its database have different pairs'
	is "$(drive read)" "$OLD $(password "$OLD" us-east-1)"
	echo 'nonsense here' >>"$D/smtpd.conf"
	"$B/makemap" -o "$T.db" "$T"
	plan 'does not accept its configuration'
	drive activate # not running: it will read the table when it starts
	smtpdconf "$PORT"
	smtpd_start
	not drive activate table=none 2>"$D/err"
	grep -q 'is that its name in smtpd.conf' "$D/err"
	echo nonsense >"$T.db"
	plan 'see why: makemap -U'
}

try 'file: a rotation, and mail goes with the new key' with_mounts rotation file
try 'db: a rotation, and mail goes with the new key' with_mounts rotation db
try 'file: mail that a refusal held up is sent' with_mounts backlog file
try 'db: mail that a refusal held up is sent' with_mounts backlog db
try 'nothing is scheduled when nothing is held up' with_mounts no_backlog
try 'plan says what is needed' with_mounts plans
done_testing
