#!/usr/bin/env bats
# bulla-outbox: the queue, with a bulla-send beside it that does what a test
# wants, and with the real one and a real inbox.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
}

# ./bin/bulla-send ends with the status that stands in ./does/HOST (0), after
# what ./does/HOST.sh does; it keeps its words in ./calls and gives a receipt.
setup() {
	way_setup
	mkdir bin does
	cp "$BULLA_BIN/bulla-outbox" bin/
	cat >bin/bulla-send <<-END
		#!/bin/sh
		cd '$PWD' || exit 9
		echo "\$*" >>calls
		while [ \$# -gt 1 ]; do
			[ "\$1" != -u ] || to=\$(echo "\$2" | cut -d / -f 3)
			[ "\$1" != --receipt ] || receipt=\$2
			shift
		done
		[ ! -e "does/\$to.sh" ] || . "./does/\$to.sh"
		rc=\$(cat "does/\$to" 2>/dev/null || echo 0)
		[ "\$rc" -gt 1 ] || [ -z "\$receipt" ] || echo note >"\$receipt"
		echo "bulla-send: I end with \$rc" >&2
		exit "\$rc"
	END
	chmod +x bin/bulla-send
	export BULLA_HOME=$PWD/h
	Q=$PWD/h/outbox
	(umask 077 && mkdir -p "$Q/queue")	# or add doubts that it is one
	cp "$D/package" p
}

teardown() {
	way_teardown
}

box() {
	bin/bulla-outbox "$@"
}

# put HOST [OPTION...]: adds the package
put() {
	local host=$1
	shift
	box add -u "https://$host/" "$@" p
}

# ends_with STATUS COMMAND...
ends_with() {
	local want=$1
	shift
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
}

# fails STATUS TEXT COMMAND...: nothing on stdout, TEXT on stderr
fails() {
	local want=$1 text=$2
	shift 2
	ends_with "$want" "$@"
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
}

# is ID KEY VALUE: as list --json has it
is() {
	local got
	got=$(box list --done --json | jq -r "select(.id == $1) | .\"$2\"")
	echo "$1 $2: $got"
	[ "$got" = "$3" ]
}

called() {
	[ "$(wc -l <calls)" -eq "$1" ]
}

# until_so COMMAND...: within ten seconds
until_so() {
	local n
	for ((n = 0; n < 200; n++)); do
		! "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}

entry() {
	printf '%s/%s/%020d' "$Q" "$1" "$2"
}

@test "a home with nothing in it is doubted, once" {
	rm -r h
	ends_with 0 put host
	[[ $stderr == *"$PWD/h has no rosters and no queue yet"* ]]
	ends_with 0 put host
	[ -z "$stderr" ]
	rm -r h
	ends_with 0 put host -K "$D/s.key.pub"
	[ -z "$stderr" ]
}

@test "add, list, run, and the receipt is kept" {
	ends_with 0 put One.Example:444 --note "the first one" --deadline 2d
	[ "$output" = 1 ]
	[ -z "$stderr" ]
	ends_with 0 box add --json -u https://two.example/in p
	jq -e '.ok and .id == 2 and .to == "two.example" and .what == "p" and
	    (.package | test("^[0-9a-f]{32}$")) and .copied == false' <<<"$output"
	ends_with 0 box list
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} =~ ^\ +1\ waiting\ +0\ +now\ +4[78]h\ one\.example\ +the\ first\ one$ ]]
	[ "$(wc -L <<<"$output")" -le 80 ]
	ends_with 0 box run
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"1 done one.example: I end with 0"* ]]
	[ -z "$stderr" ]
	[ ! -e "$(entry queue 1)" ]
	[ ! -e "$(entry "done" 1)/package" ]
	grep -qx note "$(entry "done" 1)/receipt"
	grep -q 'try 1: exit status 0' "$(entry "done" 2)/log"
	cmp p "$D/package"
	is 1 state "done"
	ends_with 0 box list
	[ -z "$output" ]
	[ "$stderr" = "bulla-outbox: the outbox is empty" ]
	ends_with 0 box list --done
	[ "${#lines[@]}" -eq 5 ]
	ends_with 0 box run
	[ -z "$output$stderr" ]
	called 2
}

