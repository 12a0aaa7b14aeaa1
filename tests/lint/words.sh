#!/bin/sh
# No unfinished business, no white space at line ends, no CRLF; lines of C at
# most 100 columns, with tabs of 8.
set -u
cd "$(dirname "$0")/../.." || exit 3
{
	set -- lib cmd include fuzz tests docs
	[ ! -d keys ] || set -- "$@" keys
	[ ! -d .ci ] || set -- "$@" .ci
	find "$@" \
	    \( -path fuzz/corpus -o -path fuzz/regress -o \
	    -path tests/vectors \) -prune -o -type f \
	    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bats' -o \
	    -name '*.bash' -o -name '*.md' -o -name '*.[15]' -o \
	    -name '*.map' -o -name '*.in' -o -path '.ci/run' \) -print
	echo Makefile
	[ ! -e README.md ] || echo README.md
} | sort | xargs awk '
function offence(what) {
	print FILENAME ":" FNR ": " what
	bad++
}
function columns(s,    i, n, w) {
	n = length(s)
	for (i = 1; i <= n; i++)
		w = substr(s, i, 1) == "\t" ? int(w / 8) * 8 + 8 : w + 1
	return w
}
FNR == 1 { files++ }
# written apart, so that this file does not find itself
/(^|[^A-Za-z_])(TO[D]O|FIX[M]E|X[X]X|HA[C]K)([^A-Za-z_X]|$)/ {
	offence("unfinished business")
}
/\r/ { offence("carriage return") }
/[ \t]$/ { offence("white space at the end of the line") }
FILENAME ~ /\.[ch]$/ && columns($0) > 100 {
	offence(columns($0) " columns")
}
END {
	print "COUNT words " files + 0 " " bad + 0
	exit bad > 0 || files == 0
}' || exit 1
