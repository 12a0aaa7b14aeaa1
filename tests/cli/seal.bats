#!/usr/bin/env bats
# bulla-seal: packages that verify and open, and none that should not be.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	mkdir -p ev/d
	echo alpha >ev/a.txt
	head -c 300000 /dev/urandom >ev/d/noise
}

# whole PACKAGE: it verifies, opens, and holds ev
whole() {
	bulla-verify -q -k "$seal" "$1" && rm -rf x && opened "$1" x &&
		diff ev/a.txt x/bag/data/ev/a.txt &&
		cmp ev/d/noise x/bag/data/ev/d/noise
}

@test "a directory into a file, a pipe, and through a pipe" {
	ok bulla-seal -i seal.key -r "$desk" -o p.bulla ev
	[[ $output =~ ^[0-9a-f]{32}$ ]]
	[ "$(tar -tf p.bulla | head -n 1)" = "$output/bagit.txt" ]
	whole p.bulla
	bulla-seal -i seal.key -r "$desk" ev | cat >q.bulla
	whole q.bulla
	bulla-pack ev | bulla-seal -i seal.key -r "$desk" >r.bulla
	whole r.bulla
	bulla-pack ev | bulla-seal -i seal.key -r "$desk" -o - | cat >s.bulla
	whole s.bulla
	bulla-seal -i seal.key -r "$desk" -o - ev >t.bulla
	whole t.bulla
	[ "$(stat -c %s p.bulla)" = "$(stat -c %s q.bulla)" ]
}

@test "the bag inside is the same both ways, compressed or not" {
	local t=2026-11-22T03:04:05Z z
	ln -s a.txt ev/link
	# reading a link for the first time sets its access time
	sleep 0.05
	readlink ev/link
	bulla-pack --time $t ev >bag.tar
	for z in '' -z; do
		bulla-seal $z --time $t -i seal.key -r "$desk" ev >direct
		bulla-seal $z --time $t -i seal.key -r "$desk" <bag.tar >piped
		for p in direct piped; do
			bulla-open -i desk.key -k "$seal" -O $p >plain.tar
			# behind the opening note comes the bag, byte for byte
			tail -c "$(stat -c %s bag.tar)" plain.tar |
				cmp - bag.tar
		done
	done
	head -c 3000000 /dev/zero >ev/zeros
	sealed big.bulla ev
	bulla-seal -q -z -i seal.key -r "$desk" -o small.bulla ev
	[ "$(stat -c %s small.bulla)" -lt 400000 ]
	[ "$(stat -c %s big.bulla)" -gt 3000000 ]
	whole small.bulla
}

@test "a disk image with a partition table" {
	need mkfs.ext4
	need sfdisk
	truncate -s 24M disk.img
	echo 'start=2048, size=40960, type=83' | sfdisk -q disk.img
	mkfs.ext4 -q -E offset=1048576 -d ev disk.img 20M
	sfdisk -d disk.img >table
	sealed p.bulla disk.img ev
	whole p.bulla
	cmp disk.img x/bag/data/disk.img
	(cd x/bag/data && sfdisk -d disk.img) | cmp - table
	# a second way: as a stream
	bulla-seal -q -i seal.key -r "$desk" --name disk.img -o s.bulla - \
	    <disk.img
	opened s.bulla y
	cmp disk.img y/bag/data/disk.img
}

@test "several sealers, several recipients" {
	bulla-keygen sign -n alpha/second -o second.key
	bulla-keygen age -o other.key
	ok bulla-seal -i second.key -i seal.key -r "$desk" \
	    -r "$(cat other.key.pub)" -o p.bulla ev
	no 2 "alpha/second" bulla-verify -k "$seal" p.bulla
	no 2 "alpha/sealer" bulla-verify -k "$(cat second.key.pub)" p.bulla
	ok bulla-verify -k "$seal" -k "$(cat second.key.pub)" p.bulla
	[[ $output == *"sealed by alpha/second, alpha/sealer"* ]]
	cat seal.key.pub second.key.pub >known
	bulla-open -q -i other.key -K known -d o p.bulla
	bulla-open -q -i desk.key -K known -d p p.bulla
	diff -r o p
	# recipients from a file
	{ echo '# desks'; echo "$desk"; cat other.key.pub; } >desks
	ok bulla-seal -i seal.key -R desks -o q.bulla ev
	bulla-open -q -i other.key -k "$seal" -d q q.bulla
}

@test "what the opening note says" {
	ok bulla-seal -i seal.key -r "$desk" --from alpha/unit-7 \
	    --to beta/desk --to gamma --kind partial --ref R-2026.7 \
	    --class urgent --exercise --time 2026-11-22T03:04:05Z -o p.bulla ev
	tar -xOf p.bulla "$output/opening.note" >note
	head -n 1 note | grep -qx 'bulla opening v1'
	for l in "package: $output" 'kind: partial' 'ref: R-2026.7' \
	    'class: urgent' 'exercise: yes' 'created: 2026-11-22T03:04:05Z' \
	    'from: alpha/unit-7' 'to: beta/desk' 'to: gamma' \
	    "sealer: $seal" "recipient: $desk" 'compression: none'; do
		grep -qxF "$l" note
	done
}

