# lib.sh: what the end-to-end tests share. Source it from the top of the tree
# or anywhere else; it goes there.
#
# A test is a function of commands that must all succeed. `try` runs it in a
# fresh world (sandbox reset, empty directory $D, one IAM user ses-mail whose
# only key the file $D/app.env holds) and turns the outcome into a line of TAP;
# what it printed and the command that failed become the diagnostics. ONLY=word
# runs the tests with that word in their name.
#
# Spans are 0s where nothing is to be waited for, so that one run is a whole
# rotation; a test that wants to stand in GRACE sets GRACE=1h before `conf`.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
TOP=$PWD
export LC_ALL=C.UTF-8

first_of() { # FILE...: the first that can be run, with its whole path
	local f
	for f; do
		[ -x "$f" ] && realpath "$f" && return
	done
	echo "1..0 # SKIP none of $* is built" && exit 0
}
ROTATE=$(first_of ${ROTATE:-build/asan/rotate build/rotate}) || exit 1
SANDBOX=$(first_of ${SANDBOX:-build/asan/ses-sandbox build/ses-sandbox}) ||
	exit 1

W=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX") || exit 1
chmod 755 "$W"
sandbox_pid=
finish() {
	[ -z "$sandbox_pid" ] || kill "$sandbox_pid" && wait "$sandbox_pid"
	rm -rf "$W"
} >/dev/null 2>&1
trap finish EXIT
trap 'exit 1' INT TERM HUP

# The caller's AWS settings and proxies are none of our business, nor is the
# role of the machine that we run on.
unset ${!AWS_*} ${!SANDBOX_*} HTTPS_PROXY https_proxy ALL_PROXY all_proxy
export HOME=$W NO_COLOR=1 AWS_EC2_METADATA_DISABLED=true

sandbox_start() { # OPTION...: fresh, in $W/sandbox; sets its variables
	"$SANDBOX" --dir "$W/sandbox" --exit-with-parent "$@" \
	    >"$W/sandbox.out" 2>&1 &
	sandbox_pid=$!
	local i
	for i in $(seq 200); do
		[ -s "$W/sandbox/sandbox.env" ] && break
		sleep 0.05
	done
	# shellcheck disable=SC1091
	. "$W/sandbox/sandbox.env"
}

ctl() { # METHOD PATH [JSON]: the sandbox's control port
	curl -sS --fail-with-body -X "$1" "$SANDBOX_CONTROL$2" ${3:+-d "$3"}
}
knobs() { ctl POST /knobs "$1" >/dev/null; }
fault() { ctl POST /faults "$1" >/dev/null; } # one object or an array
look() { # EXPRESSION: of the sandbox's state, s in Python
	ctl GET /state | python3 -c '
import json, sys
s = json.load(sys.stdin)
c = s["counters"]
keys = {k["id"]: k["status"] for u in s["users"] if u["name"] == "ses-mail"
        for k in u["keys"]}
r = eval(sys.argv[1])
print("\n".join(map(str, r)) if isinstance(r, list) else r)' "$1"
}
keys() { look 'sorted("%s %s" % k for k in keys.items())'; } # "ID Status"
made() { look 'c["iam"]["CreateAccessKey"]["effects"]'; }
traffic() { look '[c["iam"], c["connections"]]'; } # every call and session
met() { look "c.get('faults', {}).get('$1', 0)"; } # how often that fault came
password() { # KEY REGION
	ctl GET "/key/$1/password?region=$2" |
	    grep -o 'B[A-Za-z0-9+/]\{43\}'
}
new_key() { # made by somebody else; prints its id
	ctl POST /keys '{"user":"ses-mail"}' | grep -o 'AKIA[A-Z0-9]*' | head -1
}

# --- the world of one test ---

