#!/bin/sh
# What `make fuzz-soak` found, back into the repository: each corpus becomes
# the smallest set of inputs that reaches what all of them reach, with those
# that are there first, at most FUZZ_MAX_FILES new ones (default 40) of at most
# 4 KiB, the smallest first. Nothing that is in the repository is removed.
#
#   tests/fuzz/merge.sh [TARGET...]
set -eu
cd "$(dirname "$0")/../.."
max=${FUZZ_MAX_FILES:-40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(ls build/fuzz/corpus)
for t; do
	have=tests/fuzz/corpus/$t
	found=build/fuzz/corpus/$t
	mkdir -p "$work/$t" "$have"
	cp "$have"/* "$work/$t/" 2>/dev/null || true
	"build/fuzz/tests/fuzz/fuzz_$t" -merge=1 -timeout=10 \
	    -artifact_prefix="build/fuzz/$t-" "$work/$t" "$found" \
	    >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
	new=0
	for f in $(ls -Sr "$work/$t"); do
		[ -e "$have/$f" ] && continue
		[ "$new" -lt "$max" ] || break
		[ "$(wc -c <"$work/$t/$f")" -le 4096 ] || break
		cp "$work/$t/$f" "$have/$f"
		new=$((new + 1))
	done
	echo "$t: $new new, $(ls "$have" | wc -l) files"
done
