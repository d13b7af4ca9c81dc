# cloud.sh: a small cloud in network namespaces, for hosts.t, which sources
# this in namespaces of its own: nothing of it is seen from outside, and all of
# it goes when process 1 goes, however that ends.
#
# Here, in the cloud: the sandbox (IAM, STS, SMTP), DynamoDB behind its strict
# door, and the tests. Three services, three addresses, three links to each
# host, so that each way can be cut by itself:
#
#   link    service at   host number N
#   aws     10.9.1.1     10.N.1.2      iam, sts .amazonaws.com
#   store   10.9.2.1     10.N.2.2      dynamodb.us-east-1.amazonaws.com
#   mail    10.9.3.1     10.N.3.2      email-smtp.us-east-1.amazonaws.com:587
#
# A host (init.sh) has a network, processes, a name, a boot, a state directory
# and clocks of its own. Hosts share what real ones share: the configuration,
# the sealing key, and the clients, which are in $D.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
HERE=$TOP/tests/e2e/hosts
PYTHON=$(tests/venv.sh) || {
	echo 'Bail out! no build/venv: tests/venv.sh'
	exit 1
}
CLOCKS=$W/clocks.so
${CC:-cc} -O2 -D_GNU_SOURCE -fPIC -shared "$HERE/clocks.c" -o "$CLOCKS" -ldl ||
	exit 1
# An ASan program wants to be first; the clocks do no harm to it.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}:verify_asan_link_order=0

declare -A NUMBER=([aws]=1 [store]=2 [mail]=3) # of a link, or of a host
declare -A INIT=() JOB=() SKEW=() BOOT=() PACE=()
LINKS='aws store mail'

# --- the cloud ---

ip link set lo up
for l in $LINKS; do
	ip addr add "10.9.${NUMBER[$l]}.1/32" dev lo
done
cat >"$W/hosts" <<END
127.0.0.1 localhost
10.9.1.1 iam.amazonaws.com sts.amazonaws.com
10.9.2.1 dynamodb.us-east-1.amazonaws.com
10.9.3.1 email-smtp.us-east-1.amazonaws.com
END
mount --bind "$W/hosts" /etc/hosts
mkdir "$W/own"

le64() { # NUMBER: as eight bytes, as printf wants them
	local i
	for i in 0 8 16 24 32 40 48 56; do
		printf '\\x%02x' $((($1 >> i) & 255))
	done
}
set_clocks() { # NAME WALL BOOT PACE
	# shellcheck disable=SC2059
	printf "$(le64 "$2")$(le64 "$3")$(le64 "$4")" 1<>"$W/$1.clocks"
}
set_clocks cloud 0 0 0

sandbox_start --region us-east-1 --seed 23 --listen 0.0.0.0 --port-base 585
export AWS_ENDPOINT_URL=https://iam.amazonaws.com:585
export STRICT_KEY_ID=$AWS_ACCESS_KEY_ID STRICT_SECRET=$AWS_SECRET_ACCESS_KEY
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 397 \
    -CA "$W/sandbox/ca.pem" -CAkey "$W/sandbox/ca.key" -subj /CN=dynamodb \
    -addext 'subjectAltName=DNS:dynamodb.us-east-1.amazonaws.com,DNS:localhost' \
    -keyout "$W/door.key" -out "$W/door.crt" 2>"$W/door.err" || {
	cat "$W/door.err"
	exit 1
}
cat "$W/door.crt" "$W/door.key" >"$W/door.pem"
LD_PRELOAD=$CLOCKS HOSTS_CLOCKS=$W/cloud.clocks \
    "$PYTHON" tests/standin/dynamo.py moto 0.0.0.0 "$W/door.pem" >"$W/door.out" 2>"$W/door.err" &
