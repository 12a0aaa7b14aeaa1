#!/bin/sh
# swift-up.sh DIR PKI: OpenStack Swift with its S3 layer over TLS, on
# loopback, in this user's name; one account, container, object and proxy
# server each. DIR (made) holds all of it and must be on a file system with
# user extended attributes; PKI has server.pem and server.key (pki.sh).
# Prints the port when it answers; DIR/pids are the processes to end.
# Debian's python3-swift; access is test:tester, the secret is testing.
set -eu
dir=${1:?usage: swift-up.sh DIR PKI} pki=${2:?usage: swift-up.sh DIR PKI}
mkdir -p "$dir/node/d1"
lib=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "$dir" && pwd)
pki=$(cd "$pki" && pwd)
cd "$dir"
python=/usr/bin/python3
: >pids

# shellcheck source=tests/lib/servers.sh
. "$lib/servers.sh"
free_ports 4 >ports
read -r _ _ _ proxy <ports

cat >swift.conf <<'END'
[swift-hash]
swift_hash_path_suffix = tests
swift_hash_path_prefix = tests
END

# conf PORT
conf()
{
	cat <<END
[DEFAULT]
swift_dir = $dir
devices = $dir/node
mount_check = false
bind_ip = 127.0.0.1
bind_port = $1
workers = 0
user = $(id -un)
log_address = $dir/no-syslog
fallocate_reserve = 0
disable_fallocate = true
END
}

cat >ring.py <<'END'
import sys
from swift.common.ring import RingBuilder
b = RingBuilder(2, 1, 0)
b.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port":
    int(sys.argv[2]), "device": "d1", "weight": 1})
b.rebalance()
b.get_ring().save(sys.argv[1] + ".ring.gz")
END
i=0
for s in account container object; do
	i=$((i + 1))
	port=$(cut -d ' ' -f "$i" ports)
	"$python" ring.py "$s" "$port"
	{
		conf "$port"
		cat <<-END
		[pipeline:main]
		pipeline = $s-server
		[app:$s-server]
		use = egg:swift#$s
		END
	} >"$s-server.conf"
done

{
	conf "$proxy"
	cat <<END
cert_file = $pki/server.pem
key_file = $pki/server.key
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck memory listing_formats s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:memory]
paste.filter_factory = memory:filter_factory
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
dns_compliant_bucket_names = true
force_swift_request_proxy_log = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
rate_limit_after_segment = 1000
[filter:dlo]
use = egg:swift#dlo
END
} >proxy-server.conf

# Stands in for memcached: there is one proxy process
cat >memory.py <<'END'
class Memory:
    def __init__(self):
        self.of = {}

    def get(self, key, *a, **kw):
        return self.of.get(key)

    def set(self, key, value, *a, **kw):
        self.of[key] = value

    def delete(self, key, *a, **kw):
        self.of.pop(key, None)

    def incr(self, key, delta=1, *a, **kw):
        self.of[key] = self.of.get(key, 0) + delta
        return self.of[key]


def filter_factory(conf, **kw):
    cache = Memory()

    def make(app):
        def call(env, start):
            env["swift.cache"] = cache
            return app(env, start)
        return call
    return make
END
cat >run.py <<'END'
import sys
from swift.common import utils
utils.set_swift_dir(sys.argv[1])
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi("%s/%s-server.conf" % (sys.argv[1], sys.argv[2]),
    "%s-server" % sys.argv[2]))
END
for s in account container object proxy; do
	"$python" run.py "$dir" "$s" >"$s.log" 2>&1 </dev/null &
	echo $! >>pids
done
for _ in $(seq 300); do
	if curl -sf -o health --cacert "$pki/ca.pem" \
	    "https://127.0.0.1:$proxy/healthcheck"; then
		echo "$proxy"
		exit 0
	fi
	sleep 0.1
done
echo "swift-up.sh: no answer; the logs are in $dir" >&2
exit 1
