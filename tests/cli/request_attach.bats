#!/usr/bin/env bats
# bulla-request: what the document lists of its attachments is what is packed.
# shellcheck disable=SC2154 # run sets output
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BIN=$(cd "$BULLA_BIN" && pwd)
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	command -v expect >/dev/null || skip "no expect"
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	unset BULLA_HOME
	# a sealing key that asks for a passphrase
	printf '%s\n' 'correct horse' 'correct horse' >pass
	mkdir -m 700 a a/keys
	"$BIN/bulla-keygen" sign -n a.example/sealer -p --passphrase-fd 3 \
	    -o a/keys/sealer.key 3<pass >&2
	for s in a b; do
		"$BIN/bulla-trust" --home $s init -n $s.example \
		    --person "Lea $s" --passphrase-fd 3 3<pass >&2
	done
	"$BIN/bulla-trust" --home a pin b/roster/ours.note --fingerprint \
	    "$("$BIN/bulla-trust" --home b fingerprint ours)" >&2
	echo first >order.pdf
	echo other >annex.pdf
}

# changing COMMAND: it is asked for when the attachments have been listed and
# are not packed yet; that is when COMMAND runs
changing() {
	echo "$1" >change
	cat >change.exp <<-'END'
		set timeout 60
		spawn -noecho {*}$argv
		expect {
			timeout {exit 99}
			-re {assphrase.*: } {
				exec sh change
				send "correct horse\r"
			}
		}
		expect eof
		exit [lindex [wait] 3]
	END
	run expect change.exp "$BIN/bulla-request" --home a new \
	    -a order.pdf -a annex.pdf -o r.bulla "$V/office.txt" \
	    "$V/case.txt"
	echo "$output"
}

refused() {
	[ "$status" -eq 1 ]
	[[ $output == *"$1: was changed while it was being sealed: nothing was sealed or kept; "* ]]
	[ ! -e r.bulla ]
	[ ! -e a/custody ]
	[ -z "$(find a/packages a/requests -type f ! -name '.*')" ]
	"$BIN/bulla-ledger" --home a check
}

@test "an attachment that changes after it was listed is refused" {
	changing 'echo FIRST >order.pdf'
	refused order.pdf
	# as long as before, by another file of that name
	changing 'echo OTHER >new && mv new annex.pdf'
	refused annex.pdf
	# and when nobody interferes
	changing ':'
	[ "$status" -eq 0 ]
	local id
	id=$(tail -n 1 <<<"$output" | tr -d '\r')
	"$BIN/bulla-open" --home b -k "$(cat a/keys/sealer.key.pub)" \
	    -d out r.bulla
	for f in order.pdf annex.pdf; do
		cmp $f "out/exchange/data/$f"
		grep -q "$(sha256sum <$f | cut -c 1-64) 6 $f" \
		    "a/requests/$id.txt"
	done
}

@test "what is changed and changed back is what was listed" {
	changing 'echo FIRST >order.pdf; echo first >order.pdf'
	[ "$status" -eq 0 ]
}
