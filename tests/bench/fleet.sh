#!/bin/sh
# fleet.sh [IDENTITIES...]: what a fleet costs, and how cost grows when nothing
# is due; fleet.py says what is measured. GROWTH=0 leaves the growth out.
set -eu
. "$(dirname "$0")/begin.sh"
with_network python3 tests/bench/fleet.py fleet "$@"
[ "${GROWTH:-10000}" = 0 ] ||
	python3 tests/bench/fleet.py growth "${GROWTH:-10000}"
