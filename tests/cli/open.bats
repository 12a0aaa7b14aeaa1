#!/usr/bin/env bats
# bulla-open: all of it, or nothing.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	mkdir -p ev/d ev/empty
	echo alpha >ev/a.txt
	head -c 200000 /dev/urandom >ev/d/noise
	touch -d '2020-02-03T04:05:06Z' ev/a.txt ev/d
	sealed p.bulla ev
	id=$(tar -tf p.bulla | head -n 1)
	id=${id%%/*}
}

@test "into a directory that is made" {
	ok bulla-open -i desk.key -k "$seal" -d x/y p.bulla
	[ "$output" = x/y/bag ]
	diff -r ev x/y/bag/data/ev
	[ "$(ls -A x/y)" = bag ]
	[ "$(stat -c %a x/y/bag/data/ev/a.txt)" = 600 ]
	[ "$(stat -c %a x/y/bag/data/ev/d)" = 700 ]
	[ "$(stat -c %a x/y)" = 700 ]
	[ "$(stat -c %Y x/y/bag/data/ev/a.txt)" = 1580702706 ]
	[ "$(stat -c %Y x/y/bag/data/ev/d)" = 1580702706 ]
	(cd x/y/bag && sha256sum --quiet --strict -c manifest-sha256.txt)
	ok sh -c "cat p.bulla | bulla-open -i desk.key -k $seal -d z"
	diff -r x/y z
	bulla-open --json -i desk.key -k "$seal" -d j p.bulla |
		jq -e --arg d "$desk" '.ok and .bag == "bag" and .files == 2 and
		    .bytes == 200006 and .opened_by == $d and .verified'
}

@test "to standard output, from a file and a pipe" {
	bulla-open -i desk.key -k "$seal" -O p.bulla >one.tar
	bulla-open -i desk.key -k "$seal" -O <p.bulla >two.tar
	# shellcheck disable=SC2002 # a pipe is what is wanted
	cat p.bulla | bulla-open -i desk.key -k "$seal" -O >three.tar
	cmp one.tar two.tar
	cmp one.tar three.tar
	[ "$(tar -tf one.tar | head -n 1)" = opening.note ]
	tar -xOf p.bulla "$id/opening.note" >note
	tar -xOf one.tar opening.note | cmp - note
	tar -xOf one.tar bag/data/ev/a.txt | cmp - ev/a.txt
	bulla-open --json -i desk.key -k "$seal" -O p.bulla 2>j | cmp - one.tar
	jq -e '.ok and .files == 2' j
}

@test "into a tar file, which appears whole or not at all" {
	bulla-open -i desk.key -k "$seal" -O p.bulla >want.tar
	ok bulla-open -i desk.key -k "$seal" -o one.tar p.bulla
	[ -z "$output" ]
	[ "$(stat -c %a one.tar)" = 600 ]
	cmp one.tar want.tar
	# shellcheck disable=SC2002 # a pipe is what is wanted
	cat p.bulla | bulla-open -i desk.key -k "$seal" -o two.tar
	cmp two.tar want.tar
	bulla-open -i desk.key -k "$seal" -o - p.bulla | cmp - want.tar
	bulla-open --json -i desk.key -k "$seal" -o j.tar p.bulla |
		jq -e '.ok and .bag == "bag" and .files == 2'

	no 1 "one.tar: " bulla-open -i desk.key -k "$seal" -o one.tar p.bulla
	echo old >old.tar
	ok bulla-open -i desk.key -k "$seal" -f -o old.tar p.bulla
	cmp old.tar want.tar
	cp p.bulla q.bulla
	no 2 "q.bulla" bulla-open -i desk.key -k "$seal" -f -o q.bulla q.bulla
	cmp p.bulla q.bulla
	no 2 "desk.key" bulla-open -i desk.key -k "$seal" -f -o desk.key p.bulla
	no 2 "give either" bulla-open -i desk.key -k "$seal" -o x -O p.bulla
	no 2 "give either" bulla-open -i desk.key -k "$seal" -o x -d y p.bulla
	[ ! -e x ]
	[ ! -e y ]
}

@test "opens with age and tar as well" {
	need age
	tar -xf p.bulla
	cat "$id"/data/*.age | age -d -i desk.key >plain.tar
	bulla-open -i desk.key -k "$seal" -O p.bulla | cmp - plain.tar
	bulla-seal -q -z -i seal.key -r "$desk" -o z.bulla ev
	need zstd
	tar -xOf z.bulla --wildcards '*/data/*.age' | age -d -i desk.key |
		zstd -d >plain.tar
	bulla-open -i desk.key -k "$seal" -O z.bulla | cmp - plain.tar
}

# nothing OUT: there is nothing in it, not even a part
nothing() {
	[ ! -d "$1" ] || [ -z "$(ls -A "$1")" ] || {
		ls -lA "$1"
		return 1
	}
}

@test "damage: nothing appears, nothing is released" {
	size=$(stat -c %s p.bulla)
	for at in 100 700 1200 3000 6000 100000 $((size - 4000)) \
	    $((size - 2000)) $((size - 1)); do
		cp p.bulla q.bulla
		printf overlaid | dd of=q.bulla bs=1 seek="$at" conv=notrunc \
		    status=none
		no 1 "q.bulla: " bulla-open -i desk.key -k "$seal" -d x q.bulla
		nothing x
		no 1 "q.bulla: " bulla-open -i desk.key -k "$seal" -O q.bulla
		no 1 "q.bulla: " bulla-open -i desk.key -k "$seal" -o x q.bulla
		[ ! -e x ]
	done
	: >q.bulla
	no 4 "is empty: no package" bulla-open -i desk.key -k "$seal" -O q.bulla
	echo hello >q.bulla
	no 1 "not a bulla package: one begins with" \
	    bulla-open -i desk.key -k "$seal" -d x q.bulla
	nothing x
	for n in 1 100 5000 100000 $((size - 1024)) $((size - 1)); do
		head -c "$n" p.bulla >q.bulla
		no 4 "ends early" bulla-open -i desk.key -k "$seal" -d x \
		    q.bulla
		nothing x
		no 4 "ends early" bulla-open -i desk.key -k "$seal" -O q.bulla
		no 4 "ends early" sh -c "cat q.bulla |
		    bulla-open -i desk.key -k $seal -O"
	done
	{ cat p.bulla; echo; } >q.bulla
	no 1 "more bytes" bulla-open -i desk.key -k "$seal" -d x q.bulla
	nothing x
}

@test "the wrong key, the wrong sealer" {
	bulla-keygen age -o other.key
	bulla-keygen sign -n alpha/sealer -o stranger.key
	no 1 "sealed for $desk; the key given cannot" bulla-open -i other.key -k "$seal" -d x p.bulla
	no 1 "sealed for $desk; the key given cannot" bulla-open -i other.key -k "$seal" -O p.bulla
	[ ! -e x ]
	no 2 "the key known by this name" \
	    bulla-open -i desk.key -k "$(cat stranger.key.pub)" -d x p.bulla
	no 2 "the key known by this name" \
	    bulla-open -i desk.key -k "$(cat stranger.key.pub)" -O p.bulla
	no 2 "no key to verify with" bulla-open -i desk.key -d x p.bulla
	no 2 "no key to open it with" bulla-open -k "$seal" -d x p.bulla
	no 3 "nokey" bulla-open -i nokey -k "$seal" -d x p.bulla
	chmod 640 desk.key
	no 3 "desk.key" bulla-open -i desk.key -k "$seal" -d x p.bulla
	[ ! -e x ]
	chmod 600 desk.key
	# one of several is enough
	ok bulla-open -i other.key -i desk.key -k "$seal" -d x p.bulla
}

@test "either -d or -O" {
	no 2 "give either" bulla-open -i desk.key -k "$seal" p.bulla
	no 2 "give either" bulla-open -i desk.key -k "$seal" -d x -O p.bulla
	no 2 "one PACKAGE" \
	    bulla-open -i desk.key -k "$seal" -d x p.bulla p.bulla
	[ ! -e x ]
}

@test "never over something" {
	mkdir -p x/bag
	echo mine >x/bag/mine
	no 1 "x/bag is there already" \
	    bulla-open -i desk.key -k "$seal" -d x p.bulla
	[ "$(ls -A x)" = bag ]
	[ "$(ls -A x/bag)" = mine ]
	echo file >f
	no 3 "f" bulla-open -i desk.key -k "$seal" -d f p.bulla
	[ "$(cat f)" = file ]
	cp p.bulla q.bulla
	no 2 "standard output is the package" \
	    sh -c "bulla-open -i desk.key -k $seal -O q.bulla >>q.bulla"
	cmp p.bulla q.bulla
}

@test "what a killed open left, and one that runs" {
	mkdir -p "x/.$id.part/bag"
	echo old >"x/.$id.part/bag/old"
	exec 8<"x/.$id.part"
	flock 8
	no 5 "is being opened here already" \
	    bulla-open -i desk.key -k "$seal" -d x p.bulla
	[ -e "x/.$id.part/bag/old" ]
	exec 8<&-
	ok bulla-open -i desk.key -k "$seal" -d x p.bulla
	[ "$(ls -A x)" = bag ]
	[ ! -e x/bag/old ]
}

@test "two at once: one bag, and it is whole" {
	head -c 20000000 /dev/urandom >ev/large
	sealed big.bulla ev
	pids=
	for i in 1 2 3 4; do
		bulla-open -i desk.key -k "$seal" -d x big.bulla \
		    >"out$i" 2>&1 &
		pids="$pids $!"
	done
	yes=0
	for p in $pids; do
		rc=0
		wait "$p" || rc=$?
		echo "exit status $rc"
		[ $rc -eq 0 ] || [ $rc -eq 1 ] || [ $rc -eq 5 ] || cat out*
		[ $rc -eq 0 ] || [ $rc -eq 1 ] || [ $rc -eq 5 ]
		[ $rc -ne 0 ] || yes=$((yes + 1))
	done
	[ $yes -eq 1 ]
	[ "$(ls -A x)" = bag ]
	diff -r ev x/bag/data/ev
}

@test "an interrupted open leaves no bag, and the next one cleans up" {
	head -c 30000000 /dev/urandom >ev/large
	sealed big.bulla ev
	mkfifo slow
	bulla-open -i desk.key -k "$seal" -d x slow 2>err &
	pid=$!
	exec 8>slow
	head -c 20000000 big.bulla >&8
	kill -9 $pid
	wait $pid || true
	exec 8>&-
	[ ! -e x/bag ]
	ok bulla-open -i desk.key -k "$seal" -d x big.bulla
	[ "$(ls -A x)" = bag ]
	diff -r ev x/bag/data/ev
}

@test "exercises, room, and bombs" {
	bulla-seal -q --exercise -i seal.key -r "$desk" -o e.bulla ev
	no 1 "an EXERCISE package" \
	    bulla-open -i desk.key -k "$seal" -d x e.bulla
	no 1 "an EXERCISE package" bulla-open -i desk.key -k "$seal" -O e.bulla
	ok bulla-open --exercise -i desk.key -k "$seal" -d x e.bulla
	no 1 "over 1000 bytes" \
	    bulla-open --max-plain 1000 -i desk.key -k "$seal" -d y p.bulla
	nothing y
	head -c 50000000 /dev/zero >bomb
	bulla-seal -q -z -i seal.key -r "$desk" -o z.bulla bomb
	[ "$(stat -c %s z.bulla)" -lt 100000 ]
	no 1 "" bulla-open --max-plain 10M -i desk.key -k "$seal" -d y z.bulla
	nothing y
	no 1 "over 10485760 bytes" \
	    bulla-open --max-plain 10M -i desk.key -k "$seal" -o y.tar z.bulla
	[ ! -e y.tar ]
	ok bulla-open --max-plain 60M -i desk.key -k "$seal" -d y z.bulla
	cmp bomb y/bag/data/bomb
}

@test "an output that fails" {
	no 3 "No space left" \
	    sh -c "bulla-open -i desk.key -k $seal -O p.bulla >/dev/full"
	no 3 "" sh -c "bulla-open -i desk.key -k $seal -O p.bulla >&-"
	run script -qec "bulla-open -i desk.key -k $seal -O p.bulla" typescript
	[ "$status" -ne 0 ]
	grep -q "to a terminal" typescript
	run ! grep -q opening.note typescript
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir small
	mount -t tmpfs -o size=100k tmpfs small 2>/dev/null || return 0
	run --separate-stderr bulla-open --max-plain 1G -i desk.key \
	    -k "$seal" -d small p.bulla
	left=$(ls -A small)
	first="$status $stderr"
	# before anything of it is written
	run --separate-stderr bulla-open -i desk.key -k "$seal" \
	    -o small/x.tar p.bulla
	left=$left$(ls -A small)
	umount small
	[ "$status" -eq 3 ]
	[[ $stderr == *"bytes to fill here: No space left"* ]]
	[[ $first == "3 "*"No space left"* ]]
	[ -z "$left" ]
}
