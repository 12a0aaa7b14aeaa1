#!/usr/bin/env bats
# bulla-certificate: what the page says is what the records say.
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
	sum=$(sha256sum <"$id.bulla" | cut -d ' ' -f 1)
}

certificate() {
	bulla-certificate --home a "$@"
}

# joined FILE: a value that stands below its label comes behind it again
joined() {
	awk '/^   [^ ]/ { printf " %s", substr($0, 4); next }
	    { printf "%s%s", (NR > 1 ? "\n" : ""), $0 } END { print "" }' "$1"
}

@test "certificate: what, who, when, digests, as text" {
	ok certificate --text -o text "$id"
	[ -z "$output" ]
	# but for the commands it fits 80 columns
	while read -r line; do
		[ "${#line}" -le 80 ]
	done < <(sed '/^== How to check/,/^== /d' text)
	joined text >page
	grep -q "^  SHA-256 of the file, now  *$sum" page
	grep -q "^  SHA-256, as the notes say  *$sum" page
	seal=$(tar -xOf "$id.bulla" "$id/closing.note" | sed '/^$/,$d' |
		sha256sum | cut -d ' ' -f 1)
	grep -q "^  Seal (SHA-256 of the closing note) *$seal" page
	grep -q "^All that was verified holds" page
	grep -q "^  Held now by  *bravo.example$" page
	grep -q "complete: relinquished, received, countersigned" page
	grep -q "^A 1: seal" page
	grep -q "^B 1: receive" page
	grep -q "^  Signed by  *bravo.example/receiver (key [0-9a-f]*): good" page
	grep -q "^  Countersigned by  *alpha.example/custodian " page
	# the three times stand apart
	at=$(sed -n 's/^time: //p' "a/custody/$id/0002-relinquish.note")
	sed -n '/^A 2/,/^B 1/p' page >note
	grep -q "^  Claimed by the signer  *$at" note
	grep -q "^  Cosigned by the other side  *not yet" note
	grep -q "^  Timestamped  *20.*Z by CN=TEST ONLY p256" note
	key=$(cat a/keys/sealer.key.pub)
	grep -qF "$key" page
	grep -q "^  Fingerprint  *$(echo "${key#*+*+}" | base64 -d |
		tail -c 32 | sha256sum | cut -d ' ' -f 1)" page
	grep -q "does not prove that what was signed is true" page
	for ink in 'Signature of the holder' 'Signature of the witness' \
	    'Why the original was not seized' Qualification; do
		grep -q "^  $ink .*____" page
	done
}

@test "certificate: what the bag says is filled in, and marked" {
	lines() {
		joined page | sed -n '/^== Collection record/,$p'
	}
	ok certificate --text -o page -i a/keys/desk.age "$id"
	lines >all
	grep -q '^  Case number  *2026-7 (from the bag)$' all
	grep -q '^  Exhibit number  *A-1 (from the bag)$' all
	grep -q '^  Legal basis  *MLA-22 (from the bag)$' all
	grep -q '^  Holder of the original  *<b>Acme</b> & "Sons" (from the bag)$' all
	for ink in Witness Investigator Method 'Collected until'; do
		grep -q "^  $ink  *____" all
	done
	# the opened bag says the same; a note goes first, and both are named
	bulla-custody --home a add -s place=x -s purpose=x -s authority=x \
	    -s result=x -s officer=x -s item=disk -s holder='Acme Ltd' \
	    -s holder-signature=signed -s not-seized=- "$id" seize >/dev/null
	run certificate --text -f -o page -i a/keys/desk.age \
	    --bag opened/bag "$id"
	[ "$status" -le 1 ]
	lines | grep -q \
	    'original *Acme Ltd (from a note); <b>Acme</b> & "Sons" (from the bag)$'
	run certificate -f -o page -i a/keys/desk.age "$id"
	grep -q '&lt;b&gt;Acme&lt;/b&gt; &amp; &quot;Sons&quot; (from the bag)' page
	no 1 "nothing shows that this is the bag" certificate -f -o page \
	    --bag opened/bag "$id"
	# without either: nothing of the bag, and the page says so
	run certificate --text -f -o page "$id"
	lines | grep -q 'the bag in the package was not looked at'
	lines | grep -q '^  Legal basis  *____'
}

@test "certificate: more labels than a line has room for are counted" {
	local m=() i pad
	pad=$(printf '%0100d' 0)
	for i in $(seq 500); do
		m+=(-m "Evid-Tool=tool $i $pad")
	done
	bulla-seal --home a -r "$(cat a/keys/desk.age.pub)" -m Evid-Case-Id=2026-8 \
	    "${m[@]}" -o many.bulla evidence/logs >new
	mv many.bulla "a/packages/$(cat new).bulla"
	run --separate-stderr certificate --text -o page -i a/keys/desk.age \
	    "$(cat new)"
	echo "$stderr"
	[ "$status" -le 1 ]
	joined page | grep '^  Tools ' >tools
	[ "$(grep -o 'tool [0-9]* 0' tools | wc -l)" -eq "$(
	    grep -o 'tool [0-9]* 0' tools | tail -n 1 | cut -d ' ' -f 2)" ]
	i=$(grep -o 'tool [0-9]* 0' tools | wc -l)
	[ "$i" -gt 30 ]
	grep -q "; and $((500 - i)) more: see bag-info.txt in the package (from the bag)\$" tools
	[ "$(wc -c <tools)" -lt 4500 ]
}

