#include <string.h>

#include "archive/tarhdr.h"
#include "bulla/num.h"
#include "bulla/text.h"

/* POSIX.1-1988, ustar Interchange Format. */
struct span {
	size_t at, len;
	const char *name;
};
static const struct span f_name = { 0, 100, "name" };
static const struct span f_mode = { 100, 8, "mode" };
static const struct span f_uid = { 108, 8, "uid" };
static const struct span f_gid = { 116, 8, "gid" };
static const struct span f_size = { 124, 12, "size" };
static const struct span f_mtime = { 136, 12, "mtime" };
static const struct span f_sum = { 148, 8, "checksum" };
static const struct span f_link = { 157, 100, "link name" };
static const struct span f_magic = { 257, 8, "magic" };
static const struct span f_owners = { 265, 64, "owner names" };
static const struct span f_devmajor = { 329, 8, "device" };
static const struct span f_devminor = { 337, 8, "device" };
static const struct span f_prefix = { 345, 155, "prefix" };
static const struct span f_rest = { 500, 12, "end" };
enum { TYPE_AT = 156 };

/* With a pax header a size may exceed 11 octal digits, else never. */
#define OCTAL_MAX UINT64_C(077777777777)
/* From here on libarchive repeats the time in a pax header. */
#define PAX_MTIME_MIN UINT64_C(0x7fffffff)

static enum bulla_status
bad(struct bulla_err *err, const struct span *f)
{
	return bulla_fail(err, BULLA_E_FORMAT, "tar header: bad %s field",
	    f->name);
}

/* n is at most a block. */
static bool
all_zero(const uint8_t *p, size_t n)
{
	static const uint8_t zeros[TAR_BLOCK];

	return memcmp(p, zeros, n) == 0;
}

bool
tar_block_is_zero(const uint8_t *block)
{
	return all_zero(block, TAR_BLOCK);
}

/*
 * Octal digits, then nothing but NULs and spaces: tar programs agree on
 * that. They do not on leading spaces, signs or a digit after a space.
 */
static bool
octal(const uint8_t *block, const struct span *f, uint64_t *out)
{
	const uint8_t *p = block + f->at;
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < f->len && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	if (i == 0)
		return false;
	for (; i < f->len; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	*out = v;
	return true;
}

static bool
octal_is(const uint8_t *block, const struct span *f, uint64_t want)
{
	uint64_t v;

	return octal(block, f, &v) && v == want;
}

/* The whole of a text field: bytes, then only NULs. */
static bool
text(const uint8_t *block, const struct span *f, struct bulla_cur *out)
{
	const uint8_t *p = block + f->at;
	size_t n = strnlen((const char *)p, f->len);

	*out = bulla_cur_of(p, n);
	return all_zero(p + n, f->len - n);
}

/* The sum is taken with its own field full of spaces. */
static bool
sum_ok(const uint8_t *block)
{
	uint32_t sum = (uint32_t)f_sum.len * ' ';
	uint64_t want;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	for (size_t i = 0; i < f_sum.len; i++)
		sum -= block[f_sum.at + i];
	return octal(block, &f_sum, &want) && want == sum;
}

/*
 * Programs that know no pax read the field, the others the record: both
 * must say the same. The field is octal, or the binary form of GNU tar and
 * libarchive where twelve digits are too few.
 */
static bool
size_field(const uint8_t *block, uint64_t *out)
{
	const uint8_t *p = block + f_size.at;
	uint64_t v = 0;

	if (p[0] != 0x80)
		return octal(block, &f_size, out);
	for (size_t i = 1; i < f_size.len; i++) {
		if (v >> 56 != 0)
			return false;
		v = v << 8 | p[i];
	}
	*out = v;
	return true;
}

static enum bulla_status
judge_size(const uint8_t *block, const struct tar_pax *pax, uint64_t *out,
    struct bulla_err *err)
{
	uint64_t size;

	if (!size_field(block, &size))
		return bad(err, &f_size);
	if (pax->size > 0 ? size != pax->size : size > OCTAL_MAX)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar header: its size is not the one of its pax header");
	*out = size;
	return BULLA_OK;
}

/* An empty or long name, a NUL: what is no path at all. */
static enum bulla_status
judge_path(const uint8_t *block, const struct tar_pax *pax,
    struct tar_hdr *out, struct bulla_err *err)
{
	struct bulla_cur name, prefix;

	if (!text(block, &f_name, &name))
		return bad(err, &f_name);
	if (!text(block, &f_prefix, &prefix))
		return bad(err, &f_prefix);
	if (pax->path.len > 0) {
		name = pax->path;
		prefix.len = 0;
	}
	out->path_len = 0;
	if (prefix.len > 0) {
		memcpy(out->path, prefix.p, prefix.len);
		out->path[prefix.len] = '/';
		out->path_len = prefix.len + 1;
	}
	if (name.len == 0)
		return bad(err, &f_name);
	memcpy(out->path + out->path_len, name.p, name.len);
	out->path_len += name.len;
	/* Old programs take a file whose name ends in '/' for a directory. */
	if ((out->path[out->path_len - 1] == '/') != (out->type == '5'))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar header: a name ends in / just where it must not");
	return BULLA_OK;
}

static const char *
type_word(uint8_t type)
{
	switch (type) {
	case '1':
		return "a hard link";
	case '2':
		return "a symbolic link";
	case '3':
	case '4':
		return "a device";
	case '6':
		return "a fifo";
	case 'S':
		return "a sparse file";
	case 'L':
	case 'K':
		return "a GNU long name";
	case 'g':
		return "a global pax header";
	default:
		return "of an unknown type";
	}
}

static enum bulla_status
judge_type(const uint8_t *block, char *type, struct bulla_err *err)
{
	uint8_t t = block[TYPE_AT];

	if (t != '0' && t != '5' && t != 'x')
		return bulla_fail(err, BULLA_E_REFUSED,
		    "an entry is %s: only regular files and directories may"
		    " stand in a bag", type_word(t));
	if (!all_zero(block + f_link.at, f_link.len))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "an entry that is no link has a link name");
	*type = (char)t;
	return BULLA_OK;
}

