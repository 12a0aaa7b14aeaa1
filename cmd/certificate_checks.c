#include "certificate.h"

#include "bulla/enc.h"
#include "bulla/text.h"

/* One thing that was looked at just now. */
static void
check_row(struct certificate *c, struct page *p, const char *what, bool good,
    const char *how)
{
	page_row_fmt(p, what, "%s%s", good ? "" : "FAILED: ", how);
	c->problems += !good;
}

static void
check_file(struct certificate *c, struct page *p)
{
	struct bulla_cur sum;
	char hex[65];

	if (!c->there) {
		page_row_fmt(p, "The file", "Not looked at: the package is "
		    "not in this home. Its digests are those of the notes.");
		return;
	}
	if (c->k.m.h.trust == NULL && c->st == BULLA_OK)
		page_row_fmt(p, "The seal", "Not verified: no roster says "
		    "whose keys these are. Digests of segments not computed.");
	else
		check_row(c, p, "The seal", c->st == BULLA_OK, c->st ==
		    BULLA_OK ? "Opening and closing note carry the sealers' "
		    "signatures, and every byte is the one that was sealed "
		    "(Ed25519, SHA-256)." : c->why.msg);
	bulla_hex(hex, c->sum, sizeof(c->sum));
	if (custody_sum(&c->p, &sum))
		check_row(c, p, "The file's digest", bulla_cur_is(&sum, hex),
		    bulla_cur_is(&sum, hex) ? "Computed anew from every byte "
		    "of the file: the one that the notes name." : "Computed "
		    "anew: it is NOT the one that the notes name.");
}

static void
check_chain(struct certificate *c, struct page *p)
{
	struct bulla_cur all = bulla_buf_view(&c->p.findings), line;
	char shown[1024];

	if (c->k.m.h.trust == NULL)
		page_row_fmt(p, "Signatures of notes", "Not verified: no "
		    "roster in this home.");
	if (all.len == 0)
		check_row(c, p, "The chain of custody", true, c->k.m.h.trust
		    == NULL ? "Order and links of the notes hold." : "Links, "
		    "order, signatures, and the right of each signer to "
		    "sign hold, for all notes of both sides.");
	while (bulla_cur_line(&all, &line)) {
		bulla_text_show(shown, sizeof(shown), &line);
		check_row(c, p, "The chain of custody", false, shown);
	}
}

static void
check_stamps(struct certificate *c, struct page *p)
{
	unsigned good = 0;

	for (size_t i = 0; i < c->p.n_steps; i++) {
		struct bulla_err err = { 0 };
		struct bulla_tsp t;
		enum bulla_status st = custody_stamped(&c->k, &c->p,
		    &c->p.step[i], &t, &err);

		good += st == BULLA_OK;
		if (st == BULLA_E_NOKEY)
			page_row_fmt(p, "A time stamp", "Not verified: %s",
			    "no certificate of its authority is known here.");
		else if (st != BULLA_OK && st != BULLA_E_NOMATCH)
			check_row(c, p, "A time stamp", false, err.msg);
	}
	if (good > 0)
		page_row_fmt(p, "Time stamps", "%u verified (RFC 3161), "
		    "without looking up revocations.", good);
}

void
certificate_checks(struct certificate *c, struct page *p)
{
	page_head(p, "What was verified, now");
	page_list(p, NULL);
	page_row_when(p, "On", c->k.m.h.now);
	page_row_fmt(p, "With", "bulla-certificate " BULLA_VERSION);
	check_file(c, p);
	check_chain(c, p);
	check_stamps(c, p);
	page_list_end(p);
	page_banner(p, c->problems == 0, c->problems > 0 ? "NOT EVERYTHING "
	    "HOLDS. What failed is named above." : c->k.m.h.trust == NULL ?
	    "Signatures were not checked: this page shows what the notes "
	    "say." : c->there ? "All that was verified holds." :
	    "All notes hold. The package itself was not looked at.");
}
