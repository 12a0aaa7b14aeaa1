#!/bin/sh
# The pages that our tools write, in a real headless Chromium: no request but
# for the page itself, no word on the console, nothing run, readable at 375 px
# and on paper, and what they say is what the records say. Screenshots and
# PDFs stay in build/pages. Skipped (77) without chromium or node.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BIN:=build/release/bin}" "${BULLA_BUILD:=build}"
BIN=$(cd "$BULLA_BIN" && pwd)
PATH=$BIN:$PATH
for c in chromium node; do
	command -v "$c" >/dev/null || {
		echo "SKIP: pages: no $c"
		exit 77
	}
done
out=$BULLA_BUILD/pages
mkdir -p "$out"
out=$(cd "$out" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cases=0 bad=0

# tidy FILE: the page has nothing that would be fetched, and a policy
tidy()
{
	cp "$1" "$out/"
	if grep -Eiq 'url\(|@import|<[^>]* (src|href) *=|<(script|link|img|iframe|object)' \
	    "$1" || ! grep -q "default-src 'none'" "$1"; then
		echo "FAILED: $1 has something that loads, or no policy"
		bad=$((bad + 1))
	fi
}

# --- the certificate of custody
sh tests/lib/handover.sh "$dir/x"
id=$(cat "$dir/x/id")
sum=$(sha256sum <"$dir/x/$id.bulla" | cut -d ' ' -f 1)
bulla-certificate --home "$dir/x/a" -o "$dir/certificate.html" "$id"
tidy "$dir/certificate.html"
set -- --page "$dir/certificate.html" "$id" "$sum" \
    'All that was verified holds.' 'a <b>bold</b> remark & "more" of it' \
    'CUSTODY MOVES to bravo.example' 'Signature of the witness'

# --- what the look must find
sed 's|</body>|<img src="https://example.com/x.png"></body>|' \
    "$dir/certificate.html" >"$dir/loads.html"
sed 's|</body>|<script>console.log(1)</script></body>|' \
    "$dir/certificate.html" >"$dir/runs.html"
sed 's|</body>|<p style="width:900px">x</p></body>|' \
    "$dir/certificate.html" >"$dir/wide.html"
for f in loads runs wide; do
	set -- "$@" --page "$dir/$f.html"
done

node tests/interop/pages/look.mjs "$out" "$@" >"$dir/found" || :
rm -f "$out"/loads* "$out"/runs* "$out"/wide*
good='certificate'
for f in $good; do
	cases=$((cases + 1))
	grep -qx "ok $f.html" "$dir/found" || {
		grep -F "$f.html" "$dir/found" || cat "$dir/found"
		bad=$((bad + 1))
	}
done
for f in loads runs wide; do
	cases=$((cases + 1))
	grep -q "^FAILED: $f.html" "$dir/found" || {
		echo "FAILED: $f.html was not noticed"
		bad=$((bad + 1))
	}
done

echo "COUNT pages $cases $bad"
[ "$bad" -eq 0 ]
