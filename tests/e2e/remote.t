#!/bin/bash
# Clients on another host, which is this one, through a real sshd and `rotate
# agent`: a whole rotation, everything that can go wrong on the way, and a key
# that may change what is registered there and nothing else.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null && [ -x /usr/sbin/sshd ] || {
	echo "Bail out! python3 or sshd is missing"
	exit 1
}
S=$W/sshd
mkdir "$S"
python3 tests/standin/sshd.py "$S" >"$W/sshd.port" &
sshd_pid=$!
trap 'kill $sshd_pid 2>/dev/null; finish' EXIT
until_true grep -q ready "$W/sshd.port" || exit 1
SSH_PORT=$(awk '{print $2}' "$W/sshd.port")
sandbox_start

remote_client() { # NAME FILE [OPTION...]: a remote client for that file
	local name=$1 file=$2
	shift 2
	local port="port: $SSH_PORT" key="identity_file: $S/id" \
	    known="known_hosts: $S/known_hosts" \
	    agent="remote_command: \"${AGENT:-$ROTATE agent}\"" o
	for o; do
		case $o in
		port:*) port=$o ;;
		identity_file:*) key=$o ;;
		known_hosts:*) known=$o ;;
		remote_command:*) agent=$o ;;
		esac
	done
	cat <<-END
		  - name: $name
		    type: remote
		    host: 127.0.0.1
		    $port
		    $key
		    $known
		    $agent
		    driver: file
		    options:
		      path: $file
		      format: dotenv
		      username: SMTP_USER
		      password: SMTP_PASS
		      activate: [touch, $D/told]
		    pickup: 0s
	END
	for o; do
		case $o in
		jump:* | connect_timeout:* | timeout:*) echo "    $o" ;;
		esac
	done
}
remote_conf() { remote_client app "$D/app.env" "$@" | conf -; }
try_ssh() { # NAME FUNCTION [ARG...]: with an sshd as it is by itself
	rm -f "$S/forced" "$S/slow" "$S/cut"
	try "$@"
}

whole_rotation() {
	remote_conf
	gives 0 check
	says 'app' 'remote' '127.0.0.1'
	gives 0 --dry-run
	says 'on 127.0.0.1: set SMTP_USER and SMTP_PASS in'
	holds app "$OLD"
	until_idle
	finished
	[ "$NEW" != "$OLD" ]
	[ -e "$D/told" ]
}
over_a_jump_host() {
	remote_conf "jump: $(id -un)@127.0.0.1:$SSH_PORT"
	echo 0 >"$S/count"
	gives 0 --dry-run
	[ "$(cat "$S/count")" -ge 2 ]
	until_idle
	finished
}

# What must be seen before a key is made: nothing may change.
before_anything() { # WORDS OPTION...
	local words=$1
	shift
	remote_conf "$@"
	keep
	gives 12 --force
	says "$words" 127.0.0.1
	calm
	rotate --dry-run
	says "$words"
	calm
}
unknown_host_key() {
	: >"$D/known"
	before_anything 'its host key is not known here' "known_hosts: $D/known"
	[ ! -s "$D/known" ] # and it was not learnt
}
changed_host_key() {
	sed "s| ssh-ed25519 .*| $(cut -d' ' -f1,2 "$S/other.pub")|" \
	    "$S/known_hosts" >"$D/known"
	before_anything 'is not the one that is known' "known_hosts: $D/known"
	says "replace its line in $D/known"
}
key_refused() {
	before_anything 'does not let us in' "identity_file: $S/other"
	says "public key of $S/other"
}
key_is_open() {
	cp "$S/id" "$D/id"
	chmod 644 "$D/id"
	before_anything 'can be read by others' "identity_file: $D/id"
	says "chmod 600 $D/id"
}
no_agent() {
	before_anything 'there is no such program' \
	    'remote_command: no-such-program agent'
}
an_old_agent() {
	before_anything 'knows no such command' \
	    "remote_command: $ROTATE no-such-command"
}
a_chatty_shell() {
	before_anything 'its reply is not JSON' \
	    "remote_command: \"echo Welcome; $ROTATE agent\""
}
nobody_listens() {
	local free
	free=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	before_anything 'nobody listens' "port: $free"
}
slow() {
	touch "$S/slow"
	before_anything 'does not answer' 'connect_timeout: 1s'
}
silent_agent() {
	before_anything '127.0.0.1' 'remote_command: sleep 60' 'timeout: 1s'
}
# The file is there, but not for that user, or not at all.
missing_file() {
	remote_client app "$D/none.env" | conf -
	keep
	rotate --force
	says "127.0.0.1: $D/none.env"
	calm
}