/* Set-uid bits, owners: nothing to find here, nothing to fall for. */
static enum bulla_status
judge_owner(const uint8_t *block, char type, struct bulla_err *err)
{
	uint64_t mode = type == '5' ? 0755 : 0644;

	if (type == 'x' ? !octal(block, &f_mode, &mode) :
	    !octal_is(block, &f_mode, mode))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "an entry's mode is not 0%o", (unsigned)mode);
	if (!octal_is(block, &f_uid, 0) || !octal_is(block, &f_gid, 0) ||
	    !all_zero(block + f_owners.at, f_owners.len))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "an entry names an owner");
	if (!octal_is(block, &f_devmajor, 0) ||
	    !octal_is(block, &f_devminor, 0))
		return bad(err, &f_devmajor);
	if (!all_zero(block + f_rest.at, f_rest.len))
		return bad(err, &f_rest);
	return BULLA_OK;
}

enum bulla_status
tar_hdr_parse(const uint8_t *block, const struct tar_pax *pax,
    struct tar_hdr *out, struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t mtime;

	if (memcmp(block + f_magic.at, "ustar\00000", f_magic.len) != 0)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "not a POSIX tar header");
	if (!sum_ok(block))
		return bad(err, &f_sum);
	st = judge_type(block, &out->type, err);
	if (st == BULLA_OK)
		st = judge_owner(block, out->type, err);
	if (st == BULLA_OK)
		st = judge_size(block, pax, &out->size, err);
	if (st != BULLA_OK)
		return st;
	if (out->type == '5' && out->size > 0)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar header: a directory has contents");
	if (!octal(block, &f_mtime, &mtime) || mtime > OCTAL_MAX ||
	    (pax->mtime > 0 && pax->mtime != mtime))
		return bad(err, &f_mtime);
	out->mtime = (int64_t)mtime;
	return judge_path(block, pax, out, err);
}

/* As all of a pax header is; what is none each program reads in its way. */
static bool
is_utf8(struct bulla_cur c)
{
	uint32_t cp = 1;

	while (c.len > 0)
		if (!bulla_utf8_next(&c, &cp) || cp == 0)
			return false;
	return true;
}

/* One "length key=value\n"; length counts all of it (POSIX.1-2001, pax). */
static bool
take_record(struct bulla_cur *c, struct bulla_cur *key,
    struct bulla_cur *value)
{
	struct bulla_cur look = *c, digits, rec;
	uint64_t n;

	if (!bulla_cur_until(&look, ' ', &digits) ||
	    !bulla_num_u64(&digits, TAR_PAX_MAX, &n) ||
	    !bulla_cur_take(c, (size_t)n, &rec))
		return false;
	if (!bulla_cur_until(&rec, ' ', &digits) ||
	    !bulla_cur_until(&rec, '=', key))
		return false;
	if (rec.len == 0 || rec.p[rec.len - 1] != '\n')
		return false;
	rec.len--;
	*value = rec;
	return is_utf8(rec);
}

static bool
take_number(const struct bulla_cur *value, uint64_t min, uint64_t *out)
{
	return *out == 0 && bulla_num_u64(value, INT64_MAX, out) &&
	    *out >= min;
}

/*
 * path, size and mtime, once each, the numbers only where the writer needs
 * them: every other keyword (GNU.sparse.*, linkpath, SCHILY.* ...) would
 * change what some tar program makes of the entry.
 */
static bool
allowed(const struct bulla_cur *key, const struct bulla_cur *value,
    struct tar_pax *out)
{
	if (bulla_cur_is(key, "path") && out->path.len == 0) {
		out->path = *value;
		return value->len > 0;
	}
	if (bulla_cur_is(key, "size"))
		return take_number(value, OCTAL_MAX + 1, &out->size);
	return bulla_cur_is(key, "mtime") &&
	    take_number(value, PAX_MTIME_MIN, &out->mtime);
}

enum bulla_status
tar_pax_parse(struct bulla_cur records, struct tar_pax *out,
    struct bulla_err *err)
{
	struct bulla_cur key, value;

	*out = (struct tar_pax){ 0 };
	while (records.len > 0) {
		if (!take_record(&records, &key, &value))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "malformed pax header");
		if (!allowed(&key, &value, out))
			return bulla_fail(err, BULLA_E_REFUSED,
			    "a pax header says more than a long name, a large"
			    " size or a late time");
	}
	return BULLA_OK;
}
