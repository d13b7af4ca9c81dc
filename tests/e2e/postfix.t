#!/bin/sh
# The postfix driver against the real Postfix, in a private directory: what
# postmap answers, what stays as it was, what a crash leaves, and that mail
# goes on with the new pair. TAP. Needs root (Postfix does), postfix, python3;
# strace for the crashes. DRIVE names the program made from drive.c.
set -u
DRIVE=${DRIVE:-$(dirname "$0")/../../build/tests/e2e/drive}
PATH=$PATH:/usr/sbin

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
[ "$(id -u)" = 0 ] || skip_all "not root"
[ -x "$DRIVE" ] || skip_all "no $DRIVE"
for tool in postmap postconf postfix python3; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

W=$(mktemp -d) || exit 1
D=$W/etc M=$W/etc/sasl_passwd
SERVER=
clean() {
	[ -f "$W/spool/pid/master.pid" ] && postfix -c "$D" stop 2>/dev/null
	[ -n "$SERVER" ] && kill "$SERVER" && wait "$SERVER"
	rm -rf "$W"
} >/dev/null 2>&1
trap clean EXIT
trap 'exit 1' INT TERM HUP

n=0
ok() { # ok NAME COMMAND...: one test
	what=$1
	shift
	n=$((n + 1))
	if "$@" >"$W/out" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$W/out"
	fi
}
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

RELAY='[email-smtp.eu-west-1.amazonaws.com]:587'
OTHER='[mx.other.org]:587'
U1=AKIAIOSFODNN7EXAMPLE U2=AKIAI44QH8DHBEXAMPLE
P1=BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN
P2=BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba

# Postfix naps while its main.cf, or a texthash, is younger than two seconds.
conf() {
	cat >"$D/main.cf"
	touch -d '1 minute ago' "$D/main.cf"
}
drive() {
	op=$1
	shift
	"$DRIVE" postfix "$op" map="$M" relay="$RELAY" config_dir="$D" \
	    map_type="$TYPE" "$@"
}
write() { # write USER PASSWORD [OPTION=VALUE...]
	pair="$1 $2"
	shift 2
	echo "$pair" | drive write "$@"
}
aged() { [ $TYPE != texthash ] || touch -d '1 minute ago' "$M"; }
query() { aged && postmap -c "$D" -q "$1" "$TYPE:$M"; }
build() { [ $TYPE = texthash ] || postmap -c "$D" "$TYPE:$M"; }
table() { # the file that Postfix reads
	case $TYPE in
	texthash) echo "$M" ;;
	lmdb) echo "$M.lmdb" ;;
	*) echo "$M.db" ;;
	esac
}
text() { # text USER PASSWORD
	printf '# relays, by hand\n\n%s  other:pass word \n # c\n' "$OTHER"
	printf '%s\n# why\n\t%s:%s \n\n# end' "$RELAY" "$1" "$2"
}
start() { # fresh text and table with the first pair
	rm -rf "${M:?}"* "$W/kept"
	text $U1 $P1 >"$M"
	chmod 600 "$M"
	build
	aged
	cp -p "$M" "$W/kept"
	cp -p "$(table)" "$W/kept.table"
}
untouched() { cmp "$M" "$W/kept" && cmp "$(table)" "$W/kept.table" && alone; }
alone() { # nothing beside text and table
	[ "$(find "$D" -name '*sasl_passwd*' ! -path "$M" \
	    ! -path "$(table)" | wc -l)" = 0 ]
}
has() { # has USER PASSWORD: in text, table and for the driver
	text "$1" "$2" | cmp - "$M" && [ "$(query "$RELAY")" = "$1:$2" ] &&
	    [ "$(drive read)" = "$1 $2" ] &&
	    [ "$(query "$OTHER")" = "other:pass word" ] && alone
}
fails() { # fails CLASS TEXT COMMAND...: with this error and no password
	class=$1 part=$2
	shift 2
	if "$@" 2>"$W/err"; then
		return 1
	fi
	cat "$W/err"
	head -n 1 "$W/err" | grep -q -x -- "$class" &&
	    grep -q -F -- "$part" "$W/err" &&
	    ! grep -q -F -e $P1 -e $P2 "$W/err"
}
planned() { # planned TEXT: in the plan, or no warning for ""
	drive plan >"$W/plan" || return 1
	cat "$W/plan"
	if [ -z "$1" ]; then
		! grep -q ^warning "$W/plan"
	else
		grep -q -F -- "$1" "$W/plan"
	fi
}

