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
for c in chromium node jq; do
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

# marks: of "custody show --json": each note, and each countersignature
marks()
{
	jq '[.notes[] | (.actor | split("/")[0]) as $who | 1, (if any(
	    .signatures[]; .verdict == "good" and (.key | split("/")[0]) !=
	    $who) then 1 else empty end)] | add'
}

# --- the certificate of custody
sh tests/lib/handover.sh "$dir/x"
id=$(cat "$dir/x/id")
sum=$(sha256sum <"$dir/x/$id.bulla" | cut -d ' ' -f 1)
bulla-certificate --home "$dir/x/a" -o "$dir/certificate.html" "$id"
tidy "$dir/certificate.html"
set -- --page "$dir/certificate.html" "$id" "$sum" \
    'All that was verified holds.' 'a <b>bold</b> remark & "more" of it' \
    'CUSTODY MOVES to bravo.example' 'Signature of the witness' \
    --count 'g.event' "$(bulla-custody --home "$dir/x/a" show --json "$id" |
    marks)" --count 'g.event > title' "$(bulla-custody --home "$dir/x/a" \
    show --json "$id" | marks)"

# --- the review, of a six-month exchange: what is drawn is what was counted
"$BULLA_BUILD/release/aid/exchangegen" "$dir/y" 200 >/dev/null
review()
{
	bulla-review -q --home "$dir/y/A" --time 2027-06-16 "$@"
}
review --json >"$dir/review.json"
review --html -o "$dir/review.html"
tidy "$dir/review.html"

# custody: a mark for each note and countersignature, with its record
drawn=$(jq '.own.custody | length' "$dir/review.json")
[ "$drawn" -eq 24 ] || {
	echo "FAILED: $drawn packages have a timeline"
	bad=$((bad + 1))
}
jq -r '.own.custody[].notes[] | .id, (select(.countersigned) | .id)' \
    "$dir/review.json" | sort >"$dir/ids"
sed -n 's/.*<g class="event"><title>.*record \([0-9a-f]*\)<.*/\1/p' \
    "$dir/review.html" | sort | cmp - "$dir/ids" || {
	echo "FAILED: the marks are not the records"
	bad=$((bad + 1))
}

# count FIGURE...: the sum of these, of both directions
count()
{
	jq --args '[.figures[] | select(.class == "*" and .category == "*" and
	    (.figure as $f | any($ARGS.positional[]; . == $f))) | .value] | add' \
	    "$@" <"$dir/review.json"
}
set -- "$@" --page "$dir/review.html" 'a.example asks b.example' \
    "$(jq -r .sha256 "$dir/review.json")" 'routine-subscriber' \
    --count 'circle.dot' \
    "$(count acknowledge-in-time first-in-time final-in-time)" \
    --count '.dot' "$(count acknowledge-in-time first-in-time final-in-time \
    acknowledge-late first-late final-late)" \
    --count '.package' "$(count handed-over)" \
    --count 'figure' $((14 + drawn)) --count 'figure table' $((14 + drawn)) \
    --count 'svg[aria-label]' $((14 + drawn)) \
    --count 'figure.track' "$drawn" \
    --count 'g.event > title' "$(wc -l <"$dir/ids")" --count '.records td.hex' \
    "$(jq '[.figures[], .own.figures[]] | [.[].ids // [] | .[]] | unique |
    length' "$dir/review.json")"

# --- a review of a period in which nobody asked anything
bulla-review -q --home "$dir/x/a" --from "$(date -d '-1 year' +%F)" \
    --to "$(date -d '+4 years' +%F)" --time "$(date -d '+5 years' +%F)" \
    --html -o "$dir/empty.html"
tidy "$dir/empty.html"
set -- "$@" --page "$dir/empty.html" 'No requests in this period.' \
    --count 'p.quiet' 2 --count '.side tr.all' 0 --count '.legend' 5 \
    --count '.legend dt' "$(grep -c '<dt>' "$dir/review.html")"

# --- what the look must find
sed 's|</body>|<img src="https://example.com/x.png"></body>|' \
    "$dir/certificate.html" >"$dir/loads.html"
sed 's|</body>|<script>console.log(1)</script></body>|' \
    "$dir/certificate.html" >"$dir/runs.html"
sed 's|</body>|<p style="width:900px">x</p></body>|' \
    "$dir/certificate.html" >"$dir/wide.html"
sed 's|<circle class="dot[^/]*/title></circle>||' "$dir/review.html" \
    >"$dir/lacks.html"
sed 's|<g class="event"><title>receive|<g><title>receive|' \
    "$dir/review.html" >"$dir/unmarked.html"
sed 's|\.wide::before|.other::before|' "$dir/review.html" >"$dir/mute.html"
for f in loads runs wide mute; do
	set -- "$@" --page "$dir/$f.html"
done
set -- "$@" --page "$dir/lacks.html" --count 'circle.dot' \
    "$(count acknowledge-in-time first-in-time final-in-time)"
set -- "$@" --page "$dir/unmarked.html" --count 'g.event > title' \
    "$(wc -l <"$dir/ids")"

node tests/interop/pages/look.mjs "$out" "$@" >"$dir/found" || :
rm -f "$out"/loads* "$out"/runs* "$out"/wide* "$out"/lacks* \
    "$out"/unmarked* "$out"/mute*
good='certificate review empty'
for f in $good; do
	cases=$((cases + 1))
	grep -qx "ok $f.html" "$dir/found" || {
		grep -F "$f.html" "$dir/found" || cat "$dir/found"
		bad=$((bad + 1))
	}
done
for f in loads runs wide mute lacks unmarked; do
	cases=$((cases + 1))
	grep -q "^FAILED: $f.html" "$dir/found" || {
		echo "FAILED: $f.html was not noticed"
		bad=$((bad + 1))
	}
done

echo "COUNT pages $cases $bad"
[ "$bad" -eq 0 ]
