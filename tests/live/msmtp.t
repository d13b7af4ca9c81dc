#!/bin/bash
# msmtp, a process for each message, sends it to the sandbox; see lib.sh. It has
# no queue: what it does not send has failed, and the caller is told. TAP.
#
#	ROTATIONS=20 RATE=5 tests/live/msmtp.t
RATE=${RATE:-5}
. "$(dirname "$0")/lib.sh"
command -v msmtp >/dev/null || { echo '1..0 # SKIP no msmtp' && exit 0; }

relay_start() {
	cat >"$D/msmtprc" <<-END
		account ses
		host localhost
		port $PORT
		tls on
		tls_starttls on
		tls_trust_file $SANDBOX_CA
		timeout 20
		from a@example.com
		auth plain
		user $OLD
		password $(password "$OLD" us-east-1)
		account default : ses
		logfile $D/mail.log
	END
	chmod 600 "$D/msmtprc"
	touch "$D/mail.log"
}
relay_client() {
	cat <<-END
		  - name: relay
		    type: msmtp
		    path: $D/msmtprc
		    account: ses
		    pickup: 2s
	END
}
relay_inject() { echo run msmtp -C "$D/msmtprc"; }
relay_count() { # WORD: none waits in a queue
	case $1 in
	sent) grep -c 'exitcode=EX_OK' "$D/mail.log" || : ;;
	deferred) grep -c '^refused' "$D/refusals" || : ;;
	bounced) grep -c 'errormsg=' "$D/mail.log" || : ;;
	esac
}
relay_empty() { :; }
relay_stop() { :; }
prove_relays msmtp
