#!/bin/sh
# The synopsis that -h prints, and the one of the man page, are those of the
# tool's options: each that they name exists; each that exists is named, unless
# "options" stands for the rest; and where keys or recipients are given one by
# one (-k, -r), the option that takes a file of them (-K, -R) stands too.
set -u
cd "$(dirname "$0")/../.." || exit 3
: "${BULLA_BIN:=$PWD/build/release/bin}"
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
checked=0 bad=0

# "-o --out", a line for each option that the tool has
table()
{
	"$BULLA_BIN/$1" -h | sed -n 's/^  *\(-[^ ].*\)/\1/p' |
		sed 's/   *.*//' | awk '{
			out = ""
			for (i = 1; i <= NF; i++)
				if ($i ~ /^-/)
					out = out " " $i
			gsub(",", "", out)
			print out
		}'
}

# A line for each form, of what stands in it after the tool's name
help_forms()
{
	"$BULLA_BIN/$1" -h | awk -v tool="$1" '
	!/^usage: / && !/^ / { exit }
	$1 == "usage:" { $1 = ""; sub(/^ /, "") }
	$1 == tool { printf "%s", n++ ? "\n" : ""; $1 = "" }
	{ printf " %s", $0 }
	END { print "" }'
}

# The same, with what .Fl marks as it would be typed
page_forms()
{
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "docs/man/$1.1" |
		sed '1d; $d; s/\\-/-/g' | awk '
		$1 == ".Nm" { printf "%s", n++ ? "\n" : ""; next }
		{
			dash = ""
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^\.?[A-Z][a-z]$/)
					dash = $i ~ /Fl$/ ? "-" : ""
				else
					printf " %s%s", dash, $i
			}
		}
		END { print "" }'
}

# compare TABLE FORMS
compare()
{
	awk '
	function name(o) {
		if (!(o in known))
			print "names " o ", which it does not have"
		named[o] = here[o] = 1
	}
	# "-fp" is -f and -p
	function take(word,    i) {
		if (word ~ /^--/)
			name(word)
		else
			for (i = 2; i <= length(word); i++)
				name("-" substr(word, i, 1))
	}
	function pair(one, file) {
		if ((one in here) && (file in known) && !(file in here))
			print "names " one " without " file ":" $0
	}
	FNR == NR {
		for (i = 1; i <= NF; i++)
			known[$i] = 1
		row[FNR] = $0
		rows = FNR
		next
	}
	{
		delete here
		rest = $0
		if (rest ~ /[Oo][Pp][Tt][Ii][Oo][Nn][Ss]|changes/)
			open = 1
		while (match(rest, /(^|[^A-Za-z0-9-])--?[A-Za-z0-9][A-Za-z0-9-]*/)) {
			word = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			sub(/^[^-]/, "", word)
			take(word)
		}
		pair("-k", "-K")
		pair("-r", "-R")
	}
	END {
		# what all tools have, and what goes with -o
		all = "--(help|version|quiet|verbose|json|home|force|passphrase-fd)$"
		for (i = 1; i <= rows && !open; i++) {
			n = split(row[i], part, " ")
			for (j = 1; j <= n && !(part[j] in named); j++)
				;
			if (j > n && row[i] !~ all)
				print "does not name " part[n]
		}
	}' "$1" "$2"
}

for src in cmd/bulla-*.c cmd/bulla.c; do
	tool=$(basename "$src" .c)
	table "$tool" >"$scratch/table"
	help_forms "$tool" >"$scratch/help"
	page_forms "$tool" >"$scratch/page"
	for what in help page; do
		checked=$((checked + 1))
		if [ ! -s "$scratch/table" ] ||
		    ! grep -q '[A-Z]' "$scratch/$what"; then
			echo "$tool: no options, or no synopsis in its $what"
			bad=$((bad + 1))
			continue
		fi
		compare "$scratch/table" "$scratch/$what" >"$scratch/out" ||
			exit 3
		[ ! -s "$scratch/out" ] || {
			sed "s/^/$tool: the synopsis of its $what /" \
			    "$scratch/out"
			bad=$((bad + 1))
		}
	done
done
echo "COUNT synopses $checked $bad"
[ "$bad" -eq 0 ]
