#include <inttypes.h>

#include "certificate.h"

/*
 * What courts ask for, and what is known of it: from the signed notes, from the
 * labels of the bag, or nothing, which leaves a line for ink.
 */
#define TEXT_MAX (1u << 18)
/* bytes of labels in one line: more is no certificate */
#define ROOM 4096u

/* The first note that has this field; the bag's labels in their order. */
struct line {
	const char *label;
	const char *field;		/* of a note, or NULL */
	const char *bag[4];		/* labels; joined; ends with NULL */
};

static const struct line collected[] = {
	{ "Case number", NULL, { "Evid-Case-Id", NULL } },
	{ "Exhibit number", NULL, { "Evid-Exhibit-Id", NULL } },
	{ "What was collected", "item", { "Evid-Item-Type",
	    "External-Description", NULL } },
	{ "From what device or account", NULL, { "Evid-Source-Make",
	    "Evid-Source-Model", "Evid-Source-Serial", NULL } },
	{ "Its other identifiers", NULL, { "Evid-Source-Identifiers", NULL } },
	{ "Collected from", NULL, { "Evid-Acquired-Start", NULL } },
	{ "Collected until", NULL, { "Evid-Acquired-End", NULL } },
	{ "Place and jurisdiction", NULL, { "Evid-Place", NULL } },
	{ "Method", "method", { "Evid-Method", NULL } },
	{ "Tools", NULL, { "Evid-Tool", NULL } },
	{ "Digest when collected", NULL, { "Evid-Acquisition-Hash", NULL } },
	{ "Verified then", NULL, { "Evid-Verified", NULL } },
	{ "Seal number", "seal-no", { "Evid-Seal-No", NULL } },
	{ "Legal basis", NULL, { "Evid-Legal-Basis", NULL } },
	{ "Investigator", NULL, { "Evid-Acquired-By", NULL } },
	{ "Second officer", "second-officer", { "Evid-Second-Officer",
	    NULL } },
	{ "Holder of the original", "holder", { "Evid-Holder", NULL } },
	{ "Holder signed, refused or was unable", "holder-signature",
	    { "Evid-Holder-Signature", NULL } },
	{ "If not signed, why", NULL, { NULL } },
	{ "Witness", "witness", { "Evid-Witness", NULL } },
	{ "Why the original was not seized", "not-seized",
	    { "Evid-Original-Seized", NULL } },
};

static struct bulla_cur
said(const struct certificate *c, const char *label)
{
	struct bulla_cur v = bulla_cur_str("");

	for (size_t i = 0; label != NULL && i < c->p.n_steps; i++) {
		if (bulla_custody_get(&c->p.step[i].l->c, label, &v))
			return v;
	}
	return bulla_cur_str("");
}

/*
 * Every line of bag-info.txt with one of these labels, as far as there is
 * room, and how many more there are: nobody may take a part for the whole.
 */
static void
in_bag(const struct certificate *c, const char *const *label,
    struct bulla_buf *out)
{
	uint64_t more = 0;

	for (; c->has_bag && *label != NULL; label++) {
		struct bulla_cur all = bulla_buf_view(&c->bag.info), line;
		struct bulla_cur name;

		while (bulla_cur_line(&all, &line)) {
			if (!bulla_cur_until(&line, ':', &name) ||
			    !bulla_cur_is(&name, *label) ||
			    !bulla_cur_eat_str(&line, " "))
				continue;
			if (more > 0 || out->len + line.len > ROOM) {
				more++;
				continue;
			}
			bulla_buf_str(out, out->len > 0 ? "; " : "");
			bulla_buf_cur(out, &line);
		}
	}
	if (more > 0)
		bulla_buf_fmt(out, "%sand %" PRIu64 " more: see bag-info.txt "
		    "in the package", out->len > 0 ? "; " : "", more);
}

/* Both are named where they are not the same: the reader judges. */
static void
put_line(struct certificate *c, struct page *p, const struct line *l)
{
	struct bulla_buf bag = BULLA_BUF_INIT(TEXT_MAX), all = bag;
	struct bulla_cur note = said(c, l->field), label, v;

	in_bag(c, l->bag, &bag);
	label = bulla_buf_view(&bag);
	bulla_buf_cur(&all, &note);
	if (label.len > 0 && !bulla_cur_same(&label, &note)) {
		bulla_buf_str(&all, note.len > 0 ? " (from a note); " : "");
		bulla_buf_cur(&all, &label);
		bulla_buf_str(&all, " (from the bag)");
	}
	v = bulla_buf_view(&all);
	page_ink(p, l->label, &v);
	if (bulla_buf_status(&all) != BULLA_OK && p->b->st == BULLA_OK)
		p->b->st = bulla_buf_status(&all);
	bulla_buf_free(&bag);
	bulla_buf_free(&all);
}

void
certificate_ink(struct certificate *c, struct page *p)
{
	const size_t n = sizeof(collected) / sizeof(collected[0]);

	page_together(p, true);
	page_head(p, "Certification by a qualified person");
	page_para(p, "For courts that ask for one (such as US Federal Rules "
	    "of Evidence 902(13) and (14)). I am qualified by training or "
	    "experience to say that the record or copy described above was "
	    "made by a process that gives an accurate result, and that it "
	    "was identified by the digital process named above: the digest "
	    "(SHA-256) of the file that I examined is the one stated here.");
	page_ink(p, "Name", NULL);
	page_ink(p, "Position and agency", NULL);
	page_ink(p, "Qualification", NULL);
	page_ink(p, "Date and place", NULL);
	page_ink(p, "Signature", NULL);
	page_together(p, false);
	page_head(p, "Collection record");
	page_para(p, c->has_bag ? "For courts that ask who collected the "
	    "data and who was present (such as the 2016 rules of the PRC on "
	    "electronic data in criminal cases). What the signed notes say "
	    "is filled in, and what the labels of the bag in the package say, "
	    "which its sealers signed as a whole: that is marked \"from the "
	    "bag\"." : "For courts that ask who collected the data and who "
	    "was present (such as the 2016 rules of the PRC on electronic "
	    "data in criminal cases). What the signed notes say is filled in; "
	    "the bag in the package was not looked at.");
	for (size_t i = 0; i < n; i++) {
		if (i + 2 == n)	/* no signature stands alone on a page */
			page_together(p, true);
		put_line(c, p, &collected[i]);
	}
	page_ink(p, "Signature of the investigator", NULL);
	page_ink(p, "Signature of the second officer", NULL);
	page_ink(p, "Signature of the holder", NULL);
	page_ink(p, "Signature of the witness", NULL);
	page_together(p, false);
}
