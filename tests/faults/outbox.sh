#!/bin/sh
# outbox.sh: the queue under SIGKILL before each system call of an add and of
# a run, and with each of their calls failing (a full disk, a bad one). After
# every case there are as many entries as were promised, whole, and the next
# run delivers each of them.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
needs_sysfault
n=0
: "${OUTBOX_SAMPLE:=6}"
mkdir bin
cp "$BULLA_BIN/bulla-outbox" bin/
# A delivery: its receipt, and that it was
cat >bin/bulla-send <<END
#!/bin/sh
while [ \$# -gt 1 ]; do
	[ "\$1" != --receipt ] || receipt=\$2
	shift
done
cmp -s "\$1" $W/p.bulla || exit 1
echo receipt >"\$receipt.part"
mv "\$receipt.part" "\$receipt"
echo sent >>$W/sent
END
chmod 755 bin/bulla-send

box()
{
	# shellcheck disable=SC2086 # a command and its words
	$via bin/bulla-outbox --home h "$@"
}

# fresh N: a queue with N entries, and a hook
fresh()
{
	rm -rf h sent told
	mkdir -p h/outbox/hooks
	printf '#!/bin/sh\necho "$@" >>%s/told\n' "$W" >h/outbox/hooks/success
	chmod 700 h/outbox/hooks h/outbox/hooks/success
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		box add -u "https://host$i.example/" p.bulla >/dev/null
	done
}

entries()
{
	find h/outbox/queue h/outbox/done -mindepth 1 -maxdepth 1 | wc -l
}

# settles WANT: an undisturbed run delivers all of WANT entries
settles()
{
	via=
	[ "$(entries)" -eq "$1" ] || fail "$what: $(entries) entries, not $1"
	box list >list 2>&1 || fail "$what: list: $(head -n 1 list)"
	box run -f >so 2>se || fail "$what: the next run: $? $(head -n 2 se)"
	[ -z "$(find h/outbox/queue h/outbox/new -mindepth 1)" ] ||
		fail "$what: left: $(find h/outbox/queue h/outbox/new)"
	[ "$(find h/outbox/done -name receipt | wc -l)" -eq "$1" ] ||
		fail "$what: $(find h/outbox/done -name receipt | wc -l) receipts"
	[ "$(grep -c sent sent)" -ge "$1" ] ||
		fail "$what: not all were sent"
	[ "$(sort -u told 2>/dev/null | wc -l)" -eq "$1" ] ||
		fail "$what: hooks: $(cat told)"
	[ -z "$(find h/outbox -name package -o -name '.bulla-*')" ] ||
		fail "$what: left: $(find h/outbox -name package -o -name '.bulla-*')"
	[ "$(box add -u https://x.example p.bulla)" -gt "$1" ] ||
		fail "$what: a number was given again"
}

# disturb WHAT SYSFAULT-OPTION...: an add with the queue at one, or a run at two
disturb()
{
	scenario=$1
	shift
	what="$scenario $*"
	n=$((n + 1))
	[ "$scenario" = run ] && want=2 || want=1
	fresh $want
	via="$SYSFAULT $*"
	if [ "$scenario" = run ]; then
		box run >so 2>se
	else
		box add -u https://more.example/ "$(source_of "$scenario")" >so 2>se <p.bulla
	fi
	rc=$?
	via=
	# What was said to be added is there; what was not may be, after a kill
	case $scenario.$rc in
	run.*) ;;
	*.0) want=2 ;;
	*.137) want=$(entries) ;;
	*)
		[ -z "$(ls -A h/outbox/new)" ] || fail "$what: left in new/"
		# It could not say so, but is durable
		! grep -q 'standard output' se || want=2
		[ "$(entries)" -eq "$want" ] ||
			fail "$what: exit status $rc, but it was added"
		;;
	esac
	settles "$want"
}

source_of()
{
	[ "$1" = add ] && echo p.bulla || echo -
}

for scenario in add copy run; do
	fresh 2
	via="$SYSFAULT -f all -r counted"
	if [ $scenario = run ]; then
		box run >so 2>se
	else
		box add -u https://more.example/ "$(source_of $scenario)" \
		    >so 2>se <p.bulla
	fi
	rc=$?
	via=
	[ $rc -eq 0 ] || fail "$scenario: undisturbed: exit status $rc: $(cat se)"
	seq "$(sed -n 's/^total //p' counted)" | sed 's/^/kill /' |
		sample "$OUTBOX_SAMPLE" >cases
	while read -r _ k; do
		disturb $scenario -f all -k -n "$k"
	done <cases
done

# A full disk where something is written, made or named
for scenario in add copy; do
	for c in write fsync linkat mkdir mkdirat openat copy_file_range renameat renameat2; do
		fresh 2
		via="$SYSFAULT -f $c -r counted"
		box add -u https://more.example/ "$(source_of $scenario)" \
		    >so 2>se <p.bulla
		via=
		seq "$(sed -n 's/^total //p' counted)" | sed "s/^/$c /"
	done | sample "$OUTBOX_SAMPLE" >cases
	while read -r c k; do
		disturb $scenario -f "$c" -e ENOSPC -n "$k"
	done <cases
done
echo "COUNT faults-outbox $n $bad $SEED"
[ "$bad" -eq 0 ]
