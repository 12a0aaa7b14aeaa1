#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	TRUST=$BULLA_BIN/bulla-trust
	KEYGEN=$BULLA_BIN/bulla-keygen
	LEDGER=$BULLA_BIN/bulla-ledger
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	umask 022
	unset BULLA_HOME
	FP='^([0-9a-f]{4} ){7}[0-9a-f]{4}$'
}

# in_years N: a day to come, whenever this is run
in_years() {
	date -u -d "+$1 years" +%F
}

# refused WANT-STATUS MESSAGE COMMAND...: and nothing below home b changes
refused() {
	local want=$1 message=$2 before after
	shift 2
	before=$(find b -type f ! -name lock -exec sha256sum {} + | sort)
	run --separate-stderr "$@"
	after=$(find b -type f ! -name lock -exec sha256sum {} + | sort)
	[ "$status" -eq "$want" ]
	[ "$output" = "" ]
	[[ $stderr == *"$message"* ]]
	[ "$before" = "$after" ]
}

@test "init: one command makes keys, roster and ledger" {
	run --separate-stderr "$TRUST" --home a init -n a.example --person Anna
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "in force a.example version 1" ]
	[[ ${lines[1]} =~ $FP ]]
	[[ ${lines[2]} =~ $FP ]]
	for role in root lead sealer custodian receiver hotline log witness; do
		[ "$(stat -c %a "a/keys/$role.key")" = 600 ]
		grep -q "^a.example/$role+" "a/keys/$role.key.pub"
	done
	[ "$(age-keygen -y a/keys/desk.age)" = "$(cat a/keys/desk.age.pub)" ]
	[ "$(sed '/^$/q' a/roster/ours.note | sed '$d' | sha256sum |
		head -c 64)" = "${lines[1]// /}${lines[2]// /}" ]
	run --separate-stderr "$LEDGER" --home a check
	[ "$output" = "ok a.example/log, 1 records" ]
	run --separate-stderr "$TRUST" --home a init -n a.example --person Anna
	[ "$status" -eq 1 ]
	[[ $stderr == *"has a roster already"* ]]
}

@test "init: keys that are there are used, whoever's they are" {
	mkdir -m 700 a a/keys
	"$KEYGEN" sign -n a.example/seal-2026 -o a/keys/sealer.key >/dev/null
	"$TRUST" --home a init -n a.example --person Anna \
		--person 'custodian=Carl Cedar' --person sealer=Sue >/dev/null
	run --separate-stderr "$TRUST" --home a show
	[[ $output == *"sealer    a.example/seal-2026 "*" Sue "* ]]
	[[ $output == *"custodian a.example/custodian "*" Carl Cedar "* ]]
	[[ $output == *"lead      a.example/lead "*" Anna "* ]]
	"$KEYGEN" sign -n x.example/sealer -f -o a/keys/sealer.key >/dev/null
	cp -r a x
	rm -r x/roster
	run --separate-stderr "$TRUST" --home x init -n a.example --person A
	[ "$status" -eq 1 ]
	[[ $stderr == *"x.example/sealer: its name does not begin with"* ]]
	[ ! -e x/roster/ours.note ]
}

# bats test_tags=slow
@test "init: with a passphrase the keys of persons are wrapped" {
	printf 'open sesame\n' >p
	run --separate-stderr "$TRUST" --home a init -p --passphrase-fd 3 \
		-n a.example --person Anna 3<p
	[ "$status" -eq 0 ]
	for role in root lead custodian hotline; do
		[ "$(head -n 1 "a/keys/$role.key")" = age-encryption.org/v1 ]
	done
	grep -q '^PRIVATE' a/keys/sealer.key
	"$TRUST" --home a propose --passphrase-fd 3 -o next 3<p >/dev/null
	printf 'wrong\n' >p
	run --separate-stderr "$TRUST" --home a propose --passphrase-fd 3 3<p
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"wrong passphrase"* ]]
}

