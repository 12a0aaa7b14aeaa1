#!/bin/sh
# case.sh STEP NAME COMMAND...: runs one test program for all.sh, keeps its
# output in $LOG/STEP/, and adds "pass|fail|skip COUNT NAME" lines to
# $LOG/STEP/results. Unit tests (Criterion) and command-line tests (TAP) are
# counted one by one; of any other program the exit status tells: 0 passed,
# 77 skipped. What a sanitizer had to say is a failure whatever the status.
# Shows the end of the log of what failed.
set -u
step=$1
name=$(basename "$2")
shift 2
log=$LOG/$step/$name.log
san=$LOG/$step/$name.san

leaks=1
# LeakSanitizer cannot attach to a tool that made itself undumpable, but
# as root
case $step in
cli*) [ "$(id -u)" -eq 0 ] || leaks=0 ;;
esac
# Status 99: no test may take a sanitizer's end for one of our answers
export ASAN_OPTIONS="log_path=$san:exitcode=99:detect_leaks=$leaks"
export UBSAN_OPTIONS="log_path=$san:exitcode=99:print_stacktrace=1"
timeout -k 10 "${CASE_SECONDS:-900}" "$@" >"$log" 2>&1 </dev/null
rc=$?
[ "$rc" -ne 124 ] || echo "case.sh: timed out: $*" >>"$log"

passed=0 failed=0
skipped=$(grep -Ec '^SKIP: ' "$log")
case $step:$name in
unit*:test_*)
	tested=$(sed -n 's/.*Tested: \([0-9]*\) |.*/\1/p' "$log" | tail -n 1)
	passed=$(sed -n 's/.*| Passing: \([0-9]*\) |.*/\1/p' "$log" |
	    tail -n 1)
	: "${tested:=0}" "${passed:=0}"
	failed=$((tested - passed))
	[ "$tested" -gt 0 ] || failed=1
	;;
cli*:*.bats)
	failed=$(grep -c '^not ok ' "$log")
	skipped=$(grep -Eic '^ok .* # skip' "$log")
	passed=$(($(grep -c '^ok ' "$log") - skipped))
	[ "$step" != cli ] || [ $((passed + skipped)) -gt 0 ] || failed=1
	;;
*)
	case $rc in
	0)
		# a build is a case of its own once per variant, not again
		# before each step that needs it
		case $step:$name in
		build:* | asan:*) passed=1 ;;
		*:make-*) ;;
		*) passed=1 ;;
		esac
		;;
	77) skipped=$((skipped + 1)) rc=0 ;;
	*) failed=1 ;;
	esac
	;;
esac
[ "$rc" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
for f in "$san".*; do
	[ -e "$f" ] || continue
	cat "$f" >>"$log"
	failed=$((failed + 1))
done

{
	[ "$passed" -eq 0 ] || echo "pass $passed $name"
	[ "$failed" -eq 0 ] || echo "fail $failed $name"
	[ "$skipped" -eq 0 ] || echo "skip $skipped $name"
} >>"$LOG/$step/results"
[ "$failed" -gt 0 ] || exit 0
{
	echo "-- FAILED: $step $name (exit status $rc); the end of $log:"
	case $name in
	*.bats)
		awk '/^ok /{ on = 0 } /^not ok /{ on = 1 } on' "$log" |
			head -n 60
		;;
	make-*) grep -E -A 4 'error|undefined|\*\*\*' "$log" | head -n 60 ;;
	*) tail -n 40 "$log" ;;
	esac
	echo "--"
} | sed 's/^/   /'
exit 1
