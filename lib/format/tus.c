#include <string.h>

#include "bulla/tus.h"

#include "bulla/enc.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/tile.h"

enum bulla_status
bulla_tus_size(const struct bulla_cur *text, uint64_t *out,
    struct bulla_err *err)
{
	char shown[48];
	uint64_t v;

	if (!bulla_num_u64(text, UINT64_MAX, &v))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "\"%s\" is not a size in bytes",
		    bulla_text_show(shown, sizeof(shown), text));
	if (v > BULLA_TUS_SIZE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "a size over %lld bytes", (long long)BULLA_TUS_SIZE_MAX);
	*out = v;
	return BULLA_OK;
}

bool
bulla_tus_is_patch_type(const struct bulla_cur *text)
{
	static const char want[] = BULLA_TUS_PATCH_TYPE;

	if (text->len != sizeof(want) - 1)
		return false;
	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->p[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		if (c != (uint8_t)want[i])
			return false;
	}
	return true;
}

static bool
key_ok(const struct bulla_cur *key)
{
	for (size_t i = 0; i < key->len; i++)
		if (key->p[i] <= ' ' || key->p[i] > '~')
			return false;
	return key->len > 0;
}

static bool
value_ok(const struct bulla_cur *value)
{
	uint8_t scratch[BULLA_TUS_META_MAX];
	size_t n;

	return bulla_b64_decode(value, BULLA_B64_PADDED, scratch,
	    sizeof(scratch), &n);
}

/* One "key base64" or "key". */
static enum bulla_status
pair_parse(struct bulla_cur item, const struct bulla_tus_meta *before,
    struct bulla_tus_pair *out, struct bulla_err *err)
{
	struct bulla_tus_pair p = { .key = item };
	char shown[48];

	while (bulla_cur_eat_str(&item, " "))
		p.key = item;
	if (bulla_cur_until(&item, ' ', &p.key))
		p.value = item;
	bulla_text_show(shown, sizeof(shown), &p.key);
	if (!key_ok(&p.key))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "metadata: \"%s\" is not a key", shown);
	if (!value_ok(&p.value))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "metadata: the value of \"%s\" is not base64", shown);
	for (size_t i = 0; i < before->n; i++)
		if (bulla_cur_same(&before->pair[i].key, &p.key))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "metadata: \"%s\" stands there twice", shown);
	*out = p;
	return BULLA_OK;
}

enum bulla_status
bulla_tus_meta_parse(const struct bulla_cur *text, struct bulla_tus_meta *out,
    struct bulla_err *err)
{
	struct bulla_tus_meta m = { 0 };
	struct bulla_cur c = *text, item;
	enum bulla_status st;
	bool more = text->len > 0;

	if (text->len > BULLA_TUS_META_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "metadata: over %u bytes", BULLA_TUS_META_MAX);
	while (more) {
		if (m.n == BULLA_TUS_PAIRS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT,
			    "metadata: over %u pairs", BULLA_TUS_PAIRS_MAX);
		more = bulla_cur_until(&c, ',', &item);
		st = pair_parse(more ? item : c, &m, &m.pair[m.n], err);
		if (st != BULLA_OK)
			return st;
		m.n++;
	}
	*out = m;
	return BULLA_OK;
}

bool
bulla_tus_meta_get(const struct bulla_tus_meta *m, const char *key, void *out,
    size_t cap, size_t *out_len)
{
	for (size_t i = 0; i < m->n; i++)
		if (bulla_cur_is(&m->pair[i].key, key))
			return bulla_b64_decode(&m->pair[i].value,
			    BULLA_B64_PADDED, out, cap, out_len);
	return false;
}

void
bulla_tus_meta_put(struct bulla_buf *b, const char *key, const void *value,
    size_t len)
{
	struct bulla_cur k = bulla_cur_str(key);

	BULLA_CHECK(key_ok(&k) && memchr(key, ',', k.len) == NULL);
	if (b->len > 0)
		bulla_buf_str(b, ",");
	bulla_buf_str(b, key);
	if (len == 0)
		return;
	bulla_buf_str(b, " ");
	bulla_b64_put(b, value, len, BULLA_B64_PADDED);
}

bool
bulla_tus_is_exchange(enum bulla_tus_place place)
{
	switch (place) {
	case BULLA_TUS_CHECKPOINT:
	case BULLA_TUS_TILE:
	case BULLA_TUS_ADD:
	case BULLA_TUS_ASK:
	case BULLA_TUS_SEEN:
	case BULLA_TUS_COSIGNATURE:
	case BULLA_TUS_NOTES:
		return true;
	case BULLA_TUS_NOWHERE:
	case BULLA_TUS_PACKAGES:
	case BULLA_TUS_UPLOAD:
	case BULLA_TUS_KNOWN:
	case BULLA_TUS_RECEIPT:
	case BULLA_TUS_OUTGOING:
	case BULLA_TUS_PARCEL:
		return false;
	}
	return false;
}

