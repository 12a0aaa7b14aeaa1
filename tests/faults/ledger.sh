#!/bin/sh
# ledger.sh: a ledger of 1,000 records, damaged: a byte flipped, a file cut
# short, two things swapped. Then records appended by four processes at once:
# all of them are there, once, where they were said to be.
#
#   FAULTS=full  every byte and every length, 100,000 records; else a sample
# shellcheck disable=SC2015 # fail always succeeds
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${SEED:=1}" "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
case $BULLA_BIN in /*) ;; *) BULLA_BIN=$PWD/$BULLA_BIN ;; esac
AID=${BULLA_BIN%/*}/aid
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM
export BULLA_HOME="$W/home"
stride=500 each=5000
[ "$FAULTS" != full ] || stride=1 each=25000
bad=0

fail()
{
	echo "FAIL ledger: $*"
	bad=$((bad + 1))
}

mkdir "$W/flip"
"$AID/ledgerflip" "$W/flip" "$stride" "$SEED" || fail "damage"

cd "$W" || exit 3
"$BULLA_BIN/bulla-ledger" init -n a.example/log >/dev/null
for p in 1 2 3 4; do
	seq -f "$p-%.0f" 1 "$each" >"asked.$p"
	# not one batch each: they are to meet
	while read -r line; do
		echo "$line"
	done <"asked.$p" |
		"$BULLA_BIN/bulla-ledger" append --lines >"said.$p" &
done
wait
for p in 1 2 3 4; do
	[ "$(wc -l <"said.$p")" -eq "$each" ] ||
		fail "process $p: not all records were acknowledged"
	paste -d' ' "said.$p" "asked.$p"
done | sort >asked
"$AID/ledgerdump" home | sort >there
cmp asked there || fail "what is there is not what was acknowledged"
[ "$(cut -d' ' -f2 there | sort -u | wc -l)" -eq $((4 * each)) ] ||
	fail "not every record once"
"$BULLA_BIN/bulla-ledger" check || fail "check"
echo "COUNT ledger/four-processes $((4 * each)) $bad"
[ "$bad" -eq 0 ]