@test "init: several root persons sign one after the other" {
	for who in r1 r2 r3; do
		"$KEYGEN" sign -n "a.example/$who" -o $who >/dev/null
	done
	run --separate-stderr "$TRUST" --home a init -n a.example \
		--person Anna -i r1 --root "$(cat r2.pub)=Bea" \
		--root "$(cat r3.pub)=Anna"
	[ "$status" -eq 2 ]
	[[ $stderr == *"1 of 2 persons have signed: -o FILE"* ]]
	run --separate-stderr "$TRUST" --home a init -n a.example \
		--person Anna -i r1 --root "$(cat r2.pub)=Bea" \
		--root "$(cat r3.pub)=Anna" -o first
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "proposed a.example version 1" ]
	[ ! -e a/roster/ours.note ]
	[ ! -e a/keys/root.key ]
	# a second key of the same person does not count
	"$TRUST" sign -i r3 first >/dev/null
	run --separate-stderr "$TRUST" --home a pin --ours first
	[ "$status" -eq 1 ]
	[[ $stderr == *"signed by 1 of 2 persons with its own root keys"* ]]
	[ ! -e a/roster/ours.note ]
	run --separate-stderr "$TRUST" --home none sign -i r2 first
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "signed a.example version 1" ]
	[[ $stderr == *"2 of the 2 persons"* ]]
	run --separate-stderr "$TRUST" --home a pin first
	[ "$status" -eq 2 ]
	[[ $stderr == *"or --ours if first is to be it"* ]]
	"$TRUST" --home a pin --ours first >/dev/null
	"$TRUST" --home a show >/dev/null
	run --separate-stderr "$LEDGER" --home a check
	[ "$output" = "ok a.example/log, 1 records" ]
}

@test "sign: by root keys only, each once, and what was signed stays whole" {
	"$TRUST" --home a init -n a.example --person Anna -o v1 >/dev/null
	cp v1 v1.before
	run --separate-stderr "$TRUST" --home a sign -i a/keys/root.key v1
	[ "$status" -eq 1 ]
	[[ $stderr == *"a.example/root has signed it already"* ]]
	run --separate-stderr "$TRUST" --home a sign -i a/keys/lead.key v1
	[ "$status" -eq 1 ]
	[[ $stderr == *"a.example/lead is a root key neither of this"* ]]
	cmp v1 v1.before
	run --separate-stderr "$TRUST" sign v1
	[ "$status" -eq 2 ]
	sed 's/^version: 1/version: 2/' v1 >v2
	run --separate-stderr "$TRUST" sign -i a/keys/root.key v2
	[ "$status" -eq 1 ]
}

@test "pin: the fingerprint decides, given or typed" {
	"$TRUST" --home a init -n a.example --person Anna >/dev/null
	"$TRUST" --home b init -n b.example --person Bert >/dev/null
	fp=$("$TRUST" fingerprint a/roster/ours.note)
	refused 1 "the fingerprint is another" "$TRUST" --home b pin \
		--fingerprint "$("$TRUST" --home b fingerprint)" \
		a/roster/ours.note
	refused 2 "not 64 hex digits" "$TRUST" --home b pin \
		--fingerprint "${fp#????}" a/roster/ours.note
	refused 2 "needs its fingerprint" setsid "$TRUST" --home b pin \
		a/roster/ours.note
	run --separate-stderr "$TRUST" --home b pin --fingerprint "${fp^^}" \
		a/roster/ours.note
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "pinned a.example version 1" ]
	[ "$stderr" = "" ]
	cmp a/roster/ours.note b/roster/theirs.note
	# once more: nothing new, and no second record
	"$TRUST" --home b pin a/roster/ours.note >/dev/null
	run --separate-stderr "$LEDGER" --home b check
	[ "$output" = "ok b.example/log, 2 records" ]
}

@test "pin: typed on a terminal, in two lines" {
	command -v expect
	"$TRUST" --home a init -n a.example --person Anna >/dev/null
	"$TRUST" --home b init -n b.example --person Bert >/dev/null
	mapfile -t fp < <("$TRUST" --home a fingerprint)
	run expect -c 'set timeout 20' \
		-c "spawn $TRUST --home b pin a/roster/ours.note" \
		-c 'expect "as they read it out"' -c "send \"${fp[0]}\r\"" \
		-c "send \"${fp[1]}\r\"" -c 'expect eof' \
		-c 'exit [lindex [wait] 3]'
	[ "$status" -eq 0 ]
	[ -e b/roster/theirs.note ]
	rm -r b
	"$TRUST" --home b init -n b.example --person Bert >/dev/null
	run expect -c 'set timeout 20' \
		-c "spawn $TRUST --home b pin a/roster/ours.note" \
		-c 'expect "as they read it out"' -c 'send "yes\r"' \
		-c 'send "\r"' -c 'expect eof' -c 'exit [lindex [wait] 3]'
	[ "$status" -eq 2 ]
	[ ! -e b/roster/theirs.note ]
}

