#!/usr/bin/env bats
# bulla-fetch: from a real nginx over TLS with client certificates: kills,
# reboots, changed objects, refusals, and what is checked in the end.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/fetch.bash

setup_file() {
	fetch_up
}

teardown_file() {
	fetch_down
}

setup() {
	fetch_setup
}

teardown() {
	way_teardown
}

@test "a package comes, verified, and nothing is left beside it" {
	run --separate-stderr vfetch "$URL/package"
	[ "$status" -eq 0 ]
	[[ $output == "package: $(stat -c %s "$D/package") bytes, sha256 $(sha "$D/package"), package "*" verified, from a.example/sealer" ]]
	[ -z "$stderr" ]
	whole package "$D/package"
	[ "$(requests 1)" = "/package 200 $(stat -c %s package) -" ]
	# never over a file, unless it is asked for
	fails 1 'package: exists already' vfetch "$URL/package"
	echo old >package
	fails 1 'package: exists already' vfetch -o package "$URL/big"
	[ "$(cat package)" = old ]
	vfetch -q -f -o package "$URL/big" >/dev/null
	whole package "$D/big"
}

@test "--json" {
	run --separate-stderr vfetch --json -o p "$URL/package?x=1"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	jq -e ".ok and .verified and .complete and .file == \"p\" and
	    .sha256 == \"$(sha "$D/package")\" and .had == 0 and
	    .arrived == .bytes and .from == \"a.example/sealer\"" <<<"$output"
	run --separate-stderr fetch --json "$URL/nothing"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .status == "refused"' <<<"$output"
}

@test "killed with -9 in the middle: goes on, and nothing comes twice" {
	killed p 5000000
	: >"$D/nginx/access"
	run --separate-stderr vfetch --json -o p "$URL/big"
	[ "$status" -eq 0 ]
	whole p "$D/big"
	size=$(stat -c %s p)
	jq -e ".verified and .had == $AT and .arrived == $size - $AT" \
	    <<<"$output"
	[ "$(grep 206 "$D/nginx/access")" = \
	    "/big 206 $((size - AT)) bytes=$AT-" ]
}

@test "killed again and again, then finished without a network" {
	killed p 2000000
	killed p 7000000
	# it ends short of the keys, with all bytes there
	fails 2 'p.part' fetch -K "$D/r.key.pub" -o p "$URL/big"
	[ ! -e p ]
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"$(stat -c %s p) bytes were here from an earlier run" ]]
	whole p "$D/big"
	[ ! -s "$D/nginx/access" ]
}

@test "after a reboot only what was made durable counts" {
	killed p 5000000
	# what a crash leaves: the right length, and zeros in it
	truncate -s 1000000 p.part
	truncate -s 9000000 p.part
	sed -i 's/^durable: .*/durable: 1000000/
	    s/^boot: .*/boot: another/' p.part.info
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	whole p "$D/big"
	grep -q ' bytes=1000000-$' "$D/nginx/access"
	[[ $stderr == *"1000000 bytes were here"* ]]
}

@test "bytes that were spoilt here are noticed and fetched once more" {
	killed p 5000000
	printf overlaid | dd of=p.part bs=1 seek=4000000 conv=notrunc status=none
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"it came in pieces: fetched once more"* ]]
	whole p "$D/big"
}

@test "an .info that is spoilt, of another URL, or too long a part" {
	killed p 2000000
	cp p.part b.part
	cp p.part.info b.part.info
	for f in p b; do
		case $f in
		p) echo nonsense >p.part.info ;;
		b) truncate -s 40000000 b.part ;;
		esac
		run --separate-stderr vfetch -o $f "$URL/big"
		[ "$status" -eq 0 ]
		[[ $stderr == *"is not used, because"*": starting again"* ]]
		whole $f "$D/big"
	done
	killed p2 2000000
	run --separate-stderr vfetch -o p2 "$URL/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"it is of another URL: starting again"* ]]
	whole p2 "$D/package"
}