mkdir -p "$D" "$W/spool" "$W/data"
chmod 755 "$W" "$D"
chown postfix "$W/data"
types=
conf </dev/null
for TYPE in hash lmdb btree texthash; do
	if postconf -c "$D" -m | grep -q -x $TYPE; then
		types="$types $TYPE"
	else
		skip "$TYPE" "this Postfix has no such tables"
	fi
done

for TYPE in $types; do
	conf <<-END
		relayhost = $RELAY
		smtp_sasl_password_maps = proxy:$TYPE:\$config_directory/sasl_passwd
	END
	start
	ok "$TYPE: plan has no warning" planned ''
	ok "$TYPE: plan changes nothing" untouched
	ok "$TYPE: reads what smtp would" has $U1 $P1
	chmod 640 "$(table)"
	ok "$TYPE: writes" write $U2 $P2
	ok "$TYPE: only the value changed" has $U2 $P2
	ok "$TYPE: the table keeps its mode" \
	    [ "$(stat -c %a "$(table)")" = 640 ]
	ok "$TYPE: the same again" write $U2 $P2
	ok "$TYPE: is the same" has $U2 $P2

	start
	printf '\n%s x:y\n' "$RELAY" | tr a-z A-Z >>"$M"
	cp -p "$M" "$W/kept"
	[ $TYPE = texthash ] && cp -p "$M" "$W/kept.table"
	ok "$TYPE: two entries are refused" fails conflict \
	    "sasl_passwd:10:1: a second entry" write $U2 $P2
	ok "$TYPE: nothing changed" untouched

	start
	printf '[email-smtp.eu-west-1.amazonaws.com]:465 a:b\n' >"$M"
	build
	aged
	ok "$TYPE: no entry" fails missing \
	    'an entry for [email-smtp.eu-west-1.amazonaws.com]:465' drive plan
	ok "$TYPE: reads as none" [ "$(drive read)" = ' ' ]
	ok "$TYPE: add it" write $U2 $P2 create=true
	ok "$TYPE: added" [ "$(query "$RELAY")" = "$U2:$P2" ]

	start
	ok "$TYPE: no postmap" fails config /no/postmap \
	    write $U2 $P2 postmap=/no/postmap map_type=hash
	ok "$TYPE: nothing changed" untouched
done

# Postmap fails when main.cf cannot be read: before anything is changed.
for TYPE in $types; do
	[ $TYPE = texthash ] && continue
	start
	ok "$TYPE: postmap fails" fails client 'nothing was changed' \
	    write $U2 $P2 config_dir=/nonexistent
	ok "$TYPE: the old pair is in both" has $U1 $P1
	ok "$TYPE: nothing changed" untouched
	text $U2 $P2 >"$M"
	touch "$M" -r "$(table)"
	ok "$TYPE: a table not made is seen" planned 'have different values'
	ok "$TYPE: activate makes it" drive activate
	ok "$TYPE: made" has $U2 $P2
	rm "$(table)"
	ok "$TYPE: no table" fails missing "$(table)" drive read
done

# A user who may read but not write. The program may lie where only root can
# go, so it is copied.
TYPE=hash
start
chmod 644 "$M"*
cp "$DRIVE" "$W/drive"
as_nobody() {
	setpriv --reuid=nobody --regid=nogroup --clear-groups \
	    "$W/drive" postfix plan map="$M" relay="$RELAY" config_dir="$D"
}
ok "read-only: the plan says so" fails denied "$D" as_nobody
cp -p "$M" "$W/kept"
ok "read-only: nothing changed" untouched

