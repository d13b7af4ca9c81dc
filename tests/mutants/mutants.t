#!/bin/sh
# The share of `make mutants` in `make check`: every guard, check and
# comparison of rotation.c and steps.c, all of them killed. From the archives
# and the test objects of FLAVOUR=plain, which are there by then; the seeds of
# the simulator are few, for nearly all die in a test that aims at them.
set -u
cd "$(dirname "$0")/../.." || exit 1
SIM_ROUNDS=${SIM_ROUNDS:-1000} exec tests/mutants/mutants.py -j1 \
	-x test_engine_crash,test_engine_time -o build/plain \
	rotator/rotation.c rotator/steps.c
