#!/bin/sh
# What is cheap and the same each time, under clang's counters, and what was
# not reached by it: coverage.py. The tests of units and of conformance, the
# store over a failing disk, each allocation that fails (tests/faults/torture),
# the corpora of tests/fuzz once through. Not the tests of whole programs: a
# branch that only those reach has no test of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$PWD/build/cov
raw=$build/prof
rm -rf "$raw"
mkdir -p "$raw"
fuzz=$(for f in tests/fuzz/fuzz_*.c; do echo "build/cov/tests/fuzz/$(basename "$f" .c)"; done)
# One of them speaks to the leak sanitizer, which needs its half of it here.
# shellcheck disable=SC2086 # a list
make -s --no-print-directory FLAVOUR=cov ${CC:+CC="$CC"} LDFLAGS=-fsanitize=leak $fuzz || exit 1
# %4m: four files a program, merged by whoever ends.
export LLVM_PROFILE_FILE="$raw/%4m.profraw"
export ROTATE=$build/rotate SANDBOX=$build/ses-sandbox DRIVE=$build/tests/e2e/drive
export TEST_BUILD=$build CMOCKA_MESSAGE_OUTPUT=TAP ROTATIONS=1 LSAN_OPTIONS=detect_leaks=0
unit=$(find build/cov/tests/unit -maxdepth 1 -name 'test_*' -type f -perm -100 | sort)
others='build/cov/tests/conform/conform build/cov/tests/faults/test_store_vfs
    build/cov/tests/faults/torture'
# shellcheck disable=SC2086 # lists
prove -j"$(nproc)" --merge --failures --exec '' $unit $others ||
    echo "# some tests failed under the counters; what they reached counts"
for p in $fuzz; do
	"$p" -runs=0 "tests/fuzz/corpus/${p##*/fuzz_}" >"$build/fuzz.log" 2>&1 || {
		echo "# $p failed under the counters"
		tail -5 "$build/fuzz.log" | sed 's/^/# /'
	}
done
llvm-profdata-19 merge -sparse -o "$build/all.profdata" "$raw"/*.profraw || exit 1
objects=
for p in $unit $others $fuzz build/cov/rotate; do
	objects="$objects -object $p"
done
# shellcheck disable=SC2086
llvm-cov-19 export $objects -instr-profile "$build/all.profdata" \
    >"$build/export.json" 2>/dev/null || exit 1
tests/coverage/coverage.py "$build/export.json"
