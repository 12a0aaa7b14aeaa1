#!/bin/sh
# quarantine.sh: bulla-receive is killed before each of its system calls while
# it rejects a package. A package in quarantine is whole and has its reject;
# the same command again ends in the one state, and nothing is left over.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
needs_sysfault
n=0

tool seal -q -i sealer.key -R desk.pub -o broken.bulla src >/dev/null
at=$(($(grep -abo 00000001.age broken.bulla | head -n 1 | cut -d: -f1) + 600))
printf overlaid | dd of=broken.bulla bs=1 seek=$at conv=notrunc status=none
sum=$(sha256sum <broken.bulla | cut -c 1-64)

receive()
{
	tool receive --home h -i receiver.key -K sealer.vkey broken.bulla \
	    >so 2>se
	rc=$?
}

# As it stands: a package is whole and has a note, which is a signed one
whole()
{
	if [ -e "h/quarantine/$sum.bulla" ]; then
		cmp -s broken.bulla "h/quarantine/$sum.bulla" ||
			fail "$what: the package is not whole"
		[ -e "h/quarantine/$sum.note" ] ||
			fail "$what: a package without its note"
	fi
	if [ -e "h/quarantine/$sum.note" ]; then
		cmp -s "h/receipts/$sum.note" "h/quarantine/$sum.note" ||
			fail "$what: a note that was not said"
	fi
}

# The end: one package, one note, and nothing else but the lock
ended()
{
	[ "$rc" -eq 1 ] || fail "$what: exit status $rc: $(cat se)"
	grep -q '^reason: seal-broken$' so || fail "$what: no reject"
	[ -e "h/quarantine/$sum.bulla" ] || fail "$what: it is not kept"
	whole
	[ "$(find h/quarantine -mindepth 1 | wc -l)" -eq 3 ] ||
		fail "$what: left over: $(ls -A h/quarantine)"
	cmp -s so "h/quarantine/$sum.note" || fail "$what: another note"
}

what=undisturbed
receive
ended
rm -rf h
via="$SYSFAULT -f all -r list"
receive
via=
total=$(sed -n 's/^total //p' list)
seq "$total" | sed 's/^/call /' | sample "${KILL_SAMPLE:-30}" >cases
while read -r _ k; do
	what="killed at $k of $total"
	rm -rf h
	via="$SYSFAULT -f all -k -n $k"
	receive
	via=
	[ "$rc" -ne 1 ] || continue
	n=$((n + 1))
	[ "$rc" -eq 137 ] || fail "$what: exit status $rc"
	whole
	receive
	ended
done <cases
echo "COUNT faults-quarantine $n $bad $SEED"
[ "$bad" -eq 0 ]
