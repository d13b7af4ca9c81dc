#!/bin/sh
# bench.sh [RUNS]: what a rotation costs, beside what it should cost. No
# verdict: the numbers depend on the machine. bench.py says what is measured.
set -eu
. "$(dirname "$0")/begin.sh"
make -s FLAVOUR=rel build/rel/libsigv4.a build/rel/libbase.a
# shellcheck disable=SC2046
"${CC:-cc}" -std=gnu17 -O2 -D_GNU_SOURCE -Irotator -I. -o "$dir/derive" \
    tests/bench/derive.c build/rel/libsigv4.a build/rel/libbase.a \
    $(pkg-config --libs libcurl libcrypto libssl libcjson expat)
export DERIVE="$dir/derive"
with_network python3 tests/bench/bench.py "$@"
