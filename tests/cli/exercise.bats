#!/usr/bin/env bats
# Tabletop exercises: the shipped ones, and the score of others.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	SCENARIOS=$(cd "$BATS_TEST_DIRNAME/../../docs/exercises" && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	unset BULLA_HOME
	export HOME=$PWD TMPDIR=$PWD/tmp
	mkdir tmp
}

exercise() {
	run --separate-stderr "$BULLA_BIN/bulla-exercise" "$@"
}

# scenario [LINE...]: the plain case up to its faults, without the review, then
# these lines
scenario() {
	sed '/^fault: /,$d; / review$/d' "$SCENARIOS/fraud.exercise"
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

# shipped NAME FAULTS...: all is noticed, and without faults nothing is
shipped() {
	local name=$1
	shift
	exercise --json "$SCENARIOS/$name.exercise"
	[ "$status" -eq 0 ] || echo "$output"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	jq -e --arg c "$name" '.ok and .category == $c and .missed == 0 and
	    .not_scripted == 0 and (has("unscripted") | not) and
	    all(.faults[]; .noticed and all(.notices[]; .noticed and
	    .by.tool == .tool and .by.status == .status and
	    (.by.text as $t | .text as $w | $t | contains($w))))' <<<"$output"
	[ "$(jq -r '.faults[].kind' <<<"$output" | xargs)" = "$*" ]
	exercise --no-faults "$SCENARIOS/$name.exercise"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "ok: 0 of 0 faults noticed, 0 reports that were not scripted" ]
	[ -z "$(ls tmp)" ]
}

@test "fraud" {
	shipped fraud late-reply lost-receipt
}

@test "trade-secret-theft" {
	shipped trade-secret-theft overbroad-request wrong-recipient \
	    lost-receipt
}

@test "child-exploitation" {
	shipped child-exploitation tampered-package late-reply
}

@test "terrorist-misuse" {
	shipped terrorist-misuse stolen-key unasked-package
}

@test "malicious-cyber" {
	shipped malicious-cyber lost-package forked-ledger
}

@test "there is one for each category of crime" {
	[ "$(sed -n 's/^category: //p' "$SCENARIOS"/*.exercise | sort -u |
	    xargs)" = 'child-exploitation fraud malicious-cyber terrorist-misuse trade-secret-theft' ]
}

