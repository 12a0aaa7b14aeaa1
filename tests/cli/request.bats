#!/usr/bin/env bats
# bulla-request: the documents of the exchange, written, judged and sealed.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	BIN=$BULLA_BIN
	V=$(cd "$BATS_TEST_DIRNAME/../vectors/request" && pwd)
	export BIN V
	cd "$BATS_FILE_TMPDIR" || return 1
	two_sides
	for s in a b; do
		cp $s/keys/desk.age $s.age
	done
	# A request, and the home that has received it
	"$BIN/bulla-request" --home a new -o request.bulla "$V/office.txt" \
	    "$V/case.txt" >id
	"$BIN/bulla-receive" --home b request.bulla >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	unset BULLA_HOME
	cp -a "$BATS_FILE_TMPDIR"/{a,b,a.age,b.age,request.bulla,id} .
	ID=$(cat id)
	OFFICE=$V/office.txt CASE=$V/case.txt
	WHO=(-F 'authority=Bureau of B' -F 'person=Officer Chen')
}

request() {
	"$BIN/bulla-request" "$@"
}

# ok COMMAND...: exit 0 and nothing on stderr
ok() {
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] && [ -z "$stderr" ] || {
		echo "status $status, stdout $output, stderr: $stderr"
		return 1
	}
}

# no STATUS TEXT COMMAND...: that exit status, TEXT within stderr, no stdout
no() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == *"bulla-request: "*"$text"* ]]
}

# nothing_new HOME: no package and no document more than there was
nothing_new() {
	diff <(cd "$BATS_FILE_TMPDIR/$1" && ls packages requests 2>&1) \
	    <(cd "$1" && ls packages requests 2>&1)
	[ -z "$(find "$1" -name '.new-*')" ]
}

# reply ARGUMENT...: B's reply to the request
reply() {
	request --home b reply "${WHO[@]}" "$@"
}

# takes HOME FILE...: these packages are received there
takes() {
	local home=$1 f
	shift
	for f; do
		"$BIN/bulla-receive" --home "$home" "$f" >/dev/null
	done
}

@test "new: sealed for both sides, recorded, and kept" {
	ok request --home a new -o r.bulla "$OFFICE" "$CASE"
	[[ $output =~ ^[0-9a-f]{32}$ ]]
	local id=$output
	cmp r.bulla "a/packages/$id.bulla"
	[ "$(stat -c %a "a/requests/$id.txt")" = 600 ]
	[ "$(stat -c %a a/requests)" = 700 ]
	[ -z "$(find a -name '.new-*')" ]
	run "$BIN/bulla-inspect" r.bulla
	[[ $output == *"kind         request"* ]]
	[[ $output == *"class        routine-subscriber"* ]]
	[[ $output == *"to           b.example"* ]]
	[ "$(grep -c '^recipient ' <<<"$output")" -eq 2 ]
	# recorded: one event, and the ledger and the home fit together
	grep -qx 'event: seal' "a/custody/$id/0001-seal.note"
	"$BIN/bulla-ledger" --home a check
	# both desks read the same document as the home keeps
	for s in a b; do
		"$BIN/bulla-open" --home $s -d $s.out r.bulla
		cmp "a/requests/$id.txt" $s.out/exchange/data/request.txt
	done
	head -n 5 "a/requests/$id.txt" | diff - <(
		printf '%s\n' 'bulla request v1' 'type: subscriber' \
		    'status: new' 'related: none'
		sed -n 's/^created *\(.*\)/date: \1/p' <("$BIN/bulla-inspect" \
		    r.bulla))
	grep -qx 'reply-keys: a.example/desk' "a/requests/$id.txt"
}

@test "what a request is about is nowhere in clear but in requests/" {
	local found
	found=$(grep -rlaE 'extortion|hospital|198\.51\.100\.7|Rossi' a b |
	    grep -v '^a/requests/') || :
	[ -z "$found" ] || {
		echo "$found"
		return 1
	}
	run grep -caE 'extortion|hospital|Rossi' request.bulla
	[ "$output" = 0 ]
}

