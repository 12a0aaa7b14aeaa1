#include <string.h>

#include "bulla/cur.h"

struct bulla_cur
bulla_cur_of(const void *data, size_t len)
{
	return (struct bulla_cur){ .p = data, .len = len };
}

struct bulla_cur
bulla_cur_str(const char *s)
{
	return bulla_cur_of(s, strlen(s));
}

/*
 * The only function that moves a window: every bounds check of every getter
 * is this one. A window of no bytes may have p == NULL, which must not be
 * added to.
 */
bool
bulla_cur_take(struct bulla_cur *c, size_t n, struct bulla_cur *out)
{
	struct bulla_cur head;

	if (n > c->len)
		return false;
	head = (struct bulla_cur){ .p = c->p, .len = n, .off = c->off };
	if (n > 0) {
		c->p += n;
		c->len -= n;
		c->off += n;
	}
	*out = head;
	return true;
}

bool
bulla_cur_copy(struct bulla_cur *c, void *out, size_t n)
{
	struct bulla_cur b;

	if (!bulla_cur_take(c, n, &b))
		return false;
	if (n > 0)
		memcpy(out, b.p, n);
	return true;
}

/* n bytes, most significant first; n is at most 8. */
static bool
take_be(struct bulla_cur *c, size_t n, uint64_t *out)
{
	struct bulla_cur b;
	uint64_t v = 0;

	if (!bulla_cur_take(c, n, &b))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | b.p[i];
	*out = v;
	return true;
}

bool
bulla_cur_u8(struct bulla_cur *c, uint8_t *out)
{
	uint64_t v;

	if (!take_be(c, sizeof(*out), &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

bool
bulla_cur_u16(struct bulla_cur *c, uint16_t *out)
{
	uint64_t v;

	if (!take_be(c, sizeof(*out), &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool
bulla_cur_u32(struct bulla_cur *c, uint32_t *out)
{
	uint64_t v;

	if (!take_be(c, sizeof(*out), &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool
bulla_cur_u64(struct bulla_cur *c, uint64_t *out)
{
	return take_be(c, sizeof(*out), out);
}

bool
bulla_cur_until(struct bulla_cur *c, uint8_t b, struct bulla_cur *out)
{
	const uint8_t *at;
	struct bulla_cur rest = *c, head, stop;

	if (c->len == 0)
		return false;
	at = memchr(c->p, b, c->len);
	if (at == NULL)
		return false;
	if (!bulla_cur_take(&rest, (size_t)(at - c->p), &head) ||
	    !bulla_cur_take(&rest, 1, &stop))
		return false;
	*c = rest;
	*out = head;
	return true;
}

bool
bulla_cur_line(struct bulla_cur *c, struct bulla_cur *out)
{
	return bulla_cur_until(c, '\n', out);
}

bool
bulla_cur_eat(struct bulla_cur *c, const void *lit, size_t n)
{
	struct bulla_cur b;

	if (n > c->len || (n > 0 && memcmp(c->p, lit, n) != 0))
		return false;
	return bulla_cur_take(c, n, &b);
}

bool
bulla_cur_eat_str(struct bulla_cur *c, const char *lit)
{
	return bulla_cur_eat(c, lit, strlen(lit));
}

bool
bulla_cur_done(const struct bulla_cur *c)
{
	return c->len == 0;
}

bool
bulla_cur_starts(const struct bulla_cur *c, const char *s)
{
	struct bulla_cur copy = *c;

	return bulla_cur_eat_str(&copy, s);
}

bool
bulla_cur_is(const struct bulla_cur *c, const char *s)
{
	struct bulla_cur copy = *c;

	return bulla_cur_eat_str(&copy, s) && copy.len == 0;
}

bool
bulla_cur_same(const struct bulla_cur *a, const struct bulla_cur *b)
{
	return bulla_cur_cmp(a, b) == 0;
}

int
bulla_cur_cmp(const struct bulla_cur *a, const struct bulla_cur *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int d = n > 0 ? memcmp(a->p, b->p, n) : 0;

	if (d != 0)
		return d < 0 ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}
