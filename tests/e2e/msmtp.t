#!/usr/bin/env bash
# The msmtp driver with the real msmtp: a rotation, after which mail goes with
# the new key, and what msmtp itself makes of odd files.
. "$(dirname "$0")/lib.sh"
DRIVE=$(first_of ${DRIVE:-build/asan/tests/e2e/drive build/tests/e2e/drive}) ||
	exit 1
command -v msmtp >/dev/null || { echo '1..0 # SKIP no msmtp' && exit 0; }
sandbox_start

rc() { # [USER PASSWORD]: the configuration, by default with OLD
	R=$D/msmtprc
	cat >"$R" <<-END
		# mail
		defaults
		tls on
		tls_starttls on
		tls_trust_file $SANDBOX_CA
		timeout 20

		account other
		host smtp.other.org
		user me
		password "secret word"

		account ses
		host localhost
		port $PORT
		from a@example.com
		auth plain
		  user  ${1:-$OLD}
		password	${2:-$(password "$OLD" us-east-1)}
		# end

		account default : ses
	END
	chmod 600 "$R"
}
not() { # a plain ! would not end a test
	if "$@"; then
		return 1
	fi
}
drive() { # OPERATION [KEY=VALUE...]
	local op=$1
	shift
	"$DRIVE" msmtp "$op" path="$R" account=ses "$@"
}
send() { printf 'Subject: x\n\nx\n' | msmtp -C "$R" "$1@example.org"; }
mails() { # the keys that mail came with, in order
	ctl GET /log | python3 -c '
import json, sys
log = json.load(sys.stdin)
log = log["events"] if isinstance(log, dict) else log
print(" ".join(e["key"] for e in log if e["event"] == "mail"))'
}

rotation() {
	rc
	conf - <<-END
		  - name: mta
		    type: msmtp
		    path: $R
		    account: ses
		    pickup: 0s
	END
	send one
	is "$(mails)" "$OLD"
	cp -p "$R" "$D/before"
	until_idle
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	not [ "$NEW" = "$OLD" ]
	send two
	is "$(mails)" "$OLD $NEW"
	is "$(stat -c %a "$R")" 600
	diff "$D/before" "$R" >"$D/diff" || true
	is "$(grep -c '^>' "$D/diff")" 2
	not grep -F -e "$(password "$NEW" us-east-1)" "$D/out" "$D/err"
}
plan() { # WORD [KEY=VALUE...]: drive plan says it, on success or failure
	drive plan "${@:2}" >"$D/plan" 2>&1 || true
	cat "$D/plan"
	grep -q -F -e "$1" "$D/plan" &&
	    not grep -q -F -e "$(password "$OLD" us-east-1)" "$D/plan"
}
plans() {
	rc
	plan 'change set user and password of account ses in'
	not plan warning
	plan 'takes user or password from elsewhere' account=default
	plan client account=none
	plan missing path="$D/none"
	plan /nonexistent/msmtp msmtp=/nonexistent/msmtp
	chmod 640 "$R"
	plan 'mode 0640'
	chmod 600 "$R"
	echo 'nonsense here' >>"$R"
	plan 'see why: msmtp --pretend'
}
commands() { # a command that gives the password, or any setting
	rc
	sed -i 's/^password\t.*/passwordeval echo x/' "$R"
	plan passwordeval
	not drive read
	rc
	sed -i "s|^password\t.*|&\npasswordeval echo x|" "$R"
	plan passwordeval
}
foreign() { # a file that another user may write is never given to msmtp
	[ "$(id -u)" = 0 ] || skip 'not root'
	rc
	echo "eval touch $D/ran" >>"$R"
	drive plan || true
	[ -e "$D/ran" ]
	rm "$D/ran"
	chown nobody "$R"
	plan 'somebody else may write'
	drive read
	not [ -e "$D/ran" ]
	chown root "$R"
	mkdir "$D/home"
	mv "$R" "$D/home"
	R=$D/home/msmtprc
	chmod 775 "$D/home"
	plan 'somebody else may write'
	not [ -e "$D/ran" ]
	chmod 755 "$D/home"
	chmod 622 "$R"
	plan 'somebody else may write'
	not [ -e "$D/ran" ]
	chmod 600 "$R"
	chown nobody "$D/home"
	plan 'somebody else may write'
	not [ -e "$D/ran" ]
}

try 'a rotation, and mail goes with the new key' rotation
try 'plan says what msmtp would do' plans
try 'a password that a command gives is refused' commands
try 'the file of another user is not run' foreign
done_testing
