#!/usr/bin/env bats
# bulla-pack: a bag that sha256sum and tar agree with, whatever was packed.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	mkdir ev
	echo alpha >ev/a.txt
	mkdir ev/empty ev/d
	echo beta >ev/d/b.txt
	: >ev/d/nothing
}

# unpacked [PACK OPTIONS...] PATH...: the bag, in ./x/bag
unpacked() {
	rm -rf x bag.tar
	mkdir x
	bulla-pack -o bag.tar "$@" || return
	tar -xf bag.tar -C x
	(cd x/bag && sha256sum --quiet --strict -c manifest-sha256.txt &&
		sha256sum --quiet --strict -c tagmanifest-sha256.txt)
}

# line PATH: its line of metadata.tsv
line() {
	awk -F'\t' -v p="$1" '$1 == p' x/bag/metadata.tsv
}

# field PATH NAME: one column of it
field() {
	awk -F'\t' -v p="$1" -v f="$2" '
	    NR == 1 { for (i = 1; i <= NF; i++) if ($i == f) n = i }
	    $1 == p { print $n }' x/bag/metadata.tsv
}

@test "a directory: tar and sha256sum agree" {
	ok bulla-pack -o bag.tar ev
	[ -z "$output" ]
	unpacked ev
	diff -r ev x/bag/data/ev
	[ "$(wc -l <x/bag/manifest-sha256.txt)" -eq 3 ]
	[ "$(find x/bag/data -type f | wc -l)" -eq 3 ]
	[ -d x/bag/data/ev/empty ]
	[ "$(head -n 1 x/bag/bagit.txt)" = "BagIt-Version: 1.0" ]
	grep -q '^Payload-Oxum: 11.3$' x/bag/bag-info.txt
	[ ! -e x/bag/original-names.tsv ]
	[ "$(stat -c %a bag.tar)" = 600 ]
}

@test "a file, several, and what . and / stand for" {
	unpacked ev/a.txt ev/d
	[ "$(cat x/bag/data/a.txt)" = alpha ]
	[ "$(cat x/bag/data/d/b.txt)" = beta ]
	cd ev
	bulla-pack . | tar -t | sort >../dot
	bulla-pack ./ | tar -t | sort >../dot-slash
	bulla-pack d/.. | tar -t | sort >../dot-dot
	cd ..
	cmp dot dot-slash
	cmp dot dot-dot
	grep -qx bag/data/a.txt dot
	grep -qx bag/data/d/b.txt dot
	unpacked ev/
	diff -r ev x/bag/data/ev
}

@test "an empty directory, and the contents of one" {
	# a manifest without lines is no list to sha256sum -c
	bulla-pack ev/empty | tar -t | grep -qx bag/data/empty/
	cd ev/empty
	ok bulla-pack -o ../../none.tar .
	cd ../..
	tar -tf none.tar | grep -qx bag/data/
	run tar -tf none.tar
	[ "${#lines[@]}" -eq 7 ]
}

@test "two PATHs that would be one are refused" {
	mkdir other
	echo x >other/a.txt
	no 2 "both become data/a.txt" bulla-pack ev/a.txt other/a.txt
	no 2 "both become data/ev" bulla-pack ev ev
	cd ev
	no 2 "both become" bulla-pack . .
	no 2 "both become" bulla-pack . ./
	no 2 "both become data/a.txt" bulla-pack . a.txt
}

@test "the same content and time, the same bytes" {
	local t=2026-11-22T03:04:05Z
	bulla-pack --time $t -m Evid-Case-Id=7 ev >one
	bulla-pack --time $t -m Evid-Case-Id=7 -j 1 ev >two
	LC_ALL=C TZ=Asia/Tokyo bulla-pack --time $t -m Evid-Case-Id=7 -j 4 ev \
	    >three
	bulla-pack --time $t -m Evid-Case-Id=7 -o four ev
	cmp one two
	cmp one three
	cmp one four
	bulla-pack --time 2026-11-22T03:04:06Z ev >five
	run ! cmp -s one five
}

