#include <string.h>

#include "core/pack_int.h"

/* Text of one slot: a path and a link target for each extent at the most. */
#define TEXT_MAX (PACK_EXTENTS * 2 * (BULLA_BAG_PATH_MAX + 1))

void
packer_block_free(void *block)
{
	struct pack_block *b = block;

	bulla_buf_free(&b->text);
}

static struct pack_block *
block_of(struct bulla_slot *s)
{
	return s->user;
}

enum bulla_status
packer_room(struct packer *k, uint8_t **p, size_t *n, struct bulla_err *err)
{
	enum bulla_status st;
	struct pack_block *b;
	bool fresh = false;

	st = feed_room(&k->feed, p, n, &fresh, err);
	if (st != BULLA_OK || !fresh)
		return st;
	b = block_of(k->feed.slot);
	b->n_extents = 0;
	b->text.max = TEXT_MAX;
	bulla_buf_reset(&b->text);
	if (k->p->progress.tell != NULL)
		k->p->progress.tell(k->p->progress.ctx, k->feed.total, 0);
	return BULLA_OK;
}

/* What the tar writer says: file data is in its place already. */
static enum bulla_status
to_slot(struct bulla_writer *w, const void *buf, size_t len,
    struct bulla_err *err)
{
	struct packer *k = (struct packer *)(void *)((char *)w -
	    offsetof(struct packer, to_slot));
	const uint8_t *from = buf;
	enum bulla_status st;
	uint8_t *p;
	size_t n;

	while (len > 0) {
		st = packer_room(k, &p, &n, err);
		if (st != BULLA_OK)
			return st;
		if (n > len)
			n = len;
		if (from != p)
			memcpy(p, from, n);
		feed_took(&k->feed, n);
		from += n;
		len -= n;
	}
	return BULLA_OK;
}

void
packer_to_slot_init(struct packer *k)
{
	k->to_slot.write = to_slot;
}

static enum bulla_status
add_extent(struct packer *k, uint32_t off, struct pack_extent **x,
    struct bulla_err *err)
{
	struct pack_block *b;
	enum bulla_status st;
	uint8_t *p;
	size_t n;

	if (k->feed.slot == NULL) {
		st = packer_room(k, &p, &n, err);
		if (st != BULLA_OK)
			return st;
	}
	b = block_of(k->feed.slot);
	if (b->n_extents == PACK_EXTENTS) {
		st = packer_sync(k, err);
		if (st != BULLA_OK)
			return st;
	}
	*x = &b->extent[b->n_extents++];
	**x = (struct pack_extent){ .off = off };
	return BULLA_OK;
}

enum bulla_status
packer_takes(struct packer *k, size_t n, struct bulla_err *err)
{
	struct pack_block *b = block_of(k->feed.slot);
	uint32_t off = (uint32_t)k->feed.slot->in_len;
	struct pack_extent *x;
	enum bulla_status st;

	if (b->n_extents > 0) {
		x = &b->extent[b->n_extents - 1];
		if (x->end == PACK_MORE && x->off + x->len == off) {
			x->len += (uint32_t)n;
			return BULLA_OK;
		}
	}
	st = add_extent(k, off, &x, err);
	if (st == BULLA_OK)
		x->len = (uint32_t)n;
	return st;
}

enum bulla_status
packer_ends(struct packer *k, enum pack_end end,
    const struct bulla_meta *meta, struct bulla_err *err)
{
	struct pack_block *b;
	struct pack_extent *x;
	enum bulla_status st;

	st = add_extent(k, 0, &x, err);
	if (st != BULLA_OK)
		return st;
	b = block_of(k->feed.slot);
	x->end = end;
	if (meta == NULL)
		return BULLA_OK;
	x->meta = *meta;
	x->path = (uint32_t)b->text.len;
	x->path_len = (uint32_t)(k->path_len - k->bag_len);
	bulla_buf_put(&b->text, k->path + k->bag_len, x->path_len);
	bulla_buf_cur(&b->text, &meta->link);
	return bulla_buf_status(&b->text);
}