@test "wrong usage says what is wrong, and nothing is added" {
	fails 2 "add, run, list, drop, offer or withdraw?" box
	fails 2 "add, run, list, drop, offer or withdraw?" box look
	fails 2 "-u is missing" box add p
	fails 2 "one package" box add -u https://a.example
	fails 2 "no https URL" box add -u http://a.example p
	fails 2 "no https URL" box add -u https:///x p
	fails 2 "a user or a password" box add -u https://me:it@a.example p
	fails 2 "is no time" put a.example --deadline 12
	fails 2 "is no time" put a.example --not-before 2026-13-01T00:00:00Z
	fails 2 "not behind" put a.example --not-before 2h --deadline 1h
	fails 2 "belong together" put a.example --cert p
	fails 2 "cannot be read" put a.example --cacert none
	fails 2 "--stall" put a.example --stall 0
	fails 2 "--limit-rate" put a.example --limit-rate fast
	fails 2 "-k" put a.example -k nonsense
	fails 2 "plain text" put a.example --note "$(printf 'a\033[2J')"
	fails 2 "does not belong to run" box run --note x
	fails 2 "does not belong to list" box list --once
	fails 2 "does not belong to add" put a.example --keep 3
	fails 2 "only add and drop" box run 7
	fails 2 "drop which" box drop
	fails 2 "is no number" box drop x
	fails 1 "no such entry" box drop 7
	fails 3 "none" box add -u https://a.example none
	echo "no package" >plain
	fails 1 "not a sealed package" box add -u https://a.example plain
	: >empty
	fails 4 "the package is empty" box add -u https://a.example empty
	[ -z "$(find "$Q/queue" "$Q/new" -mindepth 1)" ]
	ends_with 0 box add --no-receipt -u https://a.example plain
}

