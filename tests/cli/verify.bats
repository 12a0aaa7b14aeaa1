#!/usr/bin/env bats
# bulla-verify: yes, no, no key, cannot tell, incomplete.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	echo alpha >a.txt
	sealed p.bulla a.txt
	id=$(tar -tf p.bulla | head -n 1)
	id=${id%%/*}
}

@test "a good one, from a file, a pipe and standard input" {
	ok bulla-verify -k "$seal" p.bulla
	[[ $output == "ok $id evidence from alpha/sealer, sealed by alpha/sealer,"* ]]
	one=$output
	ok sh -c "cat p.bulla | bulla-verify -k $seal"
	[ "$output" = "$one" ]
	ok sh -c "bulla-verify -k $seal - <p.bulla"
	[ "$output" = "$one" ]
	ok bulla-verify -q -k "$seal" p.bulla
	[ -z "$output" ]
	{ echo '# who seals'; echo; cat seal.key.pub; } >known
	ok bulla-verify -K known p.bulla
	bulla-verify --json -k "$seal" p.bulla | jq -e --arg id "$id" '.ok and
	    .verified and .package == $id and .complete and
	    .from == "alpha/sealer" and .sealers[0] and .exercise == false'
}

@test "no key to verify with" {
	bulla-keygen sign -n alpha/sealer -o other.key
	no 2 "no key to verify with" bulla-verify p.bulla
	no 2 "signed by alpha/sealer with key id" \
	    bulla-verify -k "$(cat other.key.pub)" p.bulla
	no 2 "p.bulla: opening.note" \
	    bulla-verify -k "$(cat other.key.pub)" p.bulla
	no 2 "" bulla-verify -k nonsense p.bulla
	no 3 "nofile" bulla-verify -K nofile p.bulla
	no 2 "one PACKAGE" bulla-verify -k "$seal" p.bulla p.bulla
}

@test "damage names the file, the place and the reason" {
	size=$(stat -c %s p.bulla)
	for at in 100 700 1200 3000 6000 $((size - 2000)) $((size - 1)); do
		cp p.bulla q.bulla
		printf overlaid | dd of=q.bulla bs=1 seek="$at" conv=notrunc \
		    status=none
		no 1 "q.bulla: " bulla-verify -k "$seal" q.bulla
		no 1 "standard input: " sh -c "cat q.bulla | bulla-verify -k $seal"
	done
	head -c 9000 p.bulla >q.bulla
	no 4 "q.bulla: ends early, after 9000 bytes" \
	    bulla-verify -k "$seal" q.bulla
	no 4 "ends early, after 9000 bytes" \
	    sh -c "cat q.bulla | bulla-verify -k $seal"
	for n in 20 42 300 511 512; do
		head -c "$n" p.bulla >q.bulla
		no 4 "q.bulla: ends early, after $n bytes" \
		    bulla-verify -k "$seal" q.bulla
	done
	{ cat p.bulla; echo; } >q.bulla
	no 1 "more bytes after the end" bulla-verify -k "$seal" q.bulla
	run --separate-stderr bulla-verify --json -k "$seal" q.bulla
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .status == "format" and .file == "q.bulla"' \
	    <<<"$output"
}

@test "a small file, or an empty one, is no package that ends early" {
	none="not a bulla package: one begins with 32 hex digits and /bagit.txt"
	echo hello >q.bulla
	no 1 "q.bulla: $none" bulla-verify -k "$seal" q.bulla
	no 1 "standard input: $none" sh -c "bulla-verify -k $seal <q.bulla"
	no 1 "q.bulla: $none" bulla-inspect q.bulla
	head -c 600 /dev/zero >q.bulla
	no 1 "q.bulla: $none" bulla-verify -k "$seal" q.bulla
	: >q.bulla
	no 4 "q.bulla: is empty: no package" bulla-verify -k "$seal" q.bulla
	no 4 "q.bulla: is empty: no package" bulla-inspect q.bulla
}

@test "an option that another one takes for its argument" {
	no 2 "-k, --vkey: its argument is missing, for -K is an option" \
	    bulla-verify -k -K seal.key.pub p.bulla
	no 2 "(if it is meant: --vkeys=--json)" bulla-verify -K --json p.bulla
	# What only begins so is an argument
	no 3 "-Kx: " bulla-verify -K -Kx p.bulla
	no 3 "-q: " bulla-verify --vkeys=-q p.bulla
	no 3 "-q: " bulla-verify -K-q p.bulla
	no 2 "-K needs an argument" bulla-verify p.bulla -K
}

@test "made by other tools" {
	tar -xf p.bulla
	tar --format=ustar -cf again.bulla "$id/bagit.txt" \
	    "$id/opening.note" "$id/data/00000000.age" \
	    "$id/data/00000001.age" "$id/manifest-sha256.txt" \
	    "$id/closing.note"
	no 1 "again.bulla: " bulla-verify -k "$seal" again.bulla
	no 1 "not a bulla package" sh -c "seq 1000 | bulla-verify -k $seal"
	head -c 100000 /dev/urandom >noise
	no 1 "not a bulla package" bulla-verify -k "$seal" noise
	no 1 "" sh -c "head -c 4096 /dev/zero | bulla-verify -k $seal"
}

@test "exercises only where they are asked for" {
	bulla-seal -q --exercise -i seal.key -r "$desk" -o e.bulla a.txt
	no 1 "an EXERCISE package: give --exercise" \
	    bulla-verify -k "$seal" e.bulla
	ok bulla-verify --exercise -k "$seal" e.bulla
	ok bulla-verify --exercise -k "$seal" p.bulla
}

@test "cannot tell" {
	no 3 "missing: cannot open: No such file" bulla-verify -k "$seal" missing
	no 1 "directory" bulla-verify -k "$seal" .
	run --separate-stderr sh -c "bulla-verify -k $seal p.bulla >/dev/full"
	[ "$status" -eq 3 ]
	[[ $stderr == *"standard output"* ]]
	no 3 "" sh -c "bulla-verify -k $seal p.bulla >&-"
	no 3 "" sh -c "bulla-verify -k $seal <&-"
	[ "$(id -u)" -ne 0 ] || {
		chmod 755 .
		chmod 000 p.bulla
		no 3 "p.bulla: cannot open: Permission denied" \
		    as_nobody bulla-verify -k "$seal" p.bulla
	}
}

@test "the answer is one line that no terminal acts on" {
	ok bulla-verify -k "$seal" p.bulla
	[ "${#lines[@]}" -eq 1 ]
	name=$'evil\e]0;x\a\n'
	cp p.bulla "$name"
	{ cat p.bulla; echo; } >"$name"
	run --separate-stderr bulla-verify -k "$seal" "$name"
	[ "$status" -eq 1 ]
	[ "$(LC_ALL=C tr -d '\n[:print:]' <<<"$stderr" | wc -c)" -eq 0 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

# The other side's key, and its receipt for p.bulla
with_receipt() {
	bulla-keygen sign -n beta/receiver -o recv.key >/dev/null
	bulla-receive --home home -i recv.key -k "$seal" p.bulla >it.note
}

@test "a receipt for it" {
	with_receipt
	ok bulla-verify -k "$seal" --receipt it.note --receiver recv.key.pub p.bulla
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == "ok receipt: received by beta/receiver, claimed time "* ]]
	ok sh -c "bulla-verify -k $seal --receipt it.note \
	    --receiver recv.key.pub <p.bulla"
	[ "${#lines[@]}" -eq 2 ]
	bulla-verify --json -k "$seal" --receipt it.note \
	    --receiver recv.key.pub p.bulla | jq -e '.ok and .verified and
	    .receipt.actor == "beta/receiver" and (.receipt.time | length > 0)'
	bulla-verify --json -k "$seal" p.bulla | jq -e '.ok and
	    (has("receipt") | not)'
}

@test "a receipt that proves nothing about it" {
	with_receipt
	check="bulla-verify -k $seal --receiver recv.key.pub --receipt"
	sealed q.bulla a.txt
	no 1 "it.note: receipt: this receipt is for another package" \
	    $check it.note q.bulla
	sed 's/^event: receive$/event: recieve/' it.note >bad.note
	no 1 "bad.note: receipt" $check bad.note p.bulla
	bulla-keygen sign -n gamma/receiver -o third.key >/dev/null
	no 2 "none of the known keys" bulla-verify -k "$seal" \
	    --receiver third.key.pub --receipt it.note p.bulla
	no 1 "p.bulla: receipt" $check p.bulla p.bulla
	no 3 "bulla-verify: missing: cannot open" $check missing p.bulla
	run --separate-stderr bulla-verify --json -k "$seal" \
	    --receiver recv.key.pub --receipt it.note q.bulla
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .file == "it.note"' <<<"${lines[0]}"
	ok bulla-verify -q -k "$seal" --receiver recv.key.pub \
	    --receipt it.note p.bulla
	[ -z "$output" ]
}

@test "whose key is for what" {
	with_receipt
	. "$BATS_TEST_DIRNAME/../lib/sign_note.sh"
	sed '/^$/,$d' it.note >text
	sign_note text seal.key >own.note
	# who sealed it does not receive it, nor the other way round
	no 2 "none of the known keys" bulla-verify -k "$seal" \
	    --receiver recv.key.pub --receipt own.note p.bulla
	no 2 "none of the known keys" bulla-verify -K recv.key.pub \
	    --receiver recv.key.pub --receipt it.note p.bulla
	cat recv.key.pub seal.key.pub >all.pub
	for note in it own; do
		no 2 "alpha/sealer has sealed the package" bulla-verify \
		    -K all.pub --receiver all.pub --receipt $note.note p.bulla
	done
}

@test "a receipt of these bytes that names another package or seal" {
	with_receipt
	. "$BATS_TEST_DIRNAME/../lib/sign_note.sh"
	check="bulla-verify -k $seal --receiver recv.key.pub --receipt"
	zeros=$(printf '%064d' 0)
	sed '/^$/,$d' it.note >text
	sign_note text recv.key >same.note
	ok $check same.note p.bulla
	sed "s/^package: .*/package: ${zeros:0:32}/" text >other
	sign_note other recv.key >bad.note
	no 1 "names another package or seal" $check bad.note p.bulla
	sed "s/^seal: .*/seal: $zeros/; s/^previous: .*/previous: $zeros/" \
	    text >other
	sign_note other recv.key >bad.note
	no 1 "names another package or seal" $check bad.note p.bulla
}

