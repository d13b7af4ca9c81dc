#!/usr/bin/env bash
# The exim driver with the real Exim: a rotation, after which mail goes with
# the new key; what Exim really finds; and the queue. Exim is unpacked, not
# installed (it conflicts with Postfix), and libnss_wrapper gives it its user.
. "$(dirname "$0")/lib.sh"
DRIVE=$(first_of ${DRIVE:-build/asan/tests/e2e/drive build/tests/e2e/drive}) ||
	exit 1
none() { echo "1..0 # SKIP $1" && exit 0; }
[ "$(id -u)" = 0 ] || none 'not root'
DEBS=$(tests/fetch_debs.sh exim4-daemon-light exim4-base) || none 'no exim'
EXIM_ID=65000

mkdir "$W/bin"
cp "$DEBS/usr/sbin/exim4" "$DEBS/usr/sbin/exim_dumpdb" "$W/bin"
cp /etc/passwd /etc/group "$W"
echo "Debian-exim:x:$EXIM_ID:$EXIM_ID::/:/bin/false" >>"$W/passwd"
echo "Debian-exim:x:$EXIM_ID:" >>"$W/group"
sandbox_start

world_of_exim() { # a fresh Exim in $D, whose smarthost is the sandbox
	chmod 755 "$D"
	mkdir "$D/spool" "$D/bin"
	chown $EXIM_ID:$EXIM_ID "$D/spool"
	cp "$SANDBOX_CA" "$D/ca.pem"
	T=$D/passwd.client
	printf '# smarthosts\n\nmail.other.org:me:secret word\n*calhost:%s:%s\n' \
	    "$OLD" "$(password "$OLD" us-east-1)" >"$T"
	chown 0:$EXIM_ID "$T"
	chmod 640 "$T" "$D/ca.pem"
	chown 0:$EXIM_ID "$D/ca.pem"
	for p in exim exim_dumpdb; do
		cat >"$D/bin/$p" <<-END
			#!/bin/sh
			export LD_PRELOAD=libnss_wrapper.so
			export NSS_WRAPPER_PASSWD=$W/passwd NSS_WRAPPER_GROUP=$W/group
		END
	done
	echo "exec $W/bin/exim4 -C $D/exim.conf \"\$@\"" >>"$D/bin/exim"
	echo "exec $W/bin/exim_dumpdb \"\$@\"" >>"$D/bin/exim_dumpdb"
	chmod 755 "$D/bin"/*
	eximconf require "$PORT"
}
eximconf() { # require|try PORT
	cat >"$D/exim.conf" <<-END
		LINE = \${lookup{\$host}nwildlsearch{$T}{\$value}fail}
		keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
		exim_path = $D/bin/exim
		spool_directory = $D/spool
		log_file_path = $D/spool/%slog
		primary_hostname = test.example
		never_users =
		tls_advertise_hosts =
		begin routers
		smarthost:
		  driver = manualroute
		  transport = smarthost
		  route_list = * localhost::$2 byname
		  self = send
		begin transports
		smarthost:
		  driver = smtp
		  allow_localhost
		  hosts_$1_auth = *
		  hosts_require_tls = *
		  tls_verify_certificates = $D/ca.pem
		begin retry
		* * F,2h,15m
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  client_send = "<; ^\${extract{1}{:}{LINE}}^\${extract{2}{:}{LINE}}"
	END
}
exim_client() {
	conf - <<-END
		  - name: mta
		    type: exim
		    path: $T
		    host: "*calhost"
		    exim: $D/bin/exim
		    pickup: 0s
	END
}
exim() { "$D/bin/exim" "$@"; }
drive() { # OPERATION [KEY=VALUE...]
	local op=$1
	shift
	"$DRIVE" exim "$op" path="$T" host='*calhost' exim="$D/bin/exim" "$@"
}
not() { # a plain ! would not end a test
	if "$@"; then
		return 1
	fi
}
send() { # one mail, delivered now as far as that is possible
	printf 'Subject: x\n\nx\n' | exim -odi -f a@example.com "$1@example.org"
}
mails() { # the keys that mail came with, in order
	ctl GET /log | python3 -c '
import json, sys
log = json.load(sys.stdin)
log = log["events"] if isinstance(log, dict) else log
print(" ".join(e["key"] for e in log if e["event"] == "mail"))'
}
mails_are() { is "$(mails)" "$*"; }
new_pair() { # KEY: for drive write
	echo "$1 $(password "$1" us-east-1)"
}
line_has() { grep -q -x -F "*calhost:$1:$(password "$1" us-east-1)" "$T"; }
log_says() { grep -q -e "$1" "$D/spool/mainlog"; }

rotation() {
	world_of_exim
	exim_client
	send one
	mails_are "$OLD"
	until_idle
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	[ "$NEW" != "$OLD" ]
	line_has "$NEW"
	is "$(stat -c '%u:%g %a' "$T")" "0:$EXIM_ID 640"
	grep -q -x 'mail.other.org:me:secret word' "$T"
	send two
	mails_are "$OLD" "$NEW"
	not log_says 'queue run'
}
held_up() { # a refusal, and mail that is kept because of it, with no reason
	sed -i 's/^\(*calhost:.*:\).*/\1wrong/' "$T"
	send one
	send two
	is "$(exim -bpc)" 2
	log_says 'authentication attempt(s) failed'
	log_says 'retry time not reached'
}
backlog() {
	world_of_exim
	held_up
	NEW=$(new_key)
	new_pair "$NEW" | drive write
	drive activate flush=false
	not log_says 'queue run'
	is "$(exim -bpc)" 2
	drive activate
	until_true log_says 'End queue run'
	is "$(exim -bpc)" 0
	mails_are "$NEW" "$NEW"
}
no_backlog() { # what waits for another reason waits on
	world_of_exim
	eximconf require 1
	send one
	is "$(exim -bpc)" 1
	NEW=$(new_key)
	new_pair "$NEW" | drive write
	drive activate
	log_says 'Connection refused'
	not log_says 'queue run'
}
backlog_of_another() { # host: its mail does not concern us
	world_of_exim
	held_up
	drive activate lookup=mylocal.example.com
	not log_says 'queue run'
}
plan() { # WORD: drive plan says it, on success or failure
	drive plan "${@:2}" >"$D/plan" 2>&1 || true
	cat "$D/plan"
	grep -q -F -e "$1" "$D/plan" &&
	    not grep -q -F -e "$(password "$OLD" us-east-1)" "$D/plan"
}
plans() {
	world_of_exim
	plan 'change set *calhost in'
	plan 'after exim -qf, if mail waits'
	not plan warning
	plan 'finds no line for mx.example.com' lookup=mx.example.com
	sed -i '1i *host:you:first' "$T"
	plan 'uses another line than *calhost'
	is "$(drive read)" 'you first'
	sed -i 1d "$T"
	plan '*.x' host='*.x'
	eximconf try "$PORT"
	plan 'warning smarthost transport has hosts_try_auth'
	echo 'nonsense here' >"$D/exim.conf"
	plan client
	plan missing path="$D/none"
	plan '/nonexistent/exim' exim=/nonexistent/exim
}

try 'a rotation, and mail goes with the new key' rotation
try 'mail that a refusal held up is sent' backlog
try 'mail that waits for another reason waits on' no_backlog
try 'a refusal by another host is not ours' backlog_of_another
try 'plan says what Exim would do' plans
done_testing
