#!/bin/sh
# fuzz.sh replay|run FORMAT: replays fuzz/corpus/FORMAT and
# fuzz/regress/FORMAT through the target (libFuzzer's, and gcc's with a
# plain main), or fuzzes for FUZZ_SECONDS. New inputs and crashes go to
# $LOG/fuzz, never into the tree.
set -eu
format=$2
target=$BULLA_BUILD/fuzz/fuzz/fuzz_$format
corpus=
for d in "fuzz/corpus/$format" "fuzz/regress/$format"; do
	[ ! -d "$d" ] || corpus="$corpus $d"
done
if [ -z "$corpus" ]; then
	echo "no fuzz/corpus/$format"
	exit 1
fi

# shellcheck disable=SC2086 # $corpus is a list of our own directories
case $1 in
replay)
	"$BULLA_BUILD/asan-gcc/replay/fuzz_$format" $corpus
	"$target" -runs=0 $corpus
	echo "COUNT replay-$format $(find $corpus -type f | wc -l) 0"
	;;
run)
	new=$LOG/fuzz/$format
	mkdir -p "$new"
	set -- -seed="$SEED" -max_total_time="$FUZZ_SECONDS" -timeout=10 \
	    -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$LOG/fuzz/$format-"
	[ ! -f "fuzz/$format.dict" ] || set -- "$@" -dict="fuzz/$format.dict"
	"$target" "$@" "$new" $corpus 2>&1 | tee "$new.out"
	n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$new.out")
	# The limit is by the wall's clock, which goes on while a machine stands
	# still: an input is slow if it is so alone, too
	if [ -n "$n" ] &&
	    [ "$(grep '^SUMMARY: ' "$new.out")" = \
		'SUMMARY: libFuzzer: timeout' ] &&
	    "$target" -timeout=10 -rss_limit_mb=2048 \
		"$LOG/fuzz/$format"-timeout-*; then
		echo "the machine stood still: what was slow is not, alone"
	elif [ -z "$n" ] || grep -q '^SUMMARY: ' "$new.out"; then
		echo "COUNT fuzz-$format ${n:-0} 1 $SEED"
		exit 1
	fi
	echo "COUNT fuzz-$format $n 0 $SEED"
	;;
esac
