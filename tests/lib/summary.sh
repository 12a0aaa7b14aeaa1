#!/bin/sh
# summary.sh: the table of case families, from the COUNT lines of all logs,
# and the totals of all.sh. Exit 1 when anything failed.
#
#   COUNT family cases failures [seed]
#
# A family that ran no case, or a COUNT line that is none, fails.
set -eu
cd "$LOG"

# Criterion and bats (after "# ") print them among their own lines
# shellcheck disable=SC2016 # awk's $, not the shell's
find . -name '*.log' | sort | xargs awk '
FNR == 1 {
	split(FILENAME, part, "/")
	step = part[2]
}
/^(# )?COUNT / {
	sub(/^# /, "")
	if (NF < 4 || NF > 5 || $3 $4 !~ /^[0-9]+$/ ||
	    (NF == 5 && $5 !~ /^(0x)?[0-9a-f]+$/)) {
		print "malformed: " FILENAME ": " $0 >"/dev/stderr"
		printf "%s malformed 0 1\n", step
	} else {
		printf "%s %s %s %s %s\n", step, $2, $3, $4, (NF > 4 ? $5 : "-")
	}
}' >counts

echo
awk '
{
	key = $1 " " $2
	if (!(key in n))
		order[++rows] = key
	n[key] += $3
	failed[key] += $4
	if ($5 != "-" || !(key in seed))
		seed[key] = $5
}
END {
	if (rows == 0)
		exit
	row = "%-10s %-32s %12s %9s  %s\n"
	printf row, "step", "case family", "N", "failures", "seed"
	for (i = 1; i <= rows; i++) {
		split(order[i], k, " ")
		printf row, k[1], k[2], n[order[i]], failed[order[i]], seed[order[i]]
		if (n[order[i]] == 0 || failed[order[i]] > 0)
			print "fail 1 " k[2] >"bad-rows"
	}
}' counts

echo
find . -name '*.log' -exec grep -h '^SKIP: ' {} + | sort -u | head -n 20
touch bad-rows
find . -name results -exec cat {} + | cat - bad-rows >all-results
grep '^fail ' all-results | sort -u | sed 's/^fail [0-9]*/FAILED/' || true
awk '
{ n[$1] += $2 }
END {
	printf "%d passed, %d failed", n["pass"], n["fail"]
	if (n["skip"] > 0)
		printf ", %d skipped", n["skip"]
	printf "\n"
	exit n["fail"] > 0 || n["pass"] == 0
}' all-results
