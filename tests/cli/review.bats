#!/usr/bin/env bats
# The review, of both sides.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

# Two sides with an agreement; a has asked, b has acknowledged: ./id, and
# ./started, when the clock started.
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	export BULLA_BIN V
	cd "$BATS_FILE_TMPDIR" || return 1
	two_sides
	sides_agree
	bulla request --home a new -o r.bulla "$V/office.txt" \
	    "$V/case.txt" >id
	deliver b a r.bulla
	bulla request --home b reply --type acknowledge -o k.bulla \
	    -F 'authority=Bureau of B' -F 'person=Officer Chen' \
	    "$(cat id)" >ack
	deliver a b k.bulla
	bulla request --home a --json list | jq -r .start >started
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset BULLA_HOME
	cp -a "$BATS_FILE_TMPDIR/." .
	ID=$(cat id)
	AT=$(cat started)
}

# review HOME [OPTION...]: of 400 days, until 300 hours after the start
review() {
	local home=$1
	shift
	bulla review --home "$home" --time "$(later 301)" \
	    --from "$(later -9600)" --to "$(later 300)" "$@"
}

# value FIGURE: of all that a asks, from tables on stdin
value() {
	awk -F '\t' -v f="$1" '$2 == "a.example" && $3 == "*" &&
	    $4 == "*" && $5 == f { print $6, $7, $8 }'
}

@test "review: both sides write the same tables, byte for byte" {
	review a --tsv >a.tsv
	review b --tsv >b.tsv
	grep -v '^own' a.tsv >a.common
	grep -v '^own' b.tsv >b.common
	cmp a.common b.common
	run ! cmp -s a.tsv b.tsv
	[ "$(head -n 1 a.tsv)" = "$(printf 'period\t%s\t%s\ta.example\tb.example' \
	    "$(later -9600)" "$(later 300)")" ]
	[ "$(value received <a.tsv)" = "1 count $ID" ]
	[ "$(value open <a.tsv)" = "1 count $ID" ]
	[ "$(value acknowledge-in-time <a.tsv)" = "1 count $(cat ack)" ]
	[ "$(value acknowledge-in-time-share <a.tsv)" = \
	    "1000 permille $(cat ack)" ]
	# due after ten days: the clock began less than 300 hours before
	[ "$(value first-late <a.tsv)" = "1 count $ID" ]
	[ "$(value overdue-1d-to-7d <a.tsv)" = "1 count $ID" ]
	[ "$(value final-in-time-share <a.tsv)" = "- permille -" ]
	# what is said everywhere of these bytes
	sum=$(sha256sum <a.common | cut -d ' ' -f 1)
	review a | grep -Fx "sha256 $sum"
	[ "$(review b --json | jq -r .sha256)" = "$sum" ]
	review b --html | grep -F "sha256 $sum"
}

@test "review: a direction in which nothing was asked says so" {
	local page
	run --separate-stderr review a
	[[ $output == *$'== b.example asks a.example\n\nNo requests in this period.\n\nPackages that b.example sent\n'* ]]
	[[ ${output%%== b.example asks*} != *"No requests in this period"* ]]
	page=$(review a --html)
	[ "$(grep -c '<p class="quiet">No requests in this period.</p>' \
	    <<<"$page")" -eq 1 ]
	[[ $page == *'<h2>b.example asks a.example</h2>'$'\n''<p class="quiet">'* ]]
	# every head of a column is in the legend
	[[ $page == *'<dt>clock stopped</dt><dd>share of the time in which the clocks stood</dd>'* ]]
	[[ $page == *'<dt>p90</dt><dd>nine of ten took no longer</dd>'* ]]
	[[ $page == *'<dt>withdrawn</dt>'* ]]
}

@test "review: as text, in 80 columns" {
	run --separate-stderr review a
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "Review of a.example and b.example" ]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
	done
	[[ $output == *"== a.example asks b.example"* ]]
	[[ $output == *$'\nall                     1       0       1       1'* ]]
	[[ $output == *$'\nroutine-subscrib        1       0       1       1'* ]]
	[[ $output == *"== Only in this home, of a.example"* ]]
	review a -o text
	review a >again
	cmp text again
	run --separate-stderr review a -o text
	[ "$status" -eq 1 ]
	[[ $stderr == *"text"* ]]
}

