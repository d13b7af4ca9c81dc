#!/bin/bash
# Clients that only a person can change: what they are shown, what their word
# is worth, and what happens when it does not come.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 7

person() { # [LINE...]: one manual client, and the program that is alarmed
	cat >"$D/alarm" <<-END
		#!/bin/sh
		cat >>$D/alarms
		echo >>$D/alarms
	END
	chmod 755 "$D/alarm"
	: >"$D/alarms"
	MORE="alarm: [$D/alarm]"
	{
		printf '  - { name: gmail, type: manual, preset: gmail, '
		printf 'what: news@example.com, pickup: 0s%s }\n' "${1:+, $1}"
	} | conf -
}
alarms() { grep -c identity "$D/alarms" || true; }
send() { # KEY: somebody logs in and sends a mail with that pair
	python3 - "$1" "$(password "$1" us-east-1)" "$PORT" "$SANDBOX_CA" <<-'END'
		import smtplib, ssl, sys
		s = smtplib.SMTP("localhost", int(sys.argv[3]))
		s.starttls(context=ssl.create_default_context(cafile=sys.argv[4]))
		s.login(sys.argv[1], sys.argv[2])
		s.sendmail("a@example.com", ["b@example.com"], "Subject: x\n\nx\n")
		s.quit()
	END
}
asked() { # until the person's turn; NEW is the key
	gives 11 --force
	NEW=$(look '[k for k in keys if k != "'"$OLD"'"]')
	[ -n "$NEW" ]
}

steps_without_a_password() {
	local p
	person
	asked
	says 'See all settings' 'Accounts and Import' 'edit info' "$NEW" \
	    'Save Changes' 'rotate show-once gmail' 'rotate confirm gmail'
	p=$(password "$NEW" us-east-1)
	gives 11 --force
	rotate status mail
	says 'See all settings' 'Save Changes'
	rotate history mail
	cat "$D/out" "$D/err" "$D/alarms" >"$D/all"
	! grep -F -e "${p:0:20}" "$D/all"
	! grep -r -F -a -e "${p:0:20}" "$D/state"
}
shown_on_a_terminal_only() {
	person
	asked
	for to in "$D/file" /dev/null; do
		code=0
		"$ROTATE" -c "$D/rotate.yaml" show-once gmail >"$to" \
		    2>"$D/err" </dev/null || code=$?
		is "$code" 64
	done
	[ ! -s "$D/file" ]
	! "$ROTATE" -c "$D/rotate.yaml" show-once gmail 2>"$D/err" | grep .
	script -qec "$ROTATE -c $D/rotate.yaml show-once gmail" /dev/null \
	    >"$D/tty" </dev/null
	grep -q -F "$(password "$NEW" us-east-1)" "$D/tty"
	rotate history mail # who saw it is known, what was seen is not
	says "password of $NEW shown to"
	! grep -q -F "$(password "$NEW" us-east-1)" "$D/out"
}
nothing_is_retired_without_a_word() {
	person
	asked
	for _ in 1 2 3; do
		gives 11 --force
	done
	is "$(keys | sort)" "$(printf '%s Active\n' "$OLD" "$NEW" | sort)"
}
a_word_before_the_question() {
	person
	gives 64 confirm gmail
	says 'nothing was asked of gmail'
	asked
	gives 0 confirm gmail
	until_idle
	is "$(look 'list(keys.values())')" Active
	is "$(look 'list(keys)')" "$NEW"
}
# The proof that a word alone retires nothing: the person says so, and goes on
# with the old pair. Its use after the word blocks the retirement.
a_word_that_is_not_true() {
	GRACE=1h person
	asked
	gives 0 confirm gmail
	rotate --force
	is_state GRACE
	verified=$(date +%s)
	until_true later_than "$verified" # IAM tells uses by the second
	send "$OLD"
	set_span grace 0s
	gives 13 --force
	says "$OLD is still used by a client nobody registered"
	is "$(keys | sort)" "$(printf '%s Active\n' "$OLD" "$NEW" | sort)"
	[ "$(alarms)" -gt 0 ]
	# It was an oversight: moved now, and the old key is used no more. The
	# use that was seen is remembered until a person lets it go on.
	gives 13 --force
	is "$(keys | sort)" "$(printf '%s Active\n' "$OLD" "$NEW" | sort)"
}
later_than() { [ "$(date +%s)" -gt "$1" ]; }
# A use before the word is what was to be expected.
used_until_the_word() {
	person
	asked
	send "$OLD"
	gives 0 confirm gmail
	until_idle
	is "$(look 'list(keys)')" "$NEW"
}
used_in_quiet() { # the old key is off, and switched on again for him
	QUIET=1h person
	asked
	gives 0 confirm gmail
	rotate --force
	is_state QUIET
	is "$(keys | sort)" "$(printf '%s\n' "$OLD Inactive" "$NEW Active" |
	    sort)"
	! send "$OLD"
}
the_deadline() { # an alarm at every run after it, none before
	person 'deadline: 1h'
	asked
	gives 11 --force
	is "$(alarms)" 0
	sed -i 's/deadline: 1h/deadline: 1s/' "$D/rotate.yaml"
	until_true overdue
	is "$(alarms)" 1
	says 'its deadline has passed' 'rotate confirm gmail'
	gives 11 --force
	is "$(alarms)" 2
	grep -q '"identity":"mail"' "$D/alarms"
	is "$(keys | sort)" "$(printf '%s Active\n' "$OLD" "$NEW" | sort)"
	gives 0 confirm gmail
	until_idle
	is "$(alarms)" 2
}
overdue() {
	gives 11 --force
	[ "$(alarms)" -gt 0 ]
}

try 'steps are complete and hold no password' steps_without_a_password
try 'the pair is shown on a terminal only, and noted' shown_on_a_terminal_only
try 'nothing is retired without a word' nothing_is_retired_without_a_word
try 'a word before the question is none' a_word_before_the_question
try 'a word that is not true: use of the old key blocks it' \
    a_word_that_is_not_true
try 'a use before the word does not' used_until_the_word
try 'in quiet the old key is off' used_in_quiet
try 'the deadline: an alarm at every run' the_deadline
done_testing
