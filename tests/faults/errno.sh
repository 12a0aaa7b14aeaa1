#!/bin/sh
# errno.sh: each system call of each tool that touches a file or memory
# fails, once a run. A fault on the way of the data is exit status 3 with
# one message that names the reason, and leaves nothing; a harmless one may
# pass, with a right result. Never is it taken for a verdict (1, 2, 4).
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
needs_sysfault
refused=0 passed=0

strings()
{
	case $1 in
	ENOSPC) echo 'No space left on device' ;;
	EIO) echo 'Input/output error' ;;
	EDQUOT) echo 'Disk quota exceeded' ;;
	EROFS) echo 'Read-only file system' ;;
	EMFILE) echo 'Too many open files' ;;
	EACCES) echo 'Permission denied' ;;
	esac
}

# Calls that may fail unnoticed: our own files have been read by then, or a
# library's; the system's configuration; room asked for in advance
harmless()
{
	# the look whether input is output; cleaning up, as the next run will
	case $1 in
	openat\ out/a | openat\ out/p.bulla | openat\ *.part | getdents64\ *.part) return 0 ;;
	close\ * | lseek\ * | fallocate\ * | mmap\ * | clone*) return 0 ;;
	# the remark about src/link
	write\ */se) return 0 ;;
	*\ /etc/* | *\ /usr/* | *\ /proc/[0-9]* | *\ /sys/* | *\ -) return 0 ;;
	esac
	return 1
}

# names the reason: not where the call is a library's, which may not say
says_why()
{
	case $1 in
	mmap* | clone* | *\ /etc/* | *\ /usr/*) return 0 ;;
	esac
	grep -qF "$(strings "$2")" se
}

one_case()	# NAME CALL K ERRNO
{
	what="$1 $2 #$3 $4"
	via="$SYSFAULT -n $3 -e $4 -r hit"
	attempt "$1"
	via=
	hit=$(sed -n 's/^hit //p' hit)
	[ -n "$hit" ] || return 0	# threads took another way
	what="$1 ($hit) $4"
	SAID=
	case $hit in
	*"$W/so") SAID=no ;;
	esac
	case $rc in
	0)
		passed=$((passed + 1))
		result_ok "$1"
		harmless "$hit" || fail "$what: goes unnoticed"
		;;
	3)
		refused=$((refused + 1))
		one_message
		says_why "$hit" "$4" ||
			fail "$what: does not say why: $(cat se)"
		result_none "$1"
		;;
	*) fail "$what: exit status $rc: $(head -n 2 se)" ;;
	esac
	all_whole "$1"
}

# kinds NAME: "CALL K ERRNO" for every call of a quiet run
kinds()
{
	via="$SYSFAULT -l -r list"
	attempt "$1"
	via=
	[ "$rc" -eq 0 ] || fail "$1: exit status $rc undisturbed: $(cat se)"
	awk -v full="$FAULTS" '
	$1 != "call" { next }
	$3 ~ /^(mmap|clone)/ {
		print $3, $2, $3 == "mmap" ? "ENOMEM" : "EAGAIN"
		next
	}
	full != "full" && $4 ~ /^\/(usr|etc|proc\/[0-9]|sys)/ { next }
	{
		n = split("ENOSPC EIO EDQUOT EROFS EMFILE EACCES", e, " ")
		for (i = 1; i <= n; i++)
			print $3, $2, e[i]
	}' list
}

for s in $SCENARIOS; do
	kinds "$s" | sample "${ERRNO_SAMPLE:-30}" >cases
	while read -r call k errno; do
		one_case "$s" "$call" "$k" "$errno"
	done <cases
done
echo "COUNT faults-errno-refused $refused $bad $SEED"
echo "COUNT faults-errno-harmless $passed 0 $SEED"
[ "$bad" -eq 0 ]
