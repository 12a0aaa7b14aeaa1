#include <stdio.h>
#include <string.h>

#include "certificate.h"

#include "bulla/enc.h"
#include "bulla/when.h"

#define BLOCK_MAX (1u << 16)

static void
row_some(struct page *p, const char *label, const struct bulla_cur *v)
{
	if (v->len > 0)
		page_row(p, label, v);
}

static void
add_key(struct certificate *c, const struct bulla_vkey *k)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		if (bulla_vkey_eq(&c->key[i], k))
			return;
	}
	if (c->n_keys < CERTIFICATE_KEYS_MAX)
		c->key[c->n_keys++] = *k;
}

/* What the notes of the package say in clear. */
static void
put_opening(const struct certificate *c, struct page *p)
{
	const struct bulla_opening *o = &c->package.opening;

	page_row(p, "Kind", &o->kind);
	row_some(p, "In answer to", &o->ref);
	row_some(p, "Class", &o->urgency);
	page_row(p, "Sealed by the side", &o->from);
	for (size_t i = 0; i < o->n_to; i++)
		page_row(p, "Sealed for", &o->to[i]);
	page_row_when(p, "Opening note (claimed)", o->created);
	page_row_when(p, "Closing note (claimed)", c->package.closing.closed);
	page_row_fmt(p, "Size", "%llu bytes, sealed in %llu segment%s",
	    (unsigned long long)c->package.size,
	    (unsigned long long)c->package.closing.segments,
	    c->package.closing.segments == 1 ? "" : "s");
	page_row_fmt(p, "Encrypted to", "%zu recipient%s",
	    o->n_recipients, o->n_recipients == 1 ? "" : "s");
}

static void
put_what(struct certificate *c, struct page *p)
{
	struct bulla_cur v;

	page_head(p, "What it is about");
	page_list(p, NULL);
	page_row_fmt(p, "Package", "%s", c->p.id);
	if (c->known)
		put_opening(c, p);
	if (c->there)
		page_row_hex(p, "SHA-256 of the file, now", c->sum,
		    sizeof(c->sum));
	if (custody_sum(&c->p, &v))
		page_row(p, "SHA-256, as the notes say", &v);
	if (c->p.step[0].l->c.has_seal)
		page_row_hex(p, "Seal (SHA-256 of the closing note)",
		    c->p.step[0].l->c.seal, 32);
	if (c->known) {
		page_row_hex(p, "SHA-256 of the opening note",
		    c->package.opening_digest, 32);
		page_row_hex(p, "SHA-256 of the manifest",
		    c->package.closing.manifest, 32);
	}
	page_list_end(p);
	page_para(p, c->has_bag ? "The evidence is encrypted inside the "
	    "package. Of what is in it this certificate has only the labels, "
	    "below." : "The evidence is encrypted inside the package: this "
	    "certificate was made without opening it.");
}

static void
put_times(struct certificate *c, struct page *p,
    const struct bulla_chain_step *s)
{
	int64_t proved = custody_time(&c->k, s);
	char at[BULLA_WHEN_LEN + 1];
	struct bulla_err err = { 0 };
	struct bulla_tsp t;
	enum bulla_status st = custody_stamped(&c->k, &c->p, s, &t, &err);

	page_row_when(p, "Claimed by the signer", s->l->c.time);
	if (proved > 0)
		page_row_when(p, "Cosigned by the other side", proved);
	else
		page_row_fmt(p, "Cosigned by the other side", "not yet");
	if (st == BULLA_OK) {
		bulla_when_text(t.time, at);
		page_row_fmt(p, "Timestamped", "%s by %s", at, t.signer);
	} else {
		page_row_fmt(p, "Timestamped", "%s", st == BULLA_E_NOMATCH ?
		    "no" : err.msg);
	}
}

static void
put_sigs(struct certificate *c, struct page *p,
    const struct bulla_chain_step *s)
{
	struct custody_sig sig[BULLA_NOTE_SIGS_MAX];
	unsigned n = custody_sigs(&c->k, s, sig);
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	struct bulla_cur bytes = bulla_buf_view(&s->l->bytes), v;
	struct bulla_note note;

	if (bulla_note_parse(&bytes, &note, NULL) != BULLA_OK)
		return;
	for (unsigned i = 0; i < n; i++) {
		bulla_buf_reset(&b);
		bulla_buf_cur(&b, &sig[i].name);
		bulla_buf_str(&b, " (key ");
		bulla_hex_put(&b, note.sig[i].id, sizeof(note.sig[i].id));
		bulla_buf_fmt(&b, "): %s", custody_verdict_text(
		    sig[i].verdict));
		v = bulla_buf_view(&b);
		page_row(p, i < bulla_chain_persons(&s->l->c) ? "Signed by" :
		    "Countersigned by", &v);
	}
	for (unsigned i = 0; i < s->l->v.n_by; i++)
		add_key(c, s->l->v.by[i]);
	bulla_buf_free(&b);
}