@test "options that cannot be" {
	no 2 "the home $HOME/.bulla has no keys/sealer.key" bulla-seal -r "$desk" -o p ev
	no 2 "nobody could open it" bulla-seal -i seal.key -o p ev
	no 2 "another agency" \
	    bulla-seal -i seal.key -r "$desk" --from beta/x -o p ev
	no 2 "--to" bulla-seal -i seal.key -r "$desk" --to 'Beta' -o p ev
	no 2 "--to" \
	    bulla-seal -i seal.key -r "$desk" --to b/x --to b/x -o p ev
	no 2 "--kind" bulla-seal -i seal.key -r "$desk" --kind A -o p ev
	no 2 "--ref" bulla-seal -i seal.key -r "$desk" --ref - -o p ev
	no 2 "--class" bulla-seal -i seal.key -r "$desk" --class 1 -o p ev
	no 2 "-r" bulla-seal -i seal.key -r age1nonsense -o p ev
	no 2 "twice" bulla-seal -i seal.key -r "$desk" -r "$desk" -o p ev
	no 2 "given twice" \
	    bulla-seal -i seal.key -i seal.key -r "$desk" -o p ev
	no 2 "1970 to 2242" bulla-seal -i seal.key -r "$desk" \
	    --time 2300-01-01T00:00:00Z -o p ev
	no 2 "options that describe the bag need a PATH" sh -c "bulla-pack ev |
	    bulla-seal -i seal.key -r $desk -m Evid-Case-Id=7 -o p"
	no 3 "nokey" bulla-seal -i nokey -r "$desk" -o p ev
	chmod 644 seal.key
	no 3 "seal.key" bulla-seal -i seal.key -r "$desk" -o p ev
	[ ! -e p ]
}

@test "a packer that dies makes no package" {
	bulla-pack ev >bag.tar
	size=$(stat -c %s bag.tar)
	for n in 0 100 512 10000 300000 $((size - 1024)) $((size - 1)); do
		no 4 "the bag from standard input" \
		    sh -c "head -c $n bag.tar |
		    bulla-seal -i seal.key -r $desk -o p"
		[ ! -e p ]
		run sh -c "head -c $n bag.tar |
		    bulla-seal -i seal.key -r $desk >q 2>/dev/null"
		[ "$status" -eq 4 ]
		run bulla-verify -k "$seal" q
		[ "$status" -eq 4 ]
	done
	# killed for good
	mkfifo slow
	head -c 4000000 /dev/urandom >ev/more
	sh -c 'echo $$ >pid; exec bulla-pack --name s --size 100M - <slow' |
		bulla-seal -i seal.key -r "$desk" >r 2>err &
	sealer=$!
	exec 8>slow
	head -c 4000000 ev/more >&8
	kill -9 "$(cat pid)"
	rc=0
	wait $sealer || rc=$?
	exec 8>&-
	[ "$rc" -eq 4 ]
	run bulla-verify -k "$seal" r
	[ "$status" -eq 4 ]
}

@test "standard input that is no bag" {
	no 4 "the bag from standard input" \
	    sh -c "bulla-seal -i seal.key -r $desk -o p </dev/null"
	tar -cf other.tar ev
	no 1 "the bag from standard input" \
	    sh -c "bulla-seal -i seal.key -r $desk -o p <other.tar"
	bulla-pack ev >bag.tar
	no 1 "the bag from standard input" sh -c "cat bag.tar bag.tar |
	    bulla-seal -i seal.key -r $desk -o p"
	no 1 "the bag from standard input" sh -c "{ cat bag.tar; echo x; } |
	    bulla-seal -i seal.key -r $desk -o p"
	[ ! -e p ]
	# a tar that blocks of 10,240 bytes fill up is the same tar
	{
		cat bag.tar
		head -c 9216 /dev/zero
	} | bulla-seal -i seal.key -r "$desk" >z.bulla
	whole z.bulla
}

@test "a bag tar that ends where a slot does" {
	# opening member: 512 and the note, 1,024; the bag's own: see below
	head -c $((524288 - 18 * 512)) /dev/zero >z
	bulla-pack z >bag.tar
	n=$(stat -c %s bag.tar)
	note=$(bulla-seal -i seal.key -r "$desk" <bag.tar |
		bulla-open -i desk.key -k "$seal" -O | wc -c)
	pad=$(((524288 - note % 524288) % 524288))
	head -c $((524288 - 18 * 512 + pad)) /dev/zero >z
	bulla-pack z | bulla-seal -i seal.key -r "$desk" >p.bulla
	[ "$(bulla-open -i desk.key -k "$seal" -O p.bulla | wc -c)" -eq \
	    $((note + pad)) ]
	[ $(((note + pad) % 524288)) -eq 0 ]
	[ "$n" -gt 500000 ]
}

