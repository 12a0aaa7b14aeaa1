#include <stdio.h>
#include <string.h>

#include "core/pack_int.h"

/*
 * The tag files, in the one order that a bag has. Each is hashed as it goes
 * into the slots, like the payload; the tagmanifest comes last because it
 * lists the digests of the others.
 */
static enum bulla_status
begin(struct packer *k, const char *name, uint64_t size,
    struct bulla_err *err)
{
	size_t n = strlen(name);

	memcpy(k->path + k->bag_len, name, n + 1);
	k->path_len = k->bag_len + n;
	return packer_member(k, false, size, k->p->time, err);
}

static enum bulla_status
end(struct packer *k, const char *name, struct bulla_err *err)
{
	BULLA_CHECK(k->n_tags < PACK_TAGS);
	k->tag_name[k->n_tags++] = name;
	return packer_ends(k, PACK_TAG, NULL, err);
}

static enum bulla_status
add_text(struct packer *k, const char *name, const void *p, size_t n,
    struct bulla_err *err)
{
	enum bulla_status st = begin(k, name, n, err);

	if (st == BULLA_OK)
		st = packer_copy(k, p, n, err);
	return st == BULLA_OK ? end(k, name, err) : st;
}

static enum bulla_status
add_spool(struct packer *k, const char *name, const struct spool *s,
    struct bulla_err *err)
{
	uint8_t buf[16384];
	uint64_t off = 0;
	enum bulla_status st = bulla_buf_status(&s->tail);
	size_t n = 1;

	if (st != BULLA_OK)
		return bulla_fail(err, st, "%s: out of memory", name);
	if (spool_len(s) > BULLA_BAG_TAGFILE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "%s would be over %u "
		    "bytes: make several packages", name,
		    BULLA_BAG_TAGFILE_MAX);
	st = begin(k, name, spool_len(s), err);
	while (st == BULLA_OK && n > 0) {
		st = spool_read(s, off, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			st = packer_copy(k, buf, n, err);
		off += n;
	}
	return st == BULLA_OK ? end(k, name, err) : st;
}

static enum bulla_status
add_baginfo(struct packer *k, struct bulla_err *err)
{
	enum bulla_status st;

	bulla_baginfo_put(&k->baginfo, k->p->info, k->p->time, k->done.bytes,
	    k->done.files);
	st = bulla_buf_status(&k->baginfo);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "bag-info.txt: over %u bytes",
		    BULLA_BAGINFO_MAX);
	return add_text(k, "bag-info.txt", k->baginfo.p, k->baginfo.len, err);
}

static enum bulla_status
add_tagmanifest(struct packer *k, struct bulla_err *err)
{
	const char *name = "tagmanifest-sha256.txt";
	enum bulla_status st = packer_sync(k, err);

	if (st != BULLA_OK)
		return st;
	BULLA_CHECK(k->n_tags_hashed == k->n_tags);
	memcpy(k->done.manifest, k->tag_digest[k->n_tags - 1],
	    BULLA_SHA256_LEN);
	for (unsigned i = 0; i < k->n_tags; i++) {
		struct bulla_cur path = bulla_cur_str(k->tag_name[i]);

		bulla_manifest_put(&k->tagmanifest, k->tag_digest[i], &path);
	}
	st = bulla_buf_status(&k->tagmanifest);
	if (st == BULLA_OK)
		st = begin(k, name, k->tagmanifest.len, err);
	if (st == BULLA_OK)
		st = packer_copy(k, k->tagmanifest.p, k->tagmanifest.len,
		    err);
	return st;
}

enum bulla_status
packer_tags(struct packer *k, struct bulla_err *err)
{
	/* The lists are complete when all of the payload is hashed. */
	enum bulla_status st = packer_sync(k, err);

	if (st == BULLA_OK)
		st = add_text(k, "bagit.txt", bulla_bagit_txt,
		    strlen(bulla_bagit_txt), err);
	if (st == BULLA_OK)
		st = add_baginfo(k, err);
	if (st == BULLA_OK)
		st = add_spool(k, "metadata.tsv", &k->metadata, err);
	if (st == BULLA_OK && k->done.renamed > 0)
		st = add_spool(k, "original-names.tsv", &k->names, err);
	if (st == BULLA_OK)
		st = add_spool(k, "manifest-sha256.txt", &k->manifest, err);
	return st == BULLA_OK ? add_tagmanifest(k, err) : st;
}