@test "review: --json has what --tsv has" {
	review a --json >j
	[ "$(jq -r '.sides | join(" ")' j)" = "a.example b.example" ]
	[ "$(jq -r '.from' j)" = "$(later -9600)" ]
	jq -r '(.figures + .own.figures)[] | [.table, .side, .class,
	    .category, .figure, .value // "-", .unit,
	    ((.ids // ["-"]) | join(" "))] | @tsv' j >from.json
	review a --tsv | tail -n +2 >from.tsv
	cmp from.json from.tsv
	[ "$(jq -r '.own.side + " " + (.own.compared | tostring)' j)" = \
	    "a.example false" ]
}

@test "review: a record that one side lacks is named" {
	bulla request --home a new -o s.bulla "$V/office.txt" \
	    "$V/case.txt" >second
	bulla receive --home b s.bulla >/dev/null
	# b has it, a has no receipt: the tables differ, and both say why
	run ! cmp -s <(review a --tsv | grep -v ^own) \
	    <(review b --tsv | grep -v ^own)
	[ "$(review a --json | jq -r '.own.remarks[] |
	    select(.kind == "not-proved") | .id')" = "$(cat second)" ]
	review b --json | jq -r '.own.remarks[] |
	    select(.kind == "receipt-not-answered") | .id' >unanswered
	grep -Fx "$(cat second)" unanswered
	# with the other side's statement, without guessing
	bulla ledger --home b reconcile --export >b.statement
	run --separate-stderr review a --json --statement b.statement
	[ "$status" -eq 0 ]
	[ "$(jq -r '.own.compared' <<<"$output")" = true ]
	[ "$(jq -r '[.own.remarks[] | select(.kind == "differs") | .id] |
	    unique | join(" ")' <<<"$output")" = "$(cat second)" ]
	bulla ledger --home a reconcile --export >a.statement
	run --separate-stderr review a --statement a.statement
	[ "$status" -eq 2 ]
	[[ $stderr == *"no statement of b.example"* ]]
	echo x >bad
	run --separate-stderr review a --statement bad
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
}

# agreed HOME FORM...: the review after version 2 should have come in force
agreed() {
	bulla review --home "$1" --time "$(date -u -d '+31 days' +%FT%TZ)" \
	    --from "$(later -9600)" --to "$(date -u -d '+30 days' +%F)" "${@:2}"
}

@test "review: an agreement that lapsed is named, alike on both sides" {
	from=$(date -u -d '+20 days' +%F)
	bulla trust --home a agreement propose -o v2.note \
	    --from "$from" >/dev/null
	bulla trust --home b agreement sign v2.note >/dev/null
	bulla trust --home a agreement pin v2.note >/dev/null
	bulla trust --home b agreement pin v2.note >/dev/null
	run ! grep -q ^lapsed <(agreed a --tsv)
	until [[ $(date -u +%FT%TZ) > $AT ]]; do :; done
	bulla trust --home b suspend --key b.example/lead --reason 'a <b>' \
	    -o s.note >/dev/null
	# b knows, and says what a may lack: the tables differ
	run ! cmp -s <(agreed a -q --tsv | grep -v ^own) \
	    <(agreed b -q --tsv | grep -v ^own)
	digest=$(sed '/^$/,$d' v2.note | sha256sum | cut -d ' ' -f 1)
	agreed b -q --json | jq -r '.own.remarks[] |
	    select(.kind == "agreement-lapsed") | .id + " " + .text' >told
	[[ $(cat told) == "$digest agreement version 2 lapsed; a.example may \
lack the roster or suspension that ended it: the lead of b.example: "* ]]
	# both know
	bulla trust --home a pin s.note >/dev/null
	cmp <(agreed a -q --tsv | grep -v ^own) \
	    <(agreed b -q --tsv | grep -v ^own)
	why='the lead of b.example: b.example/lead is suspended since '
	[[ $(agreed a -q --tsv | sed -n 2p) == "$(printf 'lapsed\t2\t%s\t%s\t' \
	    "${from}T00:00:00Z" "$digest")$why"*": a <b>" ]]
	[ "$(agreed a -q --json | jq -r '.lapsed[] | "\(.version) \(.digest)"')" = \
	    "2 $digest" ]
	[[ $(agreed a -q) == *"LAPSED: agreement version 2, to be in force "*"$why"* ]]
	[[ $(agreed a -q --html) == *"<b>Lapsed:</b> agreement version 2, to \
be in force "*"$why"*": a &lt;b&gt;"* ]]
	# a period that ended before it
	run --separate-stderr review a --json
	[ "$(jq -c .lapsed <<<"$output")" = null ]
}

@test "review: an agreement that one side has not signed is named" {
	bulla trust --home a agreement propose -o v2.note \
	    --from "$(date -u -d '+20 days' +%F)" >/dev/null
	agreed a --json | jq -r '.own.remarks[] |
	    select(.kind == "agreement-proposed") | .text' >told
	[[ $(cat told) == "agreement version 2 from "*" is not in force: not \
signed by a lead of b.example: "* ]]
	# it is no part of what both have
	cmp <(agreed a --tsv | grep -v ^own) <(agreed b --tsv | grep -v ^own)
}

# hand HOME ID: a relinquish note about a package in the home, on stdout
hand() {
	bulla custody --home "$1" add -s officer=Ada -s place=x -s purpose=x \
	    -s authority=- -s result=released -s to=b.example \
	    -s transport=courier -s recipients=desk "$2" relinquish
}

# handed HOME FORM...: figures of what a.example sent, that count something
handed() {
	bulla review -q --home "$1" --time "$(date -u -d '+3 days' +%FT%TZ)" \
	    --from "$(later -9600)" --to "$(date -u -d '+2 days' +%F)" \
	    --tsv "${@:2}" | awk -F '\t' '$1 == "handovers" &&
	    $2 == "a.example" && $6 ~ /^[1-9]/ { print $5, $6 }' | sort
}

@test "review: exercises do not count, rejected or under way" {
	handed a >before
	cmp before <(handed b)
	for n in 1 2; do
		echo x >x
		bulla seal -q --home a --exercise -r b.example/desk \
		    -o e$n.bulla x >/dev/null
		id=$(tar -tf e$n.bulla | sed 's|/.*||;q')
		cp e$n.bulla "a/packages/$id.bulla"
		hand a "$id" >h$n
		grep -qx 'remarks: EXERCISE' h$n
		bulla custody --home b take -q h$n
	done
	# the first is under way; the second arrives, and b takes no exercises
	if bulla receive --home b e2.bulla >reject; then
		return 1
	fi
	grep -qx 'event: reject' reject
	grep -qx 'remarks: EXERCISE' reject
	bulla custody --home a take -q reject
	handed a | cmp before -
	handed b | cmp before -
	[ "$(handed a --exercise | tr '\n' ' ')" = \
	    "handed-over 2 rejected 1 without-receipt 1 " ]
	cmp <(handed a --exercise) <(handed b --exercise)
	for s in a b; do
		run ! grep -Eq "$id|$(tar -tf e1.bulla | sed 's|/.*||;q')" \
		    <(review $s --json --to "$(date -u +%F)")
		bulla request --home $s list --all --json >list
		run ! grep -q "$id" list
	done
	# b calls one that is none an exercise: that takes nothing from a's
	bulla seal -q --home a -r b.example/desk -o real.bulla x >/dev/null
	id=$(tar -tf real.bulla | sed 's|/.*||;q')
	cp real.bulla "a/packages/$id.bulla"
	hand a "$id" >h3
	run ! grep -q 'remarks: EXERCISE' h3
	bulla custody --home b take -q h3
	bulla custody --home b add -i b/keys/receiver.key -s officer=- \
	    -s place=x -s purpose=x -s authority=- -s result=rejected \
	    -s reason=out-of-scope -s tool=x -s remarks=EXERCISE \
	    -s "package-sha256=$(sha256sum <real.bulla | cut -d ' ' -f 1)" \
	    "$id" reject >lie
	bulla custody --home a take -q lie
	[ "$(handed a | grep rejected)" = "rejected 1" ]
	[ "$(handed b | grep -c rejected)" -eq 0 ]
}

@test "review: periods" {
	run --separate-stderr bulla review --home a --time "$(later 1)" \
	    --to "$(later 2)"
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"lies ahead"* ]]
	run --separate-stderr review a --from "$(later 300)"
	[ "$status" -eq 2 ]
	[[ $stderr == *"before it ends"* ]]
	run --separate-stderr review a --from yesterday
	[ "$status" -eq 2 ]
	[[ $stderr == *'"yesterday" is neither a day such as'* ]]
	# before it was asked: nothing
	run --separate-stderr review a --to "$(later -1)" --tsv
	[ "$status" -eq 0 ]
	[ "$(value received <<<"$output")" = "0 count -" ]
	[ "$(value acknowledge-median <<<"$output")" = "- seconds -" ]
}

@test "review: refuses what makes no sense" {
	run --separate-stderr review a --tsv --html
	[ "$status" -eq 2 ]
	[[ $stderr == *"one form at a time"* ]]
	run --separate-stderr review a more
	[ "$status" -eq 2 ]
	run --separate-stderr bulla review --home nowhere
	[ "$status" -eq 2 ]
	[[ $stderr == *"rosters"* ]]
	run --separate-stderr review a --exercise --tsv
	[ "$status" -eq 0 ]
	[ "$(value received <<<"$output")" = "0 count -" ]
	[[ $stderr == *"packages of no exercise are left out"* ]]
}

# A thousand requests in both directions, and what answered them.
# bats test_tags=slow
@test "review: six months, from both homes" {
	way_aid
	"$AID/exchangegen" big 1000
	bulla review --home big/A --time 2027-06-16 --tsv >a.tsv
	bulla review --home big/B --time 2027-06-16 --tsv >b.tsv
	grep -v '^own' a.tsv >a.common
	grep -v '^own' b.tsv | cmp - a.common
	[ "$(head -n 1 a.common | cut -f 2,3)" = \
	    "$(printf '2026-12-15T00:00:00Z\t2027-06-15T00:00:00Z')" ]
	# all but those that would have come after the period
	n=$(awk -F '\t' '$3 == "*" && $4 == "*" && $5 == "received" {
	    n += $6 } END { print n }' a.common)
	[ "$n" -ge 990 ]
	# of every figure as many ids as it counts
	awk -F '\t' '$5 ~ /^(received|closed|open|.*-in-time|.*-late|full|refused)$/ &&
	    $7 == "count" { k = $8 == "-" ? 0 : split($8, v, " ")
		if (k != $6) { print; bad = 1 } } END { exit bad }' a.common
}
