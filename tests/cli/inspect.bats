#!/usr/bin/env bats
# bulla-inspect: what a package says of itself, and that nothing is proved.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	echo alpha >a.txt
	bulla-seal -q -i seal.key -r "$desk" --to beta/desk --ref R-7 \
	    --class urgent --time 2026-11-22T03:04:05Z -o p.bulla a.txt
	id=$(tar -tf p.bulla | head -n 1)
	id=${id%%/*}
}

# says LABEL VALUE: that line is there
says() {
	local line
	line=$(printf '%-12s %s' "$1" "$2")
	grep -qxF -- "$line" <<<"$output" || {
		echo "no '$line' in: $output"
		return 1
	}
}

@test "without any key" {
	ok bulla-inspect p.bulla
	[ "${lines[0]}" = "NOT VERIFIED: what the package says of itself" ]
	says package "$id"
	says kind evidence
	says answers R-7
	says class urgent
	says from alpha/sealer
	says to beta/desk
	says created 2026-11-22T03:04:05Z
	says sealer "$seal"
	says recipient "$desk"
	says compression none
	says size "$(stat -c %s p.bulla) bytes"
	one=$output
	ok sh -c 'cat p.bulla | bulla-inspect'
	[ "$output" = "$one" ]
	bulla-inspect --json p.bulla | jq -e --arg id "$id" '.ok and
	    .verified == false and .package == $id and .complete and
	    .ref == "R-7" and .class == "urgent" and .to == ["beta/desk"]'
}

@test "damage that only verifying shows" {
	at=$(($(grep -abo 00000001.age p.bulla | head -n 1 | cut -d: -f1) + 600))
	printf overlaid | dd of=p.bulla bs=1 seek=$at conv=notrunc status=none
	ok bulla-inspect p.bulla
	[ "${lines[0]}" = "NOT VERIFIED: what the package says of itself" ]
	run bulla-verify -k "$seal" p.bulla
	[ "$status" -eq 1 ]
}

@test "a package cut short says how it began" {
	head -c 9000 p.bulla >q.bulla
	run --separate-stderr bulla-inspect q.bulla
	[ "$status" -eq 4 ]
	says package "$id"
	says closed "NO: the package ends early"
	run bulla-inspect --json q.bulla
	[ "$status" -eq 4 ]
	jq -e '.ok == false and .complete == false' <<<"$output"
	head -c 1200 p.bulla >q.bulla
	no 4 "q.bulla: ends early" bulla-inspect q.bulla
}

@test "what is no package" {
	no 1 "a.txt: " sh -c 'seq 1000 >a.txt; bulla-inspect a.txt'
	no 3 "missing: cannot open: No such file" bulla-inspect missing
	no 2 "one PACKAGE" bulla-inspect p.bulla p.bulla
	no 3 "" sh -c 'bulla-inspect p.bulla >/dev/full'
}
