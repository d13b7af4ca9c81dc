#!/bin/sh
# check.sh: everything that `make check` proves, cheap things first. Each
# stage prints one line with its time; the first that fails ends the run.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
jobs=$(nproc)

stage() { # name, command ...
	name=$1
	shift
	began=$(date +%s)
	if "$@" >"$log/out" 2>&1; then
		printf '  %-34s ok  %4ds\n' "$name" $(($(date +%s) - began))
	else
		printf '  %-34s FAILED\n' "$name"
		tail -60 "$log/out"
		exit 1
	fi
}
mk() { make --no-print-directory -s -j"$jobs" "$@"; }

stage 'layout (clang-format)' mk format
stage 'banned functions and habits' mk banned
stage 'budget of lines' mk budget
stage 'build: gcc, hardened' mk all
stage 'layers' mk layers
stage 'build: clang' mk FLAVOUR=clang build/clang/rotate
stage 'build: gcc, ASan and UBSan' mk FLAVOUR=asan tests-bin
stage 'build: plain, for valgrind' mk FLAVOUR=plain plain-bin
stage 'build: clang, fuzz targets' mk FLAVOUR=fuzz fuzz-bin
stage 'python peers (moto, botocore)' tests/venv.sh
stage 'dynalite' tests/dynalite.sh
stage 'cppcheck' mk cppcheck
stage 'gcc -fanalyzer' mk analyze
# clang-tidy takes three minutes, most of which the tests leave idle. It says
# nothing when all is well.
nice -n 19 make --no-print-directory -s -j"$jobs" tidy >"$log/tidy" 2>&1 &
tidy=$!
trap 'kill $tidy 2>/dev/null; rm -rf "$log"' EXIT

# What each test prints stays in build/tap: tests/evidence.py reads it.
rm -rf build/tap
mkdir -p build/tap
export PERL_TEST_HARNESS_DUMP_TAP=$PWD/build/tap
# One prove at the end: its closing lines are the result of the whole.
asan=build/asan
export ROTATE=$PWD/$asan/rotate SANDBOX=$PWD/$asan/ses-sandbox
export DRIVE=$PWD/$asan/tests/e2e/drive
export CMOCKA_MESSAGE_OUTPUT=TAP
# The corpora and a little beyond, the same way each time: what is found anew
# belongs to `make fuzz`, and not to whoever changes something else.
export FUZZ_SEED=1 FUZZ_RUNS=2000
export ROTATIONS=5 # of each kind in tests/live; `make live` takes 20
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
# One more than there are processors: many wait for a server now and then. The
# longest come first, so that none is left alone at the end.
prove -j$((jobs + 1)) --timer --merge \
    --failures --exec '' tests/crash/*.t tests/model/*.t $asan/tests/conform/conform \
    tests/e2e/dynamodb.t tests/live/*.t tests/sim/million_*.t tests/matrix/*.t tests/leak/*.t \
    tests/faults/*.t $asan/tests/faults/test_store_vfs build/plain/tests/faults/torture \
    build/plain/tests/race/race tests/valgrind/*.t tests/fuzz/*.t tests/mutants/*.t tests/peers/*.t \
    $(ls tests/e2e/*.t | grep -v /dynamodb.t) \
    $(find $asan/tests/unit -maxdepth 1 -name 'test_*' -type f -perm -100 | sort) \
    2>&1 | tee "$log/prove"
wait $tidy || { cat "$log/tidy"; exit 1; }
trap 'rm -rf "$log"' EXIT
# Silent when each claim of EVIDENCE.md has its figure from this run.
tests/evidence.py --check >"$log/out" || { cat "$log/out"; exit 1; }
# A file that was skipped proves nothing, whatever prove thinks of it.
! grep 'skipped:' "$log/prove" && grep -q '^Result: PASS' "$log/prove"
