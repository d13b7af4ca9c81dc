#!/bin/sh
# million.sh N: the Nth quarter of a million random rotations (seed ranges of
# 250000; N from 1), each of which must come by everything that the simulator
# is able to meet. Four quarters are four tests, so that `prove -j2` shares
# them out. TAP by the test itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
share=${SIM_SHARE:-250000}
CMOCKA_MESSAGE_OUTPUT=TAP SIM_REACH=1 SIM_ROUNDS=$share \
	SIM_SEED=$((($1 - 1) * share + 1)) \
	exec "${SIM_BIN:-build/plain/tests/unit/test_engine_random}"