@test "the exit status of bulla-send decides" {
	for rc in 0 1 2 3 4 5; do
		echo $rc >does/h$rc.example
		put h$rc.example
	done
	# shellcheck disable=SC2016 # for the other shell
	echo 'kill -9 $$' >does/h9.example.sh
	put h9.example
	ends_with 1 box run --jobs 1
	[[ $output == *"2 failed h1.example: I end with 1"* ]]
	[[ $output == *"4 later h3.example: I end with 3"* ]]
	[[ $output == *"7 later h9.example: bulla-send ended with status 137"* ]]
	is 1 state "done"
	is 2 state failed
	is 3 state failed
	is 4 state waiting
	is 5 state failed
	is 6 state waiting
	is 6 said "I end with 5"
	is 7 state waiting
	# A signed reject is a receipt too
	grep -qx note "$(entry queue 2)/receipt"
	# What was refused is not tried again, and stays until it is dropped
	ends_with 1 box run -f
	called 10
	ends_with 0 box drop 2 3 5
	[ -z "$output" ]
	[ "$stderr" = "$(printf 'bulla-outbox: dropped: %s\n' 2 3 5)" ]
	grep -qx note "$Q/receipts/00000000000000000002.note"
	ends_with 5 box run
	rm does/*
	ends_with 0 box run -f
}

@test "why it was rejected, and what to do, is in the list and whole" {
	for r in not-authorised some-thing; do
		echo 1 >does/$r.example
		echo "echo '{\"ok\":false,\"accepted\":false,\"reason\":\"$r\"}'" \
		    >does/$r.example.sh
		put $r.example
	done
	ends_with 1 box run
	is 1 state failed
	is 1 said "rejected: not-authorised: by their rosters its sealer may not seal, or not then: let both sides have your newest roster, and seal it again with a key in force"
	# Of a word that is not ours
	is 2 said "rejected: some-thing"
}

@test "the order of each counterpart is kept, others do not wait" {
	echo 5 >does/a.example
	for h in a a b a b; do
		put $h.example
	done
	ends_with 5 box run
	[ "$(grep -c a.example/ calls)" -eq 1 ]
	[ "$(grep -c b.example/ calls)" -eq 2 ]
	[ "$(ls "$Q/done")" = "$(printf '%020d\n' 3 5)" ]
	rm does/a.example calls
	ends_with 0 box run -f
	[ "$(grep -o 'queue/0*[0-9]/package' calls | tr -dc '124\n')" = "$(printf '%s\n' 1 2 4)" ]
	# One that was refused does not hold back the others
	echo 1 >does/a.example
	put a.example
	put a.example
	ends_with 1 box run
	is 6 state failed
	is 7 state failed
}

@test "--once is one entry, --not-before is not sent and holds nothing back" {
	put a.example --not-before 1h
	put a.example
	put b.example
	ends_with 5 box run --once
	called 1
	is 2 state "done"
	ends_with 0 box run
	called 2
	is 1 state waiting
	# -f is for pauses after failures, not for this
	ends_with 0 box run -f
	called 2
}

@test "pauses are kept from run to run, and Retry-After is honoured" {
	echo 5 >does/a.example
	echo 'echo "{\"ok\":false,\"retry-after\":5000,\"message\":\"not now\"}"' >does/a.example.sh
	put a.example
	now=$(date +%s)
	ends_with 5 box run
	is 1 said "not now"
	next=$(date -d "$(box list --json | jq -r .next)" +%s)
	[ $((next - now)) -ge 5000 ]
	[ $((next - now)) -le 5010 ]
	ends_with 5 box run
	[ -z "$output" ]
	called 1
	for n in 2 3; do
		ends_with 5 box run -f
		called $n
		is 1 tries $n
	done
	# A clock that is set back a week later does not stop it for a week
	sed -i "s/^last: .*/last: 2999-01-01T00:00:00Z/;
	    s/^next: .*/next: 2999-01-01T00:00:10Z/" "$(entry queue 1)/state"
	rm does/*
	ends_with 0 box run
}

@test "what is overdue alarms once, is listed, and is still tried" {
	mkdir -p "$Q/hooks"
	printf '#!/bin/sh\necho "$1 $2" >>%s/alarms\n' "$PWD" >"$Q/hooks/overdue"
	chmod 700 "$Q/hooks" "$Q/hooks/overdue"
	echo 5 >does/a.example
	put a.example --deadline 2026-01-01T00:00:00Z
	ends_with 1 box run
	[[ $stderr == "bulla-outbox: OVERDUE: 1 to a.example" ]]
	[ "$(cat alarms)" = "overdue 1" ]
	ends_with 0 box list
	[[ ${lines[1]} == *" OVERDUE "* ]]
	is 1 overdue true
	ends_with 1 box run -f
	[ -z "$stderr" ]
	[ "$(wc -l <alarms)" -eq 1 ]
	called 2
	rm does/*
	ends_with 0 box run -f
	is 1 state "done"
}

@test "hooks: what they are told, and that they change nothing" {
	mkdir -p "$Q/hooks"
	chmod 700 "$Q/hooks"
	for e in success failure receipt; do
		printf '#!/bin/sh\n{ echo "$@"; env; } >>%s/told.%s\n' "$PWD" $e >"$Q/hooks/$e"
		chmod 700 "$Q/hooks/$e"
	done
	echo 'echo out; sleep 60 & sleep 60' >>"$Q/hooks/receipt"
	echo 1 >does/b.example
	put a.example --note "for you"
	put b.example
	SECRET=x https_proxy=http://u:pw@p/ ends_with 1 box run --hook-limit 3
	grep -qx 'success 1' told.success
	grep -qx 'BULLA_OUTBOX_TO=a.example' told.success
	grep -qx 'BULLA_OUTBOX_NOTE=for you' told.success
	grep -qx "BULLA_HOME=$BULLA_HOME" told.success
	run ! grep -qi -e secret -e proxy -e pw@ told.*
	grep -qx 'failure 2' told.failure
	grep -qx 'BULLA_OUTBOX_SAID=I end with 1' told.failure
	[ "$(grep -c '^receipt ' told.receipt)" -eq 2 ]
	grep -qx "BULLA_OUTBOX_RECEIPT=$(entry queue 1)/receipt" told.receipt
	grep -q 'hook receipt: exit status 124' "$(entry "done" 1)/log"
	grep -qx '  out' "$(entry "done" 1)/log"
	# One that fails, and one that others could have written
	printf '#!/bin/sh\nexit 7\n' >"$Q/hooks/success"
	chmod 770 "$Q/hooks/receipt"
	box drop 2
	put a.example
	ends_with 0 box run --hook-limit 3
	[[ $stderr == *"hook receipt is not run: others can write it"* ]]
	grep -q 'hook success: exit status 7' "$(entry "done" 3)/log"
	is 3 state "done"
}

@test "one run at a time; what is being sent is not dropped" {
	mkfifo gate
	echo 'read -r _ <gate' >does/a.example.sh
	put a.example
	put a.example
	bin/bulla-outbox run >out 2>err 3>&- &
	pid=$!
	pids="$pids $pid"
	until_so test -s calls
	is 1 state sending
	ends_with 0 box run
	[ -z "$output" ]
	[ "$stderr" = "bulla-outbox: another run is at work: nothing is done here" ]
	fails 5 "is being sent" box drop 1
	ends_with 0 box drop 2
	# Added meanwhile: the same run takes it
	put b.example
	echo go >gate
	wait $pid
	[ "$(cat out)" = "$(printf '%s\n' '1 done a.example: I end with 0' '3 done b.example: I end with 0')" ]
}

@test "a long upload keeps nobody else waiting" {
	mkfifo gate
	echo 'read -r _ <gate' >does/a.example.sh
	mkdir -p "$Q/hooks"
	printf '#!/bin/sh\necho x >>%s/late\n' "$PWD" >"$Q/hooks/overdue"
	chmod 700 "$Q/hooks" "$Q/hooks/overdue"
	put a.example --deadline 1s
	echo 5 >does/b.example
	put b.example
	bin/bulla-outbox run >out 2>err 3>&- &
	pid=$!
	pids="$pids $pid"
	until_so grep -q '^2 later' out
	# Added meanwhile; and a pause that ends meanwhile
	rm does/b.example
	sed -i 's/^next: .*/next: -/' "$(entry queue 2)/state"
	put c.example
	until_so grep -q '^3 done' out
	until_so grep -q '^2 done' out
	until_so test -s late
	is 1 state sending
	echo go >gate
	wait $pid
	[ "$(cat err)" = "bulla-outbox: OVERDUE: 1 to a.example" ]
	is 1 state "done"
	[ "$(wc -l <late)" -eq 1 ]
}

