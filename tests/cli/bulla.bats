#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	BULLA=$BULLA_BIN/bulla
	cd "$BATS_TEST_TMPDIR" || return
}

@test "runs the tool beside it, with its arguments and its status" {
	run --separate-stderr "$BULLA" keygen sign -n a/b -o 'a file'
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat 'a file.pub')" ]
	[ "$stderr" = "" ]
	run --separate-stderr "$BULLA" keygen sign -n a/b -o 'a file'
	[ "$status" -eq 1 ]
	[[ $stderr == bulla-keygen:* ]]
}

@test "the one beside it wins over PATH, PATH serves others" {
	mkdir bin
	printf '#!/bin/sh\necho fake "$@"\n' >bin/bulla-keygen
	cp bin/bulla-keygen bin/bulla-own-thing
	chmod +x bin/*
	PATH=$PWD/bin:$PATH run --separate-stderr "$BULLA" keygen -V
	[ "$status" -eq 0 ]
	[[ $output == 'bulla-keygen '* ]]
	PATH=$PWD/bin:$PATH run --separate-stderr "$BULLA" own-thing -x 'a b'
	[ "$status" -eq 0 ]
	[ "$output" = 'fake -x a b' ]
}

@test "help lists the tools that are there, help TOOL is its -h" {
	run --separate-stderr "$BULLA" help
	[ "$status" -eq 0 ]
	[[ $output == *'bulla keygen      make keys'* ]]
	[ "$stderr" = "" ]
	for tool in "$BULLA_BIN"/bulla-*; do
		[[ $output == *"bulla ${tool##*/bulla-} "* ]]
	done
	set -- "$BULLA_BIN"/bulla-*
	[ "${#lines[@]}" -eq $# ]
	run --separate-stderr "$BULLA" help keygen
	[ "$status" -eq 0 ]
	[ "$output" = "$("$BULLA_BIN/bulla-keygen" -h)" ]
	run --separate-stderr "$BULLA" --json help
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == '{"tool":"keygen","job":"'*'"}' ]]
}

@test "the help of every tool fits 80 columns, each text in its column" {
	for tool in "$BULLA_BIN"/bulla "$BULLA_BIN"/bulla-*; do
		run --separate-stderr "$tool" -h
		[ "$status" -eq 0 ]
		[ "${#lines[@]}" -gt 8 ]
		run ! grep -E '.{81}' <<<"$output"
		[ "$output" = "" ] || { echo "$tool: $output"; false; }
		run --separate-stderr "$tool" --no-such-option
		[ "$status" -eq 2 ]
		run ! grep -E '^(usage:.{75}| .{80})' <<<"$stderr"
	done
	run --separate-stderr "$BULLA" help
	run ! grep -vE '^bulla [a-z ]{11} [a-z]' <<<"$output"
}

@test "no tool, no such tool, no name of a tool: 2" {
	for args in '' frob ../keygen /bin/sh 'key gen' -Z 'help frob'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$BULLA" $args
		[ "$status" -eq 2 ]
		[ "$output" = "" ]
		[[ $stderr == bulla:* ]]
	done
}

@test "a tool that cannot be run: 3" {
	mkdir bin
	cp "$BULLA" bin/
	touch bin/bulla-keygen
	chmod 600 bin/bulla-keygen
	run --separate-stderr bin/bulla keygen -h
	[ "$status" -eq 3 ]
	[ "$output" = "" ]
	[[ $stderr == 'bulla: bulla-keygen: Permission denied' ]]
}

@test "its own -h and -V" {
	run --separate-stderr "$BULLA" -h
	[ "$status" -eq 0 ]
	[[ $output == 'usage: bulla TOOL'* ]]
	run --separate-stderr "$BULLA" -V
	[ "$status" -eq 0 ]
	[[ $output == 'bulla '* ]]
}
