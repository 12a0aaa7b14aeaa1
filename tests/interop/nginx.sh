#!/bin/sh
# bulla-inbox on a unix socket behind the real nginx, with docs/nginx-bulla.conf
# as it is but for its paths and ports. Skipped (77) without nginx.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=build/release/bin}" "${BULLA_BUILD:=build}"
BIN=$(cd "$BULLA_BIN" && pwd)
AID=$(cd "$BULLA_BUILD" && pwd)/release/aid
pids=
n=0
unset BULLA_HOME https_proxy HTTPS_PROXY all_proxy ALL_PROXY

NGINX=$(PATH=$PATH:/usr/sbin command -v nginx) || {
	echo "SKIP: nginx: not installed"
	exit 77
}
dir=$(mktemp -d)
finish()
{
	for p in $pids; do
		kill "$p" 2>/dev/null || :
	done
	for p in $pids; do
		wait "$p" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap finish EXIT
chmod 711 "$dir"	# nginx's workers are another user
cd "$dir"

passed()
{
	n=$((n + 1))
	echo "ok: $1"
}

fail()
{
	echo "FAIL: $1"
	tail -n 30 log error.log out err 2>/dev/null || :
	exit 1
}

bulla()
{
	tool=$1
	shift
	"$BIN/bulla-$tool" "$@"
}

# Two sides with each other's rosters, TLS keys in them; c is a stranger
for s in a b c; do
	bulla trust --home $s init -n $s.example --person "Lea $s" >/dev/null
	bulla trust --home $s tls make -n 127.0.0.1 >/dev/null
	bulla trust --home $s propose -o next.$s --tls "$(bulla trust --home $s \
	    --json tls show | jq -r .fingerprint)" >/dev/null
done
bulla trust --home a pin b/roster/ours.note \
    --fingerprint "$(bulla trust --home b fingerprint)" >/dev/null
bulla trust --home b pin a/roster/ours.note \
    --fingerprint "$(bulla trust --home a fingerprint)" >/dev/null
bulla trust --home a pin next.a next.b >/dev/null
bulla trust --home b pin next.b next.a >/dev/null
head -c 5000000 /dev/urandom >blob
for i in 1 2 3; do
	bulla seal -q --home a -r b.example/desk --to b.example \
	    -o package.$i blob >/dev/null
done
bulla seal --home b -r a.example/desk --to a.example -o offered blob >id

# The inbox; root gives the socket to nginx's group, others are nginx's user
mkdir run
chmod 711 run
mkfifo up
"$BIN/bulla-inbox" --home b --listen "unix:$dir/run/inbox.sock" >up 2>log &
inbox=$!
pids="$pids $inbox"
read -r _ _ url <up
[ "$url" = "unix:$dir/run/inbox.sock" ]
[ "$(stat -c %a run/inbox.sock)" = 660 ]
user=
if [ "$(id -u)" -eq 0 ]; then
	user="user www-data;"
	chgrp www-data run/inbox.sock
fi

# A port that is free a moment later too, or another one
serve()
{
	port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
	    LocalAddr => "127.0.0.1", Listen => 1)->sockport')
	sed -e "s|unix:/run/bulla/inbox.sock|unix:$dir/run/inbox.sock|" \
	    -e "s|listen 443 ssl|listen 127.0.0.1:$port ssl|" \
	    -e '/listen \[::\]:443/d' -e "s|/etc/nginx/bulla|$dir/tls|" \
	    "$TOP/docs/nginx-bulla.conf" >bulla.conf
	grep -q "listen 127.0.0.1:$port ssl" bulla.conf
	cat >nginx.conf <<END
$user
worker_processes 2;
daemon off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 256; }
http {
	access_log $dir/access.log;
	client_body_temp_path $dir/t1;
	proxy_temp_path $dir/t2;
	fastcgi_temp_path $dir/t3;
	uwsgi_temp_path $dir/t4;
	scgi_temp_path $dir/t5;
	include $dir/bulla.conf;
}
END
	"$NGINX" -t -q -p "$dir" -c "$dir/nginx.conf" 2>err || return 1
	"$NGINX" -p "$dir" -c "$dir/nginx.conf" 2>>err &
	web=$!
	for _ in $(seq 100); do
		kill -0 "$web" 2>/dev/null || return 1
		! curl -s -o /dev/null --cacert b/keys/tls.pem \
		    "https://127.0.0.1:$port/" || break
		sleep 0.1
	done
	pids="$web $pids"
}
mkdir tls
cp b/keys/tls.pem b/keys/tls.key tls
serve || serve || serve || fail "nginx does not start"
url=https://127.0.0.1:$port
passed "nginx takes the configuration"

deliver()
{
	bulla send -q --home a --attempts 5 -u "$@" >out 2>err
}

deliver "$url" package.1 || fail "a delivery through nginx"
cmp "b/packages/$(bulla inspect --json package.1 | jq -r .package).bulla" package.1
passed "a package goes through, and the receipt comes back"

