#include <string.h>

#include "bulla/bag.h"
#include "bulla/text.h"

bool
bulla_bag_name_ok(const struct bulla_cur *name)
{
	if (name->len == 0 || name->len > BULLA_BAG_NAME_MAX)
		return false;
	for (size_t i = 0; i < name->len; i++) {
		uint8_t c = name->p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		    c == '-'))
			return false;
	}
	/* tar(1) would have to unpack it over the note of this name */
	if (bulla_cur_is(name, "opening.note"))
		return false;
	return name->p[0] != '.' && name->p[0] != '-';
}

/*
 * '%' because RFC 8493 section 2.1.3 has manifests encode it and sha256sum
 * does not decode it; the backslash because sha256sum escapes it.
 */
static bool
reserved(uint32_t cp)
{
	return cp == '/' || cp == '%' || cp == '\\';
}

/* As an argument such a name would be an option, or somebody's home. */
static bool
bad_start(uint8_t c)
{
	return c == '-' || c == '~';
}

bool
bulla_bag_component_ok(const struct bulla_cur *name)
{
	if (name->len == 0 || name->len > BULLA_BAG_COMPONENT_MAX)
		return false;
	if (bulla_cur_is(name, ".") || bulla_cur_is(name, ".."))
		return false;
	for (size_t i = 0; i < name->len; i++)
		if (reserved(name->p[i]))
			return false;
	return !bad_start(name->p[0]) && bulla_text_is_plain(name);
}

bool
bulla_bag_path_ok(const struct bulla_cur *path)
{
	struct bulla_cur c = *path, part;

	if (path->len > BULLA_BAG_PATH_MAX)
		return false;
	while (bulla_cur_until(&c, '/', &part))
		if (!bulla_bag_component_ok(&part))
			return false;
	return bulla_bag_component_ok(&c);
}

/* Bytes that map the same way together: a code point, or one stray byte. */
static size_t
next_unit(struct bulla_cur *c, bool *keep)
{
	struct bulla_cur byte;
	size_t before = c->len;
	uint32_t cp;

	if (bulla_utf8_next(c, &cp))
		*keep = bulla_text_plain_point(cp) && !reserved(cp);
	else
		*keep = !bulla_cur_take(c, 1, &byte);
	return before - c->len;
}

/* At most room bytes of the allowed form; false when it is not the same. */
static bool
map(struct bulla_buf *b, const struct bulla_cur *name, size_t room)
{
	struct bulla_cur c = *name;
	bool same = true, keep;

	while (c.len > 0) {
		const uint8_t *p = c.p;
		size_t n = next_unit(&c, &keep);

		if (p == name->p && bad_start(*p))
			keep = false;
		if (n > room)
			return false;
		room -= n;
		same = same && keep;
		if (keep)
			bulla_buf_put(b, p, n);
		for (size_t i = 0; !keep && i < n; i++)
			bulla_buf_u8(b, '_');
	}
	return same;
}

bool
bulla_bag_component_map(struct bulla_buf *b, const struct bulla_cur *name,
    unsigned n)
{
	struct bulla_buf suffix = BULLA_BUF_INIT(16);
	struct bulla_cur dots = bulla_cur_str("..");
	bool same;

	/* "", "." and ".." have no byte to blame but cannot stay */
	if (name->len == 0 || (name->len <= dots.len &&
	    memcmp(name->p, dots.p, name->len) == 0)) {
		bulla_buf_str(b, name->len == 2 ? "__" : "_");
		same = false;
	} else {
		if (n > 1)
			bulla_buf_fmt(&suffix, ".%u", n);
		same = map(b, name, BULLA_BAG_COMPONENT_MAX - suffix.len);
	}
	if (n > 1)
		bulla_buf_fmt(b, ".%u", n);
	bulla_buf_free(&suffix);
	return same && n <= 1;
}