/* Those whose path is one word. */
static const struct {
	const char *path;
	enum bulla_tus_place place;
} plain[] = {
	{ "/packages", BULLA_TUS_PACKAGES },
	{ "/checkpoint", BULLA_TUS_CHECKPOINT },
	{ "/add-checkpoint", BULLA_TUS_ADD },
	{ "/cosignature", BULLA_TUS_COSIGNATURE },
	{ "/notes", BULLA_TUS_NOTES },
	{ "/outgoing", BULLA_TUS_OUTGOING },
};
#define N_PLAIN (sizeof(plain) / sizeof(plain[0]))

static void
package_route(const struct bulla_cur *c, struct bulla_tus_route *r)
{
	uint8_t id[BULLA_TUS_ID_LEN / 2];

	if (bulla_hex_decode(c, id, sizeof(id))) {
		r->place = BULLA_TUS_UPLOAD;
		bulla_hex(r->id, id, sizeof(id));
	} else if (bulla_hex_decode(c, r->sha256, sizeof(r->sha256))) {
		r->place = BULLA_TUS_KNOWN;
	}
}

/* "/tile/0/x001/067": only what a tree can have, in its one spelling. */
static bool
tile_route(struct bulla_cur c, struct bulla_tus_route *r)
{
	struct bulla_tile t;

	_Static_assert(BULLA_TUS_TILE_MAX == BULLA_TILE_PATH_MAX, "a tile");
	if (!bulla_cur_eat_str(&c, "/") || !bulla_tile_parse(&c, &t))
		return false;
	bulla_tile_path(&t, r->tile);
	return true;
}

/* "<32 hex>.bulla" */
static bool
parcel_route(struct bulla_cur c, struct bulla_tus_route *r)
{
	uint8_t id[BULLA_TUS_ID_LEN / 2];
	struct bulla_cur hex;

	if (!bulla_cur_until(&c, '.', &hex) || !bulla_cur_is(&c, "bulla") ||
	    !bulla_hex_decode(&hex, id, sizeof(id)))
		return false;
	bulla_hex(r->id, id, sizeof(id));
	return true;
}

/* "/<64 hex>/checkpoint" */
static bool
seen_route(struct bulla_cur c, struct bulla_tus_route *r)
{
	struct bulla_cur hex;

	return bulla_cur_eat_str(&c, "/") && bulla_cur_until(&c, '/', &hex) &&
	    bulla_cur_is(&c, "checkpoint") &&
	    bulla_hex_decode(&hex, r->sha256, sizeof(r->sha256));
}

void
bulla_tus_route(const struct bulla_cur *path, struct bulla_tus_route *out)
{
	struct bulla_tus_route r = { 0 };
	struct bulla_cur c = *path;

	for (size_t i = 0; i < N_PLAIN; i++)
		if (bulla_cur_is(&c, plain[i].path))
			r.place = plain[i].place;
	if (r.place != BULLA_TUS_NOWHERE) {
		*out = r;
		return;
	}
	if (bulla_cur_eat_str(&c, "/receipts/")) {
		if (bulla_hex_decode(&c, r.sha256, sizeof(r.sha256)))
			r.place = BULLA_TUS_RECEIPT;
	} else if (bulla_cur_eat_str(&c, "/packages/")) {
		package_route(&c, &r);
	} else if (bulla_cur_eat_str(&c, "/outgoing/")) {
		if (parcel_route(c, &r))
			r.place = BULLA_TUS_PARCEL;
	} else if (bulla_cur_eat_str(&c, "/add-checkpoint/")) {
		if (bulla_num_u64(&c, BULLA_TREE_MAX, &r.old))
			r.place = BULLA_TUS_ASK;
	} else if (tile_route(c, &r)) {
		r.place = BULLA_TUS_TILE;
	} else if (seen_route(c, &r)) {
		r.place = BULLA_TUS_SEEN;
	}
	*out = r;
}

void
bulla_tus_route_put(struct bulla_buf *b,
    const struct bulla_tus_route *r)
{
	for (size_t i = 0; i < N_PLAIN; i++)
		if (plain[i].place == r->place)
			bulla_buf_str(b, plain[i].path);
	if (r->place == BULLA_TUS_UPLOAD || r->place == BULLA_TUS_KNOWN)
		bulla_buf_str(b, "/packages/");
	if (r->place == BULLA_TUS_PARCEL)
		bulla_buf_str(b, "/outgoing/");
	if (r->place == BULLA_TUS_UPLOAD || r->place == BULLA_TUS_PARCEL)
		bulla_buf_str(b, r->id);
	if (r->place == BULLA_TUS_PARCEL)
		bulla_buf_str(b, ".bulla");
	if (r->place == BULLA_TUS_RECEIPT)
		bulla_buf_str(b, "/receipts/");
	if (r->place == BULLA_TUS_SEEN)
		bulla_buf_str(b, "/");
	if (r->place == BULLA_TUS_KNOWN || r->place == BULLA_TUS_RECEIPT ||
	    r->place == BULLA_TUS_SEEN)
		bulla_hex_put(b, r->sha256, sizeof(r->sha256));
	if (r->place == BULLA_TUS_SEEN)
		bulla_buf_str(b, "/checkpoint");
	if (r->place == BULLA_TUS_TILE) {
		bulla_buf_str(b, "/");
		bulla_buf_str(b, r->tile);
	}
	if (r->place == BULLA_TUS_ASK) {
		bulla_buf_str(b, "/add-checkpoint/");
		bulla_buf_dec(b, r->old);
	}
}
