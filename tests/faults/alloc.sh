#!/bin/sh
# alloc.sh: each allocation of each tool fails, alone and with all that
# follow. Exit status 3 with a message, or success where a library copes;
# no signal, nothing partial.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
refused=0 passed=0

one_case()	# NAME HOW K
{
	what="$1: allocation $3 fails ($2)"
	on=
	[ "$2" = one ] || on=FAILMALLOC_ON=1
	via="env LD_PRELOAD=$AID/failmalloc.so FAILMALLOC_AT=$3 $on"
	attempt "$1"
	via=
	fatal=$(grep "^Fatal Internal Error" se)
	case $rc in
	0)
		passed=$((passed + 1))
		result_ok "$1"
		;;
	3)
		refused=$((refused + 1))
		one_message
		result_none "$1"
		;;
	*) fail "$what: exit status $rc: $(head -n 2 se)" ;;
	esac
	# where libarchive ended the process, or there is no memory to look into
	# a directory, the next open cleans up
	TEMPORARY=
	[ -z "$fatal" ] || TEMPORARY=yes
	[ "$1 $2" != "open all" ] || TEMPORARY=yes
	all_whole "$1"
}

for s in $SCENARIOS; do
	rm -f total
	via="env LD_PRELOAD=$AID/failmalloc.so FAILMALLOC_REPORT=$W/total"
	attempt "$s"
	via=
	[ "$rc" -eq 0 ] || fail "$s: exit status $rc undisturbed: $(cat se)"
	[ -s total ] || fail "$s: no allocations counted"
	# all of those that are few: verify, receive, keygen
	max=${ALLOC_SAMPLE:-20}
	[ "$(cat total)" -gt 150 ] || max=300
	seq "$(cat total)" | sed 's/.*/one &\nall &/' |
		sample "$max" >cases
	while read -r how k; do
		one_case "$s" "$how" "$k"
	done <cases
done
echo "COUNT faults-alloc-refused $refused $bad $SEED"
echo "COUNT faults-alloc-harmless $passed 0 $SEED"
[ "$bad" -eq 0 ]
