#!/bin/sh
# includes.sh: includes point down only. base <- sigv4 <- clients <- rotator.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
look() { # folder, pattern of what it may not include
	hits=$(grep -rnE "#include \"($2)/" $1 --include='*.[ch]') || return 0
	echo "includes point upwards:"
	echo "$hits"
	bad=1
}
look rotator/base 'sigv4|clients|rotator'
look sigv4 'clients|rotator'
look clients 'rotator'
exit $bad
