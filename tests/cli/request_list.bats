#!/usr/bin/env bats
# Reading requests: list, show, due.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

# Two sides with an agreement; a has asked, b has received it: ./r.bulla,
# ./id, and ./started, when the clock started.
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	export BULLA_BIN V
	cd "$BATS_FILE_TMPDIR" || return 1
	two_sides
	sides_agree
	ask r.bulla >id
	deliver b a r.bulla
	bulla request --home a --json list | jq -r .start >started
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset BULLA_HOME
	cp -a "$BATS_FILE_TMPDIR/." .
	ID=$(cat id)
	AT=$(cat started)
}

# ask OUT [OPTION...]: as a, a routine request; its id
ask() {
	local out=$1
	shift
	bulla request --home a new -o "$out" "$@" "$V/office.txt" "$V/case.txt"
}

# reply TYPE OUT [FIELD...]: as b, to $ID
reply() {
	local type=$1 out=$2
	shift 2
	bulla request --home b reply --type "$type" -o "$out" \
	    -F 'authority=Bureau of B' -F 'person=Officer Chen' "$@" "$ID"
}

# list HOME [OPTION...]: the row of $ID as words
row() {
	local home=$1
	shift
	bulla request --home "$home" list "$@" | grep "^$ID" | tr -s ' '
}

@test "list: both sides see the same, each from its own place" {
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ ${lines[0]} == "request "*" by   class "* ]]
	[ "${lines[3]}" = "1 open, 0 overdue, 0 ended" ]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
	done
	[ "$(row a --time "$AT")" = \
	    "$ID us routine-subscrib open them ack 3d" ]
	[ "$(row b --time "$AT")" = \
	    "$ID them routine-subscrib open us ack 3d" ]
	# what it is about is known to b once it was opened
	bulla request --home b --json list | jq -e '.type == null and
	    has("summary") and .summary == null'
	run --separate-stderr bulla request --home b list
	[ "${lines[2]}" = "  (not opened here: show opens it)" ]
	bulla request --home b show "$ID" >/dev/null
	bulla request --home a --json list --time "$AT" >a.json
	bulla request --home b --json list --time "$AT" >b.json
	cmp a.json b.json
	for home in a b; do
		run --separate-stderr bulla request --home $home list
		[ "${lines[2]}" = "  subscriber: $(jq -r .summary a.json)" ]
	done
	grep -qxF "summary: $(jq -r .summary a.json)" "a/requests/$ID.txt"
	jq -e '.class == "routine-subscriber" and .type == "subscriber" and
	    .waiting == "b.example" and .agreement == 1 and
	    .acknowledge.state == "open" and .acknowledge.due == $due and
	    .overdue == false' --arg due "$(later 72)" a.json
}

@test "list: a long summary is cut to 80 columns, and shown harmless" {
	local line cjk
	cjk=$(printf '\u4f60%.0s' {1..60})
	ask l.bulla -F "summary=A \\ $(printf 'x%.0s' {1..200})" >id2
	ask w.bulla -F "summary=$cjk" >id3
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 0 ]
	line=$(grep -A 1 "^$(cat id2)" <<<"$output" | tail -n 1)
	[ "${#line}" -eq 80 ]
	[[ $line == '  subscriber: A \\ xxx'*'xxx...' ]]
	# characters of two columns each: 12 and 31 times 2 and 3
	line=$(grep -A 1 "^$(cat id3)" <<<"$output" | tail -n 1)
	[ "$line" = "  subscriber: $(printf '\u4f60%.0s' {1..31})..." ]
	bulla request --home a --json list | jq -se --arg c "$cjk" \
	    'any(.[]; .summary == $c)'
	# a call has one, too
	bulla request --home a hotline -F trigger=security-incident \
	    -F request=none -F raised-by=Rossi -F raised-to=Chen \
	    -F 'summary=Our key may have been stolen.' >/dev/null
	run --separate-stderr bulla request --home a list
	[[ $output == *$'\n  call: Our key may have been stolen.\n'* ]]
}

@test "list: overdue, answered, and what is over only with --all" {
	[ "$(row a --time "$(later 96)")" = \
	    "$ID us routine-subscrib open them ack -24h" ]
	run --separate-stderr bulla request --home a list \
	    --time "$(later 96)"
	[ "${lines[3]}" = "1 open, 1 overdue, 0 ended" ]
	reply refused n.bulla -F ground=dual-criminality \
	    -F 'reason=Not a crime here'
	deliver a b n.bulla
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 0 ]
	[ "$output" = "0 open, 0 overdue, 1 ended" ]
	[ "$(row b --all)" = "$ID them routine-subscrib answered them -" ]
}

