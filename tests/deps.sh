#!/bin/sh
# deps.sh: installs the Debian packages named in $DEBS that are missing. Needs
# neither root nor network when everything is there.
set -eu
missing=
for p in $DEBS; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
	    grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "missing packages:$missing" >&2
	echo "this is no Debian system: install their like by hand" >&2
	exit 1
fi
as=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "missing packages:$missing" >&2
		echo "run as root: apt-get install$missing" >&2
		exit 1
	}
	as=sudo
fi
echo "  APT	$missing"
# No daemon of ours may be started by an installation (Postfix, D-Bus).
run() {
	$as env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@"
}
echo 'postfix postfix/main_mailer_type select No configuration' |
    $as debconf-set-selections 2>/dev/null || :
log=$(mktemp)
{ run apt-get update && run apt-get install -y --no-install-recommends \
    $missing; } >"$log" 2>&1 || {
	tail -20 "$log" >&2
	rm -f "$log"
	exit 1
}
rm -f "$log"