@test "new: options come after drafts; tool's own fields are refused" {
	ok request --home a new -F class=urgent -F $'purpose=one\ntwo' \
	    --type traffic -F 'necessity=Nothing less would do.' \
	    "$OFFICE" "$CASE"
	local id=$output
	grep -qx 'class: urgent' "a/requests/$id.txt"
	grep -qx 'type: traffic' "a/requests/$id.txt"
	grep -A 1 -x 'purpose: one' "a/requests/$id.txt" | grep -qx '  two'
	no 2 'date is written by the tool' request --home a new \
	    -F date=2024-01-01T00:00:00Z "$OFFICE" "$CASE"
	no 2 '"colour" is no field' request --home a new -F colour=red \
	    "$OFFICE" "$CASE"
	no 2 'is not LABEL=VALUE' request --home a new -F purpose "$OFFICE"
	no 2 'write one of preserve, subscriber' request --home a new \
	    --type all "$OFFICE" "$CASE"
	no 2 'phone: "112" cannot stand there' request --home a new \
	    -F phone=112 "$OFFICE" "$CASE"
}

@test "new: an old document serves as a draft, with a date of its own" {
	local day
	day=$(date -u -d '+9 days' +%FT00:00:00Z)
	ok request --home a new --time "$day" \
	    "a/requests/$ID.txt"
	grep -qx "date: $day" "a/requests/$output.txt"
	[[ $("$BIN/bulla-inspect" "a/packages/$output.bulla") == \
	    *"created      $day"* ]]
}

@test "new: an error is refused, also with -f, and nothing is left" {
	no 1 'is no description of data; name each kind' request --home a new \
	    -f -o r.bulla "$OFFICE" "$CASE" <(
		printf 'bulla request v1\ndata-sought: all data\n')
	[[ $stderr == *"error: data-sought (line 2): \"all data\" is no"* ]]
	[[ $stderr == *"not sealed: 1 error in the document"* ]]
	[ ! -e r.bulla ]
	nothing_new a
	no 1 'error: type: is missing; write one of preserve, subscriber' request \
	    --home a new "$OFFICE" </dev/null
	nothing_new a
	# a warning is told, and does not stop it
	run --separate-stderr request --home a new -F 'justification=soon' \
	    "$OFFICE" "$CASE"
	[ "$status" -eq 0 ]
	[[ $stderr == "bulla-request: warning: justification: says very "* ]]
}

@test "new: bad drafts" {
	printf 'bulla request v1\ntype: subscriber\ntype: traffic\n' >twice
	no 1 'twice: line 3: type: stands in line 2 already' request \
	    --home a new twice
	no 1 'is the draft of another kind of document' request --home a new \
	    <(printf 'bulla reply v1\n')
	no 3 'nothing.txt' request --home a new nothing.txt
	printf 'bulla request v1\nfacts: \033[31mred\n' >esc
	no 1 'not plain text' request --home a new esc
	[[ $stderr != *$'\033'* ]]
	nothing_new a
}

@test "new: needs a home with both rosters, keys, and a free FILE" {
	no 2 'rosters of both sides' request --home nowhere new "$OFFICE" \
	    "$CASE"
	"$BIN/bulla-trust" --home c init -n c.example --person C >/dev/null
	no 2 'rosters of both sides' request --home c new "$OFFICE" "$CASE"
	touch there
	no 1 'there' request --home a new -o there "$OFFICE" "$CASE"
	[ ! -s there ]
	nothing_new a
	rm a/keys/sealer.key
	no 2 'keys/sealer.key' request --home a new "$OFFICE" "$CASE"
	nothing_new a
}

@test "new: attachments are listed, packed, and must be files" {
	printf 'order of the court' >order.pdf
	mkdir dir
	ok request --home a new -a order.pdf "$OFFICE" "$CASE"
	grep -qx "attachment: $(sha256sum <order.pdf | cut -c 1-64) 18 order.pdf" \
	    "a/requests/$output.txt"
	"$BIN/bulla-open" --home b -d out "a/packages/$output.bulla"
	cmp order.pdf out/exchange/data/order.pdf
	no 1 'dir: is a directory' request --home a new -a dir "$OFFICE" "$CASE"
	no 2 'null: no regular file' request --home a new -a /dev/null \
	    "$OFFICE" "$CASE"
	no 3 'gone' request --home a new -a gone "$OFFICE" "$CASE"
	cp order.pdf 'per%cent'
	no 2 'rename the file' request --home a new -a 'per%cent' "$OFFICE" \
	    "$CASE"
	cp order.pdf request.txt
	no 2 'request.txt' request --home a new -a request.txt "$OFFICE" \
	    "$CASE"
}

