#include "bulla/io.h"
#include "core/pass.h"

/*
 * The second pass over a file that can seek. Nothing of its form is looked at
 * again: the stretches that the first pass marked are read from where they
 * were, and each one, once it is known to be the same, is decrypted by the
 * same core.
 */
static enum bulla_status
plan_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	const struct pass *p = ctx;
	uint64_t off;
	size_t more;

	(void)worker;
	(void)err;
	marks_place(p->known, s->seq, &off, &s->in_len);
	marks_place(p->known, s->seq + 1, &off, &more);
	s->last = more == 0;
	return BULLA_OK;
}

static enum bulla_status
open_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pass *p = ctx;
	enum bulla_status st;
	uint64_t off;
	size_t want, got = 0;

	marks_place(p->known, s->seq, &off, &want);
	st = bulla_pread_fd(p->r.fd, s->in, want, off, &got, "package", err);
	if (st == BULLA_OK && got < want)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "became shorter while it was being opened");
	if (st != BULLA_OK)
		return st;
	if (!marks_know(p->known, p->mac[worker][0], s->seq, s->in, want))
		return bulla_fail(err, BULLA_E_MISMATCH, "data/%08llu.age "
		    "changed while the package was being opened",
		    (unsigned long long)(s->seq / MARKS_IN_SEGMENT + 1));
	return pass_decrypt(p, s, worker, err);
}

enum bulla_status
pass_again(struct pass *p, struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = plan_stage },
		{ .serial = false, .run = open_stage },
	};
	const struct bulla_ring_config c = {
		.stages = stages, .n_stages = 2, .n_threads = p->threads,
		.n_slots = p->threads + 2, .in_cap = MARK_SIZE,
		.drain = true, .ctx = p,
	};
	enum bulla_status st = BULLA_OK;

	p->slot_size = MARK_SIZE;
	for (unsigned i = 0; i < p->threads && st == BULLA_OK; i++) {
		st = bulla_mac_new(&p->mac[i][0], err);
		if (st == BULLA_OK)
			st = bulla_aead_new(p->payload_key->p, &p->aead[i],
			    err);
	}
	return st == BULLA_OK ? bulla_ring_new(&c, &p->ring, err) : st;
}
