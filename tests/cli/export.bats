#!/usr/bin/env bats
# bulla-export: what is in the other formats is what is in the records.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/package

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	sh "$BATS_TEST_DIRNAME/../lib/handover.sh" "$BATS_FILE_TMPDIR"
}

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	unset BULLA_HOME
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/." .
	id=$(cat id)
	bag=opened/bag
}

@test "hashdeep: sizes, digests and names of every file" {
	ok bulla-export hashdeep "$bag"
	[ "${lines[0]}" = '%%%% HASHDEEP-1.0' ]
	[ "${lines[1]}" = '%%%% size,sha256,filename' ]
	grep -v '^[%#]' <<<"$output" >list
	(cd "$bag" && find data -type f | LC_ALL=C sort | while read -r f; do
		sum=$(sha256sum <"$f")
		echo "$(stat -c %s "$f"),${sum%% *},$f"
	done) >want
	cmp want list
}

@test "dfxml: names escaped, times as they were found" {
	ok bulla-export dfxml "$bag"
	[[ $output == *'<filename>data/&lt;script&gt;alert(1)&lt;</filename>'* ]]
	[ "$(grep -c '<fileobject>' <<<"$output")" -eq 3 ]
	at=$(date -u -d "@$(stat -c %Y evidence/disk.img)" +%FT%T)
	[[ $output == *"<mtime>$at."*"Z</mtime>"* ]]
	[[ $output == *'<dc:identifier>A-1</dc:identifier>'* ]]
}

@test "a bag that is not what it was" {
	echo x >>"$bag/data/logs/access.log"
	for f in hashdeep dfxml; do
		no 1 "data/logs/access.log is not what the bag's manifest says" \
		    bulla-export "$f" "$bag"
	done
	no 1 "is not what" bulla-export case --home a --bag "$bag" \
	    -o x.jsonld "$id"
	[ ! -e x.jsonld ]
	rm "$bag/data/logs/access.log"
	no 3 "data/logs/access.log" bulla-export hashdeep "$bag"
	mkfifo "$bag/data/logs/access.log"
	no 1 "data/logs/access.log" bulla-export hashdeep "$bag"
	rm "$bag/data/logs/access.log"
	ln -s /etc/passwd "$bag/data/logs/access.log"
	no 3 "data/logs/access.log" bulla-export hashdeep "$bag"
}

@test "lists of a bag that do not agree, or are damaged" {
	cp -r "$bag" whole
	sed -i '/disk.img/d' "$bag/manifest-sha256.txt"
	no 1 "do not list the same files" bulla-export dfxml "$bag"
	cp whole/manifest-sha256.txt "$bag/"
	tail -n 1 whole/manifest-sha256.txt >>"$bag/manifest-sha256.txt"
	no 1 "do not list the same files" bulla-export dfxml "$bag"
	cp whole/manifest-sha256.txt "$bag/"
	sed -i 's|^data/disk.img|data/../../id|' "$bag/metadata.tsv"
	no 1 "malformed" bulla-export dfxml "$bag"
	sed '1d' whole/metadata.tsv >"$bag/metadata.tsv"
	no 1 "columns" bulla-export dfxml "$bag"
	rm "$bag/metadata.tsv"
	no 3 "metadata.tsv" bulla-export dfxml "$bag"
}

@test "tag files of a bag that were changed since it was opened" {
	cp -r "$bag" whole
	for f in metadata.tsv bag-info.txt; do
		case $f in
		# the last digit of a time, whatever it is
		metadata.tsv) sed -i '2{s/0\t-/1\t-/;t
		    s/[1-9]\t-/0\t-/}' "$bag/$f" ;;
		*) sed -i 's/A-1/A-2/' "$bag/$f" ;;
		esac
		run -1 cmp -s "$bag/$f" "whole/$f"
		no 1 "is not what tagmanifest-sha256.txt says" \
		    bulla-export dfxml "$bag"
		cp "whole/$f" "$bag/$f"
	done
	ok bulla-export dfxml "$bag"
	# whoever sealed it could put anything there
	printf 'Evid-Exhibit-Id: \033]0;x\007\n' >"$bag/bag-info.txt"
	sum=$(sha256sum <"$bag/bag-info.txt")
	sed -i "s/^.*  bag-info.txt/${sum%% *}  bag-info.txt/" \
	    "$bag/tagmanifest-sha256.txt"
	no 1 "bag-info.txt: line 1 is no plain text" \
	    bulla-export dfxml "$bag"
}

