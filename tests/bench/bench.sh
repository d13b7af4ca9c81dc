#!/bin/sh
# bench.sh: what a rotation costs, beside what it should cost. No verdict:
# the numbers depend on the machine. bench.py says what is measured.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$dir/measure" tests/bench/measure.c
MEASURE=$dir/measure TEST_BUILD=${TEST_BUILD:-build} python3 tests/bench/bench.py "$@"