@test "new: a follow-up hangs on a request of ours that is open" {
	local up=(-F status=follow-up "$OFFICE" "$CASE")
	ok request --home a new -F "related=$ID" "${up[@]}"
	[[ $("$BIN/bulla-inspect" "a/packages/$output.bulla") == \
	    *"answers      $ID"* ]]
	no 1 'a follow-up that follows nothing up' request --home a new \
	    "${up[@]}"
	no 1 'no package' request --home a new \
	    -F related=00000000000000000000000000000000 "${up[@]}"
	no 1 'is a request of the other side' request --home b new \
	    -F "related=$ID" "${up[@]}"
	request --home a reply --type closed "${WHO[@]}" "$ID" >/dev/null
	no 1 'is closed' request --home a new -F "related=$ID" "${up[@]}"
}

@test "new: the status is asked of a request of ours that is open" {
	local ask=(-F type=status "$OFFICE" "$CASE")
	ok request --home a new -F "related=$ID" "${ask[@]}"
	no 1 'no package' request --home a new \
	    -F related=00000000000000000000000000000000 "${ask[@]}"
	request --home a reply --type closed "${WHO[@]}" "$ID" >/dev/null
	no 1 'is closed' request --home a new -F "related=$ID" "${ask[@]}"
}

@test "template: every required field, which lint then asks for" {
	for t in preserve subscriber traffic content device-image \
	    mitigation indicator-info status other; do
		ok request new --template $t
		printf '%s\n' "$output" >form
		[ "$(awk 'length > 80' form)" = '' ]
		run --separate-stderr request lint form
		[ "$status" -eq 1 ]
		[ -z "$stderr" ]
		[[ $output == *'error: summary (line '*'): is missing; write'* ]]
		[[ $output != *'error: type'* ]]
	done
	ok request reply --template refused
	[[ $output == *'# Required: one of the codes: sovereignty-security,'* ]]
	[[ $output != *'preserved-until'* ]]
	ok request hotline --template call
	[[ $output != *'agreed-action'* ]]
	ok request hotline --template answer -o answer.txt
	grep -qx 'agreed-action:' answer.txt
	no 2 'write one of preserve' request new --template everything
	no 2 'call and answer' request hotline --template overdue
}

@test "lint: results on stdout, as text and JSON" {
	run --separate-stderr request lint "$CASE"
	[ "$status" -eq 1 ]
	[ -z "$stderr" ]
	[[ $output == *'error: authority: is missing; write one line of text'* ]]
	ok request lint "a/requests/$ID.txt"
	[ "$output" = 'ok, 0 warnings' ]
	ok request -q lint - <"a/requests/$ID.txt"
	[ -z "$output" ]
	run --separate-stderr request --json lint "$CASE"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .errors == 10 and .warnings == 0 and
	    (.findings | length == 10) and (.findings[0] |
	    .severity == "error" and .rule == "missing" and
	    .field == "authority" and (.instead | startswith("write ")))' \
	    <<<"$output"
	sed 's/^range-from: 2024-03-03/range-from: 2023-01-01/' \
	    "a/requests/$ID.txt" >long
	ok request lint long
	[[ $output == 'warning: range-from (line '*'asks for 428 days'* ]]
	ok request lint --max-days 500 long
	[ "$output" = 'ok, 0 warnings' ]
	run request lint --time 2024-03-03T12:00:00Z "a/requests/$ID.txt"
	[ "$status" -eq 1 ]
	[[ $output == *'range-until'*'lies in the future'* ]]
	no 2 'one DRAFT' request lint
}

