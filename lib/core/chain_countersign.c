#include "core/chain_int.h"

/* The signature line of one signer for a text. */
static enum bulla_status
sign_line(const struct bulla_cur *text, const struct bulla_signer *signer,
    const struct bulla_link *l, struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_sign(text, signer, 1, &b, err);
	bytes = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = chain_merge_lines(l, &n, NULL, out, err);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
countersign(struct chain_pair *p, const uint8_t digest[32],
    const struct bulla_signer *signer, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_link *l = chain_find(&p->theirs, digest);
	enum bulla_side side = l != NULL ? BULLA_THEIRS : BULLA_OURS;
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	if (l == NULL)
		l = chain_find(&p->ours, digest);
	if (l == NULL)
		return bulla_fail(err, BULLA_E_NOMATCH, "no note with this "
		    "digest is kept for package %s", p->id);
	bytes = bulla_buf_view(&l->bytes);
	st = chain_judge_one(&p->ours, &p->theirs, l, err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = sign_line(&n.text, signer, l, &b, err);
	if (st == BULLA_OK && b.len != bytes.len)
		st = chain_put_lines(p, side, l, &b, err);
	if (st == BULLA_OK) {
		bulla_buf_put(out, b.p, b.len);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
bulla_chain_countersign(const char *home, const char *id,
    const uint8_t digest[32], const struct bulla_signer *signer,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct chain_pair p;
	enum bulla_status st;

	st = chain_pair_open(&p, home, id, false, err);
	if (st != BULLA_OK)
		return st;
	st = countersign(&p, digest, signer, out, err);
	chain_pair_close(&p);
	return st;
}
