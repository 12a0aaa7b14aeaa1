#include "bulla/enc.h"
#include "bulla/opening.h"

static bool
lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool
digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool
bulla_id_ok(const struct bulla_cur *id)
{
	uint8_t raw[BULLA_ID_LEN / 2];

	return bulla_hex_decode(id, raw, sizeof(raw));
}

bool
bulla_kind_ok(const struct bulla_cur *kind)
{
	if (kind->len == 0 || kind->len > 32 || !lower(kind->p[0]))
		return false;
	for (size_t i = 1; i < kind->len; i++) {
		uint8_t c = kind->p[i];

		if (!lower(c) && !digit(c) && c != '-')
			return false;
	}
	return true;
}

bool
bulla_ref_ok(const struct bulla_cur *ref)
{
	if (ref->len == 0 || ref->len > 64 || bulla_cur_is(ref, "-"))
		return false;
	for (size_t i = 0; i < ref->len; i++) {
		uint8_t c = ref->p[i];

		if (!lower(c) && !digit(c) && !(c >= 'A' && c <= 'Z') &&
		    c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}
