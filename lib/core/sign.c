#include <string.h>

#include "bulla/enc.h"
#include "bulla/sign.h"
#include "bulla/text.h"

#define ID_TEXT (2 * BULLA_KEYID_LEN + 1)
#define PLAIN BULLA_SIG_ED25519

static enum bulla_status
check_signers(const struct bulla_signer *s, size_t n, struct bulla_err *err)
{
	if (n == 0)
		return bulla_fail(err, BULLA_E_USAGE, "no key to sign with");
	if (n > BULLA_NOTE_SIGS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "more than %u keys to sign with", BULLA_NOTE_SIGS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (s[i].vkey.type != PLAIN)
			return bulla_fail(err, BULLA_E_USAGE,
			    "%s is a witness key: it cosigns checkpoints and "
			    "signs nothing else", s[i].vkey.name);
		for (size_t j = 0; j < i; j++) {
			if (bulla_vkey_same_key(&s[i].vkey, &s[j].vkey))
				return bulla_fail(err, BULLA_E_USAGE,
				    "%s is given twice", s[i].vkey.name);
		}
	}
	return BULLA_OK;
}

enum bulla_status
bulla_note_sign(const struct bulla_cur *text,
    const struct bulla_signer *signers, size_t n_signers,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	uint8_t sig[BULLA_ED25519_SIG];
	enum bulla_status st;

	st = check_signers(signers, n_signers, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_text_is_lines(text))
		return bulla_fail(err, BULLA_E_USAGE, "a note's text is "
		    "complete lines of plain text: this one is not");
	bulla_buf_cur(&b, text);
	bulla_buf_str(&b, "\n");
	for (size_t i = 0; i < n_signers; i++) {
		const struct bulla_signer *s = &signers[i];

		BULLA_CHECK(s->seed.len == BULLA_ED25519_SEED);
		st = bulla_ed25519_sign(s->seed.p, text->p, text->len, sig,
		    err);
		if (st != BULLA_OK)
			goto out;
		bulla_note_put_sig(&b, s->vkey.name, s->vkey.id, sig,
		    sizeof(sig));
	}
	st = bulla_buf_status(&b);
	if (st != BULLA_OK) {
		bulla_fail(err, st, st == BULLA_E_LIMIT ?
		    "the signed note would be longer than 64 KiB" :
		    "out of memory");
		goto out;
	}
	bulla_buf_put(out, b.p, b.len);
	st = bulla_buf_status(out);
	if (st != BULLA_OK)
		bulla_fail(err, st, "no room for the signed note");
out:
	bulla_buf_free(&b);
	return st;
}

/* One rule for every signature: libsodium's verdict on 64 bytes. */
static bool
sig_ok(const struct bulla_cur *text, const struct bulla_note_sig *s,
    const struct bulla_vkey *k)
{
	uint8_t sig[BULLA_ED25519_SIG];

	return s->sig_len == sizeof(sig) &&
	    bulla_note_sig_bytes(s, sig, sizeof(sig)) &&
	    bulla_ed25519_verify(k->pub, text->p, text->len, sig);
}

static enum bulla_status
mismatch(const struct bulla_vkey *k, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_MISMATCH, "the signature of %s does "
	    "not verify: the text was changed, or another key signed it",
	    k->name);
}

static enum bulla_status
nokey(const struct bulla_note_sig *s, const struct bulla_vkeys *known,
    struct bulla_err *err)
{
	char shown[BULLA_KEYNAME_MAX + 1], hex[ID_TEXT], other[ID_TEXT];

	bulla_hex(hex, s->id, BULLA_KEYID_LEN);
	(void)bulla_text_show(shown, sizeof(shown), &s->name);
	for (size_t i = 0; i < known->n; i++) {
		if (!bulla_cur_is(&s->name, known->v[i].name))
			continue;
		bulla_hex(other, known->v[i].id, BULLA_KEYID_LEN);
		return bulla_fail(err, BULLA_E_NOKEY, "signed by %s with key "
		    "id %s; the key known by this name has id %s: ask %s, by "
		    "another way, which is right", shown, hex, other, shown);
	}
	return bulla_fail(err, BULLA_E_NOKEY, "signed by %s (key id %s), "
	    "which is none of the known keys", shown, hex);
}