@test "the chain: next versions, and each way to leave it" {
	two_sides
	"$KEYGEN" sign -n a.example/sealer -o new >/dev/null
	"$TRUST" --home a propose --until a.example/sealer=now \
		--add "sealer=$(cat new.pub)" -o v2 >/dev/null
	"$TRUST" --home a pin v2 >/dev/null
	day=$(in_years 3)
	"$TRUST" --home a propose --expires "$day" -o v3 >/dev/null
	refused 1 "version 3 skips: version 2 must come next" \
		"$TRUST" --home b pin v3
	sed 's/^expires: ..../expires: 9999/' v2 >changed
	run ! cmp -s v2 changed
	refused 1 "the signature of a.example/root does not verify" \
		"$TRUST" --home b pin changed
	head -n -1 v2 >unsigned
	refused 1 "no signature line" "$TRUST" --home b pin unsigned
	head -n -1 v2 >other
	grep '^— ' b/roster/ours.note >>other
	refused 1 "signed by 0 of 1 persons with its own root keys" \
		"$TRUST" --home b pin other
	cp v2 twice
	tail -n 1 v2 >>twice
	refused 1 "the same key as on an earlier line" \
		"$TRUST" --home b pin twice
	"$TRUST" --home b pin v2 >/dev/null
	refused 1 "version 1 is older than version 2" \
		"$TRUST" --home b pin b/roster/history/a.example-000001.note
	"$TRUST" --home a propose --age desk=- -o another >/dev/null
	"$TRUST" --home b pin v3 >/dev/null
	refused 1 "version 3 is in force with another text" \
		"$TRUST" --home b pin another
	"$TRUST" --home a pin v3 >/dev/null
	run --separate-stderr "$TRUST" --home b show theirs
	[ "$status" -eq 0 ]
	[[ $output == *"version 3"*"expires ${day}T00:00:00Z"* ]]
	[[ $output == *"! a.example/sealer could sign only until"* ]]
}

@test "propose: an end that is near is remarked upon" {
	two_sides
	run --separate-stderr "$TRUST" --home a propose \
		--until a.example/sealer=now \
		--until "a.example/lead=$(in_years 1)" -o v2
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"a.example/sealer ends at "*"has not cosigned by then"* ]]
	[[ $output == "proposed a.example version 2"* ]]
	# the end has come: the next roster says nothing more about it
	"$TRUST" --home a pin -q v2
	run --separate-stderr "$TRUST" --home a propose -o v3 --until \
		"a.example/hotline=$(date -u -d '+3 days' +%FT%TZ)"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	run --separate-stderr "$TRUST" --home a propose -q -o v4 --until \
		a.example/hotline=now
	[ "$stderr" = "" ]
}

@test "pin: several files at once, in order" {
	two_sides
	for v in 2 3 4; do
		"$TRUST" --home a propose -o v$v >/dev/null
		"$TRUST" --home a pin v$v >/dev/null
	done
	refused 1 "version 4 skips" "$TRUST" --home b pin v4
	run --separate-stderr "$TRUST" --home b pin v2 v3 v4
	[ "$status" -eq 0 ]
	[ "$(grep -c ^pinned <<<"$output")" -eq 3 ]
}

@test "a new root: the old and the new threshold sign" {
	two_sides
	"$KEYGEN" sign -n a.example/zoe -o zoe >/dev/null
	"$KEYGEN" sign -n a.example/yan -o yan >/dev/null
	"$TRUST" --home a propose --drop-root a.example/root \
		--root "$(cat zoe.pub)=Zoe" --root "$(cat yan.pub)=Yan" \
		--threshold 2 -o v2 >/dev/null
	cp v2 only-old
	"$TRUST" sign -i zoe v2 >/dev/null
	refused 1 "signed by 1 of 2 persons with its own root keys" \
		"$TRUST" --home b pin v2
	"$TRUST" sign -i yan v2 >/dev/null
	refused 1 "signed by 0 of 2 persons with its own root keys" \
		"$TRUST" --home b pin only-old
	# without the line of the old root
	grep -v '^— a.example/root ' v2 >only-new
	refused 1 "signed by 0 of 1 persons with the old root keys" \
		"$TRUST" --home b pin only-new
	# who is dropped signs where the roster in force is known
	run --separate-stderr "$TRUST" --home none sign -i a/keys/root.key \
		only-new
	[ "$status" -eq 1 ]
	"$TRUST" --home a sign -i a/keys/root.key only-new >/dev/null
	"$TRUST" --home b pin only-new >/dev/null
	"$TRUST" --home a pin v2 >/dev/null
}