@test "list: a receipt that has not come back proves nothing" {
	ask s.bulla >id2
	ID=$(cat id2)
	[ "$(row a)" = "$ID us routine-subscrib unproved them -" ]
	bulla receive --home b s.bulla >receipt
	[[ $(row b) == "$ID them routine-subscrib open us ack "* ]]
	[ "$(row a)" = "$ID us routine-subscrib unproved them -" ]
	bulla custody --home a take receipt >/dev/null
	[[ $(row a) == "$ID us routine-subscrib open them ack "* ]]
}

@test "list: exercises are among themselves" {
	ask x.bulla --exercise >id2
	run --separate-stderr bulla request --home a list
	[ "${lines[3]}" = "1 open, 0 overdue, 0 ended" ]
	[[ $stderr == *"1 packages of exercises (--exercise) are left out"* ]]
	run --separate-stderr bulla request --home a list --exercise
	[[ ${lines[1]} == "$(cat id2) us "* ]]
	[ "${lines[3]}" = "1 open, 0 overdue, 0 ended" ]
	[[ $stderr == *"1 packages of no exercise are left out"* ]]
}

@test "list: what has no place, and homes that cannot tell" {
	echo x >x
	bulla seal --home a -r b.example/desk --kind full \
	    --ref 00000000000000000000000000000000 -o y.bulla x >id2
	mkdir -p a/packages
	cp y.bulla "a/packages/$(cat id2).bulla"
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 0 ]
	[[ $output == *"! $(cat id2) full: it names a package that is not"* ]]
	bulla request --home a --json list | jq -se --arg id "$(cat id2)" \
	    '.[1].stray == $id'
	rm -r b/agreement
	run --separate-stderr bulla request --home b list
	[ "$status" -eq 0 ]
	[[ $stderr == *"there is no agreement in this home"* ]]
	[ "$(row b)" = "$ID them routine-subscrib open us -" ]
	run --separate-stderr bulla request --home nowhere list
	[ "$status" -eq 2 ]
	run --separate-stderr bulla request --home a list x
	[ "$status" -eq 2 ]
	# an agreement that one side changed
	sed -i 's/^acknowledge: 3d/acknowledge: 9d/' a/agreement/000001.note
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"agreement/000001.note"* ]]
}

@test "show: the thread with its times" {
	reply clarification c.bulla -F code=overly-broad \
	    -F 'question=Which account?' -F fields=data-sought
	deliver a b c.bulla
	run --separate-stderr bulla request --home a show "$ID"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "request $ID" ]
	[[ $output == *"asked by    a.example (us), class routine-subscriber"* ]]
	[[ $output == *"state       stopped, waits for a.example"* ]]
	[[ $output == *"acknowledge in-time    due $(later 72)"* ]]
	[[ $output == *"first       stopped    due -  "* ]]
	[[ $output == *"clarification from b.example  "*"claimed  "* ]]
	[[ $output == *"received    $AT  receipt "*", not countersigned"* ]]
	[[ $output == *"timestamped -"* ]]
	[[ $output == *"text        a/requests/$ID.txt"* ]]
	[ -f "a/requests/$ID.txt" ]
	while IFS= read -r line; do
		[ "${#line}" -le 80 ]
	done <<<"$output"
	# both sides see the same, but for what is their own
	for home in a b; do
		bulla request --home $home --json show "$ID" \
		    --time "$(later 5)" |
		    jq 'del(.events[].countersigned, .events[].cosigned,
			.events[].text)' \
		    >$home.json
	done
	cmp a.json b.json
	jq -e '.state == "stopped" and (.events | length) == 2 and
	    .events[1].kind == "clarification" and .wall == 18000 and
	    .events[0].proof == "receipt"' a.json
	# by any package of it
	other=$(jq -r '.events[1].package' a.json)
	run --separate-stderr bulla request --home b show "$other"
	[ "${lines[0]}" = "request $ID" ]
}

