#!/bin/sh
# Every tool has a man page, mandoc has no complaint about any page, the
# sections that each must have are there, and the options in a page are the
# options that the tool's -h prints.
set -u
cd "$(dirname "$0")/../.." || exit 3
: "${BULLA_BIN:=$PWD/build/release/bin}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pages=0 bad=0

complain()
{
	echo "$*"
	bad=$((bad + 1))
}

# "  -o, --out FILE    text": the words before the first two spaces
help_options()
{
	"$BULLA_BIN/$1" -h | awk '
	/^ +-/ {
		sub(/^ +/, "")
		sub(/  .*/, "")
		gsub(/[,|]/, " ")
		for (i = 1; i <= NF; i++)
			if ($i ~ /^-/)
				print $i
	}' | sort -u
}

# ".It Fl o Ar FILE , Fl -out Ar FILE", ".It Fl h , -help"
page_options()
{
	awk '
	$1 == ".It" {
		flag = 0
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl")
				flag = 1
			else if ($i ~ /^[A-Z][a-z]$/)
				flag = 0
			else if (flag && $i !~ /^[,|]$/)
				print "-" $i
		}
	}' "$1" | sed 's/\\-/-/g' | sort -u
}

for src in cmd/bulla-*.c cmd/bulla.c; do
	[ -e "$src" ] || continue
	tool=$(basename "$src" .c)
	page=docs/man/$tool.1
	if [ ! -f "$page" ]; then
		complain "$page: missing"
		continue
	fi
	for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES \
	    'SECURITY CONSIDERATIONS'; do
		grep -Eqx "\.Sh \"?$section\"?" "$page" ||
			complain "$page: no section $section"
	done
	help_options "$tool" >"$scratch/help"
	page_options "$page" >"$scratch/page"
	[ -s "$scratch/help" ] || complain "$tool -h: shows no options"
	diff -U0 "$scratch/help" "$scratch/page" >"$scratch/diff" || {
		complain "$page: options differ from $tool -h (-), page (+):"
		sed '1,2d; /^@@/d' "$scratch/diff"
	}
done
for page in docs/man/*.[1-9]; do
	[ -e "$page" ] || continue
	pages=$((pages + 1))
	mandoc -T lint -W warning "$page" || complain "$page: mandoc objects"
	# joined by roff to the next line, and then pasted as "> file"
	grep -En '(^|[^\\])\\$' "$page" &&
		complain "$page: a line of text ends in \\, where \\e is meant"
	name=$(basename "$page")
	case $name in
	*.1)
		[ -e "cmd/${name%.1}.c" ] || complain "$page: of no tool"
		;;
	esac
done
echo "COUNT man-pages $pages $bad"
[ "$bad" -eq 0 ]
