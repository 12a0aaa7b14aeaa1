#ifndef BULLA_NET_S3_XML_H
#define BULLA_NET_S3_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "bulla/cur.h"

/*
 * As much XML as the answers of a store have: elements that hold elements, or
 * text. No document type, comments, CDATA, processing instructions (but the
 * declaration at the start), no text beside elements; attributes are skipped.
 * What is outside of that is malformed: there is no entity to expand, nothing
 * to load.
 */
#define XML_DEPTH 8u		/* elements in elements */
#define XML_NAME_MAX 64u	/* bytes */

struct xml {
	struct bulla_cur c;
	struct bulla_cur open[XML_DEPTH];
	unsigned depth;
	bool begun;
};
enum xml_kind {
	XML_OPEN,	/* an element that holds elements begins */
	XML_CLOSE,	/* ... and ends */
	XML_LEAF,	/* an element with text, or with nothing */
	XML_END,	/* of the document; again and again */
};
struct xml_event {
	enum xml_kind kind;
	struct bulla_cur name;
	struct bulla_cur text;	/* of a leaf, as it is written */
	unsigned depth;		/* 0: the root */
};
void xml_begin(struct xml *x, const struct bulla_cur *text);
/* False: malformed. */
BULLA_NODISCARD bool xml_next(struct xml *x, struct xml_event *e);
/*
 * A leaf's text with its references resolved, NUL-terminated; false when it
 * has no ASCII meaning, holds a NUL, or does not fit.
 */
BULLA_NODISCARD bool xml_text(const struct bulla_cur *text, char *out,
    size_t cap);

#endif
