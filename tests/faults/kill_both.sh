#!/bin/sh
# kill_both.sh: SIGKILL at random moments of a delivery, for the sender, for any
# process of the inbox, or for all of them. Everything is started again until
# the delivery succeeds, then comes the next package. In the end each package
# is there once, byte by byte, with one receipt, each ledger has one record of
# each note, both are sound and agree, and sending all of it again changes
# nothing.
#
#   KILLS  how many (20; with FAULTS=full 1000)
#   SEED   chooses moments, victims and sizes
# shellcheck disable=SC2034 # what twosides.sh uses
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${SEED:=1}" "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
[ "$FAULTS" != full ] || : "${KILLS:=1000}"
: "${KILLS:=20}"
BIN=$(cd "$BULLA_BIN" && pwd)
AID=${BIN%/*}/aid
TOP=$PWD
W=$(mktemp -d)
TLS=$W/tls
. tests/lib/twosides.sh
sender=''
port=''
inbox=''
finish()
{
	# shellcheck disable=SC2086 # a list of words
	kill -KILL $sender $inbox 2>/dev/null
	wait
	rm -rf "$W"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$W" || exit 3
sh "$TOP/tests/lib/pki.sh" tls
two_sides || exit 3
for size in 50000 1000000 5000000; do
	head -c $size /dev/urandom >blob.$size
done
: >bad
: >ids
: >hits

fail()
{
	echo "FAIL $*"
	echo "$*" | head -n 1 >>bad
}

# A killed one leaves its port and its lock a moment later than its name
inbox_again()
{
	tries=0
	until open_inbox; do
		wait "$inbox" 2>/dev/null
		tries=$((tries + 1))
		[ $tries -lt 200 ] || {
			fail "the inbox does not start: $(tail -n 1 log)"
			exit 1
		}
		sleep 0.05
	done
}

begin()
{
	(deliver "https://127.0.0.1:$port" -q --stall 5 --deadline 300 \
	    --attempts 50 --receipt "receipt.$n" -f "package.$n") \
	    >so 2>se </dev/null &
	sender=$!
}

# running PID: it has not ended, though perhaps nobody has waited for it
running()
{
	grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# part NAME: the pid of that process of the inbox
part()
{
	pgrep -P "$inbox" -x "$1"
}

# A verifier lives for milliseconds: no other process may be begun between
# seeing it and killing it. It is the youngest of three.
kill_verifier()
{
	while [ -e "/proc/$sender/exe" ] && [ -e "/proc/$inbox/exe" ]; do
		read -r kids <"/proc/$inbox/task/$inbox/children" || :
		# shellcheck disable=SC2086 # a list of words
		set -- $kids
		[ $# -ge 3 ] || continue
		kill -KILL "$3" 2>/dev/null || return 0
		echo verifier during >>hits
		return 0
	done
}

# hit VICTIM: kills it, if it is there
hit()
{
	case $1 in
	sender) pids=$sender ;;
	supervisor) pids=$inbox ;;
	network | signer) pids=$(part "$1") ;;
	inbox) pids="$inbox $(part network) $(part signer)" ;;
	all) pids="$sender $inbox $(part network) $(part signer)" ;;
	esac
	middle=after
	! running "$sender" || middle=during
	live=''
	for p in $pids; do
		! running "$p" || live="$live $p"
	done
	# shellcheck disable=SC2086 # a list of words
	[ -n "$live" ] && kill -KILL $live 2>/dev/null && echo "$1 $middle" >>hits
	# without any of its two processes the supervisor ends
	case $1 in
	supervisor | network | signer | inbox | all)
		wait "$inbox" 2>/dev/null
		inbox_again
		;;
	esac
}

# run: one start of the sender, hit once or twice
run()
{
	begin
	again=yes
	while [ "$again" = yes ] && read -r delay victim again; do
		# a package that takes two verifiers is refused for good
		[ "$victim.$took" != verifier.yes ] || continue
		[ "$victim" != verifier ] || took=yes
		if [ "$victim" = verifier ]; then
			kill_verifier
			continue
		fi
		sleep "$(printf '0.%06d' $((delay * normal / 1000)))"
		hit "$victim"
	done <&3
	wait "$sender" 2>/dev/null
	rc=$?
	sender=''
}

one_package()
{
	took=no
	id=$(sealed "$n" "blob.$1") || {
		fail "package $n: not sealed"
		return
	}
	echo "$id" >>ids
	runs=0
	rc=137
	while [ $rc -ne 0 ]; do
		runs=$((runs + 1))
		[ $runs -le 50 ] || {
			fail "package $n: never delivered: $(tail -n 1 se)"
			return
		}
		run
		case $rc in
		0 | 5 | 137) ;;
		*)
			fail "package $n: exit status $rc: $(head -n 3 se)"
			return
			;;
		esac
	done
	one_delivery "$id" "package.$n" >why 2>&1 ||
		fail "package $n: $(cat why)"
}

# Moments between the start and a little after the end of a quiet delivery
awk -v seed="$SEED" -v n=$((KILLS * 5 + 100)) 'BEGIN {
	srand(seed)
	k = split("sender sender sender supervisor network signer verifier " \
	    "inbox all all", who, " ")
	while (n-- > 0)
		print int(rand() * 1200), who[int(rand() * k) + 1],
		    rand() < 0.3 ? "yes" : "no"
}' >draws
awk -v seed="$SEED" 'BEGIN {
	srand(seed + 1)
	k = split("50000 1000000 5000000", size, " ")
	for (n = 0; n < 100000; n++)
		print size[int(rand() * k) + 1]
}' >sizes
exec 3<draws 4<sizes

# How long a quiet delivery takes, in microseconds, of each size
inbox_again
n=0
for size in 50000 1000000 5000000; do
	sealed $n blob.$size >>ids
	from=$(date +%s%N)
	begin
	wait "$sender" || fail "a quiet delivery: exit status $?: $(cat se)"
	normal=$((($(date +%s%N) - from) / 1000))
	[ $normal -lt 800000 ] || normal=800000
	eval "normal_$size=$normal"
	n=$((n + 1))
done
sender=''

start=$(date +%s)
while [ "$(wc -l <hits)" -lt "$KILLS" ] && read -r size; do
	eval "normal=\$normal_$size"
	one_package "$size"
	n=$((n + 1))
done <&4
took=$(($(date +%s) - start))
kills=$(wc -l <hits)
sort hits | uniq -c | awk -v n="$kills" -v s="$took" -v p="$n" '
	{ text = text sep $2 " " $1 " (" $3 ")"; sep = ", " }
	END {
		printf "%d kills in %d s, of %d packages: %s\n", n, s, p, text
	}'

# All of it once more: nothing is sent, and the answer is the same
i=0
while read -r id; do
	cp "receipt.$i" first
	n=$i
	begin
	wait "$sender" || fail "package $i, again: exit status $?: $(head -n 1 se)"
	cmp -s first "receipt.$i" || fail "package $i, again: another receipt"
	one_delivery "$id" "package.$i" >why 2>&1 ||
		fail "package $i, in the end: $(cat why)"
	i=$((i + 1))
done <ids
sender=''
[ "$(find b/packages -type f | wc -l)" -eq "$i" ] ||
	fail "b has $(find b/packages -type f | wc -l) files, not $i packages"
[ -z "$(find b/incoming -name 'up-*')" ] ||
	fail "left: $(find b/incoming -name 'up-*')"
close_inbox || fail "the inbox: exit status $?"
inbox=''
for s in a b; do
	recorded $s ids >why 2>&1 || fail "records: $(head -n 5 why)"
	[ ! -e $s/ledger/alarm ] || fail "$s has an alarm"
	bulla ledger reconcile --home $s --export -o $s.txt || fail "export"
done
bulla ledger reconcile a.txt b.txt >why 2>&1 || fail "apart: $(cat why)"
failed=$(wc -l <bad)
echo "COUNT kill-both $kills $failed $SEED"
[ "$failed" -eq 0 ]
