#!/bin/bash
# The reading commands against the sandbox: they tell the truth, and they
# change nothing. TAP. ROTATE and SANDBOX name the programs. Needs curl, jq,
# python3 and sqlite3.
set -u
cd "$(dirname "$0")/../.." || exit 1
ROTATE=$(realpath "${ROTATE:-build/asan/rotate}")
SANDBOX=$(realpath "${SANDBOX:-build/asan/ses-sandbox}")

for tool in curl jq python3 sqlite3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP no $tool"
		exit 0
	}
done

W=$(mktemp -d) || exit 1
clean() {
	[ -n "${SBX:-}" ] && kill "$SBX" && wait "$SBX"
	rm -rf "$W"
} 2>/dev/null
trap clean EXIT
trap 'exit 1' INT TERM HUP

# ---- the world -------------------------------------------------------------
unset "${!AWS_@}" NO_COLOR HTTPS_PROXY https_proxy
export HOME=$W
start() {
	: >"$W/ready"
	"$SANDBOX" --dir "$W/sbx" --region us-east-1 --region eu-west-1 \
	    --exit-with-parent >"$W/ready" 2>&1 &
	SBX=$!
	until grep -q ready "$W/ready"; do
		kill -0 $SBX || exit 1
		sleep 0.05
	done
	. "$W/sbx/sandbox.env"
	P1=$SMTP_STARTTLS_PORT_us_east_1 P2=$SMTP_TLS_PORT_eu_west_1
}
post() { curl -sS -d "$2" "$SANDBOX_CONTROL/$1"; }
get() { curl -sS "$SANDBOX_CONTROL/$1"; }
password() { get "key/$1/password?region=$2" | jq -r .password; }

# people KEYS: one key was made 97 days ago; KEYS are the second user's. The
# sandbox's clock is right again afterwards.
people() {
	local mail
	post knobs '{"clock_offset_s":-8380800}' >"$W/ignore"
	mail=$(post users '{"name":"ses-mail","keys":1}')
	post knobs '{"clock_offset_s":0}' >"$W/ignore"
	post users "{\"name\":\"ses-young\",\"keys\":$1}" >"$W/ignore"
	OLD=$(jq -r '.keys[0].id' <<<"$mail")
	SECRET=$(jq -r '.keys[0].secret' <<<"$mail")
}
start
people 1

mkdir "$W/conf"
pair() { # pair FILE USER PASSWORD
	printf 'A=1\nSMTP_USER=%s\nSMTP_PASS=%s\n' "$2" "$3" >"$1"
	chmod 600 "$1"
}
pair "$W/web.env" "$OLD" "$(password "$OLD" us-east-1)"
pair "$W/app.env" "$OLD" "$(password "$OLD" eu-west-1)"
conf() { # conf [EXTRA CLIENT LINE...]
	cat >"$W/conf/rotate.yaml" <<-END
	account: "${ACCOUNT:-123456789012}"
	state: $W/state
	seal: { kind: file, path: $W/seal.key }
	defaults:
	  smtp: { host: localhost, port: $P1, ca_file: $SANDBOX_CA }
	  settle: { successes: 1, interval: 0, timeout: 5s }
	identities:
	  - { name: mail, iam_user: ses-mail, regions: [us-east-1] }
	  - name: eu
	    iam_user: ses-young
	    regions: [eu-west-1]
	    smtp: { port: $P2, tls: implicit }
	clients:
	  - { name: web, identity: mail, type: file, path: $W/web.env,
	      format: dotenv, username: SMTP_USER, password: SMTP_PASS }
	  - { name: gmail, identity: mail, type: manual, what: the alias }
	$(printf '  - %s\n' "$@")
	END
	chmod 600 "$W/conf/rotate.yaml"
}
APP="{ name: app, identity: eu, type: file, path: $W/app.env, format: dotenv, username: SMTP_USER, password: SMTP_PASS, required: false }"
GONE="{ name: lost, identity: mail, type: file, path: $W/lost.env, format: dotenv, username: SMTP_USER, password: SMTP_PASS }"
conf "$APP"

