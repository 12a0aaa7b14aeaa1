#ifndef TESTS_HOSTILE_MEMBERS_H
#define TESTS_HOSTILE_MEMBERS_H

/* Hostile bags, first part: changes to the members of the payload. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "bagbuild.h"

#define A 2	/* index of bag/data/a.txt in a fresh bag */
#define D 3	/* bag/data/d */
#define B 4	/* bag/data/d/b.txt */

/* A file of that name, well listed in a good manifest. */
static void
file_at(struct bb *b, int at, const char *path)
{
	bb_insert(b, at, path, '0', "x");
}

/* Names at the end of the payload, so that the order is no matter. */
#define NAME(id, path) \
static void \
id(struct bb *b) \
{ \
	file_at(b, b->n, path); \
}

NAME(dotdot, "bag/data/e/../../../outside")
NAME(dotdot_first, "bag/data/../../outside")
NAME(dotdot_last, "bag/data/z/..")
NAME(dot, "bag/data/./x")
NAME(double_slash, "bag/data//x")
NAME(percent, "bag/data/x%2e%2e")
NAME(backslash, "bag/data/x\\..\\y")
NAME(newline, "bag/data/x\ny")
NAME(carriage_return, "bag/data/x\r")
NAME(escape, "bag/data/x\x1b]0;t\x07")
NAME(tab, "bag/data/x\ty")
NAME(del, "bag/data/x\x7f")
NAME(c1, "bag/data/x\xc2\x9b")
NAME(rtl, "bag/data/x\xe2\x80\xae" "gpj.exe")
NAME(zero_width, "bag/data/x\xe2\x80\x8b")
NAME(bom_name, "bag/data/x\xef\xbb\xbf")
NAME(line_separator, "bag/data/x\xe2\x80\xa8")
NAME(not_utf8, "bag/data/x\xff")
NAME(overlong, "bag/data/x\xc0\xae\xc0\xae")
NAME(surrogate, "bag/data/x\xed\xa0\x80")
NAME(option, "bag/data/-rf")
NAME(home, "bag/data/~")
NAME(other_bag, "bog/data/x")
NAME(slash_only, "bag/data/e/ /../x")

static char long_name[400];

static void
name_of(struct bb *b, size_t len)
{
	size_t n = strlen("bag/data/z");

	memset(long_name, 'z', sizeof(long_name));
	memcpy(long_name, "bag/data/z", n);
	long_name[strlen("bag/data/") + len] = '\0';
	file_at(b, b->n, long_name);
}

static void
name_255(struct bb *b)
{
	name_of(b, 255);
}

static void
name_256(struct bb *b)
{
	name_of(b, 256);
}

static char long_path[4200];

static void
path_of(struct bb *b, size_t len)
{
	static char dirs[BB_MAX][4200];
	size_t n = strlen("bag/"), step = 201;

	b->n = 2;	/* nothing but the long one */
	memset(long_path, 'p', sizeof(long_path));
	memcpy(long_path, "bag/data/", 9);
	for (size_t i = 9 + step; i < n + len; i += step + 1) {
		memcpy(dirs[b->n], long_path, i);
		dirs[b->n][i] = '\0';
		bb_add(b, dirs[b->n], '5', NULL);
		long_path[i] = '/';
	}
	long_path[n + len] = '\0';
	file_at(b, b->n, long_path);
}

static void
path_4096(struct bb *b)
{
	path_of(b, 4096);
}

static void
path_4097(struct bb *b)
{
	path_of(b, 4097);
}

#define TYPE(id, t) \
static void \
id(struct bb *b) \
{ \
	b->m[A].type = t; \
	b->m[A].len = 0; \
}

TYPE(hard_link, '1')
TYPE(symlink_member, '2')
TYPE(char_device, '3')
TYPE(block_device, '4')
TYPE(fifo, '6')
TYPE(contiguous, '7')
TYPE(gnu_sparse, 'S')
TYPE(gnu_long_name, 'L')
TYPE(gnu_long_link, 'K')
TYPE(gnu_dump_dir, 'D')
TYPE(gnu_volume, 'V')
TYPE(pax_global, 'g')
TYPE(solaris_acl, 'A')

#define FIELD(id, offset, text, len) \
static void \
id(struct bb *b) \
{ \
	b->m[A].hdr.at = offset; \
	b->m[A].hdr.bytes = text; \
	b->m[A].hdr.n = len; \
}