static void
put_fields(struct page *p, const struct bulla_custody *n)
{
	struct bulla_custody_field f;
	struct bulla_cur v;
	char label[64];

	row_some(p, "Officer", &n->officer);
	row_some(p, "Place", &n->place);
	row_some(p, "Purpose", &n->purpose);
	row_some(p, "Authority", &n->authority);
	row_some(p, "Result", &n->result);
	for (size_t i = 0; bulla_custody_field(&n->event, i, &f); i++) {
		if (!bulla_custody_get(n, f.label, &v))
			continue;
		(void)snprintf(label, sizeof(label), "%s", f.label);
		if (label[0] >= 'a' && label[0] <= 'z')
			label[0] = (char)(label[0] - 'a' + 'A');
		for (char *q = label; *q != '\0'; q++)
			*q = *q == '-' ? ' ' : *q;
		page_row(p, label, &v);
	}
}

static void
put_step(struct certificate *c, struct page *p,
    const struct bulla_chain_step *s)
{
	struct bulla_buf words = BULLA_BUF_INIT(BLOCK_MAX);
	const struct bulla_custody *n = &s->l->c;
	struct bulla_cur v, line;
	char title[160];

	(void)snprintf(title, sizeof(title), "%c %u: %.*s",
	    custody_letter(&c->p, s->side), (unsigned)n->sequence,
	    (int)n->event.len, (const char *)n->event.p);
	page_list(p, title);
	custody_words(&words, &c->p, s->l);
	v = bulla_buf_view(&words);
	if (!bulla_cur_until(&v, '\n', &line))
		line = v;
	page_row(p, "What", &line);
	page_row(p, "Who acts", &n->actor);
	put_fields(p, n);
	put_times(c, p, s);
	put_sigs(c, p, s);
	page_row_hex(p, "SHA-256 of the note", s->l->digest,
	    sizeof(s->l->digest));
	page_list_end(p);
	bulla_buf_free(&words);
}

static void
put_chain(struct certificate *c, struct page *p)
{
	const struct bulla_chain_holder *h = &c->p.holder;

	page_head(p, "Who had it");
	page_list(p, NULL);
	page_row_fmt(p, "Held now by", "%s", h->disposed ?
	    "nobody: it was disposed of" : h->agency[0] != '\0' ? h->agency :
	    "not known: no note says who has it");
	page_row_fmt(p, "Last handover", "%s", h->handover ? "under way: "
	    "relinquished, and not received yet" : h->countersigned ?
	    "complete: relinquished, received, countersigned" : h->by != NULL
	    && bulla_cur_is(&h->by->c.event, "receive") ? "received, and NOT "
	    "countersigned" : "none yet");
	page_list_end(p);
	page_para(p, "Every note that either side signed about the package, "
	    "in order. Each has up to three times: the one that its signer "
	    "claims, the one by when the other side had cosigned a ledger "
	    "that holds it, and the one at which a time-stamp authority saw "
	    "its text. They are three different statements.");
	certificate_line(c, p);
	for (size_t i = 0; i < c->p.n_steps; i++)
		put_step(c, p, &c->p.step[i]);
}

static void
put_keys(struct certificate *c, struct page *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_cur v;

	for (size_t i = 0; c->known && i < c->package.n_sealers; i++)
		add_key(c, &c->package.sealer[i]);
	page_head(p, "Keys that signed");
	page_para(p, "Public keys (Ed25519), and the SHA-256 of their 32 "
	    "bytes. Whose they are is said by the rosters, whose fingerprints "
	    "both sides compared.");
	for (size_t i = 0; i < c->n_keys; i++) {
		bulla_buf_reset(&b);
		bulla_vkey_put(&b, &c->key[i]);
		v = bulla_buf_view(&b);
		bulla_sha256(c->key[i].pub, sizeof(c->key[i].pub), digest);
		page_list(p, c->key[i].name);
		page_row(p, "Public key", &v);
		page_row_hex(p, "Fingerprint", digest, sizeof(digest));
		page_list_end(p);
	}
	bulla_buf_free(&b);
}

void
certificate_page(struct certificate *c, struct page *p)
{
	char title[96];

	(void)snprintf(title, sizeof(title), "Certificate of custody: package "
	    "%s", c->p.id);
	page_begin(p, title);
	if (c->p.exercise || (c->known && c->package.opening.exercise))
		page_banner(p, false, "EXERCISE: this is no evidence.");
	page_para(p, "A signature proves who signed and that nothing was "
	    "changed since, and with the times below by when. It does not "
	    "prove that what was signed is true, nor that a court admits it.");
	put_what(c, p);
	certificate_checks(c, p);
	put_chain(c, p);
	put_keys(c, p);
	certificate_hand(c, p);
	certificate_ink(c, p);
	page_end(p);
}