@test "counterparts are served side by side" {
	mkfifo one two
	echo 'echo x >one; read -r _ <two' >does/a.example.sh
	echo 'read -r _ <one; echo x >two' >does/b.example.sh
	put a.example
	put b.example
	ends_with 0 timeout 60 bin/bulla-outbox run
	called 2
}

@test "many adds at once: each has a number of its own" {
	for i in $(seq 24); do
		put "h$i.example" >"n$i" 3>&- &
		list="$list $!"
	done
	for i in $list; do
		wait "$i"
	done
	[ "$(cat n? n?? | sort -n)" = "$(seq 24)" ]
	[ "$(ls "$Q/queue" | wc -l)" -eq 24 ]
	[ -z "$(ls -A "$Q/new")" ]
	# A number is not given again, whatever has gone
	box drop $(seq 24) 2>/dev/null
	[ "$(put a.example)" = 25 ]
}

@test "the package: moved, removed, copied, changed" {
	put a.example
	[ "$(stat -c %h p)" -eq 2 ]
	rm p
	cmp "$D/package" "$(entry queue 1)/package"
	box add -v -u https://a.example - <"$D/package" 2>err
	# A pipe, and a file that may have no second name here
	cat "$D/package" | box add -u https://a.example -
	[ "$(stat -c %h "$(entry queue 3)/package")" -eq 1 ]
	cmp "$D/package" "$(entry queue 3)/package"
	cp "$D/package" p
	put c.example
	touch -d 2020-01-01 p
	ends_with 1 box run
	[[ $output == *"4 failed c.example: the file was changed after it was added"* ]]
	run ! grep c.example calls
}

@test "options are kept, files by their whole name" {
	cp "$D"/tls/client.* "$D/tls/ca.pem" "$D/r.key.pub" .
	put a.example --cert client.pem --key client.key --cacert ca.pem \
	    -K r.key.pub -k "$(cat r.key.pub)" --limit-rate 2M --pin x \
	    --stall 9 --attempts 7 --no-proxy --cosign
	(cd / && "$OLDPWD/bin/bulla-outbox" run)
	w=$PWD
	e=$(entry queue 1)
	[ "$(cat calls)" = "--json --home $w/h -u https://a.example/ --cert $w/client.pem --key $w/client.key --cacert $w/ca.pem -K $w/r.key.pub -k $(cat r.key.pub) --limit-rate 2M --pin x --stall 9 --attempts 7 --no-proxy --cosign --receipt $e/receipt --force $e/package" ]
}

