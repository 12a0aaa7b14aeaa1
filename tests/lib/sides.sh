# sides.sh: two sides that know each other, for scripts and for bats files.
# $BULLA_BIN: the tools.
# shellcheck shell=sh

# bulla TOOL ARG...
bulla()
{
	bulla_tool=$1
	shift
	"$BULLA_BIN/bulla-$bulla_tool" "$@"
}

# two_sides [DOMAIN]: homes a and b of a.DOMAIN and b.DOMAIN (example), each
# with the other's roster
two_sides()
{
	for s in a b; do
		bulla trust --home $s init -n "$s.${1:-example}" \
		    --person "Lea $s" >/dev/null || return 1
	done
	bulla trust --home a pin b/roster/ours.note --fingerprint \
	    "$(bulla trust --home b fingerprint ours)" >/dev/null &&
		bulla trust --home b pin a/roster/ours.note --fingerprint \
		    "$(bulla trust --home a fingerprint ours)" >/dev/null
}

# sides_agree: and with an agreement, ./v1.note, that both have signed
sides_agree()
{
	bulla trust --home a agreement propose -o v1.note >/dev/null &&
		bulla trust --home b agreement sign v1.note >/dev/null &&
		bulla trust --home a agreement pin v1.note >/dev/null &&
		bulla trust --home b agreement pin v1.note >/dev/null
}

# deliver TO FROM PACKAGE: and the receipt goes back, countersigned
deliver()
{
	bulla receive --home "$1" "$3" >"$3.receipt" &&
		bulla custody --home "$2" take "$3.receipt" >/dev/null
}

# later HOURS: after $AT
later()
{
	date -u -d "$AT + $1 hours" +%Y-%m-%dT%H:%M:%SZ
}
