#!/bin/sh
# ledger_full.sh: no room, or a broken disk, at each system call of an append.
# What was acknowledged is there; what was not may be, once; the next append
# goes on where it stands, and "check" finds nothing wrong.
#
#   FAULTS=full  every call; else every third
# shellcheck disable=SC2015 # fail always succeeds
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
case $BULLA_BIN in /*) ;; *) BULLA_BIN=$PWD/$BULLA_BIN ;; esac
FAULT=${BULLA_BIN%/*}/aid/sysfault
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM
cd "$W" || exit 3
stride=3
[ "$FAULTS" != full ] || stride=1
bad=0 cases=0 hits=0

fail()
{
	echo "FAIL ledger-full: $*"
	bad=$((bad + 1))
}

size()
{
	sed -n 2p h/ledger/public/checkpoint
}

"$BULLA_BIN/bulla-ledger" --home first init -n a.example/log >/dev/null &&
	seq 300 | "$BULLA_BIN/bulla-ledger" --home first append --lines \
	    >/dev/null || exit 3
echo full >record
echo next >after
cp -a first h
"$FAULT" -l -r count "$BULLA_BIN/bulla-ledger" --home h append record \
    >/dev/null 2>se
[ $? -ne 77 ] || { echo "SKIP: no seccomp notification here" && exit 77; }
total=$(sed -n 's/^total //p' count)
[ "${total:-0}" -gt 20 ] || fail "only ${total:-0} calls were counted"

# where the lock is let go of, always: it must be free though close() fails
sed -n 's/^call //p' count | awk -v s="$stride" 'NR % s == 1 || s == 1 ||
    /^[0-9]+ close .*\/lock$/ { print $1 }' >calls
while read -r k; do
	for e in ENOSPC EIO; do
		rm -rf h hit
		cp -a first h
		"$FAULT" -n "$k" -e "$e" -r hit "$BULLA_BIN/bulla-ledger" \
		    --home h append record >so 2>se </dev/null
		rc=$?
		what="$(sed -n 's/^hit //p' hit), call $k, $e"
		cases=$((cases + 1))
		case $rc in
		0) least=302 ;;
		3)
			least=301
			hits=$((hits + 1))
			# acknowledged, but not published: the next one does
			[ ! -s so ] || least=302
			[ "$(wc -l <se)" -eq 1 ] ||
				fail "$what: no one message: $(cat se)"
			;;
		*) fail "$what: exit status $rc: $(head -n 1 se)" ;;
		esac
		"$BULLA_BIN/bulla-ledger" --home h append after >so 2>se ||
			fail "$what: the next append: $(cat se)"
		"$BULLA_BIN/bulla-ledger" --home h check >so 2>se ||
			fail "$what: check: $(cat so se)"
		n=$(size)
		[ "$n" -ge "$least" ] && [ "$n" -le 302 ] ||
			fail "$what: exit $rc, but $n records"
	done
done <calls
[ "$hits" -gt 4 ] || fail "only $hits faults were noticed"
echo "COUNT ledger/no-room-at-each-call $cases $bad"
[ "$bad" -eq 0 ]
