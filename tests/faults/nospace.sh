#!/bin/sh
# nospace.sh: real lack of room and of descriptors: small file systems,
# /dev/full, read-only ones, closed stdin, stdout and stderr, readers that
# go away, limits of the process.
# shellcheck disable=SC2034,SC2154
if [ "${NS-}" = '' ]; then
	NS=no
	! unshare -m true 2>/dev/null || NS=yes
	export NS
	[ $NS = no ] || exec unshare -m sh "$0" "$@"
fi
# shellcheck source=tests/lib/faults.sh
. "${0%/*}/../lib/faults.sh"
n=0

judge()	# NAME: exit 0 with a right result, or 3 with one message
{
	n=$((n + 1))
	case $rc in
	0) result_ok "$1" ;;
	3)
		one_message
		result_none "$1"
		;;
	*) fail "$what: exit status $rc: $(head -n 2 se)" ;;
	esac
	all_whole "$1"
}

# --- file systems that are full or cannot be written (root only)
small()	# NAME OPTIONS
{
	what="$1 on a file system of $2"
	mount -t tmpfs -o "$2" tmpfs out || fail "$what: cannot mount"
	case $1 in
	keygen_age_force) cp other.age out/k && cp other.pub out/k.pub ;;
	seal_force) cp p.bulla out/p.bulla ;;
	esac 2>/dev/null || {
		umount out
		return
	}
	again "$1"
	judge "$1"
	[ "$rc" -eq 0 ] || grep -qE 'No space left|Read-only' se ||
		fail "$what: does not say why: $(cat se)"
	umount out
}

if [ "$NS" = yes ]; then
	sizes='4k 60k 76k 80k 88k 160k 200k'
	[ "$FAULTS" != full ] || sizes=$(seq 4 4 240 | sed 's/$/k/')
	for s in $SCENARIOS; do
		case $s in
		verify | inspect | *_stdout | *_pipe) continue ;;
		esac
		rm -rf out
		mkdir out
		for size in $sizes; do
			small "$s" "size=$size"
		done
		for i in 1 2 3 5 9; do
			small "$s" "size=1m,nr_inodes=$i"
		done
		small "$s" ro
	done
	# a spool that does not fit
	for size in 4k 76k; do
		mount -t tmpfs -o "size=$size" tmpfs tmp
		what="open_pipe, TMPDIR of $size"
		attempt open_pipe
		judge open_pipe
		umount tmp
	done
else
	echo 'SKIP: small file systems need root'
fi

# --- a stdout that takes nothing. What is durable by then may stay.
for s in $SCENARIOS; do
	for to in /dev/full closed; do
		before "$s"
		what="$s, stdout $to"
		if [ $to = closed ]; then
			"scenario_$s" >&- 2>se </dev/null
		else
			"scenario_$s" >$to 2>se </dev/null
		fi
		rc=$?
		n=$((n + 1))
		case $s in
		pack | pack_stdin | keygen_public | age_encrypt | age_decrypt) want=0 ;;
		*) want=3 ;;
		esac
		[ "$rc" -eq "$want" ] || fail "$what: exit status $rc: $(cat se)"
		[ "$want" -eq 0 ] || one_message
		all_whole "$s"
	done
done

# --- closed stdin and stderr change nothing
for s in $SCENARIOS; do
	what="$s, stderr closed"
	before "$s"
	: >se
	"scenario_$s" >so 2>&- </dev/null
	rc=$?
	judge "$s"
	[ "$rc" -eq 0 ] || fail "$what: exit status $rc"
	what="$s, stdin closed"
	before "$s"
	"scenario_$s" >so 2>se <&-
	rc=$?
	judge "$s"
	[ "$rc" -eq 0 ] || fail "$what: exit status $rc: $(cat se)"
done

# --- a reader that goes away; a file that may not grow; few descriptors
for s in pack_stdout seal_stdout open_stdout open_pipe age_decrypt_stdout; do
	what="$s | head -c 1"
	before "$s"
	{
		"scenario_$s" 2>se </dev/null
		echo $? >rc
	} | head -c 1 >so
	rc=$(cat rc)
	n=$((n + 1))
	[ "$rc" -eq 3 ] || fail "$what: exit status $rc"
	one_message
	grep -q 'Broken pipe' se || fail "$what: does not say why: $(cat se)"
done
for s in $SCENARIOS; do
	for limit in fsize=2048 fsize=4096 fsize=76800 nofile=16 nofile=10 \
	    nofile=8 nofile=7 nofile=6 nofile=5 nofile=4 nofile=3; do
		what="$s, limit $limit"
		via="prlimit --$limit"
		attempt "$s"
		via=
		# the loader needs descriptors too
		! grep -q 'error while loading' se || continue
		judge "$s"
		[ $limit != nofile=16 ] || [ "$rc" -eq 0 ] ||
			fail "$what: exit status $rc: $(cat se)"
	done
done
echo "COUNT faults-no-space $n $bad"
[ "$bad" -eq 0 ]
