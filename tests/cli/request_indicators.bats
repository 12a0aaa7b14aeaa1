#!/usr/bin/env bats
# bulla-request indicators and notice: what is judged, and what is sealed.
# shellcheck disable=SC2154 # run sets stderr
bats_require_minimum_version 1.5.0
load ../lib/package
load ../lib/sides.sh

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	export BULLA_BIN
	unset BULLA_HOME
	cd "$BATS_FILE_TMPDIR" || return
	two_sides
	cp "$BATS_TEST_DIRNAME/../../fuzz/corpus/stix/relationship.json" .
	printf 'Block 198.51.100.1 at the border.\n' >notice.txt
}

setup() {
	PATH=$BULLA_BIN:$PATH
	unset BULLA_HOME
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/." .
}

request() {
	bulla-request --home a "$@"
}

@test "indicators: sealed, of their kind, with the same bytes inside" {
	ref=$(printf '%032d' 7)
	ok request indicators --ref "$ref" -o i.bulla relationship.json
	id=$output
	ok bulla-verify --json -K a/keys/sealer.key.pub i.bulla
	jq -e --arg r "$ref" '.kind == "indicators" and .ref == $r' <<<"$output"
	[ -e "a/packages/$id.bulla" ]
	bulla-receive --home b i.bulla >/dev/null
	bulla-open --home b -q -d out i.bulla
	cmp relationship.json out/*/data/relationship.json
	[ "$(find out -path '*/data/*' -type f | wc -l)" -eq 1 ]
	# nothing is left of the copy that was packed
	[ -z "$(find a -name '.indicators-*')" ]
}

@test "indicators --check: judged without a home" {
	ok bulla-request indicators --check relationship.json
	[[ $output == "ok bundle--"*": 3 objects, 0 of them indicators" ]]
	sed -i 's/"is_family":true/"is_family":"yes"/; s/,"name":"a"/,"name":""/' \
	    relationship.json
	no 1 "object 1 (malware--5d0092c5-5f74-4287-9642-33f4c354e56d): \
is_family is malformed: write true or false" \
	    bulla-request indicators --check relationship.json
	[[ $stderr == *"object 2 (file--"*"): name is malformed: write text"* ]]
	run --separate-stderr bulla-request indicators --json --check \
	    relationship.json
	[ "$status" -eq 1 ]
	jq -e '.ok == false and (.problems | length) == 2' <<<"$output"
}

@test "indicators: what is wrong is not sealed" {
	sed -i 's/"spec_version":"2.1"/"spec_version":"2.0"/' relationship.json
	no 1 'spec_version is another one: write "2.1"' \
	    bulla-request --home a indicators -o i.bulla relationship.json
	[ ! -e i.bulla ]
	[ -z "$(ls a/packages 2>/dev/null)" ]
	echo '{"type":"bundle","id":"x"}' >relationship.json
	no 1 "relationship.json: no bundle of STIX 2.1: id is missing" \
	    bulla-request --home a indicators relationship.json
	echo '{' >relationship.json
	no 1 "no JSON: line " bulla-request --home a indicators \
	    relationship.json
	printf '{"type":"\033[31m"}' >relationship.json
	no 1 "no JSON" bulla-request indicators --check relationship.json
	[[ $stderr != *$'\033'* ]]
}

@test "notice: lines of text, and nothing else" {
	ok request notice -o n.bulla notice.txt
	ok bulla-verify --json -K a/keys/sealer.key.pub n.bulla
	jq -e '.kind == "notice"' <<<"$output"
	bulla-open --home b -q -d out -K a/keys/sealer.key.pub n.bulla
	cmp notice.txt out/*/data/notice.txt
	for bad in '' 'no line end' 'a\tb\n' '\033[31mred\n' '\200\n'; do
		# shellcheck disable=SC2059 # the escapes are the point
		printf "$bad" >notice.txt
		no 1 "a notice is lines of plain text" \
		    bulla-request notice --check notice.txt
	done
}

@test "both are listed, on both sides, and exercises apart" {
	ok request indicators
	[ -z "$output" ]
	ind=$(request indicators -o i.bulla relationship.json)
	n=$(request notice --ref "$ind" -o n.bulla notice.txt)
	x=$(request notice --exercise notice.txt)
	for p in i n; do
		bulla-receive --home b $p.bulla >/dev/null
	done
	for home in a b; do
		ok bulla-request --home $home indicators
		echo "$output"
		[[ $output == "20"*"Z  $ind  from a.example/sealer" ]]
		ok bulla-request --home $home --json notice
		jq -e --arg n "$n" --arg i "$ind" '.package == $n and
		    .ref == $i and .exercise == false' <<<"$output"
	done
	ok request notice --exercise
	[[ $output == *"$x"* ]]
	[ "${#lines[@]}" -eq 1 ]
	echo rubbish >"a/packages/$ind.bulla"
	no 1 "$ind.bulla: not a bulla package" bulla-request --home a indicators
}

@test "usage" {
	no 2 "which FILE?" bulla-request --home a indicators --check
	no 2 "which FILE?" bulla-request --home a indicators relationship.json \
	    notice.txt
	no 2 "must end in .json" bulla-request --home a indicators notice.txt
	no 2 "must end in .json" bulla-request indicators --check -
	no 2 "must end in .txt" bulla-request --home a notice relationship.json
	no 2 "--ref: the id" bulla-request --home a notice --ref 7 notice.txt
	no 2 "are for documents" bulla-request --home a notice -a x notice.txt
	no 3 "missing.json" bulla-request --home a indicators missing.json
}
