#!/bin/sh
# budget.sh: a file is one idea and stays small; a driver stays a driver.
set -u
cd "$(dirname "$0")/../.." || exit 1
find rotator sigv4 clients -name '*.[ch]' -exec wc -l {} + | awk '
	$2 == "total" { next }
	$1 > 400 { print $2 ": " $1 " lines, 400 allowed"; bad = 1 }
	$2 ~ /clients\/drv_/ && $1 > 200 { print $2 ": " $1 " lines, 200 allowed for a driver"; bad = 1 }
	$2 ~ /rotator\/(rotation|steps)\.c/ { core += $1 }
	END { if (core > 900) { print "rotation.c and steps.c: " core " lines, 900 allowed"; bad = 1 }
	      exit bad }'
