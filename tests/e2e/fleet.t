#!/bin/bash
# fleet.t: many identities side by side: each gets its pair, one that fails or
# hangs keeps nobody from his, clients in one file take turns, rings wait for
# each other, and too many failures stop what has not begun. TAP.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 11

N=12
# A user and a file for each: u01 .. ; keys in $D/NAME.env.
people() { # [N]
	local i name
	names=
	for i in $(seq -f %02.0f 1 "${1:-$N}"); do
		name=u$i
		names="$names $name"
		env_file "$D/$name.env" "$(ctl POST /users \
		    '{"name":"'"$name"'","keys":1}' |
		    grep -o 'AKIA[A-Z0-9]*' | head -1)" us-east-1
	done
}
fleet() { # [LINE of the top...]; identity lines through extra NAME
	{
		cat <<-END
			account: "$SANDBOX_ACCOUNT"
			state: $D/state
			$(printf '%s\n' "$@")
			defaults:
			  regions: [us-east-1]
			  max_age: 1d
			  grace: $GRACE
			  quiet: 0s
			  slack: 0s
			  late_window: 0s
			  smtp: { host: localhost, port: $PORT, tls: starttls, ca_file: $SANDBOX_CA }
			  settle: { successes: 2, interval: 0s, timeout: 5s }
		END
		echo identities:
		for name in $names; do
			echo "  - { name: $name, regions: [us-east-1]$(extra "$name") }"
		done
		echo clients:
		for name in $names; do
			client "$name"
		done
	} >"$D/rotate.yaml"
	sed -i '/^  regions: \[us-east-1\]$/d' "$D/rotate.yaml"
}
extra() { :; }
client() {
	printf '  - { name: %s, identity: %s, type: file, path: %s, format: dotenv, ' \
	    "$1" "$1" "$D/$1.env"
	echo 'username: SMTP_USER, password: SMTP_PASS, pickup: 0s }'
}
all_keys() { # how many are Active: users times one, when all is over
	ctl GET /state | python3 -c '
import json, sys
s = json.load(sys.stdin)
for u in s["users"]:
    if u["name"].startswith("u"):
        print(u["name"], *(k["id"] for k in u["keys"] if k["status"] == "Active"))'
}
in_state() { # STATE: how many
	sqlite3 -cmd '.timeout 5000' "$(database)" \
	    "select count(*) from identity where state = '$1'"
}
everyone_has_one() {
	all_keys >"$D/keys"
	is "$(wc -l <"$D/keys")" "$N"
	while read -r name key more; do
		[ -z "$more" ] && holds "$name" "$key" ||
			{ echo "$name: $key $more; holds $(holder "$name")" && return 1; }
	done <"$D/keys"
}

