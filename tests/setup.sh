#!/bin/sh
# setup.sh [LIST...]: installs what is missing for build (the default), demo,
# test, bench, npm, nightly, swift or ceph (Debian 12 and 13). Silent when all
# is there. Exit 3: could not install.
#
# A list holds package names; "command:package" asks for the package only
# where the command is missing, so that one from elsewhere will do.
set -eu

build='gcc libc6-dev make pkg-config libsodium-dev libssl-dev libarchive-dev
 libzstd-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev
 libjansson-dev'
demo='age openssl xxd curl ca-certificates fdisk e2fsprogs util-linux tar
 coreutils diffutils procps'
# libclang-rt-dev and clang follow the release's default version
test='libcriterion-dev bats parallel clang llvm libclang-rt-dev
 libstdc++6 shellcheck mandoc valgrind strace faketime minisign gnupg
 zlib1g-dev universal-ctags jq cppcheck util-linux nginx-light xxd zstd
 mkfs.xfs:xfsprogs golang-go golang-golang-x-mod-dev expect iproute2
 netcat-openbsd bsdextrautils attr acl xz-utils perl
 systemd-analyze:systemd'
bench='age openssl minisign gnupg sq 7z:p7zip-full restic borgbackup tar nginx-light
 curl sshd:openssh-server
 openssh-client perl procps'
npm='node:nodejs npm:npm'
nightly='testssl:testssl.sh'
# object stores, for the scripts in tests/interop that bring them up
swift='python3-swift curl openssl faketime python3'
ceph='ceph-mon ceph-osd radosgw ceph-common curl openssl faketime python3'
# what the pages are opened in
pages='chromium node:nodejs fonts-dejavu-core'
# what reads the exports
exports='hashdeep xmllint:libxml2-utils node:nodejs npm:npm'

die()
{
	echo "setup.sh: $*" >&2
	exit 3
}

has()
{
	case $1 in
	*:*) command -v "${1%%:*}" >/dev/null && return 0 ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "${1##*:}" \
	    2>/dev/null)" = installed ]
}

wanted=
for list in "${@:-build}"; do
	case $list in
	build) wanted="$wanted $build" ;;
	demo) wanted="$wanted $build $demo" ;;
	test) wanted="$wanted $build $demo $test $pages $exports" ;;
	bench) wanted="$wanted $build $bench" ;;
	npm) wanted="$wanted $npm" ;;
	nightly) wanted="$wanted $nightly" ;;
	swift) wanted="$wanted $swift" ;;
	ceph) wanted="$wanted $ceph" ;;
	*)
		echo "usage: setup.sh [build|demo|test|bench|npm|swift|ceph|nightly]..." >&2
		exit 2
		;;
	esac
done

command -v dpkg-query >/dev/null ||
	die "not a Debian system; packages by their Debian names:$wanted"
missing=
for p in $wanted; do
	has "$p" && continue
	case " $missing " in
	*" ${p##*:} "*) ;;
	*) missing="$missing ${p##*:}" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true; } \
	    2>/dev/null; then
		as_root=sudo
	else
		die "not root; run: apt-get install$missing"
	fi
fi

apt()
{
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
	    -o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false "$@"
}

echo "setup.sh: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The first try fails at once where the package lists are missing or old
# shellcheck disable=SC2086 # a list of words
if ! apt install $missing >"$log" 2>&1 </dev/null &&
    ! { apt update && apt install $missing; } >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	die "failed: apt-get install$missing"
fi
