#!/bin/sh
# run.sh [MODE]: bulla against the tools that people combine by hand today.
# Every comparison is interleaved on the same data, five rounds or more;
# trust the ratios, not the seconds. The goal stands beside what was
# measured: "goal" with libcrypto's SHA-256, "prize" with two streams.
#
#   quick   256 MB and 2,000 files: a look while working
#   normal  2 GB; 20,000 files, 663 MB; 100,000 files of 4 KiB
#   peers   those two of normal against Sequoia, 7-Zip, restic and borg
#   growth  1 to 8 GiB and 10,000 to 80,000 files; 17 GB of disk
#   memory  2 and 20 GiB; a million files; 43 GB of disk
#   full    normal, peers, growth, memory
#
# BENCH_DIR    where the data goes, and is kept (default: a new directory
#              under TMPDIR, removed at the end)
# BULLA_BIN    tools that are built already, and pair in ../bench
# BENCH_DISK   GB of disk that memory may take (default: what is free)
# BIG_MB, TREE_FILES, SMALL_FILES, MANY_FILES, MEMORY_GB, ROUNDS, BENCH_JOBS:
#              other sizes
#
# What is opened again and again leaves its inodes behind until the end: as
# many as files, twice a round. All else is written to /dev/null or over an
# existing file: fresh pages cost more than what is measured. Where a peer
# cannot, ours may not either.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
mode=${1:-normal}
case $mode in
quick) : "${BIG_MB:=256}" "${TREE_FILES:=2000}" "${SMALL_FILES:=10000}" ;;
normal | peers | growth | memory | full) ;;
*)
	echo "usage: run.sh [quick|normal|peers|growth|memory|full]" >&2
	exit 2
	;;
esac
: "${BIG_MB:=2000}" "${TREE_FILES:=20000}" "${SMALL_FILES:=100000}"
: "${MANY_FILES:=1000000}" "${MEMORY_GB:=2 20}"
: "${ROUNDS:=5}" "${BENCH_JOBS:=$(nproc)}"
sh tests/setup.sh bench
if [ -z "${BULLA_BIN-}" ]; then
	make -s -j"$BENCH_JOBS" tools benches
	BULLA_BIN=build/release/bin
fi
bin=$(cd "$BULLA_BIN" && pwd)

if [ -n "${BENCH_DIR-}" ]; then
	mkdir -p "$BENCH_DIR"
	dir=$(cd "$BENCH_DIR" && pwd)
	rubbish=
else
	dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
	rubbish=$dir
fi
place=
finish()
{
	gpgconf --kill gpg-agent 2>/dev/null || true
	rm -rf "$rubbish" "$place"
}
trap finish EXIT
trap 'exit 130' INT TERM
PATH=$bin:$bin/../bench:$PATH
GNUPGHOME=$dir/gnupg
HOME=$dir/home
export PATH GNUPGHOME HOME
unset BULLA_HOME
mkdir -p "$HOME"
cd "$dir"

# fill DIR N_DIRS N_FILES SIZE: files of random bytes, taken from stdin
fill()
{
	i=0
	while [ "$i" -lt "$2" ]; do
		d=$(printf '%s/%03d' "$1" "$i")
		mkdir -p "$d"
		head -c $(($3 * $4)) | split -a 4 -d -b "$4" - "$d/f"
		i=$((i + 1))
	done
}

# there_is NAME SIZE: kept from an earlier run?
there_is()
{
	[ ! -e "$1.is-$2" ] || return 0
	rm -rf "$1" "$1".is-*
	return 1
}

make_big()
{
	there_is big "$BIG_MB" && return 0
	head -c "${BIG_MB}000000" /dev/urandom >big
	: >"big.is-$BIG_MB"
}

# On average 33 KB a file, as a documentation tree has it: four in five are
# small
make_tree()
{
	there_is tree "$TREE_FILES" && return 0
	fill tree/notes $((TREE_FILES / 125)) 100 8192 </dev/urandom
	fill tree/images $((TREE_FILES / 125)) 25 133000 </dev/urandom
	: >"tree.is-$TREE_FILES"
}

make_small()
{
	there_is small "$SMALL_FILES" && return 0
	fill small $((SMALL_FILES / 1000)) 1000 4096 </dev/urandom
	: >"small.is-$SMALL_FILES"
}

make_keys()
{
	rm -rf keys gnupg
	mkdir -m 700 keys gnupg
	bulla-keygen sign -n bench/sealer -o keys/sign >keys/log
	bulla-keygen age -o keys/age >keys/log
	minisign -G -W -p keys/minisign.pub -s keys/minisign.key >keys/log
	gpg --batch --quiet --passphrase '' \
	    --quick-generate-key bench default default never 2>keys/log
	gpg --batch --quiet --passphrase '' --quick-add-key \
	    "$(gpg --list-keys --with-colons 2>keys/log |
	        awk -F: '$1 == "fpr" { print $10; exit }')" \
	    cv25519 encr never 2>keys/log || cat keys/log
	recipient=$(cat keys/age.pub)
	vkey=$(cat keys/sign.pub)
}

# ready PATH...: whoever wrote is not charged for what the disk still has to do
# for the one before, and what is read comes from memory
make_ready()
{
	cat >ready <<-'END'
	sync
	find "$@" -type f -exec cat {} + >/dev/null
	END
}

# Of what is in $reads
compare()
{
	pair -n "$ROUNDS" -p "sh ready $reads" "$@"
}

