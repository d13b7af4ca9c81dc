#!/bin/bash
# vectors.t: is test_vectors, which runs signing suites, worth anything? Cases
# spoiled in one place must fail in that stage and in no other, what is not
# claimed must be in its table, and botocore, whom others wrote, must find the
# same canonical requests and signatures in tests/vectors. TAP.
. "$(dirname "$0")/lib.sh"
PYTHON=$(tests/venv.sh) || {
	echo "1..0 # SKIP no build/venv"
	exit 0
}
RUN=$(first_of "${ROTATE%/*}/tests/unit/test_vectors" \
    build/asan/tests/unit/test_vectors) || exit 1
sandbox_start --region us-east-1 --seed 3
A=path-escapes

one() { # FILE SED: the case $A alone, spoiled in that file
	mkdir -p "$D/suite"
	cp -r "tests/vectors/$A" "$D/suite/"
	[ $# = 0 ] || sed -i "$2" "$D/suite/$A/$1"
	[ $# = 0 ] || ! cmp -s "$D/suite/$A/$1" "tests/vectors/$A/$1"
}
ran() { # CODE [DIR]
	local got=0
	"$RUN" "${2:-$D/suite}" >"$D/tap" 2>&1 || got=$?
	cat "$D/tap"
	is "$got" "$1"
}
bad() { # LINE...: exactly these have failed
	is "$(sed -n 's/^not ok [0-9]* - //p' "$D/tap")" "$(printf '%s\n' "$@")"
}
whole() {
	one
	ran 0
	is "$(grep -c '^ok' "$D/tap")" 5
	! grep 'not for header' "$D/tap"
}
spoiled() { # STAGE FILE SED [STAGE]: stages that fail
	one "$2" "$3"
	ran 1
	shift 2
	shift
	bad "$@"
}
missing() {
	one
	rm "$D/suite/$A/header-string-to-sign.txt"
	ran 1
	bad "$A: string to sign"
	grep -q 'header-string-to-sign.txt is missing' "$D/tap"
}
misread() { # FILE SED WORDS: a case that is not understood fails
	one "$1" "$2"
	ran 1
	bad "$A: reading" "$D/suite: cases"
	grep -q -e "$3" "$D/tap"
}
nothing() {
	mkdir "$D/suite"
	ran 1
	ran 1 "$D/nowhere"
}
empty_folder() { # beside a good one
	one
	mkdir "$D/suite/forgotten"
	ran 1
	bad 'forgotten: reading'
}
presigned() { # the header part of a case is run, its other part is told
	one
	cp -r "$D/suite/$A" "$D/suite/url-only"
	touch "$D/suite/$A/query-signature.txt"
	rm "$D/suite/url-only"/header-*
	touch "$D/suite/url-only/query-canonical-request.txt"
	ran 0
	is "$(grep -c '^ok' "$D/tap")" 5
	is "$(grep -c '^#   .*presigned URL' "$D/tap")" 2
	grep -q "^#   $A .*query-\*.txt (1)" "$D/tap"
	grep -q '^#   url-only ' "$D/tap"
}
others() { # S3 and SigV4A are told, too
	one
	cp -r "$D/suite/$A" "$D/suite/bucket"
	cp -r "$D/suite/$A" "$D/suite/once"
	cp -r "$D/suite/$A" "$D/suite/v4a"
	sed -i 's/"ses"/"s3"/' "$D/suite/bucket/context.json"
	sed -i 's/{$/{ "use_double_uri_encode": false,/;2,$s/{ "use_double.*/{/' \
	    "$D/suite/once/context.json"
	echo '{}' >"$D/suite/v4a/public-key.json"
	ran 0
	is "$(grep -c '^ok' "$D/tap")" 5
	is "$(grep -c '^#   .*the whole case' "$D/tap")" 3
}
deeper() { # a suite of suites, as the public one is
	one
	mkdir "$D/top"
	mv "$D/suite" "$D/top/v4"
	ran 0 "$D/top"
	is "$(grep -c "^ok.* - v4/$A: " "$D/tap")" 4
}
from_environment() { # as make check is told of one
	one header-signature.txt 's/^./x/'
	! SIGV4_VECTORS=$D/suite "$RUN" >"$D/tap"
	cat "$D/tap"
	bad "$A: signature" "$A: authorization"
	[ "$(grep -c '^ok' "$D/tap")" -gt 100 ]
}
# Where botocore needs a hand, because it does not do that part itself.
botocore() { "$PYTHON" tests/vectors/botocore_says.py tests/vectors; }
botocore_sees() { # and its answer is not always yes
	one "$1" "$2"
	! "$PYTHON" tests/vectors/botocore_says.py "$D/suite"
}

try 'a good case: three stages and the header' whole
try 'another canonical request' spoiled - header-canonical-request.txt \
    's/%2540/%40/' "$A: canonical request"
try 'other signed headers' spoiled - header-canonical-request.txt \
    's/^host;x-amz-date/host/' "$A: canonical request" "$A: authorization"
try 'another string to sign' spoiled - header-string-to-sign.txt \
    '$s/.$/x/' "$A: string to sign"
try 'another scope' spoiled - header-string-to-sign.txt 's,/ses/,/iam/,' \
    "$A: string to sign" "$A: authorization"
try 'another signature' spoiled - header-signature.txt 's/^./x/' \
    "$A: signature" "$A: authorization"
try 'another request' spoiled - request.txt 's/info/inf0/' \
    "$A: canonical request" "$A: string to sign" "$A: signature" \
    "$A: authorization"
try 'another time' spoiled - context.json 's/12:36/12:37/' \
    "$A: canonical request" "$A: string to sign" "$A: signature" \
    "$A: authorization"
try 'a stage without its file' missing
try 'a context with an unknown word' misread context.json \
    's/"normalize"/"normalise"/' 'normalise'
try 'a context without a region' misread context.json '/"region"/d' incomplete
try 'a context that is no JSON' misread context.json '1d' JSON
try 'a request without its first line' misread request.txt 1d 'request line'
try 'a suite without a case' nothing
try 'a folder without a request' empty_folder
try 'presigned URLs are told, not run' presigned
try 'S3 and SigV4A are told, not run' others
try 'folders in folders' deeper
try 'SIGV4_VECTORS adds a suite' from_environment
try 'botocore finds the same in tests/vectors' botocore
try 'botocore sees another canonical request' botocore_sees \
    header-canonical-request.txt 's/%2540/%40/'
try 'botocore sees another signature' botocore_sees header-signature.txt 's/^./x/'
done_testing
