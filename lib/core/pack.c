#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/text.h"
#include "core/pack_int.h"

#define SHOWN 256u

static enum bulla_status
check_name(const struct bulla_pack *p, const char *bag,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(bag);
	char shown[SHOWN];

	if (!bulla_bag_name_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "bag name '%s': use 1 "
		    "to %u letters, digits, '.', '_' or '-'",
		    bulla_text_show(shown, sizeof(shown), &c),
		    BULLA_BAG_NAME_MAX);
	if (p->stdin_name == NULL)
		return BULLA_OK;
	c = bulla_cur_str(p->stdin_name);
	if (!bulla_bag_component_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "file name '%s': no '/', "
		    "'%%', backslash or control character, no '-' or '~' in "
		    "front, at most %u bytes",
		    bulla_text_show(shown, sizeof(shown), &c),
		    BULLA_BAG_COMPONENT_MAX);
	return BULLA_OK;
}

static void
note_output(struct packer *k, int fd)
{
	struct stat *sb = &k->output[k->n_outputs];

	if (fd != -1 && fstat(fd, sb) == 0 && S_ISREG(sb->st_mode))
		k->n_outputs++;
}

enum bulla_status
packer_init(struct packer *k, const struct bulla_pack *p,
    struct bulla_err *err)
{
	const char *bag = p->bag != NULL ? p->bag : "bag";
	enum bulla_status st;

	*k = (struct packer){
		.p = p,
		.manifest = SPOOL_INIT, .metadata = SPOOL_INIT,
		.names = SPOOL_INIT,
		.tagmanifest = BULLA_BUF_INIT(4096),
		.baginfo = BULLA_BUF_INIT(BULLA_BAGINFO_MAX),
	};
	st = check_name(p, bag, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&k->hash, err);
	if (st != BULLA_OK)
		return st;
	packer_to_slot_init(k);
	note_output(k, p->out_fd);
	note_output(k, p->old_fd);
	k->path_len = strlen(bag);
	memcpy(k->path, bag, k->path_len + 1);
	k->bag_len = k->path_len + 1;
	bulla_buf_str(&k->metadata.tail, bulla_metadata_header);
	bulla_buf_str(&k->names.tail, bulla_names_header);
	return BULLA_OK;
}

void
packer_free(struct packer *k)
{
	bulla_tarw_free(k->tar);
	bulla_sha256_free(k->hash);
	spool_free(&k->manifest);
	spool_free(&k->metadata);
	spool_free(&k->names);
	bulla_buf_free(&k->tagmanifest);
	bulla_buf_free(&k->baginfo);
}

/* The member that ties the inside of a package to its outside. */
static enum bulla_status
add_first(struct packer *k, const struct bulla_cur *first,
    struct bulla_err *err)
{
	enum bulla_status st;
	uint8_t *to;
	size_t room;

	if (first == NULL)
		return BULLA_OK;
	st = bulla_tarw_entry(k->tar, "opening.note", false, first->len,
	    k->p->time, err);
	if (st != BULLA_OK)
		return st;
	/* The first slot has room for the largest note. */
	st = packer_room(k, &to, &room, err);
	if (st != BULLA_OK)
		return st;
	BULLA_CHECK(room >= first->len);
	memcpy(to, first->p, first->len);
	return bulla_tarw_data(k->tar, to, first->len, err);
}

static enum bulla_status
add_payload(struct packer *k, struct bulla_err *err)
{
	struct bulla_cur data = bulla_cur_str("data"), name;
	struct packer_mark m, n;
	enum bulla_status st;

	st = packer_member(k, true, 0, k->p->time, err);
	if (st == BULLA_OK)
		st = packer_push(k, &data, "", &m, err);
	if (st != BULLA_OK)
		return st;
	st = packer_member(k, true, 0, k->p->time, err);
	if (st != BULLA_OK)
		return st;
	if (k->p->stdin_name == NULL)
		return packer_walk(k, err);
	name = bulla_cur_str(k->p->stdin_name);
	st = packer_push(k, &name, k->p->stdin_name, &n, err);
	return st == BULLA_OK ? packer_stdin(k, err) : st;
}

enum bulla_status
packer_run(struct packer *k, struct bulla_ring *ring, unsigned hash_stage,
    const struct bulla_cur *first, struct bulla_err *err)
{
	enum bulla_status st;

	k->feed = (struct feed){ .ring = ring, .cap = PACK_SLOT };
	k->hash_stage = hash_stage;
	st = bulla_tarw_new(&k->to_slot, &k->tar, err);
	if (st == BULLA_OK)
		st = add_first(k, first, err);
	if (st == BULLA_OK)
		st = add_payload(k, err);
	if (st == BULLA_OK)
		st = packer_tags(k, err);
	if (st == BULLA_OK)
		st = bulla_tarw_end(k->tar, err);
	if (st == BULLA_OK)
		feed_end(&k->feed);
	return st;
}

/* Packing alone: hash, then write. */
struct pack_run {
	struct packer k;
	struct bulla_writer *out;
};

static enum bulla_status
hash_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pack_run *r = ctx;

	(void)worker;
	return packer_hash(&r->k, s, (struct bulla_cur){ 0 }, err);
}

static enum bulla_status
write_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pack_run *r = ctx;

	(void)worker;
	return r->out->write(r->out, s->in, s->in_len, err);
}

enum bulla_status
bulla_pack_run(const struct bulla_pack *p, struct bulla_writer *out,
    struct bulla_packed *done, struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = hash_stage },
		{ .serial = true, .run = write_stage },
	};
	struct pack_run r = { .out = out };
	const struct bulla_ring_config c = {
		.stages = stages, .n_stages = 2,
		.n_threads = p->threads, .n_slots = 6,
		.in_cap = PACK_SLOT, .user_size = sizeof(struct pack_block),
		.user_free = packer_block_free, .ctx = &r,
	};
	struct bulla_ring *ring = NULL;
	enum bulla_status st;

	st = packer_init(&r.k, p, err);
	if (st == BULLA_OK)
		st = bulla_ring_new(&c, &ring, err);
	if (st == BULLA_OK)
		st = packer_run(&r.k, ring, 0, NULL, err);
	if (st == BULLA_OK)
		st = bulla_ring_wait(ring, 1, err);
	if (st == BULLA_OK)
		*done = r.k.done;
	bulla_ring_free(ring);
	packer_free(&r.k);
	return st;
}