env_file() { # FILE KEY REGION: an application's settings, with that pair
	printf '# application\nSMTP_HOST=localhost\nSMTP_USER=%s\nSMTP_PASS=%s\nDEBUG=0\n' \
	    "$2" "$(password "$2" "$3")" >"$1"
	chmod 600 "$1"
}
fresh() { # [KEYS]: the user with so many keys; OLD is the first
	D=$(mktemp -d "$W/XXXXXX")
	ctl POST /reset >/dev/null
	knobs '{"last_used_granularity_s":0}'
	OLD=$(ctl POST /users '{"name":"ses-mail","keys":'"${1:-1}"'}' |
	    grep -o 'AKIA[A-Z0-9]*' | head -1)
	[ -z "$OLD" ] || env_file "$D/app.env" "$OLD" us-east-1
	AGE=90d GRACE=0s QUIET=0s LATE=0s SETTLE=20s REGIONS=us-east-1 MORE=
	TLS=starttls PORT=$SMTP_STARTTLS_PORT_us_east_1
}
file_client() { # NAME [LINE...]: a file client for $D/NAME.env
	printf '  - { name: %s, type: file, path: %s, format: dotenv, ' \
	    "$1" "$D/$1.env"
	printf 'username: SMTP_USER, password: SMTP_PASS, pickup: 0s%s }\n' \
	    "${2:+, $2}"
}
conf() { # [-]: with the file client app, or the clients on standard input
	{
		cat <<-END
			account: "$SANDBOX_ACCOUNT"
			state: $D/state
			identities:
			  - name: mail
			    iam_user: ses-mail
			    regions: [$REGIONS]
			    max_age: $AGE
			    grace: $GRACE
			    quiet: $QUIET
			    slack: 0s
			    late_window: $LATE
			    smtp: { host: localhost, port: $PORT, tls: $TLS, ca_file: $SANDBOX_CA }
			    settle: { successes: 2, interval: 0s, timeout: $SETTLE }
			$MORE
			clients:
		END
		case ${1:-} in
		-) cat ;;
		*) file_client app ;;
		esac
	} >"$D/rotate.yaml"
}
set_span() { # KEY VALUE: of the identity, in the configuration
	sed -i "s/^\( *$1:\) .*/\1 $2/" "$D/rotate.yaml"
}

