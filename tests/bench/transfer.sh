#!/bin/sh
# transfer.sh [normal|full]: a package over loopback TLS, with its receipt,
# against what desks use today, in interleaved rounds on the same file:
#
#   curl   curl -T to nginx's WebDAV, TLS 1.3, client certificates
#   scp    to an sshd of its own
#
# What the times are of: bulla-send ends when the inbox has made the upload
# durable (fsync), has hashed, copied and verified it, has made the copy
# durable, and has signed a receipt, which is checked. nginx and scp end when
# the bytes are in the page cache of the receiver: neither of them syncs, hashes
# nor verifies. "curl, sync" syncs the file that nginx wrote, which is what an
# acknowledgement by the inbox means at least.
#
#   full       also the memory of both ends at 20 GB
#   ROUNDS     5
#   BENCH_MB   sizes of the packages that are compared ("1000")
#   BENCH_DIR  where the files go (a new directory under TMPDIR); in all four
#              times the largest size, and five with full: 100 GB
set -eu
cd "$(dirname "$0")/../.."
mode=${1:-normal}
case $mode in
normal | full) ;;
*)
	echo "usage: transfer.sh [normal|full]" >&2
	exit 2
	;;
esac
: "${ROUNDS:=5}" "${BENCH_MB:=1000}" "${BULLA_BUILD:=$PWD/build}"
if [ -z "${BULLA_BIN-}" ]; then
	sh tests/setup.sh bench
	make -s -j"${BENCH_JOBS:-$(nproc)}" tools benches
	BULLA_BIN=$BULLA_BUILD/release/bin
