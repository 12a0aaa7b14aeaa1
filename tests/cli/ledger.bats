#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	LEDGER=$BULLA_BIN/bulla-ledger
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	export BULLA_HOME=$PWD/home
	LOG=$("$LEDGER" init -n a.example/log)
}

@test "init: the vkey on stdout; never twice" {
	[ "$LOG" = "$(cat home/keys/log.key.pub)" ]
	[ "$(stat -c %a home/keys/log.key)" = 600 ]
	run --separate-stderr "$LEDGER" init -n a.example/log
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"there is a ledger in this home already"* ]]
	run --separate-stderr "$LEDGER" --home other init
	[ "$status" -eq 2 ]
	run --separate-stderr "$LEDGER" --home other append /dev/null
	[ "$status" -eq 3 ]
	[[ $stderr == *"bulla-ledger init"* ]]
}

@test "append: files and lines; the index of each on stdout" {
	printf 'one' >a
	printf 'two\n' >b
	run --separate-stderr "$LEDGER" append a b
	[ "$status" -eq 0 ]
	[ "$output" = $'0\n1' ]
	[ "$stderr" = "" ]
	run --separate-stderr "$LEDGER" append --lines < <(printf 'a\n\nlast')
	[ "$status" -eq 0 ]
	[ "$output" = $'2\n3\n4' ]
	run --separate-stderr "$LEDGER" check
	[ "$status" -eq 0 ]
	[ "$output" = "ok a.example/log, 5 records" ]
	[ "$stderr" = "" ]
	head -c 1048577 /dev/zero >large
	run --separate-stderr "$LEDGER" append large
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	"$LEDGER" check
}

@test "prove and check: this record, in this log, and no other" {
	seq 1 700 | "$LEDGER" append --lines >/dev/null
	printf 77 >record
	printf 78 >another
	"$LEDGER" prove -o proof record
	run --separate-stderr "$LEDGER" --home none check -k "$LOG" proof record
	[ "$status" -eq 0 ]
	[ "$output" = "ok record 76 of 700 in a.example/log, cosigned by 0" ]
	[ "$stderr" = "" ]
	run --separate-stderr "$LEDGER" check -k "$LOG" proof another
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"does not lead to the checkpoint's root"* ]]
	run --separate-stderr "$LEDGER" check proof record
	[ "$status" -eq 2 ]
	other=$("$LEDGER" --home other init -n a.example/log2)
	run --separate-stderr "$LEDGER" check -k "$other" proof record
	[ "$status" -eq 2 ]
	run --separate-stderr "$LEDGER" check -k "$LOG" --cosigned 1 proof record
	[ "$status" -eq 1 ]
	[[ $stderr == *"cosigned by 0"* ]]
	"$LEDGER" prove --index 76 | cmp - proof
	run --separate-stderr "$LEDGER" prove --index 700
	[ "$status" -eq 1 ]
	echo absent >absent
	run --separate-stderr "$LEDGER" prove absent
	[ "$status" -eq 1 ]
	[[ $stderr == *"not in the ledger"* ]]
	run --separate-stderr "$LEDGER" --json check -k "$LOG" proof record
	[ "$(jq -r '.ok,.index,.size,.origin' <<<"$output")" = \
	    $'true\n76\n700\na.example/log' ]
}

@test "four processes at once: every record once" {
	for p in 1 2 3 4; do
		seq -f "$p-%.0f" 1 3000 | while read -r line; do
			echo "$line"
		done | "$LEDGER" append --lines >"out.$p" &
	done
	wait
	[ "$(cat out.? | sort -n | uniq | wc -l)" -eq 12000 ]
	[ "$(cat out.? | sort -n | tail -1)" -eq 11999 ]
	run --separate-stderr "$LEDGER" check
	[ "$status" -eq 0 ]
	[ "$output" = "ok a.example/log, 12000 records" ]
	for p in 1 2 3 4; do
		printf %s-3000 "$p" >record
		"$LEDGER" prove --index "$(tail -1 "out.$p")" -o "proof.$p"
		"$LEDGER" check -k "$LOG" "proof.$p" record
	done
	echo "# COUNT ledger/four 12000 0" >&3
}

