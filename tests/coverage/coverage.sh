#!/bin/sh
# Everything that runs in process order under clang's counters, and what was
# not reached: coverage.py. COVER=quick leaves out the long tests.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$PWD/build/cov
raw=$build/prof
rm -rf "$raw"
mkdir -p "$raw"
# %4m: four files a program, merged by whoever ends.
export LLVM_PROFILE_FILE="$raw/%4m.profraw"
export ROTATE=$build/rotate SANDBOX=$build/ses-sandbox DRIVE=$build/tests/e2e/drive
export TEST_BUILD=$build CMOCKA_MESSAGE_OUTPUT=TAP ROTATIONS=1
unit=$(find "$build/tests/unit" -maxdepth 1 -name 'test_*' -type f -perm -100 | sort)
long='tests/e2e/*.t tests/leak/leak.t tests/faults/faults.t tests/matrix/matrix.t'
[ "${COVER:-}" = quick ] && long=
# shellcheck disable=SC2086 # lists
prove -j"$(nproc)" --merge --failures --exec '' $unit \
    "$build/tests/conform/conform" "$build/tests/faults/test_store_vfs" \
    "$build/tests/faults/torture" $long ||
    echo "# some tests failed under the counters; what they reached counts"
llvm-profdata-19 merge -sparse -o "$build/all.profdata" "$raw"/*.profraw || exit 1
objects=
for p in $unit "$build/tests/conform/conform" "$build/tests/faults/test_store_vfs" \
    "$build/tests/faults/torture" \
    "$build/tests/e2e/drive" "$build/rotate"; do
	objects="$objects -object $p"
done
# shellcheck disable=SC2086
llvm-cov-19 export $objects -instr-profile "$build/all.profdata" \
    >"$build/export.json" 2>/dev/null || exit 1
tests/coverage/coverage.py "$build/export.json"
