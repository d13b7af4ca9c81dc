#!/bin/bash
# mutants.sh: every guard of the engine is taken out in turn, and at least one
# test must notice. A check that can be removed unnoticed is no check.
#
#   tests/sim/mutants.sh           all of them, TAP
#   tests/sim/mutants.sh PATTERN   those whose line matches
#
# A row: file @ sed expression @ what is broken. The tree is not touched: each
# mutant is built in a scratch directory, against the archives of FLAVOUR=rel
# (make -s build/rel/librotator.a ... must have run; MUTANT_LIBS names others).
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

CC=${CC:-gcc}
flags=(-std=gnu17 -D_GNU_SOURCE -O1 -Irotator -I. -Itests/sim -Itests/unit)
lib=${MUTANT_LIBS:-build/rel}
libs=("$lib"/lib{rotator,clients,sigv4,base}.a -lcmocka)
read -ra more < <(pkg-config --libs libcurl libcrypto libssl libcjson \
	yaml-0.1 sqlite3 expat)
engine=(rotation rotation_facts begin steps retire rollback orphan guard push
	verify push_person settle cred adopt guard_names)
# Quick ones first: most mutants die at once.
tests=(test_engine test_engine_clients test_engine_retire test_engine_back
	test_engine_found test_engine_time test_engine_edges test_engine_guards
	test_engine_limits test_engine_due test_engine_late
	test_engine_random test_engine_crash)

build() { # FROM TO
	"$CC" "${flags[@]}" -c "$1" -o "$2" 2>"$tmp/cc.log" || {
		cat "$tmp/cc.log" >&2
		return 1
	}
}

for f in "${engine[@]}"; do
	build "rotator/$f.c" "$tmp/$f.o" || exit 1
done
for f in tests/sim/*.c; do
	build "$f" "$tmp/sim_$(basename "$f" .c).o" || exit 1
done
for t in "${tests[@]}"; do
	build "tests/unit/$t.c" "$tmp/$t.main" || exit 1
done
mkdir "$tmp/m"

# Links and runs the tests against the engine objects given; 0: all passed.
survives() {
	local t
	for t in "${tests[@]}"; do
		"$CC" -x none "$tmp/$t.o" "$@" "$tmp"/sim_*.o "${libs[@]}" \
			"${more[@]}" -o "$tmp/m/$t" 2>"$tmp/ld.log" || {
			cat "$tmp/ld.log" >&2
			exit 1
		}
		# The shell's own word about an abort goes the same way.
		{
			SIM_ROUNDS=${SIM_ROUNDS:-3000} SIM_PAIRS=none \
				timeout 60 "$tmp/m/$t"
		} >"$tmp/m/log" 2>&1 || {
			killer=$t
			return 1
		}
	done
	return 0
}

objects() { # of the engine, but FILE from the mutant
	local f
	for f in "${engine[@]}"; do
		if [ "$f" = "$1" ]; then
			echo "$tmp/m/$f.o"
		else
			echo "$tmp/$f.o"
		fi
	done
}

for t in "${tests[@]}"; do mv "$tmp/$t.main" "$tmp/$t.o"; done

n=0 killed=0 failed=0 killer=
ok() {
	n=$((n + 1)) killed=$((killed + 1))
	echo "ok $n - $1"
}
nok() {
	n=$((n + 1)) failed=$((failed + 1))
	echo "not ok $n - $1"
}

mapfile -t rows <tests/sim/mutants.txt
mapfile -t objs < <(objects none)
if survives "${objs[@]}"; then
	ok "the engine as it is passes"
else
	nok "the engine as it is fails $killer"
	exit 1
fi

for line in "${rows[@]}"; do
	case $line in '' | '#'*) continue ;; esac
	case $line in *"${1:-}"*) ;; *) continue ;; esac
	[ -z "${MUTANT_ONLY:-}" ] || grep -qxF "${line##*@}" "$MUTANT_ONLY" ||
		continue
	file=${line%%@*} rest=${line#*@}
	expr=${rest%@*} what=${rest##*@}
	sed -Ez "$expr" "rotator/$file.c" >"$tmp/m/$file.c"
	if cmp -s "rotator/$file.c" "$tmp/m/$file.c"; then
		nok "$file: does not apply: $what"
		continue
	fi
	if ! build "$tmp/m/$file.c" "$tmp/m/$file.o"; then
		nok "$file: does not compile: $what"
		continue
	fi
	mapfile -t objs < <(objects "$file")
	if survives "${objs[@]}"; then
		nok "$file: survived: $what"
	else
		ok "$file: $what ($killer)"
	fi
done

echo "1..$n"
echo "# $killed passed, $failed failed"
[ "$failed" -eq 0 ]
