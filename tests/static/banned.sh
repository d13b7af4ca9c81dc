#!/bin/sh
# banned.sh: functions and habits this tree does not allow. One row a rule:
# pattern, where it is allowed (a file pattern or -), why.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
# Code without its strings and comment lines, each line with its place.
code=$(mktemp)
trap 'rm -f "$code"' EXIT
find rotator sigv4 clients -name '*.[ch]' -exec grep -nH '' {} + |
    sed -E 's/"([^"\\]|\\.)*"/""/g' |
    grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)' >"$code"
rule() { # pattern, allowed files (extended regex), why
	hits=$(grep -E "^[^:]+:[0-9]+:.*$1" "$code" | grep -vE "^($2):")
	[ -z "$hits" ] && return
	printf 'banned: %s\n%s\n' "$3" "$hits"
	bad=1
}
none='nowhere'
rule '\<(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|sscanf|scanf|mktemp|tmpnam|alloca)[[:space:]]*\(' "$none" 'unsafe or unbounded functions'
rule '\<goto\>' "$none" 'no goto: cleanup attributes'
rule 'CURLOPT_VERBOSE' "$none" 'a trace shows Authorization and AUTH lines'
rule 'CURLOPT_SSL_VERIFY(PEER|HOST),[[:space:]]*0' "$none" 'TLS is verified always'
rule '\<(secure_)?getenv[[:space:]]*\(' 'sigv4/identity.c|sigv4/provider_env.c|rotator/base/log.c|rotator/out.c|rotator/seal_key.c|rotator/app.c|rotator/base/net.c|clients/libsecret_dl.c' 'the environment is read in few places'
rule '\<(printf|puts|putchar|fputs|vprintf|fprintf|fputc|putc)[[:space:]]*\(' 'rotator/out[a-z_]*.c|rotator/main.c|rotator/base/log.c|rotator/cmd_[a-z_]*.c|rotator/plan[a-z_]*.c|rotator/app.c' 'only commands and the log print'
rule '\<(exit|_exit|abort)[[:space:]]*\(' 'rotator/base/spawn.c|rotator/base/far_serve.c' 'only main returns an exit code'
rule '\<log_(event|err)[[:space:]]*\(' 'rotator/main.c|rotator/cmd_[a-z_]*.c|rotator/app_world.c|rotator/fleet.c|rotator/fleet_drive.c|rotator/fleet_lanes.c|rotator/base/log.[ch]' 'libraries return errors, they do not log'
rule '\<NDEBUG\>' "$none" 'invariants are never compiled out'
rule '\<typedef struct\>' "$none" 'no typedef for structs'
rule '\<(TODO|FIXME|XXX)\>' "$none" 'no marks left in the code'
reveal=$(cat tests/static/reveal.txt | grep -v '^#' | sed 's/[[:space:]].*//' | paste -sd'|')
rule '\<secret_reveal[[:space:]]*\(' "rotator/base/secret.[ch]|$reveal" 'secret_reveal only where tests/static/reveal.txt says why'
exit $bad
