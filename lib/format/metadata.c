#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "bulla/enc.h"
#include "bulla/text.h"

const char bulla_metadata_header[] =
    "path\ttype\tsize\tmode\tuid\tgid\tmtime\tctime\tatime\tlink\tnlink\t"
    "dev\tino\txattr\tsha256\n";
const char bulla_names_header[] = "path\tencoding\tname\n";

static const char *
type_word(enum bulla_object_type t)
{
	switch (t) {
	case BULLA_OBJ_FILE:
		return "file";
	case BULLA_OBJ_DIR:
		return "dir";
	case BULLA_OBJ_SYMLINK:
		return "symlink";
	case BULLA_OBJ_BLOCK:
		return "block";
	case BULLA_OBJ_CHAR:
		return "char";
	case BULLA_OBJ_FIFO:
		return "fifo";
	case BULLA_OBJ_SOCKET:
		return "socket";
	}
	return "unknown";
}

/*
 * Seconds with nine decimals. The kernel counts nanoseconds upwards also
 * before 1970 (-2 s and 500,000,000 ns is -1.5): people read the number.
 */
static void
put_time(struct bulla_buf *b, int64_t s, uint32_t ns)
{
	uint64_t whole;

	BULLA_CHECK(ns < 1000000000u);
	if (s >= 0) {
		whole = (uint64_t)s;
	} else {
		whole = (uint64_t)-(s + 1);
		ns = 1000000000u - ns;
		if (ns == 1000000000u) {
			whole++;
			ns = 0;
		}
		bulla_buf_u8(b, '-');
	}
	bulla_buf_dec(b, whole);
	bulla_buf_fmt(b, ".%09u\t", (unsigned)ns);
}

static void
put_dec(struct bulla_buf *b, uint64_t v)
{
	bulla_buf_dec(b, v);
	bulla_buf_u8(b, '\t');
}

static void
put_digest(struct bulla_buf *b, bool has, const uint8_t digest[32])
{
	if (has)
		bulla_hex_put(b, digest, 32);
	else
		bulla_buf_u8(b, '-');
}

void
bulla_metadata_put(struct bulla_buf *b, const struct bulla_meta *m)
{
	bulla_buf_cur(b, &m->path);
	bulla_buf_fmt(b, "\t%s\t", type_word(m->type));
	put_dec(b, m->size);
	bulla_buf_fmt(b, "%04o\t", (unsigned)(m->mode & 07777u));
	put_dec(b, m->uid);
	put_dec(b, m->gid);
	put_time(b, m->mtime_s, m->mtime_ns);
	put_time(b, m->ctime_s, m->ctime_ns);
	put_time(b, m->atime_s, m->atime_ns);
	if (m->type == BULLA_OBJ_SYMLINK)
		bulla_text_escape(b, &m->link);
	else
		bulla_buf_u8(b, '-');
	bulla_buf_u8(b, '\t');
	put_dec(b, m->nlink);
	put_dec(b, m->dev);
	put_dec(b, m->ino);
	put_digest(b, m->has_xattr, m->xattr);
	bulla_buf_u8(b, '\t');
	put_digest(b, m->has_digest, m->digest);
	bulla_buf_u8(b, '\n');
}

/* The order of the lines, which end their names with '='. */
static int
xattr_order(const void *a, const void *b)
{
	const struct bulla_xattr *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int d = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

	if (d != 0 || x->name.len == y->name.len)
		return d;
	if (x->name.len == n)
		return '=' - y->name.p[n];
	return x->name.p[n] - '=';
}

void
bulla_xattrs_put(struct bulla_buf *b, struct bulla_xattr *x, size_t n)
{
	if (n > 0)
		qsort(x, n, sizeof(*x), xattr_order);
	for (size_t i = 0; i < n; i++) {
		bulla_text_escape(b, &x[i].name);
		bulla_buf_str(b, "=");
		bulla_hex_put(b, x[i].value.p, x[i].value.len);
		bulla_buf_u8(b, '\n');
	}
}

/* A name with a TAB or an LF is UTF-8, but would break the line. */
void
bulla_names_put(struct bulla_buf *b, const struct bulla_cur *path,
    const struct bulla_cur *original)
{
	bulla_buf_cur(b, path);
	if (bulla_text_is_plain(original)) {
		bulla_buf_str(b, "\tutf8\t");
		bulla_buf_cur(b, original);
	} else {
		bulla_buf_str(b, "\tbase64\t");
		bulla_b64_put(b, original->p, original->len,
		    BULLA_B64_PADDED);
	}
	bulla_buf_u8(b, '\n');
}
