#!/bin/sh
# What is cheap and the same each time, under clang's counters, and what was
# not reached by it: coverage.py. The unit tests, the store over a failing disk,
# each allocation that fails (tests/faults/torture), the corpora of tests/fuzz
# once through. Not the tests of whole programs: a branch that only those reach
# has no test of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$PWD/build/cov
raw=$build/prof
torture=build/cov/tests/faults/torture
rm -rf "$raw" "$torture"
mkdir -p "$raw"
fuzz=$(for f in tests/fuzz/fuzz_*.c; do echo "build/cov/tests/fuzz/$(basename "$f" .c)"; done)
build() { # LDFLAGS PROGRAM...
	flags=$1
	shift
	make -s --no-print-directory FLAVOUR=cov ${CC:+CC="$CC"} LDFLAGS="$flags" "$@" || exit 1
}
# One of them speaks to the leak sanitizer, which needs its half of it here.
# shellcheck disable=SC2086 # a list
build -fsanitize=leak $fuzz
build -Wl,--wrap=buf_add,--wrap=buf_adds,--wrap=buf_addf $torture
# %4m: four files a program, merged by whoever ends.
export LLVM_PROFILE_FILE="$raw/%4m.profraw"
export TEST_BUILD="$build" ROTATE="$build/rotate" SANDBOX="$build/ses-sandbox"
export CMOCKA_MESSAGE_OUTPUT=TAP LSAN_OPTIONS=detect_leaks=0
# Only of sources that are there: old programs may lie about.
unit=$(for f in tests/unit/test_*.c; do echo "build/cov/tests/unit/$(basename "$f" .c)"; done)
# shellcheck disable=SC2086 # lists
prove -j"$(nproc)" --merge --failures --exec '' $unit $torture \
    build/cov/tests/faults/test_store_vfs ||
    echo "# some tests failed under the counters; what they reached counts"
for p in $fuzz; do
	"$p" -runs=0 "tests/fuzz/corpus/${p##*/fuzz_}" >"$build/fuzz.log" 2>&1 || {
		echo "# $p failed under the counters"
		tail -5 "$build/fuzz.log" | sed 's/^/# /'
	}
done
llvm-profdata-19 merge -sparse -o "$build/all.profdata" "$raw"/*.profraw || exit 1
objects=
for p in $unit $torture build/cov/tests/faults/test_store_vfs $fuzz build/cov/rotate; do
	objects="$objects -object $p"
done
# shellcheck disable=SC2086
llvm-cov-19 export $objects -instr-profile "$build/all.profdata" \
    >"$build/export.json" 2>/dev/null || exit 1
tests/coverage/coverage.py "$build/export.json"
