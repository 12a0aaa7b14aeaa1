#!/bin/sh
# The whole age test kit from its npm package (cctv-age, pinned) through
# bulla-age --json: the class of every file, and the digest of what it
# released. Skipped (77) without node, npm or the registry.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BIN:=build/release/bin}"
BIN=$(cd "$BULLA_BIN" && pwd)
PACKAGE=cctv-age@0.2.0
INTEGRITY=sha512-1fiGAaWr+snqgu8+uCC7qPeApAuueOESET2npKe0FVLY+Huf+Kkia89Rybx/uoGNCml31SgAjiQIeFOY4K3New==

skip()
{
	echo "SKIP: age/npm: $1"
	exit 77
}

for c in node npm openssl; do
	command -v "$c" >/dev/null || skip "no $c"
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(cd "$dir" && npm pack --silent "$PACKAGE") >"$dir/npm.log" 2>&1 ||
	skip "npm cannot fetch $PACKAGE"
got=sha512-$(openssl dgst -sha512 -binary "$dir"/cctv-age-*.tgz | openssl base64 -A)
if [ "$got" != "$INTEGRITY" ]; then
	echo "$PACKAGE is not the file that was pinned: $got"
	exit 1
fi
tar -xzf "$dir"/cctv-age-*.tgz -C "$dir"

# One folder for each file of the kit: its age file, keys, what to expect
cat >"$dir/split.mjs" <<'JS'
import fs from 'node:fs';
import zlib from 'node:zlib';
import * as kit from './package/index.js';

for (const [name, bytes] of Object.entries(kit)) {
	if (!(bytes instanceof Uint8Array))
		continue;
	const file = Buffer.from(bytes);
	const end = file.indexOf('\n\n');
	const dir = 'vec/' + name;
	let body = file.subarray(end + 2);
	let key = '', pass = '', expect = '', payload = '';
	for (const line of file.subarray(0, end).toString().split('\n')) {
		const at = line.indexOf(': ');
		const value = line.slice(at + 2);
		switch (line.slice(0, at)) {
		case 'expect': expect = value; break;
		case 'payload': payload = value; break;
		case 'identity': key += value + '\n'; break;
		case 'passphrase': pass = value; break;
		case 'compressed': body = zlib.inflateSync(body); break;
		}
	}
	fs.mkdirSync(dir, { recursive: true });
	fs.writeFileSync(dir + '/file', body);
	fs.writeFileSync(dir + '/expect', expect + '\n');
	fs.writeFileSync(dir + '/payload', payload + '\n');
	if (key !== '')
		fs.writeFileSync(dir + '/key', key, { mode: 0o600 });
	if (pass !== '')
		fs.writeFileSync(dir + '/pass', pass + '\n');
}
JS
(cd "$dir" && node split.mjs)

# field NAME: a string of the JSON object on stdin
field()
{
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
ran=0 failures=0
for v in "$dir"/vec/*; do
	name=${v##*/}
	set -- -d --json -o "$dir/out"
	[ ! -e "$v/key" ] || set -- "$@" -i "$v/key"
	if [ -e "$v/pass" ]; then
		set -- "$@" -p --passphrase-fd 3
	else
		: >"$v/pass"
	fi
	rc=0
	"$BIN/bulla-age" "$@" "$v/file" 3<"$v/pass" >"$dir/json" \
	    2>"$dir/stderr" || rc=$?
	expect=$(cat "$v/expect") payload=$(cat "$v/payload")
	class=$(field class <"$dir/json") sum=$(field sha256 <"$dir/json")
	if [ "$rc" -eq 3 ] && grep -q PQ "$v/key" 2>/dev/null &&
	    grep -q 'libcrypto 3.5' "$dir/stderr"; then
		echo "SKIP: age/npm $name: needs libcrypto 3.5"
		continue
	fi
	ran=$((ran + 1))
	want=1 there=no
	[ "$expect" != success ] || want=0
	[ ! -e "$dir/out" ] || there=yes
	[ -n "$payload" ] || payload=$nothing
	if [ "$class" != "$expect" ] || [ "$rc" -ne "$want" ] ||
	    [ "$sum" != "$payload" ] ||
	    [ "$there" != "$([ "$want" -eq 0 ] && echo yes || echo no)" ]; then
		failures=$((failures + 1))
		echo "$name: expected $expect, got $class ($rc, file: $there)"
		cat "$dir/json" "$dir/stderr"
	fi
	rm -f "$dir/out"
done
echo "COUNT age/npm $ran $failures"
[ "$ran" -gt 120 ] && [ "$failures" -eq 0 ]