@test "names that no bag may hold are changed and recorded" {
	mkdir n
	printf 1 >'n/-rf'
	printf 2 >'n/~root'
	printf 3 >'n/50%'
	printf 4 >'n/a\b'
	printf 5 >n/$'a\nb'
	printf 6 >n/$'\x01'
	printf 7 >n/$'\xff\xfe'
	printf 8 >n/$'\xe2\x80\xaegpj.exe'
	printf 9 >n/$'tab\there'
	mkdir n/$'d\e[31m'
	printf 10 >n/$'d\e[31m'/inside
	printf 11 >n/é
	unpacked n
	[ "$(find x/bag/data -type f | wc -l)" -eq 11 ]
	[ "$(cat x/bag/data/n/_rf)" = 1 ]
	[ "$(cat x/bag/data/n/_root)" = 2 ]
	[ "$(cat x/bag/data/n/50_)" = 3 ]
	[ "$(cat x/bag/data/n/d_[31m/inside)" = 10 ]
	[ "$(cat x/bag/data/n/é)" = 11 ]
	# nothing that a terminal acts on, anywhere
	run ! env LC_ALL=C grep -rlP '[\x00-\x08\x0b-\x1f\x7f]' x/bag --include='*.t*'
	[ "$(tail -n +2 x/bag/original-names.tsv | wc -l)" -eq 10 ]
	grep -qxF $'data/n/_rf\tutf8\t-rf' x/bag/original-names.tsv
	grep -qF $'\tbase64\t'"$(printf '\xff\xfe' | base64)" \
	    x/bag/original-names.tsv
	# both "a\b" and "a LF b" want the same name
	[ "$(find x/bag/data/n -name 'a_b*' | wc -l)" -eq 2 ]
	[ -e x/bag/data/n/a_b.2 ]
}

@test "names of 255 bytes" {
	local long
	long=$(printf 'x%.0s' {1..255})
	mkdir n
	echo 1 >"n/$long"
	echo 2 >"n/${long%x}%"
	echo 3 >"n/${long%x}\\"
	unpacked n
	[ "$(cat "x/bag/data/n/$long")" = 1 ]
	[ "$(find x/bag/data/n -type f | wc -l)" -eq 3 ]
	[ "$(cat "x/bag/data/n/${long%x}_")" != 1 ]
}

@test "a path longer than a bag may have" {
	local name
	name=$(printf 'd%.0s' {1..250})
	mkdir n
	(
		cd n
		for _ in {1..17}; do
			mkdir "$name"
			cd "$name"
		done
		echo x >f
	)
	no 1 "longer than 4096 bytes" bulla-pack -o bag.tar n
	[ ! -e bag.tar ]
}

@test "links, fifos and sockets are recorded, never archived" {
	ln -s /etc/passwd ev/link
	ln -s a.txt ev/rel
	ln -s missing ev/dangling
	ln -s . ev/loop
	mkfifo ev/fifo
	ln ev/a.txt ev/hard
	unpacked ev
	[ -z "$(find x/bag ! -type f ! -type d)" ]
	[ "$(field data/ev/link type)" = symlink ]
	[ "$(field data/ev/link link)" = /etc/passwd ]
	[ "$(field data/ev/dangling link)" = missing ]
	[ "$(field data/ev/fifo type)" = fifo ]
	cmp x/bag/data/ev/hard ev/a.txt
	[ "$(field data/ev/hard nlink)" = 2 ]
	[ "$(field data/ev/hard ino)" = "$(field data/ev/a.txt ino)" ]
	bulla-pack --json -o j.tar ev | jq -e '.ok and .files == 4 and
	    .not_archived == 5 and .renamed == 0'
}

@test "device nodes are recorded" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	mknod ev/null c 1 3 || skip "no mknod here"
	mknod ev/loop7 b 7 200
	unpacked ev
	[ "$(field data/ev/null type)" = char ]
	[ "$(field data/ev/loop7 type)" = block ]
	[ ! -e x/bag/data/ev/null ]
}

@test "metadata: times, modes, extended attributes" {
	chmod 4751 ev/a.txt
	touch -d '1999-12-31T23:59:58.123456789Z' ev/a.txt
	touch -d '1965-01-01T00:00:00Z' ev/d/b.txt
	unpacked ev
	[ "$(field data/ev/a.txt mode)" = 4751 ]
	[ "$(field data/ev/a.txt mtime)" = 946684798.123456789 ]
	[[ $(field data/ev/d/b.txt mtime) == -157766400.* ]]
	[ "$(field data/ev/a.txt sha256)" = \
	    "$(sha256sum <ev/a.txt | cut -d' ' -f1)" ]
	[ "$(stat -c %Y x/bag/data/ev/a.txt)" = 946684798 ]
	[ "$(field data/ev/a.txt xattr)" = - ]
	setfattr -n user.origin -v 'case 7' ev/a.txt 2>/dev/null ||
		skip "no extended attributes here"
	unpacked ev
	[ "$(field data/ev/a.txt xattr)" = "$(getfattr -d -m - -e hex \
	    ev/a.txt | sed -n 's/=0x/=/p' | LC_ALL=C sort | sha256sum |
	    cut -d' ' -f1)" ]
}

