#!/bin/sh
# Small parts: no function over 60 lines, no file over 400, or 700 of tests,
# which are read one at a time. (What we aim at is 40 and 350.)
set -u
cd "$(dirname "$0")/../.." || exit 3
list=$(mktemp) || exit 3
trap 'rm -f "$list"' EXIT
find lib cmd include fuzz tests -name '*.[ch]' | sort >"$list"
ctags --version 2>/dev/null | grep -q 'Universal Ctags' || {
	echo "size.sh: needs universal-ctags" >&2
	exit 3
}
{
	xargs wc -l <"$list" | awk '$2 != "total" { print "file", $1, $2 }'
	# Test(...) { } is no C function to ctags; the rule is for code
	ctags --languages=C --langmap=C:+.h --kinds-C=f --fields=+ne -f - \
	    -L "$list" | awk -F'\t' '{
		start = end = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) start = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end > 0)
			print "func", end - start + 1, $2, start, $1
	}'
} | awk '
$1 == "file" {
	files++
	if ($2 > ($3 ~ /^tests\// ? 700 : 400)) {
		print $3 ":" $2 ": " $2 " lines in a file"
		bad++
	}
}
$1 == "func" {
	funcs++
	if ($2 > 60) {
		print $3 ":" $4 ": " $5 " has " $2 " lines"
		bad++
	}
}
END {
	print "COUNT sizes " files + funcs " " bad + 0
	exit bad > 0 || files == 0 || funcs == 0
}'
