#!/usr/bin/env bats
# bulla-request lint: every fault of a document in one run.
# shellcheck disable=SC2154 # run sets stderr and its lines
bats_require_minimum_version 1.5.0

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BIN=$(cd "$BULLA_BIN" && pwd)
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	export BIN V
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	unset BULLA_HOME
	# complete but for nine faults
	{
		cat "$V/office.txt"
		sed '1d; /^type/d; /^class/d' "$V/case.txt"
		printf '%s\n' 'type: everything' 'colour: red' '  or blue' \
		    'class: Urgent' 'no label' 'reply-keys: A desk' '  age1abc'
	} | sed 's/^phone: .*/phone: 112/' >faults
	n=$(wc -l <faults)
}

lint() {
	run --separate-stderr "$BIN/bulla-request" lint "$@"
}

@test "all faults, each with its line and what to write instead" {
	lint faults
	echo "$output"
	[ "$status" -eq 1 ]
	[ -z "$stderr" ]
	[[ ${lines[0]} == "error: phone (line $(grep -n ^phone faults |
	    cut -d : -f 1)): \"112\" cannot stand there; write a phone number that begins with +, for example "* ]]
	[[ ${lines[1]} == "error: type (line $((n - 6))): \"everything\" is not known; write one of preserve, subscriber, traffic, content, device-image, mitigation, indicator-info, status, other" ]]
	[[ ${lines[2]} == "error: line $((n - 5)): \"colour\" is no field of a \"bulla request v1\"; write "*" which are most like it, or another field that bulla-request new --template TYPE prints" ]]
	[[ ${lines[3]} == "error: class (line $((n - 3))): \"Urgent\" cannot stand there; write a word of a-z"* ]]
	[[ ${lines[4]} == "error: line $((n - 2)): \"no label\" is no \"label: value\"; write a label"* ]]
	[[ ${lines[5]} == "error: reply-keys (line $((n - 1))): "* ]]
	[[ ${lines[6]} == "error: reply-keys (line $n): "* ]]
	[ "${#lines[@]}" -eq 7 ]
	# they are what keeps it from being sealed too: the first is named
	run --separate-stderr "$BIN/bulla-request" new --home . faults
	[ "$status" -ne 0 ]
}

@test "the same as JSON" {
	lint --json faults
	[ "$status" -eq 1 ]
	jq -e --argjson n "$n" '.ok == false and .errors == 7 and
	    ([.findings[].rule] == ["bad-value", "bad-value", "unknown",
	    "bad-value", "no-label", "bad-value", "bad-value"]) and
	    all(.findings[]; .severity == "error" and .line > 0 and
	    (.instead | startswith("write "))) and
	    .findings[6].line == $n and .findings[1].field == "type" and
	    (.findings[2] | has("field") | not)' <<<"$output"
}

@test "what parses is judged though the rest does not" {
	sed 's/^purpose: .*/data-sought: all data/' faults >longer
	lint longer
	[[ $output == *'data-sought: stands in line '*' already; write it once'* ]]
	[[ $output == *'error: purpose: is missing; write text'* ]]
	# a field with a fault is not missing besides
	[[ $output != *'phone: is missing'* ]]
	[ "$(grep -c 'error: phone' <<<"$output")" -eq 1 ]
}

@test "a document of no kind" {
	echo 'type: traffic' >odd
	lint odd
	[ "$status" -eq 1 ]
	[ -z "$stderr" ]
	[ "$output" = 'error: line 1: no document of the exchange; write "bulla request v1", "bulla reply v1" or "bulla hotline v1" as the first line' ]
	lint --json odd
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .errors == 1 and
	    .findings[0].rule == "type-line"' <<<"$output"
	lint nothing
	[ "$status" -eq 3 ]
	[[ $stderr == *nothing* ]]
}

@test "nothing of a document reaches the terminal raw" {
	printf 'bulla request v1\n\033[31mred: x\ntype: \033[31m\nphone: \xff\n' >esc
	lint esc
	[ "$status" -eq 1 ]
	[[ $output == *'"\x1b[31mred" is no field'* ]]
	[[ $output != *$'\033'* ]]
	lint --json esc
	[[ $output != *$'\033'* ]]
}

@test "on a terminal, lines of 80 columns with an indent" {
	lint faults
	[ "$(wc -L <<<"$output")" -gt 80 ]
	local flat=$output
	run script -qec "'$BIN/bulla-request' lint faults" /dev/null
	tr -d '\r' <<<"$output" >shown
	cat shown
	[ "$(wc -L <shown)" -le 80 ]
	[ "$(grep -c '^error: ' shown)" -eq 7 ]
	[ "$(grep -cvE '^(error: |  [^ ])' shown)" -eq 0 ]
	# the same words
	[ "$(tr -s '\n ' '  ' <shown)" = "$(tr -s '\n ' '  ' <<<"$flat")" ]
	# and so do the remarks of new, on standard error
	"$BIN/bulla-trust" --home a init -n a.example --person A >/dev/null
	"$BIN/bulla-trust" --home b init -n b.example --person B >/dev/null
	"$BIN/bulla-trust" --home a pin b/roster/ours.note --fingerprint \
	    "$("$BIN/bulla-trust" --home b fingerprint ours)" >/dev/null
	run script -qec "'$BIN/bulla-request' --home a new '$V/case.txt'" \
	    /dev/null </dev/null
	tr -d '\r' <<<"$output" >shown
	cat shown
	grep -q '^bulla-request: error: person: is missing; write' shown
	[ "$(wc -L <shown)" -le 80 ]
	# a class that is missing is one of the agreement, which has them
	"$BIN/bulla-trust" --home b pin a/roster/ours.note --fingerprint \
	    "$("$BIN/bulla-trust" --home a fingerprint ours)" >/dev/null
	"$BIN/bulla-trust" --home a agreement propose -o half.note >/dev/null
	"$BIN/bulla-trust" --home b agreement sign -o whole.note \
	    half.note >/dev/null
	"$BIN/bulla-trust" --home a agreement pin whole.note >/dev/null
	sed '/^class/d' "$V/case.txt" >part
	lint --home a part
	[[ $output == *'error: class: is missing; write one of emergency, '* ]]
	# nor is an answer asked for to a key that is in no roster of ours
	printf 'reply-keys: a.example/desk\n' >>part
	lint --home a part
	[[ $output != *reply-keys* ]]
	sed -i 's,^reply-keys: .*,reply-keys: c.example/desk,' part
	lint --home a part
	[[ $output == *'error: reply-keys (line '*'): "c.example/desk" is no'*\
'; leave it out, or write names of our roster: a.example/desk'* ]]
	run --separate-stderr "$BIN/bulla-request" --home a new \
	    -F reply-keys=c.example/desk -F class=emergency part
	[ "$status" -eq 1 ]
	[[ $stderr == *'"c.example/desk" is no age key of our roster'* ]]
}

@test "why a time is none" {
	{
		cat "$V/office.txt"
		sed '1d; s/^range-from: .*/range-from: 2026-11-31T00:00:00Z/
		    s/^range-until: .*/range-until: 2026-12-01 10:00/' \
		    "$V/case.txt"
	} >dates
	lint dates
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"range-from (line "*'"2026-11-31T00:00:00Z" cannot stand there: its month has no such day; write a time such as '* ]]
	[[ $output == *"range-until (line "*'"2026-12-01 10:00" cannot stand there: between day and time stands no capital T; write a time such as '* ]]
}
