#!/bin/sh
# nightly.sh: what takes too long for every change: the whole test run with
# long fuzzing, the corpora minimised, the unit tests under valgrind, line
# coverage, and the full benchmark. Hours. Results: build/nightly.
#
#   FUZZ_TIME  seconds for each fuzz target (default 1800)
set -u
cd "$(dirname "$0")/.." || exit 3
: "${FUZZ_TIME:=1800}"
jobs=$(nproc)
out=$PWD/build/nightly
failed=0

note()
{
	echo "nightly: FAILED: $*"
	failed=$((failed + 1))
}

sh tests/setup.sh nightly || exit 3
FAULTS=full CASE_SECONDS=$((FUZZ_TIME + 7200)) FUZZ_SECONDS=$FUZZ_TIME sh tests/all.sh ||
	note "tests/all.sh"
sh tests/setup.sh bench || exit 3
rm -rf "$out"
mkdir -p "$out/valgrind" "$out/corpus"

echo "== corpora: what -merge=1 keeps, to be reviewed and copied by hand"
for target in build/fuzz/fuzz/fuzz_*; do
	case $target in *.[od]) continue ;; esac
	format=${target##*/fuzz_}
	mkdir -p "$out/corpus/$format"
	"$target" -merge=1 "$out/corpus/$format" "fuzz/corpus/$format" \
	    "build/log/fuzz/$format" >"$out/corpus/$format.log" 2>&1 ||
		note "merge of $format"
	echo "$format: $(find "fuzz/corpus/$format" -type f | wc -l) before," \
	    "$(find "$out/corpus/$format" -type f | wc -l) after"
done

# Criterion forks a process for each test; the logs tell, not its status
echo "== valgrind"
for t in build/release/tests/test_*; do
	case $t in *.[od]) continue ;; esac
	name=${t##*/}
	timeout 3600 valgrind -q --trace-children=no --leak-check=full \
	    --show-leak-kinds=definite --errors-for-leak-kinds=definite \
	    --log-file="$out/valgrind/$name.%p" \
	    "$t" --color=never -j1 >"$out/valgrind/$name.out" 2>&1 ||
		note "$name under valgrind"
done
for f in "$out"/valgrind/test_*.[0-9]*; do
	[ -s "$f" ] || continue
	note "valgrind, see $f"
	head -n 20 "$f"
done

echo "== coverage of lines and branches by the unit tests"
make -s -j"$jobs" V=cov CC=gcc unit || note "coverage build"
for t in build/cov/tests/test_*; do
	case $t in *.[od] | *.gc*) continue ;; esac
	"$t" --color=never -j1 >/dev/null 2>&1 || note "$t"
done
for f in lib/*/*.c; do
	gcov -b -n -o "build/cov/${f%.c}.gcda" "$f" 2>/dev/null |
		awk -v f="$f" '
		/^File/ { mine = index($0, "\x27" f "\x27") }
		mine && /^Lines/ { sub(/.*:/, ""); line = $1 }
		mine && /^Taken/ { sub(/.*:/, ""); branch = $0 }
		END { printf "%-32s %8s %s\n", f, line, branch }'
done | tee "$out/coverage"

sh tests/bench/run.sh full | tee "$out/bench" || note "benchmark"
sh tests/bench/transfer.sh full | tee "$out/bench-transfer" ||
	note "benchmark of transfers"
echo "nightly: $failed failed"
[ "$failed" -eq 0 ]