@test "the object changes between two runs: starts again, and says so" {
	cp "$D/big" "$D/www/changing"
	killed p 3000000 "$URL/changing"
	cp "$D/package" "$D/www/new"
	mv "$D/www/new" "$D/www/changing"
	run --separate-stderr vfetch -o p "$URL/changing"
	[ "$status" -eq 0 ]
	[[ $stderr == *"the object has changed on the server: starting again"* ]]
	whole p "$D/package"
}

@test "a server without ranges starts again, one without ETag goes on" {
	touch -d '1 hour ago' "$D/www/big"
	killed a 2000000 "$URL/noranges/big"
	run --separate-stderr vfetch -o a "$URL/noranges/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"the server sends no ranges of it: starting again"* ]]
	whole a "$D/big"
	killed b 2000000 "$URL/noetag/big"
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o b "$URL/noetag/big"
	[ "$status" -eq 0 ]
	whole b "$D/big"
	grep -q " 206 .* bytes=$AT-\$" "$D/nginx/access"
	# neither: nothing that says the rest is of the same object
	killed c 2000000 "$URL/blind/big"
	run --separate-stderr vfetch -o c "$URL/blind/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"no version to go by: starting again"* ]]
	whole c "$D/big"
}

@test "what the server says no to, for good and for now" {
	fails 1 'the server answered 404' vfetch "$URL/nothing"
	fails 1 "302 and leads to \"https://127.0.0.1:1/x\"" \
	    vfetch "$URL/moved/package"
	fails 1 'Content-Encoding' vfetch "$URL/gzip/package"
	fails 5 'the server answered 500' vfetch --attempts 1 \
	    "$URL/broken/package"
	fails 5 'come back tomorrow' vfetch --deadline 5 "$URL/never/package"
	start=$(date +%s%N)
	fails 5 'given up after 2 failures' vfetch --attempts 2 \
	    "$URL/busy/package"
	[ $((($(date +%s%N) - start) / 1000000)) -ge 900 ]
	[ -z "$(ls -I 'separate-*')" ]
}

@test "certificates and pins" {
	AS=other vfetch --pin "$(cat "$D/tls/elsewhere.pin")" \
	    --pin "$(cat "$D/tls/server.pin")" -o p "$URL/package"
	whole p "$D/package"
	fails 1 'not the server that we trust' vfetch \
	    --pin "$(cat "$D/tls/elsewhere.pin")" "$URL/package"
	fails 1 'not the server that we trust' "$BULLA_BIN/bulla-fetch" \
	    --cacert "$D/tls/foreign-ca.pem" "$URL/package"
	fails 1 'not the server that we trust' "$BULLA_BIN/bulla-fetch" \
	    "$URL/package"
	fails 1 'the server answered 400' "$BULLA_BIN/bulla-fetch" \
	    --cacert "$D/tls/ca.pem" "$URL/package"
	AS=foreign fails 1 'the server answered 400' fetch "$URL/package"
	[ ! -e package.part ]
}

@test "keys: verified, not verified, unknown, and a package that is none" {
	run --separate-stderr fetch -o a "$URL/package"
	[ "$status" -eq 0 ]
	[[ $output == *' NOT VERIFIED' ]]
	[[ $stderr == *"NOT VERIFIED: no sealer's key is known"* ]]
	whole a "$D/package"
	run --separate-stderr fetch --json -q -o b "$URL/package"
	jq -e '.ok and .verified == false' <<<"$output"
	# bytes that do not verify never get the name
	cp "$D/package" "$D/www/bad"
	printf overlaid | dd of="$D/www/bad" bs=1 seek=1000000 conv=notrunc \
	    status=none
	fails 1 'what came is left in bad.part' vfetch "$URL/bad"
	[ ! -e bad ]
	cmp bad.part "$D/www/bad"
	# the server mends it: the part is of no use
	cp "$D/package" "$D/www/mended"
	mv "$D/www/mended" "$D/www/bad"
	vfetch -q "$URL/bad"
	whole bad "$D/package"
	# not real evidence
	"$BULLA_BIN/bulla-seal" -q --exercise -i "$D/s.key" \
	    -R "$D/desk.age.pub" -o "$D/www/drill" "$D/www/plain" >/dev/null
	fails 1 EXERCISE vfetch "$URL/drill"
	fails 1 EXERCISE fetch "$URL/drill"
	vfetch -q --exercise "$URL/drill"
	whole drill "$D/www/drill"
	# cut short on the server
	head -c 1000000 "$D/package" >"$D/www/short"
	fails 4 'early' vfetch "$URL/short"
	fails 4 'early' fetch "$URL/short"
	[ ! -e short ]
	fails 1 'no sealed package' vfetch "$URL/plain"
	fails 1 'no sealed package' fetch "$URL/plain"
	[ ! -e plain ]
}