@test "reply: to the key that the request names, with its ref" {
	ok reply --type acknowledge -o ack.bulla "$ID"
	run "$BIN/bulla-inspect" ack.bulla
	[[ $output == *"kind         acknowledge"* ]]
	[[ $output == *"answers      $ID"* ]]
	[[ $output == *"to           a.example"* ]]
	[[ $output == *"$(cat a/keys/desk.age.pub)"* ]]
	takes a ack.bulla
	"$BIN/bulla-open" --home a -d out ack.bulla
	grep -qx "request: $ID" out/exchange/data/reply.txt
	# it was read on the way, and is kept
	cmp a/requests/"$ID".txt b/requests/"$ID".txt
	[ "$(stat -c %a "b/requests/$ID.txt")" = 600 ]
	no 1 'was acknowledged before' reply --type acknowledge "$ID"
	ok request --home b --json reply "${WHO[@]}" --type accepted \
	    -F estimate=2099-01-01T00:00:00Z "$ID"
	jq -e --arg id "$ID" '.ok and .kind == "accepted" and .ref == $id and
	    .to == "a.example" and .exercise == false' <<<"$output"
}

@test "reply: a key that is not in the other side's roster is not answered to" {
	"$BIN/bulla-keygen" age -o evil.age >/dev/null
	no 1 'is no age key of our roster' request --home a new \
	    -F "reply-keys=$(cat evil.age.pub)" "$OFFICE" "$CASE"
	# Who writes it all the same is not answered
	mkdir forged
	sed "s/^reply-keys: .*/reply-keys: $(cat evil.age.pub)/" \
	    "a/requests/$ID.txt" >forged/request.txt
	"$BIN/bulla-seal" --home a -r b.example/desk --to b.example \
	    --kind request --class routine-subscriber -o evil.bulla \
	    --time "$(sed -n 's/^date: //p' forged/request.txt)" \
	    forged/request.txt >fid
	local id
	id=$(cat fid)
	takes b evil.bulla
	no 2 'which is not in the other side'"'"'s roster' reply \
	    --type acknowledge "$id"
	no 2 'nobody/desk' reply --type acknowledge -r nobody/desk "$id"
	ok reply --type acknowledge -r a.example/desk "$id"
}

@test "reply: to an unknown request, to a reply, to one's own" {
	no 1 'no package' reply --type full -F given=x \
	    00000000000000000000000000000000
	no 2 'ID is its 32 hex digits' reply --type full -F given=x abc
	no 2 'ID is its 32 hex digits' reply --type full -F given=x
	ok reply --type acknowledge -o ack.bulla "$ID"
	local ack=$output
	takes a ack.bulla
	no 1 'is no request: reply to the request itself' request --home a \
	    reply "${WHO[@]}" --type result -F achieved=x "$ack"
	for t in acknowledge "full -F given=x" "accepted -F \
estimate=2099-01-01T00:00:00Z"; do
		# shellcheck disable=SC2086 # words
		no 1 'is a request of our own side' request --home a reply \
		    "${WHO[@]}" --type $t "$ID"
	done
	ok request --home a reply "${WHO[@]}" --type result \
	    -F 'achieved=One arrest.' "$ID"
	no 1 'alone can withdraw it' reply --type withdrawn \
	    -F 'reason=It is not needed any more.' "$ID"
	no 1 'does not ask to preserve' reply --type preserved \
	    -F preserved=logs -F preserved-until=2099-01-01T00:00:00Z "$ID"
	no 1 'error: code: is missing' reply --type clarification "$ID"
	no 1 'error: estimate: lies in the past' reply --type accepted \
	    -F estimate=2024-01-01T00:00:00Z "$ID"
}

@test "reply: nothing but a result follows a closed one" {
	no 1 'has no answer yet that could close it' reply --type closed "$ID"
	ok reply --type refused -F ground=human-rights \
	    -F 'reason=The penalty is one that we do not know.' -o no.bulla \
	    "$ID"
	ok reply --type closed -o closed.bulla "$ID"
	no 1 'is closed' reply --type status-update -F state=x \
	    -F 'progress=none at all' "$ID"
	takes a no.bulla closed.bulla
	no 1 'is closed' request --home a reply "${WHO[@]}" --type extension \
	    -F 'reason=The hearing was put off.' \
	    -F extended-until=2099-01-01T00:00:00Z "$ID"
	ok request --home a reply "${WHO[@]}" --type result \
	    -F 'achieved=Nothing could be done.' "$ID"
}