@test "certificate: what notes say is filled in, and escaped" {
	bulla-custody --home a add -s place=x -s purpose=x -s authority=x \
	    -s result=x -s item=phone -s 'holder=<i>Eve</i> & "Co"' \
	    -s holder-signature=refused -s not-seized='in use' \
	    "$id" seize >/dev/null || :
	certificate -o page.html "$id" || [ "$?" -eq 1 ]
	grep -qF '&lt;i&gt;Eve&lt;/i&gt; &amp; &quot;Co&quot;' page.html
	grep -qF 'a &lt;b&gt;bold&lt;/b&gt; remark &amp; &quot;more&quot;' page.html
	run ! grep -Eq '<i>|<b>bold' page.html
	run ! grep -Eq '<script|<link|<img|url\(' page.html
	grep -qF "default-src 'none'" page.html
}

# commands PAGE: those of the page, text or HTML
commands() {
	case $1 in
	*.html)
		sed -n '/<pre class="run">/,/<\/pre>/p' "$1" |
			sed 's/<pre class="run">//; s/<\/pre>//
			    s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g
			    s/&#39;/'\''/g; s/&amp;/\&/g'
		;;
	*) sed -n '/^== How to check/,/^== Cert/s/^    //p' "$1" ;;
	esac
}

@test "certificate: the commands of the page pass, and find what is wrong" {
	certificate -o page.html "$id"
	certificate --text -o page.txt "$id"
	commands page.html | grep . >1.sh
	commands page.txt | grep . >2.sh
	cmp 1.sh 2.sh
	# they can be typed from paper: no line that wraps, no other letters
	run ! grep -E '.{77}' 1.sh
	LC_ALL=C run ! grep -n '[^ -~	]' 1.sh
	mkdir hand
	cp "$id.bulla" custody.tar hand/
	cd hand
	run sh ../1.sh
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "everything holds" ]
	[ "$(grep -c 'Verified Success' <<<"$output")" -eq 7 ]
	[[ $output == *"Verification: OK"* ]]
	# another package, another note, another key, another token
	cd ..
	for what in package note key token; do
		rm -rf hand
		mkdir hand
		cp "$id.bulla" custody.tar 1.sh hand/
		cd hand
		case $what in
		package) head -c -1 "$id.bulla" >x && mv x "$id.bulla" ;;
		note)
			tar -xf custody.tar
			sed -i 's/^place: .*/place: Elsewhere/' \
			    custody-*/theirs/0002-store.note
			tar -cf custody.tar custody-*
			;;
		key)
			from=$(cat ../b/keys/custodian.key.pub)
			to=$(cat ../b/keys/sealer.key.pub)
			# name+id+ and the key: a line each
			sed -i "s|${from#*+*+}|${to#*+*+}|
			    s|'${from%"${from#*+*+}"}'|'${to%"${to#*+*+}"}'|" 1.sh
			run ! cmp -s 1.sh ../1.sh
			;;
		token)
			tar -xf custody.tar
			cp ../tsa/foreign-ca.pem custody-*/tsa/ca.pem
			tar -cf custody.tar custody-*
			;;
		esac
		run sh 1.sh
		echo "$what: $status $output"
		[ "$status" -ne 0 ]
		[[ $output != *"everything holds"* ]]
		cd ..
	done
}

@test "certificate: what does not hold is said, with exit 1" {
	printf overlaid | dd of="a/packages/$id.bulla" bs=1 seek=20000 \
	    conv=notrunc status=none
	run --separate-stderr certificate --text "$id"
	[ "$status" -eq 1 ]
	[[ $output == *"!! NOT EVERYTHING HOLDS"* ]]
	[[ $output == *"FAILED: Computed anew: it is NOT the one"* ]]
	[[ $stderr == *"did not hold: the certificate says so"* ]]
	cp "$id.bulla" a/packages/
	# a note of theirs is gone
	rm "a/custody/$id/theirs/0001-receive.note"
	run --separate-stderr certificate --text --json -o page "$id"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .problems > 0' <<<"$output"
	joined page | grep -q '^  The chain of custody  *FAILED: '
}

@test "certificate: without the package, without a roster" {
	rm "a/packages/$id.bulla"
	ok certificate --text "$id"
	[[ $output == *"Not looked at: the package is not in this home"* ]]
	[[ $output == *"All notes hold. The package itself was not looked at."* ]]
	ok certificate --text --package "$id.bulla" "$id"
	[[ $output == *"All that was verified holds."* ]]
	rm -r a/roster
	ok certificate --text --package "$id.bulla" "$id"
	[[ $output == *"Not verified: no roster"* ]]
	[[ $output == *"Signatures were not checked"* ]]
	[[ $output == *": not checked"* ]]
}

@test "certificate: usage" {
	no 2 "which package?" bulla-certificate --home a
	no 2 "which package?" bulla-certificate --home a 12
	no 2 "one ID" bulla-certificate --home a "$id" "$id"
	no 1 "no notes of package" bulla-certificate --home a \
	    "$(printf '%032d' 0)"
	no 1 "no notes of package" bulla-certificate --home nowhere "$id"
	certificate -o page "$id"
	no 1 "exists" bulla-certificate --home a -o page "$id"
	ok certificate -f -o page "$id"
	no 3 "missing" bulla-certificate --home a --package missing "$id"
}
