#!/usr/bin/env bats
# bulla-request --ask: no answer is lost, and none is asked for twice.
# shellcheck disable=SC2154 # run sets output
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	BIN=$BULLA_BIN
	command -v expect >/dev/null || skip "no expect"
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	unset BULLA_HOME
	two_sides
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
		proc question {text said} {
			expect {
				timeout {exit 99}
				eof {exit 98}
				-ex $text {send "$said\r"}
			}
		}
		proc go_on {said} {question {Go on with it? [y/n] } $said}
		proc seal {said} {question {Seal this? [y/N] } $said}
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
answer wanted ""
seal y'

# draft: the only one there is
draft() {
	DRAFT=$(find a/requests -name '*.draft')
	[[ $DRAFT =~ ^a/requests/hotline-[0-9]{8}T[0-9]{6}Z-01\.draft$ ]]
}

sealed() {
	local id
	[[ $output == *'ended: 0'* ]]
	id=$(grep -E '^[0-9a-f]{32}$' <<<"$output")
	DOC=a/requests/$id.txt
	"$BIN/bulla-open" --home b -d out call.bulla
	grep -qx 'raised-by: Rossi' "$DOC"
	# the draft has done its work
	[ -z "$(find a/requests -name '*.draft*')" ]
}

@test "Ctrl-D: what was answered is kept, and the same command goes on" {
	asked 'answer level "lead-official"
	answer raised-by Rossi
	expect -ex "raised-to> " {send "\004"}' "${CALL[@]}"
	draft
	[[ $output == *'the answers end early: nothing was sealed'* ]]
	[[ $output == *"what was answered is kept in $DRAFT: "*"the same command goes on with it"* ]]
	[[ $output == *'ended: 2'* ]]
	[ "$(stat -c %a "$DRAFT")" = 600 ]
	[ "$(grep -c . "$DRAFT")" -eq 5 ]
	grep -qx 'raised-by: Rossi' "$DRAFT"
	[ ! -e call.bulla ]
	# nothing is asked for again
	asked "expect -ex \"Not sealed yet: $DRAFT\"
	go_on y
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
	draft
	[[ $output == *"is kept in $DRAFT"* ]]
	# what was left out may be said now
	asked 'go_on y
	answer phone ""
	expect -ex "summary: it was not finished; so far:"
	expect -ex "  One line"
	expect -ex "  and another"
	more "and the last."
	more ""
	answer wanted ""
	seal yes' "${CALL[@]}"
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
	asked "go_on y
	$finish" "${CALL[@]}"
	sealed
}

@test "refused in the end: the answers are kept" {
	mv a/keys/sealer.key away
	asked "answer level \"\"
	answer raised-by Rossi
	$finish" "${CALL[@]}"
	[[ $output == *'no key to seal with'* ]]
	draft
	[[ $output == *"is kept in $DRAFT"* ]]
	mv away a/keys/sealer.key
	# optional fields that were left out are asked for once more
	asked 'go_on y
	answer phone ""
	answer wanted ""
	seal y' "${CALL[@]}"
	sealed
}

@test "a draft of a call is none of another; one that is no draft is said" {
	asked 'answer level ""
	expect -ex "raised-by> " {send "\004"}' "${CALL[@]}"
	draft
	asked 'expect -ex "type> " {send "\004"}' "$BIN/bulla-request" \
	    --home a new --ask
	[[ $output != *'Not sealed yet'* ]]
	[[ $output == *'nothing was sealed or kept; --template'* ]]
	# not asked: not looked at
	echo nonsense >"$DRAFT"
	"${CALL[@]/--ask/-q}" -F raised-by=A -F raised-to=B \
	    -F 'summary=Our key may have been stolen.'
	[ -e "$DRAFT" ]
	asked 'expect -ex "level " {send "\004"}' "${CALL[@]}" -f
	[[ $output == *"$DRAFT: line 1: no document of the exchange"*"not offered: mend or remove it"* ]]
	[ "$(cat "$DRAFT")" = nonsense ]
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
	answer due 2099-01-01T00:00:00Z
	seal y' "$BIN/bulla-request" --home b \
	    hotline "$call"
	[[ $output == *'ended: 0'* ]]
	DOC=b/requests/$(grep -E '^[0-9a-f]{32}$' <<<"$output" | tail -n 1).txt
	grep -qx "answers: $call" "$DOC"
	grep -qx 'raised-by: Rossi' "$DOC"
	grep -qx 'raised-to: Chen' "$DOC"
	grep -qx 'level: lead-official' "$DOC"
}