# Everything that a reading command could change: users, keys and their last
# use, every file with its times and content.
world() {
	get state | jq -S '(.users | map(select(.name != "operator"))), (.counters | with_entries(select(
	    .key | test("Create|Update|Delete|smtp.auth|smtp.mail"))))'
	find "$W" -path "$W/sbx" -prune -o -name 'world*' -prune -o \
	    -name 'out*' -prune -o -path "$W" -prune -o \
	    -printf '%P %y %m %U %s %T@ %C@ %i\n' | sort
	find "$W" -type f -not -path "$W/sbx/*" -not -name 'world*' \
	    -not -name 'out*' -exec sha256sum {} + | sort
}

# ---- test helpers ----------------------------------------------------------
n=0
ok() { # ok NAME COMMAND...
	local what=$1
	shift
	n=$((n + 1))
	if "$@" >"$W/out.ok" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$W/out" "$W/out.err" "$W/out.ok" | tail -60
	fi
}
rotate() { # stdout to out, stderr to out.err, code to rc
	"$ROTATE" "$@" -c "$W/conf/rotate.yaml" >"$W/out" 2>"$W/out.err" \
	    </dev/null
	rc=$?
}
bare() { # without a configuration
	"$ROTATE" "$@" >"$W/out" 2>"$W/out.err"
	rc=$?
}
says() { grep -qE -- "$1" "$W/out"; }
shows() { grep -qF -- "$1" "$W/out"; } # a fixed text
hides() { ! grep -qF -- "$1" "$W/out" "$W/out.err"; }
complains() { grep -qE -- "$1" "$W/out.err"; }
json() { jq -e "$1" "$W/out"; }
is() { [ "$rc" = "$1" ]; }
# A command on a terminal of COLUMNS columns; \r taken off. Standard input of
# the command is that terminal; INPUT is typed when PROMPT has appeared.
tty() {
	python3 - "$@" <<-'END' >"$W/out" 2>"$W/out.err"
	import fcntl, os, pty, struct, sys, termios, time
	pid, fd = pty.fork()
	if pid == 0:
	    cols = int(os.environ.get("COLUMNS", "80"))
	    fcntl.ioctl(0, termios.TIOCSWINSZ,
	                struct.pack("HHHH", 24, cols, 0, 0))
	    os.execvp(sys.argv[1], sys.argv[1:])
	prompt = os.environ.get("PROMPT")
	seen = b""
	while True:
	    try:
	        got = os.read(fd, 65536)
	    except OSError:
	        break
	    if not got:
	        break
	    seen += got
	    if prompt and prompt.encode() in seen:
	        prompt = None
	        while termios.tcgetattr(fd)[3] & termios.ECHO:
	            time.sleep(0.01)
	        print("ECHO OFF")
	        if "INPUT" in os.environ:
	            os.write(fd, os.environ["INPUT"].encode() + b"\n")
	        else:
	            os.write(fd, b"\x03")
	echo = termios.tcgetattr(fd)[3] & termios.ECHO
	status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	print(seen.decode().replace("\r", ""), end="")
	print("ECHO ON" if echo else "ECHO LOST")
	sys.exit(status if status >= 0 else 128 - status)
	END
	rc=$?
}
widest() {
	sed 's/\x1b\[[0-9;]*m//g' "$W/out" | awk '{ if (length > m) m = length }
	    END { print m + 0 }'
}
fits() { [ "$(widest)" -le "$1" ] && [ "$(widest)" -gt 20 ]; }
same_world() { # same_world COMMAND...: the exit code stays in rc
	world >"$W/world.1"
	"$@"
	world >"$W/world.2"
	diff "$W/world.1" "$W/world.2"
}

