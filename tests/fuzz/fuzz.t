#!/bin/sh
# Every fuzz target over its corpus and a while beyond: FUZZ_SECONDS each (10
# within `make check`, 60 with `make fuzz`, an hour with `make fuzz-soak`).
# FUZZ_JOBS of them run side by side, as many as there are cores unless said.
# New inputs go to a scratch folder, or with FUZZ_KEEP to build/fuzz/corpus,
# from where merge.sh takes them; a crash is kept in build/fuzz/ and named.
# FUZZ_ONLY names the only targets that are wanted, FUZZ_SEED the way that is
# gone (0: another one each time), FUZZ_RUNS an end before that of the time.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${FUZZ_SECONDS:-10}
jobs=${FUZZ_JOBS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# Names of targets, one a line.
targets() {
	for src in tests/fuzz/fuzz_*.c; do
		name=$(basename "$src" .c)
		case " ${FUZZ_ONLY:-${name#fuzz_}} " in
		*" ${name#fuzz_} "*) echo "${name#fuzz_}" ;;
		esac
	done
}

run() { # target
	new=$work/$1
	[ -z "${FUZZ_KEEP:-}" ] || new=build/fuzz/corpus/$1
	mkdir -p "$new" "tests/fuzz/corpus/$1"
	dict=
	[ -f "tests/fuzz/$1.dict" ] && dict="-dict=tests/fuzz/$1.dict"
	"build/fuzz/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" \
	    -runs="${FUZZ_RUNS:--1}" \
	    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 $dict \
	    -artifact_prefix="build/fuzz/$1-" "$new" \
	    "tests/fuzz/corpus/$1" >"$work/$1.log" 2>&1
	echo $? >"$work/$1.rc"
}

tell() { # number target
	log=$work/$2.log
	stat() { sed -n "s/^stat::$1: *//p" "$log"; }
	if [ "$(cat "$work/$2.rc" 2>/dev/null)" = 0 ]; then
		echo "ok $1 - $2: $(stat number_of_executed_units) runs," \
		    "$(stat average_exec_per_sec) a second"
	else
		echo "not ok $1 - $2"
		grep -aE 'not so|ERROR|SUMMARY|runtime error|Test unit' "$log" |
			sed 's/^/# /'
		tail -20 "$log" | sed 's/^/# /'
	fi
}

# Each of the jobs takes every jobs-th target, so that none is waited for.
list=$(targets)
i=0
while [ "$i" -lt "$jobs" ]; do
	(
		n=0
		for t in $list; do
			[ $((n % jobs)) -eq "$i" ] && run "$t"
			n=$((n + 1))
		done
	) &
	i=$((i + 1))
done
wait

echo "1..$(echo "$list" | wc -l)"
n=0
for t in $list; do
	n=$((n + 1))
	tell "$n" "$t"
done