@test "the access time of evidence is left alone" {
	touch -a -d '2020-01-01T00:00:00Z' ev/a.txt
	bulla-pack ev >/dev/null
	[ "$(stat -c %X ev/a.txt)" = 1577836800 ]
}

@test "a sparse file is packed as it reads" {
	truncate -s 3M ev/sparse
	printf end | dd of=ev/sparse bs=1 seek=2000000 conv=notrunc status=none
	unpacked ev
	cmp ev/sparse x/bag/data/ev/sparse
}

@test "an unreadable file or directory" {
	mkdir -m 755 pub
	cp -r ev pub/ev
	echo secret >pub/ev/closed
	mkdir -m 000 pub/ev/shut
	chmod 000 pub/ev/closed
	chmod 755 . pub pub/ev
	[ "$(id -u)" -ne 0 ] || as_nobody test -x pub/ev || skip "no way in"
	no 3 "pub/ev/closed: Permission denied" as_nobody bulla-pack pub/ev
	run --separate-stderr as_nobody bulla-pack --skip-unreadable pub/ev
	[ "$status" -eq 0 ]
	[[ $stderr == *"not packed, only recorded: pub/ev/closed: Permission"* ]]
	[[ $stderr == *"only recorded: pub/ev/shut: Permission denied"* ]]
	as_nobody bulla-pack -q --skip-unreadable pub/ev >bag.tar
	mkdir x
	tar -xf bag.tar -C x
	[ ! -e x/bag/data/ev/closed ]
	[ "$(field data/ev/closed type)" = file ]
	[ "$(field data/ev/closed sha256)" = - ]
	[ "$(field data/ev/shut type)" = dir ]
	(cd x/bag && sha256sum --quiet --strict -c manifest-sha256.txt)
	chmod 755 pub/ev/shut
}

@test "a file that shrinks, grows or changes while it is read" {
	local how
	for how in 'truncate -s 1000000 big' 'echo more >>big' \
	    'printf x | dd of=big bs=1 seek=7000000 conv=notrunc status=none'; do
		head -c 8000000 /dev/zero >big
		sleep 0.02
		# the packer stands still until somebody reads
		rm -f out
		mkfifo out
		bulla-pack big >out 2>err &
		pid=$!
		exec 8<out
		head -c 1000 <&8 >/dev/null
		eval "$how"
		cat <&8 >rest
		exec 8<&-
		rc=0
		wait "$pid" || rc=$?
		echo "$how: $rc, $(cat err)"
		[ "$rc" -eq 1 ]
		grep -q "^bulla-pack: big: it .* while it was read" err
		run ! grep -q tagmanifest rest
	done
}

@test "a device is imaged only when it is named" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	head -c 1000448 /dev/urandom >image
	loop=$(losetup -f --show image 2>/dev/null) || skip "no loop device"
	unpacked "$loop" || {
		losetup -d "$loop"
		return 1
	}
	losetup -d "$loop"
	cmp image "x/bag/data/$(basename "$loop")"
	[ "$(field "data/$(basename "$loop")" type)" = file ]
	[ "$(field "data/$(basename "$loop")" size)" = 1000448 ]
}

@test "a link, a fifo or nothing as a PATH" {
	ln -s ev link
	mkfifo fifo
	no 2 "link: a symbolic link" bulla-pack link
	no 2 "fifo: neither a file" bulla-pack fifo
	no 3 "missing: No such file or directory" bulla-pack missing
	no 3 "ev/a.txt/" bulla-pack ev/a.txt/x
	no 2 "an empty PATH" bulla-pack ""
	no 2 "nothing to pack" bulla-pack
	no 3 '\x1b[31m: No such' bulla-pack $'\e[31m'
}

