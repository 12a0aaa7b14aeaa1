#!/bin/sh
# make install: a program builds and runs against what was installed, both
# ways of linking; the shared library shows bulla_* and nothing else; and
# make uninstall leaves no file behind.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BUILD:=$PWD/build}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dest=$scratch/dest

# the flags that all.sh builds with, or everything would be built again
in_tree()
{
	make -s BUILD="$BULLA_BUILD" CC=gcc WERROR=1 "$@"
}

is_there()
{
	[ -s "$1" ] && return
	echo "not installed: ${1#"$dest"}"
	exit 1
}

in_tree install DESTDIR="$dest" PREFIX=/usr
for f in lib/libbulla.a lib/libbulla.so lib/libbulla.so.0 \
    lib/pkgconfig/bulla.pc include/bulla/err.h; do
	is_there "$dest/usr/$f"
done
for src in cmd/bulla-*.c cmd/bulla.c; do
	[ -e "$src" ] || continue
	tool=$(basename "$src" .c)
	"$dest/usr/bin/$tool" --version >/dev/null
	is_there "$dest/usr/share/man/man1/$tool.1"
done

# the scenarios, which a user of the packages has no other way to come by
for f in docs/exercises/*.exercise; do
	cmp "$f" "$dest/usr/share/doc/bulla/exercises/${f##*/}"
done

for f in docs/bulla-*.service docs/bulla-*.timer docs/bulla.cron; do
	cmp "$f" "$dest/usr/share/doc/bulla/examples/${f##*/}"
done

strangers=$(nm -D --defined-only "$dest/usr/lib/libbulla.so" |
	awk '$3 !~ /^bulla_/ && $2 != "A" { print $3 }')
if [ -n "$strangers" ]; then
	echo "libbulla.so exports: $strangers"
	exit 1
fi

cat >"$scratch/user.c" <<'END'
#include <bulla/buf.h>
int
main(void)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	bulla_buf_str(&b, "built against the installed library");
	bulla_buf_free(&b);
	return 0;
}
END
PKG_CONFIG_SYSROOT_DIR=$dest
PKG_CONFIG_PATH=$dest/usr/lib/pkgconfig
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH
# shellcheck disable=SC2046 # lists of options
{
	gcc -o "$scratch/shared" "$scratch/user.c" \
	    $(pkg-config --cflags --libs bulla)
	gcc -o "$scratch/static" "$scratch/user.c" \
	    $(pkg-config --cflags bulla) "$dest/usr/lib/libbulla.a" \
	    $(unset PKG_CONFIG_SYSROOT_DIR; pkg-config --libs \
	        $(pkg-config --print-requires-private bulla)) -lpthread
}
LD_LIBRARY_PATH=$dest/usr/lib "$scratch/shared"
"$scratch/static"

in_tree uninstall DESTDIR="$dest" PREFIX=/usr
left=$(find "$dest" ! -type d)$(find "$dest" -name bulla)
if [ -n "$left" ]; then
	echo "left behind: $left"
	exit 1
fi
