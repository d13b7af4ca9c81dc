#!/bin/sh
# Every fuzz target over its corpus and a while beyond: FUZZ_SECONDS each (10
# within `make check`, 60 with `make fuzz`). New inputs go to a scratch
# folder; a crash is kept in build/fuzz/ and named.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${FUZZ_SECONDS:-10}
set -- tests/fuzz/fuzz_*.c
echo "1..$#"
n=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for src; do
	n=$((n + 1))
	name=$(basename "$src" .c)
	kind=${name#fuzz_}
	mkdir -p "$work/$kind" "tests/fuzz/corpus/$kind"
	dict=
	[ -f "tests/fuzz/$kind.dict" ] && dict="-dict=tests/fuzz/$kind.dict"
	if "build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" \
	    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 $dict \
	    -artifact_prefix="build/fuzz/$kind-" "$work/$kind" \
	    "tests/fuzz/corpus/$kind" >"$work/log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
		echo "ok $n - $kind: $runs runs"
	else
		echo "not ok $n - $kind"
		tail -30 "$work/log" | sed 's/^/# /'
	fi
done
