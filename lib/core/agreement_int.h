#ifndef BULLA_CORE_AGREEMENT_INT_H
#define BULLA_CORE_AGREEMENT_INT_H

#include "bulla/agreement.h"
#include "bulla/field.h"

#define AGREEMENT_TYPE "bulla agreement v1"
#define AGREEMENT_OFFSET_MAX (14 * 60)	/* minutes; no zone is further off */

/* The names of the days, Monday first, as bit 0 of a weekend. */
extern const char agreement_days[7][4];

/* BULLA_E_FORMAT about the line just taken. */
enum bulla_status agreement_bad(const struct bulla_fields *f,
    const char *label, const struct bulla_cur *v, const char *why,
    struct bulla_err *err);
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

#endif
