#!/bin/sh
# venv.sh: makes build/venv with what tests/requirements.txt pins, and prints
# its Python. Nothing to do when it is there already. The mark is written last,
# so that a run that was interrupted is begun anew.
set -eu
cd "$(dirname "$0")/.."
V=build/venv
mkdir -p build
exec 9>build/venv.lock
flock 9 # two at a time would fill the same place
want=$(sha256sum tests/requirements.txt tests/venv.sh)
if [ "$(cat $V/made 2>/dev/null)" = "$want" ] &&
    $V/bin/python3 -c 'import moto' 2>/dev/null; then
	echo $V/bin/python3
	exit 0
fi
rm -rf $V
"${PYTHON:-python3}" -m venv $V || {
	echo "venv.sh: no venv: apt-get install python3-venv" >&2
	exit 1
}
try=1
until $V/bin/python3 -m pip install --quiet --disable-pip-version-check \
    --retries 3 --timeout 30 -r tests/requirements.txt >&2; do
	[ $try -lt 4 ] || exit 1
	sleep $((try * 5))
	try=$((try + 1))
done
echo "$want" >$V/made
echo $V/bin/python3
