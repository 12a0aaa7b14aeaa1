#include <stdbool.h>
#include <string.h>

#include "bulla/ustar.h"

/* POSIX.1-1988, ustar Interchange Format: offset and length of each field. */
enum {
	NAME = 0, NAME_LEN = 100,
	MODE = 100, UID = 108, GID = 116, ID_LEN = 8,
	SIZE = 124, MTIME = 136, NUMBER_LEN = 12,
	SUM = 148, SUM_LEN = 8,
	TYPE = 156,
	MAGIC = 257, MAGIC_LEN = 8,	/* "ustar\0" and the version "00" */
	DEVMAJOR = 329, DEVMINOR = 337,
};

/* len - 1 octal digits with leading zeros, then a NUL. */
static void
put_octal(uint8_t *field, size_t len, uint64_t v)
{
	field[len - 1] = '\0';
	for (size_t i = len - 1; i-- > 0; v >>= 3)
		field[i] = (uint8_t)('0' + (v & 7));
	BULLA_CHECK(v == 0);
}

static bool
get_octal(const uint8_t *field, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len - 1; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	*out = v;
	return true;
}

/* The sum is taken with its own field full of spaces. */
static void
put_sum(uint8_t *block)
{
	uint32_t sum = 0;

	memset(block + SUM, ' ', SUM_LEN);
	for (size_t i = 0; i < BULLA_USTAR_BLOCK; i++)
		sum += block[i];
	put_octal(block + SUM, SUM_LEN - 1, sum);
}

void
bulla_ustar_make(const struct bulla_ustar *u, uint8_t out[BULLA_USTAR_BLOCK])
{
	size_t n = strnlen(u->name, sizeof(u->name));

	BULLA_CHECK(n > 0 && n <= BULLA_USTAR_NAME_MAX);
	BULLA_CHECK(u->size <= BULLA_USTAR_SIZE_MAX);
	BULLA_CHECK(u->mtime <= BULLA_USTAR_SIZE_MAX);
	memset(out, 0, BULLA_USTAR_BLOCK);
	memcpy(out + NAME, u->name, n);
	put_octal(out + MODE, ID_LEN, 0644);
	put_octal(out + UID, ID_LEN, 0);
	put_octal(out + GID, ID_LEN, 0);
	put_octal(out + SIZE, NUMBER_LEN, u->size);
	put_octal(out + MTIME, NUMBER_LEN, u->mtime);
	out[TYPE] = '0';
	memcpy(out + MAGIC, "ustar\00000", MAGIC_LEN);
	put_octal(out + DEVMAJOR, ID_LEN, 0);
	put_octal(out + DEVMINOR, ID_LEN, 0);
	put_sum(out);
}

/*
 * Only three fields are looked at. Whatever else a hostile header says, in
 * fields that some tar programs honour and others do not, makes it differ
 * from the one that we would have written.
 */
enum bulla_status
bulla_ustar_parse(const uint8_t block[BULLA_USTAR_BLOCK],
    struct bulla_ustar *out, struct bulla_err *err)
{
	uint8_t again[BULLA_USTAR_BLOCK];
	struct bulla_ustar u = { 0 };

	memcpy(u.name, block + NAME, NAME_LEN);
	if (u.name[0] == '\0')
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar header without a name");
	if (!get_octal(block + SIZE, NUMBER_LEN, &u.size) ||
	    !get_octal(block + MTIME, NUMBER_LEN, &u.mtime))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar header: size or time is not 11 octal digits");
	bulla_ustar_make(&u, again);
	for (size_t i = 0; i < sizeof(again); i++)
		if (again[i] != block[i])
			return bulla_fail(err, BULLA_E_FORMAT,
			    "tar header: byte %zu is not as we write it", i);
	*out = u;
	return BULLA_OK;
}

uint32_t
bulla_ustar_padding(uint64_t size)
{
	uint32_t over = (uint32_t)(size % BULLA_USTAR_BLOCK);

	return over == 0 ? 0 : BULLA_USTAR_BLOCK - over;
}
