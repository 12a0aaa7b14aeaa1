#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

# Two sides and three packages of a: taken in by b, never sent, rejected.
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	export PATH=$BULLA_BIN:$PATH
	unset BULLA_HOME
	cd "$BATS_FILE_TMPDIR" || return
	mkdir src
	echo evidence >src/file
	two_sides
	bulla-seal --home a --to b.example -r b.example/desk -o p1 src >id1
	bulla-seal --home a --to b.example -r b.example/desk -o p2 absent ||
		true
	bulla-seal --home a --to b.example -r b.example/desk --exercise \
	    -o p3 src >id3
	bulla-receive -q --home b p1 >receipt1
	bulla-receive -q --home b p3 >receipt3 || true
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/." .
	id1=$(cat id1) id3=$(cat id3)
}

# What an exchange leaves with the sender
deliver() {
	mkdir "a/custody/$id1/theirs" "a/custody/$id3/theirs"
	cp receipt1 "a/custody/$id1/theirs/0001-receive.note"
	text=$(sed '/^$/,$d' receipt3 | sha256sum | cut -d' ' -f1)
	cp receipt3 "a/custody/$id3/theirs/reject-$text.note"
}

statements() {
	bulla-ledger --home a reconcile --export -f -o a.st
	bulla-ledger --home b reconcile --export -f -o b.st
}

@test "export: what this side has, in one order" {
	statements
	sed 's/^time: .*/time: T/; s/[0-9a-f]\{64\}/D/g' a.st >got
	printf '%s\n' 'bulla statement v1' 'side: a.example' 'time: T' \
	    "sent: b.example 1 $id1 D - - -" "sent: b.example 3 $id3 D - - -" \
	    'void: b.example 2 - - - - -' | diff - got
	sed 's/^time: .*/time: T/; s/[0-9a-f]\{64\}/D/g' b.st >got
	printf '%s\n' 'bulla statement v1' 'side: b.example' 'time: T' \
	    "received: a.example 1 $id1 D D receive D" \
	    "rejected: - - $id3 - D reject D" | diff - got
	[ "$(sed -n 's/^received: [^ ]* 1 [^ ]* [^ ]* \([^ ]*\) .*/\1/p' b.st)" = \
	    "$(sha256sum p1 | cut -d' ' -f1)" ]
	run --separate-stderr bulla-ledger --home a reconcile --export -o a.st
	[ "$status" -eq 1 ]
	bulla-ledger --home a reconcile --export c.st
	run --separate-stderr bulla-ledger --home a reconcile --export
	[ "$status" -eq 0 ]
	[ "$(tail -n +4 <<<"$output")" = "$(tail -n +4 c.st)" ]
	[ "$stderr" = "" ]
}

@test "no difference once both have everything, from either side" {
	deliver
	statements
	run --separate-stderr bulla-ledger --home a reconcile b.st
	[ "$status" -eq 0 ]
	[ "$output" = "ok a.example and b.example agree" ]
	[ "$stderr" = "" ]
	run --separate-stderr bulla-ledger --home b reconcile a.st
	[ "$status" -eq 0 ]
	[ "$output" = "ok b.example and a.example agree" ]
	run --separate-stderr bulla-ledger --home none reconcile a.st b.st
	[ "$status" -eq 0 ]
	run --separate-stderr bulla-ledger --json reconcile a.st b.st
	[ "$status" -eq 0 ]
	[ "$(jq -c . <<<"$output")" = \
	    '{"ok":true,"a":"a.example","b":"b.example","n":0}' ]
}

@test "what one side has and the other lacks" {
	statements
	run --separate-stderr bulla-ledger --home a reconcile b.st
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "$id1, number 1 from a.example to b.example: the sender has no receipt of it" ]
	[ "${lines[1]}" = "$id3 from a.example to b.example: the sender has no reject of it" ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$stderr" = "" ]
	deliver
	rm b/packages/*
	bulla-ledger --home b reconcile --export -f -o b.st
	run --separate-stderr bulla-ledger --home a --json reconcile b.st
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.ok,.n,(.differences[0]|.what,.has,.lacks,.package,.sequence)]' <<<"$output")" = \
	    "[false,1,\"package\",\"a.example\",\"b.example\",\"$id1\",1]" ]
	rm -r a/sequence a/custody
	bulla-ledger --home a reconcile --export -f -o a.st
	cp -a "$BATS_FILE_TMPDIR/b/." b
	run --separate-stderr bulla-ledger --home b reconcile a.st
	[ "$status" -eq 1 ]
	[[ $output == *"$id1, number 1 from a.example to b.example: the sender does not say that it sent it"* ]]
}

@test "bad statements" {
	statements
	run --separate-stderr bulla-ledger --home a reconcile a.st
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"both statements are of a.example"* ]]
	# shellcheck disable=SC2016 # the last line, to sed
	for edit in 's/v1/v2/' 's/^side: .*/side: B/' 's/ 1 / 01 /' \
	    '4{h;G}' '$s/ reject / yes /' 's/^received/receivd/'; do
		sed "$edit" b.st >bad
		run --separate-stderr bulla-ledger --home a reconcile bad
		[ "$status" -eq 1 ]
		[ "$output" = "" ]
		[[ $stderr == "bulla-ledger: bad: "* ]]
	done
	printf 'bulla statement v1\nside: a\033[31m\n' >bad
	run --separate-stderr bulla-ledger --home a reconcile bad
	[ "$status" -eq 1 ]
	[[ $stderr != *$'\033'* ]]
	run --separate-stderr bulla-ledger --home a reconcile absent
	[ "$status" -eq 3 ]
	run --separate-stderr bulla-ledger --home a reconcile
	[ "$status" -eq 2 ]
	run --separate-stderr bulla-ledger --home none reconcile b.st
	[ "$status" -eq 3 ]
}