@test "propose: what could not be taken in is refused at once" {
	two_sides
	"$KEYGEN" sign -n a.example/x -o x >/dev/null
	for args in "--add lead=$(cat x.pub)" \
		"--add sealer=$(cat a/keys/lead.key.pub)" \
		"--add sealer=$(cat b/keys/sealer.key.pub)" \
		"--add witness=$(cat x.pub)" \
		"--until a.example/lead=2020-01-01" \
		"--until a.example/none=now" "--until a.example/lead=soon" \
		"--age desk=age1" "--age none=-" "--tls 00" "--lift 00" \
		"--threshold 2" "--drop-root a.example/root" \
		"--drop-root nobody" "--root $(cat x.pub)" \
		"--add king=$(cat x.pub)" "--expires 2020-01-01" extra; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$TRUST" --home a propose $args -o out
		[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
		[ "$output" = "" ]
		[ "$stderr" != "" ]
		[ ! -e out ]
	done
	# by somebody who is no root: a proposal, which nobody takes
	"$TRUST" --home a propose -i x -o out >/dev/null
	cp -r b c
	refused 1 "a.example/x is none of these keys" "$TRUST" --home b pin out
}

@test "propose: every kind of change" {
	two_sides
	"$KEYGEN" sign -n a.example/deputy -o d >/dev/null
	tls=$(printf x | sha256sum | head -c 64)
	key_day=$(in_years 1) tls_day=$(in_years 2)
	run --separate-stderr "$TRUST" --home a propose \
		--add "lead=$(cat d.pub)" --person 'Dora Dill' \
		--until "$(cat d.pub)=$key_day" \
		--age "lab=$(cat b/keys/desk.age.pub)" --tls "$tls=$tls_day"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	printf '%s\n' "$output" >v2
	grep -q "^key: lead a.example/deputy.*Z ${key_day}T00:00:00Z Dora Dill$" v2
	grep -qx "age: a.example/lab $(cat b/keys/desk.age.pub)" v2
	grep -q "^tls: $tls 20.*Z ${tls_day}T00:00:00Z$" v2
	"$TRUST" --home b pin v2 >/dev/null
	"$TRUST" --home a pin v2 >/dev/null
	"$TRUST" --home a propose --age lab=- --tls "$tls=now" -o v3 >/dev/null
	run grep -c "a.example/lab" v3
	[ "$output" = 0 ]
	"$TRUST" --home b pin v3 >/dev/null
}

@test "suspend: at once, by a hotline or lead key, lifted by root only" {
	two_sides
	run --separate-stderr "$TRUST" --home a suspend \
		--key a.example/sealer --reason 'laptop stolen' -o s.note
	[ "$status" -eq 0 ]
	[[ $output == "suspended a.example/sealer since 20"* ]]
	[ "$stderr" = "" ]
	run --separate-stderr "$TRUST" --home b pin s.note
	[ "$status" -eq 0 ]
	"$TRUST" --home b pin s.note >/dev/null
	run --separate-stderr "$TRUST" --home b show theirs
	[[ $output == *"! a.example/sealer is suspended since"*"laptop stolen"* ]]
	run --separate-stderr "$LEDGER" --home b check
	[ "$output" = "ok b.example/log, 3 records" ]
	digest=$(sed '/^$/q' s.note | sed '$d' | sha256sum | head -c 64)
	[ -e "b/roster/suspend/$digest.note" ]
	"$TRUST" --home a propose --lift "$digest" -o v2 >/dev/null
	"$TRUST" --home b pin v2 >/dev/null
	run --separate-stderr "$TRUST" --home b show theirs
	[[ $output != *"suspended since"* ]]
	[[ $output == *"lifted suspension"*"$digest"* ]]
	# pinned again it stays lifted
	"$TRUST" --home b pin s.note >/dev/null
	run --separate-stderr "$TRUST" --home b show theirs
	[[ $output != *"suspended since"* ]]
}

@test "suspend: a line that nobody can verify is not kept, a bad file is told" {
	two_sides
	"$TRUST" --home a suspend --key a.example/sealer --reason why -o s.note
	cp s.note more
	printf '\342\200\224 a.example/new %s\n' \
		"$(head -c 68 /dev/zero | base64 -w 0)" >>./more
	"$TRUST" --home b pin more >/dev/null
	digest=$(sed '/^$/q' s.note | sed '$d' | sha256sum | head -c 64)
	cmp s.note "b/roster/suspend/$digest.note"
	"$TRUST" --home b pin s.note >/dev/null
	run --separate-stderr "$LEDGER" --home b check
	[ "$output" = "ok b.example/log, 3 records" ]
	sed -i 's/^reason: .*/reason: none/' "b/roster/suspend/$digest.note"
	run --separate-stderr "$TRUST" --home b show theirs
	[ "$status" -eq 0 ]
	[[ $output != *"suspended since"* ]]
	[[ $stderr == *"b/roster/suspend/$digest.note: not in force: "* ]]
	run --separate-stderr "$TRUST" --home b --json show theirs
	[[ $output == *'"skipped":["b/roster/suspend/'* ]]
	run --separate-stderr "$LEDGER" --home b monitor
	[ "$status" -eq 1 ]
	[[ $output == *"damage: b/roster/suspend/$digest.note: not in force"* ]]
	"$TRUST" --home b pin s.note >/dev/null
	run --separate-stderr "$TRUST" --home b show theirs
	[[ $output == *"suspended since"* ]]
	[ "$stderr" = "" ]
}

@test "suspend: refused for wrong keys, roles, sides, and changed notes" {
	two_sides
	sus() {
		run --separate-stderr "$TRUST" --home a suspend \
			--reason why "$@"
		[ "$output" = "" ]
		[ -z "$(ls a/roster/suspend)" ]
	}
	sus --key a.example/sealer -i a/keys/custodian.key
	[ "$status" -eq 1 ]
	[[ $stderr == *"custodian is neither a hotline nor a lead key"* ]]
	sus --key a.example/sealer -i b/keys/hotline.key
	[ "$status" -eq 1 ]
	sus --key a.example/root
	[ "$status" -eq 1 ]
	[[ $stderr == *"is a root key"* ]]
	sus --key b.example/sealer
	[ "$status" -eq 1 ]
	[[ $stderr == *"no key of our roster"* ]]
	sus
	[ "$status" -eq 2 ]
	sus --key a.example/sealer --reason -
	[ "$status" -eq 2 ]
	"$TRUST" --home a suspend --key a.example/sealer --reason why \
		-i a/keys/lead.key >s.note
	sed 's/^reason: why/reason: why not/' s.note >changed
	refused 1 "does not verify" "$TRUST" --home b pin changed
	sed 's/^actor: .*/actor: b.example\/hotline/' s.note >changed
	refused 1 "actor" "$TRUST" --home b pin changed
}

@test "files of the home that were changed are told, and by name" {
	two_sides
	cp -r b ok
	sed -i 's/Lea a/Eve/' b/roster/theirs.note
	for cmd in show "show theirs" fingerprint "pin a/roster/ours.note"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$TRUST" --home b $cmd
		[ "$status" -eq 1 ]
		[ "$output" = "" ]
		[[ $stderr == *"b/roster/theirs.note: the signature of"* ]]
	done
	rm -r b
	cp -r ok b
	: >b/roster/ours.note
	run --separate-stderr "$TRUST" --home b show
	[ "$status" -eq 1 ]
	[[ $stderr == *"b/roster/ours.note"* ]]
	rm -r b
	cp -r ok b
	"$TRUST" --home a propose -o v2 >/dev/null
	"$TRUST" --home b pin v2 >/dev/null
	cp ok/roster/theirs.note b/roster/theirs.note
	run --separate-stderr "$TRUST" --home b show
	[ "$status" -eq 1 ]
	[[ $stderr == *"version 1 was put back"* ]]
}

@test "two processes at once: one of two next versions is taken" {
	two_sides
	"$TRUST" --home a propose --expires "$(in_years 4)" -o x >/dev/null
	"$TRUST" --home a propose --expires "$(in_years 5)" -o y >/dev/null
	for v in x y x y x y; do
		"$TRUST" --home b pin $v >>taken 2>>errors &
	done
	wait
	first=$(head -n 3 taken | tail -n 2)
	[ "$(grep -c '^pinned' taken)" -eq 3 ]
	[ "$(grep -cF "${first%%$'\n'*}" taken)" -eq 3 ]
	[ "$(grep -c 'in force with another text' errors)" -eq 3 ]
	"$TRUST" --home b show >/dev/null
	"$LEDGER" --home b check
}

@test "show: fits a terminal, escapes, and has a form for programs" {
	two_sides
	long=$(printf 'x%.0s' {1..60})
	"$KEYGEN" sign -n "a.example/$long" -o l >/dev/null
	"$TRUST" --home a propose --add "lead=$(cat l.pub)" \
		--person "ÄÖÜ $long" --until "$(cat l.pub)=$(in_years 2)" \
		-o v2 >/dev/null
	run --separate-stderr "$TRUST" show v2
	[ "$status" -eq 0 ]
	[ "$(LC_ALL=C.UTF-8 wc -L <<<"$output")" -le 80 ]
	[[ $output == *" ÄÖÜ xx"*"... "* ]]
	[[ $output == "v2: a.example version 2"* ]]
	run --separate-stderr "$TRUST" --home a show --json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == '{"ok":true,"roster":"ours","side":"a.example","version":1,'* ]]
	[[ ${lines[1]} == *'"role":"witness","key":"b.example/witness+'*'"good":true}'* ]]
	run --separate-stderr "$TRUST" --home a --json fingerprint theirs
	[[ $output == '{"ok":true,"done":"fingerprint","side":"b.example","version":1,"fingerprint":"'* ]]
	run --separate-stderr "$TRUST" --home none show
	[ "$status" -eq 1 ]
	[[ $stderr == *"no such roster in this home (bulla-trust init)"* ]]
	printf 'bulla roster v1\nside: \e[31m\n\n— x x\n' >bad
	run --separate-stderr "$TRUST" show bad
	[ "$status" -eq 1 ]
	[[ $stderr != *$'\e'* ]]
}