# The connection ends while the pair is written. WHEN: before or after it was.
lost() { # before|after
	cat >"$D/agent" <<-END
		#!/bin/sh
		IFS= read -r request
		answer() { printf '%s\n' "\$request" | $ROTATE agent; }
		case \$request in
		*'"action":"write"'*)
			[ -e "$D/lose" ] || { answer; exit; }
			rm "$D/lose"
			[ $1 = before ] || answer >/dev/null
			p=\$PPID # the shell of sshd, or sshd when that exec'd
			[ "\$(cat /proc/\$p/comm)" = sshd ] ||
				p=\$(cut -d' ' -f4 /proc/\$p/stat)
			kill -9 \$p
			sleep 5 ;;
		*) answer ;;
		esac
	END
	chmod 755 "$D/agent"
	touch "$D/lose"
	AGENT=$D/agent remote_conf
	rotate --force
	[ ! -e "$D/lose" ]
	is "$(made)" 1
	until_idle
	finished
	is "$(made)" 1
}

# --- a key that may do one thing ---

there() { # the configuration of the other host: client app, in app.env
	file_client app | conf -
	mv "$D/rotate.yaml" "$D/there.yaml"
	printf 'restrict,command="%s agent --config %s %s"\n' "$ROTATE" \
	    "$D/there.yaml" "${1:-}" >"$S/forced"
}
forced_command() {
	there '--only app'
	env_file "$D/evil.env" "$OLD" us-east-1
	remote_client app "$D/evil.env" | conf -
	gives 0 --dry-run
	says "in $D/app.env"
	until_idle
	finished
	is "$(holder evil)" "$OLD"
}
forced_for_another() {
	there '--only web'
	remote_conf
	keep
	rotate --force
	says 'this key may not change client app on this host'
	calm
}
forced_elsewhere() { # registered there for another region
	REGIONS=eu-west-1
	printf '  - { name: app, region: eu-west-1, type: file, path: %s, format: dotenv, username: A, password: B }\n' \
	    "$D/app.env" | conf -
	mv "$D/rotate.yaml" "$D/there.yaml"
	printf 'restrict,command="%s agent --config %s"\n' "$ROTATE" \
	    "$D/there.yaml" >"$S/forced"
	REGIONS=us-east-1
	remote_conf
	keep
	rotate --force
	says 'is registered here for identity mail in eu-west-1'
	calm
}

# --- the agent by itself ---

agent() { # INPUT-FILE ARG...: $code, $D/out, $D/err
	local in=$1
	shift
	code=0
	timeout -k 5 60 "$ROTATE" agent "$@" <"$in" >"$D/out" 2>"$D/err" ||
	    code=$?
	cat "$D/out" "$D/err"
	no_secret "$D/out" "$D/err"
	! grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$D/err"
}
refuses_junk() { # COMMAND...: what it prints is no request
	"$@" >"$D/in"
	agent "$D/in"
	is "$code" 0
	is "$(wc -l <"$D/out")" 1
	says '"ok":false' '"class":"proto"'
}
agent_junk() {
	local request
	for request in '' 'x' '{}' '[]' '{"protocol":1}' \
	    '{"protocol":1,"action":"plan","client":"../../etc"}'; do
		refuses_junk printf '%s\n' "$request"
	done
	refuses_junk printf '{"protocol":1,"action":"write","client":"app"'
	refuses_junk python3 -c 'print("a" * 200000, end="")'
	refuses_junk python3 -c 'print("[" * 60000)'
	refuses_junk head -c 4000 /dev/urandom
}
agent_without_config() {
	echo '{}' >"$D/in"
	agent "$D/in" --config "$D/none.yaml"
	is "$code" 0
	says '"ok":false' '"class":"gone"'
}
agent_at_a_terminal() {
	code=0
	script -qec "$ROTATE agent" /dev/null >"$D/out" 2>"$D/err" </dev/null ||
	    code=$?
	is "$code" 64
	says 'talked to by another rotate'
}

try_ssh 'a whole rotation on another host' whole_rotation
try_ssh 'over a jump host' over_a_jump_host
try_ssh 'an unknown host key is refused and not learnt' unknown_host_key
try_ssh 'a changed host key is refused' changed_host_key
try_ssh 'a key that is not let in' key_refused
try_ssh 'a private key that others can read' key_is_open
try_ssh 'no agent there' no_agent
try_ssh 'an agent that is too old' an_old_agent
try_ssh 'a login shell that prints' a_chatty_shell
try_ssh 'nobody listens' nobody_listens
try_ssh 'a host that accepts and says nothing' slow
try_ssh 'an agent that never answers' silent_agent
try_ssh 'the file is missing there' missing_file
try_ssh 'the connection is lost before the pair is written' lost before
try_ssh 'the connection is lost after the pair was written' lost after
try_ssh 'a forced command changes what is registered there only' forced_command
try_ssh 'a forced command for another client' forced_for_another
try_ssh 'a forced command and another region' forced_elsewhere
try_ssh 'the agent answers junk' agent_junk
try_ssh 'the agent without its configuration' agent_without_config
try_ssh 'the agent is nothing for a terminal' agent_at_a_terminal
done_testing