bytes_of()
{
	find "$1" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%d", n }'
}

# diy PATH: what a careful office does by hand, each step a known tool
diy()
{
	cat <<-END
	find $1 -type f -print0 | xargs -0 openssl dgst -sha256 -r >manifest &&
	tar -cf - manifest $1 | age -r $recipient 1<>$1.diy &&
	openssl dgst -sha256 -r $1.diy >digest &&
	minisign -S -s keys/minisign.key -m digest >/dev/null
	END
}

# there PATH GOAL PRIZE: sealing
there()
{
	reads=$1
	n=$(bytes_of "$1")
	seal="bulla-seal -q -i keys/sign -r $recipient"
	tar_age="tar -cf - $1 | age -r $recipient >/dev/null"
	# the goal for the processor is one for bytes, not for files
	cpu=
	[ "$1" != big ] || cpu='-c 1.55'
	# shellcheck disable=SC2086 # an option and its argument
	compare -b "$n" -g "$2" -x "$3" $cpu -m 64 \
	    "$1: seal / tar | age" "$seal $1 >/dev/null" "$tar_age"
	[ "$1" != small ] || return 0
	compare -b "$n" -g 0.32 -x 0.23 "$1: seal / do it yourself" \
	    "$seal $1 >/dev/null" "$(diy "$1")"
	compare -b "$n" -g 0.3 "$1: seal / gpg --sign --encrypt" \
	    "$seal $1 >/dev/null" \
	    "tar -cf - $1 | gpg --batch --quiet --yes --trust-model always \
	    -z 0 -r bench --sign --encrypt -o - >/dev/null"
}

pipe_there()
{
	reads=big
	compare -b "$(bytes_of big)" -g 1.8 -m 64 \
	    'big: pack | seal / tar | age' \
	    "bulla-pack -q big |
	    bulla-seal -q -i keys/sign -r $recipient >/dev/null" \
	    "tar -cf - big | age -r $recipient >/dev/null"
}

# Room for what is opened. What was opened before is made empty, but its inodes
# are kept: for minutes ext4 gives none of them to a new file, and looks at each
# of them again for each one, which took ten times as long as all the rest.
make_aside()
{
	cat >aside <<-'END'
	if [ -d out ]; then
		mv out "old.$(date +%s%N)"
		find old.* -type f -size +0 -exec truncate -s 0 {} +
	fi
	mkdir out
	END
}

# back PATH: opening and checking
back()
{
	make_aside
	reads="$1.bulla $1.age"
	n=$(bytes_of "$1")
	bulla-seal -q -f -i keys/sign -r "$recipient" -o "$1.bulla" "$1"
	tar -cf - "$1" | age -r "$recipient" >"$1.age"
	open="bulla-open -q -i keys/age -k $vkey"
	compare -b "$n" -g 1.2 -x 0.9 -m 64 "$1: open -O / age -d" \
	    "$open -O $1.bulla >/dev/null" \
	    "age -d -i keys/age $1.age >/dev/null"
	# the pipe must be spooled, so that nothing leaves before the seal
	# has verified
	compare -b "$n" "$1: open -O from a pipe / age -d" \
	    "cat $1.bulla | $open -O >/dev/null" \
	    "cat $1.age | age -d -i keys/age >/dev/null"
	compare -b "$n" -g 1.0 -m 64 -p "sh aside && sh ready $reads" \
	    "$1: open -d / age -d | tar -x" "$open -d out $1.bulla >/dev/null" \
	    "age -d -i keys/age $1.age | tar -xf - -C out"
	# ours is durable then
	compare -b "$n" -m 64 -p "sh aside && sh ready $reads" \
	    "$1: open -o FILE / age -d -o FILE" \
	    "$open -o out/ours $1.bulla >/dev/null" \
	    "age -d -i keys/age -o out/theirs $1.age"
	compare -b "$n" -g 0.6 -m 64 "$1: verify / openssl dgst" \
	    "bulla-verify -q -k $vkey $1.bulla >/dev/null" \
	    "openssl dgst -sha256 $1.bulla >/dev/null"
	rm -rf out old.* "$1.bulla" "$1.age"
}

. "$top/tests/bench/peers.sh"
. "$top/tests/bench/growth.sh"

echo "bulla $(bulla-seal --version | awk '{ print $2 }'), $mode:" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
    "$(nproc) cores; $(age --version), $(openssl version | cut -d' ' -f1,2)"
echo "big: $BIG_MB MB; tree: $TREE_FILES files; small: $SMALL_FILES files" \
    "of 4 KiB; $ROUNDS rounds; load $(cut -d ' ' -f 1-3 /proc/loadavg)"
make_keys
make_ready

columns()
{
	printf '%-44s %9s %9s  %s\n' job ours peer 'ratio (min..max)'
}

by_hand()
{
	make_big
	make_tree
	make_small
	cat big >/dev/null
	for b in "$bin"/../bench/bench_*; do
		case $b in *.[od]) ;; *) [ ! -x "$b" ] || "$b" "$ROUNDS" ;; esac
	done
	columns
	there big 1.3 1.0
	pipe_there
	there tree 1.3 1.0
	there small 1.0 1.0
	back big
	back tree
}

case $mode in
quick | normal) by_hand ;;
peers) by_peers ;;
growth) growth ;;
memory) memory ;;
full)
	by_hand
	by_peers
	growth
	memory
	;;
esac
echo "load at the end: $(cut -d ' ' -f 1-3 /proc/loadavg)"
