# s3_inboxes.sh: two inboxes on one bucket; sourced by tests/interop/ceph.sh
# after s3_case.sh and s3_setup.
# shellcheck shell=sh
# shellcheck disable=SC2154 # BIN, dir and bucket are the others'

# inbox HOME: one with the store; its URL in HOME.url, its pid in HOME.pid
inbox()
{
	mkfifo "$1.up"
	"$BIN/bulla-inbox" --home "$1" --listen 127.0.0.1:0 \
	    --tls-cert tls/server.pem --tls-key tls/server.key \
	    --client-ca tls/ca.pem -i r.key -K s.key.pub \
	    --store "s3://$bucket/shared/" --s3-conf s3.conf \
	    >"$1.up" 2>"$1.log" &
	echo $! >"$1.pid"
	echo $! >>inboxes
	read -r _ _ url <"$1.up" || :
	echo "$url" >"$1.url"
	[ -n "$url" ] || {
		cat "$1.log"
		return 1
	}
}

# give HOME FILE: to that inbox; its receipt in HOME.receipt
give()
{
	rm -f "$1.receipt"
	"$BIN/bulla-send" -q -K r.key.pub --cacert tls/ca.pem \
	    --cert tls/client.pem --key tls/client.key -u "$(cat "$1.url")" \
	    --receipt "$1.receipt" "$2" >"$1.out" 2>&1
}

# inboxes_end: both, and what they say of it
inboxes_end()
{
	rm inboxes
	for h in one two; do
		kill "$(cat $h.pid)"
		wait "$(cat $h.pid)" || {
			cat $h.log
			return 1
		}
	done
}

s3_inboxes()
{
	inbox one
	inbox two
	! grep -q store-not-shared one.log two.log
	for i in $(seq 20); do
		echo "$i" >content
		"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o twice.bulla \
		    content >/dev/null
		hash=$(sha256sum twice.bulla | cut -c 1-64)
		id=$(tar -tf twice.bulla | head -n 1 | cut -d / -f 1)
		give one twice.bulla &
		job=$!
		b=0
		give two twice.bulla || b=$?
		a=0
		wait "$job" || a=$?
		[ "$a$b" = 00 ] || {
			cat one.out one.log two.out two.log
			return 1
		}
		cmp one.receipt two.receipt
		same "shared/receipts/$hash.note" one.receipt
		same "shared/packages/$id.bulla" twice.bulla
		for h in one two; do
			cmp one.receipt "$h/receipts/$hash.note"
			cmp one.receipt "$h/custody/$id/0001-receive.note"
		done
		rm twice.bulla
	done
	inboxes_end
	for h in one two; do
		[ "$(find $h/custody -name '*.note' | wc -l)" -eq 20 ]
	done
	passed "the same package to two inboxes at once, 20 times: one receipt each"
}