@test "a file that changes while it is sealed" {
	head -c 60000000 /dev/zero >big
	sleep 0.02
	mkfifo out
	bulla-seal -i seal.key -r "$desk" big >out 2>err &
	pid=$!
	exec 8<out
	# So much that the file was opened; a segment and the slots are read
	# ahead, which is less than half of it.
	head -c 3000000 <&8 >/dev/null
	truncate -s 59000000 big
	cat <&8 >rest
	exec 8<&-
	rc=0
	wait $pid || rc=$?
	[ "$rc" -eq 1 ]
	grep -q "^bulla-seal: big: it .* while it was read" err
	run ! grep -q closing.note rest
}

@test "output: atomic, never over something, never what is read" {
	echo keep >p
	no 1 "exists already" bulla-seal -i seal.key -r "$desk" -o p ev
	[ "$(cat p)" = keep ]
	no 2 "this is the file being written" \
	    bulla-seal -f -i seal.key -r "$desk" -o ev/a.txt ev
	[ "$(cat ev/a.txt)" = alpha ]
	ok bulla-seal -f -i seal.key -r "$desk" -o p ev
	whole p
	bulla-pack ev >bag.tar
	cp bag.tar bag.old
	no 2 "standard input is the file being written" \
	    sh -c "bulla-seal -i seal.key -r $desk <bag.tar >>bag.tar"
	no 2 "standard input is the file being written" \
	    sh -c "bulla-seal -f -i seal.key -r $desk -o bag.tar <bag.tar"
	cmp bag.tar bag.old
	no 3 "No space left" \
	    sh -c "bulla-seal -i seal.key -r $desk ev >/dev/full"
	no 3 "" sh -c "bulla-seal -i seal.key -r $desk ev >&-"
	no 3 "missing" bulla-seal -i seal.key -r "$desk" -o q missing
	no 3 "nodir" bulla-seal -i seal.key -r "$desk" -o nodir/q ev
	[ ! -e q ]
	run script -qec "bulla-seal -i seal.key -r $desk ev" typescript
	[ "$status" -eq 1 ]
	grep -q terminal typescript
	run ! grep -q bagit typescript
	[ -z "$(find . -name '.*.tmp*')" ]
}

@test "-q, -v and --json" {
	ln -s a.txt ev/link
	ok bulla-seal -q -i seal.key -r "$desk" -o p ev
	[ -z "$output" ]
	run --separate-stderr bulla-seal -v -i seal.key -r "$desk" -o q ev
	[ "$status" -eq 0 ]
	[[ $stderr == *"bag bag: 2 files, 300006 bytes"* ]]
	bulla-seal --json -i seal.key -r "$desk" -o r ev | jq -e '.ok and
	    .bag == "bag" and .files == 2 and .bytes == 300006 and
	    .not_archived == 1 and .segments == 1 and
	    (.package | test("^[0-9a-f]{32}$"))'
	bulla-seal --json -i seal.key -r "$desk" ev 2>j >s
	jq -e --argjson n "$(stat -c %s s)" '.ok and .size == $n' j
	whole s
	bulla-seal --json -i seal.key -r "$desk" gone >u 2>j || rc=$?
	[ "$rc" -eq 3 ]
	run ! grep -q '"ok"' u
	tail -n 1 j | jq -e '.ok == false and .status == "io"'
	run --separate-stderr bulla-seal --json -i seal.key -r "$desk" -o t \
	    gone
	jq -e '.ok == false and .status == "io"' <<<"$output"
}

@test "threads make no difference" {
	head -c 40000000 /dev/zero >ev/large
	for j in 1 2 7; do
		bulla-seal -q -j $j -i seal.key -r "$desk" -o p$j ev
		bulla-verify -q -j $j -k "$seal" p$j
		bulla-open -j $j -i desk.key -k "$seal" -O p$j | tar -xO \
		    bag/data/ev/large | cmp - ev/large
	done
	[ "$(stat -c %s p1)" = "$(stat -c %s p7)" ]
	no 2 "-j" bulla-seal -j 0 -i seal.key -r "$desk" -o x ev
	no 2 "-j" bulla-seal -j 65 -i seal.key -r "$desk" -o x ev
}

@test "links are recorded, and that is said" {
	ln -s a.txt ev/link
	mkfifo ev/fifo
	for tool in "bulla-seal -i seal.key -r $desk -o p" "bulla-pack -o q"; do
		run --separate-stderr $tool ev
		[ "$status" -eq 0 ]
		[[ $stderr == *"not packed: 2 links or special files" ]]
		run --separate-stderr $tool -f -q ev
		[ "$status" -eq 0 ] && [ -z "$stderr" ]
	done
}

@test "a key is not overwritten by what it seals, nor by what it opens" {
	cp seal.key seal.before
	ln seal.key other-name
	no 2 "-o would replace seal.key" bulla-seal -f -i seal.key -r "$desk" -o seal.key ev
	no 2 "-o would replace seal.key" bulla-seal -f -i seal.key -r "$desk" -o other-name ev
	no 2 "-o would replace seal.key" bulla-keygen public -f -o seal.key seal.key
	cmp seal.key seal.before
	bulla-age -r "$desk" -o c.age ev/a.txt
	cp desk.key desk.before
	no 2 "-o would replace desk.key" bulla-age -d -f -i desk.key -o desk.key c.age
	cmp desk.key desk.before
}
