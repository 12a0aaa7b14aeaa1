#!/bin/sh
# Small parts: no function over 60 lines, no file over 400, or 700 of tests,
# which are read one at a time, no line over 80 columns with tabs of 8. (What
# we aim at is 40 and 350.)
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
	# Not length alone: a tab goes to the next stop, and of a character in
	# UTF-8 the bytes behind its first take no column
	LC_ALL=C xargs awk '{
		gsub(/[\200-\277]/, "")
		n = split($0, part, "\t")
		width = n > 0 ? length(part[n]) : 0
		for (i = 1; i < n; i++)
			width += 8 * (int(length(part[i]) / 8) + 1)
		if (width > 80)
			print "wide", width, FILENAME, FNR
	}
	END { print "lines", NR }' <"$list"
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
$1 == "lines" {
	lines += $2
}
$1 == "wide" {
	print $3 ":" $4 ": a line of " $2 " columns"
	bad++
}
END {
	print "COUNT sizes " files + funcs " " bad + 0
	exit bad > 0 || files == 0 || funcs == 0 || lines == 0
}'
