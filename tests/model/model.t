#!/bin/bash
# model.t: the protocol as a model (rotate.pml), checked by Spin: no order of
# crashes, lost answers and foreign hands breaks an invariant, and it always
# ends. The arrows of the model are those of the program. With any one guard
# taken out, Spin finds what goes wrong. TAP.
#
#	MODEL_FULL=1 tests/model/model.t     also two clients with all whims
set -u
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
export LC_ALL=C.UTF-8
ARROWS=${ARROWS:-$TOP/build/asan/tests/model/arrows}
for tool in spin gcc "$ARROWS"; do
	command -v "$tool" >/dev/null || { echo "1..0 # SKIP no $tool" && exit; }
done
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT

n=0
ok() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$W/log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		tail -20 "$W/log" | sed 's/^/# /'
	fi
}

# pan KIND DEFINES...: what Spin says, in $W/said
pan() {
	local kind=$1 flags=(-DSAFETY -DNOCLAIM) run=()
	shift
	[ "$kind" = safety ] || flags=(-DNFAIR=3) run=(-a -f)
	rm -rf "$W/pan" && mkdir "$W/pan" && cp tests/model/rotate.pml "$W/pan"
	(
		cd "$W/pan" && spin -a "$@" rotate.pml &&
			gcc -w -O1 -DCOLLAPSE "${flags[@]}" -o pan pan.c &&
			timeout 1200 ./pan "${run[@]}" -m4000000 -w26
	) >"$W/said" 2>&1
	cat "$W/said"
	grep -q 'errors: [0-9]' "$W/said" &&
	    ! grep -q 'max search depth too small\|out of memory' "$W/said"
}
holds() { pan "$@" && grep -q 'errors: 0$' "$W/said"; }
states() { awk '/states, stored/ { print $1; exit }' "$W/said"; }
dies() { # DEFINES...: an assertion of ours is broken
	pan safety "$@" && grep -q 'assertion violated' "$W/said"
}

arrows() {
	awk '
		/^\t:: j == [A-Z]+/ { from = $4 }
		from != "" {
			rest = $0
			while (match(rest, /GO\([A-Z]+\)/)) {
				print from, substr(rest, RSTART + 3, RLENGTH - 4)
				rest = substr(rest, RSTART + RLENGTH)
			}
		}
		/BLOCK\([A-Z]+\)/ && from != "" { print from, "BLOCKED" }
	' tests/model/rotate.pml | sort -u >"$W/model"
	"$ARROWS" | sort -u >"$W/code"
	[ -s "$W/code" ] && diff "$W/code" "$W/model"
}
ok 'the model has the arrows of the program, no more, no fewer' arrows

all() { # nothing of the rotator is out of reach in every start
	! awk '/unreached in proctype Rotator/ { on = 1; next }
		/unreached in/ { on = 0 } on && /rotate.pml:/ { print }' \
	    "$W/said" | grep .
}
ok 'safe: one client, two crashes, two lost answers' holds safety -DNC=1
echo "# $(states) states"
ok 'every line of it was reached' all
ok 'safe: two clients' holds safety -DNC=2 -DCRASHES=1 -DLOSSES=1
echo "# $(states) states"
ok 'safe: no key to begin with' holds safety -DNC=1 -DSTART_EMPTY
ok 'safe: adopted, the other key is to go' holds safety -DNC=1 -DSTART_ADOPTED
ok 'live: it ends, finished or with a person told' \
    holds live -DNC=1 -DCRASHES=1 -DLOSSES=1
if [ -n "${MODEL_FULL:-}" ]; then
	ok 'safe: two clients, all whims' holds safety -DNC=2
	echo "# $(states) states"
fi
for m in $(grep -o '\<M_[A-Z][A-Z]*' tests/model/rotate.pml | sort -u); do
	ok "without a guard it breaks: $m" dies -DNC=1 -D"$m"
done
echo "1..$n"
