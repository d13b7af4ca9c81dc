#!/bin/bash
# A private Postfix in $D/pf relays all mail to the sandbox; see lib.sh. Its map
# is of each type in turn. TAP; needs root.
#
#	ROTATIONS=20 RATE=60 tests/live/postfix.t
PATH=$PATH:/usr/sbin
RATE=${RATE:-60}
. "$(dirname "$0")/lib.sh"

relay="[localhost]:" # the sandbox's port follows

relay_conf() { # TYPE
	local pf=$D/pf
	mkdir -p "$pf/etc" "$pf/spool" "$pf/data"
	chmod 755 "$D" "$pf" "$pf/etc"
	chown postfix "$pf/data"
	cat >"$pf/etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $pf/spool
		data_directory = $pf/data
		maillog_file = $pf/mail.log
		maillog_file_prefixes = $pf
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		mynetworks = 127.0.0.0/8
		myhostname = relay.example
		mydestination =
		alias_maps =
		local_recipient_maps =
		relayhost = $relay$PORT
		smtp_sasl_auth_enable = yes
		smtp_sasl_security_options = noanonymous
		smtp_sasl_password_maps = $1:$pf/etc/sasl_passwd
		smtp_tls_security_level = secure
		smtp_tls_secure_cert_match = hostname
		smtp_tls_CAfile = $SANDBOX_CA
		smtp_host_lookup = native
		smtpd_client_connection_rate_limit = 0
	END
	cat >"$pf/etc/master.cf" <<-END
		127.0.0.1:$IN_PORT inet n - n - - smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		smtp unix - - n - - smtp
		error unix - - n - - error
		retry unix - - n - - error
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		proxymap unix - - n - - proxymap
		showq unix n - n - - showq
		flush unix n - n 1000? 0 flush
		postlog unix-dgram n - n - 1 postlogd
	END
	# Postfix naps while these are younger than two seconds.
	touch -d '1 minute ago' "$pf/etc/main.cf" "$pf/etc/master.cf"
}
relay_start() { # TYPE
	local map=$D/pf/etc/sasl_passwd
	IN_PORT=$(free_port)
	relay_conf "$1"
	echo "$relay$PORT $OLD:$(password "$OLD" us-east-1)" >"$map"
	chmod 600 "$map"
	[ "$1" = texthash ] || postmap -c "$D/pf/etc" "$1:$map"
	touch -d '1 minute ago' "$map"
	postfix -c "$D/pf/etc" start >/dev/null 2>&1 </dev/null
}
relay_stop() {
	postfix -c "$D/pf/etc" stop >/dev/null 2>&1 </dev/null
}
relay_client() { # TYPE
	cat <<-END
		  - name: relay
		    type: postfix
		    map: $D/pf/etc/sasl_passwd
		    relay: "$relay$PORT"
		    map_type: $1
		    config_dir: $D/pf/etc
		    pickup: 2s
	END
}
relay_inject() { echo smtp "$IN_PORT"; }
relay_count() { # WORD: log lines with that status
	grep -c "status=$1" "$D/pf/mail.log" || :
}
relay_empty() { # nothing waits in the queue
	[ "$(postqueue -c "$D/pf/etc" -j | wc -l)" = 0 ]
}
prove_relays hash lmdb texthash
