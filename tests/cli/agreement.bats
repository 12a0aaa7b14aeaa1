#!/usr/bin/env bats
# What both leads sign: bulla-trust agreement.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

# Two sides that have each other's rosters
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	export BULLA_BIN
	cd "$BATS_FILE_TMPDIR" || return 1
	two_sides
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset BULLA_HOME
	cp -a "$BATS_FILE_TMPDIR/a" "$BATS_FILE_TMPDIR/b" .
}

trust() {
	"$BULLA_BIN/bulla-trust" "$@"
}

agree() {
	trust --home "$1" agreement "${@:2}"
}

@test "agreement: from a template to one in force on both sides" {
	run --separate-stderr agree a template
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ $output == *"between a.example and b.example"* ]]
	[[ $output == *"class: emergency"*"hotline: contact-point a.example"* ]]
	agree a template -o draft.txt
	sed -i 's/^acknowledge: 1h/acknowledge: 2h/' draft.txt
	# before their keys began: told when it is taken in
	agree a propose --from 2026-01-01 -o v1.note draft.txt >/dev/null
	agree b sign v1.note >/dev/null
	run --separate-stderr agree a pin v1.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"the lead of a.example: "*"may sign only from"* ]]
	agree a propose -f -o v1.note draft.txt >/dev/null
	agree b sign v1.note >/dev/null
	agree a pin v1.note >/dev/null
	run --separate-stderr agree a show
	[[ $output == *"class: emergency
acknowledge: 2h"* ]]
}

@test "agreement: both sign, both pin, both ledgers have it" {
	run --separate-stderr agree a propose -o v1.note
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "proposed agreement version 1, in force from "* ]]
	run --separate-stderr agree b sign v1.note
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "signed agreement version 1, "* ]]
	for s in a b; do
		run --separate-stderr agree $s pin v1.note
		[ "$status" -eq 0 ]
		[[ ${lines[0]} == "pinned agreement version 1, "* ]]
		[ "$(ls $s/agreement/*.note)" = $s/agreement/000001.note ]
		run "$BULLA_BIN/bulla-ledger" --home $s check
		[[ $output == *" 3 records" ]]
		# again: nothing more
		agree $s pin v1.note >/dev/null
		run "$BULLA_BIN/bulla-ledger" --home $s check
		[[ $output == *" 3 records" ]]
	done
	cmp a/agreement/000001.note b/agreement/000001.note
	run --separate-stderr agree b show
	[[ ${lines[0]} == "agreement version 1, in force, from "* ]]
	[ "${lines[1]}" = "signed by a.example/lead" ]
	[ "${lines[2]}" = "signed by b.example/lead" ]
	run --separate-stderr trust --json --home b agreement show
	[ "$(jq -r .state <<<"$output")" = "in force" ]
	[ "$(jq -c .signed <<<"$output")" = \
	    '["a.example/lead","b.example/lead"]' ]
}

@test "agreement: one-sided is refused by name, and nothing changes" {
	agree a propose -o v1.note >/dev/null
	run --separate-stderr agree a pin v1.note
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"not signed by a lead of b.example"* ]]
	[ -z "$(find a/agreement -name '0*.note')" ]
	run --separate-stderr agree b pin v1.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"not signed by a lead of b.example"* ]]
	run --separate-stderr agree a show v1.note
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "agreement version 1, not in force"* ]]
	[[ $stderr == *"not signed by a lead of b.example"* ]]
	# what a proposed stays known there, with the reason; b has nothing
	run --separate-stderr agree a show
	[ "$status" -eq 0 ]
	[[ $output == *"agreement version 1, proposed, from "*"NOT IN FORCE: \
not signed by a lead of b.example: "* ]]
	run --separate-stderr trust --json --home a agreement show
	[ "$(jq -r '.state + " " + .why' <<<"$output")" = "proposed not \
signed by a lead of b.example: an agreement takes the leads of both sides" ]
	run --separate-stderr agree b show
	[ "$status" -eq 1 ]
	[[ $stderr == *"no agreement in this home"* ]]
	# signed, and not taken in; then it is in force, and no proposal
	agree b sign v1.note >/dev/null
	run --separate-stderr agree b show
	[[ $output == *"NOT IN FORCE: signed by both, and not taken in here"* ]]
	agree b pin v1.note >/dev/null
	run --separate-stderr agree b show
	[[ $output == "agreement version 1, in force"* ]]
	[[ $output != *"NOT IN FORCE"* ]]
	[ ! -e b/agreement/proposed.note ]
}