@test "a signed reject is no receipt" {
	bulla-keygen sign -n beta/receiver -o recv.key >/dev/null
	bulla-seal -q -i seal.key -r "$desk" --exercise -o x.bulla a.txt
	run bulla-receive --home home -i recv.key -k "$seal" x.bulla
	[ "$status" -eq 1 ]
	cp home/receipts/*.note it.note
	grep -qx 'event: reject' it.note
	no 1 "beta/receiver rejected the package: out-of-scope" \
	    bulla-verify --exercise -k "$seal" --receiver recv.key.pub \
	    --receipt it.note x.bulla
}

@test "what --receipt needs" {
	with_receipt
	no 2 "belong together" bulla-verify -k "$seal" --receipt it.note p.bulla
	no 2 "belong together" \
	    bulla-verify -k "$seal" --receiver recv.key.pub p.bulla
	echo '# nobody' >empty
	no 2 "no vkey in it" bulla-verify -k "$seal" --receiver empty \
	    --receipt it.note p.bulla
	no 2 "belong together" bulla-verify -k "$seal" --receiver empty p.bulla
	no 2 "one --receipt" bulla-verify -k "$seal" --receiver recv.key.pub \
	    --receipt it.note --receipt it.note p.bulla
	no 2 "both be standard input" sh -c "bulla-verify -k $seal \
	    --receiver recv.key.pub --receipt - <p.bulla"
	no 3 "missing" bulla-verify -k "$seal" --receiver missing \
	    --receipt it.note p.bulla
	no 2 "give a file instead of a pipe" sh -c "cat p.bulla |
	    bulla-verify -k $seal --receipt it.note --receiver recv.key.pub"
}