@test "kill -9 of a run ends the upload, and the next one goes on" {
	mkfifo gate
	# shellcheck disable=SC2016 # for the other shell
	echo 'echo $$ >sender; read -r _ <gate' >does/a.example.sh
	put a.example
	bin/bulla-outbox run 3>&- &
	pid=$!
	until_so test -s sender
	kill -9 $pid
	wait $pid || :
	# shellcheck disable=SC2016 # for the other shell
	until_so sh -c '! kill -0 $(cat sender) 2>/dev/null'
	is 1 state sending
	rm does/*
	ends_with 0 box run -f
	is 1 state "done"
	is 1 tries 2
}

@test "asked to stop, a run stops the upload and counts no failure" {
	echo 'sleep 60' >does/a.example.sh
	put a.example
	bin/bulla-outbox run >out 2>err 3>&- &
	pid=$!
	until_so test -s calls
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 5 ]
	is 1 tries 0
	rm does/*
	ends_with 0 box run
}

@test "years: logs and what was done are bounded, receipts stay" {
	echo 'seq 400000' >does/a.example.sh
	echo 5 >does/a.example
	put a.example
	for _ in 1 2 3 4 5; do
		ends_with 5 box run -f
	done
	size=$(stat -c %s "$(entry queue 1)/log")
	[ "$size" -gt 20000 ]
	[ "$size" -le 65536 ]
	tail -n 1 "$(entry queue 1)/log" | grep -q 'I end with 5'
	rm does/*
	ends_with 0 box run -f
	ends_with 0 box run --keep 1
	[ -d "$(entry "done" 1)" ]
	sleep 1.1
	# What killed processes left
	mkdir "$Q/new/x"
	echo half >"$Q/new/x/package"
	: >"$Q/.bulla-0011223344556677.tmp"
	ends_with 0 box run --keep 0
	[ ! -e "$(entry "done" 1)" ]
	grep -qx note "$Q/receipts/00000000000000000001.note"
	[ -z "$(ls -A "$Q/new")" ]
	[ -z "$(find "$Q" -name '.bulla-*')" ]
}

@test "a damaged entry is named and does not stop the others" {
	put a.example
	put a.example
	echo x >>"$(entry queue 1)/state"
	ends_with 3 box run
	[ "$(grep -c "queue/$(printf %020d 1): state: line 9" <<<"$stderr")" -eq 1 ]
	[ -d "$(entry "done" 2)" ]
	ends_with 1 box list
	ends_with 0 box drop 1
	ends_with 0 box run
	echo x >"$Q/last"
	fails 1 "outbox/last: no number" put a.example
	[ -z "$(ls -A "$Q/new")" ]
}

@test "without bulla-send beside it: later" {
	rm bin/bulla-send
	put a.example
	ends_with 5 box run
	[[ $output == *"cannot run "*"/bin/bulla-send: No such file"* ]]
}

@test "for real: delivered to an inbox, after it was not there" {
	unset BULLA_HOME
	cp "$BULLA_BIN/bulla-send" bin/
	inbox
	ends
	queue=(bin/bulla-outbox --home mine)
	"${queue[@]}" add -u "$URL" -K "$D/r.key.pub" --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/client.pem" --key "$D/tls/client.key" \
	    --attempts 1 --deadline 1h p
	ends_with 5 "${queue[@]}" run
	[[ $output == "1 later 127.0.0.1: given up after 1 failures"* ]]
	inbox
	ends_with 0 "${queue[@]}" run -f
	[ "$output" = "1 done 127.0.0.1: received by b.example/receiver" ]
	cmp home/packages/*.bulla "$D/package"
	cmp mine/outbox/done/*/receipt home/custody/*/0001-receive.note
}

@test "systemd takes the unit files" {
	command -v systemd-analyze >/dev/null || {
		echo "# SKIP: no systemd-analyze here" >&3
		return 0
	}
	docs=$BATS_TEST_DIRNAME/../../docs
	cp "$docs/bulla-outbox.timer" .
	# It looks for the program
	sed "s|/usr/local/bin/|$PWD/bin/|" "$docs/bulla-outbox.service" >bulla-outbox.service
	grep -q "ExecStart=$PWD/bin/bulla-outbox run" bulla-outbox.service
	ends_with 0 systemd-analyze verify --man=no ./bulla-outbox.service ./bulla-outbox.timer
	[ -z "$output$stderr" ]
	# The test can fail
	sed -i 's/^Type=.*/Type=wrong/; s/^User=.*/Usr=x/' bulla-outbox.service
	run systemd-analyze verify --man=no ./bulla-outbox.service
	[ -n "$output" ]
}