FIELD(set_uid, 100, "0004755", 8)
FIELD(sticky, 100, "0001644", 8)
FIELD(world_writable, 100, "0000666", 8)
FIELD(owner, 108, "0001750", 8)
FIELD(owner_name, 265, "root", 4)
FIELD(link_on_file, 157, "/etc/passwd", 11)
FIELD(old_type, 156, "", 1)
FIELD(prefix_dotdot, 345, "..", 2)
FIELD(prefix_root, 345, "/", 1)
FIELD(prefix_bag, 345, "bag", 3)
FIELD(nul_in_name, 0, "bag/data/a.txt\0/../../x", 23)
FIELD(size_negative, 124, "-0000000006 ", 12)
FIELD(size_base256, 124, "\x80\0\0\0\0\0\0\0\0\0\0\6", 12)
FIELD(size_huge, 124, "77777777777 ", 12)
FIELD(size_spaces, 124, "          6 ", 12)
FIELD(gnu_magic, 257, "ustar  ", 8)
FIELD(v7_header, 257, "\0\0\0\0\0\0\0\0", 8)
FIELD(slash_on_file, 0, "bag/data/a.txt/", 15)

#define PAX(id, text) \
static void \
id(struct bb *b) \
{ \
	b->m[A].pax = text; \
	b->m[A].pax_len = sizeof(text) - 1; \
}

PAX(pax_path_out, "19 path=../outside\n")
PAX(pax_path_root, "20 path=/etc/shadow\n")
PAX(pax_path_nul, "22 path=bag/data/\0xxx\n")
PAX(pax_path_twice, "23 path=bag/data/a.txt\n" "23 path=bag/data/b.txt\n")
PAX(pax_size, "9 size=6\n")
PAX(pax_size_huge, "28 size=9223372036854775807\n")
PAX(pax_size_shifts, "19 size=8589934592\n")
PAX(pax_link, "24 linkpath=/etc/passwd\n")
PAX(pax_sparse, "22 GNU.sparse.major=1\n" "22 GNU.sparse.minor=0\n")
PAX(pax_charset, "21 hdrcharset=BINARY\n")
PAX(pax_uid, "8 uid=0\n")
PAX(pax_mac, "27 LIBARCHIVE.xattr.a=AAAA\n")
PAX(pax_length, "99 path=x\n")

static void
absolute(struct bb *b)
{
	static char path[4200];

	cr_assert_not_null(getcwd(path, sizeof(path) - 16));
	memcpy(path + strlen(path), "/absolute", sizeof("/absolute"));
	bb_add(b, path, '0', "x");
}

static void
duplicate(struct bb *b)
{
	bb_insert(b, A + 1, "bag/data/a.txt", '0', "other");
}

static void
duplicate_dir(struct bb *b)
{
	bb_insert(b, D + 1, "bag/data/d", '5', NULL);
}

static void
file_then_dir(struct bb *b)
{
	bb_insert(b, D, "bag/data/d", '0', "x");
}

/* Not side by side: "d", "d-e" and then "d/". */
static void
file_far_from_dir(struct bb *b)
{
	bb_insert(b, D, "bag/data/d", '0', "x");
	bb_insert(b, D + 1, "bag/data/d-e", '0', "x");
	bb_insert(b, D + 2, "bag/data/d-e.f", '0', "x");
}

static void
file_as_directory(struct bb *b)
{
	bb_insert(b, A + 1, "bag/data/a.txt/below", '0', "x");
}

static void
no_directory(struct bb *b)
{
	bb_drop(b, D);
}

static void
out_of_order(struct bb *b)
{
	bb_insert(b, b->n, "bag/data/d/a", '0', "x");
}

/* The beginning of the path before it: shorter comes first. */
static void
order_of_length(struct bb *b)
{
	bb_insert(b, A + 1, "bag/data/b-longer", '0', "x");
	bb_insert(b, A + 2, "bag/data/b", '0', "x");
}

static void
order_of_locale(struct bb *b)
{
	bb_insert(b, A + 1, "bag/data/B", '0', "x");
}

static void
data_missing(struct bb *b)
{
	b->n = 1;
}

static void
data_is_file(struct bb *b)
{
	b->m[1].type = '0';
	b->m[1].data = "";
	b->n = 2;
}

static void
data_other(struct bb *b)
{
	b->n = 2;
	b->m[1].path = "bag/date";
}

static void
data_after_payload(struct bb *b)
{
	bb_drop(b, 1);
}

static void
data_twice(struct bb *b)
{
	bb_add(b, "bag/data", '5', NULL);
}

static void
data_as_file_later(struct bb *b)
{
	bb_add(b, "bag/data", '0', "");
}

static void
bag_is_file(struct bb *b)
{
	b->m[0].type = '0';
	b->m[0].data = "";
}

static void
bag_name_dotdot(struct bb *b)
{
	b->m[0].path = "..";
}

static void
bag_name_nested(struct bb *b)
{
	b->m[0].path = "bag/bag";
}

static void
second_bag(struct bb *b)
{
	bb_add(b, "bog", '5', NULL);
}

static void
prefix_of_bag(struct bb *b)
{
	bb_add(b, "bag2/data/x", '0', "x");
}

static void
case_twins(struct bb *b)
{
	bb_insert(b, A, "bag/data/A.TXT", '0', "x");
}

static void
nfc_and_nfd(struct bb *b)
{
	bb_add(b, "bag/data/f\xcc\x88", '0', "x");
	bb_add(b, "bag/data/\xc3\xa4", '0', "x");
}

#endif
