#!/bin/sh
# client.sh: a client of type "exec" for tests that run it a thousand times:
# builtins of the shell only, but for mv and sync. Lines "user NAME" and
# "password WORD" in the file named by the option "file". Its temporary file
# always has the same name, so that whatever a crash left is used up by the
# next write; the last sync is for that name.
umask 077
IFS= read -r request
field() { # NAME: the last text field of that name, into $value
	value=${request##*\"$1\":\"}
	value=${value%%\"*}
}
field file
file=$value
case $request in
*'"action":"plan"'*) echo '{"ok":true,"change":"set user and password"}' ;;
*'"action":"read"'*)
	while read -r key word; do
		case $key in user) user=$word ;; password) password=$word ;; esac
	done <"$file"
	echo "{\"ok\":true,\"username\":\"$user\",\"password\":\"$password\"}"
	;;
*'"action":"write"'*)
	field username
	user=$value
	field password
	password=$value
	while IFS= read -r line; do
		case $line in
		'user '*) line="user $user" ;;
		'password '*) line="password $password" ;;
		esac
		echo "$line"
	done <"$file" >"$file.new" &&
		chown --reference="$file" "$file.new" &&
		chmod --reference="$file" "$file.new" &&
		sync "$file.new" && mv -f "$file.new" "$file" &&
		sync "${file%/*}" && echo '{"ok":true}' ||
		echo '{"ok":false,"class":"temp","error":"not written"}'
	;;
*'"action":"activate"'*) echo '{"ok":true}' ;;
esac
