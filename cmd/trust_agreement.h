#ifndef TRUST_AGREEMENT_H
#define TRUST_AGREEMENT_H

#include "trust.h"

#include "bulla/agreement.h"
#include "bulla/home.h"

/* The agreement of both sides: bulla-trust agreement VERB. */
struct trust_agreement {
	struct trust_cmd *k;
	struct bulla_home h;		/* with both rosters */
	struct bulla_agreements have;
	struct bulla_buf in, text, note;
};

/* What "propose" takes without a FILE: {a} and {b} are the two sides. */
extern const char trust_agreement_text[];

int trust_agreement_show(struct trust_agreement *w);

/* Report a failure themselves; CMD_YES, or the exit status to end with. */
int trust_agreement_read(struct trust_agreement *w, const char *path);
int trust_agreement_parse(struct trust_agreement *w,
    const struct bulla_buf *note, const char *path,
    struct bulla_agreement *a, struct bulla_note *n);

#endif
