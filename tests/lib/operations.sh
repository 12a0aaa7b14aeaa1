# operations.sh: what docs/OPERATIONS.md leaves to systemd, for its examples.
# Sourced by their script, which uses what is set here.
# shellcheck shell=sh disable=SC2034
HOST=127.0.0.1
port=0
inbox=
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY BULLA_HOME

# In the place of "systemctl stop bulla-inbox" and start: the same port again
inbox_stop() {
	[ -z "$inbox" ] || kill "$inbox" 2>/dev/null || return 0
	[ -z "$inbox" ] || wait "$inbox" || return 1
	inbox=
}

inbox_start() {
	rm -f inbox.up
	mkfifo inbox.up
	bulla-inbox --home bravo --listen "$HOST:$port" \
	    --status "$HOST:0" >inbox.up 2>>inbox.log &
	inbox=$!
	INBOX=
	STATUS=
	{
		read -r _ _ INBOX
		read -r _ _ STATUS
	} <inbox.up || {
		cat inbox.log
		return 1
	}
	port=${INBOX##*:}
}

trap '[ -z "$inbox" ] || { kill "$inbox" && wait "$inbox"; } 2>/dev/null || :
[ -z "${EXAMPLE-}" ] || echo "FAILED: $EXAMPLE"' EXIT
