#!/bin/sh
# proxy.sh: a line that fails. Between bulla-send and bulla-inbox a proxy cuts,
# resets, stalls, or flips a bit, behind every 4 KiB of what the sender sends of
# a package of 4 MiB. Each time the sender ends with 0 and one receipt, the
# inbox has the same bytes, and each ledger one record of each note.
#
#   FAULTS=full  all 4,096 cases; otherwise a sample that SEED chooses
#   FROM, TO     only these offsets, in units of 4 KiB (0 to 1023)
#   JOBS         pairs of homes that are worked on at a time (8): a line
#                that stalls costs six seconds of waiting and no work
#   SAMPLE       how many cases the sample has (32)
# shellcheck disable=SC2034 # what twosides.sh uses
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${SEED:=1}" "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
: "${FROM:=0}" "${TO:=1023}" "${JOBS:=8}" "${SAMPLE:=32}"
BIN=$(cd "$BULLA_BIN" && pwd)
AID=${BIN%/*}/aid
TOP=$PWD
W=$(mktemp -d)
TLS=$W/tls
. tests/lib/twosides.sh
workers=''
finish()
{
	for p in $workers; do
		kill "$p" 2>/dev/null
	done
	wait
	rm -rf "$W"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$W" || exit 3
sh "$TOP/tests/lib/pki.sh" tls
two_sides || exit 3
# with what packing adds a little more than the last offset
head -c 4190208 /dev/urandom >blob

fail()
{
	echo "FAIL $*"
	echo "$*" | head -n 1 >>bad
}

# spoil MODE OFFSET: a proxy that does so before the inbox; sets proxy and via
spoil()
{
	rm -f line spoiled
	mkfifo line
	"$AID/cutproxy" -s 300 -r spoiled "$1" $(($2 * 4096)) \
	    "127.0.0.1:$port" >line &
	proxy=$!
	read -r via <line
}

one_case()
{
	what="$1 at $2 x 4096"
	id=$(sealed 1 ../blob) || {
		fail "$what: not sealed"
		return
	}
	echo "$id" >>ids
	spoil "$1" "$2"
	(deliver "https://127.0.0.1:$via" -q --stall 1 --deadline 120 \
	    --receipt receipt package.1) >so 2>se </dev/null
	rc=$?
	kill "$proxy"
	wait "$proxy" 2>/dev/null
	proxy=''
	[ $rc -eq 0 ] || fail "$what: exit status $rc: $(head -n 3 se)"
	[ "$(cat spoiled 2>/dev/null)" = "spoiled after $(($2 * 4096))" ] ||
		fail "$what: the line was not spoiled once"
	one_delivery "$id" package.1 >why 2>&1 || fail "$what: $(cat why)"
	grep -q "^$(printf '\342\200\224') b.example/receiver " receipt ||
		fail "$what: no receipt"
	[ "$(find b/packages -type f | wc -l)" -eq 1 ] ||
		fail "$what: b has $(ls -A b/packages)"
	[ -z "$(find b/incoming -name 'up-*')" ] ||
		fail "$what: left: $(find b/incoming)"
	rm -f package.1 receipt "b/packages/$id.bulla"
}

# worker N: every JOBS-th case of each kind, with homes and an inbox of its own
worker()
{
	mkdir "w$1"
	cp -a a b "w$1"
	cd "w$1" || exit 3
	proxy=''
	inbox=''
	trap 'kill $proxy $inbox 2>/dev/null; wait' EXIT
	trap 'exit 130' INT TERM
	: >ids
	: >bad
	port=''
	open_inbox || {
		fail "no inbox: $(cat log)"
		exit 1
	}
	awk -v n="$1" -v of="$JOBS" 'int((NR - 1) / 4) % of == n' \
	    ../cases >mine
	while read -r mode k; do
		one_case "$mode" "$k"
		echo . >>../ended
	done <mine
	close_inbox || fail "the inbox: exit status $?"
	inbox=''
	for s in a b; do
		recorded $s ids >why 2>&1 || fail "records: $(head -n 5 why)"
		[ ! -e $s/ledger/alarm ] || fail "$s has an alarm"
	done
}

for k in $(seq "$FROM" "$TO"); do
	for mode in cut reset stall flip; do
		echo "$mode $k"
	done
done >all
if [ "$FAULTS" = full ]; then
	cp all cases
else
	# as many of each kind, in turn
	awk -v seed="$SEED" 'BEGIN { srand(seed) } { print rand(), $0 }' all |
		sort -n | awk -v most="$((SAMPLE / 4))" '
		n[$2] < most { print ++n[$2], $2, $3 }' | sort -n |
		cut -d' ' -f2- >cases
fi
: >ended
start=$(date +%s)
for n in $(seq 0 $((JOBS - 1))); do
	(worker "$n") &
	workers="$workers $!"
done
for p in $workers; do
	wait "$p" || echo "a worker: exit status $?" >>bad
done
workers=''
cat bad w*/bad >failures 2>/dev/null
ran=$(wc -l <ended)
failed=$(wc -l <failures)
[ "$ran" -eq "$(wc -l <cases)" ] || failed=$((failed + 1))
echo "offsets $FROM to $TO: $ran cases in $(($(date +%s) - start)) s"
for mode in cut reset stall flip; do
	echo "COUNT proxy/$mode $(grep -c "^$mode " cases)" \
	    "$(grep -c "^$mode " failures) $SEED"
done
[ "$failed" -eq 0 ]
