# begin.sh: sourced by the benchmarks. Goes to the top of the tree, makes the
# helpers in $dir, and knows how to have a network with a round trip.
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$dir/measure" tests/bench/measure.c
"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$dir/lag" tests/bench/lag.c -lpthread
"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$dir/bare" tests/bench/bare.c -lssl -lcrypto -lpthread
export MEASURE="$dir/measure" LAG="$dir/lag" BARE="$dir/bare" TEST_BUILD="${TEST_BUILD:-build}"

# COMMAND...: in a network namespace of its own, whose loopback netem can delay,
# where the kernel has both and we may; else where we are, with the relay.
with_network() {
	if why=$(unshare -n sh -c 'ip link set lo up &&
	    tc qdisc add dev lo root netem delay 1ms' 2>&1); then
		BENCH_NETEM=1 unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"
	else
		echo "no netem ($(echo "$why" | head -1)): delays by a relay"
		"$@"
	fi
}