# ---- before the first run --------------------------------------------------
ok "check changes nothing" same_world rotate check
ok "check exits 0" is 0
ok "check ends with OK" says '^OK$'
ok "check says where a client is" says "^web .* $W/web.env$"
ok "check: no state yet" says "state .*nothing stored yet"
rotate check --json
ok "check --json" json '.clients | length == 3'
cat >"$W/conf/kinds.yaml" <<END
account: "123456789012"
identities: [{ name: mail, iam_user: ses-mail, regions: [us-east-1] }]
clients:
  - { name: jobs, type: gitlab, group: acme, pair_variable: DSN, token_file: /no/token }
  - { name: ci, type: github-actions, organisation: octo, pair_secret: DSN, token_file: /no/token }
  - { name: two, type: aws-ssm, username_parameter: /smtp/user, password_parameter: /smtp/pass }
  - { name: unit, type: systemd-credential, credential: smtp }
  - { name: prog, type: exec, command: [/usr/bin/thing, -v] }
END
bare check --config "$W/conf/kinds.yaml"
for at in 'jobs .* acme' 'ci .* octo' 'two .* /smtp/user' 'unit .* smtp' \
    'prog .* /usr/bin/thing -v'; do
	ok "check says where: $at" says "^$at$"
done
rm "$W/conf/kinds.yaml"

ok "dry run changes nothing" same_world rotate --dry-run
ok "dry run exits 0" is 0
ok "dry run: who we are" says 'arn:aws:iam::123456789012:user/operator'
ok "dry run: the user and its id" says 'IAM user +ses-mail, AIDA'
ok "dry run: key, age, use" says "$OLD, Active, 97d old, never used"
ok "dry run: due" says "rotation is due: key $OLD is 97d .*max_age 90d"
ok "dry run: not due" says 'not due for 89d'
ok "dry run: what would be written" says "set SMTP_USER and SMTP_PASS in $W/web"
ok "dry run: way back" says "holds $OLD; its pair can be given back"
ok "dry run: endpoint 1" says "^localhost:$P1 +STARTTLS +ready"
ok "dry run: endpoint 2" says "^localhost:$P2 +TLS +ready"
ok "dry run: each endpoint once" test "$(grep -c '^localhost' "$W/out")" = 2
ok "dry run: summary comes last" test \
    "$(tail -1 "$W/out")" = "Plan: 1 to rotate, 1 waiting, 0 blocked."
rotate --dry-run --identity eu
ok "dry run of one identity" test \
    "$(tail -1 "$W/out")" = "Plan: 0 to rotate, 1 waiting, 0 blocked."
rotate --dry-run --identity eu --force
ok "dry run with --force" says 'Plan: 1 to rotate, 0 waiting'
rotate --dry-run --json
ok "dry run --json" json '.summary == {"rotate":1,"waiting":1,"blocked":0}
    and (.identities[0].keys[0].status == "Active")
    and .identities[0].clients[0].way_back and .endpoints[1].ready'

rotate status
ok "status before the first run" says '^mail +- +- .*its first run'
rotate status --json
ok "status --json before the first run" json '.identities[0] |
    .known == false and .state == null and (.clients | length == 2)'
ok "history before the first run changes nothing" same_world rotate history
ok "history before the first run" says 'Nothing has ever happened'
rotate verify
ok "verify: good where good" says "^web +$OLD +good +235"
ok "verify: a person" says '^gmail +- +not tried +only a person can look'

# ---- problems in a plan ----------------------------------------------------
conf "$GONE" "$APP"
ok "a client that is not ready: nothing changes" same_world rotate --dry-run
ok "a client that is not ready: 12" is 12
ok "... is told" says 'problem +.*lost.env: cannot open'
ok "... with the remedy" says 'fix +create it'
ok "... and counts" says 'Plan: 0 to rotate, 1 waiting, 1 blocked'
ok "... and the others are listed" says 'client +app'
rotate verify
ok "verify: unreadable client: 12" is 12
ok "verify: says so" says '^lost +- +BAD'
conf "$APP"

kill $SBX && wait $SBX 2>/dev/null
rotate --dry-run
ok "AWS and SES unreachable: 69" is 69
ok "... clients are listed all the same" says 'set SMTP_USER'
ok "... endpoints too" says "^localhost:$P1 +STARTTLS +.*no connection"
rotate verify
ok "verify without SES: 69" is 69
ok "verify without SES: unknown, not refused" says '^web .*unknown'
start # it has forgotten everything
people 2
pair "$W/web.env" "$OLD" "$(password "$OLD" us-east-1)"
conf "$APP"