@test "without -k the rosters of the home say who may seal" {
	for s in a b; do
		"$BULLA_BIN/bulla-trust" init -q --home $s -n $s.example \
		    --person "Ann Lee" >/dev/null
	done
	for s in 'a b' 'b a'; do
		"$BULLA_BIN/bulla-trust" pin -q --home "${s% *}" \
		    --fingerprint "$("$BULLA_BIN/bulla-trust" fingerprint \
		    --home "${s#* }")" "${s#* }/roster/ours.note"
	done
	"$BULLA_BIN/bulla-seal" -q --home a -r b.example/desk \
	    -o "$D/www/theirs" "$D/www/plain"
	run --separate-stderr fetch --home b "$URL/theirs"
	[ "$status" -eq 0 ]
	[[ $output == *" verified, from a.example/sealer" ]]
	whole theirs "$D/www/theirs"
	# a sealer of whom they do not know
	fails 2 'package.part' fetch --home b "$URL/package"
	[ ! -e package ]
}

@test "--sha256: any file, and only that one" {
	run --separate-stderr fetch --sha256 "$(sha "$D/www/plain")" \
	    "$URL/plain"
	[ "$status" -eq 0 ]
	[[ $output == "plain: 13 bytes, sha256 $(sha plain), as demanded, no package" ]]
	whole plain "$D/www/plain"
	fails 1 "not what --sha256 says: the digest is $(sha "$D/package")" \
	    vfetch --sha256 "$(sha plain)" "$URL/package"
	# a slip of ours costs no second download
	: >"$D/nginx/access"
	vfetch -q --sha256 "$(sha "$D/package")" "$URL/package"
	whole package "$D/package"
	[ ! -s "$D/nginx/access" ]
	fails 2 '64 hex digits' fetch --sha256 abc "$URL/plain"
}

@test "two at once, and parts that others could change" {
	touch p.part
	exec 9<p.part
	flock -x 9
	fails 5 'another process holds this lock' vfetch -o p "$URL/big"
	exec 9<&-
	chmod 666 p.part
	fails 3 'not a regular file of ours alone' vfetch -o p "$URL/big"
	chmod 600 p.part
	ln p.part other
	fails 3 'not a regular file of ours alone' vfetch -o p "$URL/big"
	rm -f p.part
	ln -s other p.part
	fails 3 'p.part' vfetch -o p "$URL/big"
	[ ! -e p ]
}

@test "usage" {
	fails 2 'one URL at a time' fetch
	fails 2 'one URL at a time' fetch "$URL/a" "$URL/b"
	fails 2 'gives no good name' fetch "$URL/"
	fails 2 'gives no good name' fetch https://127.0.0.1
	fails 2 'gives no good name' fetch "$URL/.hidden"
	fails 2 'gives no good name' fetch "$URL/a%2Fb"
	fails 2 'needs a file' fetch -o - "$URL/package"
	fails 2 'only https is spoken' fetch http://127.0.0.1/package
	fails 2 'no user, password' fetch https://me:x@127.0.0.1/package
	fails 2 'belong together' "$BULLA_BIN/bulla-fetch" --key x "$URL/p"
	fails 2 'is no pin' fetch --pin /etc/passwd "$URL/package"
	cp "$D/s.key.pub" key.pub
	fails 2 'would replace' "$BULLA_BIN/bulla-fetch" -f -o key.pub \
	    --cacert key.pub "$URL/package"
	[ "$(ls -I 'separate-*')" = key.pub ]
}
