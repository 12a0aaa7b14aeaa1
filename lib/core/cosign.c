#include <string.h>

#include "bulla/cosign.h"

#define BLOB_LEN (8u + BULLA_ED25519_SIG)	/* time, signature */

/* What is signed: the time, then the checkpoint. */
static void
put_message(struct bulla_buf *b, int64_t t, const struct bulla_cur *text)
{
	bulla_buf_str(b, "cosignature/v1\ntime ");
	bulla_buf_dec(b, (uint64_t)t);
	bulla_buf_str(b, "\n");
	bulla_buf_cur(b, text);
}

enum bulla_status
bulla_cosign(const struct bulla_cur *text, const struct bulla_signer *witness,
    int64_t now, struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(BULLA_NOTE_MAX + 64);
	struct bulla_buf blob = BULLA_BUF_INIT(BLOB_LEN);
	uint8_t sig[BULLA_ED25519_SIG];
	enum bulla_status st;

	if (witness->vkey.type != BULLA_SIG_COSIGNATURE)
		return bulla_fail(err, BULLA_E_USAGE, "%s is no witness key",
		    witness->vkey.name);
	BULLA_CHECK(now > 0 && witness->seed.len == BULLA_ED25519_SEED);
	put_message(&msg, now, text);
	st = bulla_buf_status(&msg);
	if (st == BULLA_OK)
		st = bulla_ed25519_sign(witness->seed.p, msg.p, msg.len, sig,
		    err);
	bulla_buf_u64(&blob, (uint64_t)now);
	bulla_buf_put(&blob, sig, sizeof(sig));
	if (st == BULLA_OK)
		st = bulla_buf_status(&blob);
	if (st == BULLA_OK) {
		bulla_note_put_sig(out, witness->vkey.name, witness->vkey.id,
		    blob.p, blob.len);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&msg);
	bulla_buf_free(&blob);
	return st;
}

/* *t is the time it covers, on success. */
bool
bulla_cosignature_ok(const struct bulla_cur *text,
    const struct bulla_note_sig *s, const struct bulla_vkey *k, int64_t *t)
{
	struct bulla_buf msg = BULLA_BUF_INIT(BULLA_NOTE_MAX + 64);
	struct bulla_cur c;
	uint8_t blob[BLOB_LEN];
	uint64_t when;
	bool ok;

	if (s->sig_len != sizeof(blob) ||
	    !bulla_note_sig_bytes(s, blob, sizeof(blob)))
		return false;
	c = bulla_cur_of(blob, sizeof(blob));
	if (!bulla_cur_u64(&c, &when) || when == 0 || when > INT64_MAX)
		return false;
	put_message(&msg, (int64_t)when, text);
	ok = bulla_buf_status(&msg) == BULLA_OK &&
	    bulla_ed25519_verify(k->pub, msg.p, msg.len, c.p);
	bulla_buf_free(&msg);
	if (ok)
		*t = (int64_t)when;
	return ok;
}

bool
bulla_log_known(const struct bulla_cur *origin,
    const struct bulla_vkeys *known)
{
	for (size_t i = 0; i < known->n; i++) {
		if (known->v[i].type == BULLA_SIG_ED25519 &&
		    bulla_cur_is(origin, known->v[i].name))
			return true;
	}
	return false;
}

static enum bulla_status
take_cosignatures(const struct bulla_note *n, const struct bulla_vkeys *known,
    struct bulla_tree *t, struct bulla_err *err)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		const struct bulla_vkey *k = bulla_vkeys_find(known,
		    &n->sig[i].name, n->sig[i].id);
		int64_t when = 0;

		if (k == NULL || k->type != BULLA_SIG_COSIGNATURE)
			continue;
		if (!bulla_cosignature_ok(&n->text, &n->sig[i], k, &when))
			return bulla_fail(err, BULLA_E_MISMATCH, "the "
			    "cosignature of %s does not verify", k->name);
		t->n_witnesses++;
		if (when > t->latest)
			t->latest = when;
		if (t->first == 0 || when < t->first)
			t->first = when;
	}
	return BULLA_OK;
}

enum bulla_status
bulla_tree_verify(const struct bulla_cur *note,
    const struct bulla_vkeys *known, struct bulla_tree *out,
    struct bulla_err *err)
{
	struct bulla_tree t = { 0 };
	struct bulla_verified v;
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_parse(note, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &t.cp, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_log_known(&t.cp.origin, known))
		return bulla_fail(err, BULLA_E_NOKEY, "the checkpoint is of "
		    "the log %.*s, whose key is none of the known keys",
		    (int)t.cp.origin.len, (const char *)t.cp.origin.p);
	st = bulla_note_verify(note, known, &v, err);
	if (st != BULLA_OK)
		return st;
	for (unsigned i = 0; i < v.n_by; i++) {
		if (!bulla_cur_is(&t.cp.origin, v.by[i]->name))
			continue;
		t.text = v.text;
		st = take_cosignatures(&n, known, &t, err);
		if (st == BULLA_OK)
			*out = t;
		return st;
	}
	return bulla_fail(err, BULLA_E_NOKEY, "the checkpoint is not signed "
	    "by its own log, %.*s", (int)t.cp.origin.len,
	    (const char *)t.cp.origin.p);
}