@test "standard input, with and without its size" {
	printf 'some bytes' | bulla-pack --name disk.img - >one.tar
	printf 'some bytes' | bulla-pack --name disk.img --size 10 - >two.tar
	mkdir x
	tar -xf one.tar -C x
	[ "$(cat x/bag/data/disk.img)" = "some bytes" ]
	tar -xOf two.tar bag/data/disk.img | cmp - x/bag/data/disk.img
	no 1 "standard input ended 5 bytes before --size 15" \
	    sh -c 'printf "some bytes" | bulla-pack --name d --size 15 -'
	no 1 "standard input is longer than --size 5" \
	    sh -c 'printf "some bytes" | bulla-pack --name d --size 5 -o t -'
	[ ! -e t ]
	ok sh -c ': | bulla-pack --name empty -o e.tar -'
	[ "$(tar -xOf e.tar bag/data/empty | wc -c)" -eq 0 ]
	no 2 "file name 'a/b'" bulla-pack --name a/b -
	no 2 "file name" bulla-pack --name -x -
	no 2 "--name goes with a single '-'" bulla-pack --name x ev
	no 2 "'-' as a PATH needs --name" bulla-pack -
	no 2 "--size goes with --name" bulla-pack --size 5 ev
}

@test "labels, files of labels, and the evidence profile" {
	printf '# a comment\n\nEvid-Place: Utrecht, NL\n' >labels
	bulla-pack -m Evid-Case-Id=7 -I labels ev | tar -xO bag/bag-info.txt \
	    >info
	grep -qx 'Evid-Case-Id: 7' info
	grep -qx 'Evid-Place: Utrecht, NL' info
	no 2 "-m" bulla-pack -m novalue ev
	no 2 "Payload-Oxum" bulla-pack -m Payload-Oxum=1.1 ev
	no 3 "nofile" bulla-pack -I nofile ev
	run --separate-stderr bulla-pack --profile evidence -o t ev
	[ "$status" -eq 2 ]
	[[ $stderr == *"Evid-Case-Id"* ]]
	[[ $stderr == *"Source-Organization"* ]]
	[ ! -e t ]
	no 2 "--profile" bulla-pack --profile full ev
	no 2 "--time" bulla-pack --time yesterday ev
	no 2 "bag name 'a/b'" bulla-pack -n a/b ev
	no 2 "bag name '.x'" bulla-pack -n .x ev
	bulla-pack -n case-7 ev | tar -t | grep -qx case-7/data/ev/a.txt
}

@test "output: atomic, never over something, never what is read" {
	echo keep >out
	no 1 "exists already" bulla-pack -o out ev
	[ "$(cat out)" = keep ]
	ok bulla-pack -f -o out ev
	no 2 "this is the file being written" bulla-pack -f -o ev/a.txt ev/a.txt
	no 2 "ev/a.txt: this is the file being written" \
	    bulla-pack -f -o ev/a.txt ev
	[ "$(cat ev/a.txt)" = alpha ]
	no 2 "ev/out: this is the file being written" \
	    sh -c 'bulla-pack ev >ev/out'
	rm ev/out
	no 2 "standard input is the file being written" \
	    sh -c 'bulla-pack --name x -f -o out - <out'
	# inside what is packed, under a name that is new: not seen
	ok bulla-pack -o ev/new ev
	run tar -tf ev/new
	[[ $output != *new* ]]
	[[ $output == *a.txt* ]]
	no 3 "No space left" sh -c 'bulla-pack ev >/dev/full'
	no 3 "" sh -c 'bulla-pack ev >&-'
	run script -qec "bulla-pack ev" typescript
	[ "$status" -eq 1 ]
	grep -q terminal typescript
	run ! grep -q bagit typescript
}

@test "--json stays out of the stream" {
	bulla-pack --json ev 2>j >bag.tar
	tar -tf bag.tar >/dev/null
	jq -e '.ok and .files == 3 and .bytes == 11' j
	run --separate-stderr bulla-pack --json missing
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	tail -n 1 <<<"$stderr" | jq -e '.ok == false and .status == "io"'
	run --separate-stderr bulla-pack --json -o t missing
	jq -e '.ok == false and (.message | test("missing"))' <<<"$output"
}

@test "help and version" {
	ok bulla-pack --help
	[[ $output == *"usage: bulla-pack"* ]]
	ok bulla-pack -V
	no 2 "no such option" bulla-pack --nonsense ev
}
