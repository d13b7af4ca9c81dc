#!/bin/bash
# transcripts.sh: writes docs/transcripts.md, one real run of each command
# against the sandbox. Ids, times, ports and paths are put in place of those
# that were met, so that the file changes only when the program's words do.
# --check compares instead of writing.
set -eu
. "$(dirname "$0")/e2e/lib.sh"
set -e
sandbox_start --seed 7
target=docs/transcripts.md
fresh
raw=$W/raw new=$W/transcripts.md
: >"$raw"

# Ids and times in the order in which they are met.
normal() {
	python3 -c '
import re, sys
text = sys.stdin.read()
old, home = sys.argv[1:3]
text = text.replace(home, "/srv")
text = text.replace("/srv/rotate.yaml", "/etc/ses-smtp-rotator/rotate.yaml")
text = re.sub(r"localhost:\d+", "localhost:46587", text)
text = re.sub(r"(port +)\d{5}\b", r"\g<1>46587", text)
text = re.sub(r"\b127\.0\.0\.1:\d+", "127.0.0.1:46443", text)
text = re.sub(r"AIDA[A-Z0-9]{17}", "AIDAEXAMPLE1234567890", text)
names = {old: "AKIAEXAMPLEOLD234567"}
def key(m):
    return names.setdefault(m.group(), "AKIAEXAMPLENEW%06d" % (len(names) * 111111))
text = re.sub(r"AKIA[A-Z0-9]{16}", key, text)
text = re.sub(r"\bB[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])", "B" + "x" * 42 + "=", text)
text = re.sub(r"(20\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", "2026-01-02T03:04:05Z", text)
text = re.sub(r"(20\d\d)-(\d\d)-(\d\d) (\d\d):(\d\d)(:\d\d)?", "2026-01-02 03:04", text)
text = re.sub(r"\b\d+(\.\d+)?ms\b", "7ms", text)
text = re.sub(r"\b[0-5]s old", "2s old", text)
text = re.sub(r"\b7ms old", "2s old", text)
text = re.sub(r"\bin [0-9.]+(ms|s)\b", "in 2s", text)
sys.stdout.write(text)' "$OLD" "$D"
}
section() { # TITLE [WORDS]
	printf '\n## %s\n' "$1" >>"$raw"
	[ -z "${2:-}" ] || printf '\n%s\n' "$2" >>"$raw"
}
t() { # CODE ARG...: one command; ends the whole when the code is another
	local want=$1
	shift
	code=0
	"$ROTATE" -c "$D/rotate.yaml" --log plain "$@" >"$D/out" 2>"$D/err" \
	    </dev/null || code=$?
	[ "$code" = "$want" ] || {
		cat "$D/out" "$D/err" >&2
		echo "rotate $*: $code, not $want" >&2
		exit 1
	}
	record "rotate $*"
}
record() { # COMMAND: what it printed, and its code
	{
		printf '\n    $ %s\n' "$1"
		sed 's/^/    /' "$D/out" "$D/err" | sed 's/ *$//'
		[ "$code" = 0 ] || printf '    (exit code %s)\n' "$code"
	} >>"$raw"
}
quietly() { "$ROTATE" -c "$D/rotate.yaml" "$@" >/dev/null 2>&1 </dev/null || :; }
clients() {
	file_client app
	printf '  - { name: gmail, type: manual, what: the send-as alias in Gmail, required: %s }\n' "$1"
}

mkdir -p "$D/web" "$D/relay" "$D/etc"
printf 'SMTP_HOST=email-smtp.us-east-1.amazonaws.com\nSMTP_USER=%s\nSMTP_PASS=%s\n' \
    "$OLD" "$(password "$OLD" us-east-1)" >"$D/web/.env"
printf '[mail]\nhost = email-smtp.us-east-1.amazonaws.com\nuser = %s\n' "$OLD" \
    >"$D/relay/mail.ini"
section discover 'Needs no configuration.'
code=0
(cd / && "$ROTATE" --log plain discover "$D/web" "$D/relay") >"$D/out" 2>"$D/err"
record 'rotate discover /srv/web /srv/relay'
section init 'Here with options instead of answers.'
"$ROTATE" -c "$D/etc/rotate.yaml" --log plain init --yes --identity mail \
    --iam-user ses-mail --region us-east-1 "$D/web" "$D/relay" >"$D/out" 2>"$D/err"
sed -i "s| --config $D/etc/rotate.yaml||; s|$D/etc/|/etc/ses-smtp-rotator/|" "$D/out"
record 'rotate init --yes --identity mail --iam-user ses-mail --region us-east-1 /srv/web /srv/relay'
cp "$D/etc/rotate.yaml" "$D/out"
: >"$D/err"
record 'cat /etc/ses-smtp-rotator/rotate.yaml'
rm -r "$D/web" "$D/relay" "$D/etc"

section check 'What was understood of the configuration.'
clients false | GRACE=7d QUIET=7d LATE=20m conf -
set_span slack 4h
t 0 check
section clients
code=0
"$ROTATE" clients >"$D/out" 2>"$D/err"
record 'rotate clients'
"$ROTATE" clients file >"$D/out" 2>"$D/err"
record 'rotate clients file'
section '--dry-run' 'Reads everything, changes nothing.'
t 0 --dry-run --force
section rotate 'What a timer runs; here it is told not to wait until it is due.'
t 10 --force
section status
t 0 status
section verify
t 0 verify
section show-once 'Only at a terminal.'
t 64 show-once gmail
section confirm 'A person has moved the alias.'
t 0 confirm gmail
section hold
t 0 hold mail --reason 'the relay moves on Friday'
section release
t 0 release mail
section history 'The log of events; its hash chain is verified first.'
t 0 history mail
section rollback 'The old key is still there: every client gets it back.'
t 10 rollback mail --yes
for span in grace quiet slack late_window; do set_span $span 0s; done
until_idle >/dev/null
section revoke 'The key is in wrong hands.'
set_span quiet 1h
t 0 revoke mail --yes
set_span quiet 0s
until_idle >/dev/null
section adopt 'Somebody made a second key by hand.'
other=$(new_key)
t 13 --force
now=$(holder)
t 0 adopt mail --current "$now" --retire "$other"
until_idle >/dev/null
section derive 'The SMTP passwords of a key that was made by hand.'
code=0
echo wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY |
    "$ROTATE" derive --region us-east-1 --region eu-west-1 >"$D/out" 2>"$D/err"
record 'rotate derive --region us-east-1 --region eu-west-1 < secret-key'
section help
"$ROTATE" help >"$D/out" 2>"$D/err"
record 'rotate help'
section version
echo 'rotate VERSION' >"$D/out"
: >"$D/err"
"$ROTATE" version >/dev/null
record 'rotate version'

{
	echo '# Transcripts'
	echo
	echo 'One real run of each command against the sandbox, in this order. Made by `tests/transcripts.sh`; keys, times and places are replaced by examples.'
	normal <"$raw"
} >"$new"
if [ "${1:-}" = --check ]; then
	diff -u "$target" "$new"
else
	cp "$new" "$target"
fi