@test "the story, for people" {
	exercise "$SCENARIOS/fraud.exercise"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ ${lines[0]} == 'EXERCISE  alpha.exercise (a): Lead official of Alpha' ]]
	[[ $output == *'2031-03-07 11:00  b  ack: reply ask acknowledge ack
       FAULT slow: late-reply
'* ]]
	[[ $output == *'    a  ! bulla-request-due says (exit 1): LATE  24h '* ]]
	[[ $output == *'
fault receipt: lost-receipt of answer
  noticed b bulla-ledger-reconcile, exit 1: "the sender has no receipt of it"
          2031-03-08T11:00:00Z  bulla-ledger-reconcile, exit 1: '*'
ok: 2 of 2 faults noticed, 0 reports that were not scripted' ]]
	exercise -q "$SCENARIOS/fraud.exercise"
	[[ ${lines[0]} == 'fault slow: late-reply of ack' ]]
}

@test "what does not happen is missed" {
	scenario 'fault: slow late-reply ack 1h' \
	    'notice: a request-due 1 acknowledge them' >x
	exercise x
	[ "$status" -eq 1 ]
	[[ $output == *'
fault slow: late-reply of ack
  MISSED  a bulla-request-due, exit 1: "acknowledge them"
NOT OK: 0 of 1 faults noticed, 0 reports that were not scripted' ]]
}

@test "a fault of which nobody is to hear is missed" {
	scenario 'fault: receipt lost-receipt answer' >x
	sed -i '/reconcile$/d' x
	exercise --json x
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .missed == 1 and .not_scripted == 0 and
	    .faults[0].noticed == false' <<<"$output"
}

@test "what is noticed and not in the scenario is a false alarm" {
	scenario 'fault: receipt lost-receipt answer' >x
	exercise x
	[ "$status" -eq 1 ]
	[[ $output == *'
not scripted, side b
          2031-03-08T11:00:00Z  bulla-ledger-reconcile, exit 1: '*'
NOT OK: 0 of 1 faults noticed, 1 reports that were not scripted' ]]
	# the same by another side, tool, status, in other words
	scenario 'fault: receipt lost-receipt answer' \
	    'notice: a ledger-reconcile 1 no receipt' \
	    'notice: b ledger-monitor 1 no receipt' \
	    'notice: b ledger-reconcile 2 no receipt' \
	    'notice: b ledger-reconcile 1 a receipt' >x
	exercise --json x
	[ "$status" -eq 1 ]
	jq -e '.missed == 1 and .not_scripted == 1 and
	    ([.faults[0].notices[].noticed] == [false, false, false, false])' \
	    <<<"$output"
	# and one that comes without any fault
	scenario >x
	sed -i '/^step: ack /d' x
	exercise --json x
	[ "$status" -eq 1 ]
	jq -e '.missed == 0 and .not_scripted == 2 and
	    .unscripted[1].side == "b" and
	    .unscripted[1].tool == "request-due"' <<<"$output"
}

@test "the other faults: missing reply, rolled-back ledger, two at once" {
	scenario 'fault: silence missing-reply answer' \
	    'fault: past rolled-back-ledger watch' \
	    'notice: b ledger-monitor 10 rollback: their' >x
	sed -i 's/^step: compare.*/step: end 50d b due/; s/123h/51d/;
	    s/^step: watch 124h/step: watch 50d/; s/^step: all 125h/step: all 50d/
	    /^fault: past/i notice: b request-due 1 first' x
	exercise --json x
	jq -e '[.faults[].noticed] == [true, true]' <<<"$output"
	# the rest that a silence of seven weeks makes is not scripted here
	jq -e '[.unscripted[].tool] | unique == ["ledger-monitor",
	    "request-due"]' <<<"$output"
	[ "$status" -eq 1 ]
}

@test "on a terminal, lines of 80 columns, and the same words" {
	command -v script >/dev/null || skip "no script"
	run script -qec "stty cols 80; '$BULLA_BIN/bulla-exercise' \
	    '$SCENARIOS/fraud.exercise'" /dev/null </dev/null
	tr -d '\r' <<<"$output" >shown
	cat shown
	[ "$status" -eq 0 ]
	[ "$(wc -L <shown)" -le 80 ]
	grep -q '^    b  ! bulla-ledger-reconcile says (exit 1): ' shown
	grep -q '^         number 2 from bravo' shown
	# not on one, a line each: for logs
	"$BULLA_BIN/bulla-exercise" "$SCENARIOS/fraud.exercise" >lines
	[ "$(wc -L <lines)" -gt 80 ]
	words() {
		tr -s '\n ' '  ' | sed 's/[0-9a-f]\{32\}/ID/g
		    s/[0-9]* of [0-9]* lines/N/g; s/compute [0-9]* lines, of which [0-9]*/N/'
	}
	[ "$(words <shown)" = "$(words <lines)" ]
}

@test "--keep leaves two homes, which are of an exercise" {
	exercise -q --keep drill "$SCENARIOS/fraud.exercise"
	[ "$status" -eq 0 ]
	run --separate-stderr "$BULLA_BIN/bulla-request" --home drill/a list \
	    --exercise --all
	[ "$status" -eq 0 ]
	[[ $output == *' answered '* ]]
	# all that was exchanged says so, and outside nobody counts it
	for p in drill/[ab]/packages/*.bulla; do
		"$BULLA_BIN/bulla-inspect" --json "$p" | jq -e .exercise
	done
	run --separate-stderr "$BULLA_BIN/bulla-request" --home drill/a list \
	    --all
	[ "${lines[0]}" = '0 open, 0 overdue, 0 ended' ]
	run --separate-stderr "$BULLA_BIN/bulla-request" --home drill/a due
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	# and is never made in what is there
	exercise --keep drill "$SCENARIOS/fraud.exercise"
	[ "$status" -eq 3 ]
	[[ $stderr == *'drill: cannot make this directory for the exercise, which must be a new one: '* ]]
}

@test "bad scenarios are named with their line" {
	scenario 'fault: slow late-reply' >x
	exercise x
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == "bulla-exercise: x: line $(wc -l <x): "* ]]
	exercise
	[ "$status" -eq 2 ]
	exercise x x
	[ "$status" -eq 2 ]
	exercise nowhere
	[ "$status" -eq 3 ]
	[ -z "$(ls tmp)" ]
}

@test "a tool that is not there stops it" {
	mkdir bin
	cp "$BULLA_BIN"/bulla-exercise "$BULLA_BIN"/bulla-trust bin
	BULLA_BIN=bin exercise "$SCENARIOS/fraud.exercise"
	[ "$status" -eq 3 ]
	[[ $stderr == *'bulla-keygen: cannot be run'* ]]
	[ -z "$(ls tmp)" ]
}