door_pid=$!
TRIES=1200 until_true grep -q ^ready "$W/door.out" || {
	cat "$W/door.err"
	exit 1
}
DOOR_PORT=$(sed -n 's/^ready //p' "$W/door.out")
export AWS_ENDPOINT_URL_DYNAMODB=https://dynamodb.us-east-1.amazonaws.com:$DOOR_PORT
stop() {
	kill -KILL $door_pid "${INIT[@]}"
	finish
} >/dev/null 2>&1
trap stop EXIT

ask() { # CALL JSON: of the door
	curl -sS --fail-with-body --cacert "$SANDBOX_CA" -d "$2" \
	    "https://localhost:$DOOR_PORT/strict/$1"
}
item() { # KIND NAME FILTER: of the table as it is
	ask do "$(jq -cn --arg t "$TABLE" --arg k "$1" --arg s "$2" '{action: "GetItem",
	    body: {TableName: $t, ConsistentRead: true, Key: {k: {S: $k}, s: {S: $s}}}}')" |
	    jq -r ".body.Item | $3"
}
state() { item record "${1:-mail}" '.state.S // empty'; } # for lib.sh

# --- hosts ---

host_up() { # NAME [SECONDS]: it has been running for so much longer
	local name=$1 l n=${NUMBER[$1]} batch= up
	mkdir -p "$W/$name"
	rm -f "$W/$name.up"
	mkfifo "$W/$name.up"
	SKEW[$name]=0 BOOT[$name]=0 PACE[$name]=0
	tell "$name"
	unshare --net --mount --pid --uts --time --boottime "${2:-0}" --fork \
	    --kill-child=KILL "$HERE/init.sh" "$name" "$W" 3>&- 2>"$W/$name.init" &
	exec 3<>"$W/$name.up"
	read -r -t 60 -u 3 up || {
		echo "host $name does not come up: $(cat "$W/$name.init")"
		return 1
	}
	exec 3>&-
	INIT[$name]=$up
	for l in $LINKS; do
		batch+="link add $name-$l type veth peer name $l netns $up
		addr add 10.$n.${NUMBER[$l]}.1/30 dev $name-$l
		link set $name-$l up
		"
	done
	ip -batch - <<<"$batch"
	plug_in "$name" $LINKS
}
plug_in() { # NAME LINK...: their ends there
	local name=$1 l n=${NUMBER[$1]} batch=$'link set lo up\n'
	shift
	for l; do
		batch+="addr replace 10.$n.${NUMBER[$l]}.2/30 dev $l
		link set $l up
		route replace 10.9.${NUMBER[$l]}.1/32 via 10.$n.${NUMBER[$l]}.1 dev $l
		"
	done
	nsenter --target "${INIT[$name]}" --net ip -batch - <<<"$batch"
}
inside() { # NAME COMMAND...
	local name=$1
	shift
	nsenter --target "${INIT[$name]}" --net --mount --pid --uts --time "$@"
}
processes() { # NAME: all but its first
	find /proc/[0-9]*/ns/pid -lname "$(readlink "/proc/${INIT[$1]}/ns/pid" |
	    sed 's/[][]/\\&/g')" 2>/dev/null | cut -d/ -f3 |
	    grep -v -x "${INIT[$1]}"
}
die() { # NAME: as when it loses its power
	kill -KILL "${INIT[$1]}"
	unset "INIT[$1]"
	until_true host_gone "$1"
}
eval "lib_$(declare -f leave)"
leave() { # CODE: nothing that a test started goes on, also what is frozen
	local name
	set +eE
	trap - ERR EXIT
	for name in "${!INIT[@]}"; do
		kill -KILL $(processes "$name")
	done
	[ -z "${INIT[D]:-}" ] || kill -KILL "${INIT[D]}"
	lib_leave "$1"
} 2>/dev/null
host_gone() { ! ip link show "$1-aws"; }

# --- time ---

