#ifndef BULLA_CORE_AGREEMENT_INT_H
#define BULLA_CORE_AGREEMENT_INT_H

#include "bulla/agreement.h"
#include "bulla/field.h"

#define AGREEMENT_TYPE "bulla agreement v1"
#define AGREEMENT_OFFSET_MAX (14 * 60)	/* minutes; no zone is further off */

/* The names of the days, Monday first, as bit 0 of a weekend. */
extern const char agreement_days[7][4];

/* One word; what is behind the space is left in c, nothing at the end. */
BULLA_NODISCARD bool agreement_word(struct bulla_cur *c,
    struct bulla_cur *out);

/* The parts of the text, in this order. */
BULLA_NODISCARD enum bulla_status agreement_take_days(struct bulla_fields *f,
    struct bulla_agreement *a, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status agreement_take_classes(
    struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status agreement_take_levels(
    struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err);

/* agreement_home.c: a version that is kept; note becomes a and digest. */
void agreement_kept_free(struct bulla_agreement_kept *k);
BULLA_NODISCARD enum bulla_status agreement_parse_kept(
    struct bulla_agreement_kept *k, struct bulla_err *err);
/* Version, previous and date of the one that comes after l's last. */
BULLA_NODISCARD enum bulla_status agreement_follows(
    const struct bulla_agreements *l, const struct bulla_agreement *a,
    struct bulla_err *err);
/*
 * Who has signed, at its time and (unless 0) now. BULLA_E_NOMATCH: a side's
 * lead did, who may not; agreement_refused makes that BULLA_E_REFUSED.
 */
BULLA_NODISCARD enum bulla_status agreement_check(
    const struct bulla_cur *note, const struct bulla_agreement *a,
    const struct bulla_trust *t, int64_t now, struct bulla_err *err);
enum bulla_status agreement_refused(enum bulla_status st,
    struct bulla_err *err);
void agreement_unused(struct bulla_agreement_unused *u,
    const struct bulla_agreement_kept *k, const char *why);
/* agreement_proposal.c: l->proposal, when the rest of l is loaded. */
BULLA_NODISCARD enum bulla_status agreement_load_proposal(const char *home,
    const struct bulla_trust *t, struct bulla_agreements *l,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status agreement_drop_proposal(const char *home,
    struct bulla_err *err);

#endif
