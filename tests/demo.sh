#!/bin/sh
# demo.sh: the main job from end to end, on real files, as a tutorial: each
# command is printed before it runs. Installs what is missing (Debian 12 and
# 13), builds, works in a scratch directory, cleans up behind itself.
#
#   KEEP=1       leave the scratch directory and say where it is
#   BULLA_BUILD  where to build (default: build)
set -eu
cd "$(dirname "$0")/.."
TOP=$PWD
: "${BULLA_BUILD:=build}"
unset BULLA_HOME MAKEFLAGS MAKELEVEL

if [ -z "${DEMO_READY-}" ]; then
	sh tests/setup.sh demo
	make -s -j"$(nproc)" BUILD="$BULLA_BUILD" tools
	DEMO_READY=1
	export DEMO_READY
	# Nothing is unreadable to root, and one file below is to be.
	drop='-dac_override,-dac_read_search'
	if [ "$(id -u)" -eq 0 ] && setpriv --bounding-set "$drop" true \
	    2>/dev/null; then
		exec setpriv --bounding-set "$drop" sh "$TOP/tests/demo.sh"
	fi
fi
case $BULLA_BUILD in
/*) PATH=$BULLA_BUILD/release/bin:$PATH ;;
*) PATH=$TOP/$BULLA_BUILD/release/bin:$PATH ;;
esac
PATH=$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C.UTF-8
umask 077
begun=$(date +%s)

scratch=$(mktemp -d)
inbox=
finish()
{
	rc=$?
	trap - EXIT
	if [ -n "$inbox" ]; then
		kill "$inbox" 2>/dev/null || :
		wait "$inbox" || :
	fi
	if [ -n "${KEEP-}" ]; then
		echo "kept: $scratch"
	else
		chmod -R u+rwX "$scratch"
		rm -rf "$scratch"
	fi
	[ "$rc" -eq 0 ] || echo "demo: FAILED with status $rc" >&2
	exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT TERM

say()
{
	printf '\n\033[1m# %s\033[0m\n' "$*" | if [ -t 1 ]; then
		cat
	else
		sed 's/\x1b\[[0-9]*m//g'
	fi
}

# show [STATUS]: prints the command on stdin, runs it, and stops unless it
# ends with STATUS (default 0). A failure in the midst of it is one.
show()
{
	command=$(cat)
	print_command
	set +e
	(
		set -e
		eval "$command"
	)
	status=$?
	set -e
	if [ "$status" -ne "${1:-0}" ]; then
		echo "exit status $status, not ${1:-0}" >&2
		exit 1
	fi
	[ "$status" -eq 0 ] || echo "(exit status $status)"
}

# The same in this shell, for what has to last
show_here()
{
	command=$(cat)
	print_command
	eval "$command"
}

print_command()
{
	printf '%s\n' "$command" | sed '1s/^/$ /; 2,$s/^/> /'
}

# What both sides find when they come to work: evidence here, and TLS
# certificates, which in real life each side's administrator would make.
cd "$scratch"
mkdir alpha bravo seized
sh "$TOP/tests/lib/pki.sh" tls
(cd /usr && find share/doc include \( -type f -size -400k -o -type l \) \
    -print0 | head -z -n 4000 | tar -c --null -T - 2>/dev/null) |
	tar -x -C seized
mkdir seized/odd seized/odd/empty
cd seized/odd
echo 'three languages' >'Übergabe – передача – 移交.txt'
echo 'not UTF-8' >"$(printf 'caf\351')"
echo 'a line feed in the name' >"$(printf 'two\nlines')"
echo '100% done' >'100% done'
: >nothing
ln nothing nothing-else
ln -s /etc/passwd link
mkfifo fifo
echo 'not for you' >private
touch -d '1999-12-31 23:59:59.123456789 UTC' private
chmod 000 private
cd ../..
cat >case-7.info <<'END'
Source-Organization: Alpha Cyber Unit
Contact-Name: duty officer
External-Identifier: A-2026-0007
External-Description: disk and file share of one host
Bag-Group-Identifier: B-2026-0113
Evid-Case-Id: A-7/2026
Evid-Exhibit-Id: 7-1
Evid-Item-Type: disk-image
Evid-Acquired-Start: 2026-11-21T14:02:11Z +08:00
Evid-Acquired-End: 2026-11-21T15:40:37Z +08:00
Evid-Acquired-By: officer 4711
Evid-Place: Alpha City
Evid-Source-Make: Example
Evid-Source-Model: M1
Evid-Source-Serial: 0001
Evid-Source-Identifiers: asset 17
Evid-Original-Seized: no, the provider's host was in use
Evid-Tool: GNU dd 9.1
Evid-Method: read-only copy of the whole device
Evid-Write-Blocker: hardware, T35u
Evid-Bad-Sectors: 0
Evid-Verified: both 2026-11-21T15:52:00Z
Evid-Copy-Status: evidentiary
Evid-Legal-Basis: order 12/2026
Evid-Handling: TLP:AMBER
Evid-Crime-Category: malicious-cyber
END

say 'Alpha makes a key to seal with, Bravo one to open with and one for receipts'
show <<'END'
bulla-keygen sign -n alpha.example/sealer -o alpha/sealer.key
END
show <<'END'
bulla-keygen age -o bravo/desk.age
END
show <<'END'
bulla-keygen sign -n bravo.example/receiver -o bravo/receiver.key
END

say 'They exchange the public parts, and compare them by voice'
show <<'END'
cp alpha/sealer.key.pub bravo/
cp bravo/desk.age.pub bravo/receiver.key.pub alpha/
END

say 'The evidence: a disk image with a partition table and a file system ...'
show <<'END'
truncate -s 48M disk.img
echo 'start=2048, type=83' | sfdisk -q --label dos disk.img
mkfs.ext4 -q -F -d "$TOP/include" -E offset=1048576 disk.img 47M
sfdisk -l disk.img
END
show <<'END'
debugfs -R 'ls -p /bulla' 'disk.img?offset=1048576' 2>/dev/null | head -n 4
END

say '... and a directory: thousands of files, with odd names, links, a fifo'
show <<'END'
find seized | wc -l; find seized -type l | wc -l; du -sh seized; ls -lb seized/odd
END

if [ -r seized/odd/private ]; then
	say 'SKIP: root here reads everything, so nothing is left out below'
	rm -f seized/odd/private
fi
[ ! -e seized/odd/private ] ||
	say 'Something cannot be read. Nothing half done comes of it:'
[ ! -e seized/odd/private ] || show 3 <<'END'
bulla-seal -i alpha/sealer.key -R alpha/desk.age.pub -o alpha/case-7.bulla disk.img seized
END
[ ! -e seized/odd/private ] || show 2 <<'END'
ls alpha/case-7.bulla
END

say 'Sealed without that file, but saying so; with every label that the profile asks for'
# shellcheck disable=SC2034 # used by the next command
hash=$(sha256sum disk.img | cut -d ' ' -f 1)
show <<'END'
bulla-seal -i alpha/sealer.key -R alpha/desk.age.pub --to bravo.example \
    --ref B-2026-0113 -n case-7 --profile evidence -I case-7.info \
    -m Evid-Acquisition-Hash=sha256:$hash --skip-unreadable \
    -o alpha/case-7.bulla disk.img seized
END

say 'What anybody can see of it, and what anybody can check'
show <<'END'
bulla-inspect alpha/case-7.bulla
END
show <<'END'
bulla-verify -K bravo/sealer.key.pub alpha/case-7.bulla
END

say 'One byte on the way turned over, or the end missing, is noticed'
show <<'END'
cp alpha/case-7.bulla bad.bulla
printf overlaid | dd of=bad.bulla bs=1 seek=20000000 conv=notrunc status=none
END
show 1 <<'END'
bulla-verify -K bravo/sealer.key.pub bad.bulla
END
show 4 <<'END'
head -c 40000000 alpha/case-7.bulla | bulla-verify -K bravo/sealer.key.pub
END

say 'Bravo opens an inbox: TLS 1.3, client certificates only'
show_here <<'END'
bulla-inbox --listen 127.0.0.1:0 --home bravo/home \
    --tls-cert tls/server.pem --tls-key tls/server.key --client-ca tls/ca.pem \
    -i bravo/receiver.key -K bravo/sealer.key.pub >inbox.out 2>inbox.log &
END
inbox=$!
tries=0
until grep -q '^listening on ' inbox.out; do
	tries=$((tries + 1))
	if [ "$tries" -gt 100 ] || ! kill -0 "$inbox" 2>/dev/null; then
		cat inbox.log >&2
		exit 1
	fi
	sleep 0.1
done
show <<'END'
cat inbox.out
END
# shellcheck disable=SC2034 # used by the next commands
url=$(sed -n 's/^listening on //p' inbox.out)

say 'Alpha sends it, and gets a receipt that Bravo signed'
show <<'END'
bulla-send -u "$url" --cert tls/client.pem --key tls/client.key --cacert tls/ca.pem \
    -K alpha/receiver.key.pub --receipt alpha/case-7.receipt alpha/case-7.bulla
END
show <<'END'
cat alpha/case-7.receipt
END

say 'Sent once more: the same receipt, nothing stored twice'
show <<'END'
bulla-send -u "$url" --cert tls/client.pem --key tls/client.key --cacert tls/ca.pem \
    -K alpha/receiver.key.pub --receipt again.receipt alpha/case-7.bulla
cmp again.receipt alpha/case-7.receipt
ls bravo/home/packages
END

say 'Bravo opens it'
show <<'END'
bulla-open -i bravo/desk.age -K bravo/sealer.key.pub -d bravo/cases bravo/home/packages/*.bulla
END
show <<'END'
ls -F bravo/cases/case-7 bravo/cases/case-7/data/seized/odd
END

say 'The bytes are those that were sent, and so are the times'
show <<'END'
cmp disk.img bravo/cases/case-7/data/disk.img
END
show <<'END'
list() { (cd "$1"; find . -path ./odd -prune -o -type f -printf '%p %s %Ts\n' | sort); }
list seized >sent; list bravo/cases/case-7/data/seized >opened
cmp sent opened; wc -l <opened
END
show <<'END'
sums() { (cd "$1"; find . -path ./odd -prune -o -type f -print0 | sort -z | xargs -0 sha256sum); }
sums seized >sent; sums bravo/cases/case-7/data/seized >opened
cmp sent opened
END

say 'What cannot be a file in a bag is recorded: names, links, what was unreadable'
show <<'END'
cat bravo/cases/case-7/original-names.tsv
END
show <<'END'
grep -P 'odd/(fifo|link|private|nothing)' bravo/cases/case-7/metadata.tsv |
    cut -f 1-4,7,10,11,15
END

say 'Years later, without any of these tools: tar, sha256sum, openssl and age'
show_here <<'END'
mkdir court opened-by-hand; tar -xf alpha/case-7.bulla -C court; cd court/*; ls
END
show <<'END'
sha256sum --strict --quiet -c manifest-sha256.txt
grep "^manifest: $(sha256sum <manifest-sha256.txt | cut -d ' ' -f 1)" closing.note
END
show <<'END'
check() { # KEY NOTE
  { echo 302a300506032b6570032100 | xxd -r -p
    cut -d + -f 3- $1 | base64 -d | tail -c 32; } >../key.der
  sed '/^$/,$d' $2 >../text
  tail -n 1 $2 | cut -d ' ' -f 3 | base64 -d | tail -c 64 >../sig
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey ../key.der -in ../text -sigfile ../sig
}
check ../../bravo/sealer.key.pub opening.note
check ../../bravo/sealer.key.pub closing.note
check ../../alpha/receiver.key.pub ../../alpha/case-7.receipt
grep "^package-sha256: $(sha256sum <../../alpha/case-7.bulla | cut -d ' ' -f 1)" ../../alpha/case-7.receipt
END
show <<'END'
cat data/*.age | age -d -i ../../bravo/desk.age | tar -x -C ../../opened-by-hand
cmp opening.note ../../opened-by-hand/opening.note
cd ../../opened-by-hand/case-7
sha256sum --strict --quiet -c manifest-sha256.txt
sha256sum --strict -c tagmanifest-sha256.txt
cmp data/disk.img ../../disk.img
END
say "All of it held; $(($(date +%s) - begun)) s. docs/VERIFY-BY-HAND.md has the last part in full."