/*
 * A cosignature (type 0x04) covers a time too and says "the largest tree
 * seen", not "I signed this": its lines count as unknown here.
 */
static const struct bulla_vkey *
find(const struct bulla_vkeys *known, const struct bulla_note_sig *s)
{
	const struct bulla_vkey *k;

	k = bulla_vkeys_find(known, &s->name, s->id);
	return k != NULL && k->type == PLAIN ? k : NULL;
}

enum bulla_status
bulla_note_verify(const struct bulla_cur *bytes,
    const struct bulla_vkeys *known, struct bulla_verified *out,
    struct bulla_err *err)
{
	struct bulla_verified v = { 0 };
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_parse(bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	for (unsigned i = 0; i < n.n_sigs; i++) {
		const struct bulla_vkey *k = find(known, &n.sig[i]);

		if (k == NULL)
			continue;
		if (!sig_ok(&n.text, &n.sig[i], k))
			return mismatch(k, err);
		v.by[v.n_by++] = k;
	}
	if (v.n_by == 0)
		return nokey(&n.sig[0], known, err);
	v.text = n.text;
	bulla_sha256(n.text.p, n.text.len, v.digest);
	*out = v;
	return BULLA_OK;
}

/* Its lines as they are; the last one ends the note. */
static void
put_known_lines(const struct bulla_note *n, const struct bulla_vkeys *known,
    struct bulla_buf *out)
{
	const uint8_t *line = n->text.p + n->text.len + 1, *end;

	for (unsigned i = 0; i < n->n_sigs; i++) {
		end = n->sig[i].b64.p + n->sig[i].b64.len + 1;
		if (find(known, &n->sig[i]) != NULL)
			bulla_buf_put(out, line, (size_t)(end - line));
		line = end;
	}
}

enum bulla_status
bulla_note_trim(const struct bulla_cur *bytes,
    const struct bulla_vkeys *known, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_verified v;
	struct bulla_note n;
	enum bulla_status st = bulla_note_verify(bytes, known, &v, err);

	if (st == BULLA_OK)
		st = bulla_note_parse(bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(out, &n.text);
	bulla_buf_str(out, "\n");
	put_known_lines(&n, known, out);
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, st, "no room for the "
	    "note");
}

static bool
is_by(const struct bulla_note_sig *s, const struct bulla_vkey *k)
{
	return bulla_cur_is(&s->name, k->name) &&
	    memcmp(s->id, k->id, sizeof(s->id)) == 0;
}

static enum bulla_status
check_lines(const struct bulla_note *n, const struct bulla_vkey *signers,
    size_t n_signers, struct bulla_err *err)
{
	if (n->n_sigs != n_signers)
		return bulla_fail(err, BULLA_E_FORMAT, "%u signature lines, "
		    "where %zu must stand", n->n_sigs, n_signers);
	for (unsigned i = 0; i < n->n_sigs; i++) {
		if (signers[i].type != PLAIN || !is_by(&n->sig[i],
		    &signers[i]))
			return bulla_fail(err, BULLA_E_FORMAT, "signature "
			    "line %u is not by %s, whose line must stand "
			    "there", i + 1, signers[i].name);
	}
	return BULLA_OK;
}

enum bulla_status
bulla_note_verify_exactly(const struct bulla_cur *bytes,
    const struct bulla_vkey *signers, size_t n_signers,
    const struct bulla_vkeys *known, struct bulla_verified *out,
    struct bulla_err *err)
{
	struct bulla_verified v = { 0 };
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_parse(bytes, &n, err);
	if (st == BULLA_OK)
		st = check_lines(&n, signers, n_signers, err);
	if (st != BULLA_OK)
		return st;
	for (unsigned i = 0; i < n.n_sigs; i++) {
		const struct bulla_vkey *k = find(known, &n.sig[i]);

		/* 32 bits of id are soon forged: it must be the key itself */
		if (k == NULL || !bulla_vkey_eq(k, &signers[i]))
			return nokey(&n.sig[i], known, err);
		v.by[v.n_by++] = k;
	}
	for (unsigned i = 0; i < n.n_sigs; i++) {
		if (!sig_ok(&n.text, &n.sig[i], v.by[i]))
			return mismatch(v.by[i], err);
	}
	v.text = n.text;
	bulla_sha256(n.text.p, n.text.len, v.digest);
	*out = v;
	return BULLA_OK;
}
