#!/bin/sh
# ceph-up.sh DIR PKI [OSDS]: a Ceph of one monitor, three OSDs in memory with
# three copies of everything, and the object gateway with S3 over TLS, on
# loopback. DIR (made) holds all of it; PKI has server.pem and server.key
# (pki.sh). Prints the gateway's port when it answers. DIR/pids are all
# processes to end, DIR/osd.N.process that of one OSD.
# Debian's ceph-mon, ceph-osd, radosgw and ceph-common. TEST ONLY: no
# authentication inside; access is AKTEST, the secret is SKTEST.
set -eu
dir=${1:?usage: ceph-up.sh DIR PKI} pki=${2:?usage: ceph-up.sh DIR PKI}
osds=${3:-3}
mkdir -p "$dir/mon" "$dir/rgw"
lib=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "$dir" && pwd)
pki=$(cd "$pki" && pwd)
cd "$dir"
: >pids
export CEPH_CONF="$dir/ceph.conf"

# shellcheck source=tests/lib/servers.sh
. "$lib/servers.sh"
free_ports 3 >ports
read -r v2 v1 https <ports
fsid=$(cat /proc/sys/kernel/random/uuid)

# The mode of the client's connections must be crc: the gateway never gets
# through to the monitor otherwise when there is no authentication
cat >ceph.conf <<END
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
keyring = /dev/null
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
run dir = $dir
admin socket =
pid file = $dir/\$name.pid
log file = $dir/\$name.log
crash dir = $dir
osd pool default size = $osds
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd\$id
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
osd class load list = *
osd class default list = *
osd heartbeat interval = 1
osd heartbeat grace = 5
[client]
rgw data = $dir/rgw
rgw frontends = beast ssl_endpoint=127.0.0.1:$https ssl_certificate=$pki/server.pem ssl_private_key=$pki/server.key
rgw enable usage log = false
END

# start NAME COMMAND...: not as a daemon, so that its number is known
start()
{
	name=$1
	shift
	"$@" -f >"$name.out" 2>&1 </dev/null &
	echo $! >>pids
	echo $! >"$name.process"
}

monmaptool --create --clobber --fsid "$fsid" \
    --addv a "[v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]" monmap >monmap.log
ceph-mon --mkfs -i a --monmap monmap >mkfs.log 2>&1
start mon ceph-mon -i a
for i in $(seq 0 $((osds - 1))); do
	uuid=$(cat /proc/sys/kernel/random/uuid)
	mkdir -p "osd$i"
	timeout 60 ceph osd new "$uuid" >/dev/null 2>new.log
	ceph-osd -i "$i" --mkfs --osd-uuid "$uuid" >>mkfs.log 2>&1
	start "osd.$i" ceph-osd -i "$i"
done
for _ in $(seq 240); do
	timeout 60 ceph osd stat 2>/dev/null | grep -q " $osds up" && break
	sleep 0.25
done
timeout 120 radosgw-admin user create --uid=t --display-name=t \
    --access-key=AKTEST --secret-key=SKTEST >user.json 2>user.log
start rgw radosgw -n client.rgw.a
for _ in $(seq 240); do
	if curl -s -o answer --cacert "$pki/ca.pem" \
	    "https://127.0.0.1:$https/"; then
		echo "$https"
		exit 0
	fi
	sleep 0.25
done
echo "ceph-up.sh: no answer; the logs are in $dir" >&2
exit 1