@test "kill -9 in the middle: nothing that was acknowledged is lost" {
	lost=0 n=0
	for delay in 0.02 0.05 0.08 0.11 0.14 0.17 0.2 0.25 0.3 0.35; do
		seq 1 200000 | "$LEDGER" append --lines >>acked &
		pid=$!
		sleep "$delay"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" || true
		n=$((n + 1))
		run --separate-stderr "$LEDGER" check
		[ "$status" -eq 0 ]
		size=${output#ok a.example/log, }
		size=${size% records}
		last=$(grep -c . acked || true)
		[ "$size" -ge "$last" ] || lost=$((lost + 1))
		# from here on, count what is there
		seq 0 $((size - 1)) >acked
	done
	echo "# COUNT ledger/kill $n $lost" >&3
	[ "$lost" -eq 0 ]
}

@test "a torn tail is cut, once, and said" {
	echo one | "$LEDGER" append
	printf 'half a frame' >>home/ledger/journal
	run --separate-stderr "$LEDGER" check
	[ "$status" -eq 0 ]
	[[ $stderr == *"a torn tail of 12 bytes"* ]]
	run --separate-stderr "$LEDGER" check
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
}

# One byte in every file of the ledger, at several places: found each time,
# and nothing is repaired.
@test "a flipped byte in any file is found" {
	seq 1 300 | "$LEDGER" append --lines >/dev/null
	echo more | "$LEDGER" append >/dev/null
	"$LEDGER" check
	cp -a home good
	n=0 missed=0
	while read -r f; do
		size=$(stat -c %s "$f")
		for at in 0 1 $((size / 3)) $((size / 2)) $((size - 1)); do
			[ "$at" -lt "$size" ] || continue
			byte=$(od -An -tu1 -j "$at" -N 1 "$f")
			# shellcheck disable=SC2059 # an escape is the format
			printf "\\x$(printf %x $((byte ^ 1)))" |
				dd of="$f" bs=1 seek="$at" conv=notrunc status=none
			n=$((n + 1))
			rc=0
			"$LEDGER" check >/dev/null 2>&1 || rc=$?
			if [ "$rc" -eq 0 ]; then
				missed=$((missed + 1))
				echo "$f byte $at: not found"
			fi
			cp -a "good/${f#home/}" "$f"
		done
	done < <(find home -type f -size +0 ! -name log.key)
	"$LEDGER" check
	echo "# COUNT ledger/flips $n $missed" >&3
	[ "$missed" -eq 0 ]
}

@test "a missing or shorter file is found" {
	seq 1 300 | "$LEDGER" append --lines >/dev/null
	cp -a home good
	while read -r f; do
		rm "$f"
		run ! "$LEDGER" check
		head -c -1 "good/${f#home/}" >"$f"
		run ! "$LEDGER" check
		rm "$f"
		cp -a "good/${f#home/}" "$f"
	done < <(find home -type f -size +0 ! -name log.key)
	"$LEDGER" check
}

@test "an older copy put back is refused" {
	echo one | "$LEDGER" append
	cp -a home/ledger older
	echo two | "$LEDGER" append
	rm -r home/ledger
	mv older home/ledger
	run --separate-stderr "$LEDGER" check
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == *"restored backup: the ledger has 1 records, but its key has signed 2"* ]]
	run --separate-stderr "$LEDGER" append /dev/null
	[ "$status" -eq 1 ]
}

@test "cosign: the answers of the witness protocol" {
	"$LEDGER" --home wit init -n b.example/log -w b.example/witness >both
	witness=$(tail -1 both)
	echo one | "$LEDGER" append
	"$LEDGER" prove --old 0 -o request
	run --separate-stderr "$LEDGER" --home wit cosign -k "$LOG" request
	[ "$status" -eq 0 ]
	[[ $output == "— b.example/witness "* ]]
	[ "$stderr" = "" ]
	line=$output
	run --separate-stderr "$LEDGER" --home wit cosign -k "$LOG" request
	[ "$status" -eq 5 ]
	[ "$output" = 1 ]
	[[ $stderr == *"old size"* ]]
	run --separate-stderr "$LEDGER" --home wit cosign -k "$witness" request
	[ "$status" -eq 2 ]
	sed 's/^old 0/old 9/' request >bad
	run --separate-stderr "$LEDGER" --home wit --json cosign -k "$LOG" bad
	[ "$status" -eq 1 ]
	[ "$(jq .answer <<<"$output")" = 400 ]
	# with the line behind it a proof is cosigned
	printf 'one\n' >record
	"$LEDGER" prove -o proof record
	echo "$line" >>proof
	run --separate-stderr "$LEDGER" check -k "$LOG" -k "$witness" \
	    --cosigned 1 proof record
	[ "$status" -eq 0 ]
	[[ $output == *"cosigned by 1" ]]
}
