#!/bin/bash
# answers.t: answers that are none, of IAM to reading and to making a key, and
# of the mail server: cut, garbage, floods, bombs, pages of a captive portal,
# wrong certificates, refusals. The peer is named, and nothing is lost. What
# only takes long is in slow.t. TAP.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 7

is_key() { is "$(look "keys.get('$1', 'Gone')")" "$2"; } # KEY STATUS
remedy() { says "fix="; }

read_answers() {
	local kind
	conf
	keep
	for kind in truncate empty garbage html huge nested bomb redirect; do
		fault '{"service":"iam","action":"ListAccessKeys","kind":"'$kind'","times":-1}'
		rotate --force
		case $code in 69 | 76) ;; *) is "$kind $code" '69 or 76' ;; esac
		says "${AWS_ENDPOINT_URL#*//}" ListAccessKeys
		calm
		ctl DELETE /faults >/dev/null
	done
	until_idle
	finished
}
try 'a list that is cut, huge, nested, a bomb, a web page' read_answers

create_answers() { # KIND...: as the answer to CreateAccessKey
	local kind
	for kind; do
		fresh
		LATE=200ms conf
		cp "$D/app.env" "$D/kept"
		fault '{"service":"iam","action":"CreateAccessKey","kind":"'$kind'"}'
		gives 10 --force
		cmp "$D/app.env" "$D/kept"
		is_key "$OLD" Active
		until_idle 100
		finished
	done
}
try 'a new key in a cut or empty answer' create_answers truncate empty
try 'a new key in garbage' create_answers garbage html redirect
try 'a new key in a flood' create_answers huge nested bomb
try 'a new key that cannot be right' create_answers short_secret wrong_user

smtp_answers() {
	local f
	SETTLE=400ms conf
	cp "$D/app.env" "$D/kept"
	knobs '{"smtp_idle_ms":300}'
	while read -r want word f; do
		ctl DELETE /faults >/dev/null
		fault "{\"service\":\"smtp\",\"times\":-1,$f}"
		rotate --force
		[[ ,$want, == *,$code,* ]] || is "$code" "$want"
		says "localhost:$PORT" "$word"
		remedy
		is_state CREATED
		cmp "$D/app.env" "$D/kept"
	done <<-'END'
		69 451 "action":"banner","kind":"garbage"
		76 trusted "kind":"no_starttls"
		76 PLAIN "kind":"no_auth"
		76 TLS "kind":"inject"
		76 trusted "kind":"tls_garbage"
		76 trusted "kind":"tls11"
		76 certificate "kind":"bad_cert","arg":"wrong_name"
		76 certificate "kind":"bad_cert","arg":"expired"
		76 certificate "kind":"bad_cert","arg":"self_signed"
		76 trusted "kind":"bad_cert","arg":"unknown_ca"
		69 421 "action":"banner","kind":"reply","arg":{"code":421,"text":"busy"}
		69 454 "action":"auth","kind":"reply","arg":{"code":454,"text":"later"}
		76 500 "action":"auth","kind":"reply","arg":{"code":500,"text":"what"}
		69 broke "action":"auth","kind":"drop"
		69,76 fix= "action":"ehlo","kind":"endless"
	END
	ctl DELETE /faults >/dev/null
	is "$(look 'list(keys.values())')" $'Active\nActive'
	set_span settle '{ successes: 2, interval: 0s, timeout: 20s }'
	until_idle
	finished
	is "$(made)" 1
}
try 'a mail server that is none, or not ours' smtp_answers

refused() {
	SETTLE=1s conf
	cp "$D/app.env" "$D/kept"
	fault '{"service":"smtp","action":"auth","kind":"reply","arg":{"code":535,"text":"no"},"times":-1}'
	gives 77 --force --wait=1m
	says 'the former one stays in use' 'rotate history mail'
	[ "$(state)" = IDLE ] || until_idle
	is "$(keys)" "$OLD Active"
	is "$(made)" 1
	cmp "$D/app.env" "$D/kept"
	gives 0 history
	says 'was refused'
	gives 0
	is "$(made)" 1
	ctl DELETE /faults >/dev/null
	until_idle
	finished
}
try 'a new key that SES refuses for ever: it goes, the old one stays' refused

nobody_there() {
	SETTLE=400ms PORT=1 conf
	cp "$D/app.env" "$D/kept"
	gives 69 --force
	says localhost:1
	remedy
	is_key "$OLD" Active
	cmp "$D/app.env" "$D/kept"
	sed -i "s/port: 1,/port: $SMTP_STARTTLS_PORT_us_east_1,/" "$D/rotate.yaml"
	until_idle
	finished
	is "$(made)" 1
}
try 'no mail server at that port' nobody_there

done_testing
