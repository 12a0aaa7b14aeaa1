# twosides.sh: sourced by tests that send from a home a to an inbox on a home b.
# Both sides know each other's rosters and keep ledgers.
#
# $BIN: the tools, $AID: the helper programs, $TOP: the tree.
# shellcheck shell=sh disable=SC2034,SC2154 # shared variables
unset BULLA_HOME https_proxy HTTPS_PROXY all_proxy ALL_PROXY

BULLA_BIN=$BIN
. "$TOP/tests/lib/sides.sh"

# open_inbox: on ./b, at $port if that is set; sets inbox (its pid) and port
open_inbox()
{
	rm -f up
	mkfifo up
	"$BIN/bulla-inbox" --home b --listen "127.0.0.1:${port:-0}" \
	    --tls-cert "$TLS/server.pem" --tls-key "$TLS/server.key" \
	    --client-ca "$TLS/ca.pem" >up 2>>log &
	inbox=$!
	url=
	read -r _ _ url <up || :
	[ -n "$url" ] || return 1
	port=${url##*:}
}

close_inbox()
{
	kill -TERM "$inbox" 2>/dev/null
	wait "$inbox"
}

# sealed N FILE: package.N from ./a; prints its id
sealed()
{
	bulla seal --home a -r b.example/desk --to b.example \
	    -o "package.$1" "$2"
}

# deliver URL OPTION... PACKAGE; exec, so that $! is the tool's own pid
deliver()
{
	to=$1
	shift
	exec "$BIN/bulla-send" --home a -u "$to" --cacert "$TLS/ca.pem" \
	    --cert "$TLS/client.pem" --key "$TLS/client.key" "$@"
}

# one_delivery ID PACKAGE: b has it byte by byte, and both sides the same
# notes about it: one seal, one handover, one receipt
one_delivery()
{
	cmp -s "b/packages/$1.bulla" "$2" || {
		echo "not what was sent: b/packages/$1.bulla"
		return 1
	}
	notes=$(cd "a/custody/$1" && find . -name '*.note' | sort | xargs)
	[ "$notes" = "./0001-seal.note ./0002-relinquish.note ./theirs/0001-receive.note" ] || {
		echo "a/custody has $notes"
		return 1
	}
	notes=$(cd "b/custody/$1" && find . -name '*.note' | sort | xargs)
	[ "$notes" = "./0001-receive.note ./theirs/0001-seal.note ./theirs/0002-relinquish.note" ] || {
		echo "b/custody has $notes"
		return 1
	}
	cmp "a/custody/$1/theirs/0001-receive.note" \
	    "b/custody/$1/0001-receive.note" &&
		grep -q "^package-sha256: $(sha256sum "$2" | cut -c 1-64)\$" \
		    "b/custody/$1/0001-receive.note"
}

# recorded HOME IDS: the ledger has for each id in the file IDS one record of
# the seal, one of the handover, one of the receipt as it was signed and one as
# it was countersigned; of nothing else anything, and nothing twice
recorded()
{
	bulla ledger --home "$1" check >check.out 2>&1 || {
		echo "$1: $(cat check.out)"
		return 1
	}
	"$AID/ledgerdump" "$1" >dump || return 1
	awk -v home="$1" '
	function done() {
		if (body == "")
			return
		if (seen[body signed]++)
			wrong("recorded twice: " body)
		if (body ~ /^bulla custody v1\n/) {
			n[id, event]++
			if (!((id, event, body) in notes)) {
				notes[id, event, body] = 1
				distinct[id, event]++
			}
			all[id] = 1
		}
		body = signed = id = event = ""
	}
	function wrong(text) {
		print home ": " text
		bad = 1
	}
	function want(id, event, times) {
		if (n[id, event] != times || distinct[id, event] != 1)
			wrong(id ": " n[id, event] + 0 " records of " \
			    distinct[id, event] + 0 " notes " event)
	}
	FILENAME != "dump" { wanted[$1] = 1; next }
	/^[0-9]+ (bulla [a-z]+ v1|[a-z.]+\/log)$/ {
		done()
		sub(/^[0-9]+ /, "")
	}
	/^\342\200\224 / { signed = signed "\n" $0; next }
	/^package: / { id = $2 }
	/^event: / { event = $2 }
	{ body = body $0 "\n" }
	END {
		done()
		for (id in wanted) {
			want(id, "seal", 1)
			want(id, "relinquish", 1)
			want(id, "receive", 2)
		}
		for (id in all)
			if (!(id in wanted))
				wrong(id ": nobody sent it")
		exit bad
	}' "$2" dump
}
