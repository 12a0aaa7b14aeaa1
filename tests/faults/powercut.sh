#!/bin/sh
# powercut.sh: power cuts during appends. A file system of its own on a loop
# device is shut down without a flush while bulla-ledger appends to a ledger on
# it, and mounted again. Every record that was acknowledged is there, once and
# whole; no ledger is left that "check" refuses. The same loop must notice two
# broken writers: one that acknowledges before the journal is on the disk, and
# one whose checkpoint comes before its tiles (tests/tools/preload/nosync.c).
#
#   POWERCUTS     cuts of the good writer (default 8; 1,000 with FAULTS=full)
#   POWERCUT_FS   file systems (default ext4; both with FAULTS=full)
#
# Needs root and loop devices.
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${SEED:=1}" "${FAULTS:=short}"
: "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
case $BULLA_BIN in /*) ;; *) BULLA_BIN=$PWD/$BULLA_BIN ;; esac
AID=${BULLA_BIN%/*}/aid
if [ "$FAULTS" = full ]; then
	: "${POWERCUTS:=1000}" "${POWERCUT_FS:=ext4 xfs}"
else
	: "${POWERCUTS:=8}" "${POWERCUT_FS:=ext4}"
fi
unset BULLA_HOME
W=$(mktemp -d)
M=$W/mnt
mkdir "$M"
trap 'umount "$M" 2>/dev/null || umount -l "$M" 2>/dev/null; rm -rf "$W"' EXIT
trap 'exit 130' INT TERM

skip()
{
	echo "SKIP: powercut: $1"
	exit 77
}

# A ledger on a file system that knows of no cut yet
fresh()
{
	! mountpoint -q "$M" || umount "$M" || return 1
	rm -f "$W/img"
	truncate -s "$size" "$W/img"
	"mkfs.$fs" -q "$W/img" >"$W/mkfs" 2>&1 || return 1
	mount -o loop "$W/img" "$M" 2>>"$W/mkfs" || return 1
	"$BULLA_BIN/bulla-ledger" --home "$M/h" init -n a.example/log \
	    >/dev/null || return 1
	sync "$M/h"
	: >"$W/model"
}

# random MAX: 1 to MAX, from SEED and the number of calls
calls=0
random()
{
	calls=$((calls + 1))
	r=$(echo "$SEED $calls" | cksum)
	r=$((${r%% *} % $1 + 1))
}

# Three ways to append, each until it is stopped: whole batches; a few lines
# at a time; a process for each record, which publishes it too. Output line K
# of "said" acknowledges line K of "asked".
batches()
{
	seq -f "$1-%.0f" 1 20000 >"$W/asked"
	$via "$BULLA_BIN/bulla-ledger" --home "$M/h" append --lines \
	    <"$W/asked" >"$W/said" 2>/dev/null
}
drops()
{
	seq -f "$1-%.0f" 1 20000 >"$W/asked"
	while read -r a && read -r b && read -r c; do
		printf '%s\n%s\n%s\n' "$a" "$b" "$c"
	done <"$W/asked" |
		$via "$BULLA_BIN/bulla-ledger" --home "$M/h" append --lines \
		    >"$W/said" 2>/dev/null
}
singly()
{
	: >"$W/asked"
	: >"$W/said"
	i=0
	while i=$((i + 1)); do
		printf '%s-%s' "$1" "$i" >"$W/record"
		echo "$1-$i" >>"$W/asked"
		$via "$BULLA_BIN/bulla-ledger" --home "$M/h" append \
		    "$W/record" >>"$W/said" 2>/dev/null || break
	done
}

# Only what was acknowledged before the cut counts: here, unlike in a machine
# without power, the writer lives on for a moment, and fdatasync of a file
# system that is being shut down has been seen to say yes.
power_cut()	# WAY NAME MILLISECONDS
{
	: >"$W/said"
	setsid sh -c ". $W/ways; $1 $2" &
	writer=$!
	# A busy machine is not to keep all cuts before the first record: a
	# broken writer could not be told from a good one
	if [ -n "$via" ] || [ $((done % 2)) -eq 0 ]; then
		for _ in $(seq 600); do
			[ ! -s "$W/said" ] || break
			sleep 0.05
		done
	fi
	sleep "0.$(printf '%03d' "$3")"
	said=$(wc -l <"$W/said")
	"$AID/fscut" "$M"
	kill -9 -- "-$writer" 2>/dev/null
	wait "$writer" 2>/dev/null
	# what that one has started is killed, but perhaps not gone
	tries=0
	until umount "$M" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 1
		sleep 0.1
	done
	mount -o loop "$W/img" "$M"
}

# What was acknowledged stays so through all later cuts
judge()
{
	paste -d' ' "$W/said" "$W/asked" | head -n "$said" >>"$W/model"
	"$BULLA_BIN/bulla-ledger" --home "$M/h" check >"$W/check" 2>&1 || {
		why="check: $(cat "$W/check")"
		return 1
	}
	"$AID/ledgerdump" "$M/h" >"$W/dump" 2>"$W/check" || {
		why="dump: $(cat "$W/check")"
		return 1
	}
	sort -u "$W/model" >"$W/a"
	sort "$W/dump" >"$W/b"
	n=$(comm -23 "$W/a" "$W/b" | wc -l)
	[ "$n" -eq 0 ] || {
		why="$n acknowledged records are not there"
		return 1
	}
	n=$(cut -d' ' -f2 "$W/dump" | sort | uniq -d | wc -l)
	[ "$n" -eq 0 ] || {
		why="$n records are there twice"
		return 1
	}
}

# run WRITER CUTS STOP: how many cuts failed; STOP: the first failure is enough
run()
{
	name=$1 failed=0 done=0
	via=
	[ "$name" = good ] ||
		via="env NOSYNC=$name LD_PRELOAD=$AID/nosync.so"
	{
		echo "W='$W' M='$M' via='$via' BULLA_BIN='$BULLA_BIN'"
		sed -n '/^batches()$/,/^}$/p; /^drops()$/,/^}$/p
		    /^singly()$/,/^}$/p' "$top/tests/faults/powercut.sh"
	} >"$W/ways"
	fresh
	while [ "$done" -lt "$2" ]; do
		done=$((done + 1))
		case $((done % 3)) in
		0) way=batches ;;
		1) way=singly ;;
		*) way=drops ;;
		esac
		random 180
		power_cut $way "$name$done" $((r + 15)) || {
			echo "powercut: cannot mount again"
			exit 1
		}
		acked=$((acked + said))
		if judge; then
			# keep the ledger small enough to read each time
			[ $((done % 10)) -ne 0 ] || fresh
			continue
		fi
		failed=$((failed + 1))
		[ "$3" = no ] || return 0
		echo "FAIL powercut: $name, cut $done ($way): $why"
		fresh
	done
}

# For the file system $fs
all_writers()
{
	acked=0
	run good "$POWERCUTS" no
	[ "$acked" -gt 0 ] || {
		echo "FAIL powercut: nothing was ever acknowledged"
		failed=$((failed + 1))
	}
	bad=$((bad + failed))
	echo "powercut: $fs, $POWERCUTS cuts, $acked records acknowledged," \
	    "$failed failures"
	echo "COUNT powercut-$fs $POWERCUTS $failed $SEED"
	for w in journal tiles; do
		run $w 20 yes
		echo "COUNT powercut-broken-$w $done $((failed == 0)) $SEED"
		if [ "$failed" -eq 0 ]; then
			echo "FAIL powercut: $done cuts did not show the" \
			    "writer that is broken: $w"
			bad=$((bad + 1))
		else
			echo "powercut: broken writer ($w), noticed after" \
			    "$done cuts: $why"
		fi
	done
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
top=$PWD
bad=0
for fs in $POWERCUT_FS; do
	size=400M	# mostly holes
	command -v "mkfs.$fs" >/dev/null || skip "no mkfs.$fs"
	fresh || skip "no loop device: $(tail -n 1 "$W/mkfs")"
	"$AID/fscut" "$M" 2>/dev/null || skip "no shutdown of $fs"
	all_writers
done
[ "$bad" -eq 0 ]