@test "a person's name cannot steer the terminal" {
	run --separate-stderr "$TRUST" --home a init -n a.example \
		--person $'Anna\e[31m'
	[ "$status" -eq 2 ]
	[[ $stderr == *'"Anna\x1b[31m" cannot be the name of a person'* ]]
	[ ! -e a/roster/ours.note ]
}

@test "a full disk: an error, and what was in force" {
	two_sides
	"$TRUST" --home a propose -o v2 >/dev/null
	# no block for a file of that size
	run --separate-stderr bash -c "ulimit -f 1; '$TRUST' --home b pin v2"
	[ "$status" -eq 3 ]
	[ "$output" = "" ]
	cmp a/roster/ours.note b/roster/theirs.note
	[ "$(find b/roster -name '.*' -type f)" = "" ]
	"$TRUST" --home b show >/dev/null
	"$TRUST" --home b pin v2 >/dev/null
	run --separate-stderr "$TRUST" --home a propose -o /dev/full
	[ "$status" -ne 0 ]
	run --separate-stderr bash -c "'$TRUST' --home a fingerprint >/dev/full"
	[ "$status" -eq 3 ]
}

@test "usage mistakes exit 2, say what, and make nothing" {
	local cases=('' frob init 'init -n a.example' 'init --person X'
		'init -n A --person X' 'init -n a/b --person X'
		'init -n a --person lead=X' 'init -n a --person X more'
		'init -n a --person X --threshold 0' 'sign x' 'pin'
		'show a b' 'fingerprint a b' 'suspend' '--frob' 'propose x')
	export BULLA_HOME=$PWD/home
	for args in "${cases[@]}"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$TRUST" $args
		[ "$status" -eq 2 ]
		[ "$output" = "" ]
		[[ $stderr == bulla-trust:* ]]
	done
	[ -z "$(find . -type f)" ]
}