@test "show: replies are opened, too; what cannot be says how it could" {
	local other
	reply acknowledge k.bulla
	deliver a b k.bulla
	other=$(bulla request --home b --json show "$ID" |
	    jq -r '.events[1].package')
	[ ! -e "a/requests/$other.txt" ]
	# a desk key that is not there, or that asks for its passphrase
	mv a/keys/desk.age key
	run --separate-stderr bulla request --home a show "$ID"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "$(tail -n 1 <<<"$output")" = "    not opened: bulla-open -d \
$other --home a -i AGEKEY a/packages/$other.bulla" ]
	bulla request --home a --json show "$ID" | jq -e '.events[1] |
	    .text == null and (.open_with | startswith("bulla-open -d "))'
	printf 'x\n' >a/keys/desk.age
	chmod 600 a/keys/desk.age
	run --separate-stderr bulla request --home a show "$ID"
	[ "$status" -eq 0 ]
	[[ $output == *"not opened: bulla-open -d $other "* ]]
	[[ $stderr == *"a/keys/desk.age"* ]]
	mv key a/keys/desk.age
	run --separate-stderr bulla request --home a show "$ID"
	[ "$stderr" = "" ]
	[ "$(tail -n 1 <<<"$output")" = \
	    "    text        a/requests/$other.txt" ]
	cmp "a/requests/$other.txt" "b/requests/$other.txt"
	bulla request --home a --json show "$ID" | jq -e --arg o "$other" \
	    '.events[1].text == "a/requests/\($o).txt"'
}

# A request to preserve, received by b; $ID and $AT are of it.
ask_to_preserve() {
	ID=$(bulla request --home a new -o p.bulla "$V/office.txt" \
	    "$V/case.txt" -F type=preserve -F class=preserve \
	    -F 'volatility=Deleted after 30 days' -F 'formal-request=Follows' \
	    -F "formal-request-by=2099-01-01T00:00:00Z")
	deliver b a p.bulla
	AT=$(bulla request --home b --json show "$ID" | jq -r .start)
}

@test "show, due: an earlier date of who holds the data goes before" {
	local soon
	ask_to_preserve
	soon=$(later 240)
	reply preserved n.bulla -F preserved=logs -F "preserved-until=$soon"
	deliver a b n.bulla
	# not opened: the agreement alone
	run --separate-stderr bulla request --home a due --within 20d
	[[ $output != *"hold-ends"* ]]
	for home in a b; do
		run --separate-stderr bulla request --home $home show "$ID"
		[[ $output == *"held until  $soon, by the reply; agreed: 2"* ]]
		run --separate-stderr bulla request --home $home due \
		    --within 20d
		[ "$status" -eq 1 ]
		[[ $output == *" $soon hold-ends "*"$ID" ]]
		bulla request --home $home --json show "$ID" |
		    jq -e --arg t "$soon" '.held_until == $t and
		    .hold_agreed > $t and .state == "held"'
	done
	[[ $(row a --time "$(later 288)") == *" held us hold -48h" ]]
}

@test "reply: nobody extends his own deadline; a short hold is remarked" {
	# before a field is judged: reason and extended-until are not there
	run --separate-stderr reply extension e.bulla
	[ "$status" -eq 1 ]
	[[ $stderr == *"nobody extends a deadline of his own: a.example alone may"* ]]
	[[ $stderr != *"is missing"* ]]
	[ ! -e e.bulla ]
	run --separate-stderr bulla request --home a reply --type extension \
	    -F 'authority=Bureau of A' -F 'person=Rossi' -F 'reason=Holidays' \
	    -F "extended-until=$(later 999)" "$ID"
	[ "$status" -eq 0 ]
	ask_to_preserve
	run --separate-stderr reply preserved n.bulla -F preserved=logs \
	    -F "preserved-until=$(later 240)"
	[ "$status" -eq 0 ]
	[[ $stderr == *"preserved-until is before the end of the hold"* ]]
}

# extend HOME UNTIL [ARG...]: reply to $ID
extend() {
	local home=$1 until=$2
	shift 2
	run --separate-stderr bulla request --home "$home" reply \
	    --type extension -o e.bulla -f -F 'authority=Bureau' \
	    -F 'person=Rossi' -F 'reason=The office is closed for a week' \
	    -F "extended-until=$until" "$@" "$ID"
	echo "$stderr"
	[ "$status" -eq 0 ]
}

