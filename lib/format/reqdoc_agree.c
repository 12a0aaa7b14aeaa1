#include "bulla/text.h"

#include "reqdoc_int.h"

static enum bulla_status
differs(const char *label, const struct bulla_cur *doc,
    const struct bulla_cur *note, struct bulla_err *err)
{
	char a[64], b[64];

	return bulla_fail(err, BULLA_E_MISMATCH, "%s: the document says "
	    "\"%s\", the opening note of its package \"%s\"", label,
	    bulla_text_show(a, sizeof(a), doc),
	    bulla_text_show(b, sizeof(b), note));
}

/* The first line of a field; none: empty, as the opening note has it. */
static struct bulla_cur
first_line(const struct bulla_reqdoc *d, const char *label)
{
	struct bulla_cur v, line = { 0 };

	if (!bulla_reqdoc_get(d, label, &v) ||
	    !bulla_reqdoc_line(&v, &line) || bulla_cur_is(&line, "none"))
		return (struct bulla_cur){ 0 };
	return line;
}

struct bulla_cur
bulla_reqdoc_ref(const struct bulla_reqdoc *d)
{
	struct bulla_cur v;

	switch (d->kind) {
	case BULLA_REQDOC_REQUEST:
		return bulla_reqdoc_is(d, "status", "follow-up") ?
		    first_line(d, "related") : (struct bulla_cur){ 0 };
	case BULLA_REQDOC_REPLY:
		return first_line(d, "request");
	case BULLA_REQDOC_HOTLINE:
		v = first_line(d, "answers");
		return v.len > 0 ? v : first_line(d, "request");
	}
	return (struct bulla_cur){ 0 };
}

struct bulla_cur
bulla_reqdoc_package_kind(const struct bulla_reqdoc *d)
{
	if (d->kind == BULLA_REQDOC_REPLY)
		return first_line(d, "type");
	return bulla_cur_str(d->kind == BULLA_REQDOC_REQUEST ? "request" :
	    "hotline");
}

enum bulla_status
bulla_reqdoc_agrees(const struct bulla_reqdoc *d,
    const struct bulla_opening *o, struct bulla_err *err)
{
	const struct bulla_cur kind = bulla_reqdoc_package_kind(d);
	const struct bulla_cur ref = bulla_reqdoc_ref(d);
	const struct bulla_cur class = first_line(d, "class");
	int64_t date = 0;

	if (!bulla_cur_same(&kind, &o->kind))
		return differs("type", &kind, &o->kind, err);
	if (!bulla_cur_same(&ref, &o->ref))
		return differs("ref", &ref, &o->ref, err);
	if (d->kind == BULLA_REQDOC_REQUEST &&
	    !bulla_cur_same(&class, &o->urgency))
		return differs("class", &class, &o->urgency, err);
	if (!bulla_reqdoc_when(d, "date", &date) || date != o->created)
		return bulla_fail(err, BULLA_E_MISMATCH, "date: not the time "
		    "at which the opening note says that it was sealed");
	return BULLA_OK;
}
