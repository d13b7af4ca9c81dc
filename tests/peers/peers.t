#!/bin/bash
# peers.t: each defect that was found in a public rotator, or that caused one
# of the outages which are told in public, and the test that shows that we do
# not have it. Where another file has that test already, it is named: that it
# exists there, and is run, is what is checked here. The others are below, with
# the real program. TAP.
#
# Sources are issues and files of the project named, or the post-mortem; "A1"
# and the like number what was seen when they were run against an emulator.
. "$(dirname "$0")/../e2e/lib.sh"
sandbox_start --region us-east-1 --seed 11

# --- the table: peer, defect, and where it is disproved ---

named() { # FILE NAME: a test of that name is in a file that `make check` runs
	local f=tests/$1 name=$2
	[ -f "$f" ] || { echo "no file $f" && return 1; }
	case $1 in
	e2e/*.t) grep -q -E "^(try|try_[a-z]+|ok|	ok) ['\"]" "$f" &&
		grep -v '^ *#' "$f" | grep -q -F -e "'$name'" -e "\"$name\"" ;;
	*.t | *.py) grep -v '^ *#' "$f" | grep -q -F -e "$name" ;;
	unit/*.c) grep -q -E "(cmocka_unit_test|TEST)[a-z_]*\(\s*$name[,)]" "$f" ||
		tr -d '\n\t' <"$f" | grep -q -E "cmocka_unit_test[a-z_]*\( *$name[,)]" ;;
	*) false ;;
	esac || { echo "$f has no test '$name'" && return 1; }
}
runs_in_check() { # FILE
	case $1 in
	unit/*.c) grep -q 'find $asan/tests/unit' tests/check.sh ;;
	*) grep -q -F "tests/${1%/*}/*.t" tests/check.sh ;;
	esac || { echo "tests/check.sh does not run tests/$1" && return 1; }
}
row() { # PEER DEFECT [FILE NAME]...
	local what="$1: $2"
	shift 2
	try "$what" proved "$@"
}
proved() {
	[ $# -ge 2 ]
	while [ $# -gt 0 ]; do
		named "$1" "$2"
		runs_in_check "$1"
		shift 2
	done
}

# A row that names what is not there has to fail.
honest() {
	! named e2e/rotation.t 'no such test'
	! named e2e/nowhere.t straggler
	! named unit/test_engine_back.c refused_for
	named unit/test_engine_back.c refused_for_ever
	! runs_in_check demo/mailer.c
	# the comment above is none
	! named e2e/recovery.t 'rotate.t: the real program'
}
try 'a row that names no test fails' honest

# -- bug classes of public rotators --
row 'serverless-mail (A1)' \
    'marked as done before the clients have it; the retry does nothing' \
    e2e/rotation.t 'a partial push harms nobody and goes on with the same key' \
    unit/test_engine_clients.c any_subset_of_clients_fails
row 'serverless-mail (A2, A3), mycodeself, cloud-key-rotator, Infisical' \
    'a create that is repeated: an orphan, then LimitExceeded for ever' \
    e2e/recovery.t 'a lost reply: the orphan is found and deleted' \
    e2e/recovery.t 'killed while a key is made, resumed' \
    crash/crash.t CRASH_PAIRS
row 'Vault (rotation.go), OpenBao' \
    'a new key that cannot be saved is lost, and the retry deletes the one in use' \
    e2e/bad_input.t 'a full disk under the state'
row 'Vault #9606' 'a second node makes a key that it cannot save' \
    e2e/recovery.t 'two at once: the second leaves with 75' \
    unit/test_engine_retire.c a_lost_lease_ends_the_run
row 'Vault (deleteCredential)' \
    'the own record goes before the key does: forgotten when that fails' \
    e2e/recovery.t 'killed while the old key is deleted' \
    unit/test_engine_retire.c lost_answers_on_the_way_out
row 'Vault #28989' 'a value that is no good is retried for ever' \
    unit/test_engine_back.c refused_for_ever
row 'mycodeself' 'an unknown kind of target is a warning, the key is gone' \
    e2e/bad_input.t 'a mistyped configuration: file, line, column, nearest name' \
    e2e/bad_input.t 'a client that cannot take a pair: before any key is made'
row 'mycodeself, cloud-key-rotator, dehydrated #375' \
    'half of the targets written, and no record of which' \
    e2e/rotation.t 'a partial push harms nobody and goes on with the same key' \
    unit/test_engine_clients.c any_subset_of_clients_fails
row 'cloud-key-rotator (SSM), rhyeal, binxio' \
    'user name and password of different keys' \
    e2e/platforms.t 'half a pair at GitHub: said, and mended' \
    e2e/systemd_credential.t 'stopped between the two' \
    e2e/aws_stores.t 'a parameter changed between our read and our write'
row 'thoughtbot' 'tested by STS and never by SMTP' \
    e2e/answers.t 'a new key that SES refuses for ever: it goes, the old one stays' \
    e2e/rotation.t 'another region has another password'
row 'serverless-mail' 'the test does not look at the certificate' \
    e2e/bad_input.t 'the wrong endpoint: silent, another name, clear text, not the pinned' \
    matrix/tls_cells.py '"self-signed": "self-signed"'
row 'aws-secrets-manager-rotation-lambdas (12 of 22)' \
    'without TLS when TLS is not to be had' \
    e2e/bad_input.t 'the wrong endpoint: silent, another name, clear text, not the pinned' \
    matrix/tls_cells.py STARTTLS
row 'thoughtbot (5 s), rhyeal (3 s), aws-vault #170 (8 s), willdady (5 min)' \
    'a fixed sleep instead of a proof' \
    e2e/rotation.t 'a new key that is refused at first settles' \
    unit/test_engine_clients.c a_new_key_is_refused_at_first
row 'rotation lambda 2cdd79c, aws-vault #132' \
    'a kind of refusal that is not known passes the test' \
    e2e/answers.t 'a mail server that is none, or not ours' \
    matrix/smtp_cells.py 535
row 'serverless-mail (A5)' 'the way of an error crashes and hides the cause' \
    e2e/answers.t 'a mail server that is none, or not ours' \
    e2e/answers.t 'a list that is cut, huge, nested, a bomb, a web page' \
    matrix/matrix.t MATRIX_FULL
row 'serverless-mail, AWS samples' 'only the first page of a list is seen' \
    e2e/recovery.t 'lists that lag behind, one key a page'
row 'serverless-mail before #19, rhyeal, skildops, keithwan' \
    'secrets in logs, arguments, mail, URLs' \
    leak/leak.t 'rotation, log {form}' \
    leak/states.t 'a crash in every state' \
    leak/tokens.t 'a rotation through nine clients'
row 'thoughtbot, cloud-key-rotator' 'the secret access key itself is kept' \
    leak/states.t 'every exception is needed'
row 'serverless-mail (Postfix), aws-rotate-key, lego' \
    'configuration is truncated and written in place' \
    crash/crash.t 'each client'"'"'s file' \
    e2e/bad_input.t 'a full disk under a client'
row 'serverless-mail (D)' \
    'a table of two relays becomes one broken line' \
    unit/test_sasl_passwd.c the_rest_stays \
    unit/test_sasl_passwd.c any_text
row 'serverless-mail (D)' 'copies with old secrets stay beside the file' \
    crash/crash.t left_over unit/test_drv_postfix.c left_by_a_crash
row 'serverless-mail (D)' 'a restart, not a reload; waiting mail is lost' \
    live/postfix.t queue unit/test_drv_postfix.c reloads
row 'Renovo' 'the id of another resource comes back: a leak, then LimitExceeded' \
    e2e/answers.t 'a new key that cannot be right'
row 'acme.sh #4659' 'an answer of the server is run as a command' \
    e2e/answers.t 'a new key in garbage' e2e/answers.t 'a new key that cannot be right'
row 'acme.sh' 'an empty answer overwrites what works' \
    e2e/answers.t 'a new key in a cut or empty answer'
row 'mycodeself, cloud-key-rotator, ermes, rhyeal' 'no lock: two runs, two keys' \
    e2e/recovery.t 'two at once: the second leaves with 75'
row 'OpenBao' 'what fails falls out of the queue' \
    e2e/recovery.t 'throttled, and told to come back' \
    e2e/recovery.t 'a call that never arrived'
row 'several' 'a placeholder is taken for a password' \
    unit/test_engine_clients.c what_is_no_password_is_not_kept
row 'several' 'a word that anybody can say retires a key' \
    e2e/people.t 'a word that is not true: use of the old key blocks it' \
    e2e/people.t 'nothing is retired without a word'
row 'ermes, cloud-key-rotator' 'one user that fails stops the rest' \
    e2e/rotation.t 'one identity fails, the other goes on'
row 'skildops, tblakex01' 'a deadline retires although nothing was delivered' \
    e2e/people.t 'the deadline: an alarm at every run' \
    e2e/people.t 'nothing is retired without a word'
row 'serverless-mail' 'a host that is off is not in the list' \
    e2e/remote.t 'nobody listens' unit/test_engine_clients.c any_subset_of_clients_fails
row 'serverless-mail, Vault (rotate-root)' 'the old key goes at once' \
    e2e/rotation.t 'a straggler: named, nothing retired, released' \
    unit/test_engine_retire.c a_straggler_in_grace
row 'osdctl #878, boxlite #1336' 'a new key that nobody can use stays for ever' \
    e2e/answers.t 'a new key that SES refuses for ever: it goes, the old one stays'
row 'aws-vault #60, granted #388' 'the second run, some days later, cannot go on' \
    e2e/rotation.t 'a straggler: named, nothing retired, released' \
    e2e/recovery.t 'killed while the old key is switched off'
row 'thoughtbot #22 (Looker)' 'a client that no program can change breaks' \
    e2e/rotation.t 'a manual client: asked, confirmed, finished'

# -- outages that were told in public --
row 'P1 Cloudflare R2, 2025' 'pushed to the wrong environment' \
    e2e/bad_input.t 'credentials of another account' \
    unit/test_engine_clients.c a_lying_client_is_found_out_at_once
row 'P2 MetaPulse, 2023; P4 GitHub, 2024' 'a server went on with the old key' \
    e2e/rotation.t 'a straggler: named, nothing retired, released' \
    e2e/platforms.t 'a job that still has the old pair keeps the old key'
row 'P3 GitHub, 2023 (a)' 'going back switched off a key in use' \
    e2e/rotation.t 'rollback in QUIET: the old key is switched on first' \
    unit/test_engine_back.c a_straggler_on_the_key_that_is_given_up
row 'P3 GitHub, 2023 (b)' 'some servers got the pair, others not' \
    unit/test_engine_clients.c any_subset_of_clients_fails
row 'P5 Azure AD, 2021' 'a key marked to be kept was removed' \
    e2e/rotation.t 'hold: before the start and in GRACE; release' \
    unit/test_engine_retire.c a_hold_at_any_moment
row 'P6 Storm-0558' 'a key in a crash dump' \
    leak/states.t 'a core is seen, and cannot come'
row 'P7 Cloudflare, 2023' 'a redacted value is written back' \
    unit/test_options.c gate
row 'P8 GoCardless, 2020' 'renewed, but not loaded' \
    unit/test_engine_clients.c failing_reads_and_reloads \
    e2e/systemd_credential.t 'a restart that fails is told' \
    unit/test_engine_clients.c an_unreadable_liar_is_found_out_by_its_use
row 'P9 Epic, 2021; P12 Cloudflare, 2023' 'what nobody lists is taken for unused' \
    e2e/rotation.t 'two foreign keys: named, adopted, the other is retired' \
    e2e/rotation.t 'adopt refuses a key that the clients are not on'
row 'P10 Slack, 2021' 'going back while old answers are still under way' \
    unit/test_engine_back.c back_while_a_deactivation_is_out
row 'P11 ICANN root KSK, 2017' 'the schedule wins over the evidence of use' \
    unit/test_engine_retire.c a_straggler_at_the_last_moment
row 'P13 Vacademy #2396' 'a hidden override keeps the old pair' \
    e2e/rotation.t 'configuration management puts the old pair back' \
    e2e/rotation.t 'a straggler: named, nothing retired, released'
row 'P14 femiwiki #528' 'by hand means never' \
    e2e/rotation.t 'a key that is old enough is rotated without --force'

# --- those that no other file has ---

effects() { # every call that changed something: ACTION KEY, in order
	ctl GET '/log?all=1' | python3 -c '
import json, sys
for c in json.load(sys.stdin):
    if c["event"] == "call" and c["effect"]:
        print(c["action"], c["key"])
    elif c["event"] == "auth_ok":
        print("auth", c["key"])'
}

# shellcheck disable=SC2317
order() {
	conf
	until_idle
	finished
	effects >"$D/effects"
	is "$(grep -v '^auth' "$D/effects" | cut -d' ' -f1 | tr '\n' ' ')" \
	    'CreateAccessKey UpdateAccessKey DeleteAccessKey '
	grep -x "UpdateAccessKey $OLD" "$D/effects"
	grep -x "DeleteAccessKey $OLD" "$D/effects"
	# The new key was proved by mail's own way before the old one was touched,
	# and again between off and away.
	sed -n '/^Create/,/^Update/p' "$D/effects" | grep -c "^auth $NEW" >"$D/n"
	[ "$(cat "$D/n")" -ge 3 ]
	sed -n '/^Update/,/^Delete/p' "$D/effects" | grep -q "^auth $NEW"
}
try 'ermes, Infisical, boxlite: the old key goes before there is a new one' order

no_choice() { # a second key, not ours: whichever is older, nothing happens
	local i before
	conf
	before=$(keys)
	for i in 1 2 3; do
		gives 13 --force
	done
	is "$(effects | grep -v '^auth' || true)" ''
	is "$(keys)" "$before"
	holds app "$1"
}
# shellcheck disable=SC2317
older_in_use() {
	new_key >/dev/null
	no_choice "$OLD"
}
# shellcheck disable=SC2317
newer_in_use() {
	local new
	sleep 1.1 # CreateDate is in whole seconds
	new=$(new_key)
	env_file "$D/app.env" "$new" us-east-1
	no_choice "$new"
}
try 'thoughtbot (B3), aws-rotate-key -y: the other key is deleted' older_in_use
try 'Vault, conjur, willdady: the oldest key is deleted' newer_in_use

# shellcheck disable=SC2317
one_success() { # one log-in works, and then none; two, and then none
	local n
	for n in 1 2; do
		fresh
		fault '{"service":"smtp","action":"auth","kind":"reply","skip":'$n',
		    "times":-1,"arg":{"code":535,"text":"5.7.8 not yet"}}'
		SETTLE=300ms conf
		sed -i 's/successes: 2/successes: 3/' "$D/rotate.yaml"
		keep
		rotate --force
		[ "$code" != 0 ]
		is "$(effects | sed '0,/^Create/d' | grep -c '^auth')" $n
		cmp "$D/app.env" "$D/kept"
		is "$(look "keys['$OLD']")" Active
	done
}
try 'rhyeal #81: one success is taken for all' one_success

# shellcheck disable=SC2317
first_time() { # no key yet: the first one is proved like any other
	rm "$D/app.env"
	fresh 0
	printf 'SMTP_USER=\nSMTP_PASS=\n' >"$D/app.env"
	chmod 600 "$D/app.env"
	cp -p "$D/app.env" "$D/kept"
	fault '{"service":"smtp","action":"auth","kind":"reply","times":-1,
	    "arg":{"code":535,"text":"5.7.8 no"}}'
	SETTLE=300ms conf
	rotate --force
	[ "$code" != 0 ]
	says refused
	cmp "$D/app.env" "$D/kept"
}
try 'serverless-mail (A4): the first run has no tests' first_time

# shellcheck disable=SC2317
told() { # whatever goes wrong, the exit code says so, and a person is told
	local what
	for what in create list account smtp client disk; do
		fresh
		conf
		case $what in
		create) knobs '{"deny":["iam:CreateAccessKey"]}' ;;
		list) knobs '{"deny":["iam:ListAccessKeys"]}' ;;
		account) knobs '{"wrong_account":"999999999999"}' ;;
		smtp) sed -i "s/port: $PORT,/port: 1,/; s/timeout: 20s/timeout: 300ms/" \
		    "$D/rotate.yaml" ;;
		client) sed -i 's/username: SMTP_USER/username: NOBODY/' "$D/rotate.yaml" ;;
		disk) : >"$D/state" ;;
		esac
		rotate --force
		case $code in 0 | 10) echo "$what: exit code $code" && return 1 ;; esac
		grep -q ' error \| alert ' "$D/err"
		grep -q 'fix=' "$D/err"
		[ "$what" = client ] || holds app "$OLD"
	done
}
try 'mycodeself, keithwan: failures end with 0' told

# shellcheck disable=SC2317
any_region() { # also one that nobody has heard of yet
	local r want
	for r in eu-west-1 us-gov-west-1 mx-orbit-9; do
		want=$(python3 - "$r" <<-'END'
			import base64, hashlib, hmac, sys
			key = b"AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
			for word in ("11111111", sys.argv[1], "ses", "aws4_request",
			             "SendRawEmail"):
			    key = hmac.new(key, word.encode(), hashlib.sha256).digest()
			print(base64.b64encode(b"\4" + key).decode())
		END
		)
		is "$(echo wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY |
		    "$ROTATE" derive --region "$r" | tr -s ' \t' ' ')" "$r $want"
	done
	REGIONS=mx-orbit-9 conf
	gives 0 status
}
try 'pepperize (18 regions), Renovo (14): regions in a list' any_region

# shellcheck disable=SC2317
asked_for() { # the next run carries out what a person has asked for
	cp "$D/app.env" "$D/kept"
	GRACE=1h conf
	gives 10 --force
	fault '{"service":"iam","kind":"reset_before","times":-1}'
	rotate rollback mail --yes
	is_state RB
	ctl DELETE /faults >/dev/null
	set_span grace 0s
	while [ "$(state)" != IDLE ]; do
		rotate --identity mail
		case $code in 0 | 10) ;; *) return 1 ;; esac
		! grep 'SES refused' "$D/err"
	done
	finished
	is "$NEW" "$OLD"
	cmp "$D/app.env" "$D/kept"
}
try 'P3 GitHub: a way back that is told as something else' asked_for

# shellcheck disable=SC2317
stopped() { # Vault #21935, P6, P14: status says it
	AGE=1ms conf
	knobs '{"deny":["iam:CreateAccessKey"]}'
	rotate
	[ "$code" != 0 ]
	gives 0 status
	says AccessDenied
	gives 0 status mail
	says AccessDenied 'iam:CreateAccessKey'
	python3 - "$("$ROTATE" -c "$D/rotate.yaml" status --json)" <<-'END'
		import json, sys
		row, = json.loads(sys.argv[1])["identities"]
		assert "AccessDenied" in json.dumps(row), row
	END
}
try 'Vault #21935, P6: nobody sees that rotation has stopped' stopped

done_testing