@test "reply: an extension beyond what is agreed is warned of" {
	local final end at
	final=$(bulla request --home a --json show "$ID" | jq -r .final.due)
	# routine-subscriber: 10 days more, by the template of the agreement
	end=$(sed -n '/^class: routine-subscriber$/,/^class: /s/^extension: //p' \
	    v1.note)
	[[ $end == *d ]]
	end=$(date -u -d "$final + ${end%d} days" +%Y-%m-%dT%H:%M:%SZ)
	extend a "$end"
	[ -z "$stderr" ]
	extend a "$(date -u -d "$end + 1 second" +%Y-%m-%dT%H:%M:%SZ)"
	[[ $stderr == *"warning: extended-until: is later than the agreement allows: one extension moves the end to $end, and that counts for both sides; write that time, or an earlier one" ]]
	# what has an effect no more
	extend a 2099-01-01T00:00:00Z --time "$(date -u -d "$final + 1 hour" \
	    +%Y-%m-%dT%H:%M:%SZ)"
	[[ $stderr == *"an extension has no effect here: the deadline has passed; agree on it on the hotline instead"* ]]
	# a hold: either side says it, and the second confirms the first
	ask_to_preserve
	extend b 2099-01-01T00:00:00Z
	[[ $stderr == *"nothing is held yet that it could extend"* ]]
	reply preserved n.bulla -F preserved=logs -F "preserved-until=$(later 2400)"
	deliver a b n.bulla
	extend b 2099-01-01T00:00:00Z
	[[ $stderr == *"one extension moves the end to "* ]]
	end=${stderr#*the end to }
	# what is received in one second is in the order of the ids
	at=$(date +%s)
	while [ "$(date +%s)" -le "$at" ]; do
		sleep 0.1
	done
	deliver a b e.bulla
	[ "$(bulla request --home a --json show "$ID" | jq -r .hold_agreed)" = \
	    "${end%%,*}" ]
	extend a "${end%%,*}"
	[ -z "$stderr" ]
	extend a 2099-01-01T00:00:00Z
	[[ $stderr == *"moves the end to ${end%%,*}, "* ]]
}

@test "show: what is not there" {
	run --separate-stderr bulla request --home a show \
	    00000000000000000000000000000000
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"no request, and no answer to one, in this home"* ]]
	run --separate-stderr bulla request --home a show
	[ "$status" -eq 2 ]
}

@test "due: exit status and text" {
	run --separate-stderr bulla request --home a due --time "$(later 47)"
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	[ "$stderr" = "" ]
	run --separate-stderr bulla request --home a due --time "$(later 48)"
	[ "$status" -eq 1 ]
	[ "$output" = "in    24h $(later 72) acknowledge them $ID" ]
	[ "${#output}" -le 80 ]
	run --separate-stderr bulla request --home b due --within 4d \
	    --time "$AT"
	[ "$status" -eq 1 ]
	[ "$output" = "in     3d $(later 72) acknowledge us   $ID" ]
	run --separate-stderr bulla request --home b due --time "$(later 96)"
	[ "$status" -eq 1 ]
	[ "$output" = "LATE  24h $(later 72) acknowledge us   $ID" ]
	run --separate-stderr bulla request --home b due --json \
	    --time "$(later 96)"
	jq -e '.what == "acknowledge" and .overdue and .side == "b.example"' \
	    <<<"$output"
	# what the other side owes is not ours to do
	run --separate-stderr bulla request --home a due --ours \
	    --time "$(later 96)"
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	run --separate-stderr bulla request --home a due --within soon
	[ "$status" -eq 2 ]
	[[ $stderr == *'"soon" is no duration: write 24h or 7d'* ]]
}

@test "due: the hook runs once for what is new, and once when it is late" {
	cat >hook <<-END
	#!/bin/sh
	echo "\$BULLA_DUE_EVENT \$BULLA_DUE_WHAT \$BULLA_DUE_SIDE" \\
	    "\$BULLA_DUE_OURS \$BULLA_DUE_REQUEST \$BULLA_DUE_CLASS" \\
	    "\$SECRET" >>$PWD/told
	[ ! -e $PWD/broken ]
	END
	chmod 755 hook
	due() {
		SECRET=x run --separate-stderr bulla request --home b due \
		    --hook "$PWD/hook" --time "$(later "$1")"
	}
	due 10
	[ "$status" -eq 0 ]
	[ ! -e told ]
	touch broken
	due 60	# it fails: again the next time
	[ "$status" -eq 1 ]
	[[ $stderr == *"the hook for acknowledge was not told"* ]]
	[ "$(wc -l <told)" -eq 1 ]
	rm broken
	due 60
	[ "$stderr" = "" ]
	due 61
	due 62
	[ "$(wc -l <told)" -eq 2 ]
	[ "$(tail -n 1 told)" = \
	    "due acknowledge b.example yes $ID routine-subscriber " ]
	due 80
	due 81
	[ "$(wc -l <told)" -eq 3 ]
	[ "$(tail -n 1 told)" = \
	    "overdue acknowledge b.example yes $ID routine-subscriber " ]
	# not one that others can write, and no name to be searched for
	chmod 777 hook
	due 300
	[ "$status" -eq 1 ]
	[[ $stderr == *"others can write it"* ]]
	[ "$(wc -l <told)" -eq 3 ]
	run --separate-stderr bulla request --home b due --hook hook \
	    --time "$(later 300)"
	[ "$status" -eq 2 ]
	[[ $stderr == *"whole path"* ]]
}
