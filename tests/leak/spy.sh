#!/bin/sh
# spy.sh ACTION...: what a child of rotate, and rotate itself, show to every
# user of the machine who may look into /proc; kept in a file of its own. With
# the argument "client" it goes on as tests/crash/client.sh; "refuse" and
# "babble" are clients that fail, and quote the password while they do.
here=${0%/*}
{
	for p in $$ $PPID; do
		echo "== $p"
		tr '\0' '\n' <"/proc/$p/cmdline"
		[ $p = $PPID ] || tr '\0' '\n' <"/proc/$p/environ"
		grep -i 'core file' "/proc/$p/limits"
	done
	echo "== descriptors"
	ls -l "/proc/$$/fd"
} >"$here/seen/$$" 2>&1
# Our parent was started by the test, with the operator's AWS key in it.
tr '\0' '\n' <"/proc/$PPID/environ" >"$here/seen/parent.$$" 2>&1
case $1 in
client) exec "$here/client.sh" ;;
refuse | babble) ;;
*) exit 0 ;;
esac
IFS= read -r request
case $request in
*'"action":"write"'*) ;;
*) printf '%s\n' "$request" | exec "$here/client.sh" ;;
esac
printf '%s\n' "$request" >&2
if [ "$1" = babble ]; then
	printf 'Traceback: %s\n' "$request"
	exit 3
fi
word=${request##*\"password\":\"}
word=${word%%\"*}
echo "{\"ok\":false,\"class\":\"temp\",\"error\":\"server said: $word is no good\",\"fix\":\"not $word\"}"