@test "what is made of an exercise says so" {
	other=$(bulla-request --home a new --exercise \
	    "$BATS_TEST_DIRNAME/../vectors/request/office.txt" \
	    "$BATS_TEST_DIRNAME/../vectors/request/case.txt")
	bulla-export case --home a "$other" | jq -e '."@graph"[] |
	    select(."@type" == "case-investigation:Investigation") |
	    ."uco-core:name" | startswith("EXERCISE, no evidence: ")'
	bulla-custody --home a show "$other" | grep -qx \
	    'EXERCISE: this is no evidence.'
	bulla-custody --home a show --json "$other" | jq -e .exercise
	bulla-custody --home a export -o e.tar "$other"
	tar -xOf e.tar "custody-$other/README.txt" | head -n 1 |
	    grep -qx 'EXERCISE: this is no evidence.'
	bulla-certificate --home a --text "$other" |
	    grep -q '^!! EXERCISE: this is no evidence.'
	bulla-custody --home a show --json "$id" | jq -e '.exercise == false'
	! bulla-custody --home a show "$id" | grep EXERCISE
}

# of TYPE: the nodes of that type
of() {
	jq --arg t "$1" '[."@graph"[] | select(."@type" == $t)]' case.jsonld
}

@test "case: an action for every note, linked, with the files of the seal" {
	ok bulla-export case --home a --bag "$bag" -i a/keys/desk.age \
	    -o case.jsonld "$id"
	n=$(cat "a/custody/$id"/*.note "a/custody/$id"/theirs/*.note |
		grep -c '^bulla custody v1')
	of case-investigation:InvestigativeAction >actions
	[ "$(jq length actions)" -eq "$n" ]
	jq -e '[.[]."uco-core:name"] == ["seal", "relinquish", "receive",
	    "store"]' actions
	# receive was informed by the relinquish that it answers
	jq -e '.[1]."@id" as $r | .[2]."case-investigation:wasInformedBy" |
	    map(."@id") | index($r) != null' actions
	at=$(sed -n 's/^time: //p' "a/custody/$id/0001-seal.note")
	jq -e --arg at "$at" '.[0]."uco-action:startTime"."@value" == $at' \
	    actions
	jq -e '.[1]."uco-core:description" | contains("timestamped 20")' actions
	of uco-identity:Person | jq -e 'map(."uco-core:name") |
	    index("Ada Okafor (alpha.example/sealer)") != null'
	of case-investigation:Authorization | jq -e 'length == 1 and
	    .[0]."case-investigation:authorizationIdentifier" == "REQ-7"'
	of case-investigation:ProvenanceRecord | jq -e 'length == 4 and
	    all(."case-investigation:exhibitNumber" == "A-1") and
	    (.[0]."uco-core:object" | length) == 4'
	sum=$(sha256sum <"$bag/data/disk.img")
	of uco-observable:File | jq -e --arg s "${sum%% *}" 'length == 4 and
	    any(."uco-core:hasFacet"[1]."uco-observable:hash"[0].
	    "uco-types:hashValue"."@value" == $s)'
	# the same records, the same bytes
	bulla-export case --home a --bag "$bag" -i a/keys/desk.age \
	    -o again.jsonld "$id"
	cmp case.jsonld again.jsonld
}

@test "case: the files of the package itself, with a key" {
	ok bulla-export case --home a --bag "$bag" -i a/keys/desk.age \
	    -o want.jsonld "$id"
	# from the home, from a file, and nothing is left anywhere
	mkdir tmp
	find a/packages a/custody opened tmp | sort >before
	TMPDIR=$PWD/tmp ok bulla-export case --home a -i a/keys/desk.age \
	    -o case.jsonld "$id"
	cmp case.jsonld want.jsonld
	rm a/packages/*
	TMPDIR=$PWD/tmp ok bulla-export case --home a -i a/keys/desk.age -f \
	    -o case.jsonld "$id" "$id.bulla"
	cmp case.jsonld want.jsonld
	find a/custody opened tmp | sort >after
	diff <(grep -v '^a/packages' before) after
	no 2 "the package is not in this home" bulla-export case --home a \
	    -i a/keys/desk.age "$id"
	bulla-keygen -q age -o other.age
	no 1 "the key given cannot open it" bulla-export case --home a \
	    -i other.age "$id" "$id.bulla"
	no 2 "a PACKAGE needs -i" bulla-export case --home a "$id" "$id.bulla"
}

@test "case: not with the bag of another package" {
	mkdir e2
	seq 3000 >e2/disk.img
	bulla-seal -q --home none -i a/keys/sealer.key \
	    -r "$(cat a/keys/desk.age.pub)" --from alpha.example -o q.bulla \
	    -n bag e2/disk.img
	bulla-open -q --home none -i a/keys/desk.age -K a/keys/sealer.key.pub \
	    -d other q.bulla
	no 1 "this is not the bag of package $id: its manifest is another" \
	    bulla-export case --home a --bag other/bag -i a/keys/desk.age "$id"
	other=$(tar -tf q.bulla | sed 's|/.*||;q')
	no 1 "this is package $other, and not $id" bulla-export case --home a \
	    -i a/keys/desk.age "$id" q.bulla
	# without a key: by what was signed when the package was opened
	no 1 "nothing shows that this is the bag of package $id" \
	    bulla-export case --home a --bag "$bag" -o x.jsonld "$id"
	bulla-open -q --home a -d again "$id.bulla"
	ok bulla-export case --home a --bag "$bag" -o x.jsonld "$id"
	[ "$(grep -c sizeInBytes x.jsonld)" -eq 3 ]
	no 1 "this is not the bag of package $id" bulla-export case --home a \
	    --bag other/bag -o y.jsonld "$id"
	[ ! -e y.jsonld ]
	# and not when it was signed of another as well
	bulla-custody --home b add -s place=x -s purpose=x -s authority=x \
	    -s officer=x -s result=x -s justification=x -s tool=x \
	    -s "before=$(printf '%064d' 1)" -s "after=$(printf '%064d' 2)" \
	    "$id" open >open
	bulla-custody --home a take -q open
	no 1 "this is not the bag of package $id" bulla-export case --home a \
	    --bag "$bag" -o y.jsonld "$id"
}

@test "case: without a roster notes are marked, and prove no bag" {
	bulla-open -q --home a -d again "$id.bulla"
	ok bulla-export case --home a --bag "$bag" -o x.jsonld "$id"
	grep -q UNVERIFIED x.jsonld && return 1
	# a home that knows nobody, with a note that anybody could have written
	mv a/roster away
	no 1 "this home has no roster, so that no note can be believed" \
	    bulla-export case --home a --bag "$bag" -o y.jsonld "$id"
	[ ! -e y.jsonld ]
	run --separate-stderr bulla-export case --home a -o case.jsonld "$id"
	[ "$status" -eq 0 ]
	[[ $stderr == *"UNVERIFIED: this home has no roster"* ]]
	of case-investigation:Investigation |
		jq -e '.[0]."uco-core:description" | startswith("UNVERIFIED: this home has no roster")'
}

@test "case: a chain that does not hold is exported, with exit 1" {
	sed -i 's/^place: .*/place: Elsewhere/' "a/custody/$id/0002-relinquish.note"
	run --separate-stderr bulla-export case --home a -o case.jsonld "$id"
	[ "$status" -eq 1 ]
	[[ $stderr == *"does not hold"* ]]
	of case-investigation:Investigation |
		jq -e '.[0]."uco-core:description" | length > 0'
}

@test "usage" {
	no 2 "case, dfxml or hashdeep?" bulla-export
	no 2 "case, dfxml or hashdeep?" bulla-export xml "$bag"
	no 2 "which bag?" bulla-export dfxml
	no 2 "which bag?" bulla-export dfxml "$bag" "$bag"
	no 2 "which package?" bulla-export case --home a
	no 1 "no notes" bulla-export case --home a "$(printf '%032d' 0)"
	no 3 "nowhere" bulla-export hashdeep nowhere
	ok bulla-export hashdeep -o list "$bag"
	no 1 "exists" bulla-export hashdeep -o list "$bag"
	ok bulla-export hashdeep --json -f -o list "$bag"
	jq -e '.ok and .files == 3' <<<"$output"
}
