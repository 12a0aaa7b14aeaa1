#!/bin/sh
# request.sh: bulla-request new and reply, killed before a system call, or
# with one that fails: ENOSPC, EIO. What the home had is there as before, what
# is new in it is whole, the ledger and the home fit together, and a second
# run does the job.
# shellcheck disable=SC2034,SC2154
V=$(cd "$(dirname "$0")/../vectors/request" && pwd)
# shellcheck source=tests/lib/faults.sh
. "${0%/*}/../lib/faults.sh"
needs_sysfault
killed=0 refused=0 passed=0

pins()	# HOME OTHER
{
	tool trust --home "$1" pin "$2/roster/ours.note" --fingerprint \
	    "$(tool trust --home "$2" fingerprint ours)"
}

make_homes()
{
	for s in a b; do
		tool trust --home $s init -n $s.example --person "Lea $s" ||
			return 1
	done
	pins a b && pins b a || return 1
	echo 'order of the court' >order.pdf
	tool request --home a new -o first.bulla "$V/office.txt" \
	    "$V/case.txt" >first || return 1
	tool receive --home b first.bulla || return 1
	ID=$(cat first)
	rm -rf kept
	mkdir kept
	cp -a a kept/new
	cp -a b kept/reply
} >homes.log 2>&1

scenario_new()
{
	tool request --home out/h new -a order.pdf -o out/p.bulla \
	    "$V/office.txt" "$V/case.txt"
}
scenario_reply()
{
	tool request --home out/h reply --type acknowledge -o out/p.bulla \
	    -F 'authority=Bureau of B' -F 'person=Officer Chen' "$ID"
}

fresh()	# NAME
{
	rm -rf out tmp/*
	mkdir out
	cp -a "kept/$1" out/h
}

whole_package()	# FILE
{
	"$BULLA_BIN/bulla-verify" -q --home out/h "$1" >/dev/null 2>why ||
		fail "$what: not whole: $1: $(head -n 1 why)"
}

# What must hold, however it ended
home_holds()	# NAME
{
	# nothing that was there is gone or another
	(cd "kept/$1" && find packages requests custody receipts roster keys \
	    -type f ! -name '*.lock' 2>/dev/null) >files
	while read -r f; do
		case $f in keys/log.state) continue ;; esac
		cmp -s "kept/$1/$f" "out/h/$f" ||
			fail "$what: gone or changed: $f"
	done <files
	"$BULLA_BIN/bulla-ledger" --home out/h check >check.log 2>&1 ||
		fail "$what: the ledger: $(tail -n 1 check.log)"
	find out/h/packages -name '[0-9a-f]*.bulla' >packages
	while read -r f; do
		whole_package "$f"
	done <packages
	for f in out/h/requests/*.txt; do
		[ ! -e "$f" ] || grep -q '^bulla re[a-z]* v1$' "$f" ||
			fail "$what: not whole: $f"
	done
	[ ! -e out/p.bulla ] || whole_package out/p.bulla
	# in clear nowhere but in requests/
	! grep -rlaE 'extortion|hospital' out/h |
		grep -v '^out/h/requests/' || fail "$what: facts in clear"
}

# done_well: what a run that said yes has made
done_well()
{
	id=$(cat so)
	[ -s "out/h/packages/$id.bulla" ] && [ -s "out/h/requests/$id.txt" ] &&
		cmp -s out/p.bulla "out/h/packages/$id.bulla" &&
		[ -s "out/h/custody/$id/0001-seal.note" ] && return
	fail "$what: says yes, but not all is there"
}

second_run()	# NAME
{
	rm -f out/p.bulla
	again "$1"
	# the first one may have come so far that there is nothing left to do
	if [ "$rc" -eq 1 ] && [ "$1" = reply ] &&
	    grep -q 'was acknowledged before' se; then
		# its package is there, and its text is in that
		"$BULLA_BIN/bulla-request" --home out/h show "$ID" >show.log \
		    2>&1 && grep -q acknowledge show.log ||
			fail "$what: acknowledged, and not to be read"
		return 0
	fi
	[ "$rc" -eq 0 ] || fail "$what: the second run: $rc: $(tail -n 1 se)"
	[ "$rc" -ne 0 ] || done_well
	home_holds "$1"
	left=$(find out/h/requests -name '.*' -type d)
	[ -z "$left" ] || fail "$what: left in the home: $left"
}

kill_case()	# NAME K
{
	what="$1 killed at $2"
	fresh "$1"
	via="$SYSFAULT -f all -k -n $2"
	again "$1"
	via=
	[ "$rc" -ne 0 ] || return 0
	killed=$((killed + 1))
	[ "$rc" -eq 137 ] || fail "$what: exit status $rc: $(tail -n 1 se)"
	home_holds "$1"
	second_run "$1"
}

errno_case()	# NAME CALL K ERRNO
{
	what="$1 $2 #$3 $4"
	fresh "$1"
	via="$SYSFAULT -n $3 -e $4 -r hit"
	again "$1"
	via=
	hit=$(sed -n 's/^hit //p' hit)
	[ -n "$hit" ] || return 0	# threads took another way
	what="$1 ($hit) $4"
	case $rc in
	0)
		passed=$((passed + 1))
		done_well
		;;
	3)
		refused=$((refused + 1))
		grep -q '^bulla-request: ..' se || fail "$what: says nothing"
		;;
	*) fail "$what: exit status $rc: $(tail -n 1 se)" ;;
	esac
	home_holds "$1"
	second_run "$1"
}

make_homes || {
	cat homes.log
	echo 'request.sh: the tools do not work undisturbed'
	exit 1
}
for s in new reply; do
	fresh $s
	via="$SYSFAULT -f all -r list"
	again $s
	via=
	[ "$rc" -eq 0 ] || fail "$s: exit status $rc undisturbed: $(cat se)"
	seq "$(sed -n 's/^total //p' list)" | sed 's/^/call /' |
		sample "${KILL_SAMPLE:-10}" >cases
	while read -r _ k; do
		kill_case $s "$k"
	done <cases
	fresh $s
	via="$SYSFAULT -l -r list"
	again $s
	via=
	# of what is written, not of what is looked at
	awk '$1 == "call" && $3 ~ /^(write|pwrite64|fsync|fdatasync|rename|renameat|renameat2|link|linkat|mkdir|mkdirat|ftruncate|openat)$/ && $4 !~ /^\/(usr|etc|proc|sys|dev)/ {
		print $3, $2, "ENOSPC"
		print $3, $2, "EIO"
	}' list | sample "${ERRNO_SAMPLE:-12}" >cases
	while read -r call k errno; do
		errno_case $s "$call" "$k" "$errno"
	done <cases
done
echo "COUNT faults-request-kill $killed $bad $SEED"
echo "$refused calls that fail are refused, $passed change nothing"
echo "COUNT faults-request-errno $((refused + passed)) 0 $SEED"
[ "$bad" -eq 0 ]