@test "the whole document and its remarks are shown; only yes seals it" {
	local said
	for said in '' n no 'yes please' $'\004'; do
		rm -rf a/requests
		asked "answer level lead-official
		answer raised-by Rossi
		answer raised-to Chen
		answer phone {}
		answer summary {A key is gone.}
		more {}
		answer wanted {}
		seal {$said}" "${CALL[@]}"
		[[ $output == *'ended: 1'* ]]
		[[ $output == *'nothing was sealed: only yes seals'* ]]
		draft
		grep -qx 'raised-by: Rossi' "$DRAFT"
	done
	[ ! -e call.bulla ]
	[ ! -e a/packages ]
	# what was shown is the document, line by line, then what lint remarks
	grep -qx 'bulla hotline v1' <<<"$output"
	grep -qE '^date: 20[0-9-]+T[0-9:]+Z$' <<<"$output"
	[[ $output == *$'\nraised-by: Rossi\nraised-to: Chen\nsummary: A key is gone.\n'*'summary: says very little (14 bytes); write a whole'*'Seal this?'* ]]
	[ "$(grep -c 'says very little' <<<"$output")" -eq 1 ]
	# mended in the draft, and sealed as it is shown
	sed -i 's/^summary: .*/summary: A key is gone since this morning./' "$DRAFT"
	asked 'go_on y
	answer phone {}
	answer wanted {}
	seal y' "${CALL[@]}"
	[[ $output != *'says very little'* ]]
	sealed
	while IFS= read -r line; do
		grep -qxF "$line" <<<"$output"
	done < <(sed '/^$/,$d' "$DOC")
}

@test "Ctrl-C at the last question seals nothing either" {
	asked "${finish%seal y}"'
	expect -ex "Seal this? " {send "\003"}' "${CALL[@]}" \
	    -F level=lead-official -F raised-by=Rossi
	[[ $output == *'SIGINT'* ]]
	draft
	[ ! -e call.bulla ]
}

@test "two who write at once do not overwrite each other" {
	cat >two.exp <<-'END'
		source lib.exp
		spawn {*}$argv
		set one $spawn_id
		answer level {}
		answer raised-by Rossi
		expect -ex "raised-to> "
		spawn {*}$argv
		set two $spawn_id
		expect -re {somebody is writing [^ ]+-01\.draft: it is left alone}
		answer level {}
		answer raised-by Bianchi
		expect -ex "raised-to> " {send "\004"}
		expect eof
		wait
		set spawn_id $one
		send "\004"
		expect eof
		wait
	END
	run expect two.exp "${CALL[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(find a/requests -name '*.draft' | wc -l)" -eq 2 ]
	[ "$(cat a/requests/*.draft | grep -c '^raised-by: ')" -eq 2 ]
	grep -qx 'raised-by: Rossi' a/requests/*.draft
	grep -qx 'raised-by: Bianchi' a/requests/*.draft
	[ -z "$(find a/requests -name '*.lock')" ]
	# the newest is offered first; what is refused stays as it is
	asked 'go_on n
	go_on maybe
	go_on y
	answer raised-to Chen
	answer phone {}
	answer summary {Our key may be stolen.}
	more {}
	answer wanted {}
	seal y' "${CALL[@]}"
	[[ $output == *'ended: 0'* ]]
	[ "$(find a/requests -name '*.draft' | wc -l)" -eq 1 ]
	grep -qx 'raised-by: Bianchi' a/requests/*.draft
}
