#!/bin/sh
# ledger.sh [RECORDS]: what a ledger costs, and how that grows up to RECORDS
# (default 10,000,000; a few minutes and 3 GB of disk). The goals: 20,000
# records a second in batches; single durable appends at half of what the disk
# allows; a proof in under 50 ms and 64 MiB; an append that does not cost more
# in a larger ledger.
#
# BENCH_DIR    where the ledger goes (default: a new directory under TMPDIR)
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
most=${1:-10000000}
make -s -j"${BENCH_JOBS:-$(nproc)}" tools benches
dir=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/ledger.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
PATH=$top/build/release/bin:$top/build/release/bench:$PATH
BULLA_HOME=$dir/home
export PATH BULLA_HOME
cd "$dir"

seconds()
{
	date +%s.%N
}

# calls COMMAND...: how often it waits for the disk
calls()
{
	command -v strace >/dev/null || return 0
	strace -f -qq -e trace=fsync,fdatasync,syncfs -o trace "$@" >out
	grep -c sync trace
}

# ms TEXT COMMAND...: the median of nine runs, and the slowest
ms()
{
	text=$1
	shift
	for _ in 1 2 3 4 5 6 7 8 9; do
		from=$(date +%s%N)
		"$@" >out
		echo $(($(date +%s%N) - from))
	done | sort -n | awk -v t="$text" '{ v[NR] = $1 / 1e6 } END {
		printf "%-40s %7.1f ms (slowest %.1f)\n", t, v[5], v[9] }'
}
append_ten()
{
	seq 10 | bulla-ledger append --lines
}

bulla-ledger init -n bench/log >log.vkey
echo "bulla $(bulla-ledger --version | awk '{ print $2 }'):" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc)" \
    "cores, $(stat -f -c %T .)"
ledgermark "$BULLA_HOME" 5
rm -r home
bulla-ledger init -n bench/log >log.vkey

have=0
for size in 10000 100000 1000000 10000000; do
	[ "$size" -le "$most" ] || break
	echo "-- $size records"
	start=$(seconds)
	seq "$((have + 1))" "$size" | bulla-ledger append --lines >out
	end=$(seconds)
	echo "$start $end $((size - have))" | awk '{ printf \
	    "in batches: %.0f records/s, published (goal >= 20000)\n", \
	    $3 / ($2 - $1) }'
	have=$size
	printf 'record %s' "$size" >one
	echo "one record in one process, published: $(calls bulla-ledger \
	    append one) syncs"
	ms 'append and publish one' bulla-ledger append one
	ms 'append and publish ten' append_ten
	printf '%s' "$((size / 3))" >record
	ms 'proof by number (goal <= 50)' \
	    bulla-ledger prove --index $((size / 3))
	ms 'proof by record' bulla-ledger prove record
	pair -n 1 -m 64 'memory of a proof by record' \
	    "bulla-ledger prove record >proof"
	bulla-ledger check -K log.vkey proof record >out
done
start=$(seconds)
bulla-ledger check
seconds | awk -v s="$start" '{ printf "all of it read again: %.1f s\n", $1 - s }'
du -sh "$BULLA_HOME/ledger" | awk '{ print "on the disk: " $1 }'
