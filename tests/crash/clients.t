#!/bin/sh
# clients.t: one write of a client is stopped at every system call that
# changes something (pt.c), once by killing it and once by letting somebody
# else put another file in its place.
#
#   killed   the target is old or new, as it stands and as read() says; or,
#            in place, torn, and then read() gives no password and changes
#            nothing; the next write makes it new; nothing is left beside it
#   meddled  what somebody put there is there at the end, always
#
# One row of tests/conform/rows_file.c for each way of changing a file, not
# one for each syntax. Environment: TEST_BUILD (build/plain), CRASH_ROWS.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${TEST_BUILD:-build/plain}
pt=$build/tests/crash/pt
conform=$build/tests/conform/conform
base=/tmp
[ -w /dev/shm ] && base=/dev/shm
work=$(mktemp -d "$base/rotate-clients.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
dir=$work/place
n=0
bad=0

ok() { # TEXT, with $why empty when all went well
	n=$((n + 1))
	if [ -z "$why" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		echo "# $why"
	fi
}
wrong() { # the first thing that goes wrong is told
	[ -n "$why" ] || why="$*: $(cat "$work/err" "$work/out" 2>/dev/null | tr '\n' ' ')"
}
once() { # ROW STEP ...
	row=$1
	shift
	"$conform" once "$row" "$dir" "$@" >"$work/out" 2>"$work/err"
}
fresh() { # ROW PAIR
	rm -rf "$dir"
	mkdir "$dir"
	once "$1" make "$2" || wrong "make $2"
}
struck() { # POINT entry|exit SIGNAL ROW STEP ...: false when it has no such point
	point=$1 where=$2 signal=$3 row=$4
	shift 4
	"$pt" -n "$point" -w "$where" -s "$signal" -l "$work/points" \
		"$conform" once "$row" "$dir" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ "$(sed -n 's/^end \([0-9]*\) .*/\1/p' "$work/points")" -ge "$point" ]
}

killed() { # ROW OLD NEW WANTED: words that check must have said at some point
	row=$1 old=$2 new=$3 wanted=$4
	why='' seen='' points=0
	fresh "$row" "$old"
	before=$(ls -A "$dir")
	for where in entry exit; do
		point=1
		fresh "$row" "$old"
		while struck "$point" "$where" 9 "$row" write "$new"; do
			[ "$code" -eq 137 ] || wrong "$where $point: exit code $code"
			once "$row" check "$old" "$new" || wrong "$where $point"
			seen="$seen $(cat "$work/out")"
			[ "$(ls -A "$dir")" = "$before" ] ||
				wrong "$where $point left $(ls -A "$dir")"
			point=$((point + 1))
			points=$((points + 1))
			fresh "$row" "$old"
		done
		[ "$code" -eq 0 ] || wrong "$where $point: exit code $code"
	done
	for word in $wanted; do
		case " $seen " in *" $word "*) ;; *) wrong "never seen: $word" ;; esac
	done
	[ "$points" -ge 12 ] || wrong "only $points points"
	ok "$row, $old to $new: killed at $points points"
}

meddled() { # ROW
	row=$1
	why='' seen='' point=1
	fresh "$row" theirs
	while struck "$point" entry 10 "$row" meddle new; do
		seen="$seen $(cat "$work/out")"
		[ ! -e "$dir/theirs" ] || wrong "point $point: nobody meddled"
		once "$row" theirs || wrong "point $point"
		point=$((point + 1))
		fresh "$row" theirs
	done
	case $seen in *conflict*) ;; *) wrong "no conflict was seen" ;; esac
	ok "$row: meddled with at $((point - 1)) points,$seen"
}

for row in ${CRASH_ROWS:-file-dotenv file-template file-joint}; do
	killed "$row" old new "old new"
	meddled "$row"
done
killed file-in-place old new "old torn new"
meddled file-in-place
killed file-two old new "old half new"
meddled file-two
# Of another length: a write in place has two steps, both ways.
killed file-in-place-dsn old new "old torn new"
killed file-in-place-dsn next old "next torn old"
echo "1..$n"
exit $bad