@test "reply: a withdrawn request can only be closed" {
	ok request --home a reply "${WHO[@]}" --type withdrawn \
	    -F 'reason=It is not needed any more.' -o w.bulla "$ID"
	takes b w.bulla
	no 1 'was withdrawn' reply --type full -F given=x "$ID"
	no 1 'was withdrawn' reply --type acknowledge "$ID"
	ok reply --type closed "$ID"
}

@test "hotline: a call, countersigned by the answer of the other side" {
	local who=(-F 'raised-by=Rossi' -F 'raised-to=Chen')
	ok request --home a hotline -o call.bulla "$ID" "${who[@]}" \
	    -F trigger=overdue -F 'summary=No answer since a month.'
	local call=$output
	run "$BIN/bulla-inspect" call.bulla
	[[ $output == *"kind         hotline"*"answers      $ID"* ]]
	grep -q '^— a.example/hotline ' "a/requests/$call.txt"
	run request lint "a/requests/$call.txt"
	[ "$output" = 'ok, 0 warnings' ]
	no 1 'is a call of our own side' request --home a hotline "$call" \
	    "${who[@]}" -F 'summary=No answer since a month.'
	takes b call.bulla
	no 1 'error: agreed-action: is missing' request --home b hotline \
	    "$call" "${who[@]}" -F 'summary=No answer since a month.'
	ok request --home b hotline "$call" "${who[@]}" -o answer.bulla \
	    -F 'summary=The delay was explained.' \
	    -F 'agreed-action=The answer is sent this week.' \
	    -F due=2099-01-01T00:00:00Z
	local answer=$output
	run "$BIN/bulla-inspect" answer.bulla
	[[ $output == *"answers      $call"* ]]
	grep -qx "answers: $call" "b/requests/$answer.txt"
	grep -qx "request: $ID" "b/requests/$answer.txt"
	grep -q '^— b.example/hotline ' "b/requests/$answer.txt"
	takes a answer.bulla
	no 1 'is an answer itself' request --home a hotline "$answer" \
	    "${who[@]}" -F 'summary=The delay was explained.'
}

@test "hotline: about no request; only hotline and lead keys sign" {
	local call=(-F raised-by=A -F raised-to=B
	    -F 'summary=Our key may have been stolen.')
	ok request --home a hotline -F trigger=security-incident "${call[@]}"
	no 1 'this trigger is about a request' request --home a hotline \
	    -F trigger=overdue "${call[@]}"
	no 1 'the hotline call' request --home a hotline \
	    --hotline-key a/keys/custodian.key \
	    -F trigger=security-incident "${call[@]}"
	ok request --home a hotline --hotline-key a/keys/lead.key \
	    -F trigger=security-incident "${call[@]}"
	grep -q '^— a.example/lead ' "a/requests/$output.txt"
	rm a/keys/hotline.key a/keys/lead.key
	no 2 'keys/hotline.key' request --home a hotline \
	    -F trigger=security-incident "${call[@]}"
}

@test "hotline: a call that only the sealer's key stands behind is refused" {
	local id
	request --home a hotline -F trigger=emergency -F raised-by=A \
	    -F raised-to=B -F 'summary=Our key may have been stolen.' >cid
	id=$(cat cid)
	mkdir forged
	sed 's/stolen/lost/' "a/requests/$id.txt" >forged/hotline.txt
	local when
	when=$(sed -n 's/^date: //p' forged/hotline.txt)
	"$BIN/bulla-seal" --home a -r b.example/desk --to b.example \
	    --kind hotline --time "$when" -o f.bulla forged/hotline.txt >fid
	takes b f.bulla
	no 1 "own signature" request --home b hotline "$(cat fid)" \
	    -F raised-by=A -F raised-to=B \
	    -F 'summary=The delay was explained.' -F 'agreed-action=Nothing' \
	    -F due=2099-01-01T00:00:00Z
	[ ! -e "b/requests/$(cat fid).txt" ]
}