fi
BIN=$(cd "$BULLA_BIN" && pwd)
TOP=$PWD
PAIR=${BIN%/*}/bench/pair
NGINX=$(PATH=$PATH:/usr/sbin command -v nginx)
SSHD=$(PATH=$PATH:/usr/sbin command -v sshd)
unset BULLA_HOME https_proxy HTTPS_PROXY all_proxy ALL_PROXY
dir=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/transfer.XXXXXX")
pids=
finish()
{
	for p in $pids; do
		kill "$p" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir"
chmod 711 .	# nginx's workers are another user

free_port()
{
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
	    LocalAddr => "127.0.0.1", Listen => 1)->sockport'
}

# answers COMMAND...: waits until it succeeds
answers()
{
	for _ in $(seq 100); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "transfer.sh: does not answer: $*" >&2
	cat ./*.log >&2
	return 1
}

start_inbox()
{
	sh "$TOP/tests/lib/pki.sh" tls
	"$BIN/bulla-keygen" sign -n b.example/receiver -o r.key >/dev/null
	"$BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
	"$BIN/bulla-keygen" age -o desk.age >/dev/null
	mkfifo up
	"$BIN/bulla-inbox" --home home --listen 127.0.0.1:0 \
	    --tls-cert tls/server.pem --tls-key tls/server.key \
	    --client-ca tls/ca.pem -i r.key -K s.key.pub >up 2>inbox.log &
	inbox=$!
	pids="$pids $inbox"
	read -r _ _ url <up
	tls="--cacert tls/ca.pem --cert tls/client.pem --key tls/client.key"
	send="$BIN/bulla-send -q -u $url -K r.key.pub $tls"
}

# The ciphers that the inbox and bulla-send agree on are those of TLS 1.3 that
# OpenSSL likes best, on this side too
start_nginx()
{
	web=$(free_port)
	user=
	[ "$(id -u)" -ne 0 ] || user="user www-data;"
	mkdir -m 777 dav t1
	cp tls/server.key nginx.key
	cat >nginx.conf <<END
$user
worker_processes 2;
daemon off;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $dir/t1;
	proxy_temp_path $dir/t2;
	fastcgi_temp_path $dir/t3;
	uwsgi_temp_path $dir/t4;
	scgi_temp_path $dir/t5;
	server {
		listen 127.0.0.1:$web ssl;
		ssl_certificate $dir/tls/server.pem;
		ssl_certificate_key $dir/nginx.key;
		ssl_client_certificate $dir/tls/ca.pem;
		ssl_verify_client on;
		ssl_protocols TLSv1.3;
		client_max_body_size 0;
		root $dir/dav;
		location / { dav_methods PUT DELETE; }
	}
}
END
	"$NGINX" -p "$dir" -c "$dir/nginx.conf" 2>>nginx.log &
	pids="$pids $!"
	curl="curl -sSf $tls"
	# shellcheck disable=SC2086 # a command and its words
	answers $curl -T s.key.pub "https://127.0.0.1:$web/probe"
}

start_sshd()
{
	ssh=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f host.key
	ssh-keygen -q -t ed25519 -N '' -f user.key
	cp user.key.pub authorized
	# sshd wants it in any case, root's one not
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	cat >sshd.conf <<END
ListenAddress 127.0.0.1:$ssh
HostKey $dir/host.key
PidFile $dir/sshd.pid
AuthorizedKeysFile $dir/authorized
PasswordAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
END
	echo "[127.0.0.1]:$ssh $(cut -d' ' -f1,2 host.key.pub)" >hosts
	"$SSHD" -D -e -f "$dir/sshd.conf" 2>sshd.log &
	pids="$pids $!"
	mkdir scp
	scp="scp -q -F none -P $ssh -i user.key -o IdentitiesOnly=yes \
	    -o UserKnownHostsFile=hosts"
	# shellcheck disable=SC2086 # a command and its words
	answers $scp s.key.pub "127.0.0.1:$dir/scp/probe"
}

# package MB: of random bytes, sealed
package()
{
	head -c "${1}000000" /dev/urandom >blob
	"$BIN/bulla-seal" -q -f -i s.key -R desk.age.pub -o package blob \
	    >/dev/null
	rm blob
	cat package >/dev/null
}

# Each delivery as if it were the first; whoever wrote is not charged for what
# the disk has still to do for the one before
cat >fresh <<'END'
for d in packages custody receipts answers; do
	[ ! -d home/$d ] || find home/$d -mindepth 1 -delete
done
rm -f dav/package scp/package
sync
END

# A ratio of seconds: 1.43 is 0.7 of curl's rate, 0.4 is 2.5 times scp's
compare()
{
	n=$(stat -c %s package)
	"$PAIR" -n "$ROUNDS" -b "$n" -g 1.43 -p 'sh fresh' \
	    "$1 MB: send / curl" "$send package >/dev/null" \
	    "$curl -T package https://127.0.0.1:$web/package"
	"$PAIR" -n "$ROUNDS" -b "$n" -p 'sh fresh' \
	    "$1 MB: send / curl, sync" "$send package >/dev/null" \
	    "$curl -T package https://127.0.0.1:$web/package &&
	    sync dav/package"
	"$PAIR" -n "$ROUNDS" -b "$n" -g 0.4 -p 'sh fresh' \
	    "$1 MB: send / scp" "$send package >/dev/null" \
	    "$scp package 127.0.0.1:$dir/scp/package"
}

# Peak resident size of each process of the inbox, in MiB; it forgets before
watermarks()
{
	for p in $inbox $(pgrep -P "$inbox"); do
		awk '/^Name:/ { n = $2 } /^VmHWM/ {
			printf " %s %.0f", n, $2 / 1024 }' "/proc/$p/status" \
		    2>/dev/null || :
	done
}

# One that lives only as long as a package is judged, asked while it does
watch_verifier()
{
	: >verifier
	while [ -e watching ]; do
		p=$(pgrep -P "$inbox" -x verifier) || {
			sleep 0.01
			continue
		}
		awk '/^VmHWM/ { printf "%.0f\n", $2 / 1024 }' \
		    "/proc/$p/status" >>verifier 2>/dev/null || :
		sleep 0.02
	done
}

memory()
{
	sh fresh
	for p in $inbox $(pgrep -P "$inbox"); do
		echo 5 >"/proc/$p/clear_refs" 2>/dev/null || :
	done
	: >watching
	watch_verifier &
	watcher=$!
	"$PAIR" -n 1 -b "$(stat -c %s package)" -m 64 "$1: memory of send" \
	    "$send package >/dev/null"
	rm watching
	wait "$watcher"
	most=$(sort -n verifier | tail -n 1)
	echo "$1: memory of the inbox, MiB:$(watermarks) verifier" \
	    "${most:-(too quick to be seen)}"
}

start_inbox
start_nginx
start_sshd
echo "bulla $("$BIN/bulla-send" --version | awk '{ print $2 }'):" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
    "$(nproc) cores, $(stat -f -c %T .);" \
    "$(curl --version | awk '{ print $1, $2; exit }')," \
    "$("$NGINX" -v 2>&1 | sed 's/.*: //'), $(ssh -V 2>&1 | cut -d, -f1);" \
    "$ROUNDS rounds"
printf '%-44s %9s %9s  %s\n' job ours peer 'ratio of seconds (min..max)'
for mb in $BENCH_MB; do
	package "$mb"
	compare "$mb"
done
for mb in ${BENCH_MEMORY_MB:-1 100 1000}; do
	package "$mb"
	memory "$mb MB"
done
if [ "$mode" = full ]; then
	rm -f package
	truncate -s 20G zeros
	"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o package zeros \
	    >/dev/null
	memory "20 GiB"
fi