# rotate ARG...: runs it; $code, $D/out and $D/err tell how it went. Whatever
# it was asked for, it may neither meet a sanitizer nor show a password.
rotate() {
	code=0
	timeout -k 5 60 "$ROTATE" -c "$D/rotate.yaml" --log plain "$@" \
	    >"$D/out" 2>"$D/err" </dev/null || code=$?
	echo "\$ rotate $*  -> $code"
	cat "$D/out" "$D/err"
	if grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$D/err"; then
		return 1
	fi
	no_secret "$D/out" "$D/err"
}
no_secret() { # FILE...: holds none of the passwords that clients have
	local p
	for p in $(sed -n 's/^SMTP_PASS=\(.\{20\}\).*/\1/p' "$D"/*.env); do
		if grep -F -e "$p" "$@"; then
			echo "a password was shown"
			return 1
		fi
	done
}
gives() { # CODE ARG...: rotate ends with that code
	local want=$1
	shift
	rotate "$@"
	is "$code" "$want"
}
is() { # GOT WANTED
	[ "$1" = "$2" ] || { echo "got: $1; wanted: $2" && return 1; }
}
says() { # WORD...: each is in what rotate printed last
	local w
	for w; do
		cat "$D/out" "$D/err" | tr '\n' ' ' | grep -q -F -e "$w" ||
			{ echo "does not say: $w" && return 1; }
	done
}
holds() { # NAME KEY [REGION]: the file client has that key and its password
	grep -q -x "SMTP_USER=$2" "$D/$1.env"
	grep -q -x "SMTP_PASS=$(password "$2" "${3:-us-east-1}")" "$D/$1.env"
	grep -q -x DEBUG=0 "$D/$1.env"
}
holder() { sed -n 's/^SMTP_USER=//p' "$D/${1:-app}.env"; }
state() { # of the identity, from the database itself
	[ -e "$(database)" ] || return 1 # sqlite3 would make it
	sqlite3 -cmd '.timeout 5000' "$(database)" \
	    "select state from identity where name = 'mail'"
}
database() { echo "$D"/state/*.db; }
is_state() { is "$(state)" "$1"; }
finished() { # one key is left, the clients named (app) hold it, and are idle
	local c
	is_state IDLE
	is "$(look 'len(keys)')" 1
	is "$(look 'list(keys.values())')" Active
	NEW=$(look 'list(keys)')
	for c in "${@:-app}"; do
		holds "$c" "$NEW"
	done
}
until_idle() { # [TRIES]: run after run, not minding when it is due
	local i
	for i in $(seq "${1:-20}"); do
		rotate --force
		[ "$(state)" != IDLE ] || return 0
		sleep 0.1
	done
	return 1
}
until_true() { # COMMAND...: within ten seconds, or TRIES twentieths of one
	local i
	for i in $(seq "${TRIES:-200}"); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	echo "never came true: $*"
	return 1
}
world() { # everything that a run could change, as text
	ctl GET /state | python3 -c '
import json, sys
s = json.load(sys.stdin)
print(json.dumps([u for u in s["users"] if u["name"] != "operator"], indent=1))'
	find "$D" -mindepth 1 -path "$D/out" -o -path "$D/err" -o -path "$D/log" \
	    -o -path "$D/world" -o -printf '%P %y %m %U %T@ %i\n' | sort
	find "$D" -type f ! -name out ! -name err ! -name log ! -name world \
	    -exec sha256sum {} +
}

# keep, then calm: no key was made, none changed, no client was touched.
keep() {
	cp -p "$D/app.env" "$D/kept"
	kept_keys=$(keys) kept_made=$(made)
}
calm() {
	cmp "$D/app.env" "$D/kept"
	is "$(keys)" "$kept_keys"
	is "$(made)" "$kept_made"
}
with_mounts() { # FUNCTION: with mounts of its own, gone when it returns
	[ "$(id -u)" = 0 ] || skip 'not root'
	unshare -m true || skip 'no mount namespaces'
	export D W ROTATE OLD AGE GRACE QUIET LATE SETTLE REGIONS MORE TLS PORT \
	    ${!SANDBOX_*} ${!SMTP_*}
	export -f $(compgen -A function)
	unshare -m bash -c 'set -eE
		trap '"'"'echo "failed: $BASH_COMMAND (line $LINENO)"'"'"' ERR
		"$@"' with_mounts "$@"
}

# --- TAP ---

n_tests=0 n_failed=0
try() { # NAME FUNCTION [ARG...]
	local name=$1 rc
	shift
	[[ $name == *"${ONLY:-}"* ]] || return 0
	n_tests=$((n_tests + 1))
	fresh
	(
		trap 'rc=$?; echo "failed: $BASH_COMMAND (line $LINENO)"; exit $rc' ERR
		trap 'leave $?' EXIT
		set -eE
		"$@"
	) >"$D/log" 2>&1
	rc=$?
	if [ $rc -eq 0 ]; then
		echo "ok $n_tests - $name"
	elif [ $rc -eq 77 ]; then
		echo "ok $n_tests - $name # SKIP $(tail -1 "$D/log")"
	else
		n_failed=$((n_failed + 1))
		echo "not ok $n_tests - $name"
		tail -40 "$D/log" | sed 's/^/# /'
	fi
	[ -n "${KEEP:-}" ] || rm -rf "$D"
}
leave() { # CODE: of a test; what it started in the background ends
	set +eE
	trap - ERR EXIT
	[ -z "$(jobs -p)" ] || kill $(jobs -p) && wait
	exit "$1"
} 2>/dev/null
skip() { # WHY: leaves the test
	echo "$1"
	exit 77
}
done_testing() { echo "1..$n_tests"; }