# Killed at each change that it makes: what postmap answers is the old or the
# new pair, the table is never ahead of the text, and the next write mends the
# rest.
killed_at() { # killed_at CALL N: at the Nth of these system calls
	echo "$U2 $P2" | ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null \
	    -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
	    "$DRIVE" postfix write map="$M" relay="$RELAY" config_dir="$D" \
	    map_type=$TYPE
}
usable() {
	case $(query "$RELAY"),$(sed -n 's/^\t\(.*\) $/\1/p' "$M") in
	"$U1:$P1,$U1:$P1" | "$U2:$P2,$U2:$P2") ;;
	"$U1:$P1,$U2:$P2") between=1 ;;
	*) return 1 ;;
	esac
}
crash_at() { # crash_at CALL: at the first, the second, ...
	at=1
	while start && ! killed_at "$1" $at; do
		usable || { echo "$1 $at: no usable pair"; return 1; }
		write $U2 $P2 && has $U2 $P2 ||
			{ echo "$1 $at: not mended"; ls -la "$D"; return 1; }
		at=$((at + 1)) places=$((places + 1))
		[ $at -lt 40 ] || return 1
	done
}
crashes() {
	places=0 between=0
	for call in mkdir renameat,renameat2,rename unlink,unlinkat rmdir fsync \
	    fchmod; do
		crash_at $call || return 1
	done
	echo "$places places, stopped between text and table: $between"
	[ $places -gt 3 ] && [ $TYPE = texthash ] || [ $between = 1 ]
}
for TYPE in $types; do
	if command -v strace >/dev/null; then
		ok "$TYPE: killed anywhere" crashes
	else
		skip "$TYPE: killed anywhere" "no strace"
	fi
done