all_at_once() {
	people
	fleet "jobs: 6"
	before=$(cat "$D"/u*.env | grep SMTP_USER | sort)
	gives 0 --force
	says 'run over' "identities=$N" 'failed=0'
	everyone_has_one
	is "$(in_state IDLE)" "$N"
	! cat "$D"/u*.env | grep SMTP_USER | sort | comm -12 - <(echo "$before") |
	    grep .
	gives 0 history
	gives 0
	is "$(cat "$D/out" "$D/err")" ''
}
one_lane_and_many() { # the same end, whatever the number
	people 5
	N=5
	fleet
	gives 0 --force --jobs 1
	everyone_has_one
	gives 0 --force --jobs 250
	everyone_has_one
	gives 64 --jobs 0
	says '--jobs=0 is no number'
	gives 64 --jobs 251
}
one_fails() { # the others never notice
	people
	fleet
	rm "$D/u03.env"
	rotate --force --json || :
	[ "$code" != 0 ]
	python3 - "$D/out" <<-'END'
		import json, sys
		r = json.load(open(sys.argv[1]))["identities"]
		assert [x["identity"] for x in r] == ["u%02d" % i for i in range(1, 13)]
		bad = [x["identity"] for x in r if x["result"] not in ("ok", "done")]
		assert bad == ["u03"], bad
	END
	is "$(in_state IDLE)" "$N"
	! all_keys | grep ' .* '
}
same_file() { # all of them write into one file: nothing is lost
	people
	client() {
		printf '  - { name: %s, identity: %s, type: file, path: %s, format: dotenv, ' \
		    "$1" "$1" "$D/all.env"
		echo "username: ${1}_USER, password: ${1}_PASS, pickup: 0s }"
	}
	fleet "jobs: 8"
	for name in $names; do
		sed -n "s/^SMTP_\(USER\|PASS\)=/${name}_\1=/p" "$D/$name.env"
		rm "$D/$name.env"
	done >"$D/all.env"
	gives 0 --force
	while read -r name key more; do
		[ -z "$more" ] && grep -q -x "${name}_USER=$key" "$D/all.env" &&
		grep -q -x "${name}_PASS=$(password "$key" us-east-1)" "$D/all.env" ||
			{ echo "$name: $key" && return 1; }
	done < <(all_keys)
	is "$(grep -c . "$D/all.env")" $((2 * N))
}
rings() { # the canary first; the others only when it is well
	people 4
	N=4
	GRACE=1h
	extra() { [ "$1" = u04 ] || echo ', ring: 1'; }
	fleet
	mv "$D/u04.env" "$D/away"
	rotate --force || :
	[ "$code" != 0 ]
	is "$(in_state GRACE)" 0
	says 'did not begin' 'waits for u04 of ring 0'
	gives 10 --identity u01 --force # whoever names one decides
	is "$(in_state GRACE)" 1
	mv "$D/away" "$D/u04.env"
	gives 10 --force
	is "$(in_state GRACE)" 4
}
stops() { # five in trouble: nobody begins any more
	people
	fleet 'jobs: 1' 'stop_after: 3'
	sed -i 's/type: file, path: \([^,]*\), .*pickup/type: exec, command: [\1.sh], pickup/' \
	    "$D/rotate.yaml"
	for name in $names; do
		cat >"$D/$name.env.sh" <<-END
			#!/bin/sh
			read -r request
			case \$request in
			*'"action":"read"'*)
				sed -n 's/^SMTP_USER=\(.*\)/{"ok":true,"username":"\1",/p
				    s/^SMTP_PASS=\(.*\)/"password":"\1"}/p' '$D/$name.env' | tr -d '\n' ;;
			*'"action":"write"'*)
				echo '{"ok":false,"class":"temp","error":"the vault is sealed"}' ;;
			*) echo '{"ok":true,"change":"nothing"}' ;;
			esac
		END
		chmod 700 "$D/$name.env.sh"
	done
	rotate --force || :
	is "$code" 12
	says '3 identities are in trouble'
	is "$(in_state PUSHING)" 3
	rotate --force || : # and it stays so: what is under way goes on, nobody begins
	is "$(in_state PUSHING)" 3
}
not_begun_is_no_trouble() { # clients that are not ready keep nobody else waiting
	people
	fleet 'jobs: 1' 'stop_after: 2'
	rm "$D"/u0[1-4].env
	rotate --force || :
	is "$code" 12
	! grep 'in trouble' "$D/err"
	for name in u05 u09 u12; do
		all_keys | grep -x "$name $(holder "$name")"
	done
	is "$(made)" $((N - 4))
}
few_descriptors() { # no room for twelve lanes, then for more than one
	people
	fleet 'jobs: 12'
	for limit in 100 60; do
		(ulimit -n "$limit" && rotate --force --json >/dev/null)
		everyone_has_one
		is "$(in_state IDLE)" "$N"
	done
}
ends_when_asked() { # SIGTERM: nobody begins, what is at it comes to its step's end
	people
	GRACE=1h
	fleet 'jobs: 2'
	sed -i 's/interval: 0s/interval: 1s/' "$D/rotate.yaml"
	"$ROTATE" -c "$D/rotate.yaml" --log plain --force >"$D/out" 2>"$D/err" &
	pid=$!
	until_true grep -q 'INTENT -> CREATED' "$D/err"
	kill -TERM $pid
	wait $pid || :
	[ "$(in_state INTENT)" = 0 ]
	[ "$(sqlite3 "$(database)" 'select count(*) from identity')" -lt "$N" ]
	sed -i 's/interval: 1s/interval: 0s/' "$D/rotate.yaml"
	gives 10 --force
	gives 10 --force
	is "$(in_state GRACE)" "$N"
	everyone_kept
}
out_of_hours() { # due, but its window is on another day; a person may all the same
	people 2
	N=2
	GRACE=1h
	extra() { echo ", windows: [$(date -d '3 days' +%a | tr A-Z a-z) 00:00-24:00]"; }
	fleet
	sed -i 's/max_age: 1d/max_age: 1ms/' "$D/rotate.yaml"
	rotate --dry-run
	is "$code" 10
	says 'rotation is due' 'its window opens at'
	gives 10
	says 'its window opens at'
	is "$(in_state IDLE)" 2
	is "$(all_keys | wc -w)" 4
	gives 10 --force
	is "$(in_state GRACE)" 2
}
everyone_kept() { # the pair in each file is one that IAM has
	for name in $names; do
		all_keys | grep -q "^$name .*$(holder "$name")"
	done
}
killed() { # SIGKILL in the middle of many: the next run ends them all
	people
	fleet 'jobs: 6'
	"$ROTATE" -c "$D/rotate.yaml" --log plain --force >"$D/out" 2>"$D/err" &
	pid=$!
	until_true grep -q 'PROVED -> PUSHING' "$D/err"
	kill -KILL $pid
	! wait $pid
	everyone_kept
	for _ in 1 2 3 4; do
		rotate
	done
	everyone_kept
	is "$(in_state PUSHING)$(in_state CREATED)$(in_state PROVED)" 000
}

try 'twelve identities, six at a time' all_at_once
try 'one lane, and more lanes than identities' one_lane_and_many
try 'one fails, the others never notice' one_fails
try 'all clients in one file' same_file
try 'a ring waits for the one before it' rings
try 'nobody begins while too many are in trouble' stops
try 'clients that are not ready' not_begun_is_no_trouble
try 'fewer lanes than asked for' few_descriptors
try 'outside of its window' out_of_hours
try 'SIGTERM in the middle of many' ends_when_asked
try 'SIGKILL in the middle of many' killed
done_testing
