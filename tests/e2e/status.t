#!/bin/bash
# status.t: what `rotate status` shows with the names that a run has kept is
# what it shows when it reads the configuration, and it reads it as soon as
# anything has changed. TAP. Needs strace.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 12

people() { # one waits for a person, one is held, one was never run
	MORE="  - { name: held, regions: [us-east-1] }"
	conf - <<-END
		  - { name: gmail, identity: mail, type: manual, what: the alias }
	END
	mkdir "$D/clients.d"
	new third
}
new() { # NAME
	cat >"$D/clients.d/$1.yaml" <<-END
		identities:
		  - { name: $1, regions: [us-east-1] }
	END
}
kept() { # by a run that found the files old enough
	rotate --identity mail
	sqlite3 -cmd '.timeout 5000' "$(database)" \
	    "select count(*) from meta where key = 'roster'" | grep -q 1
}
# Ages and times go on between two looks.
shown() { sed -E 's/\b[0-9]+(ms|[smhd])\b/-/g' "$D/out"; }
known() { # shows it without a look into the drop-in
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat \
	    -o "$D/strace" "$ROTATE" -c "$D/rotate.yaml" --log plain "$@" >"$D/out" 2>"$D/err" </dev/null
	! grep -q 'clients.d/.*yaml"' "$D/strace"
}
begin() {
	people
	gives 11 --identity mail --force
	gives 0 hold held --reason 'moving house'
	until_true kept
	known status
}

same_words() {
	begin
	says 'mail' 'PUSHING' 'rotate show-once gmail' 'moving house' 'third' \
	    'its first run'
	shown >"$D/quick"
	env -i "$ROTATE" -c "$D/rotate.yaml" status >"$D/out"
	shown | cmp - "$D/quick"
	known status --identity third
	is "$(grep -c . "$D/out")" 2
	# Only names are kept.
	rotate confirm gmail
	gives 0 release held
	known status
	says 'gmail is confirmed'
	! grep moving "$D/out"
	shown >"$D/quick"
	# Read, and then the same.
	touch "$D/clients.d/third.yaml"
	gives 0 status
	shown | cmp - "$D/quick"
	! known status
	shown | cmp - "$D/quick"
}
sees_changes() {
	begin
	# A copy elsewhere.
	cp -a "$D/rotate.yaml" "$D/clients.d" "$D/state" "$W/"
	sed -i "s|^state: .*|state: $W/state|; s|name: held|name: kept|" \
	    "$W/rotate.yaml"
	"$ROTATE" status -c "$W/rotate.yaml" >"$D/out"
	says kept third
	known status
	# Its own files.
	new fourth
	gives 0 status
	says fourth
	rm "$D/clients.d/fourth.yaml" "$D/clients.d/third.yaml"
	gives 0 status
	! grep -E 'third|fourth' "$D/out"
	echo 'nonsense' >"$D/clients.d/bad.yaml"
	gives 78 status
	says bad.yaml
	rm -r "$D/clients.d"
	gives 64 status --identity third
	says 'no identity third' 'one of: mail, held'
}

try 'the same words with names that were kept' same_words
try 'a configuration that has changed is read' sees_changes
done_testing