rotate --dry-run
ok "two keys we do not know: 13" is 13
ok "... and how to tell us" says 'rotate adopt eu --current KEY'
ACCOUNT=999999999999 conf "$APP"
rotate --dry-run
ok "wrong account: 78" is 78
ok "... both are named" says 'belong to account 123456789012'
ok "... clients are listed all the same" says 'set SMTP_USER'
conf "$APP"

# ---- a rotation under way --------------------------------------------------
rotate --identity mail
ok "a rotation waits for a person" is 11
NEW=$(sed -n 's/^SMTP_USER=//p' "$W/web.env")
ok "the client was moved" test "$NEW" != "$OLD"
ok "status changes nothing" same_world rotate status
ok "status: a row" says "^mail +PUSHING +$NEW +[0-9]+s +in [0-9]+m "
ok "status: whom it waits for" says 'rotate show-once gmail, then rotate confirm'
rotate status mail
ok "status NAME: evidence" says "web +file +verified .*235 from localhost:$P1"
ok "status NAME: steps" says "user name +$NEW"
ok "status NAME: both keys" says "old key +$OLD, 97d"
rotate status mail --json
ok "status --json" json '.identities | length == 1 and .[0].state == "PUSHING"
    and .[0].clients[1].state == "asked"'
ok "status tells no password" hides "$(password "$NEW" us-east-1)"
ok "dry run under way changes nothing" same_world rotate --dry-run
ok "dry run: next arrow" says 'next +give the remaining clients the new pair'
ok "dry run: the kept pair" says "its former pair $OLD is kept"
ok "verify: the new key" eval "rotate verify mail; says 'web +$NEW .new. +good'"

ok "the chain" eval "rotate history; says '^chain of [0-9]+ events is whole'"
ok "history of one" eval "rotate history mail; says ' state +IDLE -> INTENT'"
rotate history --json
ok "history --json is lines of JSON" test \
    "$(jq -c .seq "$W/out" | wc -l)" = "$(wc -l <"$W/out")"

# ---- secrets: only where they belong ---------------------------------------
rotate show-once gmail
ok "show-once into a file is refused" is 64
ok "... and shows nothing" hides "$(password "$NEW" us-east-1)"
TERM=dumb tty "$ROTATE" show-once gmail -c "$W/conf/rotate.yaml"
ok "show-once on a terminal" shows "password  $(password "$NEW" us-east-1)"
ok "... with server and user" says "user +$NEW"
rotate history mail
ok "... is noted" says "shown +password of $NEW shown to .* for client gmail"
rotate show-once gmial
ok "show-once without a terminal, any client" is 64
TERM=dumb tty "$ROTATE" show-once gmial -c "$W/conf/rotate.yaml"
ok "show-once of a misspelt client" says "did you mean 'gmail'"

WANT1=$(password "$OLD" us-east-1) WANT2=$(password "$OLD" eu-west-1)
bare derive --region us-east-1 --region eu-west-1 <<<"$SECRET"
ok "derive from a pipe, two regions" test "$(cat "$W/out")" = \
    "us-east-1 $WANT1
eu-west-1 $WANT2"
ok "... quietly" test ! -s "$W/out.err"
bare derive --json --region eu-west-1 < <(printf '%s\r\n' "$SECRET")
ok "derive --json" json ".[0].password == \"$WANT2\""
bare derive "$SECRET" --region us-east-1 </dev/null
ok "derive refuses an operand" is 64
ok "... says why" complains 'history'
ok "... and does not repeat it" hides "$SECRET"
bare derive --region us-east-1 </dev/null
ok "derive of nothing: 64" is 64
bare derive --region us_east_1 <<<"$SECRET"
ok "derive: no region: 64" is 64
bare derive --region us-east-1 <<<"${SECRET%?}"
ok "derive warns of a cut secret" complains 'has 39 characters'
PROMPT='not shown' INPUT=$SECRET TERM=dumb tty "$ROTATE" derive --region us-east-1
ok "derive at a prompt" shows "us-east-1 $WANT1"
ok "... without echo" hides "$SECRET"
ok "... echo was off, and is back" eval \
    "says '^ECHO OFF' && says '^ECHO ON'"
