#!/bin/sh
# deploy.t: what is installed beside the program says what the program does.
#
# Units, policies and manuals are judged by the tools that will read them; names
# (states, exit codes, commands, options, configuration keys, AWS actions,
# alarms) are taken from the sources and looked for in the manuals, so that
# neither can move without the other. With ROTATE=program its help is compared
# too. Changes nothing outside its own temporary directory.
set -u
cd "$(dirname "$0")/../.." || exit 1
ROTATE=${ROTATE:-}
dir=$(mktemp -d "${TMPDIR:-/tmp}/deploy.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
n=0

# result STATUS NAME: one line of TAP; what is in $dir/out explains a failure.
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out"
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# check NAME COMMAND...: its exit code and nothing else decides.
check() {
	name=$1
	shift
	"$@" >"$dir/out" 2>&1
	result $? "$name"
}

# silent NAME COMMAND...: exit code 0, and not a word. systemd-analyze verify
# says what it does not understand, and exits with 0 all the same.
silent() {
	name=$1
	shift
	"$@" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
	result $? "$name"
}

# all_in NAME WORDS FILE PATTERN: every word that WORDS prints, put in place of
# @, is matched by a line of FILE. No word at all is a failure of this test.
all_in() {
	: >"$dir/out"
	"$2" >"$dir/words"
	while read -r word; do
		pattern=$(printf '%s' "$4" | sed "s/@/$word/g")
		grep -Eq -e "$pattern" "$3" ||
			echo "$3 has nothing about: $word" >>"$dir/out"
	done <"$dir/words"
	[ -s "$dir/words" ] || echo "$2 found nothing" >"$dir/out"
	[ ! -s "$dir/out" ]
	result $? "$1"
}

# --- from the sources ---

states() {
	sed -n 's/^\t\[ROT_[A-Z]*\] = "\([A-Z]*\)",$/\1/p' rotator/*.c
}

exit_codes() {
	sed -n 's/^\t\[EC_[A-Z]*\] = { \([0-9]*\), ".*/\1/p' rotator/exit.c
}

commands() {
	sed -n 's/^\t\.name = "\(..*\)",$/\1/p' rotator/cmd_*.c
}

options() {
	sed -n 's/^\t{ O_[A-Z_]*, "\([a-z-]*\)".*/\1/p' rotator/cli.c
}

config_keys() {
	sed -n -e 's/.*\.name = "\([a-z_]*\)".*/\1/p' \
	    -e 's/^\tSPAN("\([a-z_]*\)".*/\1/p' rotator/config_keys.c
}

client_kinds() {
	sed -n 's/^\t\.name = "\([a-z-]*\)",$/\1/p' clients/drv_*.c
}

actions() {
	sed -n 's/.* = { "\([A-Za-z]*\)", "\(iam\|sts\)".*/\2:\1/p' rotator/iam.c
}

# Commands that the manual describes.
described() {
	sed -n '/^\.Sh COMMANDS/,/^\.Sh STATES/s/^\.It Cm \([a-z-]*\).*/\1/p' \
	    docs/rotate.1
}

# Commands that a person is told to type, in messages and guides.
named() {
	{
		cat rotator/*.c clients/*.c sigv4/*.c |
		    grep -o -e '`rotate [a-z][a-z-]*' \
			-e 'fix([a-z]*, "rotate [a-z][a-z-]*'
		grep -ho '`rotate [a-z][a-z-]*' README.md docs/*.md \
		    deploy/*.md clients/*.md
	} | sed 's/.*rotate //' | sort -u
}

policy_actions() {
	python3 - deploy/iam-policy.json <<-'PY'
		import json, sys
		for s in json.load(open(sys.argv[1]))["Statement"]:
		    a = s["Action"]
		    print("\n".join([a] if isinstance(a, str) else a))
	PY
}

# --- units ---

# verify wants the program to be there, and man pages to be installed.
units() {
	mkdir -p "$dir/units/rotate.service.d"
	sed 's|/usr/local/bin/rotate|/bin/true|' deploy/rotate.service \
	    >"$dir/units/rotate.service"
	cp deploy/rotate.timer "$dir/units/"
	[ "${1:-}" = all ] && sed 's/^#\([A-Z][A-Za-z]*=\)/\1/' \
	    deploy/rotate.service.d/clients.conf.example \
	    >"$dir/units/rotate.service.d/clients.conf"
	systemd-analyze verify --man=no "$dir/units/rotate.service" \
	    "$dir/units/rotate.timer"
}

# Every directive that is offered as a comment must be one.
commented() {
	mkdir -p "$dir/commented"
	sed -e 's|/usr/local/bin/rotate|/bin/true|' \
	    -e 's/^#\([A-Z][A-Za-z]*=\)/\1/' deploy/rotate.service |
	    grep -v '^OnFailure=' >"$dir/commented/rotate.service"
	systemd-analyze verify --man=no "$dir/commented/rotate.service"
}

silent "the units are valid" units
silent "so is the drop-in with everything in it" units all
silent "and the service with its comments made real" commented
check "exposure of the service is 1.5 or less" \
    systemd-analyze security --no-pager --offline=yes --threshold=15 \
    deploy/rotate.service
check "waiting is no failed unit" \
    grep -qx 'SuccessExitStatus=10 11' deploy/rotate.service
check "the timer makes up for what it missed" \
    grep -qx 'Persistent=true' deploy/rotate.timer

# Six fields and a command; a "%" would end the command (crontab(5)).
crontab_valid() {
	grep -Ev '^(#|$|[A-Z]+=)' deploy/rotate.cron >"$dir/cron"
	[ "$(wc -l <"$dir/cron")" -eq 1 ] || return 1
	grep -Eq '^[0-9*/,-]+ [0-9*/,-]+ [0-9*/,-]+ [0-9*/,-]+ [0-9*/,-]+ root ' \
	    "$dir/cron" || return 1
	! grep -q % "$dir/cron" || return 1
	cut -d ' ' -f 7- "$dir/cron" | sh -n
}
check "the crontab has one valid line" crontab_valid

# --- policies ---

for f in deploy/*-policy.json; do
	check "$f is JSON" python3 -m json.tool "$f"
done

policy_actions | sort >"$dir/allowed"
actions | sort >"$dir/used"
same_actions() {
	[ -s "$dir/used" ] && diff "$dir/used" "$dir/allowed"
}
check "the policy allows the calls that are made, and no other" same_actions

narrow() {
	python3 - <<-'PY'
		import json
		for s in json.load(open("deploy/iam-policy.json"))["Statement"]:
		    if s["Action"] == "sts:GetCallerIdentity":
		        continue
		    want = "arn:aws:iam::ACCOUNT:user/ses-smtp-*"
		    assert s["Resource"] == want, s
		    assert s["Effect"] == "Allow", s
	PY
}
check "it is about users called ses-smtp-* only" narrow

# --- manuals ---

silent "rotate(1) is clean" mandoc -Tlint -Wwarning docs/rotate.1
silent "rotate.yaml(5) is clean" mandoc -Tlint -Wwarning docs/rotate.yaml.5
silent "rotate-clients(5) is clean" mandoc -Tlint -Wwarning \
    build/rotate-clients.5

all_in "each state has a section in the runbook" states \
    deploy/RUNBOOK.md '^## @$'
all_in "and a line in rotate(1)" states \
    docs/rotate.1 '^\.It (.* , )?@( ,|$)'
all_in "each exit code is in the runbook" exit_codes \
    deploy/RUNBOOK.md '^[|] @ [|]'
all_in "and in rotate(1)" exit_codes docs/rotate.1 '^\.It @$'
all_in "and in the README" exit_codes README.md '^[|] @ [|]'
all_in "each command has a section in rotate(1)" commands \
    docs/rotate.1 '^\.It Cm @( |$)'
all_in "each option is in rotate(1)" options \
    docs/rotate.1 '^\.It .*Fl -@( |$)'
all_in "each key of the configuration is in rotate.yaml(5)" config_keys \
    docs/rotate.yaml.5 '^\.(It )?Ic (.* , )?@( |$)'
all_in "each kind of client is in rotate-clients(5)" client_kinds \
    build/rotate-clients.5 '^\.Ss @$'
commands >"$dir/commands"
all_in "rotate(1) invents no command" described "$dir/commands" '^@$'
all_in "nor do messages and guides" named "$dir/commands" '^@$'

# The fixed words of each message quoted in the runbook stand in a source.
quotes() {
	perl - deploy/RUNBOOK.md rotator/*.c clients/*.c sigv4/*.c <<-'PERL'
		use strict;
		my ($book, @files) = @ARGV;
		my ($code, $bad, $seen) = ('', 0, 0);
		for my $f (@files) {
			open(my $h, '<', $f) or die "$f: $!";
			local $/;
			$code .= <$h>;
		}
		$code =~ s/"\s*"//g;
		open(my $h, '<', $book) or die "$book: $!";
		while (<$h>) {
			next unless s/^> //;
			$seen++;
			for my $words (map { s/^\W+|\W+$//gr }
			    split(/AKIA\S*|AIDA\S*|\.\.\.|[A-Z]{2,}|\b[A-Z]\b|[\[\]():;,]|\b\d\b/)) {
				next if length($words) < 10;
				next if index($code, $words) >= 0;
				print "no source says: $words\n";
				$bad = 1;
			}
		}
		exit($bad || $seen < 10);
	PERL
}
check "the runbook quotes messages that exist" quotes

# Links within the runbook, as GitHub makes anchors of headings.
anchors() {
	sed -n 's/^##* //p' deploy/RUNBOOK.md | tr 'A-Z' 'a-z' |
	    sed 's/[^a-z0-9 -]//g; s/ /-/g' >"$dir/anchors"
	grep -o '](#[a-z0-9-]*)' deploy/RUNBOOK.md | sed 's/](#//; s/)//' |
	    sort -u | while read -r a; do
		grep -qx -e "$a" "$dir/anchors" || echo "no heading: $a"
	done
}
silent "links in the runbook lead somewhere" anchors

# Links from one file of the tree to another.
links() {
	for f in README.md deploy/RUNBOOK.md docs/*.md; do
		grep -o '](\([^)#:]*\)[)#]' "$f" | sed 's/](//; s/[)#]$//' |
		    grep . | while read -r to; do
			[ -e "$(dirname "$f")/$to" ] || echo "$f: no $to"
		done
	done
}
silent "links between files do too" links

# --- the program ---

if [ -n "$ROTATE" ]; then
	"$ROTATE" help >"$dir/help" 2>&1
	all_in "rotate help lists each command" commands \
	    "$dir/help" '^  rotate @( |$)'
	each_helps() {
		bad=0
		for c in $(commands); do
			"$ROTATE" help "$c" >/dev/null 2>&1 ||
				{ echo "rotate help $c fails"; bad=1; }
		done
		return $bad
	}
	check "rotate help COMMAND works for each" each_helps
else
	skip "rotate help lists each command" "ROTATE is not set"
	skip "rotate help COMMAND works for each" "ROTATE is not set"
fi
echo "1..$n"
