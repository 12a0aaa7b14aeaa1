#!/bin/sh
# kill.sh: SIGKILL before each system call of each tool. Nothing partial
# stands under a final name, what stands there is whole, and a second run
# does the job; what an interrupted open left goes with the next one.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
needs_sysfault
n=0

# Where the first run got as far as giving the result its name, a second
# one has to be allowed to replace it, or says that it is there.
rerun()
{
	case $1 in
	keygen | keygen_public | pack | pack_stdin | seal | seal_pipe | age_encrypt | age_decrypt)
		[ -z "$(find out -type f ! -name '.*')" ] || return 0
		;;
	open) [ ! -e out/d/bag ] || return 0 ;;
	esac
	again "$1"
	[ "$rc" -eq 0 ] || fail "$what: the second run: exit status $rc: $(cat se)"
	result_ok "$1"
	all_whole "$1"
	[ ! -d out/d ] || [ "$(ls -A out/d)" = bag ] ||
		fail "$what: left in the directory: $(ls -A out/d)"
}

one_case()	# NAME K
{
	what="$1 killed at $2"
	via="$SYSFAULT -f all -k -n $2"
	attempt "$1"
	via=
	# A shell in a pipe says 0 or 137; threads may need fewer calls
	[ "$rc" -ne 0 ] || return 0
	n=$((n + 1))
	[ "$rc" -eq 137 ] || fail "$what: exit status $rc"
	SAID=no		# a whole stream is no fault
	TEMPORARY=yes
	all_whole "$1"
	case $1 in
	*_stdout | open_pipe) result_none "$1" ;;
	esac
	rerun "$1"
	TEMPORARY=
}

for s in $SCENARIOS; do
	via="$SYSFAULT -f all -r list"
	attempt "$s"
	via=
	[ "$rc" -eq 0 ] || fail "$s: exit status $rc undisturbed: $(cat se)"
	seq "$(sed -n 's/^total //p' list)" | sed 's/^/call /' |
		sample "${KILL_SAMPLE:-20}" >cases
	while read -r _ k; do
		one_case "$s" "$k"
	done <cases
done
echo "COUNT faults-kill $n $bad $SEED"
[ "$bad" -eq 0 ]
