#!/bin/bash
# rotate discover: places of every kind are found, told by the right keys, and
# what it prints is a drop-in that works. It never shows a password, follows no
# link out, and changes nothing.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --region eu-west-1 --seed 7

export HOST=email-smtp.us-east-1.amazonaws.com
percent() { sed 's|/|%2F|g; s|+|%2B|g' <<<"$1"; }
tree() { # KEY: files of many kinds below $D/srv that hold it
	local u=$1 p
	p=$(password "$u" us-east-1)
	mkdir -p "$D"/srv/{web,shop,ini,toml,java,msmtp,postfix,smtpd,exim4}
	env_file "$D/srv/web/.env" "$u" us-east-1
	printf 'MAILER_DSN="smtp://%s:%s@%s:587"\n' "$u" "$(percent "$p")" \
	    $HOST >"$D/srv/shop/.env.local"
	printf '[db]\nuser = x\n[smtp]\nuser = %s\npassword = %s\n' "$u" "$p" \
	    >"$D/srv/ini/mail.ini"
	printf '[mail.smtp]\nuser = "%s"\npass = "%s"\n' "$u" "$p" \
	    >"$D/srv/toml/app.toml"
	printf 'mail.smtp.user=%s\nmail.smtp.password=%s\n' "$u" "$p" \
	    >"$D/srv/java/mail.properties"
	printf 'account ses\nhost %s\nuser %s\npassword %s\n' $HOST "$u" "$p" \
	    >"$D/srv/msmtp/msmtprc"
	printf '[%s]:587 %s:%s\n' $HOST "$u" "$p" >"$D/srv/postfix/sasl_passwd"
	printf 'ses %s:%s\n' "$u" "$p" >"$D/srv/smtpd/secrets"
	printf '*.amazonaws.com:%s:%s\n' "$u" "$p" \
	    >"$D/srv/exim4/passwd.client"
	chmod -R go= "$D/srv"
}
# What rotate printed, as one line a place: FILE FORMAT KEYS.
found() {
	"$ROTATE" -c "$D/rotate.yaml" --log plain discover --json "$@" \
	    2>/dev/null </dev/null | python3 -c '
import json, sys, os
d = json.load(sys.stdin)
for p in d["places"]:
    s = p.get("suggestion")
    o = dict(s["options"]) if s else {}
    for k in ("path", "map"): o.pop(k, None)
    print(os.path.basename(p["path"]), s["type"] if s else "-",
          " ".join("%s=%s" % i for i in o.items()))' | sort
}
discover() { # CODE ARG...: as `gives`, and nothing secret or changed
	local want=$1 p
	shift
	find "$D/srv" -type f -exec sha256sum {} + | sort >"$D/before.sum"
	gives "$want" discover "$@"
	find "$D/srv" -type f -exec sha256sum {} + | sort >"$D/after.sum"
	cmp "$D/before.sum" "$D/after.sum"
	p=$(password "$OLD" us-east-1)
	! grep -F -e "${p:0:20}" -e "$(percent "${p:0:20}")" "$D/out" "$D/err"
}

