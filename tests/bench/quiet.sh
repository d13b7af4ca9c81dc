#!/bin/sh
# quiet.sh [RUNS]: what a look costs when nothing is due, as the fleet grows,
# beside what the bare start of the program costs. Medians of wall time and
# processor time in ms, side by side; no verdict, the machine decides.
#
#   start    rotate version: the floor
#   full     rotate, after a change: all is read and looked at
#   quiet    rotate, nothing has changed since
#   status   rotate status
#
# No network is there to be asked: a run that wanted to would fail.
set -eu
cd "$(dirname "$0")/../.."
make -s FLAVOUR=rel build/rel/rotate
runs=${1:-11}
dir=$(mktemp -d /dev/shm/quiet.XXXXXX)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -O2 -D_GNU_SOURCE -o "$dir/measure" tests/bench/measure.c
${CC:-cc} -O2 -D_GNU_SOURCE -Irotator -I. -o "$dir/fill" \
	tests/bench/quiet_fill.c build/rel/librotator.a build/rel/libclients.a \
	build/rel/libsigv4.a build/rel/libbase.a $(pkg-config --libs libcurl \
	libcrypto libssl libcjson yaml-0.1 sqlite3 expat libsodium) -lm
export AWS_ENDPOINT_URL=https://127.0.0.1:9 AWS_ACCESS_KEY_ID=AKIAQUIETQUIETQUIET \
	AWS_SECRET_ACCESS_KEY=none

config() { # N
	echo 'account: "123456789012"'
	echo "state: $dir/$1/state"
	echo "identities:"
	seq 0 $(($1 - 1)) | sed 's/.*/  - { name: id&, iam_user: u&, regions: [us-east-1] }/'
	echo "clients:"
	seq 0 $(($1 - 1)) | sed "s|.*|  - { name: c&, identity: id&, type: file, format: dotenv, path: $dir/$1/&.env, username: USER, password: PASS }|"
}

run() { # N COMMAND...: one line of measure
	n=$1
	shift
	"$dir/measure" "$dir/log" build/rel/rotate --config "$dir/$n/rotate.yaml" \
		"$@" >/dev/null 2>"$dir/stderr" </dev/null
}

median() { # column: of the log, in ms
	awk '$5 != 0 { exit 1 } { print $'"$1"' / 1000 }' "$dir/log" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'
}

several() { # NAME N COMMAND...: prints wall and cpu
	rm -f "$dir/log"
	name=$1
	shift
	i=0
	while [ $i -lt "$runs" ]; do
		[ "$name" != full ] || touch "$dir/$1/rotate.yaml"
		run "$@"
		i=$((i + 1))
	done
	awk '$5 != 0 { exit 1 }' "$dir/log" || {
		cat "$dir/stderr" >&2
		exit 1
	}
	awk '{ $2 += $3 } 1' "$dir/log" >"$dir/log.2" && mv "$dir/log.2" "$dir/log"
	printf '%9s%9s' "$(median 1)" "$(median 2)"
}

echo "# $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $runs runs"
echo "#                wall ms   cpu ms"
for n in 1 100 1000 10000; do
	mkdir -m 0700 "$dir/$n"
	config $n >"$dir/$n/rotate.yaml"
	"$dir/fill" "$dir/$n/state" $n
	run $n
	for what in start full quiet status; do
		printf '%6d  %-7s' $n $what
		case $what in
		start) several $what $n version ;;
		status) several $what $n status ;;
		quiet)
			sleep 6 # its files must not be too young
			run $n
			several $what $n
			;;
		*) several $what $n ;;
		esac
		echo
	done
done
