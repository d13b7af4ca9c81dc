#!/bin/sh
# A complete client for type "exec": keeps the pair in a file with lines
# "user NAME" and "password WORD", as msmtp has them. Option: file.
#
# Reading JSON with sed is safe here, and only here: the request is one line,
# "action" comes before anything else that could hold text, "credential" comes
# last, and its values are letters, digits, + and /. For anything more, use a
# language with a JSON parser.
#
# The password must not become an argument of any program, since arguments can
# be read by every user. printf and read are builtins of the shell and are no
# programs; sed gets the request on its standard input.
set -u
umask 077

say() { printf '%s\n' "$1"; }
refuse() { # CLASS ERROR FIX, none with quotes or backslashes in it
	say "{\"ok\":false,\"class\":\"$1\",\"error\":\"$2\",\"fix\":\"$3\"}"
	exit 0
}
field() { # NAME: the value of the last text field of that name
	say "$request" | sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p"
}
value() { # KEY: what is behind it in the file
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in "$1 "*) say "${line#"$1 "}" ;; esac
	done <"$file"
}
rewrite() { # the file, with the new pair in it
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"user "*) line="user $username" ;;
		"password "*) line="password $password" ;;
		esac
		say "$line"
	done <"$file"
}

IFS= read -r request
action=$(say "$request" | sed -n 's/^{"protocol":1,"action":"\([a-z]*\)".*/\1/p')
file=$(field file)
case $file in
/*[!A-Za-z0-9/._-]* | [!/]* | '') refuse config 'option file: a plain absolute path is needed' '' ;;
esac
[ -e "$file" ] || refuse gone "$file: no such file" "make it, with a line user and a line password"
[ -f "$file" ] || refuse config "$file: not a regular file" ''
[ -r "$file" ] || refuse denied "$file: may not be read" ''

case $action in
plan)
	[ "$(value user | wc -l)" -eq 1 ] && [ "$(value password | wc -l)" -eq 1 ] ||
		refuse conflict "$file: not one line user and one line password" ''
	[ -w "${file%/*}" ] || refuse denied "${file%/*}: may not be written" ''
	say "{\"ok\":true,\"change\":\"set user and password in $file\"}"
	;;
read)
	say "{\"ok\":true,\"username\":\"$(value user)\",\"password\":\"$(value password)\"}"
	;;
write)
	username=$(field username)
	password=$(field password)
	rm -f "$file".rotate.?????? # left by a run that was killed
	new=$(mktemp "$file.rotate.XXXXXX") || refuse denied "${file%/*}: may not be written" ''
	chown --reference="$file" "$new" && chmod --reference="$file" "$new" &&
		rewrite >"$new" && sync "$new" && mv -f "$new" "$file" &&
		sync "${file%/*}" ||
		{ rm -f "$new"; refuse temp "$file: not replaced" ''; }
	say '{"ok":true}'
	;;
activate)
	say '{"ok":true}' # msmtp reads the file each time
	;;
*)
	refuse config 'unknown action' 'update this program'
	;;
esac
