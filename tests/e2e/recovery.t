#!/bin/bash
# recovery.t: the real program against the sandbox when calls are lost, late or
# refused for the moment, when it is killed, and when two run at once. However
# it goes, it ends with one key that every client holds. TAP.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 7

# --- lost, late, slow ---

lost() {
	fault '{"service":"iam","action":"CreateAccessKey","kind":"reset_after"}'
	LATE=1s conf
	gives 10 --force
	says 'may still land'
	is "$(look 'len(keys)')" 2
	cp "$D/app.env" "$D/kept"
	until_idle 100
	finished
	is "$(made)" 2
	gives 0 history
	says 'made by a call whose answer was lost' 'the leftover'
}
try 'a lost reply: the orphan is found and deleted' lost

late() {
	fault '{"service":"iam","action":"CreateAccessKey","kind":"late","arg":500}'
	LATE=1s conf
	gives 10 --force
	until_idle 100
	finished
	is "$(look 'len(keys)')" 1
}
try 'a key that lands late' late

never_landed() {
	fault '{"service":"iam","action":"CreateAccessKey","kind":"reset_before"}'
	LATE=1s conf
	gives 10 --force
	until_idle 100
	finished
	is "$(made)" 1
}
try 'a call that never arrived' never_landed

throttled() {
	fault '[{"service":"iam","kind":"throttle","times":3},
	    {"service":"iam","action":"CreateAccessKey","kind":"throttle"},
	    {"service":"iam","action":"UpdateAccessKey","kind":"status503"},
	    {"service":"iam","action":"DeleteAccessKey","kind":"status500"}]'
	conf
	until_idle
	[ "$(state)" = IDLE ] && [ "$(holder)" != "$OLD" ] || until_idle
	finished
	is "$(made)" 1
}
try 'throttled, and told to come back' throttled

stale() {
	conf
	sleep 1 # the key that is there is older than the lag
	knobs '{"stale_list_ms":800,"page_size":1}'
	until_idle 60
	finished
}
try 'lists that lag behind, one key a page' stale

# --- processes ---

two_at_once() {
	fault '{"service":"iam","action":"GetUser","kind":"hang","arg":4000}'
	GRACE=1h conf
	"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
	first=$!
	until_true is_busy
	gives 75 --force
	says "$first"
	gives 0 status
	gives 0 hold mail
	gives 0 release mail
	wait $first || is $? 10
	is_state GRACE
	is "$(made)" 1
}
is_busy() { [ "$(look 'sum(c.get("faults", {}).values())')" -gt 0 ]; }
try 'two at once: the second leaves with 75' two_at_once

killed() { # SERVICE ACTION MADE: kill -9 while the answer to that call drips
	kind=slow
	[ "$1" = iam ] || kind=drip
	fault '{"service":"'"$1"'","action":"'"$2"'","kind":"'$kind'","arg":200}'
	LATE=1s conf
	"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
	first=$!
	i=0
	until is_busy; do
		kill -0 $first 2>/dev/null || { # it waited for something before
			wait $first || :
			"$ROTATE" -c "$D/rotate.yaml" --force >"$D/first" 2>&1 &
			first=$!
		}
		i=$((i + 1))
		[ $i -lt 100 ]
		sleep 0.05
	done
	kill -KILL $first
	wait $first || is $? 137
	gives 0 history
	[ "$(look '"Active" in keys.values()')" = True ]
	gives 0 verify
	until_idle 100
	finished
	is "$(made)" "$3"
}
try 'killed while a key is made, resumed' killed iam CreateAccessKey 2
try 'killed while it is proved, resumed' killed smtp auth 1
try 'killed while the old key is switched off' killed iam UpdateAccessKey 1
try 'killed while the old key is deleted' killed iam DeleteAccessKey 1

made_again() { # the user, in the middle: its keys are gone with it
	fault '{"service":"smtp","action":"auth","kind":"reply","arg":{"code":454,"text":"later"},"times":-1}'
	SETTLE=400ms conf
	gives 69 --force
	is_state CREATED
	ctl DELETE /faults >/dev/null
	ctl DELETE /users/ses-mail >/dev/null
	NEW=$(ctl POST /users '{"name":"ses-mail","keys":1}' |
	    grep -o 'AKIA[A-Z0-9]*' | head -1)
	env_file "$D/app.env" "$NEW" us-east-1
	gives 13 --identity mail
	gives 0 release mail
	gives 13 --identity mail
	says 'deleted and made again' 'rotate adopt mail'
	gives 0 adopt mail
	is_state IDLE
	OLD=$NEW
	until_idle
	finished
	[ "$NEW" != "$OLD" ]
}
try 'the user is made again in the middle' made_again

# --- a bad day ---

adversity() {
	knobs '{"adversity":20}'
	LATE=1s conf
	until_idle 60
	i=0
	while [ "$(holder)" = "$OLD" ]; do
		i=$((i + 1))
		[ $i -lt 20 ]
		until_idle 60
	done
	knobs '{"adversity":0}'
	until_idle 20
	finished
	[ "$(look 'sum(c.get("adversity", {}).values())')" -gt 0 ]
}
try 'one request in five goes wrong' adversity

done_testing