# Any text: our reading of an entry is that of postmap, or is refused.
random_texts() {
	awk -v dir="$W/texts" 'BEGIN { srand(7)
		n = split("K|k|\n| |\t|#|\r|\"|\\|u:p|x|\n |\nK |K\n|\n#", b, "|")
		for (i = 0; i < 100; i++) {
			printf "K " > dir "/" i
			for (j = 0; j < 9; j++)
				printf "%s", b[1 + int(rand() * n)] > dir "/" i
			close(dir "/" i)
		} }'
	touch -d '1 minute ago' "$W"/texts/*
}
same_reading() {
	agreed=0
	for t in "$W"/texts/*; do
		if "$DRIVE" postfix plan map="$t" relay=K config_dir="$D" \
		    map_type=texthash >"$W/plan" 2>"$W/err"; then
			agreed=$((agreed + 1))
			grep -q 'different values' "$W/plan" || continue
		elif grep -q -x conflict "$W/err"; then
			continue
		elif grep -q -x missing "$W/err" &&
		    ! postmap -c "$D" -q K "texthash:$t" 2>/dev/null; then
			continue
		fi
		od -c "$t"
		cat "$W/plan" "$W/err"
		return 1
	done
	echo "$agreed agreed"
	[ $agreed -gt 30 ]
}
mkdir "$W/texts"
random_texts
ok "any text is read as postmap reads it" same_reading

# Mail, through a server that knows the pairs in $W/users.
cat >"$W/server.py" <<'END'
import base64, socketserver, sys
work = sys.argv[1]
news = open(work + '/news', 'w', buffering=1)

class Session(socketserver.StreamRequestHandler):
    user = None

    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def auth(self, reply):
        _, user, password = base64.b64decode(reply).decode().split('\0')
        with open(work + '/users') as f:
            known = [line.split() for line in f]
        self.user = user if [user, password] in known else None
        self.say('235 ok' if self.user else '535 no')

    def data(self):
        self.say('354 go')
        while self.rfile.readline() not in (b'.\r\n', b''):
            pass
        self.say('250 ok')
        news.write('%s\n' % self.user)

    def handle(self):
        self.say('220 fake')
        for line in self.rfile:
            word = line.decode().split()
            verb = word[0].upper() if word else ''
            if verb == 'EHLO':
                self.say('250-fake')
                self.say('250 AUTH PLAIN')
            elif verb == 'AUTH':
                self.auth(word[2])
            elif verb == 'QUIT':
                self.say('221 bye')
                return
            elif verb == 'DATA':
                self.data()
            else:
                self.say('250 ok' if self.user else '530 who')

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

with Server(('127.0.0.1', 0), Session) as s:
    news.write('%d\n' % s.server_address[1])
    s.serve_forever()
END
event() { timeout 20 sh -c 'read -r line <&3 && echo "$line"'; }
mail() { # the user that the server saw it come from
	printf 'Subject: x\n\nx\n' | sendmail -C "$D" -f a@example.com b@example.org
	event
}
send() { # send USER: one mail, from this user
	[ "$(mail)" = "$1" ] || { tail -n 5 "$W/mail.log"; return 1; }
}
eventually() { # a process that is ending may still take one with the old pair
	i=0
	until [ "$(mail)" = "$1" ]; do
		i=$((i + 1))
		[ $i -lt 50 ] || return 1
	done
}
live_conf() {
	conf <<-END
		compatibility_level = 3.6
		queue_directory = $W/spool
		data_directory = $W/data
		maillog_file = $W/mail.log
		maillog_file_prefixes = $W
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		myhostname = test.example
		mydestination =
		alias_maps =
		local_recipient_maps =
		relayhost = $RELAY
		smtp_sasl_auth_enable = yes
		smtp_sasl_security_options = noanonymous
		smtp_sasl_password_maps = $TYPE:$M
		smtp_tls_security_level = none
	END
	for s in 'pickup unix n - n 60 1 pickup' \
	    'cleanup unix n - n - 0 cleanup' 'qmgr unix n - n 300 1 qmgr' \
	    'rewrite unix - - n - - trivial-rewrite' \
	    'bounce unix - - n - 0 bounce' 'defer unix - - n - 0 bounce' \
	    'trace unix - - n - 0 bounce' 'smtp unix - - n - - smtp' \
	    'error unix - - n - - error' 'retry unix - - n - - error' \
	    'anvil unix - - n - 1 anvil' 'scache unix - - n - 1 scache' \
	    'proxymap unix - - n - - proxymap' \
	    'showq unix n - n - - showq' 'flush unix n - n 1000? 0 flush' \
	    'postlog unix-dgram n - n - 1 postlogd'; do
		echo "$s"
	done >"$D/master.cf"
	touch -d '1 minute ago' "$D/master.cf"
}
stopped() { # Postfix takes no mail while it is stopped, but keeps it
	printf 'Subject: q\n\nx\n' | sendmail -C "$D" -f a@example.com \
	    b@example.org
}
waiting() { # waiting PART: a message is deferred, and this is why
	i=0
	until postqueue -c "$D" -j | grep -q "\"deferred\".*$1"; do
		i=$((i + 1))
		[ $i -lt 200 ] || { postqueue -c "$D" -j; return 1; }
		sleep 0.05
	done
}
backlog() {
	echo "$U2 $P2" >"$W/users"
	[ $TYPE = texthash ] && drive activate # reads what write left last
	stopped # no longer: it is refused
	waiting 'SASL authentication failed' || return 1
	write $U2 $P2 && drive activate flush=false || return 1
	waiting 'SASL authentication failed' || return 1
	drive activate && [ "$(event)" = $U2 ] && : >"$W/mail.log"
}
live() {
	live_conf
	start
	printf '%s\n' "$U1 $P1" "$U2 $P2" >"$W/users"
	postfix -c "$D" start >"$W/start.log" 2>&1 </dev/null 3>&- || return 1
	ok "$TYPE: mail goes with the first pair" send $U1
	ok "$TYPE: mail runs: written" write $U2 $P2
	ok "$TYPE: mail runs: activated" drive activate
	if [ $TYPE = texthash ]; then
		ok "$TYPE: mail goes with the new pair" eventually $U2
	else
		ok "$TYPE: the next mail goes with the new pair" send $U2
	fi
	echo "$U2 $P2" >"$W/users"
	ok "$TYPE: the first pair is not missed" send $U2
	postfix -c "$D" stop >/dev/null 2>&1 </dev/null 3>&-
	echo "$U1 $P1" >"$W/users"
	ok "$TYPE: mail waits in the queue" stopped
	ok "$TYPE: back to the first pair" write $U1 $P1
	postfix -c "$D" start >"$W/start.log" 2>&1 </dev/null 3>&-
	ok "$TYPE: the queue goes with it" [ "$(event)" = $U1 ]
	ok "$TYPE: nothing deferred" [ "$(grep -c status=deferred \
	    "$W/mail.log")" = 0 ]
	ok "$TYPE: mail that a refusal held up is sent" backlog
	postfix -c "$D" stop >/dev/null 2>&1 </dev/null 3>&-
}
mkfifo "$W/news"
exec 3<>"$W/news"
python3 "$W/server.py" "$W" 2>"$W/server.log" 3>&- &
SERVER=$!
RELAY="[127.0.0.1]:$(event)"
for TYPE in $types; do
	[ $TYPE = btree ] || live
done
echo "1..$n"