PROMPT='not shown' TERM=dumb tty "$ROTATE" derive --region us-east-1
ok "derive: ^C ends it" is 64
ok "... echo was off, and is back" eval \
    "says '^ECHO OFF' && says '^ECHO ON'"

# ---- the old key is leaving ------------------------------------------------
rotate confirm gmail
rotate status
ok "status: confirmed" says 'gmail is confirmed; the next run goes on'
rotate --identity mail
rotate status mail
ok "in grace" says '^mail  GRACE'
NEW_PASS=$(password "$NEW" us-east-1) OLD_PASS=$(password "$OLD" us-east-1)
pair "$W/web.env" "$OLD" "$OLD_PASS"
ok "verify does not use the old key" same_world rotate verify mail
ok "... and says why" says "web +$OLD .old. +not tried +would count as a use"
ok "... 0" is 0
rotate verify mail --force
ok "verify --force uses it" says "web +$OLD .old. +good"
# Another last letter, whatever the right one is.
case $NEW_PASS in *x) other=y ;; *) other=x ;; esac
pair "$W/web.env" "$NEW" "${NEW_PASS%?}$other"
rotate verify mail
ok "verify: a refused pair: 12" is 12
ok "... says so" says "web +$NEW .new. +REFUSED"
rotate verify mail --json
ok "verify --json" json '.clients[0].verdict == "REFUSED"'
ok "... without the password" hides "${NEW_PASS%?}"
printf 'SMTP_USER=AKIA\033[31mX\nSMTP_PASS=x\n' >"$W/web.env"
rotate verify mail
ok "verify: escapes of others stay text" hides "$(printf '\033')"
pair "$W/web.env" "$NEW" "$NEW_PASS"

# ---- holds, alarms, damage -------------------------------------------------
rotate hold mail --reason "moving house"
rotate status
ok "status: a hold" says 'held by .*: moving house'
rotate --dry-run
ok "dry run: a hold" says 'next +nothing begins .*moving house'
rotate release mail
rotate --identity eu --force
rotate status
ok "status: blocked" says '^eu +BLOCKED .*a person, see below'
ok "... cause" eval "says '^eu is blocked' && says 'why: .*keys we do not know'"
ok "... remedy" says 'fix: .*rotate adopt eu'
rotate --dry-run
ok "dry run: blocked: 13" is 13

for columns in 80 120; do
	for c in status "status mail" verify --dry-run check help "help run" \
	    clients "clients postfix" "clients exec"; do
		file="-c $W/conf/rotate.yaml"
		case $c in clients* | help*) file= ;; esac
		# shellcheck disable=SC2086 # words are meant
		COLUMNS=$columns TERM=xterm tty "$ROTATE" $c $file
		ok "$c: $columns columns are enough" fits $columns
	done
done

rm "$W/seal.key"
ok "a seal key that went missing: nothing is made" same_world rotate check
ok "... 78" is 78
rotate verify
chmod 755 "$W/state"
rotate check
ok "an open state directory: 77" is 77
ok "... remedy" says "chmod 0700 $W/state"
chmod 700 "$W/state"
sqlite3 "$W/state/rotate.db" \
    "update event set text = replace(text, 'IDLE', 'DONE') where text like 'IDLE%'" \
    >"$W/ignore" 2>&1
rotate history
ok "an altered event: 65" is 65
ok "... is not shown as whole" hides 'is whole'
rotate verify mail
ok "verify with a damaged state: who holds what" says "web +$NEW"
rotate status nobody
ok "status of nobody: 64" is 64
bare version
ok "version" says '^rotate .'
bare help stauts
ok "help of a misspelt command" complains "did you mean 'status'"
echo "1..$n"
