#!/usr/bin/env bats
# The home of an exercise: another clock, and keys that are good nowhere else.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	unset BULLA_HOME
	clock 2031-05-06T07:08:09Z a b
}

# clock TIME HOME...
clock() {
	local time=$1
	shift
	mkdir -p "$@"
	for home in "$@"; do
		printf 'bulla exercise clock v1\ntime: %s\n' "$time" \
		    >"$home/exercise"
	done
}

# no STATUS WHAT TOOL...
no() {
	local want=$1 what=$2
	shift 2
	run --separate-stderr bulla "$@"
	[ "$status" -eq "$want" ]
	[[ $stderr == *"$what"* ]]
}

@test "its tools live in the time of the exercise, each of them" {
	two_sides exercise
	grep -qx 'issued: 2031-05-06T07:08:09Z' a/roster/ours.note
	clock 2031-05-07T00:00:00Z a b
	id=$(bulla request --home a new --exercise -o r "$V/office.txt" \
	    "$V/case.txt" | head -n 1)
	bulla inspect --json r | jq -e '.created == "2031-05-07T00:00:00Z" and
	    .exercise'
	grep -qx 'time: 2031-05-07T00:00:00Z' "a/custody/$id/0001-seal.note"
	clock 2031-05-07T01:00:00Z b
	bulla receive --home=b --exercise r >receipt
	grep -qx 'time: 2031-05-07T01:00:00Z' receipt
	clock 2031-05-07T02:00:00Z a
	# in every place where an option may say which home it is
	BULLA_HOME=a bulla seal r --exercise --time 2031-05-07T01:30:00Z \
	    -r b.exercise/desk -o s >/dev/null
	bulla seal r --exercise -r b.exercise/desk -o t --hom a >/dev/null
	[ "$(bulla inspect --json s | jq -r .created)" = 2031-05-07T01:30:00Z ]
	[ "$(bulla inspect --json t | jq -r .created)" = 2031-05-07T02:00:00Z ]
	[ "$(bulla ledger --home a reconcile --export | sed -n 3p)" = \
	    'time: 2031-05-07T02:00:00Z' ]
}

@test "it seals nothing that is not marked, and nobody takes it unasked" {
	two_sides exercise
	echo x >x
	no 1 'seals nothing else: give --exercise' seal --home a \
	    -r b.exercise/desk -o s x
	[ ! -e s ]
	no 1 'seals nothing else: give --exercise' request --home a new \
	    -o s "$V/office.txt" "$V/case.txt"
	bulla seal --home a --exercise -r b.exercise/desk -o s x >id
	no 1 'give --exercise if this is an exercise' receive --home b s
	no 1 'give --exercise if this is an exercise' verify --home b s
	no 1 'give --exercise if this is an exercise' open --home b -d d s
	bulla receive --home b --exercise s >/dev/null
	bulla open --home b --exercise -d d s >/dev/null
}

@test "real keys do not sign in it, its keys do not sign elsewhere" {
	two_sides exercise
	bulla keygen sign -n real.example/sealer -o real.key
	no 1 'part of an EXERCISE: only keys of a side NAME.exercise' seal \
	    --home a --exercise -i real.key -r b.exercise/desk -o s a/roster
	no 1 'part of an EXERCISE' keygen sign -n c.example/x -o k --home a
	no 1 'part of an EXERCISE' keygen sign -n exercise -o k --home a
	no 1 'part of an EXERCISE' keygen sign -n .exercise/x -o k --home a
	clock 2031-05-06T07:08:09Z c
	no 1 'part of an EXERCISE' trust --home c init -n c.example --person C
	no 1 'a key of an EXERCISE' keygen sign -n c.exercise/x -o k --home d
	no 1 'a key of an EXERCISE' seal --home d -i a/keys/sealer.key \
	    --exercise -r "$(cat b/keys/desk.age.pub)" -o s real.key.pub
	# the same home without its mark, or a real one under it
	rm a/exercise
	no 1 'of an EXERCISE' ledger --home a append real.key.pub
	no 1 'a side of an EXERCISE' request --home a list
	[ ! -e s ]
	[ ! -e k ]
	bulla trust --home r init -n r.example --person R >/dev/null
	no 1 'is one of an EXERCISE, and stays' trust --home r pin \
	    --fingerprint "$(bulla trust --home b fingerprint ours)" \
	    b/roster/ours.note
	clock 2031-05-06T07:08:09Z e
	bulla trust --home e init -n e.exercise --person E >/dev/null
	no 1 'is one of an EXERCISE, and stays' trust --home e pin \
	    --fingerprint "$(bulla trust --home r fingerprint ours)" \
	    r/roster/ours.note
	# with a clock that stands no deadline would ever come
	clock 2031-05-06T07:08:09Z r
	no 1 'part of an EXERCISE' ledger --home r append real.key.pub
	no 1 'r.example is no side of one' trust --home r show
	no 1 'r.example is no side of one' ledger --home r monitor
}

@test "a clock that cannot be read stops every tool" {
	for bad in '' 'bulla exercise clock v2\ntime: 2031-05-06T07:08:09Z\n' \
	    'bulla exercise clock v1\ntime: soon\n' \
	    'bulla exercise clock v1\ntime: 2031-05-06T07:08:09Z\nx: y\n'; do
		# shellcheck disable=SC2059 # the format is the test's
		printf "$bad" >a/exercise
		no 3 'a/exercise: the clock of the exercise: ' trust \
		    --home a show
		no 3 'a/exercise: the clock of the exercise: ' verify \
		    --home a /dev/null
	done
	head -c 200 /dev/zero >a/exercise
	no 3 'a/exercise: the clock of the exercise: ' trust --home a show
}
