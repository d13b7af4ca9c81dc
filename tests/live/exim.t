#!/bin/bash
# A private Exim in $D/exim sends all mail to the sandbox, a process and a
# session for each message; see lib.sh. It is unpacked, not installed, so
# libnss_wrapper gives it its user. TAP; needs root.
#
#	ROTATIONS=20 RATE=8 tests/live/exim.t
RATE=${RATE:-8}
. "$(dirname "$0")/lib.sh"
none() { echo "1..0 # SKIP $1" && exit 0; }
[ "$(id -u)" = 0 ] || none 'not root'
DEBS=$(tests/fetch_debs.sh exim4-daemon-light exim4-base) || none 'no exim'
EXIM_ID=65000 daemon=
cp /etc/passwd /etc/group "$W"
echo "Debian-exim:x:$EXIM_ID:$EXIM_ID::/:/bin/false" >>"$W/passwd"
echo "Debian-exim:x:$EXIM_ID:" >>"$W/group"

programs() { # exim and exim_dumpdb, with their user
	local p
	mkdir "$X/bin"
	cp "$DEBS/usr/sbin/exim4" "$X/bin/exim.real"
	cp "$DEBS/usr/sbin/exim_dumpdb" "$X/bin/exim_dumpdb.real"
	for p in exim exim_dumpdb; do
		cat >"$X/bin/$p" <<-END
			#!/bin/sh
			export LD_PRELOAD=libnss_wrapper.so
			export NSS_WRAPPER_PASSWD=$W/passwd NSS_WRAPPER_GROUP=$W/group
		END
	done
	echo "exec $X/bin/exim.real -C $X/exim.conf \"\$@\"" >>"$X/bin/exim"
	echo "exec $X/bin/exim_dumpdb.real \"\$@\"" >>"$X/bin/exim_dumpdb"
	chmod 755 "$X/bin"/*
}
relay_conf() {
	cat >"$X/exim.conf" <<-END
		LINE = \${lookup{\$host}nwildlsearch{$X/passwd.client}{\$value}fail}
		keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
		exim_path = $X/bin/exim
		spool_directory = $X/spool
		log_file_path = $X/spool/%slog
		pid_file_path =
		primary_hostname = relay.example
		local_interfaces = 127.0.0.1
		daemon_smtp_ports = $IN_PORT
		acl_smtp_rcpt = accept
		# Else only the first ten of a session are sent at once.
		smtp_accept_queue_per_connection = 0
		never_users =
		tls_advertise_hosts =
		begin routers
		smarthost:
		  driver = manualroute
		  transport = smarthost
		  route_list = * localhost::$PORT byname
		  self = send
		begin transports
		smarthost:
		  driver = smtp
		  allow_localhost
		  hosts_require_auth = *
		  hosts_require_tls = *
		  tls_verify_certificates = $X/ca.pem
		begin retry
		* * F,2h,15m
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  client_send = "<; ^\${extract{1}{:}{LINE}}^\${extract{2}{:}{LINE}}"
	END
}
relay_start() {
	X=$D/exim
	IN_PORT=$(free_port)
	chmod 755 "$D"
	mkdir "$X" "$X/spool"
	chown $EXIM_ID:$EXIM_ID "$X/spool"
	cp "$SANDBOX_CA" "$X/ca.pem"
	echo "*calhost:$OLD:$(password "$OLD" us-east-1)" >"$X/passwd.client"
	chown 0:$EXIM_ID "$X/passwd.client" "$X/ca.pem"
	chmod 640 "$X/passwd.client" "$X/ca.pem"
	programs
	relay_conf
	"$X/bin/exim" -bdf &
	daemon=$!
	until_true listening
}
listening() { (exec 4<>"/dev/tcp/127.0.0.1/$IN_PORT"); }
relay_client() {
	cat <<-END
		  - name: relay
		    type: exim
		    path: $X/passwd.client
		    host: "*calhost"
		    exim: $X/bin/exim
		    pickup: 2s
	END
}
relay_inject() { echo smtp "$IN_PORT"; }
relay_count() { # WORD: log lines with the sign of that
	local sign
	case $1 in
	sent) sign=' => ' ;;
	deferred) sign=' == ' ;;
	bounced) sign=' \*\* ' ;;
	esac
	grep -c -e "$sign" "$X/spool/mainlog" || :
}
relay_empty() { [ "$("$X/bin/exim" -bpc)" = 0 ]; }
relay_stop() { # what it is delivering goes on
	[ -z "$daemon" ] || kill "$daemon" && wait "$daemon"
}
prove_relays exim
