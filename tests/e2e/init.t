#!/bin/bash
# rotate init, tried as a newcomer would: at a terminal, with answers from a
# file, with options alone; and what it must never do.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --region eu-west-1 --seed 7

# ask.py: rotate at a terminal of its own. Each further argument is what is
# typed when the program waits for a line; prints what came back.
cat >"$W/ask.py" <<'END'
import os, pty, select, sys
answers = sys.argv[sys.argv.index("--") + 1:]
argv = sys.argv[1:sys.argv.index("--")]
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
seen = b""
asked = 0
while True:
    ready, _, _ = select.select([fd], [], [], 30)
    if not ready:
        sys.exit("it waits for something: %r" % seen[-200:])
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if seen[asked:].rstrip(b" ").endswith(b":") and seen.endswith(b": "):
        asked = len(seen)
        if not answers:
            sys.exit("one question too many: %r" % seen[-200:])
        os.write(fd, answers.pop(0).encode() + b"\n")
sys.stdout.write(seen.decode())
if answers:
    sys.exit("not asked for: %r" % answers)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
new() { # CODE ANSWER...: rotate init at a terminal
	local want=$1
	shift
	code=0
	timeout -k 5 60 python3 "$W/ask.py" "$ROTATE" -c "$D/rotate.yaml" \
	    init -- "$@" >"$D/out" 2>"$D/err" || code=$?
	cat "$D/out" "$D/err"
	is "$code" "$want"
	no_secret "$D/out" "$D/err"
	! grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$D/out"
}
place() { # where the sandbox is, and a state directory: not asked for
	cat >>"$D/rotate.yaml" <<-END
		state: $D/state
		defaults:
		  smtp: { host: localhost, port: $PORT, ca_file: $SANDBOX_CA }
		  settle: { successes: 2, interval: 0s, timeout: 20s }
	END
}