# Cut between client and nginx: what came before has arrived
rm -f up
mkfifo up
"$AID/cutproxy" -c 3 cut 1500000 "127.0.0.1:$port" >up &
pids="$pids $!"
read -r via <up
deliver "https://127.0.0.1:$via" package.2 || fail "a cut delivery"
[ "$(grep -c 'event=created' log)" -eq 2 ] || fail "it did not resume"
passed "cut three times it resumes, with one upload"

# ask PATH [OPTION...]: the status that curl gets
ask()
{
	path=$1
	shift
	curl -s -o body -w '%{http_code}' --max-time 20 \
	    --cacert b/keys/tls.pem "$@" "$url$path" || :
}
as()
{
	echo "--cert $1/keys/tls.pem --key $1/keys/tls.key"
}
escaped=$(perl -pe 's/([^A-Za-z0-9])/sprintf("%%%02X", ord($1))/ge' \
    a/keys/tls.pem)
created()
{
	grep -c event=created log || :
}

# shellcheck disable=SC2046 # words
{
	[ "$(ask /checkpoint $(as a))" = 200 ] || fail "whom the roster lists"
	[ "$(ask /checkpoint $(as c))" = 403 ] || fail "a stranger"
	[ "$(ask /checkpoint)" = 401 ] || fail "no certificate"
}
passed "the roster says who comes in"

before=$(created)
# shellcheck disable=SC2046 # words
for who in "" "$(as c)"; do
	for name in X-Bulla-Client-Cert x-bulla-client-cert \
	    X_Bulla_Client_Cert; do
		# shellcheck disable=SC2086 # words
		case $(ask /packages -X POST -H 'Tus-Resumable: 1.0.0' \
		    -H 'Upload-Length: 9' -H "$name: $escaped" $who) in
		401 | 403) ;;
		*) fail "a client that writes $name itself" ;;
		esac
	done
done
[ "$(created)" = "$before" ] || fail "a spoofed upload"
passed "a client that sends the proxy's field itself is not believed"

# a's connection and c's may be the same one behind nginx
# shellcheck disable=SC2046 # words
for _ in 1 2 3 4 5 6 7 8; do
	[ "$(ask "/receipts/$(sha256sum package.1 | cut -c 1-64)" $(as a))" = 200 ] ||
		fail "a's receipt"
	[ "$(ask "/receipts/$(sha256sum package.1 | cut -c 1-64)" $(as c))" = 403 ] ||
		fail "a's receipt for another"
done
passed "clients that share a connection to the inbox are kept apart"

# old certificates: nginx asks for their dates as well
openssl req -x509 -new -key a/keys/tls.key -subj /CN=a -days 30 \
    -addext 'basicConstraints=critical,CA:FALSE' \
    -addext 'extendedKeyUsage=serverAuth' -out usage.pem 2>/dev/null
bulla trust --home old init -n a.example --person A >/dev/null
faketime -f -800d "$BIN/bulla-trust" --home old tls make >/dev/null
[ "$(ask /checkpoint --cert usage.pem --key a/keys/tls.key)" -ge 400 ] ||
	fail "a certificate for servers"
[ "$(ask /checkpoint --cert old/keys/tls.pem --key old/keys/tls.key)" -ge 400 ] ||
	fail "an expired certificate"
# shellcheck disable=SC2046 # words
[ "$(ask /checkpoint --tls-max 1.2 $(as a))" = 000 ] || fail "TLS 1.2"
passed "expired, for servers, TLS 1.2: refused"

# Large bodies without a length, and too long ones
# shellcheck disable=SC2046 # words
[ "$(ask /packages -X POST -H 'Tus-Resumable: 1.0.0' \
    -H 'Upload-Length: 99' -H 'Content-Type: application/offset+octet-stream' \
    -H 'Transfer-Encoding: chunked' --data-binary @blob $(as a))" -ge 400 ] ||
	fail "a body longer than its upload"
passed "lengths that lie are refused behind nginx too"

bulla outbox --home b offer offered >/dev/null
id=$(cat id)
bulla fetch -q --home a -o got "$url/outgoing/$id.bulla" >out 2>err ||
	fail "a fetch"
cmp got offered
# shellcheck disable=SC2046 # words
[ "$(ask "/outgoing/$id.bulla" -H 'Range: bytes=1000-1999' $(as a))" = 206 ]
tail -c +1001 offered | head -c 1000 | cmp - body
passed "what is offered is fetched, and in ranges"

# Only nginx's group may say who a client is
if [ "$(id -u)" -eq 0 ]; then
	st=0
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	    curl -s --unix-socket run/inbox.sock \
	    -H "X-Bulla-Client-Cert: $escaped" http://x/checkpoint >out || st=$?
	[ "$st" -eq 7 ] || fail "another user on the socket: curl $st"
	passed "another user cannot connect to the socket"
fi

# The inbox is gone, and comes back
kill "$inbox"
wait "$inbox" || fail "the inbox ends with $?"
[ ! -e run/inbox.sock ] || fail "the socket is left"
st=0
bulla send -q --home a --attempts 1 -u "$url" package.3 2>err || st=$?
[ "$st" -eq 5 ] || fail "without the inbox: exit $st"
passed "without the inbox: try again later"
echo "COUNT interop-nginx $n 0"
