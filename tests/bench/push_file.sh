#!/bin/sh
# push_file.sh [ROUNDS]: write and read back of one 4 KiB dotenv file, on the
# disk of this directory and in memory. No verdict, see push_file.c.
set -eu
cd "$(dirname "$0")/../.."
make -s FLAVOUR=rel build/rel/libclients.a build/rel/libsigv4.a build/rel/libbase.a
dir=$(mktemp -d build/push_file.XXXXXX)
mem=$(mktemp -d /dev/shm/push_file.XXXXXX)
trap 'rm -rf "$dir" "$mem"' EXIT
${CC:-cc} -std=gnu17 -O2 -D_GNU_SOURCE -Irotator -I. -o "$dir/push_file" \
	tests/bench/push_file.c build/rel/libclients.a build/rel/libsigv4.a \
	build/rel/libbase.a $(pkg-config --libs libcurl libcrypto libssl \
	libcjson expat)
echo "# disk: $(df --output=source,fstype "$dir" | tail -1)"
"$dir/push_file" "$PWD/$dir" "${1:-300}"
echo "# memory"
"$dir/push_file" "$mem" "${1:-300}"