WORLD=0 # ms by which it is later than it is
tell() { # NAME
	set_clocks "$1" $((WORLD + SKEW[$1])) $((WORLD + BOOT[$1])) "${PACE[$1]}"
}
wall_of() { SKEW[$1]=$(($2 * 1000)) && tell "$1"; } # NAME SECONDS: ahead
wait_on() { # NAME SECONDS: so much goes by, as that host sees it
	BOOT[$1]=$((BOOT[$1] + $2 * 1000)) && tell "$1"
}
hurry() { PACE[$1]=40 && tell "$1"; } # NAME: what waits there waits less
later() { # MINUTES: for everybody
	local name
	WORLD=$((WORLD + $1 * 60000))
	for name in "${!INIT[@]}"; do
		tell "$name"
	done
	set_clocks cloud $WORLD $WORLD 0
	knobs '{"clock_offset_s":'$((WORLD / 1000))'}'
}

# --- what goes wrong ---

cut_link() { # NAME LINK|all HOW: own end, far end, or half: nothing comes back
	local l n=${NUMBER[$1]} batch= links=$2
	[ "$2" != all ] || links=$LINKS
	for l in $links; do
		case $3 in
		own) nsenter --target "${INIT[$1]}" --net ip link set "$l" down ;;
		far) ip link set "$1-$l" down ;;
		half) ip route add blackhole "10.$n.${NUMBER[$l]}.2" ;;
		esac
	done
	CUT="$3 $links"
}
mend() { # NAME: the last cut
	local l n=${NUMBER[$1]} how=${CUT%% *}
	for l in ${CUT#* }; do
		case $how in
		own) plug_in "$1" "$l" ;;
		far) ip link set "$1-$l" up ;;
		half) ip route del blackhole "10.$n.${NUMBER[$l]}.2" ;;
		esac
	done
	CUT=
}
freeze() { # NAME [main]: all of it, or only the process that decides
	local p
	for p in $([ -n "${2:-}" ] && main_of "$1" || processes "$1"); do
		# nsenter(1) would stand still with the one that it waits for
		[ "$(cat "/proc/$p/comm")" = timeout ] || kill -STOP "$p"
	done
}
main_of() { # the first of its two
	local p
	for p in $(processes "$1" | sort -n); do
		[ "$(readlink "/proc/$p/exe")" != "$ROTATE" ] ||
			{ echo "$p" && return; }
	done
	return 1
}
thaw() { kill -CONT $(processes "$1"); }

# --- rotators ---

run_on() { # NAME ARG...: in the background or not
	local name=$1
	shift
	inside "$name" timeout -k 5 100 env LD_PRELOAD="$CLOCKS" \
	    HOSTS_CLOCKS="$W/$name.clocks" "$ROTATE" -c "$D/rotate.yaml" \
	    --log plain "$@" >"$D/$name.out" 2>"$D/$name.err" </dev/null
}
told() { # NAME: what its last run said, and that it was in order
	cat "$D/$1.out" "$D/$1.err"
	! grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$D/$1.err"
	no_secret "$D/$1.out" "$D/$1.err"
}
on() { # NAME ARG...: to its end; $code
	code=0
	run_on "$@" || code=$?
	echo "$ON$1\$ rotate ${*:2}  -> $code"
	told "$1"
}
ON=
start() { # NAME ARG...
	run_on "$@" &
	JOB[$1]=$!
	echo "$1\$ rotate ${*:2} &"
}
ended() { # NAME: what was started there has ended; $code
	code=0
	wait "${JOB[$1]}" || code=$?
	echo "$1: -> $code"
	told "$1"
}
says_on() { # NAME WORD...
	local w name=$1
	shift
	for w; do
		cat "$D/$name.out" "$D/$name.err" | tr '\n' ' ' | grep -q -F -e "$w" ||
			{ echo "$name does not say: $w" && return 1; }
	done
}
busy() { # NAME: it leaves another one's lease alone
	on "$1"
	is "$code" 75
	says_on "$1" 'has it since'
}