kinds() {
	conf
	tree "$OLD"
	gives 0 --force # so that our own keys are known; this one is the old
	OLD=$(holder)
	tree "$OLD"
	discover 0 "$D/srv"
	found "$D/srv" >"$D/found"
	cat "$D/found"
	cmp "$D/found" - <<-END
		.env file format=dotenv username=SMTP_USER password=SMTP_PASS
		.env.local file format=dotenv key=MAILER_DSN dsn=true
		app.toml file format=toml username=mail.smtp.user password=mail.smtp.pass
		mail.ini file format=ini username=smtp.user password=smtp.password
		mail.properties file format=properties username=mail.smtp.user password=mail.smtp.password
		msmtprc $(grep -q '^msmtprc msmtp' "$D/found" &&
		    echo 'msmtp account=ses' ||
		    echo 'file format=msmtprc username=ses.user password=ses.password')
		passwd.client $(grep -q '^passwd.client exim' "$D/found" &&
		    echo 'exim host=*.amazonaws.com' ||
		    echo 'file format=exim-passwd key=*.amazonaws.com')
		sasl_passwd $(grep -q '^sasl_passwd postfix' "$D/found" &&
		    echo "postfix relay=[$HOST]:587 map_type=texthash" ||
		    echo "file format=sasl_passwd key=[$HOST]:587")
		secrets file format=opensmtpd-secrets key=ses
	END
}
as_a_drop_in() { # what is printed is registered, and the next rotation moves it
	local f
	conf
	gives 0 --force
	OLD=$(holder)
	tree "$OLD"
	rm -r "$D"/srv/{exim4,postfix,smtpd,msmtp}
	sed -i "s/$HOST/localhost/" "$D"/srv/shop/.env.local
	mkdir "$D/clients.d"
	discover 0 "$D/srv"
	says 'is not registered: it would break'
	cp "$D/out" "$D/clients.d/found.yaml"
	cat "$D/out"
	gives 0 check
	gives 10 --force # the pickup of these clients is an hour
	is_state GRACE
	NEW=$(holder)
	[ "$NEW" != "$OLD" ]
	for f in web/.env ini/mail.ini toml/app.toml java/mail.properties \
	    shop/.env.local; do
		grep -q "$NEW" "$D/srv/$f"
		! grep -q "$OLD" "$D/srv/$f"
	done
	# Now they are known, and nothing is left to register.
	OLD=$NEW
	discover 0 "$D/srv" "$D/app.env"
	says 'clients: []' 'registered as app' 'registered as web' \
	    'registered as shop'
	! grep -q 'not registered' "$D/err"
}
before_the_first_run() { # a file without an SES host is not found, and said so
	conf
	tree "$OLD"
	discover 0 "$D/srv"
	! grep -q '/web/\.env' "$D/out"
	says 'the key of mail is not known before its first run' \
	    'aws iam list-access-keys --user-name ses-mail'
	discover 0 --key "$OLD" "$D/srv"
	grep -q '/web/\.env' "$D/out"
	! grep -q 'not known before' "$D/err"
	gives 0 --force
	discover 0 "$D/srv"
	! grep -q 'not known before' "$D/err"
}
without_configuration() {
	tree "$OLD"
	code=0
	(unset HOME; cd / && "$ROTATE" discover "$D/srv") >"$D/out" 2>"$D/err" ||
	    code=$?
	cat "$D/out" "$D/err"
	is "$code" 0
	says '- name: shop' '- name: postfix' 'region: us-east-1' \
	    '# identity: whose'
	# An id without the name of SES beside it may be of any service.
	! grep -q '/web/\.env' "$D/out"
	(cd / && "$ROTATE" discover --key "$OLD" "$D/srv") >"$D/out"
	grep -q "path: $D/srv/web/.env" "$D/out"
}
wrong_key() {
	mkdir "$D/srv"
	conf
	discover 64 --key "$(password "$OLD" us-east-1)" "$D/srv"
	says 'no access key id'
	discover 64
	gives 78 discover "$D/none"
	says "$D/none"
}
passed_over() { # binary, large, links out, no permission, devices
	conf
	tree "$OLD"
	rm -r "$D"/srv/*
	mkdir "$D/srv/a" "$D/outside"
	env_file "$D/outside/.env" "$OLD" us-east-1
	ln -s "$D/outside" "$D/srv/a/dir"
	ln -s "$D/outside/.env" "$D/srv/a/file"
	printf 'x\0SMTP_USER=%s %s\n' "$OLD" $HOST >"$D/srv/a/binary"
	{ cat "$D/outside/.env"; head -c 2000000 /dev/zero | tr '\0' x; } \
	    >"$D/srv/a/large"
	mkfifo "$D/srv/a/pipe"
	discover 0 --key "$OLD" "$D/srv"
	says '0 places' '1 binary' '1 over 1 MiB' '2 links'
}
not_permitted() {
	[ "$(id -u)" = 0 ] || skip 'not root'
	conf
	tree "$OLD"
	chmod 755 "$D" "$D/srv"
	chown -R nobody "$D/srv/web"
	cp "$ROTATE" "$W/rotate-copy"
	setpriv --reuid=nobody --regid=nogroup --clear-groups \
	    "$W/rotate-copy" discover --key "$OLD" "$D/srv" >"$D/out" 2>"$D/err"
	cat "$D/out" "$D/err"
	says "path: $D/srv/web/.env" '8 could not be read'
}
kernel_files() {
	conf
	mkdir "$D/srv"
	timeout 20 "$ROTATE" -c "$D/rotate.yaml" discover /proc /sys >"$D/out"
	says '0 files'
}
two_in_one_file() { # one is registered, the other is not
	conf
	tree "$OLD"
	rm -r "$D"/srv/*
	{
		cat "$D/app.env"
		printf 'OTHER_USER=%s\nOTHER_PASS=%s\n' "$OLD" \
		    "$(password "$OLD" us-east-1)"
	} >"$D/srv/both"
	mv "$D/srv/both" "$D/app.env"
	discover 0 --key "$OLD" "$D/app.env"
	says 'registered as app' 'username: OTHER_USER' 'password: OTHER_PASS' \
	    '2 places' '1 of them'
}
no_password_beside() {
	conf
	mkdir "$D/srv"
	printf 'SMTP_USER=%s\n' "$OLD" >"$D/srv/user.env"
	printf 'it is %s, I think\n' "$OLD" >"$D/srv/notes.txt"
	discover 0 --key "$OLD" "$D/srv"
	says 'user.env:1' 'no SES password stands beside it' 'notes.txt:1' \
	    'no format finds it by a key' 'clients: []'
}
hostile_names() { # a path cannot write lines of its own into the drop-in
	local f
	conf
	mkdir "$D/clients.d" "$D/srv"
	f=$D/srv/$'evil\n  - name: x\n    type: exec #\e[2J'
	env_file "$f" "$OLD" us-east-1
	discover 0 --key "$OLD" "$D/srv"
	! grep -q $'\e' "$D/out"
	! grep -q '^ *type: exec' "$D/out"
}

# --- mail programs: what their own configuration says decides ---

# An /etc and a /usr/local/sbin that can be changed; programs are looked for in
# the latter first.
own_etc() {
	mkdir "$D/etc"
	mount -t tmpfs none "$D/etc"
	cp -a /etc/. "$D/etc"
	mount --bind "$D/etc" /etc
	mount -t tmpfs none /usr/local/sbin
	chmod 755 "$D"
	conf
	PASS=$(password "$OLD" us-east-1)
	mkdir -p "$D/srv"
}
mail_found() { # PATH...: what is suggested for them, one a line
	discover 0 --key "$OLD" "$@"
	found --key "$OLD" "$@" | tee "$D/found"
}
drop_in_is_good() { # what was printed is accepted, and read by its driver
	rm -rf "$D/clients.d"
	mkdir "$D/clients.d"
	cp "$D/out" "$D/clients.d/found.yaml"
	gives 0 check
	gives 0 --dry-run --force
	rm -r "$D/clients.d"
}
by_postconf() {
	own_etc
	cat >/etc/postfix/main.cf <<-END
		compatibility_level = 3.6
		mapdir = $D/srv/relays
		smtp_sasl_password_maps = lmdb:\$mapdir/one,
		    proxy:hash:$D/srv/link/two, texthash:$D/srv/none
	END
	mkdir -p "$D"/srv/{relays,relays2,other}
	ln -s relays2 "$D/srv/link"
	printf '[%s]:587 %s:%s\n' $HOST "$OLD" "$PASS" |
	    tee "$D/srv/relays/one" >"$D/srv/relays2/two"
	cp "$D/srv/relays/one" "$D/srv/other/three"
	postmap "lmdb:$D/srv/relays/one"
	postmap "hash:$D/srv/relays2/two"
	mail_found "$D/srv"
	cmp "$D/found" - <<-END
		one postfix relay=[$HOST]:587 map_type=lmdb
		three file format=sasl_passwd key=[$HOST]:587
		two postfix relay=[$HOST]:587 map_type=hash
	END
	rm -r "$D/srv/other"
	mail_found "$D/srv" >/dev/null
	drop_in_is_good
	# The table holds another pair than its text: Postfix uses the table.
	sed -i "s|$OLD:.*|AKIAIOSFODNN7EXAMPLE:$PASS|" "$D/srv/relays/one"
	postmap "lmdb:$D/srv/relays/one"
	sed -i "s|AKIAIOSFODNN7EXAMPLE|$OLD|" "$D/srv/relays/one"
	mail_found "$D/srv/relays"
	grep -q '^one file format=sasl_passwd' "$D/found"
	says 'type postfix would be better, but: ' '# activate:'
}
by_neighbour() { # not in main.cf: a table beside the text tells its type
	own_etc
	echo 'compatibility_level = 3.6' >/etc/postfix/main.cf
	mkdir -p "$D/srv/postfix"
	for t in hash lmdb texthash; do
		printf '[%s]:587 %s:%s\n' $HOST "$OLD" "$PASS" \
		    >"$D/srv/postfix/$t"
		[ $t = texthash ] || postmap "$t:$D/srv/postfix/$t"
	done
	mail_found "$D/srv"
	is "$(grep -c -x -E '(hash|lmdb|texthash) postfix .* map_type=\1' "$D/found")" 3
	drop_in_is_good
}
by_exim() {
	local debs
	debs=$(tests/fetch_debs.sh exim4-daemon-light exim4-base) ||
	    skip 'no exim'
	own_etc
	echo "Debian-exim:x:65000:65000::/:/bin/false" >>/etc/passwd
	echo "Debian-exim:x:65000:" >>/etc/group
	mkdir "$D/srv/exim4"
	T=$D/srv/exim4/passwd.client
	printf '# smarthosts\n%s:%s:%s\n' $HOST "$OLD" "$PASS" >"$T"
	chmod 644 "$T"
	# Without Exim a file is all that can be said of it.
	mail_found "$D/srv"
	is "$(cat "$D/found")" "passwd.client file format=exim-passwd key=$HOST"
	says 'type exim would be better, but: '
	cp "$debs/usr/sbin/exim4" "$D/exim4"
	printf "keep_environment =\nprimary_hostname = test.example\n" \
	    >"$D/exim.conf"
	printf '#!/bin/sh\nexec %s -C %s "$@"\n' "$D/exim4" "$D/exim.conf" \
	    >/usr/local/sbin/exim
	chmod 755 /usr/local/sbin/exim
	mail_found "$D/srv"
	is "$(cat "$D/found")" "passwd.client exim host=$HOST"
	mkdir "$D/clients.d"
	cp "$D/out" "$D/clients.d/found.yaml"
	gives 0 check # a rotation needs a host of that name: exim.t
	rm -r "$D/clients.d"
	# Ours is not the line that Exim takes.
	sed -i "1s/.*/*.amazonaws.com:me:secretword/" "$T"
	mail_found "$D/srv"
	is "$(cat "$D/found")" "passwd.client file format=exim-passwd key=$HOST"
	says 'type exim would be better, but: '
}
by_msmtp() {
	own_etc
	mkdir "$D/srv/msmtp"
	T=$D/srv/msmtp/msmtprc
	cat >"$T" <<-END
		defaults
		port 587
		tls on

		account ses.eu
		host $HOST
		auth on
		user $OLD
		password $PASS

		account default : ses.eu
	END
	chmod 600 "$T"
	mail_found "$D/srv"
	is "$(cat "$D/found")" 'msmtprc msmtp account=ses.eu'
	drop_in_is_good
	# msmtp takes the last of two, so it would go on with another pair.
	sed -i "s/^password .*/&\npassword other/" "$T"
	mail_found "$D/srv"
	not grep -q '^msmtprc msmtp' "$D/found"
	# What msmtp refuses: why, and how to see it.
	sed -i '/^password other/d; s/^tls on/&\nnonsense here/' "$T"
	mail_found "$D/srv"
	says 'type msmtp would be better, but: ' 'see why: msmtp --pretend'
	sed -i '/^nonsense/d' "$T"
	# A file that somebody else may write is not given to msmtp to run.
	sed -i 's/^tls on/&\neval touch '"${D//\//\\/}"'\/ran/' "$T"
	chmod 622 "$T"
	mail_found "$D/srv"
	not [ -e "$D/ran" ]
}
by_smtpd_conf() {
	local debs
	debs=$(tests/fetch_debs.sh opensmtpd) || skip 'no opensmtpd'
	own_etc
	printf 'opensmtpd:x:65001:\nopensmtpq:x:65002:\n' >>/etc/group
	cp "$debs/usr/sbin/smtpctl" "$D/makemap"
	chgrp opensmtpq "$D/makemap"
	chmod g+s "$D/makemap"
	ln -s "$D/makemap" /usr/local/sbin/makemap
	for t in one two three; do
		printf 'ses %s:%s\n' "$OLD" "$PASS" >"$D/srv/$t"
	done
	makemap -o "$D/srv/two.db" "$D/srv/two"
	cat >/etc/smtpd.conf <<-END
		# table no file:$D/srv/three
		table aliases
		table first file:$D/srv/one
		 table	second	db:$D/srv/two.db # a database
		table third file:$D/srv/three2
	END
	mail_found "$D/srv"
	cmp "$D/found" - <<-END
		one opensmtpd label=ses table=first table_type=file
		three file format=opensmtpd-secrets key=ses
		two opensmtpd label=ses table=second table_type=db
	END
	ln -s "$D/makemap" /usr/local/sbin/smtpctl
	rm "$D/srv/three"
	mail_found "$D/srv"
	drop_in_is_good
}
not() { # a plain ! would not end a test
	if "$@"; then
		return 1
	fi
}

try 'files of many kinds' kinds
try 'what it prints is a drop-in that works' as_a_drop_in
try 'before the first run' before_the_first_run
try 'without a configuration' without_configuration
try 'what is no key, and no path' wrong_key
try 'binary and large files, links, pipes are passed over' passed_over
try 'what may not be read is counted' not_permitted
try 'nothing of /proc and /sys is read' kernel_files
try 'two credentials in one file are two places' two_in_one_file
try 'a user name without a password' no_password_beside
try 'names of files that would be lines' hostile_names
try 'Postfix: what main.cf names' with_mounts by_postconf
try 'Postfix: by the table beside it' with_mounts by_neighbour
try 'Exim: asked which line it takes' with_mounts by_exim
try 'msmtp: asked what it would use' with_mounts by_msmtp
try 'OpenSMTPD: what smtpd.conf names' with_mounts by_smtpd_conf
done_testing