at_a_terminal() {
	mkdir -p "$D/srv/web"
	env_file "$D/srv/web/.env" "$OLD" us-east-1
	new 0 '' news ses-mail us-east-1 "$D/srv" y
	says "AWS account [$SANDBOX_ACCOUNT]" 'Register' \
	    'as client web, type file?' \
	    'Written:' 'rotate check'
	is "$(stat -c %a "$D/rotate.yaml")" 644
	grep -q "account: \"$SANDBOX_ACCOUNT\"" "$D/rotate.yaml"
	grep -q 'identity: news$' "$D/rotate.yaml"
	no_secret "$D/rotate.yaml"
	gives 0 check
	says OK 'web'
	place
	gives 0 check
	gives 0 --dry-run
	says 'set SMTP_USER and SMTP_PASS in'
	rotate --force
	is "$(made)" 1
	[ "$(sed -n 's/^SMTP_USER=//p' "$D/srv/web/.env")" != "$OLD" ]
}
corrects_a_slip() { # a wrong answer is asked for again
	new 0 12345 "$SANDBOX_ACCOUNT" 'No Good' news '' 'moon us-east-1' \
	    'us-east-1 eu-west-1' ''
	says 'Please write twelve digits' 'ses-smtp-news'
	gives 0 check
	says 'us-east-1 eu-west-1'
}
gives_up() {
	new 64 1 2 3
	says 'AWS account: no answer' '--account'
	[ ! -e "$D/rotate.yaml" ]
}
says_no() {
	mkdir -p "$D/srv/web"
	env_file "$D/srv/web/.env" "$OLD" us-east-1
	new 0 '' '' ses-mail us-east-1 "$D/srv" n
	grep -q '^clients: \[\]' "$D/rotate.yaml"
	gives 0 check
}
says_why() { # a table that cannot be used by its program; a lone user name
	mkdir -p "$D/srv/postfix"
	printf '[localhost]:587 %s:%s\n' "$OLD" \
	    "$(password "$OLD" us-east-1)" >"$D/srv/postfix/sasl_passwd"
	: >"$D/srv/postfix/sasl_passwd.db" # it holds nothing
	echo "$OLD" >"$D/srv/user"
	new 0 '' '' ses-mail us-east-1 "$D/srv"
	says "sasl_passwd:1 holds $OLD; register it by hand: type postfix" \
	    "$D/srv/user:1 holds $OLD; register it by hand: no SES password"
	grep -q '^clients: \[\]' "$D/rotate.yaml"
}
answers_in_a_file() {
	printf '%s\n' '' mail ses-mail us-east-1 '' |
	    "$ROTATE" -c "$D/rotate.yaml" init >"$D/out"
	gives 0 check
	says 'mail' 'ses-mail'
}
options_alone() {
	mkdir -p "$D/srv/shop"
	env_file "$D/srv/shop/.env" "$OLD" eu-west-1
	gives 0 init --yes --identity shop --iam-user ses-mail \
	    --region us-east-1 --region eu-west-1 "$D/srv"
	# Which of the two regions, nothing in that file tells.
	says 'do it by hand' "'region' is missing"
	gives 0 check
	rm "$D/rotate.yaml"
	printf 'SMTP_HOST=email-smtp.eu-west-1.amazonaws.com\n' \
	    >>"$D/srv/shop/.env"
	gives 0 init --yes --identity shop --iam-user ses-mail \
	    --region us-east-1 --region eu-west-1 "$D/srv"
	gives 0 check
	says 'shop' 'file' 'eu-west-1'
}
without_aws() {
	(
		unset ${!AWS_*}
		gives 64 init --yes
		says 'AWS cannot be asked yet' 'AWS account: no answer'
		[ ! -e "$D/rotate.yaml" ]
		gives 0 init --yes --account 123456789012
		gives 0 check
	)
}
tells_of_the_user() {
	gives 0 init --yes --iam-user nobody-yet
	says 'There is no IAM user nobody-yet yet'
	rm "$D/rotate.yaml"
	new_key
	gives 0 init --yes --iam-user ses-mail
	says 'ses-mail has two access keys' 'rotate adopt mail --current'
}
never_overwrites() {
	echo '# mine' >"$D/rotate.yaml"
	gives 13 init --yes
	says 'is there already'
	is "$(cat "$D/rotate.yaml")" '# mine'
	rm "$D/rotate.yaml"
	ln -s "$D/elsewhere" "$D/rotate.yaml"
	gives 13 init --yes
	[ ! -e "$D/elsewhere" ]
}
makes_its_directory() {
	code=0
	"$ROTATE" init --config "$D/etc/rotate.yaml" --yes >"$D/out" \
	    2>"$D/err" || code=$?
	is "$code" 0
	is "$(stat -c %a "$D/etc" "$D/etc/clients.d" | sort -u)" 755
	rm "$D/etc/rotate.yaml"
	code=0
	"$ROTATE" init --config "$D/etc/no/such/rotate.yaml" --yes \
	    >"$D/out" 2>"$D/err" || code=$?
	is "$code" 78
	says "$D/etc/no/such"
}
not_permitted() { # said before the questions, not after them
	[ "$(id -u)" = 0 ] || skip 'not root'
	cp "$ROTATE" "$W/rotate-copy"
	chmod 755 "$D"
	code=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$W/rotate-copy" \
	    -c "$D/etc/rotate.yaml" init >"$D/out" 2>"$D/err" </dev/null ||
	    code=$?
	cat "$D/out" "$D/err"
	is "$code" 77
	says 'Permission denied' 'run it as root' '--config'
	! grep -q 'AWS' "$D/out"
	[ ! -e "$D/etc" ]
}
wrong_options() {
	gives 64 init --yes --account 12
	says '--account'
	gives 64 init --yes --identity 'A B'
	gives 64 init --yes --region moon
	[ ! -e "$D/rotate.yaml" ]
}

try 'at a terminal, to the first rotation' at_a_terminal
try 'a slip is corrected' corrects_a_slip
try 'three wrong answers' gives_up
try 'a client that is not wanted' says_no
try 'what is not understood, and why' says_why
try 'answers from a file' answers_in_a_file
try 'options alone' options_alone
try 'without an AWS credential' without_aws
try 'what it says of the IAM user' tells_of_the_user
try 'a file that is there is never overwritten' never_overwrites
try 'the directory is made' makes_its_directory
try 'a place that may not be written' not_permitted
try 'options that are wrong' wrong_options
done_testing
