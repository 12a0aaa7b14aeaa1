#!/bin/sh
# Every public header compiles alone, twice over, under both compilers.
set -u
cd "$(dirname "$0")/../.." || exit 3
n=0 bad=0
for h in include/bulla/*.h; do
	n=$((n + 1))
	for cc in gcc clang; do
		printf '#include "bulla/%s"\n#include "bulla/%s"\n' \
		    "${h##*/}" "${h##*/}" |
			"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror \
			    -Iinclude -fsyntax-only -x c - && continue
		echo "$h: does not compile alone ($cc)"
		bad=$((bad + 1))
	done
done
echo "COUNT headers $n $bad"
[ "$bad" -eq 0 ]