@test "agreement: a damaged proposal is named, and what was agreed holds" {
	agree a propose -o v1.note >/dev/null
	agree b sign v1.note >/dev/null
	agree a pin v1.note >/dev/null
	printf 'half a no' >a/agreement/proposed.note
	run --separate-stderr agree a show
	[ "$status" -eq 0 ]
	[[ $output == "agreement version 1, in force"* ]]
	[[ $stderr == *"agreement/proposed.note is damaged: "*"; nothing is judged by it: remove it, or propose anew" ]]
	run --separate-stderr bulla request --home a list
	[ "$status" -eq 0 ]
	[[ $stderr == *"agreement/proposed.note is damaged: "* ]]
	run --separate-stderr bulla review --home a --time \
	    2099-06-01T00:00:00Z --from 2099-01-01 --to 2099-05-01
	[ "$status" -eq 0 ]
	[[ $output == *"agreement-proposed"*"agreement/proposed.note"* ]]
	# the next one takes its place
	agree a propose --from 2099-01-01T00:00:00Z >/dev/null
	run --separate-stderr agree a show
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ $output == *"agreement version 2, proposed, from 2099"* ]]
}

@test "agreement: only leads sign, each once" {
	run --separate-stderr agree a propose -i a/keys/sealer.key
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"is a sealer key, and this takes a lead"* ]]
	agree a propose -o v1.note >/dev/null
	run --separate-stderr agree a sign v1.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"has signed it already"* ]]
	run --separate-stderr agree b sign -i b/keys/hotline.key v1.note
	[ "$status" -eq 1 ]
}

@test "agreement: a bad draft is named by line and rule" {
	agree a template -o draft.txt
	sed -i 's/^acknowledge: 4h/acknowledge: 4 hours/' draft.txt
	run --separate-stderr agree a propose draft.txt
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *'acknowledge: "4 hours" is no duration: write 8h'* ]]
	run --separate-stderr agree a propose no-such-file
	[ "$status" -eq 3 ]
	[[ $stderr == *"no-such-file"* ]]
}

@test "agreement: a new version follows, in force from its date" {
	sides_agree
	agree a template -o draft.txt
	sed -i 's/^acknowledge: 1h/acknowledge: 2h/' draft.txt
	run --separate-stderr agree a propose --from 2026-01-01 draft.txt
	[ "$status" -eq 1 ]
	[[ $stderr == *"--from: not later than"* ]]
	later=$(date -u -d '+20 days' +%Y-%m-%d)
	agree b propose --from "$later" -o v2.note draft.txt >/dev/null
	agree a sign v2.note >/dev/null
	agree a pin v2.note >/dev/null
	run --separate-stderr agree a show
	[ "$status" -eq 0 ]
	[ "$(grep '^agreement' <<<"$output")" = "$(
		grep '^agreement' <<<"$output" | sort)" ]
	[[ $output == *"version 1, in force"*"version 2, to come, from $later"* ]]
	# b has not pinned version 2 and cannot skip it
	agree a propose --from "$(date -u -d '+30 days' +%Y-%m-%d)" \
	    -o v3.note >/dev/null
	agree b sign v3.note >/dev/null
	run --separate-stderr agree b pin v3.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"version 3 where version 2 must come"* ]]
	# a version 1 of its own is none
	rm -r b/agreement
	run --separate-stderr agree b pin v2.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"where version 1 must come"* ]]
}

@test "agreement: wrong usage" {
	run --separate-stderr agree a
	[ "$status" -eq 2 ]
	[[ $stderr == *"template, propose, sign, pin or show"* ]]
	run --separate-stderr agree a frob
	[ "$status" -eq 2 ]
	run --separate-stderr agree a pin
	[ "$status" -eq 2 ]
	run --separate-stderr agree a show x y
	[ "$status" -eq 2 ]
	trust --home c init -n c.example --person Carla >/dev/null
	run --separate-stderr agree c template
	[ "$status" -eq 2 ]
	[[ $stderr == *"the rosters of both"* ]]
}

@test "agreement: one that lapsed is shown with its reason" {
	sides_agree
	later=$(date -u -d '+20 days' +%Y-%m-%d)
	agree a propose --from "$later" -o v2.note >/dev/null
	agree b sign v2.note >/dev/null
	agree a pin v2.note >/dev/null
	# in a later second than that from which version 1 is in force
	at=$(trust --json --home a agreement show | jq -rs '.[0].from')
	until [[ $(date -u +%FT%TZ) > $at ]]; do :; done
	trust --home b suspend --key b.example/lead --reason stolen -o s.note \
	    >/dev/null
	trust --home a pin s.note >/dev/null
	run --separate-stderr agree a show
	[ "$status" -eq 0 ]
	[[ $output == *"agreement version 2, lapsed, from $later"*"NOT IN \
FORCE: the lead of b.example: b.example/lead is suspended since "*": stolen"* ]]
	run --separate-stderr trust --json --home a agreement show
	[ "$(jq -r .state <<<"$output" | tr '\n' ' ')" = "in force lapsed " ]
}
