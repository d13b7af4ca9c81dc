#!/usr/bin/env bash
# The systemd-credential driver with the real systemd-creds: a rotation, after
# which a unit that was restarted sends with the new key. There may be no
# systemd to restart a unit, so systemctl is ours: as systemd does at a start,
# it decrypts what the unit loads, under the name it loads it by.
. "$(dirname "$0")/lib.sh"
DRIVE=$(first_of ${DRIVE:-build/asan/tests/e2e/drive build/tests/e2e/drive}) ||
	exit 1
none() { echo "1..0 # SKIP $1" && exit 0; }
[ "$(id -u)" = 0 ] || none 'not root'
command -v systemd-creds >/dev/null || none 'no systemd-creds'
command -v swaks >/dev/null || none 'no swaks'
sandbox_start

# The key of the host stays alone: the wrapper gives systemd-creds one of ours.
world_of_creds() { # NAME...: what the unit loads
	S=$D/store C=$D/creds
	mkdir "$S" "$C" "$D/bin"
	cat >"$D/bin/systemd-creds" <<-END
		#!/bin/sh
		echo "systemd-creds \$*" >>$D/ran
		SYSTEMD_CREDENTIAL_SECRET=$D/secret exec $(command -v systemd-creds) "\$@"
	END
	cat >"$D/bin/systemctl" <<-END
		#!/bin/sh
		echo "systemctl \$*" >>$D/ran
		[ "\$2" = mailer.service ] || exit 5
		for name in $*; do
			$D/bin/systemd-creds decrypt --name=\$name $S/\$name - \\
			    >$C/\$name || exit 1
		done
	END
	chmod 755 "$D/bin"/*
	SECRET=$(password "$OLD" us-east-1)
}
put() { # NAME: standard input becomes that credential
	"$D/bin/systemd-creds" encrypt --name="$1" --with-key=host - "$S/$1"
}
show() { "$D/bin/systemd-creds" decrypt --name="$1" "$S/$1" -; }
creds_client() { # LINE...
	{
		cat <<-END
			  - name: app
			    type: systemd-credential
			    store: $S
			    unit: mailer.service
			    systemd_creds: $D/bin/systemd-creds
			    systemctl: $D/bin/systemctl
			    pickup: 0s
		END
		printf '    %s\n' "$@"
	} | conf -
}
drive() { # OPERATION [KEY=VALUE...]
	local op=$1
	shift
	"$DRIVE" systemd-credential "$op" store="$S" \
	    systemd_creds="$D/bin/systemd-creds" \
	    systemctl="$D/bin/systemctl" "$@"
}
send() { # USER PASSWORD, as the unit has them
	swaks --server localhost --port "$PORT" -tls --tls-ca-path "$SANDBOX_CA" \
	    --auth PLAIN --auth-user "$1" --auth-password "$2" \
	    --from a@example.com --to b@example.org >"$D/swaks" 2>&1 || {
		tail -5 "$D/swaks"
		return 1
	}
}
mails() { # the keys that mail came with, in order
	ctl GET /log | python3 -c '
import json, sys
log = json.load(sys.stdin)
log = log["events"] if isinstance(log, dict) else log
print(" ".join(e["key"] for e in log if e["event"] == "mail"))'
}
not() { # a plain ! would not end a test
	if "$@"; then
		return 1
	fi
}
new_one() { # the key that is left; its password never shown
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	not [ "$NEW" = "$OLD" ]
	not grep -F -e "$(password "$NEW" us-east-1)" "$D/out" "$D/err" "$D/ran"
	not grep -r -F -e "$(password "$NEW" us-east-1)" "$S"
}

one() {
	world_of_creds smtp
	printf '# of the mailer\nhost=localhost\nusername=%s\npassword=%s\n' \
	    "$OLD" "$SECRET" | put smtp
	chmod 640 "$S/smtp"
	creds_client 'credential: smtp'
	"$D/bin/systemctl" start mailer.service
	(. "$C/smtp" && send "$username" "$password")
	: >"$D/ran"
	until_idle
	new_one
	is "$(stat -c %a "$S/smtp")" 640
	is "$(grep -c 'systemctl try-restart mailer.service' "$D/ran")" 1
	(. "$C/smtp" && send "$username" "$password")
	is "$(mails)" "$OLD $NEW"
	show smtp | grep -q -x '# of the mailer'
	show smtp | grep -q -x 'host=localhost'
}
two() {
	world_of_creds smtp-user smtp-password
	echo "$OLD" | put smtp-user
	printf %s "$SECRET" | put smtp-password
	creds_client 'username_credential: smtp-user' \
	    'password_credential: smtp-password'
	"$D/bin/systemctl" start mailer.service
	send "$(cat "$C/smtp-user")" "$(cat "$C/smtp-password")"
	until_idle
	new_one
	send "$(cat "$C/smtp-user")" "$(cat "$C/smtp-password")"
	is "$(mails)" "$OLD $NEW"
	show smtp-user | cmp - <(echo "$NEW")
	show smtp-password | cmp - <(printf %s "$(password "$NEW" us-east-1)")
}
half() { # stopped between the two: the next run completes it
	world_of_creds smtp-user smtp-password
	NEW=$(new_key)
	echo "$OLD" | put smtp-user
	password "$NEW" us-east-1 | put smtp-password
	set -- username_credential=smtp-user password_credential=smtp-password
	is "$(drive read "$@")" "$OLD $(password "$NEW" us-east-1)"
	cp -p "$S/smtp-password" "$D/kept"
	echo "$NEW $(password "$NEW" us-east-1)" | drive write "$@"
	is "$(drive read "$@")" "$NEW $(password "$NEW" us-east-1)"
	cmp "$S/smtp-password" "$D/kept" # it had its value already
}
made() { # from nothing, with other keys
	world_of_creds smtp
	set -- credential=smtp username=U password=P create=true
	drive plan "$@"
	not [ -e "$D/secret" ]
	is "$(ls "$S")" ''
	echo "$OLD $SECRET" | drive write "$@"
	is "$(stat -c %a "$S/smtp")" 600
	show smtp | cmp - <(printf 'U=%s\nP=%s\n' "$OLD" "$SECRET")
	cp -p "$S/smtp" "$D/kept"
	echo "$OLD $SECRET" | drive write "$@"
	cmp "$S/smtp" "$D/kept"
}
plan() { # WORD [KEY=VALUE...]: drive plan says it, on success or failure
	drive plan "${@:2}" >"$D/plan" 2>&1 || true
	cat "$D/plan"
	grep -q -F -e "$1" "$D/plan" &&
	    not grep -q -F -e "$SECRET" "$D/plan"
}
plans() {
	world_of_creds smtp
	printf 'username=%s\npassword=%s\n' "$OLD" "$SECRET" | put smtp
	plan 'so pickup may be 0s' credential=smtp unit=mailer.service
	plan 'warning a unit gets its credentials when it starts' credential=smtp
	plan missing credential=none
	plan 'encrypt the pair into' credential=none create=true
	plan 'the password as p, then the user name as u' create=true \
	    username_credential=u password_credential=p
	cp "$S/smtp" "$S/other"
	plan 'see why: systemd-creds decrypt' credential=other
	plan '/nonexistent/c' credential=smtp systemd_creds=/nonexistent/c
	plan '/nonexistent/s' credential=smtp systemctl=/nonexistent/s unit=x
	chmod 755 "$D" "$S" "$D/bin"
	chmod 644 "$S/smtp"
	touch "$D/ran"
	chmod 666 "$D/ran"
	cp "$DRIVE" "$D/drive"
	DRIVE="setpriv --reuid=nobody --regid=nogroup --clear-groups $D/drive"
	drive() {
		$DRIVE systemd-credential "$1" store="$S" \
		    systemd_creds="$D/bin/systemd-creds" "${@:2}"
	}
	plan 'denied' credential=smtp
	plan 'may not read the key of this host' credential=smtp
}
restart_fails() {
	world_of_creds smtp
	printf 'username=%s\npassword=%s\n' "$OLD" "$SECRET" | put smtp
	not drive activate credential=smtp unit=other.service 2>"$D/err"
	grep -q 'the credential is in place; see: systemctl status' "$D/err"
	drive activate credential=smtp unit=mailer.service restart=always
	grep -q -x 'systemctl restart mailer.service' "$D/ran"
}

try 'one credential: a rotation, and the unit sends with the new key' one
try 'two credentials: a rotation, and the unit sends with the new key' two
try 'stopped between the two' half
try 'a credential that is not there is made' made
try 'plan says what is needed' plans
try 'a restart that fails is told' restart_fails
done_testing
