#!/bin/sh
# fetch_debs.sh PACKAGE...: unpacks Debian packages below build/debs/root, for
# programs that cannot be installed beside each other (all that deliver mail
# conflict). Does nothing for what is there already; prints that directory.
set -u
cd "$(dirname "$0")/.." || exit 1
D=$PWD/build/debs
mkdir -p "$D/root" || exit 1
exec 9>"$D/lock"
flock 9

try() { # try COMMAND...: mirrors have bad moments
	for pause in 1 5 15 0; do
		"$@" >"$D/log" 2>&1 && return
		sleep $pause
	done
	cat "$D/log" >&2
	return 1
}
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
download() { # a list that is too old names files that are gone
	apt-get download "$1" && return
	as_root apt-get update
	apt-get download "$1"
}

for p; do
	[ ! -e "$D/$p.done" ] || continue
	rm -f "$D/$p"_*.deb
	(cd "$D" && try download "$p") || exit 1
	dpkg -x "$D/$p"_*.deb "$D/root" || exit 1
	rm -f "$D/$p"_*.deb
	: >"$D/$p.done"
done
# Programs only: what make would take for its own (*.d) goes, and no bit of the
# rest gives anybody another identity.
rm -rf "$D/root/etc" "$D/root/var" "$D/root/usr/share" "$D/root/lib"
find "$D/root" -perm /6000 -type f -exec chmod ug-s {} +
echo "$D/root"