@test "a document that its opening note contradicts is not read" {
	mkdir forged
	cp "a/requests/$ID.txt" forged/request.txt
	"$BIN/bulla-seal" --home a -r b.example/desk --to b.example \
	    --kind request --class emergency -o f.bulla \
	    forged/request.txt >fid
	takes b f.bulla
	no 1 'class: the document says "routine-subscriber", the opening' \
	    reply --type acknowledge "$(cat fid)"
	[ ! -e "b/requests/$(cat fid).txt" ]
	"$BIN/bulla-seal" --home a -r b.example/desk --to b.example \
	    --kind request -o g.bulla "$CASE" >gid
	takes b g.bulla
	no 1 'holds no data/request.txt' reply --type acknowledge "$(cat gid)"
}

@test "an exercise stays one" {
	ok request --home a new --exercise "$OFFICE" "$CASE" -o x.bulla
	local id=$output
	"$BIN/bulla-receive" --exercise --home b x.bulla >/dev/null
	no 1 'is part of an EXERCISE' reply --type acknowledge "$id"
	no 1 'is no part of an exercise' reply --exercise --type acknowledge \
	    "$ID"
	ok reply --exercise --type acknowledge "$id"
	[[ $("$BIN/bulla-inspect" "b/packages/$output.bulla") == *EXERCISE* ]]
}

@test "asked on a terminal, field by field" {
	command -v expect >/dev/null || skip "no expect"
	cat >ask.exp <<-'END'
		log_user 1
		set timeout 60
		spawn {*}$argv
		proc answer {label text} {
			expect -ex $label {}
			expect -ex "> " {send "$text\r"}
		}
		answer "raised-by" "?"
		expect -ex "Name and office of who called"
		answer "raised-by" ""
		expect -ex "is needed"
		answer "raised-by" "Rossi"
		answer "raised-to" "Chen"
		answer "phone (optional)" "112"
		expect -ex "cannot stand there"
		answer "phone" ""
		answer "summary" "late"
		expect -ex "... " {send "no answer since a month\r"}
		expect -ex "... " {send "\r"}
		answer "wanted (optional)" ""
		# what lint refuses is asked for again
		expect -ex "this trigger is about a request"
		answer "request" [lindex [exec cat id] 0]
		expect -ex {Seal this? [y/N] } {send "y\r"}
		expect eof
		exit [lindex [wait] 3]
	END
	run expect ask.exp "$BIN/bulla-request" --home a hotline --ask \
	    -F trigger=overdue -F level=lead-official -F request=none
	echo "$output"
	[ "$status" -eq 0 ]
	local id
	id=$(tail -n 1 <<<"$output" | tr -d '\r')
	grep -qx "request: $ID" "a/requests/$id.txt"
	grep -A 1 -x 'summary: late' "a/requests/$id.txt" |
	    grep -qx '  no answer since a month'
	# a draft is completed; what is too broad is asked for again
	sed '/^class/d; /^data-sought/d' "$CASE" >part
	cat >part.exp <<-'END'
		set timeout 60
		set data "all data"
		spawn {*}$argv
		expect {
			timeout {exit 99}
			-ex "class> " {send "urgent\r"; exp_continue}
			-ex "no description of data" {
				set data "Name and address."
				exp_continue
			}
			-ex "data-sought> " {send "$data\r"; exp_continue}
			-ex "... " {send "\r"; exp_continue}
			-ex "(optional)> " {send "\r"; exp_continue}
			-ex "]> " {send "\r"; exp_continue}
			-ex {Seal this? [y/N] } {send "y\r"; exp_continue}
			eof
		}
		exit [lindex [wait] 3]
	END
	run expect part.exp "$BIN/bulla-request" --home a new --ask \
	    "$OFFICE" part
	echo "$output"
	[ "$status" -eq 0 ]
	id=$(tail -n 1 <<<"$output" | tr -d '\r')
	grep -qx 'class: urgent' "a/requests/$id.txt"
	grep -qx 'data-sought: Name and address.' "a/requests/$id.txt"
	no 2 'which standard input is not' request --home a new --ask \
	    "$OFFICE" </dev/null
	cat >end.exp <<-'END'
		set timeout 60
		spawn {*}$argv
		expect -ex "type> " {send "\004"}
		expect eof
		exit [lindex [wait] 3]
	END
	run expect end.exp "$BIN/bulla-request" --home a new
	[ "$status" -eq 2 ]
	[[ $output == *'the answers end early: nothing was sealed'* ]]
}

