#!/bin/sh
# clock.sh: clocks that are years off, past 2038, and set back between
# sealing and opening. Nothing is refused for it, and the notes say what the
# clock said.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
command -v faketime >/dev/null || {
	echo 'SKIP: no faketime'
	exit 77
}
n=0
# one second before, at and after 2^31 and 2^32 seconds; leap days; 1970
moments='1970-01-01T00:00:05Z 1990-02-03T04:05:06Z 2036-02-07T06:28:16Z
 2038-01-19T03:14:07Z 2038-01-19T03:14:08Z 2050-12-31T23:59:59Z
 2096-02-29T12:00:00Z 2106-02-07T06:28:16Z'
readers='1990-01-01T00:00:00Z 2026-11-22T00:00:00Z 2038-01-19T03:14:08Z
 2106-02-07T06:28:17Z'

at()	# TIME: under that clock, which runs on from there
{
	clock="@$(echo "$1" | tr TZ "  ")"
	via=under_clock
}

under_clock()
{
	faketime -f "$clock" "$@"
}

# says FILE LABEL TIME: the time in FILE is TIME, or up to a minute later:
# the clock runs on, and the machine may be busy
says()
{
	have=$(sed -n "s/^$2 *//p" "$1")
	[ -n "$have" ] || have=none
	d=$(($(date -d "$have" +%s) - $(date -d "$3" +%s)))
	[ "$d" -ge 0 ] && [ "$d" -le 60 ] ||
		fail "$what: $2 is $have, the clock said $3"
}

export TZ=UTC
for made in $moments; do
	what="sealed at $made"
	at "$made"
	attempt seal
	via=
	[ "$rc" -eq 0 ] || fail "$what: exit status $rc: $(cat se)"
	cp out/p.bulla q.bulla
	tool inspect q.bulla >inspect.q
	says inspect.q created "$made"
	says inspect.q closed "$made"
	for now in $readers; do
		what="sealed at $made, opened at $now"
		rm -rf out
		mkdir out
		at "$now"
		tool verify -K sealer.vkey q.bulla >so 2>se ||
			fail "$what: verify: $(cat se)"
		tool open -i desk.age -K sealer.vkey -d out/d q.bulla >so 2>se ||
			fail "$what: open: $(cat se)"
		tool receive --home out/h -i receiver.key -K sealer.vkey \
		    q.bulla >receipt 2>se ||
			fail "$what: receive: $(cat se)"
		via=
		diff -r out/d/bag/data good/bag/data >/dev/null ||
			fail "$what: other files"
		says receipt time: "$now"
		n=$((n + 1))
	done
done

# times of the files: before 1970 and after 2106 they are recorded
mkdir old
for t in 1901-12-13T20:45:51Z 1969-12-31T23:59:59Z 2106-02-07T06:28:16Z; do
	touch -d $t "old/$t"
	what="a file of $t"
	n=$((n + 1))
	tool pack "old/$t" 2>se >old.tar || fail "$what: pack: $(cat se)"
	tar -xOf old.tar bag/metadata.tsv >so ||
		fail "$what: no metadata.tsv"
	grep -q -e "${t%Z}" so || fail "$what: not recorded: $(tail -n 1 so)"
done
echo "COUNT faults-clock $n $bad"
[ "$bad" -eq 0 ]
