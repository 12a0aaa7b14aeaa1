#!/bin/sh
# No script and no bats file makes shellcheck complain.
set -u
cd "$(dirname "$0")/../.." || exit 3
n=0 bad=0
for f in tests/*.sh tests/*/*.sh .ci/run .clusterfuzzlite/build.sh \
    tests/cli/*.bats tests/lib/*.bash; do
	[ -e "$f" ] || continue
	n=$((n + 1))
	case $f in
	# bats itself sets $stderr, runs tests with set -e, and a variable set
	# in a subshell is the rule there
	*.bats | *.bash) set -- -s bats -S warning -e SC2030,SC2031,SC2154,SC2164 ;;
	*) set -- -S warning ;;
	esac
	shellcheck "$@" "$f" || bad=$((bad + 1))
done
echo "COUNT scripts $n $bad"
[ "$bad" -eq 0 ]
