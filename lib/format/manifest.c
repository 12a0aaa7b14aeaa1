#include "bulla/bag.h"
#include "bulla/enc.h"

const char bulla_bagit_txt[] =
    "BagIt-Version: 1.0\n"
    "Tag-File-Character-Encoding: UTF-8\n";

void
bulla_manifest_put(struct bulla_buf *b, const uint8_t digest[32],
    const struct bulla_cur *path)
{
	bulla_hex_put(b, digest, 32);
	bulla_buf_str(b, "  ");
	bulla_buf_cur(b, path);
	bulla_buf_u8(b, '\n');
}

/*
 * RFC 8493 section 2.1.3 allows any white space here, upper-case digits and
 * "./" before the path. One form only, so that the digest of the expected
 * lines can stand for the lines.
 */
bool
bulla_manifest_line(const struct bulla_cur *line, uint8_t digest[32],
    struct bulla_cur *path)
{
	struct bulla_cur c = *line, hex;
	uint8_t d[32];

	if (!bulla_cur_take(&c, 64, &hex) || !bulla_cur_eat_str(&c, "  ") ||
	    c.len == 0)
		return false;
	if (!bulla_hex_decode(&hex, d, sizeof(d)))
		return false;
	for (size_t i = 0; i < sizeof(d); i++)
		digest[i] = d[i];
	*path = c;
	return true;
}
