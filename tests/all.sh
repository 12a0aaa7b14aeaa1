#!/bin/sh
# all.sh [-l] [STEP...]: installs what the tests need, builds, and runs
# every step, or those named (-l lists them). A step that fails does not
# stop the later ones. Logs: build/log. Exit 1 when anything failed.
#
#   FUZZ_SECONDS  time of each fuzz target in step "fuzz" (default 3)
#   SEED          seed of the random cases (default: the time)
#   BULLA_BUILD   where to build (default: build)
set -u
cd "$(dirname "$0")/.." || exit 3

STEPS='build lint unit cli asan unit-asan cli-asan replay fuzz interop faults docs demo'
case ${1-} in
-l)
	echo "$STEPS"
	exit 0
	;;
-*)
	echo "usage: all.sh [-l] [STEP...]" >&2
	exit 2
	;;
esac
for s; do
	case " $STEPS " in
	*" $s "*) ;;
	*)
		echo "all.sh: no step $s; there are: $STEPS" >&2
		exit 2
		;;
	esac
done

TOP=$PWD
: "${BULLA_BUILD:=build}" "${FUZZ_SECONDS:=3}" "${SEED:=$(date +%s)}"
case $BULLA_BUILD in /*) ;; *) BULLA_BUILD=$TOP/$BULLA_BUILD ;; esac
LOG=$BULLA_BUILD/log
JOBS=$(nproc)
RELEASE_BIN=$BULLA_BUILD/release/bin
BULLA_BIN=$RELEASE_BIN
LC_ALL=C.UTF-8
if [ -z "${BULLA_VECTORS-}" ] && [ -d ../shared/vectors ]; then
	BULLA_VECTORS=$(cd ../shared/vectors && pwd)
	export BULLA_VECTORS
fi
export TOP BULLA_BUILD BULLA_BIN LOG SEED FUZZ_SECONDS LC_ALL
unset BULLA_HOME BULLA_VERBOSE MAKEFLAGS MFLAGS MAKELEVEL

# What faketime left of processes that were killed stops the next one that
# gets the same number
for f in /dev/shm/faketime_shm_* /dev/shm/sem.faketime_sem_*; do
	[ ! -e "$f" ] || [ -d "/proc/${f##*_}" ] || rm -f "$f"
done

# build_it VARIANT CC GOAL...: what does not build fails here, and its
# tests fail again where they are run; the others still run
build_it()
{
	v=$1 cc=$2
	shift 2
	sh tests/lib/case.sh "$STEP" "make-$v" \
	    make -j"$JOBS" -k WERROR=1 BUILD="$BULLA_BUILD" V="$v" CC="$cc" "$@"
}

# each COMMAND: runs COMMAND as one case for each name on stdin ({}), of
# which there must be some
each()
{
	cat >"$LOG/$STEP/names"
	[ -s "$LOG/$STEP/names" ] ||
		echo "fail 1 $STEP:nothing-to-run" >>"$LOG/$STEP/results"
	<"$LOG/$STEP/names" xargs -r -P "$JOBS" -I '{}' sh tests/lib/case.sh "$STEP" '{}' "$@"
}

# names GLOB...: the files that exist, one a line
names()
{
	for f; do
		[ -e "$f" ] && echo "$f"
	done
}

step_build()
{
	build_it release gcc all unit aids
}

step_lint()
{
	build_it release gcc all
	names tests/lint/*.sh | each sh '{}'
}

step_unit()
{
	build_it release gcc unit
	names tests/unit/test_*.c | sed 's|.*/\(.*\)\.c$|\1|' |
		each "$BULLA_BUILD/release/tests/{}" --color=never -j1
}

step_cli()
{
	build_it release gcc tools aids
	names tests/cli/*.bats | each bats --formatter tap '{}'
}

step_asan()
{
	build_it asan clang tools unit aids
}

step_unit_asan()
{
	build_it asan clang unit
	names tests/unit/test_*.c | sed 's|.*/\(.*\)\.c$|\1|' |
		each "$BULLA_BUILD/asan/tests/{}" --color=never -j1
}

# Everything but the tests that measure memory or time or take long
step_cli_asan()
{
	build_it release gcc aids
	build_it asan clang tools aids
	BULLA_BIN=$BULLA_BUILD/asan/bin
	names tests/cli/*.bats |
		each bats --formatter tap --filter-tags '!slow' '{}'
}

fuzz_targets()
{
	names fuzz/fuzz_*.c | sed 's|fuzz/fuzz_\(.*\)\.c$|\1|'
}

# Every corpus under both compilers' sanitizers
step_replay()
{
	build_it fuzz clang fuzzers
	sh tests/lib/case.sh "$STEP" make-asan-gcc \
	    make -j"$JOBS" -k WERROR=1 V=asan CC=gcc \
	    B="$BULLA_BUILD/asan-gcc" replayers
	fuzz_targets | each sh tests/lib/fuzz.sh replay '{}'
}

step_fuzz()
{
	build_it fuzz clang fuzzers
	fuzz_targets | each sh tests/lib/fuzz.sh run '{}'
}

step_interop()
{
	build_it release gcc tools aids
	names tests/interop/*.sh | each sh '{}'
}

step_faults()
{
	build_it release gcc tools aids
	names tests/faults/*.sh | each sh '{}'
}

step_docs()
{
	build_it release gcc tools
	names README.md docs/VERIFY-BY-HAND.md docs/CEREMONY.md \
	    docs/OPERATIONS.md docs/man/*.[15] |
		each sh tests/lib/run_examples.sh '{}'
	names tests/docs/*.sh | each sh '{}'
}

step_demo()
{
	echo tests/demo.sh | each sh '{}'
}

run_step()
{
	STEP=$1
	export STEP
	start=$(date +%s)
	mkdir -p "$LOG/$STEP"
	echo "== $STEP"
	(
		"step_$(echo "$STEP" | tr - _)"
	)
	awk -v s="$STEP" -v t="$(($(date +%s) - start))" '
	{ n[$1] += $2 }
	END {
		printf "   %s: %d passed, %d failed, %d skipped; %d s\n", s,
		    n["pass"], n["fail"], n["skip"], t
	}' "$LOG/$STEP/results"
}

echo "== setup"
sh tests/setup.sh test || exit 3
# The peers of npm's registry; without them their tests say that they skip
sh tests/setup.sh npm || echo "all.sh: no node or npm; see the skipped" >&2
rm -rf "$LOG"
mkdir -p "$LOG"
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $STEPS
for s; do
	run_step "$s"
done
sh tests/lib/summary.sh
