#!/bin/sh
# A part of the tests under valgrind, on the plain build (ASan and valgrind
# exclude each other, and valgrind 3.19 takes fortify's checked memmove for an
# overlap): those that handle secrets, parse what peers send, or run children.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin=build/plain/tests/unit
set -- $(cat tests/valgrind/tests.txt)
echo "1..$#"
n=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for t; do
	n=$((n + 1))
	if valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite \
	    --error-exitcode=99 --track-origins=yes --child-silent-after-fork=yes \
	    "$bin/test_$t" >"$log" 2>&1; then
		echo "ok $n - $t"
	else
		echo "not ok $n - $t"
		tail -40 "$log" | sed 's/^/# /'
	fi
done
