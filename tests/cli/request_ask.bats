#!/usr/bin/env bats
# bulla-request --ask: no answer is lost, and none is asked for twice.
# shellcheck disable=SC2154 # run sets output
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BIN=$(cd "$BULLA_BIN" && pwd)
	command -v expect >/dev/null || skip "no expect"
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	unset BULLA_HOME
	for s in a b; do
		"$BIN/bulla-trust" --home $s init -n $s.example \
		    --person "Lea $s" >&2
	done
	pins a b
	pins b a
	DRAFT=a/requests/hotline.draft
	cat >lib.exp <<-'END'
		set timeout 60
		# answer LABEL TEXT: the next question must be that one
		proc answer {label text} {
			expect {
				timeout {exit 99}
				eof {exit 98}
				-re {([a-z-]+)( \[[^]]*\]| \(optional\))?> } {
					if {$expect_out(1,string) ne $label} {exit 97}
					send "$text\r"
				}
			}
		}
		proc more {text} {
			expect {
				timeout {exit 99}
				-ex "... " {send "$text\r"}
			}
		}
		proc done {} {
			expect eof
			set got [wait]
			puts "ended: [lrange $got 3 end]"
			exit 0
		}
	END
	CALL=("$BIN/bulla-request" --home a hotline -o call.bulla --ask
	    -F trigger=security-incident -F request=none)
}

pins() {
	"$BIN/bulla-trust" --home "$1" pin "$2/roster/ours.note" \
	    --fingerprint "$("$BIN/bulla-trust" --home "$2" fingerprint \
	    ours)" >&2
}

# asked SCRIPT COMMAND...: on a terminal, answered by the script
asked() {
	printf 'source lib.exp\nspawn {*}%s\n%s\ndone\n' "\$argv" "$1" >ask.exp
	shift
	run expect ask.exp "$@"
	output=${output//$'\r'/}
	echo "$output"
	[ "$status" -eq 0 ]
}

finish='answer raised-to Chen
answer phone ""
answer summary "Our key may be stolen."
more ""
answer wanted ""'

sealed() {
	local id
	[[ $output == *'ended: 0'* ]]
	id=$(grep -E '^[0-9a-f]{32}$' <<<"$output")
	DOC=a/requests/$id.txt
	"$BIN/bulla-open" --home b -d out call.bulla
	grep -qx 'raised-by: Rossi' "$DOC"
	# the draft has done its work
	[ -z "$(find a/requests -name '*.draft')" ]
}

@test "Ctrl-D: what was answered is kept, and the same command goes on" {
	asked 'answer level "lead-official"
	answer raised-by Rossi
	expect -ex "raised-to> " {send "\004"}' "${CALL[@]}"
	[[ $output == *'the answers end early: nothing was sealed'* ]]
	[[ $output == *"what was answered is kept in $DRAFT: the same command goes on with it"* ]]
	[[ $output == *'ended: 2'* ]]
	[ "$(stat -c %a "$DRAFT")" = 600 ]
	[ "$(grep -c . "$DRAFT")" -eq 5 ]
	grep -qx 'raised-by: Rossi' "$DRAFT"
	[ ! -e call.bulla ]
	# nothing is asked for again
	asked "expect -ex \"goes on with the answers in $DRAFT\"
	$finish" "${CALL[@]}"
	sealed
	grep -qx 'level: lead-official' "$DOC"
}

@test "Ctrl-C in the middle of a text: its lines are kept" {
	asked 'answer level ""
	answer raised-by Rossi
	answer raised-to Chen
	answer phone ""
	answer summary "One line"
	more "and another"
	expect -ex "... " {send "\003"}' "${CALL[@]}"
	[[ $output == *'SIGINT'* ]]
	[[ $output == *"is kept in $DRAFT"* ]]
	# what was left out may be said now
	asked 'answer phone ""
	expect -ex "summary: it was not finished; so far:"
	expect -ex "  One line"
	expect -ex "  and another"
	more "and the last."
	more ""
	answer wanted ""' "${CALL[@]}"
	sealed
	grep -A 2 -x 'summary: One line' "$DOC" | diff - <(
		printf '%s\n' 'summary: One line' '  and another' \
		    '  and the last.')
}

@test "killed: each answer was on the disk" {
	asked 'answer level ""
	answer raised-by Rossi
	expect -ex "raised-to> "
	exec kill -9 [exp_pid]' "${CALL[@]}"
	[[ $output == *'SIGKILL'* ]]
	asked "$finish" "${CALL[@]}"
	sealed
}

@test "refused in the end: the answers are kept" {
	mv a/keys/sealer.key away
	asked "answer level \"\"
	answer raised-by Rossi
	$finish" "${CALL[@]}"
	[[ $output == *'no key to seal with'* ]]
	[[ $output == *"is kept in $DRAFT"* ]]
	mv away a/keys/sealer.key
	# optional fields that were left out are asked for once more
	asked 'answer phone ""
	answer wanted ""' "${CALL[@]}"
	sealed
}

@test "a draft of a call is none of another; one that is no draft is said" {
	asked 'answer level ""
	expect -ex "raised-by> " {send "\004"}' "${CALL[@]}"
	[ -e "$DRAFT" ]
	asked 'expect -ex "type> " {send "\004"}' "$BIN/bulla-request" \
	    --home a new --ask
	[[ $output != *'goes on with the answers'* ]]
	[[ $output == *'nothing was sealed or kept; --template'* ]]
	# not asked: not looked at
	echo nonsense >"$DRAFT"
	"${CALL[@]/--ask/-q}" -F raised-by=A -F raised-to=B \
	    -F 'summary=Our key may have been stolen.'
	[ -e "$DRAFT" ]
	asked '' "${CALL[@]}" -f
	[[ $output == *"$DRAFT: line 1: no document of the exchange"* ]]
}

@test "the answer to a call has what the call has" {
	local call
	call=$("$BIN/bulla-request" --home a hotline -o call.bulla \
	    -F trigger=security-incident -F request=none -F raised-by=Rossi \
	    -F raised-to=Chen -F level=lead-official \
	    -F 'summary=Our key may have been stolen.')
	"$BIN/bulla-receive" --home b call.bulla >/dev/null
	asked 'answer phone ""
	answer summary "It was told to the desk."
	more ""
	answer agreed-action "The key is changed today."
	more ""
	answer due 2099-01-01T00:00:00Z' "$BIN/bulla-request" --home b \
	    hotline "$call"
	[[ $output == *'ended: 0'* ]]
	DOC=b/requests/$(grep -E '^[0-9a-f]{32}$' <<<"$output" | tail -n 1).txt
	grep -qx "answers: $call" "$DOC"
	grep -qx 'raised-by: Rossi' "$DOC"
	grep -qx 'raised-to: Chen' "$DOC"
	grep -qx 'level: lead-official' "$DOC"
}