/* The member ended: its lines, now that the digest is known. */
static void
write_lines(struct packer *k, const struct pack_block *b,
    const struct pack_extent *x, const uint8_t digest[BULLA_SHA256_LEN])
{
	struct bulla_meta m = x->meta;

	m.path = bulla_cur_of(b->text.p + x->path, x->path_len);
	if (m.link.len > 0)
		m.link.p = b->text.p + x->path + x->path_len;
	if (x->end == PACK_FILE) {
		m.has_digest = true;
		memcpy(m.digest, digest, sizeof(m.digest));
		bulla_manifest_put(&k->manifest.tail, digest, &m.path);
	}
	bulla_metadata_put(&k->metadata.tail, &m);
}

/* A file's bytes; with the pair kernel, as many beside them. */
static void
hash_bytes(struct packer *k, const uint8_t *p, size_t n,
    struct bulla_cur *beside)
{
	size_t m = n < beside->len ? n : beside->len;
	struct bulla_cur with = { 0 };

	if (k->pair == NULL) {
		bulla_sha256_update(k->hash, p, n);
		return;
	}
	m -= m % 64;	/* whole blocks keep that stream aligned */
	BULLA_CHECK(bulla_cur_take(beside, m, &with));
	bulla_sha256x2_update(k->pair, p, n, with.p, with.len);
}

static void
hash_final(struct packer *k, uint8_t digest[BULLA_SHA256_LEN])
{
	if (k->pair == NULL)
		bulla_sha256_final(k->hash, digest);
	else
		bulla_sha256x2_final(k->pair, 0, digest);
}

static enum bulla_status
end_of(struct packer *k, const struct pack_block *b,
    const struct pack_extent *x, struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN] = { 0 };
	enum bulla_status st;

	if (x->end != PACK_OBJECT)
		hash_final(k, digest);
	if (x->end == PACK_TAG) {
		BULLA_CHECK(k->n_tags_hashed < PACK_TAGS);
		memcpy(k->tag_digest[k->n_tags_hashed++], digest,
		    sizeof(digest));
		return BULLA_OK;
	}
	write_lines(k, b, x, digest);
	st = spool_flush(&k->manifest, err);
	return st == BULLA_OK ? spool_flush(&k->metadata, err) : st;
}

enum bulla_status
packer_hash(struct packer *k, struct bulla_slot *s, struct bulla_cur beside,
    struct bulla_err *err)
{
	const struct pack_block *b = s->user;
	enum bulla_status st = BULLA_OK;

	for (unsigned i = 0; i < b->n_extents && st == BULLA_OK; i++) {
		const struct pack_extent *x = &b->extent[i];

		if (x->len > 0)
			hash_bytes(k, s->in + x->off, x->len, &beside);
		if (x->end != PACK_MORE)
			st = end_of(k, b, x, err);
	}
	if (k->pair != NULL)
		bulla_sha256x2_update(k->pair, NULL, 0, beside.p, beside.len);
	return st;
}

/*
 * The slots before this one are waited for; then it is the turn of the
 * current one, so its beginning can be hashed here.
 */
enum bulla_status
packer_sync(struct packer *k, struct bulla_err *err)
{
	struct pack_block *b;
	enum bulla_status st;

	st = bulla_ring_wait(k->feed.ring, k->hash_stage, err);
	if (st != BULLA_OK || k->feed.slot == NULL)
		return st;
	st = packer_hash(k, k->feed.slot, (struct bulla_cur){ 0 }, err);
	b = block_of(k->feed.slot);
	b->n_extents = 0;
	bulla_buf_reset(&b->text);
	return st;
}

enum bulla_status
packer_member(struct packer *k, bool is_dir, uint64_t size, int64_t mtime,
    struct bulla_err *err)
{
	return bulla_tarw_entry(k->tar, k->path, is_dir, size, mtime, err);
}

enum bulla_status
packer_copy(struct packer *k, const void *p, size_t n, struct bulla_err *err)
{
	const uint8_t *from = p;
	enum bulla_status st = BULLA_OK;
	uint8_t *to;
	size_t room;

	while (n > 0 && st == BULLA_OK) {
		st = packer_room(k, &to, &room, err);
		if (st != BULLA_OK)
			break;
		if (room > n)
			room = n;
		memcpy(to, from, room);
		st = packer_takes(k, room, err);
		if (st == BULLA_OK)
			st = bulla_tarw_data(k->tar, to, room, err);
		from += room;
		n -= room;
	}
	return st;
}