@test "class and level are of the agreement in force" {
	local call=(-F raised-by=A -F raised-to=B -F trigger=emergency
	    -F 'summary=Our key may have been stolen.')
	# nobody has promised anything yet
	ok request --home a new -F class=whenever "$OFFICE" "$CASE"
	local old=$output
	"$BIN/bulla-trust" --home a agreement propose -o half.note >&2
	"$BIN/bulla-trust" --home b agreement sign -o whole.note half.note >&2
	"$BIN/bulla-trust" --home a agreement pin whole.note >&2
	no 1 'class: is not in the agreement in force; write one of emergency' \
	    request --home a new -F class=whenever "$OFFICE" "$CASE"
	ok request --home a new "$OFFICE" "$CASE"
	no 1 'level: is not in the agreement in force; write one of contact' \
	    request --home a hotline -F level=boss "${call[@]}"
	ok request --home a hotline -F level=lead-official "${call[@]}"
	# lint says so before, in this home, of what is not sealed yet
	sed 's/^class: .*/class: whenever/' "$CASE" >odd
	run --separate-stderr request --home a lint odd
	[ "$status" -eq 1 ]
	[[ $output == *'error: class (line 3): is not in the agreement in force; write one of emergency, '* ]]
	run request lint odd
	[[ $output != *agreement* ]]
	run request --home a --json lint odd
	jq -e '.errors > 0 and any(.findings[]; .rule == "agreement" and
	    .field == "class" and .line == 3)' <<<"$output"
	ok request --home a lint "a/requests/$old.txt"
}

@test "a class that is not agreed on is asked for again" {
	"$BIN/bulla-trust" --home a agreement propose -o half.note >&2
	"$BIN/bulla-trust" --home b agreement sign -o whole.note half.note >&2
	"$BIN/bulla-trust" --home a agreement pin whole.note >&2
	sed '/^class/d' "$CASE" >part
	cat >class.exp <<-'END'
		set timeout 60
		set class "whenever"
		spawn {*}$argv
		expect {
			timeout {exit 99}
			-ex "In the agreement in force: write one of emergency, " {
				exp_continue
			}
			-ex "class: is not in the agreement in force" {
				set class "?"
				exp_continue
			}
			-ex "class> " {
				send "$class\r"
				if {$class eq "?"} {set class "urgent"}
				exp_continue
			}
			-ex "(optional)> " {send "\r"; exp_continue}
			-ex "]> " {send "\r"; exp_continue}
			-ex {Seal this? [y/N] } {send "y\r"; exp_continue}
			eof
		}
		exit [lindex [wait] 3]
	END
	run expect class.exp "$BIN/bulla-request" --home a new --ask \
	    "$OFFICE" part
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'In the agreement in force: write one of emergency'* ]]
	# what ? explains fits a terminal
	[ "$(tr -d '\r' <<<"$output" | grep '^  [A-Z]' | wc -L)" -le 80 ]
	grep -qx 'class: urgent' \
	    "a/requests/$(tail -n 1 <<<"$output" | tr -d '\r').txt"
	# one that was given is refused before anything is asked
	run expect class.exp "$BIN/bulla-request" --home a new --ask \
	    -F class=whenever "$OFFICE" part
	[ "$status" -eq 1 ]
	[[ $output != *'One field after'* ]]
}

@test "to standard output, and as JSON on standard error then" {
	request --home a new -o - "$OFFICE" "$CASE" >out.bulla 2>err
	[ ! -s err ]
	"$BIN/bulla-open" --home b -d out out.bulla
	request --home a --json new -o - "$OFFICE" "$CASE" >out2.bulla 2>err
	[ "$(jq -r .package err)" != "$(cat id)" ]
	cmp out2.bulla "a/packages/$(jq -r .package err).bulla"
	run --separate-stderr request --home a --json new "$OFFICE"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .status == "refused"' <<<"$output"
}

@test "usage" {
	no 2 'new, reply, hotline' request
	no 2 'new, reply, hotline' request answer
	# eleven forms would bury the message
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[1]} == 'bulla-request -h lists the options' ]]
	ok request -h
	[[ $output == *'usage: bulla-request new'* ]]
	no 2 '--time' request new --time yesterday
	no 2 '--max-days' request lint --max-days 0 x
}
